//! Data sets in the layouts that the field uses, read and written one image at a time.
//!
//! [`Format`] is what each layout can do; [`convert`](convert::convert) goes from one to another and counts what the other has no
//! place for. A reader hands on [`Record`]s, and a [`Complaint`] for each row that it cannot take over.

mod coco;
pub mod complaint;
mod conversations;
pub mod convert;
mod csv;
mod elements;
mod gather;
mod medreginstruct;
mod passage;
pub mod record;
pub mod source;
mod talk;
mod voc;
mod yolo;

use crate::geometry::Coordinates;
use crate::lang::Lang;
pub use complaint::Complaint;
pub use record::{Classes, Record};
use source::{ImageFiles, Source, Target, Watch};
use std::sync::Arc;

/// A layout of data sets.
pub trait Format: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// What it is, in a sentence.
    fn about(&self) -> &'static str;

    /// What it has a place for.
    fn carries(&self) -> Carries;

    /// Whether it is one stream, which can come from a pipe and go into one, or a folder.
    fn shape(&self) -> Shape;

    /// The records of a data set, one after the other.
    fn read(&self, from: Source, settings: &Settings) -> Result<Records, Complaint>;

    /// A writer of a new data set.
    fn write(&self, to: Target, settings: &Settings) -> Result<Box<dyn Writer>, Complaint>;
}

/// Records as they come, with a complaint in place of each row that is none.
pub type Records = Box<dyn Iterator<Item = Result<Record, Complaint>>>;

/// Takes records one by one; what its format has no place for is taken out before.
pub trait Writer {
    /// Writes one; nothing of it where it complains.
    fn write(&mut self, record: &Record) -> Result<(), Complaint>;

    /// Writes what comes last.
    fn finish(self: Box<Self>) -> Result<(), Complaint>;
}

/// One stream, or a folder of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One file.
    Stream,
    /// A folder.
    Folder,
}

/// What a format has a place for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carries {
    /// The coordinates of boxes.
    pub coordinates: Coordinates,
    /// Whether a region may be without a name.
    pub nameless: bool,
    /// In how many languages things are named.
    pub names: Langs,
    /// In how many languages a region is described.
    pub descriptions: Langs,
    /// Regions that are explicitly not there, or uncertain.
    pub presence: Presences,
    /// Labels of the image.
    pub labels: Labels,
    /// The report's sentences.
    pub report: bool,
    /// Conversations.
    pub talks: Talks,
    /// Train, validation and test.
    pub split: bool,
    /// What kind of picture it is.
    pub modality: bool,
    /// Images of which nothing is said.
    pub bare_images: bool,
}

/// In how many languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Langs {
    /// In none.
    None,
    /// In one, the first that the settings name.
    One,
    /// In those that the settings name.
    Named,
    /// In all.
    All,
}

/// Which answers to the question whether a region is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presences {
    /// That it is.
    Present,
    /// That it is, or is not; then without the box.
    Absence,
    /// All of them.
    All,
}

/// Which labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// None.
    None,
    /// What regions show, and what is absent.
    Places,
    /// All of them.
    All,
}

/// Which conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talks {
    /// None.
    None,
    /// Single questions with their answers, without instructions before them.
    Questions,
    /// Whole ones.
    All,
}

/// What a person says of a data set that it does not say itself, and of the one to be written.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The languages of names and texts; the first is that of names and texts which do not say theirs.
    pub langs: Vec<Lang>,
    /// How boxes in conversations are written, if not as the format's own models have them.
    pub coordinates: Option<Coordinates>,
    /// The data set's own list of names, as far as its reader knows it: their order and numbers are kept where they can be.
    pub classes: Arc<Classes>,
    /// Where image files lie that sizes are looked up in.
    pub images: ImageFiles,
    /// How far it is.
    pub watch: Arc<Watch>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            langs: vec![Lang::en(), Lang::zh()],
            coordinates: None,
            classes: Arc::default(),
            images: ImageFiles::default(),
            watch: Arc::default(),
        }
    }
}

impl Settings {
    /// The language of what does not say its own.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.langs.first().cloned().unwrap_or_else(Lang::en)
    }
}

/// All formats, in the order in which they are told.
pub const ALL: [&dyn Format; 10] = [
    &medreginstruct::MedRegInstruct,
    &coco::Coco,
    &yolo::Yolo,
    &voc::Voc,
    &conversations::LLAVA,
    &conversations::SHAREGPT,
    &conversations::INTERNVL,
    &conversations::QWEN_VL,
    &conversations::QWEN25_VL,
    &csv::Csv,
];

/// The format of this name.
pub fn named(name: &str) -> Result<&'static dyn Format, String> {
    let found = ALL.into_iter().find(|format| format.name() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|format| format.name()).collect();
        format!(
            "`{name}` is not a format: one of {} is expected",
            names.join(", ")
        )
    })
}
