//! `tidings split`: turns the words of the command line into an order to take entries out of a story, or stories out of a
//! topic. `order` gives it; what it means is known to the desk alone.

use super::{Globals, order};
use crate::model::{EntryRef, OrderKind, StoryNo, TopicNo};
use crate::store;
use anyhow::Context as _;

/// Take a decision back: take entries out of their story, or stories out of their topic
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  tidings split https://example.org/news/1
  tidings split --topic https://example.org/news/1")]
pub(crate) struct SplitArgs {
    /// Entries by address, to take out of their story; with --topic also stories by id
    #[arg(value_name = "ID|URL", required = true)]
    pub(crate) what: Vec<String>,
    /// Take their stories out of the topic, instead of the entries out of the story
    #[arg(long)]
    pub(crate) topic: bool,
}

/// Gives the order.
pub(crate) fn run(args: &SplitArgs, globals: &Globals) -> anyhow::Result<()> {
    let config = globals.load()?;
    let order = store::look(&config.store.path, |reader| {
        let named = order::named(reader, &args.what)?;
        let entries: Vec<EntryRef> = named.iter().map(|named| named.entry).collect();
        let story = named[0].story;
        if args.topic {
            let topic = topic_of(reader, story)?;
            for named in &named {
                anyhow::ensure!(
                    topic_of(reader, named.story)? == topic,
                    "these stories are not in one topic"
                );
            }
            let entries = leads(reader, &named)?;
            let from = without(reader.references_of_topic(topic)?, &entries);
            anyhow::ensure!(
                !from.is_empty(),
                "its topic holds nothing else; there is nothing to take it out of"
            );
            return Ok(OrderKind::SplitTopic { entries, from });
        }
        anyhow::ensure!(
            named.iter().all(|named| !named.whole),
            "name the entries to take out by their addresses; `tidings why` lists those of a story"
        );
        anyhow::ensure!(named.iter().all(|named| named.story == story), "these entries are not in one story");
        let from = without(reader.references_of_story(story)?, &entries);
        anyhow::ensure!(!from.is_empty(), "its story holds nothing else; there is nothing to take it out of");
        Ok(OrderKind::SplitStory { entries, from })
    })?;
    order::give(&config, &order)
}

fn topic_of(reader: &store::Reader<'_>, story: StoryNo) -> anyhow::Result<TopicNo> {
    let (_, _, topic, _) = reader.story_ids(story)?.context("the story is gone")?;
    Ok(topic)
}

fn leads(reader: &store::Reader<'_>, named: &[order::Named]) -> anyhow::Result<Vec<EntryRef>> {
    let lead = |story: StoryNo| Ok(reader.lead_reference(story)?);
    named.iter().map(|named| lead(named.story)).collect()
}

fn without(all: Vec<EntryRef>, out: &[EntryRef]) -> Vec<EntryRef> {
    all.into_iter().filter(|reference| !out.contains(reference)).collect()
}
