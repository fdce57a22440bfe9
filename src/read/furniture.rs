//! What aggregators write below a link: who submitted it, where it is discussed, how many points it has.
//!
//! It says nothing of the page, is the same under every entry, and changes all day. It knows plain words, and the programs
//! that write them.

/// What its links say.
const LINKS: [&str; 2] = ["[link]", "[comments]"];

/// Bytes that such an ending takes at most: names of people and of boards, two addresses, some numbers.
const LONGEST: usize = 1_000;

/// A text without what an aggregator wrote at its beginning or its end.
pub(super) fn without_furniture(text: &str) -> &str {
    if text.eq_ignore_ascii_case("comments") {
        return "";
    }
    let text = after_points(text).unwrap_or(text);
    let begins = submitted_by(text).or_else(|| addresses_and_points(text));
    let mut rest = begins.map_or(text, |at| &text[..at]).trim_end();
    while let Some(shorter) = LINKS.iter().find_map(|link| rest.strip_suffix(link)) {
        rest = shorter.trim_end();
    }
    rest
}

/// What stands behind "submitted by … 3 points | 2 comments" and an address, as Lemmy begins an entry.
fn after_points(text: &str) -> Option<&str> {
    let (before, after) = text.strip_prefix("submitted by ")?.split_once(" points | ")?;
    let (count, rest) = after.split_once(" comments")?;
    if before.len() > LONGEST || count.is_empty() || !count.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let rest = rest.trim_start();
    let address = rest.split(' ').next().filter(|word| word.starts_with("http")).unwrap_or_default();
    Some(rest[address.len()..].trim_start())
}

/// Where "submitted by … [link] [comments]" begins, as Reddit ends an entry.
fn submitted_by(text: &str) -> Option<usize> {
    let at = text.rfind("submitted by ").filter(|at| text.len() - at <= LONGEST)?;
    let rest = &text[at..];
    LINKS.iter().any(|link| rest.ends_with(link)).then_some(at)
}

/// Where "Article URL: … Comments URL: … Points: 3 # Comments: 2" begins, as hnrss ends an entry.
fn addresses_and_points(text: &str) -> Option<usize> {
    let (before, count) = text.rsplit_once("# Comments: ")?;
    if count.is_empty() || !count.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let at = before.rfind("Comments URL: http")?;
    let at = before[..at].rfind("Article URL: http").unwrap_or(at);
    Some(at).filter(|at| text.len() - at <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aggregators_ending_is_no_text() {
        for (text, want) in [
            ("submitted by /u/mira [link] [comments]", ""),
            ("submitted by /u/mira to r/bridges [link] [comments]", ""),
            ("It stood all winter. submitted by /u/mira [link] [comments]", "It stood all winter."),
            ("submitted by mira to bridges 12 points | 3 comments https://salt.example/1", ""),
            (
                "submitted by mira to bridges 12 points | 3 comments https://salt.example/1 It stood.",
                "It stood.",
            ),
            ("submitted by mira to bridges 12 points | 3 comments It stood.", "It stood."),
            (
                "Article URL: https://salt.example/1 Comments URL: https://n.example/item?id=7 Points: 3 # Comments: 0",
                "",
            ),
            ("Why salt? Comments URL: https://n.example/item?id=7 Points: 3 # Comments: 0", "Why salt?"),
            ("My gran learned to swim there. [link] [comments]", "My gran learned to swim there."),
            ("Comments", ""),
            ("", ""),
        ] {
            assert_eq!(without_furniture(text), want, "{text}");
        }
    }

    #[test]
    fn what_people_write_stays() {
        for text in [
            "Comments are open",
            "The plan was submitted by the mayor.",
            "The plan submitted by the mayor got 12 points | and comments",
            "Points: 3 # Comments: none",
            "Read the Article URL: https://salt.example/1",
        ] {
            assert_eq!(without_furniture(text), text);
        }
        let far = format!("submitted by the mayor {}here", "word ".repeat(500));
        assert_eq!(without_furniture(&format!("{far} [link]")), far);
    }
}
