//! Tests of the whole app, in one binary: use cases in process on a virtual clock, and the real binary over HTTP.

mod suite {
    mod ack;
    mod address;
    mod credential;
    mod delivery;
    mod handover;
    mod house;
    mod refusal;
    mod token;
    mod trigger;
}
