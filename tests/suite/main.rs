//! The behaviour of the whole, area by area, over real sockets and real SQLite.
#![allow(clippy::disallowed_methods, reason = "tests start tasks of their own")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::format_collect, reason = "a test that fails panics")]

mod archives;
mod clock;
mod daemon;
mod day;
mod demo;
mod developments;
mod digests;
mod editions;
mod feed_settings;
mod fetching_commands;
mod filing;
mod heat;
mod hostile;
mod link_posts;
mod mixed;
mod more_outputs;
mod notes;
mod old_news;
mod orders;
mod outputs;
mod own_feed;
mod pages;
mod pairs;
mod pictures;
mod politeness;
mod polling;
mod process;
mod quality;
mod quota;
mod read;
mod reclustering;
mod recorded;
mod relearning;
mod repeats;
mod replay;
mod retention;
mod schedules;
mod status;
mod subscribing;
mod takedown;
mod texts;
mod tidy;
mod websub;
