//! `GET /v1/ValidateAuthOTP`: a code for a session token (decision D30).

use super::hash;
use crate::App;
use crate::token::SignFault;
use kernel::{Category, Env, Rng, Secret, Timestamp, token};
use model::run::{Run, RunKind};
use serde::Serialize;
use std::time::Duration;

/// A code lives this long.
pub const OTP_LIFE: Duration = Duration::from_secs(60);
/// A session token lives this long.
const SESSION_LIFE: Duration = Duration::from_secs(15 * 60);
/// `typ` of a session token: no API of ours takes one.
const SESSION_TOKEN: &str = "session+jwt";

/// Why a code gives no token.
#[derive(Debug, thiserror::Error)]
pub enum OtpFault {
    #[error("the code is unknown, used or too old")]
    Refused,
    #[error("sign the session token")]
    Sign(#[from] SignFault),
    #[error("code store")]
    Store(#[from] sql::Fault),
}

impl OtpFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Refused => Category::Unauthenticated,
            Self::Sign(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
        }
    }
}

/// What a code's hash says that it is for.
const CODE: &str = "authOTP";

/// A new code: the plain one goes into the redirect, the hash stays.
pub(super) struct Code {
    pub plain: Secret<String>,
    pub hash: String,
}

impl Code {
    pub fn make(rng: &dyn Rng) -> Self {
        let plain = token::<32>(rng);
        Self { hash: hash(CODE, &plain), plain: Secret::new(plain) }
    }
}

#[derive(Serialize)]
struct Claims {
    aud: &'static str,
    exp: i64,
    jti: String,
    iat: i64,
    iss: String,
    environment_id: String,
    authorized: bool,
    /// The builder's own id of the person, as the trigger named them. Beside the six claims of domain 2.11, which do not
    /// say it: a mail address may change.
    #[serde(rename = "userId")]
    user_id: String,
    #[serde(rename = "emailId")]
    email_id: String,
    #[serde(rename = "tenantId")]
    tenant_id: String,
    #[serde(rename = "tenantName")]
    tenant_name: String,
    #[serde(rename = "thriveUserId")]
    thrive_user_id: String,
    #[serde(rename = "tokenExpiry")]
    token_expiry: i64,
}

/// Uses a code, once, for a session token of its user. The token is signed first and handed out by whoever redeems: a
/// house that is too busy to sign has used no code.
pub async fn exchange(app: &App, code: &str) -> Result<Secret<String>, OtpFault> {
    let now = app.db.now();
    let since = now.minus(OTP_LIFE);
    let code = hash(CODE, code);
    let Holder { env, run, first } = holder(app, code.clone(), since).await?;
    let claims = claims(app, env, &run);
    let token = Secret::new(app.signers.sign(env, SESSION_TOKEN, None, claims).await?);
    let redeem = move |tx: &mut sql::Tx<'_>| {
        let redeemed = store::handover::redeem_otp(tx, &code, now, since)?;
        if redeemed && first {
            store::handover::note_exchange(tx, env, now)?;
        }
        Ok::<_, sql::Fault>(redeemed)
    };
    if app.db.write(sql::Locks::none(), redeem).await? { Ok(token) } else { Err(OtpFault::Refused) }
}

/// Whose browser was given the code.
struct Holder {
    env: Env,
    run: Run,
    /// It proves what the environment has not shown before: that the onboarding page exchanges codes. A login's code goes
    /// elsewhere.
    first: bool,
}

async fn holder(app: &App, code: String, since: Timestamp) -> Result<Holder, OtpFault> {
    app.db
        .read(move |tx| {
            let otp = store::handover::otp(tx, &code, since)?.ok_or(OtpFault::Refused)?;
            // The code vouches: it was given to the browser of this environment's run.
            let env = Env::vouched(otp.environment);
            let run = store::run::get(tx, env, otp.run)?.ok_or(OtpFault::Refused)?;
            let first = run.kind == RunKind::Signup && !store::handover::any_exchanged(tx, env)?;
            Ok(Holder { env, run, first })
        })
        .await
}

fn claims(app: &App, env: Env, run: &Run) -> Claims {
    let now = app.db.now();
    let ends = now.plus(SESSION_LIFE).seconds();
    Claims {
        aud: "session",
        exp: ends,
        jti: token::<16>(app.rng.as_ref()),
        iat: now.seconds(),
        iss: app.options.issuer.clone(),
        environment_id: env.to_string(),
        authorized: true,
        user_id: run.user_id.to_string(),
        email_id: run.email.to_string(),
        tenant_id: run.group_id(),
        tenant_name: run.account_name.clone(),
        thrive_user_id: run.end_user.to_string(),
        token_expiry: ends,
    }
}
