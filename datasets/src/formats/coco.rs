//! COCO's object detection format: one JSON document with tables of images, annotations and categories, in any order.
//!
//! `bbox` is `[x, y, width, height]` in pixels. Names in other languages, descriptions, presence, labels, split and modality are
//! written into fields beside COCO's own (`names`, `texts`, `presence`, `reader`, `labels`, `split`, `modality`), which its tools pass over.

use super::complaint::{At, Complaint, Fault};
use super::elements::Elements;
use super::gather::{Gathered, Row, Rows};
use super::record::{ImagePath, Label, Marked, Picture, Record, size_of};
use super::source::{Out, Source, Target, Text};
use super::talk::one_name;
use super::{Carries, Format, Labels, Langs, Presences, Records, Settings, Shape, Talks, Writer};
use crate::geometry::{Coordinates, Extent, ImageSize, PixelBox};
use crate::lang::Lang;
use crate::modality::Modality;
use crate::region::Presence;
use crate::snapshot::Split;
use crate::whole::Texts;
use serde::de::{self, DeserializeOwned, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufWriter, Seek, Write};

pub(super) struct Coco;

impl Format for Coco {
    fn name(&self) -> &'static str {
        "coco"
    }

    fn about(&self) -> &'static str {
        "COCO's JSON document of images, annotations and categories; boxes are [x, y, width, height] in pixels"
    }

    fn carries(&self) -> Carries {
        Carries {
            coordinates: Coordinates::Pixels,
            nameless: false,
            names: Langs::All,
            descriptions: Langs::All,
            presence: Presences::All,
            labels: Labels::All,
            report: false,
            talks: Talks::None,
            split: true,
            modality: true,
            readers: true,
            content: false,
            bare_images: true,
        }
    }

    fn shape(&self) -> Shape {
        Shape::Stream
    }

    fn read(&self, from: Source, settings: &Settings) -> Result<Records, Complaint> {
        let (name, text) = from.file(&settings.watch)?;
        let reading = Reading {
            name,
            elements: Elements::new(text),
            categories: HashMap::new(),
            annotations: HashSet::new(),
            told: false,
            settings: settings.clone(),
        };
        Ok(Box::new(Gathered::new(reading, settings.watch.clone())))
    }

    fn write(&self, to: Target, settings: &Settings) -> Result<Box<dyn Writer>, Complaint> {
        let spool = tempfile::tempfile().map_err(failed)?;
        Ok(Box::new(Writing {
            out: to.stream()?,
            annotations: BufWriter::with_capacity(1 << 18, spool),
            images: Numbers::default(),
            regions: Numbers::default(),
            categories: Categories::default(),
            settings: settings.clone(),
        }))
    }
}

/// A number or a text, as text: `7`, `7.0` and `"7"` are one id.
#[derive(Clone, Debug, PartialEq)]
struct Id(String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an id: a number or a text")
    }

    fn visit_u64<E: de::Error>(self, id: u64) -> Result<Id, E> {
        Ok(Id(id.to_string()))
    }

    fn visit_i64<E: de::Error>(self, id: i64) -> Result<Id, E> {
        Ok(Id(id.to_string()))
    }

    fn visit_f64<E: de::Error>(self, id: f64) -> Result<Id, E> {
        Ok(Id(format!("{id}")))
    }

    fn visit_str<E: de::Error>(self, id: &str) -> Result<Id, E> {
        Ok(Id(id.to_owned()))
    }
}

/// Whether there was something in a field whose content does not matter.
#[derive(Clone, Copy, Default)]
struct Something(bool);

impl<'de> Deserialize<'de> for Something {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SomethingVisitor)
    }
}

struct SomethingVisitor;

impl<'de> Visitor<'de> for SomethingVisitor {
    type Value = Something;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("anything")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Something, A::Error> {
        let mut found = false;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            found = true;
        }
        Ok(Something(found))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Something, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Something(true))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Something, E> {
        Ok(Something(false))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Something, E> {
        Ok(Something(true))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Something, E> {
        Ok(Something(true))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Something, E> {
        Ok(Something(true))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Something, E> {
        Ok(Something(true))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Something, E> {
        Ok(Something(!text.is_empty()))
    }
}

#[derive(Deserialize)]
struct ImageIn {
    id: Option<Id>,
    file_name: Option<String>,
    width: Option<f64>,
    height: Option<f64>,
    split: Option<Split>,
    modality: Option<Modality>,
    #[serde(default)]
    labels: Vec<Label>,
}

#[derive(Deserialize)]
struct AnnotationIn {
    id: Option<Id>,
    image_id: Option<Id>,
    category_id: Option<Id>,
    bbox: Option<Vec<f64>>,
    #[serde(default)]
    names: Texts,
    #[serde(default)]
    texts: Texts,
    #[serde(default)]
    presence: Presence,
    reader: Option<String>,
    /// A phrase or caption in MS-CXR's and others' files.
    #[serde(alias = "caption")]
    label_text: Option<String>,
    #[serde(default)]
    segmentation: Something,
    #[serde(default)]
    iscrowd: Option<f64>,
    #[serde(default, rename = "area")]
    _area: IgnoredAny,
    #[serde(flatten)]
    extra: BTreeMap<String, IgnoredAny>,
}

/// An annotation while it waits for its image.
#[derive(Serialize, Deserialize)]
struct Kept {
    id: Option<String>,
    category: Option<String>,
    corners: [f64; 4],
    names: Texts,
    texts: Texts,
    presence: Presence,
    reader: Option<String>,
    phrase: Option<String>,
    remarks: Vec<String>,
}

#[derive(Deserialize)]
struct CategoryIn {
    id: Id,
    name: String,
    #[serde(default)]
    names: Texts,
}

const IMAGE: u8 = 0;
const ANNOTATION: u8 = 1;

struct Reading {
    name: String,
    elements: Elements<Text>,
    categories: HashMap<String, Texts>,
    /// The ids that annotations have, as numbers or as hashes.
    annotations: HashSet<u64>,
    /// Whether it was told that there is no table of images.
    told: bool,
    settings: Settings,
}

impl Reading {
    fn complaint(&self, what: &'static str, number: u64, line: u64, fault: Fault) -> Complaint {
        Complaint {
            file: self.name.clone(),
            at: At::Entry { what, number, line },
            fault,
        }
    }

    fn of_row(&self, row: &Row, fault: Fault) -> Complaint {
        let what = match row.kind {
            IMAGE => "image",
            _ => "annotation",
        };
        self.complaint(what, row.number, row.line, fault)
    }

    /// At the end it is known whether this was COCO's document at all.
    fn end(&mut self) -> Option<Result<Row, Complaint>> {
        if self.told || self.elements.has("images") {
            return None;
        }
        self.told = true;
        let fault = Fault::other("has no table `images`: this is no COCO document");
        Some(Err(Complaint::whole(self.name.clone(), fault)))
    }

    fn category(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let category: CategoryIn = parse("a COCO category", bytes)?;
        let mut names = category.names;
        if !names.values().any(|name| *name == category.name) {
            names.insert(self.settings.lang(), category.name.clone());
        }
        self.settings
            .classes
            .add(category.id.0.parse().ok(), &category.name);
        match self.categories.insert(category.id.0.clone(), names) {
            Some(_) => Err(Fault::Twice {
                what: "category",
                id: category.id.0,
            }),
            None => Ok(()),
        }
    }

    fn annotation(&mut self, bytes: &[u8]) -> Result<(String, Vec<u8>), Fault> {
        let said: AnnotationIn = parse("a COCO annotation", bytes)?;
        let image = said
            .image_id
            .as_ref()
            .ok_or(Fault::Missing("image_id"))?
            .0
            .clone();
        let kept = kept(said)?;
        if let Some(id) = &kept.id
            && !self.annotations.insert(hashed(id))
        {
            let id = id.clone();
            return Err(Fault::Twice {
                what: "annotation",
                id,
            });
        }
        let bytes = serde_json::to_vec(&kept).map_err(|e| Fault::syntax("JSON", e))?;
        Ok((image, bytes))
    }
}

fn kept(said: AnnotationIn) -> Result<Kept, Fault> {
    let bbox = said
        .bbox
        .filter(|bbox| !bbox.is_empty())
        .ok_or(Fault::Missing("bbox"))?;
    let [x, y, width, height] = bbox[..] else {
        return Err(Fault::other(format!(
            "has a `bbox` of {} numbers, four are expected",
            bbox.len()
        )));
    };
    let mut remarks: Vec<String> = (said.extra.keys())
        .map(|key| format!("fields `{key}` are not taken over"))
        .collect();
    if said.segmentation.0 {
        remarks.push("segmentations are not taken over, their boxes are".to_owned());
    }
    if said.iscrowd.is_some_and(|crowd| crowd != 0.0) {
        remarks.push("crowds (`iscrowd`) become plain regions".to_owned());
    }
    Ok(Kept {
        id: said.id.map(|id| id.0),
        category: said.category_id.map(|id| id.0),
        corners: [x, y, x + width, y + height],
        names: said.names,
        texts: said.texts,
        presence: said.presence,
        reader: said.reader,
        phrase: said.label_text,
        remarks,
    })
}

fn hashed(id: &str) -> u64 {
    id.parse().unwrap_or_else(|_| {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        hasher.finish()
    })
}

fn parse<T: DeserializeOwned>(expected: &'static str, bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|e| Fault::json(expected, &e, bytes))
}

impl Rows for Reading {
    fn next_row(&mut self) -> Option<Result<Row, Complaint>> {
        loop {
            let found = match self.elements.next() {
                Some(Ok(found)) => (
                    found.table.to_owned(),
                    found.number,
                    found.line,
                    found.bytes.to_owned(),
                ),
                Some(Err(fault)) => {
                    let at = At::Line(self.elements.line());
                    let file = self.name.clone();
                    return Some(Err(Complaint { file, at, fault }));
                }
                None => return self.end(),
            };
            let (table, number, line, bytes) = found;
            let (kind, what, row) = match table.as_str() {
                "images" => (IMAGE, "image", image_key(&bytes).map(|key| (key, bytes))),
                "annotations" => (ANNOTATION, "annotation", self.annotation(&bytes)),
                "categories" => match self.category(&bytes) {
                    Ok(()) => continue,
                    Err(fault) => {
                        return Some(Err(self.complaint("category", number, line, fault)));
                    }
                },
                _ => continue,
            };
            let row = row.map(|(key, bytes)| Row {
                key,
                kind,
                file: 0,
                number,
                line,
                bytes,
            });
            return Some(row.map_err(|fault| self.complaint(what, number, line, fault)));
        }
    }

    fn assemble(&mut self, key: &str, rows: Vec<Row>) -> (Option<Record>, Vec<Complaint>) {
        let mut complaints = Vec::new();
        let mut record = None;
        let (images, annotations): (Vec<Row>, Vec<Row>) =
            rows.into_iter().partition(|row| row.kind == IMAGE);
        for row in &images {
            let twice = Fault::Twice {
                what: "image id",
                id: key.to_owned(),
            };
            match (self.image(key, row), &record) {
                (_, Some(_)) => complaints.push(self.of_row(row, twice)),
                (Ok(image), None) => record = Some(image),
                (Err(fault), None) => complaints.push(self.of_row(row, fault)),
            }
        }
        for row in &annotations {
            let region = match &mut record {
                Some(record) => self.region(record, row),
                None => Err(Fault::Unknown {
                    what: "image",
                    id: key.to_owned(),
                }),
            };
            if let Err(fault) = region {
                complaints.push(self.of_row(row, fault));
            }
        }
        (record, complaints)
    }
}

fn image_key(bytes: &[u8]) -> Result<String, Fault> {
    let image: ImageIn = parse("a COCO image", bytes)?;
    Ok(image.id.ok_or(Fault::Missing("id"))?.0)
}

impl Reading {
    fn image(&self, key: &str, row: &Row) -> Result<Record, Fault> {
        let said: ImageIn = parse("a COCO image", &row.bytes)?;
        let path = ImagePath::new(&said.file_name.ok_or(Fault::Missing("file_name"))?)?;
        let size = size_of(said.width, said.height)?.or_else(|| self.settings.images.size(&path));
        let mut record = Record::new(Picture {
            path,
            id: Some(key.to_owned()),
            size,
            split: said.split,
            modality: said.modality,
            content: None,
        });
        record.labels = said.labels;
        Ok(record)
    }

    fn region(&self, record: &mut Record, row: &Row) -> Result<(), Fault> {
        let said: Kept = parse("JSON", &row.bytes)?;
        let (bbox, cut) = PixelBox::fitted(said.corners, record.image.size)?;
        let mut names = match &said.category {
            Some(id) => self
                .categories
                .get(id)
                .cloned()
                .ok_or_else(|| Fault::Unknown {
                    what: "category",
                    id: id.clone(),
                })?,
            None => Texts::new(),
        };
        if !said.names.is_empty() {
            names = said.names;
        }
        let mut texts = said.texts;
        if let Some(phrase) = said.phrase {
            texts.entry(self.settings.lang()).or_insert(phrase);
        }
        if cut {
            record.remark("boxes reached up to a pixel outside their image, and that was cut off");
        }
        said.remarks.iter().for_each(|remark| record.remark(remark));
        record.regions.push(Marked {
            id: said.id,
            reader: said.reader,
            names,
            presence: said.presence,
            texts,
            ..Marked::new(Extent::Pixels(bbox))
        });
        Ok(())
    }
}

#[derive(Serialize)]
struct ImageOut<'a> {
    id: u64,
    file_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    split: Option<Split>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modality: Option<Modality>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    labels: &'a [Label],
}

#[derive(Serialize)]
struct AnnotationOut<'a> {
    id: u64,
    image_id: u64,
    category_id: u64,
    bbox: [f64; 4],
    area: f64,
    iscrowd: u8,
    segmentation: [f64; 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<&'a Texts>,
    #[serde(skip_serializing_if = "Texts::is_empty")]
    texts: &'a Texts,
    #[serde(skip_serializing_if = "is_present")]
    presence: Presence,
    #[serde(skip_serializing_if = "Option::is_none")]
    reader: Option<&'a str>,
}

fn is_present(presence: &Presence) -> bool {
    *presence == Presence::Present
}

#[derive(Serialize)]
struct CategoryOut<'a> {
    id: u64,
    name: &'a str,
    supercategory: &'a str,
    #[serde(skip_serializing_if = "Texts::is_empty")]
    names: Texts,
}

struct Writing {
    out: Out,
    /// They come after all images, so they wait in a temporary file.
    annotations: BufWriter<File>,
    images: Numbers,
    regions: Numbers,
    categories: Categories,
    settings: Settings,
}

/// Numbers that were given: what had one keeps it, unless another has it.
#[derive(Default)]
struct Numbers {
    given: HashSet<u64>,
    largest: u64,
}

impl Numbers {
    fn give(&mut self, wanted: Option<&str>) -> u64 {
        let wanted = wanted
            .and_then(|id| id.parse().ok())
            .filter(|id| *id < u64::MAX / 2);
        let free = wanted.filter(|id| !self.given.contains(id));
        let number = free.unwrap_or(self.largest + 1);
        self.given.insert(number);
        self.largest = self.largest.max(number);
        number
    }

    fn is_first(&self) -> bool {
        self.given.is_empty()
    }
}

/// Categories by their name in the first language.
#[derive(Default)]
struct Categories {
    known: HashMap<String, usize>,
    /// Number, name, and its names in all languages.
    listed: Vec<(u64, String, Texts)>,
    numbers: Numbers,
}

impl Categories {
    /// Takes over a data set's own list.
    fn list(&mut self, settings: &Settings) {
        for (number, name) in settings.classes.listed() {
            let number = number.map(|number| number.to_string());
            self.add(number.as_deref(), &name, Texts::new());
        }
    }

    fn add(&mut self, wanted: Option<&str>, name: &str, names: Texts) -> usize {
        let number = self.numbers.give(wanted);
        self.listed.push((number, name.to_owned(), names));
        self.known.insert(name.to_owned(), self.listed.len() - 1);
        self.listed.len() - 1
    }

    /// The number of a region's category, and its names where they are not the category's.
    fn of<'a>(&mut self, names: &'a Texts, lang: &Lang) -> Option<(u64, Option<&'a Texts>)> {
        let name = one_name(names, lang)?;
        let index = match self.known.get(name) {
            Some(index) => *index,
            None => self.add(None, name, names.clone()),
        };
        let (number, _, known) = self.listed.get_mut(index)?;
        if known.is_empty() {
            known.clone_from(names);
        }
        Some((*number, (known != names).then_some(names)))
    }
}

fn failed(error: io::Error) -> Complaint {
    Complaint::whole("the output", Fault::Write(error))
}

impl Writer for Writing {
    fn write(&mut self, record: &Record) -> Result<(), Complaint> {
        let boxes = record
            .regions
            .iter()
            .map(|region| region.extent.pixels(record.image.size));
        let boxes: Result<Vec<PixelBox>, _> = boxes.collect();
        let boxes = boxes.map_err(|e| Complaint::whole(record.image.path.to_string(), e))?;
        let first = self.images.is_first();
        let id = self.images.give(record.image.id.as_deref());
        self.put_image(record, id, first).map_err(failed)?;
        for (region, bbox) in record.regions.iter().zip(boxes) {
            self.put_region(region, bbox, id).map_err(failed)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), Complaint> {
        self.put_end().map_err(failed)
    }
}

const START: &[u8] =
    b"{\"info\":{\"description\":\"written by medreg convert\"},\"licenses\":[],\"images\":[\n";

impl Writing {
    fn put_image(&mut self, record: &Record, id: u64, first: bool) -> io::Result<()> {
        if first {
            self.categories.list(&self.settings);
        }
        self.out.write_all(if first { START } else { b",\n" })?;
        let size = record.image.size;
        let image = ImageOut {
            id,
            file_name: record.image.path.as_str(),
            width: size.as_ref().map(ImageSize::width),
            height: size.as_ref().map(ImageSize::height),
            split: record.image.split,
            modality: record.image.modality,
            labels: &record.labels,
        };
        Ok(serde_json::to_writer(&mut self.out, &image)?)
    }

    fn put_region(&mut self, region: &Marked, bbox: PixelBox, image_id: u64) -> io::Result<()> {
        let Some((category_id, names)) = self.categories.of(&region.names, &self.settings.lang())
        else {
            return Ok(());
        };
        let between: &[u8] = if self.regions.is_first() { b"" } else { b",\n" };
        self.annotations.write_all(between)?;
        let [x0, y0, x1, y1] = bbox.corners();
        let annotation = AnnotationOut {
            id: self.regions.give(region.id.as_deref()),
            image_id,
            category_id,
            bbox: [x0, y0, x1 - x0, y1 - y0],
            area: bbox.area(),
            iscrowd: 0,
            segmentation: [],
            names,
            texts: &region.texts,
            presence: region.presence,
            reader: region.reader.as_deref(),
        };
        Ok(serde_json::to_writer(&mut self.annotations, &annotation)?)
    }

    fn put_end(&mut self) -> io::Result<()> {
        if self.images.is_first() {
            self.categories.list(&self.settings);
            self.out.write_all(START)?;
        }
        self.out.write_all(b"\n],\"annotations\":[\n")?;
        self.annotations.flush()?;
        let spool = self.annotations.get_mut();
        spool.rewind()?;
        io::copy(spool, &mut self.out)?;
        self.out.write_all(b"\n],\"categories\":[\n")?;
        let lang = self.settings.lang();
        let mut listed = std::mem::take(&mut self.categories.listed);
        listed.sort_by_key(|category| category.0);
        for (nth, (id, name, mut names)) in listed.into_iter().enumerate() {
            names.retain(|other, said| *other != lang || *said != name);
            let category = CategoryOut {
                id,
                name: &name,
                supercategory: "",
                names,
            };
            self.out.write_all(if nth == 0 { b"" } else { b",\n" })?;
            serde_json::to_writer(&mut self.out, &category)?;
        }
        self.out.write_all(b"\n]}\n")?;
        self.out.flush()
    }
}
