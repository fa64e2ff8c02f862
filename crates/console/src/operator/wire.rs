//! Requests and answers of attempts as they are read: head lines, then the body, JSON indented.

use crate::{
    view::run::{Attempt, Wire},
    words::{Speaker, rough, span},
};
use app::webhook::{AttemptView, Purpose};
use serde_json::Value;
use std::{fmt::Write, ops::ControlFlow};

/// A body is drawn until it has taken this much of the page, and one value of it at most.
const SHOWN_BYTES_MAX: usize = 20_000;

pub(super) fn attempt(speaker: &Speaker, view: &AttemptView) -> Attempt {
    let tried = &view.attempt;
    let good = view.is_success();
    let id = format!("{}-{}", view.webhook_id, tried.n);
    let mut request = String::new();
    line(&mut request, "POST", &tried.url);
    headers(&mut request, &view.request_headers);
    body(&mut request, &view.request_body);
    let mut answer = String::new();
    match (&tried.status, &tried.error) {
        (Some(status), _) => line(&mut answer, &status.to_string(), reason(*status)),
        (None, Some(error)) => line(&mut answer, "No answer:", &format!("{error}.")),
        (None, None) => line(&mut answer, "No answer", ""),
    }
    headers(&mut answer, &view.response_headers);
    body(&mut answer, &view.response_body);
    if tried.response_truncated {
        answer.push_str("\n<i>… the rest of the answer was not read</i>");
    }
    Attempt {
        id: format!("attempt-{id}"),
        at: speaker.moment(tried.started_at),
        status: tried.status.map_or_else(|| "—".to_owned(), |status| status.to_string()),
        good,
        words: words(view),
        wires: vec![
            Wire { title: "Request".into(), id: format!("request-{id}"), html: request },
            Wire { title: "Answer".into(), id: format!("answer-{id}"), html: answer },
        ],
    }
}

fn words(view: &AttemptView) -> String {
    let tried = &view.attempt;
    let purpose = match view.purpose {
        Purpose::First => "",
        Purpose::Resend => "sent again · ",
        Purpose::Operator => "sent by an operator · ",
        Purpose::Test => "test · ",
    };
    let outcome = match (&tried.error, tried.status) {
        (Some(error), None) => short(error),
        (_, Some(status)) if !view.is_success() => reason(status).to_owned(),
        _ => format!("{} bytes", view.response_body.len()),
    };
    let next = tried
        .retry_at
        .map(|at| format!(" · next in {}", rough(at.since(tried.started_at))))
        .unwrap_or_default();
    format!("{purpose}{} · {outcome}{next}", span(tried.elapsed))
}

/// Its first sentence: what happened. What to do about it stands in the answer.
pub(super) fn short(error: &str) -> String {
    error.split_once(". ").map_or(error, |(happened, _)| happened).to_owned()
}

/// The reason phrase that one knows a status by (RFC 9110, 15).
pub(super) fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("unknown status")
}

fn headers(out: &mut String, headers: &[(String, String)]) {
    for (name, value) in headers {
        line(out, &format!("{name}:"), value);
    }
}

fn line(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "<i>{}</i> {}", escape(name), escape(value));
}

/// A document of the builder's, indented, as markup.
pub(super) fn document(value: &Value) -> String {
    let mut out = String::new();
    let _ = json(&mut out, value, 0);
    out
}

fn body(out: &mut String, text: &str) {
    if text.is_empty() {
        return;
    }
    out.push('\n');
    match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => {
            let _ = json(out, &value, 0);
        }
        _ => out.push_str(&escape(&cut(text))),
    }
}

/// JSON with two spaces a level and its keys marked; ends where enough is drawn.
fn json(out: &mut String, value: &Value, depth: usize) -> ControlFlow<()> {
    let (open, close, items): (_, _, Vec<(Option<&str>, &Value)>) = match value {
        Value::Object(map) if !map.is_empty() => {
            ('{', '}', map.iter().map(|(key, value)| (Some(key.as_str()), value)).collect())
        }
        Value::Array(items) if !items.is_empty() => {
            ('[', ']', items.iter().map(|value| (None, value)).collect())
        }
        leaf => {
            out.push_str(&escape(&cut(&leaf.to_string())));
            return ControlFlow::Continue(());
        }
    };
    out.push(open);
    let pad = "  ".repeat(depth + 1);
    for (index, (key, value)) in items.into_iter().enumerate() {
        if out.len() > SHOWN_BYTES_MAX {
            out.push('…');
            return ControlFlow::Break(());
        }
        let _ = write!(out, "{}\n{pad}", if index == 0 { "" } else { "," });
        if let Some(key) = key {
            let _ = write!(out, "<em>{}</em>: ", escape(&Value::from(key).to_string()));
        }
        json(out, value, depth + 1)?;
    }
    let _ = write!(out, "\n{}{close}", "  ".repeat(depth));
    ControlFlow::Continue(())
}

fn cut(text: &str) -> String {
    match text.len() > SHOWN_BYTES_MAX {
        true => format!("{}…", &text[..text.floor_char_boundary(SHOWN_BYTES_MAX)]),
        false => text.to_owned(),
    }
}

/// Foreign text never becomes markup.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}
