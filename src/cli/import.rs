//! `tidings import`: the subscriptions of another reader.

use super::{Globals, add, note, opml, print};
use crate::config::{Editor, NewFeed};
use anyhow::{Context as _, bail};
use std::collections::HashSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Larger lists are refused.
const FILE_BYTES_MOST: u64 = 16 * 1024 * 1024;

/// Refused addresses that are named one by one.
const REFUSED_SHOWN: usize = 20;

/// Add the feeds of an OPML file, as other readers export it; folders become categories
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:
  tidings import subscriptions.opml

Feeds that are there already are skipped.")]
pub(crate) struct ImportArgs {
    /// The list
    #[arg(value_name = "FILE.opml")]
    pub(crate) file: PathBuf,
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
    let chosen = choose(&editor, &list);
    for (url, why) in chosen.refused.iter().take(REFUSED_SHOWN) {
        note(&format!("warning: skipped {url}: {why}"));
    }
    editor.add(&chosen.feeds)?;
    if !chosen.feeds.is_empty() {
        editor.save()?;
    }
    let (new, known, refused) = (chosen.feeds.len(), chosen.known, chosen.refused.len());
    Ok(print(&format!("{new} added, {known} known already, {refused} refused\n"))?)
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(FILE_BYTES_MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MOST {
        bail!("it is larger than 16 MiB");
    }
    Ok(bytes)
}

/// What becomes of the feeds of a list.
#[derive(Debug, Default)]
struct Chosen {
    feeds: Vec<NewFeed>,
    /// How many are in feeds.toml already, or in the list twice.
    known: usize,
    /// Host and reason: the rest of an address may be a secret.
    refused: Vec<(String, String)>,
}

fn choose(editor: &Editor, list: &opml::Subscriptions) -> Chosen {
    let mut chosen = Chosen::default();
    let mut seen: HashSet<String> = HashSet::new();
    for found in &list.feeds {
        let url = web_address(&found.url);
        match editor.new_url(&url) {
            Ok(url) if seen.insert(url.replacen("https:", "http:", 1)) => {
                let title = Some(found.title.clone()).filter(|title| !title.is_empty() && *title != url);
                let category = found.folders.iter().find_map(|folder| editor.category(folder));
                chosen.feeds.push(NewFeed { url, title, category });
            }
            Ok(_) | Err(crate::config::EditError::Duplicate { .. }) => chosen.known += 1,
            Err(error) => {
                let shown: String =
                    url.split(['?', '#']).next().unwrap_or_default().chars().take(100).collect();
                let shown = shown.rsplit_once('@').map_or(shown.as_str(), |(_, rest)| rest);
                chosen.refused.push((shown.to_owned(), error.to_string()));
            }
        }
    }
    chosen
}

/// Some readers export `feed:` addresses, which stand for the address behind or for http.
fn web_address(url: &str) -> String {
    match url.split_at_checked(5) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("feed:") => {
            rest.strip_prefix("//").map_or_else(|| rest.to_owned(), |rest| format!("http://{rest}"))
        }
        _ => url.to_owned(),
    }
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
