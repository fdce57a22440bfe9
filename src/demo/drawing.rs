//! Draws the newsroom's pictures, which are SVG, as PNG: publishers send PNG, and the daemon does not decode SVG.
//!
//! It knows the part of SVG 1.1 that our drawings use: shapes with flat colours for fill and stroke, and rotation. It
//! silently leaves out everything else, so it is for these drawings only.

use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;

/// Width and height of a drawing in its own units.
const SIZE: (f64, f64) = (600.0, 400.0);
/// Pixels per unit.
const SCALE: f64 = 1.4;
/// How many horizontal lines are sampled for each row of pixels, so that edges are smooth.
const LINES: u32 = 4;
/// How many straight pieces a curve is drawn as; a whole ellipse takes four times as many.
const PIECES: u32 = 12;

/// The picture so far.
struct Canvas {
    width: usize,
    height: usize,
    /// Red, green and blue, a byte each, row by row.
    rgb: Vec<u8>,
}

type Point = (f64, f64);
type Colour = [f64; 3];

/// How a shape is drawn; a group hands it down to what is in it.
#[derive(Debug, Clone, Default)]
struct Style {
    fill: Option<Colour>,
    stroke: Option<Colour>,
    /// In units of the drawing.
    stroke_width: f64,
    /// From 0 to 1; that of a group and of a shape in it are multiplied.
    opacity: f64,
    /// The rotation: the angle in degrees, and the point that stays in place.
    turn: Option<[f64; 3]>,
}

/// Draws an SVG drawing and gives the bytes of a PNG file.
pub(super) fn png(svg: &str) -> Vec<u8> {
    let size = |units: f64| (units * SCALE) as usize;
    let (width, height) = (size(SIZE.0), size(SIZE.1));
    let mut canvas = Canvas { width, height, rgb: vec![255; width * height * 3] };
    let mut reader = quick_xml::Reader::from_str(svg);
    let mut styles =
        vec![Style { fill: Some([0.0; 3]), stroke_width: 1.0, opacity: 1.0, ..Style::default() }];
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(tag) => {
                let style = styled(styles.last(), &attributes(&tag));
                styles.push(style);
            }
            Event::End(_) => {
                styles.pop();
            }
            Event::Empty(tag) => {
                let given = attributes(&tag);
                let style = styled(styles.last(), &given);
                draw(&mut canvas, &style, &shape(tag.name().as_ref(), &given));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let mut bytes = Vec::new();
    let mut file = png::Encoder::new(&mut bytes, width as u32, height as u32);
    file.set_color(png::ColorType::Rgb);
    // Writing into memory does not fail.
    let _ = file.write_header().and_then(|mut file| file.write_image_data(&canvas.rgb));
    bytes
}

fn attributes(tag: &BytesStart<'_>) -> BTreeMap<String, String> {
    tag.attributes().flatten().map(|one| (one.key.as_ref().to_owned(), one.value.into_owned())).collect()
}

fn styled(above: Option<&Style>, given: &BTreeMap<String, String>) -> Style {
    let mut style = above.cloned().unwrap_or_default();
    for (name, value) in given {
        match name.as_str() {
            "fill" => style.fill = colour(value),
            "stroke" => style.stroke = colour(value),
            "stroke-width" => style.stroke_width = value.parse().unwrap_or(1.0),
            "opacity" => style.opacity *= value.parse().unwrap_or(1.0),
            "transform" => {
                let turn: Vec<f64> = numbers(value.trim_start_matches("rotate(").trim_end_matches(')'));
                style.turn = turn.try_into().ok();
            }
            _ => {}
        }
    }
    style
}

/// A colour such as `#1a2b3c` or `#fff`, each part from 0 to 255; `None` for anything else.
fn colour(text: &str) -> Option<Colour> {
    let digits: Vec<f64> =
        text.strip_prefix('#')?.chars().filter_map(|c| c.to_digit(16)).map(f64::from).collect();
    match digits[..] {
        [r, g, b] => Some([r * 17.0, g * 17.0, b * 17.0]),
        [r, r2, g, g2, b, b2] => Some([r * 16.0 + r2, g * 16.0 + g2, b * 16.0 + b2]),
        _ => None,
    }
}

/// The outlines of a shape, in units of the drawing; curves are made of straight pieces.
fn shape(name: &str, given: &BTreeMap<String, String>) -> Vec<Vec<Point>> {
    let number = |name: &str| given.get(name).and_then(|text| text.parse::<f64>().ok());
    let at = |name: &str| number(name).unwrap_or(0.0);
    match name {
        "rect" => {
            let (x, y, w, h) = (at("x"), at("y"), at("width"), at("height"));
            vec![vec![(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)]]
        }
        "circle" => vec![ellipse((at("cx"), at("cy")), (at("r"), at("r")))],
        "ellipse" => vec![ellipse((at("cx"), at("cy")), (at("rx"), at("ry")))],
        "path" => path(given.get("d").map_or("", String::as_str)),
        _ => Vec::new(),
    }
}

fn ellipse((x, y): Point, (rx, ry): Point) -> Vec<Point> {
    let turn = |piece: u32| f64::from(piece) / f64::from(4 * PIECES) * std::f64::consts::TAU;
    (0..=4 * PIECES).map(|piece| (x + rx * libm::cos(turn(piece)), y + ry * libm::sin(turn(piece)))).collect()
}

/// The lines of a path (SVG 1.1 §8.3): the commands M, L, H, V, Q, T and Z, and their relative forms.
fn path(text: &str) -> Vec<Vec<Point>> {
    let mut lines: Vec<Vec<Point>> = Vec::new();
    let (mut here, mut bend) = ((0.0, 0.0), (0.0, 0.0));
    let is_command = |c: char| c.is_ascii_alphabetic();
    let starts: Vec<usize> = text.match_indices(is_command).map(|(at, _)| at).collect();
    for (place, start) in starts.iter().enumerate() {
        let end = starts.get(place + 1).copied().unwrap_or(text.len());
        let (command, values) = (text.as_bytes()[*start], numbers(&text[start + 1..end]));
        let relative = command.is_ascii_lowercase();
        let command = command.to_ascii_uppercase();
        let taken = match command {
            b'H' | b'V' => 1,
            b'Q' => 4,
            _ => 2,
        };
        if command == b'Z'
            && let Some(line) = lines.last_mut()
            && let Some(first) = line.first().copied()
        {
            line.push(first);
            here = first;
        }
        for (step, values) in values.chunks_exact(taken).enumerate() {
            let from = if relative { here } else { (0.0, 0.0) };
            let point = |at: usize| (from.0 + values[at], from.1 + values[at + 1]);
            let to = match command {
                b'H' => (from.0 + values[0], here.1),
                b'V' => (here.0, from.1 + values[0]),
                b'Q' => point(2),
                _ => point(0),
            };
            if command == b'M' && step == 0 {
                lines.push(vec![to]);
            }
            bend = match command {
                b'Q' => point(0),
                b'T' => (2.0 * here.0 - bend.0, 2.0 * here.1 - bend.1),
                _ => to,
            };
            let line = lines.last_mut();
            if let Some(line) = line.filter(|_| command != b'M' || step > 0) {
                let pieces = if matches!(command, b'Q' | b'T') { PIECES } else { 1 };
                line.extend((1..=pieces).map(|piece| {
                    let t = f64::from(piece) / f64::from(pieces);
                    let mix = |a: f64, b: f64, c: f64| {
                        (1.0 - t) * (1.0 - t) * a + 2.0 * t * (1.0 - t) * b + t * t * c
                    };
                    (mix(here.0, bend.0, to.0), mix(here.1, bend.1, to.1))
                }));
            }
            here = to;
        }
    }
    lines
}

/// Numbers that are separated by spaces or commas, or only by the minus sign of the next.
fn numbers(text: &str) -> Vec<f64> {
    let spaced = text.replace('-', " -");
    spaced.split([' ', ',']).filter_map(|number| number.parse().ok()).collect()
}

fn draw(canvas: &mut Canvas, style: &Style, lines: &[Vec<Point>]) {
    let placed: Vec<Vec<Point>> =
        lines.iter().map(|line| line.iter().map(|point| turned(*point, style.turn)).collect()).collect();
    if let Some(colour) = style.fill {
        fill(canvas, &placed, colour, style.opacity);
    }
    if let Some(colour) = style.stroke {
        let radius = style.stroke_width / 2.0;
        let strokes: Vec<_> = placed.iter().flat_map(|line| stroke(line, radius)).collect();
        fill(canvas, &strokes, colour, style.opacity);
    }
}

fn turned((x, y): Point, turn: Option<[f64; 3]>) -> Point {
    let Some([degrees, around_x, around_y]) = turn else { return (x, y) };
    let (sin, cos) = libm::sincos(degrees.to_radians());
    let (x, y) = (x - around_x, y - around_y);
    (around_x + x * cos - y * sin, around_y + x * sin + y * cos)
}

/// The outlines of a line that is drawn with a round pen. All run the same way round, so that places where they overlap
/// count as inside, too (see [`fill`]).
fn stroke(line: &[Point], radius: f64) -> Vec<Vec<Point>> {
    let mut outlines: Vec<Vec<Point>> = line.iter().map(|point| ellipse(*point, (radius, radius))).collect();
    for pair in line.windows(2) {
        let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
        let length = libm::hypot(x2 - x1, y2 - y1);
        if length > 0.0 {
            let (dx, dy) = ((y1 - y2) / length * radius, (x2 - x1) / length * radius);
            outlines.push(vec![
                (x1 - dx, y1 - dy),
                (x2 - dx, y2 - dy),
                (x2 + dx, y2 + dy),
                (x1 + dx, y1 + dy),
            ]);
        }
    }
    outlines
}

/// Fills what is inside of closed lines by the nonzero rule of SVG (SVG 1.1 §11.3).
fn fill(canvas: &mut Canvas, lines: &[Vec<Point>], colour: Colour, opacity: f64) {
    let edges: Vec<(Point, Point)> = lines
        .iter()
        .flat_map(|line| line.iter().zip(line.iter().cycle().skip(1)))
        .map(|(from, to)| ((from.0 * SCALE, from.1 * SCALE), (to.0 * SCALE, to.1 * SCALE)))
        .filter(|(from, to)| (from.1 - to.1).abs() > 1e-9)
        .collect();
    for row in 0..canvas.height {
        let mut covered = vec![0.0; canvas.width];
        for line in 0..LINES {
            let y = row as f64 + (f64::from(line) + 0.5) / f64::from(LINES);
            cover(&mut covered, &edges, y);
        }
        let pixels = canvas.rgb[row * canvas.width * 3..].chunks_exact_mut(3);
        for (pixel, share) in pixels.zip(covered).filter(|(_, share)| *share > 0.0) {
            let over = opacity * f64::min(share, 1.0);
            for (part, colour) in pixel.iter_mut().zip(colour) {
                *part = (f64::from(*part) * (1.0 - over) + colour * over).round() as u8;
            }
        }
    }
}

/// Adds to each pixel of a row the share of it that is inside on the line at this height, divided by [`LINES`].
fn cover(covered: &mut [f64], edges: &[(Point, Point)], y: f64) {
    let mut crossings: Vec<(f64, i32)> = edges
        .iter()
        .filter(|(from, to)| (from.1 <= y) != (to.1 <= y))
        .map(|(from, to)| {
            let x = from.0 + (y - from.1) / (to.1 - from.1) * (to.0 - from.0);
            (x.clamp(0.0, covered.len() as f64), if to.1 > from.1 { 1 } else { -1 })
        })
        .collect();
    crossings.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut winding = 0;
    for pair in crossings.windows(2) {
        winding += pair[0].1;
        let (start, end) = (pair[0].0, pair[1].0);
        if winding == 0 || end <= start {
            continue;
        }
        for (x, share) in covered.iter_mut().enumerate().take(end.ceil() as usize).skip(start as usize) {
            let inside = f64::min(end, x as f64 + 1.0) - f64::max(start, x as f64);
            *share += inside.max(0.0) / f64::from(LINES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_drawn_where_they_stand() {
        let svg = "<svg><rect width=\"600\" height=\"400\" fill=\"#102030\"/><g fill=\"#fff\"><path d=\"M100 100h100v50l-100 0z\"/>\
                   </g><circle cx=\"400\" cy=\"200\" r=\"50\" fill=\"#ff0000\" opacity=\".5\"/><path d=\"M0 390H600\" \
                   fill=\"none\" stroke=\"#0f0\" stroke-width=\"10\"/></svg>";
        let mut reader = png::Decoder::new(std::io::Cursor::new(png(svg))).read_info().unwrap();
        assert_eq!(reader.info().size(), (840, 560));
        let mut drawn = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut drawn).unwrap();
        let at = |x: f64, y: f64| {
            let start = ((y * SCALE) as usize * 840 + (x * SCALE) as usize) * 3;
            [drawn[start], drawn[start + 1], drawn[start + 2]]
        };
        assert_eq!(at(20.0, 20.0), [16, 32, 48]);
        assert_eq!(at(150.0, 125.0), [255; 3]);
        assert_eq!(at(150.0, 170.0), [16, 32, 48]);
        assert_eq!(at(400.0, 200.0), [136, 16, 24]);
        assert_eq!(at(300.0, 390.0), [0, 255, 0]);
    }
}
