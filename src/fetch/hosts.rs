//! Politeness towards hosts: one request at a time, a pause between two, and none while a host asks to be left alone.
//!
//! Knows tokio's time and no clock. What a host asked for is forgotten with the process; for each feed, its `next_poll_at`
//! keeps it in the store.

use crate::model::{Spacing, registrable_domain};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;
use url::{Host, Url};

/// Hosts beyond this number are looked through for those that may be forgotten.
const SWEEP_AT: usize = 1024;

/// The hosts that are polled. Cheap to clone; clones share their state.
#[derive(Debug, Clone)]
pub struct Hosts {
    table: Arc<Mutex<Table>>,
}

#[derive(Debug)]
struct Table {
    pause: Duration,
    spacing: Spacing,
    hosts: HashMap<Name, Place>,
    sweep_at: usize,
}

/// A host by its own name, or with others by their domain. What one of them asked for holds on when the operator
/// changes the spacing.
type Name = (Spacing, String);

#[derive(Debug, Default)]
struct Place {
    queue: Arc<tokio::sync::Mutex<Lane>>,
    held_until: Option<Instant>,
}

/// The right to ask a host, and since when it is free. Who waits for it gets it first come, first served.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Which host or domain.
    pub host: String,
    /// For how long yet.
    pub remaining: Duration,
}

impl Hosts {
    /// Hosts with this pause between the end of a poll and the beginning of the next. With [`Spacing::Domain`] the hosts
    /// of one domain count as one.
    pub fn new(pause: Duration, spacing: Spacing) -> Self {
        let table = Table { pause, spacing, hosts: HashMap::new(), sweep_at: SWEEP_AT };
        Self { table: Arc::new(Mutex::new(table)) }
    }

    /// Keeps another pause and another spacing from now on, for all clones. Whoever asked to be left alone still is.
    pub fn configure(&self, pause: Duration, spacing: Spacing) {
        let mut table = self.table();
        (table.pause, table.spacing) = (pause, spacing);
    }

    /// Waits for the turn to poll the host of `url`. [`Held`] comes at once, or as soon as an earlier poll learns that the
    /// host wants to be left alone: then the feed is to be asked again after `remaining`, and has not failed.
    ///
    /// Waiting may take long when many feeds share a host, so take the turn before a place among the polls under way.
    pub async fn turn(&self, url: &str) -> Result<HostTurn, Held> {
        let name = self.name(url);
        let queue = self.queue(&name, url)?;
        let lane = queue.lock_owned().await;
        if let Some(free_at) = lane.free_at {
            tokio::time::sleep_until(free_at).await;
        }
        // Whoever polled before us may have been told to stay away.
        self.queue(&name, url)?;
        Ok(HostTurn { lane, pause: self.table().pause })
    }

    /// Leaves a host, or the host of an address, alone for `wait` (`Retry-After`). A shorter wait does not shorten a
    /// longer one.
    pub fn hold(&self, host: &str, wait: Duration) {
        let until = Instant::now() + wait;
        self.with_host(&self.name(host), |host| {
            host.held_until = Some(host.held_until.map_or(until, |held| held.max(until)));
        });
    }

    /// Who is to be left alone between two requests: the host that an address names, or its domain.
    fn name(&self, url: &str) -> Name {
        name_of(url, self.table().spacing)
    }

    /// The queue under a name, unless the host of `url` wants to be left alone under this name or its other one.
    fn queue(&self, name: &Name, url: &str) -> Result<Arc<tokio::sync::Mutex<Lane>>, Held> {
        let now = Instant::now();
        for spacing in [Spacing::Host, Spacing::Domain] {
            let name = name_of(url, spacing);
            let held_until = self.table().hosts.get(&name).and_then(|host| host.held_until);
            if let Some(until) = held_until.filter(|until| *until > now) {
                return Err(Held { host: name.1, remaining: until - now });
            }
        }
        Ok(self.with_host(name, |host| Arc::clone(&host.queue)))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // A panic elsewhere cannot leave the table half-changed: each step is one insertion or assignment.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_host<T>(&self, host: &Name, act: impl FnOnce(&mut Place) -> T) -> T {
        let mut table = self.table();
        if table.hosts.len() >= table.sweep_at && !table.hosts.contains_key(host) {
            table.sweep();
        }
        act(table.hosts.entry(host.clone()).or_default())
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

fn name_of(url: &str, spacing: Spacing) -> Name {
    let host = host_of(url);
    let name = match spacing {
        Spacing::Host => host,
        Spacing::Domain => domain_of(&host),
    };
    (spacing, name)
}

/// The host that `url` names; what is no address is a host by itself.
fn host_of(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| url.to_owned())
}

/// The registrable domain of a host; addresses and names without one stand for themselves.
fn domain_of(host: &str) -> String {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => registrable_domain(name.trim_end_matches('.')).unwrap_or(host).to_owned(),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    const A: &str = "https://A.example/one?x";
    const A2: &str = "http://a.example:8080/two";
    const B: &str = "https://b.example/";

    #[tokio::test]
    async fn a_host_is_polled_by_one_at_a_time_and_others_need_not_wait() {
        let hosts = Hosts::new(Duration::ZERO, Spacing::Host);
        let turn = hosts.turn(A).await.unwrap();
        assert!(hosts.turn(A2).now_or_never().is_none());
        assert!(hosts.turn(B).now_or_never().is_some());
        drop(turn);
        assert!(hosts.turn(A2).await.is_ok());
    }

    #[tokio::test]
    async fn hosts_of_one_domain_take_turns_when_the_operator_says_so() {
        let hosts = Hosts::new(Duration::ZERO, Spacing::Domain);
        let turn = hosts.turn("https://feeds.paper.co.uk/x").await.unwrap();
        assert!(hosts.turn("http://www.paper.co.uk/y").now_or_never().is_none());
        assert!(hosts.turn("http://other.co.uk/").now_or_never().is_some());
        drop(turn);
        hosts.hold("blog.paper.co.uk", Duration::from_mins(1));
        assert_eq!(hosts.turn("http://www.paper.co.uk/y").await.unwrap_err().host, "paper.co.uk");
        // Addresses have no domain.
        let _one = hosts.turn("http://127.0.0.1/").await.unwrap();
        assert!(hosts.turn("http://127.0.0.2/").now_or_never().is_some());
    }

    #[tokio::test]
    async fn who_asked_to_be_left_alone_is_when_the_spacing_changes() {
        for (before, after, asked) in [
            (Spacing::Host, Spacing::Domain, "http://www.paper.co.uk/y"),
            (Spacing::Domain, Spacing::Host, "http://blog.paper.co.uk/y"),
        ] {
            let hosts = Hosts::new(Duration::ZERO, before);
            hosts.hold("www.paper.co.uk", Duration::from_mins(10));
            hosts.configure(Duration::ZERO, after);
            assert!(hosts.turn(asked).await.is_err(), "{asked}");
            assert!(hosts.turn("http://other.co.uk/").await.is_ok());
        }
    }

    #[tokio::test]
    async fn the_next_turn_comes_a_pause_after_the_end_of_the_last() {
        let pause = Duration::from_millis(40);
        let hosts = Hosts::new(pause, Spacing::Host);
        let first = hosts.turn(A).await.unwrap();
        let second = async {
            let _turn = hosts.turn(A).await.unwrap();
            Instant::now()
        };
        let ended = async {
            tokio::task::yield_now().await;
            drop(first);
            Instant::now()
        };
        let (second, ended) = tokio::join!(second, ended);
        // The pause is counted from a moment just before `ended`.
        assert!(second.duration_since(ended) + Duration::from_millis(5) >= pause);
    }

    #[tokio::test]
    async fn those_who_wait_learn_that_the_host_wants_to_be_left_alone() {
        let hosts = Hosts::new(Duration::ZERO, Spacing::Host);
        let turn = hosts.turn(A).await.unwrap();
        let waiting = hosts.turn(A);
        let told = async {
            tokio::task::yield_now().await;
            hosts.hold(A2, Duration::from_mins(10));
            hosts.hold("a.example", Duration::from_mins(1));
            drop(turn);
        };
        let (waited, ()) = tokio::join!(waiting, told);
        let remaining = waited.unwrap_err().remaining;
        assert!(remaining > Duration::from_mins(9), "a shorter wait does not shorten a longer one");
        assert!(hosts.turn(A).await.is_err());
        assert!(hosts.turn(B).await.is_ok());
    }

    #[tokio::test]
    async fn a_hold_ends() {
        let hosts = Hosts::new(Duration::ZERO, Spacing::Host);
        hosts.hold("a.example", Duration::from_millis(50));
        assert!(hosts.turn(A).await.is_err());
        while hosts.turn(A).await.is_err() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn hosts_that_need_no_rest_are_forgotten_and_held_ones_are_not() {
        let hosts = Hosts::new(Duration::ZERO, Spacing::Host);
        hosts.hold(A, Duration::from_mins(10));
        for i in 0..5 * SWEEP_AT {
            drop(hosts.turn(&format!("https://{i}.example/")).await);
        }
        assert!(hosts.table.lock().unwrap().hosts.len() <= 2 * SWEEP_AT);
        assert!(hosts.turn(A).await.is_err());
    }
}
