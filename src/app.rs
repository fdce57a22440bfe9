//! Builds the parts, runs the loops, and joins them at shutdown.
//!
//! This is the one module that knows the whole configuration and starts tasks. Each loop is `step(now)` and a sleep; here
//! are the sleeps. Tests drive the same parts through [`App::step`] with a clock of their own.

mod descriptors;
mod reload;
mod run;
mod serve;

use crate::budget::Share;
use crate::clock::Clock;
use crate::config::Config;
use crate::digest::{self, DigestContext, Mailed, Sending};
use crate::fetch::{FetchError, Fetcher};
use crate::ingest::{self, Ingest, IngestReceiver, IngestSender};
use crate::mail::{MailError, Mailer, Outbox, Sent};
use crate::model::{DigestSettings, EditionDraft, FeedSettings, Pictures, PollSettings, Push};
use crate::pictures::{self, PicturesContext};
use crate::poll::{Poller, Round};
use crate::schedule::{self, Plan};
use crate::store::{Batch, Store, StoreError};
use crate::web::websub::Callbacks;
use crate::web::{Web, WebContext};
use crate::websub::{self, WebsubContext};
use jiff::Timestamp;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How many pushes may wait to be read. A hub whose push finds the queue full has to send it again.
const PUSHES: usize = 4;

/// Why the program cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store cannot be used.
    #[error("the database {path}: {error}", path = .path.display())]
    Store {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        error: StoreError,
    },
    /// The store failed later on.
    #[error("the database: {0}")]
    Stored(#[from] StoreError),
    /// Polling cannot start.
    #[error("[poll]: {0}")]
    Fetch(#[from] FetchError),
    /// Mail cannot be sent with these settings.
    #[error("{0}")]
    Mail(#[from] MailError),
    /// The address to listen on is taken or not ours.
    #[error(
        "cannot listen on {address}: {error}; is another program using it? Set [site] listen to another address"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// The process may open too few files.
    #[error(
        "this process may open {allowed} files, and [poll] concurrency = {polls} takes {needed}; raise LimitNOFILE (`ulimit -n`), \
         or lower concurrency"
    )]
    FewFiles {
        /// How many it may open.
        allowed: u64,
        /// How many it must.
        needed: u64,
        /// Polls at once.
        polls: usize,
    },
    /// The signals of the system cannot be heard.
    #[error("cannot wait for signals: {0}")]
    Signals(std::io::Error),
    /// One of the loops has ended by itself.
    #[error("a part of the daemon has ended, so all of it has; please report what the log says before this")]
    LoopEnded,
}

/// What an [`App`] takes from outside beside its configuration.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Where the time comes from.
    pub clock: Clock,
    /// The file that the configuration was read from; it is watched and read again. `None` for one made in memory.
    pub config_path: Option<PathBuf>,
    /// Keeps mail in memory instead of sending it, for tests.
    pub outbox: Option<Outbox>,
}

impl Surroundings {
    /// Those of a program that runs for real.
    pub fn real(config_path: Option<PathBuf>) -> Self {
        Self { clock: Clock::System, config_path, outbox: None }
    }
}

/// The two ends of a queue of pushes, each with its share of the budget.
type Pushes = (mpsc::Sender<(Push, Share)>, mpsc::Receiver<(Push, Share)>);

/// The whole program as a value.
pub struct App {
    config: Arc<Config>,
    surroundings: Surroundings,
    store: Store,
    ingest_sender: IngestSender,
    ingest_receiver: IngestReceiver,
    ingest: Ingest,
    poller: Poller,
    /// What hubs push, from the web to the poller.
    pushes: Pushes,
    websub: WebsubContext,
    pictures: PicturesContext,
    digests: DigestContext,
    sending: Sending,
    web: watch::Sender<Arc<WebContext>>,
}

/// What a step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    /// Polls.
    pub round: Round,
    /// Editions and deliveries.
    pub mailed: Mailed,
}

impl App {
    /// Opens the store and builds every part. Nothing is polled, sent or served yet.
    pub async fn new(config: Config, surroundings: Surroundings) -> Result<Self, AppError> {
        crate::fetch::install_tls();
        let path = config.store.path.clone();
        let store = Store::open(&config.store).map_err(|error| match error {
            // It names the file itself.
            error @ StoreError::Io { .. } => AppError::Stored(error),
            error => AppError::Store { path, error },
        })?;
        let clock = surroundings.clock.clone();
        enforce(&store, &config, &clock).await?;
        let now = clock.now();
        store.write(move |batch| batch.release_deliveries(now)).await?;
        let ingest = Ingest::new(store.clone(), config.desk()).await?;
        let (ingest_sender, ingest_receiver) = ingest::queue();
        let fetcher = Fetcher::new(&config.poll)?;
        let poller = Poller::new(
            store.clone(),
            ingest_sender.clone(),
            fetcher,
            clock.clone(),
            config.poll.clone(),
            &config.feeds,
        );
        let websub = WebsubContext::new(&config.site.url, &config.poll)?;
        let (hosts, outage) = (poller.hosts(), poller.outage());
        let pictures =
            PicturesContext::new(config.publish.pictures, &config.poll, hosts, outage, clock.clone())?;
        let digests = digest_context(&config, surroundings.outbox.as_ref())?;
        let (web, _) = watch::channel(Arc::new(web_context(&config)));
        Ok(Self {
            config: Arc::new(config),
            surroundings,
            store,
            ingest_sender,
            ingest_receiver,
            ingest,
            poller,
            pushes: mpsc::channel(PUSHES),
            websub,
            pictures,
            digests,
            sending: Sending::default(),
            web,
        })
    }

    /// The store, to look at.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Everything that the routes need.
    pub fn web(&self) -> Web {
        Web {
            store: self.store.clone(),
            context: self.web.subscribe(),
            clock: self.surroundings.clock.clone(),
            outage: self.poller.outage(),
        }
    }

    /// What the routes for hubs need.
    fn callbacks(&self) -> Callbacks {
        Callbacks {
            store: self.store.clone(),
            clock: self.surroundings.clock.clone(),
            pushes: self.pushes.0.clone(),
        }
    }

    /// Polls what is due, files what it brought, asks hubs, carries out orders, composes and sends what is due: everything that
    /// is to be done now, to the end.
    pub async fn step(&mut self) -> Result<Step, AppError> {
        let round = self.poll_once(false).await?;
        let now = self.surroundings.clock.now();
        websub::step(&self.store, &self.websub, now).await?;
        Ok(Step { round, mailed: self.deliver().await? })
    }

    /// Fetches the pictures that pages are likely to show, to the last that is due.
    pub async fn fetch_pictures(&self) -> Result<(), AppError> {
        while pictures::step(&self.store, &self.pictures).await? > 0 {}
        Ok(())
    }

    /// Composes the editions that are due or asked for, and sends what is open, to the last.
    pub async fn deliver(&mut self) -> Result<Mailed, AppError> {
        let mut mailed = Mailed::default();
        loop {
            let now = self.surroundings.clock.now();
            let step = digest::step(&self.store, &self.digests, &mut self.sending, now).await?;
            mailed += step;
            if step.sent + step.deferred + step.refused == 0 {
                return Ok(mailed);
            }
        }
    }

    /// Polls what is due, or every feed, and files what it brought.
    pub async fn poll_once(&mut self, all: bool) -> Result<Round, AppError> {
        let clock = self.surroundings.clock.clone();
        while let Ok((push, share)) = self.pushes.1.try_recv() {
            self.poller.take_push(push, share);
        }
        if all {
            self.poller.start_all().await?;
        } else {
            self.poller.start_due(clock.now()).await?;
        }
        let round = {
            let polling = self.poller.finish();
            tokio::pin!(polling);
            loop {
                // Only the waiting may be cancelled; filing a group that has begun goes on to its end.
                let group = tokio::select! {
                    round = &mut polling => break round,
                    group = self.ingest_receiver.next_group() => group,
                };
                let Some(group) = group else { break Round::default() };
                let filing = self.ingest.file(group, clock.now());
                tokio::pin!(filing);
                let mut ended = None;
                loop {
                    tokio::select! {
                        round = &mut polling, if ended.is_none() => ended = Some(round),
                        () = &mut filing => break,
                    }
                }
                if let Some(round) = ended {
                    break round;
                }
            }
        };
        self.ingest.step(Vec::new(), clock.now()).await?;
        Ok(round)
    }

    /// Composes an edition of a digest now, whatever its schedule says, and sends it. Gives its id.
    pub async fn send_edition(&mut self, digest: &DigestSettings) -> Result<String, AppError> {
        let now = self.surroundings.clock.now();
        let name = digest.name.clone();
        self.store.write(move |batch| batch.want_edition(&name, now)).await?;
        self.deliver().await?;
        Ok(digest::wanted_id(digest, now))
    }

    /// Forgets what is old enough to be forgotten. Gives how many stories that were.
    pub async fn forget(&mut self) -> Result<usize, AppError> {
        let now = self.surroundings.clock.now();
        Ok(self.ingest.forget(now, self.config.publish.items).await?)
    }

    /// Saves what is only in memory.
    pub async fn save(&mut self) -> Result<(), AppError> {
        let now = self.surroundings.clock.now();
        Ok(self.ingest.save(now).await?)
    }
}

/// The edition of a digest as it would be now; works beside a running daemon. `None` when there is nothing to tell.
pub fn preview(config: &Config, name: &str, now: Timestamp) -> Result<Option<EditionDraft>, AppError> {
    let context = DigestContext {
        site: config.site.clone(),
        categories: config.categories.clone(),
        digests: config.digests.clone(),
        mailer: None,
    };
    Ok(crate::store::look(&config.store.path, |reader| digest::draft_now(reader, &context, name, None, now))?)
}

/// Sends the edition of a digest as it would be now to one recipient; works beside a running daemon, and moves nothing. `None` when
/// there is nothing to tell, or no `[mail]`.
pub async fn send_trial(
    config: &Config,
    name: &str,
    to: &str,
    now: Timestamp,
) -> Result<Option<Sent>, AppError> {
    let Some(draft) = preview(config, name, now)? else { return Ok(None) };
    Ok(digest::send_trial(&digest_context(config, None)?, draft, to, now).await)
}

/// Makes the store agree with the configuration on which feeds and digests there are.
async fn enforce(store: &Store, config: &Config, clock: &Clock) -> Result<(), StoreError> {
    let (feeds, now) = (config.feeds.clone(), clock.now());
    let digests: Vec<String> = config.digests.iter().map(|digest| digest.name.clone()).collect();
    let categories = config.categories.clone();
    let poll = config.poll.clone();
    let without_pictures = config.publish.pictures == Pictures::None;
    store
        .write(move |batch| {
            batch.sync_feeds(&feeds, now)?;
            bring_forward(batch, &feeds, &poll, now)?;
            if without_pictures {
                batch.drop_all_pictures()?;
            }
            for category in &categories {
                category.was.iter().try_for_each(|was| batch.rename_category(was, &category.name))?;
            }
            digests.iter().try_for_each(|name| batch.know_digest(name, now))
        })
        .await?;
    let named = |digest: &DigestSettings| {
        let name = digest.name.clone();
        digest.to.clone().into_iter().map(move |address| (name.clone(), address))
    };
    store.agree_on_who_left(config.digests.iter().flat_map(named).collect(), now).await
}

/// Moves the next poll of a feed forward if it lies further ahead than the intervals now allow. Polls of one host
/// still come one at a time, with pauses.
fn bring_forward(
    batch: &Batch<'_>,
    feeds: &[FeedSettings],
    settings: &PollSettings,
    now: Timestamp,
) -> Result<(), StoreError> {
    let own: HashMap<&str, Duration> =
        feeds.iter().filter_map(|feed| Some((feed.url.as_str(), feed.interval?))).collect();
    for state in batch.reader().feed_states()? {
        let plan = Plan { settings, own_interval: own.get(state.url.as_str()).copied(), now };
        if let Some(sooner) = schedule::brought_forward(&plan, &state) {
            batch.put_next_poll(state.no, sooner)?;
        }
    }
    Ok(())
}

fn digest_context(config: &Config, outbox: Option<&Outbox>) -> Result<DigestContext, MailError> {
    let mailer = match (&config.mail, outbox) {
        (Some(mail), Some(outbox)) => Some(Mailer::memory(mail, outbox.clone())?),
        (Some(mail), None) => Some(Mailer::new(mail)?),
        (None, _) => None,
    };
    Ok(DigestContext {
        site: config.site.clone(),
        categories: config.categories.clone(),
        digests: config.digests.clone(),
        mailer,
    })
}

fn web_context(config: &Config) -> WebContext {
    WebContext {
        site: config.site.clone(),
        publish: config.publish.clone(),
        categories: config.categories.clone(),
        digests: config.digests.clone(),
    }
}
