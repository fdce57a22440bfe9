//! Bytes of the desk's snapshot and of an analysis: whole numbers in LEB128, nothing else.
//!
//! Knows nothing of what it writes. Reading never trusts a count: what the bytes cannot hold is damage, an error.

/// The bytes are not what this version of the desk writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the desk's memory cannot be read back: {0}")]
pub struct BadSnapshot(pub(crate) &'static str);

/// Appends numbers to bytes.
#[derive(Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// A number that may be negative (zigzag).
    pub(crate) fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)) as u64);
    }

    /// Eight bytes as they are: for hashes, which LEB128 would lengthen.
    pub(crate) fn hash(&mut self, hash: u64) {
        self.0.extend_from_slice(&hash.to_le_bytes());
    }

    /// Four bytes as they are.
    pub(crate) fn short_hash(&mut self, hash: u32) {
        self.0.extend_from_slice(&hash.to_le_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }
}

/// Takes numbers from bytes.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], BadSnapshot> {
        let (head, tail) = self.0.split_at_checked(count).ok_or(BadSnapshot("it is cut short"))?;
        self.0 = tail;
        Ok(head)
    }

    pub(crate) fn number(&mut self) -> Result<u64, BadSnapshot> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(BadSnapshot("a number is too long"))
    }

    pub(crate) fn signed(&mut self) -> Result<i64, BadSnapshot> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// A number that must fit a smaller type.
    pub(crate) fn small<T: TryFrom<u64>>(&mut self) -> Result<T, BadSnapshot> {
        T::try_from(self.number()?).map_err(|_| BadSnapshot("a number is too large"))
    }

    /// A count of things that take at least one byte each, so that damage cannot make us reserve memory.
    pub(crate) fn count(&mut self) -> Result<usize, BadSnapshot> {
        let count = self.small::<usize>()?;
        if count > self.0.len() { Err(BadSnapshot("a count is too large")) } else { Ok(count) }
    }

    pub(crate) fn hash(&mut self) -> Result<u64, BadSnapshot> {
        Ok(u64::from_le_bytes(self.take(8)?.try_into().map_err(|_| BadSnapshot("it is cut short"))?))
    }

    pub(crate) fn short_hash(&mut self) -> Result<u32, BadSnapshot> {
        Ok(u32::from_le_bytes(self.take(4)?.try_into().map_err(|_| BadSnapshot("it is cut short"))?))
    }

    pub(crate) fn text(&mut self) -> Result<String, BadSnapshot> {
        let length = self.count()?;
        let bytes = self.take(length)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| BadSnapshot("a text is not UTF-8"))
    }

    pub(crate) fn end(&self) -> Result<(), BadSnapshot> {
        if self.0.is_empty() { Ok(()) } else { Err(BadSnapshot("something follows its end")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_reads_back_and_what_is_cut_does_not() {
        let mut writer = Writer::default();
        for number in [0, 1, 127, 128, 300, u64::MAX] {
            writer.number(number);
        }
        writer.signed(-5);
        writer.signed(i64::MIN);
        writer.text("naïve");
        let bytes = writer.0;
        let read = |bytes: &[u8]| -> Result<_, BadSnapshot> {
            let mut reader = Reader(bytes);
            let numbers = (0..6).map(|_| reader.number()).collect::<Result<Vec<_>, _>>()?;
            let out = (numbers, reader.signed()?, reader.signed()?, reader.text()?);
            reader.end()?;
            Ok(out)
        };
        let want = (vec![0, 1, 127, 128, 300, u64::MAX], -5, i64::MIN, "naïve".to_owned());
        assert_eq!(read(&bytes), Ok(want));
        for cut in 0..bytes.len() {
            assert!(read(&bytes[..cut]).is_err());
        }
    }
}
