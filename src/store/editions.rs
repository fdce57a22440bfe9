//! Editions and their deliveries. A delivery is open until the server has accepted or finally refused it; it is
//! claimed, sent, and only then marked, so that a crash in between sends again with the same Message-ID rather than
//! not at all.

use super::reader::{Reader, id_at, maybe_time_at, time_at};
use super::retention::KEPT;
use super::stories::source;
use super::{Batch, Result};
use crate::model::{
    Delivery, Edition, EditionDraft, EditionText, EditionView, FeedNo, FilingNo, StoryId, Told, TopicNo,
    Undelivered, digest_of_segment,
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Characters of an edition's HTML that are enough to hold its head and the mark of its first topic.
const BEGINNING_CHARS: i64 = 8_000;
/// How many told topics a digest remembers: those of some years of weekly editions, or of some months of hourly ones.
const TOLD: i64 = 20_000;
/// How many of a feed's latest entries tell how often it publishes.
const LATEST: i64 = 20;

/// Where a digest stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestState {
    /// When it was first configured. Editions that were due before are not composed.
    pub since: Timestamp,
    /// The scheduled time of the last edition.
    pub due_at: Option<Timestamp>,
    /// The last filing that an edition took into account.
    pub through: FilingNo,
}

impl Batch<'_> {
    /// Stores an edition with what it tells, and with one open delivery for each recipient who has neither left nor
    /// refused too often. Message-IDs end in `domain`. If an edition with the same digest and id exists, it is left
    /// as it is, and `None` is returned.
    pub fn put_edition(&self, draft: &EditionDraft, domain: &str) -> Result<Option<i64>> {
        let rows = self.run(
            "INSERT INTO editions (digest, id, due_at, composed_at, through, topics, subject, text, html)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (digest, id) DO NOTHING",
            params![
                draft.digest,
                draft.id,
                draft.due_at.as_second(),
                draft.composed_at.as_second(),
                draft.through.0,
                draft.topics as i64,
                draft.words.subject,
                draft.words.text,
                draft.words.html,
            ],
        )?;
        if rows == 0 {
            return Ok(None);
        }
        let edition = self.connection.last_insert_rowid();
        self.run(
            "UPDATE digests SET due_at = ?2, through = ?3 WHERE name = ?1",
            params![draft.digest, draft.due_at.as_second(), draft.through.0],
        )?;
        for recipient in &draft.recipients {
            self.know_recipient(digest_of_segment(&draft.digest), recipient)?;
            self.run(
                "INSERT INTO deliveries (edition, recipient, message_id, next_try_at)
                 SELECT ?1, ?2, ?3, ?4
                 FROM recipients WHERE digest = ?5 AND address = ?2 AND left_at IS NULL AND refused_at IS NULL",
                params![
                    edition,
                    recipient,
                    message_id(draft, recipient, domain),
                    draft.composed_at.as_second(),
                    digest_of_segment(&draft.digest)
                ],
            )?;
        }
        self.note_told(draft)?;
        Ok(Some(edition))
    }

    /// Remembers what an edition tells, for as long as the stories are kept.
    fn note_told(&self, draft: &EditionDraft) -> Result<()> {
        for told in &draft.told {
            self.run(
                "INSERT OR REPLACE INTO told (digest, topic, through, at, headline, story, feed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    draft.digest,
                    told.topic.0,
                    told.through.0,
                    told.at.as_second(),
                    told.headline,
                    told.story.0.to_be_bytes(),
                    told.feed.0
                ],
            )?;
        }
        let oldest = draft.due_at.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        self.run(
            "DELETE FROM told WHERE digest = ?1 AND (at < ?2 OR topic IN
                 (SELECT topic FROM told WHERE digest = ?1 ORDER BY at DESC, topic DESC LIMIT -1 OFFSET ?3))",
            params![draft.digest, oldest.as_second(), TOLD],
        )?;
        Ok(())
    }

    /// Somebody asks for an edition beside the schedule. Says whether the digest is known.
    pub fn want_edition(&self, digest: &str, now: Timestamp) -> Result<bool> {
        let values = params![digest, now.as_second()];
        Ok(self.run("UPDATE digests SET wanted_at = ?2 WHERE name = ?1", values)? == 1)
    }

    /// The edition that was asked for is composed, or there is nothing to tell.
    pub fn edition_given(&self, digest: &str) -> Result<()> {
        self.run("UPDATE digests SET wanted_at = NULL WHERE name = ?1", [digest])?;
        Ok(())
    }

    /// The schedule went by without anything to tell: the next edition begins where this one would have.
    pub fn skip_edition(&self, digest: &str, due_at: Timestamp) -> Result<()> {
        self.run("UPDATE digests SET due_at = ?2 WHERE name = ?1", params![digest, due_at.as_second()])?;
        Ok(())
    }

    /// The clock was ahead and has been set back: times of the digest that lie after `now` are set to `now`, so that
    /// it does not wait for them.
    pub fn set_digest_back(&self, digest: &str, now: Timestamp) -> Result<()> {
        self.run(
            "UPDATE digests SET since = min(since, ?2), due_at = min(due_at, ?2) WHERE name = ?1",
            params![digest, now.as_second()],
        )?;
        Ok(())
    }

    /// Has every open delivery tried now.
    pub fn hasten_deliveries(&self, now: Timestamp) -> Result<usize> {
        self.run("UPDATE deliveries SET next_try_at = ?1 WHERE next_try_at > ?1", [now.as_second()])
    }

    /// Claims open deliveries whose time has come, oldest first. A claimed one is tried again from `again_at` on
    /// unless it is marked before. Until it is marked it has no detail.
    pub fn claim_deliveries(
        &self,
        now: Timestamp,
        again_at: Timestamp,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT d.no, e.digest, e.id AS edition, e.due_at, d.recipient, d.message_id, r.token, d.attempts + 1 AS attempts,
                 e.subject, e.text, e.html
             FROM deliveries d JOIN editions e ON e.no = d.edition
             JOIN recipients r ON r.digest = e.sent_to AND r.address = d.recipient
             WHERE d.next_try_at <= ?1 AND r.left_at IS NULL ORDER BY d.next_try_at, d.no LIMIT ?2",
        )?;
        let rows = statement.query_map(params![now.as_second(), limit as i64], delivery)?;
        let deliveries: Vec<Delivery> = rows.collect::<rusqlite::Result<_>>()?;
        for delivery in &deliveries {
            self.run(
                "UPDATE deliveries SET attempts = attempts + 1, next_try_at = ?2, detail = NULL WHERE no = ?1",
                params![delivery.no, again_at.as_second()],
            )?;
        }
        Ok(deliveries)
    }

    /// Opens again the deliveries that a process claimed and, because it died, never marked. The interrupted attempt
    /// does not count, so that it does not lengthen the next pause. Only for the start: whoever holds the store's
    /// lock then knows that nobody is sending.
    pub fn release_deliveries(&self, now: Timestamp) -> Result<usize> {
        self.run(
            "UPDATE deliveries SET next_try_at = ?1, attempts = attempts - 1, detail = 'the attempt was cut off'
             WHERE next_try_at IS NOT NULL AND attempts > 0 AND detail IS NULL",
            [now.as_second()],
        )
    }

    /// The server has accepted the mail.
    pub fn delivery_sent(&self, no: i64, now: Timestamp) -> Result<()> {
        self.run(
            "UPDATE deliveries SET sent_at = ?2, next_try_at = NULL, detail = NULL WHERE no = ?1",
            params![no, now.as_second()],
        )?;
        self.forget_refusals(no)
    }

    /// The server could not take the mail now; it is tried again.
    pub fn delivery_deferred(&self, no: i64, again_at: Timestamp, detail: &str) -> Result<()> {
        self.run(
            "UPDATE deliveries SET next_try_at = ?2, detail = ?3 WHERE no = ?1",
            params![no, again_at.as_second(), detail],
        )?;
        Ok(())
    }

    /// The server will never take the mail, or it has been tried for too long.
    pub fn delivery_refused(&self, no: i64, now: Timestamp, detail: &str) -> Result<()> {
        self.run(
            "UPDATE deliveries SET refused_at = ?2, next_try_at = NULL, detail = ?3 WHERE no = ?1",
            params![no, now.as_second(), detail],
        )?;
        Ok(())
    }
}

impl Reader<'_> {
    /// Where a digest stands.
    pub fn digest_state(&self, name: &str) -> Result<Option<DigestState>> {
        let mut statement =
            self.connection.prepare_cached("SELECT since, due_at, through FROM digests WHERE name = ?1")?;
        let state = statement.query_row([name], |row| {
            Ok(DigestState {
                since: time_at(row, "since")?,
                due_at: maybe_time_at(row, "due_at")?,
                through: FilingNo(row.get("through")?),
            })
        });
        Ok(state.optional()?)
    }

    /// When somebody asked for an edition that is not composed yet.
    pub fn wanted_edition(&self, digest: &str) -> Result<Option<Timestamp>> {
        let mut statement =
            self.connection.prepare_cached("SELECT wanted_at FROM digests WHERE name = ?1")?;
        let wanted = statement.query_row([digest], |row| maybe_time_at(row, "wanted_at"));
        Ok(wanted.optional()?.flatten())
    }

    /// What a digest has told of each topic. What was told of a topic that became part of another counts for the
    /// other.
    pub fn told(&self, digest: &str) -> Result<HashMap<TopicNo, Told>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT coalesce(t.alias_of, w.topic) AS topic, w.through, w.at, w.headline, w.story, w.feed
             FROM told w LEFT JOIN topics t ON t.no = w.topic WHERE w.digest = ?1 ORDER BY w.through, w.topic",
        )?;
        let rows = statement.query_map([digest], |row| {
            Ok(Told {
                topic: TopicNo(row.get("topic")?),
                through: FilingNo(row.get("through")?),
                at: time_at(row, "at")?,
                headline: row.get("headline")?,
                story: StoryId(id_at(row, "story")?),
                feed: FeedNo(row.get("feed")?),
            })
        })?;
        // If several topics became one, what was told last wins: rows come in that order.
        rows.map(|told| Ok(told.map(|told| (told.topic, told))?)).collect()
    }

    /// Publishers that carry a topic, without the publisher of the feed `beside`. Each is named by the feed of its
    /// that had the topic first.
    pub fn reporters(&self, topic: TopicNo, beside: FeedNo, at_most: usize) -> Result<Vec<(FeedNo, String)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT min(e.no), e.feed, e.title, e.url, e.language, coalesce(e.published_at, e.seen_at) AS published, f.name,
                 f.title AS feed_title, f.site_url, f.url AS feed_url, f.publisher
             FROM stories s JOIN entries e ON e.story = s.no JOIN feeds f ON f.no = e.feed
             WHERE s.topic = ?1 AND s.shown IS NOT NULL AND s.alias_of IS NULL AND NOT f.private
                 AND f.publisher <> (SELECT publisher FROM feeds WHERE no = ?2)
             GROUP BY f.publisher ORDER BY 1 LIMIT ?3",
        )?;
        let rows = statement.query_map(params![topic.0, beside.0, at_most as i64], |row| {
            Ok((FeedNo(row.get("feed")?), source(row)?.feed))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether a feed is updated rarely: of its latest entries one or two are newer than `since`, and at least one is
    /// older. Without an older entry nobody can tell how often the feed publishes.
    pub fn is_rarely_updated(&self, feed: FeedNo, since: Timestamp) -> Result<bool> {
        let mut statement = self.connection.prepare_cached(
            "SELECT coalesce(sum(at > ?2) BETWEEN 1 AND 2 AND sum(at <= ?2) > 0, 0) FROM
                 (SELECT coalesce(published_at, seen_at) AS at FROM entries WHERE feed = ?1
                  ORDER BY no DESC LIMIT ?3)",
        )?;
        Ok(statement.query_row(params![feed.0, since.as_second(), LATEST], |row| row.get(0))?)
    }

    /// The last filing made before a time: where an edition that looks back to then begins.
    pub fn last_filing_before(&self, time: Timestamp) -> Result<FilingNo> {
        // Filings are in order of time: binary search.
        let (mut below, mut above) = (0, self.last_filing()?.0 + 1);
        let mut statement = self
            .connection
            .prepare_cached("SELECT no, at FROM filings WHERE no >= ?1 ORDER BY no LIMIT 1")?;
        while above - below > 1 {
            let middle = i64::midpoint(below, above);
            let row = statement
                .query_row([middle], |row| Ok((row.get::<_, i64>(0)?, time_at(row, "at")?)))
                .optional()?;
            match row {
                Some((no, at)) if at < time => below = no,
                _ => above = middle,
            }
        }
        Ok(FilingNo(below))
    }

    /// An edition by its digest and id.
    pub fn edition(&self, digest: &str, id: &str) -> Result<Option<Edition>> {
        let mut statement =
            self.connection.prepare_cached("SELECT * FROM editions WHERE digest = ?1 AND id = ?2")?;
        let edition = statement.query_row([digest, id], |row| {
            Ok(Edition {
                no: row.get("no")?,
                digest: row.get("digest")?,
                id: row.get("id")?,
                due_at: time_at(row, "due_at")?,
                through: FilingNo(row.get("through")?),
                words: words(row)?,
            })
        });
        Ok(edition.optional()?)
    }

    /// Whether an edition of an earlier moment was composed after this one: the clock was ahead when this was.
    pub fn was_composed_ahead(&self, edition: &Edition) -> Result<bool> {
        let mut statement = self.connection.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM editions WHERE digest = ?1 AND no > ?2 AND due_at < ?3)",
        )?;
        let values = params![edition.digest, edition.no, edition.due_at.as_second()];
        Ok(statement.query_row(values, |row| row.get(0))?)
    }

    /// The last editions of a digest, whole, newest first.
    pub fn last_editions(&self, digest: &str, at_most: usize) -> Result<Vec<Edition>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id FROM editions WHERE digest = ?1 ORDER BY no DESC LIMIT ?2")?;
        let ids = statement.query_map(params![digest, at_most as i64], |row| row.get::<_, String>(0))?;
        let mut editions = Vec::new();
        for id in ids {
            editions.extend(self.edition(digest, &id?)?);
        }
        Ok(editions)
    }

    /// The editions of a digest, newest first, in brief.
    pub fn editions(&self, digest: &str, at_most: usize) -> Result<Vec<EditionView>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, subject, composed_at, substr(html, 1, ?3) AS beginning FROM editions WHERE digest = ?1
             ORDER BY no DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![digest, at_most as i64, BEGINNING_CHARS], |row| {
            Ok(EditionView {
                id: row.get("id")?,
                subject: row.get("subject")?,
                composed_at: time_at(row, "composed_at")?,
                beginning: row.get("beginning")?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// When the next open delivery is to be tried.
    pub fn next_delivery(&self) -> Result<Option<Timestamp>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT min(next_try_at) AS next FROM deliveries WHERE next_try_at IS NOT NULL",
        )?;
        Ok(statement.query_row([], |row| maybe_time_at(row, "next"))?)
    }

    /// Those who have not got an edition, and why.
    pub fn undelivered(&self, digest: &str, edition: &str) -> Result<Vec<Undelivered>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT d.recipient, d.detail, d.next_try_at IS NOT NULL AS is_open
             FROM deliveries d JOIN editions e ON e.no = d.edition
             WHERE e.digest = ?1 AND e.id = ?2 AND d.sent_at IS NULL ORDER BY d.no",
        )?;
        let rows = statement.query_map([digest, edition], |row| {
            Ok(Undelivered {
                recipient: row.get("recipient")?,
                answer: row.get::<_, Option<String>>("detail")?.unwrap_or_default(),
                is_open: row.get("is_open")?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many have got an edition.
    pub fn delivered(&self, digest: &str, edition: &str) -> Result<usize> {
        let mut statement = self.connection.prepare_cached(
            "SELECT count(d.sent_at) FROM deliveries d JOIN editions e ON e.no = d.edition
             WHERE e.digest = ?1 AND e.id = ?2",
        )?;
        Ok(statement.query_row([digest, edition], |row| row.get::<_, i64>(0))? as usize)
    }

    /// Open, sent and refused deliveries, for `status`.
    pub fn delivery_counts(&self) -> Result<(u64, u64, u64)> {
        Ok(self.connection.query_row(
            "SELECT count(next_try_at), count(sent_at), count(refused_at) FROM deliveries",
            [],
            |row| {
                let count = |i| Ok::<_, rusqlite::Error>(row.get::<_, i64>(i)? as u64);
                Ok((count(0)?, count(1)?, count(2)?))
            },
        )?)
    }
}

/// The `Message-ID` of an edition for a recipient (RFC 5322 §3.6.4). It is a hash of both, so that a repeated
/// delivery has the same one, even from a store that was restored from a backup.
fn message_id(draft: &EditionDraft, recipient: &str, domain: &str) -> String {
    let mut hash = Sha256::new();
    for part in [&draft.digest, &draft.id, recipient] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut id = "<".to_owned();
    for byte in &hash.finalize()[..16] {
        let _ = write!(id, "{byte:02x}");
    }
    let _ = write!(id, "@{domain}>");
    id
}

fn words(row: &Row<'_>) -> rusqlite::Result<EditionText> {
    Ok(EditionText { subject: row.get("subject")?, text: row.get("text")?, html: row.get("html")? })
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        no: row.get("no")?,
        digest: row.get("digest")?,
        edition: row.get("edition")?,
        due_at: time_at(row, "due_at")?,
        recipient: row.get("recipient")?,
        message_id: row.get("message_id")?,
        token: row.get("token")?,
        attempts: row.get("attempts")?,
        words: words(row)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, edition, open};
    use super::*;

    #[tokio::test]
    async fn a_message_id_is_the_same_in_a_store_that_was_restored_and_of_no_other_mail() {
        let mut ids = Vec::new();
        for edition_id in ["2026-11-23", "2026-11-23", "2026-11-24"] {
            let folder = tempfile::tempdir().unwrap();
            let store = open(folder.path()).await;
            let draft = EditionDraft { id: edition_id.to_owned(), ..edition() };
            store.write(move |b| b.put_edition(&draft, "site.example")).await.unwrap();
            let claimed = store.write(move |b| b.claim_deliveries(at(1000), at(1600), 10)).await.unwrap();
            ids.push(claimed.into_iter().map(|delivery| delivery.message_id).collect::<Vec<_>>());
        }
        assert_eq!(ids[0], ids[1]);
        assert!(ids[0][0] != ids[0][1] && !ids[2].contains(&ids[0][0]));
        assert!(ids[0][0].ends_with("@site.example>"), "{}", ids[0][0]);
    }

    #[tokio::test]
    async fn what_was_told_of_a_topic_counts_for_the_one_that_it_became_part_of() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let told = |topic: i64, through: i64, headline: &str| Told {
            topic: TopicNo(topic),
            through: FilingNo(through),
            at: at(1000),
            headline: headline.to_owned(),
            story: StoryId(7),
            feed: FeedNo(1),
        };
        let (of_first, of_second) = (told(1, 5, "Ferry aground"), told(2, 3, "Harbour closed"));
        let draft = EditionDraft { told: vec![of_first.clone(), of_second], ..edition() };
        store
            .write(move |b| {
                b.run("INSERT INTO topics (no, id) VALUES (1, x'01'), (2, x'02')", [])?;
                b.put_edition(&draft, "site.example")?;
                b.absorb_topic(TopicNo(1), TopicNo(2))
            })
            .await
            .unwrap();
        let known = store.read(|reader| reader.told("morning")).await.unwrap();
        assert_eq!(known.into_values().collect::<Vec<_>>(), [Told { topic: TopicNo(2), ..of_first }]);
        assert_eq!(store.read(|reader| reader.told("evening")).await.unwrap().len(), 0);
        // Months later it is forgotten.
        let later = at(1000 + 130 * 86_400);
        let draft = EditionDraft { id: "later".to_owned(), due_at: later, ..edition() };
        store.write(move |b| b.put_edition(&draft, "site.example")).await.unwrap();
        assert_eq!(store.read(|reader| reader.told("morning")).await.unwrap().len(), 0);
    }
}
