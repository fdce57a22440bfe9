//! `tidings add`: adds a feed to feeds.toml, or the feed of a web page. How the file is changed is known to
//! `config::Editor` alone.

use super::look::{FoundFeed, Looker, Sight, note_ends};
use super::{Globals, has_colour, note, print};
use crate::clock::Clock;
use crate::config::{Complaint, EditError, Editor, NewFeed, report};
use crate::model::shown_url;
use anyhow::{Context as _, bail};
use std::io;

/// Add a feed to feeds.toml, leaving the rest of the file as it is
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:
  tidings add https://example.org/feed.xml --category world
  tidings add https://example.org/

Of a web page the richest feed that it links to is added. What cannot be reached is added as given; what answers with
no feed is not, and neither is an address that leads to a feed that is there already. A running daemon notices the
change by itself.")]
pub(crate) struct AddArgs {
    /// Address of the feed, or of a page that links to it
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// Fix its entries to this category; without it, each is decided
    #[arg(long, value_name = "CATEGORY")]
    pub(crate) category: Option<String>,
    /// Add it as given, without asking what stands there
    #[arg(long)]
    pub(crate) force: bool,
    /// A title of your own for it
    #[arg(long, value_name = "TITLE")]
    pub(crate) title: Option<String>,
}

/// Adds the feed.
pub(crate) fn run(args: &AddArgs, globals: &Globals) -> anyhow::Result<()> {
    let mut editor = open(globals)?;
    let given = editor.new_url(&web_address(&args.url))?;
    let url = if args.force { given } else { found(&given, &mut editor)? };
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

/// The address of the feed to add: the given one, or that of the richest feed of the web page there. When the address
/// cannot be reached, it is added as given and a note says so.
///
/// # Errors
/// When there is no feed, or when the address leads to a feed that is in the file already.
fn found(given: &str, editor: &mut Editor) -> anyhow::Result<String> {
    note_ends(editor);
    let looker = Looker::new(&editor.config().poll, Clock::System.now())?;
    let runtime = super::runtime()?;
    let (what, page) = match runtime.block_on(looker.look(given)) {
        Sight::Feed(_, end) => {
            let leads = || format!("{} leads to {}", shown_url(given), shown_url(&end));
            editor.is_new_end(&end).with_context(leads)?;
            return Ok(given.to_owned());
        }
        Sight::Nothing(why) => {
            note(&format!("note: {why}; it is added as given"));
            return Ok(given.to_owned());
        }
        Sight::Other { what, page } => (what, page),
    };
    let chosen = match page {
        Some(page) => runtime.block_on(looker.feed_of(&page)),
        None => (None, 0),
    };
    let (Some(FoundFeed { url, end, title }), named) = chosen else {
        bail!("{what}; nothing is added (--force adds it as given)");
    };
    let title = title.map(|title| format!(" \"{title}\"")).unwrap_or_default();
    let of = if named > 1 { format!(", the richest of {named}") } else { String::new() };
    note(&format!("{} is a web page; its feed{title} is {}{of}", shown_url(given), shown_url(&url)));
    let url = editor.new_url(&url)?;
    editor.is_new_end(&end)?;
    Ok(url)
}

/// The web address that a `feed:` address stands for, as some readers and pages write them: `feed:https://a.example/` is
/// `https://a.example/`, and `feed://a.example/` is `http://a.example/`.
pub(super) fn web_address(url: &str) -> String {
    match url.split_at_checked(5) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("feed:") => {
            rest.strip_prefix("//").map_or_else(|| rest.to_owned(), |rest| format!("http://{rest}"))
        }
        _ => url.to_owned(),
    }
}

/// Opens the configuration for changes. For a bad one the [`ConfigError`](crate::config::ConfigError) itself is
/// returned, so that it is reported with line and column and exit code 78.
pub(super) fn open(globals: &Globals) -> anyhow::Result<Editor> {
    Editor::open(globals.config_path()).map_err(|error| match error {
        EditError::Config(error) => error.into(),
        other => other.into(),
    })
}
