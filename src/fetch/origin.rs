//! A web server for this module's tests: one script, one thread a connection, and a record of what was asked.
//!
//! It writes bytes as it is told, so that it can break every rule of HTTP.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What the server sends for one request, and how.
pub(super) enum Answer {
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// The bytes, then a little more again and again until the client leaves.
    Drip(Vec<u8>, Duration),
}

/// A request as it came: the first line and the headers.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) head: String,
}

impl Asked {
    /// The values of a header, joined by a bar.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self
            .head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect();
        (!values.is_empty()).then(|| values.join("|"))
    }
}

pub(super) struct Origin {
    pub(super) at: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Origin {
    /// A server on 127.0.0.1.
    pub(super) fn new(script: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::on(Ipv4Addr::LOCALHOST.into(), script)
    }

    pub(super) fn on(ip: IpAddr, script: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (record, script) = (Arc::clone(&asked), Arc::new(script));
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (record, script) = (Arc::clone(&record), Arc::clone(&script));
                thread::spawn(move || serve(connection, &record, &*script));
            }
        });
        Self { at, asked }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn last(&self) -> Asked {
        self.asked().pop().unwrap()
    }
}

fn serve(mut connection: TcpStream, record: &Mutex<Vec<Asked>>, script: &dyn Fn(&Asked) -> Answer) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if !matches!(connection.read(&mut byte), Ok(1)) {
            return;
        }
        if head.is_empty() && byte[0] == 0x16 {
            // A TLS handshake: answer as a server does that speaks plain HTTP only.
            let _ = connection.write_all(&bytes("400 Bad Request", &[], b""));
            return;
        }
        head.push(byte[0]);
    }
    // One character a byte, so that header values can be compared byte for byte.
    let head: String = head.iter().map(|&byte| char::from(byte)).collect();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let asked = Asked { path, head };
    record.lock().unwrap().push(asked.clone());
    match script(&asked) {
        Answer::Bytes(bytes) => {
            let _ = connection.write_all(&bytes);
        }
        Answer::Drip(bytes, pause) => {
            let mut sent = connection.write_all(&bytes);
            while sent.is_ok() {
                thread::sleep(pause);
                sent = connection.write_all(b" ");
            }
        }
    }
}

/// An answer with a length and `Connection: close`. `headers` are lines without an end.
pub(super) fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Answer {
    Answer::Bytes(bytes(status, headers, body.as_ref()))
}

fn bytes(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\nConnection: close\r\n").into_bytes();
    if !status.starts_with("304") && !headers.iter().any(|line| line.starts_with("Content-Length")) {
        bytes.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
    }
    for line in headers {
        // One byte a character, as in `Asked::head`.
        bytes.extend(line.chars().map(|c| u8::try_from(u32::from(c)).unwrap()));
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

/// A redirect.
pub(super) fn redirect(status: u16, to: &str) -> Answer {
    answer(&format!("{status} Moved"), &[&format!("Location: {to}")], "")
}
