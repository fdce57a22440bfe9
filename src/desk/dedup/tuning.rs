//! Every number by which stories are judged to be the same, in one place: what it is, in which unit, and where it comes from.
//!
//! *Half words*: a token of a script that separates words counts two, a bigram of one that does not counts one, because
//! bigrams overlap. *Shingles*: three tokens in a row. Where no note is named, the number is a judgement: it was chosen while
//! looking at captured feeds (docs/quality.md) and nobody has measured it alone. The sizes of tables stand beside the tables.

/// The numbers of the dedup engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tuning {
    // When do two headlines count as near-equal, or as one template? (headlines.rs; equal ones have the same tokens in order)
    /// Half words that two headlines must share to count as near-equal when one has a few tokens more.
    pub(crate) near_headline_halves: usize,
    /// Percent of the longer headline's half words that must be shared for that.
    pub(crate) near_headline_percent: usize,
    /// Percent of the longer headline's half words that a template's headlines share at the least.
    pub(crate) template_percent: usize,
    /// Tokens that a template's slot holds at most.
    pub(crate) slot_tokens: usize,
    /// Bigrams that it holds at most: they overlap with what stands around it.
    pub(crate) slot_bigrams: usize,
    /// Tokens around the slot that must be the same.
    pub(crate) slot_frame_tokens: usize,
    /// Slots of a form at most … (forms.rs)
    pub(crate) form_slots: usize,
    /// … in a text of at most so many half words: 80 words. Longer ones that differ in a word were edited.
    pub(crate) form_halves: usize,
    /// The same of scripts that do not separate words, of which Thai has the longest.
    pub(crate) form_bigrams: usize,
    /// Where more than one word in so many has a capital, capitals mark no names.
    pub(crate) names_one_in: usize,

    // When is an equal headline enough? (similarity.rs; docs/decisions/2026-11-27-headlines.md)
    /// Telling half words that a headline needs: four words. Reasoned (DESIGN §5).
    pub(crate) headline_halves: usize,
    /// Bytes of a word of a headline that may be telling.
    pub(crate) headline_word_bytes: u32,
    /// Hours after which an equal headline is another day's news, unless the texts agree. Measured: pairs in a wire capture lie
    /// at most 36 apart.
    pub(crate) headline_hours: i64,
    /// Pages of one publisher with one headline from which on the headline is a template.
    pub(crate) template_pages: u8,
    /// Telling words beside the headline from which on texts may tell different things …
    pub(crate) different_words: usize,
    /// … which they do when they share fewer than one in so many of the shorter one's.
    pub(crate) different_one_in: usize,
    /// Half words of its own from which on an entry that leads to another site's page is a story about it: 20 words. Reasoned
    /// (DESIGN §5).
    pub(crate) comment_halves: usize,
    /// … if they are at least one in so many of its words.
    pub(crate) comment_one_in: usize,
    /// Share of a summary's telling words that must stand in the whole text, as a fraction.
    pub(crate) summary_share: (usize, usize),
    /// Score of stories with equal headlines.
    pub(crate) headline_score: f64,

    // When is a text the same? (similarity.rs)
    /// Shingles that a text needs to be judged by.
    pub(crate) least_shingles: usize,
    /// Shingles of the opening, which is what a text begins with.
    pub(crate) opening_shingles: usize,
    /// Share of them that must stand in the other text for the openings to agree.
    pub(crate) opening_share: f64,
    /// Containment that a long text needs whose opening agrees; short ones need `+ same_opening.1 · e^(−shingles / same_opening.2)`.
    pub(crate) same_opening: (f64, f64, f64),
    /// The same without an agreeing opening.
    pub(crate) other_opening: (f64, f64, f64),
    /// Of a text that is not what the other begins with, share of the longer one that it must cover.
    pub(crate) least_covered: f64,
    /// Words below which a text is a teaser, a sentence of a report …
    pub(crate) teaser_words: usize,
    /// … that begins with it, but for so many shingles of a dateline. Both after false pairs of the wire capture.
    pub(crate) dateline_shingles: usize,
    /// A text that was cut stands within the first `cut_reach.0 × its shingles + cut_reach.1` shingles of the whole one.
    pub(crate) cut_reach: (usize, usize),
    /// Percent of the common shingles that must stand there.
    pub(crate) cut_percent: usize,
    /// Words from which on numbers and names may differ here and there, because a text was brought up to date.
    pub(crate) long_text_words: usize,
    /// Percent of a long text's numbers and names that may differ.
    pub(crate) differing_percent: usize,
    /// Containment that two texts under a template's headlines need.
    pub(crate) template_contained: f64,
    /// Shingles from which on a site's own page is recognised under another headline, and containment for it.
    pub(crate) own_page: (usize, f64),
    /// Shingles from which on a site's old text is recognised under another headline; containment and coverage for it.
    pub(crate) own_again: (usize, f64, f64),
    /// Words of a headline that must stand in a text for it to be about that: so many …
    pub(crate) about_words: usize,
    /// … and one in so many of those that may be telling.
    pub(crate) about_one_in: usize,
    /// One in so many of a headline's telling words must stand in the text that it shares with another publisher's entry, unless
    /// `about_words` do.
    pub(crate) told_one_in: usize,
    /// Containment from which on an entry proves two published stories to be one.
    pub(crate) late_proof: f64,
    /// Hours for which a page that is refilled (a front page, "live") stays the same story.
    pub(crate) refilled_hours: i64,

    // Which candidates are compared? (fingerprint.rs, decide.rs)
    /// Candidates that are compared exactly. Reasoned: comparing is linear in their text.
    pub(crate) compared_candidates: usize,
    /// Fingerprints of one entry at most: each costs a look-up and an insertion in the store. Reasoned.
    pub(crate) fingerprints: usize,
    /// Times that a fingerprint may have been given before it says too little to look up by.
    pub(crate) common_fingerprint: u8,
    /// Winnowing window at the beginning of an entry, in bands.
    pub(crate) first_window: usize,
    /// The window grows by so many bands for each band, as a fraction.
    pub(crate) window_growth: (usize, usize),

    // What is boilerplate? (boilerplate.rs)
    /// Stories of a publisher in which a shingle or a title's suffix recurs before it is boilerplate.
    pub(crate) boilerplate_stories: u8,
    /// One more for so many stories read: a running story repeats its own background in a few of them.
    pub(crate) boilerplate_step: u8,
    /// Shingles at the beginning and at the end of a text where boilerplate is looked for.
    pub(crate) boilerplate_edges: (usize, usize),
    /// Stories of a publisher that are all read for boilerplate; of later ones, one in `read_one_of`.
    pub(crate) read_all: u8,
    /// See `read_all`.
    pub(crate) read_one_of: u64,

    // A feed's own entries (own_feed.rs; docs/decisions/2026-11-27-own-feed.md)
    /// Half words from which on a text is not the same by chance.
    pub(crate) same_text_halves: usize,
    /// Seconds within which what is said twice is of one day; what is said daily at about the same hour is a series.
    pub(crate) same_day_s: i64,
    /// Seconds from which on a recording that comes again under its address is another one, where a feed shows one at a time.
    pub(crate) another_recording_s: i64,
    /// Telling words from which on texts under one title tell of different things when they share fewer than one in …
    pub(crate) much_said_words: usize,
    /// … so many.
    pub(crate) nothing_shared_one_in: usize,
    /// Texts tell of the same when one in so many of the shorter one's telling words stands in the other …
    pub(crate) shared_one_in: usize,
    /// … and at least so many do.
    pub(crate) least_shared: usize,
    /// Bytes from which on a word may be telling.
    pub(crate) telling_bytes: u32,
    /// Share of the longer one of two short texts under two addresses that must stand in the other; and of two answers.
    pub(crate) series_covered: f64,
    /// See `series_covered`.
    pub(crate) answer_covered: f64,
    /// Returns of one text from which on it is a series, not old news carried again.
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
