//! Pictures as they are kept here: under names that are made from their bytes, so that browsers may keep them for as long as they like.

use super::cache::Body;
use super::reply::{self, Reply};
use super::state::Room;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};

/// The name changes when the bytes do. A picture goes when its story is taken down, so what stands between us and other readers must
/// not keep it for long.
const KEEP: &str = "public, max-age=31536000, s-maxage=300, immutable";

/// `/pictures/NAME/picture.jpg`, and `/pictures/NAME-small/picture.jpg`
pub(super) async fn picture(
    State(web): State<Room>,
    mut asked: HeaderMap,
    Path(name): Path<String>,
) -> Reply {
    let (name, small) =
        name.strip_suffix("-small").map_or((name.clone(), false), |name| (name.to_owned(), true));
    // A JPEG cannot be packed any more.
    asked.remove(header::ACCEPT_ENCODING);
    match web.look(move |reader, _| reader.picture_bytes(&name, small)).await {
        Ok(Some(bytes)) => reply::body(&asked, &Body::passing(bytes), "image/jpeg", KEEP).await,
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}
