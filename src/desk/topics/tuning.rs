//! All thresholds of the topics engine, each with its meaning, its unit and its source.
//!
//! *Measured* names the note that has the figures. *Reasoned* means derived from an argument. *Judgement* means that
//! nobody has measured the number alone. The sizes of tables, which only bound memory, stand beside the tables.

/// The numbers of the topics engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tuning {
    // How much a token counts within its text (likelihood.rs).
    /// Sublinear term frequency: a stem counts `1 + tf_growth · ln(weight)` within its text. Judgement.
    pub(crate) tf_growth: f32,

    // How common a token is (document_frequency.rs).
    /// What a document that founds a topic, or a stem that is new to its topic, adds to the counts. Only the ratio to
    /// `repeated_count` matters. Reasoned: a token that a hundred stories of one event share is still specific to that
    /// event.
    pub(crate) new_count: u32,
    /// What a document that joins a topic, or a stem that the topic had already, adds to the counts.
    pub(crate) repeated_count: u32,
    /// The first this many documents and their stems all count as new, because there are too few topics until then.
    /// Reasoned.
    pub(crate) warm_documents: u32,
    /// Documents of a language that must have been seen before the language's share of the stream is used. Reasoned.
    pub(crate) language_documents: u32,
    /// Weight of the prior, that is, of ordinary use (`common_words`), in documents. Measured:
    /// docs/decisions/2026-11-28-common-words.md.
    pub(crate) prior_documents: u32,
    /// Assumed length of a document of the prior, in tokens. Converts the share of a stem among tokens into the share
    /// of documents that hold it. Measured, as `prior_documents`.
    pub(crate) prior_tokens: f32,
    /// Minimum and maximum of that share of documents. The minimum is that of the rarest stem of the table.
    pub(crate) prior_share: (f32, f32),

    // Is a story about a topic's event? (likelihood.rs)
    /// Mixture weight: the share of a story's tokens that the model draws from the topic. The rest is drawn from the
    /// language of all documents. Judgement.
    pub(crate) topic_share: f32,
    /// The same where another story takes the place of the topic. Judgement.
    pub(crate) story_share: f32,
    /// Tokens of a text of ordinary length. Converts "in one of this many texts" into "one of this many tokens".
    /// Judgement.
    pub(crate) text_tokens: f32,
    /// Upper bound of a stop word's inverse document frequency: it is taken to be in at least one of this many texts.
    /// Measured: docs/decisions/2026-11-25-stop-words.md.
    pub(crate) stop_word_inverse_df: f32,
    /// Maximum decay of a score with time, in e-folds: of a story and a topic, by the time since the topic's mean time;
    /// and of two stories, by the time between them. Measured: docs/decisions/2026-11-28-topics-age.md.
    pub(crate) gap_folds: (f32, f32),
    /// Hours after which half of those e-folds are reached. Measured, as `gap_folds`.
    pub(crate) gap_half_h: f32,
    /// Maximum penalty for names and numbers of a story that are not in the topic, because events that look alike
    /// differ in these; and what is added to it if none of those in the headline are. Measured:
    /// docs/decisions/2026-11-28-topics-age.md.
    pub(crate) unknown_names_penalty: (f32, f32),
    /// A story with this many names and numbers, all of them unknown, gets half of that penalty. Measured, as
    /// `unknown_names_penalty`.
    pub(crate) few_names: f32,
    /// Penalty if the publisher has a story in the topic already, and none of the headline's names and numbers, or none
    /// of its words, are in the topic. Then most likely only the publisher's template is alike. Judgement.
    pub(crate) template_penalty: f32,

    // Are two headlines of one publisher of one series? (series.rs; measured:
    // docs/decisions/2026-11-28-time-and-series.md)
    /// Minimum share of the longer headline that the common beginning and the common end make up together.
    pub(crate) series_share: f32,
    /// Maximum length of the slot between them, in tokens.
    pub(crate) series_slot: usize,
    /// Minimum time between the two, in seconds. Within a shorter time the second one is an update of the first.
    pub(crate) series_gap_s: u64,

    /// Share of the longer text's stems, as a fraction, that two texts of one publisher have in common when one repeats
    /// the other. Judgement.
    pub(crate) repeated_text: (usize, usize),

    // Which topic does a story join? (clusters.rs)
    /// Seconds without a filing after which a topic is over. No new story joins it then, but copies still join its
    /// stories. Judgement.
    pub(crate) over_after_s: i64,
    /// Stems of a story by which topics are looked up in the index. Judgement.
    pub(crate) asked_stems: usize,
    /// Stems of a topic under which it stands in the index. Measured: docs/decisions/2026-11-23-topics.md.
    pub(crate) indexed_stems: usize,
    /// Topics found in the index that are scored exactly. Measured: docs/decisions/2026-11-23-topics.md.
    pub(crate) scored_topics: usize,
    /// Score that a story needs to join a topic if no other topic is like it. `topics_stricter` in feeds.toml is added
    /// to it and to `merge_score`, which reclustering uses. Whoever changes one of the two should check the other.
    /// Judgement.
    pub(crate) join_score: f32,
    /// Added to `join_score` and `merge_score` while nothing is known of the stream, as the sum of three parts: `.0`
    /// always; `.1 / √n` for a story with n stems; and `.2 · n / MAX_STEMS`, because long texts share more stems by
    /// chance. Measured: docs/decisions/2026-11-27-first-hour.md.
    pub(crate) caution: (f32, f32, f32),
    /// Documents after which 1/e of `caution` is left. Measured, as `caution`.
    pub(crate) learned_documents: f32,
    /// Factor of the competition: the score that is needed is `join_score` plus this times the mean score of the
    /// competing topics. Judgement.
    pub(crate) competition: f32,
    /// Slope of the logistic function that turns a margin (score above what is needed) into a probability: the log-odds
    /// rise by so much with each 1 of margin. Measured: docs/decisions/2026-11-28-topics-age.md.
    pub(crate) margin_odds: f32,
    /// Number of next-best topics that compete; missing ones count as 0. Reasoned.
    pub(crate) competitors: usize,
    /// A topic with more stories is reindexed only at every `reindex_every`th story, because its heaviest stems hardly
    /// change. Reasoned.
    pub(crate) reindex_all_until: u32,
    /// See `reindex_all_until`.
    pub(crate) reindex_every: u32,

    // When does a new story show two topics to be one? (clusters.rs; measured:
    // docs/decisions/2026-11-25-late-topics.md)
    /// Minimum margin that the story must have for both topics.
    pub(crate) merge_margin: f32,
    /// Minimum cosine of the two topics' centroids, weighted by idf.
    pub(crate) merge_cosine: f32,
    /// Minimum number of stories of the larger topic. Smaller topics are left to reclustering, which knows more.
    pub(crate) merge_stories: u32,
    /// Number of next-best topics that are considered.
    pub(crate) merge_candidates: usize,

    // When has a topic moved on? (cluster.rs)
    /// Minimum time between two such moments, in seconds, however fast the topic grows. Judgement.
    pub(crate) moved_on_s: i64,
    /// Growth that it needs since the last such moment: number of new publishers (`.0`), and factor of its stories
    /// (`.1`).
    /// Judgement.
    pub(crate) moved_on_growth: (u32, u32),
    /// Seconds after which `new_day_stories` new stories are enough. Judgement.
    pub(crate) new_day_s: i64,
    /// See `new_day_s`. Judgement.
    pub(crate) new_day_stories: u32,

    // Does a headline say again what was told? (told.rs)
    /// Seconds for which a headline is remembered: twice the days that an output covers. Judgement.
    pub(crate) told_s: i64,
    /// Share of the longer headline's stems, as a fraction, that two headlines must have in common for the later one to
    /// repeat the earlier one. The documentation promises this number.
    pub(crate) told_share: (usize, usize),
    /// With fewer stems in the earlier headline, the two must be equal. Judgement.
    pub(crate) told_least_stems: usize,

    // Which category are most stories of a topic in? (cluster.rs)
    /// Minimum number of stories of a topic for it to have a majority category, that is, one of more than half of them.
    /// Judgement.
    pub(crate) majority_stories: u32,

    // Do capitals in a headline mark names? (stems.rs)
    /// Minimum number of words of a headline in title case. Judgement.
    pub(crate) title_case_words: usize,
    /// A headline is in title case if more than this many percent of these words have a capital. Then capitals do not
    /// mark names. Judgement.
    pub(crate) title_case_percent: usize,
    /// Minimum length in bytes of a word that is counted, because short words have no capital even in title case.
    /// Judgement.
    pub(crate) title_case_bytes: u32,

    // The recent window and reclustering (recent_window.rs, recluster.rs; docs/decisions/2026-11-25-settling.md)
    /// Maximum number of stories in the window. Measured.
    pub(crate) window_stories: usize,
    /// Seconds for which a story stays in the window. Judgement.
    pub(crate) window_s: i64,
    /// The window is reclustered when one in this many of its stories is new. Reasoned.
    pub(crate) recluster_one_in: usize,
    /// Minimum and maximum of that number of new stories. Measured.
    pub(crate) recluster_every: (usize, usize),
    /// It is also reclustered when this many seconds have passed and at least one story is new. Judgement.
    pub(crate) recluster_pause_s: i64,
    /// Stems of a new story by which others of the window are looked up. Measured.
    pub(crate) window_asked_stems: usize,
    /// Stems of a story of the window under which it stands in the index. Measured.
    pub(crate) window_indexed_stems: usize,
    /// Maximum number of stories that a new story is compared with. Measured.
    pub(crate) compared_stories: usize,
    /// Pairs with a lower score are not kept. Judgement.
    pub(crate) least_pair_score: f32,
    /// Mean score of all pairs of their stories that two clusters need to be merged. Judgement.
    pub(crate) merge_score: f32,
    /// Number of nearest neighbours whose mean score is a story's density (k of CSLS, Conneau et al. 2018). Reasoned.
    pub(crate) density_neighbours: usize,
    /// This times the mean density of both clusters is needed in addition to `merge_score`: CSLS with a third of its
    /// weight. Measured: docs/decisions/2026-11-28-time-and-series.md.
    pub(crate) density_weight: f32,
    /// Minimum number of stories of a cluster that splits off as a new topic. Measured.
    pub(crate) least_split: usize,

    // When does a page to which two stories link put them into one topic? (linked_pages.rs)
    /// Maximum time between the two stories, in seconds. Judgement.
    pub(crate) link_s: i64,
    /// Maximum number of topics whose stories link to the page. A page with more is linked to for other reasons.
    /// Judgement.
    pub(crate) link_topics: usize,
}

/// The numbers in force.
pub(crate) const TUNING: Tuning = Tuning {
    tf_growth: 0.53,
    new_count: 20,
    repeated_count: 1,
    warm_documents: 100,
    language_documents: 20,
    prior_documents: 320,
    prior_tokens: 170.0,
    prior_share: (0.0017, 0.5),
    topic_share: 0.41,
    story_share: 0.66,
    text_tokens: 35.0,
    stop_word_inverse_df: 3.0,
    gap_folds: (1.05, 1.5),
    gap_half_h: 40.0,
    unknown_names_penalty: (0.2, 0.4),
    few_names: 10.0,
    template_penalty: 1.0,
    series_share: 0.5,
    series_slot: 4,
    series_gap_s: 12 * 3_600,
    repeated_text: (4, 5),
    over_after_s: 14 * 86_400,
    asked_stems: 20,
    indexed_stems: 32,
    scored_topics: 16,
    join_score: 0.083,
    caution: (0.016, 0.28, 0.125),
    learned_documents: 160.0,
    competition: 1.05,
    margin_odds: 8.5,
    competitors: 11,
    reindex_all_until: 16,
    reindex_every: 8,
    merge_margin: 0.04,
    merge_cosine: 0.2,
    merge_stories: 10,
    merge_candidates: 6,
    moved_on_s: 3 * 3_600,
    moved_on_growth: (2, 2),
    new_day_s: 20 * 3_600,
    new_day_stories: 2,
    told_s: 14 * 86_400,
    told_share: (2, 3),
    told_least_stems: 3,
    majority_stories: 2,
    title_case_words: 3,
    title_case_percent: 60,
    title_case_bytes: 4,
    window_stories: 2_000,
    window_s: 3 * 86_400,
    recluster_one_in: 4,
    recluster_every: (10, 300),
    recluster_pause_s: 3_600,
    window_asked_stems: 43,
    window_indexed_stems: 48,
    compared_stories: 24,
    least_pair_score: 0.04,
    merge_score: 0.133,
    density_neighbours: 5,
    density_weight: 0.33,
    least_split: 2,
    link_s: 4 * 86_400,
    link_topics: 3,
};
