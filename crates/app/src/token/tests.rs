//! The token API's rules, in the order in which they are judged, and what its tokens hold.

use super::*;
use crate::init::tests::{Installed, PAIRS, installed};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::sync::Arc;

struct Bench {
    installed: Installed,
    signers: Signers,
}

impl Bench {
    async fn all(test: &str) -> Vec<Self> {
        let mut all = Vec::new();
        for installed in installed(test).await {
            let signers =
                Signers::new(installed.db.database(), installed.clock(), Arc::clone(&installed.sealer));
            all.push(Self { installed, signers });
        }
        all
    }

    fn desk(&self) -> Desk<'_> {
        Desk {
            db: &self.installed.db,
            signers: &self.signers,
            rng: &self.installed.rng,
            issuer: "ThriveStack",
        }
    }

    fn wanted(&self) -> Wanted {
        let key = &self.installed.initialised.api_key;
        Wanted {
            key_id: key.key_id.to_string(),
            private_key: key.private_key.clone(),
            scopes: vec!["telemetry_apis".to_owned()],
            expiry: Some(1300),
        }
    }

    async fn refused(&self, wanted: Wanted) -> Category {
        self.desk().issue(wanted).await.unwrap_err().category()
    }

    async fn revoke(&self) {
        let (env, id) = (self.installed.env(), self.installed.initialised.api_key.key_id);
        let now = self.installed.db.now();
        let locks = [store::key::lock(env), store::key::revision_lock()];
        self.installed.db.write(locks, move |tx| store::key::revoke(tx, env, id, now)).await.unwrap();
    }
}

fn part(token: &Secret<String>, index: usize) -> Value {
    let part = token.expose().split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_holds_what_the_domain_shows() {
    for bench in Bench::all("token_holds").await {
        let (_, token) = bench.desk().issue(bench.wanted()).await.unwrap();
        let (header, claims) = (part(&token, 0), part(&token, 1));
        let key_id = bench.wanted().key_id;
        assert_eq!(header["alg"], "RS256");
        assert_eq!(header["typ"], "JWT");
        assert_eq!(header["id"], json!(key_id));
        assert_eq!(header["kid"], PAIRS.development.public().thumbprint());
        let now = bench.installed.db.now().seconds();
        assert_eq!((claims["iat"].as_i64(), claims["exp"].as_i64()), (Some(now), Some(now + 1300)));
        assert_eq!(claims["aud"], "telemetry_apis");
        assert_eq!(claims["iss"], "ThriveStack");
        assert_eq!(claims["client_id"], json!(key_id));
        assert_eq!(claims["environment_id"], json!(bench.installed.env().id()));
        let (_, another) = bench.desk().issue(bench.wanted()).await.unwrap();
        assert_ne!(part(&another, 1)["jti"], claims["jti"]);
    }
}

#[tokio::test]
async fn the_published_key_set_verifies_the_token() {
    for bench in Bench::all("token_jwks").await {
        let (_, token) = bench.desk().issue(bench.wanted()).await.unwrap();
        let environments = &bench.installed.initialised.environments;
        let own = bench.signers.published(environments.development).await.unwrap().unwrap();
        let other = bench.signers.published(environments.production).await.unwrap().unwrap();
        let expect =
            oidc::Expect { issuer: "ThriveStack", now: bench.installed.db.now(), leeway: Duration::ZERO };
        let verify = |set: &oidc::JwkSet| {
            let key = set.keys[0].to_key().unwrap();
            oidc::Token::parse(token.expose(), "JWT").unwrap().verify::<Value>(&key, &expect).is_ok()
        };
        assert!(verify(&own) && !verify(&other));
        let nowhere = kernel::EnvironmentId::from_uuid(Default::default());
        assert_eq!(bench.signers.published(nowhere).await.unwrap(), None);
    }
}

#[tokio::test]
async fn several_scopes_come_back_as_an_array_each_once() {
    for bench in Bench::all("token_scopes").await {
        let scopes = vec!["telemetry_apis, workflow_trigger_api".to_owned(), "telemetry_apis".to_owned()];
        let (_, token) = bench.desk().issue(Wanted { scopes, ..bench.wanted() }).await.unwrap();
        assert_eq!(part(&token, 1)["aud"], json!(["telemetry_apis", "workflow_trigger_api"]));
    }
}

#[tokio::test]
async fn requests_are_judged_in_order() {
    for bench in Bench::all("token_order").await {
        let unknown = "00000000-0000-0000-0000-000000000000".to_owned();
        let wrong_everything = Wanted {
            key_id: unknown.clone(),
            scopes: vec!["no_such_scope".to_owned()],
            expiry: Some(0),
            ..bench.wanted()
        };
        assert_eq!(bench.refused(wrong_everything.clone()).await, Category::Invalid);
        let no_scopes = Wanted { scopes: vec![" , ".to_owned()], ..bench.wanted() };
        assert_eq!(bench.refused(no_scopes).await, Category::Invalid);
        let wrong_key = Wanted { expiry: None, ..wrong_everything };
        assert_eq!(bench.refused(wrong_key.clone()).await, Category::Unauthenticated);
        let wrong_scope = Wanted { key_id: bench.wanted().key_id, ..wrong_key };
        assert_eq!(bench.refused(wrong_scope).await, Category::Forbidden);
    }
}

#[tokio::test]
async fn one_foreign_scope_refuses_the_others_too() {
    for bench in Bench::all("token_foreign_scope").await {
        let scopes = vec!["telemetry_apis".to_owned(), "openid".to_owned()];
        let fault = bench.desk().issue(Wanted { scopes, ..bench.wanted() }).await.unwrap_err();
        assert!(matches!(fault, TokenFault::Scope(name) if name == "openid"));
    }
}

#[tokio::test]
async fn possession_is_proven_with_the_stored_half() {
    for bench in Bench::all("token_possession").await {
        let other = PAIRS.production.to_pem().unwrap();
        let damaged = bench.wanted().private_key.expose().replacen("MII", "MIJ", 1);
        for pem in [other, damaged, String::new(), "x".repeat(100_000)] {
            let wanted = Wanted { private_key: Secret::new(pem), ..bench.wanted() };
            assert_eq!(bench.refused(wanted).await, Category::Unauthenticated);
        }
        let escaped = bench.wanted().private_key.expose().replace('\n', "\\n");
        let wanted = Wanted { private_key: Secret::new(escaped), ..bench.wanted() };
        assert!(bench.desk().issue(wanted).await.is_ok());
    }
}

#[tokio::test]
async fn an_opaque_key_gives_no_tokens() {
    for bench in Bench::all("token_opaque").await {
        let env = bench.installed.env();
        let keys =
            bench.installed.db.read(move |tx| store::key::list(tx, env, Timestamp::EPOCH)).await.unwrap();
        let opaque = keys.iter().find(|key| matches!(key.proof, Proof::Opaque { .. })).unwrap();
        let wanted = Wanted { key_id: opaque.id.to_string(), ..bench.wanted() };
        assert_eq!(bench.refused(wanted).await, Category::Unauthenticated);
    }
}

#[tokio::test]
async fn a_revoked_key_gives_no_tokens() {
    for bench in Bench::all("token_revoked").await {
        bench.revoke().await;
        let fault = bench.desk().issue(bench.wanted()).await.unwrap_err();
        assert!(matches!(fault, TokenFault::Ended));
    }
}

#[test]
fn expiry_is_in_seconds_up_to_a_day() {
    for (expiry, seconds) in [(None, 3_600), (Some(1), 1), (Some(86_400), 86_400)] {
        assert_eq!(life(expiry).unwrap(), Duration::from_secs(seconds));
    }
    for expiry in [0, -1, 86_401, i64::MAX, i64::MIN] {
        assert!(matches!(life(Some(expiry)), Err(TokenFault::Expiry)), "{expiry}");
    }
}

#[test]
fn a_token_never_outlives_its_key() {
    let ends = Timestamp::from_seconds(500);
    let key = ApiKey {
        id: KeyId::from_uuid(Default::default()),
        environment: kernel::EnvironmentId::from_uuid(Default::default()),
        kind: model::caller::KeyKind::Rsa,
        name: String::new(),
        scopes: vec![Scope::TelemetryApis],
        proof: Proof::Opaque { hash: String::new(), hint: String::new() },
        created_at: Timestamp::EPOCH,
        created_by: None,
        expires_at: Some(ends),
        rotate_days: None,
        revoked_at: None,
        last_used_at: None,
    };
    let until = |life| super::ends(&key, Timestamp::from_seconds(100), Duration::from_secs(life));
    assert_eq!(until(10), Timestamp::from_seconds(110));
    assert_eq!(until(3_600), ends);
}
