//! What went wrong below HTTP, as a kind and a sentence that an operator understands.
//!
//! Errors of the libraries are told apart by their causes, never by their texts, and no text of theirs that may hold an
//! address is passed on: the userinfo and query of a URL are secrets.

use super::FetchFailure;
use crate::model::{FailureKind, sentence};
use std::error::Error;
use std::io;
use std::time::Duration;
use url::Url;

/// An address as it may be shown and logged: without name, password, query and fragment.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

/// What a resolver answers when a name leads to private addresses only.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to a private address")]
pub(super) struct PrivateAddress;

/// The failure of a poll that would have gone to a private address.
pub(super) fn private(url: &Url) -> FetchFailure {
    FetchFailure::new(
        FailureKind::Address,
        format!(
            "{} is on a private network, where polls may not go; `allow_private = true` in [poll] allows it",
            shown(url)
        ),
    )
}

/// The failure of a poll whose time is up.
pub(super) fn too_slow(url: &Url, limit: Duration) -> FetchFailure {
    FetchFailure::new(
        FailureKind::Timeout,
        format!("{} did not answer completely within {limit:?}", shown(url)),
    )
}

/// Why no answer came to the request for `url`.
pub(super) fn of(error: &reqwest::Error, url: &Url) -> FetchFailure {
    if find::<PrivateAddress>(error).is_some() {
        return private(url);
    }
    let host = url.host_str().unwrap_or_default();
    let fail = FetchFailure::new;
    if let Some(error) =
        causes(error).find_map(|cause| cause.downcast_ref::<io::Error>().filter(|e| is_ours(e)))
    {
        return fail(
            FailureKind::Offline,
            format!("this machine has nothing left to connect with ({error})"),
        );
    }
    if error.is_dns() {
        return fail(FailureKind::Dns, format!("the name {host} has no address ({})", root_cause(error)));
    }
    if let Some(error) = find::<rustls::Error>(error) {
        return fail(FailureKind::Tls, tls_sentence(error, host));
    }
    if error.is_timeout() {
        return fail(FailureKind::Timeout, format!("{host} cannot be reached in time"));
    }
    let io_kind = find::<io::Error>(error).map(io::Error::kind);
    let detail = match io_kind {
        Some(io::ErrorKind::ConnectionRefused) => format!("{host} refuses connections"),
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
            format!("there is no way to {host} from here")
        }
        _ if error.is_connect() => format!("no connection to {host} ({})", root_cause(error)),
        _ => format!("{host} broke off before it answered, or does not speak HTTP ({})", root_cause(error)),
    };
    fail(FailureKind::Connect, detail)
}

/// Whether a connection failed for want of something of this machine's: file descriptors, ports, memory (errno(3)).
fn is_ours(error: &io::Error) -> bool {
    const ENOMEM: i32 = 12;
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    const EADDRNOTAVAIL: i32 = 99;
    const ENOBUFS: i32 = 105;
    matches!(error.raw_os_error(), Some(ENOMEM | ENFILE | EMFILE | EADDRNOTAVAIL | ENOBUFS))
}

/// The failure of a request that brings more than `limit` bytes; `set_by` says where the limit comes from.
pub(super) fn too_large(url: &Url, limit: usize, set_by: &str) -> FetchFailure {
    let limit = if limit.is_multiple_of(1 << 20) {
        format!("{} MiB", limit >> 20)
    } else {
        format!("{} KiB", limit >> 10)
    };
    FetchFailure::new(FailureKind::Body, format!("{} sent more than {limit} ({set_by})", shown(url)))
}

/// The failure of a poll whose body is packed in a way that we did not ask for.
pub(super) fn unknown_coding(url: &Url, name: &str) -> FetchFailure {
    let name: String = name.chars().filter(|c| c.is_ascii_graphic()).take(40).collect();
    let detail = format!("{} packed its body in a way that we did not ask for ({name})", shown(url));
    FetchFailure::new(FailureKind::Body, detail)
}

/// Why the body of an answer from `url` could not be read to its end; `read_bytes` of it came.
pub(super) fn of_body(error: &io::Error, url: &Url, read_bytes: usize) -> FetchFailure {
    let address = shown(url);
    // A connection that ends too early is told by the HTTP library; all else by those who undo what was packed.
    match find::<reqwest::Error>(error) {
        Some(error) if error.is_timeout() => {
            FetchFailure::new(FailureKind::Timeout, format!("{address} stopped in the middle of its answer"))
        }
        Some(error) => FetchFailure::new(
            FailureKind::Connect,
            format!("{address} broke off after {read_bytes} bytes ({})", root_cause(error)),
        ),
        None => {
            FetchFailure::new(FailureKind::Body, format!("{address} sent a body whose compression is broken"))
        }
    }
}

fn tls_sentence(error: &rustls::Error, host: &str) -> String {
    use rustls::CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, UnknownIssuer,
    };
    match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            Expired | ExpiredContext { .. } => format!("the certificate of {host} has expired"),
            NotValidForName | NotValidForNameContext { .. } => {
                format!("the certificate of {host} is for another name")
            }
            UnknownIssuer => {
                format!("the certificate of {host} is signed by nobody whom this machine trusts")
            }
            other => format!("the certificate of {host} is not valid ({other})"),
        },
        other => format!("no secure connection to {host} ({other})"),
    }
}

/// The first cause of type `E`.
pub(super) fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    causes(error).find_map(|cause| cause.downcast_ref::<E>())
}

/// The text of the innermost cause, cut to a line: the causes around it only say that something failed. An error of the HTTP
/// client says nothing here, because its text names the whole address.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let told = causes(error).last().filter(|cause| !cause.is::<reqwest::Error>());
    let text = told.map_or_else(|| "without a reason".to_owned(), ToString::to_string);
    let line: String = sentence(&text).chars().take(200).collect();
    line.trim().to_owned()
}

/// An error and its causes. An `io::Error` that wraps another error hides it from `source`.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    // Causes that form a circle would be a bug elsewhere, but not one to hang on.
    std::iter::successors(Some(error), |error| cause(*error)).take(32)
}

fn cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reason_names_the_query_of_an_address() {
        let answer = axum::http::Response::builder().status(404).body("").unwrap();
        let error = reqwest::Response::from(answer).error_for_status().unwrap_err();
        let error = error.with_url("https://a.example/?token=secret".parse().unwrap());
        assert!(error.to_string().contains("secret"));
        assert_eq!(root_cause(&error), "without a reason");
        assert_eq!(root_cause(&io::Error::other(error)), "without a reason");
    }
}
