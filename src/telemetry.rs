//! Logs through tracing, to standard error: plain lines at a terminal and under systemd, JSON when asked for.

use crate::visible::Visible;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{LevelFilter, Targets, filter_fn};
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Whether a record may be logged, whatever was asked for. Libraries write what they work on, texts of private feeds and
/// addresses with their tokens, into records below warnings.
fn is_ours_or_urgent(record: &Metadata<'_>) -> bool {
    let target = record.target();
    target == "tidings" || target.starts_with("tidings::") || *record.level() <= Level::WARN
}

/// Starts logging. `TIDINGS_LOG` sets what is logged (`debug`, `tidings::poll=debug`, …; `info` unless set), and
/// `TIDINGS_LOG_FORMAT=json` how. Under systemd the journal has the time already.
pub fn start() {
    let asked = std::env::var("TIDINGS_LOG").ok().map(|asked| asked.parse::<Targets>());
    let is_unreadable = matches!(asked, Some(Err(_)));
    let filter = asked.and_then(Result::ok).unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let layer =
        tracing_subscriber::fmt::layer().with_writer(|| Visible::new(std::io::stderr())).with_target(false);
    let registry = tracing_subscriber::registry().with(filter).with(filter_fn(is_ours_or_urgent));
    // An empty variable counts as unset (<https://no-color.org>).
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let started = if std::env::var("TIDINGS_LOG_FORMAT").is_ok_and(|format| format == "json") {
        registry.with(layer.json().flatten_event(true).with_timer(SystemTime)).try_init()
    } else if set("JOURNAL_STREAM") {
        registry.with(layer.without_time().with_ansi(false)).try_init()
    } else {
        let colours = std::io::IsTerminal::is_terminal(&std::io::stderr()) && !set("NO_COLOR");
        registry.with(layer.with_timer(SystemTime).with_ansi(colours)).try_init()
    };
    // It fails only when a subscriber is there already, which then is the one that is wanted.
    drop(started);
    if is_unreadable {
        tracing::warn!(
            "TIDINGS_LOG cannot be read, so `info` is logged; write a level such as debug, or tidings::poll=debug,info"
        );
    }
}
