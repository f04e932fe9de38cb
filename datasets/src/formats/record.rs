//! What all formats say, in no format's words: an image, its regions, and what is said about it.

use super::complaint::Fault;
use crate::geometry::{Extent, ImageSize};
use crate::lang::Lang;
use crate::modality::Modality;
use crate::region::Presence;
use crate::snapshot::Split;
use crate::whole::Texts;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The longest side of an image in pixels; whole slides have about a quarter of it.
pub const MAX_SIDE: u32 = 1_000_000;

/// One image and all that is said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The image.
    pub image: Picture,
    /// Its regions, in their order in the data set.
    pub regions: Vec<Marked>,
    /// What is or is not in the image as a whole.
    pub labels: Vec<Label>,
    /// Its report, sentence by sentence.
    pub report: Vec<Said>,
    /// Conversations about it that are not about the above.
    pub talks: Vec<Talk>,
    /// What its reader passed over or put right, to be counted and told.
    pub remarks: Remarks,
}

/// What was passed over or put right, and how often.
pub type Remarks = BTreeMap<String, u64>;

/// An image by its path.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Where it is below the data set's folder.
    pub path: ImagePath,
    /// Its name in a table of images.
    pub id: Option<String>,
    /// Pixels; unknown where neither the data set nor the image file says it.
    pub size: Option<ImageSize>,
    /// Its part of the data set.
    pub split: Option<Split>,
    /// What kind of picture it is.
    pub modality: Option<Modality>,
    /// The image file itself, where the data set holds it.
    pub content: Option<Arc<[u8]>>,
}

/// A relative path that stays inside the data set's folder, with `/` between its parts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImagePath(String);

impl ImagePath {
    /// Checks a path, and takes what means nothing out of it.
    pub fn new(path: &str) -> Result<Self, Fault> {
        let path = path.trim().replace('\\', "/");
        let drive = path.as_bytes().get(1) == Some(&b':');
        let parts: Vec<&str> = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .collect();
        let leaves = path.starts_with('/') || drive || path.contains("://");
        if leaves || parts.contains(&"..") || path.contains('\0') {
            return Err(Fault::Path(path));
        }
        match parts.is_empty() {
            true => Err(Fault::Missing("image path")),
            false => Ok(Self(parts.join("/"))),
        }
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path without the file's ending.
    #[must_use]
    pub fn stem(&self) -> &str {
        let name = self.0.rfind('/').map_or(0, |slash| slash + 1);
        let ending = self.0.get(name..).and_then(|name| name.rfind('.'));
        let cut = ending.filter(|dot| *dot > 0).map(|dot| name + dot);
        cut.and_then(|cut| self.0.get(..cut)).unwrap_or(&self.0)
    }

    /// This path below a folder of the data set.
    pub fn below(&self, folder: &str) -> Result<Self, Fault> {
        match folder.trim_matches(['.', '/']) {
            "" if !folder.starts_with('/') => Ok(self.clone()),
            _ => Self::new(&format!("{folder}/{}", self.0)),
        }
    }
}

impl std::fmt::Display for ImagePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One region.
#[derive(Clone, Debug, PartialEq)]
pub struct Marked {
    /// Where it is.
    pub extent: Extent,
    /// Its name in a table of regions.
    pub id: Option<String>,
    /// Who marked it, where the data set keeps its readers apart.
    pub reader: Option<String>,
    /// What it is, in each language; none where nobody said.
    pub names: Texts,
    /// Whether it is there.
    pub presence: Presence,
    /// Its description in each language.
    pub texts: Texts,
    /// Whether a [`Talk`] speaks of it, which says all there is to say in a conversation.
    pub spoken: bool,
}

impl Marked {
    /// A region of which nothing is said.
    #[must_use]
    pub fn new(extent: Extent) -> Self {
        Self {
            extent,
            id: None,
            reader: None,
            names: Texts::new(),
            presence: Presence::Present,
            texts: Texts::new(),
            spoken: false,
        }
    }
}

/// The name in `lang`, or else in the first of the languages there are.
#[must_use]
pub fn name_in<'a>(names: &'a Texts, lang: &Lang) -> Option<&'a str> {
    names
        .get(lang)
        .or_else(|| names.values().next())
        .map(String::as_str)
}

/// Something that is, or is not, in an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// What it is called in each language.
    pub names: Texts,
    /// Whether it is there.
    #[serde(default)]
    pub presence: Presence,
}

/// The names that a data set lists, each with its number where it has one.
#[derive(Debug, Default)]
pub struct Classes(std::sync::Mutex<Vec<(Option<u64>, String)>>);

impl Classes {
    pub(super) fn add(&self, number: Option<u64>, name: &str) {
        if let Ok(mut known) = self.0.lock()
            && known.iter().all(|(_, other)| other != name)
        {
            known.push((number, name.to_owned()));
        }
    }

    pub(super) fn listed(&self) -> Vec<(Option<u64>, String)> {
        self.0.lock().map(|known| known.clone()).unwrap_or_default()
    }
}

/// A sentence of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// In each language.
    pub texts: Texts,
    /// The regions it speaks of, by their place in [`Record::regions`].
    pub regions: BTreeSet<usize>,
}

/// A conversation about an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Talk {
    /// Its name.
    pub id: Option<String>,
    /// Its language.
    pub lang: Lang,
    /// Instructions before it.
    pub system: Option<String>,
    /// Questions, each with its answer.
    pub turns: Vec<Exchange>,
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// What is asked.
    pub question: Passage,
    /// What is answered.
    pub answer: Passage,
}

/// A text that may speak of regions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Passage(pub Vec<Part>);

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Words.
    Words(String),
    /// Regions under a name, which may be empty; a name alone where there are none.
    Regions {
        /// The name.
        name: String,
        /// The regions, by their place in [`Record::regions`].
        regions: Vec<usize>,
    },
}

impl Passage {
    /// The regions it speaks of.
    pub fn regions(&self) -> impl Iterator<Item = usize> {
        self.0.iter().flat_map(|part| {
            match part {
                Part::Words(_) => [].as_slice(),
                Part::Regions { regions, .. } => regions.as_slice(),
            }
            .iter()
            .copied()
        })
    }
}

impl Record {
    /// An image of which nothing is said.
    #[must_use]
    pub fn new(image: Picture) -> Self {
        Self {
            image,
            regions: Vec::new(),
            labels: Vec::new(),
            report: Vec::new(),
            talks: Vec::new(),
            remarks: Remarks::new(),
        }
    }

    /// Counts something that was passed over or put right.
    pub(super) fn remark(&mut self, what: &str) {
        match self.remarks.get_mut(what) {
            Some(count) => *count += 1,
            None => {
                self.remarks.insert(what.to_owned(), 1);
            }
        }
    }

    /// All languages in which something is said.
    #[must_use]
    pub fn langs(&self) -> BTreeSet<Lang> {
        let regions = self.regions.iter().flat_map(|r| [&r.names, &r.texts]);
        let labels = self.labels.iter().map(|label| &label.names);
        let report = self.report.iter().map(|said| &said.texts);
        let texts = regions.chain(labels).chain(report);
        texts.flat_map(|texts| texts.keys().cloned()).collect()
    }
}

impl Picture {
    /// An image of which only its path is known.
    #[must_use]
    pub fn new(path: ImagePath) -> Self {
        Self {
            path,
            id: None,
            size: None,
            split: None,
            modality: None,
            content: None,
        }
    }

    /// Takes over the image file, and its size where nobody said it.
    pub(super) fn hold(&mut self, content: Vec<u8>) {
        self.size = self.size.or_else(|| size_in(&content));
        self.content = Some(content.into());
    }
}

/// The size that an image file says it has.
pub(super) fn size_in(content: &[u8]) -> Option<ImageSize> {
    let size = imagesize::blob_size(content).ok()?;
    let side = |pixels: usize| u32::try_from(pixels).ok();
    ImageSize::new(side(size.width)?, side(size.height)?).ok()
}

/// A size as data sets write it: a number, with a fraction perhaps; both sides 0 or absent where it is not known.
pub(super) fn size_of(width: Option<f64>, height: Option<f64>) -> Result<Option<ImageSize>, Fault> {
    let (width, height) = (width.unwrap_or(0.0), height.unwrap_or(0.0));
    if width == 0.0 && height == 0.0 {
        return Ok(None);
    }
    let side =
        |c: f64| (c.fract() == 0.0 && (1.0..=f64::from(MAX_SIDE)).contains(&c)).then_some(c as u32);
    match (side(width), side(height)) {
        (Some(w), Some(h)) => Ok(Some(ImageSize::new(w, h)?)),
        _ => Err(Fault::Size { width, height }),
    }
}
