//! Metrics for Prometheus, in its text format (version 0.0.4): health of the feeds, size of the store, mail,
//! pictures.
//!
//! No metric has a label for each feed: a thousand feeds would make thousands of series, and `status` says more. Must
//! not know where the numbers come from.

use crate::model::{FailureKind, FeedView, PictureCounts};
use std::fmt::Write as _;

/// What is counted besides the feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Entries stored.
    pub entries: u64,
    /// Stories, aliases not counted.
    pub stories: u64,
    /// Topics, aliases not counted.
    pub topics: u64,
    /// Filings made so far. `None` for those who must not learn how much is private: filings count private entries,
    /// too.
    pub filings: Option<u64>,
    /// Deliveries open, sent, refused.
    pub deliveries: (u64, u64, u64),
    /// Recipients who have left, and those whose mail is refused.
    pub recipients: (u64, u64),
    /// Pictures of stories, by what became of them.
    pub pictures: PictureCounts,
}

/// The body of `/metrics`, without the lines of [`health_metrics`].
pub fn metrics(feeds: &[FeedView], counts: &Counts) -> String {
    let mut out = String::new();
    let failing = |kind: FailureKind| {
        feeds.iter().filter(|feed| feed.state.failure.as_ref().is_some_and(|f| f.kind == kind)).count()
    };
    let unread =
        feeds.iter().filter(|feed| feed.state.failure.is_none() && feed.state.read_at.is_none()).count();
    let works = feeds.iter().filter(|feed| feed.state.failure.is_none()).count() - unread;
    head(&mut out, "tidings_feeds", "gauge", "Feeds by health.");
    line(&mut out, "tidings_feeds", "state=\"works\"", works as u64);
    line(&mut out, "tidings_feeds", "state=\"new\"", unread as u64);
    for kind in FailureKind::ALL {
        line(&mut out, "tidings_feeds", &format!("state=\"{}\"", kind.as_str()), failing(kind) as u64);
    }
    let plain = [
        ("tidings_entries", "gauge", "Entries stored.", counts.entries),
        ("tidings_stories", "gauge", "Stories, aliases not counted.", counts.stories),
        ("tidings_topics", "gauge", "Topics, aliases not counted.", counts.topics),
    ];
    for (name, kind, help, value) in plain {
        head(&mut out, name, kind, help);
        line(&mut out, name, "", value);
    }
    if let Some(filings) = counts.filings {
        head(&mut out, "tidings_filings_total", "counter", "Filings made since the database began.");
        line(&mut out, "tidings_filings_total", "", filings);
    }
    head(&mut out, "tidings_deliveries", "gauge", "Deliveries of editions by state.");
    let (open, sent, refused) = counts.deliveries;
    for (state, value) in [("open", open), ("sent", sent), ("refused", refused)] {
        line(&mut out, "tidings_deliveries", &format!("state=\"{state}\""), value);
    }
    head(&mut out, "tidings_recipients", "gauge", "Recipients who are not written to any more, by state.");
    let (left, refused) = counts.recipients;
    for (state, value) in [("left", left), ("refused", refused)] {
        line(&mut out, "tidings_recipients", &format!("state=\"{state}\""), value);
    }
    let PictureCounts { kept, bytes, waiting, failed } = counts.pictures;
    head(&mut out, "tidings_pictures", "gauge", "Pictures: kept, and waiting or failed of the last stories.");
    for (state, value) in [("kept", kept), ("waiting", waiting), ("failed", failed)] {
        line(&mut out, "tidings_pictures", &format!("state=\"{state}\""), value);
    }
    head(&mut out, "tidings_picture_bytes", "gauge", "What the kept pictures take.");
    line(&mut out, "tidings_picture_bytes", "", bytes);
    out
}

/// The metrics of the daemon itself, to be appended to [`metrics`]. `trouble` is a word for why the store cannot be
/// written, if it cannot; `is_offline` says that no feed's host can be reached.
pub fn health_metrics(trouble: Option<&str>, is_offline: bool) -> String {
    let mut out = String::new();
    head(&mut out, "tidings_store_writable", "gauge", "1 while the database can be written.");
    line(&mut out, "tidings_store_writable", "", u64::from(trouble.is_none()));
    head(&mut out, "tidings_store_trouble", "gauge", "Why it cannot: full, read-only, disk, moved, io.");
    if let Some(kind) = trouble {
        line(&mut out, "tidings_store_trouble", &format!("kind=\"{kind}\""), 1);
    }
    head(&mut out, "tidings_offline", "gauge", "1 while no feed's host can be reached.");
    line(&mut out, "tidings_offline", "", u64::from(is_offline));
    out
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, label: &str, value: u64) {
    let _ = if label.is_empty() {
        writeln!(out, "{name} {value}")
    } else {
        writeln!(out, "{name}{{{label}}} {value}")
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_has_a_type_and_a_whole_number() {
        let counts = Counts {
            entries: 7,
            deliveries: (1, 2, 3),
            recipients: (4, 0),
            filings: Some(3),
            ..Counts::default()
        };
        let page = metrics(&[], &counts) + &health_metrics(Some("full"), false);
        assert!(page.contains("\ntidings_entries 7\n"), "{page}");
        assert!(page.contains("tidings_store_writable 0\n"), "{page}");
        assert!(page.contains("tidings_store_trouble{kind=\"full\"} 1\n"), "{page}");
        assert!(page.contains("tidings_deliveries{state=\"sent\"} 2\n"), "{page}");
        assert!(page.contains("tidings_recipients{state=\"left\"} 4\n"), "{page}");
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            assert!(page.contains(&format!("# TYPE {name} ")), "{line}");
            assert!(value.parse::<u64>().is_ok(), "{line}");
        }
    }
}
