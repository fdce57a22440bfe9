//! The digest loop: composes an edition when it is due, and sends what is open.
//!
//! It knows `render`, `mail` and the store. An edition is stored before anything is sent, a delivery is marked after the
//! server has accepted it: nothing is missed, and a mail is doubled only if process or connection dies in between, then
//! with the same Message-ID.

mod compose;
mod segments;

use crate::mail::{Mailer, Sent};
use crate::model::{Delivery, DigestSettings, EditionDraft, FilingNo, SiteSettings};
use crate::render;
use crate::store::{DigestState, Reader, Store, StoreError};
use compose::Issue;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Deliveries claimed at once; one connection sends them one by one.
const CLAIM: usize = 20;

/// Noted on a delivery that is given up because its edition tells of something that has been hidden since.
const HIDDEN: &str = "the edition tells of a feed that has become private, or of a story that was taken down";

/// How often to check whether somebody asks for an edition.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(5);

/// For how long one step sends mails that are rate-limited, before other work that is due gets its turn.
const STEP_TIME: Duration = Duration::from_mins(1);

/// A claimed delivery is tried again after this time if its result could not be written. (After a crash: at the next
/// start.)
const CLAIM_TIME: SignedDuration = SignedDuration::from_mins(10);

/// The longest wait between two attempts.
const RETRY_MOST: SignedDuration = SignedDuration::from_hours(1);

/// How long a delivery is tried at least, however soon the next edition comes: servers that use greylisting (RFC
/// 6647) defer unknown senders for some minutes.
const TRYING_LEAST: SignedDuration = SignedDuration::from_hours(1);

/// How long a delivery is tried at most (RFC 5321 §4.5.4.1).
const TRYING: SignedDuration = SignedDuration::from_hours(5 * 24);

/// What the digest loop is told.
#[derive(Debug, Clone)]
pub struct DigestContext {
    /// The site, for links.
    pub site: SiteSettings,
    /// What pages and editions are rendered with.
    pub categories: Vec<crate::model::CategorySettings>,
    /// The digests.
    pub digests: Vec<DigestSettings>,
    /// Where mail goes; without it, editions are only shown on the web.
    pub mailer: Option<Mailer>,
}

/// What a step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mailed {
    /// Editions composed.
    pub composed: usize,
    /// Deliveries accepted.
    pub sent: usize,
    /// Deliveries put off.
    pub deferred: usize,
    /// Deliveries given up.
    pub refused: usize,
}

impl std::ops::AddAssign for Mailed {
    fn add_assign(&mut self, other: Self) {
        self.composed += other.composed;
        self.sent += other.sent;
        self.deferred += other.deferred;
        self.refused += other.refused;
    }
}

/// What the loop keeps from step to step.
#[derive(Debug, Default)]
pub struct Sending {
    stop: CancellationToken,
    /// Deliveries that a server has accepted, but that the store could not mark because it cannot write. They must
    /// not be sent again meanwhile.
    unmarked: Vec<i64>,
}

/// Composes what is due and sends what is open.
pub async fn step(
    store: &Store,
    context: &DigestContext,
    sending: &mut Sending,
    now: Timestamp,
) -> Result<Mailed, StoreError> {
    let mut mailed = Mailed::default();
    sending.mark_accepted(store, now).await?;
    let digests = segments::in_force(store, context).await?;
    for digest in &digests {
        if compose_if_due(store, context, digest, now).await? {
            mailed.composed += 1;
        }
        if compose_if_wanted(store, context, digest, now).await? {
            mailed.composed += 1;
        }
    }
    let Some(mailer) = &context.mailer else { return Ok(mailed) };
    ask_for_confirmation(store, context, mailer, sending, now).await?;
    if !send_open(store, (context, &digests), mailer, sending, now, &mut mailed).await? {
        mailer.rest().await;
    }
    Ok(mailed)
}

impl Sending {
    /// Once `stop` is set, the mail under way is the last.
    pub fn until(stop: CancellationToken) -> Self {
        Self { stop, unmarked: Vec::new() }
    }

    /// Waits as the operator wants between two mails, unless it is to stop.
    async fn pause(&self, mailer: &Mailer) {
        if !mailer.pause().is_zero() {
            tokio::select! {
                () = tokio::time::sleep(mailer.pause()) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }

    async fn mark_accepted(&mut self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let accepted = self.unmarked.clone();
        if !accepted.is_empty() {
            store
                .write(move |batch| accepted.iter().try_for_each(|no| batch.delivery_sent(*no, now)))
                .await?;
            self.unmarked.clear();
        }
        Ok(())
    }
}

/// When there is something to do next: an edition is due, or a delivery is to be tried. Never later than `LOOK_EVERY`
/// from now, because somebody may ask for an edition.
pub async fn next_step(store: &Store, context: &DigestContext, now: Timestamp) -> Timestamp {
    let latest = now + LOOK_EVERY;
    let digests = segments::in_force(store, context).await.unwrap_or_default();
    let due = digests.iter().filter_map(|digest| digest.schedule.next_after(now, &digest.timezone));
    let open = store.read(|reader| reader.next_delivery()).await.ok().flatten();
    let open = open.filter(|_| context.mailer.is_some());
    due.chain(open).min().unwrap_or(latest).clamp(now + SignedDuration::from_secs(1), latest)
}

async fn compose_if_due(
    store: &Store,
    context: &DigestContext,
    digest: &DigestSettings,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let name = digest.name.clone();
    let state = store.read(move |reader| reader.digest_state(&name)).await?;
    let Some(state) = state else {
        let name = digest.name.clone();
        store.write(move |batch| batch.know_digest(&name, now)).await?;
        return Ok(false);
    };
    if is_ahead(digest, &state, now) {
        let name = digest.name.clone();
        store.write(move |batch| batch.set_digest_back(&name, now)).await?;
        info!(digest = digest.name, "the clock was ahead; the digest goes on at its next regular time");
        return Ok(false);
    }
    let Some(due_at) = digest.schedule.last_until(now, &digest.timezone) else { return Ok(false) };
    // Editions that were due before the digest was first configured are not made up for.
    if due_at <= state.since || state.due_at.is_some_and(|last| due_at <= last) {
        return Ok(false);
    }
    let (composing, named) = (context.clone(), digest.clone());
    let draft = move |reader: &Reader<'_>| {
        let Some(id) = compose::unused(reader, &named, due_at)? else { return Ok(None) };
        let issue = Issue { digest: &named, state, due_at, now, id: Some(&id) };
        compose::draft(reader, &composing, issue)
    };
    let drafted = store.read(draft).await?;
    match drafted {
        Some(draft) => {
            let domain = domain(&context.site.url);
            let (edition, topics) = (draft.id.clone(), draft.topics);
            let stored = store.write(move |batch| batch.put_edition(&draft, &domain)).await?;
            if stored.is_some() {
                info!(digest = digest.name, edition, edition.topics = topics, "edition composed");
            } else {
                // An edition of this id was sent by hand; the schedule goes on.
                skip(store, digest, due_at).await?;
            }
            Ok(stored.is_some())
        }
        None => {
            info!(digest = digest.name, "nothing new since the last edition; none is sent");
            skip(store, digest, due_at).await?;
            Ok(false)
        }
    }
}

/// Whether the digest's state was written while the clock was ahead, so far that editions would be missed: it was
/// first seen after `now`, or its last edition was due after the next one will be. If the clock was ahead by less
/// than a period, the early edition stands in for the one that is due now.
fn is_ahead(digest: &DigestSettings, state: &DigestState, now: Timestamp) -> bool {
    let next = digest.schedule.next_after(now, &digest.timezone).unwrap_or(Timestamp::MAX);
    state.since > now || state.due_at.is_some_and(|last| last > next)
}

async fn skip(store: &Store, digest: &DigestSettings, due_at: Timestamp) -> Result<(), StoreError> {
    let name = digest.name.clone();
    store.write(move |batch| batch.skip_edition(&name, due_at)).await
}

/// An edition of the digest `name` as it would be now, whatever its schedule says; `None` when there is nothing to tell.
/// Without an `id` it has no page.
pub fn draft_now(
    reader: &Reader<'_>,
    context: &DigestContext,
    name: &str,
    id: Option<&str>,
    now: Timestamp,
) -> Result<Option<EditionDraft>, StoreError> {
    let Some(digest) = context.digests.iter().find(|digest| digest.name == name) else { return Ok(None) };
    let unknown = DigestState { since: now, due_at: None, through: FilingNo(0) };
    let state = reader.digest_state(name)?.unwrap_or(unknown);
    compose::draft(reader, context, Issue { digest, state, due_at: now, now, id })
}

/// Composes the edition that somebody has asked for. It does not move the schedule, but the next edition begins after it.
async fn compose_if_wanted(
    store: &Store,
    context: &DigestContext,
    digest: &DigestSettings,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let name = digest.name.clone();
    let wanted = store.read(move |reader| reader.wanted_edition(&name)).await?;
    let Some(wanted_at) = wanted else { return Ok(false) };
    let (composing, name) = (context.clone(), digest.name.clone());
    let id = wanted_id(digest, wanted_at);
    let draft = store.read(move |reader| draft_now(reader, &composing, &name, Some(&id), now)).await?;
    let (domain, name) = (domain(&context.site.url), digest.name.clone());
    let stored = store.write(move |batch| {
        batch.edition_given(&name)?;
        draft.map_or(Ok(None), |draft| batch.put_edition(&draft, &domain))
    });
    let is_composed = stored.await?.is_some();
    info!(digest = digest.name, edition.composed = is_composed, "an edition was asked for");
    Ok(is_composed)
}

/// Asks the owners of addresses that were entered on the web whether they want the digest.
async fn ask_for_confirmation(
    store: &Store,
    context: &DigestContext,
    mailer: &Mailer,
    sending: &Sending,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Every write makes the web render its cached pages again, so first check whether anything waits.
    let limit = at_once(mailer);
    for _ in 0..limit {
        if sending.stop.is_cancelled() || !store.read(move |reader| reader.has_request(now)).await? {
            break;
        }
        let Some(request) = store.write(move |batch| batch.claim_request(now)).await? else { break };
        let digest = context.digests.iter().find(|digest| digest.name == request.digest && digest.open);
        let (name, address) = (request.digest.clone(), request.address.clone());
        let is_sent = store.read(move |reader| reader.is_sent_to(&name, &address)).await?;
        let sent = match digest.filter(|digest| !is_sent && !digest.names(&request.address)) {
            Some(digest) => {
                let (subject, text) = render::confirmation(&context.render_site(), digest, &request.token);
                let site = domain(&context.site.url);
                let id = format!("<confirm-{}-{:.8}@{site}>", request.no, request.token);
                mailer.send_plain(&request.address, &id, &subject, &text, now).await
            }
            // The digest is sent to them already, or is not open to anybody any more: no mail is needed.
            None => Sent::Accepted,
        };
        if let Sent::Deferred(detail) | Sent::Unreachable(detail) | Sent::Refused(detail) = &sent {
            warn!(request.id = request.no, "the mail that asks for confirmation was not taken: {detail}");
        }
        if matches!(sent, Sent::Unreachable(_)) {
            store.write(move |batch| batch.request_unsent(request.no)).await?;
            break;
        }
        if !matches!(sent, Sent::Deferred(_)) {
            store.write(move |batch| batch.request_mailed(request.no, now)).await?;
        }
        sending.pause(mailer).await;
    }
    Ok(())
}

/// Mails that are sent before it is looked what else is due.
fn at_once(mailer: &Mailer) -> usize {
    CLAIM.min((STEP_TIME.as_millis() / mailer.pause().as_millis().max(1)) as usize).max(1)
}

/// The id of an edition that was asked for then: not the one that the schedule will want on the same day.
pub fn wanted_id(digest: &DigestSettings, wanted_at: Timestamp) -> String {
    format!("{}-now-{}", digest.timezone.to_datetime(wanted_at).date(), wanted_at.as_second())
}

/// Sends an edition to one recipient as a trial: nothing is stored, the schedule does not move, and the next edition
/// tells everything again. `None` without `[mail]`.
pub async fn send_trial(
    context: &DigestContext,
    draft: EditionDraft,
    to: &str,
    now: Timestamp,
) -> Option<Sent> {
    let delivery = Delivery {
        no: 0,
        message_id: format!("<trial-{}@{}>", now.as_second(), domain(&context.site.url)),
        digest: draft.digest,
        edition: draft.id,
        due_at: draft.due_at,
        recipient: to.to_owned(),
        token: String::new(),
        attempts: 1,
        words: draft.words,
    };
    // A trial has no subscription to end, so its unsubscribe link leads to the public page of the digest.
    let page = context.render_site().address(&render::digest_path(&delivery.digest));
    let mailer = context.mailer.as_ref()?;
    let sent = mailer.send(&delivery, &page, now).await;
    mailer.rest().await;
    Some(sent)
}

impl DigestContext {
    fn render_site(&self) -> render::Site<'_> {
        render::Site {
            title: &self.site.title,
            url: &self.site.url,
            categories: &self.categories,
            digests: &self.digests,
            language: self.site.language,
            timezone: &self.site.timezone,
        }
    }
}

/// Sends a number of open deliveries. Says whether there may be more to send at once.
async fn send_open(
    store: &Store,
    (context, digests): (&DigestContext, &[DigestSettings]),
    mailer: &Mailer,
    sending: &mut Sending,
    now: Timestamp,
    mailed: &mut Mailed,
) -> Result<bool, StoreError> {
    let open = store.read(|reader| reader.next_delivery()).await?;
    let Some(open) = open else { return Ok(false) };
    if open > now + RETRY_MOST {
        // No pause is as long as this: the time of the next attempt was written while the clock was ahead.
        store.write(move |batch| batch.hasten_deliveries(now)).await?;
    } else if open > now {
        return Ok(false);
    }
    // A mail may have waited since before a feed became private, or a story was taken down.
    let hidden = store.read(|reader| reader.hidden()).await?;
    let limit = at_once(mailer);
    let claimed = store.write(move |batch| batch.claim_deliveries(now, now + CLAIM_TIME, limit)).await?;
    let more = claimed.len() == limit;
    let mut unreachable: Option<String> = None;
    for delivery in claimed {
        if sending.stop.is_cancelled() {
            // A mail is not interrupted, because it would be sent twice. The remaining deliveries are opened again at
            // the next start.
            return Ok(false);
        }
        let leave_url = format!("{}/unsubscribe/{}", context.site.url, delivery.token);
        if render::tells_of(&delivery.words.html, &hidden) {
            mailed.refused += 1;
            let no = delivery.no;
            store.write(move |batch| batch.delivery_refused(no, now, HIDDEN)).await?;
            continue;
        }
        let sent = match &unreachable {
            // An unreachable server is tried once in a step, not once for each mail: other digests wait.
            Some(answer) => Sent::Unreachable(answer.clone()),
            None => mailer.send(&delivery, &leave_url, now).await,
        };
        if let Sent::Unreachable(answer) = &sent {
            unreachable = Some(answer.clone());
        }
        let digest = digests.iter().find(|digest| digest.name == delivery.digest);
        mark(store, sending, (&delivery, last_try(&delivery, digest)), sent, now, mailed).await?;
        if unreachable.is_none() {
            sending.pause(mailer).await;
        }
    }
    Ok(more)
}

/// Until when a delivery is tried: until the next edition of its digest is due, for an hour at least and five days at most.
fn last_try(delivery: &Delivery, digest: Option<&DigestSettings>) -> Timestamp {
    let after = |time| delivery.due_at.checked_add(time).unwrap_or(Timestamp::MAX);
    let (least, most) = (after(TRYING_LEAST), after(TRYING));
    let next = digest.and_then(|it| it.schedule.next_after(delivery.due_at, &it.timezone));
    next.map_or(most, |next| next.clamp(least, most))
}

async fn mark(
    store: &Store,
    sending: &mut Sending,
    (delivery, last_try): (&Delivery, Timestamp),
    sent: Sent,
    now: Timestamp,
    mailed: &mut Mailed,
) -> Result<(), StoreError> {
    let no = delivery.no;
    let wait = SignedDuration::from_secs(60 << delivery.attempts.min(6)).min(RETRY_MOST);
    match sent {
        Sent::Accepted => {
            mailed.sent += 1;
            info!(digest = delivery.digest, edition = delivery.edition, delivery.id = no, "delivered");
            sending.unmarked.push(no);
            sending.mark_accepted(store, now).await
        }
        Sent::Deferred(detail) | Sent::Unreachable(detail) if now + wait < last_try => {
            mailed.deferred += 1;
            warn!(delivery.id = no, delivery.attempts = delivery.attempts, "mail not taken yet: {detail}");
            store.write(move |batch| batch.delivery_deferred(no, now + wait, &detail)).await
        }
        Sent::Deferred(detail) | Sent::Unreachable(detail) => {
            mailed.refused += 1;
            warn!(delivery.id = no, "mail given up, for the next edition is due: {detail}");
            store.write(move |batch| batch.delivery_refused(no, now, &detail)).await
        }
        Sent::Refused(detail) => {
            mailed.refused += 1;
            warn!(delivery.id = no, "mail refused for good: {detail}");
            let refused = store.write(move |batch| {
                batch.delivery_refused(no, now, &detail)?;
                batch.count_refusal(no, now, &detail)
            });
            if refused.await? {
                warn!(delivery.id = no, "nothing more is sent to this recipient; see `tidings recipients`");
            }
            Ok(())
        }
    }
}

fn domain(site_url: &str) -> String {
    url::Url::parse(site_url)
        .ok()
        .and_then(|url| url.host_str().map(|host| host.trim_matches(['[', ']']).to_owned()))
        .unwrap_or_else(|| "tidings.invalid".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_are_made_from_the_site() {
        assert_eq!(domain("https://news.example:8443"), "news.example");
        assert_eq!(domain("nonsense"), "tidings.invalid");
    }
}
