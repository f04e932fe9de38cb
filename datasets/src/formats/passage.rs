//! Texts that hold boxes, in the notations of several models.

use super::complaint::Fault;
use super::record::{Marked, Part, Passage, Record};
use crate::geometry::{Coordinates, Extent, GeometryError, PixelBox};
use crate::lang::Lang;
use serde_json::Value;
use std::fmt::Write as _;

/// How boxes are written into a text. All of them are read, whichever is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// `<ref>name</ref><box>[[x1, y1, x2, y2]]</box>`: MedRegA, InternVL.
    Tagged,
    /// `<ref>name</ref><box>(x1,y1),(x2,y2)</box>`: Qwen-VL.
    Corners,
    /// `name [x1, y1, x2, y2]`: LLaVA, Shikra.
    Plain,
    /// `[{"bbox_2d": [x1, y1, x2, y2], "label": "name"}]`: Qwen2.5-VL.
    Json,
}

/// A piece of a text that was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// Words, spaces and all.
    Words(String),
    /// A name with its boxes. The name may be empty, or the boxes may.
    Boxes {
        /// The name.
        name: String,
        /// `[x0, y0, x1, y1]` each, as written.
        boxes: Vec<[f64; 4]>,
    },
}

const NAMES: [(&str, &str); 2] = [
    ("<ref>", "</ref>"),
    ("<|object_ref_start|>", "<|object_ref_end|>"),
];
const BOXES: [(&str, &str); 2] = [("<box>", "</box>"), ("<|box_start|>", "<|box_end|>")];

/// Stands for boxes in a [`skeleton`].
pub(super) const PLACE: char = '□';

/// Reads a text; says what is wrong with a box that is none.
pub(super) fn read(text: &str, coordinates: Coordinates) -> Result<Vec<Piece>, String> {
    let mut scanner = Scanner {
        rest: text,
        coordinates,
        pieces: Vec::new(),
    };
    while !scanner.rest.is_empty() {
        scanner.step()?;
    }
    Ok(scanner.pieces)
}

/// A text with boxes in pixels, between tags; the regions of a record that it speaks of, and new ones where it speaks of others.
pub(super) fn heard(record: &mut Record, lang: &Lang, text: &str) -> Result<Passage, Fault> {
    let pieces = match text.contains("<box>") || text.contains("<ref>") {
        true => read(text, Coordinates::Pixels).map_err(Fault::Other)?,
        false => vec![Piece::Words(text.to_owned())],
    };
    let mut parts = Vec::new();
    for piece in pieces {
        parts.push(match piece {
            Piece::Words(words) => Part::Words(words),
            Piece::Boxes { name, boxes } => {
                let regions = boxes.iter();
                let regions = regions.map(|corners| place(record, lang, &name, *corners));
                let regions: Result<_, Fault> = regions.collect();
                let regions = regions?;
                Part::Regions { name, regions }
            }
        });
    }
    Ok(Passage(parts))
}

fn place(record: &mut Record, lang: &Lang, name: &str, corners: [f64; 4]) -> Result<usize, Fault> {
    let (bbox, _) = PixelBox::fitted(corners, record.image.size)?;
    let extent = Extent::Pixels(bbox);
    let known = record.regions.iter().position(|r| r.extent == extent);
    let region = known.unwrap_or_else(|| {
        let mut region = Marked::new(extent);
        if !name.is_empty() {
            region.names.insert(lang.clone(), name.to_owned());
        }
        record.regions.push(region);
        record.regions.len() - 1
    });
    if let Some(region) = record.regions.get_mut(region) {
        region.spoken = true;
    }
    Ok(region)
}

struct Scanner<'a> {
    rest: &'a str,
    coordinates: Coordinates,
    pieces: Vec<Piece>,
}

impl<'a> Scanner<'a> {
    fn step(&mut self) -> Result<(), String> {
        if let Some(name) = self.tagged(NAMES) {
            let name = name.trim().to_owned();
            self.pieces.push(Piece::Boxes {
                name,
                boxes: Vec::new(),
            });
        } else if let Some(list) = self.tagged(BOXES) {
            let boxes = fours(list)?;
            self.add(boxes);
        } else if !self.objects() && !self.list()? {
            self.words();
        }
        Ok(())
    }

    /// What stands between an opening tag and its end, or, where that is missing, the next mark.
    fn tagged(&mut self, tags: [(&str, &str); 2]) -> Option<&'a str> {
        let (after, close) = tags
            .into_iter()
            .find_map(|(open, close)| Some((self.rest.strip_prefix(open)?, close)))?;
        let end = after
            .find(close)
            .or_else(|| after.find('<'))
            .unwrap_or(after.len());
        let (inner, rest) = after.split_at_checked(end)?;
        self.rest = rest.strip_prefix(close).unwrap_or(rest);
        Some(inner)
    }

    /// Boxes that belong to the name before them, if only spaces are between.
    fn add(&mut self, boxes: Vec<[f64; 4]>) {
        if let [.., Piece::Boxes { boxes: empty, .. }, Piece::Words(space)] =
            self.pieces.as_mut_slice()
            && empty.is_empty()
            && space.trim().is_empty()
        {
            self.pieces.pop();
        }
        match self.pieces.last_mut() {
            Some(Piece::Boxes { boxes: before, .. }) => before.extend(boxes),
            _ => self.pieces.push(Piece::Boxes {
                name: String::new(),
                boxes,
            }),
        }
    }

    /// Boxes as a list of JSON objects, in a block of code perhaps.
    fn objects(&mut self) -> bool {
        let fenced = self
            .rest
            .strip_prefix("```json")
            .or(self.rest.strip_prefix("```"));
        let inner = fenced.unwrap_or(self.rest).trim_start();
        if !inner.starts_with(['[', '{']) || !inner.contains("\"bbox_2d\"") {
            return false;
        }
        let mut values = serde_json::Deserializer::from_str(inner).into_iter::<Value>();
        let Some(found) = values
            .next()
            .and_then(Result::ok)
            .and_then(|v| labelled(&v))
        else {
            return false;
        };
        self.rest = inner.get(values.byte_offset()..).unwrap_or_default();
        if fenced.is_some() {
            let after = self.rest.trim_start();
            self.rest = after.strip_prefix("```").unwrap_or(self.rest);
        }
        for (name, bbox) in found {
            self.add_named(name, bbox);
        }
        true
    }

    fn add_named(&mut self, name: String, bbox: [f64; 4]) {
        match self.pieces.last_mut() {
            Some(Piece::Boxes { name: same, boxes }) if *same == name => boxes.push(bbox),
            _ => self.pieces.push(Piece::Boxes {
                name,
                boxes: vec![bbox],
            }),
        }
    }

    /// Boxes in brackets without tags. Two brackets mean boxes; one may be anything, unless four numbers in it make a box.
    fn list(&mut self) -> Result<bool, String> {
        if !self.rest.starts_with('[') {
            return Ok(false);
        }
        let Some(end) = closing(self.rest) else {
            return Ok(false);
        };
        let (list, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        let double = list
            .strip_prefix('[')
            .is_some_and(|l| l.trim_start().starts_with('['));
        let boxes = match fours(list) {
            Ok(boxes) => boxes,
            Err(why) if double => return Err(why),
            Err(_) => return Ok(false),
        };
        let likely = |corners: &[f64; 4]| self.coordinates.read(*corners, None).is_ok();
        if !double && !boxes.iter().all(likely) {
            return Ok(false);
        }
        if double {
            self.name_before();
        }
        self.rest = rest;
        self.add(boxes);
        Ok(true)
    }

    /// Where tags were stripped, a name stands right before its boxes: `liver[[1, 2, 3, 4]]`.
    fn name_before(&mut self) {
        let Some(Piece::Words(words)) = self.pieces.last_mut() else {
            return;
        };
        let between = |c: char| {
            matches!(
                c,
                ',' | '，' | '、' | ';' | '；' | '.' | '。' | ':' | '：' | '\n'
            )
        };
        let start = words.rfind(between).map_or(0, |at| {
            at + words
                .get(at..)
                .and_then(|w| w.chars().next())
                .map_or(0, char::len_utf8)
        });
        let name = words.get(start..).unwrap_or_default();
        if name.trim().is_empty() || name.ends_with(' ') || name.split_whitespace().count() > 5 {
            return;
        }
        let start = start + (name.len() - name.trim_start().len());
        let name = name.trim().to_owned();
        words.truncate(start);
        if words.is_empty() {
            self.pieces.pop();
        }
        self.pieces.push(Piece::Boxes {
            name,
            boxes: Vec::new(),
        });
    }

    /// Words to the next thing that may be a mark.
    fn words(&mut self) {
        let first = self.rest.chars().next().map_or(0, char::len_utf8);
        let marks = ['<', '[', '{', '`'];
        let next = self.rest.get(first..).and_then(|rest| rest.find(marks));
        let end = next.map_or(self.rest.len(), |at| at + first);
        let (words, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        match self.pieces.last_mut() {
            Some(Piece::Words(before)) => before.push_str(words),
            _ => self.pieces.push(Piece::Words(words.to_owned())),
        }
    }
}

/// Where the list at the start of a text ends, if nothing but numbers is in it.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' if depth == 1 => return Some(at + 1),
            ']' => depth = depth.checked_sub(1)?,
            '0'..='9' | '.' | ',' | '-' | '+' | 'e' | 'E' => {}
            c if c.is_whitespace() => {}
            _ => return None,
        }
    }
    None
}

/// The numbers in a list, four by four.
fn fours(list: &str) -> Result<Vec<[f64; 4]>, String> {
    let numbers = list.split(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+' | 'e' | 'E'));
    let numbers: Result<Vec<f64>, _> = numbers.filter(|n| !n.is_empty()).map(str::parse).collect();
    let numbers = numbers.map_err(|_| format!("`{}` is no list of numbers", list.trim()))?;
    let (boxes, rest) = numbers.as_chunks::<4>();
    match boxes.is_empty() || !rest.is_empty() {
        true => Err(format!(
            "a box has four numbers, `{}` has {}",
            list.trim(),
            numbers.len()
        )),
        false => Ok(boxes.to_vec()),
    }
}

/// The boxes of `[{"bbox_2d": […], "label": "…"}]`, or of one such object.
fn labelled(value: &Value) -> Option<Vec<(String, [f64; 4])>> {
    let objects = match value {
        Value::Array(objects) => objects.as_slice(),
        one => std::slice::from_ref(one),
    };
    let one = |object: &Value| {
        let corners = object.get("bbox_2d")?.as_array()?;
        let corners: Option<Vec<f64>> = corners.iter().map(Value::as_f64).collect();
        let label = object
            .get("label")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Some((label.to_owned(), <[f64; 4]>::try_from(corners?).ok()?))
    };
    objects.iter().map(one).collect()
}

/// The text with one mark for each list of boxes, and none for tags: what a question is recognised by.
pub(super) fn skeleton(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Words(words) => text.push_str(words),
            Piece::Boxes { name, boxes } => {
                text.push_str(name);
                if !boxes.is_empty() {
                    text.truncate(text.trim_end().len());
                    text.push(PLACE);
                }
            }
        }
    }
    text.trim().to_owned()
}

/// Writes a text.
pub(super) fn write(
    passage: &Passage,
    record: &Record,
    (notation, coordinates): (Notation, Coordinates),
) -> Result<String, GeometryError> {
    let mut text = String::new();
    for part in &passage.0 {
        match part {
            Part::Words(words) => text.push_str(words),
            Part::Regions { name, regions } => {
                let found = regions
                    .iter()
                    .filter_map(|index| record.regions.get(*index));
                let corners =
                    found.map(|region| coordinates.write(&region.extent, record.image.size));
                let corners: Vec<[f64; 4]> = corners.collect::<Result<_, _>>()?;
                put(&mut text, name, &corners, (notation, coordinates));
            }
        }
    }
    Ok(text)
}

fn put(
    text: &mut String,
    name: &str,
    boxes: &[[f64; 4]],
    (notation, coordinates): (Notation, Coordinates),
) {
    let listed = |open: &str, between: &str, close: &str| {
        let one = |corners: &[f64; 4]| {
            let numbers = corners.map(|c| number(c, coordinates));
            format!("{open}{}{close}", numbers.join(", "))
        };
        boxes.iter().map(one).collect::<Vec<_>>().join(between)
    };
    // Writing to a string cannot fail.
    let _ = match (notation, boxes.is_empty()) {
        (Notation::Tagged | Notation::Corners, true) => write!(text, "<ref>{name}</ref>"),
        (Notation::Plain | Notation::Json, true) => write!(text, "{name}"),
        (Notation::Tagged, false) => {
            let list = listed("[", ", ", "]");
            write!(text, "{}<box>[{list}]</box>", tagged_name(name))
        }
        (Notation::Corners, false) => {
            let corner = |[x0, y0, x1, y1]: &[f64; 4]| {
                let [x0, y0, x1, y1] = [x0, y0, x1, y1].map(|c| number(*c, coordinates));
                format!("<box>({x0},{y0}),({x1},{y1})</box>")
            };
            let list: String = boxes.iter().map(corner).collect();
            write!(text, "{}{list}", tagged_name(name))
        }
        (Notation::Plain, false) => {
            let space = if name.is_empty() { "" } else { " " };
            write!(text, "{name}{space}{}", listed("[", ", ", "]"))
        }
        (Notation::Json, false) => {
            let label = Value::from(name);
            let close = match name {
                "" => "]}".to_owned(),
                _ => format!("], \"label\": {label}}}"),
            };
            write!(text, "[{}]", listed("{\"bbox_2d\": [", ", ", &close))
        }
    };
}

fn tagged_name(name: &str) -> String {
    match name {
        "" => String::new(),
        name => format!("<ref>{name}</ref>"),
    }
}

/// Shares have three decimals, as the published sets that models learn them from.
fn number(c: f64, coordinates: Coordinates) -> String {
    match coordinates {
        Coordinates::Shares => format!("{c:.3}"),
        Coordinates::Pixels | Coordinates::WholePixels | Coordinates::Grid(_) => format!("{c}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THOUSAND: Coordinates = Coordinates::Grid(1000);

    fn boxes(name: &str, boxes: &[[f64; 4]]) -> Piece {
        Piece::Boxes {
            name: name.to_owned(),
            boxes: boxes.to_vec(),
        }
    }

    fn words(text: &str) -> Piece {
        Piece::Words(text.to_owned())
    }

    #[test]
    fn every_notation_of_boxes_is_read() {
        let (a, b) = ([1.0, 2.0, 30.0, 40.0], [5.0, 6.0, 70.0, 80.0]);
        let both = boxes("liver", &[a, b]);
        for text in [
            "<ref>liver</ref><box>[[1, 2, 30, 40], [5, 6, 70, 80]]</box>",
            "<ref> liver </ref> <box>[[1,2,30,40],[5,6,70,80]]</box>",
            "<ref>liver</ref><box>(1,2),(30,40)</box><box>(5,6),(70,80)</box>",
            "<|object_ref_start|>liver<|object_ref_end|><|box_start|>(1,2),(30,40)<|box_end|><|box_start|>(5,6),(70,80)<|box_end|>",
            "[{\"bbox_2d\": [1, 2, 30, 40], \"label\": \"liver\"}, {\"bbox_2d\": [5, 6, 70, 80], \"label\": \"liver\"}]",
            "```json\n[{\"bbox_2d\": [1, 2, 30, 40], \"label\": \"liver\"}, {\"bbox_2d\": [5, 6, 70, 80], \"label\": \"liver\"}]\n```",
            "liver[[1, 2, 30, 40], [5, 6, 70, 80]]",
        ] {
            assert_eq!(
                read(text, THOUSAND).unwrap(),
                std::slice::from_ref(&both),
                "{text}"
            );
        }
        let plain = read("a liver [1, 2, 30, 40].", THOUSAND).unwrap();
        assert_eq!(plain, [words("a liver "), boxes("", &[a]), words(".")]);
        assert_eq!(skeleton(&plain), "a liver□.");
    }

    #[test]
    fn what_is_no_box_stays_words() {
        for text in [
            "see [1] and [2, 3]",
            "[4, 3, 2, 1]",
            "[0, 0, 2000, 3000]",
            "a < b {c} `d` [",
            "[[",
            "x]",
        ] {
            let read = read(text, THOUSAND);
            if text != "[[" {
                assert_eq!(read.unwrap(), [words(text)], "{text}");
            }
        }
        assert!(
            read("<box>[[1, 2, 3]]</box>", THOUSAND)
                .unwrap_err()
                .contains("has 3")
        );
        assert!(read("liver[[1, 2, 3, x]]", THOUSAND).is_ok());
    }
}
