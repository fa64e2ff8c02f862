//! What a new key holds and where a key stands.

use super::*;
use kernel::EnvironmentId;
use testkit::SeededRng;

const NOW: Timestamp = Timestamp::from_seconds(1_767_323_045);
const DAY: Duration = Duration::from_secs(86_400);

fn env() -> Env {
    Env::vouched(EnvironmentId::from_uuid(Default::default()))
}

fn new_key(kind: KeyKind) -> NewKey {
    NewKey {
        name: Name::new("ci").unwrap(),
        kind,
        scopes: vec![Scope::RevenueApis, Scope::TelemetryApis, Scope::RevenueApis],
        expires_at: Some(NOW.plus(DAY)),
        rotate_days: Some(30),
    }
}

fn made(kind: KeyKind) -> Created {
    opaque(env(), new_key(kind), &SeededRng::new(1), NOW).unwrap()
}

#[test]
fn an_opaque_key_is_32_bytes_of_which_only_the_hash_stays() {
    let Created { key, secret } = made(KeyKind::Private);
    assert_eq!(secret.expose().len(), 44);
    assert_eq!(STANDARD.decode(secret.expose()).unwrap().len(), 32);
    let Proof::Opaque { hash: stored, hint } = &key.proof else { panic!("opaque") };
    assert_eq!(*stored, sha256(secret.expose()));
    assert_eq!(hint.len(), HINT_CHARS);
    assert!(secret.expose().trim_end_matches('=').ends_with(hint.as_str()));
    assert!(!format!("{key:?}").contains(secret.expose().as_str()));
}

#[test]
fn scopes_are_kept_once_and_a_project_key_has_telemetry_alone() {
    assert_eq!(made(KeyKind::Private).key.scopes, [Scope::TelemetryApis, Scope::RevenueApis]);
    assert_eq!(made(KeyKind::Project).key.scopes, [Scope::TelemetryApis]);
    let none = NewKey { scopes: Vec::new(), ..new_key(KeyKind::Private) };
    assert!(matches!(opaque(env(), none, &SeededRng::new(1), NOW), Err(KeyFault::NoScopes)));
}

#[test]
fn the_private_half_is_given_once_and_not_kept() {
    let pair = PrivateKey::generate().unwrap();
    let Created { key, secret } = rsa(env(), new_key(KeyKind::Rsa), &pair, &SeededRng::new(1), NOW).unwrap();
    assert!(secret.expose().starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
    let expected = Proof::Rsa {
        public_key: pair.public().der().to_vec(),
        thumbprint: pair.public().thumbprint().to_owned(),
    };
    assert_eq!(key.proof, expected);
}

#[test]
fn a_key_is_active_until_it_expires_or_is_revoked() {
    let key = made(KeyKind::Private).key;
    assert_eq!(status(&key, NOW), Status::Active);
    assert_eq!(status(&key, NOW.plus(DAY)), Status::Expired);
    let revoked = ApiKey { revoked_at: Some(NOW), ..key.clone() };
    assert_eq!(status(&revoked, NOW), Status::Revoked);
    assert_eq!(rotate_by(&key), Some(NOW.plus(30 * DAY)));
    assert_eq!(rotate_by(&ApiKey { rotate_days: None, ..key }), None);
}
