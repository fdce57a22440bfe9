//! What the DNS says of the domain that mail is sent for: SPF, DKIM and DMARC, each a TXT record.
//!
//! It asks the system's first name server (RFC 1035), and only when an operator wants to know. It must not decide whether mail is
//! sent.

use super::Signer;
use crate::model::registrable_domain;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

/// How long a name server may take for an answer. It is asked twice.
const PATIENCE: Duration = Duration::from_secs(2);
const TRIES: usize = 2;

/// The largest answer over UDP that passes every network in one piece, in bytes (DNS Flag Day 2020).
const UDP_BYTES: u16 = 1_232;

/// The type of a TXT record, and that of the pseudo-record which says how much we take (RFC 6891).
const TXT: u16 = 16;
const OPT: u16 = 41;

/// Bits of an answer's flags: that it is one, and that it was cut (RFC 1035 §4.1.1).
const IS_ANSWER: u16 = 1 << 15;
const IS_CUT: u16 = 1 << 9;

/// The name server that the system asks first.
pub fn name_server() -> io::Result<SocketAddr> {
    let text = std::fs::read_to_string("/etc/resolv.conf")?;
    let named = text.lines().find_map(|line| line.trim().strip_prefix("nameserver")?.trim().parse().ok());
    let server: IpAddr = named.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    Ok(SocketAddr::new(server, 53))
}

/// What large mailbox providers want to find in the DNS for mail from this domain, each in a line that says whether it is there.
pub fn findings(server: SocketAddr, domain: &str, signer: Option<&Signer>) -> io::Result<Vec<String>> {
    let domain = &url::Host::parse(domain).map_or_else(|_| domain.to_owned(), |host| host.to_string());
    let found = [spf(domain, &txt(server, domain)?), dmarc(server, domain)?];
    let dkim = signer.map(|signer| {
        let (name, wanted) = signer.record();
        Ok::<_, io::Error>(dkim(&name, &wanted, &txt(server, &name)?))
    });
    Ok(found.into_iter().chain(dkim.transpose()?).collect())
}

/// RFC 7208 §4.5: exactly one record.
fn spf(domain: &str, records: &[String]) -> String {
    let is_spf = |text: &&String| text.as_str() == "v=spf1" || text.starts_with("v=spf1 ");
    match records.iter().filter(is_spf).count() {
        0 => format!(
            "SPF: missing. Give {domain} a TXT record that names your mail server, such as v=spf1 mx ~all"
        ),
        1 => format!("SPF: {domain} has it"),
        many => format!("SPF: {domain} has {many} records, which counts as none; leave one"),
    }
}

/// RFC 7489 §6.6.3: at the domain, or else at the one that it belongs to.
fn dmarc(server: SocketAddr, domain: &str) -> io::Result<String> {
    for at in
        [Some(domain), registrable_domain(domain).filter(|owner| *owner != domain)].into_iter().flatten()
    {
        let name = format!("_dmarc.{at}");
        if txt(server, &name)?.iter().any(|text| text.starts_with("v=DMARC1")) {
            return Ok(format!("DMARC: {name} has it"));
        }
    }
    Ok(format!("DMARC: missing. Give _dmarc.{domain} the TXT record v=DMARC1; p=none"))
}

/// RFC 6376 §3.6.1: tags in any order, with space around them.
fn dkim(name: &str, wanted: &str, records: &[String]) -> String {
    let key = |record: &str| {
        let tag = |tag: &str| Some(tag.trim().strip_prefix('p')?.trim_start().strip_prefix('=')?.to_owned());
        let found = record.split(';').find_map(tag)?;
        Some(found.split_whitespace().collect::<String>())
    };
    if records.iter().any(|record| key(record).is_some() && key(record) == key(wanted)) {
        format!("DKIM: {name} has our key")
    } else if records.is_empty() {
        format!("DKIM: missing. Give {name} the TXT record above")
    } else {
        format!("DKIM: {name} has another key. Give it the TXT record above")
    }
}

/// The TXT records of a name, each in one piece; none when there is no such name.
fn txt(server: SocketAddr, name: &str) -> io::Result<Vec<String>> {
    let mut id = [0; 2];
    SystemRandom::new().fill(&mut id).map_err(|_| io::Error::other("the system gives no random bytes"))?;
    let question = question(u16::from_be_bytes(id), name)?;
    let mut last = io::Error::from(io::ErrorKind::TimedOut);
    for _ in 0..TRIES {
        match over_udp(server, &question) {
            Ok(answer) if flags(&answer) & IS_CUT != 0 => return read(&over_tcp(server, &question)?),
            Ok(answer) => return read(&answer),
            Err(error) => last = error,
        }
    }
    Err(io::Error::new(last.kind(), format!("the name server {server} does not answer: {last}")))
}

fn question(id: u16, name: &str) -> io::Result<Vec<u8>> {
    // Recursion desired; one question, one additional record.
    let mut bytes = id.to_be_bytes().to_vec();
    bytes.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    for label in name.trim_end_matches('.').split('.') {
        if label.is_empty() || label.len() > 63 || name.len() > 253 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{name} is no name for the DNS"),
            ));
        }
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes.extend(TXT.to_be_bytes());
    bytes.extend([0, 1, 0]);
    bytes.extend(OPT.to_be_bytes());
    bytes.extend(UDP_BYTES.to_be_bytes());
    bytes.extend([0; 6]);
    Ok(bytes)
}

fn over_udp(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let any: IpAddr =
        if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    // A connected socket takes answers only from this server.
    socket.connect(server)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.send(question)?;
    let mut answer = vec![0; usize::from(UDP_BYTES)];
    let bytes = socket.recv(&mut answer)?;
    answer.truncate(bytes);
    if answer.get(..2) != question.get(..2) || flags(&answer) & IS_ANSWER == 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it answers something else"));
    }
    Ok(answer)
}

fn over_tcp(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&(question.len() as u16).to_be_bytes())?;
    stream.write_all(question)?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

fn flags(answer: &[u8]) -> u16 {
    number(answer, 2).unwrap_or(0)
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// The texts of an answer (RFC 1035 §4.1).
fn read(answer: &[u8]) -> io::Result<Vec<String>> {
    const NO_SUCH_NAME: u16 = 3;
    match flags(answer) & 0xf {
        0 => records(answer)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "its answer cannot be read")),
        NO_SUCH_NAME => Ok(Vec::new()),
        code => Err(io::Error::other(format!("the name server answers with the error {code}"))),
    }
}

fn records(answer: &[u8]) -> Option<Vec<String>> {
    let mut at = 12;
    for _ in 0..number(answer, 4)? {
        at = behind_name(answer, at)? + 4;
    }
    let mut texts = Vec::new();
    for _ in 0..number(answer, 6)? {
        let fixed = behind_name(answer, at)?;
        let (kind, length) = (number(answer, fixed)?, usize::from(number(answer, fixed + 8)?));
        let data = answer.get(fixed + 10..fixed + 10 + length)?;
        if kind == TXT {
            texts.push(text(data)?);
        }
        at = fixed + 10 + length;
    }
    Some(texts)
}

/// Where a name ends: at an empty label, or behind what points to the rest (RFC 1035 §4.1.4).
fn behind_name(answer: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *answer.get(at)? {
            0 => return Some(at + 1),
            length if length >= 0xc0 => return Some(at + 2),
            length => at += 1 + usize::from(length),
        }
    }
}

/// The strings of a TXT record, which are one text.
fn text(mut data: &[u8]) -> Option<String> {
    let mut text = Vec::new();
    while let Some((length, rest)) = data.split_first() {
        text.extend(rest.get(..usize::from(*length))?);
        data = &rest[usize::from(*length)..];
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    /// The answer to a question, with these texts.
    fn answered(question: &[u8], texts: &[&str], flags: u16) -> Vec<u8> {
        let end = question.len() - 11;
        let mut bytes = question[..2].to_vec();
        bytes.extend((IS_ANSWER | flags).to_be_bytes());
        bytes.extend([0, 1, 0, texts.len() as u8, 0, 0, 0, 0]);
        bytes.extend(&question[12..end]);
        for text in texts {
            bytes.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60]);
            let parts: Vec<u8> =
                text.as_bytes().chunks(255).flat_map(|part| [&[part.len() as u8], part].concat()).collect();
            bytes.extend((parts.len() as u16).to_be_bytes());
            bytes.extend(parts);
        }
        bytes
    }

    fn asked(question: &[u8]) -> String {
        let (mut at, mut labels) = (12, Vec::new());
        while question[at] != 0 {
            let length = usize::from(question[at]);
            labels.push(String::from_utf8_lossy(&question[at + 1..at + 1 + length]).into_owned());
            at += 1 + length;
        }
        labels.join(".")
    }

    fn texts(name: &str) -> Vec<&'static str> {
        match name {
            "good.example" => vec!["google-site-verification=x", "v=spf1 mx ~all"],
            "twice.example" => vec!["v=spf1 mx ~all", "v=spf1 a ~all"],
            "_dmarc.good.example" => vec!["v=DMARC1; p=none"],
            _ => vec![],
        }
    }

    /// A name server that answers so many questions; what is asked of `cut.example` only over TCP.
    fn server(questions: usize) -> SocketAddr {
        // The same port of both protocols must be free.
        let (udp, tcp, address) = (0..100)
            .find_map(|_| {
                let udp = UdpSocket::bind("127.0.0.1:0").ok()?;
                let address = udp.local_addr().ok()?;
                Some((udp, TcpListener::bind(address).ok()?, address))
            })
            .unwrap();
        thread::spawn(move || {
            for _ in 0..questions {
                let mut question = [0; 512];
                let (bytes, from) = udp.recv_from(&mut question).unwrap();
                let question = &question[..bytes];
                let name = asked(question);
                let answer = match name.as_str() {
                    "cut.example" => answered(question, &[], IS_CUT),
                    "gone.example" => answered(question, &[], 3),
                    "broken.example" => answered(question, &[], 2),
                    name => answered(question, &texts(name), 0),
                };
                udp.send_to(&answer, from).unwrap();
                if name == "cut.example" {
                    let (mut stream, _) = tcp.accept().unwrap();
                    let mut question = vec![0; bytes + 2];
                    stream.read_exact(&mut question).unwrap();
                    let long = "v=spf1 ".to_owned() + &"ip4:192.0.2.1 ".repeat(200);
                    let answer = answered(&question[2..], &[&long], 0);
                    stream.write_all(&(answer.len() as u16).to_be_bytes()).unwrap();
                    stream.write_all(&answer).unwrap();
                }
            }
        });
        address
    }

    #[test]
    fn what_is_missing_is_told_with_what_to_do() {
        let server = server(10);
        let of = |domain: &str| findings(server, domain, None).unwrap();
        assert_eq!(of("good.example"), ["SPF: good.example has it", "DMARC: _dmarc.good.example has it"]);
        // What the domain above says counts for those below.
        assert_eq!(of("news.good.example")[1], "DMARC: _dmarc.good.example has it");
        let bare = of("bare.example");
        assert!(bare[0].starts_with("SPF: missing. Give bare.example a TXT record"), "{bare:?}");
        assert!(bare[1].ends_with("Give _dmarc.bare.example the TXT record v=DMARC1; p=none"), "{bare:?}");
        assert!(of("twice.example")[0].contains("has 2 records"));
    }

    #[test]
    fn a_key_is_compared_with_ours_however_its_record_is_written() {
        let wanted = "v=DKIM1; k=rsa; p=ABCD";
        let of = |records: &[&str]| {
            let records: Vec<String> = records.iter().map(|&record| record.to_owned()).collect();
            dkim("s._domainkey.a.example", wanted, &records)
        };
        assert!(of(&["v=DKIM1;k=rsa; p = AB CD"]).contains("has our key"));
        assert!(of(&["v=DKIM1; p=XYZ"]).contains("has another key"));
        assert!(of(&[]).contains("missing"));
    }

    #[test]
    fn a_long_record_comes_over_tcp_and_an_error_is_told() {
        let server = server(3);
        assert!(txt(server, "cut.example").unwrap()[0].len() > 2_000);
        assert_eq!(txt(server, "gone.example").unwrap(), [""; 0]);
        assert!(txt(server, "broken.example").unwrap_err().to_string().contains("the error 2"));
        assert!(txt(server, &"a.".repeat(200)).is_err());
    }

    #[test]
    fn no_answer_panics() {
        let question = question(7, "good.example").unwrap();
        let whole = answered(&question, &["v=spf1 mx ~all", "x"], 0);
        assert_eq!(read(&whole).unwrap(), ["v=spf1 mx ~all", "x"]);
        for end in 0..whole.len() {
            let _ = read(&whole[..end]);
            for byte in [0, 0x3f, 0xc0, 0xff] {
                let mut changed = whole.clone();
                changed[end] = byte;
                let _ = read(&changed);
            }
        }
    }
}
