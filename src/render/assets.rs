//! The files that pages load: the stylesheet and the icon. A file's name holds a hash of its bytes, so that browsers
//! may cache it for ever.
//!
//! Must not know which page uses a file, or how it is served.

use xxhash_rust::xxh3::xxh3_64;

/// A file that is part of the program.
#[derive(Debug)]
pub struct Asset {
    stem: &'static str,
    extension: &'static str,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The contents of the file.
    pub bytes: &'static [u8],
}

impl Asset {
    const fn new(
        stem: &'static str,
        extension: &'static str,
        content_type: &'static str,
        bytes: &'static [u8],
    ) -> Self {
        Self { stem, extension, content_type, bytes }
    }

    /// Its address on the site, such as `/assets/tidings.0123456789abcdef.css`.
    pub fn path(&self) -> String {
        format!("/assets/{}", self.name())
    }

    fn name(&self) -> String {
        format!("{}.{:016x}.{}", self.stem, xxh3_64(self.bytes), self.extension)
    }
}

/// The stylesheet of every page.
pub static STYLE: Asset =
    Asset::new("tidings", "css", "text/css; charset=utf-8", include_bytes!("assets/tidings.css"));
/// The icon, for browsers and readers that know SVG.
pub static ICON: Asset = Asset::new("icon", "svg", "image/svg+xml", include_bytes!("assets/icon.svg"));
/// The icon for everything else, 144 pixels square.
pub static ICON_PNG: Asset = Asset::new("icon", "png", "image/png", include_bytes!("assets/icon.png"));

/// The asset whose address ends in `/assets/NAME`. `None` if there is none, or if it has changed since.
pub fn asset(name: &str) -> Option<&'static Asset> {
    [&STYLE, &ICON, &ICON_PNG].into_iter().find(|asset| asset.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_under_its_own_name_alone() {
        let name = STYLE.path().replace("/assets/", "");
        assert_eq!(asset(&name).map(|found| found.bytes.len()), Some(STYLE.bytes.len()));
        assert!(asset("tidings.css").is_none());
    }
}
