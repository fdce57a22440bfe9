//! Every number by which topics are judged, in one place: what it is, in which unit, and where it comes from.
//!
//! *Measured* names the note that has the figures; *judgement* says that nobody has measured it alone. The sizes of tables,
//! which bound memory and judge nothing, stand beside the tables.

/// The numbers of the topics engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tuning {
    // How much a token counts within its text (likelihood.rs).
    /// A token that stands in a text more than once counts `1 + tf_growth · ln(weight)`. Judgement.
    pub(crate) tf_growth: f32,

    // How common a token is (document_frequency.rs).
    /// What a document that founds a topic, or a stem that is new to its topic, adds to the counts. Only the ratio to
    /// `repeated_count` matters. Reasoned: a
    /// token that a hundred stories of one event share tells that event from all others.
    pub(crate) new_count: u32,
    /// What a document that joins a topic, or a stem that the topic had already, adds to the counts.
    pub(crate) repeated_count: u32,
    /// Documents that count whole in any case, because too little is known of topics until then. Reasoned.
    pub(crate) warm_documents: u32,
    /// Documents of a language that must have been met before its share of the stream is reckoned with. Reasoned.
    pub(crate) language_documents: u32,
    /// Documents as which ordinary use counts, beside those of the stream. Measured: docs/decisions/2026-11-28-common-words.md.
    pub(crate) prior_documents: u32,
    /// Tokens of such a document: turns "one of so many tokens" into "in one of so many texts". Measured, as `prior_documents`.
    pub(crate) prior_tokens: f32,
    /// Share of such documents that hold a token at the least and at the most. The least is that of the rarest stem of the
    /// table.
    pub(crate) prior_share: (f32, f32),

    // Is a story about a topic's event? (likelihood.rs)
    /// Share of a story's tokens that its topic accounts for; everybody's language accounts for the rest. Judgement.
    pub(crate) topic_share: f32,
    /// The same of two stories, one of which accounts for the other. Judgement.
    pub(crate) story_share: f32,
    /// Tokens of a text of ordinary length: turns "in one of so many texts" into "one of so many tokens". Judgement.
    pub(crate) text_tokens: f32,
    /// A stop word of a text's language is taken to stand in one text of so many at the least. Measured:
    /// docs/decisions/2026-11-25-stop-words.md.
    pub(crate) stop_word_inverse_df: f32,
    /// How much the time since its news lowers the score of a topic, and the time between them that of two stories: e-folds at the
    /// most. Measured: docs/decisions/2026-11-28-topics-age.md.
    pub(crate) gap_folds: (f32, f32),
    /// Hours after which it is lowered by half of those e-folds. Measured, as `gap_folds`.
    pub(crate) gap_half_h: f32,
    /// Taken away at the most for names and numbers of a text that the topic does not know: of look-alike events it is the names
    /// and numbers that differ; and in addition when it knows none of the headline's. Measured:
    /// docs/decisions/2026-11-28-topics-age.md.
    pub(crate) unknown_names_penalty: (f32, f32),
    /// Names and numbers of a text of which, all unknown, half of that is taken away. Measured, as `unknown_names_penalty`.
    pub(crate) few_names: f32,
    /// Taken away when the publisher has a story in the topic already, and the topic knows none of the headline's names and numbers: what
    /// is alike is most likely its template. Judgement.
    pub(crate) template_penalty: f32,

    // Are two headlines of one publisher of one series? (series.rs; measured: docs/decisions/2026-11-28-time-and-series.md)
    /// Share of the longer headline that the two have in common at its beginning and its end, at the least.
    pub(crate) series_share: f32,
    /// Tokens of the one slot between them, at the most.
    pub(crate) series_slot: usize,
    /// Seconds from one to the other, at the least: a report is brought up to date sooner.
    pub(crate) series_gap_s: u64,

    // Which topic does a story join? (clusters.rs)
    /// Seconds without a filing after which a topic is over: no new story joins it, though copies still join its stories.
    /// Judgement.
    pub(crate) over_after_s: i64,
    /// Stems of a story by which topics are looked up. Judgement.
    pub(crate) asked_stems: usize,
    /// Stems of a topic by which it is found. Measured: docs/decisions/2026-11-23-topics.md.
    pub(crate) indexed_stems: usize,
    /// Topics that are scored exactly. Measured: docs/decisions/2026-11-23-topics.md.
    pub(crate) scored_topics: usize,
    /// Score that a story needs to join where no other topic is like it. `topics_stricter` in feeds.toml is added to it and to
    /// `merge_score`, by which reclustering puts stories together; who changes one looks at the other. Judgement.
    pub(crate) join_score: f32,
    /// Added to `join_score` and `merge_score` while nothing is known of the stream: always; for a story of one stem, falling
    /// with the root of their number; and for one of as many as are kept, rising with their number, for long texts share more by
    /// chance. Measured: docs/decisions/2026-11-27-first-hour.md.
    pub(crate) caution: (f32, f32, f32),
    /// Documents after which about a third of that is left. Measured, as `caution`.
    pub(crate) learned_documents: f32,
    /// Factor: what is needed is `join_score` and this times the mean score of the competing topics. Judgement.
    pub(crate) competition: f32,
    /// How many e-folds the odds that a story is about the topic's event rise with each 1 of the score above what is needed,
    /// where they are even. Measured: docs/decisions/2026-11-28-topics-age.md.
    pub(crate) margin_odds: f32,
    /// Next-best topics that compete; those that are missing count as 0. Reasoned.
    pub(crate) competitors: usize,
    /// A topic of more stories is indexed anew only at every `reindex_every`th: its tokens hardly change. Reasoned.
    pub(crate) reindex_all_until: u32,
    /// See `reindex_all_until`.
    pub(crate) reindex_every: u32,

    // When does a new story show two topics to be one? (clusters.rs; measured: docs/decisions/2026-11-25-late-topics.md)
    /// Margin above what is needed by which the story must be like both.
    pub(crate) merge_margin: f32,
    /// Cosine of the two topics' tokens, weighted by idf, at the least.
    pub(crate) merge_cosine: f32,
    /// Stories of the larger one at the least: smaller ones are left to reclustering, which knows more.
    pub(crate) merge_stories: u32,
    /// Next-best topics that are looked at.
    pub(crate) merge_candidates: usize,

    // When has a topic moved on? (clusters.rs)
    /// Seconds between two such moves at the least, however fast the topic grows. Judgement.
    pub(crate) moved_on_s: i64,
    /// New publishers that it needs for that, and times the stories that it had. Judgement.
    pub(crate) moved_on_growth: (u32, u32),
    /// Seconds after which a few new stories move it on. Judgement.
    pub(crate) new_day_s: i64,
    /// That few. Judgement.
    pub(crate) new_day_stories: u32,

    // Does a headline say again what was told? (told.rs)
    /// Seconds for which readers are taken to remember a headline: an output's days, and as many again. Judgement.
    pub(crate) told_s: i64,
    /// Share of the stems of the longer of two headlines that says the earlier one again: so many, of so many. Promised.
    pub(crate) told_share: (usize, usize),
    /// Stems of an earlier headline from which on a share of them says anything. Judgement.
    pub(crate) told_least_stems: usize,

    // Which category are most stories of a topic in? (clusters.rs)
    /// Stories that a topic needs to have a majority, which is more than half of them. Judgement.
    pub(crate) majority_stories: u32,

    // Do capitals in a headline mark names? (stems.rs)
    /// Words of a headline from which on it may be in title case. Judgement.
    pub(crate) title_case_words: usize,
    /// It is when more than so many percent of them begin with a capital; then capitals say nothing. Judgement.
    pub(crate) title_case_percent: usize,
    /// Bytes of a word that counts for it at the least: short ones are small in titles, too. Judgement.
    pub(crate) title_case_bytes: u32,

    // The recent window and reclustering (recent_window.rs, recluster.rs; docs/decisions/2026-11-25-settling.md)
    /// Stories in the window at most. Measured.
    pub(crate) window_stories: usize,
    /// Seconds for which a story is in the window. Judgement.
    pub(crate) window_s: i64,
    /// The window is reclustered when one in so many of its stories is new, … Reasoned.
    pub(crate) recluster_one_in: usize,
    /// … though not for fewer new ones than the first of these and never later than after the second, … Measured.
    pub(crate) recluster_every: (usize, usize),
    /// … or when there is a new one and so many seconds have passed. Judgement.
    pub(crate) recluster_pause_s: i64,
    /// Stems of a new story by which others in the window are looked up. Measured.
    pub(crate) window_asked_stems: usize,
    /// Stems by which a story in the window is found. Measured.
    pub(crate) window_indexed_stems: usize,
    /// Stories that a new one is compared with. Measured.
    pub(crate) compared_stories: usize,
    /// Pairs with a lower score are forgotten. Judgement.
    pub(crate) least_pair_score: f32,
    /// Mean score of all pairs that two clusters need to become one. Judgement.
    pub(crate) merge_score: f32,
    /// Nearest neighbours whose mean score says how dense a story's surroundings are (k of CSLS, Conneau et al. 2018). Reasoned.
    pub(crate) density_neighbours: usize,
    /// Share of the mean density of both clusters that is needed in addition to `merge_score`: CSLS with a third of its weight. Measured:
    /// docs/decisions/2026-11-28-time-and-series.md.
    pub(crate) density_weight: f32,
    /// Stories of a cluster that splits off at the least. Measured.
    pub(crate) least_split: usize,

    // When a page to which two stories lead says that they are about one thing (linked_pages.rs).
    /// Seconds that lie between the two at most. Judgement.
    pub(crate) link_s: i64,
    /// Topics at most of stories that lead to the page; to one of more everybody links. Judgement.
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
