//! Compares the stored news with the same news filed again, and prints what would change.
//!
//! Stories and topics of the two have no ids in common. So each one filed again is taken for the stored one with which it
//! shares most entries, and an entry that is then in another one would move. The comparison needs rows only; the words of
//! entries are read when they are printed.

use super::measure::Score;
use super::stored::{Now, Replayed, Row};
use crate::cli::counted;
use crate::model::{EntryNo, EntryRef, OrderKind, StoryNo, StoryRule, TopicNo};
use crate::store::{Reader, StoreError};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;
use std::io::Write;

/// An entry that would move to another story, topic or category.
struct Change {
    /// Index in [`Replayed::rows`].
    row: usize,
    story: Option<Move<StoryNo>>,
    topic: Option<Move<TopicNo>>,
    /// From which to which: indices in [`Replayed::categories`].
    category: Option<(u32, u32)>,
}

/// Where an entry would move.
#[derive(Clone, Copy)]
enum Move<T> {
    /// To the stored story or topic with this number.
    Into(T),
    /// To a new one that no stored one matches, alone or with others that move too.
    Apart,
}

/// How much would change, as printed with `--json` in the last line.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    /// Entries filed again.
    pub(super) entries: usize,
    /// The oldest stored entries, which were not filed again because there are too many.
    pub(super) skipped: usize,
    /// Entries that were filed once and are deleted: the desk cannot learn from them again.
    pub(super) forgotten: usize,
    /// Entries left out of the counts below, because orders decide their story.
    pub(super) ordered: usize,
    /// Stored stories of which nothing would be left, since all of it moves into others.
    pub(super) stories_joined: usize,
    /// New stories that would be split off stored ones.
    pub(super) stories_parted: usize,
    /// Entries that would move to another story.
    pub(super) entries_moved: usize,
    /// Stored topics of which nothing would be left.
    pub(super) topics_joined: usize,
    /// New topics that would be split off stored ones.
    pub(super) topics_parted: usize,
    /// Stories that would move to another topic.
    pub(super) stories_elsewhere: usize,
    /// Stories whose category would change.
    pub(super) categories: usize,
    /// The changes of category: from which, to which, how many stories; the most frequent first.
    pub(super) from_to: Vec<(String, String, usize)>,
}

/// The result of a comparison.
pub(super) struct Changes<'r> {
    replayed: &'r Replayed,
    counts: Counts,
    changes: Vec<Change>,
    /// The first row of each stored story and topic, as indices in [`Replayed::rows`].
    first_of_story: HashMap<StoryNo, usize>,
    first_of_topic: HashMap<TopicNo, usize>,
}

/// One line of what `--json` prints.
#[derive(Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
enum Shown<'a> {
    Entry(Box<ShownEntry<'a>>),
    Rule(&'a Score),
    Summary(&'a Counts),
}

/// What `--json` prints of an entry that would move.
#[derive(Serialize)]
struct ShownEntry<'a> {
    id: &'a str,
    feed: &'a str,
    url: Option<&'a str>,
    title: &'a str,
    story: Option<Places>,
    topic: Option<Places>,
    /// From which to which name.
    category: Option<(&'a str, &'a str)>,
    rule: &'static str,
    score: f32,
}

/// What is read of a stored entry to print it.
struct Words {
    key: String,
    feed: String,
    url: Option<String>,
    title: String,
}

/// Public ids of the stored story or topic, and of the one to move to.
#[derive(Serialize)]
struct Places {
    is: Option<String>,
    /// `null` when it would be a new one.
    would_be: Option<String>,
}

impl<'r> Changes<'r> {
    /// Compares. Entries whose story is decided by an order are left out, and of topics those that an order names.
    pub(super) fn new(replayed: &'r Replayed) -> Self {
        let rows = &replayed.rows;
        let now: Vec<Now> = rows.iter().map(|row| replayed.now(row)).collect();
        let stories = align(rows.iter().zip(&now).map(|(row, now)| (row.was.0, now.story)));
        let topics = align(rows.iter().zip(&now).map(|(row, now)| (row.was.1, now.topic)));
        let (ordered, ordered_topics) = ordered(replayed);
        let mut counts = Counts {
            entries: rows.len(),
            skipped: replayed.skipped,
            forgotten: forgotten(replayed),
            ..Counts::default()
        };
        let mut changes = Vec::new();
        for (at, (row, now)) in rows.iter().zip(&now).enumerate() {
            if ordered.contains(&row.was.0) {
                counts.ordered += 1;
                continue;
            }
            let free = !ordered_topics.contains(&row.was.1);
            let change = Change {
                row: at,
                story: moved(&stories, row.was.0, now.story),
                topic: moved(&topics, row.was.1, now.topic).filter(|_| free),
                category: (row.was_category != now.category).then_some((row.was_category, now.category)),
            };
            if change.story.is_some() || change.topic.is_some() || change.category.is_some() {
                changes.push(change);
            }
        }
        counts.count(replayed, &now, &changes, &stories, &topics);
        let (mut first_of_story, mut first_of_topic) = (HashMap::new(), HashMap::new());
        for (at, row) in rows.iter().enumerate() {
            first_of_story.entry(row.was.0).or_insert(at);
            first_of_topic.entry(row.was.1).or_insert(at);
        }
        Self { replayed, counts, changes, first_of_story, first_of_topic }
    }

    fn row(&self, change: &Change) -> &'r Row {
        &self.replayed.rows[change.row]
    }

    fn category(&self, at: u32) -> &'r str {
        self.replayed.categories.get(at as usize).map_or("", |name| name.as_str())
    }

    /// Prints one object for each entry that would move, one for each rule, and the counts.
    pub(super) fn print_json(&self, reader: &Reader<'_>, out: &mut impl Write) -> anyhow::Result<()> {
        let story = |no: StoryNo| -> Result<_, StoreError> {
            Ok(reader.story_ids(no)?.map(|(story, topic, ..)| (story.to_string(), topic.to_string())))
        };
        let mut line = |shown: &Shown<'_>| -> anyhow::Result<()> {
            serde_json::to_writer(&mut *out, shown)?;
            Ok(out.write_all(b"\n")?)
        };
        for change in &self.changes {
            let row = self.row(change);
            let Some(words) = words(reader, row.no)? else { continue };
            let is = story(row.was.0)?;
            let story_would_be = match change.story {
                Some(Move::Into(no)) => story(no)?.map(|(story, _)| story),
                _ => None,
            };
            let first = match change.topic {
                Some(Move::Into(no)) => self.first(&self.first_of_topic, &no),
                _ => None,
            };
            let topic_would_be = match first {
                Some(first) => story(first.was.0)?.map(|(_, topic)| topic),
                None => None,
            };
            let (is, topic_is) = is.unzip();
            line(&Shown::Entry(Box::new(ShownEntry {
                id: &words.key,
                feed: &words.feed,
                url: words.url.as_deref(),
                title: &words.title,
                story: change.story.map(|_| Places { is, would_be: story_would_be }),
                topic: change.topic.map(|_| Places { is: topic_is, would_be: topic_would_be }),
                category: change.category.map(|(was, now)| (self.category(was), self.category(now))),
                rule: row.rule.as_str(),
                score: row.score,
            })))?;
        }
        self.replayed.scores().iter().try_for_each(|score| line(&Shown::Rule(score)))?;
        line(&Shown::Summary(&self.counts))
    }

    /// Prints the counts, the first `most` changes of each kind, and how right each rule was.
    pub(super) fn print(&self, reader: &Reader<'_>, most: usize, out: &mut impl Write) -> anyhow::Result<()> {
        self.print_counts(out)?;
        self.print_stories(reader, most, out)?;
        self.print_topics(reader, most, out)?;
        self.print_categories(reader, most, out)?;
        self.print_scores(out)
    }

    fn print_counts(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let counts = &self.counts;
        write!(out, "{} filed again in memory", counted(counts.entries, "stored entry", "stored entries"))?;
        if let Some((first, last)) = self.replayed.span {
            write!(out, ", first seen {first} to {last}")?;
        }
        writeln!(out, ". Nothing was written.\n\nAgainst what is stored:")?;
        writeln!(
            out,
            "  stories     {} would be joined to another, {} would part from one; {} would move",
            counts.stories_joined,
            counts.stories_parted,
            counted(counts.entries_moved, "entry", "entries"),
        )?;
        writeln!(
            out,
            "  topics      {} would be joined to another, {} would part from one; {} would move",
            counts.topics_joined,
            counts.topics_parted,
            counted(counts.stories_elsewhere, "story", "stories"),
        )?;
        write!(out, "  categories  {} would change", counted(counts.categories, "story", "stories"))?;
        for (place, (from, to, count)) in counts.from_to.iter().enumerate() {
            write!(out, "{} {from} → {to} {count}", if place == 0 { ":" } else { "," })?;
        }
        writeln!(out, "\n")?;
        writeln!(
            out,
            "An entry whose words changed is filed with its last ones. Orders are not obeyed here."
        )?;
        if counts.ordered > 0 {
            let what = counted(counts.ordered, "entry", "entries");
            writeln!(out, "Left out above: {what} of stories that your orders name.")?;
        }
        if counts.forgotten + counts.skipped > 0 {
            let what = counted(counts.forgotten + counts.skipped, "older entry", "older entries");
            writeln!(out, "Not filed again: {what}, so that what these taught the desk is missing here.")?;
        }
        Ok(())
    }

    fn print_stories(&self, reader: &Reader<'_>, most: usize, out: &mut impl Write) -> anyhow::Result<()> {
        let moves = self.changes.iter().filter_map(|change| Some((change, change.story?)));
        let heading = "Entries that would stand in another story";
        list(out, heading, moves, self.counts.entries_moved, most, |out, (change, to)| {
            let row = self.row(change);
            write_entry(reader, row.no, out)?;
            match to {
                Move::Apart => writeln!(out, "      would be a story of its own")?,
                Move::Into(story) => {
                    let title = title(reader, self.first(&self.first_of_story, &story))?;
                    // An entry that founded its story was compared with nothing in it: the entries of the stored story
                    // came later. So there is no rule to show.
                    let by = match row.rule {
                        StoryRule::Founded => String::new(),
                        rule => format!(" ({}, {:.0} %)", rule.as_str(), row.score * 100.0),
                    };
                    writeln!(out, "      would join “{title}”{by}")?;
                }
            }
            Ok(())
        })
    }

    fn print_topics(&self, reader: &Reader<'_>, most: usize, out: &mut impl Write) -> anyhow::Result<()> {
        let mut seen = HashSet::new();
        let moves = self
            .changes
            .iter()
            .filter_map(|change| Some((change, change.topic?)))
            .filter(|(change, _)| seen.insert(self.row(change).was.0));
        let heading = "Stories that would stand in another topic";
        list(out, heading, moves, self.counts.stories_elsewhere, most, |out, (change, to)| {
            write_entry(reader, self.row(change).no, out)?;
            match to {
                Move::Apart => writeln!(out, "      would leave its topic")?,
                Move::Into(topic) => {
                    let title = title(reader, self.first(&self.first_of_topic, &topic))?;
                    writeln!(out, "      would stand with “{title}”")?;
                }
            }
            Ok(())
        })
    }

    fn print_categories(&self, reader: &Reader<'_>, most: usize, out: &mut impl Write) -> anyhow::Result<()> {
        let mut seen = HashSet::new();
        let moves = self
            .changes
            .iter()
            .filter_map(|change| Some((change, change.category?)))
            .filter(|(change, _)| seen.insert(self.row(change).was.0));
        let heading = "Stories of which the category would change";
        list(out, heading, moves, self.counts.categories, most, |out, (change, (was, now))| {
            write_entry(reader, self.row(change).no, out)?;
            writeln!(out, "      {} → {}", self.category(was), self.category(now))?;
            Ok(())
        })
    }

    fn print_scores(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let scores = self.replayed.scores();
        if scores.iter().all(|score| score.joined + score.split == 0) {
            return Ok(writeln!(
                out,
                "\nNo order of yours says of two stored entries whether they belong together."
            )?);
        }
        writeln!(out, "\nHow right each rule is about the pairs that your orders joined or split:")?;
        writeln!(out, "  {:<14}{:<30}recall (of what you joined)", "rule", "precision (of what it joined)")?;
        for score in &scores {
            let share = |part: usize, whole: usize, share: Option<f64>| match share {
                Some(share) => format!("{share:.2}  {part} of {whole}"),
                None => "-".to_owned(),
            };
            let precision = share(score.right, score.right + score.wrong, score.precision);
            let recall = share(score.right, score.joined, score.recall);
            writeln!(out, "  {:<14}{precision:<30}{recall}", score.rule)?;
        }
        writeln!(
            out,
            "Orders are given where the desk was wrong, so these figures are worse than those of all the news."
        )?;
        Ok(())
    }

    fn first<T: Eq + Hash>(&self, firsts: &HashMap<T, usize>, of: &T) -> Option<&'r Row> {
        firsts.get(of).map(|at| &self.replayed.rows[*at])
    }
}

impl Counts {
    fn count(
        &mut self,
        replayed: &Replayed,
        now: &[Now],
        changes: &[Change],
        stories: &HashMap<StoryNo, StoryNo>,
        topics: &HashMap<TopicNo, TopicNo>,
    ) {
        let kept_stories: HashSet<StoryNo> = stories.values().copied().collect();
        let kept_topics: HashSet<TopicNo> = topics.values().copied().collect();
        let mut seen: [HashSet<i64>; 6] = Default::default();
        let [joined, parted, topics_joined, topics_parted, elsewhere, recategorised] = &mut seen;
        let mut from_to: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        for change in changes {
            let (row, now) = (&replayed.rows[change.row], &now[change.row]);
            let (story, topic) = row.was;
            if let Some(to) = change.story {
                self.entries_moved += 1;
                match to {
                    Move::Apart => _ = parted.insert(now.story.0),
                    Move::Into(_) if !kept_stories.contains(&story) => _ = joined.insert(story.0),
                    Move::Into(_) => {}
                }
            }
            if let Some(to) = change.topic {
                elsewhere.insert(story.0);
                match to {
                    Move::Apart => _ = topics_parted.insert(now.topic.0),
                    Move::Into(_) if !kept_topics.contains(&topic) => _ = topics_joined.insert(topic.0),
                    Move::Into(_) => {}
                }
            }
            if let Some(pair) = change.category.filter(|_| recategorised.insert(story.0)) {
                *from_to.entry(pair).or_default() += 1;
            }
        }
        self.stories_joined = joined.len();
        self.stories_parted = parted.len();
        self.topics_joined = topics_joined.len();
        self.topics_parted = topics_parted.len();
        self.stories_elsewhere = elsewhere.len();
        self.categories = recategorised.len();
        let name = |at: u32| replayed.categories[at as usize].to_string();
        self.from_to = from_to.into_iter().map(|((from, to), count)| (name(from), name(to), count)).collect();
        self.from_to.sort_by(|a, b| b.2.cmp(&a.2).then(a.cmp(b)));
    }
}

/// Matches new stories (or topics) with old ones: greedily, the pair with most entries in common first, each of either side
/// at most once. The result gives the old one by the new one.
fn align<A, B>(pairs: impl Iterator<Item = (A, B)>) -> HashMap<B, A>
where
    A: Copy + Ord + Hash,
    B: Copy + Ord + Hash,
{
    let mut common: HashMap<(A, B), usize> = HashMap::new();
    pairs.for_each(|pair| *common.entry(pair).or_default() += 1);
    let mut common: Vec<_> = common.into_iter().collect();
    common.sort_by(|(a, x), (b, y)| y.cmp(x).then(a.cmp(b)));
    let (mut taken, mut aligned) = (HashSet::new(), HashMap::new());
    for ((old, new), _) in common {
        if !aligned.contains_key(&new) && taken.insert(old) {
            aligned.insert(new, old);
        }
    }
    aligned
}

/// How an entry that was in `was` moves when it is in `now` after filing again; `None` when both are the same.
fn moved<T: Copy + Eq + Hash>(aligned: &HashMap<T, T>, was: T, now: T) -> Option<Move<T>> {
    match aligned.get(&now) {
        Some(is) if *is == was => None,
        Some(other) => Some(Move::Into(*other)),
        None => Some(Move::Apart),
    }
}

/// The stored stories, and the stored topics, that orders name.
fn ordered(replayed: &Replayed) -> (HashSet<StoryNo>, HashSet<TopicNo>) {
    let mut stories: HashSet<EntryRef> = HashSet::new();
    let mut topics: HashSet<EntryRef> = HashSet::new();
    for order in &replayed.orders {
        match order.kind {
            OrderKind::SplitTopic { .. } | OrderKind::JoinTopics { .. } => {
                topics.extend(order.kind.references());
            }
            _ => stories.extend(order.kind.references()),
        }
    }
    let rows = &replayed.rows;
    (
        rows.iter().filter(|row| stories.contains(&row.reference)).map(|row| row.was.0).collect(),
        rows.iter().filter(|row| topics.contains(&row.reference)).map(|row| row.was.1).collect(),
    )
}

/// How many entries are deleted: numbers of entries are given one after the other, so each missing one was given to an
/// entry that is stored no more.
fn forgotten(replayed: &Replayed) -> usize {
    let last = replayed.rows.last().map_or(0, |row| row.no.0);
    (last.max(0) as usize).saturating_sub(replayed.rows.len() + replayed.skipped)
}

fn words(reader: &Reader<'_>, no: EntryNo) -> Result<Option<Words>, StoreError> {
    let Some(stored) = reader.stored_entries(EntryNo(no.0 - 1), 1)?.pop() else { return Ok(None) };
    let feed = reader.name_of_entry(no)?.map(|(_, _, feed)| feed).unwrap_or_default();
    let entry = stored.entry;
    Ok(Some(Words { key: entry.key, feed, url: entry.url, title: entry.title }))
}

fn title(reader: &Reader<'_>, row: Option<&Row>) -> Result<String, StoreError> {
    let named = match row {
        Some(row) => reader.name_of_entry(row.no)?,
        None => None,
    };
    Ok(named.map(|(_, title, _)| titled(&title).to_owned()).unwrap_or_default())
}

fn titled(title: &str) -> &str {
    if title.is_empty() { "(no title)" } else { title }
}

fn write_entry(reader: &Reader<'_>, no: EntryNo, out: &mut impl Write) -> anyhow::Result<()> {
    if let Some(Words { feed, url, title, .. }) = words(reader, no)? {
        writeln!(out, "  “{}” ({feed}) {}", titled(&title), url.unwrap_or_default())?;
    }
    Ok(())
}

/// Prints a heading, the first `most` items, and how many more there are of `all`. Prints nothing when `all` is 0.
fn list<T, W: Write>(
    out: &mut W,
    heading: &str,
    items: impl Iterator<Item = T>,
    all: usize,
    most: usize,
    mut each: impl FnMut(&mut W, T) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if all == 0 || most == 0 {
        return Ok(());
    }
    writeln!(out, "\n{heading}:")?;
    for item in items.take(most) {
        each(out, item)?;
    }
    if all > most {
        writeln!(out, "  … and {} more", all - most)?;
    }
    Ok(())
}
