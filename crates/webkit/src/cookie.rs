//! The cookies of a browser that signs in: names, flags, reading and writing. What a token means, the use cases know.

use http::{HeaderMap, HeaderValue, header};
use kernel::Secret;
use std::time::Duration;

/// A token longer than this is none of ours.
const VALUE_BYTES_MAX: usize = 128;

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// Who is signed in.
    Session,
    /// A browser that is not signed in yet: binds its sign-in form to it.
    Visit,
}

/// Names and values of all cookies that the browser sent.
pub fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

/// How cookies are written here. Over https they are `__Host-` cookies (RFC 6265bis, 4.1.3.2): secure, of this host
/// alone, for every path. Over plain http, on one's own machine, a browser would refuse those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cookies {
    secure: bool,
}

impl Cookies {
    /// For an origin that browsers reach by https, or not.
    pub const fn new(secure: bool) -> Self {
        Self { secure }
    }

    /// The cookie's value, if the browser sent one that could be ours.
    pub fn read(self, headers: &HeaderMap, cookie: Cookie) -> Option<Secret<String>> {
        let name = self.name(cookie);
        let (_, value) = pairs(headers).find(|(known, _)| *known == name)?;
        let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        (plain && !value.is_empty() && value.len() <= VALUE_BYTES_MAX).then(|| Secret::new(value.to_owned()))
    }

    /// The `Set-Cookie` that gives it. Without a life it ends with the browser.
    pub fn give(self, cookie: Cookie, token: &Secret<String>, life: Option<Duration>) -> HeaderValue {
        self.line(self.name(cookie), token.expose(), "/", life)
    }

    /// The `Set-Cookie` that takes it away.
    pub fn take(self, cookie: Cookie) -> HeaderValue {
        self.line(self.name(cookie), "", "/", Some(Duration::ZERO))
    }

    /// The `Set-Cookie` of something that is no secret, for the pages under `path`.
    pub fn remember(self, name: &str, value: &str, path: &str, life: Duration) -> HeaderValue {
        let mut line = self.line(name, value, path, Some(life));
        line.set_sensitive(false);
        line
    }

    fn line(self, name: &str, value: &str, path: &str, life: Option<Duration>) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let life = life.map(|life| format!("; Max-Age={}", life.as_secs())).unwrap_or_default();
        let text = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}{life}");
        let mut line = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
        line.set_sensitive(true);
        line
    }

    const fn name(self, cookie: Cookie) -> &'static str {
        match (cookie, self.secure) {
            (Cookie::Session, true) => "__Host-thrivestack",
            (Cookie::Session, false) => "thrivestack",
            (Cookie::Visit, true) => "__Host-thrivestack-visit",
            (Cookie::Visit, false) => "thrivestack-visit",
        }
    }
}
