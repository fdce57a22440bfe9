//! A sliding window over the newest stories, with the scores of all pairs of them that are alike: the input of
//! reclustering.
//!
//! Bounded in count and age. A story that leaves the window keeps its topic. Knows stems, times and numbers of stories;
//! nothing of topics.

use super::StoryText;
use super::document_frequency::DocumentFrequencies;
use super::inverted_index::InvertedIndex;
use super::likelihood::{StoredVector, StoryVector};
use super::series;
use super::stems::{IN_TITLE, STOP_WORD, WeightedStem};
use super::tuning::TUNING;
use crate::desk::hash::{Map, PublisherHash};
use crate::desk::prefetch::prefetch;
use crate::desk::snapshot::{BadSnapshot, are_plausible};
use crate::desk::text::tokens::NUMBER;
use crate::model::{CategoryName, StoryNo};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// A story in the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WindowStory {
    /// `None` after it was merged into another story.
    pub(crate) story: Option<StoryNo>,
    /// The story to which it is tied by a page: one of the two is about the other's page, or both link to one page.
    pub(crate) page_of: Option<StoryNo>,
    pub(crate) stems: Vec<WeightedStem>,
    /// See [`series::pattern`].
    headline: Vec<u32>,
    /// See [`StoryText::published_s`].
    published_s: Option<i64>,
    pub(crate) publisher: PublisherHash,
    /// The category in which it was founded.
    pub(crate) category: CategoryName,
    /// Seconds since 1970.
    pub(crate) at_s: i64,
    /// See [`StoredVector`].
    highest: f32,
    #[serde(skip)]
    vector: StoredVector,
    /// Older stories that are alike: their serial numbers and the scores of the pairs, sorted by serial number.
    neighbours: Vec<(u64, f32)>,
    /// Stems under which it stands in the index, sorted.
    indexed: Vec<u32>,
}

impl WindowStory {
    /// Whether a new story and this one belong to one series. A feed that is read for the first time brings a whole
    /// series at once, so the dates that the publisher gives count as well as the times of filing.
    fn is_of_series(&self, new: &StoryText, now_s: i64) -> bool {
        let filed = now_s.abs_diff(self.at_s);
        let published = self.published_s.zip(new.published_s).map_or(0, |(one, other)| one.abs_diff(other));
        self.publisher == new.publisher
            && series::is_next(&self.headline, &new.headline, filed.max(published))
    }
}

/// The stems of a new story by which it is told whether its text repeats another one of its publisher.
struct OwnWords {
    publisher: PublisherHash,
    /// The telling stems of the headline, sorted.
    headline: Vec<u32>,
    /// The stems of the text that are not in the headline, sorted.
    text: Vec<u32>,
}

/// Whether a stem is in the headline and neither a stop word nor a number.
fn tells_in_headline(stem: WeightedStem) -> bool {
    stem.kind & IN_TITLE != 0 && stem.kind & (STOP_WORD | NUMBER) == 0
}

impl OwnWords {
    fn of(text: &StoryText) -> Self {
        let stems = |is_wanted: fn(WeightedStem) -> bool| {
            text.stems.iter().filter(|stem| is_wanted(**stem)).map(|stem| stem.stem).collect()
        };
        Self {
            publisher: text.publisher,
            headline: stems(tells_in_headline),
            text: stems(|stem| stem.kind & IN_TITLE == 0),
        }
    }

    /// Whether an earlier story of the same publisher has the same text under a headline about something else, as
    /// episodes with the same notes do, and posts that say only "Link". Such a text tells nothing.
    fn repeat(&self, earlier: &WindowStory) -> bool {
        if self.publisher != earlier.publisher || self.headline.is_empty() {
            return false;
        }
        let (mut has_headline, mut length, mut common) = (false, 0, 0);
        for stem in &earlier.stems {
            if tells_in_headline(*stem) {
                has_headline = true;
                if self.headline.binary_search(&stem.stem).is_ok() {
                    return false;
                }
            } else if stem.kind & IN_TITLE == 0 {
                length += 1;
                common += usize::from(self.text.binary_search(&stem.stem).is_ok());
            }
        }
        let (share, of) = TUNING.repeated_text;
        has_headline && common > 0 && common * of >= length.max(self.text.len()) * share
    }
}

/// The newest stories, oldest first. Each has a serial number that is never used again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct RecentWindow {
    /// Serial number of the oldest story.
    first: u64,
    stories: VecDeque<WindowStory>,
    /// Serial numbers by stem.
    #[serde(skip)]
    index: InvertedIndex<u64>,
    /// Serial numbers by publisher, oldest first.
    #[serde(skip)]
    by_publisher: Map<PublisherHash, VecDeque<u64>>,
    /// Number of stories since the last reclustering.
    new: u32,
    /// When that was, in seconds since 1970.
    reclustered_at_s: i64,
}

impl RecentWindow {
    /// Rebuilds what a snapshot leaves out. Implausible numbers are damage, and so is a neighbour that is not older.
    pub(crate) fn restored(mut self) -> Result<Self, BadSnapshot> {
        let bad = |what: &str| Err(BadSnapshot(what.to_owned()));
        let count = self.stories.len();
        if count > TUNING.window_stories || self.first > u64::MAX / 2 {
            return bad("there are too many stories in the window");
        }
        let times: Vec<i64> = self.stories.iter().map(|story| story.at_s).collect();
        if !are_plausible(&[self.new], &times) || !are_plausible(&[], &[self.reclustered_at_s]) {
            return bad("the window has numbers that cannot be");
        }
        for (idx, story) in self.stories.iter_mut().enumerate() {
            let serial = self.first + idx as u64;
            if story.neighbours.iter().any(|(other, score)| *other >= serial || !score.is_finite()) {
                return bad("a story in the window is like one that is not there");
            }
            if !story.highest.is_finite() {
                return bad("a story in the window has a weight that cannot be");
            }
            if !story.indexed.is_sorted() {
                return bad("the stems of a story in the window are not in their order");
            }
            story.vector = StoredVector::new(&story.stems, story.highest);
            self.index.update(serial, &[], &story.indexed);
            self.by_publisher.entry(story.publisher).or_default().push_back(serial);
        }
        Ok(self)
    }

    /// Adds a new story, and scores it against the stories of the window.
    pub(crate) fn push(
        &mut self,
        story: StoryNo,
        page_of: Option<StoryNo>,
        category: &CategoryName,
        text: &StoryText,
        frequencies: &DocumentFrequencies,
        at_s: i64,
    ) {
        let is_over = |oldest: &WindowStory| at_s - oldest.at_s > TUNING.window_s;
        while self.stories.len() >= TUNING.window_stories || self.stories.front().is_some_and(is_over) {
            self.pop();
        }
        let query = StoryVector::new(text, frequencies, at_s);
        let vector = query.stored(&text.stems);
        let nearest = self.index.top_k(&query.rarest(TUNING.window_asked_stems), TUNING.compared_stories);
        let of = |serial: u64| &self.stories[(serial - self.first) as usize];
        prefetch(nearest.iter().filter_map(|(_, serial)| of(*serial).vector.touch()));
        let own = OwnWords::of(text);
        let mut neighbours: Vec<(u64, f32)> = Vec::new();
        for (_, serial) in nearest {
            let other = of(serial);
            if other.is_of_series(text, at_s) || own.repeat(other) {
                continue;
            }
            let score = query.mutual_score(&vector, &other.vector, at_s - other.at_s);
            if score >= TUNING.least_pair_score {
                neighbours.push((serial, score));
            }
        }
        neighbours.sort_unstable_by_key(|(serial, _)| *serial);
        let serial = self.first + self.stories.len() as u64;
        let mut indexed: Vec<u32> =
            query.rarest(TUNING.window_indexed_stems).into_iter().map(|(stem, _)| stem).collect();
        indexed.sort_unstable();
        self.index.update(serial, &[], &indexed);
        self.by_publisher.entry(text.publisher).or_default().push_back(serial);
        self.stories.push_back(WindowStory {
            story: Some(story),
            page_of,
            stems: text.stems.clone(),
            headline: text.headline.clone(),
            published_s: text.published_s,
            publisher: text.publisher,
            category: category.clone(),
            at_s,
            highest: vector.highest,
            vector,
            neighbours,
            indexed,
        });
        self.new += 1;
    }

    fn pop(&mut self) {
        let Some(story) = self.stories.pop_front() else { return };
        self.index.remove(self.first, &story.indexed);
        if let Some(serials) = self.by_publisher.get_mut(&story.publisher) {
            serials.pop_front();
            if serials.is_empty() {
                self.by_publisher.remove(&story.publisher);
            }
        }
        self.first += 1;
    }

    /// The stories of the same publisher that form a series with a new story.
    pub(crate) fn series(&self, text: &StoryText, now_s: i64) -> impl Iterator<Item = StoryNo> {
        let of_publisher = self.by_publisher.get(&text.publisher).into_iter().flatten();
        let of_publisher = of_publisher.map(|serial| &self.stories[(serial - self.first) as usize]);
        of_publisher.filter(move |other| other.is_of_series(text, now_s)).filter_map(|other| other.story)
    }

    /// A story was merged into another one. It stays in its place, so that indices do not shift, but has no number any
    /// more.
    pub(crate) fn remove(&mut self, story: StoryNo) {
        if let Some(found) = self.stories.iter_mut().find(|other| other.story == Some(story)) {
            found.story = None;
        }
    }

    pub(crate) fn get(&self, story: StoryNo) -> Option<&WindowStory> {
        self.stories.iter().find(|other| other.story == Some(story))
    }

    /// All stories of the window, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &WindowStory> {
        self.stories.iter()
    }

    /// The pairs of stories that are alike: their indices in [`Self::all`], and their score.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (usize, usize, f32)> {
        self.stories.iter().enumerate().flat_map(move |(idx, story)| {
            story.neighbours.iter().filter_map(move |(serial, score)| {
                serial.checked_sub(self.first).map(|other| (other as usize, idx, *score))
            })
        })
    }

    /// Whether it is time to recluster.
    pub(crate) fn is_due(&self, now_s: i64) -> bool {
        let (least, most) = TUNING.recluster_every;
        self.new as usize >= (self.stories.len() / TUNING.recluster_one_in).clamp(least, most)
            || (self.new > 0 && (now_s - self.reclustered_at_s).abs() >= TUNING.recluster_pause_s)
    }

    pub(crate) fn reclustered(&mut self, now_s: i64) {
        (self.new, self.reclustered_at_s) = (0, now_s);
    }

    /// The category `from` is called `to` now.
    pub(crate) fn rename_category(&mut self, from: &str, to: &CategoryName) {
        for story in self.stories.iter_mut().filter(|story| story.category.as_str() == from) {
            story.category = to.clone();
        }
    }
}
