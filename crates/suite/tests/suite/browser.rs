//! A browser of an operator: keeps cookies, sends forms with the token of the page they stand on.

use super::house::{Answer, House};
use axum::body::Body;
use http::{Method, Request};
use std::collections::BTreeMap;
use url::form_urlencoded::Serializer;

pub const PASSWORD: &str = "correct horse battery";
pub const EMAIL: &str = "owner@acme.test";

#[derive(Default)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
    /// The token of the last form that was seen.
    pub csrf: String,
    /// Headers that every request carries.
    pub headers: Vec<(&'static str, String)>,
}

impl Browser {
    /// One that came in by the link of `init` and set the password.
    pub async fn signed_in(house: &House) -> Self {
        let mut browser = Self::default();
        let link = link_of(house);
        browser.get(house, &format!("/console/setup?link={link}")).await;
        let answer = browser.post(house, "/console/setup", &[("link", &link), ("password", PASSWORD)]).await;
        assert_eq!((answer.status.as_u16(), to(&answer)), (303, "/console"), "{}", text(&answer));
        // A page with the session's own token.
        browser.get(house, "/console/dev").await;
        browser
    }

    pub async fn get(&mut self, house: &House, path: &str) -> Answer {
        let request = self.request(Method::GET, path).body(Body::empty()).unwrap();
        self.send(house, request).await
    }

    /// Posts a form with the token of the page seen last.
    pub async fn post(&mut self, house: &House, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.post_bare(house, path, &all).await
    }

    /// Posts exactly these fields.
    pub async fn post_bare(&mut self, house: &House, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        self.send(house, request).await
    }

    pub fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(path).header("host", "hosted.test");
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request
    }

    pub async fn send(&mut self, house: &House, request: Request<Body>) -> Answer {
        let answer = house.send(request).await;
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some((_, after)) = text(&answer).split_once("name=\"csrf\" value=\"") {
            self.csrf = after.split('"').next().unwrap().to_owned();
        }
        answer
    }
}

/// The token of the operator's link from `init`.
pub fn link_of(house: &House) -> String {
    let url = house.start.operator.setup_url.expose();
    url.split_once("link=").unwrap().1.to_owned()
}

pub fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// Where the answer leads; empty when nowhere.
pub fn to(answer: &Answer) -> &str {
    answer.headers.get("location").map_or("", |location| location.to_str().unwrap())
}
