//! What all lists share. A room says in a [`Sheet`] what its list offers; [`Wanted`] is what the address asks for, and
//! [`Open`] both together: it draws everything around the rows.

use super::snippet;
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::list::{
        Cell, Chip, Choice, ColumnChoice, Content, Head, List, Listing, Menu, Nothing, Row, Sorted,
    },
    visitor::{Partial, Place},
    words::count,
};
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
    response::Response,
};
use kernel::{Category, Timestamp};
use std::{collections::BTreeMap, convert::Infallible, error::Error, str::FromStr, time::Duration};
use url::form_urlencoded;
use webkit::cookie;

/// Rows of one page.
pub(super) const ROWS: usize = 50;
/// A choice of columns is remembered for a year.
const REMEMBERED: Duration = Duration::from_secs(365 * 86_400);
/// How the cookies begin that remember a choice of columns.
const COLUMNS: &str = "columns-";

/// What a list offers. All of its words are here.
pub(super) struct Sheet {
    /// Remembers the columns; unique among the lists.
    pub name: &'static str,
    /// `People who`: the filters go on with the sentence.
    pub who: &'static str,
    /// What the search looks at.
    pub search: &'static str,
    /// Names the row and is always shown.
    pub first: Column,
    pub columns: &'static [Column],
    pub filters: &'static [Filter],
    /// The first one holds until another is asked for.
    pub orders: &'static [Order],
}

pub(super) struct Column {
    pub name: &'static str,
    pub title: &'static str,
    /// Its width and its rank: `hide-2` leaves first, `hide` on a phone.
    pub class: &'static str,
    /// The order that its head asks for.
    pub order: Option<&'static str>,
    /// Until somebody chooses.
    pub shown: bool,
}

/// One order that an index has.
pub(super) struct Order {
    pub name: &'static str,
    /// Its natural direction falls: the largest or the latest first.
    pub falls: bool,
    pub natural: &'static str,
    /// Empty where no index goes the other way.
    pub turned: &'static str,
}

pub(super) struct Filter {
    pub name: &'static str,
    pub title: &'static str,
    /// What the choice is put behind: `signed up`.
    pub lead: &'static str,
    /// Value and words: `in the last 7 days`.
    pub choices: &'static [(&'static str, &'static str)],
}

/// Spans of time that filters offer; [`since`] reads them.
pub(super) const SPANS: &[(&str, &str)] =
    &[("day", "in the last 24 hours"), ("week", "in the last 7 days"), ("month", "in the last 30 days")];

/// When a span of time began that a filter offers.
pub(super) fn since(span: Option<&str>, now: Timestamp) -> Option<Timestamp> {
    let hours = match span? {
        "hour" => 1,
        "day" => 24,
        "week" => 7 * 24,
        "month" => 30 * 24,
        _ => return None,
    };
    Some(now.minus(Duration::from_secs(hours * 3_600)))
}

/// How a list is opened: what the address asks for, and the columns that the browser remembers.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    asked: BTreeMap<String, String>,
    /// Ticked just now.
    chosen: Option<Vec<String>>,
    /// What the browser remembers, by the list's name.
    remembered: Vec<(String, String)>,
}

impl<S: Sync> FromRequestParts<S> for Wanted {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let columns = |(name, value): (&str, &str)| Some((name.strip_prefix(COLUMNS)?.into(), value.into()));
        let remembered = cookie::pairs(&parts.headers).filter_map(columns).collect();
        let mut wanted = Self { remembered, ..Self::default() };
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "columns" => drop(wanted.chosen.get_or_insert_default()),
                "column" => wanted.chosen.get_or_insert_default().push(value.into_owned()),
                _ => drop(wanted.asked.insert(name.into_owned(), value.into_owned())),
            }
        }
        Ok(wanted)
    }
}

impl Wanted {
    /// This list as it is asked for. What it does not offer is refused.
    pub(super) fn open(self, sheet: &'static Sheet) -> Result<Open, Failure> {
        let sort = self.said("sort");
        let (name, turned) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
        let order = if name.is_empty() {
            sheet.orders.first()
        } else {
            sheet.orders.iter().find(|order| order.name == name)
        };
        let order = order.filter(|order| !turned || !order.turned.is_empty());
        let order = order.ok_or_else(|| unknown("This list is not sorted by that."))?;
        let mut chosen = Vec::new();
        for filter in sheet.filters {
            let value = self.said(filter.name);
            if value.is_empty() {
                continue;
            }
            let choice = filter.choices.iter().find(|(known, _)| *known == value);
            let choice = choice.ok_or_else(|| unknown("This list has no such filter."))?;
            chosen.push((filter, *choice));
        }
        let columns = self.columns(sheet);
        Ok(Open { sheet, wanted: self, order, turned, chosen, columns })
    }

    fn said(&self, name: &str) -> &str {
        self.asked.get(name).map_or("", String::as_str)
    }

    fn columns(&self, sheet: &'static Sheet) -> Vec<&'static Column> {
        let remembered = self.remembered.iter().find(|(name, _)| name == sheet.name);
        let shown = |column: &&Column| match (&self.chosen, remembered) {
            (Some(chosen), _) => chosen.iter().any(|name| name == column.name),
            (None, Some((_, remembered))) => remembered.split('.').any(|name| name == column.name),
            (None, None) => column.shown,
        };
        sheet.columns.iter().filter(shown).collect()
    }
}

fn unknown(text: &str) -> Failure {
    Failure::new(Category::Invalid, "That is not something to ask for here", text)
}

/// A list as it is asked for.
pub(super) struct Open {
    sheet: &'static Sheet,
    wanted: Wanted,
    order: &'static Order,
    turned: bool,
    chosen: Vec<(&'static Filter, (&'static str, &'static str))>,
    columns: Vec<&'static Column>,
}

/// One page of rows and what is known of the others.
pub(super) struct Found {
    pub rows: Vec<Row>,
    /// All that search and filters leave.
    pub total: u64,
    /// Where the next page begins.
    pub next: Option<String>,
    /// There is nothing at all.
    pub nothing: Option<Nothing>,
}

impl Open {
    /// What is searched for, never blank.
    pub(super) fn search(&self) -> Option<String> {
        let said = self.wanted.said("q").trim().chars().filter(|c| *c != '\0').take(200).collect();
        Some(said).filter(|said: &String| !said.trim().is_empty())
    }

    /// The choice of a filter.
    pub(super) fn chosen(&self, filter: &str) -> Option<&'static str> {
        self.chosen.iter().find(|(one, _)| one.name == filter).map(|(_, (value, _))| *value)
    }

    /// The order's name, and whether it is turned around.
    pub(super) fn order(&self) -> (&'static str, bool) {
        (self.order.name, self.turned)
    }

    /// Behind which row the page begins.
    pub(super) fn after<P>(&self) -> Result<Option<P>, Failure>
    where
        P: FromStr<Err: Error + Send + Sync + 'static>,
    {
        self.read("after")
    }

    /// Anything else that the address says, if it says so.
    pub(super) fn read<P>(&self, name: &str) -> Result<Option<P>, Failure>
    where
        P: FromStr<Err: Error + Send + Sync + 'static>,
    {
        let said = self.wanted.said(name);
        let read = (!said.is_empty()).then(|| said.parse()).transpose();
        read.map_err(|fault| Failure::of(Category::Invalid, fault))
    }

    /// The cells of one row; `content` fills the column of that name.
    pub(super) fn cells(&self, content: impl Fn(&'static str) -> Content) -> Vec<Cell> {
        let cell = |column: &&Column| Cell { class: column.class, content: content(column.name) };
        self.columns.iter().map(cell).collect()
    }

    /// Everything that is drawn. `counts` tells how many rows a choice of a filter has, where somebody knows.
    pub(super) fn draw(
        &self,
        href: &str,
        found: Found,
        counts: impl Fn(&'static str, &'static str) -> Option<u64>,
    ) -> List {
        let rows = found.rows.len() as u64;
        // It comes from the address: at most what there is.
        let before = self.wanted.said("from").parse().unwrap_or(0).min(found.total.saturating_sub(rows));
        let to = before + rows;
        let page = |after: &str, from: &str| {
            self.link(href, [("after", after.to_owned()), ("from", from.to_owned())])
        };
        List {
            href: href.to_owned(),
            search: self.search().unwrap_or_default(),
            placeholder: self.sheet.search,
            keep: self.query(None, None).into_iter().filter(|(name, _)| *name != "q").collect(),
            who: self.sheet.who,
            chips: self.chips(href, &counts),
            more: self.more(href, &counts),
            columns: self.sheet.columns.iter().map(|column| self.choice(column)).collect(),
            heads: std::iter::once(&self.sheet.first)
                .chain(self.columns.iter().copied())
                .map(|column| self.head(href, column))
                .collect(),
            rows: found.rows,
            order: if self.turned { self.order.turned } else { self.order.natural },
            shown: format!("Rows {}–{} of {}", count(before + 1), count(to), count(found.total)),
            first: (before > 0).then(|| page("", "")),
            next: found.next.map(|after| page(&after, &to.to_string())),
            tail: None,
            nothing: found.nothing,
        }
    }

    /// Another address about the same list: filters and order as they are, and what is said besides.
    pub(super) fn link<const N: usize>(&self, href: &str, more: [(&'static str, String); N]) -> String {
        link(href, self.query(None, None).into_iter().chain(more).collect())
    }

    /// The same with the columns that are shown: what the browser remembers may be chosen anew in another tab.
    pub(super) fn link_as_shown<const N: usize>(
        &self,
        href: &str,
        more: [(&'static str, String); N],
    ) -> String {
        let columns = self.columns.iter().map(|column| ("column", column.name.to_owned()));
        let columns = std::iter::once(("columns", "chosen".to_owned())).chain(columns);
        link(href, self.query(None, None).into_iter().chain(columns).chain(more).collect())
    }

    /// The page, or the list alone where htmx asks. Columns that were chosen just now are remembered.
    pub(super) fn answer(&self, state: &ConsoleState, partial: Partial, page: &impl Listing) -> Response {
        let mut response = if partial.0 { html(&page.rows()) } else { html(page) };
        if self.wanted.chosen.is_some() {
            let name = format!("{COLUMNS}{}", self.sheet.name);
            let columns: Vec<_> = self.columns.iter().map(|column| column.name).collect();
            let line = state.cookies.remember(&name, &columns.join("."), path::CONSOLE, REMEMBERED);
            response.headers_mut().append(header::SET_COOKIE, line);
        }
        response
    }

    /// What the address says now, with another order or another choice of one filter.
    fn query(&self, sort: Option<&str>, choice: Option<(&str, &str)>) -> Vec<(&'static str, String)> {
        let mut query = vec![("q", self.search().unwrap_or_default())];
        for filter in self.sheet.filters {
            let now = match choice {
                Some((name, value)) if name == filter.name => value,
                _ => self.chosen(filter.name).unwrap_or_default(),
            };
            query.push((filter.name, now.to_owned()));
        }
        query.push(("sort", sort.unwrap_or(self.wanted.said("sort")).to_owned()));
        query.retain(|(_, value)| !value.is_empty());
        query
    }

    fn chips(&self, href: &str, counts: &impl Fn(&'static str, &'static str) -> Option<u64>) -> Vec<Chip> {
        let chip = |(index, (filter, (_, words))): (usize, &(&'static Filter, (&str, &'static str)))| Chip {
            lead: filter.lead,
            value: words,
            joined: index > 0,
            choices: self.choices(href, filter, counts),
            remove: link(href, self.query(None, Some((filter.name, "")))),
        };
        self.chosen.iter().enumerate().map(chip).collect()
    }

    fn more(&self, href: &str, counts: &impl Fn(&'static str, &'static str) -> Option<u64>) -> Vec<Menu> {
        let unset = |filter: &&Filter| self.chosen(filter.name).is_none();
        let menu = |filter: &'static Filter| Menu {
            title: filter.title,
            choices: self.choices(href, filter, counts),
        };
        self.sheet.filters.iter().filter(unset).map(menu).collect()
    }

    fn choices(
        &self,
        href: &str,
        filter: &'static Filter,
        counts: &impl Fn(&'static str, &'static str) -> Option<u64>,
    ) -> Vec<Choice> {
        let now = self.chosen(filter.name);
        let choice = |(value, words): &(&'static str, &'static str)| Choice {
            words: (*words).to_owned(),
            count: counts(filter.name, value).map(count),
            href: link(href, self.query(None, Some((filter.name, value)))),
            current: now == Some(*value),
        };
        filter.choices.iter().map(choice).collect()
    }

    fn choice(&self, column: &'static Column) -> ColumnChoice {
        let shown = self.columns.iter().any(|one| one.name == column.name);
        ColumnChoice { name: column.name, title: column.title, shown }
    }

    fn head(&self, href: &str, column: &'static Column) -> Head {
        let order = column.order.and_then(|name| self.sheet.orders.iter().find(|order| order.name == name));
        let Some(order) = order else {
            return Head { title: column.title, class: column.class, href: None, sorted: Sorted::Not };
        };
        let now = order.name == self.order.name;
        let sort = if now && !self.turned { format!("-{}", order.name) } else { order.name.to_owned() };
        let sorted = match (now, order.falls != self.turned) {
            (false, _) => Sorted::Not,
            (true, true) => Sorted::Down,
            (true, false) => Sorted::Up,
        };
        let href = Some(link(href, self.query(Some(&sort), None)));
        Head { title: column.title, class: column.class, href, sorted }
    }
}

/// What a room says that has nothing yet (`all` is zero), with the call that begins a run. `who` is `No run`, `Nobody`.
pub(super) async fn nothing(
    state: &ConsoleState,
    place: &Place,
    all: u64,
    (who, text): (&str, &str),
) -> Result<Option<Nothing>, Failure> {
    if all > 0 {
        return Ok(None);
    }
    let title = format!("{who} in {} yet", place.stage.title());
    Ok(Some(Nothing { title, text: text.to_owned(), snippet: snippet::trigger(state, place.env).await? }))
}

fn link(href: &str, query: Vec<(&'static str, String)>) -> String {
    let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    path::with(href, &query)
}
