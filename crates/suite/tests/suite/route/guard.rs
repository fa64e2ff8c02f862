//! What every answer carries so that a browser does nothing with it that we did not mean. The tables of routes are whole
//! and each of their answers comes by here.

use crate::suite::house::Answer;
use regex::Regex;
use std::sync::LazyLock;

/// Of a page, beside what every answer has.
const PAGE: (&str, &str) = ("cross-origin-opener-policy", "same-origin");

static LOADS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"<(?:script|style|link [^>]*rel="stylesheet")[^>]*>"#).unwrap());
/// Script without a file, and style or behaviour in an attribute.
static INLINE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"<style|<script[^>]*>[^<]|<[^>]*\s(?:style|on[a-z]+)="#).unwrap());

/// In words; nothing when all is there.
pub(super) fn missing(answer: &Answer) -> Vec<String> {
    lacking(answer, "frame-ancestors 'none'", "DENY")
}

/// The same of a page that stands in a frame of one of ours.
pub(super) fn missing_in_a_frame(answer: &Answer) -> Vec<String> {
    lacking(answer, "frame-ancestors 'self'", "SAMEORIGIN")
}

/// What a mail lacks that stands in a frame. It brings its style, as mails do, and is cut off from everything instead.
pub(super) fn missing_in_a_mail(answer: &Answer) -> Vec<String> {
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    let mut missing = Vec::new();
    for wanted in ["default-src 'none'", "frame-ancestors 'self'", "sandbox"] {
        if !policy.split(';').any(|directive| directive.trim() == wanted) {
            missing.push(format!("its policy is without {wanted}"));
        }
    }
    for opened in ["script-src", "connect-src", "http:", "https:", "*"] {
        if policy.contains(opened) {
            missing.push(format!("its policy has {opened}"));
        }
    }
    if answer.headers["x-content-type-options"] != "nosniff" || answer.headers["cache-control"] != "no-store"
    {
        missing.push("its media type may be guessed, or it may be kept".to_owned());
    }
    missing
}

fn lacking(answer: &Answer, frame: &str, option: &str) -> Vec<String> {
    let header = |name: &str| answer.headers.get(name).map_or("", |value| value.to_str().unwrap());
    let mut missing = Vec::new();
    let mut expect = |good: bool, what: &str| {
        if !good {
            missing.push(what.to_owned());
        }
    };
    let policy = header("content-security-policy");
    expect(header("x-content-type-options") == "nosniff", "its media type may be guessed");
    expect(!header("cache-control").is_empty(), "nobody says how long it may be kept");
    expect(!header("x-request-id").is_empty(), "it has no request id");
    expect(policy.contains("default-src 'none'"), "its policy does not begin with nothing");
    expect(policy.contains(frame), "it may stand in a stranger's frame");
    expect(!policy.contains("unsafe") && !policy.contains('*'), "its policy is loose");
    if !header("content-type").starts_with("text/html") {
        return missing;
    }
    for (name, value) in [PAGE, ("x-frame-options", option)] {
        expect(header(name) == value, name);
    }
    expect(["same-origin", "no-referrer"].contains(&header("referrer-policy")), "its address leaks");
    let html = String::from_utf8_lossy(&answer.body);
    let nonce =
        policy.split("script-src 'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("");
    expect(nonce.len() >= 22, "its nonce has less than 128 bits");
    expect(policy.contains(&format!("style-src 'nonce-{nonce}'")), "its styles have another nonce");
    let carried = format!("nonce=\"{nonce}\"");
    for tag in LOADS.find_iter(&html) {
        expect(tag.as_str().contains(&carried), &format!("no nonce on {}", tag.as_str()));
    }
    for inline in INLINE.find_iter(&html) {
        expect(false, &format!("inline: {}", inline.as_str()));
    }
    missing
}
