//! The logo of an environment: uploaded, removed, and served to everybody under an address made of its content.

use super::SettingFault;
use crate::{App, operator::Actor};
use kernel::{Env, EnvironmentId};
use model::setting::logo::Logo;
use std::sync::Arc;

/// Makes the file the logo, if it can be one. It is shown from now on; nothing else of the settings changes.
pub async fn save_logo(app: &App, actor: &Actor, env: Env, file: Vec<u8>) -> Result<Logo, SettingFault> {
    show(app, actor, env, file, false).await
}

/// Makes the file the logo; where `alone`, only in the place of none or of itself.
async fn show(app: &App, actor: &Actor, env: Env, file: Vec<u8>, alone: bool) -> Result<Logo, SettingFault> {
    let logo = Logo::examine(&file)?;
    let (kept, content, by, now) = (logo.clone(), Arc::new(file), actor.id, app.db.now());
    app.db
        .write(store::setting::lock(env), move |tx| {
            if let Some(stored) = store::setting::load(tx, env)?.filter(|_| alone)
                && stored.settings.logo.as_ref().is_some_and(|shown| shown.hash != kept.hash)
            {
                return Err(SettingFault::Stale(Box::new(stored)));
            }
            store::logo::put(tx, env, &kept.hash, &content, now)?;
            match store::setting::set_logo(tx, env, Some(&kept), now, by)? {
                true => Ok(()),
                false => Err(SettingFault::Missing),
            }
        })
        .await?;
    app.settings.forget(env);
    tracing::info!(operator.id = %actor.id, environment.id = %env, logo.hash = logo.hash, "an operator changed the logo");
    Ok(logo)
}

/// From now on the product's initial stands in its place. Answers the hash of the one that was shown, by which
/// [`restore_logo`] undoes it.
pub async fn remove_logo(app: &App, actor: &Actor, env: Env) -> Result<Option<String>, SettingFault> {
    let (by, now) = (actor.id, app.db.now());
    let removed = app
        .db
        .write(store::setting::lock(env), move |tx| {
            let shown = store::setting::load(tx, env)?.and_then(|stored| stored.settings.logo);
            match store::setting::set_logo(tx, env, None, now, by)? {
                true => Ok(shown.map(|logo| logo.hash)),
                false => Err(SettingFault::Missing),
            }
        })
        .await?;
    app.settings.forget(env);
    tracing::info!(operator.id = %actor.id, environment.id = %env, "an operator removed the logo");
    Ok(removed)
}

/// Shows a logo of this environment again, while its bytes are kept ([`store::logo::KEPT`]) and no other was chosen since:
/// that is [`SettingFault::Stale`].
pub async fn restore_logo(app: &App, actor: &Actor, env: Env, hash: &str) -> Result<(), SettingFault> {
    let hash = hash.to_owned();
    let kept = app.db.read(move |tx| store::logo::get(tx, env, &hash)).await?;
    show(app, actor, env, kept.ok_or(SettingFault::Missing)?, true).await.map(drop)
}

/// The logo that is shown now, with its bytes, if this is its file's name. One that was replaced or removed is nobody's any more.
pub async fn logo_file(
    app: &App,
    environment: EnvironmentId,
    name: &str,
) -> Result<Option<(Logo, Vec<u8>)>, SettingFault> {
    // Its pages show it to everybody who knows their address.
    let env = Env::vouched(environment);
    let name = name.to_owned();
    // Past the cache: anybody may ask for any environment, and must not make those wait who read what is there.
    let found = app.db.read(move |tx| {
        let stored = store::setting::load(tx, env)?;
        let logo = stored.and_then(|stored| stored.settings.logo).filter(|logo| logo.file_name() == name);
        let Some(logo) = logo else { return Ok(None) };
        Ok::<_, sql::Fault>(store::logo::get(tx, env, &logo.hash)?.map(|bytes| (logo, bytes)))
    });
    Ok(found.await?)
}

/// A logo's bytes, while they are kept.
pub async fn bytes(app: &App, env: Env, logo: &Logo) -> Result<Option<Vec<u8>>, sql::Fault> {
    let hash = logo.hash.clone();
    app.db.read(move |tx| store::logo::get(tx, env, &hash)).await
}
