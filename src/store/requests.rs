//! Subscription requests (double opt-in): an address that somebody entered on the web, until its owner confirms it by
//! a link in a mail.
//!
//! The answer never shows who gets the digest. Every number is bounded, because anybody may ask.

use super::reader::Reader;
use super::suppression::SuppressionList;
use super::{Batch, Result, Store};
use crate::model::{Recipient, Request, bare_address};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};

/// For how long a request can be confirmed.
const HOLDS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How soon a mail is sent again to an address for which somebody asks again.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// Requests that are taken in an hour, over all digests. This bounds how many mails strangers can make us send.
const AN_HOUR: i64 = 60;
/// Requests that are kept at most.
const KEPT: i64 = 5_000;
/// Recipients of a digest at most who came by themselves.
const CONFIRMED: i64 = 10_000;
/// Attempts to send the mail that asks for confirmation.
const ATTEMPTS: i64 = 5;
/// The pause after an attempt.
const PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// Which requests are to be mailed at `?1`.
const DUE: &str = "mailed_at IS NULL AND coalesce(next_try_at, asked_at) <= ?1";

impl Store {
    /// The owner of an address confirms that they want a digest, even if they had left it. Gives the recipient and
    /// their token. `None` if the token of the request is not known any more, or if the digest is not one of those
    /// that are `open`. Confirming twice does no harm, and does not bring back a recipient who has left in between.
    pub async fn confirm(
        &self,
        token: String,
        open: Vec<String>,
        now: Timestamp,
    ) -> Result<Option<(Recipient, String)>> {
        let list = SuppressionList::beside(self.path());
        self.write(move |batch| {
            let Some((request, is_confirmed)) = batch.reader().request(&token, now)? else { return Ok(None) };
            let Request { digest, address, .. } = request;
            if !open.contains(&digest) {
                return Ok(None);
            }
            let known = batch.reader().address_of_recipient(&digest, &address)?.unwrap_or(address);
            if !is_confirmed {
                list.note(&digest, &known, false)?;
                batch.join(&digest, &known, &token, now)?;
            }
            batch.reader().recipient(&digest, &known)
        })
        .await
    }
}

impl Batch<'_> {
    /// Somebody asks that a digest be sent to this address. Says whether it was taken: not when too many ask. Nothing is
    /// sent to whom the digest is sent anyway.
    pub fn ask_to_join(&self, digest: &str, address: &str, now: Timestamp) -> Result<bool> {
        let address = bare_address(address);
        self.forget_requests(now)?;
        let hour = (now - SignedDuration::from_hours(1)).as_second();
        let (lately, kept, confirmed): (i64, i64, i64) = self.connection.query_row(
            "SELECT (SELECT count(*) FROM requests WHERE asked_at > ?1), (SELECT count(*) FROM requests),
                 (SELECT count(*) FROM recipients WHERE digest = ?2 AND confirmed_at IS NOT NULL)",
            params![hour, digest],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        if lately >= AN_HOUR || kept >= KEPT || confirmed >= CONFIRMED {
            return Ok(false);
        }
        self.run(
            "INSERT INTO requests (digest, address, token, asked_at)
             VALUES (?1, ?2, lower(hex(randomblob(16))), ?3)
             ON CONFLICT (digest, address) DO UPDATE SET asked_at = ?3, mailed_at = NULL, attempts = 0, next_try_at = NULL,
                 confirmed_at = NULL, token = excluded.token WHERE asked_at <= ?4",
            params![digest, address, now.as_second(), (now - AGAIN).as_second()],
        )?;
        Ok(true)
    }

    /// Deletes the requests that are too old to be confirmed, and with them the links of those that were confirmed.
    pub fn forget_requests(&self, now: Timestamp) -> Result<()> {
        self.run("DELETE FROM requests WHERE asked_at < ?1", [(now - HOLDS).as_second()])?;
        Ok(())
    }

    /// The next request that is due to be mailed. Counts the attempt; the last attempt marks the request as mailed in
    /// advance, so that it is not tried again.
    pub fn claim_request(&self, now: Timestamp) -> Result<Option<Request>> {
        let mut statement = self.connection.prepare_cached(&format!(
            "UPDATE requests SET attempts = attempts + 1, next_try_at = ?2,
                 mailed_at = CASE WHEN attempts + 1 >= ?3 THEN ?1 END
             WHERE no = (SELECT no FROM requests WHERE {DUE} ORDER BY no LIMIT 1)
             RETURNING no, digest, address, token",
        ))?;
        let values = params![now.as_second(), (now + PAUSE).as_second(), ATTEMPTS];
        Ok(statement.query_row(values, request).optional()?)
    }

    /// The attempt does not count, for no server was there to be asked. The next one comes after the pause all the same.
    pub fn request_unsent(&self, no: i64) -> Result<()> {
        self.run("UPDATE requests SET attempts = attempts - 1, mailed_at = NULL WHERE no = ?1", [no])?;
        Ok(())
    }

    /// The owner of the address has been asked.
    pub fn request_mailed(&self, no: i64, now: Timestamp) -> Result<()> {
        self.run("UPDATE requests SET mailed_at = ?2 WHERE no = ?1", params![no, now.as_second()])?;
        Ok(())
    }

    fn join(&self, digest: &str, address: &str, token: &str, now: Timestamp) -> Result<()> {
        self.know_recipient(digest, address)?;
        self.run(
            "UPDATE recipients SET confirmed_at = ?3, left_at = NULL, refusals = 0, refused_at = NULL, answer = NULL
             WHERE digest = ?1 AND address = ?2",
            params![digest, address, now.as_second()],
        )?;
        self.run("UPDATE requests SET confirmed_at = ?2 WHERE token = ?1", params![token, now.as_second()])?;
        Ok(())
    }
}

impl Reader<'_> {
    /// The request of a token that still holds, and whether it was confirmed.
    pub fn request(&self, token: &str, now: Timestamp) -> Result<Option<(Request, bool)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT no, digest, address, token, confirmed_at IS NOT NULL AS is_confirmed FROM requests
             WHERE token = ?1 AND asked_at >= ?2",
        )?;
        let values = params![token, (now - HOLDS).as_second()];
        let found = statement.query_row(values, |row| Ok((request(row)?, row.get("is_confirmed")?)));
        Ok(found.optional()?)
    }

    /// Whether the owner of an address is to be asked now.
    pub fn has_request(&self, now: Timestamp) -> Result<bool> {
        let mut statement = self.connection.prepare_cached(&format!("SELECT 1 FROM requests WHERE {DUE}"))?;
        Ok(statement.exists([now.as_second()])?)
    }

    /// Requests that nobody has confirmed yet, with the time when they were made.
    pub fn waiting_requests(&self) -> Result<Vec<(Request, Timestamp)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT no, digest, address, token, asked_at FROM requests WHERE confirmed_at IS NULL ORDER BY no",
        )?;
        let rows =
            statement.query_map([], |row| Ok((request(row)?, super::reader::time_at(row, "asked_at")?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether a digest is sent to this address, under whatever name.
    pub fn is_sent_to(&self, digest: &str, address: &str) -> Result<bool> {
        let mut statement = self.connection.prepare_cached(
            "SELECT address FROM recipients WHERE digest = ?1 AND left_at IS NULL AND refused_at IS NULL",
        )?;
        let all = statement.query_map([digest], |row| row.get::<_, String>(0))?;
        let bare = bare_address(address);
        for known in all {
            if bare_address(&known?) == bare {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Those who came to a digest by themselves, in the order in which they did.
    pub fn confirmed_recipients(&self, digest: &str) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT address FROM recipients WHERE digest = ?1 AND confirmed_at IS NOT NULL
             ORDER BY confirmed_at, address",
        )?;
        let rows = statement.query_map([digest], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How a recipient with this bare address is written.
    fn address_of_recipient(&self, digest: &str, address: &str) -> Result<Option<String>> {
        let known = self.recipients()?.into_iter();
        let mut same = known.filter(|one| one.digest == digest && bare_address(&one.address) == address);
        Ok(same.next().map(|one| one.address))
    }
}

fn request(row: &rusqlite::Row<'_>) -> rusqlite::Result<Request> {
    Ok(Request {
        no: row.get("no")?,
        digest: row.get("digest")?,
        address: row.get("address")?,
        token: row.get("token")?,
    })
}
