//! The topics engine: Topic Detection and Tracking. Same event?
//!
//! [`Topics::decide`] says which topic a story is about; [`Topics::learn`] learns from the decision;
//! [`Topics::recluster`] clusters the stories of the recent window anew. The placements of stories and the operator's
//! orders are passed in. Knows nothing of the other engines and of the store.
//!
//! Reading order: `stems` (a text as weighted stems) · `common_words`, `document_frequency` (how common is a stem?) ·
//! `series` (is a headline the next one of its publisher's series?) · `likelihood` (how alike are a story and a topic?)
//! · `inverted_index` · `cluster` (one topic) · `clusters` (which topic does a story join, and when does a topic end?)
//! · `linked_pages` (which stories link to a page?) · `recent_window`, `average_linkage`, `recluster` (reclustering) ·
//! `told` (is a headline news?) · `tuning` (every threshold).

mod average_linkage;
mod cluster;
mod clusters;
mod common_words;
mod document_frequency;
mod inverted_index;
mod likelihood;
mod linked_pages;
mod recent_window;
mod recluster;
pub(crate) mod series;
pub(crate) mod stems;
#[cfg(test)]
mod tests;
mod told;
mod tuning;

use crate::desk::hash::PublisherHash;
use crate::desk::overrides::Overrides;
use crate::desk::placements::Placements;
use crate::desk::snapshot::BadSnapshot;
use crate::desk::text::address;
use crate::desk::text::tokens::{TITLE_TOKENS, Tokens};
use crate::model::{
    CategoryName, Evidence, Headline, Placement, StoryNo, Submission, TopicDecision, TopicNo, TopicRule,
    shown_url,
};
use average_linkage::Pair;
use clusters::Clusters;
use document_frequency::DocumentFrequencies;
use likelihood::StoryVector;
use linked_pages::LinkedPages;
pub(crate) use linked_pages::StoryPages;
use recent_window::RecentWindow;
use recluster::WindowPlacements;
use serde::{Deserialize, Serialize};
use stems::{IN_TITLE, WeightedStem};
use told::Told;
use tuning::TUNING;

/// Maximum number of stems shown as evidence.
const MAX_SIGNS: usize = 6;
/// Tokens at the beginning of a text among which the words for this evidence are looked for.
const SIGN_TOKENS: usize = 120;

/// What the topics engine needs of a story.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoryText {
    /// Sorted by stem.
    pub(crate) stems: Vec<WeightedStem>,
    /// Languages that the text may be in; see [`Language::codes`](super::text::languages::Language::codes).
    pub(crate) languages: Vec<u16>,
    /// See [`series::pattern`].
    pub(crate) headline: Vec<u32>,
    /// Publication date as its publisher says, in seconds since 1970.
    pub(crate) published_s: Option<i64>,
    pub(crate) publisher: PublisherHash,
    /// The pages that it links to.
    pub(crate) pages: StoryPages,
}

impl StoryText {
    /// Only what it takes to remember the headline: the stems of the title.
    pub(crate) fn headline_only(&self) -> Self {
        let in_title = self.stems.iter().filter(|stem| stem.kind & IN_TITLE != 0);
        Self { stems: in_title.copied().collect(), ..Self::default() }
    }
}

/// What a decision depends on besides the story.
pub(crate) struct Context<'a> {
    pub(crate) overrides: &'a Overrides,
    pub(crate) placements: &'a Placements,
    /// The number that a new topic gets.
    pub(crate) next: TopicNo,
    pub(crate) now_s: i64,
}

/// What has been learned of topics.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Topics {
    /// The setting `topics_stricter`: added to every score that is needed, so that fewer stories share a topic.
    #[serde(skip)]
    stricter: f32,
    frequencies: DocumentFrequencies,
    clusters: Clusters,
    window: RecentWindow,
    linked_pages: LinkedPages,
    told: Told,
}

impl Topics {
    pub(crate) fn configure(&mut self, stricter: f32) {
        self.stricter = stricter;
    }

    /// Rebuilds what a snapshot leaves out. Damage is an error.
    pub(crate) fn restored(self) -> Result<Self, BadSnapshot> {
        Ok(Self {
            stricter: self.stricter,
            frequencies: self.frequencies.restored(),
            clusters: self.clusters.restored()?,
            window: self.window.restored()?,
            linked_pages: self.linked_pages.restored()?,
            told: self.told.restored()?,
        })
    }

    /// Decides which topic a new story belongs to, and whether its headline is news to readers of topics. The page that
    /// a story is about counts more than its words, and its words count more than a link in its text.
    pub(crate) fn decide(
        &self,
        submission: &Submission<'_>,
        text: &StoryText,
        page_of: Option<Placement>,
        context: &Context<'_>,
    ) -> TopicDecision {
        let mut decision = self.placed(submission, text, page_of, context);
        decision.headline = if submission.unpublished {
            Headline::Untold
        } else if self.told.has_said(&text.stems) {
            Headline::SaidBefore
        } else {
            Headline::New
        };
        decision.moved_on &= decision.headline == Headline::New;
        decision
    }

    /// The topic alone. The headline is judged by the caller.
    fn placed(
        &self,
        submission: &Submission<'_>,
        text: &StoryText,
        page_of: Option<Placement>,
        context: &Context<'_>,
    ) -> TopicDecision {
        let Context { overrides, placements, next, now_s } = *context;
        if let Some(topic) = overrides.must_link_topic(submission.reference) {
            return TopicDecision::sure(topic, TopicRule::Order);
        }
        let cannot_link = overrides.cannot_link_topics(submission.reference);
        let allowed = |topic| !cannot_link.contains(&topic);
        let moves_on = |topic| {
            let cluster = self.clusters.get(topic).filter(|_| !submission.unpublished);
            cluster.is_some_and(|cluster| cluster.moves_on(text.publisher, now_s))
        };
        let follows = |Placement { story, topic }, rule| TopicDecision {
            page_of: Some(story),
            moved_on: moves_on(topic),
            ..TopicDecision::sure(topic, rule)
        };
        if let Some(page) = page_of.filter(|page| allowed(page.topic)) {
            return follows(page, TopicRule::SamePage);
        }
        let series: Vec<TopicNo> =
            self.window.series(text, now_s).filter_map(|story| Some(placements.get(story)?.topic)).collect();
        // What is too old for the window cannot be told from a series.
        let is_own_and_old = |topic: TopicNo| {
            let cluster = self.clusters.get(topic);
            cluster.is_some_and(|cluster| {
                cluster.publishers == [text.publisher.short()] && now_s - cluster.last_s > TUNING.window_s
            })
        };
        let allowed = |topic| allowed(topic) && !series.contains(&topic);
        let story = StoryVector::new(text, &self.frequencies, now_s);
        let stricter = self.stricter + self.caution(&text.languages, text.stems.len());
        let may_join = |topic| allowed(topic) && !is_own_and_old(topic);
        let found = self.clusters.best_match(&story, &self.frequencies, now_s, stricter, may_join);
        let Some(found) = found else {
            let is_open = |topic| allowed(topic) && self.clusters.get(topic).is_some();
            let linked = self.linked_pages.find(&text.pages, placements, now_s, is_open);
            let Some((other, page)) = linked else {
                return TopicDecision::sure(next, TopicRule::Founded);
            };
            let signs = page_as_written(submission, page).into_iter().collect();
            let evidence = Evidence { signs, ..Evidence::default() };
            return TopicDecision { evidence, ..follows(other, TopicRule::SameLink) };
        };
        let mut one_event = vec![found.topic];
        for other in found.merges {
            if !one_event.iter().any(|topic| overrides.separate_topics(*topic, other)) {
                one_event.push(other);
            }
        }
        one_event.sort_unstable();
        let oldest = one_event.remove(0);
        TopicDecision {
            no: oldest,
            rule: TopicRule::SameEvent,
            score: f64::from(found.score),
            evidence: Evidence { signs: as_written(submission, &found.shared), ..Evidence::default() },
            page_of: None,
            absorbed: one_event,
            headline: Headline::Untold,
            moved_on: moves_on(oldest),
        }
    }

    /// Added to the score that a story with this many stems needs while little is known of the stream. With few stems,
    /// each one that is shared by chance counts much; with many stems, more are shared by chance. So it is high for
    /// both.
    fn caution(&self, languages: &[u16], stems: usize) -> f32 {
        let (always, short, long) = TUNING.caution;
        let stems = stems.max(1) as f32;
        self.frequencies.ignorance(languages)
            * (always + short / stems.sqrt() + long * stems / stems::MAX_STEMS as f32)
    }

    /// Merges the topic `from` into the topic `into`.
    pub(crate) fn merge(&mut self, from: TopicNo, into: TopicNo) {
        self.clusters.merge(from, into, &self.frequencies);
    }

    /// Learns a headline under which a story is shown that others had founded, unless it is known.
    pub(crate) fn show_headline(&mut self, text: &StoryText, now_s: i64) -> Headline {
        if self.told.tell(&text.stems, now_s) { Headline::New } else { Headline::Untold }
    }

    /// Learns a headline that readers get to see.
    pub(crate) fn learn_headline(&mut self, headline: Headline, text: &StoryText, now_s: i64) {
        if headline == Headline::New {
            self.told.tell(&text.stems, now_s);
        }
    }

    /// Learns a new story of a topic. Copies of it are not learned: a word does not become more common because many
    /// feeds carry the same text.
    pub(crate) fn learn(
        &mut self,
        story: StoryNo,
        topic: &TopicDecision,
        category: &CategoryName,
        text: &StoryText,
        now_s: i64,
    ) {
        let cluster = self.clusters.get(topic.no);
        let known = |stem| cluster.is_some_and(|cluster| cluster.has(stem));
        let stems = text.stems.iter().map(|stem| stem.stem);
        self.frequencies.add(stems, cluster.is_none(), known, &text.languages);
        self.clusters.add(topic.no, &text.stems, text.publisher, category, &self.frequencies, now_s);
        if topic.moved_on {
            self.clusters.moved_on(topic.no, now_s);
        }
        self.linked_pages.learn(story, &text.pages, now_s);
        self.window.push(story, topic.page_of, category, text, &self.frequencies, now_s);
    }

    /// Another entry joined a story of the topic.
    pub(crate) fn touch(&mut self, topic: TopicNo, now_s: i64) {
        self.clusters.touch(topic, now_s);
    }

    /// A story left topic `from` for `into`, because it was merged into another story or moved by an order. The stems
    /// that it added to `from` stay there.
    pub(crate) fn story_left(&mut self, from: TopicNo, into: TopicNo) {
        self.clusters.story_left(from, into, &self.frequencies);
    }

    /// A story was merged into another one, so the window forgets it.
    pub(crate) fn story_absorbed(&mut self, story: StoryNo) {
        self.window.remove(story);
    }

    /// Moves a story and its stems to another topic, by order of the operator.
    pub(crate) fn move_story(
        &mut self,
        (from, into): (TopicNo, TopicNo),
        text: &StoryText,
        category: &CategoryName,
        now_s: i64,
    ) {
        self.clusters.subtract(from, &text.stems, category, &self.frequencies);
        self.clusters.add(into, &text.stems, text.publisher, category, &self.frequencies, now_s);
    }

    /// Moves a story of the window and its stems to another topic, by reclustering.
    pub(crate) fn move_window_story(&mut self, story: StoryNo, from: TopicNo, into: TopicNo) {
        let Self { clusters, frequencies, window, .. } = self;
        if let Some(known) = window.get(story) {
            clusters.subtract(from, &known.stems, &known.category, frequencies);
            clusters.add(into, &known.stems, known.publisher, &known.category, frequencies, known.at_s);
        }
    }

    /// Clusters the window anew. Returns the stories that have to move, each with its new topic. Topics that orders
    /// name are left alone.
    pub(crate) fn recluster(
        &self,
        placements: &Placements,
        overrides: &Overrides,
        next: TopicNo,
    ) -> Vec<Placement> {
        let named = overrides.named_topics();
        let stands_in = |story: StoryNo, topic: TopicNo| {
            self.window.get(story).is_some()
                && placements.get(story).is_some_and(|standing| standing.topic == topic)
        };
        let mut standing = WindowPlacements::default();
        // A story that is tied to another one by a page moves with that one, whatever its words.
        let mut followers: Vec<(StoryNo, StoryNo)> = Vec::new();
        // For each story of the window its index in `standing`; `None` if it is not clustered.
        let nodes: Vec<Option<u32>> = self
            .window
            .all()
            .map(|known| {
                let story = known.story?;
                let topic = placements.get(story)?.topic;
                let is_open = !named.contains(&topic) && self.clusters.get(topic).is_some();
                if !is_open {
                    return None;
                }
                if let Some(page) = known.page_of.filter(|page| stands_in(*page, topic)) {
                    standing.add_follower(topic, known.stems.len());
                    followers.push((story, page));
                    return None;
                }
                Some(standing.add(Placement { story, topic }, known.stems.len()))
            })
            .collect();
        standing.count_all(|topic| self.clusters.get(topic).map_or(0, |cluster| cluster.stories as usize));
        let pairs = self.window.pairs();
        let pairs: Vec<Pair> =
            pairs.filter_map(|(one, other, score)| Some((nodes[one]?, nodes[other]?, score))).collect();
        let stems = self.window.all().map(|known| known.stems.len()).sum::<usize>();
        let stricter = self.stricter + self.caution(&[], stems / self.window.all().count().max(1));
        let mut moves = standing.moves(&pairs, stricter, next);
        for (story, page) in followers {
            let moved = moves.iter().find(|moved| moved.story == page).map(|moved| moved.topic);
            moves.extend(moved.map(|topic| Placement { story, topic }));
        }
        moves
    }

    /// Whether it is time to recluster.
    pub(crate) fn is_recluster_due(&self, now_s: i64) -> bool {
        self.window.is_due(now_s)
    }

    pub(crate) fn reclustered(&mut self, now_s: i64) {
        self.window.reclustered(now_s);
    }

    /// The category that more than half of a topic's stories are in.
    pub(crate) fn majority(&self, topic: TopicNo) -> Option<&CategoryName> {
        self.clusters.get(topic)?.majority()
    }

    /// The category `from` is called `to` now.
    pub(crate) fn rename_category(&mut self, from: &str, to: &CategoryName) {
        self.clusters.rename_category(from, to);
        self.window.rename_category(from, to);
    }
}

/// The address of a page as the entry writes it, as evidence for people.
fn page_as_written(submission: &Submission<'_>, page: u64) -> Option<String> {
    let entry = submission.entry;
    let named = entry.url.iter().chain(&entry.links_to).chain(entry.links.iter().map(|link| &link.url));
    let is_page = |url: &&String| address::canonical(url).is_some_and(|address| address.key == page);
    named.into_iter().find(is_page).map(|url| shown_url(url))
}

/// Stems as words that the entry writes, as evidence for people.
fn as_written(submission: &Submission<'_>, stems: &[u32]) -> Vec<String> {
    let title = Tokens::of(&submission.entry.title, TITLE_TOKENS);
    let text = Tokens::of(&submission.entry.text, SIGN_TOKENS);
    let find = |tokens: &Tokens, stem: u32| {
        tokens.list.iter().find(|token| token.stem == stem).map(|token| tokens.written(token).to_owned())
    };
    let written = |stem: &u32| find(&title, *stem).or_else(|| find(&text, *stem));
    stems.iter().take(MAX_SIGNS).filter_map(written).collect()
}
