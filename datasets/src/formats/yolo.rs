//! YOLO: a text file for each image with `class x y width height` a line, in shares of the sides, and `data.yaml` with the names.
//!
//! Layouts differ in where they put `images` and `labels`; a label belongs to the image whose path is the same but for these two
//! words and the ending. The names of all files are held in memory. Boxes become pixels where the image file is there to say how
//! large it is.

use super::complaint::{At, Complaint, Fault};
use super::record::{ImagePath, Marked, Picture, Record};
use super::source::{self, Folder, Lists, Source, Target};
use super::talk::one_name;
use super::{Carries, Format, Labels, Langs, Presences, Records, Settings, Shape, Talks, Writer};
use crate::geometry::Coordinates;
use crate::snapshot::Split;
use crate::whole::Texts;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use yaml_rust2::{Yaml, YamlLoader};

pub(super) struct Yolo;

impl Format for Yolo {
    fn name(&self) -> &'static str {
        "yolo"
    }

    fn about(&self) -> &'static str {
        "a folder with labels/*.txt, boxes as centre and size in shares of the sides, and data.yaml with the names"
    }

    fn carries(&self) -> Carries {
        Carries {
            coordinates: Coordinates::Shares,
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
        let mut writing = Writing {
            folder: to.folder()?,
            names: Vec::new(),
            numbers: HashMap::new(),
            lists: Lists::new(|split| format!("{split}.txt")),
            settings: settings.clone(),
        };
        writing.begin();
        Ok(Box::new(writing))
    }
}

/// An image, its labels, or both.
#[derive(Default)]
struct Item {
    image: Option<String>,
    labels: Option<String>,
}

struct Reading {
    folder: PathBuf,
    names: Vec<Option<String>>,
    splits: Splits,
    items: std::collections::btree_map::IntoIter<String, Item>,
    ready: VecDeque<Result<Record, Complaint>>,
    settings: Settings,
}

/// Where `data.yaml` says that the parts of the data set are.
#[derive(Default)]
struct Splits {
    folders: Vec<(String, Split)>,
    /// Images by what they have in common with their labels, from lists of them.
    listed: HashMap<String, (Split, String)>,
}

const IMAGES: [&str; 8] = ["png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp", "dcm"];
/// Text files that are no labels.
const OTHERS: [&str; 8] = [
    "classes",
    "train",
    "val",
    "valid",
    "test",
    "readme",
    "license",
    "requirements",
];

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path
        .extension()
        .and_then(|e| e.to_str())
        .map(str::to_lowercase);
    ending.is_some_and(|ending| endings.contains(&ending.as_str()))
}

fn is_labels(path: &str) -> bool {
    let name = Path::new(path)
        .file_stem()
        .and_then(|s| s.to_str())
        .unwrap_or_default()
        .to_lowercase();
    let in_labels = path.split('/').any(|part| part == "labels");
    in_labels && name != "classes"
        || !OTHERS
            .iter()
            .any(|other| name == *other || name.starts_with("readme."))
}

/// What an image and its labels have in common: the path without ending and without the last `images` or `labels`.
fn key_of(path: &str) -> String {
    let stem = ImagePath::new(path).map_or_else(|_| path.to_owned(), |path| path.stem().to_owned());
    let mut parts: Vec<&str> = stem.split('/').collect();
    let folders = parts.len().saturating_sub(1);
    let named = parts
        .iter()
        .take(folders)
        .rposition(|part| ["images", "labels"].contains(part));
    if let Some(named) = named {
        parts.remove(named);
    }
    parts.join("/")
}

fn split_named(part: &str) -> Option<Split> {
    match part {
        "train" | "train2017" => Some(Split::Train),
        "val" | "valid" | "validation" | "val2017" => Some(Split::Val),
        "test" => Some(Split::Test),
        _ => None,
    }
}

impl Reading {
    fn open(from: &Source, settings: &Settings) -> Result<Self, Complaint> {
        let folder = from.folder()?;
        let given = match from {
            Source::Path(path) if path.is_file() => Some(path.clone()),
            _ => None,
        };
        let wanted = |path: &Path| has_ending(path, &IMAGES) || has_ending(path, &["txt"]);
        let files = source::files_below(&folder, &wanted)?;
        let mut reading = Self {
            names: Vec::new(),
            splits: Splits::default(),
            items: BTreeMap::new().into_iter(),
            ready: VecDeque::new(),
            settings: settings.clone(),
            folder,
        };
        reading.describe(given)?;
        let mut items: BTreeMap<String, Item> = BTreeMap::new();
        for path in files {
            if !path.to_lowercase().ends_with(".txt") {
                let item = items.entry(key_of(&path)).or_default();
                item.image = Some(path);
            } else if is_labels(&path) {
                let item = items.entry(key_of(&path)).or_default();
                item.labels = Some(path);
            }
        }
        settings.watch.expect(items.len() as u64);
        reading.items = items.into_iter();
        Ok(reading)
    }

    /// Reads `data.yaml`, or a plain list of names.
    fn describe(&mut self, given: Option<PathBuf>) -> Result<(), Complaint> {
        let known = ["data.yaml", "data.yml", "dataset.yaml"].map(|name| self.folder.join(name));
        if let Some(yaml) = given.or_else(|| known.into_iter().find(|path| path.is_file())) {
            let name = yaml
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            return self
                .describe_by(&yaml)
                .map_err(|fault| Complaint::whole(name, fault));
        }
        for list in ["classes.txt", "labels/classes.txt", "obj.names"] {
            let path = self.folder.join(list);
            if path.is_file() {
                let text = source::read_small(&path, &self.settings.watch);
                let text = text.map_err(|fault| Complaint::whole(list, fault))?;
                self.names = text
                    .lines()
                    .map(|name| Some(name.trim().to_owned()))
                    .collect();
                self.announce();
                break;
            }
        }
        Ok(())
    }

    fn describe_by(&mut self, yaml: &Path) -> Result<(), Fault> {
        let text = source::read_small(yaml, &self.settings.watch)?;
        let documents = YamlLoader::load_from_str(&text).map_err(|e| Fault::syntax("YAML", e))?;
        let empty = Yaml::Null;
        let document = documents.first().unwrap_or(&empty);
        self.names = class_names(&document["names"])?;
        self.announce();
        for (key, split) in [
            ("train", Split::Train),
            ("val", Split::Val),
            ("valid", Split::Val),
            ("test", Split::Test),
        ] {
            let places: Vec<&str> = match &document[key] {
                Yaml::String(place) => vec![place.as_str()],
                Yaml::Array(places) => places.iter().filter_map(Yaml::as_str).collect(),
                _ => Vec::new(),
            };
            for place in places {
                if let Err(fault) = self.part(place, split) {
                    self.ready
                        .push_back(Err(Complaint::whole(format!("data.yaml, `{key}`"), fault)));
                }
            }
        }
        Ok(())
    }

    fn announce(&self) {
        for (number, name) in (0..).zip(&self.names) {
            if let Some(name) = name {
                self.settings.classes.add(Some(number), name);
            }
        }
    }

    /// Notes where a part of the data set is. Roboflow's files say `../train/images` of a folder beside them, as their loader
    /// passes over the dots.
    fn part(&mut self, place: &str, split: Split) -> Result<(), Fault> {
        let beside = place.trim_start_matches("../");
        let place = match self.folder.join(beside).exists() && !beside.starts_with('/') {
            true => beside,
            false => place,
        };
        let path = source::inside(&self.folder, place)?;
        if !path.is_file() {
            let place = place.trim_start_matches("./").trim_matches('/').to_owned();
            self.splits.folders.push((place, split));
            return Ok(());
        }
        // A part that has no images is said to be another one's list.
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let split = stem.and_then(split_named).unwrap_or(split);
        let listed = source::read_small(&path, &self.settings.watch)?;
        for image in listed
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let image = ImagePath::new(image)?;
            let key = key_of(image.as_str());
            let listed = (split, image.as_str().to_owned());
            self.splits.listed.entry(key).or_insert(listed);
        }
        Ok(())
    }

    fn split_of(&self, key: &str, path: &str) -> Option<Split> {
        let within = |(folder, split): &(String, Split)| {
            let rest = path.strip_prefix(folder.as_str())?;
            (folder.is_empty() || rest.starts_with('/')).then_some(*split)
        };
        let listed = self.splits.listed.get(key).map(|(split, _)| *split);
        listed
            .or_else(|| self.splits.folders.iter().find_map(within))
            .or_else(|| path.split('/').find_map(split_named))
    }

    fn read_item(&mut self, key: &str, item: Item) {
        match self.record(key, &item) {
            Ok(record) => self.ready.push_back(Ok(record)),
            Err(complaint) => self.ready.push_back(Err(complaint)),
        }
    }

    fn record(&mut self, key: &str, item: &Item) -> Result<Record, Complaint> {
        let labels = item.labels.clone().unwrap_or_default();
        let guessed = || {
            format!(
                "{}.jpg",
                ImagePath::new(&labels).map_or_else(|_| key.to_owned(), |p| in_images(p.stem()))
            )
        };
        let listed = self.splits.listed.get(key).map(|(_, path)| path.clone());
        let known = item.image.clone().or(listed);
        let is_guessed = known.is_none();
        let path = known.unwrap_or_else(guessed);
        let image = ImagePath::new(&path).map_err(|fault| Complaint::whole(path.clone(), fault))?;
        let mut record = Record::new(Picture::new(image));
        record.image.split = self.split_of(key, &path);
        record.image.size = self.settings.images.size(&record.image.path);
        if is_guessed {
            record.remark("images are not there; their names are taken to end in .jpg");
        }
        if item.labels.is_some() {
            let text = source::read_small(&self.folder.join(&labels), &self.settings.watch);
            let text = text.map_err(|fault| Complaint::whole(labels.clone(), fault))?;
            for (line, words) in (1..).zip(text.lines()) {
                if let Err(fault) = self.region(&mut record, words) {
                    let file = labels.clone();
                    let at = At::Line(line);
                    self.ready.push_back(Err(Complaint { file, at, fault }));
                }
            }
        }
        Ok(record)
    }

    fn region(&self, record: &mut Record, line: &str) -> Result<(), Fault> {
        let mut words = line.split_whitespace();
        let Some(class) = words.next() else {
            return Ok(());
        };
        let numbers: Result<Vec<f64>, _> = words.map(str::parse).collect();
        let numbers = numbers.map_err(|_| {
            Fault::syntax(
                "a YOLO label",
                format!("`{line}` has a word that is no number"),
            )
        })?;
        let corners = self.corners(record, &numbers)?;
        let (extent, cut) = Coordinates::Shares.read(corners, record.image.size)?;
        if cut {
            record.remark("boxes reached a little outside their image, and that was cut off");
        }
        let mut region = Marked::new(extent);
        region.names = Texts::from([(self.settings.lang(), self.name(record, class)?)]);
        record.regions.push(region);
        Ok(())
    }

    fn corners(&self, record: &mut Record, numbers: &[f64]) -> Result<[f64; 4], Fault> {
        match *numbers {
            [x, y, w, h] => Ok(around(x, y, w, h)),
            [x, y, w, h, _] => {
                record.remark("confidences are not taken over");
                Ok(around(x, y, w, h))
            }
            _ if numbers.len() >= 6 && numbers.len().is_multiple_of(2) => {
                record.remark("outlines are not taken over, their boxes are");
                let (points, _) = numbers.as_chunks::<2>();
                let least =
                    |axis: usize| points.iter().map(|p| p[axis]).fold(f64::INFINITY, f64::min);
                let most = |axis: usize| {
                    points
                        .iter()
                        .map(|p| p[axis])
                        .fold(f64::NEG_INFINITY, f64::max)
                };
                Ok([least(0), least(1), most(0), most(1)])
            }
            _ => Err(Fault::syntax(
                "a YOLO label",
                format!(
                    "a class and four numbers are expected, there are {} after the class",
                    numbers.len()
                ),
            )),
        }
    }

    fn name(&self, record: &mut Record, class: &str) -> Result<String, Fault> {
        let whole =
            |number: f64| (number.fract() == 0.0 && number >= 0.0).then_some(number as usize);
        let number = class
            .parse()
            .ok()
            .or_else(|| class.parse().ok().and_then(whole));
        let Some(number) = number else {
            return Err(Fault::syntax(
                "a YOLO label",
                format!("`{class}` is no class number"),
            ));
        };
        if self.names.is_empty() {
            record
                .remark("classes have no names in this data set; they are called by their numbers");
            return Ok(format!("class {number}"));
        }
        let name: Option<&String> = self.names.get(number).and_then(Option::as_ref);
        name.cloned().ok_or_else(|| Fault::Unknown {
            what: "class",
            id: class.to_owned(),
        })
    }
}

fn around(x: f64, y: f64, w: f64, h: f64) -> [f64; 4] {
    [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0]
}

/// The path that an image has whose labels are here.
fn in_images(labels: &str) -> String {
    let mut parts: Vec<&str> = labels.split('/').collect();
    if let Some(part) = parts.iter_mut().rev().find(|part| **part == "labels") {
        *part = "images";
    }
    parts.join("/")
}

/// Names as a list, or as a table from numbers.
fn class_names(names: &Yaml) -> Result<Vec<Option<String>>, Fault> {
    let text = |name: &Yaml| match name {
        Yaml::String(text) | Yaml::Real(text) => Some(text.clone()),
        Yaml::Integer(number) => Some(number.to_string()),
        Yaml::Boolean(value) => Some(value.to_string()),
        _ => None,
    };
    match names {
        Yaml::Array(names) => Ok(names.iter().map(text).collect()),
        Yaml::Hash(table) => {
            let mut listed = Vec::new();
            for (number, name) in table {
                let number = text(number)
                    .and_then(|n| n.parse::<usize>().ok())
                    .filter(|n| *n < 1_000_000);
                let number = number.ok_or_else(|| {
                    Fault::syntax("data.yaml", "`names` has a key that is no class number")
                })?;
                listed.resize(listed.len().max(number + 1), None);
                if let Some(slot) = listed.get_mut(number) {
                    *slot = text(name);
                }
            }
            Ok(listed)
        }
        _ => Err(Fault::syntax(
            "data.yaml",
            "`names` is neither a list nor a table of names",
        )),
    }
}

impl Iterator for Reading {
    type Item = Result<Record, Complaint>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.settings.watch.is_told_to_stop() {
                return Some(Err(Complaint::stopped()));
            }
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            let (key, item) = self.items.next()?;
            self.read_item(&key, item);
        }
    }
}

struct Writing {
    folder: Folder,
    names: Vec<String>,
    numbers: HashMap<String, usize>,
    lists: Lists,
    settings: Settings,
}

impl Writing {
    /// A data set's own names keep their order.
    fn begin(&mut self) {
        for (_, name) in self.settings.classes.listed() {
            self.number(&name);
        }
    }

    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }

    fn lines(&mut self, record: &Record) -> Result<String, Complaint> {
        let lang = self.settings.lang();
        let mut lines = String::new();
        for region in &record.regions {
            let shares = region.extent.shares(record.image.size);
            let shares = shares.map_err(|e| Complaint::whole(record.image.path.to_string(), e))?;
            let Some(name) = one_name(&region.names, &lang) else {
                continue;
            };
            let [x0, y0, x1, y1] = shares.corners();
            let (x, y) = ((x0 + x1) / 2.0, (y0 + y1) / 2.0);
            let number = self.number(name);
            lines += &format!("{number} {x} {y} {} {}\n", x1 - x0, y1 - y0);
        }
        Ok(lines)
    }

    fn describe(&self) -> io::Result<()> {
        let mut out = self.folder.create("data.yaml")?;
        writeln!(out, "path: .")?;
        let listed = self.lists.splits();
        let first = listed.first().copied().unwrap_or(Split::Train);
        for split in [Split::Train, Split::Val, Split::Test] {
            match (listed.contains(&split), split) {
                (true, _) => writeln!(out, "{split}: {split}.txt")?,
                (false, Split::Test) => {}
                (false, _) => writeln!(
                    out,
                    "{split}: {first}.txt # no image is in this part; loaders want one"
                )?,
            }
        }
        writeln!(out, "names:")?;
        for (number, name) in self.names.iter().enumerate() {
            writeln!(
                out,
                "  {number}: {}",
                serde_json::Value::from(name.as_str())
            )?;
        }
        out.flush()
    }
}

/// Where loaders look for an image, and for its labels: the last `images` of the path becomes `labels`.
fn places(image: &ImagePath) -> (String, String) {
    let mut parts: Vec<&str> = image.stem().split('/').collect();
    let folders = parts.len().saturating_sub(1);
    match parts
        .iter()
        .take(folders)
        .rposition(|part| *part == "images")
    {
        Some(at) => {
            if let Some(part) = parts.get_mut(at) {
                *part = "labels";
            }
            (
                image.as_str().to_owned(),
                format!("{}.txt", parts.join("/")),
            )
        }
        None => (
            format!("images/{image}"),
            format!("labels/{}.txt", image.stem()),
        ),
    }
}

impl Writer for Writing {
    fn write(&mut self, record: &Record) -> Result<(), Complaint> {
        let lines = self.lines(record)?;
        let (image, labels) = places(&record.image.path);
        self.folder.put(&labels, lines.as_bytes())?;
        let split = record.image.split.unwrap_or(Split::Train);
        self.lists.add(&self.folder, split, &format!("./{image}"))
    }

    fn finish(mut self: Box<Self>) -> Result<(), Complaint> {
        self.lists.flush()?;
        self.describe()
            .map_err(|error| Folder::failed("data.yaml", error))
    }
}
