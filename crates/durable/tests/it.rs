//! Jobs, outbox and signals on every engine.

/// What a database of these tests is made of.
#[cfg(test)]
fn components() -> [testkit::Component; 1] {
    [("durable", durable::MIGRATIONS)]
}

/// An environment's proof: a test vouches for itself.
#[cfg(test)]
fn env(n: u128) -> kernel::Env {
    kernel::Env::vouched(kernel::EnvironmentId::from_uuid(uuid::Uuid::from_u128(n)))
}

// Always set here; the lints that spare tests look for it, and would not spare helpers without.
#[cfg(test)]
mod it {
    mod executor;
    mod outbox;
    mod signal;
    mod statement;
}
