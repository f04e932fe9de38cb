//! Pascal VOC: an XML file for each image, and lists of names for the parts of the data set.
//!
//! Its pixels are counted from 1 and the last one belongs to the box, so `xmin` is one more than the left edge and `xmax` is the
//! right edge. A file that counts from 0 has boxes that begin at 0; those stay there.

use super::complaint::{At, Complaint, Fault};
use super::record::{ImagePath, Marked, Picture, Record, size_of};
use super::source::{self, Folder, Lists, Source, Target};
use super::talk::one_name;
use super::{Carries, Format, Labels, Langs, Presences, Records, Settings, Shape, Talks, Writer};
use crate::geometry::{Coordinates, Extent, PixelBox};
use crate::snapshot::Split;
use crate::whole::Texts;
use quick_xml::escape::escape;
use serde::Deserialize;
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;

pub(super) struct Voc;

impl Format for Voc {
    fn name(&self) -> &'static str {
        "voc"
    }

    fn about(&self) -> &'static str {
        "Pascal VOC: a folder with Annotations/*.xml, boxes in pixels counted from 1, and ImageSets/Main/*.txt"
    }

    fn carries(&self) -> Carries {
        Carries {
            coordinates: Coordinates::Pixels,
            nameless: false,
            names: Langs::One,
            descriptions: Langs::None,
            presence: Presences::Present,
            labels: Labels::None,
            report: false,
            talks: Talks::None,
            split: true,
            modality: false,
            readers: false,
            content: false,
            bare_images: true,
        }
    }

    fn shape(&self) -> Shape {
        Shape::Folder
    }

    fn read(&self, from: Source, settings: &Settings) -> Result<Records, Complaint> {
        Ok(Box::new(Reading::open(&from, settings)?))
    }

    fn write(&self, to: Target, settings: &Settings) -> Result<Box<dyn Writer>, Complaint> {
        Ok(Box::new(Writing {
            folder: to.folder()?,
            lists: Lists::new(|split| format!("ImageSets/Main/{split}.txt")),
            settings: settings.clone(),
        }))
    }
}

#[derive(Deserialize)]
struct AnnotationIn {
    filename: Option<String>,
    path: Option<String>,
    size: Option<SizeIn>,
    #[serde(default)]
    object: Vec<ObjectIn>,
}

#[derive(Deserialize)]
struct SizeIn {
    width: Option<String>,
    height: Option<String>,
}

#[derive(Deserialize)]
struct ObjectIn {
    name: Option<String>,
    difficult: Option<String>,
    truncated: Option<String>,
    bndbox: Option<BoxIn>,
}

#[derive(Deserialize)]
struct BoxIn {
    xmin: Option<String>,
    ymin: Option<String>,
    xmax: Option<String>,
    ymax: Option<String>,
}

struct Reading {
    folder: PathBuf,
    files: VecDeque<String>,
    splits: HashMap<String, Split>,
    ready: VecDeque<Result<Record, Complaint>>,
    settings: Settings,
}

impl Reading {
    fn open(from: &Source, settings: &Settings) -> Result<Self, Complaint> {
        let folder = from.folder()?;
        let files = source::listed(from, "xml")?;
        settings.watch.expect(files.len() as u64);
        let mut reading = Self {
            files: files.into(),
            splits: HashMap::new(),
            ready: VecDeque::new(),
            settings: settings.clone(),
            folder,
        };
        reading.list_splits()?;
        Ok(reading)
    }

    fn list_splits(&mut self) -> Result<(), Complaint> {
        for split in [Split::Test, Split::Val, Split::Train] {
            let list = format!("ImageSets/Main/{split}.txt");
            let path = self.folder.join(&list);
            if path.is_file() {
                let text = source::read_small(&path, &self.settings.watch);
                let text = text.map_err(|fault| Complaint::whole(list, fault))?;
                let names = text
                    .lines()
                    .filter_map(|line| line.split_whitespace().next());
                self.splits
                    .extend(names.map(|name| (name.to_owned(), split)));
            }
        }
        Ok(())
    }

    fn read_file(&mut self, file: &str) -> Result<Record, Complaint> {
        let text = source::read_small(&self.folder.join(file), &self.settings.watch);
        let said = text.and_then(|text| {
            quick_xml::de::from_str::<AnnotationIn>(&text)
                .map_err(|e| Fault::syntax("a VOC annotation", e))
        });
        let whole = |fault| Complaint::whole(file, fault);
        let said = said.map_err(whole)?;
        let mut record = self.image(file, &said).map_err(whole)?;
        for (number, object) in (1..).zip(&said.object) {
            if let Err(fault) = self.region(&mut record, object) {
                self.ready.push_back(Err(Complaint {
                    file: file.to_owned(),
                    at: At::Nth("object", number),
                    fault,
                }));
            }
        }
        Ok(record)
    }

    fn image(&self, file: &str, said: &AnnotationIn) -> Result<Record, Fault> {
        let stem = ImagePath::new(file)?.stem().to_owned();
        let stem = stem
            .strip_prefix("Annotations/")
            .unwrap_or(&stem)
            .to_owned();
        let path = self.path(said, &stem)?;
        let number = |text: Option<&String>| text.and_then(|text| text.trim().parse().ok());
        let side = |side: fn(&SizeIn) -> Option<&String>| number(said.size.as_ref().and_then(side));
        let size = size_of(side(|s| s.width.as_ref()), side(|s| s.height.as_ref()))?;
        let mut image = Picture::new(path);
        image.size = size.or_else(|| self.settings.images.size(&image.path));
        image.split = self.splits.get(&stem).copied();
        Ok(Record::new(image))
    }

    /// The image: by a path of ours, or by its name among the images. Other tools write where it was on somebody's disk.
    fn path(&self, said: &AnnotationIn, stem: &str) -> Result<ImagePath, Fault> {
        let guessed = format!("{}.jpg", stem.rsplit('/').next().unwrap_or(stem));
        let name = said
            .filename
            .as_deref()
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let name = ImagePath::new(name.unwrap_or(&guessed))?;
        let ours = said
            .path
            .as_deref()
            .and_then(|path| ImagePath::new(path).ok());
        if let Some(path) = ours.filter(|path| path.as_str().ends_with(name.as_str())) {
            return Ok(path);
        }
        for images in ["JPEGImages", "images"] {
            if self.folder.join(images).is_dir() {
                return name.below(images);
            }
        }
        Ok(name)
    }

    fn region(&self, record: &mut Record, object: &ObjectIn) -> Result<(), Fault> {
        let bounds = object.bndbox.as_ref().ok_or(Fault::Missing("bndbox"))?;
        let number = |text: &Option<String>, name: &'static str| {
            let text = text.as_deref().ok_or(Fault::Missing(name))?.trim();
            text.parse::<f64>().map_err(|_| {
                Fault::other(format!("has a `{name}` of `{text}`, a number is expected"))
            })
        };
        let first = |c: f64| {
            if (0.0..1.0).contains(&c) {
                0.0
            } else {
                c - 1.0
            }
        };
        let corners = [
            first(number(&bounds.xmin, "xmin")?),
            first(number(&bounds.ymin, "ymin")?),
            number(&bounds.xmax, "xmax")?,
            number(&bounds.ymax, "ymax")?,
        ];
        let (bbox, cut) = PixelBox::fitted(corners, record.image.size)?;
        if cut {
            record.remark("boxes reached up to a pixel outside their image, and that was cut off");
        }
        let is_set = |mark: &Option<String>| {
            mark.as_deref()
                .is_some_and(|mark| !["0", ""].contains(&mark.trim()))
        };
        if is_set(&object.difficult) {
            record.remark("marks that an object is difficult are not taken over");
        }
        if is_set(&object.truncated) {
            record.remark("marks that an object is truncated are not taken over");
        }
        let mut region = Marked::new(Extent::Pixels(bbox));
        let name = object
            .name
            .as_deref()
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let lang = self.settings.lang();
        region.names = name
            .map(|name| (lang, name.to_owned()))
            .into_iter()
            .collect::<Texts>();
        record.regions.push(region);
        Ok(())
    }
}

impl Iterator for Reading {
    type Item = Result<Record, Complaint>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.settings.watch.is_told_to_stop() {
            return Some(Err(Complaint::stopped()));
        }
        if let Some(ready) = self.ready.pop_front() {
            return Some(ready);
        }
        let file = self.files.pop_front()?;
        let record = self.read_file(&file);
        self.ready.push_back(record);
        self.ready.pop_front()
    }
}

struct Writing {
    folder: Folder,
    lists: Lists,
    settings: Settings,
}

impl Writing {
    fn xml(&self, record: &Record) -> Result<String, Complaint> {
        let image = record.image.path.as_str();
        let (folder, file) = image.rsplit_once('/').unwrap_or(("", image));
        let mut xml = format!(
            "<annotation>\n  <folder>{}</folder>\n  <filename>{}</filename>\n  <path>{}</path>\n",
            escape(folder),
            escape(file),
            escape(image)
        );
        if let Some(size) = record.image.size {
            let (width, height) = (size.width(), size.height());
            xml += &format!(
                "  <size><width>{width}</width><height>{height}</height><depth>1</depth></size>\n"
            );
        }
        xml += "  <segmented>0</segmented>\n";
        for region in &record.regions {
            let bbox = region.extent.pixels(record.image.size);
            let [x0, y0, x1, y1] = bbox.map_err(|e| Complaint::whole(image, e))?.corners();
            let name = one_name(&region.names, &self.settings.lang()).unwrap_or_default();
            let (x0, y0) = (x0 + 1.0, y0 + 1.0);
            xml += &format!(
                "  <object>\n    <name>{}</name>\n    <pose>Unspecified</pose>\n    <truncated>0</truncated>\n    <difficult>0</difficult>\n    <bndbox><xmin>{x0}</xmin><ymin>{y0}</ymin><xmax>{x1}</xmax><ymax>{y1}</ymax></bndbox>\n  </object>\n",
                escape(name)
            );
        }
        Ok(xml + "</annotation>\n")
    }
}

impl Writer for Writing {
    fn write(&mut self, record: &Record) -> Result<(), Complaint> {
        let xml = self.xml(record)?;
        let name = record.image.path.stem();
        self.folder
            .put(&format!("Annotations/{name}.xml"), xml.as_bytes())?;
        match record.image.split {
            Some(split) => self.lists.add(&self.folder, split, name),
            None => Ok(()),
        }
    }

    fn finish(mut self: Box<Self>) -> Result<(), Complaint> {
        self.lists.flush()
    }
}
