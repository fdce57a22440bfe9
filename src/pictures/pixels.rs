//! Pixels, and what is done with them: made fewer, turned upright, written as JPEG.
//!
//! Pure arithmetic. It must not know of files that somebody else has written, except how EXIF tells which way up a camera was.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// JPEG quality of what is written, of 100: more is not seen at this size.
const QUALITY: u8 = 75;

/// How many entries of an EXIF directory are looked at.
const EXIF_ENTRIES: usize = 200;

/// A picture as red, green and blue, a byte each, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pixels {
    pub(super) width: u32,
    pub(super) height: u32,
    rgb: Vec<u8>,
}

impl Pixels {
    /// From lines of pixels with this many samples each: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. Transparent pixels are laid on
    /// white. `None` when there are fewer bytes than the size needs.
    pub(super) fn of(width: u32, height: u32, samples: usize, mut bytes: Vec<u8>) -> Option<Self> {
        let count = width as usize * height as usize;
        if bytes.len() < count * samples {
            return None;
        }
        bytes.truncate(count * samples);
        if samples == 3 {
            return Some(Self { width, height, rgb: bytes });
        }
        let over = |colour: u8, alpha: u8| {
            let (colour, alpha) = (u32::from(colour), u32::from(alpha));
            ((colour * alpha + 255 * (255 - alpha)) / 255) as u8
        };
        let mut rgb = Vec::with_capacity(count * 3);
        for pixel in bytes.chunks_exact(samples.max(1)) {
            rgb.extend(match *pixel {
                [grey] => [grey; 3],
                [grey, alpha] => [over(grey, alpha); 3],
                [red, green, blue, alpha] => [over(red, alpha), over(green, alpha), over(blue, alpha)],
                _ => return None,
            });
        }
        Some(Self { width, height, rgb })
    }

    /// Drawn at a place of a white canvas of this size. What would stand outside is left out.
    pub(super) fn on_canvas(self, width: u32, height: u32, (left, top): (u32, u32)) -> Self {
        if (width, height, left, top) == (self.width, self.height, 0, 0) {
            return self;
        }
        let mut rgb = vec![255; width as usize * height as usize * 3];
        let shown = self.width.min(width.saturating_sub(left)) as usize * 3;
        let lines = self.rgb.chunks_exact((self.width as usize * 3).max(1));
        for (line, y) in lines.zip(top..height) {
            let start = (y as usize * width as usize + left as usize) * 3;
            if let Some(place) = rgb.get_mut(start..start + shown) {
                place.copy_from_slice(&line[..shown]);
            }
        }
        Self { width, height, rgb }
    }

    /// The picture with fewer pixels, each the mean of those it stands for. None is made larger.
    pub(super) fn narrowed(&self, (width, height): (u32, u32)) -> Self {
        let (width, height) = (width.clamp(1, self.width), height.clamp(1, self.height));
        if (width, height) == (self.width, self.height) {
            return self.clone();
        }
        let (across, down) = (means(self.width, width), means(self.height, height));
        let line_bytes = self.width as usize * 3;
        let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
        let mut sums = vec![[0.0_f32; 3]; width as usize];
        for lines in &down {
            sums.fill([0.0; 3]);
            for (line, of_line) in lines {
                let line = &self.rgb[line * line_bytes..][..line_bytes];
                for (sum, columns) in sums.iter_mut().zip(&across) {
                    for (column, of_column) in columns {
                        let share = of_line * of_column;
                        for (sum, byte) in sum.iter_mut().zip(&line[column * 3..][..3]) {
                            *sum += f32::from(*byte) * share;
                        }
                    }
                }
            }
            rgb.extend(sums.iter().flatten().map(|sum| sum.round() as u8));
        }
        Self { width, height, rgb }
    }

    /// The picture turned the way that its orientation says.
    pub(super) fn turned(self, Orientation(orientation): Orientation) -> Self {
        let (right, bottom) = (self.width.saturating_sub(1), self.height.saturating_sub(1));
        // Where in this picture the pixel at a place of the turned one stands.
        let from = |x: u32, y: u32| match orientation {
            2 => (right - x, y),
            3 => (right - x, bottom - y),
            4 => (x, bottom - y),
            5 => (y, x),
            6 => (y, bottom - x),
            7 => (right - y, bottom - x),
            8 => (right - y, x),
            _ => (x, y),
        };
        let (width, height) = Orientation(orientation).upright((self.width, self.height));
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let rgb = places.flat_map(|(x, y)| {
            let (x, y) = from(x, y);
            let start = (y as usize * self.width as usize + x as usize) * 3;
            [self.rgb[start], self.rgb[start + 1], self.rgb[start + 2]]
        });
        Self { width, height, rgb: rgb.collect() }
    }

    /// The picture as JPEG; `None` when it has too many lines for one.
    pub(super) fn jpeg(&self) -> Option<Vec<u8>> {
        let (width, height) = (u16::try_from(self.width).ok()?, u16::try_from(self.height).ok()?);
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, QUALITY);
        // Colour needs half as many pixels each way.
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.encode(&self.rgb, width, height, ColorType::Rgb).ok()?;
        Some(bytes)
    }
}

/// The weights of a box filter that makes a row of `from` pixels one of `to`: for each new pixel, the old pixels that it
/// covers, each with its share of the mean.
fn means(from: u32, to: u32) -> Vec<Vec<(usize, f32)>> {
    let span = f64::from(from) / f64::from(to);
    let covered = |pixel: u32| {
        let (start, end) = (f64::from(pixel) * span, (f64::from(pixel) + 1.0) * span);
        let last = (end.ceil() as u32).min(from);
        let places = start.floor() as u32..last;
        let share = move |place: u32| {
            let inside = f64::min(end, f64::from(place) + 1.0) - f64::max(start, f64::from(place));
            (place as usize, (inside.max(0.0) / span) as f32)
        };
        places.map(share).collect()
    };
    (0..to).map(covered).collect()
}

/// How a camera was held, as EXIF counts it: 1 is upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Orientation(u16);

impl Default for Orientation {
    fn default() -> Self {
        Self(1)
    }
}

impl Orientation {
    /// As EXIF data says, which is laid out like TIFF 6.0 (section 2); upright when it says nothing of it.
    pub(super) fn of_exif(exif: &[u8]) -> Self {
        Self::said(exif).unwrap_or_default()
    }

    fn said(exif: &[u8]) -> Option<Self> {
        const ORIENTATION: u16 = 0x0112;
        let is_little = match exif.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        let short = |at: usize| -> Option<u16> {
            let bytes = exif.get(at..at.checked_add(2)?)?.try_into().ok()?;
            Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
        };
        let (high, low) = if is_little { (6, 4) } else { (4, 6) };
        let directory = usize::from(short(high)?) << 16 | usize::from(short(low)?);
        let count = usize::from(short(directory)?).min(EXIF_ENTRIES);
        let mut entries = (0..count).map(|entry| directory + 2 + entry * 12);
        let entry = entries.find(|entry| short(*entry) == Some(ORIENTATION))?;
        short(entry + 8).filter(|orientation| (1..=8).contains(orientation)).map(Self)
    }

    /// The size of a picture of this size once it is upright, and the other way round.
    pub(super) fn upright(self, (width, height): (u32, u32)) -> (u32, u32) {
        if self.0 >= 5 { (height, width) } else { (width, height) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Grey pixels, line by line.
    fn grey(width: u32, bytes: &[u8]) -> Pixels {
        Pixels::of(width, bytes.len() as u32 / width, 1, bytes.to_vec()).unwrap()
    }

    #[test]
    fn a_pixel_of_the_smaller_picture_is_the_mean_of_those_it_stands_for() {
        let picture = grey(4, &[0, 10, 100, 110, 20, 30, 120, 130]);
        assert_eq!(picture.narrowed((2, 1)), grey(2, &[15, 115]));
        assert_eq!(grey(3, &[0, 90, 180]).narrowed((2, 1)), grey(2, &[30, 150]));
        assert_eq!(picture.narrowed((9, 9)), picture);
        assert_eq!(picture.narrowed((0, 0)), grey(1, &[65]));
    }

    #[test]
    fn a_picture_is_turned_the_eight_ways_that_a_camera_can_be_held() {
        let picture = grey(3, &[1, 2, 3, 4, 5, 6]);
        for (orientation, width, bytes) in [
            (1, 3, [1, 2, 3, 4, 5, 6]),
            (2, 3, [3, 2, 1, 6, 5, 4]),
            (3, 3, [6, 5, 4, 3, 2, 1]),
            (4, 3, [4, 5, 6, 1, 2, 3]),
            (5, 2, [1, 4, 2, 5, 3, 6]),
            (6, 2, [4, 1, 5, 2, 6, 3]),
            (7, 2, [6, 3, 5, 2, 4, 1]),
            (8, 2, [3, 6, 2, 5, 1, 4]),
        ] {
            assert_eq!(
                picture.clone().turned(Orientation(orientation)),
                grey(width, &bytes),
                "{orientation}"
            );
        }
    }

    #[test]
    fn exif_of_either_kind_tells_the_orientation_and_nonsense_tells_nothing() {
        let little = b"II*\0\x08\0\0\0\x02\0\x0f\x01\x02\0\x04\0\0\0abc\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0";
        assert_eq!(Orientation::of_exif(little), Orientation(8));
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
        assert_eq!(Orientation::of_exif(big), Orientation(6));
        let mut far = little.to_vec();
        far[4..8].fill(0xff);
        for nothing in [&b""[..], b"II*\0", &little[..30], &far, b"MM\0*\0\0\0\x08\xff\xff"] {
            assert_eq!(Orientation::of_exif(nothing), Orientation::default());
        }
    }

    #[test]
    fn a_frame_that_is_smaller_than_its_canvas_stands_in_its_place() {
        let canvas = grey(1, &[7, 8]).on_canvas(3, 2, (1, 1));
        assert_eq!(canvas, grey(3, &[255, 255, 255, 255, 7, 255]));
        assert_eq!(grey(2, &[1, 2]).on_canvas(1, 1, (9, 9)), grey(1, &[255]));
    }
}
