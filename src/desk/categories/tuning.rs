//! Every number by which categories are decided, in one place: what it is, in which unit, and where it comes from.
//!
//! *Measured* names the note that has the figures; *judgement* says that nobody has measured it alone.

/// The numbers of the categories engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tuning {
    // The classifier (docs/decisions/2026-11-25-correction.md)
    /// Added to every count of the complement (Laplace). With less, tokens seen once or twice have too much to say. Measured.
    pub(crate) smoothing: f32,
    /// Features that a category could have, as a share of the table: what `smoothing` is divided among. Judgement.
    pub(crate) smoothed_features: f32,
    /// Score by which the right category must lead for an entry to correct nothing. Measured.
    pub(crate) margin: f32,
    /// The most that one entry corrects (`C` of PA-I): one wrong label must not undo what many right ones taught. Measured.
    pub(crate) max_step: f32,
    /// Features in a category after which all counts are halved: that is forgetting. Judgement.
    pub(crate) halve_at: u64,

    // How sure is a guess?
    /// Steps of the record for a margin of one. Judgement.
    pub(crate) steps_per_margin: f32,
    /// Guesses after which the record is halved: a young classifier's mistakes are not held against it. Judgement.
    pub(crate) remembered_guesses: u32,
    /// Guesses that say how often those like them are right. Reasoned.
    pub(crate) enough_guesses: u32,
    /// How much less often than the operator wants a guess and all surer ones together may have been right, because the
    /// record is that of a classifier that knew less than it does now. Measured.
    pub(crate) record_lags: f64,
    /// How often a guess alone must have been right. Judgement.
    pub(crate) right_alone: f64,

    // What else decides?
    /// A majority decides only while majorities were right for this share of the fixed feeds' stories. Judgement.
    pub(crate) trusted_majority: f64,
    /// Prior: right majorities and all of them, as if so many had been seen. Judgement.
    pub(crate) majority_prior: (f64, f64),
    /// Majorities after which their record is halved. Judgement.
    pub(crate) remembered_majorities: u32,

    // What is shown as evidence? (classifier/explain.rs)
    /// A token speaks for a category when it takes so much more from its complement than from any other's. Judgement.
    pub(crate) telling: f32,
}

/// The numbers in force.
pub(crate) const TUNING: Tuning = Tuning {
    smoothing: 1.0,
    smoothed_features: 0.25,
    margin: 1.0,
    max_step: 0.1,
    halve_at: 4_000_000,
    steps_per_margin: 6.0,
    remembered_guesses: 2_000,
    enough_guesses: 50,
    record_lags: 0.01,
    right_alone: 0.6,
    trusted_majority: 0.85,
    majority_prior: (9.0, 10.0),
    remembered_majorities: 1_000,
    telling: 0.25,
};
