//! Finds the marks that end parts of an XML document: quotes, tags, CDATA, comments.
//!
//! All searches in a document together take time linear in its length: a mark that was not found is not searched for
//! again. It knows bytes, not elements.

use memchr::{memchr, memmem};

/// A mark whose absence is remembered.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    /// `"`
    Double,
    /// `'`
    Single,
    /// `]]>`
    CdataEnd,
    /// `-->`
    CommentEnd,
}

/// The searches in one document.
#[derive(Default)]
pub(super) struct Marks {
    /// For each mark, the position from which on it is known not to occur.
    absent: [Option<usize>; 4],
    /// Bytes that were looked at in vain, in search of the end of a tag.
    wasted: usize,
}

impl Marks {
    /// The position of the `>` that ends the tag beginning at `start`, relative to `start`. The search begins at
    /// `start + from`. `None` if another tag begins first. Quotes count only where an attribute value may stand.
    pub(super) fn tag_end(&mut self, text: &str, start: usize, from: usize) -> Option<usize> {
        let bytes = &text.as_bytes()[start..];
        // A document that makes us search in vain for more than its own length was written to do that.
        let quotes_count = self.wasted <= text.len();
        let mut at = from;
        let mut value = false;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'>' => return Some(at),
                b'<' => break,
                b'=' => value = quotes_count,
                b'"' | b'\'' if value => {
                    value = false;
                    let mark = if *byte == b'"' { Mark::Double } else { Mark::Single };
                    if let Some(end) = self.find(text, mark, start + at + 1) {
                        at = end - start;
                    }
                }
                byte if byte.is_ascii_whitespace() => {}
                _ => value = false,
            }
            at += 1;
        }
        self.wasted += at;
        None
    }

    /// The next `mark` in `text` from `from` on.
    pub(super) fn find(&mut self, text: &str, mark: Mark, from: usize) -> Option<usize> {
        let known = &mut self.absent[mark as usize];
        if known.is_some_and(|absent| from >= absent) {
            return None;
        }
        let text = text.as_bytes().get(from..)?;
        let found = match mark {
            Mark::Double => memchr(b'"', text),
            Mark::Single => memchr(b'\'', text),
            Mark::CdataEnd => memmem::find(text, b"]]>"),
            Mark::CommentEnd => memmem::find(text, b"-->"),
        };
        if found.is_none() {
            *known = Some(from);
        }
        found.map(|at| at + from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_ends_behind_its_values_and_not_where_another_begins() {
        let check = |text: &str, end: Option<usize>| {
            assert_eq!(Marks::default().tag_end(text, 0, 2), end, "{text}");
        };
        check("<a>", Some(2));
        check("<a b=\"x>y\">", Some(10));
        check("<a b='x>y' c>", Some(12));
        // A quote that is never closed, or stands where no value does, is a character.
        check("<a b=\"x>", Some(7));
        check("<a it's>", Some(7));
        check("<a b <c>", None);
        check("<a", None);
    }

    #[test]
    fn what_is_absent_is_not_looked_for_again() {
        let mut marks = Marks::default();
        let text = "a ]]> b";
        assert_eq!(marks.find(text, Mark::CdataEnd, 0), Some(2));
        assert_eq!(marks.find(text, Mark::CdataEnd, 3), None);
        assert_eq!(marks.absent[Mark::CdataEnd as usize], Some(3));
        assert_eq!(marks.find(text, Mark::CdataEnd, 0), Some(2));
        assert_eq!(marks.find(text, Mark::CommentEnd, 99), None);
    }
}
