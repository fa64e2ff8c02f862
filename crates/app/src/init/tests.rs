//! What a new installation holds, and that there is one at most.

use super::*;
use kernel::Clock;
use serde_json::Value;
use std::sync::{Arc, LazyLock};
use testkit::{SeededRng, TestDb};

pub(crate) static PAIRS: LazyLock<Pairs> = LazyLock::new(|| Pairs::generate().unwrap());

/// A database with an installation in it.
pub(crate) struct Installed {
    pub(crate) db: TestDb,
    pub(crate) rng: SeededRng,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) initialised: Initialised,
}

impl Installed {
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.db.clock) as Arc<dyn Clock>
    }

    pub(crate) fn env(&self) -> Env {
        Env::vouched(self.initialised.environment_id)
    }
}

pub(crate) fn plan() -> Plan {
    let url = |text: &str| text.parse().unwrap();
    Plan {
        product: "Acme Notes".to_owned(),
        email: "Ada@Acme.test".to_owned(),
        public_url: url("http://127.0.0.1:7700/"),
        webhook_url: Some(url("http://127.0.0.1:4000/hook")),
        onboarding_url: Some(url("http://127.0.0.1:4000/onboarding")),
        success_url: None,
        waitlist_limit: Some(3),
    }
}

pub(crate) async fn installed(test: &str) -> Vec<Installed> {
    let mut all = Vec::new();
    for db in testkit::databases(test, &[("store", store::MIGRATIONS)]).await {
        let rng = SeededRng::new(7);
        let sealer = Arc::new(Sealer::new(&Secret::new([7; 32])));
        let site = Site { db: &db, sealer: &sealer, rng: &rng };
        let initialised = run(site, &plan(), &PAIRS).await.unwrap();
        all.push(Installed { db, rng, sealer, initialised });
    }
    all
}

#[tokio::test]
async fn the_output_has_exactly_the_promised_keys() {
    for installed in installed("init_output").await {
        let json = serde_json::to_value(&installed.initialised).unwrap();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(
            keys(&json),
            "product_id environment_id environments operator api_key project_key private_api_key webhook_secret workflows"
        );
        assert_eq!(keys(&json["environments"]), "development production");
        assert_eq!(keys(&json["operator"]), "email setup_url");
        assert_eq!(keys(&json["api_key"]), "key_id private_key scopes");
        assert_eq!(keys(&json["workflows"]), "prosumer");
        assert_eq!(json["environment_id"], json["environments"]["development"]);
        assert_eq!(json["api_key"]["scopes"].as_array().unwrap().len(), Scope::ALL.len());
        assert!(
            json["operator"]["setup_url"].as_str().unwrap().starts_with("http://127.0.0.1:7700/console/")
        );
        let printed = format!("{:?}", installed.initialised);
        assert!(!printed.contains("RSA PRIVATE KEY") && !printed.contains("whsec_"));
    }
}

#[tokio::test]
async fn a_second_initialisation_is_refused_and_changes_nothing() {
    for installed in installed("init_twice").await {
        let site = Site { db: &installed.db, sealer: &installed.sealer, rng: &installed.rng };
        let again = run(site, &plan(), &PAIRS).await;
        assert!(matches!(again, Err(InitFault::Already)));
        let environments = installed.db.read(store::platform::environments).await.unwrap();
        assert_eq!(environments.len(), 2);
    }
}

#[tokio::test]
async fn both_environments_have_the_workflow_and_development_alone_urls_and_keys() {
    for installed in installed("init_development").await {
        let Environments { development, production } = installed.initialised.environments;
        let count = |id: EnvironmentId| {
            let env = Env::vouched(id);
            installed.db.read(move |tx| {
                let keys = store::key::list(tx, env, Timestamp::EPOCH)?.len();
                let workflows: Vec<_> =
                    store::definition::list(tx, env)?.iter().map(|one| one.workflow).collect();
                let settings = store::setting::load(tx, env)?.unwrap().settings;
                let signing = store::key::current_signing(tx, env)?.is_some();
                Ok::<_, sql::Fault>((keys, workflows, settings.webhook.url.is_some(), signing))
            })
        };
        let workflow = vec![installed.initialised.workflows.prosumer];
        assert_eq!(count(development).await.unwrap(), (3, workflow.clone(), true, true));
        assert_eq!(count(production).await.unwrap(), (0, workflow, false, true));
    }
}

#[tokio::test]
async fn the_canary_opens_under_this_master_key_alone() {
    for installed in installed("init_canary").await {
        let canary = installed.db.read(store::platform::canary).await.unwrap().unwrap();
        assert_eq!(installed.sealer.check_canary(&canary), Ok(()));
        let other = Sealer::new(&Secret::new([8; 32]));
        assert!(matches!(other.check_canary(&canary), Err(SealFault::OtherKey { .. })));
    }
}

#[test]
fn urls_are_judged_as_the_settings_room_judges_them() {
    for (url, expected) in [
        ("ftp://acme.test/", AddressFault::Scheme),
        ("https://user@acme.test/", AddressFault::Credentials),
        ("https://acme.test/#hook", AddressFault::Fragment),
    ] {
        let wrong = Plan { webhook_url: Some(url.parse().unwrap()), ..plan() };
        let Err(InitFault::Address { what: "the webhook URL", source }) = check_urls(&wrong) else {
            panic!("{url} was taken")
        };
        assert_eq!(source, expected, "{url}");
    }
}
