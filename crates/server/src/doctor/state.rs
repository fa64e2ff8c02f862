//! The state database, the master key, and what is set in each environment.

use super::{Finding, reach};
use crate::{
    config::Config,
    data_dir::{self, DataDirFault},
    wiring::{self, Outside},
};
use kernel::{Env, Secret};
use model::{
    platform::{Environment, Stage},
    setting::Needed,
};
use sql::{Database, Fault};
use store::{seal::Sealer, setting::Stored};

pub(super) async fn examine(config: &Config, outside: &Outside) -> Vec<Finding> {
    let topic = "database";
    let path = config.located(&config.database_url);
    if let Err(fault) = wiring::must_exist(config) {
        return vec![Finding::fail(
            topic,
            kernel::chain(&fault),
            "bring it back from a backup, or look at database_url",
        )];
    }
    let db = match wiring::visit(config, outside).await {
        Ok(db) => db,
        Err(fault) => {
            let advice = "look at who may read and write it; if it is damaged, bring back a backup";
            return vec![Finding::fail(topic, kernel::chain(&fault), advice)];
        }
    };
    let mut found = vec![migrations(&db, &path.display().to_string()).await];
    found.push(master_key(config, &db).await);
    match environments(&db).await {
        Ok(mut environments) => {
            // Two that were made in the same instant have no order of their own.
            environments.sort_by_key(|(environment, _)| environment.stage == Stage::Production);
            for (environment, stored) in &environments {
                found.extend(integration(config, outside, environment, stored.as_ref()).await);
            }
        }
        Err(fault) => found.push(Finding::fail(
            topic,
            format!("the environments cannot be read: {}", kernel::chain(&fault)),
            "if migrations wait, start the server once; if the database is damaged, bring back a backup",
        )),
    }
    db.close().await;
    found
}

async fn migrations(db: &Database, path: &str) -> Finding {
    let topic = "database";
    let mut waiting = Vec::new();
    for (component, migrations) in wiring::COMPONENTS {
        match sql::pending(db, component, migrations).await {
            Ok(names) => waiting.extend(names),
            Err(fault @ Fault::Newer { .. }) => {
                let advice = "run the release that wrote it, or a later one";
                return Finding::fail(topic, kernel::chain(&fault), advice);
            }
            Err(fault) => {
                let advice = "it is not a state database, it is damaged, or a migration of this program was edited: bring back a backup";
                return Finding::fail(topic, kernel::chain(&fault), advice);
            }
        }
    }
    if waiting.is_empty() {
        return Finding::good(topic, format!("{path} opens and is up to date"));
    }
    let said = format!("{path} opens; {} migrations wait: {}", waiting.len(), waiting.join(", "));
    Finding::warn(topic, said, "the next start of the server makes them, after a copy of the file")
}

async fn master_key(config: &Config, db: &Database) -> Finding {
    let topic = "master key";
    let read = match &config.master_key {
        Some(key) => Ok(key.clone()),
        None => data_dir::read_master_key(&config.data_dir),
    };
    let key: Secret<[u8; 32]> = match read {
        Ok(key) => key,
        Err(fault) => {
            let advice = match fault {
                DataDirFault::NoMasterKey(_) => {
                    "without it no webhook can be signed and no token given: bring it back from where you keep it"
                }
                _ => "it is 32 bytes in base64, readable by the user that serves",
            };
            return Finding::fail(topic, kernel::chain(&fault), advice);
        }
    };
    match db.read::<_, Fault>(store::platform::canary).await {
        Ok(Some(canary)) => match Sealer::new(&key).check_canary(&canary) {
            Ok(()) => Finding::good(topic, "it opens the secrets of this installation"),
            Err(_) => Finding::fail(
                topic,
                "it does not open the secrets of this installation",
                "it is the key of another one: bring back the one that `thrivestack init` made here",
            ),
        },
        Ok(None) => Finding::fail(
            topic,
            "there is nothing in the database that it could open",
            "the database was not made by `thrivestack init`: look at database_url",
        ),
        Err(fault) => Finding::fail(topic, kernel::chain(&fault), "see the database above"),
    }
}

type Found = Vec<(Environment, Option<Stored>)>;

/// The command line vouches: whoever runs it owns the data directory.
async fn environments(db: &Database) -> Result<Found, Fault> {
    db.read(|tx| {
        let all = store::platform::environments(tx)?;
        all.into_iter()
            .map(|one| {
                let stored = store::setting::load(tx, Env::vouched(one.id))?;
                Ok((one, stored))
            })
            .collect()
    })
    .await
}

/// What a trigger needs to be set, and whether the webhook can be reached.
async fn integration(
    config: &Config,
    outside: &Outside,
    environment: &Environment,
    stored: Option<&Stored>,
) -> Vec<Finding> {
    let topic = environment.stage.title();
    let Some(stored) = stored else {
        return vec![Finding::fail(
            topic,
            "it has no settings",
            "the database is damaged: bring back a backup",
        )];
    };
    let settings = &stored.settings;
    let missing: Vec<&str> = settings.missing().into_iter().map(Needed::name).collect();
    let page = app::path::settings(environment.stage);
    let mut found = Vec::new();
    if missing.len() == Needed::ALL.len() && environment.stage == Stage::Production {
        return vec![Finding::good(topic, "nothing is set yet: no signup can begin here")];
    }
    if !missing.is_empty() {
        let said = format!("{} not set: triggers are refused", listed(&missing));
        found.push(Finding::warn(topic, said, format!("fill in {page} of the console")));
    }
    if let Some(url) = &settings.webhook.url {
        if settings.webhook.disabled_at.is_some() {
            let said = format!("{url} answered 410 and is disabled: nothing is sent");
            found.push(Finding::fail(topic, said, format!("mend the endpoint, then enable it in {page}")));
        }
        found.push(reach::webhook(config, outside, environment.stage, topic, url).await);
    }
    found
}

fn listed(names: &[&str]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}
