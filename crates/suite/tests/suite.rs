//! Tests of the whole app, in one binary: use cases in process on a virtual clock, and the real binary over HTTP.

// Always set here; the lints that spare tests look for it, and would not spare helpers without.
#[cfg(test)]
mod suite {
    mod ack;
    mod acme;
    mod address;
    mod binary;
    mod browser;
    mod builder;
    mod config;
    mod console_brand;
    mod console_entrance;
    mod console_integration;
    mod console_keys;
    mod console_list;
    mod console_mails;
    mod console_profile;
    mod console_requests;
    mod console_reset;
    mod console_room;
    mod console_search;
    mod console_waitlist;
    mod console_webhooks;
    mod console_wording;
    mod console_words;
    mod console_workflows;
    mod contract;
    mod credential;
    mod data_dir;
    mod delivery;
    mod docs;
    mod e2e;
    mod edge;
    mod gallery;
    mod guide;
    mod handover;
    mod house;
    mod housekeeping;
    mod journey;
    mod kill;
    mod listener;
    mod mail;
    mod mail_brand;
    mod node;
    mod part;
    mod process;
    mod rare;
    mod receiver;
    mod refusal;
    mod relay;
    mod route;
    mod snippets;
    mod standard_webhooks;
    mod telemetry;
    mod token;
    mod trigger;
    mod waitlist;
}
