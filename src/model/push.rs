//! WebSub: what is agreed with a hub, and what it sends.

use super::id::FeedNo;
use jiff::{SignedDuration, Timestamp};

/// A subscription of ours at a feed's hub (W3C WebSub §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The feed.
    pub feed: FeedNo,
    /// Address of the hub.
    pub hub: String,
    /// What the hub calls the feed: the address that the publisher gives for it.
    pub topic: String,
    /// The secret part of the address that the hub calls.
    pub token: String,
    /// What the hub signs with.
    pub secret: String,
    /// Until when the hub has agreed to push; `None` before it has.
    pub lease_until: Option<Timestamp>,
    /// When to ask the hub again.
    pub next_at: Timestamp,
    /// How often it has been asked in vain.
    pub attempts: u32,
}

impl Subscription {
    /// The longest lease that is believed. What lasts longer was written when the clock was ahead.
    pub const LEASE_MOST: SignedDuration = SignedDuration::from_hours(90 * 24);
}

/// A document that a hub has pushed, with a right signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The feed.
    pub feed: FeedNo,
    /// Address of the feed, for relative addresses.
    pub topic: String,
    /// Until when the hub has agreed to push.
    pub lease_until: Timestamp,
    /// The `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// The document.
    pub body: Vec<u8>,
}
