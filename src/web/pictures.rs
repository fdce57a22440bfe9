//! Stored pictures. Their names are hashes of their bytes, so browsers may keep them for ever.

use super::cache::Body;
use super::reply::{self, Reply};
use super::state::WebState;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};

/// The name changes when the bytes do. When its story is taken down a picture goes, so a shared cache must not serve it for
/// long.
const KEEP: &str = "public, max-age=31536000, s-maxage=300, immutable";

/// `/pictures/NAME/picture.jpg`, and `/pictures/NAME-small/picture.jpg`
pub(super) async fn picture(
    State(web): State<WebState>,
    mut asked: HeaderMap,
    Path(name): Path<String>,
) -> Reply {
    let (name, small) =
        name.strip_suffix("-small").map_or((name.clone(), false), |name| (name.to_owned(), true));
    // A JPEG is compressed already.
    asked.remove(header::ACCEPT_ENCODING);
    match web.look(move |reader, _| reader.picture_bytes(&name, small)).await {
        Ok(Some(bytes)) => reply::body(&asked, &Body::passing(bytes), "image/jpeg", KEEP).await,
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}
