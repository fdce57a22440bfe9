//! The memory of answers that clients have not read yet: the bytes that they are *owed*.
//!
//! Bodies are shared, so a body that a thousand clients read counts once. But a body that was replaced lives on as long as one
//! of them does not read it, and so does a page that was made for one. When one client, or all together, are owed too much,
//! connections are cut: first those that take nothing, then those that have waited longest. Feed readers come again. What is
//! cut counts until the server frees it; while that is too much, nobody gets an answer.
//!
//! It counts; it must not know what the bytes are.

use super::client::Client;
use axum::body::Bytes;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Maximum of bytes that all clients together are owed.
const ALL_BYTES: usize = 16 * 1024 * 1024;

/// The same for the connections of one address. A proxy before us is one address, but takes its answers quickly.
const CLIENT_BYTES: usize = 12 * 1024 * 1024;

/// A client that has taken nothing for this long is cut before those that take something.
const STALE: Duration = Duration::from_secs(1);

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
    /// The bodies that answers hold, by where each begins in memory: as long as one is held, no other can begin there.
    bodies: HashMap<usize, Held>,
    /// Of all bodies, each once, and of all answers.
    bytes: usize,
    /// What has been cut and is still held.
    cut_bytes: usize,
}

/// A body that answers hold.
#[derive(Debug, Default)]
struct Held {
    answers: usize,
    /// The most that one of them holds. A slice from the beginning of a body has the body's address, and keeps all of it in
    /// memory.
    bytes: usize,
}

#[derive(Debug)]
struct Answer {
    client: Client,
    body: usize,
    /// Set when its connection was cut and the server still holds its bytes: how much was taken out of what is owed.
    cut: Option<usize>,
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
        self.client.has_taken(self.bytes.len());
        self.owed.lock().settle(self.answer);
    }
}

impl Owed {
    /// Bounds on what all clients together, and what one, may be owed. What was cut and is still held may be as much again.
    fn at_most(all_bytes: usize, client_bytes: usize) -> Self {
        Self { all_bytes, client_bytes, answers: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes to send to a client, owed until they are dropped; `None` when there is no room for them. One answer at least is
    /// given, however large.
    pub(super) fn lend(&self, client: &Client, bytes: Bytes) -> Option<Bytes> {
        if bytes.is_empty() {
            return Some(bytes);
        }
        let mut answers = self.lock();
        let more = answers.cost(&bytes);
        answers.cut_down_to(self.all_bytes.saturating_sub(more), None);
        // Too much of what was cut is still held. The client comes again.
        if !answers.given.is_empty() && answers.bytes + answers.cut_bytes + more > 2 * self.all_bytes {
            return None;
        }
        // To count what one client is owed takes time. While all together are owed less than one may be, it is not needed.
        if answers.bytes + more > self.client_bytes {
            answers.cut_down_to(self.client_bytes.saturating_sub(more), Some(client.address()));
        }
        let answer = answers.give(client, &bytes);
        drop(answers);
        client.is_given(bytes.len());
        Some(Bytes::from_owner(Loan { bytes, answer, client: client.clone(), owed: self.clone() }))
    }
}

impl Answers {
    /// By how many bytes an answer would add to what is owed.
    fn cost(&self, bytes: &Bytes) -> usize {
        let counted = self.bodies.get(&(bytes.as_ptr() as usize)).map_or(0, |held| held.bytes);
        ANSWER_BYTES + bytes.len().saturating_sub(counted)
    }

    fn give(&mut self, client: &Client, bytes: &Bytes) -> u64 {
        let number = self.next;
        self.next += 1;
        self.bytes += self.cost(bytes);
        let body = bytes.as_ptr() as usize;
        let held = self.bodies.entry(body).or_default();
        held.answers += 1;
        held.bytes = held.bytes.max(bytes.len());
        self.given.insert(number, Answer { client: client.clone(), body, cut: None });
        number
    }

    /// Ends the count of an answer that was taken or freed.
    fn settle(&mut self, number: u64) {
        let Some(answer) = self.given.remove(&number) else { return };
        match answer.cut {
            Some(bytes) => self.cut_bytes -= bytes,
            None => {
                self.release(&answer);
            }
        }
    }

    /// Takes an answer out of what is owed, with its body when it was the last that holds it. Gives how much that is.
    fn release(&mut self, answer: &Answer) -> usize {
        let mut released = ANSWER_BYTES;
        if let Some(held) = self.bodies.get_mut(&answer.body) {
            held.answers -= 1;
            if held.answers == 0 {
                released += held.bytes;
                self.bodies.remove(&answer.body);
            }
        }
        self.bytes -= released;
        released
    }

    /// Cuts connections until no more than so much is owed, to all or to `address`: first those that take nothing, then the others,
    /// each in the order in which they were given their answers.
    fn cut_down_to(&mut self, at_most: usize, address: Option<IpAddr>) {
        let owed = |answers: &Self| address.map_or(answers.bytes, |address| answers.owed_to(address));
        if owed(self) <= at_most {
            return;
        }
        let theirs = self.given.iter().filter(|(_, answer)| {
            answer.cut.is_none() && address.is_none_or(|address| answer.client.address() == address)
        });
        let mut order: Vec<(bool, u64)> = theirs
            .map(|(number, answer)| {
                let is_stale = answer.client.idle_since().is_some_and(|since| since.elapsed() >= STALE);
                (!is_stale, *number)
            })
            .collect();
        order.sort_unstable();
        for (_, number) in order {
            if owed(self) <= at_most {
                break;
            }
            let Some(mut answer) = self.given.remove(&number) else { continue };
            let released = self.release(&answer);
            answer.client.cut();
            answer.cut = Some(released);
            self.cut_bytes += released;
            self.given.insert(number, answer);
        }
    }

    fn owed_to(&self, address: IpAddr) -> usize {
        let mut seen = HashSet::new();
        let theirs =
            self.given.values().filter(|answer| answer.cut.is_none() && answer.client.address() == address);
        let bytes_of = |body| self.bodies.get(body).map_or(0, |held| held.bytes);
        theirs
            .map(|answer| ANSWER_BYTES + if seen.insert(answer.body) { bytes_of(&answer.body) } else { 0 })
            .sum()
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
        let lend = |client| owed.lend(client, shared.clone()).unwrap();
        let mut loans: Vec<_> = clients.iter().map(lend).collect();
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
    fn a_body_and_a_range_with_which_it_begins_are_counted_alike_in_whatever_order_they_come_and_go() {
        let whole = body(600 * KB);
        let range = whole.slice(..100);
        for first_is_whole in [true, false] {
            for first_goes_first in [true, false] {
                let owed = Owed::at_most(1_000 * KB, 1_000 * KB);
                let (one, other) = if first_is_whole { (&whole, &range) } else { (&range, &whole) };
                let first = owed.lend(&client(1), one.clone()).unwrap();
                let second = owed.lend(&client(2), other.clone()).unwrap();
                assert_eq!(owed.lock().bytes, 600 * KB + ANSWER_BYTES);
                let (goes, stays) = if first_goes_first { (first, second) } else { (second, first) };
                drop(goes);
                assert_eq!(owed.lock().bytes, 600 * KB, "the range keeps all of it");
                drop(stays);
                assert_eq!(owed.lock().bytes, 0);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_nothing_is_cut_first_and_then_whoever_has_waited_longest() {
        let owed = Owed::at_most(100 * KB, 100 * KB);
        let (reads, slow, slower) = (client(1), client(2), client(3));
        let loans: Vec<_> =
            [&reads, &slow, &slower].map(|client| owed.lend(client, body(30 * KB)).unwrap()).into();
        tokio::time::sleep(STALE * 2).await;
        reads.was_of_use();
        let next = owed.lend(&client(4), body(30 * KB)).unwrap();
        assert_eq!([&reads, &slow, &slower].map(Client::is_cut), [false, true, false]);
        let after = owed.lend(&client(5), body(40 * KB)).unwrap();
        assert_eq!([&reads, &slow, &slower].map(Client::is_cut), [false, true, true]);
        let books = |owed: &Owed| {
            let answers = owed.lock();
            (answers.bytes, answers.cut_bytes)
        };
        assert_eq!(books(&owed), (100 * KB, 60 * KB));
        drop((loans, next, after));
        assert_eq!(books(&owed), (0, 0));
    }

    #[test]
    fn nothing_is_given_while_too_much_of_what_is_cut_is_still_held() {
        let owed = Owed::at_most(100 * KB, 100 * KB);
        let loans: Vec<_> = (0..2).filter_map(|n| owed.lend(&client(n), body(90 * KB))).collect();
        assert_eq!(loans.len(), 2);
        assert_eq!(owed.lend(&client(9), body(90 * KB)), None);
        drop(loans);
        let large = owed.lend(&client(9), body(1_000 * KB));
        assert!(large.is_some(), "one is given, however large");
    }

    #[test]
    fn a_client_that_is_owed_too_much_loses_its_own_connections() {
        let owed = Owed::at_most(100 * KB, 30 * KB);
        let other = client(1);
        let waiting = owed.lend(&other, body(30 * KB)).unwrap();
        let greedy: Vec<_> = (0..5).map(|_| client(2)).collect();
        let loans: Vec<_> = greedy.iter().map(|client| owed.lend(client, body(10 * KB)).unwrap()).collect();
        let cut: Vec<_> = greedy.iter().map(Client::is_cut).collect();
        assert_eq!(cut, [true, true, false, false, false]);
        assert!(!other.is_cut());
        drop((waiting, loans));
    }
}
