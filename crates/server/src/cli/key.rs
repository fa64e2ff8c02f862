//! `thrivestack key list | create | revoke`: works beside a running server, by one short transaction.

use super::{
    CliFault, Common,
    out::{self, KeysFile},
};
use crate::{
    config::Config,
    data_dir::DataDir,
    wiring::{self, Outside},
};
use app::key::{self, Name, NewKey, Status};
use clap::{Args, Subcommand};
use kernel::{Env, KeyId, Timestamp};
use model::{
    caller::{KeyKind, PROJECT_SCOPES, Scope},
    platform::Stage,
};
use serde_json::json;
use sql::Database;
use std::{io, path::PathBuf, process::ExitCode, time::Duration};
use store::key::ApiKey;

/// Above what `key list` shows.
const HEADINGS: &str = "KEY ID                                KIND     STATE    NAME  SCOPES";

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    wish: Wish,
    /// dev or prod
    #[arg(long, global = true, value_name = "STAGE", default_value = "dev")]
    environment: Stage,
}

#[derive(Debug, Subcommand)]
enum Wish {
    /// Show the keys with where each stands: first the good ones, then those that ended, the newest of each first
    List,
    /// Make a key and print it as JSON: its secret is given this once
    Create(New),
    /// End a key and every token that it gave
    Revoke {
        /// As `key list` shows it
        key_id: KeyId,
    },
}

#[derive(Debug, Args)]
struct New {
    /// A label for people
    name: String,
    /// rsa (gives tokens), private (server-side) or project (browser-safe, telemetry alone)
    #[arg(long, default_value = "private")]
    kind: KeyKind,
    /// What it may be used for: telemetry_apis, track_api, identify_api, group_api, user_management,
    /// workflow_trigger_api or revenue_apis. Give it several times for several. A private key reads all events and
    /// runs besides [default: all]
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<Scope>,
    /// Days until it ends [default: never]
    #[arg(long, value_name = "DAYS")]
    expires_in: Option<u32>,
    /// Days after which it should be replaced; then it is marked, and works on
    #[arg(long, value_name = "DAYS")]
    rotate_every: Option<u32>,
    /// Write the JSON to this new file, which only you may read, instead of printing it
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

pub(super) async fn run(common: &Common, options: Options) -> Result<ExitCode, CliFault> {
    let config = common.load_briefly(&[])?;
    DataDir::check(&config.data_dir)?;
    wiring::must_exist(&config).map_err(CliFault::of)?;
    let outside = Outside::real();
    let db = wiring::visit(&config, &outside).await.map_err(CliFault::of)?;
    let env = environment(&db, &config, options.environment).await?;
    match options.wish {
        Wish::List => {
            let now = db.now();
            let keys = key::list(&db, env).await.map_err(CliFault::of)?;
            let lines: String = keys.iter().map(|key| line(key, now) + "\n").collect();
            let stage = options.environment.short();
            out::show(&if keys.is_empty() {
                format!(
                    "There is no key in this environment yet: thrivestack key create NAME --environment {stage}\n"
                )
            } else {
                format!("{HEADINGS}\n{lines}")
            })?;
        }
        Wish::Create(new) => {
            let file = new.keys.as_deref().map(KeysFile::claim).transpose()?;
            let new = wanted(new, db.now())?;
            let made = key::create_beside(&db, &*outside.rng, env, new).await.map_err(CliFault::of)?;
            if let Err(error) = hand_out(&made, file) {
                // Nobody has seen its secret, and nobody ever will.
                key::revoke_beside(&db, env, made.key.id).await.map_err(CliFault::of)?;
                return Err(CliFault::Told(format!("the key could not be shown ({error}); it is revoked")));
            }
        }
        Wish::Revoke { key_id } => {
            key::revoke_beside(&db, env, key_id).await.map_err(CliFault::of)?;
            out::show(&format!("{key_id} is revoked; its tokens end within a second.\n"))?;
        }
    }
    db.close().await;
    Ok(ExitCode::SUCCESS)
}

/// The command line vouches: whoever runs it owns the data directory.
async fn environment(db: &Database, config: &Config, stage: Stage) -> Result<Env, CliFault> {
    let all = db.read(store::platform::environments).await.map_err(CliFault::of)?;
    let found = all.into_iter().find(|one| one.stage == stage);
    let missing = || CliFault::Told(format!("{} has no such environment", config.data_dir.display()));
    Ok(Env::vouched(found.ok_or_else(missing)?.id))
}

fn wanted(new: New, now: Timestamp) -> Result<NewKey, CliFault> {
    let days = |days: u32| now.plus(Duration::from_secs(u64::from(days) * 86_400));
    let name = Name::new(new.name).map_err(|fault| CliFault::Told(format!("the name {fault}")))?;
    if new.kind == KeyKind::Project && new.scopes.iter().any(|scope| !PROJECT_SCOPES.contains(scope)) {
        return Err(CliFault::Told("a project key is shown to browsers: it has telemetry_apis alone".into()));
    }
    Ok(NewKey {
        name,
        kind: new.kind,
        scopes: if new.scopes.is_empty() { Scope::ALL.to_vec() } else { new.scopes },
        expires_at: new.expires_in.map(days),
        rotate_days: new.rotate_every,
    })
}

fn hand_out(made: &key::Created, file: Option<KeysFile>) -> io::Result<()> {
    let text = format!("{:#}\n", printed(made));
    match file {
        None => out::hand_out(&text),
        Some(mut file) => {
            file.fill(&text)?;
            // The secret is kept: whether anybody reads this is no matter.
            let _ = out::hand_out(&format!("{} is made; it is in {}.\n", made.key.id, file.keep().display()));
            Ok(())
        }
    }
}

/// The form that `POST /api/user/token` takes for an RSA key.
fn printed(made: &key::Created) -> serde_json::Value {
    let secret = made.secret.expose();
    let field = if made.key.kind == KeyKind::Rsa { "private_key" } else { "api_key" };
    let mut printed = json!({
        "key_id": made.key.id,
        "name": made.key.name,
        "kind": made.key.kind.name(),
        "scopes": made.key.scopes,
        "expires_at": made.key.expires_at.map(|at| at.to_string()),
        "rotate_by": key::rotate_by(&made.key).map(|at| at.to_string()),
    });
    printed[field] = json!(secret);
    printed
}

fn line(key: &ApiKey, now: Timestamp) -> String {
    let status = match key::status(key, now) {
        Status::Active => "active",
        Status::Expired => "expired",
        Status::Revoked => "revoked",
    };
    let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.name()).collect();
    let rotate = key::rotate_by(key).map(|by| {
        let overdue = if by < now { " (overdue)" } else { "" };
        format!("  rotate by {by}{overdue}")
    });
    let ends = key.expires_at.map(|at| format!("  expires {at}"));
    format!(
        "{}  {:<8} {:<8} {}  {}{}{}",
        key.id,
        key.kind.name(),
        status,
        key.name,
        scopes.join(","),
        ends.unwrap_or_default(),
        rotate.unwrap_or_default()
    )
}
