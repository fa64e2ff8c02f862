//! Operators: who they are, how they come in, how they stay and how they leave.
//!
//! Cast: an [`Operator`](store::operator::Operator) with an address; a **one-time link** (256 bits, a day, one use) that
//! the command line gives, which sets the first password or replaces a lost one; a **session** (256 bits in
//! a cookie; 12 hours without use or 30 days in all end it). Of both, only the SHA-256 is kept.
//!
//! Guarantees: a link opens one session, however many use it at once; a wrong password and an unknown address have the
//! same answer at the same cost; guessing slows down per account and per network; whoever sets a password ends every
//! other session. Not promised: a second factor (later), roles among operators.

pub(crate) mod limit;
mod password;

pub use password::{HashFault, NewPassword, PasswordRule, Passwords};

use crate::{App, digest::sha256, path, pool::PoolFault};
use kernel::{Category, Env, OperatorId, OrganizationId, Rng, Secret, Timestamp, token};
use limit::{ACCOUNT, ADDRESS, Rule, Subjects};
use model::{
    email::{Email, EmailFault},
    platform::{Environment, Stage},
};
use sql::Database;
use std::{net::IpAddr, time::Duration};
pub use store::operator::Session as OpenSession;
use store::operator::{Operator, Session, SessionLife};

/// A one-time link lives this long.
pub const LINK_LIFE: Duration = Duration::from_secs(24 * 3_600);
/// A session ends after twelve hours without use, and after thirty days in any case.
pub const SESSION_LIFE: SessionLife =
    SessionLife { idle: Duration::from_secs(12 * 3_600), whole: Duration::from_secs(30 * 24 * 3_600) };
/// A session's last use is noted no more often than this.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// The operator on whose behalf a use case acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub id: OperatorId,
    pub organization: OrganizationId,
    pub email: String,
}

/// Where a browser comes from; shown in the list of sessions.
#[derive(Debug, Clone)]
pub struct Visit {
    pub address: IpAddr,
    pub agent: String,
}

/// A one-time link before it is stored: the token goes out, the hash stays.
#[derive(Debug, Clone)]
pub struct NewLink {
    pub token: Secret<String>,
    pub hash: String,
    pub expires_at: Timestamp,
}

impl NewLink {
    pub fn make(rng: &dyn Rng, now: Timestamp) -> Self {
        let token = token::<32>(rng);
        Self { hash: sha256(&token), token: Secret::new(token), expires_at: now.plus(LINK_LIFE) }
    }

    /// The path and query that the link leads to, on our own origin.
    pub fn path(&self) -> String {
        format!("{}?link={}", path::SETUP, self.token.expose())
    }
}

/// A link that has been stored for this operator.
#[derive(Debug, Clone)]
pub struct FreshLink {
    pub email: String,
    pub link: NewLink,
}

/// Somebody who has just come in: the token belongs into a cookie, nowhere else.
#[derive(Debug)]
pub struct SignedIn {
    pub token: Secret<String>,
    pub actor: Actor,
}

/// Whose link it is, before it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkOwner {
    pub email: String,
    pub has_password: bool,
}

/// Why an operator could not do what they wanted.
#[derive(Debug, thiserror::Error)]
pub enum OperatorFault {
    #[error(transparent)]
    Email(#[from] EmailFault),
    #[error("an operator with this address exists")]
    Taken,
    #[error("no operator with this address")]
    Unknown,
    #[error("nothing is initialised here")]
    Nothing,
    /// Unknown address and wrong password alike.
    #[error("address or password is wrong")]
    Wrong,
    #[error("too many failed sign-ins, try again in {} s", free_in.as_secs() + 1)]
    Limited { free_in: Duration },
    #[error("this link was used, replaced or is too old")]
    LinkGone,
    #[error("choose a password")]
    PasswordMissing,
    #[error(transparent)]
    Password(#[from] PasswordRule),
    #[error(transparent)]
    Pool(#[from] PoolFault),
    #[error(transparent)]
    Hash(#[from] HashFault),
    #[error("operator store")]
    Store(#[from] sql::Fault),
}

impl OperatorFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Email(_) | Self::PasswordMissing | Self::Password(_) => Category::Invalid,
            Self::Taken => Category::Conflict,
            Self::Unknown | Self::Nothing => Category::Absent,
            Self::Wrong | Self::LinkGone => Category::Unauthenticated,
            Self::Limited { .. } => Category::Limited,
            Self::Pool(fault) => fault.category(),
            Self::Hash(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
        }
    }
}

/// Whether anybody can sign in with a password yet.
pub async fn any_password_set(app: &App) -> Result<bool, OperatorFault> {
    app.db.read(|tx| Ok(store::operator::any_password(tx)?)).await
}

/// Adds an operator to the organization and gives their one-time link. Takes the database alone, because the command
/// line does it beside a running server, which holds journal and lake.
pub async fn add(db: &Database, rng: &dyn Rng, email: &str) -> Result<FreshLink, OperatorFault> {
    let email = String::from(Email::folded(email)?);
    let now = db.now();
    let id = OperatorId::ordered(now, rng);
    let link = NewLink::make(rng, now);
    let stored = link.clone();
    let kept = email.clone();
    let locks = vec![store::operator::email_lock(&email), store::operator::lock(id)];
    db.write(locks, move |tx| {
        let organization = store::platform::organization(tx)?.ok_or(OperatorFault::Nothing)?;
        let operator = Operator {
            id,
            organization: organization.id,
            email: kept.clone(),
            password_hash: None,
            created_at: now,
        };
        if !store::operator::create(tx, &operator)? {
            return Err(OperatorFault::Taken);
        }
        Ok(store::operator::put_link(tx, id, &stored.hash, stored.expires_at)?)
    })
    .await?;
    Ok(FreshLink { email, link })
}

/// A fresh one-time link for this operator, or for the oldest; links given before stop working.
pub async fn fresh_link(
    db: &Database,
    rng: &dyn Rng,
    email: Option<&str>,
) -> Result<FreshLink, OperatorFault> {
    let wanted = email.map(Email::folded).transpose()?;
    let found = db
        .read(move |tx| match &wanted {
            Some(email) => store::operator::by_email(tx, email.as_str())?.ok_or(OperatorFault::Unknown),
            None => store::operator::list(tx)?.into_iter().next().ok_or(OperatorFault::Nothing),
        })
        .await?;
    let link = NewLink::make(rng, db.now());
    let stored = link.clone();
    db.write(store::operator::lock(found.id), move |tx| {
        store::operator::put_link(tx, found.id, &stored.hash, stored.expires_at)
    })
    .await?;
    Ok(FreshLink { email: found.email, link })
}

/// Whose link this is. Looking does not use it up: mail scanners and previews look too.
pub async fn link_owner(app: &App, link: &Secret<String>) -> Result<LinkOwner, OperatorFault> {
    let operator = linked(app, link).await?;
    Ok(LinkOwner { email: operator.email, has_password: operator.password_hash.is_some() })
}

/// Uses the link up and opens a session. A first password is required; a later one ends every other session.
pub async fn use_link(
    app: &App,
    link: &Secret<String>,
    password: Option<&str>,
    visit: &Visit,
) -> Result<SignedIn, OperatorFault> {
    let operator = linked(app, link).await?;
    let phc = match password {
        Some(text) => {
            let new = NewPassword::new(text, &operator.email)?;
            Some(app.passwords.turn().await?.hash(new, app.rng.as_ref()).await?)
        }
        None if operator.password_hash.is_none() => return Err(OperatorFault::PasswordMissing),
        None => None,
    };
    let (signed_in, session) = new_session(app, &operator, visit);
    let hash = sha256(link.expose());
    let account = Subjects::of(&operator.email, visit.address).account;
    let locks = vec![store::operator::lock(operator.id), store::operator::attempt_lock(&account)];
    app.db
        .write(locks, move |tx| {
            let now = session.created_at;
            if store::operator::take_link(tx, operator.id, &hash, now)?.is_none() {
                return Err(OperatorFault::LinkGone);
            }
            if let Some(phc) = &phc {
                store::operator::set_password(tx, operator.id, phc)?;
                store::operator::close_all(tx, operator.id)?;
                store::operator::clear_failures(tx, &account)?;
            }
            Ok(store::operator::open_session(tx, &session, SESSION_LIFE)?)
        })
        .await?;
    Ok(signed_in)
}

/// Signs in with a password. Unknown addresses cost the same and answer the same.
pub async fn sign_in(
    app: &App,
    email: &str,
    password: Secret<String>,
    visit: &Visit,
) -> Result<SignedIn, OperatorFault> {
    // A text that is no address cannot be anybody's: it is judged like an unknown one.
    let email = Email::folded(email).map_or_else(|_| format!("?{}", sha256(email)), String::from);
    let subjects = Subjects::of(&email, visit.address);
    // The turn comes first, so that a full house is nobody's failure.
    let turn = app.passwords.turn().await?;
    count_attempt(app, &subjects).await?;
    let found = app.db.read(move |tx| store::operator::by_email(tx, &email)).await?;
    let phc = found.as_ref().and_then(|operator| operator.password_hash.clone());
    let right = turn.verify(password, phc).await?;
    let operator = found.filter(|_| right).ok_or(OperatorFault::Wrong)?;
    let (signed_in, session) = new_session(app, &operator, visit);
    let (email, verified) = (operator.email.clone(), operator.password_hash.clone());
    let mut locks = attempt_locks(&subjects);
    locks.push(store::operator::lock(operator.id));
    app.db
        .write(locks, move |tx| {
            // Verifying takes a while: a password that was replaced meanwhile opens nothing any more.
            let now = store::operator::by_email(tx, &email)?;
            if now.is_none_or(|now| now.password_hash != verified) {
                return Err(OperatorFault::Wrong);
            }
            store::operator::clear_failures(tx, &subjects.account)?;
            give_back(tx, &subjects.address)?;
            Ok(store::operator::open_session(tx, &session, SESSION_LIFE)?)
        })
        .await?;
    Ok(signed_in)
}

/// Who holds this token. `None`: unknown, signed out or expired.
pub async fn session(app: &App, token: &Secret<String>) -> Result<Option<Actor>, OperatorFault> {
    let hash = sha256(token.expose());
    let wanted = hash.clone();
    let now = app.db.now();
    let found = app.db.read(move |tx| store::operator::session(tx, &wanted)).await?;
    let Some(session) = found.filter(|session| SESSION_LIFE.covers(session, now)) else { return Ok(None) };
    if now.since(session.seen_at) >= TOUCH_EVERY {
        // A page is not refused because this could not be noted; the next one notes it.
        let noted = app.db.write(sql::Locks::none(), move |tx| store::operator::touch(tx, &hash, now)).await;
        if let Err(fault) = noted {
            tracing::warn!(error = %kernel::chain(&fault), "the use of a session could not be noted");
        }
    }
    Ok(Some(Actor { id: session.operator, organization: session.organization, email: session.email }))
}

/// The actor's open sessions, the latest used first. [`is_this`] tells which one a token holds.
pub async fn sessions(app: &App, actor: &Actor) -> Result<Vec<Session>, OperatorFault> {
    let (id, now) = (actor.id, app.db.now());
    app.db.read(move |tx| Ok(store::operator::sessions(tx, id, SESSION_LIFE, now)?)).await
}

/// Whether a listed session is the one that `token` holds.
pub fn is_this(session: &Session, token: &Secret<String>) -> bool {
    session.hash == sha256(token.expose())
}

/// Ends this session.
pub async fn sign_out(app: &App, actor: &Actor, token: &Secret<String>) -> Result<(), OperatorFault> {
    let hash = sha256(token.expose());
    let lock = store::operator::lock(actor.id);
    Ok(app.db.write(lock, move |tx| store::operator::close(tx, &hash)).await?)
}

/// Ends every session of the actor, this one too.
pub async fn sign_out_everywhere(app: &App, actor: &Actor) -> Result<(), OperatorFault> {
    let id = actor.id;
    Ok(app.db.write(store::operator::lock(id), move |tx| store::operator::close_all(tx, id)).await?)
}

/// The environments that the actor may act in: every one of the organization, Development first.
pub async fn environments(app: &App, actor: &Actor) -> Result<Vec<(Env, Environment)>, OperatorFault> {
    let organization = actor.organization;
    let all = app.db.read(store::platform::environments).await?;
    let mut ours: Vec<_> = all.into_iter().filter(|one| one.organization == organization).collect();
    // `dev` before `prod`: one works in Development.
    ours.sort_by_key(|one| one.stage.short());
    Ok(ours.into_iter().map(|one| (Env::vouched(one.id), one)).collect())
}

/// The environment of this stage, where there is one.
pub fn of_stage(all: &[(Env, Environment)], stage: Stage) -> Option<&(Env, Environment)> {
    all.iter().find(|(_, environment)| environment.stage == stage)
}

async fn linked(app: &App, link: &Secret<String>) -> Result<Operator, OperatorFault> {
    let hash = sha256(link.expose());
    let now = app.db.now();
    app.db
        .read(move |tx| {
            let Some(id) = store::operator::link(tx, &hash, now)? else {
                return Err(OperatorFault::LinkGone);
            };
            store::operator::by_id(tx, id)?.ok_or(OperatorFault::LinkGone)
        })
        .await
}

fn new_session(app: &App, operator: &Operator, visit: &Visit) -> (SignedIn, Session) {
    let token = token::<32>(app.rng.as_ref());
    let now = app.db.now();
    let actor = Actor { id: operator.id, organization: operator.organization, email: operator.email.clone() };
    let session = Session {
        hash: sha256(&token),
        operator: operator.id,
        created_at: now,
        seen_at: now,
        address: visit.address.to_string(),
        agent: visit.agent.chars().filter(|c| *c != '\0').take(300).collect(),
        email: operator.email.clone(),
        organization: operator.organization,
    };
    (SignedIn { token: Secret::new(token), actor }, session)
}

fn attempt_locks(subjects: &Subjects) -> Vec<sql::Lock> {
    vec![store::operator::attempt_lock(&subjects.account), store::operator::attempt_lock(&subjects.address)]
}

async fn count_attempt(app: &App, subjects: &Subjects) -> Result<(), OperatorFault> {
    let now = app.db.now();
    let locks = attempt_locks(subjects);
    let subjects = subjects.clone();
    app.db
        .write(locks, move |tx| {
            let mut counted = Vec::with_capacity(2);
            for (rule, subject) in [(ACCOUNT, &subjects.account), (ADDRESS, &subjects.address)] {
                let before = store::operator::failures(tx, subject)?;
                let after =
                    rule.attempt(before, now).map_err(|free_in| OperatorFault::Limited { free_in })?;
                counted.push((subject, after));
            }
            for (subject, after) in counted {
                store::operator::set_failures(tx, subject, after)?;
            }
            Ok(())
        })
        .await
}

fn give_back(tx: &mut sql::Tx<'_>, subject: &str) -> Result<(), sql::Fault> {
    match store::operator::failures(tx, subject)?.and_then(Rule::give_back) {
        Some(left) => store::operator::set_failures(tx, subject, left),
        None => store::operator::clear_failures(tx, subject),
    }
}
