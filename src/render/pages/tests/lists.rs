//! The pages that list something, and those of a few sentences.

use super::*;
use crate::model::{Preferences, Recipient, RecipientState};

/// Somebody who has chosen of a digest.
fn recipient() -> Recipient {
    Recipient {
        digest: "morning".to_owned(),
        address: "ada@reader.example".to_owned(),
        state: RecipientState::Active,
        has_confirmed: false,
        preferences: Preferences::read("section=world&hour=18&zone=Asia/Tokyo").unwrap(),
    }
}

#[test]
fn a_source_is_known_by_its_feed_and_not_by_what_it_is_called() {
    let sections = sections();
    let mut told = a_story("1", "Ferry aground", &["Alpha", "Beta"]);
    for (source, title) in told.sources.iter_mut().zip(["Ferry aground", "Ferry lost"]) {
        source.feed = "The  Harbour\u{7} Post".to_owned();
        source.title = title.to_owned();
    }
    let page = |feed: usize| {
        let named = ("a.example-0a1b2c3d", told.sources[feed].feed.as_str());
        source_page(&site(&sections), told.sources[feed].feed_no, named, std::slice::from_ref(&told), now())
    };
    let (lead, other) = (page(0), page(1));
    assert!(lead.contains("Ferry aground</a>") && lead.contains("The first sentence says it."), "{lead}");
    assert!(lead.contains("<a href=\"https://alpha.example/\">Its own site</a>"), "{lead}");
    assert!(other.contains("Ferry lost</a>") && !other.contains("The first sentence says it."), "{other}");
    assert!(other.contains("<a href=\"https://beta.example/\">Its own site</a>"), "{other}");
}

pub(super) fn lists_and_notices(site: &Site<'_>) -> Vec<(&'static str, String)> {
    let mut told = a_story("1", HEADLINES[0].1, &FEEDS[..5]);
    told.excerpt = HEADLINES[0].2.to_owned();
    let editions = ["2026-11-23", "2026-11-22"].map(|id| EditionView {
        id: id.to_owned(),
        subject: format!("The morning digest, {id}"),
        composed_at: at("2026-11-23T07:00:03Z"),
        beginning: String::new(),
    });
    vec![
        ("addresses", super::super::feeds(site)),
        ("sources", sources(site, &feeds(), 1).unwrap()),
        (
            "source",
            source_page(
                site,
                told.sources[0].feed_no,
                ("a.example-0a1b2c3d", FEEDS[0]),
                std::slice::from_ref(&told),
                now(),
            ),
        ),
        (
            "digests",
            digest_list(
                site,
                &[("morning".to_owned(), "Morning".to_owned(), editions.first().cloned())],
                &Hidden::default(),
            ),
        ),
        ("status", status(site, &feeds(), FeedOrder::Health, 1).unwrap()),
        ("digest", digest_archive(site, "morning", "The morning digest", &editions, &Hidden::default())),
        ("edition", edition_page(site, &an_edition(site), &Hidden::default())),
        ("unsubscribe", unsubscribe_page(site, "The morning digest", &recipient(), "abc123")),
        ("unsubscribed", unsubscribed_page(site, "The morning digest")),
        ("asked", asked_page(site)),
        ("not-asked", not_asked_page(site, false)),
        ("confirm", confirm_page(site, "The morning digest", "abc123")),
        ("confirmed", confirmed_page(site, "The morning digest", &recipient(), "abc123")),
        ("not-found", not_found(site)),
        ("gone", gone(site, "Weather")),
        ("moved", moved_away(site, "/world")),
        ("unavailable", unavailable(site)),
    ]
}
