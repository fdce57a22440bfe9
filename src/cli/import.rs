//! `tidings import`: adds the feeds of an OPML list to feeds.toml. The format is in `opml`, the looks at addresses in
//! `look`, and how the file is changed in `config::Editor`.

use super::look::{Looker, Sight, note_ends};
use super::{Globals, add, counted, note, opml, print};
use crate::clock::Clock;
use crate::config::{Editor, NewFeed, same_end};
use crate::model::shown_url;
use anyhow::{Context as _, bail};
use futures_util::future::join_all;
use std::collections::HashSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Size of the largest list that is read, in bytes.
const FILE_BYTES_MOST: u64 = 16 * 1024 * 1024;

/// How many addresses are named one by one, of those skipped and of those that could not be reached; more are counted.
const SHOWN: usize = 20;

/// How long looking at all addresses may take. Each host is asked for one feed at a time, so that a list with hundreds of
/// feeds of one host would take longer than anyone waits; those not reached in time are added unseen.
const LOOKING: Duration = Duration::from_mins(1);

/// Add the feeds of an OPML file, as other readers export it; folders become categories
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:
  tidings import subscriptions.opml

Feeds that are there already are skipped, and so is what answers with no feed. What cannot be
reached just now is added.")]
pub(crate) struct ImportArgs {
    /// The list
    #[arg(value_name = "FILE.opml")]
    pub(crate) file: PathBuf,
    /// Add all as they stand in the list, without asking what stands at the addresses
    #[arg(long)]
    pub(crate) force: bool,
}

/// Imports the list.
pub(crate) fn run(args: &ImportArgs, globals: &Globals) -> anyhow::Result<()> {
    let mut editor = add::open(globals)?;
    let bytes = read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let list = opml::read(&bytes);
    if !list.is_opml {
        bail!("{} is not OPML; export the subscriptions of your reader as OPML", args.file.display());
    }
    if let Some(why) = &list.broken {
        note(&format!("warning: the list could not be read to its end: {why}"));
    }
    let mut chosen = choose(&editor, &list);
    if !args.force && !chosen.feeds.is_empty() {
        look_at(&mut chosen, &mut editor)?;
    }
    let refused = chosen.refused.iter().map(|(url, why)| format!("warning: skipped {url}: {why}"));
    note_some(&refused.collect::<Vec<_>>(), "were skipped");
    editor.add(&chosen.feeds)?;
    if !chosen.feeds.is_empty() {
        editor.save()?;
    }
    let (new, known, refused) = (chosen.feeds.len(), chosen.known, chosen.refused.len());
    Ok(print(&format!("{new} added, {known} known already, {refused} refused\n"))?)
}

/// Prints the first [`SHOWN`] lines, and how many more there are.
fn note_some(said: &[String], what: &str) {
    let more = said.len().saturating_sub(SHOWN);
    said.iter().take(SHOWN).for_each(|line| note(line));
    if more > 0 {
        note(&format!("… and {more} more {what}"));
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(FILE_BYTES_MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MOST {
        bail!("it is larger than 16 MiB");
    }
    Ok(bytes)
}

/// The feeds of a list, sorted by what becomes of them.
#[derive(Debug, Default)]
struct Chosen {
    /// To be added.
    feeds: Vec<NewFeed>,
    /// How many are in feeds.toml already, or in the list twice.
    known: usize,
    /// The address and why it is skipped. User name, password, query and fragment are left out, which may be secrets.
    refused: Vec<(String, String)>,
}

fn choose(editor: &Editor, list: &opml::Subscriptions) -> Chosen {
    let mut chosen = Chosen::default();
    let mut seen: HashSet<String> = HashSet::new();
    for found in &list.feeds {
        let url = add::web_address(&found.url);
        match editor.new_url(&url) {
            Ok(url) if seen.insert(url.replacen("https:", "http:", 1)) => {
                let title = Some(found.title.clone()).filter(|title| !title.is_empty() && *title != url);
                let category = found.folders.iter().find_map(|folder| editor.category(folder));
                chosen.feeds.push(NewFeed { url, title, category });
            }
            Ok(_) | Err(crate::config::EditError::Duplicate { .. }) => chosen.known += 1,
            Err(error) => {
                let shown = url.split(['?', '#']).next().unwrap_or_default();
                let shown = shown.rsplit_once('@').map_or(shown, |(_, rest)| rest);
                chosen.refused.push((shown.chars().take(100).collect(), error.to_string()));
            }
        }
    }
    chosen
}

/// What was found at an address of the list.
enum Seen {
    /// A feed, at this address after redirects.
    Feed(String),
    /// Something else; the sentence says what.
    NoFeed(String),
    /// The address could not be reached; the sentence says why.
    Unknown(String),
    /// [`LOOKING`] was over before its turn came.
    NotYet,
}

/// Looks at the chosen addresses, several at a time but one at a time for each host. Takes out those that are no feed and
/// those that lead to a feed that is in the file or in the list already. Those that cannot be reached stay.
fn look_at(chosen: &mut Chosen, editor: &mut Editor) -> anyhow::Result<()> {
    note_ends(editor);
    let feeds = std::mem::take(&mut chosen.feeds);
    note(&format!("looking at {} …", counted(feeds.len(), "address", "addresses")));
    let looker = Looker::new(&editor.config().poll, Clock::System.now())?;
    let seen = super::runtime()?.block_on(async {
        let deadline = Instant::now() + LOOKING;
        let looks = feeds.iter().map(|feed| async {
            match timeout_at(deadline, looker.look(&feed.url)).await {
                Ok(Sight::Feed(_, end)) => Seen::Feed(end),
                Ok(Sight::Other { what, .. }) => Seen::NoFeed(what),
                Ok(Sight::Nothing(why)) => Seen::Unknown(why),
                Err(_) => Seen::NotYet,
            }
        });
        join_all(looks).await
    });
    let (mut unknown, mut not_yet) = (Vec::new(), 0);
    let is_direct = |feed: &NewFeed, end: &str| same_end(&feed.url) == same_end(end);
    let direct = feeds.iter().zip(&seen).filter_map(|(feed, seen)| match seen {
        Seen::Feed(end) => is_direct(feed, end).then(|| same_end(end)),
        _ => None,
    });
    // Of several addresses that lead to one feed, the one without a redirect is kept.
    let direct: HashSet<String> = direct.collect();
    let mut ends = HashSet::new();
    for (feed, seen) in feeds.into_iter().zip(seen) {
        match seen {
            Seen::Feed(end) => {
                let key = same_end(&end);
                let is_other = !direct.contains(&key) || is_direct(&feed, &end);
                if editor.is_new_end(&end).is_ok() && is_other && ends.insert(key) {
                    chosen.feeds.push(feed);
                } else {
                    chosen.known += 1;
                }
            }
            Seen::NoFeed(what) => chosen.refused.push((shown_url(&feed.url), what)),
            Seen::NotYet => {
                not_yet += 1;
                chosen.feeds.push(feed);
            }
            Seen::Unknown(why) => {
                unknown.push(format!("note: {why}; it is added as given"));
                chosen.feeds.push(feed);
            }
        }
    }
    note_some(&unknown, "could not be looked at and are added as given");
    if not_yet > 0 {
        let many = counted(not_yet, "address", "addresses");
        note(&format!(
            "note: there was no time to look at {many}, added as given; their first polls will tell"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_taken_over_and_a_second_time_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("feeds.toml");
        let before = "[[category]]\nname = \"tech\"\nwas = [\"technology\"]\n\n\
                      [[feed]]\nurl = \"https://a.example/\"\n";
        std::fs::write(&config, before).unwrap();
        let list = opml::read(
            r#"<opml><body><outline text="Technology"><outline text="All">
               <outline text="A" xmlUrl="http://a.example"/>
               <outline text="B" xmlUrl="feed://b.example/x"/>
               <outline text="B again" xmlUrl="https://B.example/x#y"/>
               <outline text="Bad" xmlUrl="ftp://me:hunter2@c.example/?token=hunter2"/></outline></outline>
               <outline text="Wörld News!"><outline text="https://d.example/" xmlUrl="https://d.example/"/></outline>
               </body></opml>"#
                .as_bytes(),
        );
        let mut editor = Editor::open(&config).unwrap();
        let chosen = choose(&editor, &list);
        assert_eq!(chosen.known, 2);
        assert_eq!(chosen.refused.len(), 1);
        assert!(!format!("{:?}", chosen.refused).contains("hunter2"));
        editor.add(&chosen.feeds).unwrap();
        editor.save().unwrap();
        let expected = "\n[[feed]]\nurl = \"http://b.example/x\"\ntitle = \"B\"\ncategory = \"tech\"\n\
                        \n[[feed]]\nurl = \"https://d.example/\"\ncategory = \"wörld-news\"\n";
        assert_eq!(std::fs::read_to_string(&config).unwrap(), format!("{before}{expected}"));
        let again = choose(&Editor::open(&config).unwrap(), &list);
        assert_eq!((again.feeds.len(), again.known), (0, 4));
    }
}
