//! From bytes to pixels: four kinds of files, each within the same limits, which are checked before anything is decoded.
//!
//! The kind of a picture is told by its first bytes, never by what a server calls it. SVG is none of them: it is a document with
//! scripts and addresses in it. Each decoder is the one that the image-rs organisation uses, in safe Rust.

use super::pixels::{Orientation, Pixels};
use std::io::Cursor;
use std::num::NonZeroU64;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Maximum number of pixels: what a camera takes (4,000 × 3,000). It bounds a decoder's memory and time.
const MAX_PIXELS: u64 = 12_000_000;

/// The longest side, in pixels.
const MAX_SIDE: usize = 12_000;

/// Maximum size of what a decoder allocates for itself, in bytes; the decoded picture is bounded by the same number.
const MAX_ALLOC: usize = 64 * 1024 * 1024;

/// Maximum number of scans of a progressive JPEG. Each goes through the whole picture; encoders write some ten.
const MAX_SCANS: usize = 64;

/// A picture that is narrower or lower than this, in pixels, is an icon, a button, or counts readers.
const LEAST_SIDE: u32 = 100;

/// How many times as wide as high, or as high as wide, a picture may be; others are banners and sheets.
const WIDEST: u32 = 4;
const HIGHEST: u32 = 3;

/// Why a picture is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    /// It is none of the kinds that we decode.
    #[error("it is no JPEG, PNG, WebP or GIF")]
    Kind,
    /// It is an icon, or a pixel that counts readers.
    #[error("it is too small to be shown")]
    Small,
    /// It has more pixels than we decode.
    #[error("it has too many pixels")]
    Large,
    /// It is far wider than high, or far higher than wide.
    #[error("it is a strip")]
    Strip,
    /// It does not decode to its end.
    #[error("it is damaged")]
    Damaged,
}

/// The pixels of a picture, of one that moves those of the first frame, and how they are to be turned.
pub(super) fn decode(bytes: &[u8]) -> Result<(Pixels, Orientation), Unfit> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => jpeg(bytes),
        [0x89, b'P', b'N', b'G', ..] => png(bytes),
        [b'G', b'I', b'F', b'8', ..] => gif(bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp(bytes),
        _ => Err(Unfit::Kind),
    }
}

/// Refuses a picture that its header says to be too small, too large or a strip, before it is decoded.
fn fit(width: u32, height: u32) -> Result<(), Unfit> {
    let (longer, shorter) = (width.max(height), width.min(height));
    if shorter < LEAST_SIDE {
        return Err(Unfit::Small);
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS || longer as usize > MAX_SIDE {
        return Err(Unfit::Large);
    }
    // The picture may be turned later, so which side is the width is not known yet; `is_strip` looks again.
    if longer > shorter.saturating_mul(WIDEST) { Err(Unfit::Strip) } else { Ok(()) }
}

/// Whether an upright picture of this size is a strip.
pub(super) fn is_strip((width, height): (u32, u32)) -> bool {
    width > height.saturating_mul(WIDEST) || height > width.saturating_mul(HIGHEST)
}

fn damaged<E>(_: E) -> Unfit {
    Unfit::Damaged
}

fn jpeg(bytes: &[u8]) -> Result<(Pixels, Orientation), Unfit> {
    // The decoder paints grey what is missing. In the first half may stand the end of a thumbnail.
    if memchr::memmem::rfind(&bytes[bytes.len() / 2..], &[0xff, 0xd9]).is_none() {
        return Err(Unfit::Damaged);
    }
    if is_in_parts(bytes) {
        return Err(Unfit::Kind);
    }
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(MAX_SIDE)
        .set_max_height(MAX_SIDE)
        .jpeg_set_max_scans(MAX_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(damaged)?;
    let (width, height) = decoder.dimensions().ok_or(Unfit::Damaged)?;
    let (width, height) = (u32::try_from(width).map_err(damaged)?, u32::try_from(height).map_err(damaged)?);
    fit(width, height)?;
    let orientation = decoder.exif().map_or_else(Orientation::default, |exif| Orientation::of_exif(exif));
    let rgb = decoder.decode().map_err(damaged)?;
    Ok((Pixels::of(width, height, 3, rgb).ok_or(Unfit::Damaged)?, orientation))
}

/// Whether the first scan of a JPEG that is not progressive holds less than all of its colours (ITU-T T.81, B.2.3). Such files are
/// allowed and rare, and zune-jpeg 0.5 decodes them to something else.
fn is_in_parts(jpeg: &[u8]) -> bool {
    let mut colours = None;
    let mut rest = jpeg.get(2..).unwrap_or_default();
    while let [0xff, marker, after @ ..] = rest {
        let (marker, [high, low, segment @ ..]) = (*marker, after) else { return false };
        match marker {
            // Filling before a marker.
            0xff => {
                rest = &rest[1..];
                continue;
            }
            0xc0 | 0xc1 => colours = segment.get(5),
            0xda => return colours.is_some() && segment.first() != colours,
            _ => {}
        }
        let length = usize::from(*high) << 8 | usize::from(*low);
        rest = after.get(length..).unwrap_or_default();
    }
    false
}

fn png(bytes: &[u8]) -> Result<(Pixels, Orientation), Unfit> {
    let limits = png::Limits { bytes: MAX_ALLOC };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let (width, height) = decoder.read_header_info().map_err(damaged)?.size();
    fit(width, height)?;
    let mut reader = decoder.read_info().map_err(damaged)?;
    let size = reader.output_buffer_size().filter(|bytes| *bytes <= MAX_ALLOC).ok_or(Unfit::Large)?;
    let mut decoded = vec![0; size];
    let info = reader.next_frame(&mut decoded).map_err(damaged)?;
    let exif = reader.info().exif_metadata.as_deref();
    let orientation = exif.map_or_else(Orientation::default, Orientation::of_exif);
    let pixels = Pixels::of(width, height, info.color_type.samples(), decoded);
    Ok((pixels.ok_or(Unfit::Damaged)?, orientation))
}

fn webp(bytes: &[u8]) -> Result<(Pixels, Orientation), Unfit> {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
    decoder.set_memory_limit(MAX_ALLOC);
    let (width, height) = decoder.dimensions();
    fit(width, height)?;
    let exif = decoder.exif_metadata().ok().flatten();
    let orientation = exif.as_deref().map_or_else(Orientation::default, Orientation::of_exif);
    let size = decoder.output_buffer_size().filter(|bytes| *bytes <= MAX_ALLOC).ok_or(Unfit::Large)?;
    let mut decoded = vec![0; size];
    decoder.read_image(&mut decoded).map_err(damaged)?;
    let samples = if decoder.has_alpha() { 4 } else { 3 };
    Ok((Pixels::of(width, height, samples, decoded).ok_or(Unfit::Damaged)?, orientation))
}

fn gif(bytes: &[u8]) -> Result<(Pixels, Orientation), Unfit> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    options.set_memory_limit(gif::MemoryLimit::Bytes(
        NonZeroU64::new(MAX_ALLOC as u64).unwrap_or(NonZeroU64::MIN),
    ));
    options.check_frame_consistency(true);
    let mut decoder = options.read_info(bytes).map_err(damaged)?;
    let (width, height) = (u32::from(decoder.width()), u32::from(decoder.height()));
    fit(width, height)?;
    let frame = decoder.read_next_frame().map_err(damaged)?.ok_or(Unfit::Damaged)?;
    let place = (u32::from(frame.left), u32::from(frame.top));
    let drawn = Pixels::of(u32::from(frame.width), u32::from(frame.height), 4, frame.buffer.to_vec());
    let drawn = drawn.ok_or(Unfit::Damaged)?;
    Ok((drawn.on_canvas(width, height, place), Orientation::default()))
}
