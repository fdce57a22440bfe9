//! What clients are owed: the bytes of answers that have been given and not yet taken.
//!
//! Bodies are shared, so a thousand readers of one body owe its bytes once. But a body that has been replaced lives on as long
//! as one of them does not read, and so does a page that was made for one alone. When those of one client, or of all, are
//! too many, the connections that have waited longest are cut: readers come again, and what they took is not lost.
//!
//! It counts; it must not know what the bytes are.

use super::client::Client;
use axum::body::Bytes;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What all clients may be owed.
const ALL_BYTES: usize = 24 * 1024 * 1024;

/// What the connections from one address may be owed. A proxy before us is one client, and takes quickly.
const CLIENT_BYTES: usize = 16 * 1024 * 1024;

/// What an answer costs beside its body: what the server keeps of the request and of the connection for it.
const ANSWER_BYTES: usize = 4 * 1024;

/// The answers that have not been taken. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Owed {
    all_bytes: usize,
    client_bytes: usize,
    answers: Arc<Mutex<Answers>>,
}

impl Default for Owed {
    fn default() -> Self {
        Self::at_most(ALL_BYTES, CLIENT_BYTES)
    }
}

#[derive(Debug, Default)]
struct Answers {
    /// By number, so in the order in which they were given.
    given: BTreeMap<u64, Answer>,
    next: u64,
    /// How many answers hold each body, by where it is in memory: as long as one holds it, no other can be there.
    bodies: HashMap<usize, usize>,
    /// Of all bodies, each once, and of all answers.
    bytes: usize,
}

#[derive(Debug)]
struct Answer {
    client: Client,
    body: usize,
    bytes: usize,
}

/// The bytes of one answer. The server holds them until the last has been taken, whatever has become of the answer.
struct Loan {
    bytes: Bytes,
    answer: u64,
    client: Client,
    owed: Owed,
}

impl AsRef<[u8]> for Loan {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.client.has_taken();
        self.owed.lock().settle(self.answer);
    }
}

impl Owed {
    /// Bounds on what all, and what one client, may be owed. The newest answer is always given.
    fn at_most(all_bytes: usize, client_bytes: usize) -> Self {
        Self { all_bytes, client_bytes, answers: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes to send to a client; owed until they are dropped.
    pub(super) fn lend(&self, client: &Client, bytes: Bytes) -> Bytes {
        if bytes.is_empty() {
            return bytes;
        }
        let mut answers = self.lock();
        let answer = answers.give(client, &bytes);
        while answers.bytes > self.all_bytes && answers.cut_oldest(answer, None) {}
        // Nobody can be owed more than all are.
        if answers.bytes > self.client_bytes {
            let address = client.address();
            while answers.owed_to(address) > self.client_bytes && answers.cut_oldest(answer, Some(address)) {}
        }
        drop(answers);
        client.is_given();
        Bytes::from_owner(Loan { bytes, answer, client: client.clone(), owed: self.clone() })
    }
}

impl Answers {
    fn give(&mut self, client: &Client, bytes: &Bytes) -> u64 {
        let number = self.next;
        self.next += 1;
        let answer = Answer { client: client.clone(), body: bytes.as_ptr() as usize, bytes: bytes.len() };
        let holders = self.bodies.entry(answer.body).or_default();
        *holders += 1;
        self.bytes += ANSWER_BYTES + if *holders == 1 { answer.bytes } else { 0 };
        self.given.insert(number, answer);
        number
    }

    /// Strikes an answer from the books, if it stands there.
    fn settle(&mut self, number: u64) -> Option<Client> {
        let answer = self.given.remove(&number)?;
        self.bytes -= ANSWER_BYTES;
        if let Some(holders) = self.bodies.get_mut(&answer.body) {
            *holders -= 1;
            if *holders == 0 {
                self.bodies.remove(&answer.body);
                self.bytes -= answer.bytes;
            }
        }
        Some(answer.client)
    }

    /// Cuts the connection of the oldest answer, or of the oldest one to `address`. Says whether there was one but `newest`.
    fn cut_oldest(&mut self, newest: u64, address: Option<IpAddr>) -> bool {
        let is_meant = |answer: &Answer| address.is_none_or(|address| answer.client.address() == address);
        let oldest = self
            .given
            .iter()
            .find(|(number, answer)| **number != newest && is_meant(answer))
            .map(|(n, _)| *n);
        // What is cut is gone as soon as its connection is, so it is no longer counted.
        let Some(client) = oldest.and_then(|number| self.settle(number)) else { return false };
        client.cut();
        true
    }

    fn owed_to(&self, address: IpAddr) -> usize {
        let mut seen = HashSet::new();
        let theirs = self.given.values().filter(|answer| answer.client.address() == address);
        theirs.map(|answer| ANSWER_BYTES + if seen.insert(answer.body) { answer.bytes } else { 0 }).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KB: usize = 1024;

    fn client(last: u8) -> Client {
        Client::new([192, 0, 2, last].into())
    }

    /// A body that costs this much with its first answer.
    fn body(bytes: usize) -> Bytes {
        Bytes::from(vec![b'x'; bytes - ANSWER_BYTES])
    }

    #[test]
    fn a_body_is_owed_once_however_many_wait_for_it() {
        let owed = Owed::at_most(1_000 * KB, 1_000 * KB);
        let shared = body(600 * KB);
        let clients: Vec<_> = (0..50).map(client).collect();
        let mut loans: Vec<_> = clients.iter().map(|client| owed.lend(client, shared.clone())).collect();
        assert_eq!(loans[0], shared);
        assert_eq!(owed.lock().bytes, 600 * KB + 49 * ANSWER_BYTES);
        let part = loans[7].slice(10..20);
        loans.truncate(0);
        assert_eq!(owed.lock().bytes, 600 * KB, "a part holds the whole");
        drop(part);
        assert_eq!(owed.lock().bytes, 0);
        assert!(owed.lock().bodies.is_empty() && clients.iter().all(|client| !client.is_cut()));
    }

    #[test]
    fn whoever_has_waited_longest_is_cut_when_all_are_owed_too_much() {
        let owed = Owed::at_most(100 * KB, 100 * KB);
        let (slow, slower, new) = (client(1), client(2), client(3));
        let loans = [owed.lend(&slower, body(40 * KB)), owed.lend(&slow, body(40 * KB))];
        let large = owed.lend(&new, body(50 * KB));
        assert!(slower.is_cut() && !slow.is_cut() && !new.is_cut());
        assert_eq!(owed.lock().bytes, 90 * KB);
        drop(loans);
        assert_eq!(owed.lock().bytes, 50 * KB, "what was cut is given back once");
        let larger = owed.lend(&slow, body(1_000 * KB));
        assert!(new.is_cut() && !slow.is_cut(), "the newest is given, however large");
        drop((large, larger));
        assert_eq!(owed.lock().bytes, 0);
    }

    #[test]
    fn a_client_that_is_owed_too_much_loses_its_own_connections() {
        let owed = Owed::at_most(100 * KB, 30 * KB);
        let other = client(1);
        let waiting = owed.lend(&other, body(30 * KB));
        let greedy: Vec<_> = (0..5).map(|_| client(2)).collect();
        let loans: Vec<_> = greedy.iter().map(|client| owed.lend(client, body(10 * KB))).collect();
        let cut: Vec<_> = greedy.iter().map(Client::is_cut).collect();
        assert_eq!(cut, [true, true, false, false, false]);
        assert!(!other.is_cut());
        drop((waiting, loans));
    }
}
