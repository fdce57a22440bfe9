//! What publishers have changed in a story: the headline as it was, and sentences that were removed or added.
//!
//! Must not know how revisions are kept.

use super::super::clean;
use super::super::site::Site;
use super::parts;
use crate::model::{Correction, searched};
use maud::{Markup, html};
use std::collections::HashSet;

/// How many changes are shown: the latest ones.
const SHOWN: usize = 5;
/// Removed sentences that are shown of a change, and added ones.
const SENTENCES: usize = 3;
/// Sentences of a text that are compared: the first ones.
const COMPARED: usize = 60;

/// A change as it is shown.
struct Change<'a> {
    of: &'a Correction,
    /// The headline before it, if its words have changed.
    headline: Option<String>,
    /// Sentences that were removed.
    went: Vec<String>,
    /// Sentences that were added.
    came: Vec<String>,
}

/// A section with the changes that a reader would notice; empty if there are none.
pub(super) fn corrections(site: &Site<'_>, corrections: &[Correction]) -> Markup {
    let words = site.words();
    let changes: Vec<Change<'_>> = corrections.iter().filter_map(noticed).take(SHOWN).collect();
    html! {
        @if !changes.is_empty() {
            section aria-labelledby="changes" {
                h2 #changes { (words.changes) }
                ol.sources {
                    @for Change { of, headline, went, came } in &changes {
                        @let lang = parts::lang(site, of.language.as_deref());
                        li {
                            p.meta { span.source dir="auto" { (clean::line(&of.feed)) } " " (parts::full_time(site, of.at)) }
                            @if let Some(headline) = headline {
                                p.what { (words.headline_before) " " bdi lang=[lang.as_deref()] { del { (headline) } } }
                            }
                            @for sentence in went {
                                p.what { (words.no_longer_said) " " bdi lang=[lang.as_deref()] { del { (sentence) } } }
                            }
                            @for sentence in came {
                                p.what { (words.newly_said) " " bdi lang=[lang.as_deref()] { ins { (sentence) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A correction as a change; `None` if only case, punctuation or white space differ.
fn noticed(of: &Correction) -> Option<Change<'_>> {
    let [before, after] = &of.titles;
    let headline =
        Some(clean::line(before)).filter(|title| !title.is_empty() && searched(title) != searched(after));
    let [before, after] = of.texts.each_ref().map(|text| beginning(text));
    let (went, came) = (before.without(&after), after.without(&before));
    let is_noticed = headline.is_some() || !went.is_empty() || !came.is_empty();
    is_noticed.then_some(Change { of, headline, went, came })
}

/// The sentences with which a text begins.
struct Beginning {
    sentences: Vec<String>,
    /// Whether the text goes on behind them.
    is_cut: bool,
}

/// The first sentences of a text, without one that the store has cut within.
fn beginning(text: &str) -> Beginning {
    let is_stored_cut = text.chars().count() >= Correction::TEXT_CHARS;
    let mut sentences: Vec<String> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() && sentences.len() < COMPARED {
        let end = sentence_end(rest);
        sentences.push(clean::beginning(&rest[..end], 1, parts::LONG));
        rest = rest[end..].trim_start();
    }
    if is_stored_cut && rest.is_empty() {
        sentences.pop();
    }
    Beginning { sentences, is_cut: is_stored_cut || !rest.is_empty() }
}

/// Where the first sentence of a text ends, in bytes: behind a full stop, question or exclamation mark that a space
/// or nothing follows, behind such a mark of East Asia, at the end of a line, or with the text. Unlike `clean`, it
/// may end sentences at abbreviations: that does no harm as long as both texts are cut alike.
fn sentence_end(text: &str) -> usize {
    let ends = |c: char| matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？');
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if c == '\n' || (ends(c) && (c > '\u{2fff}' || next.is_none_or(char::is_whitespace))) {
            return at + c.len_utf8();
        }
    }
    text.len()
}

impl Beginning {
    /// The first sentences of this text that the other one does not have. Sentences are compared by their folded
    /// words, so that a change of case or punctuation is none.
    fn without(&self, other: &Self) -> Vec<String> {
        let folded = |text: &Self| -> Vec<String> {
            text.sentences.iter().map(|sentence| searched(sentence)).collect()
        };
        let (own, known): (Vec<_>, HashSet<_>) = (folded(self), folded(other).into_iter().collect());
        // Behind the last sentence that both have, the other text may go on with the same sentences behind its cut.
        let last_known = own.iter().rposition(|words| known.contains(words)).filter(|_| other.is_cut);
        let compared = last_known.unwrap_or(own.len());
        let pairs = self.sentences.iter().zip(&own).take(compared);
        let new = pairs.filter(|(_, words)| !words.is_empty() && !known.contains(*words));
        new.take(SENTENCES).map(|(sentence, _)| sentence.clone()).collect()
    }
}
