//! MedRegInstruct: JSON lines of conversations, listed by a `meta_file.json`; see [`crate::medreginstruct`].
//!
//! The exports of this program come back byte for byte. Published files have other names, no sizes, other words: names without a
//! language are read in the first one of the settings, sizes are looked up in the image files, and a question in other words stays
//! as it is.

use super::complaint::{At, Complaint, Fault};
use super::conversations::parse;
use super::elements::Lines;
use super::gather::{Gathered, Row, Rows};
use super::passage::Notation;
use super::record::{ImagePath, Record};
use super::source::{self, Folder, Out, Source, Target, Text, folder_of};
use super::talk::{Ask, heard, spoken};
use super::{Carries, Format, Labels, Langs, Presences, Records, Settings, Shape, Talks, Writer};
use crate::geometry::{Coordinates, GRID_MAX};
use crate::lang::Lang;
use crate::medreginstruct::{
    self as layout, IMAGE_PLACEHOLDER, Line, LineId, META_FILE, Message, MetaEntry, Speaker, Task,
};
use crate::snapshot::Split;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

pub(super) struct MedRegInstruct;

const HOW: (Notation, Coordinates) = (Notation::Tagged, Coordinates::Grid(GRID_MAX));

impl Format for MedRegInstruct {
    fn name(&self) -> &'static str {
        "medreginstruct"
    }

    fn about(&self) -> &'static str {
        "JSON lines of conversations on a grid of 0 to 999, listed by meta_file.json: MedRegA's training data, and what medreg exports"
    }

    fn carries(&self) -> Carries {
        Carries {
            coordinates: HOW.1,
            nameless: true,
            names: Langs::All,
            descriptions: Langs::All,
            presence: Presences::Absence,
            labels: Labels::Places,
            report: true,
            talks: Talks::All,
            split: true,
            modality: true,
            readers: false,
            content: false,
            bare_images: false,
        }
    }

    fn shape(&self) -> Shape {
        Shape::Folder
    }

    fn read(&self, from: Source, settings: &Settings) -> Result<Records, Complaint> {
        let lines = Reading::open(from, settings)?;
        Ok(Box::new(Gathered::new(lines, settings.watch.clone())))
    }

    fn write(&self, to: Target, settings: &Settings) -> Result<Box<dyn Writer>, Complaint> {
        let how = (HOW.0, settings.coordinates.unwrap_or(HOW.1));
        Ok(Box::new(Writing {
            folder: to.folder()?,
            how,
            files: BTreeMap::new(),
        }))
    }
}

/// One file of lines, and what its name says of them.
struct Listed {
    path: PathBuf,
    name: String,
    root: String,
    lang: Option<Lang>,
    asks: Option<Ask>,
    split: Option<Split>,
}

impl Listed {
    fn new(folder: &Path, annotation: &str, key: &str, root: &str) -> Result<Self, Fault> {
        let hints = format!("{annotation} {}", key.replace('_', " "));
        let words = || hints.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let task = |asks: Ask, known: &str| words().any(|word| word == known).then_some(asks);
        Ok(Self {
            path: source::inside(folder, annotation)?,
            name: annotation.to_owned(),
            root: root.to_owned(),
            lang: lang_of(annotation).or_else(|| key.rsplit('_').next().and_then(language)),
            asks: task(Ask::Name, "region2text")
                .or_else(|| task(Ask::Locate, "text2region"))
                .or_else(|| task(Ask::Describe, "describe")),
            split: words().find_map(|word| word.parse().ok()),
        })
    }

    /// Files that speak of every image go first: their order is the data set's.
    fn rank(&self) -> (u8, u8) {
        let split = match self.split {
            Some(Split::Train) | None => 0,
            Some(Split::Val) => 1,
            Some(Split::Test) => 2,
        };
        (split, u8::from(self.asks != Some(Ask::Locate)))
    }
}

/// The language in a name such as `describe.en.jsonl`.
fn lang_of(path: &str) -> Option<Lang> {
    let stem = path.strip_suffix(".jsonl").or(path.strip_suffix(".json"))?;
    stem.rsplit('/').next()?.rsplit_once('.')?.1.parse().ok()
}

/// A short word that may be a language's tag, where nothing says that it is.
fn language(word: &str) -> Option<Lang> {
    ["en", "zh", "ja", "de", "es", "fr", "ko", "pt"]
        .contains(&word)
        .then(|| word.parse().ok())
        .flatten()
}

struct Reading {
    waiting: VecDeque<(u16, Listed)>,
    names: Vec<Listed>,
    open: Option<(u16, Lines<Text>)>,
    early: VecDeque<Complaint>,
    settings: Settings,
}

impl Reading {
    fn open(from: Source, settings: &Settings) -> Result<Self, Complaint> {
        let mut reading = Self {
            waiting: VecDeque::new(),
            names: Vec::new(),
            open: None,
            early: VecDeque::new(),
            settings: settings.clone(),
        };
        let meta = match &from {
            Source::Path(path) if path.is_dir() => {
                Some(path.join(META_FILE)).filter(|p| p.is_file())
            }
            Source::Path(path) => {
                Some(path.clone()).filter(|p| p.extension().is_some_and(|e| e == "json"))
            }
            Source::Stream(_) => None,
        };
        match (from, meta) {
            (_, Some(meta)) => reading.list_meta(&meta)?,
            (Source::Path(path), None) if path.is_dir() => reading.list_folder(&path)?,
            (from, None) => reading.take_one(from)?,
        }
        Ok(reading)
    }

    fn list_meta(&mut self, meta: &Path) -> Result<(), Complaint> {
        let folder = folder_of(meta);
        let text = source::read_small(meta, &self.settings.watch);
        let text = text.map_err(|fault| Complaint::whole(META_FILE, fault))?;
        let entries: BTreeMap<String, MetaEntry> = serde_json::from_str(&text).map_err(|e| {
            Complaint::whole(META_FILE, Fault::syntax("MedRegInstruct's meta file", e))
        })?;
        let mut files = Vec::new();
        for (key, entry) in entries {
            let checked = ImagePath::new("x").and_then(|x| x.below(&entry.root));
            let listed =
                checked.and_then(|_| Listed::new(&folder, &entry.annotation, &key, &entry.root));
            match listed {
                Ok(listed) => files.push(listed),
                Err(fault) => self.early.push_back(Complaint {
                    file: format!("{META_FILE}, entry `{key}`"),
                    at: At::Whole,
                    fault,
                }),
            }
        }
        self.list(files);
        Ok(())
    }

    fn list_folder(&mut self, folder: &Path) -> Result<(), Complaint> {
        let lines = |path: &Path| path.extension().is_some_and(|e| e == "jsonl");
        let found = source::files_below(folder, &lines)?;
        if found.is_empty() {
            let fault = Fault::other(format!(
                "the folder has neither {META_FILE} nor a .jsonl file"
            ));
            return Err(Complaint::whole(folder.display().to_string(), fault));
        }
        let listed = found.iter().map(|path| Listed::new(folder, path, "", "."));
        let listed: Result<Vec<Listed>, Fault> = listed.collect();
        self.list(listed.map_err(|fault| Complaint::whole(folder.display().to_string(), fault))?);
        Ok(())
    }

    fn list(&mut self, mut files: Vec<Listed>) {
        files.sort_by_key(Listed::rank);
        self.waiting = (0..).zip(files).collect();
    }

    fn take_one(&mut self, from: Source) -> Result<(), Complaint> {
        let (split, path) = match &from {
            Source::Path(path) => (path.parent().and_then(Path::file_name), path.clone()),
            Source::Stream(_) => (None, PathBuf::new()),
        };
        let split = split
            .map_or(Cow::Borrowed(""), |s| s.to_string_lossy())
            .into_owned();
        let (name, text) = from.file(&self.settings.watch)?;
        let listed = Listed::new(Path::new(""), &name, &split, ".");
        let listed = listed.map_err(|fault| Complaint::whole(name, fault))?;
        self.names.push(Listed { path, ..listed });
        self.open = Some((0, Lines::new(text)));
        Ok(())
    }

    /// Opens the next file; false where there is none.
    fn advance(&mut self) -> Result<bool, Complaint> {
        self.open = None;
        let Some((index, listed)) = self.waiting.pop_front() else {
            return Ok(false);
        };
        let path = listed.path.clone();
        self.names.push(listed);
        let text = source::open(&path, &self.settings.watch)?;
        self.open = Some((index, Lines::new(text)));
        Ok(true)
    }

    fn complaint(&self, file: u16, line: u64, fault: Fault) -> Complaint {
        let file = self.names.get(usize::from(file)).map_or("", |f| &f.name);
        Complaint {
            file: file.to_owned(),
            at: At::Line(line),
            fault,
        }
    }

    fn image_of(&self, file: u16, image: &str) -> Result<ImagePath, Fault> {
        let root = self.names.get(usize::from(file)).map_or(".", |f| &f.root);
        ImagePath::new(image)?.below(root)
    }
}

/// The one field by which a line is put in its place.
#[derive(Deserialize)]
struct About<'a> {
    #[serde(borrow)]
    image: Cow<'a, str>,
}

const LAYOUT: &str = "a line of MedRegInstruct";

impl Rows for Reading {
    fn next_row(&mut self) -> Option<Result<Row, Complaint>> {
        if let Some(early) = self.early.pop_front() {
            return Some(Err(early));
        }
        loop {
            let Some((file, lines)) = &mut self.open else {
                match self.advance() {
                    Ok(true) => continue,
                    Ok(false) => return None,
                    Err(complaint) => return Some(Err(complaint)),
                }
            };
            let file = *file;
            let found = match lines.next() {
                None => {
                    self.open = None;
                    continue;
                }
                Some(Err(fault)) => {
                    let line = lines.number();
                    return Some(Err(self.complaint(file, line, fault)));
                }
                Some(Ok((line, bytes))) => {
                    let about = serde_json::from_slice::<About<'_>>(bytes);
                    let about = about.map_err(|e| Fault::json(LAYOUT, &e, bytes));
                    (
                        line,
                        about.map(|about| about.image.into_owned()),
                        bytes.to_owned(),
                    )
                }
            };
            let (line, about, bytes) = found;
            let key = about.and_then(|image| self.image_of(file, &image));
            let row = key.map(|key| Row {
                key: key.as_str().to_owned(),
                kind: 0,
                file,
                number: line,
                line,
                bytes,
            });
            return Some(row.map_err(|fault| self.complaint(file, line, fault)));
        }
    }

    fn assemble(&mut self, key: &str, rows: Vec<Row>) -> (Option<Record>, Vec<Complaint>) {
        let mut complaints = Vec::new();
        let mut entries = Vec::new();
        for row in rows {
            let parsed =
                serde_json::from_slice(&row.bytes).map_err(|e| Fault::json(LAYOUT, &e, &row.bytes));
            match parsed.and_then(parse) {
                Ok(mut entry) => {
                    if let Some(listed) = self.names.get(usize::from(row.file)) {
                        entry.lang = entry.lang.or_else(|| listed.lang.clone());
                        entry.split = entry.split.or(listed.split);
                        entry.asks = listed.asks;
                    }
                    entries.push(((row.file, row.line), entry));
                }
                Err(fault) => complaints.push(self.complaint(row.file, row.line, fault)),
            }
        }
        let coordinates = self.settings.coordinates.unwrap_or(HOW.1);
        let complain = |(at, line), fault| complaints.push(self.complaint(at, line, fault));
        let record = heard(key, entries, coordinates, &self.settings, complain);
        (record, complaints)
    }
}

/// The files of a data set that is written, by split, kind of question and language.
struct Writing {
    folder: Folder,
    how: (Notation, Coordinates),
    files: BTreeMap<(Split, Ask, Lang), layout::Writer<Out>>,
}

fn stem(ask: Ask) -> &'static str {
    match ask {
        Ask::Name => Task::RegionToText.as_str(),
        Ask::Locate => Task::TextToRegion.as_str(),
        Ask::Describe => Task::Describe.as_str(),
        Ask::Report => "report",
        Ask::Other => "conversation",
    }
}

fn base_prompt(ask: Ask, lang: &Lang) -> &'static str {
    match ask {
        Ask::Name => Task::RegionToText.base_prompt(lang),
        Ask::Locate => Task::TextToRegion.base_prompt(lang),
        Ask::Describe => Task::Describe.base_prompt(lang),
        Ask::Report | Ask::Other => "",
    }
}

fn path_of((split, ask, lang): &(Split, Ask, Lang)) -> String {
    format!("{split}/{}.{lang}.jsonl", stem(*ask))
}

impl Writer for Writing {
    fn write(&mut self, record: &Record) -> Result<(), Complaint> {
        let langs: BTreeSet<Lang> = record.langs();
        let all = spoken(record, &langs, self.how)
            .map_err(|e| Complaint::whole(record.image.path.to_string(), e))?;
        let split = record.image.split.unwrap_or(Split::Train);
        for said in all {
            let key = (split, said.ask, said.lang.clone());
            let file = self.file(key)?;
            let line = line(record, said);
            file.write(line).map_err(written("a file of lines"))?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), Complaint> {
        let mut entries: BTreeMap<String, MetaEntry> = BTreeMap::new();
        for (key, writer) in self.files {
            let path = path_of(&key);
            let (_, written) = writer.finish().map_err(written(&path))?;
            let (split, ask, lang) = key;
            entries.insert(
                format!("{}_{split}_{lang}", stem(ask)),
                MetaEntry {
                    root: ".".to_owned(),
                    annotation: path,
                    length: written.lines,
                    repeat_time: 1.0,
                    data_augment: false,
                    base_prompt: base_prompt(ask, &lang).to_owned(),
                },
            );
        }
        let bytes = layout::listing(&entries).map_err(written(META_FILE))?;
        self.folder.put(META_FILE, &bytes)
    }
}

fn written(path: &str) -> impl Fn(layout::WriteError) -> Complaint + '_ {
    move |error| match error {
        layout::WriteError::Io(error) => Folder::failed(path, error),
        other => Complaint::whole(path, Fault::other(other.to_string())),
    }
}

impl Writing {
    fn file(&mut self, key: (Split, Ask, Lang)) -> Result<&mut layout::Writer<Out>, Complaint> {
        use std::collections::btree_map::Entry;
        match self.files.entry(key) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => {
                let path = path_of(new.key());
                let out = self
                    .folder
                    .create(&path)
                    .map_err(|e| Folder::failed(&path, e))?;
                Ok(new.insert(layout::Writer::new(out)))
            }
        }
    }
}

fn line(record: &Record, said: super::talk::Spoken<'_>) -> Line {
    let mut conversations = Vec::new();
    let mut say = |from, value| conversations.push(Message { from, value });
    if let Some(system) = said.system {
        say(Speaker::System, system.to_owned());
    }
    for (nth, (question, answer)) in said.turns.into_iter().enumerate() {
        let question = match nth {
            0 => format!("{IMAGE_PLACEHOLDER}\n{question}"),
            _ => question,
        };
        say(Speaker::Human, question);
        say(Speaker::Gpt, answer);
    }
    Line {
        id: LineId::default(),
        image: record.image.path.as_str().to_owned(),
        width: record.image.size.map(|size| size.width()),
        height: record.image.size.map(|size| size.height()),
        conversations,
        extra: BTreeMap::new(),
    }
}
