//! File descriptors: how many connections, files and polls may be open at once, settled before the first is.
//!
//! When they run out, polls fail for no fault of any publisher, the database cannot be opened for reading, and nobody can
//! connect. So the limit of the process is raised as far as the system allows, and what does not fit is said at the start.

use super::AppError;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// Connections of visitors at once; more wait in the system's queue.
pub(super) const CONNECTIONS: usize = 512;

/// The program does not start if fewer connections are left for visitors: they would keep each other waiting.
const CONNECTIONS_LEAST: usize = 16;

/// What the database takes (a writer, four readers, three files each), with logs, timers, mail, hubs and pictures.
const OTHERS: usize = 64;

/// What one poll may have open: a connection for each of two families of addresses, and what looks names up.
const EACH_POLL: usize = 4;

/// How many connections of visitors may be open at once beside so many polls; raises the limit of the process if it must.
pub(super) fn connections(polls: usize) -> Result<usize, AppError> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = (OTHERS + EACH_POLL * polls + CONNECTIONS) as u64;
    let mut allowed = current.unwrap_or(u64::MAX);
    if allowed < wanted {
        let raised = maximum.unwrap_or(u64::MAX).min(wanted);
        if raised > allowed && setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }).is_ok()
        {
            allowed = raised;
        }
    }
    let connections = room_for(allowed, polls)?;
    if connections < CONNECTIONS {
        warn!(
            "this process may open {allowed} files, so {connections} visitors are served at once and not {CONNECTIONS}; raise \
             LimitNOFILE (`ulimit -n`) to {wanted}"
        );
    }
    Ok(connections)
}

fn room_for(allowed: u64, polls: usize) -> Result<usize, AppError> {
    let taken = OTHERS + EACH_POLL * polls;
    let left = usize::try_from(allowed).unwrap_or(usize::MAX).saturating_sub(taken);
    if left < CONNECTIONS_LEAST {
        return Err(AppError::FewFiles { allowed, needed: (taken + CONNECTIONS_LEAST) as u64, polls });
    }
    Ok(left.min(CONNECTIONS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_come_before_visitors_and_what_cannot_work_is_refused() {
        assert_eq!(room_for(u64::MAX, 1_000).unwrap(), CONNECTIONS);
        assert_eq!(room_for(1_024, 16).unwrap(), CONNECTIONS);
        assert_eq!(room_for(256, 16).unwrap(), 128);
        let refused = room_for(1_024, 1_000).unwrap_err().to_string();
        assert!(refused.contains("1024 files") && refused.contains("concurrency = 1000"), "{refused}");
        assert!(room_for(64, 1).is_err());
    }
}
