//! What README and guide tell people to paste is pasted here: every fenced `sh` and `js` block, in order, against the
//! real program, and what the page says about the answer must be so.
//!
//! A block says in its info string how it is run, which no reader of the rendered page sees:
//!
//! | Info string | What happens |
//! |---|---|
//! | `sh run` | runs to its end in one shell for the whole page, and must end well |
//! | `sh run eventually` | the same again and again until the answer is right: something goes on behind it |
//! | `sh stays` | runs beside the blocks that follow, like a terminal of its own |
//! | `js run file=a.mjs`, `js stays file=a.mjs` | the same with Node, from a file of this name |
//! | `sh unrun="reason"` | is not run, and why not |
//!
//! The block after it may be its answer (`json answer`, `text answer`): `…` stands for anything, and white space
//! does not count. The ports 7700 and 7710 of the pages become free ones.

mod answer;
mod page;
mod terminal;

use super::binary::{Backend, Reserved, send};
use super::browser::text;
use super::node;
use super::part::{query, root};
use kernel::Timestamp;
use page::{How, Page};
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;
use terminal::Terminal;
use url::Url;

/// What is there before a page's first block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    /// The page makes everything.
    Nothing,
    /// What the quick start leaves behind, without `receive`.
    Server,
    /// The same with `receive --ack` in the builder's place.
    Receiver,
}

/// Walked before every page that begins with what it leaves behind.
const QUICK_START: &str = "docs/quick-start.md";

macro_rules! walked {
    ($($name:ident: $page:literal, $given:ident;)+) => {
        $(#[tokio::test] async fn $name() { walk($page, Given::$given).await })+
        const PAGES: &[&str] = &[$($page),+];
    };
}

// Every page that has something to run.
walked! {
    the_readme_does_what_it_says: "README.md", Nothing;
    the_quick_start_does_what_it_says: "docs/quick-start.md", Nothing;
    the_page_of_the_trigger_does_what_it_says: "docs/trigger.md", Receiver;
    the_page_of_the_webhook_does_what_it_says: "docs/webhook.md", Server;
    the_page_of_the_hand_over_does_what_it_says: "docs/hand-over.md", Receiver;
    the_page_of_telemetry_does_what_it_says: "docs/telemetry.md", Server;
    the_page_of_keys_does_what_it_says: "docs/keys.md", Server;
    the_page_of_operating_does_what_it_says: "docs/operate.md", Receiver;
}

async fn walk(path: &str, given: Given) {
    let page = Page::read(&root(), path);
    let Some(mut ground) = Ground::new(&page, path, given).await else { return };
    for block in page.blocks {
        ground.terminal.run(block).await;
    }
}

/// Where a page is walked: its shell, and what is there before the first block.
struct Ground {
    terminal: Terminal,
    /// Where the pages say 7700.
    server: Reserved,
    /// Where they say 7710: the builder's app.
    builder: Reserved,
}

impl Ground {
    /// `None` where a program is missing that the page needs.
    async fn new(page: &Page, path: &str, given: Given) -> Option<Self> {
        let (Some(_), Some(_)) = (node::bash(), node::curl()) else { return None };
        if page.blocks.iter().any(|block| block.file.is_some()) && node::modules().is_none() {
            return None;
        }
        let (server, builder) = (Reserved::new(), Reserved::new());
        let places = [("127.0.0.1:7700", server.address), ("127.0.0.1:7710", builder.address)];
        let mut terminal = Terminal::new(path, places);
        if given != Given::Nothing {
            for block in Page::read(&root(), QUICK_START).blocks {
                terminal.run(block).await;
            }
        }
        if given == Given::Server {
            terminal.end_last().await;
        }
        Some(Self { terminal, server, builder })
    }

    /// The builder's backend with the keys that the quick start was given.
    fn caller(&self) -> Backend {
        let keys = fs::read_to_string(self.terminal.place().join("thrivestack.json")).unwrap();
        Backend::new(self.server.url("/"), serde_json::from_str(&keys).unwrap())
    }
}

/// Whoever follows the guide in order finds the person of the quick start in one account, and what they did in the present.
#[tokio::test]
async fn what_the_samples_tell_is_of_the_quick_starts_account_and_of_now() {
    let path = "docs/telemetry.md";
    let page = Page::read(&root(), path);
    let Some(mut ground) = Ground::new(&page, path, Given::Server).await else { return };
    for block in page.blocks {
        ground.terminal.run(block).await;
    }
    let signup = fs::read_to_string(ground.terminal.place().join("answer.json")).unwrap();
    let signup: Value = serde_json::from_str(&signup).unwrap();
    let caller = ground.caller();
    let run = caller.run(signup["data"]["workflow_runtime_id"].as_str().unwrap()).await;
    let key = caller.key("/private_api_key");
    let answer = caller.get("/api/event/?user_id=u-1", &key).await.json();
    let events = answer["results"].as_array().unwrap();
    let of = |name: &str| events.iter().filter(|event| event["event_name"] == name).count();
    assert!(of("signed_up") == 1 && of("note_shared") == 1, "{answer}");
    for event in events {
        let group = &event["group_id"];
        assert!(group.is_null() || *group == run["tenant_id"], "{event}");
        let [at, received]: [Timestamp; 2] =
            ["timestamp", "received_at"].map(|name| event[name].as_str().unwrap().parse().unwrap());
        assert!(received.since(at) < Duration::from_secs(600), "{event}");
    }
}

/// *Try a signup* of the console and a real one take the same way.
#[tokio::test]
async fn the_printed_backend_takes_a_browser_through_onboarding_to_home() {
    let page = Page::read(&root(), "docs/webhook.md");
    let Some(mut ground) = Ground::new(&page, "docs/webhook.md", Given::Server).await else { return };
    let backend = page.blocks.into_iter().find(|block| block.how == How::Stays).unwrap();
    ground.terminal.run(backend).await;
    let (caller, builder) = (ground.caller(), &ground.builder);
    let next = async |url: &Url| -> Url {
        let answer = caller.browse(url).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.location()
    };

    let (run, link) = caller.trigger("kim").await;
    caller.run_until(&run, "completed").await;
    let onboarding = next(&link).await;
    assert_eq!(onboarding.path(), "/onboarding");
    let arrived = caller.browse(&onboarding).await;
    let said = text(&arrived);
    assert!(arrived.status == 200 && said.contains("<h1>Welcome, kim@acme.com</h1>"), "{arrived:?}");
    let back = said.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let home = next(&back.replace("&#38;", "&").parse().unwrap()).await;
    assert_eq!(home.path(), "/home");
    let at_home = caller.browse(&home).await;
    assert!(at_home.status == 200 && text(&at_home).contains("You are at home"), "{at_home:?}");
    assert_eq!(caller.browse(&onboarding).await.status, 401, "a code is good once");

    // Somebody who was here before.
    let (_, link) = caller.trigger("kim").await;
    let home = next(&link).await;
    let at_home = caller.browse(&home).await;
    assert!(home.path() == "/home" && text(&at_home).contains("Welcome back, kim@acme.com"), "{at_home:?}");

    // A good code in a link that somebody else wrote.
    for elsewhere in ["https://evil.test/", "javascript:alert(1)"] {
        let (run, link) = caller.trigger(&format!("kim-{}", elsewhere.len())).await;
        caller.run_until(&run, "completed").await;
        let mut forged = next(&link).await;
        let code = query(&forged, "authOTP").unwrap();
        forged.query_pairs_mut().clear().append_pair("authOTP", &code).append_pair("returnUrl", elsewhere);
        let answer = caller.browse(&forged).await;
        assert!(answer.status == 401 && !text(&answer).contains(elsewhere), "{answer:?}");
    }
    assert_eq!(caller.browse(&builder.url("/elsewhere")).await.status, 404);
    let unsigned = caller.http.post(builder.url("/webhook")).body("{}");
    assert_eq!(send(unsigned).await.status, 401);
}

#[test]
fn every_snippet_is_run_or_says_why_not() {
    let mut unrun = Vec::new();
    let mut run = BTreeSet::new();
    for path in pages() {
        for block in Page::read(&root(), &path).blocks {
            match &block.how {
                How::Unrun(reason) => unrun.push(format!("{}: {reason}", block.place)),
                _ => drop(run.insert(path.clone())),
            }
        }
    }
    eprintln!("not run:\n{}", unrun.join("\n"));
    let walked: BTreeSet<String> = PAGES.iter().map(|path| (*path).to_owned()).collect();
    assert_eq!(run, walked, "the pages with something to run and those that a test walks");
}

/// README and the guide: what people read. `docs/domain.md` and the decisions are for those who work on the program.
fn pages() -> Vec<String> {
    let entries = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let names = entries.filter_map(|name| name.into_string().ok());
    let guide = names.filter(|name| name.ends_with(".md") && name != "domain.md");
    guide.map(|name| format!("docs/{name}")).chain(["README.md".to_owned()]).collect()
}

/// The codes that the sources answer with and the sections of the page, which every refusal links to.
#[test]
fn every_code_has_a_section_and_every_section_a_code() {
    let code = Regex::new(r#""([A-Z]{3,}(?:_[A-Z]+)*)""#).unwrap();
    let mut answered = BTreeSet::new();
    for folder in ["crates/api/src", "crates/webkit/src"] {
        collect(&root().join(folder), &mut |text| {
            answered.extend(code.captures_iter(text).map(|found| found[1].to_owned()));
        });
    }
    let parse = fs::read_to_string(root().join("crates/model/src/telemetry/parse.rs")).unwrap();
    answered.extend(
        code.captures_iter(&parse).map(|found| found[1].to_owned()).filter(|code| code.contains('_')),
    );
    let methods = ["GET", "POST"];
    answered.retain(|code| !methods.contains(&code.as_str()));
    assert!(answered.contains("ACK_CONFLICT") && answered.contains("EVENT_TOO_LARGE"), "{answered:?}");

    let page = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let told: BTreeSet<String> =
        page.lines().filter_map(|line| Some(line.strip_prefix("### ")?.to_owned())).collect();
    let different: Vec<_> = answered.symmetric_difference(&told).collect();
    assert!(different.is_empty(), "{different:?}");
    for code in told {
        assert!(
            page.contains(&format!("| [`{code}`](#{}) |", code.to_lowercase())),
            "{code} is not in the list"
        );
    }
}

fn collect(folder: &Path, each: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, each);
        } else {
            each(&fs::read_to_string(&path).unwrap());
        }
    }
}
