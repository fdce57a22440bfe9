//! Are two entries the same story? Judges by address, by text and by headline, each with its counter-evidence.
//!
//! Near-duplicate detection by containment of shingles (Broder 1997). The longer the text, the less containment is
//! needed. What a template fills in (numbers, names, dates) must agree. Knows two entries and the boilerplate of their
//! publishers; nothing of stories.

use super::Proof;
use super::forms::{is_filled_in_twice, is_next_of_series};
use super::headlines::{self, Headlines, says_mostly, telling_halves};
use super::overlap::{
    TextOverlap, begins_with_shorter, contradictions, intersection, is_cut_from, is_told, overlap,
    tell_different_things,
};
use super::own_feed;
use super::pages::{are_unrelated, is_commented, shared_page};
use super::prepared::PreparedDoc;
use super::tuning::TUNING;
use crate::desk::text::address::Address;
use crate::desk::text::tokens::{BIGRAM, NUMBER};
use crate::model::{Objection, StoryRule};

/// What the comparison of a new entry with an earlier one shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// They are the same story.
    Same(Proof),
    /// Nothing proves that they are the same story. If they are alike nevertheless, the objection says why that is not
    /// enough.
    Unproved(Option<Objection>),
    /// They are different stories. The new entry must not join a story that holds the earlier one.
    Another(Objection),
}

/// Where an earlier entry of the feed is when a new one arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// In the same document as the new one.
    Beside,
    /// No longer in the feed's document.
    Gone,
    /// No longer in the feed's document, in which the new one is the only entry.
    Replaced,
}

/// Judges a new entry and an earlier entry of the same feed. Both link to the same site, or at least one has no link.
pub(crate) fn judge_own(new: &PreparedDoc<'_>, earlier: &PreparedDoc<'_>, presence: Presence) -> Verdict {
    if presence == Presence::Beside {
        let headlines = headlines::compare(new, earlier);
        let twice = own_feed::said_twice(new, earlier, headlines, &overlap(new, earlier));
        return twice.map_or(Verdict::Another(Objection::SideBySide), Verdict::Same);
    }
    let one_address = new.shared_address(earlier).is_some();
    let anew = one_address && presence == Presence::Replaced && own_feed::is_recorded_anew(new, earlier);
    if anew || own_feed::has_another_recording(new, earlier) {
        return Verdict::Another(Objection::OtherRecording);
    }
    if one_address && own_feed::tells_of_another(new, earlier) {
        return Verdict::Another(Objection::Replaced);
    }
    if !one_address && (own_feed::has_another_number(new, earlier) || is_next_of_series(new, earlier)) {
        return Verdict::Unproved(Some(Objection::Template));
    }
    judge(new, earlier).map_or_else(Verdict::Unproved, Verdict::Same)
}

/// Judges two entries. If nothing proves that they are the same story although they are alike, the error says what
/// speaks against it.
pub(crate) fn judge(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> Result<Proof, Option<Objection>> {
    if a.features.is_reply != b.features.is_reply {
        // An answer has the headline of the message that it answers, quotes it, and may link to it.
        return Err(Some(Objection::Quoted));
    }
    let headlines = headlines::compare(a, b);
    if a.recorded_otherwise(b) && headlines != Headlines::Equal {
        return Err(Some(Objection::OtherRecording));
    }
    let page = shared_page(a, b);
    let commented = page.is_some_and(|page| is_commented(a, b, page));
    if !commented && page.is_some_and(|page| are_unrelated(a, b, page)) {
        return Err(Some(Objection::Unrelated));
    }
    let carried = page.filter(|_| !commented);
    let same_page = |page: &Address| Proof {
        rule: StoryRule::SameAddress,
        score: 1.0,
        signs: vec![page.canonical.clone()],
    };
    if let Some(page) = carried.filter(|page| page.lasting) {
        return Ok(same_page(page));
    }
    let one_headline = headlines == Headlines::Equal;
    if page.is_none() && !one_headline && !texts_may_agree(a, b) {
        return Err(None);
    }
    let texts = overlap(a, b);
    if let Some(page) = carried.filter(|_| is_refilled(a, b, headlines, &texts)) {
        return Ok(same_page(page));
    }
    if commented {
        return Err(Some(Objection::Comment));
    }
    let by_text = same_text(a, b, headlines, &texts);
    let by_headline = match by_text {
        Ok(proof) => return Ok(proof),
        Err(Some(Objection::Template)) => None,
        Err(_) if one_headline => match same_headline(a, b) {
            Ok(proof) => return Ok(proof),
            Err(objection) => Some(objection),
        },
        Err(_) => None,
    };
    let by_address = match page {
        Some(_) => Some(Objection::Refilled),
        None => Some(Objection::SharedAddress).filter(|_| a.has_address_of(b)),
    };
    Err(by_address.or(by_text.err().flatten()).or(by_headline))
}

/// A cheap test whether two texts can have enough in common, from an upper bound of their containment. Most entries
/// that share a fingerprint share only a few shingles; for them this avoids looking all shingles up as boilerplate.
fn texts_may_agree(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    /// A little above 1, so that rounding never makes the bound too low.
    const ROUNDING: f64 = 1.01;
    let common = intersection(a.with_boilerplate(), b.with_boilerplate());
    let most = (common as f64 / TUNING.same_opening.0 * ROUNDING) as usize;
    !(a.says_more_than(most) && b.says_more_than(most))
}

/// The containment that is needed: nearly all of a short text, half of a long text, and a little less of a long text
/// whose opening agrees.
fn needed(texts: &TextOverlap) -> f64 {
    let (long, short, decay) = if texts.same_opening { TUNING.same_opening } else { TUNING.other_opening };
    long + short * libm::exp(-(texts.least as f64) / decay)
}

/// Containment of two texts including their boilerplate.
fn whole_containment(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> f64 {
    let (one, other) = (a.with_boilerplate(), b.with_boilerplate());
    intersection(one, other) as f64 / one.len().min(other.len()).max(1) as f64
}

/// Whether a page whose contents are replaced under one address (a front page, "live") still says the same. Only within
/// some hours.
fn is_refilled(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>, headlines: Headlines, texts: &TextOverlap) -> bool {
    let agrees = matches!(headlines, Headlines::Equal | Headlines::Near)
        || (texts.least >= TUNING.least_shingles && texts.contained >= needed(texts))
        || headlines::missing(a.headline(), b.headline()).len() * 2 < a.headline().len();
    a.hours_to(b) < TUNING.refilled_hours && agrees && headlines != Headlines::Template
}

/// Judges by the texts. The error is the objection, if the texts agree and something speaks against it.
fn same_text(
    a: &PreparedDoc<'_>,
    b: &PreparedDoc<'_>,
    headlines: Headlines,
    texts: &TextOverlap,
) -> Result<Proof, Option<Objection>> {
    if texts.least < TUNING.least_shingles || texts.contained < needed(texts) {
        return Err(None);
    }
    let against = |objection: Objection| Err(Some(objection));
    let new_headline = headlines == Headlines::Missing || !says_mostly(a.headline(), b.headline());
    // A text that is contained in a longer one, but not as its beginning, is quoted there: by a round-up, or by a
    // report on something else. If the opening of the longer text is not shared, only headlines that say the same
    // outweigh this.
    let one_headline = !new_headline || says_mostly(b.headline(), a.headline());
    let is_about =
        texts.opening_of_longer || (texts.same_opening && headlines != Headlines::Missing && one_headline);
    if !is_about && texts.covered < TUNING.least_covered && !is_cut_from(a, b, texts) {
        return against(Objection::Quoted);
    }
    // A teaser is one sentence of a report. Other reports may contain that sentence, too; its own report begins with
    // it.
    if texts.words < TUNING.teaser_words && !one_headline && !begins_with_shorter(a, b) {
        return against(Objection::Quoted);
    }
    // Different pages of one site share boilerplate, a programme's description, or the same background. So two of them
    // are the same story only if long texts have the same opening, if the headlines say the same, or if an old text is
    // carried again.
    let (page_shingles, page_contained) = TUNING.own_page;
    let is_page = texts.least >= page_shingles && texts.contained >= page_contained && texts.same_opening;
    let (contradicted, filled) = contradictions(a, b);
    let again = contradicted == 0 && headlines == Headlines::Different && is_carried_again(a, b, texts);
    if is_of_one_site(a, b) && new_headline && !is_page && !again {
        return against(Objection::OtherPage);
    }
    let is_long = texts.words >= TUNING.long_text_words;
    let tolerated = if is_long { 1 + filled * TUNING.differing_percent / 100 } else { 0 };
    if contradicted > tolerated {
        return against(Objection::Contradicted);
    }
    if headlines == Headlines::Template && (texts.contained < TUNING.template_contained || !is_long) {
        return against(Objection::Template);
    }
    // The boilerplate of one publisher should agree, too. If it does not, these passages are what the two texts really
    // say: a horoscope consists of sentences that recur.
    if a.is_of_one_publisher(b) && whole_containment(a, b) < needed(texts) {
        return against(Objection::OtherPage);
    }
    // A shared text to which neither headline refers is boilerplate: the last line of a podcast, a paywall, the form of
    // a release. Entries of one feed are judged by `own_feed` instead.
    let is_own = a.is_of_one_feed_and_site(b);
    if !(is_own || is_told(a) || is_told(b)) {
        return against(Objection::Boilerplate);
    }
    if is_filled_in_twice(a, b) {
        return against(Objection::Template);
    }
    if a.features.is_reply && texts.covered < TUNING.answer_covered {
        // Two answers to one message share the passage that they quote from it.
        return against(Objection::Quoted);
    }
    // In one feed, two short texts under two addresses that agree only in part are two entries of a series.
    let is_short = texts.words < TUNING.long_text_words * 2;
    if is_own && is_short && a.shared_address(b).is_none() && texts.covered < TUNING.series_covered {
        return against(Objection::OtherPage);
    }
    let signs = vec![format!("{:.0} % of {} phrases", texts.contained * 100.0, texts.least)];
    Ok(Proof { rule: StoryRule::SameText, score: texts.contained, signs })
}

/// Whether a text is carried again as a whole under another headline. Both headlines must be about the text: the
/// description of a programme stands under every episode and is about none of them. Numbered headlines are different
/// parts of a series.
fn is_carried_again(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>, texts: &TextOverlap) -> bool {
    let is_about = |doc: &PreparedDoc<'_>| {
        let told = doc
            .headline()
            .iter()
            .filter(|token| token.is(BIGRAM) || token.end - token.start >= TUNING.telling_bytes);
        let (all, found) = told.fold((0, 0), |(all, found), token| {
            let stands = doc.text().iter().any(|other| other.stem == token.stem);
            (all + 1, found + usize::from(stands))
        });
        found >= TUNING.about_words && found * TUNING.about_one_in >= all
    };
    let is_numbered = |doc: &PreparedDoc<'_>| doc.headline().iter().any(|token| token.is(NUMBER));
    let (shingles, contained, covered) = TUNING.own_again;
    texts.least >= shingles
        && texts.contained >= contained
        && texts.covered >= covered
        && !is_numbered(a)
        && !is_numbered(b)
        && is_about(a)
        && is_about(b)
}

/// Whether both come from one publisher, or from one host.
fn is_of_one_site(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let is_of_one_host = || a.address().zip(b.address()).is_some_and(|(x, y)| x.authority() == y.authority());
    a.is_of_one_publisher(b) || is_of_one_host()
}

/// Judges by equal headlines. They count only between different sites, within two days, if they tell enough, and if the
/// texts do not tell different things.
fn same_headline(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> Result<Proof, Objection> {
    let is_elsewhere = match (a.address(), b.address()) {
        (Some(_), Some(_)) => a.links_elsewhere(b),
        _ => !a.is_of_one_publisher(b),
    };
    let says_little = |doc: &PreparedDoc<'_>| telling_halves(doc) < TUNING.headline_halves;
    let against = [
        (Objection::SameSite, !is_elsewhere),
        (Objection::CommonHeadline, a.is_template || b.is_template),
        (Objection::DaysApart, a.hours_to(b) > TUNING.headline_hours),
    ];
    if let Some((objection, _)) = against.into_iter().find(|(_, speaks)| *speaks) {
        return Err(objection);
    }
    if says_little(a) || says_little(b) {
        return Err(Objection::LittleSaid);
    }
    if tell_different_things(a, b) {
        return Err(Objection::OtherText);
    }
    if contradictions(a, b).0 > 0 {
        return Err(Objection::Contradicted);
    }
    let written = a.headline().iter().map(|token| a.features.title.written(token).to_owned());
    let signs = vec![written.collect::<Vec<_>>().join(" ")];
    Ok(Proof { rule: StoryRule::SameTitle, score: TUNING.headline_score, signs })
}
