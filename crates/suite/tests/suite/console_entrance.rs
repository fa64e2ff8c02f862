//! Coming into the console, staying and leaving; forms that are not ours.

use super::browser::{Browser, EMAIL, PASSWORD, link_of, text, to};
use super::house::{Answer, House};
use axum::body::Body;
use console::ConsoleState;
use futures_util::StreamExt;
use http::Request;
use std::convert::Infallible;
use std::time::Duration;
use tower::ServiceExt;
use webkit::body::Bounds;

const HOUR: Duration = Duration::from_secs(3_600);

async fn sign_in(house: &House, browser: &mut Browser, email: &str, password: &str) -> Answer {
    browser.get(house, "/console/sign-in?next=/console/dev/settings").await;
    let fields = [("email", email), ("password", password), ("next", "/console/dev/settings")];
    browser.post(house, "/console/sign-in", &fields).await
}

#[tokio::test]
async fn a_link_sets_the_password_once_and_opens_a_session() {
    let house = House::new().await;
    let link = link_of(&house);
    let page = format!("/console/setup?link={link}");
    let mut first = Browser::default();
    for _ in 0..2 {
        assert!(text(&first.get(&house, &page).await).contains(EMAIL), "looking does not use it up");
    }
    let weak = first.post(&house, "/console/setup", &[("link", &link), ("password", "short")]).await;
    assert_eq!(weak.status, 400);
    assert!(text(&weak).contains("Use at least 12 characters."));
    let none = first.post(&house, "/console/setup", &[("link", &link)]).await;
    assert_eq!(none.status, 400, "a first password is required");

    let mut other = Browser::default();
    other.get(&house, &page).await;
    let set = first.post(&house, "/console/setup", &[("link", &link), ("password", PASSWORD)]).await;
    assert_eq!((set.status.as_u16(), to(&set)), (303, "/console"));
    assert_eq!(first.get(&house, "/console/dev").await.status, 200);
    let late = other.post(&house, "/console/setup", &[("link", &link), ("password", PASSWORD)]).await;
    assert_eq!(late.status, 410, "used up");
    assert_eq!(other.get(&house, "/console/dev").await.status, 303);
}

#[tokio::test]
async fn of_two_who_use_a_link_at_once_one_comes_in() {
    let house = House::new().await;
    let link = kernel::Secret::new(link_of(&house));
    let visit = app::operator::Visit { address: "192.0.2.7".parse().unwrap(), agent: "test".into() };
    let (one, two) = tokio::join!(
        app::operator::use_link(&house.app, &link, Some(PASSWORD), &visit),
        app::operator::use_link(&house.app, &link, Some("another horse battery"), &visit),
    );
    assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(), 1);
}

#[tokio::test]
async fn a_link_ends_after_a_day_and_when_a_newer_one_is_given() {
    let house = House::new().await;
    let old = format!("/console/setup?link={}", link_of(&house));
    let fresh = app::operator::fresh_link(&house.app.db, house.app.rng.as_ref(), None).await.unwrap();
    let mut browser = Browser::default();
    assert_eq!(browser.get(&house, &old).await.status, 410);
    assert_eq!(browser.get(&house, &fresh.link.path()).await.status, 200);
    house.clock.advance(24 * HOUR);
    assert_eq!(browser.get(&house, &fresh.link.path()).await.status, 410);
}

#[tokio::test]
async fn a_password_leads_back_to_where_one_wanted_to_go() {
    let house = House::new().await;
    Browser::signed_in(&house).await;
    let mut browser = Browser::default();
    let away = browser.get(&house, "/console/dev/runs?state=incident").await;
    assert_eq!(to(&away), "/console/sign-in?next=%2Fconsole%2Fdev%2Fruns%3Fstate%3Dincident");
    let back = sign_in(&house, &mut browser, " Owner@ACME.test ", PASSWORD).await;
    assert_eq!((back.status.as_u16(), to(&back)), (303, "/console/dev/settings"));
    let cookie = back.headers["set-cookie"].to_str().unwrap();
    for flag in ["__Host-thrivestack=", "Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=2592000"] {
        assert!(cookie.contains(flag), "{flag} in {cookie}");
    }
}

#[tokio::test]
async fn a_final_slash_leads_to_the_page_without() {
    let house = House::new().await;
    let mut browser = Browser::default();
    for (typed, page) in [
        ("/console/", "/console"),
        ("/console/dev/runs/?state=incident", "/console/dev/runs?state=incident"),
        ("/console/nowhere//", "/console/nowhere"),
    ] {
        let answer = browser.get(&house, typed).await;
        assert_eq!((answer.status.as_u16(), to(&answer)), (308, page), "{typed}");
    }
    assert_eq!(browser.get(&house, "/console/no/such/room/at/all").await.status, 404);
}

#[tokio::test]
async fn nothing_outside_of_the_console_is_come_back_to() {
    let house = House::new().await;
    Browser::signed_in(&house).await;
    for next in [
        "https://evil.test/",
        "//evil.test",
        "/console/..//evil.test",
        "/console\\@evil.test",
        "/consolex",
        "",
    ] {
        let mut browser = Browser::default();
        browser.get(&house, "/console/sign-in").await;
        let fields = [("email", EMAIL), ("password", PASSWORD), ("next", next)];
        let answer = browser.post(&house, "/console/sign-in", &fields).await;
        assert_eq!((answer.status.as_u16(), to(&answer)), (303, "/console"), "{next}");
    }
}

/// A page without what is different each time that it is asked for.
fn without_nonces(page: &str) -> String {
    let mut parts = page.split("nonce=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |page, part| page + part.split_once('"').map_or(part, |(_, rest)| rest))
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_not_told_apart() {
    let house = House::new().await;
    Browser::signed_in(&house).await;
    let mut answers = Vec::new();
    for (email, password) in
        [(EMAIL, "wrong horse battery"), ("nobody@acme.test", PASSWORD), ("no address", "x")]
    {
        let answer = sign_in(&house, &mut Browser::default(), email, password).await;
        assert_eq!(answer.status, 401);
        let page = without_nonces(&text(&answer).replace(email, "EMAIL"));
        let (before, after) = page.split_once("name=\"csrf\" value=\"").unwrap();
        answers.push(format!("{before}{}", after.split_once('"').unwrap().1));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[1], answers[2]);
    assert!(answers[0].contains("The address or the password is wrong."));
}

#[tokio::test]
async fn guessing_slows_down_and_says_for_how_long() {
    let house = House::new().await;
    Browser::signed_in(&house).await;
    let mut guesser = Browser::default();
    for n in 1..=5 {
        let answer = sign_in(&house, &mut guesser, EMAIL, "wrong horse battery").await;
        assert_eq!(answer.status, 401, "the guess {n} is free");
    }
    let right_but_late = sign_in(&house, &mut guesser, EMAIL, PASSWORD).await;
    assert_eq!(right_but_late.status, 429);
    assert!(text(&right_but_late).contains("Try again in 15 s"), "{}", text(&right_but_late));
    let other = sign_in(&house, &mut guesser, "nobody@acme.test", PASSWORD).await;
    assert_eq!(other.status, 401, "another account may still be tried");
    house.clock.advance(Duration::from_secs(15));
    assert_eq!(sign_in(&house, &mut guesser, EMAIL, PASSWORD).await.status, 303);
    let again = sign_in(&house, &mut Browser::default(), EMAIL, "wrong horse battery").await;
    assert_eq!(again.status, 401, "a right password forgets the failures of its account");
}

#[tokio::test]
async fn one_address_guesses_at_many_accounts_for_a_while_only() {
    let house = House::new().await;
    let mut guesser = Browser::default();
    let mut statuses = Vec::new();
    Browser::signed_in(&house).await;
    for n in 0..22 {
        statuses.push(sign_in(&house, &mut guesser, &format!("u{n}@acme.test"), "x").await.status.as_u16());
    }
    assert_eq!(statuses[..20], [401; 20]);
    assert_eq!(statuses[20..], [429; 2]);
}

#[tokio::test]
async fn a_session_ends_by_rest_by_age_and_by_leaving() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    for _ in 0..59 {
        house.clock.advance(12 * HOUR - Duration::from_secs(60));
        assert_eq!(browser.get(&house, "/console/dev").await.status, 200, "used often enough");
    }
    house.clock.advance(12 * HOUR);
    assert_eq!(browser.get(&house, "/console/dev").await.status, 303, "thirty days are over");

    assert_eq!(sign_in(&house, &mut browser, EMAIL, PASSWORD).await.status, 303);
    house.clock.advance(12 * HOUR);
    assert_eq!(browser.get(&house, "/console/dev").await.status, 303, "unused for twelve hours");

    sign_in(&house, &mut browser, EMAIL, PASSWORD).await;
    browser.get(&house, "/console/dev").await;
    let kept = browser.cookies.clone();
    assert_eq!(browser.post(&house, "/console/sign-out", &[]).await.status, 303);
    assert!(!browser.cookies.contains_key("__Host-thrivestack"));
    browser.cookies = kept;
    assert_eq!(browser.get(&house, "/console/dev").await.status, 303, "the server forgot it too");
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_and_a_new_password_the_others() {
    let house = House::new().await;
    let mut one = Browser::signed_in(&house).await;
    let mut two = Browser::default();
    sign_in(&house, &mut two, EMAIL, PASSWORD).await;
    let sessions = text(&two.get(&house, "/console/account").await);
    assert!(sessions.contains("2 sessions") && sessions.contains("this one"));

    let fresh = app::operator::fresh_link(&house.app.db, house.app.rng.as_ref(), Some(EMAIL)).await.unwrap();
    let mut three = Browser::default();
    three.get(&house, &fresh.link.path()).await;
    let fields = [("link", fresh.link.token.expose().as_str()), ("password", "another horse battery")];
    assert_eq!(three.post(&house, "/console/setup", &fields).await.status, 303);
    assert_eq!(one.get(&house, "/console/dev").await.status, 303, "a new password ends the others");
    assert_eq!(sign_in(&house, &mut one, EMAIL, PASSWORD).await.status, 401);

    assert_eq!(sign_in(&house, &mut two, EMAIL, "another horse battery").await.status, 303);
    two.get(&house, "/console/dev").await;
    two.post(&house, "/console/sign-out-everywhere", &[]).await;
    for browser in [&mut two, &mut three] {
        assert_eq!(browser.get(&house, "/console/dev").await.status, 303);
    }
}

#[tokio::test]
async fn a_form_needs_its_token_and_a_page_of_ours_that_sends_it() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let path = "/console/dev/settings/rotate";
    let token = browser.csrf.clone();
    let stolen = Browser::signed_in_elsewhere(&house).await;
    for wrong in [vec![], vec![("csrf", "")], vec![("csrf", "x")], vec![("csrf", stolen.as_str())]] {
        assert_eq!(browser.post_bare(&house, path, &wrong).await.status, 403, "{wrong:?}");
    }
    for (name, value, status) in [
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("sec-fetch-site", "same-origin", 303),
        ("origin", "https://evil.test", 403),
        ("origin", "null", 403),
        ("origin", "https://hosted.test", 303),
    ] {
        browser.headers = vec![(name, value.to_owned())];
        let answer = browser.post_bare(&house, path, &[("csrf", &token)]).await;
        assert_eq!(answer.status, status, "{name}: {value}");
    }
}

impl Browser {
    /// The token of another session of the same operator.
    async fn signed_in_elsewhere(house: &House) -> String {
        let mut other = Self::default();
        sign_in(house, &mut other, EMAIL, PASSWORD).await;
        other.get(house, "/console/dev").await;
        other.csrf
    }
}

#[tokio::test]
async fn without_a_session_every_room_leads_to_sign_in_and_no_form_is_taken() {
    let house = House::new().await;
    let run = "3e0ad9e1-7d07-4998-9551-a224f5c300df";
    let rooms = [
        "",
        "/dev",
        "/prod",
        "/dev/runs",
        "/dev/waitlist",
        "/dev/waitlist/admit",
        "/dev/search",
        "/dev/settings",
        "/dev/settings/rotate",
        "/account",
    ];
    let rooms = rooms.iter().map(|room| format!("/console{room}"));
    let runs =
        ["", "/retry", "/skip", "/cancel", "/admit"].map(|act| format!("/console/dev/runs/{run}{act}"));
    for path in rooms.chain(runs) {
        let answer = Browser::default().get(&house, &path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(to(&answer).starts_with("/console/sign-in?next="), "{path}");
    }
    let forms =
        ["/dev/try", "/dev/waitlist/admit", "/dev/settings", "/dev/settings/enable", "/dev/settings/rotate"];
    let forms = forms.into_iter().chain(["/sign-out", "/sign-out-everywhere"]);
    for path in forms.map(|form| format!("/console{form}")).chain([format!("/console/dev/runs/{run}/cancel")])
    {
        let answer = Browser::default().post_bare(&house, &path, &[("csrf", "x")]).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(to(&answer).starts_with("/console/sign-in"), "{path}");
    }
}

/// A connection is worth more than a form that comes a byte a minute.
#[tokio::test]
async fn a_form_that_does_not_arrive_is_answered_408_in_words() {
    let house = House::new().await;
    let bounds = Bounds { bytes_max: 8, time_max: Duration::from_millis(50) };
    let router = console::operator_router(ConsoleState::new(house.app.clone()).with_form(bounds));
    let begun = || futures_util::stream::iter([Ok::<_, Infallible>("email=a")]);
    let never = Body::from_stream(begun().chain(futures_util::stream::pending()));
    let broken = Body::from_stream(begun().map(|_| Err::<&str, _>("it broke off")));
    for (body, status, words) in [
        (never, 408, "It took too long on its way"),
        (broken, 400, "It broke off on its way"),
        (Body::from("email=a%40b.test"), 400, "The form is too large"),
    ] {
        let request = Request::post("/console/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", "__Host-thrivestack-visit=x");
        let response = router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{words}");
        let page = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        assert!(String::from_utf8_lossy(&page).contains(words), "{page:?}");
    }
}
