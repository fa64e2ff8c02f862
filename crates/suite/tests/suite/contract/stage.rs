//! What the cases take for granted: a served installation, a builder's app, and values for the placeholders.

use super::Case;
use crate::suite::binary::{Backend, Installation, Server, send};
use crate::suite::part::query;
use crate::suite::receiver::Receiver;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};
use url::Url;

const TOO_LARGE: &str = "{{array larger than 2 MB}}";
const WAITING: &str = "run waiting at Provision Tenant";

pub(super) struct Stage {
    pub(super) receiver: Receiver,
    pub(super) backend: Backend,
    server: Server,
    _installation: Installation,
    /// Placeholders that stay the same from case to case.
    lasting: HashMap<&'static str, String>,
    users: AtomicU32,
}

/// A run whose webhook was delivered.
pub(super) struct Waiting {
    pub(super) email: String,
    pub(super) run: String,
    pub(super) tenant: String,
    pub(super) link: Url,
}

/// A case's request with every placeholder filled.
pub(super) struct Filled {
    pub(super) headers: BTreeMap<String, String>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: Option<String>,
}

impl Stage {
    pub(super) async fn set() -> Self {
        let receiver = Receiver::start().await;
        let installation = Installation::of(&receiver).await;
        let server = installation.serve().await;
        let backend = installation.backend(&server);
        let mut stage = Self {
            receiver,
            backend,
            server,
            _installation: installation,
            lasting: HashMap::new(),
            users: AtomicU32::new(0),
        };
        stage.provision().await;
        stage
    }

    async fn provision(&mut self) {
        let backend = &self.backend;
        let pem = backend.key("/api_key/private_key");
        let both = backend.token(&["telemetry_apis", "workflow_trigger_api"]).await;
        let users = backend.token(&["user_management"]).await;
        let workflow = backend.token(&["workflow_trigger_api"]).await;
        let waiting = self.waiting().await;
        self.lasting = HashMap::from([
            ("key_id", backend.key("/api_key/key_id")),
            ("damaged_private_key_pem", damaged(&pem)),
            ("private_key_pem", pem),
            ("api_key", backend.key("/project_key")),
            ("private_api_key", backend.key("/private_api_key")),
            ("workflow_id", backend.key("/workflows/prosumer")),
            ("product_id", backend.key("/product_id")),
            ("environment_id", backend.key("/environment_id")),
            ("token", both),
            ("token_user_management", users),
            ("token_workflow", workflow),
            ("workflow_runtime_id", waiting.run),
            ("ts_tenant_id", waiting.tenant),
        ]);
    }

    /// A fresh user whose run waits for the acknowledgement.
    pub(super) async fn waiting(&self) -> Waiting {
        let user = format!("user-{}", self.users.fetch_add(1, Ordering::Relaxed));
        let (run, link) = self.backend.trigger(&user).await;
        let data = self.backend.run_until(&run, "ack").await;
        let tenant = data["ts_tenant_id"].as_str().unwrap().to_owned();
        Waiting { email: format!("{user}@acme.com"), run, tenant, link }
    }

    /// Where the browser of a fresh, acknowledged run is sent.
    pub(super) async fn handed_over(&self) -> Url {
        let waiting = self.waiting().await;
        assert_eq!(self.backend.ack(&waiting.run, "tenant-1").await.status, 200);
        self.backend.browse(&waiting.link).await.location()
    }

    async fn code(&self) -> String {
        let target = self.handed_over().await;
        query(&target, "authOTP").unwrap()
    }

    async fn used_code(&self) -> String {
        let code = self.code().await;
        let url = self.backend.url.join("/v1/ValidateAuthOTP").unwrap();
        let exchange = self.backend.http.get(url).query(&[("authOTP", &code)]);
        assert_eq!(send(exchange).await.status, 200);
        code
    }

    /// Does what the case asks for first, and fills its request.
    pub(super) async fn prepare(&self, case: &Case) -> Result<Filled, String> {
        let mut values = self.lasting.clone();
        match case.setup.as_deref() {
            None => {}
            Some(WAITING) => {
                let waiting = self.waiting().await;
                values.insert("workflow_runtime_id", waiting.run);
                values.insert("ts_tenant_id", waiting.tenant);
            }
            Some(other) => return Err(format!("nobody knows how to set up {other:?}")),
        }
        let text = json!([case.headers, case.query, case.body]).to_string();
        if text.contains("{{auth_otp}}") {
            values.insert("auth_otp", self.code().await);
        }
        if text.contains("{{used_auth_otp}}") {
            values.insert("used_auth_otp", self.used_code().await);
        }
        let body = match &case.body {
            Value::Null => None,
            Value::String(text) if text == TOO_LARGE => Some(too_large()),
            body => Some(fill_all(body, &values)?.to_string()),
        };
        Ok(Filled {
            headers: fill_map(&case.headers, &values)?,
            query: fill_map(&case.query, &values)?,
            body,
        })
    }

    /// The end of the program's log, for a case that failed.
    pub(super) fn brief(&self) -> String {
        let text = self.server.process.text();
        let lines: Vec<&str> = text.lines().rev().take(3).collect();
        lines.join("\n    ")
    }
}

/// Lines of the wrong length, as in the key that the documents print.
fn damaged(pem: &str) -> String {
    pem.lines()
        .enumerate()
        .map(|(n, line)| format!("{}\n", if n % 5 == 2 { &line[3..] } else { line }))
        .collect()
}

/// An array of events that are all right, in more than 2,097,152 bytes.
fn too_large() -> String {
    let long = "x".repeat(300_000);
    let events: Vec<Value> =
        (0..8).map(|n| json!({"user_id": format!("u{n}"), "traits": {"name": long}})).collect();
    Value::from(events).to_string()
}

fn fill_map(
    map: &BTreeMap<String, String>,
    values: &HashMap<&'static str, String>,
) -> Result<BTreeMap<String, String>, String> {
    map.iter().map(|(name, text)| Ok((name.clone(), fill(text, values)?))).collect()
}

fn fill_all(value: &Value, values: &HashMap<&'static str, String>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => fill(text, values)?.into(),
        Value::Array(all) => all.iter().map(|one| fill_all(one, values)).collect::<Result<_, _>>()?,
        Value::Object(map) => {
            let filled = map.iter().map(|(key, value)| Ok((key.clone(), fill_all(value, values)?)));
            Value::Object(filled.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

fn fill(text: &str, values: &HashMap<&'static str, String>) -> Result<String, String> {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").ok_or("a placeholder without an end")?;
        let value = values.get(name).ok_or_else(|| format!("nobody provisions {{{{{name}}}}}"))?;
        filled.push_str(before);
        filled.push_str(value);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}
