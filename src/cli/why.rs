//! `tidings why`: prints the decisions about one story on one screen. The words are those of `render::why`.

use super::{Globals, print};
use crate::clock::Clock;
use crate::model::Lookup;
use crate::render::{self, Standing};
use crate::store;
use anyhow::Context as _;
use std::fmt::Write as _;

/// Explain why a story is what it is: its entries, topic, category and rank
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  tidings why https://example.org/news/1
  tidings why 0192f1c4-0000-8000-8000-000000000000")]
pub(crate) struct WhyArgs {
    /// A story by its id or page, or an entry by its address
    #[arg(value_name = "ID|URL")]
    pub(crate) what: String,
}

/// Prints the ledger of the story in words; works beside a running daemon.
pub(crate) fn run(args: &WhyArgs, globals: &Globals) -> anyhow::Result<()> {
    let config = globals.load()?;
    let name = super::id_in(&args.what);
    let found = store::look(&config.store.path, |reader| {
        let Some(no) = reader.story_named(name)? else { return anyhow::Ok(None) };
        let Some((id, topic, topic_no, category)) = reader.story_ids(no)? else { return Ok(None) };
        let view = match reader.topic(topic)? {
            Lookup::Found(view) => Some(view),
            Lookup::Moved(_) | Lookup::TakenDown | Lookup::Unknown => None,
        };
        let reclustered = reader.reclustered_at(no)?;
        let taken_down = reader.is_taken_down(no)?;
        let lead = reader.lead_of(no)?.map(|lead| lead.entry);
        let ledger = reader.ledger_of_story(no)?;
        Ok(Some((id, topic, topic_no, category, (reclustered, taken_down), view, (lead, ledger))))
    })?;
    let (id, topic, topic_no, category, (reclustered, taken_down), view, (lead, ledger)) =
        found.with_context(|| {
            format!(
                "nothing is known of \"{}\"; give the id or page of a story, or the exact address of an article",
                args.what
            )
        })?;
    let mut out = String::new();
    let led = ledger.iter().find(|line| Some(line.filing.entry) == lead).or(ledger.first());
    if let Some(led) = led {
        writeln!(out, "{}", if led.title.is_empty() { "(no title)" } else { &led.title })?;
    }
    let site = &config.site.url;
    writeln!(out, "story    {site}{}", render::story_path(id))?;
    writeln!(out, "topic    {site}{}", render::topic_path(topic))?;
    writeln!(out, "category {category}\n")?;
    let (category, topic) = (&category, view.as_ref());
    let story = Standing { id, topic_no, category, reclustered, taken_down, ledger: &ledger, topic };
    for line in render::why(&story, Some(Clock::System.now())) {
        writeln!(out, "{line}")?;
    }
    Ok(print(&out)?)
}
