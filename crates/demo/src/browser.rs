//! As much of a browser as a signup needs: cookies per origin, forms, and redirects that one can watch.

use crate::client::{ClientFault, http_client};
use reqwest::{
    RequestBuilder, StatusCode,
    header::{COOKIE, LOCATION, SET_COOKIE},
};
use std::collections::{BTreeMap, HashMap};
use url::Url;

/// An answer, redirects not yet followed.
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    /// Where the answer leads, for a redirect.
    pub(crate) location: Option<Url>,
    pub(crate) body: String,
}

/// The page could not be fetched.
#[derive(Debug, thiserror::Error)]
#[error("{url} cannot be fetched")]
pub struct BrowserFault {
    url: String,
    source: reqwest::Error,
}

pub(crate) struct Browser {
    http: reqwest::Client,
    /// origin → name → value
    cookies: HashMap<String, BTreeMap<String, String>>,
}

impl Browser {
    pub(crate) fn new() -> Result<Self, ClientFault> {
        Ok(Self { http: http_client()?, cookies: HashMap::new() })
    }

    pub(crate) async fn get(&mut self, url: &Url) -> Result<Page, BrowserFault> {
        let request = self.http.get(url.clone());
        self.send(url, request).await
    }

    pub(crate) async fn submit(&mut self, url: &Url, fields: &[(&str, &str)]) -> Result<Page, BrowserFault> {
        let origin = url.origin().ascii_serialization();
        let request = self.http.post(url.clone()).header("origin", origin).form(fields);
        self.send(url, request).await
    }

    async fn send(&mut self, url: &Url, request: RequestBuilder) -> Result<Page, BrowserFault> {
        let fault =
            |source: reqwest::Error| BrowserFault { url: without_query(url), source: source.without_url() };
        let origin = url.origin().ascii_serialization();
        let mut request = request.header("accept", "text/html");
        if let Some(jar) = self.cookies.get(&origin).filter(|jar| !jar.is_empty()) {
            let line: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, line.join("; "));
        }
        let response = request.send().await.map_err(fault)?;
        let jar = self.cookies.entry(origin).or_default();
        for line in response.headers().get_all(SET_COOKIE) {
            let pair = line
                .to_str()
                .ok()
                .and_then(|line| line.split(';').next())
                .and_then(|pair| pair.split_once('='));
            if let Some((name, value)) = pair {
                jar.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        let status = response.status();
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let location = location.and_then(|value| url.join(value).ok());
        let body = response.text().await.map_err(fault)?;
        Ok(Page { url: url.clone(), status, location, body })
    }
}

/// Query strings carry one-time codes, which no message needs.
pub(crate) fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}
