//! A list with everything that one can have: filters that are set and others, an order, columns that are shown.

use super::snippet;
use crate::view::list::{Cell, Chip, Choice, ColumnChoice, Content, Head, List, Menu, Nothing, Row, Sorted};

/// Title and class of a column, the row's own first.
pub(super) type Heads<'a> = &'a [(&'static str, &'static str)];

pub(super) fn list(who: &'static str, heads: Heads<'_>, rows: Vec<Row>) -> List {
    List {
        href: "#".into(),
        search: String::new(),
        placeholder: "Search name, mail or id",
        keep: vec![("signed", "week".into())],
        who,
        chips: Vec::new(),
        more: menus(),
        columns: heads[1..]
            .iter()
            .map(|(title, _)| ColumnChoice { name: title, title, shown: true })
            .chain([ColumnChoice { name: "id", title: "Id", shown: false }])
            .collect(),
        heads: heads.iter().enumerate().map(|(index, (title, class))| head(index, title, class)).collect(),
        shown: format!("Rows 51–{} of 1,303", 50 + rows.len()),
        rows,
        order: "newest first",
        first: Some("#".into()),
        next: Some("#".into()),
        tail: None,
        nothing: None,
    }
}

/// The same list with two filters set.
pub(super) fn filtered(list: List) -> List {
    let chip = |lead, value, joined| Chip { lead, value, joined, choices: choices(), remove: "#".into() };
    let chips = vec![chip("signed up", "in the last 7 days", false), chip("", "wait on the waitlist", true)];
    List { chips, ..list }
}

/// The same list where the search found nothing.
pub(super) fn no_match(list: List) -> List {
    List { rows: Vec::new(), search: "nobody-by-this-name".into(), ..filtered(list) }
}

pub(super) fn empty(list: List, title: &str, text: &str) -> List {
    let nothing = Nothing { title: title.into(), text: text.into(), snippet: snippet() };
    List { rows: Vec::new(), nothing: Some(nothing), ..list }
}

pub(super) fn cells(heads: Heads<'_>, contents: Vec<Content>) -> Vec<Cell> {
    heads[1..].iter().zip(contents).map(|((_, class), content)| Cell { class, content }).collect()
}

fn head(index: usize, title: &'static str, class: &'static str) -> Head {
    let sorted = if class.contains("col-when") { Sorted::Down } else { Sorted::Not };
    Head { title, class, href: (index != 1).then(|| "#".into()), sorted }
}

fn choices() -> Vec<Choice> {
    let choice = |words: &str, count: Option<&str>, current| Choice {
        words: words.into(),
        count: count.map(str::to_owned),
        href: "#".into(),
        current,
    };
    vec![
        choice("in the last 24 hours", None, false),
        choice("in the last 7 days", None, true),
        choice("need attention", Some("12"), false),
    ]
}

fn menus() -> Vec<Menu> {
    vec![Menu { title: "Active", choices: choices() }, Menu { title: "State", choices: choices() }]
}
