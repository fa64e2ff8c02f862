//! The guarded client.

use crate::{
    BoxFuture, Http, OwnListeners, Policy, RESPONSE_HEADERS_BYTES_MAX, Refusal, Request, Response, SendFault,
    resolver::{LookupFault, Resolver},
};
use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::{
    collections::HashMap,
    error::Error,
    sync::{Arc, Mutex},
    time::Duration,
};
use url::Url;

/// How long name lookup, connecting and the TLS handshake may take together.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an idle connection is kept for the next request to the same host.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// How many idle connections are kept for each host.
const IDLE_CONNECTIONS_MAX: usize = 64;

const USER_AGENT: &str = concat!("thrivestack/", env!("CARGO_PKG_VERSION"));

/// A pool of connections serves one policy alone, so that no request uses a connection that a more
/// generous policy has opened. A port of ours has its own pool as well: the lookup is not told the port,
/// and only there it matters.
type PoolKey = (Policy, Option<u16>);

/// Sends for real. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client {
    own: OwnListeners,
    pools: Arc<Mutex<HashMap<PoolKey, reqwest::Client>>>,
}

impl Client {
    /// `own` may still grow after this call.
    pub fn new(own: OwnListeners) -> Self {
        Self { own, pools: Arc::default() }
    }

    async fn exchange(&self, request: Request) -> Result<Response, SendFault> {
        let port = request.policy.check_url(&request.url, &self.own)?;
        let headers = header_map(&request.headers)?;
        let own_port = self.own.uses_port(port).then_some(port);
        let limit = request.timeout;
        let sent = self
            .pool((request.policy, own_port))?
            .post(request.url)
            .headers(headers)
            .body(request.body)
            .timeout(limit)
            .send()
            .await;
        let mut answer = sent.map_err(|error| classify(error, limit))?;
        let (body, truncated) = read_capped(&mut answer, request.response_cap_bytes)
            .await
            .map_err(|error| classify(error, limit))?;
        Ok(Response {
            status: answer.status().as_u16(),
            headers: kept_headers(answer.headers()),
            body,
            truncated,
        })
    }

    /// Whether a destination can be reached, by the rules of its policy: resolves, connects, for https verifies the
    /// certificate, and asks with HEAD, which changes nothing there (RFC 9110, section 9.3.2). Any status is an answer.
    pub async fn look(&self, url: Url, policy: Policy, limit: Duration) -> Result<u16, SendFault> {
        let port = policy.check_url(&url, &self.own)?;
        let own_port = self.own.uses_port(port).then_some(port);
        let asked = self.pool((policy, own_port))?.head(url).timeout(limit).send().await;
        asked.map(|answer| answer.status().as_u16()).map_err(|error| classify(error, limit))
    }

    /// The pool is made when it is first needed: loading the trusted roots costs a few milliseconds.
    fn pool(&self, key: PoolKey) -> Result<reqwest::Client, SendFault> {
        let mut pools = self.pools.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(pool) = pools.get(&key) {
            return Ok(pool.clone());
        }
        let pool = build(key, self.own.clone()).map_err(|error| SendFault::Setup { source: error.into() })?;
        pools.insert(key, pool.clone());
        Ok(pool)
    }
}

impl Http for Client {
    fn send<'a>(&'a self, request: Request) -> BoxFuture<'a, Result<Response, SendFault>> {
        self.exchange(request).boxed()
    }
}

fn build((policy, own_port): PoolKey, own: OwnListeners) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .dns_resolver(Arc::new(Resolver { policy, own, own_port }))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .http1_only()
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .build()
}

fn header_map(headers: &[(String, String)]) -> Result<HeaderMap, SendFault> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let fault = || SendFault::Header { name: name.clone() };
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| fault())?;
        map.append(key, HeaderValue::from_str(value).map_err(|_| fault())?);
    }
    Ok(map)
}

/// Reads until the end or the cap, whichever comes first; the rest is never read.
async fn read_capped(answer: &mut reqwest::Response, cap_bytes: usize) -> reqwest::Result<(Bytes, bool)> {
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await? {
        let room = cap_bytes - body.len();
        if chunk.len() > room {
            body.extend_from_slice(&chunk[..room]);
            return Ok((body.freeze(), true));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body.freeze(), false))
}

fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut room = RESPONSE_HEADERS_BYTES_MAX;
    let mut kept = Vec::new();
    for (name, value) in headers {
        let Some(left) = room.checked_sub(name.as_str().len() + value.len()) else { break };
        room = left;
        kept.push((name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    }
    kept
}

/// The client wraps what our resolver said; the innermost cause that is ours decides.
fn classify(error: reqwest::Error, limit: Duration) -> SendFault {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(current) = cause {
        if let Some(refusal) = current.downcast_ref::<Refusal>() {
            return SendFault::Refused(refusal.clone());
        }
        if let Some(lookup) = current.downcast_ref::<LookupFault>() {
            return SendFault::Resolve { host: lookup.host.clone(), source: error.without_url().into() };
        }
        cause = current.source();
    }
    let error = error.without_url();
    if error.is_timeout() {
        let connecting = error.is_connect();
        let limit = if connecting { limit.min(CONNECT_TIMEOUT) } else { limit };
        return SendFault::Timeout { limit, connecting };
    }
    if error.is_connect() {
        return SendFault::of_connecting(error.into());
    }
    if is_no_http(&error) {
        return SendFault::NotHttp { source: error.into() };
    }
    SendFault::Broken { source: error.into() }
}

fn is_no_http(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if current.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            return true;
        }
        cause = current.source();
    }
    false
}
