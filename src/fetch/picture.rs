//! Requests for pictures. As for a poll, the guard judges each hop, the `User-Agent` is ours, and bytes, time and redirects
//! are limited. Nothing else is sent: no cookies, no `Referer`, no name and password, whatever the address says.

use super::body::{Body, Limits};
use super::{FetchFailure, Fetcher, refusal, text, trouble};
use crate::model::{FailureKind, is_public_site};
use jiff::Timestamp;
use reqwest::header;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// The most redirects that are followed: image hosts have one or two.
const REDIRECTS: usize = 5;

/// How long a picture may take, redirects included, unless a poll has less. The polls of its host wait for as long.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What we can decode, the best first.
const ACCEPT: &str = "image/webp, image/jpeg, image/png;q=0.9, image/gif;q=0.8, image/*;q=0.1";

impl Fetcher {
    /// The bytes of a picture, at most `max_bytes` of them. `now` is used to read `Retry-After`.
    pub async fn picture(
        &self,
        url: &str,
        max_bytes: usize,
        now: Timestamp,
    ) -> Result<Vec<u8>, FetchFailure> {
        let unusable = || FetchFailure::new(FailureKind::Address, "there is no picture to ask for");
        let mut url = Url::parse(url).ok().and_then(bare).ok_or_else(unusable)?;
        let outcome = self.hop_by_hop(&mut url, max_bytes, now).await;
        outcome.map_err(|failure| FetchFailure {
            host: url.host_str().unwrap_or_default().to_owned(),
            ..failure
        })
    }

    async fn hop_by_hop(
        &self,
        url: &mut Url,
        max_bytes: usize,
        now: Timestamp,
    ) -> Result<Vec<u8>, FetchFailure> {
        let timeout = self.timeout.min(TIMEOUT);
        let deadline = Instant::now() + timeout;
        let limits = Limits { bytes: max_bytes, set_by: "the limit of a picture", deadline, timeout };
        for _ in 0..=REDIRECTS {
            self.guard.check(url)?;
            if self.judges_pictures && !is_public_site(url.as_str()) {
                return Err(trouble::private(url));
            }
            let request = self.client.get(url.clone()).header(header::ACCEPT, ACCEPT);
            let response = timeout_at(deadline, request.send())
                .await
                .map_err(|_| trouble::too_slow(url, timeout))?
                .map_err(|error| trouble::of(&error, url))?;
            match response.status().as_u16() {
                200 | 203 => return self.picture_of(response, url, limits).await,
                301 | 302 | 303 | 307 | 308 => {
                    let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
                    let next = to.and_then(|to| url.join(to).ok()).and_then(bare);
                    *url = next.ok_or_else(|| {
                        let detail = format!("{} redirects to nowhere", trouble::shown(url));
                        FetchFailure::new(FailureKind::Redirect, detail)
                    })?;
                }
                _ => return Err(refusal(response, url, deadline, now).await),
            }
        }
        let detail = format!("{} is where we stopped after {REDIRECTS} redirects", trouble::shown(url));
        Err(FetchFailure::new(FailureKind::Redirect, detail))
    }

    async fn picture_of(
        &self,
        response: reqwest::Response,
        url: &Url,
        limits: Limits,
    ) -> Result<Vec<u8>, FetchFailure> {
        let kind = text(response.headers(), &header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
        if ["text/", "image/svg", "video/", "audio/"].iter().any(|other| kind.starts_with(other)) {
            let detail = format!("{} is no picture that can be shown", trouble::shown(url));
            return Err(FetchFailure::new(FailureKind::Body, detail));
        }
        let Body { bytes, cut, .. } = self.body(response, url, limits).await?;
        match cut {
            None => Ok(bytes),
            // Half a picture is none.
            Some(failure) => Err(FetchFailure::new(failure.kind, failure.detail)),
        }
    }
}

/// An address on the web without name, password and fragment.
fn bare(mut url: Url) -> Option<Url> {
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}
