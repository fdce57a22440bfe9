//! `tidings split`.

use super::Globals;

/// Take a decision back: take entries out of their story, or stories out of their topic
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  tidings split https://example.org/news/1
  tidings split --topic https://example.org/news/1")]
pub(crate) struct SplitArgs {
    /// Entries by address, or stories by id, to take out
    #[arg(value_name = "ID|URL", required = true)]
    pub(crate) what: Vec<String>,
    /// Take their stories out of the topic, instead of the entries out of the story
    #[arg(long)]
    pub(crate) topic: bool,
}

/// Not built yet.
pub(crate) fn run(_args: &SplitArgs, _globals: &Globals) -> anyhow::Result<()> {
    anyhow::bail!("`tidings split` is not built yet")
}
