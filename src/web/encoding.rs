//! Undoing the `Content-Encoding` of what is sent to us (RFC 9110 §8.4), up to a limit.
//!
//! It knows encodings and no requests. Answers are undone by `fetch`'s client, which has this built in.

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Encodings that one body may have, each over the next.
const MAX_ENCODINGS: usize = 3;

/// Why a body cannot be had as it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undecoded {
    /// An encoding that we do not know, or too many.
    Unknown,
    /// It is not what it is said to be, or ends early.
    Broken,
    /// More than the limit.
    TooLarge,
}

/// The body without its encodings; `names` are those of the header, in the order in which they were applied.
pub(super) async fn undo(body: Vec<u8>, names: &str, limit: usize) -> Result<Vec<u8>, Undecoded> {
    let names: Vec<String> = names
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !matches!(name.as_str(), "" | "identity"))
        .collect();
    if names.len() > MAX_ENCODINGS {
        return Err(Undecoded::Unknown);
    }
    let mut body = body;
    for name in names.iter().rev() {
        let packed = body.as_slice();
        body = match name.as_str() {
            "gzip" | "x-gzip" => {
                let mut members = GzipDecoder::new(packed);
                members.multiple_members(true);
                read(members, limit).await
            }
            "deflate" => read(ZlibDecoder::new(packed), limit).await,
            "br" => read(BrotliDecoder::new(packed), limit).await,
            "zstd" => read(ZstdDecoder::new(packed), limit).await,
            _ => Err(Undecoded::Unknown),
        }?;
    }
    Ok(body)
}

async fn read(decoder: impl AsyncRead + Unpin, limit: usize) -> Result<Vec<u8>, Undecoded> {
    let mut body = Vec::new();
    decoder.take(limit as u64 + 1).read_to_end(&mut body).await.map_err(|_| Undecoded::Broken)?;
    if body.len() > limit { Err(Undecoded::TooLarge) } else { Ok(body) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};

    async fn packed(encoder: impl AsyncRead + Unpin) -> Vec<u8> {
        read(Box::new(encoder), 1 << 20).await.unwrap()
    }

    #[tokio::test]
    async fn every_encoding_is_undone_and_several_from_the_last_to_the_first() {
        let feed = b"<rss/>".as_slice();
        let gzip = packed(GzipEncoder::new(feed)).await;
        let brotli_of_gzip = packed(BrotliEncoder::new(gzip.as_slice())).await;
        for (names, body) in [
            ("", feed.to_vec()),
            ("identity", feed.to_vec()),
            ("GZip", gzip.clone()),
            ("deflate", packed(ZlibEncoder::new(feed)).await),
            ("br", packed(BrotliEncoder::new(feed)).await),
            ("zstd", packed(ZstdEncoder::new(feed)).await),
            ("gzip, br", brotli_of_gzip),
        ] {
            assert_eq!(undo(body, names, 100).await.as_deref(), Ok(feed), "{names}");
        }
        let twice = [gzip.clone(), gzip].concat();
        assert_eq!(undo(twice, "x-gzip", 100).await.as_deref(), Ok(b"<rss/><rss/>".as_slice()));
    }

    #[tokio::test]
    async fn what_cannot_be_undone_says_why() {
        let gzip = packed(GzipEncoder::new(b"<rss/>".as_slice())).await;
        assert_eq!(undo(gzip.clone(), "compress", 100).await, Err(Undecoded::Unknown));
        assert_eq!(undo(gzip.clone(), "gzip,gzip,gzip,gzip", 100).await, Err(Undecoded::Unknown));
        assert_eq!(undo(gzip.clone(), "br", 100).await, Err(Undecoded::Broken));
        assert_eq!(undo(gzip[..gzip.len() - 9].to_vec(), "gzip", 100).await, Err(Undecoded::Broken));
        assert_eq!(undo(gzip, "gzip", 5).await, Err(Undecoded::TooLarge));
        let bomb = packed(ZstdEncoder::new(vec![0; 1 << 20].as_slice())).await;
        assert_eq!(undo(bomb, "zstd", 1 << 16).await, Err(Undecoded::TooLarge));
    }
}
