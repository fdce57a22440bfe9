//! Who gets a digest: who has left, whose mail is refused, and who has come back.

use super::reader::{Reader, maybe_time_at};
use super::suppression::SuppressionList;
use super::{Batch, Result, Store, StoreError, write_beside};
use crate::model::{Preferences, Recipient, RecipientState, bare_address};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use std::path::Path;

/// Editions in a row that a recipient's server refuses for good, after which nothing more is sent to them.
const REFUSALS: i64 = 3;

/// What is noted of deliveries that were open when their recipient left.
const LEFT: &str = "the recipient has left";

impl Store {
    /// The recipient of the token leaves: nothing more is sent to them, not even what is open, and also not from a restored
    /// backup. Gives the digest; `None` when the token is not known.
    pub async fn leave(&self, token: String, now: Timestamp) -> Result<Option<String>> {
        let list = SuppressionList::beside(self.path());
        self.write(move |batch| {
            let Some(Recipient { digest, address, state, .. }) = batch.reader().recipient_of(&token)? else {
                return Ok(None);
            };
            if !matches!(state, RecipientState::Left(_)) {
                // The list is written first. If the process dies in between, the next start reads the list and
                // completes the leave.
                list.note(&digest, &address, true)?;
                batch.set_left(&digest, &address, Some(now))?;
            }
            Ok(Some(digest))
        })
        .await
    }

    /// Makes the store and the suppression list agree. The last line of the list about a recipient wins. `named` are
    /// pairs of digest and address from the configuration: a recipient named there may be new to the store and still
    /// be on the list. Recipients who left before there was a list are added to it.
    pub async fn agree_on_who_left(&self, named: Vec<(String, String)>, now: Timestamp) -> Result<()> {
        let list = SuppressionList::beside(self.path());
        self.write(move |batch| {
            let suppressed = list.read()?;
            for (digest, address) in &named {
                if suppressed.last(digest, address) == Some(true) {
                    batch.know_recipient(digest, address)?;
                }
            }
            for Recipient { digest, address, state, .. } in batch.reader().recipients()? {
                let has_left = matches!(state, RecipientState::Left(_));
                match suppressed.last(&digest, &address) {
                    Some(true) if !has_left => batch.set_left(&digest, &address, Some(now))?,
                    Some(false) if has_left => batch.set_left(&digest, &address, None)?,
                    None if has_left => list.note(&digest, &address, true)?,
                    _ => {}
                }
            }
            Ok(())
        })
        .await
    }
}

/// Has a recipient leave digests, or brings them back, beside a running daemon. `named` are pairs of digest and address.
pub fn set_recipients(path: &Path, named: &[(String, String)], has_left: bool, now: Timestamp) -> Result<()> {
    // The list is beside the file itself, whatever name leads there.
    let path = std::fs::canonicalize(path).map_err(|_| StoreError::Missing(path.to_owned()))?;
    let list = SuppressionList::beside(&path);
    write_beside(&path, |batch| {
        for (digest, address) in named {
            list.note(digest, address, has_left)?;
            batch.know_recipient(digest, address)?;
            batch.set_left(digest, address, has_left.then_some(now))?;
        }
        Ok(())
    })
}

impl Batch<'_> {
    /// Notes a recipient the first time.
    pub(super) fn know_recipient(&self, digest: &str, address: &str) -> Result<()> {
        self.run(
            "INSERT OR IGNORE INTO recipients (digest, address, token)
             VALUES (?1, ?2, lower(hex(randomblob(16))))",
            [digest, address],
        )?;
        Ok(())
    }

    /// Notes that a recipient has left or has come back. In both cases earlier refusals do not count any more.
    fn set_left(&self, digest: &str, address: &str, left_at: Option<Timestamp>) -> Result<()> {
        let left_at = left_at.map(Timestamp::as_second);
        self.run(
            "UPDATE recipients SET left_at = ?3, refusals = 0, refused_at = NULL, answer = NULL
             WHERE digest = ?1 AND address = ?2",
            params![digest, address, left_at],
        )?;
        if left_at.is_some() {
            self.run(
                "DELETE FROM requests WHERE digest = ?1 AND address = ?2",
                [digest, &bare_address(address)],
            )?;
            self.run(
                "UPDATE deliveries SET refused_at = ?3, next_try_at = NULL, detail = ?4
                 WHERE next_try_at IS NOT NULL AND recipient = ?2
                     AND edition IN (SELECT no FROM editions WHERE sent_to = ?1)",
                params![digest, address, left_at, LEFT],
            )?;
        }
        Ok(())
    }

    /// Counts that a server refused a recipient for good. After three editions in a row nothing more is sent
    /// to them. Says whether that is the case now.
    pub fn count_refusal(&self, delivery: i64, now: Timestamp, answer: &str) -> Result<bool> {
        self.run(
            "UPDATE recipients SET refusals = refusals + 1, answer = ?2,
                 refused_at = CASE WHEN refusals + 1 >= ?3 THEN coalesce(refused_at, ?4) END
             WHERE (digest, address) = (SELECT e.sent_to, d.recipient FROM deliveries d
                 JOIN editions e ON e.no = d.edition WHERE d.no = ?1)",
            params![delivery, answer, REFUSALS, now.as_second()],
        )?;
        let mut statement = self.connection.prepare_cached(
            "SELECT r.refused_at IS NOT NULL FROM deliveries d JOIN editions e ON e.no = d.edition
             JOIN recipients r ON r.digest = e.sent_to AND r.address = d.recipient WHERE d.no = ?1",
        )?;
        Ok(statement.query_row([delivery], |row| row.get(0)).optional()?.unwrap_or(false))
    }

    /// The recipient of a delivery has got it: refusals before do not count any more.
    pub(super) fn forget_refusals(&self, delivery: i64) -> Result<()> {
        self.run(
            "UPDATE recipients SET refusals = 0, refused_at = NULL, answer = NULL
             WHERE refusals > 0 AND (digest, address) = (SELECT e.sent_to, d.recipient FROM deliveries d
                 JOIN editions e ON e.no = d.edition WHERE d.no = ?1)",
            [delivery],
        )?;
        Ok(())
    }
}

const COLUMNS: &str = "digest, address, left_at, refused_at, confirmed_at, answer, preferences";

impl Reader<'_> {
    /// Everyone whom a digest was ever sent to, or who has left it.
    pub fn recipients(&self) -> Result<Vec<Recipient>> {
        let sql = format!("SELECT {COLUMNS} FROM recipients ORDER BY digest, address");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([], recipient)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The recipient that a token belongs to.
    pub fn recipient_of(&self, token: &str) -> Result<Option<Recipient>> {
        let sql = format!("SELECT {COLUMNS} FROM recipients WHERE token = ?1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row([token], recipient).optional()?)
    }

    /// A recipient with the token that is the secret part of their addresses.
    pub fn recipient(&self, digest: &str, address: &str) -> Result<Option<(Recipient, String)>> {
        let sql = format!("SELECT {COLUMNS}, token FROM recipients WHERE digest = ?1 AND address = ?2");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let found = statement.query_row([digest, address], |row| Ok((recipient(row)?, row.get("token")?)));
        Ok(found.optional()?)
    }

    /// How many recipients have left, and how many are not written to any more because their mail was refused.
    pub fn recipient_counts(&self) -> Result<(u64, u64)> {
        let count = |i| move |row: &rusqlite::Row<'_>| Ok::<_, rusqlite::Error>(row.get::<_, i64>(i)? as u64);
        let sql =
            "SELECT count(left_at), count(CASE WHEN left_at IS NULL THEN refused_at END) FROM recipients";
        Ok(self.connection.query_row(sql, [], |row| Ok((count(0)(row)?, count(1)(row)?)))?)
    }
}

fn recipient(row: &rusqlite::Row<'_>) -> rusqlite::Result<Recipient> {
    let answer = row.get::<_, Option<String>>("answer")?.unwrap_or_default();
    let [left, refused, confirmed] = [
        maybe_time_at(row, "left_at")?,
        maybe_time_at(row, "refused_at")?,
        maybe_time_at(row, "confirmed_at")?,
    ];
    let state = match (left, refused, confirmed) {
        (Some(at), ..) => RecipientState::Left(at),
        (None, Some(at), _) => RecipientState::Refused(at, answer),
        (None, None, Some(at)) => RecipientState::Confirmed(at),
        (None, None, None) => RecipientState::Active,
    };
    let (digest, address) = (row.get("digest")?, row.get("address")?);
    let preferences = Preferences::read(&row.get::<_, String>("preferences")?).unwrap_or_default();
    Ok(Recipient { digest, address, state, has_confirmed: confirmed.is_some(), preferences })
}
