//! The welcome mail in the builder's words and with the builder's logo: by SMTP, as a file, in the console.

use super::browser::{Browser, text};
use super::house::{House, Options};
use super::mail::{welcome, with_server};
use std::time::Duration;

const MAILS: &str = "/console/dev/mails";
const FILE: &[u8] = include_bytes!("../fixture/logo.png");

async fn words(house: &House, words: &[(&str, &str)]) {
    let version = app::setting::current(&house.app, house.env()).await.unwrap().version;
    let words = words.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    app::setting::save_words(&house.app, &house.actor(), house.env(), &words, version).await.unwrap();
}

async fn logo(house: &House, file: &[u8]) {
    app::setting::save_logo(&house.app, &house.actor(), house.env(), file.to_vec()).await.unwrap();
}

/// The page of the latest mail.
async fn latest(house: &House, browser: &mut Browser) -> String {
    let list = text(&browser.get(house, MAILS).await);
    let (_, after) = list.split_once(&format!("href=\"{MAILS}/")).expect("a mail");
    format!("{MAILS}/{}", after.split('"').next().unwrap())
}

#[tokio::test]
async fn a_mail_carries_the_words_and_the_logo_wherever_it_is_read() {
    let (mut house, server) = with_server(Options::default()).await;
    let mut browser = Browser::signed_in(&house).await;
    words(
        &house,
        &[
            ("mail_subject", "{{ account }} is in"),
            ("mail_text", "First.\n\nThe plan is {{ plan }}."),
            ("mail_button", "Go"),
            ("mail_sign_off", "Bye"),
        ],
    )
    .await;
    logo(&house, FILE).await;
    welcome(&mut house, "ada").await;

    let taken = server.taken();
    let message = &taken[0].message;
    assert_eq!(taken[0].header("Subject"), ["acme.com is in"]);
    for part in [
        "multipart/alternative",
        "multipart/related",
        "Content-Type: image/png",
        "Content-Disposition: inline",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let (_, id) = message.split_once("Content-ID: <").expect("the picture has an id");
    let id = id.split('>').next().unwrap();
    assert!(message.contains("First.") && message.contains("The plan is Free Trial."), "{message}");
    assert!(message.contains("Go: https://"), "the text leads on too: {message}");

    let path = latest(&house, &mut browser).await;
    let file = text(&browser.get(&house, &format!("{path}/message.eml")).await);
    assert_eq!(file.trim_end(), message.trim_end(), "the file is what was sent");
    assert!(file.replace("=\r\n", "").contains(&format!("cid:{id}")), "{file}");
    let framed = text(&browser.get(&house, &format!("{path}/html")).await);
    assert!(framed.contains("src=\"data:image/png;base64,iVBOR") && framed.contains(">Go</a>"), "{framed}");
    assert!(!framed.contains("Subject:"), "that is the preview's alone: {framed}");
}

#[tokio::test]
async fn a_mail_keeps_the_logo_it_was_written_with() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    logo(&house, FILE).await;
    welcome(&mut house, "ada").await;
    let path = latest(&house, &mut browser).await;
    app::setting::remove_logo(&house.app, &house.actor(), house.env()).await.unwrap();
    assert!(text(&browser.get(&house, &format!("{path}/html")).await).contains("data:image/png"));
    // Ten later ones push its bytes out: what is left is the name.
    for n in 0..10_u8 {
        house.clock.advance(Duration::from_secs(1));
        logo(&house, &[FILE, &[n]].concat()).await;
    }
    let framed = text(&browser.get(&house, &format!("{path}/html")).await);
    assert!(!framed.contains("data:image/png") && framed.contains("alt=\"Acme Notes\""), "{framed}");
    assert!(text(&browser.get(&house, &format!("{path}/message.eml")).await).contains("Message-ID"));
}

#[tokio::test]
async fn a_logo_that_is_too_heavy_for_every_mail_stays_away_and_settings_say_so() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    logo(&house, &[FILE, &vec![0; 200_000]].concat()).await;
    let page = text(&browser.get(&house, "/console/dev/settings/logo").await);
    assert!(page.contains("Mails show the name instead") && page.contains("200 kB"), "{page}");
    welcome(&mut house, "ada").await;
    let path = latest(&house, &mut browser).await;
    let framed = text(&browser.get(&house, &format!("{path}/html")).await);
    assert!(!framed.contains("<img"), "{framed}");
}

sql::statements! {
    /// Stands for whatever makes the database fail.
    BREAK = "ALTER TABLE logo RENAME TO lost";
    MEND = "ALTER TABLE lost RENAME TO logo";
}

/// Nothing was said to the server, so nothing is said to be under way; what failed is tried again.
#[tokio::test]
async fn a_logo_that_cannot_be_read_leaves_no_attempt_without_an_end() {
    let (mut house, server) = with_server(Options::default()).await;
    let mut browser = Browser::signed_in(&house).await;
    logo(&house, FILE).await;
    let db = house.app.db.clone();
    let (run, _) = house.waiting("ada").await;
    db.write(sql::Locks::none(), |tx| tx.execute(&BREAK, sql::params![])).await.unwrap();
    house.ack(&run, None).await;
    house.settle().await;
    db.write(sql::Locks::none(), |tx| tx.execute(&MEND, sql::params![])).await.unwrap();
    let id = latest(&house, &mut browser).await.rsplit('/').next().unwrap().parse().unwrap();
    let kept = app::mail::get(&house.app, house.env(), id).await.unwrap().unwrap();
    assert_eq!(kept.attempts.len(), 0, "{:?}", kept.attempts);
    for _ in 0..8 {
        house.pass(Duration::from_secs(60)).await;
    }
    assert_eq!(server.taken().len(), 1);
}
