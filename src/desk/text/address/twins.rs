//! Twins on large sites: several addresses of one page that no general rule finds. Each form is documented by the site.
//!
//! Knows these sites' URLs only; looks nothing up.

use url::Url;

/// Characters of a video's id.
const VIDEO_ID: usize = 11;
/// Words of as many letters that may stand where an id stands. They mean that the query selects a list or a channel.
const NO_VIDEOS: [&str; 2] = ["videoseries", "live_stream"];

/// The address that all twins of a page share; `None` when the site is none of those known here.
pub(crate) fn twin_of(url: &Url) -> Option<Url> {
    let host = url.host_str()?.to_ascii_lowercase();
    let segments: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    let twin = match host.as_str() {
        "youtu.be" => video(segments.first()?)?,
        "youtube.com"
        | "www.youtube.com"
        | "m.youtube.com"
        | "www.youtube-nocookie.com"
        | "youtube-nocookie.com" => match segments.as_slice() {
            ["shorts" | "live" | "embed" | "v", id, ..] => video(id)?,
            // The parameter `lc` selects a comment.
            ["watch"] if url.query_pairs().all(|(name, _)| name != "lc") => {
                video(&url.query_pairs().find(|(name, _)| name == "v")?.1)?
            }
            _ => return None,
        },
        "twitter.com" | "www.twitter.com" | "mobile.twitter.com" | "x.com" | "www.x.com" | "mobile.x.com" => {
            match segments.as_slice() {
                [_, "status" | "statuses", id, ..] | ["i", "web", "status", id, ..] if is_number(id) => {
                    format!("https://x.com/i/status/{id}")
                }
                _ if url.query().is_none() => format!("https://x.com/{}", segments.join("/")),
                _ => return None,
            }
        }
        "redd.it" => format!("https://reddit.com/comments/{}", segments.first()?),
        "reddit.com" | "www.reddit.com" | "old.reddit.com" | "new.reddit.com" | "np.reddit.com"
        | "m.reddit.com" => match segments.as_slice() {
            ["r" | "user", _, "comments", id, _, comment, ..] | ["comments", id, _, comment, ..] => {
                format!("https://reddit.com/comments/{id}/_/{comment}")
            }
            ["r" | "user", _, "comments", id, ..] | ["comments", id, ..] => {
                format!("https://reddit.com/comments/{id}")
            }
            _ => return None,
        },
        // DOI names are case-insensitive (DOI Handbook §2.4).
        "dx.doi.org" | "www.doi.org" | "doi.org" => {
            format!("https://doi.org{}", url.path().to_ascii_lowercase())
        }
        "arxiv.org" | "www.arxiv.org" | "export.arxiv.org" => match segments.as_slice() {
            ["abs" | "pdf", id @ ..] if !id.is_empty() => {
                let id = id.join("/");
                format!("https://arxiv.org/abs/{}", id.strip_suffix(".pdf").unwrap_or(&id))
            }
            _ => return None,
        },
        _ => return None,
    };
    Url::parse(&twin).ok()
}

fn video(id: &str) -> Option<String> {
    let is_id = id.len() == VIDEO_ID
        && !NO_VIDEOS.contains(&id)
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    is_id.then(|| format!("https://youtube.com/watch?v={id}"))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_on_large_sites_share_one_address() {
        let of = |address: &str| Url::parse(address).ok().as_ref().and_then(twin_of).map(String::from);
        let groups: [&[&str]; 6] = [
            &[
                "https://youtu.be/dQw4w9WgXcQ?si=a",
                "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=x&t=9s",
                "https://m.youtube.com/shorts/dQw4w9WgXcQ",
                "https://www.youtube.com/live/dQw4w9WgXcQ?feature=share",
                "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
            ],
            &[
                "https://twitter.com/a/status/12?s=20",
                "https://x.com/A/status/12",
                "https://x.com/i/web/status/12",
            ],
            &[
                "https://redd.it/1abc",
                "https://old.reddit.com/r/bridges/comments/1abc/salt/",
                "https://www.reddit.com/comments/1abc",
            ],
            &["https://dx.doi.org/10.1000/ABC", "https://doi.org/10.1000/abc"],
            &["https://arxiv.org/abs/2611.00001", "https://export.arxiv.org/pdf/2611.00001.pdf"],
            &["https://arxiv.org/abs/math/0001001v2", "https://arxiv.org/pdf/math/0001001v2"],
        ];
        for group in groups {
            assert!(of(group[0]).is_some());
            for address in group {
                assert_eq!(of(address), of(group[0]), "{address}");
            }
        }
        for (one, other) in [
            ("https://youtu.be/dQw4w9WgXcQ", "https://youtu.be/aQw4w9WgXcQ"),
            ("https://x.com/a/status/12", "https://x.com/a/status/13"),
            ("https://reddit.com/r/a/comments/1/x/c1", "https://reddit.com/r/a/comments/1/x/c2"),
            ("https://reddit.com/r/a/comments/1/x/", "https://reddit.com/r/a/comments/1/x/c2"),
            ("https://arxiv.org/abs/2611.00001v1", "https://arxiv.org/abs/2611.00001v2"),
        ] {
            assert_ne!(of(one), of(other), "{one} {other}");
        }
        for address in [
            "https://www.youtube.com/feeds/videos.xml?channel_id=a",
            "https://youtu.be/",
            "https://www.youtube.com/embed/videoseries?list=PLa",
            "https://www.youtube.com/watch?v=aaaaaaaaaaa&lc=Ugx1",
            "https://x.com/search?q=ferry",
            "https://arxiv.org/list/cs.CL/new",
            "https://one.example/watch?v=dQw4w9WgXcQ",
        ] {
            assert_eq!(of(address), None, "{address}");
        }
    }
}
