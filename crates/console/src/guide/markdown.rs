//! From a file of the guide to a page: headings get anchors, links their addresses, code a button that copies it.
//!
//! The files are ours, but nothing of them is believed to be HTML: a tag in a file is shown as it stands.

use crate::view::guide::{Code, Heading};
use askama::Template;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// What became of a file.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    /// The heading of the first level.
    pub title: String,
    pub html: String,
    pub headings: Vec<Heading>,
    pub sections: Vec<Section>,
}

/// What stands between two headings, for the search.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// Empty above the first heading.
    pub heading: String,
    pub anchor: String,
    pub text: String,
    /// Its blocks of code: searched, and shown only where the words are nowhere else.
    pub code: String,
}

/// Renders a file. `link` gives the address of what a link names.
pub(super) fn render(text: &str, link: impl Fn(&str) -> String) -> Rendered {
    let mut writer = Writer { link, done: Rendered::default(), out: Vec::new(), codes: 0 };
    writer.done.sections.push(Section::default());
    let mut events = Parser::new_ext(text, Options::ENABLE_TABLES);
    while let Some(event) = events.next() {
        writer.take(event, &mut events);
    }
    let Writer { mut done, out, .. } = writer;
    html::push_html(&mut done.html, out.into_iter());
    done
}

struct Writer<'a, L> {
    link: L,
    done: Rendered,
    out: Vec<Event<'a>>,
    /// Blocks of code so far.
    codes: usize,
}

impl<'a, L: Fn(&str) -> String> Writer<'a, L> {
    fn take(&mut self, event: Event<'a>, rest: &mut Parser<'a>) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => self.heading(level, rest),
            Event::Start(Tag::CodeBlock(kind)) => self.code(&kind, rest),
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = (self.link)(&dest_url).into();
                self.out.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            Event::Html(text) | Event::InlineHtml(text) => self.out.push(Event::Text(text)),
            event => {
                match &event {
                    Event::Text(text) | Event::Code(text) => self.say(text),
                    Event::SoftBreak | Event::HardBreak => self.say(" "),
                    Event::End(TagEnd::Paragraph | TagEnd::TableCell | TagEnd::Item) => self.say(" "),
                    _ => {}
                }
                self.out.push(event);
            }
        }
    }

    fn say(&mut self, text: &str) {
        if let Some(section) = self.done.sections.last_mut() {
            section.text.push_str(text);
        }
    }

    fn heading(&mut self, level: HeadingLevel, rest: &mut Parser<'a>) {
        let inside: Vec<Event<'a>> =
            rest.by_ref().take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_)))).collect();
        let text: String = inside
            .iter()
            .filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(&**text),
                _ => None,
            })
            .collect();
        if level == HeadingLevel::H1 {
            self.done.title.clone_from(&text);
            self.html("<h1>".to_owned());
            self.out.extend(inside);
            return self.html("</h1>\n".to_owned());
        }
        let anchor = self.anchor(&text);
        // Letters, digits, hyphens and underscores: nothing of it needs to be escaped.
        self.html(format!("<{level} id=\"{anchor}\">"));
        self.out.extend(inside);
        self.html(format!(
            "<a class=\"anchor\" href=\"#{anchor}\" aria-label=\"Link to this section\">#</a></{level}>\n"
        ));
        let (heading, place) = (text.clone(), anchor.clone());
        self.done.sections.push(Section { heading, anchor: place, ..Section::default() });
        self.done.headings.push(Heading { deep: level > HeadingLevel::H2, text, anchor });
    }

    /// As code hosts make them, so that one link works on both.
    fn anchor(&self, text: &str) -> String {
        let lower = text.to_lowercase();
        let kept = lower.chars().filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || matches!(c, '-' | '_') => Some(c),
            _ => None,
        });
        let anchor: String = kept.collect();
        let taken = |anchor: &str| self.done.headings.iter().any(|other| other.anchor == anchor);
        let next = (1..).map(|n| format!("{anchor}-{n}")).find(|next| !taken(next));
        if taken(&anchor) { next.unwrap_or(anchor) } else { anchor }
    }

    /// The info string says how a test runs a block (`suite::docs`); of it a reader needs the name of the file.
    fn code(&mut self, kind: &CodeBlockKind<'_>, rest: &mut Parser<'a>) {
        let inside = rest.by_ref().take_while(|event| !matches!(event, Event::End(TagEnd::CodeBlock)));
        let text: String = inside
            .filter_map(|event| match event {
                Event::Text(text) => Some(text.into_string()),
                _ => None,
            })
            .collect();
        if let Some(section) = self.done.sections.last_mut() {
            section.code.push_str(&text);
        }
        let info = match kind {
            CodeBlockKind::Fenced(info) => info,
            CodeBlockKind::Indented => "",
        };
        self.codes += 1;
        let is_answer = info.ends_with(" answer");
        let file = info.split_once(" file=").map(|(_, file)| file);
        let code = Code { id: format!("code-{}", self.codes), file, is_answer, text: &text };
        let drawn = code.render().unwrap_or_default();
        self.html(drawn);
    }

    fn html(&mut self, text: String) {
        self.out.push(Event::Html(text.into()));
    }
}
