//! The daemon: each loop is a task, and all are joined within ten seconds of being told to stop.

use super::reload::{InForce, Reloader, Stamp};
use super::{App, AppError, descriptors, serve};
use crate::budget::Share;
use crate::clock::Clock;
use crate::digest;
use crate::ingest::{Ingest, IngestReceiver};
use crate::model::Push;
use crate::pictures::{self, PicturesContext};
use crate::poll::Poller;
use crate::store::{Store, Trouble};
use crate::web;
use crate::websub::{self, WebsubContext};
use jiff::Timestamp;
use sd_notify::NotifyState;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

/// How long polls that have begun may take to end at shutdown; those cut off are simply due again.
const POLLS_END: Duration = Duration::from_secs(4);

/// How long the whole shutdown may take.
const ALL_END: Duration = Duration::from_secs(9);

/// How often to look for orders of the command line.
const ORDERS: Duration = Duration::from_secs(2);

/// How often old stories are deleted, and how long after the start for the first time: a clock that is wrong when the
/// machine starts must not make all news old.
const FORGETTING: Duration = Duration::from_hours(6);
const FORGETTING_BEGINS: Duration = Duration::from_hours(1);

/// How often to look whether a hub is to be asked.
const HUBS: Duration = Duration::from_mins(1);

/// How often to look whether a picture is to be fetched.
const PICTURES: Duration = Duration::from_secs(5);

/// How often to look whether `feeds.toml` has changed.
const CONFIG: Duration = Duration::from_secs(2);

impl App {
    /// Binds the address to serve on: the socket that systemd hands over, else `[site] listen`.
    pub async fn bind(&self) -> Result<TcpListener, AppError> {
        let address = self.config.site.listen;
        let failed = |error| AppError::Listen { address, error };
        match listenfd::ListenFd::from_env().take_tcp_listener(0) {
            Ok(Some(listener)) => {
                listener.set_nonblocking(true).map_err(failed)?;
                TcpListener::from_std(listener).map_err(failed)
            }
            _ => TcpListener::bind(address).await.map_err(failed),
        }
    }

    /// Runs until SIGTERM or SIGINT. `beside` runs along and ends with the rest; the demo's newsroom is one.
    pub async fn run(
        self,
        listener: TcpListener,
        beside: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), AppError> {
        let connections = descriptors::connections(self.config.poll.concurrency)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(AppError::Signals)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(AppError::Signals)?;
        let mut hang_up = signal(SignalKind::hangup()).map_err(AppError::Signals)?;
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let (tell, told) =
            watch::channel(InForce { config: self.config.clone(), digests: self.digests.clone() });
        let clock = self.surroundings.clock.clone();

        tasks.spawn(essential(serve::serve(listener, self.routes(), connections, stop.clone()), &stop));
        tasks.spawn(essential(
            ingest_loop(self.ingest, self.ingest_receiver, told.clone(), clock.clone()),
            &stop,
        ));
        let hubs = websub_loop(self.store.clone(), self.websub, told.clone(), clock.clone(), stop.clone());
        tasks.spawn(hubs);
        tasks.spawn(pictures_loop(self.store.clone(), self.pictures, told.clone(), stop.clone()));
        tasks.spawn(essential(
            poll_loop(self.poller, self.pushes.1, told.clone(), clock.clone(), stop.clone()),
            &stop,
        ));
        tasks.spawn(essential(digest_loop(self.store.clone(), told, clock.clone(), stop.clone()), &stop));
        let ends_beside = stop.clone();
        tasks.spawn(async move {
            tokio::select! { () = beside => {}, () = ends_beside.cancelled() => {} }
        });
        // Dropped, so that the queue closes when the poller ends, and ingest knows that it has filed everything.
        drop(self.ingest_sender);
        tasks.close();

        let path = self.surroundings.config_path.clone();
        let mut reloader = path.map(|path: PathBuf| Reloader {
            stamp: Stamp::of(&path),
            path,
            store: self.store.clone(),
            clock,
            outbox: self.surroundings.outbox.clone(),
            in_force: tell,
            web: self.web,
        });
        tell_systemd(&[NotifyState::Ready]);
        let mut failed = false;
        let (store, mut trouble) = (self.store.clone(), None);
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hang_up.recv() => if let Some(reloader) = &mut reloader {
                    tell_systemd_reloading();
                    reloader.reload().await;
                    tell_systemd(&[NotifyState::Ready]);
                },
                // A loop has ended by itself, which only a fault of ours can bring about.
                () = stop.cancelled() => {
                    failed = true;
                    break;
                }
                () = tokio::time::sleep(CONFIG) => {
                    if let Some(reloader) = &mut reloader {
                        reloader.look().await;
                    }
                    tell_trouble(&store, &mut trouble);
                }
            }
        }
        tell_systemd(&[NotifyState::Stopping]);
        info!("stopping; what has begun is brought to its end");
        stop.cancel();
        if tokio::time::timeout(ALL_END, tasks.wait()).await.is_err() {
            warn!("some work did not end in time and is cut off; it is done again at the next start");
        }
        if failed { Err(AppError::LoopEnded) } else { Ok(()) }
    }

    fn routes(&self) -> axum::Router {
        web::router(self.web(), self.callbacks())
    }

    /// Serves pages and outputs until `stop`; for tests, which drive the loops themselves.
    pub fn serve(
        &self,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> impl Future<Output = ()> + Send + 'static {
        serve::serve(listener, self.routes(), descriptors::CONNECTIONS, stop)
    }
}

/// A loop without which the rest is of no use: when it ends, by a panic too, all are told to stop, so that whoever started
/// the daemon can start it anew.
fn essential(
    work: impl Future<Output = ()> + Send + 'static,
    stop: &CancellationToken,
) -> impl Future<Output = ()> + Send + 'static {
    let guard = stop.clone().drop_guard();
    async move {
        work.await;
        drop(guard);
    }
}

/// Ends when every poller is gone and all they brought is filed.
async fn ingest_loop(
    mut ingest: Ingest,
    mut reports: IngestReceiver,
    mut told: watch::Receiver<InForce>,
    clock: Clock,
) {
    let mut orders = tokio::time::interval(ORDERS);
    orders.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut forgetting =
        tokio::time::interval_at(tokio::time::Instant::now() + FORGETTING_BEGINS, FORGETTING);
    forgetting.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        // Only the waiting is cancelled here; work that has begun goes on to its end.
        tokio::select! {
            group = reports.next_group() => match group {
                Some(group) => ingest.file(group, clock.now()).await,
                None => break,
            },
            _ = orders.tick() => match ingest.carry_out_orders(clock.now()).await {
                // Errors of the machine (a full disk, for example) are logged by [`tell_trouble`].
                Err(error) if !error.is_of_the_machine() => {
                    error!(error.kind = error.kind(), "orders wait: {error}");
                }
                _ => {}
            },
            _ = forgetting.tick() => {
                let items = told.borrow().config.publish.items;
                if let Err(error) = ingest.forget(clock.now(), items).await {
                    error!(error.kind = error.kind(), "nothing more is forgotten for now: {error}");
                }
            }
            Ok(()) = told.changed() => {
                let settings = told.borrow_and_update().config.desk();
                ingest.configure(settings);
            }
        }
    }
    if let Err(error) = ingest.save(clock.now()).await {
        error!(
            error.kind = error.kind(),
            "the desk was not saved; the next start learns from the journal: {error}"
        );
    }
}

async fn poll_loop(
    mut poller: Poller,
    mut pushes: mpsc::Receiver<(Push, Share)>,
    mut told: watch::Receiver<InForce>,
    clock: Clock,
    stop: CancellationToken,
) {
    loop {
        let now = clock.now();
        if let Err(error) = poller.start_due(now).await {
            error!(error.kind = error.kind(), "cannot look up which feeds are due: {error}");
        }
        let wake = tokio::time::sleep(until(poller.next_start(now).await, now));
        tokio::pin!(wake);
        loop {
            tokio::select! {
                round = poller.next_end(), if poller.is_busy() => if let Some(round) = round {
                    round.log();
                },
                Some((push, share)) = pushes.recv() => poller.take_push(push, share),
                () = &mut wake => break,
                Ok(()) = told.changed() => {
                    let config = told.borrow_and_update().config.clone();
                    if let Err(error) = poller.configure(&config.poll, &config.feeds) {
                        error!("polling goes on as before: {error}");
                    }
                    break;
                }
                () = stop.cancelled() => {
                    if tokio::time::timeout(POLLS_END, poller.finish()).await.is_err() {
                        info!("polls under way are cut off; they are due again at the next start");
                    }
                    return;
                }
            }
        }
    }
}

async fn websub_loop(
    store: Store,
    mut context: WebsubContext,
    mut told: watch::Receiver<InForce>,
    clock: Clock,
    stop: CancellationToken,
) {
    loop {
        if let Err(error) = websub::step(&store, &context, clock.now()).await {
            error!(error.kind = error.kind(), "hubs are not asked: {error}");
        }
        tokio::select! {
            () = tokio::time::sleep(HUBS) => {}
            Ok(()) = told.changed() => {
                let config = told.borrow_and_update().config.clone();
                match WebsubContext::new(&config.site.url, &config.poll) {
                    Ok(new) => context = new,
                    Err(error) => error!("hubs are asked as before: {error}"),
                }
            }
            () = stop.cancelled() => return,
        }
    }
}

async fn pictures_loop(
    store: Store,
    mut context: PicturesContext,
    mut told: watch::Receiver<InForce>,
    stop: CancellationToken,
) {
    loop {
        let step = async {
            match pictures::step(&store, &context).await {
                // There may be more to fetch.
                Ok(asked) if asked > 0 => return,
                // What lies in the machine is told elsewhere.
                Err(error) if !error.is_of_the_machine() => {
                    error!(error.kind = error.kind(), "pictures are not fetched: {error}");
                }
                _ => {}
            }
            tokio::time::sleep(PICTURES).await;
        };
        // A step may be given up halfway: what it has asked for and not kept is asked for again.
        tokio::select! {
            () = step => {}
            Ok(()) = told.changed() => {
                let config = told.borrow_and_update().config.clone();
                match context.configured(config.publish.pictures, &config.poll) {
                    Ok(new) => context = new,
                    Err(error) => error!("pictures are fetched as before: {error}"),
                }
            }
            () = stop.cancelled() => return,
        }
    }
}

async fn digest_loop(
    store: Store,
    mut told: watch::Receiver<InForce>,
    clock: Clock,
    stop: CancellationToken,
) {
    let mut sending = digest::Sending::until(stop.clone());
    loop {
        let context = told.borrow_and_update().digests.clone();
        let now = clock.now();
        match digest::step(&store, &context, &mut sending, now).await {
            // There may be more to send: the connection is open.
            Ok(mailed) if mailed.sent > 0 && !stop.is_cancelled() => continue,
            Ok(_) => {}
            Err(error) => error!(error.kind = error.kind(), "the digest waits: {error}"),
        }
        let now = clock.now();
        let next = digest::next_step(&store, &context, now).await;
        tokio::select! {
            () = tokio::time::sleep(until(next, now)) => {}
            Ok(()) = told.changed() => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Logs once that the store cannot be written, and once that it can again.
fn tell_trouble(store: &Store, told: &mut Option<Trouble>) {
    let now = store.trouble();
    match &now {
        Some(trouble) if now != *told => error!(error.kind = trouble.kind, "{}", trouble.words),
        None if told.is_some() => info!("the database can be written again"),
        _ => {}
    }
    *told = now;
}

fn until(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or(Duration::ZERO)
}

fn tell_systemd(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        warn!("cannot notify systemd: {error}");
    }
}

fn tell_systemd_reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell_systemd(&[NotifyState::Reloading, now]),
        Err(error) => warn!("cannot notify systemd: {error}"),
    }
}
