//! All thresholds of the categories engine, each with its meaning, its unit and its source.
//!
//! *Measured* means that the note named in the section has the figures. *Reasoned* means derived from an argument.
//! *Judgement* means that nobody has measured the number alone.

/// The numbers of the categories engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tuning {
    // The classifier (docs/decisions/2026-11-25-correction.md)
    /// Additive (Laplace) smoothing: added to every count of the complement. With less, tokens that were seen once or
    /// twice count too much. Measured.
    pub(crate) smoothing: f32,
    /// Size of the vocabulary for smoothing, as a share of the feature table. Judgement.
    pub(crate) smoothed_features: f32,
    /// The margin of PA-I: an entry corrects nothing if the right category leads by so much. Measured.
    pub(crate) margin: f32,
    /// The parameter `C` of PA-I, the maximum correction by one entry. One wrong label must not undo what many right
    /// ones taught. Measured.
    pub(crate) max_step: f32,
    /// Sum of a category's counts at which all counts are halved, so that old usage is forgotten. Judgement.
    pub(crate) halve_at: u64,

    // How sure is a guess?
    /// Bins of the calibration record for each 1 of margin. Judgement.
    pub(crate) steps_per_margin: f32,
    /// Number of guesses at which the record is halved, so that mistakes of the untrained classifier are forgotten.
    /// Judgement.
    pub(crate) remembered_guesses: u32,
    /// Number of guesses from which the share of right ones is estimated. Reasoned.
    pub(crate) enough_guesses: u32,
    /// Subtracted from the share of right guesses that the operator wants, because the record comes from a classifier
    /// that knew less than it does now. The share is that of guesses with this margin or a higher one. Measured.
    pub(crate) record_lags: f64,
    /// Minimum share of right guesses among those with about the same margin alone. Judgement.
    pub(crate) right_alone: f64,

    // What else decides?
    /// The majority category of a topic decides only while it has been right for this share of the stories of fixed
    /// feeds. Judgement.
    pub(crate) trusted_majority: f64,
    /// Prior of that share: right cases and all cases, as if this many had been seen. Judgement.
    pub(crate) majority_prior: (f64, f64),
    /// Number of cases at which their record is halved. Judgement.
    pub(crate) remembered_majorities: u32,

    // What is shown as evidence? (classifier/explain.rs)
    /// A token is shown as evidence for a category if it adds so much more to that category's score than to any
    /// other's. Judgement.
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
