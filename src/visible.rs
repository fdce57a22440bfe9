//! A writer for what people and their programs read: characters that hide or move others are spelt out.
//!
//! Titles and texts of feeds stand in what commands print and in logs. In JSON the spelling is JSON's own, so that a program reads
//! what was there; at a terminal it shows that something was. It must not know what is written.

use std::io::{self, Write};

/// Passes UTF-8 on, with unprintable characters beyond ASCII as `\u` and four digits. ASCII is passed on as it is: JSON has
/// spelt its control characters out already, and those of terminals' colours are ours.
#[derive(Debug)]
pub struct Visible<W> {
    inner: W,
    /// The beginning of a character whose end has not been written yet.
    begun: Vec<u8>,
}

impl<W: Write> Visible<W> {
    /// Writes to `inner`.
    pub fn new(inner: W) -> Self {
        Self { inner, begun: Vec::new() }
    }
}

/// Whether a byte may begin an unprintable character: those of C1, of U+061C, and of U+2000 to U+2FFF.
fn may_begin(byte: u8) -> bool {
    matches!(byte, 0xc2 | 0xd8 | 0xe2)
}

/// How many bytes of UTF-8 a character has that begins with `first`, one of those above.
fn length(first: u8) -> usize {
    if first == 0xe2 { 3 } else { 2 }
}

impl<W: Write> Write for Visible<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.begun.is_empty() {
                let plain = rest.iter().position(|byte| may_begin(*byte)).unwrap_or(rest.len());
                self.inner.write_all(&rest[..plain])?;
                rest = &rest[plain..];
            }
            let Some((first, after)) = rest.split_first() else { break };
            self.begun.push(*first);
            rest = after;
            if self.begun.len() == length(self.begun[0]) {
                let whole = std::mem::take(&mut self.begun);
                let unprintable = std::str::from_utf8(&whole).ok().and_then(|text| text.chars().next());
                match unprintable.filter(|c| crate::model::is_unprintable(*c)) {
                    Some(c) => write!(self.inner, "\\u{:04x}", u32::from(c))?,
                    None => self.inner.write_all(&whole)?,
                }
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pieces: &[&[u8]]) -> String {
        let mut out = Visible::new(Vec::new());
        for piece in pieces {
            out.write_all(piece).unwrap();
        }
        String::from_utf8(out.inner).unwrap()
    }

    #[test]
    fn what_hides_or_moves_is_spelt_out_and_all_else_passes() {
        assert_eq!(written(&["a\u{9b}b\u{202e}c\u{61c}\u{200f}".as_bytes()]), r"a\u009bb\u202ec\u061c\u200f");
        let passes = "Über “東京” – – • é ب ؛ \u{1b}[1mbold\u{1b}[0m\n";
        assert_eq!(written(&[passes.as_bytes()]), passes);
        // However it is cut into pieces.
        let text = "x\u{2066}é\u{2028}…";
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(written(&pieces), r"x\u2066é\u2028…");
    }

    #[test]
    fn json_says_the_same_as_before() {
        let title = "a\u{202e}b\u{80}c\u{2029}";
        let mut out = Visible::new(Vec::new());
        serde_json::to_writer(&mut out, title).unwrap();
        assert_eq!(out.inner, br#""a\u202eb\u0080c\u2029""#);
        assert_eq!(serde_json::from_slice::<String>(&out.inner).unwrap(), title);
    }
}
