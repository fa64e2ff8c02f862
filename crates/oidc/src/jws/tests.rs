//! Every forgery that RFC 8725 warns of, against the two steps of reading.

use super::*;
use aws_lc_rs::hmac;
use serde_json::{Value, json};
use std::sync::LazyLock;

static KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().unwrap());
static OTHER: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().unwrap());

const NOW: i64 = 1_725_014_097;
const EXPECT: Expect<'static> =
    Expect { issuer: "ThriveStack", now: Timestamp::from_seconds(NOW), leeway: Duration::ZERO };

fn claims() -> Value {
    json!({"aud": "telemetry_apis", "exp": NOW + 1, "jti": "j", "iat": NOW, "iss": "ThriveStack"})
}

fn read(text: &str) -> Result<Value, TokenFault> {
    let token = Token::parse(text, "JWT")?;
    token.verify(KEY.public(), &EXPECT).map(|(_, claims)| claims)
}

/// A token with any header, its signature made by `signer` over header and payload.
fn forge(header: &Value, signer: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", encode(header).unwrap(), encode(&claims()).unwrap());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signer(signed.as_bytes())))
}

fn signed_claims(claims: &Value) -> String {
    sign(&KEY, "JWT", Some("key-1"), claims).unwrap()
}

#[test]
fn a_signed_token_is_read_with_its_header() {
    let text = signed_claims(&claims());
    let token = Token::parse(&text, "JWT").unwrap();
    assert_eq!(token.kid(), KEY.public().thumbprint());
    let (header, read): (_, Value) = token.verify(KEY.public(), &EXPECT).unwrap();
    assert_eq!((header.id.as_deref(), read), (Some("key-1"), claims()));
}

#[test]
fn unsigned_tokens_are_refused() {
    let kid = KEY.public().thumbprint();
    for alg in ["none", "None", "NONE", ""] {
        let text = forge(&json!({"alg": alg, "typ": "JWT", "kid": kid}), |_| Vec::new());
        assert_eq!(read(&text), Err(TokenFault::Algorithm), "{alg}");
    }
    let text = forge(&json!({"alg": "RS256", "typ": "JWT", "kid": kid}), |_| Vec::new());
    assert_eq!(read(&text), Err(TokenFault::Signature));
}

#[test]
fn the_public_key_is_no_hmac_secret() {
    let header = json!({"alg": "HS256", "typ": "JWT", "kid": KEY.public().thumbprint()});
    let mac = |message: &[u8]| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.public().der());
        hmac::sign(&key, message).as_ref().to_vec()
    };
    assert_eq!(read(&forge(&header, mac)), Err(TokenFault::Algorithm));
    let renamed = json!({"alg": "RS256", "typ": "JWT", "kid": KEY.public().thumbprint()});
    assert_eq!(read(&forge(&renamed, mac)), Err(TokenFault::Signature));
}

#[test]
fn a_foreign_key_is_refused_under_its_own_and_under_a_borrowed_name() {
    let own = sign(&OTHER, "JWT", None, &claims()).unwrap();
    assert_eq!(read(&own), Err(TokenFault::Signature));
    let borrowed = json!({"alg": "RS256", "typ": "JWT", "kid": KEY.public().thumbprint()});
    assert_eq!(read(&forge(&borrowed, |message| OTHER.sign(message).unwrap())), Err(TokenFault::Signature));
}

#[test]
fn a_key_inside_the_header_is_not_believed() {
    let header = json!({
        "alg": "RS256", "typ": "JWT", "kid": KEY.public().thumbprint(), "jwk": OTHER.public().jwk()
    });
    assert_eq!(read(&forge(&header, |message| OTHER.sign(message).unwrap())), Err(TokenFault::Signature));
}

#[test]
fn extensions_that_must_be_understood_are_refused() {
    let header = json!({
        "alg": "RS256", "typ": "JWT", "kid": KEY.public().thumbprint(), "crit": ["b64"], "b64": false
    });
    assert_eq!(read(&forge(&header, |message| KEY.sign(message).unwrap())), Err(TokenFault::Malformed));
}

#[test]
fn a_token_of_another_type_is_refused() {
    let session = sign(&KEY, "session+jwt", None, &claims()).unwrap();
    assert_eq!(read(&session), Err(TokenFault::Type));
}

#[test]
fn a_changed_claim_breaks_the_signature() {
    let text = signed_claims(&claims());
    let mut wider = claims();
    wider["aud"] = json!("workflow_trigger_api");
    let parts: Vec<&str> = text.split('.').collect();
    let forged = format!("{}.{}.{}", parts[0], encode(&wider).unwrap(), parts[2]);
    assert_eq!(read(&forged), Err(TokenFault::Signature));
}

#[test]
fn times_and_issuer_are_judged() {
    let cases = [
        ("exp", json!(NOW), TokenFault::Expired),
        ("exp", json!(0), TokenFault::Expired),
        ("exp", json!("never"), TokenFault::Claims),
        ("exp", Value::Null, TokenFault::Claims),
        ("iat", json!(NOW + 1), TokenFault::Early),
        ("nbf", json!(NOW + 1), TokenFault::Early),
        ("iss", json!("somebody"), TokenFault::Issuer),
    ];
    for (name, value, fault) in cases {
        let mut changed = claims();
        changed[name] = value;
        assert_eq!(read(&signed_claims(&changed)), Err(fault), "{name}");
    }
}

#[test]
fn leeway_moves_both_ends() {
    let mut late = claims();
    late["exp"] = json!(NOW - 9);
    let expect = Expect { leeway: Duration::from_secs(10), ..EXPECT };
    let text = signed_claims(&late);
    let verified = Token::parse(&text, "JWT").unwrap().verify::<Value>(KEY.public(), &expect);
    assert!(verified.is_ok());
}

#[test]
fn broken_forms_are_refused() {
    let good = signed_claims(&claims());
    let cases = [
        String::new(),
        "a".to_owned(),
        "a.b".to_owned(),
        "..".to_owned(),
        format!("{good}.x"),
        format!("{good}="),
        format!(" {good}"),
        good.replacen('.', ".\n", 1),
        format!("{}.{}", "A".repeat(TEXT_BYTES_MAX), good),
    ];
    for text in cases {
        assert!(read(&text).is_err(), "{text:.40}");
    }
}

#[test]
fn a_header_that_says_the_same_thing_twice_is_refused() {
    let twice = r#"{"alg":"none","alg":"RS256","typ":"JWT","kid":"k"}"#;
    let text = format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(twice));
    assert_eq!(read(&text), Err(TokenFault::Malformed));
}
