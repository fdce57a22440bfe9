//! `tidings demo`: runs the daemon on a made-up newsroom that this process serves itself, without a network. It needs no
//! configuration and leaves no file behind.

use super::{Globals, note, print};
use crate::app::{App, AppError, Surroundings};
use crate::clock::Clock;
use crate::config::{Config, Environment};
use crate::demo::{self, Newsroom, Origin};
use crate::telemetry;
use anyhow::Context as _;
use std::fs::DirBuilder;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// Run the daemon on a small made-up newsroom that it serves itself, offline
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  tidings demo
  tidings demo --listen 127.0.0.1:9000")]
pub(crate) struct DemoArgs {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
}

/// Runs the demonstration until it is told to stop, then deletes what it filed.
pub(crate) fn run(args: &DemoArgs, _globals: &Globals) -> anyhow::Result<()> {
    telemetry::start();
    let folder = Folder::new()?;
    super::runtime()?.block_on(async {
        let (origin, serving) = Origin::start().await.context("cannot serve the newsroom")?;
        let mut serving = Box::pin(serving);
        let mut newsroom = Newsroom::new(Clock::System.now());
        let path = folder.0.join("feeds.toml");
        let listen = args.listen.to_string();
        std::fs::write(&path, newsroom.feeds_toml(&origin, &listen))
            .with_context(|| format!("cannot write {}", path.display()))?;
        let text = std::fs::read_to_string(&path)?;
        let config = Config::parse(&text, &path, &Environment::default())?;
        let (entries, digests) = (newsroom.entry_count(), config.digests.clone());
        let mut app = App::new(config, Surroundings::real(Some(path.clone()))).await?;
        let listener = app.bind().await.map_err(elsewhere)?;
        let address = listener.local_addr()?;
        let filed = tokio::select! {
            filed = relive(&mut app, &mut newsroom, &origin) => filed?,
            () = &mut serving => anyhow::bail!("the newsroom cannot be served"),
        };
        for digest in &digests {
            app.send_edition(digest).await?;
        }
        print(&welcome(address, &path, newsroom.feed_count(), entries, filed))?;
        let stop = CancellationToken::new();
        app.run(listener, async move {
            tokio::join!(serving, demo::run(newsroom, Clock::System, stop));
        })
        .await?;
        note("The demonstration is over; what it filed is gone.");
        Ok(())
    })
}

/// Files the newsroom's last two days in the order in which they happened, so that topics grow as they would have, then
/// the corrections of its publishers. Returns how many entries were filed, corrections not counted.
async fn relive(app: &mut App, newsroom: &mut Newsroom, origin: &Origin) -> anyhow::Result<usize> {
    let mut filed = 0;
    for moment in newsroom.moments() {
        newsroom.publish_as_of(moment, origin);
        filed += app.poll_once(true).await?.entries;
    }
    newsroom.correct();
    app.poll_once(true).await?;
    Ok(filed)
}

/// Replaces the advice of an error about a taken address: the demonstration has no `feeds.toml` whose `listen` could be
/// changed, so that the advice is to use `--listen`.
fn elsewhere(error: AppError) -> anyhow::Error {
    match error {
        AppError::Listen { address, error } => anyhow::anyhow!(
            "cannot listen on {address}: {error}; is another program using it? Try: tidings demo --listen 127.0.0.1:{}",
            address.port().checked_add(1).unwrap_or(8081)
        ),
        error => error.into(),
    }
}

fn welcome(address: SocketAddr, config: &Path, feeds: usize, entries: usize, filed: usize) -> String {
    format!(
        "\n  Tidings is running on a made-up newsroom of {feeds} feeds with {entries} entries ({filed} filed).\n\n  \
         Front page    http://{address}/\n  \
         A category    http://{address}/world\n  \
         Merged feed   http://{address}/all.atom   (also .rss and .json)\n  \
         Calmer feed   http://{address}/all/topics.atom\n  \
         For readers   http://{address}/feeds      (every address to subscribe to)\n  \
         A digest      http://{address}/digests\n  \
         Feed health   http://{address}/status     (one feed fails on purpose)\n\n  \
         A wire gains an entry every ten seconds for two minutes: reload and see.\n  \
         Beside it, try:  tidings status --config {config}\n  \
         Ctrl-C ends it.\n\n",
        config = config.display(),
    )
}

/// A temporary folder of this user alone, which is deleted when the value is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // A folder that is there already may be another user's, who could then change what is in it.
        for n in 0..100 {
            let folder = std::env::temp_dir().join(format!("tidings-demo-{}-{n}", std::process::id()));
            match builder.create(&folder) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => {
                    made.with_context(|| format!("cannot make {}", folder.display()))?;
                    return Ok(Self(folder));
                }
            }
        }
        anyhow::bail!("cannot make a folder in {}: all names are taken", std::env::temp_dir().display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that cannot be deleted stays among the system's temporary files, where it does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
