//! Passwords: what is accepted, and hashing on a small pool so that sign-ins never starve the rest.
//!
//! Argon2id with 19 MiB, two passes and one lane (the OWASP floor).

use crate::pool::{self, Pool, PoolFault};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::{PasswordHash, SaltString},
};
use kernel::{Category, Rng, Secret};

/// Callers that may wait for one of the hashes that run.
const WAITING_MAX: usize = 16;

/// Verified instead of nothing when the address is unknown, so that both answers cost the same.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$3vB0mGq0zZ1rXn2mT8l4qQm5n3f0Wc7uYb9d1eHk2aA";

/// What people choose first; the length rule already stops most of such lists.
const COMMON: [&str; 12] = [
    "password1234",
    "passwordpassword",
    "123456789012",
    "1234567890123",
    "12345678901234",
    "qwertyuiop12",
    "qwertyuiopasdf",
    "iloveyou1234",
    "administrator",
    "letmeinletmein",
    "changeme1234",
    "thrivestack123",
];

/// Why a new password was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRule {
    #[error("use at least {} characters", NewPassword::CHARS_MIN)]
    TooShort,
    #[error("use at most {} characters", NewPassword::CHARS_MAX)]
    TooLong,
    #[error("this is one of the first passwords that anybody would try")]
    Common,
    #[error("do not build it from your address")]
    LikeAddress,
}

/// A new password that keeps the rules: long enough, not common, not the address (NIST SP 800-63B, 5.1.1.2).
#[derive(Debug, Clone)]
pub struct NewPassword(Secret<String>);

impl NewPassword {
    pub const CHARS_MIN: usize = 12;
    pub const CHARS_MAX: usize = 128;

    pub fn new(text: &str, email: &str) -> Result<Self, PasswordRule> {
        let length = text.chars().count();
        if length < Self::CHARS_MIN {
            return Err(PasswordRule::TooShort);
        }
        if length > Self::CHARS_MAX {
            return Err(PasswordRule::TooLong);
        }
        let plain = text.to_lowercase();
        let one_letter = plain.chars().all(|c| plain.starts_with(c));
        if one_letter || COMMON.contains(&plain.as_str()) {
            return Err(PasswordRule::Common);
        }
        if plain == email.to_lowercase() {
            return Err(PasswordRule::LikeAddress);
        }
        Ok(Self(Secret::new(text.to_owned())))
    }
}

/// Hashing did not happen.
#[derive(Debug, thiserror::Error)]
pub enum HashFault {
    #[error(transparent)]
    Pool(#[from] PoolFault),
    #[error("hash a password: {0}")]
    Argon(argon2::password_hash::Error),
}

impl HashFault {
    pub const fn category(&self) -> Category {
        match self {
            Self::Pool(fault) => fault.category(),
            Self::Argon(_) => Category::Fault,
        }
    }
}

/// The pool. One for the process, held by the services.
#[derive(Debug)]
pub struct Passwords(Pool);

impl Default for Passwords {
    fn default() -> Self {
        Self(Pool::new(pool::EACH_CORE, WAITING_MAX))
    }
}

impl Passwords {
    /// Waits for a turn, at most two seconds, and only where there is a place to wait in.
    pub async fn turn(&self) -> Result<Turn, PoolFault> {
        self.0.turn().await.map(Turn)
    }
}

/// The right to hash once.
#[derive(Debug)]
pub struct Turn(pool::Turn);

impl Turn {
    /// The PHC string of a new password, with a salt of its own.
    pub async fn hash(self, password: NewPassword, rng: &dyn Rng) -> Result<String, HashFault> {
        let mut salt = [0; 16];
        rng.fill(&mut salt);
        let hashed = self.0.run(move || {
            let salt = SaltString::encode_b64(&salt)?;
            argon().hash_password(password.0.expose().as_bytes(), &salt).map(|phc| phc.to_string())
        });
        hashed.await?.map_err(HashFault::Argon)
    }

    /// Whether `password` belongs to `phc`. Without one it takes as long and answers no.
    pub async fn verify(self, password: Secret<String>, phc: Option<String>) -> Result<bool, HashFault> {
        let verified = self.0.run(move || {
            let known = phc.is_some();
            let phc = phc.unwrap_or_else(|| NOBODY.to_owned());
            let parsed = PasswordHash::new(&phc)?;
            // A longer text cannot be anybody's password; hashing it would cost more than the others.
            let bytes = password.expose().as_bytes();
            let bytes = bytes.get(..NewPassword::CHARS_MAX * 4).unwrap_or(bytes);
            Ok(argon().verify_password(bytes, &parsed).is_ok() && known)
        });
        verified.await?.map_err(HashFault::Argon)
    }
}

fn argon() -> Argon2<'static> {
    let params = Params::new(19 * 1_024, 2, 1, None).expect("these parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Rng for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn a_password_must_be_long_and_not_the_first_guess() {
        let new = |text: &str| NewPassword::new(text, "Ada@acme.test").map(|_| ()).err();
        assert_eq!(new("eleven char"), Some(PasswordRule::TooShort));
        assert_eq!(new(&"ä".repeat(129)), Some(PasswordRule::TooLong));
        assert_eq!(new("aaaaaaaaaaaaaa"), Some(PasswordRule::Common));
        assert_eq!(new("PasswordPassword"), Some(PasswordRule::Common));
        assert_eq!(new("ada@ACME.test"), Some(PasswordRule::LikeAddress));
        assert_eq!(new("twelve chars and more"), None);
    }

    #[tokio::test]
    async fn a_hash_verifies_its_password_alone() {
        let pool = Passwords::default();
        let password = NewPassword::new("correct horse battery", "a@b.c").unwrap();
        let phc = pool.turn().await.unwrap().hash(password, &Fixed).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        for (text, good) in [("correct horse battery", true), ("correct horse batterx", false)] {
            let turn = pool.turn().await.unwrap();
            assert_eq!(turn.verify(Secret::new(text.into()), Some(phc.clone())).await.unwrap(), good);
        }
    }

    #[tokio::test]
    async fn nobody_costs_the_same_parameters_and_never_matches() {
        let parsed = PasswordHash::new(NOBODY).unwrap();
        let params = Params::try_from(&parsed).unwrap();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (19_456, 2, 1));
        let turn = Passwords::default().turn().await.unwrap();
        assert!(!turn.verify(Secret::new("anything at all".into()), None).await.unwrap());
    }
}
