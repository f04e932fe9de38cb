//! SA-Med2D-20M: images with a mask file for each thing in them, of which the boxes are taken.
//!
//! `images/ct_00--BTCV--0026--x_0050.png` has masks `masks/ct_00--BTCV--0026--x_0050--0003_000.png`, in which 0003 is the class. Which masks
//! an image has stands in `SAMed2D_v1.json`; where that is missing, in the names of the mask files.

use super::super::complaint::{At, Complaint, Fault};
use super::super::elements::Elements;
use super::super::gather::{Gathered, Row, Rows};
use super::super::record::{ImagePath, Marked, Picture, Record};
use super::super::source::{self, Source, Text};
use super::super::{Records, Settings};
use crate::geometry::{Extent, ImageSize, PixelBox};
use crate::lang::Lang;
use crate::modality::Modality;
use crate::whole::Texts;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

const LIST: &str = "SAMed2D_v1.json";
const CLASSES: &str = "SAMed2D_v1_class_mapping_id.json";
/// The most pixels of a mask.
const MOST_PIXELS: u64 = 1 << 28;

pub(super) fn sa_med2d(from: &Source, settings: &Settings) -> Result<Records, Complaint> {
    let folder = from.folder()?;
    let listed = match folder.join(LIST) {
        list if list.is_file() => {
            Listed::Document(Elements::new(source::open(&list, &settings.watch)?))
        }
        _ => Listed::Names(masks_below(&folder)?.into_iter()),
    };
    let reading = Reading {
        classes: classes(&folder, settings)?,
        folder,
        listed,
        number: 0,
    };
    Ok(Box::new(Gathered::new(reading, settings.watch.clone())))
}

fn masks_below(folder: &Path) -> Result<Vec<String>, Complaint> {
    let png = |path: &Path| path.extension().is_some_and(|ending| ending == "png");
    let found = source::files_below(folder, &png)?;
    Ok((found.into_iter())
        .filter(|path| path.starts_with("masks/"))
        .collect())
}

/// What each class is called; by its number where no file says it.
fn classes(folder: &Path, settings: &Settings) -> Result<HashMap<String, String>, Complaint> {
    let path = folder.join(CLASSES);
    if !path.is_file() {
        return Ok(HashMap::new());
    }
    let whole = |fault| Complaint::whole(CLASSES, fault);
    let text = source::read_small(&path, &settings.watch).map_err(whole)?;
    let listed: BTreeMap<String, String> =
        serde_json::from_str(&text).map_err(|e| whole(Fault::syntax("a list of classes", e)))?;
    Ok(listed.into_iter().map(|(name, id)| (id, name)).collect())
}

/// Where the names of the masks come from.
enum Listed {
    Document(Elements<Text>),
    Names(std::vec::IntoIter<String>),
}

struct Reading {
    folder: PathBuf,
    listed: Listed,
    classes: HashMap<String, String>,
    number: u64,
}

impl Reading {
    /// The next mask.
    fn next(&mut self) -> Option<Result<Mask, Complaint>> {
        let complaint = |at, fault| Complaint {
            file: LIST.to_owned(),
            at,
            fault,
        };
        match &mut self.listed {
            Listed::Names(names) => {
                let path = names.next()?;
                let mask = image_of(&path).map(|image| Mask {
                    image,
                    path,
                    line: 0,
                });
                Some(mask.map_err(|fault| complaint(At::Whole, fault)))
            }
            Listed::Document(elements) => {
                let found = elements.next()?.and_then(|found| {
                    let path: Result<String, _> = serde_json::from_slice(found.bytes);
                    Ok(Mask {
                        path: path.map_err(|e| Fault::json(LIST, &e, found.bytes))?,
                        image: found.table.to_owned(),
                        line: found.line,
                    })
                });
                Some(found.map_err(|fault| complaint(At::Line(elements.line()), fault)))
            }
        }
    }
}

/// A mask, its image, and its line in the list.
struct Mask {
    image: String,
    path: String,
    line: u64,
}

/// The image whose mask has this name.
fn image_of(mask: &str) -> Result<String, Fault> {
    let stem = mask.strip_prefix("masks/").unwrap_or(mask);
    let parts = stem.rsplit_once("--");
    let (image, _) = parts.ok_or_else(|| Fault::other("is not named after an image"))?;
    Ok(format!("images/{image}.png"))
}

impl Rows for Reading {
    fn next_row(&mut self) -> Option<Result<Row, Complaint>> {
        let found = self.next()?;
        self.number += 1;
        Some(found.map(|mask| Row {
            key: mask.image,
            kind: 0,
            file: 0,
            number: self.number,
            line: mask.line,
            bytes: mask.path.into_bytes(),
        }))
    }

    fn assemble(&mut self, key: &str, rows: Vec<Row>) -> (Option<Record>, Vec<Complaint>) {
        let path = match ImagePath::new(key) {
            Ok(path) => path,
            Err(fault) => return (None, vec![Complaint::whole(LIST, fault)]),
        };
        let mut record = Record::new(Picture::new(path));
        record.image.modality = modality(key);
        let mut complaints = Vec::new();
        for row in rows {
            let mask = String::from_utf8_lossy(&row.bytes).into_owned();
            if let Err(fault) = self.mask(&mut record, &mask) {
                complaints.push(Complaint::whole(mask, fault));
            }
        }
        (Some(record), complaints)
    }
}

impl Reading {
    /// Adds a region for each connected part of a mask.
    fn mask(&self, record: &mut Record, mask: &str) -> Result<(), Fault> {
        let path = source::inside(&self.folder, mask)?;
        let (size, boxes) = boxes_in(&path)?;
        if record.image.size.is_some_and(|before| before != size) {
            let say = |size: ImageSize| format!("{}×{}", size.width(), size.height());
            return Err(Fault::OtherSize {
                this: say(size),
                before: record.image.size.map(say).unwrap_or_default(),
            });
        }
        record.image.size = Some(size);
        let name = self.class(mask);
        for [x0, y0, x1, y1] in boxes {
            let [x0, y0, x1, y1] = [x0, y0, x1, y1].map(f64::from);
            record.regions.push(Marked {
                names: Texts::from([(Lang::en(), name.clone())]),
                ..Marked::new(Extent::Pixels(PixelBox::new(x0, y0, x1, y1)?))
            });
        }
        Ok(())
    }

    /// What the class in a mask's name is called.
    fn class(&self, mask: &str) -> String {
        let end = mask.rsplit("--").next().unwrap_or(mask);
        let id = end.split(['_', '.']).next().unwrap_or(end);
        let name = self.classes.get(id).cloned();
        name.unwrap_or_else(|| format!("class {id}"))
    }
}

/// What kind of picture the first part of an image's name says it is.
fn modality(image: &str) -> Option<Modality> {
    let name = image.rsplit('/').next().unwrap_or(image);
    let kind = name.split("--").next().unwrap_or_default();
    let kind = kind.split('_').next().unwrap_or_default();
    match kind {
        "ct" => Some(Modality::Ct),
        "mr" => Some(Modality::Mr),
        "x" | "xray" => Some(Modality::Xray),
        "us" | "ultrasound" => Some(Modality::Ultrasound),
        "fundus" => Some(Modality::Fundus),
        "dermoscopy" => Some(Modality::Dermatology),
        "endoscopy" => Some(Modality::Endoscopy),
        "pet" => Some(Modality::Nuclear),
        "microscopy" | "histopathology" => Some(Modality::Pathology),
        _ => None,
    }
}

/// The size of a mask, and a box around each connected part of it: pixels of one value that touch, corners included.
fn boxes_in(path: &Path) -> Result<(ImageSize, Vec<[u32; 4]>), Fault> {
    let broken = |error: png::DecodingError| match error {
        png::DecodingError::IoError(error) => Fault::Read(error),
        other => Fault::syntax("PNG", other),
    };
    let file = File::open(path);
    let file = file.map_err(|error| Fault::other(format!("cannot be opened: {error}")))?;
    let mut decoder = png::Decoder::new(BufReader::new(file));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(broken)?;
    let (width, height) = reader.info().size();
    let size = ImageSize::new(width, height)?;
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(Fault::other("has more pixels than any mask"));
    }
    let room = reader.output_buffer_size();
    let mut pixels = vec![0; room.ok_or_else(|| Fault::other("has more pixels than any mask"))?];
    let frame = reader.next_frame(&mut pixels).map_err(broken)?;
    let step = frame.color_type.samples();
    let mut parts = Parts::default();
    for (y, row) in (0..).zip(pixels.chunks_exact(frame.line_size).take(height as usize)) {
        parts.row(y, row.iter().step_by(step).copied());
    }
    Ok((size, parts.boxes()))
}

/// Connected parts that grow row by row.
#[derive(Default)]
struct Parts {
    /// The box of each part, and which part it was found to be one with.
    known: Vec<([u32; 4], usize)>,
    /// The stretches of the row before: from, to, value and part.
    before: Vec<(u32, u32, u8, usize)>,
}

impl Parts {
    fn row(&mut self, y: u32, values: impl Iterator<Item = u8>) {
        let mut stretches: Vec<(u32, u32, u8)> = Vec::new();
        for (x, value) in (0..).zip(values).filter(|(_, value)| *value != 0) {
            match stretches.last_mut() {
                Some((_, to, same)) if *to == x && *same == value => *to = x + 1,
                _ => stretches.push((x, x + 1, value)),
            }
        }
        let before = std::mem::take(&mut self.before);
        for (from, to, value) in stretches {
            let part = self.known.len();
            self.known.push(([from, y, to, y + 1], part));
            let touching = before.iter();
            let touching =
                touching.filter(|(x0, x1, same, _)| *same == value && *x0 <= to && from <= *x1);
            for (_, _, _, other) in touching {
                self.join(part, *other);
            }
            self.before.push((from, to, value, part));
        }
    }

    /// The part that stands for this one and all it was found to be one with.
    fn root(&self, mut part: usize) -> usize {
        while let Some((_, up)) = self.known.get(part)
            && *up != part
        {
            part = *up;
        }
        part
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        let (first, second) = (one.min(other), one.max(other));
        let Some((grown, _)) = self.known.get(second).copied() else {
            return;
        };
        if let Some((bounds, _)) = self.known.get_mut(first) {
            let [x0, y0, x1, y1] = *bounds;
            let [a0, b0, a1, b1] = grown;
            *bounds = [x0.min(a0), y0.min(b0), x1.max(a1), y1.max(b1)];
        }
        if let Some((_, up)) = self.known.get_mut(second) {
            *up = first;
        }
    }

    fn boxes(self) -> Vec<[u32; 4]> {
        let parts = self.known.into_iter().enumerate();
        let roots = parts.filter(|(nth, (_, up))| nth == up);
        roots.map(|(_, (bounds, _))| bounds).collect()
    }
}
