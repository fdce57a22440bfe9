//! The mail that asks the owner of an address whether they want a digest.
//!
//! Plain text alone. Nothing that whoever asked has written stands in it.

use super::clean;
use super::messages::{fill, messages};
use super::site::Site;
use crate::model::DigestSettings;

/// Subject and text. `token` is the secret part of the address by which it is confirmed.
pub fn confirmation(site: &Site<'_>, digest: &DigestSettings, token: &str) -> (String, String) {
    let words = messages(digest.language);
    let title = clean::line(&digest.title);
    let text = format!(
        "{}\n\n{}\n\n{}\n",
        fill(words.confirm_mail, &words.quoted(&title)),
        site.address(&format!("/confirm/{token}")),
        words.confirm_ignore
    );
    (fill(words.confirm_subject, &title), text)
}
