//! Players that pages embed, and the pages on which the same can be seen: frames are never shown, a link is.

use super::html::Tag;
use url::Url;

/// The page behind an embedded player, and what to call it; `None` for frames that hold something else.
pub(super) fn page(tag: Tag<'_>) -> Option<(String, String)> {
    // Scripts that load late keep the address elsewhere.
    let source = ["src", "data-src", "data-lazy-src", "data-litespeed-src", "data"]
        .into_iter()
        .filter_map(|name| tag.get(name))
        .find_map(|source| page_of(source.trim()))?;
    let title = tag.get("title").map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
    let name = title.unwrap_or_else(|| source.trim_start_matches("https://").to_owned());
    Some((source, name))
}

fn page_of(source: &str) -> Option<String> {
    let url = Url::parse("https://embedded.invalid/").ok()?.join(source).ok()?;
    let host = url.host_str()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    let parts: Vec<&str> = url.path_segments()?.filter(|part| !part.is_empty()).collect();
    let query =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let is_id = |id: &&str| id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let page = match (host, parts.as_slice()) {
        ("youtube.com" | "m.youtube.com" | "youtube-nocookie.com", ["embed", "videoseries", ..]) => {
            format!("youtube.com/playlist?list={}", query("list").filter(|list| is_id(&list.as_str()))?)
        }
        ("youtube.com" | "m.youtube.com" | "youtube-nocookie.com", ["embed" | "v", id, ..]) => {
            // Old players put what should be a query behind the id.
            let id = id.split('&').next().filter(is_id)?;
            format!("youtube.com/watch?v={id}")
        }
        ("player.vimeo.com", ["video", id, ..]) => format!("vimeo.com/{}", Some(*id).filter(is_id)?),
        ("dailymotion.com" | "geo.dailymotion.com", ["embed", "video", id, ..]) => {
            format!("dailymotion.com/video/{}", Some(*id).filter(is_id)?)
        }
        ("geo.dailymotion.com", [player, ..]) if player.starts_with("player") => {
            format!("dailymotion.com/video/{}", query("video").filter(|id| is_id(&id.as_str()))?)
        }
        ("player.bilibili.com", ["player.html"]) => {
            format!("bilibili.com/video/{}", query("bvid").filter(|id| is_id(&id.as_str()))?)
        }
        ("player.twitch.tv", []) => {
            format!("twitch.tv/videos/{}", query("video").filter(|id| is_id(&id.as_str()))?)
        }
        ("clips.twitch.tv", ["embed"]) => {
            format!("clips.twitch.tv/{}", query("clip").filter(|id| is_id(&id.as_str()))?)
        }
        ("embed.ted.com", ["talks", rest @ ..]) => {
            format!("ted.com/talks/{}", rest.last().filter(|id| is_id(id))?)
        }
        ("open.spotify.com", ["embed", kind, id, ..]) => {
            format!("open.spotify.com/{}/{}", Some(*kind).filter(is_id)?, Some(*id).filter(is_id)?)
        }
        ("streamable.com", ["e" | "o", id, ..]) => format!("streamable.com/{}", Some(*id).filter(is_id)?),
        ("archive.org", ["embed", id, ..]) => {
            format!("archive.org/details/{}", Some(*id).filter(|id| is_id(&id.replace('.', "").as_str()))?)
        }
        // PeerTube stands on hosts of any name.
        (host, ["videos", "embed", id]) if host != "embedded.invalid" => {
            format!("{host}/videos/watch/{}", Some(*id).filter(is_id)?)
        }
        _ => return None,
    };
    let www = matches!(
        page.split('/').next(),
        Some("youtube.com" | "dailymotion.com" | "bilibili.com" | "twitch.tv" | "ted.com")
    );
    Some(if www { format!("https://www.{page}") } else { format!("https://{page}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_leads_to_the_page_of_what_it_plays() {
        for (source, want) in [
            (
                "https://www.youtube.com/embed/aB3_-xY9zQ0?rel=0&start=5",
                "https://www.youtube.com/watch?v=aB3_-xY9zQ0",
            ),
            ("//www.youtube-nocookie.com/embed/aB3_-xY9zQ0", "https://www.youtube.com/watch?v=aB3_-xY9zQ0"),
            ("http://youtube.com/v/aB3_-xY9zQ0&hl=en", "https://www.youtube.com/watch?v=aB3_-xY9zQ0"),
            (
                "https://www.youtube.com/embed/videoseries?list=PLx_1",
                "https://www.youtube.com/playlist?list=PLx_1",
            ),
            ("https://player.vimeo.com/video/123456?h=ab", "https://vimeo.com/123456"),
            ("https://www.dailymotion.com/embed/video/x7k2", "https://www.dailymotion.com/video/x7k2"),
            (
                "https://tube.example/videos/embed/9c9de5e8-0a1e",
                "https://tube.example/videos/watch/9c9de5e8-0a1e",
            ),
            (
                "https://player.bilibili.com/player.html?aid=1&bvid=BV1xx",
                "https://www.bilibili.com/video/BV1xx",
            ),
            ("https://ads.example/frame", ""),
            ("https://www.youtube.com/embed/a\"><script>", ""),
            ("https://www.youtube.com/subscribe_widget", ""),
            ("about:blank", ""),
            ("javascript:alert(1)", ""),
            ("", ""),
        ] {
            assert_eq!(page_of(source).unwrap_or_default(), want, "{source}");
        }
    }
}
