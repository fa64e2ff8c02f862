//! Mails leave by SMTP: sent, tried again, refused, kept; and what operators see of it.

use super::browser::{Browser, text, to};
use super::house::{Answer, House, Options};
use std::time::Duration;
use testkit::mail_server::{MailServer, Tls};

const MAILS: &str = "/console/dev/mails";
const WORKFLOWS: &str = "/console/dev/workflows";
const SETTINGS: &str = "/console/dev/settings";
const TEST_MAIL: &str = "/console/dev/settings/test-mail";

/// A house beside a mail server of its own.
pub async fn with_server(options: Options) -> (House, MailServer) {
    let server = MailServer::start(Tls::None).await.unwrap();
    let smtp_url = Some(format!("smtp://{}", server.address));
    (House::with(Options { smtp_url, ..options }).await, server)
}

/// A run with its welcome mail, whose first attempt was made.
pub async fn welcome(house: &mut House, user: &str) {
    let (run, _) = house.waiting(user).await;
    house.ack(&run, None).await;
    house.settle().await;
}

/// Days in which the operator stays signed in. How many jobs ran.
async fn days(house: &mut House, browser: &mut Browser, days: u32) -> usize {
    let mut ran = 0;
    for _ in 0..days * 4 {
        ran += house.pass(Duration::from_secs(6 * 3_600)).await;
        browser.get(house, MAILS).await;
    }
    ran
}

/// The page of the only mail.
async fn only_mail(house: &House, browser: &mut Browser) -> (String, String) {
    let list = text(&browser.get(house, MAILS).await);
    let (_, after) = list.split_once(&format!("href=\"{MAILS}/")).expect("a mail");
    let path = format!("{MAILS}/{}", after.split('"').next().unwrap());
    let page = text(&browser.get(house, &path).await);
    (path, page)
}

fn has(answer: &Answer, status: u16, words: &str) {
    let page = text(answer);
    assert!(
        answer.status.as_u16() == status && page.contains(words),
        "{} without {words:?}: {page}",
        answer.status
    );
}

#[tokio::test]
async fn a_welcome_mail_is_sent_and_its_page_tells_how() {
    let (mut house, server) = with_server(Options::default()).await;
    house.set(house.env(), |settings| "Größe & Söhne".clone_into(&mut settings.product_name)).await;
    house.set(house.env(), |settings| settings.support_address = Some("help@acme.test".into())).await;
    let mut browser = Browser::signed_in(&house).await;
    assert!(!text(&browser.get(&house, "/console/dev").await).contains("Mails stay inside"));
    welcome(&mut house, "ada").await;

    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    let mail = &taken[0];
    assert_eq!((mail.from.as_str(), mail.to[0].as_str()), ("hello@acme.test", "ada@acme.com"));
    assert!(mail.header("Subject")[0].contains("=?utf-8?"), "{}", mail.message);
    assert_eq!(mail.header("Reply-To"), ["help@acme.test"]);
    assert!(mail.message.is_ascii());

    let (path, page) = only_mail(&house, &mut browser).await;
    for words in ["Sent", "250 2.0.0 Ok: queued as 4F1", "Größe &#38; Söhne", "Send again", "127.0.0.1"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let file = browser.get(&house, &format!("{path}/message.eml")).await;
    assert_eq!(file.headers["content-type"], "message/rfc822");
    assert_eq!(text(&file).trim_end(), mail.message.trim_end(), "the file is what was sent");

    let framed = browser.get(&house, &format!("{path}/html")).await;
    let policy = framed.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{policy}");
    assert_eq!(framed.headers["x-frame-options"], "SAMEORIGIN");
    has(&framed, 200, "Welcome to Größe &amp; Söhne");
    for part in ["", "/html", "/message.eml"] {
        let elsewhere = format!("{path}{part}").replace("/dev/", "/prod/");
        assert_eq!(browser.get(&house, &elsewhere).await.status.as_u16(), 404, "{elsewhere}");
    }
}

#[tokio::test]
async fn a_mail_that_is_not_taken_for_now_is_tried_again_under_the_same_id() {
    let (mut house, server) = with_server(Options::default()).await;
    let mut browser = Browser::signed_in(&house).await;
    server.answer("RCPT", "451 4.7.1 Greylisted");
    // The second time the mail is taken and the answer is lost: a process that dies there knows as little.
    server.answer(".", "");
    welcome(&mut house, "ada").await;
    let (_, page) = only_mail(&house, &mut browser).await;
    assert!(page.contains("Tried again later") && page.contains("451 4.7.1 Greylisted"), "{page}");
    assert!(server.taken().is_empty());
    assert_eq!(house.pass(Duration::from_secs(30)).await, 0, "not before its time");
    house.pass(Duration::from_secs(60)).await;
    house.pass(Duration::from_secs(400)).await;
    let ids: Vec<_> = server.taken().iter().map(|mail| mail.header("Message-ID")).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    let bytes: Vec<_> = server.taken().into_iter().map(|mail| mail.message).collect();
    assert_eq!(bytes[0], bytes[1]);
    let (_, page) = only_mail(&house, &mut browser).await;
    assert!(page.contains("250 2.0.0 Ok") && page.contains("broke off"), "{page}");
}

#[tokio::test]
async fn attempts_end_with_the_schedule_and_an_operator_may_begin_again() {
    let (mut house, server) = with_server(Options::default()).await;
    let mut browser = Browser::signed_in(&house).await;
    for _ in 0..8 {
        server.answer("MAIL", "451 4.3.0 Come back");
    }
    welcome(&mut house, "ada").await;
    days(&mut house, &mut browser, 4).await;
    let (path, page) = only_mail(&house, &mut browser).await;
    assert!(page.contains("Given up") && page.matches("451 4.3.0 Come back").count() == 8, "{page}");
    let answer = browser.post(&house, &format!("{path}/send"), &[]).await;
    assert_eq!((answer.status.as_u16(), to(&answer)), (303, format!("{path}?done=sent").as_str()));
    let asks = format!("id=\"sending\" hx-get=\"{path}\"");
    has(&browser.get(&house, to(&answer)).await, 200, &asks);
    house.settle().await;
    assert_eq!(server.taken().len(), 1);
    let (_, page) = only_mail(&house, &mut browser).await;
    assert!(page.contains("Sent") && !page.contains(&asks), "what is over asks no more: {page}");
}

#[tokio::test]
async fn what_the_server_refuses_for_good_is_not_tried_again() {
    let (mut house, server) = with_server(Options::default()).await;
    let mut browser = Browser::signed_in(&house).await;
    server.answer("RCPT", "550 5.1.1 No such user here");
    welcome(&mut house, "ada").await;
    let (path, page) = only_mail(&house, &mut browser).await;
    assert!(page.contains("Rejected") && page.contains("550 5.1.1 No such user here"), "{page}");
    assert_eq!(days(&mut house, &mut browser, 2).await, 0);
    has(&browser.get(&house, &format!("{MAILS}?state=undelivered")).await, 200, "Rows 1–1 of 1");
    has(&browser.get(&house, &format!("{MAILS}?state=sent")).await, 200, "Nothing matches");
    assert_eq!(browser.get(&house, &format!("{MAILS}?state=nonsense")).await.status.as_u16(), 400);

    browser.post(&house, &format!("{path}/send"), &[]).await;
    house.settle().await;
    browser.post(&house, &format!("{path}/send"), &[]).await;
    house.settle().await;
    let ids: Vec<_> = server.taken().iter().map(|mail| mail.header("Message-ID")).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "a copy that was asked for is no duplicate: {ids:?}");
    has(&browser.get(&house, &format!("{MAILS}?state=sent")).await, 200, "Rows 1–1 of 1");
}

#[tokio::test]
async fn a_job_that_runs_twice_sends_one_mail_twice_at_worst() {
    let (mut house, server) = with_server(Options { jobs_twice: true, ..Options::default() }).await;
    let mut browser = Browser::signed_in(&house).await;
    welcome(&mut house, "ada").await;
    let ids: Vec<_> = server.taken().iter().map(|mail| mail.header("Message-ID")).collect();
    assert!((1..=2).contains(&ids.len()) && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert!(only_mail(&house, &mut browser).await.1.contains("Sent"));
    assert_eq!(days(&mut house, &mut browser, 2).await, 0, "nothing is left over");
}

#[tokio::test]
async fn what_was_kept_leaves_only_when_an_operator_sends_it() {
    let (mut house, server) = with_server(Options::default()).await;
    let mut browser = Browser::signed_in(&house).await;
    house.set(house.env(), |settings| settings.mail.keep = true).await;
    welcome(&mut house, "ada").await;
    for page in ["/console/dev", WORKFLOWS] {
        has(&browser.get(&house, page).await, 200, "this environment keeps them");
    }
    let (path, page) = only_mail(&house, &mut browser).await;
    assert!(page.contains("Kept inside") && !page.contains("Send it"), "{page}");
    has(&browser.post(&house, &format!("{path}/send"), &[]).await, 409, "this environment keeps its mails");

    house.set(house.env(), |settings| settings.mail.keep = false).await;
    has(&browser.get(&house, WORKFLOWS).await, 200, "handed to your mail server");
    days(&mut house, &mut browser, 2).await;
    assert!(server.taken().is_empty(), "a change of settings sends nothing that was written before it");
    browser.post(&house, &format!("{path}/send"), &[]).await;
    // Until it is sent, the environment may be told to keep its mails after all.
    house.set(house.env(), |settings| settings.mail.keep = true).await;
    house.settle().await;
    assert!(server.taken().is_empty() && only_mail(&house, &mut browser).await.1.contains("Kept inside"));
    house.set(house.env(), |settings| settings.mail.keep = false).await;
    browser.post(&house, &format!("{path}/send"), &[]).await;
    house.settle().await;
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test]
async fn without_a_server_mails_stay_inside_and_every_page_says_so() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    welcome(&mut house, "ada").await;
    for page in ["/console/dev", MAILS, WORKFLOWS] {
        has(&browser.get(&house, page).await, 200, "no mail server is connected");
    }
    has(&browser.get(&house, SETTINGS).await, 200, "THRIVESTACK_SMTP_URL");
    let (path, page) = only_mail(&house, &mut browser).await;
    assert!(page.contains("Kept inside") && !page.contains("Send it"), "{page}");
    has(&browser.get(&house, &format!("{path}/message.eml")).await, 200, "Message-ID: <");
    has(&browser.post(&house, &format!("{path}/send"), &[]).await, 409, "no mail server is connected");
    has(
        &browser.post(&house, TEST_MAIL, &[("mail_test_to", "a@b.test")]).await,
        409,
        "No test mail was sent",
    );
}

#[tokio::test]
async fn a_test_mail_says_what_came_of_it_and_loses_nothing_typed() {
    let (house, server) = with_server(Options::default()).await;
    let mut browser = Browser::signed_in(&house).await;
    has(&browser.get(&house, SETTINGS).await, 200, "value=\"owner@acme.test\"");
    let typed =
        [("mail_test_to", "me@acme.test"), ("mail_from", "new@acme.test"), ("product_name", "Unsaved")];
    let answer = browser.post(&house, TEST_MAIL, &typed).await;
    has(&answer, 200, "Sent a test mail to me@acme.test");
    has(&answer, 200, "value=\"Unsaved\"");
    assert_eq!(
        (server.taken()[0].from.as_str(), server.taken()[0].to[0].as_str()),
        ("new@acme.test", "me@acme.test")
    );
    has(&browser.get(&house, SETTINGS).await, 200, "value=\"Acme Notes\"");

    server.answer("RCPT", "550 5.1.1 Unknown");
    has(
        &browser.post(&house, TEST_MAIL, &typed).await,
        502,
        "The server refused the recipient: 550 5.1.1 Unknown",
    );
    for (name, value) in [("mail_test_to", "nobody"), ("mail_from", "a@b.test\r\nBcc: c@d.test")] {
        let form = [("mail_test_to", "me@acme.test"), (name, value)];
        let form: Vec<_> = form.into_iter().filter(|(key, of)| *key != name || *of == value).collect();
        has(&browser.post(&house, TEST_MAIL, &form).await, 400, "Write one e-mail address");
    }
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test]
async fn a_server_that_cannot_be_used_is_named_by_its_reason() {
    let server = MailServer::start(Tls::Implicit).await.unwrap();
    let signing_in = MailServer::start(Tls::None).await.unwrap();
    signing_in.ask_for_sign_in();
    signing_in.answer("AUTH", "535 5.7.8 Bad credentials");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, words) in [
        (format!("smtp://{nobody}"), "takes no connection"),
        (format!("smtps://{}", server.address), "certificate"),
        (format!("smtp://u:secret@{}", signing_in.address), "refused the sign-in: 535 5.7.8 Bad credentials"),
        (format!("smtp://localhost:{}?tls=required", signing_in.address.port()), "no STARTTLS"),
    ] {
        let house = House::with(Options { smtp_url: Some(url.clone()), ..Options::default() }).await;
        let mut browser = Browser::signed_in(&house).await;
        let answer = browser.post(&house, TEST_MAIL, &[("mail_test_to", "me@acme.test")]).await;
        has(&answer, 502, words);
        assert!(!text(&answer).contains("secret@"), "{url}");
    }
}
