//! Sending a form, as WebSub asks a hub for a subscription (W3C WebSub §5.1). The limits of a poll hold: its time, its guard,
//! its name.

use super::{FetchFailure, Fetcher, REDIRECT_LIMIT, refusal, trouble};
use crate::model::FailureKind;
use jiff::Timestamp;
use reqwest::header;
use tokio::time::{Instant, timeout_at};
use url::{Url, form_urlencoded};

impl Fetcher {
    /// Sends a form; any answer of 2xx will do. Redirects that keep the method are followed (307, 308), others are
    /// failures. `now` is used to read `Retry-After`.
    pub async fn post_form(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<(), FetchFailure> {
        let no_address = || FetchFailure::new(FailureKind::Redirect, "there is no address to send this to");
        let mut url = Url::parse(url).map_err(|_| no_address())?;
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let deadline = Instant::now() + self.timeout;
        for _ in 0..=REDIRECT_LIMIT {
            if !matches!(url.scheme(), "http" | "https") {
                return Err(no_address());
            }
            self.guard.check(&url)?;
            let request = self
                .client
                .post(url.clone())
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.clone());
            let response = timeout_at(deadline, request.send())
                .await
                .map_err(|_| trouble::too_slow(&url, self.timeout))?
                .map_err(|error| trouble::of(&error, &url))?;
            match response.status().as_u16() {
                200..=299 => return Ok(()),
                307 | 308 => {
                    let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
                    let to = to.and_then(|to| url.join(to).ok()).ok_or_else(no_address)?;
                    if !may_take_over(&url, &to) {
                        let detail = format!("{} redirects to plain http", trouble::shown(&url));
                        return Err(FetchFailure::new(FailureKind::Redirect, detail));
                    }
                    url = to;
                }
                _ => return Err(refusal(response, &url, deadline, now).await),
            }
        }
        Err(no_address())
    }
}

/// Whether a form may be redirected. It may hold a secret: it goes on over TLS, or stays in plain on the host that it was meant
/// for.
fn may_take_over(from: &Url, to: &Url) -> bool {
    to.scheme() == "https" || (from.scheme() == "http" && from.host() == to.host())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_not_redirected_to_plain_http_elsewhere() {
        for (from, to, may) in [
            ("https://hub.example/", "https://other.example/", true),
            ("http://hub.lan/", "https://hub.lan/", true),
            ("http://hub.lan/", "http://hub.lan/new", true),
            ("http://hub.lan/", "http://other.example/", false),
            ("https://hub.example/", "http://hub.example/", false),
        ] {
            let (from, to) = (Url::parse(from).unwrap(), Url::parse(to).unwrap());
            assert_eq!(may_take_over(&from, &to), may, "{from} {to}");
        }
    }
}
