//! Which story does an entry belong to, of those that hold candidates for it, and which of these does it show to be one?
//!
//! Whether two entries are the same is `similarity`'s business. Here it is decided what that means for stories: who may be in
//! one, who may not, and when two become one. Changes nothing but the feature cache.

use super::Proof;
use super::feature_cache::FeatureCache;
use super::features::{DocFeatures, Said};
use super::own_feed::carries_again;
use super::pages::is_update;
use super::prepared::{DocOrigin, PreparedDoc, Shares};
use super::similarity::{self, Presence, Verdict};
use super::tuning::TUNING;
use super::{Context, Decided, Dedup, JoinedStory};
use crate::desk::text::address;
use crate::model::{
    Candidate, EntryNo, Evidence, Found, Member, Objection, Placement, StoryDecision, StoryNo, StoryRule,
    Submission,
};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A candidate that is the same story, and how it shows.
struct StoryMatch<'f, 'd> {
    candidate: &'f Candidate,
    doc: PreparedDoc<'d>,
    proof: Proof,
    /// The page that both lead to says the same, brought up to date.
    is_update: bool,
}

impl StoryMatch<'_, '_> {
    fn story(&self) -> StoryNo {
        self.candidate.placement.story
    }
}

/// What comparing the candidates has shown.
#[derive(Default)]
struct Compared<'f, 'd> {
    matches: Vec<StoryMatch<'f, 'd>>,
    /// Stories that the entry cannot be, and why not.
    barred: HashMap<StoryNo, Objection>,
    /// Entries that it is like and that are other stories, and what speaks against it.
    unlike: Vec<(EntryNo, Objection)>,
    /// The entry leads to a page of another site than its feed's.
    leads_elsewhere: bool,
    /// Stories that lead to the same page, about which one of the two says things of its own.
    pages: Vec<Placement>,
    /// Others of its document that have its address.
    sharing: Vec<EntryNo>,
    /// Entries beside it that say the same.
    twins: HashSet<EntryNo>,
    /// Stories of earlier entries of the feed whose text it carries again, and when they were filed.
    carried: Vec<(Timestamp, StoryNo)>,
    /// An entry beside it carries the same text, so that the feed itself tells them apart.
    is_series: bool,
    /// What earlier entries of the feed, which it may have replaced, show.
    replaced: HashMap<StoryNo, OwnVerdicts>,
    /// Earlier entries of the feed under the same link, and when they were filed.
    under_link: Vec<(Timestamp, EntryNo, StoryNo)>,
}

/// What the feed's own earlier entries in one story show of the new one. Of those that it may have replaced the newest
/// decides: a headline that is mended all day may share nothing with the first.
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
    /// Decides on the story.
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
        // What it is like, although it cannot be that: `why` tells it.
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
            // One good reason is enough for a story; what its own feed has in it is looked at all the same.
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
    /// Whether there is a better reason for a story than its headline.
    fn is_proved(&self, story: StoryNo) -> bool {
        self.matches.iter().any(|known| known.story() == story && known.proof.rule != StoryRule::SameTitle)
    }

    /// Notes what the comparison with one candidate shows.
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

    /// Notes which pages the entry brings up to date; that matters only where it may show two stories to be one.
    fn note_updates(&mut self, own: &PreparedDoc<'_>) {
        let first = self.matches.first().map(StoryMatch::story);
        if self.matches.iter().all(|found| Some(found.story()) == first) {
            return;
        }
        for found in self.matches.iter_mut().filter(|found| found.proof.rule == StoryRule::SameAddress) {
            found.is_update = is_update(own, &found.doc);
        }
    }

    /// Adds the stories that the entry cannot be because of its feed's other entries.
    fn bar(&mut self, submission: &Submission<'_>, members: &[Member]) {
        // Under one link it can only have taken the place of the last of them.
        if let Some((_, _, last)) = self.under_link.iter().max() {
            let earlier = self.under_link.iter().map(|(_, _, story)| *story).filter(|story| story != last);
            self.barred.extend(earlier.map(|story| (story, Objection::Replaced)));
        }
        let others = self.replaced.iter().filter_map(|(story, verdicts)| Some((*story, verdicts.bars()?)));
        self.barred.extend(others);
        // An entry that no fingerprint has found stands beside it all the same.
        let is_beside = |member: &&Member| {
            member.feed == submission.feed.no
                && member.no != submission.no
                && submission.beside.contains(&member.no)
                && !self.twins.contains(&member.no)
                && on_one_site(submission.entry.url.as_deref(), member.url.as_deref())
        };
        let beside = members.iter().filter(is_beside);
        self.barred.extend(beside.map(|member| (member.story, Objection::SideBySide)));
        let returns: HashSet<Timestamp> = self.carried.iter().map(|(filed_at, _)| *filed_at).collect();
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

/// Whether a candidate is about the same page of another site.
fn is_about_page_of(candidate: &Candidate, features: &DocFeatures) -> bool {
    let theirs = || candidate.links_to.as_deref().and_then(address::canonical);
    features.linked.as_ref().is_some_and(|own| theirs().is_some_and(|page| page.key == own.key))
}

fn features_of(candidate: &Candidate, cache: &mut FeatureCache) -> Arc<DocFeatures> {
    let said = Said::from(candidate);
    cache.get(candidate.no, said, || Arc::new(DocFeatures::new(said)))
}

/// How much a rule proves.
fn strength(proof: &Proof) -> u8 {
    match proof.rule {
        StoryRule::SameAddress => 2,
        StoryRule::SameText => 1,
        _ => 0,
    }
}

impl Compared<'_, '_> {
    /// Puts the best match first.
    fn sort(&mut self) {
        self.matches.sort_by(|a, b| {
            (strength(&b.proof).cmp(&strength(&a.proof)))
                .then(b.proof.score.total_cmp(&a.proof.score))
                .then(a.story().cmp(&b.story()))
                .then(a.candidate.no.cmp(&b.candidate.no))
        });
    }

    /// The entry that it is most like and cannot be one story with, and why not.
    fn nearest(&self) -> Option<(EntryNo, Objection)> {
        let barred = self.matches.first().and_then(|found| {
            let objection = self.barred.get(&found.story())?;
            Some((found.candidate.no, *objection))
        });
        barred.or_else(|| self.unlike.iter().min_by_key(|(no, objection)| (*objection, *no)).copied())
    }

    /// The story of the best match, and those that become one with it.
    fn joined(&self, members: &[Member], context: &Context<'_>) -> Option<Decided> {
        let mut matches = self.matches.iter().filter(|found| !self.barred.contains_key(&found.story()));
        let best = matches.next()?;
        // Only its publisher brings a page up to date.
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
            // No chaining: the two stories must be the same in each other's eyes, too, unless this is the first one's page
            // brought up to date, and nearly the whole of it is in the second. Who fills a page with another's text does not
            // take its story.
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
        // The story that stays is in its topic; those absorbed come there.
        let joined = JoinedStory { placement: oldest.placement, category: Some(oldest.category.clone()) };
        Some(Decided::joins(decision, joined))
    }
}

/// An earlier entry that has the address of this one, in any of its forms, when their feed has given it to several entries.
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

/// Whether a feed has told the two stories apart: entries of it in the one and in the other stood side by side, and do not
/// link to different sites.
fn told_apart(members: &[Member], one: StoryNo, other: StoryNo) -> bool {
    let of = |story: StoryNo| members.iter().filter(move |member| member.story == story);
    of(one).any(|a| of(other).any(|b| a.stood_beside(b) && on_one_site(a.url.as_deref(), b.url.as_deref())))
}

/// Whether two addresses are of one site, or one of them is missing.
fn on_one_site(one: Option<&str>, other: Option<&str>) -> bool {
    let canonical = |url: Option<&str>| url.and_then(address::canonical);
    match (canonical(one), canonical(other)) {
        (Some(one), Some(other)) => one.site() == other.site(),
        _ => true,
    }
}
