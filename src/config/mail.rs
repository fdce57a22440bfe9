//! The table `[mail]`: where mail goes, and in whose name.

use super::Environment;
use super::sections::checked;
use super::table::{At, Book, Table};
use super::values;
use crate::model::{DkimSettings, MailSettings, MailWay};
use std::path::Path;

/// `Some` whenever the table is there, even when it is wrong, so that digests do not complain of its absence.
pub(super) fn mail(
    root: &mut Table<'_>,
    file: &Path,
    env: &Environment,
    book: &mut Book<'_>,
) -> Option<MailSettings> {
    let mut table = root.table_if_any("mail", "[mail]", book)?;
    if let Some(span) = table.key_span("password") {
        let what = "the password does not belong in this file";
        let help = "take it out, and set TIDINGS_SMTP_PASSWORD or the systemd credential smtp-password";
        book.error(&span, what).help(help);
        let _ = table.text("password", book);
    }
    let way =
        way(&mut table, env.state_directory.as_deref().or(file.parent()).unwrap_or(Path::new("")), env, book);
    let per_minute = table.whole("per_minute", 1..=100_000, book);
    let from = table.needed_text("from", "Tidings <news@example.org>", book);
    let from = from.and_then(|text| checked(&text, values::mailbox, book).map(|()| text.value.to_owned()));
    let reply_to = table.text("reply_to", book);
    let reply_to =
        reply_to.and_then(|text| checked(&text, values::mailbox, book).map(|()| text.value.to_owned()));
    let dkim = dkim(&mut table, env, book);
    table.finish(book);
    Some(MailSettings {
        way: way.unwrap_or_else(|| MailWay::Smtp(String::new())),
        per_minute,
        from: from.unwrap_or_default(),
        reply_to,
        password: env.smtp_password.clone(),
        dkim,
    })
}

/// Where mail goes: exactly one of three keys says it.
fn way(table: &mut Table<'_>, folder: &Path, env: &Environment, book: &mut Book<'_>) -> Option<MailWay> {
    let ways = ["smtp", "maildir", "sendmail"];
    let named: Vec<_> = ways.into_iter().filter_map(|key| Some((key, table.key_span(key)?))).collect();
    if let [(first, at), (second, also), ..] = named.as_slice() {
        let what = format!("mail goes one way: `{second}` or `{first}`");
        book.error(also, what).help("take one of them out").also(at, "the other way is named here");
    }
    let path = |text: At<&str>, book: &mut Book<'_>| {
        let is_empty = text.value.trim().is_empty();
        if is_empty {
            book.error(&text.span, "this names nothing").help("write a path, such as \"/var/spool/tidings\"");
        }
        (!is_empty).then(|| folder.join(text.value))
    };
    let maildir = table.text("maildir", book).and_then(|text| path(text, book));
    let sendmail = table.text("sendmail", book).and_then(|text| path(text, book));
    if named.iter().any(|(key, _)| *key != "smtp") {
        let _ = table.text("smtp", book);
        return maildir.map(MailWay::Maildir).or(sendmail.map(MailWay::Sendmail));
    }
    let smtp = table.needed_text("smtp", "smtps://mail.example.org", book)?;
    let names_user = checked(&smtp, values::smtp, book)?;
    if names_user && env.smtp_password.is_none() {
        let help = "set TIDINGS_SMTP_PASSWORD or the systemd credential smtp-password for the daemon";
        book.warning(&smtp.span, "the mail server is given a user, but there is no password here").help(help);
    }
    Some(MailWay::Smtp(smtp.value.to_owned()))
}

/// Whether the key signs shows when the mailer is made; here it only has to be there.
fn dkim(table: &mut Table<'_>, env: &Environment, book: &mut Book<'_>) -> Option<DkimSettings> {
    let text = table.text("dkim_selector", book)?;
    let selector = checked(&text, values::dkim_selector, book)?;
    let Some(key) = env.dkim_key.clone() else {
        let help = "set TIDINGS_DKIM_KEY or the systemd credential dkim-key for the daemon";
        book.warning(&text.span, "mail is to be signed, but there is no private key here").help(help);
        return None;
    };
    Some(DkimSettings { selector, key })
}
