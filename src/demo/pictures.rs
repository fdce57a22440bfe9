//! The newsroom's pictures, drawn for it; the origin serves them under `/pictures/`.

macro_rules! drawn {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("newsroom/pictures/", $name, ".svg")))),*]
    };
}

/// Each picture by name, as SVG of 600 by 400.
pub(super) const ALL: &[(&str, &str)] = drawn![
    "storm", "barges", "cup", "cat", "opera", "vault", "battery", "probe", "octopus", "museum", "mountain",
    "umbrella", "ship", "swan", "train",
];
