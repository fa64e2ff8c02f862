//! Tests of the whole app, in one binary: use cases in process on a virtual clock, and the real binary over HTTP.

mod suite {
    mod ack;
    mod address;
    mod binary;
    mod builder;
    mod config;
    mod contract;
    mod credential;
    mod data_dir;
    mod delivery;
    mod handover;
    mod house;
    mod listener;
    mod receiver;
    mod refusal;
    mod telemetry;
    mod token;
    mod trigger;
}
