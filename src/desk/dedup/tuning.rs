//! All thresholds of the dedup engine, each with its meaning, its unit and its source.
//!
//! *Half words* are the unit of length: a word counts two, a bigram counts one, because bigrams overlap. *Shingles* are
//! three tokens in a row. *Telling* words are those that are left without stop words and very short words. Where no
//! note is named, the number is a judgement: it was chosen while looking at captured feeds (docs/quality.md), and
//! nobody has measured it alone. The sizes of tables stand beside the tables.

/// The numbers of the dedup engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tuning {
    // When do two headlines count as near-equal, or as one template? (headlines.rs; equal ones have the same tokens in
    // order)
    /// Half words that two headlines must share to count as near-equal, where one only adds a few tokens.
    pub(crate) near_headline_halves: usize,
    /// Percent of the longer headline's half words that two near-equal headlines must share.
    pub(crate) near_headline_percent: usize,
    /// Minimum percent of the longer headline's half words that two headlines of one template share.
    pub(crate) template_percent: usize,
    /// Maximum length of a slot (what differs between two fillings of a template), in tokens.
    pub(crate) slot_tokens: usize,
    /// The same in bigrams. It is larger because bigrams overlap with what stands around the slot.
    pub(crate) slot_bigrams: usize,
    /// Tokens around a slot that must be the same.
    pub(crate) slot_frame_tokens: usize,
    /// Maximum number of slots in a form (forms.rs).
    pub(crate) form_slots: usize,
    /// Maximum length of a form, in half words: 80 words. A longer text that differs in a word was edited.
    pub(crate) form_halves: usize,
    /// The same for scripts that do not separate words, in bigrams; chosen for Thai, whose words are the longest.
    pub(crate) form_bigrams: usize,
    /// If more than one word in this many has a capital, capitals do not mark names.
    pub(crate) names_one_in: usize,

    // When is an equal headline enough? (similarity.rs; docs/decisions/2026-11-27-headlines.md)
    /// Half words of telling words that a headline needs: four words. Reasoned, not measured.
    pub(crate) headline_halves: usize,
    /// Minimum length in bytes of a telling word of a headline.
    pub(crate) headline_word_bytes: u32,
    /// Hours after which an equal headline means other news, unless the texts agree. Measured: in a capture of wire
    /// reports, the two entries of a pair are at most 36 hours apart.
    pub(crate) headline_hours: i64,
    /// A headline that one publisher has used this many times is a template.
    pub(crate) template_pages: u8,
    /// Two texts can contradict an equal headline only if each has this many telling words that are not in the
    /// headline.
    pub(crate) different_words: usize,
    /// They do contradict it if they share fewer than one in this many of the shorter text's telling words.
    pub(crate) different_one_in: usize,
    /// An entry that links to another site's page and has this many half words of its own is a story about that page:
    /// 20 words. Reasoned, not measured.
    pub(crate) comment_halves: usize,
    /// For that, at least one in this many of its words must be its own.
    pub(crate) comment_one_in: usize,
    /// Share of a summary's telling words that must also be in the whole text, as a fraction.
    pub(crate) summary_share: (usize, usize),
    /// Score of a match by equal headlines.
    pub(crate) headline_score: f64,

    // When is a text the same? (similarity.rs)
    /// Minimum number of shingles of a text; shorter ones are not compared.
    pub(crate) least_shingles: usize,
    /// Length of a text's opening, in shingles.
    pub(crate) opening_shingles: usize,
    /// Share of an opening's shingles that must be in the other text for the openings to agree.
    pub(crate) opening_share: f64,
    /// Containment that is needed where the openings agree: `.0 + .1 · e^(−shingles / .2)`. So a long text needs `.0`,
    /// and a short one more.
    pub(crate) same_opening: (f64, f64, f64),
    /// The same where the openings do not agree.
    pub(crate) other_opening: (f64, f64, f64),
    /// Share of the longer text that the shorter one must cover, unless it is the longer one's beginning.
    pub(crate) least_covered: f64,
    /// A text of fewer words is a teaser: one sentence of a report.
    pub(crate) teaser_words: usize,
    /// Shingles that may stand before the teaser in the report that it is taken from, for a dateline. Chosen, as
    /// `teaser_words`, after false pairs of the wire capture.
    pub(crate) dateline_shingles: usize,
    /// A truncated text must be found within the first `.0 × its shingles + .1` shingles of the whole text.
    pub(crate) cut_reach: (usize, usize),
    /// Percent of the common shingles that must be found there.
    pub(crate) cut_percent: usize,
    /// In texts of at least this many words a few numbers and names may differ, because a text may have been updated.
    pub(crate) long_text_words: usize,
    /// Percent of a long text's numbers and names that may differ.
    pub(crate) differing_percent: usize,
    /// Containment that two texts need whose headlines come from one template.
    pub(crate) template_contained: f64,
    /// A site's own page can be recognised under a new headline: least number of shingles (`.0`) and containment
    /// (`.1`).
    pub(crate) own_page: (usize, f64),
    /// A site's old text can be recognised under a new headline: least number of shingles (`.0`), containment (`.1`)
    /// and coverage (`.2`).
    pub(crate) own_again: (usize, f64, f64),
    /// A headline is about a text if at least this many of its words are in it, …
    pub(crate) about_words: usize,
    /// … and at least one in this many of those that are long enough to tell something.
    pub(crate) about_one_in: usize,
    /// Where two publishers share a text, one in this many of a headline's telling words must be in it, or
    /// `about_words` of them.
    pub(crate) told_one_in: usize,
    /// Score from which on one entry that matches two published stories proves them to be one.
    pub(crate) late_proof: f64,
    /// Hours for which a page whose contents are replaced (a front page, "live") stays the same story.
    pub(crate) refilled_hours: i64,

    // Which candidates are compared? (fingerprint.rs, decide.rs)
    /// Maximum number of candidates that are compared. Reasoned: a comparison is linear in the length of the texts.
    pub(crate) compared_candidates: usize,
    /// Maximum number of fingerprints of an entry. Reasoned: each costs a look-up and an insertion in the store.
    pub(crate) fingerprints: usize,
    /// A fingerprint that was counted this many times is too common to be used.
    pub(crate) common_fingerprint: u8,
    /// Winnowing window at the beginning of an entry, in bands.
    pub(crate) first_window: usize,
    /// Growth of the window with each band, as a fraction.
    pub(crate) window_growth: (usize, usize),

    // What is boilerplate? (boilerplate.rs)
    /// A shingle or a title's suffix is boilerplate once it was in this many stories of the publisher.
    pub(crate) boilerplate_stories: u8,
    /// With each further group of this many stories read, a shingle must have been in one more. A continuing event repeats its own
    /// background in a few stories, and that must not become boilerplate.
    pub(crate) boilerplate_step: u8,
    /// Shingles at the beginning and at the end of a text among which boilerplate is looked for.
    pub(crate) boilerplate_edges: (usize, usize),
    /// The first this many stories of a publisher are all read for boilerplate; later only one in `read_one_of`.
    pub(crate) read_all: u8,
    /// See `read_all`.
    pub(crate) read_one_of: u64,

    // A feed's own entries (own_feed.rs; docs/decisions/2026-11-27-own-feed.md)
    /// Texts of at least this many half words are not identical by chance.
    pub(crate) same_text_halves: usize,
    /// Seconds within which two identical entries count as published twice on one day. Less than a day, so that an
    /// entry that is published daily at about the same hour counts as a series.
    pub(crate) same_day_s: i64,
    /// In a feed that shows one entry at a time: a recording under the same address that comes this many seconds later
    /// is a new one.
    pub(crate) another_recording_s: i64,
    /// Two texts with at least this many telling words can show that one title stands over different things, …
    pub(crate) much_said_words: usize,
    /// … if they share fewer than one in this many of the shorter one's telling words.
    pub(crate) nothing_shared_one_in: usize,
    /// Two texts are about the same if one in this many of the shorter one's telling words is in the other, …
    pub(crate) shared_one_in: usize,
    /// … and at least this many are.
    pub(crate) least_shared: usize,
    /// Minimum length of a telling word, in bytes.
    pub(crate) telling_bytes: u32,
    /// Coverage that two short texts of one feed need under two addresses; with less, the new one is the next of a
    /// series.
    pub(crate) series_covered: f64,
    /// Coverage that two answers to a message need, because both quote it.
    pub(crate) answer_covered: f64,
    /// A text that a feed has carried this many times before is a series; less often, it is old news carried again.
    pub(crate) returns_of_a_series: usize,
}

/// The numbers in force.
pub(crate) const TUNING: Tuning = Tuning {
    near_headline_halves: 12,
    near_headline_percent: 75,
    template_percent: 50,
    slot_tokens: 4,
    slot_bigrams: 18,
    slot_frame_tokens: 2,
    form_slots: 2,
    form_halves: 160,
    form_bigrams: 240,
    names_one_in: 5,
    headline_halves: 8,
    headline_word_bytes: 3,
    headline_hours: 48,
    template_pages: 4,
    different_words: 3,
    different_one_in: 3,
    comment_halves: 40,
    comment_one_in: 4,
    summary_share: (2, 3),
    headline_score: 0.95,
    least_shingles: 6,
    opening_shingles: 25,
    opening_share: 0.6,
    same_opening: (0.45, 0.5, 60.0),
    other_opening: (0.5, 0.45, 50.0),
    least_covered: 0.3,
    teaser_words: 35,
    dateline_shingles: 12,
    cut_reach: (2, 60),
    cut_percent: 70,
    long_text_words: 40,
    differing_percent: 30,
    template_contained: 0.9,
    own_page: (100, 0.7),
    own_again: (30, 0.95, 0.9),
    about_words: 2,
    about_one_in: 2,
    told_one_in: 3,
    late_proof: 0.7,
    refilled_hours: 20,
    compared_candidates: 48,
    fingerprints: 12,
    common_fingerprint: 24,
    first_window: 6,
    window_growth: (3, 4),
    boilerplate_stories: 3,
    boilerplate_step: 40,
    boilerplate_edges: (120, 40),
    read_all: 64,
    read_one_of: 4,
    same_text_halves: 40,
    same_day_s: 20 * 3_600,
    another_recording_s: 20 * 60,
    much_said_words: 8,
    nothing_shared_one_in: 10,
    shared_one_in: 4,
    least_shared: 3,
    telling_bytes: 4,
    series_covered: 0.8,
    answer_covered: 0.9,
    returns_of_a_series: 2,
};
