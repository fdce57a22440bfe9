//! The mail that asks the owner of an address whether they want a digest.
//!
//! It is plain text only, and holds nothing that the person who asked has typed: nobody can make us send their words
//! to a stranger. Must not know the recipient or how mail is sent.

use super::clean;
use super::messages::{fill, messages};
use super::site::Site;
use crate::model::DigestSettings;

/// The subject and the text. `token` is the secret part of the address at which the owner confirms.
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
