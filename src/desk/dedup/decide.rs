//! Which story an entry belongs to, of those that hold the candidates for it, and which of these it shows to be one.
//!
//! Whether two entries are the same is `sameness`'s business; here it is decided what that means for stories: who may be in
//! one, who may not, and when two become one. Reads the desk and changes nothing.

use crate::desk::Desk;
use crate::desk::analysis::Analysis;
use crate::desk::dedup::features::{Kept, Laid};
use crate::desk::dedup::similarity::{self, Origin, Same, Side, Stands, Verdict};
use crate::desk::overrides::Level;
use crate::model::{
    Candidate, CategoryName, EntryNo, Evidence, Found, Member, Placement, StoryNo, StoryRule, Submission,
    TopicNo,
};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Candidates judged exactly; the archive's order (newest first) decides which.
const MAX_JUDGED: usize = 48;
/// Share of the phrases of an entry and of two stories that shows the two to be one.
const LATE_PROOF: f64 = 0.7;
/// A feed that carries a text again under another link repeats old news; one that does so from the second time on has a series
/// with one text.
const RETURNS_OF_A_SERIES: usize = 2;

/// Which story, and why.
pub(crate) struct StoryChoice {
    /// `None` founds one.
    pub(crate) placement: Option<Placement>,
    pub(crate) rule: StoryRule,
    pub(crate) score: f64,
    pub(crate) evidence: Evidence,
    pub(crate) absorbed: Vec<StoryNo>,
    pub(crate) category: Option<CategoryName>,
    /// See [`Filing::shares_address_with`](crate::model::Filing::shares_address_with).
    pub(crate) shares_address_with: Vec<EntryNo>,
}

impl StoryChoice {
    fn founded() -> Self {
        Self {
            placement: None,
            rule: StoryRule::Founded,
            score: 1.0,
            evidence: Evidence::default(),
            absorbed: Vec::new(),
            category: None,
            shares_address_with: Vec::new(),
        }
    }
}

/// A candidate that is the same story, and how it shows.
struct Match<'f, 'd> {
    candidate: &'f Candidate,
    side: Side<'d>,
    same: Same,
}

/// What judging the candidates has shown.
struct Judged<'f, 'd> {
    matches: Vec<Match<'f, 'd>>,
    /// Stories that the entry cannot be.
    barred: HashSet<StoryNo>,
    /// Others of its document that have its address.
    sharing: Vec<EntryNo>,
}

/// What the feed's own earlier entries in one story show of the new one. Of those that it may have replaced the newest
/// decides: a headline that is mended all day may share nothing with the first.
#[derive(Default)]
struct OwnVerdicts {
    newest: Option<(Timestamp, EntryNo, bool)>,
}

impl OwnVerdicts {
    fn note(&mut self, candidate: &Candidate, is_another: bool) {
        let verdict = (candidate.filed_at, candidate.no, is_another);
        if self.newest.is_none_or(|newest| (newest.0, newest.1) < (verdict.0, verdict.1)) {
            self.newest = Some(verdict);
        }
    }

    fn bars(&self) -> bool {
        self.newest.is_some_and(|(_, _, is_another)| is_another)
    }
}

impl Desk {
    /// Decides on the story.
    pub(crate) fn choose_story(
        &self,
        submission: &Submission<'_>,
        analysis: &Analysis,
        found: &Found,
        now: Timestamp,
        kept: &mut Kept,
    ) -> StoryChoice {
        let candidates = &found.candidates;
        if let Some(stands) = submission.stands {
            let own = candidates.iter().find(|candidate| candidate.placement.story == stands.story);
            return StoryChoice {
                placement: Some(stands),
                rule: StoryRule::SameEntry,
                evidence: Evidence { entry: Some(submission.no), signs: Vec::new() },
                category: own.map(|candidate| candidate.category.clone()),
                ..StoryChoice::founded()
            };
        }
        if let Some(wanted) = self.ties.wanted(Level::Story, analysis.reference) {
            let known = candidates.iter().find(|candidate| candidate.placement.story.0 == wanted);
            let topic = known
                .map(|candidate| candidate.placement.topic.0)
                .or_else(|| self.recent.get(wanted).map(|(topic, _)| topic));
            if let Some(topic) = topic {
                return StoryChoice {
                    placement: Some(Placement { story: StoryNo(wanted), topic: TopicNo(topic) }),
                    rule: StoryRule::Order,
                    category: known.map(|candidate| candidate.category.clone()),
                    ..StoryChoice::founded()
                };
            }
        }
        let forbidden = self.ties.forbidden(Level::Story, analysis.reference);
        let allowed = |candidate: &&Candidate| {
            candidate.no != submission.no && !forbidden.contains(&candidate.placement.story.0)
        };
        let allowed: Vec<&Candidate> = candidates.iter().filter(allowed).take(MAX_JUDGED).collect();
        let entry = submission.entry;
        let said = (entry.url.as_deref(), entry.title.as_str(), entry.text.as_str());
        let laid = kept.get(submission.no.0, said, || match &analysis.laid {
            Some(laid) => Arc::clone(laid),
            None => Arc::new(Laid::new(said.0, said.1, said.2)),
        });
        if allowed.is_empty() || !submission.feed.dedupe {
            return StoryChoice::founded();
        }
        let judged = self.judge(submission, laid, &allowed, &found.members, now, kept);
        self.one_of(judged, &found.members)
    }

    /// Compares the entry with each candidate.
    fn judge<'f>(
        &self,
        submission: &Submission<'_>,
        laid: Arc<Laid>,
        candidates: &[&'f Candidate],
        members: &[Member],
        now: Timestamp,
        kept: &mut Kept,
    ) -> Judged<'f, '_> {
        let entry = submission.entry;
        let sharer = if entry.shares_address { None } else { sharer(submission, &laid, candidates) };
        let origin = Origin {
            feed: submission.feed.no,
            publisher: &submission.feed.publisher,
            when: entry.published.map_or(now, |published| published.min(now)),
            recording: entry.recording(),
            shares_address: entry.shares_address || sharer.is_some(),
        };
        let own = Side::new(&origin, laid, &self.recurring);
        let mut judged =
            Judged { matches: Vec::new(), barred: HashSet::new(), sharing: sharer.into_iter().collect() };
        let alone = submission.beside.iter().all(|no| *no == submission.no);
        let left = if alone { Stands::Replaced } else { Stands::Gone };
        let mut twins: HashSet<EntryNo> = HashSet::new();
        let mut earlier: Vec<(Timestamp, StoryNo)> = Vec::new();
        let mut replaced: HashMap<StoryNo, OwnVerdicts> = HashMap::new();
        // The feed's earlier entries under the same link, each with when it came.
        let mut under_link: Vec<(Timestamp, EntryNo, StoryNo)> = Vec::new();
        for candidate in candidates {
            let story = candidate.placement.story;
            let own_feed = candidate.feed == submission.feed.no;
            // One good reason is enough for a story; what its own feed has in it is looked at all the same.
            let settled = |known: &Match<'_, '_>| {
                known.candidate.placement.story == story && known.same.rule != StoryRule::SameTitle
            };
            if !own_feed && judged.matches.iter().any(settled) {
                continue;
            }
            let side = self.side_of(candidate, kept);
            let beside = own_feed && submission.beside.contains(&candidate.no);
            let verdict = if own.is_of_one_feed_and_site(&side) {
                let stands = if beside { Stands::Beside } else { left };
                similarity::judge_own(&own, &side, stands)
            } else {
                similarity::judge(&own, &side).map_or(Verdict::Unknown, Verdict::Same)
            };
            if own_feed && !beside && own.shared_address(&side).is_some() {
                under_link.push((candidate.filed_at, candidate.no, story));
            }
            match verdict {
                Verdict::Unknown => {}
                Verdict::Another if beside => {
                    judged.barred.insert(story);
                    if own.has_address_of(&side) && !(candidate.shares_address && entry.shares_address) {
                        judged.sharing.push(candidate.no);
                    }
                }
                Verdict::Another => replaced.entry(story).or_default().note(candidate, true),
                Verdict::Same(same) => {
                    if beside {
                        twins.insert(candidate.no);
                    } else if own_feed {
                        replaced.entry(story).or_default().note(candidate, false);
                        if similarity::carries_again(&own, &side) {
                            earlier.push((candidate.filed_at, story));
                        }
                    }
                    judged.matches.push(Match { candidate, side, same });
                }
            }
        }
        // It can only have taken the place of the last of them.
        if let Some((_, _, last)) = under_link.iter().max() {
            judged.barred.extend(under_link.iter().map(|(_, _, story)| *story).filter(|story| story != last));
        }
        let other = replaced.iter().filter(|(_, verdicts)| verdicts.bars());
        judged.barred.extend(other.map(|(story, _)| *story));
        // Whom no key has found stands beside the entry all the same.
        let beside = |member: &&Member| {
            member.feed == submission.feed.no
                && member.no != submission.no
                && submission.beside.contains(&member.no)
                && !twins.contains(&member.no)
                && on_one_site(entry.url.as_deref(), member.url.as_deref())
        };
        judged.barred.extend(members.iter().filter(beside).map(|member| member.story));
        let times: HashSet<Timestamp> = earlier.iter().map(|(filed_at, _)| *filed_at).collect();
        if times.len() >= RETURNS_OF_A_SERIES {
            judged.barred.extend(earlier.iter().map(|(_, story)| *story));
        }
        judged
    }

    fn side_of(&self, candidate: &Candidate, kept: &mut Kept) -> Side<'_> {
        let filed = candidate.filed_at;
        let origin = Origin {
            feed: candidate.feed,
            publisher: &candidate.publisher,
            when: candidate.published.map_or(filed, |published| published.min(filed)),
            recording: candidate.recording,
            shares_address: candidate.shares_address,
        };
        let said = (candidate.url.as_deref(), candidate.title.as_str(), candidate.text.as_str());
        let laid = kept.get(candidate.no.0, said, || Arc::new(Laid::new(said.0, said.1, said.2)));
        Side::new(&origin, laid, &self.recurring)
    }

    /// The story of the best match, and those that become one with it; else a new one.
    fn one_of(&self, judged: Judged<'_, '_>, members: &[Member]) -> StoryChoice {
        let Judged { mut matches, barred, sharing } = judged;
        matches.sort_by(|a, b| {
            let strength = |found: &Match<'_, '_>| match found.same.rule {
                StoryRule::SameAddress => 2,
                StoryRule::SameText => 1,
                _ => 0,
            };
            (strength(b).cmp(&strength(a)))
                .then(b.same.score.total_cmp(&a.same.score))
                .then(a.candidate.placement.story.cmp(&b.candidate.placement.story))
                .then(a.candidate.no.cmp(&b.candidate.no))
        });
        let likest = matches.first().map(|found| found.candidate.no);
        matches.retain(|found| !barred.contains(&found.candidate.placement.story));
        let Some(best) = matches.first() else {
            // What it is like, although it cannot be that: `why` tells it.
            let evidence = Evidence { entry: likest, signs: Vec::new() };
            return StoryChoice { evidence, shares_address_with: sharing, ..StoryChoice::founded() };
        };
        let same_page = best.same.rule == StoryRule::SameAddress;
        let proof = |same: &Same| same.rule != StoryRule::SameTitle && same.score >= LATE_PROOF;
        let mut stories: Vec<&Candidate> = vec![best.candidate];
        for other in &matches[1..] {
            let story = other.candidate.placement.story;
            let known = stories.iter().any(|candidate| candidate.placement.story == story);
            let apart = stories.iter().any(|candidate| {
                let one = candidate.placement.story;
                self.ties.apart(Level::Story, one.0, story.0) || told_apart(members, one, story)
            });
            // No chaining: the two stories must be the same in each other's eyes, too, unless this is
            // the first one's page brought up to date, and nearly the whole of it is in the second.
            let one =
                || (same_page && proof(&other.same)) || similarity::judge(&best.side, &other.side).is_some();
            if !known && !apart && one() {
                stories.push(other.candidate);
            }
        }
        let oldest =
            stories.iter().min_by_key(|candidate| candidate.placement.story).unwrap_or(&best.candidate);
        let mut absorbed: Vec<StoryNo> = stories
            .iter()
            .map(|candidate| candidate.placement.story)
            .filter(|story| *story != oldest.placement.story)
            .collect();
        absorbed.sort_unstable();
        StoryChoice {
            // The kept story stays in its topic; those absorbed come there.
            placement: Some(oldest.placement),
            rule: best.same.rule,
            score: best.same.score,
            evidence: Evidence { entry: Some(best.candidate.no), signs: best.same.signs.clone() },
            absorbed,
            category: Some(oldest.category.clone()),
            shares_address_with: sharing,
        }
    }
}

/// An earlier entry that has the address of this one, in any of its forms, when their feed has given it to several entries.
fn sharer(submission: &Submission<'_>, laid: &Laid, candidates: &[&Candidate]) -> Option<EntryNo> {
    let own = laid.address.as_ref()?;
    let mut sharing = candidates
        .iter()
        .filter(|candidate| candidate.feed == submission.feed.no && candidate.shares_address);
    let has_it = |candidate: &&&Candidate| {
        let address = candidate.url.as_deref().and_then(crate::desk::text::address::canonical);
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
    let canonical = |url: Option<&str>| url.and_then(crate::desk::text::address::canonical);
    match (canonical(one), canonical(other)) {
        (Some(one), Some(other)) => one.site() == other.site(),
        _ => true,
    }
}
