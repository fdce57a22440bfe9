//! Accepts connections and serves the routes on them. The number of connections, their idle time, their lifetime and
//! their memory are bounded: a client that sends nothing, or reads nothing, must not keep others waiting.

use crate::web::{Client, Clients};
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::add_extension::AddExtension;
use tracing::warn;

/// How long a connection may live: a reader comes once in a while, and connects again.
const CONNECTION_LIFE: Duration = Duration::from_mins(2);

/// Requests of one HTTP/2 connection that are answered at once; a page and what belongs to it are three.
const STREAMS: u32 = 8;

/// What one connection may buffer of a request: its head in HTTP/1.1, its body in HTTP/2.
const REQUEST_BYTES: usize = 64 * 1024;

/// What one HTTP/2 request's headers may take, decoded.
const HEADER_BYTES: u32 = 8 * 1024;

/// Send buffer of a connection (`SO_SNDBUF`), in bytes. Linux allows twice as much as is asked for. By default it
/// would grow to 4 MB.
const SEND_BYTES: usize = 128 * 1024;

/// How long open connections may take to end at shutdown.
const WEB_END: Duration = Duration::from_secs(3);

/// Pause after a failed accept, usually because file descriptors have run out (`EMFILE`), so that the loop does not
/// spin. Also the pause before another connection is asked to close.
const BREATH: Duration = Duration::from_millis(200);

/// A warning is repeated at most once in this time.
const SAID_AGAIN: Duration = Duration::from_mins(1);

/// Something that is said once a minute at the most, however often it happens.
#[derive(Default)]
struct Seldom {
    last: Option<Instant>,
}

impl Seldom {
    fn say(&mut self, words: impl FnOnce() -> String) {
        if self.last.is_none_or(|last| last.elapsed() >= SAID_AGAIN) {
            self.last = Some(Instant::now());
            warn!("{}", words());
        }
    }
}

/// Serves so many connections at once until `stop`, then lets open ones end.
pub(super) async fn serve(listener: TcpListener, routes: Router, at_once: usize, stop: CancellationToken) {
    // Connections inherit it.
    if let Err(error) = socket2::SockRef::from(&listener).set_send_buffer_size(SEND_BYTES) {
        warn!("the system's buffers of answers keep their size: {error}");
    }
    let places = Arc::new(Semaphore::new(at_once));
    let (mut full, mut refused) = (Seldom::default(), Seldom::default());
    let mut clients = Clients::default();
    let connections = TaskTracker::new();
    let graceful = GracefulShutdown::new();
    let builder = connection_builder();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let (stream, client) = match accepted {
            Ok((stream, address)) => (stream, Client::new(address.ip())),
            Err(error) => {
                refused.say(|| format!("no connection can be taken for now: {error}"));
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let place = loop {
            if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
                break Some(place);
            }
            full.say(|| format!("all {at_once} connections are taken; idle ones give way"));
            clients.make_room();
            tokio::select! {
                place = Arc::clone(&places).acquire_owned() => break place.ok(),
                () = tokio::time::sleep(BREATH) => {}
                () = stop.cancelled() => break None,
            }
        };
        let Some(place) = place else { break };
        clients.add(client.clone());
        let service = TowerToHyperService::new(AddExtension::new(routes.clone(), client.clone()));
        let stream = TokioIo::new(Counted { stream, client: client.clone() });
        let connection = graceful.watch(builder.serve_connection(stream, service).into_owned());
        connections.spawn(async move {
            // Errors of a connection are the client's matter and are not logged.
            tokio::select! {
                _ = tokio::time::timeout(CONNECTION_LIFE, connection) => {}
                () = client.no_longer_of_use() => {}
            }
            client.cut();
            drop(place);
        });
    }
    let _ = tokio::time::timeout(WEB_END, graceful.shutdown()).await;
}

fn connection_builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).max_buf_size(REQUEST_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_BYTES)
        .initial_stream_window_size(REQUEST_BYTES as u32)
        .initial_connection_window_size(REQUEST_BYTES as u32)
        .max_send_buf_size(REQUEST_BYTES);
    builder
}

/// Counts the bytes of an answer that the system has accepted, for the client's budget.
struct Counted {
    stream: TcpStream,
    client: Client,
}

impl Counted {
    fn count(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &written {
            self.client.took(*bytes);
        }
        written
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.count(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.count(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
