//! The demonstration: a loopback origin, a made-up newsroom on it, and a press of synthetic feeds for the tests.
//!
//! It may know anything of the crate, but nothing of the crate knows it except `cli`.

pub mod origin;

pub use origin::{Origin, Page, Seen};
