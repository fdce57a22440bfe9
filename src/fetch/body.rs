//! Bodies of answers, read within limits of bytes and time, and decoded.
//!
//! A body that breaks off, or does not decode to its end, is handed on with the reason, because its beginning may hold
//! whole entries. If nothing but white space came before the break, the poll has failed. This module must not know what
//! an entry is.

use super::{FetchFailure, Fetcher, trouble};
use crate::budget::Share;
use crate::coding::{self, Stream, Undecoded};
use crate::model::PollFailure;
use reqwest::header;
use std::io;
use std::time::Duration;
use tokio::io::AsyncBufReadExt as _;
use tokio::time::{Instant, timeout_at};
use tokio_util::io::StreamReader;
use url::Url;

/// A body, or its beginning.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) share: Share,
    /// Why it is not whole.
    pub(super) cut: Option<PollFailure>,
}

/// More bytes arrived than the limit allows.
#[derive(Debug, thiserror::Error)]
#[error("too large")]
struct TooLarge;

/// What a body may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes, as sent and after decoding.
    pub(super) bytes: usize,
    /// What sets this limit, for the operator.
    pub(super) set_by: &'static str,
    /// When the whole answer must have arrived.
    pub(super) deadline: Instant,
    /// How long before the deadline it was asked for.
    pub(super) timeout: Duration,
}

/// The body of an answer, decoded. Reading it fails after `limit` bytes as sent.
pub(super) async fn open(response: reqwest::Response, limit: usize) -> Result<Stream<'static>, Undecoded> {
    let codings = response.headers().get_all(header::CONTENT_ENCODING);
    let codings: Vec<String> =
        codings.iter().map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect();
    let chunks = futures_util::stream::try_unfold((response, limit), |(mut response, left)| async move {
        let Some(chunk) = response.chunk().await.map_err(io::Error::other)? else { return Ok(None) };
        let left = left.checked_sub(chunk.len()).ok_or_else(|| io::Error::other(TooLarge))?;
        Ok::<_, io::Error>(Some((chunk, (response, left))))
    });
    coding::undo(Box::pin(StreamReader::new(chunks)), codings.iter().map(String::as_str)).await
}

impl Fetcher {
    /// Reads the body piece by piece, so that a compression bomb costs one piece more than the limit.
    pub(super) async fn body(
        &self,
        response: reqwest::Response,
        url: &Url,
        limits: Limits,
    ) -> Result<Body, FetchFailure> {
        let Limits { bytes: limit, mut deadline, .. } = limits;
        let too_slow = |_| trouble::too_slow(url, limits.timeout);
        let too_large = || trouble::too_large(url, limit, limits.set_by);
        let wrong = |undecoded: Undecoded, bytes: usize| match undecoded {
            Undecoded::Unknown(name) => trouble::unknown_coding(url, &name),
            Undecoded::Broken(error) if trouble::find::<TooLarge>(&error).is_none() => {
                trouble::of_body(&error, url, bytes)
            }
            _ => too_large(),
        };
        let mut body = Body { bytes: Vec::new(), share: self.budget.share(), cut: None };
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        let opened = timeout_at(deadline, open(response, limit)).await.map_err(too_slow)?;
        let mut stream = opened.map_err(|undecoded| wrong(undecoded, 0))?;
        loop {
            let piece = match timeout_at(deadline, stream.fill_buf()).await.map_err(too_slow)? {
                Ok([]) => return Ok(body),
                Ok(piece) => piece,
                Err(error) => {
                    let is_too_large = trouble::find::<TooLarge>(&error).is_some();
                    let failure = wrong(Undecoded::Broken(error), body.bytes.len());
                    if is_too_large || body.bytes.trim_ascii().is_empty() {
                        return Err(failure);
                    }
                    body.cut = Some(failure.failure);
                    return Ok(body);
                }
            };
            let (length, bytes) = (piece.len(), body.bytes.len() + piece.len());
            if bytes > limit {
                return Err(too_large());
            }
            let asked = Instant::now();
            body.share.grow_to(bytes).await;
            // The wait was ours, not the publisher's.
            deadline += asked.elapsed();
            body.bytes.extend_from_slice(piece);
            stream.consume(length);
        }
    }
}
