use outbound::smtp::{Letter, Party, Security, Server, ServerFault, Smtp, SmtpFault, Step};
use testkit::mail_server::{MailServer, ROOT, Tls};

fn letter() -> Letter {
    Letter {
        message_id: "0197.1@acme.test".into(),
        written_at: "2026-11-21T11:06:22Z".parse().unwrap(),
        from: Party { name: "Acme Notes".into(), address: "hello@acme.test".into() },
        reply_to: Some("help@acme.test".into()),
        to: "ada@example.test".into(),
        subject: "Welcome".into(),
        text: "Hello,\n.\n.dots begin lines\nThe Acme team\n".into(),
        html: Some("<p>Hello</p>".into()),
        picture: None,
    }
}

fn smtp(url: &str) -> Smtp {
    Smtp::new(url.parse().unwrap(), None).unwrap()
}

/// The plain address of a server, with user and password.
fn plain(server: &MailServer) -> Smtp {
    smtp(&format!("smtp://{}", server.address))
}

async fn refused(smtp: Smtp) -> SmtpFault {
    smtp.send(&letter()).await.unwrap_err()
}

#[tokio::test]
async fn a_letter_arrives_as_it_was_written() {
    let server = MailServer::start(Tls::None).await.unwrap();
    let said = plain(&server).send(&letter()).await.unwrap();
    assert_eq!(said.answer, "250 2.0.0 Ok: queued as 4F1");
    let taken = server.taken().remove(0);
    assert_eq!(
        (taken.from.as_str(), taken.to.as_slice()),
        ("hello@acme.test", ["ada@example.test".to_owned()].as_slice())
    );
    for (name, value) in [
        ("Message-ID", "<0197.1@acme.test>"),
        ("From", "\"Acme Notes\" <hello@acme.test>"),
        ("Reply-To", "help@acme.test"),
        ("To", "ada@example.test"),
        ("Subject", "Welcome"),
        ("Date", "Sat, 21 Nov 2026 11:06:22 +0000"),
        ("MIME-Version", "1.0"),
        ("Auto-Submitted", "auto-generated"),
    ] {
        assert_eq!(taken.header(name), [value], "{}", taken.message);
    }
    assert!(taken.header("Content-Type")[0].starts_with("multipart/alternative"), "{}", taken.message);
    assert!(taken.message.contains("\r\n.dots begin lines\r\n"), "dots are stuffed: {}", taken.message);
    let (text, html) = (taken.message.find("Hello,").unwrap(), taken.message.find("<p>Hello</p>").unwrap());
    assert!(text < html, "the plainest part comes first (RFC 2046, 5.1.4)");
    // What a file keeps is what was sent; the last line end belongs to the conversation.
    let file = String::from_utf8(letter().to_bytes().unwrap()).unwrap();
    assert_eq!(file.trim_end(), taken.message.trim_end());
}

#[tokio::test]
async fn a_look_finds_a_server_that_takes_us_and_leaves_no_letter() {
    let server = MailServer::start(Tls::None).await.unwrap();
    plain(&server).look().await.unwrap();
    assert!(server.taken().is_empty());
    let nobody = smtp("smtp://127.0.0.1:1?tls=none").look().await.unwrap_err();
    assert!(matches!(nobody, SmtpFault::Connect { .. }), "{nobody:?}");
}

#[test]
fn the_same_letter_has_the_same_bytes_and_each_is_ascii() {
    let foreign = Letter { subject: "Grüße aus Köln ✓".into(), text: "für Ähre\n".into(), ..letter() };
    let bytes = foreign.to_bytes().unwrap();
    assert_eq!(bytes, foreign.to_bytes().unwrap());
    assert!(bytes.is_ascii());
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("Subject: =?utf-8?b?"), "RFC 2047: {text}");
    assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains('\n')), "{text}");
}

#[test]
fn no_field_can_add_a_header() {
    let evil = "x\r\nBcc: all@example.test\r\n\r\nbody";
    let letter = Letter {
        subject: evil.into(),
        message_id: format!("1{evil}@a.test"),
        from: Party { name: evil.into(), ..letter().from },
        ..letter()
    };
    let text = String::from_utf8(letter.to_bytes().unwrap()).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap();
    assert!(!head.contains("\r\nBcc:"), "{head}");
    for bad in ["a@b.test\r\nRCPT TO:<c@d.test>", "a@b.test>, <c@d.test", "", "nobody"] {
        assert!(Letter { to: bad.into(), ..letter.clone() }.to_bytes().is_err(), "{bad:?}");
    }
}

#[tokio::test]
async fn credentials_are_sent_where_the_server_asks() {
    let server = MailServer::start(Tls::None).await.unwrap();
    let signed = || smtp(&format!("smtp://us%40er:p%3Ass@{}", server.address));
    assert!(matches!(refused(signed()).await, SmtpFault::NoSignIn));
    server.ask_for_sign_in();
    signed().send(&letter()).await.unwrap();
    // base64 of NUL us@er NUL p:ss
    assert_eq!(server.taken()[0].signed_in.as_deref(), Some("PLAIN AHVzQGVyAHA6c3M="));
    server.answer("EHLO", "250-mail.test\r\n250 AUTH LOGIN");
    server.answer("AUTH", "334 VXNlcm5hbWU6");
    signed().send(&letter()).await.unwrap();
    assert_eq!(server.taken()[1].signed_in.as_deref(), Some("LOGIN dXNAZXI= cDpzcw=="));

    server.answer("AUTH", "535 5.7.8 Username and Password not accepted");
    let fault = refused(signed()).await;
    assert_eq!(
        fault.to_string(),
        "the server refused the sign-in: 535 5.7.8 Username and Password not accepted"
    );
    assert!(!fault.is_final(), "another password may be all that is missing");
    assert!(!format!("{fault:?}{:?}", signed().server()).contains("p:ss"));
}

#[tokio::test]
async fn tls_is_spoken_before_anything_is_said_or_nothing_is() {
    let server = MailServer::start(Tls::Start).await.unwrap();
    server.ask_for_sign_in();
    let url = format!("smtp://u:p@localhost:{}?tls=required", server.address.port());
    let trusting = Smtp::new(url.parse().unwrap(), Some(ROOT)).unwrap();
    trusting.send(&letter()).await.unwrap();
    assert!(server.taken()[0].encrypted);
    let fault = refused(smtp(&url)).await;
    assert!(matches!(fault, SmtpFault::Tls { .. }), "an unknown root: {fault:?}");

    let implicit = MailServer::start(Tls::Implicit).await.unwrap();
    let url = format!("smtps://localhost:{}", implicit.address.port());
    Smtp::new(url.parse().unwrap(), Some(ROOT)).unwrap().send(&letter()).await.unwrap();
    assert!(implicit.taken()[0].encrypted);
    let fault = refused(smtp(&url)).await;
    assert!(matches!(fault, SmtpFault::Tls { .. }), "an unknown root: {fault:?}");
    assert!(kernel::chain(&fault).contains("certificate"), "{}", kernel::chain(&fault));

    let plain = MailServer::start(Tls::None).await.unwrap();
    let url = format!("smtp://localhost:{}?tls=required", plain.address.port());
    assert!(matches!(refused(smtp(&url)).await, SmtpFault::NoStartTls));
    assert!(plain.taken().is_empty());
}

#[tokio::test]
async fn each_step_says_what_the_server_said_and_whether_it_is_final() {
    for (verb, answer, step, is_final) in [
        ("CONNECT", "554 5.3.2 No service", Step::Greeting, false),
        ("MAIL", "451 4.3.0 Later", Step::Sender, false),
        ("MAIL", "553 5.7.1 Sender address rejected", Step::Sender, true),
        ("RCPT", "451 4.7.1 Greylisted", Step::Recipient, false),
        ("RCPT", "550 5.1.1 No such user", Step::Recipient, true),
        ("DATA", "421 4.3.0 Closing", Step::Content, false),
        (".", "452 4.3.1 Disk full", Step::Content, false),
        (".", "554-5.7.1 Spam\r\n554 5.7.1 Go away", Step::Content, true),
    ] {
        let server = MailServer::start(Tls::None).await.unwrap();
        server.answer(verb, answer);
        match refused(plain(&server)).await {
            SmtpFault::Answer { step: at, code, words } => {
                assert_eq!((at, code.to_string().as_str()), (step, &answer[..3]), "{verb}: {words}");
                assert!(words.contains(&answer[4..9]), "{words}");
            }
            other => panic!("{verb} {answer}: {other:?}"),
        }
        server.answer(verb, answer);
        assert_eq!(refused(plain(&server)).await.is_final(), is_final, "{verb} {answer}");
        assert!(server.taken().is_empty());
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_hangs_up_is_told_apart() {
    let server = MailServer::start(Tls::None).await.unwrap();
    server.answer(".", "");
    let fault = refused(plain(&server)).await;
    assert!(matches!(fault, SmtpFault::Broken { step: Step::Content, .. }), "{fault:?}");
    server.answer("CONNECT", "");
    let fault = refused(plain(&server)).await;
    assert!(matches!(fault, SmtpFault::Broken { step: Step::Greeting, .. }), "{fault:?}");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let fault = refused(smtp(&format!("smtp://{nobody}"))).await;
    assert!(matches!(fault, SmtpFault::Connect { .. }), "{fault:?}");
    assert!(kernel::chain(&fault).contains("refused"), "{}", kernel::chain(&fault));
    let fault = refused(smtp("smtps://no-such-host.invalid")).await;
    assert!(matches!(fault, SmtpFault::Resolve { .. }), "{fault:?}");
}

#[test]
fn an_address_says_how_a_server_is_spoken_to() {
    let read = |url: &str| url.parse::<Server>().map(|s| (s.name(), s.security));
    for (url, name, security) in [
        ("smtps://mail.example.com", "mail.example.com:465", Security::Implicit),
        ("smtp://u:p@Mail.Example.com", "mail.example.com:587", Security::StartTls),
        ("smtp://10.0.0.9:2525", "10.0.0.9:2525", Security::StartTls),
        ("smtp://localhost:1025", "localhost:1025", Security::Plain),
        ("smtp://[::1]", "[::1]:25", Security::Plain),
        ("smtp://127.0.0.1:25?tls=required", "127.0.0.1:25", Security::StartTls),
    ] {
        assert_eq!(read(url), Ok((name.to_owned(), security)), "{url}");
    }
    for (url, fault) in [
        ("mail.example.com", ServerFault::Form),
        ("https://mail.example.com", ServerFault::Form),
        ("smtp://mail.example.com/inbox", ServerFault::Form),
        ("smtp://mail.example.com?tls=none", ServerFault::Plain),
        ("smtp://mail.example.com?verify=no", ServerFault::Query),
        ("smtp://:secret@mail.example.com", ServerFault::User),
        ("smtp://u:%0d%0a@mail.example.com", ServerFault::Encoding),
    ] {
        assert_eq!(read(url), Err(fault), "{url}");
    }
    assert!(matches!(
        Smtp::new("smtps://a.test".parse().unwrap(), Some(b"no PEM")),
        Err(ServerFault::Root(_))
    ));
}
