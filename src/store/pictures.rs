//! Pictures of stories: which are wanted, and those that are kept, made small.
//!
//! A picture is kept for as long as a story that has it is shown; when all together take too much, the oldest go. Whatever is
//! here can be fetched again, except from publishers who have taken theirs away.

use super::reader::Reader;
use super::{Batch, Result};
use crate::model::{
    DuePicture, FeedNo, KeptPicture, PictureCounts, PictureFile, PictureNo, StoryNo, StoryPicture,
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// What all pictures together may take, in bytes: some three thousand of them.
pub const PICTURE_BYTES: u64 = 128 * 1024 * 1024;

/// Stories, the last that were shown, whose pictures are wanted: those that pages are likely to show.
const NEWEST: usize = 500;

/// A picture that one feed has in so many topics is its logo, and tells nothing of any of them.
const LOGO_TOPICS: usize = 3;

/// In how many topics, as far as it matters, the feed of `u` has the picture `p`.
const TOPICS: &str = "(SELECT count(*) FROM (SELECT DISTINCT s.topic FROM picture_stories o
    JOIN stories s ON s.no = o.story WHERE o.picture = p.no AND o.feed = u.feed LIMIT ?2))";

/// The last stories that were shown.
const NEWEST_STORIES: &str = "newest (no, lead, topic, shown) AS (SELECT no, lead, topic, shown FROM stories
    WHERE shown IS NOT NULL AND alias_of IS NULL ORDER BY shown DESC LIMIT ?1)";

/// A story `s` and a feed `f` of which a picture may be shown.
const MAY_BE_SHOWN: &str = "s.shown IS NOT NULL AND s.alias_of IS NULL AND NOT f.private";

impl Batch<'_> {
    /// Writes down which picture a story has. Those that nobody has asked for yet are due at `now`.
    pub fn put_story_pictures(&self, pictures: &[StoryPicture], now: Timestamp) -> Result<()> {
        for StoryPicture { story, feed, url, alt } in pictures {
            self.forget_picture_of(story.0, url)?;
            self.run(
                "INSERT INTO pictures (url, next_at) VALUES (?1, ?2) ON CONFLICT (url) DO NOTHING",
                params![url, now.as_second()],
            )?;
            self.run(
                "INSERT OR REPLACE INTO picture_stories (story, picture, feed, alt)
                 SELECT ?1, no, ?2, ?4 FROM pictures WHERE url = ?3",
                params![story.0, feed.0, url, alt],
            )?;
        }
        Ok(())
    }

    /// A picture is about to be asked for; unless it comes, it is asked for again at `next_at`, or never.
    pub fn picture_asked(&self, no: PictureNo, next_at: Option<Timestamp>) -> Result<()> {
        self.run(
            "UPDATE pictures SET attempts = attempts + 1, next_at = ?2 WHERE no = ?1",
            params![no.0, next_at.map(Timestamp::as_second)],
        )?;
        Ok(())
    }

    /// A picture was not asked for after all; it is at `next_at`.
    pub fn picture_held(&self, no: PictureNo, next_at: Timestamp) -> Result<()> {
        self.run(
            "UPDATE pictures SET attempts = max(attempts - 1, 0), next_at = ?2 WHERE no = ?1",
            params![no.0, next_at.as_second()],
        )?;
        Ok(())
    }

    /// A picture did not come; it is asked for again at `next_at`, or never.
    pub fn picture_failed(&self, no: PictureNo, next_at: Option<Timestamp>) -> Result<()> {
        let next_at = next_at.map(Timestamp::as_second);
        self.run("UPDATE pictures SET next_at = ?2 WHERE no = ?1", params![no.0, next_at])?;
        Ok(())
    }

    /// Keeps a picture.
    pub fn keep_picture(&self, no: PictureNo, file: &PictureFile) -> Result<()> {
        let PictureFile { name, width, height, large, small } = file;
        let bytes = large.len() + small.as_ref().map_or(0, Vec::len);
        self.run(
            "INSERT INTO picture_files (name, width, height, bytes, small, large) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (name) DO NOTHING",
            params![name, width, height, bytes as i64, small, large],
        )?;
        self.run(
            "UPDATE pictures SET next_at = NULL, file = (SELECT no FROM picture_files WHERE name = ?2) WHERE no = ?1",
            params![no.0, name],
        )?;
        Ok(())
    }

    /// Lets go of pictures that no story has any more that is shown, and of the oldest while all take more than `at_most` bytes.
    pub fn drop_pictures(&self, at_most: u64) -> Result<()> {
        self.run(
            &format!(
                "DELETE FROM picture_files WHERE NOT EXISTS (SELECT 1 FROM pictures p
                     JOIN picture_stories u ON u.picture = p.no JOIN stories s ON s.no = u.story
                     JOIN feeds f ON f.no = u.feed WHERE p.file = picture_files.no AND {MAY_BE_SHOWN})"
            ),
            [],
        )?;
        self.run(
            "DELETE FROM picture_files WHERE no IN (SELECT no FROM
                 (SELECT no, sum(bytes) OVER (ORDER BY no DESC) AS with_newer FROM picture_files)
                 WHERE with_newer > ?1)",
            [i64::try_from(at_most).unwrap_or(i64::MAX)],
        )?;
        Ok(())
    }

    /// Lets go of every picture, and of what was wanted.
    pub fn drop_all_pictures(&self) -> Result<()> {
        self.run("DELETE FROM pictures", [])?;
        self.run("DELETE FROM picture_files", [])?;
        Ok(())
    }

    /// Forgets the picture that a story, with those that have become part of it, alone has, unless it is at the address `but`. What
    /// is kept of it goes when pictures are next looked through.
    pub(super) fn forget_picture_of(&self, story: i64, but: &str) -> Result<()> {
        self.run(
            "DELETE FROM pictures WHERE url <> ?2 AND no IN (SELECT u.picture FROM picture_stories u WHERE u.story IN
                     (SELECT ?1 UNION ALL SELECT no FROM stories WHERE alias_of = ?1))
                 AND NOT EXISTS (SELECT 1 FROM picture_stories u JOIN stories s ON s.no = u.story
                     WHERE u.picture = pictures.no AND coalesce(s.alias_of, s.no) <> ?1)",
            params![story, but],
        )?;
        Ok(())
    }
}

impl Reader<'_> {
    /// The last stories shown whose picture is another than was written down: that of the lead, else of the first that has one of
    /// those that carry the story in the open.
    pub fn new_story_pictures(&self) -> Result<Vec<StoryPicture>> {
        let mut statement = self.connection.prepare_cached(&format!(
            "WITH {NEWEST_STORIES}
             SELECT n.no, e.feed, b.image, b.image_alt FROM newest n
             JOIN entries e ON e.no = (SELECT e.no FROM entries e JOIN feeds f ON f.no = e.feed
                 JOIN bodies b ON b.entry = e.no
                 WHERE e.story = n.no AND NOT f.private AND b.image IS NOT NULL ORDER BY e.no <> n.lead, e.no LIMIT 1)
             JOIN bodies b ON b.entry = e.no
             LEFT JOIN picture_stories u ON u.story = n.no LEFT JOIN pictures p ON p.no = u.picture
             WHERE p.url IS NOT b.image OR u.feed <> e.feed"
        ))?;
        let rows = statement.query_map([NEWEST as i64], |row| {
            Ok(StoryPicture {
                story: StoryNo(row.get(0)?),
                feed: FeedNo(row.get(1)?),
                url: row.get(2)?,
                alt: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Pictures of the last stories shown that are to be asked for at `now`, those of the newest first, at most `at_most`. A wait
    /// of more than `longest_s` seconds comes from a clock that was ahead.
    pub fn due_pictures(&self, now: Timestamp, longest_s: i64, at_most: usize) -> Result<Vec<DuePicture>> {
        let mut statement = self.connection.prepare_cached(&format!(
            "WITH {NEWEST_STORIES}
             SELECT p.no, p.url, p.attempts, f.url AS feed_url FROM newest n
             JOIN picture_stories u ON u.story = n.no JOIN pictures p ON p.no = u.picture JOIN feeds f ON f.no = u.feed
             WHERE (p.next_at <= ?3 OR p.next_at > ?3 + ?4) AND p.file IS NULL AND NOT f.private AND {TOPICS} < ?2
             GROUP BY p.no ORDER BY max(n.shown) DESC LIMIT ?5"
        ))?;
        let values = params![NEWEST as i64, LOGO_TOPICS as i64, now.as_second(), longest_s, at_most as i64];
        let rows = statement.query_map(values, |row| {
            Ok(DuePicture {
                no: PictureNo(row.get("no")?),
                url: row.get("url")?,
                feed_url: row.get("feed_url")?,
                attempts: row.get("attempts")?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether [`Batch::drop_pictures`] would find anything.
    pub fn has_pictures_to_drop(&self, at_most: u64) -> Result<bool> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT (SELECT coalesce(sum(bytes), 0) FROM picture_files) > ?1 OR EXISTS (SELECT 1 FROM picture_files t
                 WHERE NOT EXISTS (SELECT 1 FROM pictures p JOIN picture_stories u ON u.picture = p.no
                     JOIN stories s ON s.no = u.story JOIN feeds f ON f.no = u.feed
                     WHERE p.file = t.no AND {MAY_BE_SHOWN}))"
        ))?;
        Ok(statement.query_row([i64::try_from(at_most).unwrap_or(i64::MAX)], |row| row.get(0))?)
    }

    /// What is kept of the picture that a story has; `None` when it is not kept, or is the logo of its feed.
    pub(super) fn kept_picture(&self, story: StoryNo) -> Result<Option<KeptPicture>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT t.name, t.width, t.height, u.alt FROM picture_stories u JOIN pictures p ON p.no = u.picture
             JOIN picture_files t ON t.no = p.file JOIN feeds f ON f.no = u.feed
             WHERE u.story = ?1 AND NOT f.private
                 AND (SELECT count(*) FROM (SELECT DISTINCT s.topic FROM pictures q
                     JOIN picture_stories o ON o.picture = q.no JOIN stories s ON s.no = o.story
                     WHERE q.file = t.no AND o.feed = u.feed LIMIT ?2)) < ?2",
        )?;
        let kept = statement.query_row(params![story.0, LOGO_TOPICS as i64], |row| {
            Ok(KeptPicture { name: row.get(0)?, width: row.get(1)?, height: row.get(2)?, alt: row.get(3)? })
        });
        Ok(kept.optional()?)
    }

    /// The bytes of a kept picture, in its small size if that is wanted and there is one; `None` when no story has it that is
    /// shown.
    pub fn picture_bytes(&self, name: &str, small: bool) -> Result<Option<Vec<u8>>> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT CASE WHEN ?2 THEN t.small ELSE t.large END FROM picture_files t WHERE t.name = ?1
                 AND EXISTS (SELECT 1 FROM pictures p JOIN picture_stories u ON u.picture = p.no
                     JOIN stories s ON s.no = u.story JOIN feeds f ON f.no = u.feed
                     WHERE p.file = t.no AND {MAY_BE_SHOWN})"
        ))?;
        let bytes = statement.query_row(params![name, small], |row| row.get::<_, Option<Vec<u8>>>(0));
        Ok(bytes.optional()?.flatten())
    }

    /// How many pictures are kept, and how many of the last stories shown are not here yet or given up.
    pub fn picture_counts(&self) -> Result<PictureCounts> {
        let mut kept =
            self.connection.prepare_cached("SELECT count(*), coalesce(sum(bytes), 0) FROM picture_files")?;
        let count = |row: &Row<'_>, column: usize| row.get::<_, i64>(column).map(i64::cast_unsigned);
        let (kept, bytes) = kept.query_row([], |row| Ok((count(row, 0)?, count(row, 1)?)))?;
        let mut missing = self.connection.prepare_cached(&format!(
            "WITH {NEWEST_STORIES}
             SELECT count(DISTINCT CASE WHEN p.next_at IS NOT NULL AND {TOPICS} < ?2 THEN p.no END),
                 count(DISTINCT CASE WHEN p.next_at IS NULL THEN p.no END)
             FROM newest n JOIN picture_stories u ON u.story = n.no JOIN pictures p ON p.no = u.picture
             WHERE p.file IS NULL"
        ))?;
        let values = params![NEWEST as i64, LOGO_TOPICS as i64];
        let (waiting, failed) = missing.query_row(values, |row| Ok((count(row, 0)?, count(row, 1)?)))?;
        Ok(PictureCounts { kept, bytes, waiting, failed })
    }

    /// Grows with every picture that is kept.
    pub fn last_picture(&self) -> Result<u64> {
        Ok(self.sequence("picture_files")?.cast_unsigned())
    }
}
