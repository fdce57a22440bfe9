//! Which digests are composed: those that are configured, and a segment for each choice that recipients of them have
//! made. It must not know how an edition is composed.

use super::DigestContext;
use crate::model::{DigestSettings, Preferences, bare_address, digest_of_segment, segment_name};
use crate::store::{Reader, Store, StoreError};
use std::collections::{BTreeSet, HashMap};

/// Every digest, and behind it its segments. What nobody has chosen any more is forgotten.
pub(super) async fn in_force(
    store: &Store,
    context: &DigestContext,
) -> Result<Vec<DigestSettings>, StoreError> {
    let asked = context.clone();
    let read = move |reader: &Reader<'_>| {
        let mut digests: Vec<DigestSettings> = Vec::new();
        for digest in &asked.digests {
            digests.push(digest.clone());
            let different: BTreeSet<Preferences> = choices(reader, &asked, digest)?.into_values().collect();
            digests.extend(different.iter().map(|chosen| digest.segment(chosen)));
        }
        let known: BTreeSet<&str> = digests.iter().map(|digest| digest.name.as_str()).collect();
        let gone = reader.segments()?.into_iter().filter(|name| !known.contains(name.as_str()));
        let gone: Vec<String> = gone.collect();
        Ok((digests, gone))
    };
    let (digests, gone) = store.read(read).await?;
    if !gone.is_empty() {
        store.write(move |batch| batch.forget_segments(&gone)).await?;
    }
    Ok(digests)
}

/// The recipients that `feeds.toml` names, then those who subscribed on the web, each once. For a segment, those who
/// made its choice; for a digest, those who chose nothing.
pub(super) fn recipients(
    reader: &Reader<'_>,
    context: &DigestContext,
    segment: &DigestSettings,
) -> Result<Vec<String>, StoreError> {
    let name = digest_of_segment(&segment.name);
    let Some(digest) = context.digests.iter().find(|digest| digest.name == name) else {
        return Ok(Vec::new());
    };
    let confirmed = if digest.open { reader.confirmed_recipients(name)? } else { Vec::new() };
    let (choices, nothing) = (choices(reader, context, digest)?, Preferences::default());
    let mut seen = BTreeSet::new();
    let all = digest.to.iter().cloned().chain(confirmed);
    let mut recipients = Vec::new();
    for recipient in all {
        let address = bare_address(&recipient);
        let chosen = choices.get(&address).unwrap_or(&nothing);
        if segment_name(name, chosen) == segment.name && seen.insert(address) {
            recipients.push(recipient);
        }
    }
    Ok(recipients)
}

/// What the recipients of a digest have chosen of what it offers now, by their bare addresses.
fn choices(
    reader: &Reader<'_>,
    context: &DigestContext,
    digest: &DigestSettings,
) -> Result<HashMap<String, Preferences>, StoreError> {
    let offered = digest.offered(&context.categories);
    let choices = reader.choices(&digest.name)?.into_iter();
    let choices = choices.map(|(address, chosen)| (address, chosen.of_offered(&offered)));
    Ok(choices.filter(|(_, chosen)| *chosen != Preferences::default()).collect())
}
