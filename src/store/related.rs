//! Related topics: those whose headlines share rare words with the headlines of a given topic, found in the search
//! index and weighted by inverse document frequency. Texts are not searched, because a word somewhere in a text does
//! not make two headlines look related to a reader.
//!
//! Reads a bounded number of words, and of stories for each word.

use super::Result;
use super::reader::Reader;
use super::search::expression;
use crate::model::{FilingNo, StoryNo, Term, TopicNo, TopicView};
use rusqlite::params;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// Words of the headlines that are looked for.
const WORDS: usize = 16;
/// How many stories are read for one word, the newest. A word in this many headlines or more is too common to count.
const WITH_WORD: usize = 500;
/// Up to how many shown stories are counted as the size of the collection.
const COUNTED: i64 = 20_000;
/// Words that two stories must share at least: one alone may be about anything.
const SHARED: usize = 2;
/// The share of the total weight of all words that a related story must have.
const SHARE: f64 = 0.2;
/// The nearest stories, of which the topics are looked at.
const NEAREST: usize = 60;

impl Reader<'_> {
    /// The other topics nearest to these headlines of the topic `own`, nearest first, at most `at_most`, each with
    /// only the story that heads it. `headlines` are pairs of a headline and its language tag.
    pub fn related(
        &self,
        own: TopicNo,
        headlines: &[(&str, &str)],
        at_most: usize,
    ) -> Result<Vec<TopicView>> {
        let mut words: Vec<Term> = Vec::new();
        for (headline, language) in headlines {
            for word in Term::words_of(headline, language) {
                if !words.contains(&word) && words.len() < WORDS {
                    words.push(word);
                }
            }
        }
        let mut related = Vec::new();
        for no in self.nearest_topics(own, &words)? {
            if related.len() == at_most {
                break;
            }
            related.extend(self.topic_view(no, &[], FilingNo(0), 1)?);
        }
        Ok(related)
    }

    /// The other topics of the stories that share most of what these words weigh.
    fn nearest_topics(&self, own: TopicNo, words: &[Term]) -> Result<Vec<TopicNo>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT rowid FROM search WHERE search MATCH ?1 ORDER BY rowid DESC LIMIT ?2")?;
        let all = self.stories_counted()?;
        let mut weighs = 0.0;
        let mut near: HashMap<i64, (usize, f64)> = HashMap::new();
        for word in words {
            let in_headline = format!("title : ({})", expression(std::slice::from_ref(word)));
            let values = params![in_headline, WITH_WORD as i64];
            let stories = statement.query_map(values, |row| row.get::<_, i64>(0))?;
            let stories = stories.collect::<rusqlite::Result<Vec<_>>>()?;
            if stories.is_empty() || stories.len() == WITH_WORD {
                continue;
            }
            let weight = (all / stories.len() as f64).ln().max(0.0);
            weighs += weight;
            for story in stories {
                let (shared, sum) = near.entry(story).or_default();
                *shared += 1;
                *sum += weight;
            }
        }
        let mut near: Vec<(i64, f64)> = near
            .into_iter()
            .filter(|(_, (shared, sum))| *shared >= SHARED && *sum >= SHARE * weighs)
            .map(|(story, (_, sum))| (story, sum))
            .collect();
        // On equal weight the newest story comes first.
        near.sort_by(|(one, a), (other, b)| b.total_cmp(a).then(Reverse(one).cmp(&Reverse(other))));
        let (mut seen, mut topics) = (HashSet::from([own]), Vec::new());
        for (story, _) in near.into_iter().take(NEAREST) {
            let topic = self.topic_of_shown(StoryNo(story))?;
            topics.extend(topic.filter(|topic| seen.insert(*topic)));
        }
        Ok(topics)
    }

    /// How many stories are shown, counted up to [`COUNTED`].
    fn stories_counted(&self) -> Result<f64> {
        let mut statement = self.connection.prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM stories WHERE shown IS NOT NULL AND alias_of IS NULL LIMIT ?1)",
        )?;
        Ok(statement.query_row([COUNTED], |row| row.get::<_, i64>(0))? as f64)
    }

    fn topic_of_shown(&self, story: StoryNo) -> Result<Option<TopicNo>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT topic FROM stories WHERE no = ?1 AND shown IS NOT NULL AND alias_of IS NULL",
        )?;
        let mut rows = statement.query([story.0])?;
        Ok(rows.next()?.map(|row| row.get(0).map(TopicNo)).transpose()?)
    }
}
