//! `tidings export`: writes the feeds of feeds.toml as OPML for another reader. The format itself is in `opml`.

use super::{Globals, note, opml, print};
use crate::config::Config;
use crate::model::FeedSettings;

/// Write the feeds of feeds.toml as OPML, by category
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:
  tidings export > subscriptions.opml

The outputs that Tidings publishes are listed at /feeds.opml instead.")]
pub(crate) struct ExportArgs {
    /// Private feeds too, whose addresses may hold secrets
    #[arg(long)]
    pub(crate) private: bool,
}

/// Exports the feeds.
pub(crate) fn run(args: &ExportArgs, globals: &Globals) -> anyhow::Result<()> {
    let config = globals.load()?;
    let hidden = config.feeds.iter().filter(|feed| feed.private && !args.private).count();
    print(&export(&config, args.private))?;
    if hidden > 0 {
        note(&format!("{hidden} private left out; --private writes them too"));
    }
    Ok(())
}

fn export(config: &Config, with_private: bool) -> String {
    let shown = || config.feeds.iter().filter(|feed| with_private || !feed.private);
    let of = |category: &crate::model::CategorySettings| -> Vec<&FeedSettings> {
        shown().filter(|feed| feed.category.as_ref() == Some(&category.name)).collect()
    };
    let mut folders: Vec<(String, Vec<&FeedSettings>)> =
        config.categories.iter().map(|category| (category.name.to_string(), of(category))).collect();
    folders.push((String::new(), shown().filter(|feed| feed.category.is_none()).collect()));
    folders.retain(|(_, feeds)| !feeds.is_empty());
    opml::write(&config.site.title, &folders)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;
    use std::path::Path;

    #[test]
    fn an_exported_list_reads_back_and_keeps_secrets() {
        let text = "[[feed]]\nurl = \"https://a.example/f?x=1&y=<2>\"\ntitle = 'A \"&\" B'\ncategory = \"open-source\"\n\
                    [[feed]]\nurl = \"https://b.example/\"\n\
                    [[feed]]\nurl = \"https://me:pw@c.example/\"\nprivate = true\n";
        let config = Config::parse(text, Path::new("feeds.toml"), &Environment::default()).unwrap();
        let found = opml::read(export(&config, false).as_bytes());
        assert_eq!(found.broken, None);
        let feed = |n: usize| {
            (found.feeds[n].url.as_str(), found.feeds[n].title.as_str(), found.feeds[n].folders.clone())
        };
        assert_eq!(
            feed(0),
            ("https://a.example/f?x=1&y=%3C2%3E", "A \"&\" B", vec!["open-source".to_owned()])
        );
        assert_eq!(feed(1), ("https://b.example/", "https://b.example/", vec![]));
        assert_eq!(found.feeds.len(), 2);
        assert_eq!(opml::read(export(&config, true).as_bytes()).feeds.len(), 3);
    }
}
