//! The official Standard Webhooks library for Node believes what the program sends.

use super::binary::Installation;
use super::node::{modules, node, run};
use super::receiver::{Received, Receiver, Reply};
use serde_json::json;
use std::path::Path;
use std::process::Output;

/// Reads one delivery as JSON from standard input; a signature that is not believed ends it with a failure.
const SCRIPT: &str = "
const { Webhook } = require('standardwebhooks');
const { secret, headers, body } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const payload = new Webhook(secret).verify(body, headers);
console.log(payload.eventType);
";

async fn verify(modules: &Path, secret: &str, delivery: &Received, body: &str) -> Output {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: serde_json::Map<_, _> =
        names.iter().map(|name| ((*name).to_owned(), delivery.header(name).into())).collect();
    let input = json!({"secret": secret, "headers": headers, "body": body});
    run(node(modules).args(["-e", SCRIPT]), &input).await
}

#[tokio::test]
async fn the_official_library_verifies_first_attempts_and_retries() {
    let Some(modules) = modules() else { return };
    let receiver = Receiver::start().await;
    receiver.script("ada@acme.com", [Reply::Status(500)]);
    let house = Installation::of(&receiver).await;
    let server = house.serve().await;
    let backend = house.backend(&server);
    backend.trigger("ada").await;
    let secret = backend.key("/webhook_secret");
    for delivery in receiver.deliveries("ada@acme.com", 2).await {
        let body = std::str::from_utf8(&delivery.body).unwrap();
        let believed = verify(&modules, &secret, &delivery, body).await;
        assert!(believed.status.success(), "{believed:?}");
        assert_eq!(String::from_utf8_lossy(&believed.stdout).trim(), "account_created");
        let changed = verify(&modules, &secret, &delivery, &format!("{body} ")).await;
        assert!(!changed.status.success(), "a changed body is not believed");
    }
}
