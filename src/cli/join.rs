//! `tidings join`.

use super::Globals;

/// Force a decision: make one story or topic of several, or keep stories in a category
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  tidings join https://example.org/news/1 https://example.net/a/2
  tidings join --topic ID ID
  tidings join --category science https://example.org/news/1")]
pub(crate) struct JoinArgs {
    /// Entries by address, or stories and topics by id
    #[arg(value_name = "ID|URL", required = true)]
    pub(crate) what: Vec<String>,
    /// Make one topic of their topics, instead of one story
    #[arg(long, conflicts_with = "category")]
    pub(crate) topic: bool,
    /// Keep their stories in this category
    #[arg(long, value_name = "CATEGORY")]
    pub(crate) category: Option<String>,
}

/// Not built yet.
pub(crate) fn run(_args: &JoinArgs, _globals: &Globals) -> anyhow::Result<()> {
    anyhow::bail!("`tidings join` is not built yet")
}
