//! Every template with plausible values: for the gallery (`cargo run -p console --example gallery`) and for the test
//! that renders each of them. Nothing here is reached by a request.

use crate::{
    chart::{self, Day},
    view::{
        Frame, Notice, Room, StageLink, Tone,
        home::{DayRow, Home, Tile, Tried, Try},
        hosted::{self, Brand, Line, LineState},
        run::{Act, Admit, Attempt, Chip, Fact, Mail, Node, Pill, Row, Runs, Show, Wire},
        setting::{Field, Fields, Secret, Settings},
        sign_in::{Account, Confirm, Message, SessionRow, Setup, SignIn, Trouble},
    },
    words::{Speaker, count, day, initials},
};
use askama::Template;
use jiff::civil::date;
use kernel::Timestamp;
use model::{platform::Stage, setting::colour::Colour};
use std::time::Duration;

/// One rendered sample: a name to find it by, and the page.
pub struct Sample {
    pub name: &'static str,
    pub html: String,
}

/// Every page in every state that somebody will meet.
pub fn all() -> Result<Vec<Sample>, askama::Error> {
    let mut samples = Vec::new();
    let mut add =
        |name, html: Result<String, askama::Error>| html.map(|html| samples.push(Sample { name, html }));
    add("sign-in", sign_in(false, None).render())?;
    add("sign-in-first", sign_in(true, None).render())?;
    let slow =
        Notice::new(Tone::Bad, "Try again in 4 min", "There were too many failed sign-ins for this address.");
    add("sign-in-limited", sign_in(false, Some(slow)).render())?;
    add("setup", setup(false, None).render())?;
    add("setup-again", setup(true, Some("use at least 12 characters".into())).render())?;
    add("message", link_gone().render())?;
    add("account", account().render())?;
    add("confirm", confirm().render())?;
    add("trouble", trouble().render())?;
    add("home", home(Stage::Development).render())?;
    add("home-production", home(Stage::Production).render())?;
    add("home-empty", home_empty().render())?;
    add("tried", tried().render())?;
    add("runs", runs(8).render())?;
    add("runs-page", runs(50).render())?;
    add("runs-no-match", runs(0).render())?;
    add("runs-empty", Runs { empty: true, ..runs(0) }.render())?;
    add("run", show().render())?;
    add("run-incident", show_incident().render())?;
    add("admit", admit().render())?;
    add("settings", settings(Stage::Development).render())?;
    add("settings-faults", settings_faults().render())?;
    add("hosted-progress", progress("Acme Notes", "#0f7a55").render())?;
    add(
        "hosted-progress-long",
        progress("The Extraordinarily Long Names & Other Stories Company of Old York", "#7c3aed").render(),
    )?;
    add("hosted-waitlist", hosted_message("#b4540a", "You are on the list", &["Thank you for signing up, ada@acme-rockets.com. We let people in as fast as we can look after them.", "This page opens your workspace as soon as it is your turn. You can close it: your place is kept."], None).render())?;
    add("hosted-trouble", hosted_message("#0f7a55", "This takes longer than it should", &["Something on our side did not answer. We have been told and are looking at it; nothing you entered is lost.", "You can leave this page open: it goes on by itself."], None).render())?;
    add(
        "hosted-ended",
        hosted_message(
            "#0f7a55",
            "This signup has ended",
            &[
                "Your signup for Acme Notes was stopped, and this link leads no further.",
                "To try again, go back to where you signed up.",
            ],
            None,
        )
        .render(),
    )?;
    add(
        "hosted-sign-in",
        hosted_message(
            "#2259c4",
            "Your workspace is ready",
            &["Sign in at Acme Notes to go on."],
            Some(("Go to Acme Notes".into(), "https://acme-notes.test/".into())),
        )
        .render(),
    )?;
    Ok(samples)
}

fn now() -> Timestamp {
    "2026-11-21T11:06:22.118Z".parse().unwrap_or(Timestamp::EPOCH)
}

fn speaker() -> Speaker {
    Speaker::new(now(), "Europe/Berlin")
}

fn before(seconds: u64) -> Timestamp {
    now().minus(Duration::from_secs(seconds))
}

fn frame(stage: Stage, room: Room) -> Frame {
    Frame {
        product: "Acme Notes".into(),
        stage,
        stages: [Stage::Development, Stage::Production]
            .map(|other| StageLink { stage: other, href: crate::path::home(other), current: other == stage })
            .into(),
        room,
        email: "owner@acme-notes.test".into(),
        csrf: "sample".into(),
        incidents: 1,
        speaker: speaker(),
        notice: None,
    }
}

fn sign_in(first: bool, notice: Option<Notice>) -> SignIn {
    let email = if notice.is_some() { "owner@acme-notes.test".to_owned() } else { String::new() };
    SignIn { csrf: "sample".into(), email, next: "/console/dev".into(), notice, first }
}

fn setup(has_password: bool, fault: Option<String>) -> Setup {
    Setup {
        csrf: "sample".into(),
        link: "sample".into(),
        email: "owner@acme-notes.test".into(),
        has_password,
        fault,
    }
}

fn link_gone() -> Message {
    Message {
        title: "This link cannot be used".into(),
        text: "It was used already, replaced by a newer one, or is older than a day. On the server, thrivestack operator link prints a fresh one.".into(),
        href: "/console/sign-in".into(),
        way_on: "Sign in with a password".into(),
        request_id: Some("0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e".into()),
        refresh: false,
    }
}

fn account() -> Account {
    let row = |agent: &str, address: &str, seen: u64, opened: u64, this: bool| SessionRow {
        agent: agent.into(),
        address: address.into(),
        seen: speaker().ago(before(seen)),
        opened: speaker().ago(before(opened)),
        this,
    };
    Account {
        frame: frame(Stage::Development, Room::Account),
        sessions: vec![
            row("Firefox on Linux", "192.0.2.17", 3, 7_200, true),
            row("Safari on iPhone", "2001:db8:42::17", 40_000, 900_000, false),
        ],
    }
}

fn confirm() -> Confirm {
    Confirm {
        frame: frame(Stage::Production, Room::Runs),
        title: "Cancel the run of Ada Byron?".into(),
        lead: "ada@acme-rockets.com will not get a workspace from this run.".into(),
        consequences: vec![
            "Her page says that the signup was stopped and whom to write to.".into(),
            "No further webhook is sent; an acknowledgement that still comes is refused.".into(),
            "A new trigger for her begins a new run for the same tenant.".into(),
        ],
        action: "/console/prod/runs/x/cancel".into(),
        button: "Cancel this run".into(),
        danger: true,
        back: "/console/prod/runs/x".into(),
    }
}

fn trouble() -> Trouble {
    Trouble {
        frame: frame(Stage::Development, Room::Runs),
        title: "There is no such run here".into(),
        text: "It may belong to the other environment. Search for the mail or the id in the list of runs."
            .into(),
        request_id: "0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e".into(),
    }
}

fn days() -> Vec<Day> {
    let signups = [
        12, 14, 9, 17, 21, 8, 6, 15, 18, 22, 19, 25, 11, 8, 21, 24, 20, 27, 31, 13, 12, 26, 29, 33, 28, 35,
        17, 15,
    ];
    let start = date(2026, 10, 25);
    let day = |(index, whole): (i64, &u64)| Day {
        date: start.saturating_add(jiff::Span::new().days(index)),
        whole: *whole,
        part: whole * 62 / 100,
    };
    (0..).zip(&signups).map(day).collect()
}

fn home(stage: Stage) -> Home {
    let days = days();
    let tile = |name: &str, value: &str, change: &str, class, against: &str| Tile {
        name: name.into(),
        value: value.into(),
        change: change.into(),
        change_class: class,
        against: against.into(),
        href: None,
    };
    Home {
        frame: frame(stage, Room::Home),
        period: "25 Oct to 21 Nov, up to 12:06 today".into(),
        tiles: vec![
            tile("Signups", "536", "+ 18 %", "", "against the 28 days before"),
            tile("Accounts created", "326", "+ 22 %", "", "against the 28 days before"),
            tile("Waiting now", "14", "", "", "12 on the waitlist, 2 for an acknowledgement"),
            tile("Needs attention now", "1", "", "bad", "stands still until somebody acts"),
        ],
        chart: chart::bars(
            &days,
            "signups",
            "accounts created",
            if stage == Stage::Development { chart::BESIDE } else { chart::ALONE },
        ),
        summary: "536 signups in 28 days, 332 of them with an account; most on 19 Nov: 35".into(),
        days: days
            .iter()
            .rev()
            .map(|d| DayRow {
                iso: d.date.to_string(),
                day: day(d.date),
                signups: count(d.whole),
                accounts: count(d.part),
            })
            .collect(),
        empty: false,
        trial: (stage == Stage::Development).then(|| Try {
            email: "ada@acme-rockets.com".into(),
            user_id: "try-7f3c2a".into(),
            fault: None,
            missing: Vec::new(),
        }),
        snippet: String::new(),
    }
}

fn home_empty() -> Home {
    let missing = vec![
        ("Onboarding page".to_owned(), "/settings#redirects".to_owned()),
        ("Webhook URL".into(), "/settings#webhook".into()),
    ];
    Home {
        frame: Frame { incidents: 0, ..frame(Stage::Development, Room::Home) },
        empty: true,
        trial: Some(Try { missing, ..Try::default() }),
        snippet: snippet(),
        ..home(Stage::Development)
    }
}

fn snippet() -> String {
    "curl -X POST http://127.0.0.1:7700/trigger \\\n  -H \"Authorization: Bearer $TOKEN\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{\"workflow_id\":\"0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e\",\n       \"user_id\":\"u-1\",\"email_id\":\"ada@example.com\"}'".into()
}

fn tried() -> Tried {
    Tried {
        frame: frame(Stage::Development, Room::Home),
        url: "/sample".into(),
        run: "/console/dev/runs/x".into(),
        message: "ada@acme-rockets.com goes through the workflow.".into(),
    }
}

fn pill(tone: Tone, words: &str) -> Pill {
    Pill { tone, words: words.into() }
}

fn runs(rows: usize) -> Runs {
    let people = [
        (
            "ada@acme-rockets.com",
            "u-4711",
            "Acme Rockets",
            pill(Tone::Wait, "Waiting for acknowledgement"),
            "webhook delivered",
        ),
        ("grace@cobolworks.io", "u-4710", "Cobolworks", pill(Tone::Good, "Completed"), "Onboarding page"),
        (
            "kj@trajectory.dev",
            "u-4709",
            "Trajectory",
            pill(Tone::Wait, "On the waitlist"),
            "102nd of 100 places",
        ),
        (
            "mh@lunar.systems",
            "u-4708",
            "Lunar Systems",
            pill(Tone::Run, "Running"),
            "User and company enriched",
        ),
        (
            "jean@eniac.co",
            "u-4707",
            "Eniac & Co",
            pill(Tone::Bad, "Needs attention"),
            "webhook answered 500 six times",
        ),
        (
            "maximiliane.von-und-zu-hohenstein-waldenburg@subsidiary.example-holding.co.uk",
            "b2f5ff47-4366-4b6f-a3c6-e0d3b4a5c6d7",
            "Example Holding of the Extraordinarily Long Names plc",
            pill(Tone::Good, "Completed"),
            "Onboarding page",
        ),
        ("hedy@hopfreq.net", "u-4705", "Hopfreq", pill(Tone::Off, "Cancelled"), "by owner@acme-notes.test"),
        ("emmy@symmetry.org", "u-4704", "Symmetry", pill(Tone::Good, "Completed"), "signed in again"),
    ];
    let row = |index: usize| {
        let (name, line, account, state, note) = &people[index % people.len()];
        Row {
            href: "/run".into(),
            name: (*name).into(),
            line: (*line).into(),
            initials: initials(name),
            account: (*account).into(),
            state: state.clone(),
            note: (*note).into(),
            started: speaker().ago(before(113 * (index as u64 * index as u64 * 9 + 1))),
        }
    };
    let chip = |words: &str, n: &str, current| Chip {
        words: words.into(),
        count: n.into(),
        href: "#".into(),
        current,
    };
    Runs {
        frame: frame(Stage::Development, Room::Runs),
        sub: "1,284 runs, 37 of them since midnight".into(),
        chips: vec![
            chip("All", "1,284", rows > 0),
            chip("Running", "1", false),
            chip("Waiting", "13", rows == 0),
            chip("Needs attention", "1", false),
            chip("Completed", "1,260", false),
            chip("Cancelled", "9", false),
        ],
        search: if rows == 0 { "zuse".into() } else { String::new() },
        state: String::new(),
        rows: (0..rows).map(row).collect(),
        shown: format!("Rows 1–{rows} of 1,284"),
        first: None,
        next: Some("#".into()),
        empty: false,
        snippet: snippet(),
        waitlisted: 12,
    }
}

fn admit() -> Admit {
    Admit {
        frame: frame(Stage::Production, Room::Runs),
        lead: "12 people are on the waitlist. Those who have waited longest come first, at most 100 at once."
            .into(),
        most: "12".into(),
        wanted: "12".into(),
        possible: true,
        action: "/console/prod/runs/admit".into(),
        back: "/console/prod/runs".into(),
    }
}

fn node(knot: &'static str, label: &str, note: &str, when: &str) -> Node {
    let mut spoken = speaker().clock(before(113));
    if knot != "done" || label != "Triggered" {
        spoken.said = when.into();
    }
    Node {
        knot,
        label: label.into(),
        note: note.into(),
        when: (!when.is_empty()).then_some(spoken),
        attempts: Vec::new(),
    }
}

fn attempts() -> Vec<Attempt> {
    let body = "{\n  <em>\"eventType\"</em>: \"account_created\",\n  <em>\"tenant_provisioning_data\"</em>: {\n    <em>\"ts_tenant_id\"</em>: \"0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e\",\n    <em>\"is_ts_provisioning_success\"</em>: true\n  }\n}";
    let wire = |title: &str, id: &str, html: String| Wire { title: title.into(), id: id.into(), html };
    let attempt = |seconds, status: &str, good, words: &str, n: u32| Attempt {
        id: format!("attempt-{n}"),
        at: speaker().moment(before(seconds)),
        status: status.into(),
        good,
        words: words.into(),
        wires: vec![
            wire(
                "Request",
                &format!("request-{n}"),
                format!(
                    "<i>POST</i> https://acme-notes.test/thrivestack/hook\n<i>webhook-id:</i> msg_0197f3c2\n<i>webhook-signature:</i> v1,•••\n\n{body}"
                ),
            ),
            wire(
                "Answer",
                &format!("answer-{n}"),
                "<i>retry-after:</i> 5\n\nBusy, come back later".to_owned(),
            ),
        ],
    };
    vec![
        attempt(111, "503", false, "Service Unavailable, next in 5 s (asked for by Retry-After)", 1),
        attempt(106, "200", true, "18 ms · 2 bytes", 2),
    ]
}

fn show() -> Show {
    let provision = Node {
        attempts: attempts(),
        ..node("done", "Tenant provisioned", "webhook delivered at the second attempt", "+ 7.1 s")
    };
    let act = |words: &str, class| Act { words: words.into(), href: "/confirm".into(), class };
    Show {
        frame: frame(Stage::Development, Room::Runs),
        href: "/run".into(),
        id: "0197f3c2-8d1e-4b44-a1c7-5f0a1b2c3d4e".into(),
        name: "ada@acme-rockets.com".into(),
        workflow: "Prosumer, version 1".into(),
        state: pill(Tone::Wait, "Waiting for acknowledgement"),
        started: speaker().ago(before(113)),
        clock: speaker().clock(before(113)),
        progress: "6 of 10 steps · 41 ms of work".into(),
        incident: None,
        acts: vec![act("Cancel", "quiet"), act("Skip", ""), act("Send again", "primary")],
        nodes: vec![
            node("done", "Triggered", "ada@acme-rockets.com, role Admin", "12:04:29.118"),
            node("done", "User enriched", "Ada Byron, works at acme-rockets.com", "+ 9 ms"),
            node("done", "Company enriched", "Acme Rockets · built-in provider", "+ 1 ms"),
            node("done", "Waitlist passed", "41 of 100 places taken", "+ 1 ms"),
            node("done", "Plan associated", "Free Trial", "+ 1 ms"),
            provision,
            node(
                "wait",
                "Waiting for acknowledgement",
                "sent again at 12:05:36 if nothing comes",
                "1 min 53 s",
            ),
            node("todo", "Onboarding page", "", ""),
            node("todo", "Lead stored", "", ""),
            node("todo", "Welcome mail", "", ""),
        ],
        user: vec![
            Fact::text("Mail", "ada@acme-rockets.com"),
            Fact::code("Your id", "u-4711"),
            Fact::text("Country", "Germany"),
        ],
        account: vec![
            Fact::text("Name", "acme-rockets.com"),
            Fact::code("Our id", "0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e"),
        ],
        lead: Vec::new(),
        mails: vec![Mail {
            to: "ada@acme-rockets.com".into(),
            subject: "Welcome to Acme Notes".into(),
            body: "Hello Ada,\n\nyour workspace acme-rockets.com is ready.\n\nAcme Notes".into(),
            at: speaker().moment(before(90)),
            state: "kept here, not sent".into(),
        }],
        live: true,
    }
}

fn show_incident() -> Show {
    Show {
        state: pill(Tone::Bad, "Needs attention"),
        incident: Some("The webhook answered 500 to the last of seven attempts. Mend the endpoint, then send again; or skip this step if the tenant exists already.".into()),
        name: "maximiliane.von-und-zu-hohenstein-waldenburg@subsidiary.example-holding.co.uk".into(),
        ..show()
    }
}

fn settings(stage: Stage) -> Settings {
    let field = |name, value: &str| Field { name, value: value.into(), fault: None, theirs: None };
    Settings {
        frame: frame(stage, Room::Settings),
        version: 7,
        fields: Fields {
            product_name: field("product_name", "Acme Notes"),
            colour: field("colour", "#0f7a55"),
            support_address: field("support_address", "help@acme-notes.test"),
            time_zone: field("time_zone", "Europe/Berlin"),
            webhook_url: field("webhook_url", "http://127.0.0.1:7800/thrivestack/hook"),
            onboarding_url: field("onboarding_url", "http://127.0.0.1:7800/onboarding"),
            success_url: field("success_url", "http://127.0.0.1:7800/home"),
            waitlist_limit: field("waitlist_limit", "100"),
            plan_id: field("plan_id", "eb4e38a5-9d5e-4f19-b2ce-ffb711c4f75e"),
            plan_name: field("plan_name", "Free Trial"),
            role_id: field("role_id", "efd6062d-c4fe-4129-9a3f-326ec3f3ed04"),
            role_name: field("role_name", "Admin"),
        },
        focus: "",
        changed: Some(speaker().ago(before(86_400))),
        disabled: None,
        secret: Some(Secret { shown: None, made: speaker().ago(before(1_900_000)), old_until: None }),
        zones: vec!["Europe/Berlin".into(), "UTC".into()],
        swatch: "#0f7a55".into(),
    }
}

fn settings_faults() -> Settings {
    let mut page = settings(Stage::Production);
    page.fields.colour.fault =
        Some("too pale on white: 1.4 to 1, at least 3 to 1 is seen by everyone. #a89843 is close".into());
    page.fields.webhook_url.fault = Some("Production needs https://".into());
    page.fields.product_name.theirs = Some("Acme Notes & More".into());
    page.focus = "colour";
    page.disabled = Some(speaker().ago(before(4_000)));
    page.secret = Some(Secret {
        shown: Some("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDUkPLlnI7tCw=".into()),
        made: speaker().ago(before(600)),
        old_until: Some(speaker().ago(now().plus(Duration::from_secs(82_000)))),
    });
    page.frame.notice = Some(Notice::new(
        Tone::Bad,
        "Not saved",
        "2 fields need a change; everything you typed is still here.",
    ));
    page
}

fn brand(name: &str, colour: &str) -> Brand {
    Brand {
        name: name.into(),
        colour: colour.trim_start_matches('#').into(),
        support: Some("help@acme-notes.test".into()),
        reference: "0197f3c2".into(),
    }
}

fn progress(name: &str, colour: &str) -> hosted::Progress {
    let line = |words: &str, state| Line { words: words.into(), state };
    hosted::Progress {
        brand: brand(name, colour),
        title: "Preparing your workspace".into(),
        lead: "This takes a few seconds. You can leave this page open.".into(),
        lines: vec![
            line("Account details checked", LineState::Done),
            line("Free Trial started", LineState::Done),
            line("Creating acme-rockets.com", LineState::Now),
            line(&format!("Opening {name}"), LineState::Later),
        ],
    }
}

fn hosted_message(
    colour: &str,
    title: &str,
    paragraphs: &[&str],
    way_on: Option<(String, String)>,
) -> hosted::Message {
    hosted::Message {
        brand: brand("Acme Notes", colour),
        title: title.into(),
        paragraphs: paragraphs.iter().map(|p| (*p).to_owned()).collect(),
        way_on,
        refresh: None,
    }
}

/// Every file that the samples link to, by its address.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let brands =
        ["#0f7a55", "#7c3aed", "#b4540a", "#2259c4"].map(|text| text.parse().unwrap_or(Colour::WHITE));
    let brand = |colour: Colour| {
        let name = format!("/assets/brand/{}.css", colour.to_string().trim_start_matches('#'));
        (name, crate::colour::style(colour).into_bytes())
    };
    crate::asset::all()
        .iter()
        .map(|asset| (crate::asset::href(asset.name), asset.bytes.to_vec()))
        .chain(brands.into_iter().map(brand))
        .collect()
}
