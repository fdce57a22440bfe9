//! Fuzzes the reader with documents shaped like RSS, Atom or JSON Feed. Each byte of the input adds a piece, so that nesting,
//! repetition and mistakes are tried that random bytes never form.

#![no_main]

use libfuzzer_sys::fuzz_target;

const XML_NAMES: [&str; 64] = [
    "rss", "channel", "item", "title", "link", "description", "guid", "pubDate", "author", "category", "enclosure",
    "source", "image", "url", "ttl", "skipHours", "hour", "comments", "feed", "entry", "id", "updated", "published",
    "summary", "content", "name", "email", "uri", "rights", "generator", "rdf:RDF", "rdf:Seq", "rdf:li", "content:encoded",
    "dc:creator", "dc:date", "dc:subject", "dcterms:modified", "media:group", "media:content", "media:thumbnail",
    "media:title", "media:description", "itunes:category", "itunes:image", "itunes:owner", "itunes:duration",
    "itunes:summary", "podcast:transcript", "podcast:person", "atom:link", "atom:author", "atom:source", "sy:updatePeriod",
    "feedburner:origLink", "thr:in-reply-to", "fh:archive", "xhtml:div", "div", "p", "b", "table", "a", "CHANNEL",
];

const ATTRIBUTES: [&str; 24] = [
    " href='/x'", " rel='alternate'", " rel=self", " type='html'", " type=\"xhtml\"", " type='application/octet-stream'",
    " mode='base64'", " xml:base='../b/'", " xml:base='http://[::1'", " xml:lang='de'", " isPermaLink='false'",
    " url='a.mp3' length='12' type='audio/mpeg'", " rdf:about='#1'", " xmlns='http://purl.org/rss/1.0/'",
    " xmlns='http://www.w3.org/2005/Atom'", " xmlns:media='http://search.yahoo.com/mrss/'", " xmlns:dc='x'",
    " duration='1:02'", " fileSize='99'", " medium='image'", " a=\"<", " b='>'", " term='t'", " domain=\"d\"",
];

const WORDS: [&str; 40] = [
    "one", " ", "\n", "&amp;", "&lt;p&gt;", "&lt;/p&gt;", "&lt;script&gt;", "&amp;lt;div&amp;gt;", "&#0;", "&#xD800;",
    "&#x1F600;", "&nbsp", "&bogus;", "&e;", "<![CDATA[", "]]>", "<!--", "-->", "<?x ?>", "<", ">", "\"", "'",
    "https://a.example/?b=1&c=2", "//c.example", "?", "#f", "mailto:a@b.example (N)", "Tue, 3 Mar 2026 07:15:00 GMT",
    "2026-03-03T07:15:00Z", "3 марта 2026", "1772522100", "me@example.com（张三）", "PHA+eDwvcD4=", "日本", "\u{92}", "Ã©",
    "&lt;table&gt;x&lt;b&gt;", "\u{0}", "999999999999999999999",
];

const JSON: [&str; 40] = [
    "{", "}", "[", "]", ",", ":", "\"version\":\"https://jsonfeed.org/version/1.1\"", "\"items\":[", "\"id\":", "\"title\":",
    "\"url\":", "\"content_html\":", "\"authors\":[{\"name\":\"n\"}]", "\"attachments\":[{\"url\":\"u\"}]", "\"tags\":",
    "\"date_published\":", "\"hubs\":", "\"x\"", "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\u00", "\"", "\\", "NaN", "-Infinity",
    "1e999", "0.5", "-0", "null", "true", "// c\n", "/* c */", "'q'", "\u{feff}", "\n", "\u{1}", "\"2026-03-03T07:15:00Z\"",
    "\"<p>x\"", "unquoted", "\"\\q\"",
];

fn pick<'p>(pieces: &[&'p str], byte: Option<u8>) -> &'p str {
    pieces[usize::from(byte.unwrap_or(0)) % pieces.len()]
}

fn xml(start: &str, mut bytes: impl Iterator<Item = u8>) -> String {
    let mut document = start.to_owned();
    let mut open = Vec::new();
    while let Some(byte) = bytes.next() {
        match byte {
            0..96 => {
                let name = pick(&XML_NAMES, Some(byte));
                document.push('<');
                document.push_str(name);
                for _ in 0..bytes.next().unwrap_or(0) % 3 {
                    document.push_str(pick(&ATTRIBUTES, bytes.next()));
                }
                document.push('>');
                open.push(name);
            }
            96..144 => {
                if let Some(name) = open.pop() {
                    document.push_str(&format!("</{name}>"));
                }
            }
            144..152 => document.push_str(&format!("</{}>", pick(&XML_NAMES, bytes.next()))),
            152..160 => {
                // Pieces that are repeated thousands of times show where time and memory are not bounded.
                let (piece, times) = (pick(&XML_NAMES, bytes.next()), bytes.next().unwrap_or(0));
                document.push_str(&format!("<{piece}>").repeat(16 * usize::from(times)));
            }
            _ => document.push_str(pick(&WORDS, Some(byte - 160))),
        }
    }
    document
}

fn json(mut bytes: impl Iterator<Item = u8>) -> String {
    let mut document = String::from("{");
    while let Some(byte) = bytes.next() {
        if byte < 200 {
            document.push_str(pick(&JSON, Some(byte)));
        } else {
            document.push_str(&pick(&JSON, bytes.next()).repeat(usize::from(byte - 199) * 16));
        }
    }
    document
}

fuzz_target!(|input: &[u8]| {
    let Some((dialect, rest)) = input.split_first() else { return };
    let bytes = rest.iter().copied();
    let document = match dialect % 8 {
        0 => xml("<rss version='2.0'><channel>", bytes),
        1 => xml("<rss><channel><item>", bytes),
        2 => xml("<feed xmlns='http://www.w3.org/2005/Atom'>", bytes),
        3 => xml("<feed><entry>", bytes),
        4 => xml("<rdf:RDF xmlns='http://purl.org/rss/1.0/'>", bytes),
        5 => xml("<!DOCTYPE rss [<!ENTITY e '&#60;b>e'>]><rss><channel>", bytes),
        _ => json(bytes),
    };
    tidings_fuzz::check(document.as_bytes(), None);
});
