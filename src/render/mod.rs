//! Renders: views of stories and topics in; outputs, pages and editions out, as text.
//!
//! Pure: no I/O, no clock, no randomness. The same input gives the same bytes, so that a reader that asks again can
//! be told "not modified". One page reads more than its input: the form of a recipient lists the time zones that the
//! machine knows (`pages/recipient.rs`). Knows `model` only, and must not know how anything is stored or sent.
//!
//! The input was written by strangers. Outputs, pages and editions clean foreign text with `clean`, or take it from
//! `model::shown_url`, and link only to `http` and `https` addresses. What [`why()`] says is not cleaned: the command
//! line makes harmless what it prints (`visible`).

mod address;
pub mod assets;
mod atom;
mod clean;
mod confirmation;
mod edition;
mod json;
mod linked;
mod messages;
mod metrics;
mod opml;
mod output;
pub mod pages;
mod pictures;
mod rss;
mod site;
mod why;
mod xml;

#[cfg(test)]
mod tests;

pub use confirmation::confirmation;
pub use edition::{Composed, Contents, News, edition, tells_of};
pub use metrics::{Counts, health_metrics, metrics};
pub use opml::{OPML_TYPE, Only, opml};
pub use site::{
    Form, Holds, Output, Site, category_path, day_path, digest_path, edition_path, story_path, topic_path,
};
pub use why::{Standing, why};

use crate::model::{Chain, Edition, Hidden, LinkedPage, PublishSettings, StoryView, TopicView};
use output::{Frame, Item};

/// A document of an output of stories: one item a story, in the order given. `chain` names the documents before and
/// after it in the archive.
pub fn stories(
    site: &Site<'_>,
    output: &Output,
    how: &PublishSettings,
    stories: &[StoryView],
    chain: &Chain,
) -> String {
    write(&Frame::new(site, output, chain), output.form, &output::stories(site, how, stories))
}

/// An output of topics: one item for each topic's latest development, in the order given. The first development has
/// the topic's id, the second `…#2`, so that a reader shows a topic again only when it has moved on.
pub fn topics(site: &Site<'_>, output: &Output, how: &PublishSettings, topics: &[TopicView]) -> String {
    write(&Frame::new(site, output, &Chain::default()), output.form, &output::topics(site, how, topics))
}

/// An output of the most linked pages: one item a page, in the order given. The id of an item is made from the page's
/// address.
pub fn linked(site: &Site<'_>, output: &Output, how: &PublishSettings, pages: &[LinkedPage]) -> String {
    write(&Frame::new(site, output, &Chain::default()), output.form, &output::linked_pages(site, how, pages))
}

/// An output of editions of a digest: one item an edition, in the order given, without the topics that are `hidden`.
pub fn editions(site: &Site<'_>, output: &Output, editions: &[Edition], hidden: &Hidden) -> String {
    let frame = Frame::new(site, output, &Chain::default());
    write(&frame, output.form, &output::editions(site, &output.title(site), editions, hidden))
}

fn write(frame: &Frame, form: Form, items: &[Item]) -> String {
    match form {
        Form::Rss => rss::write(frame, items),
        Form::Atom => atom::write(frame, items),
        Form::Json => json::write(frame, items),
    }
}
