//! `tidings why`.

use super::Globals;

/// Explain why an entry is in its story, topic and category
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  tidings why https://example.org/news/1
  tidings why 0192f1c4-0000-8000-8000-000000000000")]
pub(crate) struct WhyArgs {
    /// A story or topic by its id or page, or an entry by its address
    #[arg(value_name = "ID|URL")]
    pub(crate) what: String,
}

/// Not built yet.
pub(crate) fn run(_args: &WhyArgs, _globals: &Globals) -> anyhow::Result<()> {
    anyhow::bail!("`tidings why` is not built yet")
}
