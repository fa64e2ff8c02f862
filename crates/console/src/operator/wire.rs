//! Requests and answers of attempts as they are read: head lines, then the body, JSON indented.

use crate::{
    view::run::{Attempt, Wire},
    words::{Speaker, rough, span},
};
use app::{run::AttemptView, webhook::Purpose};
use serde_json::Value;
use std::fmt::Write;

/// A body is shown up to here; the rest is named, not drawn.
const SHOWN_CHARS_MAX: usize = 20_000;

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
        (None, Some(error)) => line(&mut answer, "No answer:", error),
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

/// The ends of a chain of causes: what we did, and what the system said. The whole of it stands in the answer.
fn short(error: &str) -> String {
    match (error.split_once(": "), error.rsplit_once(": ")) {
        (Some((first, _)), Some((_, last))) => format!("{first}: {last}"),
        _ => error.to_owned(),
    }
}

/// The reason phrase that one knows a status by (RFC 9110, 15).
fn reason(status: u16) -> &'static str {
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

fn body(out: &mut String, text: &str) {
    if text.is_empty() {
        return;
    }
    out.push('\n');
    match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => json(out, &value, 0),
        _ => out.push_str(&escape(&cut(text))),
    }
}

/// JSON with two spaces a level and its keys marked.
fn json(out: &mut String, value: &Value, depth: usize) {
    if out.len() > SHOWN_CHARS_MAX {
        out.push('…');
        return;
    }
    let pad = "  ".repeat(depth + 1);
    let close = "  ".repeat(depth);
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push_str("{\n");
            for (index, (key, value)) in map.iter().enumerate() {
                let key = escape(&Value::from(key.as_str()).to_string());
                let _ = write!(out, "{pad}<em>{key}</em>: ");
                json(out, value, depth + 1);
                out.push_str(if index + 1 < map.len() { ",\n" } else { "\n" });
            }
            let _ = write!(out, "{close}}}");
        }
        Value::Array(items) if !items.is_empty() => {
            out.push_str("[\n");
            for (index, value) in items.iter().enumerate() {
                out.push_str(&pad);
                json(out, value, depth + 1);
                out.push_str(if index + 1 < items.len() { ",\n" } else { "\n" });
            }
            let _ = write!(out, "{close}]");
        }
        leaf => out.push_str(&escape(&leaf.to_string())),
    }
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
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
