//! Content codings of answers (RFC 9110 §8.4): which one a client wants, and a body compressed in it.
//!
//! A body is compressed once, as a whole, and its compressed bytes are shared by all answers. An encoder for each answer would
//! take its time again and again, and its memory as long as the client does not read.

use async_compression::Level;
use async_compression::brotli::EncoderParams;
use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder};
use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use futures_util::FutureExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::Semaphore;

/// Smaller bodies fit into one packet anyway.
const SMALLEST_BYTES: usize = 1_000;

/// Window of brotli, 512 KiB: how far back a compressed body may refer.
const BROTLI_WINDOW_LOG: i32 = 19;

/// Maximum number of bodies compressed at once: clients that ask and go away must not occupy every processor.
static PLACES: Semaphore = Semaphore::const_new(2);

/// A coding that we can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    /// The best first.
    pub(super) const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// Its name in HTTP, which also ends the ETags of bodies in it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// What `Accept-Encoding` asks for (RFC 9110 §12.5.3); `None` is the body as it is.
    pub(super) fn wanted(asked: &HeaderMap, bytes: usize) -> Option<Self> {
        if bytes < SMALLEST_BYTES {
            return None;
        }
        let lines = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
        // In thousandths: weights have three digits (RFC 9110 §12.4.2).
        let (mut brotli, mut gzip, mut plain) = (0, 0, 0);
        for wish in lines.flat_map(|line| line.split(',')) {
            let (name, rest) = wish.split_once(';').unwrap_or((wish, ""));
            // Names and parameters are in any case (RFC 9110 §5.6.6).
            let weight = rest.trim().split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("q"));
            let weight = weight.map_or(Some(1.0), |(_, text)| text.parse::<f64>().ok());
            let Some(weight) = weight.filter(|weight| (0.0..=1.0).contains(weight)) else { continue };
            let weight = (weight * 1_000.0) as u32;
            match name.trim().to_ascii_lowercase().as_str() {
                "br" => brotli = weight,
                "gzip" | "x-gzip" => gzip = weight,
                "identity" => plain = weight,
                _ => {}
            }
        }
        let (coding, weight) = if gzip > brotli { (Self::Gzip, gzip) } else { (Self::Brotli, brotli) };
        (weight > 0 && weight >= plain).then_some(coding)
    }

    /// The bytes that were compressed, `len` of them.
    pub(super) async fn unpack(self, packed: &[u8], len: usize) -> std::io::Result<Bytes> {
        let bytes = crate::coding::undo_all(packed, [self.name()], len).await;
        bytes.map(Bytes::from).map_err(|_| std::io::ErrorKind::InvalidData.into())
    }

    /// `bytes` in this coding.
    pub(super) async fn pack(self, bytes: Bytes) -> std::io::Result<Bytes> {
        let place = PLACES.acquire().await;
        let packing = tokio::task::spawn_blocking(move || {
            let _place = place;
            match self {
                // Levels that take a few milliseconds a megabyte more than the fastest, and save a fifth of the bytes. A larger
                // window would take more memory than most bodies.
                Self::Brotli => {
                    let params =
                        EncoderParams::default().quality(Level::Precise(4)).window_size(BROTLI_WINDOW_LOG);
                    whole(BrotliEncoder::with_params(&*bytes, params))
                }
                Self::Gzip => whole(GzipEncoder::with_quality(&*bytes, Level::Precise(6))),
            }
        });
        packing.await.map_err(std::io::Error::other)?
    }
}

/// All that an encoder of bytes in memory gives; it has nothing to wait for.
fn whole(mut encoder: impl AsyncRead + Unpin) -> std::io::Result<Bytes> {
    let mut packed = Vec::new();
    let read = encoder.read_to_end(&mut packed).now_or_never();
    read.unwrap_or_else(|| Err(std::io::ErrorKind::WouldBlock.into()))?;
    packed.shrink_to_fit();
    Ok(Bytes::from(packed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn wanted(line: &'static str) -> Option<&'static str> {
        let asked = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(line))]);
        Coding::wanted(&asked, SMALLEST_BYTES).map(Coding::name)
    }

    #[test]
    fn a_client_gets_the_best_coding_that_it_takes() {
        for (line, coding) in [
            ("", None),
            ("gzip", Some("gzip")),
            ("gzip, deflate, br, zstd", Some("br")),
            ("br, gzip", Some("br")),
            ("GZIP;q=0.5, br;q=0.1", Some("gzip")),
            ("x-gzip", Some("gzip")),
            ("gzip;q=0", None),
            ("gzip;Q=0, br; Q=0", None),
            ("gzip; q=0, br;q=0.0", None),
            ("identity, gzip;q=0.5", None),
            ("identity;q=0.5, gzip;q=1.0", Some("gzip")),
            ("deflate, zstd", None),
            ("gzip;q=high, br;q=7", None),
        ] {
            assert_eq!(wanted(line), coding, "{line}");
        }
        let asked = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"))]);
        assert_eq!(Coding::wanted(&asked, SMALLEST_BYTES - 1), None);
    }

    #[tokio::test]
    async fn what_is_packed_is_what_was_given() {
        let text = "Every feed, each story once. ".repeat(10_000);
        for coding in Coding::ALL {
            let packed = coding.pack(Bytes::from(text.clone())).await.unwrap();
            assert!(packed.len() < text.len() / 20);
            assert_eq!(coding.unpack(&packed, text.len()).await.unwrap(), text);
        }
    }
}
