//! The rooms: Home, Runs, Settings; and what all pages keep to.

use super::browser::{Browser, text, to};
use super::house::{House, Options};
use super::part::header;
use axum::body::Body;
use http::Request;
use serde_json::json;
use std::time::Duration;

fn form(over: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let mut fields = vec![
        ("version", "1"),
        ("product_name", "Acme Notes"),
        ("colour", "#0f7a55"),
        ("time_zone", "Europe/Berlin"),
        ("webhook_url", "https://app.acme.test/webhook"),
        ("onboarding_url", "https://app.acme.test/onboarding"),
        ("success_url", "https://app.acme.test/home"),
        ("waitlist_limit", ""),
        ("plan_id", "free"),
        ("plan_name", "Free Trial"),
        ("role_id", "admin"),
        ("role_name", "Admin"),
    ];
    for (name, value) in over {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

/// One creates an account, two colleagues join it: three signups that are one account, and Home says why.
#[tokio::test]
async fn home_tells_who_created_an_account_from_who_joined_one() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let event = |user: &str, name: &str| json!({"user_id": user, "event_name": name, "properties": {}, "context": {"group_id": "acme"}});
    let mut told = vec![event("founder", "account_created")];
    for user in ["founder", "second", "third"] {
        told.extend([event(user, "signed_up"), event(user, "account_added_user")]);
    }
    assert_eq!(house.post("/api/track", &json!(told)).await.status, 200);
    house.digest().await;
    let page = text(&browser.get(&house, "/console/dev").await);
    assert!(page.contains("1 created an account, 2 joined one"), "{page}");
    assert!(page.contains("3 signups in 28 days and 1 account created, 2 joined one"), "{page}");
    let row = page.split_once("<td><time").unwrap().1.split_once("</tr>").unwrap().0;
    assert!(row.ends_with(">3</td><td class=\"r\">1</td><td class=\"r\">2</td>"), "{row}");
    let other = text(&browser.get(&house, "/console/prod").await);
    assert!(!other.contains("joined one"), "{other}");
}

const SETTINGS: &str = "/console/dev/settings";

#[tokio::test]
async fn settings_are_saved_and_the_next_run_reads_them() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let saved = browser
        .post(&house, SETTINGS, &form(&[("product_name", "Acme <Notes>"), ("waitlist_limit", "0")]))
        .await;
    assert_eq!((saved.status.as_u16(), to(&saved)), (303, "/console/dev/settings?done=saved"));
    let page = text(&browser.get(&house, SETTINGS).await);
    assert!(page.contains("Acme &#60;Notes&#62;") && !page.contains("Acme <Notes>"), "escaped");
    let (run, _) = house.trigger("ada").await;
    house.settle().await;
    assert_eq!(house.state(&run).await, ("waiting".into(), Some("waitlist".into())));
}

#[tokio::test]
async fn what_another_process_saves_is_seen_within_a_second() {
    let house = House::new().await;
    let env = house.env();
    let before = app::setting::current(&house.app, env).await.unwrap();
    let change = store::setting::Change {
        version: 1,
        at: house.app.db.now(),
        by: house.actor().id,
        endpoint_moved: false,
    };
    let theirs = model::setting::Settings::new("Another name");
    let save = move |tx: &mut sql::Tx<'_>| store::setting::save(tx, env, &theirs, change);
    house.app.db.write(store::setting::lock(env), save).await.unwrap();
    house.clock.advance(Duration::from_millis(999));
    let kept = app::setting::current(&house.app, env).await.unwrap();
    assert_eq!(kept.settings, before.settings, "from the cache: no statement is sent");
    house.clock.advance(Duration::from_millis(1));
    assert_eq!(app::setting::current(&house.app, env).await.unwrap().settings.product_name, "Another name");
}

#[tokio::test]
async fn wrong_fields_are_named_and_nothing_typed_is_lost() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let wrong = form(&[("colour", "#ffe680"), ("time_zone", "Berlin"), ("product_name", "Typed name")]);
    let answer = browser.post(&house, SETTINGS, &wrong).await;
    assert_eq!(answer.status, 400);
    let page = text(&answer);
    for kept in [
        "Typed name",
        "#ffe680",
        "too pale",
        "Berlin",
        "Europe/Berlin",
        "2 fields need a change",
        "aria-invalid",
    ] {
        assert!(page.to_lowercase().contains(&kept.to_lowercase()), "{kept}");
    }
    let plain =
        browser.post(&house, "/console/prod/settings", &form(&[("webhook_url", "http://a.test/x")])).await;
    assert!(text(&plain).contains("Production needs https://"), "{}", plain.status);
}

#[tokio::test]
async fn who_saves_second_sees_what_the_first_saved_and_keeps_their_own() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    assert_eq!(browser.post(&house, SETTINGS, &form(&[("product_name", "First")])).await.status, 303);
    let late = browser.post(&house, SETTINGS, &form(&[("product_name", "Second")])).await;
    assert_eq!(late.status, 409);
    let page = text(&late);
    assert!(page.contains("value=\"Second\"") && page.contains("Saved meanwhile: <b>First</b>"), "{page}");
    assert!(page.contains("name=\"version\" value=\"2\""), "saving again replaces theirs knowingly");
    let again = browser.post(&house, SETTINGS, &form(&[("product_name", "Second"), ("version", "2")])).await;
    assert_eq!(again.status, 303);
}

#[tokio::test]
async fn a_secret_hides_until_it_is_asked_for_and_both_sign_after_a_rotation() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let hidden = text(&browser.get(&house, SETTINGS).await);
    assert!(!hidden.contains("whsec_C") && hidden.contains("whsec_••••"));
    let env = house.env();
    let old = app::setting::current(&house.app, env).await.unwrap().secrets[0].secret.clone();
    assert!(!hidden.contains(old.expose()));
    assert!(text(&browser.get(&house, "/console/dev/settings?secret=shown").await).contains(old.expose()));

    let asked = text(&browser.get(&house, "/console/dev/settings/rotate").await);
    assert!(asked.contains("For 24 hours every webhook carries both signatures"));
    assert_eq!(browser.post(&house, "/console/dev/settings/rotate", &[]).await.status, 303);
    let both = app::setting::current(&house.app, env).await.unwrap().secrets.clone();
    assert_eq!(both.len(), 2);
    assert_ne!(both[0].secret, old);
    assert_eq!(both[1].secret, old);
    house.waiting("ada").await;
    let sent = house.net.requests();
    let signature = header(&sent[0], "webhook-signature");
    assert_eq!(signature.split(' ').count(), 2, "{signature}");
    house.clock.advance(Duration::from_secs(24 * 3_600));
    assert_eq!(app::setting::current(&house.app, env).await.unwrap().secrets.len(), 1);
}

#[tokio::test]
async fn a_webhook_that_is_gone_is_shown_and_enabled_again() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    house.net.answer_with(|_| Ok(outbound::recorded::answer(410, "gone")));
    let (run, _) = house.trigger("ada").await;
    house.settle().await;
    assert_eq!(house.state(&run).await.0, "incident");
    let page = text(&browser.get(&house, SETTINGS).await);
    assert!(page.contains("The webhook is disabled"));
    assert_eq!(browser.post(&house, "/console/dev/settings/enable", &[]).await.status, 303);
    assert!(!text(&browser.get(&house, SETTINGS).await).contains("The webhook is disabled"));
}

#[tokio::test]
async fn home_begins_with_a_snippet_then_plays_a_signup_and_counts_it() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let empty = text(&browser.get(&house, "/console/dev").await);
    assert!(empty.contains("Nobody has signed up in Development yet") && empty.contains("curl -X POST"));
    assert!(empty.contains(&house.start.workflows.prosumer.to_string()), "the snippet works when pasted");

    let wrong = browser.post(&house, "/console/dev/try", &[("email", "nobody"), ("user_id", "u-1")]).await;
    assert_eq!(wrong.status, 400);
    assert!(text(&wrong).contains("Not an e-mail address."));
    let tried =
        browser.post(&house, "/console/dev/try", &[("email", "a@acme.com"), ("user_id", "u-1")]).await;
    let page = text(&tried);
    assert_eq!(tried.status, 200, "a redirect would be held back by form-action");
    assert!(page.contains("http-equiv=\"refresh\"") && page.contains("https://hosted.test/"), "{page}");
    house.settle().await;
    let counted = text(&browser.get(&house, "/console/dev").await);
    assert!(!counted.contains("Nobody has signed up") && counted.contains("for an acknowledgement"));

    let production =
        browser.post(&house, "/console/prod/try", &[("email", "a@b.test"), ("user_id", "u")]).await;
    assert_eq!(production.status, 403);
    assert!(!text(&browser.get(&house, "/console/prod").await).contains("Try a signup"));
}

#[tokio::test]
async fn home_says_what_is_missing_and_where_to_set_it() {
    let house = House::with(Options { without_urls: true, ..Options::default() }).await;
    let mut browser = Browser::signed_in(&house).await;
    let page = text(&browser.get(&house, "/console/dev").await);
    for item in
        ["Webhook URL", "Onboarding URL", "/console/dev/settings#webhook", "/console/dev/settings#redirects"]
    {
        assert!(page.contains(item), "{item}");
    }
}

#[tokio::test]
async fn runs_are_listed_searched_and_opened_in_their_environment_alone() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    assert!(text(&browser.get(&house, "/console/dev/runs").await).contains("No run in Development yet"));
    let (run, _) = house.waiting("ada").await;
    let body = serde_json::json!({"user_id": "<script>alert(1)</script>", "email_id": "eve@acme.com", "workflow_id": house.start.workflows.prosumer});
    assert_eq!(house.post("/trigger", &body).await.status, 200);

    let list = text(&browser.get(&house, "/console/dev/runs").await);
    assert!(list.contains("ada@acme.com") && list.contains("Waiting for acknowledgement"));
    assert!(!list.contains("<script>alert"), "foreign text is escaped");
    let found = text(&browser.get(&house, "/console/dev/runs?q=ADA").await);
    assert!(found.contains("Rows 1–1 of 1"), "{found}");
    let far = text(&browser.get(&house, "/console/dev/runs?q=ADA&from=18446744073709551615").await);
    assert!(far.contains("Rows 1–1 of 1"), "no more rows stand before a page than there are: {far}");
    assert!(text(&browser.get(&house, "/console/dev/runs?q=zuse").await).contains("Nothing matches"));
    assert!(text(&browser.get(&house, "/console/dev/runs?state=incident").await).contains("Nothing matches"));

    let page = text(&browser.get(&house, &format!("/console/dev/runs/{run}")).await);
    for part in
        ["Tenant provisioned", "webhook-id:", "tenant_provisioning_data", "Send again", "Skip", "Cancel"]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("whsec_") && page.contains("webhook-signature:</i> •••"), "secrets are hidden");
    let elsewhere = browser.get(&house, &format!("/console/prod/runs/{run}")).await;
    assert_eq!(elsewhere.status, 404);
    assert!(text(&elsewhere).contains("There is no such run here"));

    browser.headers = vec![("hx-request", "true".into())];
    let partial = text(&browser.get(&house, &format!("/console/dev/runs/{run}")).await);
    assert!(
        !partial.contains("<html") && partial.contains("Tenant provisioned"),
        "htmx gets the block alone"
    );
    let rows = text(&browser.get(&house, "/console/dev/runs?q=ada").await);
    assert!(!rows.contains("<html") && rows.contains("Rows 1–1 of 1"), "{rows}");
    let none = text(&browser.get(&house, "/console/dev/runs?q=zuse").await);
    assert!(!none.contains("<html") && none.contains("Nothing matches"), "{none}");
}

/// Four kilobytes of an answer become a hundred times as much when they are deep and indented.
#[tokio::test]
async fn what_an_endpoint_answers_takes_a_bounded_part_of_the_page() {
    let mut house = House::new().await;
    let deep = format!("{}{}1{}", "[".repeat(100), "1,".repeat(1_900), "]".repeat(100));
    house.net.answer_with(move |_| Ok(outbound::recorded::answer(200, deep.clone())));
    let (run, _) = house.waiting("ada").await;
    let mut browser = Browser::signed_in(&house).await;
    let page = text(&browser.get(&house, &format!("/console/dev/runs/{run}")).await);
    assert!(page.contains("1,\n") && page.contains('…'), "the beginning is drawn");
    assert!(page.len() < 60_000, "{} bytes", page.len());
}

#[tokio::test]
async fn an_act_says_what_will_happen_and_then_does_it() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let (run, link) = house.waiting("ada").await;
    let page = format!("/console/dev/runs/{run}");
    let asked = text(&browser.get(&house, &format!("{page}/cancel")).await);
    assert!(
        asked.contains("ada@acme.com will not get a workspace")
            && asked.contains("No further webhook is sent")
    );
    assert_eq!(house.state(&run).await.0, "waiting", "asking does nothing");
    for typed in ["", "grace@acme.com"] {
        let again = browser.post(&house, &format!("{page}/cancel"), &[("typed", typed)]).await;
        assert_eq!(again.status, 400, "{typed}");
        assert!(text(&again).contains(&format!("value=\"{typed}\"")), "{typed} kept");
    }
    assert_eq!(house.state(&run).await.0, "waiting", "nothing was done");
    let sure = [("typed", "ada@acme.com")];
    let done = browser.post(&house, &format!("{page}/cancel"), &sure).await;
    assert_eq!((done.status.as_u16(), to(&done)), (303, page.as_str()));
    assert_eq!(house.state(&run).await.0, "cancelled");
    let ended = text(&house.browse(&link).await);
    assert!(ended.contains("This signup has ended"), "{ended}");
    assert!(!ended.contains("http-equiv"), "nothing follows, so nothing is waited for: {ended}");
    let again = browser.post(&house, &format!("{page}/cancel"), &[]).await;
    assert_eq!(again.status, 409);
    assert!(text(&again).contains("The run has moved on"));
    assert_eq!(browser.get(&house, &format!("{page}/explode")).await.status, 404);

    let (skipped, _) = house.waiting("grace").await;
    browser.post(&house, &format!("/console/dev/runs/{skipped}/skip"), &[]).await;
    house.settle().await;
    let page = text(&browser.get(&house, &format!("/console/dev/runs/{skipped}")).await);
    assert!(page.contains("Welcome to Acme Notes") && page.contains("Lead"), "lead and mail are shown");
}

#[tokio::test]
async fn the_hosted_page_is_the_builders_and_tells_the_script_where_to_go() {
    let mut house = House::with(Options { waitlist_limit: Some(0), ..Options::default() }).await;
    let (run, link) = house.trigger("ada").await;
    let page = house.browse(&link).await;
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'none'") && !policy.contains("http"), "{policy}");
    let html = text(&page);
    for part in [
        "You are on the list",
        "Acme Notes",
        "/assets/brand/0f7a55.css",
        "http-equiv=\"refresh\" content=\"20\"",
        "data-again=\"5\" data-later=\"20\"",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert!(html.contains(&run[..8]), "what to mention to support");
    app::run::admit(&house.app, &house.actor(), house.env(), run.parse().unwrap()).await.unwrap();
    house.settle().await;
    house.ack(&run, Some("t-1")).await;
    let mut script = Browser { headers: vec![("x-partial", "progress".into())], ..Browser::default() };
    let target = &link[url::Position::BeforePath..];
    let answer = script.get(&house, target).await;
    assert_eq!(answer.status, 200);
    let next = answer.headers["x-continue"].to_str().unwrap();
    assert!(next.starts_with("https://app.acme.test/onboarding"), "{next}");
}

/// All of them are data: a line that has no text would be an empty one.
#[tokio::test]
async fn the_progress_of_a_signup_is_told_in_the_texts() {
    let mut house = House::new().await;
    house.set(house.env(), |settings| settings.support_address = Some("help@acme.test".into())).await;
    let (run, link) = house.waiting("ada").await;
    let page = text(&house.browse(&link).await);
    for words in [
        "Your details arrived",
        "Your place is reserved",
        "Your plan is chosen",
        "<span class=\"sr\">: done</span>",
        "Creating ",
        "Opening Acme Notes",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("<span></span>"), "{page}");
    let footer = format!(
        "<footer>Something wrong? Write to <a class=\"link\" href=\"mailto:help@acme.test\">help@acme.test</a> and mention {}.</footer>",
        &run[..8]
    );
    assert!(page.contains(&footer), "{page}");
    house.set(house.env(), |settings| settings.support_address = None).await;
    let page = text(&house.browse(&link).await);
    assert!(page.contains(&format!("<footer>Reference {}</footer>", &run[..8])), "{page}");
}

#[tokio::test]
async fn paths_that_are_no_page_answer_in_json_and_unknown_links_in_a_page() {
    let house = House::new().await;
    let mut browser = Browser::default();
    let json = browser.get(&house, "/a/b/c/continue/x").await;
    assert_eq!((json.status.as_u16(), json.json()["code"].as_str()), (404, Some("NOT_FOUND")));
    let id = "3e0ad9e1-7d07-4998-9551-a224f5c300df";
    let page = browser.get(&house, &format!("/{id}/{id}/{id}/continue/nothing")).await;
    assert_eq!(page.status, 404);
    let named = format!("<footer>Reference {}</footer>", page.headers["x-request-id"].to_str().unwrap());
    let page = text(&page);
    assert!(page.contains("This link leads nowhere") && page.contains(&named), "{page}");
    assert!(!page.contains("http-equiv=\"refresh\""), "it will not lead anywhere later: {page}");
    assert_eq!(browser.get(&house, "/assets/none.css").await.json()["code"], "NOT_FOUND");
}

#[tokio::test]
async fn a_mistyped_address_is_a_page_for_a_browser_and_json_for_a_program() {
    let house = House::new().await;
    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let ask = async |method: &str, path: &str, accept: &str| {
        let request = Request::builder().method(method).uri(path).header("accept", accept);
        house.send(request.body(Body::empty()).unwrap()).await
    };
    for path in ["/consle", "/api/nothing", "/a/b/c/continue/x", "/a/b/c/continue"] {
        let page = ask("GET", path, BROWSER).await;
        assert!(page.status == 404 && text(&page).contains("There is no such page"), "{path}: {page:?}");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
        assert!(text(&page).contains(&format!("nonce=\"{nonce}\"")), "{path}: {page:?}");
        for (method, accept) in [("GET", "*/*"), ("GET", "application/json"), ("POST", BROWSER)] {
            let json = ask(method, path, accept).await;
            assert_eq!((json.status.as_u16(), json.json()["code"].as_str()), (404, Some("NOT_FOUND")));
        }
    }
    let run = format!("/api/runs/{}", "3e0ad9e1-7d07-4998-9551-a224f5c300df");
    assert_eq!(ask("GET", &run, BROWSER).await.json()["status"], 401, "a call that is served keeps its form");
}

#[tokio::test]
async fn every_template_is_rendered_with_its_samples_and_keeps_the_policies() {
    let files = console::sample::files();
    let samples = console::sample::all().unwrap();
    assert!(samples.len() >= 25);
    for sample in samples {
        let (name, html) = (sample.name, sample.html);
        assert!(html.starts_with("<!doctype html>"), "{name}");
        for blocked in [" style=", "<style", "onclick=", "onload=", "javascript:", "hx-on", "<script>"] {
            assert!(!html.contains(blocked), "{name} has {blocked}, which the policy blocks");
        }
        for link in html.split("\"/assets/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(
                files.iter().any(|(path, _)| *path == format!("/assets/{link}")),
                "{name}: /assets/{link}"
            );
        }
        let lower = html.to_lowercase();
        assert_eq!(lower.matches("<h1").count(), 1, "{name} answers one question");
        assert!(html.len() < 150_000, "{name} is {} bytes", html.len());
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_pages_never() {
    let house = House::new().await;
    let mut browser = Browser::default();
    for (path, bytes) in console::sample::files() {
        let answer = browser.get(&house, &path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.body.as_ref(), bytes, "{path}");
        let kept = answer.headers["cache-control"].to_str().unwrap();
        assert!(kept.contains("immutable"), "{path}: {kept}");
        if let Some(tag) = answer.headers.get("etag") {
            browser.headers = vec![("if-none-match", tag.to_str().unwrap().to_owned())];
            assert_eq!(browser.get(&house, &path).await.status, 304, "{path}");
            browser.headers.clear();
        }
    }
    let mut operator = Browser::signed_in(&house).await;
    let page = operator.get(&house, "/console/dev").await;
    assert_eq!(page.headers["cache-control"], "no-store");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'nonce-") && !policy.contains("unsafe"), "{policy}");
}
