//! Reading the configuration again: on SIGHUP, and when the file changes. A bad file is refused with its complaints while
//! the old one stays in force.

use super::{AppError, descriptors, digest_context, enforce, web_context};
use crate::clock::Clock;
use crate::config::Config;
use crate::digest::DigestContext;
use crate::mail::Outbox;
use crate::store::Store;
use crate::web::WebContext;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::watch;
use tracing::{error, info, warn};

/// What the loops are told of a new configuration.
#[derive(Debug, Clone)]
pub(super) struct InForce {
    pub(super) config: Arc<Config>,
    pub(super) digests: DigestContext,
}

/// Reads the configuration again and tells everyone.
pub(super) struct Reloader {
    pub(super) path: PathBuf,
    pub(super) stamp: Option<Stamp>,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) outbox: Option<Outbox>,
    pub(super) in_force: watch::Sender<InForce>,
    pub(super) web: watch::Sender<Arc<WebContext>>,
}

/// What tells a changed file from an unchanged one, also when an editor writes another and renames it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: SystemTime,
    bytes: u64,
}

impl Stamp {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self { modified: metadata.modified().ok()?, bytes: metadata.len() })
    }
}

impl Reloader {
    /// Reads the file again if it has changed since it was last read.
    pub(super) async fn look(&mut self) {
        let stamp = Stamp::of(&self.path);
        if stamp.is_some() && stamp != self.stamp {
            self.reload().await;
        }
    }

    /// Reads the file again.
    pub(super) async fn reload(&mut self) {
        self.stamp = Stamp::of(&self.path);
        let config = match Config::load(&self.path) {
            Ok(config) => config,
            Err(complaints) => {
                error!(
                    "the changed configuration is refused, the old one stays in force: {}",
                    complaints.summary()
                );
                return;
            }
        };
        match self.put_in_force(config).await {
            Ok(()) => info!(config.path = %self.path.display(), "the changed configuration is in force"),
            Err(error) => error!("the changed configuration is refused; the old one stays in force: {error}"),
        }
    }

    async fn put_in_force(&self, mut config: Config) -> Result<(), AppError> {
        let digests = digest_context(&config, self.outbox.as_ref())?;
        crate::fetch::Fetcher::new(&config.poll)?;
        // More polls at once may take more files than were allowed so far; visitors keep the places they have.
        descriptors::connections(config.poll.concurrency)?;
        let old = Arc::clone(&self.in_force.borrow().config);
        for warning in &config.warnings {
            warn!("{}", warning.render(false).trim_end());
        }
        if config.store != old.store {
            warn!("[store] takes effect after a restart");
            config.store = old.store.clone();
        }
        if config.site.listen != old.site.listen {
            warn!("[site] listen takes effect after a restart");
            config.site.listen = old.site.listen;
        }
        enforce(&self.store, &config, &self.clock).await?;
        self.web.send_replace(Arc::new(web_context(&config)));
        self.in_force.send_replace(InForce { config: Arc::new(config), digests });
        Ok(())
    }
}
