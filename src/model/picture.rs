//! Pictures that are kept here, made small.

use super::id::{FeedNo, StoryNo};

/// A picture of a story as it is kept here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPicture {
    /// Its name: a hash of its bytes, in hexadecimal.
    pub name: String,
    /// Width in pixels of the large size.
    pub width: u32,
    /// Height in pixels of the large size.
    pub height: u32,
    /// What is to be read in its place.
    pub alt: Option<String>,
}

impl KeptPicture {
    /// The width in pixels for the head of a page.
    pub const LARGE_WIDTH: u32 = 720;
    /// The width in pixels for lists.
    pub const SMALL_WIDTH: u32 = 360;

    /// The size of a picture of this size that may be so wide at most: none is made larger.
    pub fn narrowed((width, height): (u32, u32), at_most: u32) -> (u32, u32) {
        let narrow = width.min(at_most).max(1);
        let scaled = (u64::from(height) * u64::from(narrow)).div_ceil(u64::from(width.max(1)));
        (narrow, u32::try_from(scaled).unwrap_or(u32::MAX).max(1))
    }

    /// Width and height of the small size; `None` when the large one is as small.
    pub fn small(&self) -> Option<(u32, u32)> {
        (self.width > Self::SMALL_WIDTH).then(|| Self::narrowed((self.width, self.height), Self::SMALL_WIDTH))
    }
}

/// A picture with its bytes, as JPEG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureFile {
    /// Its name: a hash of its bytes, in hexadecimal.
    pub name: String,
    /// Width in pixels of the large size.
    pub width: u32,
    /// Height in pixels of the large size.
    pub height: u32,
    /// The large size.
    pub large: Vec<u8>,
    /// The small size, when there is one.
    pub small: Option<Vec<u8>>,
}

/// Number of a picture's address in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PictureNo(pub i64);

/// A story and the picture that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryPicture {
    /// The story.
    pub story: StoryNo,
    /// The feed that names the picture; never a private one.
    pub feed: FeedNo,
    /// Its address at the publisher.
    pub url: String,
    /// What is to be read in its place.
    pub alt: Option<String>,
}

/// A picture that is to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuePicture {
    /// Row.
    pub no: PictureNo,
    /// Its address at the publisher.
    pub url: String,
    /// Address of a feed that names it.
    pub feed_url: String,
    /// How often it has been asked for.
    pub attempts: u32,
}

/// How many pictures there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PictureCounts {
    /// Kept here.
    pub kept: u64,
    /// What these take, in bytes.
    pub bytes: u64,
    /// Those of the last stories shown that are not here yet.
    pub waiting: u64,
    /// Those of the last stories shown that were given up.
    pub failed: u64,
}
