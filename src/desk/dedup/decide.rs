//! Which story does an entry belong to, among the stories of its candidates? And which of these stories must be merged?
//!
//! Whether two entries are the same is judged by `similarity`. This module decides what follows for stories: which
//! entries may be in one, which may not, and when two stories become one. Changes nothing but the feature cache; knows
//! no topics.

use super::Proof;
use super::feature_cache::FeatureCache;
use super::features::{DocFeatures, Said};
use super::own_feed::carries_again;
use super::pages::is_update;
use super::prepared::{DocOrigin, PreparedDoc, Shares};
use super::similarity::{self, Presence, Verdict};
use super::tuning::TUNING;
use super::{Context, Decided, Dedup, JoinedStory};
use crate::desk::hash::{Map, Set};
use crate::desk::text::address::{self, Address};
use crate::model::{
    Candidate, EntryNo, Evidence, Found, Member, Objection, Placement, StoryDecision, StoryNo, StoryRule,
    Submission,
};
use jiff::Timestamp;
use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A candidate that is the same story as the entry, with the proof.
struct StoryMatch<'f, 'd> {
    candidate: &'f Candidate,
    doc: PreparedDoc<'d>,
    proof: Proof,
    /// Whether the entry is an update of the page that both link to. Set only where the entry may merge stories.
    is_update: bool,
}

impl StoryMatch<'_, '_> {
    fn story(&self) -> StoryNo {
        self.candidate.placement.story
    }
}

/// The results of comparing the entry with all candidates.
#[derive(Default)]
struct Compared<'f, 'd> {
    matches: Vec<StoryMatch<'f, 'd>>,
    /// Stories that the entry must not join, and why.
    barred: Map<StoryNo, Objection>,
    /// Candidates that are like the entry but are other stories, and why.
    unlike: Vec<(EntryNo, Objection)>,
    /// Whether the entry links to a page of another site than its feed's.
    leads_elsewhere: bool,
    /// Placements of candidates that link to the same page, where one of the two entries comments on the page.
    pages: Vec<Placement>,
    /// Entries of the same feed that have the entry's address, so that the address identifies none of them.
    sharing: Vec<EntryNo>,
    /// Entries in the same document that say the same as this one.
    twins: Set<EntryNo>,
    /// Earlier entries of the feed whose text this one carries again: when they were filed, and their stories.
    carried: Vec<(Timestamp, StoryNo)>,
    /// Whether an entry in the same document has the same text. Then the feed itself treats such entries as different
    /// ones.
    is_series: bool,
    /// For each story, the verdicts on earlier entries of the feed that the entry may have replaced.
    replaced: Map<StoryNo, OwnVerdicts>,
    /// Earlier entries of the feed under the same link: when they were filed, and their stories.
    under_link: Vec<(Timestamp, EntryNo, StoryNo)>,
}

/// The verdicts on the feed's own earlier entries in one story. Of those that the new entry may have replaced, only the
/// newest counts: a headline that is edited all day may share nothing with its first version.
#[derive(Default)]
struct OwnVerdicts {
    newest: Option<(Timestamp, EntryNo, Option<Objection>)>,
}

impl OwnVerdicts {
    fn note(&mut self, candidate: &Candidate, objection: Option<Objection>) {
        let verdict = (candidate.filed_at, candidate.no, objection);
        if self.newest.is_none_or(|newest| (newest.0, newest.1) < (verdict.0, verdict.1)) {
            self.newest = Some(verdict);
        }
    }

    fn bars(&self) -> Option<Objection> {
        self.newest.and_then(|(_, _, objection)| objection)
    }
}

impl Dedup {
    /// Decides which story an entry belongs to. In this order: the story that it was filed in before, an order of the
    /// operator, the best match among the candidates; else it founds a story.
    pub(crate) fn decide(
        &mut self,
        submission: &Submission<'_>,
        features: &Arc<DocFeatures>,
        found: &Found,
        context: &Context<'_>,
        now: Timestamp,
    ) -> Decided {
        let founded = || Decided::founds(StoryDecision::sure(context.next, StoryRule::Founded));
        let stands = |story: StoryNo| found.candidates.iter().find(|one| one.placement.story == story);
        if let Some(placement) = submission.stands {
            let category = stands(placement.story).map(|candidate| candidate.category.clone());
            let evidence = Evidence { entry: Some(submission.no), ..Evidence::default() };
            let decision = StoryDecision::sure(placement.story, StoryRule::SameEntry);
            return Decided::joins(
                StoryDecision { evidence, ..decision },
                JoinedStory { placement, category },
            );
        }
        if let Some(story) = context.overrides.must_link_story(submission.reference) {
            let known = stands(story);
            let remembered = || context.placements.get(story).map(|standing| standing.topic);
            let topic = known.map(|candidate| candidate.placement.topic).or_else(remembered);
            if let Some(topic) = topic {
                let placement = Placement { story, topic };
                let category = known.map(|candidate| candidate.category.clone());
                let decision = StoryDecision::sure(story, StoryRule::Order);
                return Decided::joins(decision, JoinedStory { placement, category });
            }
        }
        let cannot_link = context.overrides.cannot_link_stories(submission.reference);
        let candidates: Vec<&Candidate> = found
            .candidates
            .iter()
            .filter(|one| one.no != submission.no && !cannot_link.contains(&one.placement.story))
            .take(TUNING.compared_candidates)
            .collect();
        let entry = submission.entry;
        let features = self.cache.get(submission.no, entry.into(), || Arc::clone(features));
        if !submission.feed.dedupe || (candidates.is_empty() && cannot_link.is_empty()) {
            return founded();
        }
        let mut compared = self.compare(submission, features, &candidates, &found.members, now);
        let split = found.candidates.iter().find(|one| cannot_link.contains(&one.placement.story));
        compared.unlike.extend(split.map(|candidate| (candidate.no, Objection::Order)));
        compared.sort();
        if let Some(decided) = compared.joined(&found.members, context) {
            return decided;
        }
        let mut decided = founded();
        decided.page_of = compared.pages.iter().min_by_key(|placement| placement.story).copied();
        // The most similar story that was rejected, as evidence for the command `why`.
        if let Some((most_alike, objection)) = compared.nearest() {
            decided.decision.evidence.entry = Some(most_alike);
            decided.decision.evidence.against = Some(objection);
        }
        decided.decision.shares_address_with = compared.sharing;
        decided
    }

    /// Compares the entry with each candidate.
    fn compare<'f>(
        &mut self,
        submission: &Submission<'_>,
        features: Arc<DocFeatures>,
        candidates: &[&'f Candidate],
        members: &[Member],
        now: Timestamp,
    ) -> Compared<'f, '_> {
        let Self { boilerplate, cache } = self;
        let entry = submission.entry;
        let sharer = if entry.shares_address { None } else { sharer(submission, &features, candidates) };
        let is_beside =
            |one: &&&Candidate| one.feed == submission.feed.no && submission.beside.contains(&one.no);
        let origin = DocOrigin {
            feed: submission.feed.no,
            publisher: &submission.feed.publisher,
            when: entry.published.map_or(now, |published| published.min(now)),
            recording: entry.recording(),
            shares: Shares {
                address: entry.shares_address || sharer.is_some(),
                linked: candidates.iter().filter(is_beside).any(|one| is_about_page_of(one, &features)),
            },
        };
        let own = PreparedDoc::new(&origin, features, boilerplate);
        let leads_elsewhere = own.pages().any(|page| own.is_from_elsewhere_than(page));
        let mut compared =
            Compared { sharing: sharer.into_iter().collect(), leads_elsewhere, ..Compared::default() };
        let is_alone = submission.beside.iter().all(|no| *no == submission.no);
        let left = if is_alone { Presence::Replaced } else { Presence::Gone };
        for candidate in candidates {
            let is_own_feed = candidate.feed == submission.feed.no;
            // One strong match is enough for a story. Entries of the own feed are compared in any case, for they may
            // bar it.
            if !is_own_feed && compared.is_proved(candidate.placement.story) {
                continue;
            }
            let doc = PreparedDoc::new(&origin_of(candidate), features_of(candidate, cache), boilerplate);
            let is_beside = is_own_feed && submission.beside.contains(&candidate.no);
            let verdict = if own.is_of_one_feed_and_site(&doc) {
                similarity::judge_own(&own, &doc, if is_beside { Presence::Beside } else { left })
            } else {
                similarity::judge(&own, &doc).map_or_else(Verdict::Unproved, Verdict::Same)
            };
            compared.note(&own, candidate, doc, verdict, (is_own_feed, is_beside), entry.shares_address);
        }
        compared.bar(submission, members);
        compared.note_updates(&own);
        compared
    }
}

impl<'f, 'd> Compared<'f, 'd> {
    /// Whether there is a match with the story that does not rest on the headline alone.
    fn is_proved(&self, story: StoryNo) -> bool {
        self.matches.iter().any(|known| known.story() == story && known.proof.rule != StoryRule::SameTitle)
    }

    /// Records the result of the comparison with one candidate.
    fn note(
        &mut self,
        own: &PreparedDoc<'_>,
        candidate: &'f Candidate,
        doc: PreparedDoc<'d>,
        verdict: Verdict,
        (is_own_feed, is_beside): (bool, bool),
        shares_address: bool,
    ) {
        let story = candidate.placement.story;
        if is_own_feed && !is_beside && own.shared_address(&doc).is_some() {
            self.under_link.push((candidate.filed_at, candidate.no, story));
        }
        match verdict {
            Verdict::Unproved(objection) => {
                if objection == Some(Objection::Comment) {
                    self.pages.push(candidate.placement);
                }
                self.unlike.extend(objection.map(|objection| (candidate.no, objection)));
            }
            Verdict::Another(objection) if is_beside => {
                self.barred.entry(story).or_insert(objection);
                self.is_series |= carries_again(own, &doc);
                if own.has_address_of(&doc) && !(candidate.shares_address && shares_address) {
                    self.sharing.push(candidate.no);
                }
            }
            Verdict::Another(objection) => {
                self.unlike.push((candidate.no, objection));
                self.replaced.entry(story).or_default().note(candidate, Some(objection));
            }
            Verdict::Same(proof) => {
                if is_beside {
                    self.twins.insert(candidate.no);
                } else if is_own_feed {
                    self.replaced.entry(story).or_default().note(candidate, None);
                    if carries_again(own, &doc) {
                        self.carried.push((candidate.filed_at, story));
                    }
                }
                self.matches.push(StoryMatch { candidate, doc, proof, is_update: false });
            }
        }
    }

    /// Finds the matches that the entry updates. Needed only if the entry matches several stories, which may then be
    /// merged.
    fn note_updates(&mut self, own: &PreparedDoc<'_>) {
        let first = self.matches.first().map(StoryMatch::story);
        if self.matches.iter().all(|found| Some(found.story()) == first) {
            return;
        }
        for found in self.matches.iter_mut().filter(|found| found.proof.rule == StoryRule::SameAddress) {
            found.is_update = is_update(own, &found.doc);
        }
    }

    /// Adds the stories that the entry must not join because of the other entries of its feed.
    fn bar(&mut self, submission: &Submission<'_>, members: &[Member]) {
        // Of several earlier entries under the entry's link, it can only be a new version of the last one.
        if let Some((_, _, last)) = self.under_link.iter().max() {
            let earlier = self.under_link.iter().map(|(_, _, story)| *story).filter(|story| story != last);
            self.barred.extend(earlier.map(|story| (story, Objection::Replaced)));
        }
        let others = self.replaced.iter().filter_map(|(story, verdicts)| Some((*story, verdicts.bars()?)));
        self.barred.extend(others);
        // The stories' other members matter, too, even those that were not found by a fingerprint.
        let own = LazyCell::new(|| submission.entry.url.as_deref().and_then(address::canonical));
        let is_beside = |member: &&Member| {
            member.feed == submission.feed.no
                && member.no != submission.no
                && submission.beside.contains(&member.no)
                && !self.twins.contains(&member.no)
                && on_one_site(own.as_ref(), member.url.as_deref())
        };
        let beside = members.iter().filter(is_beside);
        self.barred.extend(beside.map(|member| (member.story, Objection::SideBySide)));
        let returns: BTreeSet<Timestamp> = self.carried.iter().map(|(filed_at, _)| *filed_at).collect();
        if self.is_series || returns.len() >= TUNING.returns_of_a_series {
            self.barred.extend(self.carried.iter().map(|(_, story)| (*story, Objection::Series)));
        }
    }
}

fn origin_of(candidate: &Candidate) -> DocOrigin<'_> {
    let filed_at = candidate.filed_at;
    DocOrigin {
        feed: candidate.feed,
        publisher: &candidate.publisher,
        when: candidate.published.map_or(filed_at, |published| published.min(filed_at)),
        recording: candidate.recording,
        shares: Shares { address: candidate.shares_address, linked: false },
    }
}

/// Whether a candidate is about the same page of another site as an entry with these features.
fn is_about_page_of(candidate: &Candidate, features: &DocFeatures) -> bool {
    let theirs = || candidate.links_to.as_deref().and_then(address::canonical);
    features.linked.as_ref().is_some_and(|own| theirs().is_some_and(|page| page.key == own.key))
}

fn features_of(candidate: &Candidate, cache: &mut FeatureCache) -> Arc<DocFeatures> {
    let said = Said::from(candidate);
    cache.get(candidate.no, said, || Arc::new(DocFeatures::new(said)))
}

/// Rank of a proof by its rule; higher is stronger.
fn strength(proof: &Proof) -> u8 {
    match proof.rule {
        StoryRule::SameAddress => 2,
        StoryRule::SameText => 1,
        _ => 0,
    }
}

impl Compared<'_, '_> {
    /// Sorts the matches, the best one first.
    fn sort(&mut self) {
        self.matches.sort_by(|a, b| {
            (strength(&b.proof).cmp(&strength(&a.proof)))
                .then(b.proof.score.total_cmp(&a.proof.score))
                .then(a.story().cmp(&b.story()))
                .then(a.candidate.no.cmp(&b.candidate.no))
        });
    }

    /// The most similar entry whose story was rejected, and why.
    fn nearest(&self) -> Option<(EntryNo, Objection)> {
        let barred = self.matches.first().and_then(|found| {
            let objection = self.barred.get(&found.story())?;
            Some((found.candidate.no, *objection))
        });
        barred.or_else(|| self.unlike.iter().min_by_key(|(no, objection)| (*objection, *no)).copied())
    }

    /// The decision to join the story of the best match, together with the stories that are merged into one; `None` if
    /// there is no match that is not barred.
    fn joined(&self, members: &[Member], context: &Context<'_>) -> Option<Decided> {
        let mut matches = self.matches.iter().filter(|found| !self.barred.contains_key(&found.story()));
        let best = matches.next()?;
        // Only the publisher of a page can update it.
        let is_own_page = best.proof.rule == StoryRule::SameAddress && !self.leads_elsewhere;
        let is_late_proof =
            |proof: &Proof| proof.rule != StoryRule::SameTitle && proof.score >= TUNING.late_proof;
        let mut stories: Vec<&Candidate> = vec![best.candidate];
        for other in matches {
            let story = other.story();
            let known = stories.iter().any(|candidate| candidate.placement.story == story);
            let apart = stories.iter().any(|candidate| {
                let one = candidate.placement.story;
                context.overrides.separate_stories(one, story) || told_apart(members, one, story)
            });
            // No chaining (single linkage): that the entry matches two stories is not enough to merge them. Their own
            // entries must match, too. The one exception: the entry is an update of the best match's page by its own
            // publisher, and matches the other story strongly. A page whose old contents were replaced by another
            // story's text is no update.
            let is_one = || {
                (is_own_page && best.is_update && is_late_proof(&other.proof))
                    || similarity::judge(&best.doc, &other.doc).is_ok()
            };
            if !known && !apart && is_one() {
                stories.push(other.candidate);
            }
        }
        let oldest = stories.iter().min_by_key(|candidate| candidate.placement.story)?;
        let mut absorbed: Vec<StoryNo> = stories
            .iter()
            .map(|candidate| candidate.placement.story)
            .filter(|story| *story != oldest.placement.story)
            .collect();
        absorbed.sort_unstable();
        let decision = StoryDecision {
            no: oldest.placement.story,
            rule: best.proof.rule,
            score: best.proof.score,
            evidence: Evidence {
                entry: Some(best.candidate.no),
                signs: best.proof.signs.clone(),
                against: None,
            },
            absorbed,
            shares_address_with: self.sharing.clone(),
        };
        // The oldest story keeps its topic; absorbed stories move there.
        let joined = JoinedStory { placement: oldest.placement, category: Some(oldest.category.clone()) };
        Some(Decided::joins(decision, joined))
    }
}

/// An earlier entry of the same feed with the same canonical address, if it is known that the feed has given this
/// address to several entries.
fn sharer(submission: &Submission<'_>, features: &DocFeatures, candidates: &[&Candidate]) -> Option<EntryNo> {
    let own = features.address.as_ref()?;
    let mut sharing = candidates
        .iter()
        .filter(|candidate| candidate.feed == submission.feed.no && candidate.shares_address);
    let has_it = |candidate: &&&Candidate| {
        let address = candidate.url.as_deref().and_then(address::canonical);
        address.is_some_and(|address| address.key == own.key)
    };
    sharing.find(has_it).map(|candidate| candidate.no)
}

/// Whether a feed has told two stories apart: an entry of the one and an entry of the other stood in its document at
/// the same time, and do not link to different sites.
fn told_apart(members: &[Member], one: StoryNo, other: StoryNo) -> bool {
    let of = |story: StoryNo| members.iter().filter(move |member| member.story == story);
    of(one).any(|a| {
        let own = LazyCell::new(|| a.url.as_deref().and_then(address::canonical));
        of(other).any(|b| a.stood_beside(b) && on_one_site(own.as_ref(), b.url.as_deref()))
    })
}

/// Whether an address is on the same site as another one. Also true if one of them is missing.
fn on_one_site(one: Option<&Address>, other: Option<&str>) -> bool {
    let other = || other.and_then(address::canonical);
    one.is_none_or(|one| other().is_none_or(|other| one.site() == other.site()))
}
