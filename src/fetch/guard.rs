//! Which addresses a poll may connect to: public ones only, unless the operator says otherwise.
//!
//! A feed's address comes from a publisher as often as from the operator (redirects, imports), so it must not become a way
//! into the operator's network. The check stands in two places, because a URL with an address in it never asks
//! a resolver: [`Guard::check`] judges such literals on each hop, and [`Resolver`] judges what names lead to. The connection is
//! made to the very addresses that were judged, so a name that changes between two look-ups gains nothing.

use super::FetchFailure;
use super::trouble::{self, PrivateAddress};
use crate::model::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use url::{Host, Url};

/// Whether a connection to an address is allowed.
#[derive(Debug)]
pub(super) struct Guard {
    everything: bool,
    /// Addresses that a test lets pass for public.
    #[cfg(test)]
    pub(super) public: Vec<IpAddr>,
    /// What a test lets the name `rebind.example` lead to, one look-up after the other.
    #[cfg(test)]
    pub(super) rebind: std::sync::Mutex<std::collections::VecDeque<IpAddr>>,
}

impl Guard {
    pub(super) fn new(everything: bool) -> Self {
        Self {
            everything,
            #[cfg(test)]
            public: Vec::new(),
            #[cfg(test)]
            rebind: std::sync::Mutex::default(),
        }
    }

    fn allows(&self, address: IpAddr) -> bool {
        #[cfg(test)]
        if self.public.contains(&address) {
            return true;
        }
        self.everything || is_public(address)
    }

    /// Refuses a URL whose host is a private address. The url crate has already read every way to write one
    /// (`0x7f.1`, `2130706433`).
    pub(super) fn check(&self, url: &Url) -> Result<(), FetchFailure> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            _ => return Ok(()),
        };
        if self.allows(address) {
            return Ok(());
        }
        Err(trouble::private(url))
    }
}

/// What [`Resolver`] answers when a name leads nowhere.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct NoAddress(io::Error);

/// Resolves names through the system and drops every address that the guard does not allow.
pub(super) struct Resolver {
    guard: Arc<Guard>,
}

impl Resolver {
    pub(super) fn new(guard: Arc<Guard>) -> Self {
        Self { guard }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.guard);
        Box::pin(async move {
            #[cfg(test)]
            if name.as_str() == "rebind.example" {
                let next = guard.rebind.lock().ok().and_then(|mut rebind| rebind.pop_front());
                return judged(&guard, Ok(next.map(|ip| SocketAddr::new(ip, 0)).into_iter().collect()));
            }
            let found: io::Result<Vec<SocketAddr>> =
                tokio::net::lookup_host((name.as_str(), 0)).await.map(Iterator::collect);
            judged(&guard, found)
        })
    }
}

pub(super) fn judged(
    guard: &Guard,
    found: io::Result<Vec<SocketAddr>>,
) -> Result<Addrs, Box<dyn std::error::Error + Send + Sync>> {
    let found = found.map_err(NoAddress)?;
    let any = !found.is_empty();
    let allowed: Vec<_> = found.into_iter().filter(|address| guard.allows(address.ip())).collect();
    match (allowed.is_empty(), any) {
        (false, _) => Ok(Box::new(allowed.into_iter())),
        (true, true) => Err(PrivateAddress.into()),
        (true, false) => Err(NoAddress(io::Error::other("no addresses")).into()),
    }
}
