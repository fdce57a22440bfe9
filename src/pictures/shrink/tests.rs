use super::*;
use std::borrow::Cow;

/// A picture to write: size, and red, green and blue of each pixel.
struct Photo(u32, u32, Vec<u8>);

/// How a picture is written.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Jpeg,
    Png,
    WebP,
    Gif,
}

const KINDS: [Kind; 4] = [Kind::Jpeg, Kind::Png, Kind::WebP, Kind::Gif];

/// Red on the left, blue on the right, with a pattern over it.
fn photo(width: u32, height: u32) -> Photo {
    let pixel = |x: u32, y: u32| {
        let shade = ((x * 7 + y * 3) % 40) as u8;
        if x < width / 2 { [200, shade, shade] } else { [shade, shade, 200] }
    };
    Photo(width, height, (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect())
}

fn written(Photo(width, height, rgb): &Photo, kind: Kind) -> Vec<u8> {
    let mut bytes = Vec::new();
    match kind {
        Kind::Jpeg => {
            let size = ((*width).try_into().unwrap(), (*height).try_into().unwrap());
            let encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
            encoder.encode(rgb, size.0, size.1, jpeg_encoder::ColorType::Rgb).unwrap();
        }
        Kind::Png => return png(*width, *height, png::ColorType::Rgb, rgb),
        Kind::WebP => {
            let encoder = image_webp::WebPEncoder::new(&mut bytes);
            encoder.encode(rgb, *width, *height, image_webp::ColorType::Rgb8).unwrap();
        }
        Kind::Gif => {
            // Two colours are enough for it.
            let is_blue: Vec<u8> = rgb.chunks(3).map(|pixel| u8::from(pixel[2] > pixel[0])).collect();
            return gif(*width, *height, &[200, 0, 0, 0, 0, 200], &[&is_blue]);
        }
    }
    bytes
}

fn png(width: u32, height: u32, kind: png::ColorType, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = png::Encoder::new(&mut bytes, width, height);
    file.set_color(kind);
    file.write_header().unwrap().write_image_data(pixels).unwrap();
    bytes
}

fn gif(width: u32, height: u32, palette: &[u8], frames: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = (width.try_into().unwrap(), height.try_into().unwrap());
    let mut file = gif::Encoder::new(&mut bytes, width, height, palette).unwrap();
    for frame in frames {
        let buffer = Cow::Borrowed(*frame);
        file.write_frame(&gif::Frame { width, height, buffer, ..gif::Frame::default() }).unwrap();
    }
    drop(file);
    bytes
}

/// Size and pixels of a JPEG that we wrote.
fn read(jpeg: &[u8]) -> ((u32, u32), impl Fn(u32, u32) -> [u8; 3]) {
    let cursor = zune_jpeg::zune_core::bytestream::ZCursor::new(jpeg);
    let mut decoder = zune_jpeg::JpegDecoder::new(cursor);
    let pixels = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    let at = move |x: u32, y: u32| {
        let start = (y as usize * width + x as usize) * 3;
        [pixels[start], pixels[start + 1], pixels[start + 2]]
    };
    ((width as u32, height as u32), at)
}

/// A JPEG with this orientation in its EXIF, of which the camera says more.
fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    exif.extend(b"taken at 52.1 N 4.3 E");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

#[test]
fn a_picture_is_kept_in_two_sizes_whatever_kind_it_is() {
    let photo = photo(1600, 900);
    for kind in KINDS {
        let file = shrink(&written(&photo, kind)).unwrap();
        assert_eq!((file.width, file.height), (720, 405), "{kind:?}");
        let ((large, _), (small, at)) = (read(&file.large), read(file.small.as_deref().unwrap()));
        assert_eq!((large, small), ((720, 405), (360, 203)));
        let [red, _, blue] = at(20, 100);
        assert!(red > 150 && blue < 90, "{kind:?}: {red} {blue}");
        assert!(file.large.len() < 60_000, "{}", file.large.len());
        assert_eq!(file.name.len(), 32);
    }
}

#[test]
fn a_small_picture_is_not_made_larger() {
    let file = shrink(&written(&photo(300, 200), Kind::Png)).unwrap();
    assert_eq!((file.width, file.height, file.small), (300, 200, None));
    assert_eq!(read(&file.large).0, (300, 200));
}

#[test]
fn a_picture_stands_upright_and_says_nothing_of_its_camera() {
    let lying = written(&photo(800, 400), Kind::Jpeg);
    let file = shrink(&turned(&lying, 6)).unwrap();
    assert_eq!((file.width, file.height), (400, 800));
    let (_, at) = read(&file.large);
    let red = |x: u32, y: u32| at(x, y)[0] > 150;
    assert!(red(200, 100) && !red(200, 700), "what was left is on top");
    assert!(!file.large.windows(4).any(|bytes| bytes == b"Exif" || bytes == b"52.1"));
}

#[test]
fn what_shines_through_is_white_and_of_what_moves_the_first_is_shown() {
    let clear = png(200, 200, png::ColorType::Rgba, &vec![0; 200 * 200 * 4]);
    let [red, ..] = read(&shrink(&clear).unwrap().large).1(9, 9);
    assert!(red > 250);
    let grey = png(200, 200, png::ColorType::Grayscale, &vec![90; 200 * 200]);
    let [red, _, blue] = read(&shrink(&grey).unwrap().large).1(9, 9);
    assert!((85..95).contains(&red) && red.abs_diff(blue) < 3);
    let moving = gif(200, 200, &[0, 0, 0, 255, 255, 255], &[&vec![0; 40_000], &vec![1; 40_000]]);
    let [red, ..] = read(&shrink(&moving).unwrap().large).1(9, 9);
    assert!(red < 10);
}

#[test]
fn what_is_no_picture_to_be_shown_is_refused() {
    let png = |width, height| written(&photo(width, height), Kind::Png);
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"500\" height=\"500\"><script/></svg>";
    let jpeg = written(&photo(800, 600), Kind::Jpeg);
    for (bytes, why) in [
        (Vec::new(), Unfit::Kind),
        (b"<!doctype html><p>not here".to_vec(), Unfit::Kind),
        (svg.as_bytes().to_vec(), Unfit::Kind),
        (b"BM then a bitmap".to_vec(), Unfit::Kind),
        (png(1, 1), Unfit::Small),
        (png(600, 60), Unfit::Small),
        (png(1_000, 200), Unfit::Strip),
        (png(120, 400), Unfit::Strip),
        (png(160, 160)[..300].to_vec(), Unfit::Damaged),
        (jpeg[..jpeg.len() * 2 / 3].to_vec(), Unfit::Damaged),
        (turned(&jpeg[..jpeg.len() - 2], 1), Unfit::Damaged),
        (b"GIF89a".to_vec(), Unfit::Damaged),
        (b"RIFF\xff\xff\xff\xffWEBPVP8L".to_vec(), Unfit::Damaged),
    ] {
        assert_eq!(shrink(&bytes).map(|file| file.name), Err(why), "{:?}", bytes.get(..20));
    }
}

#[test]
fn a_jpeg_whose_colours_come_one_after_the_other_is_refused() {
    let Photo(width, height, rgb) = photo(300, 200);
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    // With these it writes them so.
    encoder.set_optimized_huffman_tables(true);
    encoder.encode(&rgb, width as u16, height as u16, jpeg_encoder::ColorType::Rgb).unwrap();
    assert_eq!(shrink(&bytes).map(|file| file.name), Err(Unfit::Kind));
}

#[test]
fn a_picture_that_says_it_is_huge_is_refused_before_it_is_decoded() {
    // The size stands in the first chunk of a PNG, and its checksum behind it.
    let mut huge = written(&photo(120, 120), Kind::Png);
    for (width, height) in [(60_000_u32, 60_000_u32), (11_000, 11_000), (u32::MAX, 1)] {
        huge[16..20].copy_from_slice(&width.to_be_bytes());
        huge[20..24].copy_from_slice(&height.to_be_bytes());
        let sum = crc32(&huge[12..29]);
        huge[29..33].copy_from_slice(&sum.to_be_bytes());
        assert!(shrink(&huge).is_err(), "{width}×{height}");
    }
    let mut gif = b"GIF89a\xff\xff\xff\xff\x80\0\0".to_vec();
    gif.extend([0; 6]);
    gif.extend(b"\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0\x3b");
    assert_eq!(shrink(&gif).map(|file| file.name), Err(Unfit::Large));
    // Four thousand lines of one colour pack into some kilobytes.
    let bomb = png(4_000, 4_000, png::ColorType::Grayscale, &vec![0; 16_000_000]);
    assert!(bomb.len() < 100_000);
    assert_eq!(shrink(&bomb).map(|file| file.name), Err(Unfit::Large));
}

/// The checksum of a PNG's chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 })
    })
}

#[test]
fn damage_of_any_kind_ends_in_a_picture_or_in_none() {
    for kind in KINDS {
        let whole = written(&photo(120, 110), kind);
        for step in 0..120_usize {
            let mut bytes = whole.clone();
            let place = (step * 7_919) % bytes.len();
            bytes[place] ^= 1 << (step % 8);
            bytes.truncate(if step % 5 == 0 { place } else { whole.len() });
            let _ = shrink(&bytes);
        }
    }
}
