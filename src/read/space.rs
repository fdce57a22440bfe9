//! Maps namespaces to vocabularies, however publishers spell them.
//!
//! Publishers write `http` or `https`, capitals, a slash too many or too few, addresses of drafts, or declare nothing
//! at all; all of these name the same vocabulary.

/// A vocabulary that elements of feeds come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Space {
    /// RSS of any version, and elements without a namespace.
    Rss,
    /// Atom 0.3 and 1.0.
    Atom,
    /// RDF syntax.
    Rdf,
    /// Dublin Core, elements 1.1.
    Dc,
    /// Dublin Core terms.
    DcTerms,
    /// RSS 1.0 content module.
    Content,
    /// Apple's podcasts.
    Itunes,
    /// Yahoo's Media RSS.
    Media,
    /// Podcasting 2.0.
    Podcast,
    /// RSS 1.0 syndication module.
    Sy,
    /// RSS 1.0 slash module.
    Slash,
    /// The Well-Formed Web's comment API.
    Wfw,
    /// FeedBurner.
    FeedBurner,
    /// Atom threading, RFC 4685.
    Thread,
    /// Feed paging and archiving, RFC 5005.
    History,
    /// Dave Winer's additions to RSS.
    Source,
    /// Administration module, `admin:generatorAgent`.
    Admin,
    /// Creative Commons licences.
    Cc,
    /// XHTML.
    Xhtml,
    /// `xml:base`, `xml:lang`.
    Xml,
    /// Anything else.
    Other,
}

/// The vocabulary that an address names.
pub(super) fn by_address(address: &str) -> Space {
    let lower = address.trim().to_ascii_lowercase();
    let bare = lower.strip_prefix("http://").or_else(|| lower.strip_prefix("https://")).unwrap_or(&lower);
    let bare = bare.strip_prefix("www.").unwrap_or(bare).trim_end_matches(['/', '#']);
    match bare {
        ""
        | "backend.userland.com/rss"
        | "blogs.law.harvard.edu/tech/rss"
        | "my.netscape.com/rdf/simple/0.9"
        | "channel.netscape.com/rdf/simple/0.9"
        | "my.netscape.com/publish/formats/rss-0.91.dtd"
        | "purl.org/net/rss1.1"
        | "purl.org/rss/1.0"
        | "purl.org/rss/1.0/modules/rss091"
        | "purl.org/rss/1.0/modules/rss092"
        | "backend.userland.com/rss2" => Space::Rss,
        _ if bare.starts_with("backend.userland.com/rss") || bare.starts_with("my.netscape.com/") => {
            Space::Rss
        }
        "w3.org/2005/atom"
        | "purl.org/atom/ns"
        | "example.com/newformat"
        | "example.com/necho"
        | "purl.org/echo"
        | "uri/of/echo/namespace" => Space::Atom,
        _ if bare.starts_with("purl.org/atom/ns") || bare.starts_with("purl.org/atom/app") => Space::Atom,
        "w3.org/1999/02/22-rdf-syntax-ns" => Space::Rdf,
        "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" | "purl.org/dc/elements" | "purl.org/dc" => {
            Space::Dc
        }
        "purl.org/dc/terms" => Space::DcTerms,
        "purl.org/rss/1.0/modules/content" => Space::Content,
        "search.yahoo.com/mrss"
        | "search.yahoo.com/mrss/1.0"
        | "video.search.yahoo.com/mrss"
        | "tools.search.yahoo.com/mrss"
        | "search.yahoo.com/rss" => Space::Media,
        "podcastindex.org/namespace/1.0" => Space::Podcast,
        "purl.org/rss/1.0/modules/syndication" => Space::Sy,
        "purl.org/rss/1.0/modules/slash" => Space::Slash,
        "wellformedweb.org/commentapi" => Space::Wfw,
        "purl.org/syndication/thread/1.0" => Space::Thread,
        "purl.org/syndication/history/1.0" => Space::History,
        "source.scripting.com" => Space::Source,
        "webns.net/mvcb" => Space::Admin,
        "w3.org/1999/xhtml" => Space::Xhtml,
        "w3.org/xml/1998/namespace" => Space::Xml,
        _ if bare.starts_with("itunes.com/dtds/podcast") || bare.starts_with("example.com/dtds/podcast") => {
            Space::Itunes
        }
        _ if bare.starts_with("rssnamespace.org/feedburner") => Space::FeedBurner,
        _ if bare.starts_with("github.com/podcastindex-org/podcast-namespace") => Space::Podcast,
        _ if bare.contains("creativecommons") || bare == "web.resource.org/cc" => Space::Cc,
        _ => Space::Other,
    }
}

/// The vocabulary that a prefix stands for when nobody declared it.
pub(super) fn by_prefix(prefix: &str) -> Space {
    match prefix.to_ascii_lowercase().as_str() {
        "" | "rss" => Space::Rss,
        "a" | "a10" | "atom" | "atom10" | "atom03" => Space::Atom,
        "rdf" => Space::Rdf,
        "dc" => Space::Dc,
        "dcterms" => Space::DcTerms,
        "content" => Space::Content,
        "itunes" => Space::Itunes,
        "media" => Space::Media,
        "podcast" => Space::Podcast,
        "sy" => Space::Sy,
        "slash" => Space::Slash,
        "wfw" => Space::Wfw,
        "feedburner" => Space::FeedBurner,
        "thr" => Space::Thread,
        "fh" => Space::History,
        "source" => Space::Source,
        "admin" => Space::Admin,
        "cc" | "creativecommons" => Space::Cc,
        "xhtml" | "xh" | "html" => Space::Xhtml,
        "xml" => Space::Xml,
        _ => Space::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vocabulary_is_known_however_its_address_is_spelt() {
        for address in
            ["http://www.w3.org/2005/Atom", "https://www.w3.org/2005/atom/", " http://w3.org/2005/ATOM# "]
        {
            assert_eq!(by_address(address), Space::Atom, "{address}");
        }
        assert_eq!(by_address("http://www.itunes.com/DTDs/Podcast-1.0.dtd"), Space::Itunes);
        assert_eq!(by_address("http://search.yahoo.com/mrss"), Space::Media);
        assert_eq!(by_address("http://backend.userland.com/RSS2"), Space::Rss);
        assert_eq!(by_address("http://example.org/mine"), Space::Other);
    }
}
