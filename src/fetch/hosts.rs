//! Politeness towards a host: one poll at a time, a pause between two, and none while it asks to be left alone.
//!
//! Knows tokio's time and no clock. What a host asked for is forgotten with the process; each feed's own `next_poll_at`
//! remembers it in the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;
use url::Url;

/// Hosts beyond this number are looked through for those that may be forgotten.
const SWEEP_AT: usize = 1024;

/// The hosts that are polled. Cheap to clone; clones share their state.
#[derive(Debug, Clone)]
pub struct Hosts {
    pause: Duration,
    table: Arc<Mutex<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    hosts: HashMap<String, Host>,
    sweep_at: usize,
}

#[derive(Debug, Default)]
struct Host {
    queue: Arc<tokio::sync::Mutex<Lane>>,
    held_until: Option<Instant>,
}

/// What those who wait for a host wait for; in turn, first come, first served.
#[derive(Debug, Default)]
struct Lane {
    free_at: Option<Instant>,
}

/// The right to poll a host. Nobody else has it until this is dropped, and then not before the pause is over.
#[derive(Debug)]
#[must_use = "the turn ends when it is dropped"]
pub struct HostTurn {
    lane: OwnedMutexGuard<Lane>,
    pause: Duration,
}

impl Drop for HostTurn {
    fn drop(&mut self) {
        self.lane.free_at = Some(Instant::now() + self.pause);
    }
}

/// The host asked to be left alone; nothing was sent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// For how long yet.
    pub remaining: Duration,
}

impl Hosts {
    /// Hosts with this pause between the end of a poll and the beginning of the next.
    pub fn new(pause: Duration) -> Self {
        let table = Table { hosts: HashMap::new(), sweep_at: SWEEP_AT };
        Self { pause, table: Arc::new(Mutex::new(table)) }
    }

    /// Waits for the turn to poll the host of `url`. [`Held`] comes at once, or as soon as an earlier poll learns that the
    /// host wants to be left alone: then the feed is to be asked again after `remaining`, and has not failed.
    ///
    /// Waiting may take long when many feeds share a host, so take the turn before a place among the polls under way.
    pub async fn turn(&self, url: &str) -> Result<HostTurn, Held> {
        let host = host_of(url);
        let queue = self.queue(&host)?;
        let lane = queue.lock_owned().await;
        if let Some(free_at) = lane.free_at {
            tokio::time::sleep_until(free_at).await;
        }
        // Whoever polled before us may have been told to stay away.
        self.queue(&host)?;
        Ok(HostTurn { lane, pause: self.pause })
    }

    /// Leaves the host of `url` alone for `wait` (`Retry-After`). A shorter wait does not shorten a longer one.
    pub fn hold(&self, url: &str, wait: Duration) {
        let until = Instant::now() + wait;
        self.with_host(&host_of(url), |host| {
            host.held_until = Some(host.held_until.map_or(until, |held| held.max(until)));
        });
    }

    fn queue(&self, host: &str) -> Result<Arc<tokio::sync::Mutex<Lane>>, Held> {
        let now = Instant::now();
        self.with_host(host, |host| match host.held_until {
            Some(until) if until > now => Err(Held { remaining: until - now }),
            _ => Ok(Arc::clone(&host.queue)),
        })
    }

    fn with_host<T>(&self, host: &str, act: impl FnOnce(&mut Host) -> T) -> T {
        // A panic elsewhere cannot leave the table half-changed: each step is one insertion or assignment.
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.hosts.len() >= table.sweep_at && !table.hosts.contains_key(host) {
            table.sweep();
        }
        act(table.hosts.entry(host.to_owned()).or_default())
    }
}

impl Table {
    /// Forgets hosts that nobody waits for and that need no rest.
    fn sweep(&mut self) {
        let now = Instant::now();
        self.hosts.retain(|_, host| {
            let held = host.held_until.is_some_and(|until| until > now);
            let resting = host.queue.try_lock().map_or(true, |lane| lane.free_at.is_some_and(|at| at > now));
            held || resting || Arc::strong_count(&host.queue) > 1
        });
        self.sweep_at = SWEEP_AT.max(self.hosts.len() * 2);
    }
}

/// The host that `url` names; what is no address is a host of its own.
fn host_of(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| url.to_owned())
}
