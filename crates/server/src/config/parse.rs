//! From the text of a setting to its type. A complaint says what would have been good, and never repeats a
//! secret.

use crate::log;
use base64::{Engine, engine::general_purpose::STANDARD};
use ipnet::IpNet;
use kernel::Secret;
use model::{email::Email, webhook::retry::Schedule};
use outbound::smtp::{Server, ServerFault};
use std::{
    io::IsTerminal,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};
use url::Url;

type Parsed<T> = Result<T, String>;

/// Where a store lives. One form each today; the scheme leaves room for the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreUrl(PathBuf);

impl StoreUrl {
    /// Relative to the data directory, unless it is absolute.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}

impl LogFormat {
    /// Whether lines are for people.
    pub fn is_text(self) -> bool {
        match self {
            Self::Auto => std::io::stderr().is_terminal(),
            Self::Text => true,
            Self::Json => false,
        }
    }
}

pub(super) fn path(text: &str) -> Parsed<PathBuf> {
    if text.is_empty() { Err("must name a directory".to_owned()) } else { Ok(PathBuf::from(text)) }
}

pub(super) fn optional_path(text: &str) -> Parsed<Option<PathBuf>> {
    Ok(if text.is_empty() { None } else { Some(PathBuf::from(text)) })
}

pub(super) fn listen(text: &str) -> Parsed<SocketAddr> {
    text.parse().map_err(|_| format!("{text:?} is not an address with a port, such as 127.0.0.1:7700"))
}

pub(super) fn public_url(text: &str) -> Parsed<Option<Url>> {
    if text.is_empty() {
        return Ok(None);
    }
    let complaint =
        || format!("{text:?} is not an http or https address without query, such as https://example.com");
    let url = Url::parse(text).map_err(|_| complaint())?;
    let good = matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
    if good && url.path() == "/" { Ok(Some(url)) } else { Err(complaint()) }
}

pub(super) fn master_key(text: &str) -> Parsed<Option<Secret<[u8; 32]>>> {
    if text.is_empty() {
        return Ok(None);
    }
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes
        .map(|bytes| Some(Secret::new(bytes)))
        .ok_or_else(|| "must be 32 bytes in standard base64".to_owned())
}

pub(super) fn database_url(text: &str) -> Parsed<StoreUrl> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Err(
            "PostgreSQL is not offered yet, use sqlite: and a file; with a journal in files it would serve \
                    one process all the same"
                .to_owned(),
        );
    }
    store_url(text, "sqlite:", "a state database is a file here: sqlite:state.db")
}

pub(super) fn journal_url(text: &str) -> Parsed<StoreUrl> {
    if text.starts_with("nats://") || text.starts_with("tls://") {
        return Err("NATS JetStream is not offered yet, use file: and a directory".to_owned());
    }
    store_url(text, "file:", "a journal is a directory here: file:journal")
}

pub(super) fn lake_url(text: &str) -> Parsed<StoreUrl> {
    if text.starts_with("clickhouse://") || text.starts_with("http://") || text.starts_with("https://") {
        return Err("ClickHouse is not offered yet, use file: and a directory".to_owned());
    }
    store_url(text, "file:", "a lake is a directory here: file:lake")
}

/// `scheme:path` and `scheme://path` mean the same.
fn store_url(text: &str, scheme: &str, complaint: &str) -> Parsed<StoreUrl> {
    let rest = text.strip_prefix(scheme).ok_or_else(|| complaint.to_owned())?;
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() { Err(complaint.to_owned()) } else { Ok(StoreUrl(PathBuf::from(path))) }
}

pub(super) fn networks(text: &str) -> Parsed<Vec<IpNet>> {
    let network = |part: &str| {
        let address = || part.parse::<IpAddr>().map(IpNet::from).ok();
        part.parse::<IpNet>()
            .ok()
            .or_else(address)
            .ok_or_else(|| format!("{part:?} is not a network such as 10.0.0.0/8"))
    };
    parts(text).map(network).collect()
}

pub(super) fn schedule(text: &str) -> Parsed<Schedule> {
    text.parse().map_err(|fault: model::webhook::retry::ScheduleFault| fault.to_string())
}

pub(super) fn smtp_url(text: &str) -> Parsed<Option<Server>> {
    if text.is_empty() {
        Ok(None)
    } else {
        text.parse().map(Some).map_err(|fault: ServerFault| fault.to_string())
    }
}

pub(super) fn email(text: &str) -> Parsed<Option<Email>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| format!("{text:?} is not an e-mail address such as hello@example.com"))
}

pub(super) fn span(text: &str) -> Parsed<Duration> {
    let complaint = || format!("{text:?} is not a time span such as 500ms, 10s or 2m");
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| complaint())?;
    let span = match unit.trim() {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.saturating_mul(60)),
        _ => return Err(complaint()),
    };
    if span.is_zero() || span > Duration::from_secs(3_600) {
        return Err("must be more than nothing and at most 60m".to_owned());
    }
    Ok(span)
}

pub(super) fn count(text: &str) -> Parsed<usize> {
    match text.parse() {
        Ok(count @ 1..=1_000_000) => Ok(count),
        _ => Err(format!("{text:?} is not a number from 1 to 1000000")),
    }
}

pub(super) fn words(text: &str) -> Parsed<String> {
    if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

pub(super) fn log_filter(text: &str) -> Parsed<String> {
    if !text.is_empty() && log::is_filter(text) {
        return Ok(text.to_owned());
    }
    Err(format!("{text:?} is not a level or a list such as info,sql=debug"))
}

pub(super) fn log_format(text: &str) -> Parsed<LogFormat> {
    match text {
        "auto" => Ok(LogFormat::Auto),
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("{text:?} is not one of auto, text, json")),
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}
