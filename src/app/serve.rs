//! Takes connections and serves the routes on them, with a bound on their number, their patience and their life: a client
//! that sends nothing, or reads nothing, must not keep others waiting.

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

/// Connections at once; more wait in the system's queue.
const CONNECTIONS: usize = 512;

/// How long the head of a request may take to arrive, also on a connection kept open for another one.
const HEADER_LIMIT: Duration = Duration::from_secs(10);

/// How long a connection may live: a reader comes once in a while, and connects again.
const CONNECTION_LIFE: Duration = Duration::from_mins(2);

/// How long open connections may take to end at shutdown.
const WEB_END: Duration = Duration::from_secs(3);

/// How long to wait when the system gives no connection, which is when it has no more file descriptors.
const BREATH: Duration = Duration::from_millis(200);

/// Serves until `stop`, then lets open connections end.
pub(super) async fn serve(listener: TcpListener, routes: Router, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let connections = TaskTracker::new();
    let graceful = GracefulShutdown::new();
    loop {
        if places.available_permits() == 0 {
            warn!("all {CONNECTIONS} connections are taken; new ones wait");
        }
        let accepted = tokio::select! {
            accepted = async {
                let place = Arc::clone(&places).acquire_owned().await.ok()?;
                Some((listener.accept().await, place))
            } => accepted,
            () = stop.cancelled() => break,
        };
        let Some((accepted, place)) = accepted else { break };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                warn!("no connection can be taken for now: {error}");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_LIMIT);
        builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEADER_LIMIT);
        let service = TowerToHyperService::new(routes.clone());
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned());
        connections.spawn(async move {
            // How a connection ends is the client's affair.
            let _ = tokio::time::timeout(CONNECTION_LIFE, connection).await;
            drop(place);
        });
    }
    let _ = tokio::time::timeout(WEB_END, graceful.shutdown()).await;
}
