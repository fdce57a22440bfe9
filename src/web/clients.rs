//! The open connections, and which of them is closed for the next one when there are as many as there may be.
//!
//! Knows addresses and how long a connection was of no use ([`Client`]); must not know what is asked.

use super::client::Client;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// How long a connection must have been of no use before it is closed for another one.
const IDLE: Duration = Duration::from_secs(1);
/// The same for one that is owed an answer: a reader may stall for a while in the middle of it.
const IDLE_OWED: Duration = Duration::from_secs(5);

/// The connections that are open.
#[derive(Debug, Default)]
pub struct Clients {
    open: Vec<Client>,
}

impl Clients {
    /// One more is open.
    pub fn add(&mut self, client: Client) {
        self.open.retain(|client| !client.is_cut());
        self.open.push(client);
    }

    /// Closes one of the connections that were of no use for long enough: one from the address with most connections, and of
    /// these the one that was of no use for longest. If there is none, it closes one only where an address has more than
    /// half of all.
    pub fn make_room(&mut self) {
        self.open.retain(|client| !client.is_cut());
        let mut from: HashMap<IpAddr, usize> = HashMap::new();
        for client in &self.open {
            *from.entry(client.address()).or_default() += 1;
        }
        let idle = self.open.iter().filter_map(|client| {
            let since = client.idle_since()?;
            let least = if client.is_owed() { IDLE_OWED } else { IDLE };
            (since.elapsed() >= least).then_some((client, since))
        });
        let first = idle.max_by_key(|(client, since)| (from[&client.address()], Reverse(*since)));
        // Where all were of use just now, but most of them come from one address, one of those between two requests.
        let first = first.or_else(|| {
            let (address, count) = from.iter().max_by_key(|(_, count)| **count)?;
            let theirs = self.open.iter().filter(|client| client.address() == *address && !client.is_owed());
            let between = theirs.filter_map(|client| Some((client, client.idle_since()?)));
            between.min_by_key(|(_, since)| *since).filter(|_| 2 * count > self.open.len())
        });
        if let Some((client, _)) = first {
            client.cut();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(last: u8) -> Client {
        Client::new([192, 0, 2, last].into())
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_most_connections_gives_a_place_to_the_next() {
        let mut clients = Clients::default();
        let others: Vec<Client> = (10..14).map(from).collect();
        for client in &others {
            clients.add(client.clone());
        }
        let mut greedy = Vec::new();
        for _ in 0..4 {
            let client = from(2);
            clients.add(client.clone());
            greedy.push(client);
            tokio::time::sleep(IDLE / 8).await;
        }
        let work = greedy[0].work();
        clients.make_room();
        let cut = |of: &[Client]| of.iter().map(Client::is_cut).collect::<Vec<_>>();
        assert_eq!(cut(&greedy), [false; 4], "the first is at work, and the others were of use just now");
        tokio::time::sleep(IDLE).await;
        clients.make_room();
        clients.make_room();
        assert_eq!((cut(&greedy), cut(&others)), (vec![false, true, true, false], vec![false; 4]));
        drop(work);
        greedy[3].was_of_use();
        clients.make_room();
        assert_eq!(
            cut(&others).iter().filter(|cut| **cut).count(),
            1,
            "of those that have fewer, who waited longest"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_has_most_places_gives_one_even_if_it_asks_all_the_time() {
        let mut clients = Clients::default();
        let other = from(1);
        clients.add(other.clone());
        let busy: Vec<Client> = (0..3).map(|_| from(2)).collect();
        for client in &busy {
            clients.add(client.clone());
        }
        let _work = busy[0].work();
        busy[2].was_of_use();
        clients.make_room();
        assert_eq!(busy.iter().filter(|client| client.is_cut()).count(), 1);
        assert!(!busy[0].is_cut() && !other.is_cut(), "not in the middle of a request");
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_in_the_middle_of_an_answer_is_spared_for_a_while() {
        let mut clients = Clients::default();
        let reader = from(1);
        clients.add(reader.clone());
        reader.is_given(1);
        tokio::time::sleep(IDLE * 2).await;
        clients.make_room();
        assert!(!reader.is_cut());
        tokio::time::sleep(IDLE_OWED).await;
        clients.make_room();
        assert!(reader.is_cut());
    }
}
