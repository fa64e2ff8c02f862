//! The domain's contract, case by case, over HTTP against the real program (`tests/fixture/contract.json`).
//!
//! A case is run, or it stands in [`not_yet`] with its reason: nothing is left out in silence.

mod check;
mod not_yet;
mod outgoing;
mod stage;

use super::house::Answer;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use stage::Stage;
use std::collections::{BTreeMap, HashSet};

/// Unknown fields are refused, so that a new convention is met rather than overlooked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contract {
    version: u32,
    #[serde(rename = "placeholders")]
    _placeholders: String,
    #[serde(rename = "conventions")]
    _conventions: BTreeMap<String, String>,
    outgoing: Vec<Outgoing>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    #[serde(default)]
    query: BTreeMap<String, String>,
    body: Value,
    setup: Option<String>,
    expected_status: u16,
    response_keys: Vec<String>,
    #[serde(default)]
    response_equals: Value,
    #[serde(default)]
    response_headers: BTreeMap<String, String>,
    source: String,
    #[serde(rename = "note")]
    _note: String,
}

/// What we send: a webhook, or a redirect of a browser.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outgoing {
    name: String,
    direction: String,
    #[serde(default)]
    method: String,
    #[serde(rename = "path", default)]
    _path: String,
    #[serde(default)]
    body_keys: Vec<String>,
    #[serde(default)]
    query_keys: Vec<String>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(rename = "expect_reply", default)]
    _expect_reply: String,
    source: String,
    #[serde(rename = "note", default)]
    _note: String,
}

fn contract() -> Contract {
    let contract: Contract = serde_json::from_str(include_str!("../../fixture/contract.json")).unwrap();
    assert_eq!(contract.version, 1);
    contract
}

#[test]
fn each_case_that_is_not_yet_exists_once() {
    let contract = contract();
    let cases = contract.cases.iter().map(|case| case.name.as_str());
    let names: Vec<&str> = cases.chain(contract.outgoing.iter().map(|one| one.name.as_str())).collect();
    let known: HashSet<&str> = names.iter().copied().collect();
    assert_eq!(known.len(), names.len(), "two cases share a name");
    let mut seen = HashSet::new();
    for (name, _) in not_yet::CASES {
        assert!(known.contains(name), "{name} is no case");
        assert!(seen.insert(name), "{name} is listed twice");
    }
    for (name, part, _) in not_yet::PARTS {
        assert!(known.contains(name) && !seen.contains(name), "{part} of {name}");
    }
}

#[tokio::test]
async fn every_case_holds() {
    let contract = contract();
    let stage = Stage::set().await;
    let (mut ran, mut failures) = (0, Vec::new());
    for case in contract.cases.iter().filter(|case| not_yet::reason(&case.name).is_none()) {
        ran += 1;
        if let Err(fault) = run(&stage, case).await {
            failures.push(format!("{} ({}): {fault}", case.name, case.source));
        }
    }
    for one in contract.outgoing.iter().filter(|one| not_yet::reason(&one.name).is_none()) {
        ran += 1;
        if let Err(fault) = outgoing::run(&stage, one).await {
            failures.push(format!("{} ({}): {fault}", one.name, one.source));
        }
    }
    println!("{ran} cases of the contract were run; not yet:");
    not_yet::CASES.iter().for_each(|(name, reason)| println!("  {name}: {reason}"));
    not_yet::PARTS.iter().for_each(|(name, part, reason)| println!("  {name}, its {part}: {reason}"));
    assert_eq!(ran + not_yet::CASES.len(), contract.cases.len() + contract.outgoing.len());
    assert!(failures.is_empty(), "{} of {ran} cases failed:\n{}", failures.len(), failures.join("\n"));
}

async fn run(stage: &Stage, case: &Case) -> Result<(), String> {
    let filled = stage.prepare(case).await?;
    let method = Method::from_bytes(case.method.as_bytes()).map_err(|fault| fault.to_string())?;
    let url = stage.backend.url.join(&case.path).map_err(|fault| fault.to_string())?;
    let mut request = stage.backend.http.request(method, url).query(&filled.query);
    for (name, value) in &filled.headers {
        request = request.header(name, value);
    }
    if let Some(body) = filled.body {
        request = request.body(body);
    }
    judge(case, &super::binary::send(request).await)
        .map_err(|fault| format!("{fault}\n    {}", stage.brief()))
}

fn judge(case: &Case, answer: &Answer) -> Result<(), String> {
    if answer.status != case.expected_status {
        return Err(format!("{} instead of {}: {:?}", answer.status, case.expected_status, answer.body));
    }
    check::headers(&case.response_headers, &answer.headers)?;
    if case.response_keys.is_empty() && case.response_equals.is_null() {
        return Ok(());
    }
    let body: Value =
        serde_json::from_slice(&answer.body).map_err(|fault| format!("{fault}: {:?}", answer.body))?;
    check::keys(&case.response_keys, &body)?;
    check::subset(&case.response_equals, &body)
}
