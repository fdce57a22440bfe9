//! Undoing the `Content-Encoding` of what comes from elsewhere (RFC 9110 §8.4), as it arrives.
//!
//! It knows codings, not who sent what, and how much may come out is for the caller to bound. Bodies are taken as they
//! are found rather than as they are declared, as browsers do: "deflate" with and without zlib's header, gzip of
//! several members, gzip that nobody declared, a coding declared once too often.

use async_compression::tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder};
use std::io::{self, Cursor};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt as _, BufReader, ReadBuf};

/// The codings that can be undone, as a request says that it accepts them.
pub const ACCEPTED: &str = "gzip, br, deflate";

/// Codings that one body may have, each over the next, those that nobody declared included.
const MOST: usize = 3;

/// The most that may come out of one coding, in bytes: a byte more than the largest feed that an operator may allow.
const MOST_BYTES: u64 = 100 * 1024 * 1024 + 1;

/// Members of a gzip that may hold nothing, one after another. More are made to keep us busy.
const EMPTY_MEMBERS: usize = 1_000;

/// What is decoded at once. When a coding turns out to be broken, what was being decoded just then is lost, so it is
/// little.
const STEP_BYTES: usize = 512;

/// As much of a body as tells which coding it has, or that it is a document.
const START_BYTES: usize = 32;

const GZIP_MARK: [u8; 2] = [0x1f, 0x8b];

/// Bytes as they arrive.
pub type Stream<'a> = Pin<Box<dyn AsyncBufRead + Send + 'a>>;

/// Why a body cannot be had as it was before.
#[derive(Debug)]
pub enum Undecoded {
    /// A coding that we do not know, or too many.
    Unknown(String),
    /// What arrived is not what it is said to be, or could not be read.
    Broken(io::Error),
    /// More than the limit.
    TooLarge,
}

impl From<io::Error> for Undecoded {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

/// The body without its codings. `declared` are the values of all header lines, in order: codings stand in the order in
/// which they were applied. Errors of the stream tell of codings that are broken or end early; what came before counts.
pub async fn undo<'a>(
    body: Stream<'a>,
    declared: impl IntoIterator<Item = &str>,
) -> Result<Stream<'a>, Undecoded> {
    let lines = declared.into_iter().flat_map(|line| line.split(','));
    let names: Vec<String> = lines
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !matches!(name.as_str(), "" | "identity"))
        .collect();
    if names.len() > MOST {
        return Err(Undecoded::Unknown(names.join(", ")));
    }
    let (mut body, mut layers) = (body, 0);
    for name in names.iter().rev() {
        let (start, whole) = peek(body).await?;
        body = undo_one(whole, &start, name)?;
        layers += 1;
    }
    // What was packed before it came to the server, or by a server that does not say so.
    while layers < MOST {
        let (start, whole) = peek(body).await?;
        body = whole;
        if !start.starts_with(&GZIP_MARK) {
            break;
        }
        body = buffered(Members::of(body));
        layers += 1;
    }
    Ok(body)
}

/// All of a body that is here already, without its codings, if that is at most `limit` bytes.
pub async fn undo_all<'d>(
    body: &[u8],
    declared: impl IntoIterator<Item = &'d str>,
    limit: usize,
) -> Result<Vec<u8>, Undecoded> {
    let mut whole = Vec::new();
    let stream = undo(Box::pin(body), declared).await?;
    stream.take(limit as u64 + 1).read_to_end(&mut whole).await?;
    if whole.len() > limit { Err(Undecoded::TooLarge) } else { Ok(whole) }
}

/// The body without the coding `name`, if it has it; `start` is how it begins.
fn undo_one<'a>(body: Stream<'a>, start: &[u8], name: &str) -> Result<Stream<'a>, Undecoded> {
    if start.is_empty() || is_document(start) {
        // Nothing has no coding, and a document has none left: whatever is declared, some server undid or forgot it.
        // Some put a charset there, or "none".
        return Ok(body);
    }
    Ok(match name {
        "gzip" | "x-gzip" => buffered(Members::of(body)),
        "deflate" if start.starts_with(&GZIP_MARK) => buffered(Members::of(body)),
        "deflate" if is_zlib(start) => buffered(ZlibDecoder::new(body)),
        "deflate" => buffered(DeflateDecoder::new(body)),
        "br" => buffered(BrotliDecoder::new(body)),
        unknown => return Err(Undecoded::Unknown(unknown.to_owned())),
    })
}

fn buffered<'a>(decoder: impl AsyncRead + Send + 'a) -> Stream<'a> {
    Box::pin(BufReader::with_capacity(STEP_BYTES, decoder.take(MOST_BYTES)))
}

/// How a body begins, and all of it.
async fn peek(mut body: Stream<'_>) -> io::Result<(Vec<u8>, Stream<'_>)> {
    let mut start = Vec::with_capacity(START_BYTES);
    while start.len() < START_BYTES {
        let mut piece = [0; START_BYTES];
        let wanted = START_BYTES - start.len();
        match body.read(&mut piece[..wanted]).await {
            Ok(0) => break,
            Ok(bytes) => start.extend_from_slice(&piece[..bytes]),
            // It is told again when the rest is read.
            Err(error) if !start.is_empty() => {
                let end = futures_util::stream::iter([Err::<Cursor<Vec<u8>>, _>(error)]);
                let rest = tokio_util::io::StreamReader::new(end);
                return Ok((start.clone(), Box::pin(Cursor::new(start).chain(rest))));
            }
            Err(error) => return Err(error),
        }
    }
    Ok((start.clone(), Box::pin(Cursor::new(start).chain(body))))
}

/// Whether bytes begin as XML or JSON does. Packed bytes hardly ever look like so much plain text.
fn is_document(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let is_plain = start.iter().take(16).all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    is_plain && matches!(start.trim_ascii_start().first(), Some(b'<' | b'{'))
}

/// Whether bytes begin as zlib's do (RFC 1950 §2.2): servers that say "deflate" as often mean what stands inside.
fn is_zlib(start: &[u8]) -> bool {
    let [method, flags, ..] = start else { return false };
    method & 0x8f == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0
}

/// Gzip of any number of members (RFC 1952 §2.2). What stands behind the last and is none is passed over: servers pad.
struct Members<R> {
    member: Option<GzipDecoder<R>>,
    /// Members that ended since anything came.
    empty: usize,
}

impl<R: AsyncBufRead> Members<R> {
    fn of(body: R) -> Self {
        Self { member: Some(GzipDecoder::new(body)), empty: 0 }
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Members<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let Self { member: current, empty } = &mut *self;
        while let Some(member) = current {
            ready!(Pin::new(&mut *member).poll_read(context, buffer))?;
            if buffer.filled().len() > before {
                *empty = 0;
                break;
            }
            let behind = ready!(Pin::new(member.get_mut()).poll_fill_buf(context))?;
            let common = behind.len().min(GZIP_MARK.len());
            let goes_on = common > 0 && behind[..common] == GZIP_MARK[..common];
            let rest = current.take().filter(|_| goes_on).map(GzipDecoder::into_inner);
            *current = rest.map(GzipDecoder::new);
            *empty += 1;
            if *empty > EMPTY_MEMBERS {
                return Poll::Ready(Err(io::Error::other("it has too many members that hold nothing")));
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_compression::tokio::bufread::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder};

    const FEED: &[u8] = b"<rss version='2.0'><channel/></rss>";

    async fn packed(encoder: impl AsyncRead) -> Vec<u8> {
        let mut packed = Vec::new();
        Box::pin(encoder).read_to_end(&mut packed).await.unwrap();
        packed
    }

    async fn gzip(bytes: &[u8]) -> Vec<u8> {
        packed(GzipEncoder::new(bytes)).await
    }

    #[tokio::test]
    async fn every_coding_is_undone_and_several_from_the_last_to_the_first() {
        let once = gzip(FEED).await;
        let brotli_of_gzip = packed(BrotliEncoder::new(once.as_slice())).await;
        let zlib = packed(ZlibEncoder::new(FEED)).await;
        let raw = packed(DeflateEncoder::new(FEED)).await;
        for (lines, body) in [
            (&[][..], FEED.to_vec()),
            (&["", "identity"], FEED.to_vec()),
            (&["GZip"], once.clone()),
            (&[" x-gzip "], once.clone()),
            (&["deflate"], zlib),
            (&["deflate"], raw),
            (&["BR"], packed(BrotliEncoder::new(FEED)).await),
            (&["gzip, br"], brotli_of_gzip.clone()),
            (&["gzip", "br"], brotli_of_gzip),
        ] {
            assert_eq!(undo_all(&body, lines.iter().copied(), 100).await.unwrap(), FEED, "{lines:?}");
        }
    }

    #[tokio::test]
    async fn what_is_declared_wrongly_is_taken_as_it_is_found() {
        let once = gzip(FEED).await;
        let twice = gzip(&once).await;
        for (lines, body) in [
            (&["gzip, gzip"][..], &twice),
            (&["gzip", "gzip"], &twice),
            (&["gzip"], &twice),
            (&[], &twice),
            (&[], &once),
            (&["gzip, gzip"], &once),
            (&["deflate"], &once),
            (&["gzip"], &FEED.to_vec()),
            (&["deflate"], &FEED.to_vec()),
            (&["br"], &FEED.to_vec()),
            (&["utf-8"], &FEED.to_vec()),
            (&["none"], &[b"\xef\xbb\xbf\r\n", FEED].concat()),
        ] {
            let found = undo_all(body, lines.iter().copied(), 100).await.unwrap();
            assert!(found.ends_with(FEED), "{lines:?}: {found:?}");
        }
        assert!(undo_all(b"", ["gzip"], 100).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn gzip_has_as_many_members_as_there_are_and_padding_is_none() {
        let (one, two) = FEED.split_at(9);
        for padding in [&b""[..], b"\0\0\0\0\0\0", b"\n", b"\x1f", b"<!-- cached -->"] {
            let members = [gzip(one).await, gzip(b"").await, gzip(two).await, padding.to_vec()].concat();
            let undone = undo_all(&members, ["gzip"], 100).await;
            // Half a mark may be the beginning of a member that never came.
            assert_eq!(undone.ok().as_deref(), (padding != b"\x1f").then_some(FEED), "{padding:?}");
        }
    }

    #[tokio::test]
    async fn members_that_hold_nothing_end() {
        let nothing = gzip(b"").await;
        let few = [nothing.repeat(EMPTY_MEMBERS - 1), gzip(FEED).await].concat();
        assert_eq!(undo_all(&few, ["gzip"], 100).await.unwrap(), FEED);
        let many = nothing.repeat(EMPTY_MEMBERS + 1);
        assert!(matches!(undo_all(&many, ["gzip"], 100).await, Err(Undecoded::Broken(_))));
    }

    #[tokio::test]
    async fn what_cannot_be_undone_says_why() {
        let once = gzip(FEED).await;
        let fails =
            async |body: &[u8], names: &'static str, limit| undo_all(body, [names], limit).await.unwrap_err();
        assert!(
            matches!(fails(&once, "compress", 100).await, Undecoded::Unknown(name) if name == "compress")
        );
        assert!(matches!(fails(&once, "gzip,gzip,gzip,gzip", 100).await, Undecoded::Unknown(_)));
        assert!(matches!(fails(&once, "br", 100).await, Undecoded::Broken(_)));
        assert!(matches!(fails(b"this is not gzip", "gzip", 100).await, Undecoded::Broken(_)));
        assert!(matches!(fails(&once[..once.len() - 9], "gzip", 100).await, Undecoded::Broken(_)));
        assert!(matches!(fails(&once, "gzip", 5).await, Undecoded::TooLarge));
        let bomb = packed(BrotliEncoder::new(vec![0; 1 << 20].as_slice())).await;
        assert!(matches!(fails(&bomb, "br", 1 << 16).await, Undecoded::TooLarge));
    }

    #[tokio::test]
    async fn what_came_before_a_break_is_had() {
        let number = |n: u32| n.wrapping_mul(2_654_435_761) >> 12;
        let text: Vec<u8> = (0..80_000).flat_map(|n| format!("{} ", number(n)).into_bytes()).collect();
        for whole in [
            gzip(&text).await,
            packed(ZlibEncoder::new(text.as_slice())).await,
            packed(BrotliEncoder::new(text.as_slice())).await,
        ] {
            let name = match whole.as_slice() {
                [0x1f, ..] => "gzip",
                start if is_zlib(start) => "deflate",
                _ => "br",
            };
            let mut stream = undo(Box::pin(&whole[..whole.len() * 2 / 3]), [name]).await.unwrap();
            let mut had = Vec::new();
            assert!(stream.read_to_end(&mut had).await.is_err(), "{name}");
            assert!(text.starts_with(&had) && had.len() > text.len() / 3, "{name}: {} bytes", had.len());
        }
    }
}
