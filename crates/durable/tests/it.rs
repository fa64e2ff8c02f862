//! Jobs, outbox and signals on every engine.

mod it {
    mod executor;
    mod outbox;
    mod signal;
    mod statement;
}

/// What a database of these tests is made of.
fn components() -> [testkit::Component; 1] {
    [("durable", durable::MIGRATIONS)]
}

/// An environment's proof: a test vouches for itself.
fn env(n: u128) -> kernel::Env {
    kernel::Env::vouched(kernel::EnvironmentId::from_uuid(uuid::Uuid::from_u128(n)))
}
