//! `tidings recipients`: lists who gets a digest, and lets the operator remove an address or bring it back. It knows
//! states of recipients; who is sent what is decided by `digest`.

use super::{Globals, note, print};
use crate::clock::Clock;
use crate::model::{Preferences, Recipient, RecipientState, Request, bare_address};
use crate::store;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Show who gets a digest, who has left and whose mail is refused
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Who has left is not written to again, whatever feeds.toml says and whichever backup is restored.

Examples:
  tidings recipients
  tidings recipients --leave ada@example.org
  tidings recipients --bring-back ada@example.org --digest daily"
)]
pub(crate) struct RecipientsArgs {
    /// Of this digest only
    #[arg(long, value_name = "NAME")]
    pub(crate) digest: Option<String>,
    /// Send nothing more to this address, as if its owner had left
    #[arg(long, value_name = "ADDRESS", conflicts_with = "bring_back")]
    pub(crate) leave: Option<String>,
    /// Send to this address again, though its owner has left or its mail was refused
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bring_back: Option<String>,
}

/// Shows or changes; works beside a running daemon.
pub(crate) fn run(args: &RecipientsArgs, globals: &Globals) -> anyhow::Result<()> {
    let config = globals.load()?;
    let (recipients, waiting) = store::look(&config.store.path, |reader| {
        anyhow::Ok((reader.recipients()?, reader.waiting_requests()?))
    })?;
    let waiting = waiting.into_iter().map(|(Request { digest, address, .. }, at)| {
        let state = RecipientState::Waiting(at);
        Recipient { digest, address, state, has_confirmed: false, preferences: Preferences::default() }
    });
    // Somebody who left and now waits for confirmation is in both lists; the later one wins in `listed`.
    let known: Vec<Recipient> = waiting.chain(recipients).collect();
    let named: Vec<(&str, &str)> = config
        .digests
        .iter()
        .flat_map(|digest| digest.to.iter().map(|address| (digest.name.as_str(), address.as_str())))
        .collect();
    let all = listed(&known, &named, args.digest.as_deref());
    let Some(wanted) = args.leave.as_ref().or(args.bring_back.as_ref()) else {
        return Ok(print(&table(&all))?);
    };
    let wanted = bare_address(wanted);
    let found: Vec<(String, String)> = all
        .iter()
        .filter(|one| bare_address(&one.recipient.address) == wanted)
        .map(|one| (one.recipient.digest.clone(), one.recipient.address.clone()))
        .collect();
    anyhow::ensure!(!found.is_empty(), "no digest is sent to {wanted}, and none was");
    let has_left = args.leave.is_some();
    store::set_recipients(&config.store.path, &found, has_left, Clock::System.now())?;
    for one in all.iter().filter(|one| bare_address(&one.recipient.address) == wanted) {
        let digest = &one.recipient.digest;
        note(&match (has_left, one.is_sent_once_back()) {
            (true, _) => format!("{digest}: nothing more of it is sent to {wanted}"),
            (false, true) => format!("{digest}: its next edition is sent to {wanted}"),
            (false, false) => format!(
                "{digest}: {wanted} may be sent it again, but neither feeds.toml names them nor have they confirmed that they want it"
            ),
        });
    }
    Ok(())
}

/// A recipient, and whether `feeds.toml` names them.
struct Listed {
    recipient: Recipient,
    is_named: bool,
}

impl Listed {
    /// Whether editions are sent to this recipient unless they have left or are refused.
    fn is_sent_once_back(&self) -> bool {
        self.is_named || self.recipient.has_confirmed
    }
}

/// The recipients in the store and those in the configuration, each once, sorted by digest and address. Of several in
/// `known` with one address the last counts.
fn listed(known: &[Recipient], named: &[(&str, &str)], digest: Option<&str>) -> Vec<Listed> {
    let mut all: BTreeMap<(&str, &str), Listed> = BTreeMap::new();
    for one in known {
        let listed = Listed { recipient: one.clone(), is_named: false };
        all.insert((&one.digest, &one.address), listed);
    }
    for (name, address) in named {
        all.entry((name, address))
            .or_insert_with(|| Listed {
                recipient: Recipient {
                    digest: (*name).to_owned(),
                    address: (*address).to_owned(),
                    state: RecipientState::Active,
                    has_confirmed: false,
                    preferences: Preferences::default(),
                },
                is_named: true,
            })
            .is_named = true;
    }
    all.into_values().filter(|one| digest.is_none_or(|digest| one.recipient.digest == digest)).collect()
}

fn table(all: &[Listed]) -> String {
    let mut out = String::new();
    if all.is_empty() {
        return "no digest is sent to anyone\n".to_owned();
    }
    for Listed { recipient: Recipient { digest, address, state, preferences, .. }, is_named } in all {
        let state = match state {
            RecipientState::Active if *is_named => "active".to_owned(),
            RecipientState::Active => "gone from feeds.toml".to_owned(),
            RecipientState::Confirmed(at) => format!("active, asked for it {}", at.strftime("%Y-%m-%d")),
            RecipientState::Waiting(at) => {
                format!("waiting since {}: not confirmed yet", at.strftime("%Y-%m-%d"))
            }
            RecipientState::Left(at) => format!("left {}", at.strftime("%Y-%m-%d")),
            RecipientState::Refused(at, answer) => {
                format!("refused since {}: {answer}", at.strftime("%Y-%m-%d"))
            }
        };
        let _ = writeln!(out, "{digest}  {address}  {state}{}", chosen(preferences));
    }
    out
}

/// The choices of a recipient in words: "; only sport, world; at 18:00 in Europe/Berlin". Empty without any.
fn chosen(preferences: &Preferences) -> String {
    let mut said = String::new();
    let sections: Vec<&str> = preferences.sections.iter().map(|name| name.as_str()).collect();
    if !sections.is_empty() {
        let _ = write!(said, "; only {}", sections.join(", "));
    }
    if let Some((hour, zone)) = &preferences.hour {
        let _ = write!(said, "; at {hour:02}:00 in {zone}");
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn everyone_is_listed_once_with_their_state() {
        let at: Timestamp = "2026-11-28T07:00:00Z".parse().unwrap();
        let known = |address: &str, state| Recipient {
            digest: "daily".to_owned(),
            address: address.to_owned(),
            state,
            has_confirmed: false,
            preferences: Preferences::default(),
        };
        let known = [
            known("ada@example.org", RecipientState::Active),
            known("bob@example.org", RecipientState::Left(at)),
            known("cy@example.org", RecipientState::Refused(at, "no such user".to_owned())),
            Recipient {
                preferences: Preferences::read("section=sport&hour=6&zone=Asia/Tokyo").unwrap(),
                ..known("dee@example.org", RecipientState::Active)
            },
        ];
        let named =
            [("daily", "ada@example.org"), ("daily", "bob@example.org"), ("weekly", "eve@example.org")];
        assert_eq!(
            table(&listed(&known, &named, None)),
            "daily  ada@example.org  active\n\
             daily  bob@example.org  left 2026-11-28\n\
             daily  cy@example.org  refused since 2026-11-28: no such user\n\
             daily  dee@example.org  gone from feeds.toml; only sport; at 06:00 in Asia/Tokyo\n\
             weekly  eve@example.org  active\n"
        );
        assert_eq!(table(&listed(&known, &named, Some("weekly"))), "weekly  eve@example.org  active\n");
    }
}
