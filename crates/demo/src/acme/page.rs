//! Acme's pages. Plain functions from what is known to markup; every text from outside goes through
//! [`Text`], which escapes it.

use super::{
    Step,
    ledger::{Person, Workspace},
    signup::Fields,
};
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use std::fmt;

/// What a new workspace can start with: key, title, first note.
pub(super) const TEMPLATES: [(&str, &str, &str); 3] = [
    ("team", "Team handbook", "How we work, who does what, where things are"),
    ("meetings", "Meeting notes", "Agenda, decisions and who does them by when"),
    ("research", "Research log", "Question, sources, what we learned"),
];

/// A text from outside, escaped when it is shown.
struct Text<'t>(&'t str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => write!(f, "{other}")?,
            }
        }
        Ok(())
    }
}

pub(super) fn signup(fields: &Fields, complaint: Option<&str>) -> String {
    let complaint = complaint
        .map(|text| format!(r#"<p class="complaint" role="alert">{}</p>"#, Text(text)))
        .unwrap_or_default();
    let (name, email) = (Text(&fields.name), Text(&fields.email));
    let body = format!(
        r#"<section class="hero">
<div class="pitch">
<p class="eyebrow">Notes for small teams</p>
<h1>Write it down once.<br>Find it when it matters.</h1>
<p class="lead">Acme Notes keeps decisions, meetings and half-finished ideas in one quiet place that your whole team can search.</p>
<ul class="points"><li>Search that reads like you do</li><li>Share a page with a link</li><li>14 days free, no card</li></ul>
</div>
<form class="card" method="post" action="/">
<h2>Start your workspace</h2>
{complaint}
<label for="name">Your name</label>
<input id="name" name="name" value="{name}" autocomplete="name" maxlength="80" required autofocus>
<label for="email">Work e-mail</label>
<input id="email" name="email" type="email" value="{email}" autocomplete="email" maxlength="254" required>
<button>Create my workspace</button>
<p class="fine">The same address signs you in again. This is a sample: it asks for no password and forgets everything when it ends.</p>
</form>
</section>"#
    );
    layout("Notes for small teams", None, &body)
}

pub(super) fn onboarding(
    person: &Person,
    workspace: Option<&Workspace>,
    return_url: Option<&str>,
    steps: &[Step],
) -> String {
    let named = workspace.map_or("Your workspace", |workspace| workspace.name.as_str());
    let mut choices = String::new();
    for (index, (key, title, first)) in TEMPLATES.iter().enumerate() {
        let checked = if index == 0 { " checked" } else { "" };
        choices.push_str(&format!(
            r#"<label class="choice"><input type="radio" name="template" value="{key}"{checked}><span><b>{title}</b><small>{first}</small></span></label>"#
        ));
    }
    let body = format!(
        r#"<section class="columns">
<form class="card wide" method="post" action="/onboarding">
<p class="eyebrow">One last question</p>
<h1>Welcome, {name}</h1>
<p class="lead"><b>{workspace}</b> is ready. What shall we put into it first?</p>
<div class="choices">{choices}</div>
<input type="hidden" name="return_url" value="{return_url}">
<button>Continue to my workspace</button>
</form>
{aside}
</section>"#,
        name = Text(&person.name),
        workspace = Text(named),
        return_url = Text(return_url.unwrap_or_default()),
        aside = aside(person, workspace, steps),
    );
    layout("Welcome", Some(person), &body)
}

pub(super) fn home(person: &Person, workspace: Option<&Workspace>, steps: &[Step]) -> String {
    let named = workspace.map_or("Your workspace", |workspace| workspace.name.as_str());
    let chosen = workspace.and_then(|workspace| workspace.template.as_deref());
    let template = TEMPLATES.iter().find(|(key, _, _)| Some(*key) == chosen).unwrap_or(&TEMPLATES[0]);
    let body = format!(
        r#"<section class="columns">
<div class="card wide">
<p class="eyebrow">Workspace</p>
<h1>{workspace}</h1>
<ul class="notes">
<li><b>{title}</b><small>{first}</small></li>
<li><b>Getting started</b><small>Press N for a note, / to search, and invite the first colleague</small></li>
<li><b>Untitled</b><small>Nothing here yet</small></li>
</ul>
</div>
{aside}
</section>"#,
        workspace = Text(named),
        title = template.1,
        first = template.2,
        aside = aside(person, workspace, steps),
    );
    layout("Home", Some(person), &body)
}

pub(super) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    let body = format!(
        r#"<section class="center"><div class="card"><h1>{}</h1><p class="lead">{}</p><p><a class="button" href="/">To the front page</a></p></div></section>"#,
        Text(title),
        Text(text)
    );
    (status, Html(layout(title, None, &body))).into_response()
}

/// What a developer wants to see beside the page: how this person got here.
fn aside(person: &Person, workspace: Option<&Workspace>, steps: &[Step]) -> String {
    let mut facts = format!("<dt>user_id</dt><dd>{}</dd>", Text(&person.user_id));
    if let Some(workspace) = workspace {
        for (name, value) in [
            ("tenantId", &workspace.id),
            ("ts_tenant_id", &workspace.ts_tenant_id),
            ("workflow_runtime_id", &workspace.run_id),
        ] {
            facts.push_str(&format!("<dt>{name}</dt><dd>{}</dd>", Text(value)));
        }
    }
    let mut items = String::new();
    let first = steps.first().map(|step| step.at);
    for step in steps {
        let after = first.map_or(0, |first| step.at.since(first).as_millis());
        items.push_str(&format!(
            "<li><b>{}</b><time>+ {after} ms</time><small>{}</small></li>",
            Text(step.step),
            Text(&step.detail)
        ));
    }
    format!(
        r#"<aside class="inside"><h2>Behind the page</h2><p>Acme Notes is a sample. This is what passed between it and ThriveStack.</p><ol class="steps">{items}</ol><dl>{facts}</dl></aside>"#
    )
}

fn layout(title: &str, person: Option<&Person>, body: &str) -> String {
    let who = person.map(|person| format!("<span>{}</span>", Text(&person.email))).unwrap_or_default();
    format!(
        r#"<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer"><title>{title} · Acme Notes</title><link rel="stylesheet" href="/style.css"></head>
<body><header><a class="brand" href="/"><i aria-hidden="true"></i>Acme Notes</a>{who}</header>
<main>{body}</main>
<footer>A sample product that runs on ThriveStack</footer></body>
</html>"#,
        title = Text(title)
    )
}
