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
    let elsewhere = text(&browser.get(&house, &PREVIEW.replace("/dev/", "/prod/")).await);
    assert!(!elsewhere.contains("Soon"), "{elsewhere}");
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
    assert!(page.contains("There is no {{ name }}") && page.contains("value=\"Kept\""), "{page}");
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
    assert!(!text(&browser.get(&house, PREVIEW).await).contains("Typed"));
}
