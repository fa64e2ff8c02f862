//! Which credentials are believed, for how long, and what each kind may do.

use super::*;
use crate::init::tests::{Installed, PAIRS, installed};
use kernel::Secret;
use model::caller::{Form, Need};
use serde_json::{Value, json};

struct Bench {
    installed: Installed,
    callers: Callers,
}

impl Bench {
    async fn all(test: &str) -> Vec<Self> {
        let mut all = Vec::new();
        for installed in installed(test).await {
            let callers = Callers::new(installed.db.database(), installed.clock(), "ThriveStack");
            all.push(Self { installed, callers });
        }
        all
    }

    async fn verify(&self, form: Form, credential: &str) -> Result<Arc<Caller>, CallerFault> {
        let presented = Presented { form, credential: Secret::new(credential.to_owned()) };
        self.callers.verify(&presented).await
    }

    /// The claims of a good token that lives for an hour.
    fn claims(&self) -> Value {
        let now = self.installed.db.now().seconds();
        json!({
            "aud": "telemetry_apis", "exp": now + 3_600, "jti": "j", "iat": now, "iss": "ThriveStack",
            "environment_id": self.installed.env().id(),
            "client_id": self.installed.initialised.api_key.key_id,
        })
    }

    fn token(&self, claims: &Value) -> String {
        let id = self.installed.initialised.api_key.key_id.to_string();
        oidc::sign(&PAIRS.development, ACCESS_TOKEN, Some(&id), claims).unwrap()
    }

    async fn revoke(&self, id: KeyId) -> i64 {
        let (env, now) = (self.installed.env(), self.installed.db.now());
        let locks = [store::key::lock(env), store::key::revision_lock()];
        let revoked = self.installed.db.write(locks, move |tx| store::key::revoke(tx, env, id, now)).await;
        revoked.unwrap().unwrap()
    }

    fn advance(&self, span: Duration) {
        self.installed.db.clock.advance(span);
    }
}

#[tokio::test]
async fn each_kind_of_key_is_known_by_its_kind() {
    for bench in Bench::all("caller_kinds").await {
        let initialised = &bench.installed.initialised;
        let project = bench.verify(Form::Body, initialised.project_key.expose()).await.unwrap();
        assert_eq!(
            (project.kind, project.scopes.clone()),
            (CallerKind::ProjectKey, vec![Scope::TelemetryApis])
        );
        assert_eq!(project.env, bench.installed.env());
        let private = bench.verify(Form::Query, initialised.private_api_key.expose()).await.unwrap();
        assert!(private.kind == CallerKind::PrivateKey && private.meets(Need::private_key()));
        let token = bench.verify(Form::KeyHeader, &bench.token(&bench.claims())).await.unwrap();
        assert_eq!((token.kind, token.scopes.clone()), (CallerKind::Token, vec![Scope::TelemetryApis]));
        assert_eq!(token.key, initialised.api_key.key_id);
    }
}

#[tokio::test]
async fn texts_that_prove_nothing_are_refused() {
    for bench in Bench::all("caller_nothing").await {
        let almost = format!("{}x", bench.installed.initialised.project_key.expose());
        let key_id = bench.installed.initialised.api_key.key_id.to_string();
        for text in ["", "x", "a.b.c", "..", &almost, &key_id, &"k".repeat(100_000)] {
            let fault = bench.verify(Form::Bearer, text).await.unwrap_err();
            assert_eq!(fault.category(), Category::Unauthenticated, "{text:.50}");
        }
    }
}

#[tokio::test]
async fn forged_and_foreign_tokens_are_refused() {
    for bench in Bench::all("caller_forged").await {
        let mut production = bench.claims();
        production["environment_id"] = json!(bench.installed.initialised.environments.production);
        let mut other_key = bench.claims();
        other_key["client_id"] = json!(KeyId::random(&bench.installed.rng));
        let id = bench.installed.initialised.api_key.key_id.to_string();
        let sign = |key, typ| oidc::sign(key, typ, Some(&id), &bench.claims()).unwrap();
        let forged = [
            ("the API key is no signing key", sign(&PAIRS.api_key, ACCESS_TOKEN)),
            ("another environment's key", sign(&PAIRS.production, ACCESS_TOKEN)),
            ("a session token opens no API", sign(&PAIRS.development, "session+jwt")),
            ("another environment's name", bench.token(&production)),
            ("another key's name", bench.token(&other_key)),
        ];
        for (why, token) in forged {
            let fault = bench.verify(Form::Bearer, &token).await.unwrap_err();
            assert_eq!(fault.category(), Category::Unauthenticated, "{why}");
        }
    }
}

#[tokio::test]
async fn tokens_are_not_taken_where_they_would_be_written_down() {
    for bench in Bench::all("caller_places").await {
        let token = bench.token(&bench.claims());
        for form in [Form::Query, Form::Body] {
            assert!(matches!(bench.verify(form, &token).await, Err(CallerFault::Place)));
        }
    }
}

#[tokio::test]
async fn a_remembered_token_ends_with_its_time() {
    for bench in Bench::all("caller_expiry").await {
        let token = bench.token(&bench.claims());
        assert!(bench.verify(Form::Bearer, &token).await.is_ok());
        bench.advance(Duration::from_secs(3_599));
        assert!(bench.verify(Form::Bearer, &token).await.is_ok());
        bench.advance(Duration::from_secs(1) + LEEWAY);
        assert!(bench.verify(Form::Bearer, &token).await.is_err());
    }
}

#[tokio::test]
async fn a_revocation_elsewhere_is_noticed_within_a_second() {
    for bench in Bench::all("caller_revoked").await {
        let token = bench.token(&bench.claims());
        assert!(bench.verify(Form::Bearer, &token).await.is_ok());
        bench.revoke(bench.installed.initialised.api_key.key_id).await;
        bench.advance(Duration::from_millis(400));
        assert!(bench.verify(Form::Bearer, &token).await.is_ok(), "nobody has looked yet");
        bench.advance(Duration::from_millis(600));
        assert!(matches!(bench.verify(Form::Bearer, &token).await, Err(CallerFault::Key)));
        let project = bench.installed.initialised.project_key.expose().clone();
        assert!(bench.verify(Form::ApiKeyHeader, &project).await.is_ok(), "others go on");
    }
}

#[tokio::test]
async fn a_revocation_here_counts_at_once() {
    for bench in Bench::all("caller_revoked_here").await {
        let token = bench.token(&bench.claims());
        assert!(bench.verify(Form::Bearer, &token).await.is_ok());
        let revision = bench.revoke(bench.installed.initialised.api_key.key_id).await;
        bench.callers.note_revision(revision);
        assert!(matches!(bench.verify(Form::Bearer, &token).await, Err(CallerFault::Key)));
    }
}

#[tokio::test]
async fn the_last_use_is_written_every_ten_minutes_at_most() {
    for bench in Bench::all("caller_touch").await {
        let credential = bench.installed.initialised.project_key.expose().clone();
        let fingerprint = sha256(&credential);
        let mut seen = Vec::new();
        for _ in 0..3 {
            bench.verify(Form::Body, &credential).await.unwrap();
            let wanted = fingerprint.clone();
            let key = bench.installed.db.read(move |tx| store::key::by_hash(tx, &wanted)).await.unwrap();
            seen.push(key.unwrap().last_used_at.unwrap());
            bench.advance(TOUCH_EVERY / 2);
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[2].since(seen[1]), TOUCH_EVERY);
    }
}
