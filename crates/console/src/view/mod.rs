//! What the templates receive: plain values, already in words. No view knows a use case.

pub mod frame;
pub mod guide;
pub mod home;
pub mod hosted;
pub mod integration;
pub mod key;
pub mod list;
pub mod logo;
pub mod mail;
pub mod profile;
pub mod request;
pub mod run;
pub mod search;
pub mod setting;
pub mod sign_in;
pub mod waitlist;
pub mod webhook;
pub mod wording;
pub mod workflow;

pub use frame::{Frame, Notice, Room, StageLink, Tone};
