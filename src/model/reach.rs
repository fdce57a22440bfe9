//! Decides whether an address or a site is on the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

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

/// Whether an address is on the public internet, by IANA's special-purpose registries (RFC 6890 and its successors).
/// Where an IPv6 address holds an IPv4 one, that one is judged.
pub fn is_public(address: IpAddr) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for private in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::808:808",
            "2002:7f00:1::1",
            "2002:a00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "2001:470:1f0b::5efe:a00:1",
            "2001:470:1f0b::200:5efe:7f00:1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "223.255.255.1",
            "2606:4700::1111",
            "2001:470::1",
            "2a00::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn only_sites_that_can_be_called_from_outside_are_public() {
        for (site, public) in [
            ("https://news.example.org/all", true),
            ("http://93.184.215.14", true),
            ("http://localhost:8080", false),
            ("http://127.0.0.1:8080", false),
            ("http://[::1]", false),
            ("http://box:8080", false),
            ("http://box.local", false),
            ("http://news.box.home.arpa.", false),
            ("ftp://news.example.org", false),
            ("", false),
        ] {
            assert_eq!(is_public_site(site), public, "{site}");
        }
    }
}
