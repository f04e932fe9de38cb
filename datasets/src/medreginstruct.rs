//! The MedRegInstruct layout: JSON lines of conversations about an image, and the `meta_file.json` that lists them.
//!
//! ```text
//! meta_file.json
//! {train,val,test}/{region2text,text2region,describe}.{lang}.jsonl
//! images/{sha256}.png
//! ```
//!
//! A line is `{"id", "image", "width", "height", "conversations": [{"from": "human", "value": "<image>\n…"}, {"from": "gpt",
//! "value": "…"}]}`, as the published files of MedRegA (arXiv 2410.18387, `xmed-lab/MedRegA`) have them. Equal snapshots give
//! equal bytes. Writing goes case by case and reading line by line, so neither holds a data set in memory.

use crate::geometry::GridBox;
use crate::ids::{Digest, ImageId};
use crate::lang::Lang;
use crate::ontology::{Concept, ConceptKey};
use crate::region::{Presence, Region};
use crate::snapshot::{Manifest, SnapshotCase, Split};
use crate::task;
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

/// Where the image goes in a question.
pub const IMAGE_PLACEHOLDER: &str = "<image>";

/// The name of the file that lists all the others.
pub const META_FILE: &str = "meta_file.json";

/// What a file's questions ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Task {
    /// Which concept does this box show? One line per region.
    RegionToText,
    /// Where are all the regions of this concept? One line per image and concept.
    TextToRegion,
    /// What does a reader say about this box? One line per region that has a description.
    Describe,
}

impl Task {
    const ALL: [Self; 3] = [Self::RegionToText, Self::TextToRegion, Self::Describe];

    /// The name used in file names.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RegionToText => "region2text",
            Self::TextToRegion => "text2region",
            Self::Describe => "describe",
        }
    }

    /// What MedRegA's data loader puts before every question of a file.
    pub(crate) fn base_prompt(self, lang: &Lang) -> &'static str {
        match (lang.primary(), self) {
            ("zh", Self::RegionToText) => {
                "你的任务是目标识别。区域以边界框[x1, y1, x2, y2]表示，坐标为0到999的整数。请回答边界框中是什么。"
            }
            ("zh", Self::TextToRegion) => {
                "你的任务是目标检测。请找出给定目标的所有区域，以边界框[x1, y1, x2, y2]表示，坐标为0到999的整数。"
            }
            ("zh", Self::Describe) => {
                "你的任务是区域描述。区域以边界框[x1, y1, x2, y2]表示，坐标为0到999的整数。请描述边界框中的所见。"
            }
            ("ja", Self::RegionToText) => {
                "物体認識の課題です。領域は境界ボックス[x1, y1, x2, y2]で表され、座標は0から999の整数です。境界ボックスが何を示すか答えてください。"
            }
            ("ja", Self::TextToRegion) => {
                "物体検出の課題です。与えられた対象のすべての領域を、0から999の整数座標の境界ボックス[x1, y1, x2, y2]で示してください。"
            }
            ("ja", Self::Describe) => {
                "領域記述の課題です。領域は境界ボックス[x1, y1, x2, y2]で表され、座標は0から999の整数です。境界ボックス内の所見を記述してください。"
            }
            (_, Self::RegionToText) => {
                "Your task is object recognition. A region is given as a bounding box [x1, y1, x2, y2] of integers ranging from 0 to 999. Say what the bounding box shows."
            }
            (_, Self::TextToRegion) => {
                "Your task is object detection. Find all the regions of the given object, each as a bounding box [x1, y1, x2, y2] of integers ranging from 0 to 999."
            }
            (_, Self::Describe) => {
                "Your task is region description. A region is given as a bounding box [x1, y1, x2, y2] of integers ranging from 0 to 999. Describe what the bounding box shows."
            }
        }
    }
}

/// One file of an export.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileKey {
    /// The patients it is about.
    pub split: Split,
    /// What it asks.
    pub task: Task,
    /// In which language.
    pub lang: Lang,
}

impl FileKey {
    /// Its path inside the export: `train/region2text.en.jsonl`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}.{}.jsonl", self.split, self.task.as_str(), self.lang)
    }

    /// Its name in `meta_file.json`: `region2text_train_en`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}_{}_{}", self.task.as_str(), self.split, self.lang)
    }
}

/// The path of a raster inside the export: `images/{sha256}.png`.
#[must_use]
pub fn image_path(raster: &Digest) -> String {
    format!("images/{}.png", raster.as_str())
}

/// Every file that an export of this snapshot may have, in the order in which they are written.
#[must_use]
pub fn files(manifest: &Manifest) -> Vec<FileKey> {
    let mut keys = Vec::new();
    for split in [Split::Train, Split::Val, Split::Test] {
        for task in Task::ALL {
            for lang in manifest.langs.both().iter().cloned() {
                keys.push(FileKey { split, task, lang });
            }
        }
    }
    keys
}

/// One sample: an image and what is said about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its name inside its file.
    #[serde(default)]
    pub id: LineId,
    /// The image's path below the data set's root.
    pub image: String,
    /// Pixels across; some published files leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Questions and answers in turn.
    pub conversations: Vec<Message>,
    /// Fields that this layout does not know, kept as they were.
    #[serde(flatten)]
    pub extra: BTreeMap<String, serde_json::Value>,
}

/// The name of a line: a number in MedRegInstruct, a text in some of its relatives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LineId {
    /// A number, counted from 0.
    Number(u64),
    /// Any text.
    Text(String),
}

impl Default for LineId {
    fn default() -> Self {
        Self::Number(0)
    }
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Whose turn it is.
    pub from: Speaker,
    /// What is said.
    pub value: String,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// Instructions before the conversation.
    System,
    /// The one who asks.
    Human,
    /// The one who answers.
    Gpt,
}

/// One entry of `meta_file.json`, keyed by [`FileKey::name`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetaEntry {
    /// The folder that image paths start from, relative to the meta file.
    pub root: String,
    /// The path of the JSON lines.
    pub annotation: String,
    /// How many lines it has.
    pub length: u64,
    /// How often an epoch repeats it; below 1, the fraction it takes.
    pub repeat_time: f64,
    /// Whether MedRegA's loader may crop at random. It would not move the boxes along, so this is always false here.
    pub data_augment: bool,
    /// What the loader puts before every question.
    #[serde(default)]
    pub base_prompt: String,
}

/// What was written of one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Lines.
    pub lines: u64,
    /// Bytes, line ends included.
    pub bytes: u64,
}

/// Why a snapshot cannot be written in this layout.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A region names a concept that the snapshot's ontology does not have.
    #[error(
        "image {image}: the snapshot's ontology has no concept `{concept}`; the snapshot is damaged, cut it again"
    )]
    UnknownConcept {
        /// The image.
        image: ImageId,
        /// The concept.
        concept: ConceptKey,
    },
    /// The lines cannot be put where they should go.
    #[error("the MedRegInstruct file cannot be written: {0}")]
    Io(#[from] io::Error),
    /// A value has no JSON form.
    #[error("a line has no JSON form: {0}")]
    Json(#[from] serde_json::Error),
}

/// Writes lines one after the other and counts them.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    written: Written,
    buffer: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// A writer of JSON lines into `out`; wrap files in a `BufWriter`.
    pub fn new(out: W) -> Self {
        Self {
            out,
            written: Written::default(),
            buffer: Vec::new(),
        }
    }

    /// Writes one line, with the number of lines before it as its id.
    pub fn write(&mut self, line: Line) -> Result<(), WriteError> {
        let id = LineId::Number(self.written.lines);
        self.buffer.clear();
        serde_json::to_writer(&mut self.buffer, &Line { id, ..line })?;
        self.buffer.push(b'\n');
        self.out.write_all(&self.buffer)?;
        self.written.lines += 1;
        self.written.bytes += self.buffer.len() as u64;
        Ok(())
    }

    /// Flushes, and gives back what was written into and how much.
    pub fn finish(mut self) -> Result<(W, Written), WriteError> {
        self.out.flush()?;
        Ok((self.out, self.written))
    }
}

/// Writes one file of an export from all the cases of a snapshot.
pub fn write_file<W: Write, C: Borrow<SnapshotCase>>(
    key: &FileKey,
    manifest: &Manifest,
    cases: impl IntoIterator<Item = C>,
    out: W,
) -> Result<Written, WriteError> {
    let mut writer = Writer::new(out);
    for case in cases {
        let case = case.borrow();
        if case.split != key.split {
            continue;
        }
        for line in lines_for(key.task, &key.lang, case, manifest)? {
            writer.write(line)?;
        }
    }
    writer.finish().map(|(_, written)| written)
}

/// How large each file of an export will be, in one pass over the cases; files without lines are listed with zeros.
pub fn measure<C: Borrow<SnapshotCase>>(
    manifest: &Manifest,
    cases: impl IntoIterator<Item = C>,
) -> Result<BTreeMap<FileKey, Written>, WriteError> {
    let mut writers: BTreeMap<FileKey, Writer<io::Sink>> = files(manifest)
        .into_iter()
        .map(|key| (key, Writer::new(io::sink())))
        .collect();
    for case in cases {
        for (key, line) in lines_of(case.borrow(), manifest)? {
            if let Some(writer) = writers.get_mut(&key) {
                writer.write(line)?;
            }
        }
    }
    let written = |(key, writer): (FileKey, Writer<io::Sink>)| Ok((key, writer.finish()?.1));
    writers.into_iter().map(written).collect()
}

/// The bytes of `meta_file.json`, which lists the files that have lines.
pub fn meta_file(measured: &BTreeMap<FileKey, Written>) -> Result<Vec<u8>, WriteError> {
    let entries: BTreeMap<String, MetaEntry> = measured
        .iter()
        .filter(|(_, written)| written.lines > 0)
        .map(|(key, written)| (key.name(), meta_entry(key, written.lines)))
        .collect();
    listing(&entries)
}

/// The bytes of a `meta_file.json` with these entries.
pub(crate) fn listing(entries: &BTreeMap<String, MetaEntry>) -> Result<Vec<u8>, WriteError> {
    let mut bytes = serde_json::to_vec_pretty(entries)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn meta_entry(key: &FileKey, lines: u64) -> MetaEntry {
    MetaEntry {
        root: ".".to_owned(),
        annotation: key.path(),
        length: lines,
        repeat_time: 1.0,
        data_augment: false,
        base_prompt: key.task.base_prompt(&key.lang).to_owned(),
    }
}

/// Everything a case contributes, with the file each line belongs to; the ids are given by the [`Writer`].
pub fn lines_of(
    case: &SnapshotCase,
    manifest: &Manifest,
) -> Result<Vec<(FileKey, Line)>, WriteError> {
    let mut lines = Vec::new();
    for task in Task::ALL {
        for lang in manifest.langs.both() {
            let key = FileKey {
                split: case.split,
                task,
                lang: lang.clone(),
            };
            let of_file = lines_for(task, lang, case, manifest)?;
            lines.extend(of_file.into_iter().map(|line| (key.clone(), line)));
        }
    }
    Ok(lines)
}

fn lines_for(
    task: Task,
    lang: &Lang,
    case: &SnapshotCase,
    manifest: &Manifest,
) -> Result<Vec<Line>, WriteError> {
    let regions = named_regions(case, manifest)?;
    let turns = match task {
        Task::RegionToText => region_to_text(lang, case, &regions),
        Task::TextToRegion => text_to_region(lang, case, &regions),
        Task::Describe => describe(lang, case, &regions),
    };
    Ok(turns.into_iter().map(|turn| line(case, turn)).collect())
}

/// The regions that can be told in this layout, with their concepts: those on the exported frame that say what they are.
fn named_regions<'a>(
    case: &'a SnapshotCase,
    manifest: &'a Manifest,
) -> Result<Vec<(&'a Region, &'a Concept)>, WriteError> {
    let mut named = Vec::new();
    for region in case.regions.iter().filter(|region| region.frame == 0) {
        let Some(key) = &region.concept else { continue };
        let concept = manifest.ontology.iter().find(|c| c.key == *key);
        named.push((
            region,
            concept.ok_or_else(|| WriteError::UnknownConcept {
                image: case.image,
                concept: key.clone(),
            })?,
        ));
    }
    Ok(named)
}

fn region_to_text(
    lang: &Lang,
    case: &SnapshotCase,
    regions: &[(&Region, &Concept)],
) -> Vec<task::Turn> {
    present(regions)
        .map(|(region, concept)| task::Turn {
            question: task::region_to_text(lang, case.modality, region.bbox.to_grid(case.size)),
            answer: concept.name(lang).to_owned(),
        })
        .collect()
}

/// A concept whose regions all say that it is not there is asked about too, and answered with its absence.
fn text_to_region(
    lang: &Lang,
    case: &SnapshotCase,
    regions: &[(&Region, &Concept)],
) -> Vec<task::Turn> {
    let mut boxes: BTreeMap<&ConceptKey, (&Concept, Vec<GridBox>)> = BTreeMap::new();
    for (region, concept) in regions {
        let entry = boxes.entry(&concept.key).or_insert((concept, Vec::new()));
        if region.presence != Presence::Absent {
            entry.1.push(region.bbox.to_grid(case.size));
        }
    }
    boxes
        .into_values()
        .map(|(concept, boxes)| task::Turn {
            question: task::text_to_region(lang, case.modality, concept.name(lang)),
            answer: task::regions_answer(lang, concept.name(lang), &boxes),
        })
        .collect()
}

fn describe(lang: &Lang, case: &SnapshotCase, regions: &[(&Region, &Concept)]) -> Vec<task::Turn> {
    present(regions)
        .filter_map(|(region, _)| Some((region, region.texts.get(lang)?.trim())))
        .filter(|(_, text)| !text.is_empty())
        .map(|(region, text)| task::Turn {
            question: task::describe_region(lang, case.modality, region.bbox.to_grid(case.size)),
            answer: text.to_owned(),
        })
        .collect()
}

fn present<'a>(
    regions: &'a [(&'a Region, &'a Concept)],
) -> impl Iterator<Item = (&'a Region, &'a Concept)> {
    regions
        .iter()
        .copied()
        .filter(|(region, _)| region.presence != Presence::Absent)
}

fn line(case: &SnapshotCase, turn: task::Turn) -> Line {
    let question = format!("{IMAGE_PLACEHOLDER}\n{}", turn.question);
    let say = |from, value| Message { from, value };
    Line {
        id: LineId::default(),
        image: image_path(&case.raster.sha256),
        width: Some(case.size.width()),
        height: Some(case.size.height()),
        conversations: vec![
            say(Speaker::Human, question),
            say(Speaker::Gpt, turn.answer),
        ],
        extra: BTreeMap::new(),
    }
}

/// Reads JSON lines one by one; empty lines are passed over.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    line: u64,
    text: String,
}

/// Why a line cannot be read. Lines are counted from 1, as editors count them.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct ReadError {
    /// Which line.
    pub line: u64,
    /// What is wrong with it.
    pub fault: LineFault,
}

/// What can be wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum LineFault {
    /// It cannot be read at all: a failing disk, or bytes that are not UTF-8.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is not JSON, or not of this layout.
    #[error("is not a MedRegInstruct sample: {0}")]
    Json(#[from] serde_json::Error),
    /// Its turns are not questions each followed by an answer.
    #[error(
        "turn {turn} of `conversations` is out of order: `human` and `gpt` in turn are expected, after `system` at most once"
    )]
    Turns {
        /// Which turn, from 0.
        turn: usize,
    },
    /// The image is not placed exactly once.
    #[error("`<image>` appears {0} times in its questions, once is expected")]
    Placeholders(usize),
}

impl<R: BufRead> Reader<R> {
    /// A reader of the JSON lines in `source`.
    pub fn new(source: R) -> Self {
        Self {
            source,
            line: 0,
            text: String::new(),
        }
    }

    /// The next line that is not empty; `None` at the end.
    fn next_line(&mut self) -> Result<Option<Line>, LineFault> {
        loop {
            self.text.clear();
            self.line += 1;
            if self.source.read_line(&mut self.text)? == 0 {
                return Ok(None);
            }
            if !self.text.trim().is_empty() {
                let line: Line = serde_json::from_str(&self.text)?;
                line.check()?;
                return Ok(Some(line));
            }
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Line, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_line()
            .map_err(|fault| ReadError {
                line: self.line,
                fault,
            })
            .transpose()
    }
}

impl Line {
    /// The questions with their answers.
    pub fn turns(&self) -> impl Iterator<Item = (&str, &str)> {
        let spoken = self.spoken();
        spoken.chunks_exact(2).filter_map(|pair| match pair {
            [question, answer] => Some((question.value.as_str(), answer.value.as_str())),
            _ => None,
        })
    }

    /// The turns after the instructions.
    fn spoken(&self) -> &[Message] {
        match self.conversations.split_first() {
            Some((first, rest)) if first.from == Speaker::System => rest,
            _ => &self.conversations,
        }
    }

    fn check(&self) -> Result<(), LineFault> {
        let spoken = self.spoken();
        let instructions = self.conversations.len() - spoken.len();
        let expected = [Speaker::Human, Speaker::Gpt].into_iter().cycle();
        let wrong = spoken.iter().zip(expected).position(|(m, e)| m.from != e);
        if let Some(turn) =
            wrong.or((spoken.is_empty() || spoken.len() % 2 == 1).then_some(spoken.len()))
        {
            return Err(LineFault::Turns {
                turn: turn + instructions,
            });
        }
        let placed: usize = self
            .turns()
            .map(|(question, _)| question.matches(IMAGE_PLACEHOLDER).count())
            .sum();
        (placed == 1)
            .then_some(())
            .ok_or(LineFault::Placeholders(placed))
    }
}
