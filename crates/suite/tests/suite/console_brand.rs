//! The builder's brand: the logo is uploaded, refused, served and removed; name and colour are seen before they are saved.

use super::browser::{Browser, text, to};
use super::house::{Answer, House};
use axum::body::Body;
use http::{Method, Request};

const LOGO: &str = "/console/dev/settings/logo";
const FILE: &[u8] = include_bytes!("../fixture/logo.png");

/// A form with a file, as browsers send it.
fn multipart(csrf: &str, name: &str, media_type: &str, file: &[u8]) -> Vec<u8> {
    let head = format!(
        "--b0\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--b0\r\nContent-Disposition: form-data; \
         name=\"page\"\r\n\r\nwaitlist\r\n--b0\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: {media_type}\r\n\r\n"
    );
    [head.as_bytes(), file, b"\r\n--b0--\r\n"].concat()
}

async fn upload(house: &House, browser: &mut Browser, path: &str, file: &[u8]) -> Answer {
    browser.get(house, LOGO).await;
    let body = multipart(&browser.csrf, "logo.png", "image/png", file);
    send(house, browser, path, body).await
}

async fn send(house: &House, browser: &mut Browser, path: &str, body: Vec<u8>) -> Answer {
    let request =
        browser.request(Method::POST, path).header("content-type", "multipart/form-data; boundary=b0");
    browser.send(house, request.body(Body::from(body)).unwrap()).await
}

/// The first address of a logo in a page.
fn logo_in(page: &str) -> Option<String> {
    let (_, after) = page.split_once("src=\"/assets/logo/")?;
    Some(format!("/assets/logo/{}", after.split('"').next()?))
}

async fn fetch(house: &House, path: &str) -> Answer {
    house.send(Request::builder().uri(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_logo_that_is_uploaded_is_what_end_users_see() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let saved = upload(&house, &mut browser, LOGO, FILE).await;
    assert_eq!((saved.status.as_u16(), to(&saved)), (303, format!("{LOGO}?done=saved").as_str()));

    let (_, link) = house.waiting("ada").await;
    let hosted = text(&house.browse(&link).await);
    let address = logo_in(&hosted).expect("a logo");
    assert!(hosted.contains("alt=\"Acme Notes\"") && hosted.contains("height=\"36\""), "{hosted}");
    let served = fetch(&house, &address).await;
    assert_eq!((served.status.as_u16(), served.body.as_ref()), (200, FILE));
    for (header, value) in [
        ("content-type", "image/png"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
    ] {
        assert_eq!(served.headers[header], value, "{header}");
    }
    for page in [LOGO, "/console/dev", "/console/dev/settings", "/console/dev/settings/words/preview"] {
        assert_eq!(logo_in(&text(&browser.get(&house, page).await)).as_ref(), Some(&address), "{page}");
    }

    // Production has none, under no address.
    assert_eq!(logo_in(&text(&browser.get(&house, "/console/prod/settings/logo").await)), None);
    let (environment, production) =
        (house.start.environments.development, house.start.environments.production);
    let elsewhere = address.replace(&environment.to_string(), &production.to_string());
    assert_eq!(fetch(&house, &elsewhere).await.status.as_u16(), 404);

    let removed = browser.post(&house, &format!("{LOGO}/remove"), &[]).await;
    let (back, hash) = to(&removed).split_once("&logo=").expect("what was removed");
    assert_eq!((removed.status.as_u16(), back), (303, format!("{LOGO}?done=removed").as_str()));
    assert_eq!(logo_in(&text(&house.browse(&link).await)), None);
    assert_eq!(fetch(&house, &address).await.status.as_u16(), 404, "what was removed is nobody's any more");

    // It can be undone, in its own environment.
    let page = text(&browser.get(&house, to(&removed)).await);
    assert!(page.contains("Undo") && page.contains(&format!("name=\"logo\" value=\"{hash}\"")), "{page}");
    let elsewhere = "/console/prod/settings/logo/restore";
    assert_eq!(browser.post(&house, elsewhere, &[("logo", hash)]).await.status.as_u16(), 404);
    let restored = browser.post(&house, &format!("{LOGO}/restore"), &[("logo", hash)]).await;
    assert_eq!((restored.status.as_u16(), to(&restored)), (303, format!("{LOGO}?done=restored").as_str()));
    assert_eq!(logo_in(&text(&house.browse(&link).await)).as_ref(), Some(&address));
    assert!(!text(&browser.get(&house, to(&removed)).await).contains("Undo"), "nothing is removed now");
}

#[tokio::test]
async fn undo_brings_no_logo_back_in_the_place_of_a_newer_one() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    upload(&house, &mut browser, LOGO, FILE).await;
    let removed = browser.post(&house, &format!("{LOGO}/remove"), &[]).await;
    let (_, hash) = to(&removed).split_once("&logo=").expect("what was removed");
    let newer = [FILE, b"newer"].concat();
    assert_eq!(upload(&house, &mut browser, LOGO, &newer).await.status.as_u16(), 303);
    let shown = logo_in(&text(&browser.get(&house, LOGO).await)).expect("the newer one");
    assert!(!shown.contains(hash), "{shown}");

    let undone = browser.post(&house, &format!("{LOGO}/restore"), &[("logo", hash)]).await;
    let page = text(&undone);
    assert!(undone.status.as_u16() == 409 && page.contains("another logo was chosen meanwhile"), "{page}");
    assert_eq!(logo_in(&page).as_ref(), Some(&shown), "on the page that says so");
    assert_eq!(fetch(&house, &shown).await.body.as_ref(), newer, "and for everybody");
}

#[tokio::test]
async fn the_other_forms_of_settings_leave_the_logo_alone_and_it_leaves_them() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let before = app::setting::current(&house.app, house.env()).await.unwrap();
    upload(&house, &mut browser, LOGO, FILE).await;
    let after = app::setting::current(&house.app, house.env()).await.unwrap();
    assert_eq!(before.version, after.version, "a form that is open is not outdated by it");
    house.set(house.env(), |settings| "Bright Notes".clone_into(&mut settings.product_name)).await;
    let page = text(&browser.get(&house, LOGO).await);
    assert!(logo_in(&page).is_some() && page.contains("alt=\"Bright Notes\""), "{page}");
}

#[tokio::test]
async fn a_file_that_cannot_be_a_logo_is_refused_by_its_content() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let large = [FILE, &vec![0; 1_000_000]].concat();
    let script = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    for (file, status, words) in [
        (b"".as_slice(), 400, "Choose a file first."),
        (script, 400, "export the logo as PNG"),
        (b"<!doctype html><script>alert(1)</script>", 400, "by its content, this is none of them"),
        (&FILE[..20], 400, "breaks off or is damaged"),
        (&large[..1_000_000], 413, "smaller than 1 MB"),
        (&large, 413, "smaller than 1 MB"),
        (&[FILE, &vec![0; 3_000_000]].concat(), 413, "smaller than 1 MB"),
    ] {
        let answer = upload(&house, &mut browser, LOGO, file).await;
        let page = text(&answer);
        assert!(
            answer.status.as_u16() == status && page.contains(words),
            "{words}: {} {page}",
            answer.status
        );
    }
    assert_eq!(logo_in(&text(&browser.get(&house, LOGO).await)), None, "nothing was saved");
}

#[tokio::test]
async fn a_file_counts_only_with_the_token_of_the_session() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    for path in [LOGO.to_owned(), format!("{LOGO}/preview")] {
        let forged = send(&house, &mut browser, &path, multipart("", "logo.png", "image/png", FILE)).await;
        assert_eq!(forged.status.as_u16(), 403, "{path}");
        let mut nobody = Browser::default();
        let refused = send(&house, &mut nobody, &path, multipart("", "logo.png", "image/png", FILE)).await;
        assert_eq!(refused.status.as_u16(), 303, "{path}");
    }
    browser.headers.push(("sec-fetch-site", "cross-site".into()));
    assert_eq!(upload(&house, &mut browser, LOGO, FILE).await.status.as_u16(), 403);
    browser.headers.clear();
    assert_eq!(logo_in(&text(&browser.get(&house, LOGO).await)), None);
}

#[tokio::test]
async fn a_logo_is_seen_on_the_page_before_it_is_saved() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let seen = upload(&house, &mut browser, &format!("{LOGO}/preview"), FILE).await;
    let page = text(&seen);
    assert!(
        page.contains("src=\"data:image/png;base64,iVBOR") && page.contains("You are on the list"),
        "{page}"
    );
    let policy = seen.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("img-src 'self' data:") && policy.contains("frame-ancestors 'self'"), "{policy}");
    let bad = text(&upload(&house, &mut browser, &format!("{LOGO}/preview"), b"GIF").await);
    assert!(bad.contains("This file cannot be the logo"), "{bad}");
    assert_eq!(logo_in(&text(&browser.get(&house, LOGO).await)), None, "nothing was saved");
}

#[tokio::test]
async fn name_and_colour_are_seen_on_the_page_before_they_are_saved() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let preview = "/console/dev/settings/preview";
    let typed = [
        ("product_name", "Bright <Notes>"),
        ("colour", "#7C3AED"),
        ("support_address", "help@bright.test"),
        ("page", "waitlist"),
    ];
    let page = text(&browser.post(&house, preview, &typed).await);
    for words in
        ["Bright &#60;Notes&#62;", "/assets/brand/7c3aed.css", "help@bright.test", "You are on the list"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    // What cannot be saved is not shown.
    let wrong = [("product_name", ""), ("colour", "#ffff00"), ("support_address", "nobody")];
    let page = text(&browser.post(&house, preview, &wrong).await);
    assert!(page.contains("Acme Notes") && page.contains("/assets/brand/0f7a55.css"), "{page}");
    assert!(text(&browser.get(&house, "/console/dev/settings").await).contains("value=\"#0f7a55\""));
}

#[tokio::test]
async fn the_form_says_what_becomes_of_a_colour() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    browser.headers.push(("hx-request", "true".into()));
    for (colour, words) in [
        ("%230f7a55", "Text on it is white. To be seen by everybody it becomes"),
        ("%231a1a1a", "on dark pages"),
        // The palest grey that text on white may have (4.54), and dark enough for shapes on dark pages.
        (
            "%23767676",
            "Text on it is white. To be seen by everybody it becomes #848484 for links on dark pages.",
        ),
        ("%23ffff00", "It cannot be saved so: too pale on white"),
        ("blue", "six hexadecimal digits"),
    ] {
        let said = text(&browser.get(&house, &format!("/console/dev/settings?colour={colour}")).await);
        assert!(said.contains(words) && !said.contains("<html"), "{colour}: {said}");
    }
}
