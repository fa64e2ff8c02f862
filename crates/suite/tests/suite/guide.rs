//! The guide under `/docs`: every page, every link and anchor of it, here and on a code host, and its search.

use super::browser::text;
use super::house::House;
use super::part::root;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

fn found(pattern: &str, text: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

/// Every page of the guide as it is served, by its address.
async fn served(house: &House) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    for (file, address) in console::guide::all() {
        let answer = house.get(&address).await;
        assert_eq!(answer.status, 200, "{file} at {address}");
        pages.insert(address, text(&answer));
    }
    pages
}

#[tokio::test]
async fn every_link_of_the_guide_leads_somewhere() {
    let house = House::new().await;
    let pages = served(&house).await;
    let mut links = 0;
    for (address, page) in &pages {
        for link in found(r#"href="([^"]*)""#, page) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let path = if path.is_empty() { address } else { path };
            if path.starts_with("https://") {
                continue;
            }
            links += 1;
            match pages.get(path) {
                Some(target) => {
                    let id = format!("id=\"{anchor}\"");
                    assert!(
                        anchor.is_empty() || target.contains(&id),
                        "{link} of {address} has no such section"
                    );
                }
                None => {
                    let status = house.get(path).await.status.as_u16();
                    assert!([200, 303].contains(&status), "{link} of {address}: {status}");
                }
            }
        }
    }
    assert!(links > 400, "{links}");
}

/// The same files are read on a code host, where links name files.
#[test]
fn every_link_of_the_files_leads_to_a_file_and_a_heading_of_it() {
    let pages = console::guide::all().into_iter().map(|(file, _)| format!("docs/{file}"));
    for file in pages.chain(["README.md".to_owned()]) {
        let source = fs::read_to_string(root().join(&file)).unwrap();
        let folder = root().join(&file).parent().unwrap().to_path_buf();
        for link in found(r"\]\(([^)]+)\)", &source) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            if path.starts_with("https://") {
                continue;
            }
            let target = if path.is_empty() { root().join(&file) } else { folder.join(path) };
            assert!(target.exists(), "{link} of {file}");
            if !anchor.is_empty() {
                let headings = found(r"(?m)^#+ (.+)$", &fs::read_to_string(target).unwrap());
                let anchors: Vec<String> = headings.iter().map(|heading| slug(heading)).collect();
                assert!(anchors.contains(&anchor.to_owned()), "{link} of {file}: {anchors:?}");
            }
        }
    }
}

/// What code hosts make of a heading, said again in other words than the program's.
fn slug(heading: &str) -> String {
    let lower = heading.to_lowercase().replace(' ', "-");
    Regex::new(r"[^\w-]").unwrap().replace_all(&lower, "").into_owned()
}

#[test]
fn every_file_of_the_guide_is_a_page() {
    let pages: BTreeSet<String> = console::guide::all().iter().map(|(file, _)| (*file).to_owned()).collect();
    let entries = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let files: BTreeSet<String> = entries
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.ends_with(".md") && name != "domain.md")
        .chain(["reference/configuration.md".to_owned()])
        .collect();
    assert_eq!(pages, files);
}

#[tokio::test]
async fn nothing_of_the_guide_is_inline_and_code_can_be_copied() {
    let house = House::new().await;
    let head = house.get("/docs/webhook").await;
    let policy = head.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    for (address, page) in served(&house).await {
        assert!(
            !page.contains("style=") && !page.contains("<script>") && !page.contains("onclick"),
            "{address}"
        );
        assert_eq!(found("(<h1>)", &page).len(), 1, "{address}");
        for id in found(r#"data-copy-from="([^"]*)""#, &page) {
            assert_eq!(found(&format!(r#"(<pre id="{id}")"#), &page).len(), 1, "{address} {id}");
        }
        // The marks by which the tests run blocks are no reader's business.
        assert!(!page.contains("unrun=") && !page.contains("language-sh"), "{address}");
    }
}

#[tokio::test]
async fn a_search_finds_sections_and_shows_what_was_typed_as_text() {
    let house = House::new().await;
    let hits = |page: &str| found(r#"<li><a href="([^"]*)""#, page);
    let code = text(&house.get("/docs/search?q=ack_conflict").await);
    assert_eq!(hits(&code)[0], "/docs/errors#ack_conflict");
    assert!(code.contains("<mark>"), "{code}");
    let two = hits(&text(&house.get("/docs/search?q=one-time+code").await));
    assert!(two.iter().any(|hit| hit == "/docs/hand-over#exchange-the-code"), "{two:?}");
    // A word is meant as it begins; what is only inside of one is found where nothing else is.
    let id = text(&house.get("/docs/search?q=id").await);
    let before = Regex::new("(.)<mark>").unwrap();
    let inside = |c: &str| c.chars().all(char::is_alphanumeric);
    assert!(before.captures_iter(&id).all(|found| !inside(&found[1])) && !hits(&id).is_empty(), "{id}");
    let within = text(&house.get("/docs/search?q=ebhook").await);
    assert!(within.contains("<mark>ebhook</mark>"), "{within}");
    let none = text(&house.get("/docs/search?q=%3Cscript%3Ealert(1)%3C/script%3E").await);
    assert!(
        hits(&none).is_empty() && none.contains("Nothing about") && !none.contains("<script>alert"),
        "{none}"
    );
    for odd in ["/docs/search", "/docs/search?q=", "/docs/search?q=%F0%9F%98%80", "/docs/search?q=%FF&q=x"] {
        assert_eq!(house.get(odd).await.status, 200, "{odd}");
    }
}

#[tokio::test]
async fn other_spellings_of_an_address_lead_to_the_page() {
    let house = House::new().await;
    for (address, target) in
        [("/docs/", "/docs"), ("/docs/trigger/", "/docs/trigger"), ("/docs/trigger.md", "/docs/trigger")]
    {
        let answer = house.get(address).await;
        assert_eq!((answer.status.as_u16(), &answer.headers["location"]), (308, &target.parse().unwrap()));
    }
    for address in ["/docs/%0A/", "/docs/%0A.md", "/docs/nothing/", "/docs/%2F.md"] {
        assert_eq!(house.get(address).await.status, 404, "{address}");
    }
    let missing = house.get("/docs/nothing").await;
    assert_eq!(missing.status, 404);
    assert!(text(&missing).contains("There is no such page") && text(&missing).contains("name=\"q\""));
}
