//! `tidings demo`.

use super::Globals;

/// Run the daemon on a small made-up newsroom that it serves itself, offline
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  tidings demo
  tidings demo --listen 127.0.0.1:9000")]
pub(crate) struct DemoArgs {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: std::net::SocketAddr,
}

/// Not built yet.
pub(crate) fn run(_args: &DemoArgs, _globals: &Globals) -> anyhow::Result<()> {
    anyhow::bail!("`tidings demo` is not built yet")
}
