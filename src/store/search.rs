//! Looking for stories by their words: what goes into the search index, and how it is asked.
//!
//! The index holds the words of a story's lead as `model` folds them. FTS5 only splits them. Stories are found newest
//! first, so that a word in every story costs no more than a rare one.

use super::reader::Reader;
use super::{Batch, Result};
use crate::model::{FeedNo, Search, StoryBrief, StoryNo, StoryView, Term, searched};
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, ToSql, params};
use std::cmp::Reverse;
use std::fmt::Write as _;

/// How many of the newest stories with the words are read. The other conditions (category, publisher, time) select
/// from these.
const LOOKED_AT: i64 = 20_000;

/// Characters of the shortest word that may match as a prefix: shorter ones are the beginning of too many words.
const START_CHARS: usize = 3;

/// Characters of a lead's text that are searched.
const SEARCHED_CHARS: i64 = 1_000;

impl Batch<'_> {
    /// Puts the stories of `to_index` into the search index, or takes them out of it.
    pub(super) fn index_words(&self, stories: &[i64]) -> Result<()> {
        let stories = serde_json::to_string(stories).unwrap_or_default();
        self.run("DELETE FROM search WHERE rowid IN (SELECT value FROM json_each(?1))", [&stories])?;
        let mut statement = self.connection.prepare_cached(
            "SELECT s.no, e.title, substr(e.text, 1, ?2) FROM json_each(?1) j
             JOIN stories s ON s.no = j.value JOIN entries e ON e.no =
                 (SELECT x.no FROM entries x JOIN feeds f ON f.no = x.feed
                  WHERE x.story = s.no AND NOT f.private ORDER BY x.no <> s.lead, x.no LIMIT 1)
             WHERE s.shown IS NOT NULL AND s.alias_of IS NULL",
        )?;
        let mut rows = statement.query(params![stories, SEARCHED_CHARS])?;
        while let Some(row) = rows.next()? {
            let (title, text): (String, String) = (row.get(1)?, row.get(2)?);
            self.run(
                "INSERT INTO search (rowid, title, text) VALUES (?1, ?2, ?3)",
                params![row.get::<_, i64>(0)?, searched(&title), searched(&text)],
            )?;
        }
        Ok(())
    }
}

impl Reader<'_> {
    /// The search as it is carried out: a word that is in no story in any of its forms matches as a prefix instead.
    pub fn opened(&self, mut search: Search) -> Result<Search> {
        let mut statement =
            self.connection.prepare_cached("SELECT 1 FROM search WHERE search MATCH ?1 LIMIT 1")?;
        for term in search.groups.iter_mut().flatten() {
            let Term::Word(forms) = &term else { continue };
            let Some(typed) = forms.first().filter(|word| word.chars().count() >= START_CHARS) else {
                continue;
            };
            let there =
                statement.query_row([expression(std::slice::from_ref(term))], |_| Ok(())).optional()?;
            if there.is_none() {
                *term = Term::Start(typed.clone());
            }
        }
        Ok(search)
    }

    /// Published stories that a search finds: first those that say it in the headline, then the others, the newest first.
    pub fn search(&self, search: &Search, at_most: usize) -> Result<Vec<StoryBrief>> {
        let in_headline =
            if search.groups.is_empty() { Vec::new() } else { self.matching(search, true, at_most)? };
        let mut others = self.matching(search, false, at_most)?;
        others.retain(|no| !in_headline.contains(no));
        let mut found = Vec::new();
        for mut numbers in [in_headline, others] {
            numbers.truncate(at_most.saturating_sub(found.len()));
            let briefs = numbers.into_iter().filter_map(|no| self.brief(no).transpose());
            let mut briefs = briefs.collect::<Result<Vec<_>>>()?;
            briefs.sort_by_key(|story| Reverse(story.published));
            found.append(&mut briefs);
        }
        Ok(found)
    }

    /// The last published stories that a search finds, whole.
    pub fn found(&self, search: &Search, at_most: usize) -> Result<Vec<StoryView>> {
        let mut found = Vec::new();
        for no in self.matching(search, false, at_most)? {
            found.extend(self.shown_story(no)?);
        }
        found.sort_by_key(|story| Reverse(story.shown));
        Ok(found)
    }

    /// The newest stories that a search finds, or that say all of it in the headline.
    fn matching(&self, search: &Search, in_headline: bool, at_most: usize) -> Result<Vec<StoryNo>> {
        if search.is_empty() {
            return Ok(Vec::new());
        }
        let mut values = Vec::new();
        let from = if search.groups.is_empty() {
            let mut without = "";
            if !search.without.is_empty() {
                without = "AND no NOT IN (SELECT rowid FROM search WHERE search MATCH ?)";
                values.push(Value::from(expression(&search.without)));
            }
            format!(
                "SELECT no, shown AS place FROM stories
                 WHERE shown IS NOT NULL AND alias_of IS NULL {without} ORDER BY shown DESC"
            )
        } else {
            values.push(Value::from(whole_expression(search, in_headline)));
            "SELECT rowid AS no, rowid AS place FROM search WHERE search MATCH ? ORDER BY rowid DESC"
                .to_owned()
        };
        let narrowing = self.narrowing(search, &mut values)?;
        values.push(Value::from(at_most as i64));
        let sql = format!(
            "SELECT m.no FROM ({from} LIMIT {LOOKED_AT}) m CROSS JOIN stories s ON s.no = m.no
             WHERE TRUE {narrowing} ORDER BY m.place DESC LIMIT ?"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let values: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
        let numbers = statement.query_map(values.as_slice(), |row| row.get(0).map(StoryNo))?;
        Ok(numbers.collect::<rusqlite::Result<_>>()?)
    }

    /// The conditions of a search that are not words. The values that stand in them are put behind `values`.
    fn narrowing(&self, search: &Search, values: &mut Vec<Value>) -> Result<String> {
        let mut sql = String::new();
        if let Some(since) = search.since {
            sql.push_str(" AND s.published_at >= ?");
            values.push(Value::from(since.as_second()));
        }
        if let Some(before) = search.before {
            sql.push_str(" AND s.published_at < ?");
            values.push(Value::from(before.as_second()));
        }
        if !search.categories.is_empty() {
            sql.push_str(
                " AND EXISTS (SELECT 1 FROM json_each(?) c WHERE c.value = s.category OR EXISTS (
                     SELECT 1 FROM entries e JOIN feeds f ON f.no = e.feed, json_each(f.also) a
                     WHERE e.story = s.no AND NOT f.private AND a.value = c.value))",
            );
            values.push(Value::from(serde_json::to_string(&search.categories).unwrap_or_default()));
        }
        if !search.publishers.is_empty() {
            let feeds: Vec<i64> =
                self.feeds_of(&search.publishers)?.into_iter().map(|FeedNo(no)| no).collect();
            sql.push_str(
                " AND EXISTS (SELECT 1 FROM entries e
                     WHERE e.story = s.no AND e.feed IN (SELECT value FROM json_each(?)))",
            );
            values.push(Value::from(serde_json::to_string(&feeds).unwrap_or_default()));
        }
        Ok(sql)
    }

    /// The public feeds in whose title or publisher one of these names stands, from the beginning of a word on.
    fn feeds_of(&self, publishers: &[String]) -> Result<Vec<FeedNo>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT no, concat_ws(' ', name, title, publisher) AS names FROM feeds WHERE NOT private",
        )?;
        let mut rows = statement.query([])?;
        let mut feeds = Vec::new();
        while let Some(row) = rows.next()? {
            let names = format!(" {}", searched(&row.get::<_, String>("names")?));
            if publishers.iter().any(|wanted| names.contains(&format!(" {wanted}"))) {
                feeds.push(FeedNo(row.get("no")?));
            }
        }
        Ok(feeds)
    }
}

/// All of a search's words, as FTS5 wants them.
fn whole_expression(search: &Search, in_headline: bool) -> String {
    let groups: Vec<String> = search.groups.iter().map(|group| format!("({})", expression(group))).collect();
    let mut whole = groups.join(" AND ");
    if in_headline {
        whole = format!("title : ({whole})");
    }
    if !search.without.is_empty() {
        whole = format!("({whole}) NOT ({})", expression(&search.without));
    }
    whole
}

/// One of these terms. Every word is quoted, so that nothing in it is an operator of FTS5.
pub(super) fn expression(terms: &[Term]) -> String {
    let mut out = String::new();
    for term in terms {
        let (words, between, after): (&[String], _, _) = match term {
            Term::Word(forms) => (forms, " OR ", ""),
            Term::Phrase(words) => (words, " + ", ""),
            Term::Start(start) => (std::slice::from_ref(start), "", " *"),
        };
        for (no, word) in words.iter().enumerate() {
            let between = match (no, out.is_empty()) {
                (0, true) => "",
                (0, false) => " OR ",
                _ => between,
            };
            // Nothing can be refused by a string.
            let _ = write!(out, "{between}\"{}\"{after}", word.replace(['"', '\0'], ""));
        }
    }
    out
}
