//! Digests as the store knows them, and the segments of those whose recipients chose alike (`model::Preferences`).

use super::reader::Reader;
use super::{Batch, Result};
use crate::model::{Preferences, bare_address, digest_of_segment};
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use std::collections::{BTreeSet, HashMap};

/// Segments of a digest at most: an edition is composed for each, and what it told is remembered.
const SEGMENTS: usize = 100;
/// How long the editions of a segment have a page. Nobody but its recipients knows of it.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What became of a recipient's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// It holds from the next edition on.
    Noted,
    /// There are as many different choices as a digest can have, and this one is not among them.
    TooMany,
    /// Nobody has this token.
    Unknown,
}

impl Batch<'_> {
    /// Notes a digest, or a segment of one, the first time it is seen. A new segment takes over the position of its
    /// digest, so that its first edition repeats nothing and misses nothing.
    pub fn know_digest(&self, name: &str, now: Timestamp) -> Result<()> {
        let digest = digest_of_segment(name);
        let is_new = self.run(
            "INSERT OR IGNORE INTO digests (name, since, due_at, through)
             SELECT ?1, ?2, d.due_at, coalesce(d.through, 0) FROM (SELECT 1) LEFT JOIN digests d ON d.name = ?3",
            params![name, now.as_second(), digest],
        )? > 0;
        if is_new && name != digest {
            self.run(
                "INSERT OR REPLACE INTO told (digest, topic, through, at, headline, story, feed)
                 SELECT ?1, topic, through, at, headline, story, feed FROM told WHERE digest = ?2",
                [name, digest],
            )?;
        }
        Ok(())
    }

    /// Forgets segments that nobody is in any more. Their editions stay for some weeks.
    pub fn forget_segments(&self, gone: &[String]) -> Result<()> {
        for name in gone {
            self.run("DELETE FROM digests WHERE name = ?1", [name])?;
            self.run("DELETE FROM told WHERE digest = ?1", [name])?;
        }
        Ok(())
    }

    /// Deletes editions of segments that were due more than `KEPT` ago.
    pub fn forget_editions_of_segments(&self, now: Timestamp) -> Result<()> {
        let oldest = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN).as_second();
        self.run("DELETE FROM editions WHERE digest <> sent_to AND due_at < ?1", [oldest])?;
        Ok(())
    }

    /// Notes what the recipient of the token has chosen.
    pub fn choose(&self, token: &str, preferences: &Preferences) -> Result<Chosen> {
        let Some(recipient) = self.reader().recipient_of(token)? else { return Ok(Chosen::Unknown) };
        let different: BTreeSet<Preferences> =
            self.reader().choices(&recipient.digest)?.into_values().collect();
        let is_new = *preferences != Preferences::default() && !different.contains(preferences);
        if is_new && different.len() >= SEGMENTS {
            return Ok(Chosen::TooMany);
        }
        self.run(
            "UPDATE recipients SET preferences = ?2 WHERE token = ?1",
            [token, &preferences.to_string()],
        )?;
        Ok(Chosen::Noted)
    }
}

impl Reader<'_> {
    /// What the recipients of a digest have chosen, by their bare addresses: those who chose something and are sent it.
    pub fn choices(&self, digest: &str) -> Result<HashMap<String, Preferences>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT address, preferences FROM recipients
             WHERE digest = ?1 AND preferences <> '' AND left_at IS NULL AND refused_at IS NULL",
        )?;
        let rows = statement.query_map([digest], |row| {
            let chosen = Preferences::read(&row.get::<_, String>(1)?).unwrap_or_default();
            Ok((bare_address(&row.get::<_, String>(0)?), chosen))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The segments that the store knows, by name.
    pub fn segments(&self) -> Result<BTreeSet<String>> {
        let mut statement =
            self.connection.prepare_cached("SELECT name FROM digests WHERE name LIKE '%~%'")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, edition, open};
    use super::*;
    use crate::model::{EditionDraft, segment_name};

    #[tokio::test]
    async fn a_digest_has_a_bounded_number_of_segments() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let recipients: Vec<String> = (0..=SEGMENTS).map(|no| format!("a{no}@reader.example")).collect();
        let draft = EditionDraft { recipients: recipients.clone(), ..edition() };
        let choices = move |batch: &Batch<'_>| {
            batch.put_edition(&draft, "site.example")?;
            let choose = |no: usize, hour: usize| {
                let zone = ["UTC", "Asia/Tokyo", "Europe/Paris", "America/Lima", "Africa/Cairo"][hour / 24];
                let chosen = Preferences::read(&format!("hour={}&zone={zone}", hour % 24)).unwrap();
                let (_, token) = batch.reader().recipient("morning", &recipients[no])?.unwrap();
                batch.choose(&token, &chosen)
            };
            let mut chosen = (0..=SEGMENTS).map(|no| choose(no, no)).collect::<Result<Vec<_>>>()?;
            // What somebody has chosen already, others may choose.
            chosen.push(choose(SEGMENTS, 0)?);
            Ok(chosen)
        };
        let chosen = store.write(move |batch| choices(batch)).await.unwrap();
        assert!(chosen[..SEGMENTS].iter().all(|chosen| *chosen == Chosen::Noted));
        assert_eq!(chosen[SEGMENTS..], [Chosen::TooMany, Chosen::Noted]);
    }

    #[tokio::test]
    async fn a_segment_that_nobody_is_in_is_forgotten_at_once_and_its_editions_after_a_month() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let segment = segment_name("morning", &Preferences::read("hour=6&zone=UTC").unwrap());
        let name = segment.clone();
        let of_segment = EditionDraft { digest: segment.clone(), ..edition() };
        store
            .write(move |batch| {
                batch.put_edition(&edition(), "site.example")?;
                batch.know_digest(&name, at(1000))?;
                batch.put_edition(&of_segment, "site.example")?;
                batch.forget_segments(&[name])
            })
            .await
            .unwrap();
        let counts = |days: i64| {
            let (store, segment) = (&store, segment.clone());
            async move {
                let later = edition().due_at + SignedDuration::from_hours(24 * days);
                store.write(move |batch| batch.forget_editions_of_segments(later)).await.unwrap();
                let counted = store.read(move |reader| {
                    Ok((
                        reader.segments()?.len(),
                        reader.editions(&segment, 9)?.len(),
                        reader.editions("morning", 9)?.len(),
                    ))
                });
                counted.await.unwrap()
            }
        };
        assert_eq!(counts(29).await, (0, 1, 1));
        assert_eq!(counts(31).await, (0, 0, 1));
    }
}
