//! Pages of the builder's product: their name, colour and words; one card, one message, one way on.

use askama::Template;
use model::setting::logo::Logo;

/// Whose page it is.
#[derive(Debug, Clone)]
pub struct Brand {
    pub name: String,
    /// Six hexadecimal digits, the name of the style that carries the colour.
    pub colour: String,
    /// In place of the initial.
    pub logo: Option<Picture>,
    pub footer: Option<Footer>,
}

/// The logo, in the size that it is drawn in.
#[derive(Debug, Clone)]
pub struct Picture {
    pub src: String,
    pub width: u32,
    pub height: u32,
    /// It says the name by itself; beside an icon the name is written.
    pub wordmark: bool,
}

impl Picture {
    /// The largest that it is drawn, in CSS pixels: a phone of 320 px has room for it.
    const WIDTH_MAX: u32 = 200;
    const HEIGHT_MAX: u32 = 36;

    pub fn of(logo: &Logo, src: String) -> Self {
        let (width, height) = logo.within(Self::WIDTH_MAX, Self::HEIGHT_MAX);
        Self { src, width, height, wordmark: logo.is_wordmark() }
    }
}

/// Whom to write to and what to mention. The address is a link between two pieces of a sentence.
#[derive(Debug, Clone, Default)]
pub struct Footer {
    pub before: String,
    pub address: Option<String>,
    pub after: String,
}

/// One line of what is happening.
#[derive(Debug, Clone)]
pub struct Line {
    pub words: String,
    pub state: LineState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    Done,
    Now,
    Later,
}

impl Line {
    pub fn done(&self) -> bool {
        self.state == LineState::Done
    }

    pub fn now(&self) -> bool {
        self.state == LineState::Now
    }
}

/// Something is being prepared.
#[derive(Debug, Template)]
#[template(path = "hosted/progress.html", blocks = ["progress"])]
pub struct Progress {
    pub brand: Brand,
    pub title: String,
    pub lead: String,
    pub lines: Vec<Line>,
    /// What a screen reader says of a line that is done.
    pub done: String,
    /// Asks for news by itself.
    pub live: bool,
}

/// How often a page looks again, in seconds: in its first minute, and later. Without script it is later all along.
#[derive(Debug, Clone, Copy)]
pub struct Again {
    pub soon: u32,
    pub later: u32,
}

/// A message with at most one way on.
#[derive(Debug, Template)]
#[template(path = "hosted/message.html")]
pub struct Message {
    pub brand: Brand,
    /// Which message it is: when another one would come, the page is loaded anew.
    pub name: &'static str,
    pub title: String,
    pub paragraphs: Vec<String>,
    pub way_on: Option<(String, String)>,
    /// Looks again by itself.
    pub refresh: Option<Again>,
}
