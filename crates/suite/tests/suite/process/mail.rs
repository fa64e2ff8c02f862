//! What `serve` logs of mails.

use crate::suite::binary::{Backend, Installation, Lines, ready};
use crate::suite::receiver::Receiver;
use testkit::mail_server::{MailServer, Tls};

/// Servers repeat the address in their answers: a log holds no addresses of people.
#[tokio::test]
async fn a_refused_mail_is_logged_without_the_servers_words() {
    let receiver = Receiver::start().await;
    let house = Installation::of(&receiver).await;
    let mail = MailServer::start(Tls::None).await.unwrap();
    mail.answer("RCPT", "550 5.1.1 <ada@acme.com>: no such mailbox");
    let mut serve = house.serve_command();
    serve.env("THRIVESTACK_SMTP_URL", format!("smtp://{}?tls=none", mail.address));
    serve.env("THRIVESTACK_MAIL_FROM", "hello@acme.test");
    let (mut serving, url) = Lines::until(serve, ready).await;
    let backend = Backend::new(url, house.printed());
    let (run, _) = backend.trigger("ada").await;
    backend.run_until(&run, "ack").await;
    assert_eq!(backend.ack(&run, "tenant-1").await.status, 200);
    serving.says("did not take a mail").await;
    assert_eq!(serving.terminate().await.code(), Some(0));
    let told = serving.text();
    assert!(told.contains("the server refused the recipient: 550"), "{told}");
    assert!(!told.contains("ada@acme.com") && !told.contains("no such mailbox"), "{told}");
}
