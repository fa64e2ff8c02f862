//! Refused requests. A row of nobody (whose caller was not recognised) is of the installation: it has no environment, and
//! [`Owner::Nobody`] reads it. Writing and forgetting pass through all of them.

use kernel::{Env, RefusedId, RequestId, Timestamp};
use model::request::{About, Refused};
use sql::{Fault, Row, Tx, Value, params, statements};
use std::{sync::Arc, time::Duration};

/// Whose rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Environment(Env),
    /// Nobody was recognised.
    Nobody,
}

impl Owner {
    fn column(self) -> String {
        match self {
            Self::Environment(env) => env.to_string(),
            Self::Nobody => String::new(),
        }
    }
}

/// One refused request as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub id: RefusedId,
    pub refused: Refused,
}

/// Which of them a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// A part of the request's id, its path, its code, or the id of key, run or person.
    pub search: Option<String>,
    /// 4 or 5, the first digit of the status.
    pub class: Option<u16>,
    pub code: Option<String>,
    pub since: Option<Timestamp>,
}

/// The most rows of one page.
pub const LIST_MAX: usize = 200;
/// Rows that one command forgets.
pub const FORGET_MAX: usize = 500;
/// The most answers to one request id.
const SAME_MAX: i64 = 20;
/// The environments of one installation are two, and nobody: this is far more.
const OWNERS_MAX: i64 = 1_000;

/// Requests of one owner as [`kept`] reads them.
macro_rules! kept {
    () => {
        "SELECT environment_id, id, request_id, at, method, path, status, code, message, elapsed_us, key_id, run_id, user_id,
         details FROM refused_request WHERE environment_id = $1"
    };
}

/// What a filter asks; [`asked`] has the values.
macro_rules! asked {
    () => {
        " AND status >= $2 AND status < $3 AND (CAST($4 AS TEXT) IS NULL OR code = $4) AND at >= $5
         AND (CAST($6 AS TEXT) IS NULL OR strpos(request_id, $6) > 0 OR strpos(LOWER(path), $6) > 0
              OR strpos(LOWER(code), $6) > 0 OR strpos(key_id, $6) > 0 OR strpos(run_id, $6) > 0
              OR strpos(LOWER(user_id), $6) > 0)"
    };
}

statements! {
    INSERT = "INSERT INTO refused_request (environment_id, id, request_id, at, method, path, status, code, message, elapsed_us,
              key_id, run_id, user_id, details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
              ON CONFLICT (environment_id, id) DO NOTHING";
    OF_REQUEST = concat!(kept!(), " AND request_id = $2 ORDER BY id DESC LIMIT $3");
    // Ids are time-ordered, so the primary key is the order of the list. An owner has no more rows than are kept of it.
    LIST = concat!(kept!(), asked!(), " AND id < $7 ORDER BY id DESC LIMIT $8");
    COUNT = concat!("SELECT COUNT(*) FROM refused_request WHERE environment_id = $1", asked!());
    OWNERS = "SELECT environment_id, COUNT(*) FROM refused_request GROUP BY environment_id ORDER BY environment_id LIMIT $1";
    FORGET_OLDEST = "DELETE FROM refused_request WHERE (environment_id, id) IN
              (SELECT environment_id, id FROM refused_request WHERE environment_id = $1 ORDER BY id LIMIT $2) RETURNING id";
    FORGET = "DELETE FROM refused_request WHERE (environment_id, id) IN
              (SELECT environment_id, id FROM refused_request WHERE at < $1 LIMIT $2) RETURNING id";
}

/// Writes several; one that is there stays as it is.
pub fn insert(tx: &mut Tx<'_>, rows: &[Arc<Kept>]) -> Result<(), Fault> {
    for row in rows {
        let Kept { id, refused } = &**row;
        let about = &refused.about;
        let details = serde_json::to_string(&refused.details).map_err(crate::encoding)?;
        tx.execute(
            &INSERT,
            params![
                &about.environment.map(|id| id.to_string()).unwrap_or_default(),
                &id.to_string(),
                &refused.request.to_string(),
                refused.at,
                &refused.method,
                &refused.path,
                i64::from(refused.status),
                &refused.code,
                &refused.message,
                i64::try_from(refused.elapsed.as_micros()).unwrap_or(i64::MAX),
                about.key.map(|id| id.to_string()).as_deref(),
                about.run.map(|id| id.to_string()).as_deref(),
                about.user.as_deref(),
                &details,
            ],
        )?;
    }
    Ok(())
}

/// What was refused under this id, newest first, at most twenty.
pub fn of_request(tx: &mut Tx<'_>, owner: Owner, request: RequestId) -> Result<Vec<Kept>, Fault> {
    tx.query(&OF_REQUEST, params![&owner.column(), &request.to_string(), SAME_MAX], kept)
}

/// Those before the one with this id, newest first, at most [`LIST_MAX`].
pub fn list(
    tx: &mut Tx<'_>,
    owner: Owner,
    filter: &Filter,
    before: Option<RefusedId>,
    limit: usize,
) -> Result<Vec<Kept>, Fault> {
    let before = before.map_or_else(|| "~".to_owned(), |id| id.to_string());
    let limit = i64::try_from(limit.min(LIST_MAX)).unwrap_or(0);
    let (owner, words) = (owner.column(), filter.search.as_deref().map(crate::folded));
    let asked = asked(&owner, filter, words.as_deref());
    tx.query(&LIST, &[&asked, params![&before, limit]].concat(), kept)
}

/// How many there are.
pub fn count(tx: &mut Tx<'_>, owner: Owner, filter: &Filter) -> Result<u64, Fault> {
    let (owner, words) = (owner.column(), filter.search.as_deref().map(crate::folded));
    let counted: i64 = tx.query_one(&COUNT, &asked(&owner, filter, words.as_deref()), |row| row.get(0))?;
    Ok(u64::try_from(counted).unwrap_or(0))
}

/// Forgets the oldest of each owner that has more than `most`, at most [`FORGET_MAX`] at once; how many.
pub fn forget_surplus(tx: &mut Tx<'_>, most: usize) -> Result<usize, Fault> {
    let owner = |row: &Row<'_>| Ok((row.get::<String>(0)?, row.get::<i64>(1)?));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut forgotten = 0;
    for (owner, rows) in tx.query(&OWNERS, params![OWNERS_MAX], owner)? {
        let surplus = (rows - most).min(i64::try_from(FORGET_MAX - forgotten).unwrap_or(0));
        if surplus > 0 {
            forgotten += tx.query(&FORGET_OLDEST, params![&owner, surplus], |_| Ok(()))?.len();
        }
    }
    Ok(forgotten)
}

/// Forgets those from before `before`, at most [`FORGET_MAX`] at once; how many.
pub fn forget(tx: &mut Tx<'_>, before: Timestamp) -> Result<usize, Fault> {
    let most = i64::try_from(FORGET_MAX).unwrap_or(0);
    Ok(tx.query(&FORGET, params![before, most], |_| Ok(()))?.len())
}

/// The owner, `$1`, and the filter, `$2` to `$6`: what is not asked for lets everything through.
fn asked<'a>(owner: &'a str, filter: &'a Filter, words: Option<&'a str>) -> [Value<'a>; 6] {
    let class = filter.class.map(i64::from);
    [
        owner.into(),
        class.map_or(0, |class| class * 100).into(),
        class.map_or(1_000, |class| (class + 1) * 100).into(),
        filter.code.as_deref().into(),
        filter.since.unwrap_or(Timestamp::EPOCH).into(),
        words.into(),
    ]
}

fn kept(row: &Row<'_>) -> Result<Kept, Fault> {
    let environment: String = row.get(0)?;
    let about = About {
        environment: if environment.is_empty() { None } else { Some(row.parse(0)?) },
        key: row.parse_opt(10)?,
        run: row.parse_opt(11)?,
        user: row.get(12)?,
    };
    let refused = Refused {
        request: row.parse(2)?,
        at: row.get(3)?,
        method: row.get(4)?,
        path: row.get(5)?,
        status: u16::try_from(row.get::<i64>(6)?).unwrap_or(0),
        code: row.get(7)?,
        message: row.get(8)?,
        details: serde_json::from_str(&row.get::<String>(13)?).unwrap_or_default(),
        elapsed: Duration::from_micros(u64::try_from(row.get::<i64>(9)?).unwrap_or(0)),
        about,
    };
    Ok(Kept { id: row.parse(1)?, refused })
}
