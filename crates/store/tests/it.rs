//! Every table of ours, on every engine.

/// What a database of these tests is made of.
#[cfg(test)]
fn components() -> [testkit::Component; 1] {
    [("store", store::MIGRATIONS)]
}

// Always set here; the lints that spare tests look for it, and would not spare helpers without.
#[cfg(test)]
mod it {
    mod consumer;
    mod handover;
    mod key;
    mod mail;
    mod operator;
    mod place;
    mod platform;
    mod profile;
    mod request;
    mod run;
    mod seal;
    mod setting;
    mod statement;
}
