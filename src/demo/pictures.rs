//! The newsroom's pictures, embedded as SVG. The origin serves them as PNG under `/pictures/`.

use super::drawing;
use std::sync::OnceLock;

macro_rules! drawings {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("newsroom/pictures/", $name, ".svg")))),*]
    };
}

/// Each drawing by name, as SVG of 600 by 400 units.
pub(super) const ALL: &[(&str, &str)] = drawings![
    "storm", "barges", "cup", "cat", "opera", "vault", "battery", "probe", "octopus", "museum", "mountain",
    "umbrella", "ship", "swan", "train",
];

/// Each picture by name, as PNG. They are drawn at the first call.
pub(super) fn drawn() -> &'static [(&'static str, Vec<u8>)] {
    static DRAWN: OnceLock<Vec<(&'static str, Vec<u8>)>> = OnceLock::new();
    DRAWN.get_or_init(|| ALL.iter().map(|(name, svg)| (*name, drawing::png(svg))).collect())
}
