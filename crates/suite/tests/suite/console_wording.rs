//! The words of hosted pages: written in Settings, previewed, met by whoever signs up.

use super::browser::{Browser, text, to};
use super::house::{House, Options};

const WORDS: &str = "/console/dev/settings/words";
const PREVIEW: &str = "/console/dev/settings/words/preview";

/// The version that the form carries.
async fn version(house: &House, browser: &mut Browser) -> String {
    let page = text(&browser.get(house, WORDS).await);
    let (_, after) = page.split_once("name=\"version\" value=\"").unwrap();
    after.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn words_that_are_saved_are_what_end_users_read() {
    let house = House::with(Options { waitlist_limit: Some(0), ..Options::default() }).await;
    let mut browser = Browser::signed_in(&house).await;
    let version = version(&house, &mut browser).await;
    let title = "Soon, <b>soon</b> at {{ product }}";
    let form = [("version", version.as_str()), ("waitlist_title", title), ("nonsense", "{{ x }}")];
    let saved = browser.post(&house, WORDS, &form).await;
    assert_eq!((saved.status.as_u16(), to(&saved)), (303, format!("{WORDS}?done=saved").as_str()));

    let (_, link) = house.trigger("ada").await;
    let page = text(&house.browse(&link).await);
    assert!(page.contains("Soon, &#60;b&#62;soon&#60;/b&#62; at Acme Notes"), "{page}");
    assert!(page.contains("Thank you for signing up for Acme Notes"), "what is empty is built in: {page}");

    // Another form of the same document leaves them alone.
    house.set(house.env(), |settings| "Bright Notes".clone_into(&mut settings.product_name)).await;
    assert!(text(&house.browse(&link).await).contains("soon&#60;/b&#62; at Bright Notes"));
    let stale = browser.post(&house, WORDS, &form).await;
    assert_eq!(stale.status.as_u16(), 409);
    assert!(text(&stale).contains("somebody else was faster") && text(&stale).contains("Soon, "));
    assert!(!text(&stale).contains("Saved meanwhile"), "their words are these");
    let elsewhere = text(&browser.get(&house, &PREVIEW.replace("/dev/", "/prod/")).await);
    assert!(!elsewhere.contains("Soon"), "{elsewhere}");
}

#[tokio::test]
async fn the_words_that_somebody_else_saved_meanwhile_stand_below_those_that_are_typed() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let version = version(&house, &mut browser).await;
    let version = ("version", version.as_str());
    let theirs = [version, ("progress_title", "Their <title>"), ("progress_lead", "One\r\nTwo")];
    assert_eq!(browser.post(&house, WORDS, &theirs).await.status.as_u16(), 303);
    let mine = [
        version,
        ("progress_title", "My title"),
        ("progress_lead", " One\r\nTwo "),
        ("waitlist_title", "Mine alone"),
    ];
    let stale = browser.post(&house, WORDS, &mine).await;
    let page = text(&stale);
    assert_eq!(stale.status.as_u16(), 409);
    assert!(page.contains("value=\"My title\"") && page.contains("value=\"Mine alone\""), "{page}");
    assert!(page.contains("Saved meanwhile: <b>Their &#60;title&#62;</b>"), "{page}");
    assert!(page.contains("Saved meanwhile: <b>(the built-in text)</b>"), "they wrote none: {page}");
    assert_eq!(page.matches("Saved meanwhile").count(), 2, "the same text, whatever ends its lines: {page}");
}

#[tokio::test]
async fn an_unknown_variable_is_refused_at_its_field_and_nothing_is_lost() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let version = version(&house, &mut browser).await;
    let form =
        [("version", version.as_str()), ("progress_title", "Kept"), ("waitlist_text", "Hi {{ name }}")];
    let refused = browser.post(&house, WORDS, &form).await;
    let page = text(&refused);
    assert_eq!(refused.status.as_u16(), 400);
    assert!(
        page.contains("There is no {{ name }} here: write {{ product }} or {{ account }}.")
            && page.contains("value=\"Kept\""),
        "{page}"
    );
    assert!(!text(&browser.get(&house, WORDS).await).contains("value=\"Kept\""), "nothing was saved");
}

#[tokio::test]
async fn the_preview_is_the_page_itself_and_saves_nothing() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    browser.get(&house, WORDS).await;
    for (page, name) in [
        ("progress", "progress_title"),
        ("waitlist", "waitlist_title"),
        ("trouble", "trouble_title"),
        ("ended", "ended_title"),
        ("sign_in", "sign_in_title"),
    ] {
        let form = [("page", page), (name, "Typed at {{ product }}"), ("progress_lead", "{{ bad }}")];
        let answer = browser.post(&house, PREVIEW, &form).await;
        let drawn = text(&answer);
        assert!(answer.status.as_u16() == 200 && drawn.contains("<h1>Typed at Acme Notes</h1>"), "{drawn}");
        assert!(!drawn.contains("refresh") && !drawn.contains("<script"), "it looks for no news: {drawn}");
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'self'") && !policy.contains("unsafe"), "{policy}");
    }
    let lines = [("page", "progress"), ("progress_arrived", "Here you are"), ("progress_done", "check")];
    let drawn = text(&browser.post(&house, PREVIEW, &lines).await);
    assert!(drawn.contains("Here you are") && drawn.contains(": check<"), "{drawn}");
    assert!(!text(&browser.get(&house, PREVIEW).await).contains("Typed"));
}

#[tokio::test]
async fn the_words_of_the_mail_are_seen_in_the_mail_before_they_are_saved() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    house.set(house.env(), |settings| settings.support_address = Some("help@acme.test".into())).await;
    let form = [
        ("page", "mail"),
        ("mail_subject", "Hello {{ account }}"),
        ("mail_title", "<b>Hi</b>"),
        ("mail_text", "You have {{ plan }}.\n\nSee\nyou"),
        ("mail_button", "Start {{ product }}"),
        ("mail_support", "Ask {{ support }} anything."),
        ("mail_sign_off", "{{ bad }}"),
    ];
    let answer = browser.post(&house, PREVIEW, &form).await;
    let page = text(&answer);
    for words in [
        "Subject: <b>Hello Acme Rockets</b>",
        "&lt;b&gt;Hi&lt;",
        "You have Free Trial.\n</td>",
        "See<br>you",
        "Start Acme Notes</a>",
        "Ask <a ",
        "help@acme.test</a> anything.",
        "The Acme Notes team",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("sandbox") && policy.contains("frame-ancestors 'self'"), "{policy}");
    assert!(!text(&browser.get(&house, &format!("{PREVIEW}?page=mail")).await).contains("Start Acme Notes"));
}

#[tokio::test]
async fn a_subject_that_is_too_long_is_refused_at_its_field() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let version = version(&house, &mut browser).await;
    let long = "x".repeat(151);
    for (name, value, words) in [
        ("mail_subject", long.as_str(), "Use at most 150 characters, these are 151."),
        ("mail_text", "{{ password }}", "write {{ product }}, {{ account }} or {{ plan }}."),
    ] {
        let refused = browser.post(&house, WORDS, &[("version", version.as_str()), (name, value)]).await;
        assert_eq!(refused.status.as_u16(), 400);
        assert!(text(&refused).contains(words) && text(&refused).contains(value), "{}", text(&refused));
    }
}
