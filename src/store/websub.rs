//! WebSub subscriptions of feeds at their hubs.

use super::reader::{Reader, maybe_time_at, time_at};
use super::{Batch, Result};
use crate::model::{FeedNo, Subscription};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

impl Batch<'_> {
    /// Writes a subscription that is to be asked for, in place of any that the feed has.
    pub fn put_subscription(&self, new: &Subscription) -> Result<()> {
        self.run(
            "INSERT INTO websub (feed, hub, topic, token, secret, next_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (feed) DO UPDATE SET hub = ?2, topic = ?3, token = ?4, secret = ?5, next_at = ?6,
                 lease_until = NULL, attempts = 0",
            params![new.feed.0, new.hub, new.topic, new.token, new.secret, new.next_at.as_second()],
        )?;
        Ok(())
    }

    /// Forgets a feed's subscription; the hub learns it when it next pushes.
    pub fn drop_subscription(&self, feed: FeedNo) -> Result<()> {
        self.run("DELETE FROM websub WHERE feed = ?1", [feed.0])?;
        Ok(())
    }

    /// The hub is about to be asked; unless it agrees, it is asked again at `next_at`.
    pub fn subscription_asked(&self, feed: FeedNo, next_at: Timestamp) -> Result<()> {
        self.run(
            "UPDATE websub SET attempts = attempts + 1, next_at = ?2 WHERE feed = ?1",
            params![feed.0, next_at.as_second()],
        )?;
        Ok(())
    }

    /// The hub has agreed until `lease_until`; it is to be asked again at `next_at`.
    pub fn subscription_agreed(&self, token: &str, lease_until: Timestamp, next_at: Timestamp) -> Result<()> {
        self.run(
            "UPDATE websub SET lease_until = ?2, next_at = ?3, attempts = 0 WHERE token = ?1",
            params![token, lease_until.as_second(), next_at.as_second()],
        )?;
        Ok(())
    }

    /// The hub has refused; it is to be asked again at `next_at`.
    pub fn subscription_denied(&self, token: &str, next_at: Timestamp) -> Result<()> {
        self.run(
            "UPDATE websub SET lease_until = NULL, next_at = ?2 WHERE token = ?1",
            params![token, next_at.as_second()],
        )?;
        Ok(())
    }
}

impl Reader<'_> {
    /// Every feed that is polled in the open and names a hub, with the hub and what the feed is called there.
    pub fn hubs(&self) -> Result<Vec<(FeedNo, String, String)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT no, habits ->> '$.hub', coalesce(habits ->> '$.topic', url) FROM feeds
             WHERE active AND NOT private AND habits ->> '$.hub' IS NOT NULL ORDER BY no",
        )?;
        let rows = statement.query_map([], |row| Ok((FeedNo(row.get(0)?), row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Every subscription.
    pub fn subscriptions(&self) -> Result<Vec<Subscription>> {
        let mut statement = self.connection.prepare_cached("SELECT * FROM websub ORDER BY feed")?;
        let rows = statement.query_map([], subscription)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The subscription whose callback holds this token.
    pub fn subscription(&self, token: &str) -> Result<Option<Subscription>> {
        let mut statement = self.connection.prepare_cached("SELECT * FROM websub WHERE token = ?1")?;
        Ok(statement.query_row([token], subscription).optional()?)
    }
}

fn subscription(row: &Row<'_>) -> rusqlite::Result<Subscription> {
    Ok(Subscription {
        feed: FeedNo(row.get("feed")?),
        hub: row.get("hub")?,
        topic: row.get("topic")?,
        token: row.get("token")?,
        secret: row.get("secret")?,
        lease_until: maybe_time_at(row, "lease_until")?,
        next_at: time_at(row, "next_at")?,
        attempts: row.get("attempts")?,
    })
}
