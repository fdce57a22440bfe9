//! A publisher's picture as the pages show it: decoded within limits, made small, turned upright and written anew as JPEG, without
//! whatever else the file held.
//!
//! Pure. It knows bytes; it must not know where they came from.

use super::decode::{Unfit, decode, is_strip};
use crate::model::{KeptPicture, PictureFile};
use xxhash_rust::xxh3::Xxh3;

/// The picture in the sizes that pages show.
pub(super) fn shrink(bytes: &[u8]) -> Result<PictureFile, Unfit> {
    let (decoded, orientation) = decode(bytes)?;
    let upright = orientation.upright((decoded.width, decoded.height));
    if is_strip(upright) {
        return Err(Unfit::Strip);
    }
    let (width, height) = KeptPicture::narrowed(upright, KeptPicture::LARGE_WIDTH);
    // It is made small before it is turned: turning costs as much as there are pixels.
    let large = decoded.narrowed(orientation.upright((width, height)));
    drop(decoded);
    let large = large.turned(orientation);
    let small = (width > KeptPicture::SMALL_WIDTH)
        .then(|| large.narrowed(KeptPicture::narrowed((width, height), KeptPicture::SMALL_WIDTH)));
    let small = small.map(|small| small.jpeg().ok_or(Unfit::Strip)).transpose()?;
    let large = large.jpeg().ok_or(Unfit::Strip)?;
    let mut hash = Xxh3::new();
    hash.update(&large);
    hash.update(small.as_deref().unwrap_or_default());
    Ok(PictureFile { name: format!("{:032x}", hash.digest128()), width, height, large, small })
}

#[cfg(test)]
mod tests;
