//! Tidings: every feed, each story once.
//!
//! A daemon polls the feeds of `feeds.toml`, files every entry into SQLite, removes duplicate stories, groups what is
//! left into topics and categories, and publishes merged feeds, pages and a digest. `ARCHITECTURE.md` is the map.
//!
//! # Glossary
//!
//! One word, one meaning:
//!
//! | word | meaning |
//! | --- | --- |
//! | **feed** | an inbound document that we subscribe to, from `feeds.toml` |
//! | **poll** | one attempt to retrieve a feed |
//! | **validators** | ETag and Last-Modified of a poll: opaque bytes, sent back unchanged |
//! | **entry** | what one feed carried (an RSS `<item>`, an Atom `<entry>`); key = (feed, entry id) |
//! | **story** | one piece of news with its duplicates removed; has one or more entries, one of them the *lead* |
//! | **publisher** | who publishes a feed: the registrable domain of its site; two feeds of one are not independent |
//! | **newsroom** | of a topic: a publisher with a text of its own, that is, whose entry leads one of its stories |
//! | **topic** | the stories about one event; never empty, may hold one story |
//! | **category** | an editorial section from `feeds.toml`; `general` is always there |
//! | **term** | a publisher's own `<category>` label: evidence, never our category |
//! | **token** | a word of a text; in scripts without spaces, a pair of characters |
//! | **stem** | what the inflected forms of a token share |
//! | **headline** | a title without the publisher's name at its end |
//! | **fingerprint** | a hash under which an entry is stored; entries alike share one, and so are *candidates* for each other |
//! | **output** | a merged feed that we publish |
//! | **digest** | a periodic summary defined in `feeds.toml` |
//! | **edition** | one issue of a digest, frozen when composed |
//! | **delivery** | one edition for one recipient |
//! | **filing** | what the desk decided about one entry: story, topic, category, each with rule, score and evidence |
//! | **reclustering** | recent stories clustered anew some time after they were filed; some move to another topic |
//! | **admission** | what of a poll counts as news: ids that migrate, floods, backlog, who publishes |
//! | **ledger** | all filings, in order; the **journal** beside it keeps what the desk learned from the last of them |
//! | **snapshot** | what the desk has learned, saved with the number of its last filing |
//! | **fixed** | of a feed: the operator has given it one category |
//! | **order** | an instruction of the operator to the desk (split, join, keep in category) |
//! | **heat** | how many independent publishers link to a page |
//! | **spark** | a feed that adds heat and is shown nowhere |
//!
//! # Modules, in reading order
//!
//! [`model`] the nouns · [`config`] `feeds.toml` · the pure core: [`read`], [`admission`], [`desk`], [`schedule`],
//! [`render`] · the shell: [`clock`], [`budget`], [`coding`], [`visible`], [`telemetry`], [`fetch`], [`store`], [`mail`] · the
//! loops: [`poll`], [`ingest`], [`websub`], [`pictures`], [`digest`] · [`web`] · [`app`] joins them, [`cli`] starts it,
//! [`demo`] is a newsroom to try it on.

pub mod admission;
pub mod app;
pub mod budget;
pub mod cli;
pub mod clock;
pub mod coding;
pub mod config;
pub mod demo;
pub mod desk;
pub mod digest;
pub mod fetch;
pub mod ingest;
pub mod mail;
pub mod model;
pub mod pictures;
pub mod poll;
pub mod read;
pub mod render;
pub mod schedule;
pub mod store;
pub mod telemetry;
pub mod visible;
pub mod web;
pub mod websub;
