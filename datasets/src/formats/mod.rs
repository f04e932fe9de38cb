//! Data sets in the layouts that the field uses, read and written one image at a time.
//!
//! [`Format`] is what each layout can do; [`convert`](convert::convert) goes from one to another and counts what the other has no
//! place for. A reader hands on [`Record`]s, and a [`Complaint`] for each row that it cannot take over.

pub mod annotations;
mod coco;
pub mod complaint;
mod conversations;
pub mod convert;
mod csv;
mod derived;
mod elements;
mod entry;
mod gather;
mod medreginstruct;
#[cfg(feature = "parquet")]
mod parquet;
mod passage;
pub mod record;
mod sets;
pub mod snapshot;
pub mod source;
mod talk;
mod voc;
mod webdataset;
mod yolo;

use crate::geometry::Coordinates;
use crate::lang::Lang;
pub use complaint::Complaint;
pub use record::{Classes, Record};
use source::{ImageFiles, Source, Target, Watch};
use std::path::PathBuf;
use std::sync::Arc;

/// A layout of data sets.
pub trait Format: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// What it is, in a sentence.
    fn about(&self) -> &'static str;

    /// What it has a place for.
    fn carries(&self) -> Carries;

    /// Whether data sets can be written in it, or are only read.
    fn is_written(&self) -> bool {
        true
    }

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
    /// Who marked a region, where readers are kept apart.
    pub readers: bool,
    /// The image files themselves.
    pub content: bool,
    /// Images of which nothing is said.
    pub bare_images: bool,
}

impl Carries {
    /// All that a record says, boxes in pixels.
    const EVERYTHING: Self = Carries {
        coordinates: Coordinates::Pixels,
        nameless: true,
        names: Langs::All,
        descriptions: Langs::All,
        presence: Presences::All,
        labels: Labels::All,
        report: true,
        talks: Talks::All,
        split: true,
        modality: true,
        readers: true,
        content: true,
        bare_images: true,
    };
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
    /// Whether a format that has a place for image files takes them from where they lie.
    pub hold_images: bool,
    /// Where image files are put that a data set holds itself.
    pub put_images: Option<PathBuf>,
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
            hold_images: true,
            put_images: None,
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

    /// The file of an image that is written into the data set; `None` where there is none, or none is wanted.
    fn held(&self, record: &Record) -> Result<Option<Arc<[u8]>>, Complaint> {
        if let Some(content) = &record.image.content {
            return Ok(Some(content.clone()));
        }
        let path = &record.image.path;
        match self.hold_images {
            true => (self.images.content(path))
                .map(|content| content.map(Into::into))
                .map_err(|fault| Complaint::whole(path.as_str(), fault)),
            false => Ok(None),
        }
    }
}

/// All formats that are read and written, in the order in which they are told.
pub const ALL: &[&dyn Format] = &[
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
    #[cfg(feature = "parquet")]
    &parquet::Parquet,
    &webdataset::WebDataset,
    &derived::Derived,
];

/// Public data sets in their own layouts, which are only read.
pub const SETS: &[&dyn Format] = &[
    &sets::VINDR_CXR,
    &sets::MS_CXR,
    &sets::SLAKE,
    &sets::VQA_RAD,
    &sets::PATH_VQA,
    &sets::PMC_VQA,
    &sets::SA_MED2D,
    &sets::CHEST_IMAGENOME,
    &sets::PADCHEST_GR,
    &sets::IU_XRAY,
];

/// All formats of either kind.
pub fn all() -> impl Iterator<Item = &'static dyn Format> {
    ALL.iter().chain(SETS).copied()
}

/// The format of this name.
pub fn named(name: &str) -> Result<&'static dyn Format, String> {
    all().find(|format| format.name() == name).ok_or_else(|| {
        let names: Vec<&str> = all().map(Format::name).collect();
        let names = names.join(", ");
        format!("`{name}` is not a format: one of {names} is expected")
    })
}
