//! `tidings add`: a feed more in feeds.toml.

use super::{Globals, has_colour, note, print};
use crate::config::{Complaint, EditError, Editor, NewFeed, report};
use anyhow::Context as _;
use std::io;

/// Add a feed to feeds.toml, leaving the rest of the file as it is
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:
  tidings add https://example.org/feed.xml --category world

A running daemon notices the change by itself.")]
pub(crate) struct AddArgs {
    /// Address of the feed
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// Fix its entries to this category; without it, each is decided
    #[arg(long, value_name = "CATEGORY")]
    pub(crate) category: Option<String>,
    /// A title of your own for it
    #[arg(long, value_name = "TITLE")]
    pub(crate) title: Option<String>,
}

/// Adds the feed.
pub(crate) fn run(args: &AddArgs, globals: &Globals) -> anyhow::Result<()> {
    let mut editor = open(globals)?;
    let url = editor.new_url(&args.url)?;
    let category = args.category.as_deref();
    let category = category
        .map(|name| editor.category(name).with_context(|| format!("{name:?} cannot name a category")))
        .transpose()?;
    let known = editor.config().warnings.clone();
    editor.add(&[NewFeed { url, title: args.title.clone(), category: category.clone() }])?;
    editor.save()?;
    let is_new = |warning: &&Complaint| known.iter().all(|other| other.what != warning.what);
    let new: Vec<Complaint> = editor.config().warnings.iter().filter(is_new).cloned().collect();
    if !new.is_empty() {
        note(&report(&new, has_colour(&io::stderr())));
    }
    let place = category
        .map_or_else(|| "; its entries' categories are decided".to_owned(), |name| format!(" to {name}"));
    Ok(print(&format!("added{place}\n"))?)
}

/// The file, open for changes; a bad one keeps its report and its exit code.
pub(super) fn open(globals: &Globals) -> anyhow::Result<Editor> {
    Editor::open(globals.config_path()).map_err(|error| match error {
        EditError::Config(error) => error.into(),
        other => other.into(),
    })
}
