//! Which addresses a poll may connect to: public ones only, unless the operator says otherwise.
//!
//! A feed's address comes from a publisher as often as from the operator (redirects, imports), so it must not become a way
//! into the operator's network. The check stands in two places, because a URL with an address in it never asks
//! a resolver: [`Guard::check`] judges such literals on each hop, and [`Resolver`] judges what names lead to. The connection is
//! made to the very addresses that were judged, so a name that changes between two look-ups gains nothing.

use super::{FetchFailure, trouble};
use crate::model::FailureKind;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
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
        Err(refused(url))
    }
}

/// The failure of a poll that would have gone to a private address.
pub(super) fn refused(url: &Url) -> FetchFailure {
    FetchFailure::new(
        FailureKind::Address,
        format!(
            "{} is on a private network, where polls may not go; `allow_private = true` in [poll] allows it",
            trouble::shown(url)
        ),
    )
}

/// Whether a site at this address can be called from the public internet, as far as the address tells.
pub fn is_public_site(address: &str) -> bool {
    const PRIVATE: [&str; 6] = ["localhost", "local", "internal", "lan", "home", "home.arpa"];
    let Ok(url) = Url::parse(address) else { return false };
    let on_the_web = matches!(url.scheme(), "http" | "https");
    on_the_web
        && match url.host() {
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                let under = |end: &&str| name.strip_suffix(*end).is_some_and(|rest| rest.ends_with('.'));
                name.contains('.') && !PRIVATE.iter().any(under)
            }
            Some(Host::Ipv4(address)) => is_public(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => is_public(IpAddr::V6(address)),
            None => false,
        }
}

/// What [`Resolver`] answers when a name leads to private addresses only.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to a private address")]
pub(super) struct PrivateAddress;

/// What [`Resolver`] answers when a name leads nowhere.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoAddress(String);

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
    let found = found.map_err(|error| NoAddress(error.to_string()))?;
    let any = !found.is_empty();
    let allowed: Vec<_> = found.into_iter().filter(|address| guard.allows(address.ip())).collect();
    match (allowed.is_empty(), any) {
        (false, _) => Ok(Box::new(allowed.into_iter())),
        (true, true) => Err(PrivateAddress.into()),
        (true, false) => Err(NoAddress("no addresses".to_owned()).into()),
    }
}

/// Whether an address is on the public internet, by IANA's special-purpose registries (RFC 6890 and its successors).
/// Where an IPv6 address holds an IPv4 one, that one is judged.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

#[allow(clippy::match_same_arms, reason = "a table with a reason a line")]
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        // This network, loopback; private (RFC 1918).
        (0 | 10 | 127, ..) | (172, 16..=31, _) | (192, 168, _) => false,
        // Shared by carriers (RFC 6598); link-local, where clouds keep their secrets.
        (100, 64..=127, _) | (169, 254, _) => false,
        // Protocol assignments, documentation, benchmarks, old 6to4 relays.
        (192, 0, 0 | 2) | (198, 51, 100) | (203, 0, 113) | (198, 18 | 19, _) | (192, 88, 99) => false,
        // Multicast, reserved, broadcast.
        (224.., ..) => false,
        _ => true,
    }
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match s {
        // Mapped (RFC 4291 §2.5.5.2) and NAT64 (RFC 6052): the IPv4 inside is where the packets go.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(v4(high, low))
        }
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => is_public_v4(v4(high, low)),
        // Teredo, ORCHID, benchmarks and what else is not for hosts (RFC 2928); documentation (RFC 3849, RFC 9637).
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // ISATAP (RFC 5214 §6.1).
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => is_public_v4(v4(high, low)) && is_global_unicast(s[0]),
        _ => is_global_unicast(s[0]),
    }
}

/// 2000::/3 is all that IANA has given out as global unicast; loopback, link-local, unique local, site-local, multicast,
/// local NAT64 (RFC 8215) and whatever comes next lie outside.
fn is_global_unicast(first: u16) -> bool {
    first & 0xe000 == 0x2000
}
