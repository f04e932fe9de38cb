//! DICOM objects that are made here: an image from its de-identified header and canonical pixels, a report of its regions, a
//! presentation state that draws them. None of them holds a byte of an uploaded file.

mod attributes;
mod code;
mod content_item;
mod instance;
mod part10;
mod presentation_state;
mod report;

pub use attributes::{Attributes, text};
pub use instance::{Picture, PixelFormat, image};
pub use part10::{Head, head};
pub use presentation_state::presentation_state;
pub use report::report;

use super::Levels;
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::lang::LangPair;
use medreg_datasets::ontology::Concept;
use medreg_datasets::region::AnnotationContent;

/// What the program calls itself where an object names its maker.
pub(super) const MAKER: &str = "medreg";
/// ImplementationClassUID (0002,0012) of what is written here, and the device that observed its regions: a UUID of our own.
pub const IMPLEMENTATION: &str = "2.25.302934912785912312857239184412398561273";

/// Why an object cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// An attribute of the kept header that no writer takes.
    #[error("its attribute {tag} cannot be written: {reason}")]
    Attribute {
        /// The attribute, as eight hexadecimal digits.
        tag: String,
        /// What is wrong.
        reason: String,
    },
    /// The pixels that are kept are not those that its row promises.
    #[error("its kept pixels cannot be read: {0}")]
    Pixels(String),
    /// The writer gave up.
    #[error("it cannot be written: {0}")]
    Writer(String),
}

/// What one reader said about one image, for the objects that tell it.
#[derive(Debug)]
pub struct Reading<'a> {
    /// What the image, its study and its patient are called, and the object itself.
    pub attributes: &'a Attributes,
    /// The image's own attributes.
    pub image: &'a Attributes,
    /// The image's size.
    pub size: ImageSize,
    /// How many frames it has.
    pub frames: u32,
    /// Row and column spacing in mm inside the patient; `None` where it is unknown or that at the detector.
    pub spacing: Option<[f64; 2]>,
    /// What the image's grey values mean.
    pub levels: Option<&'a Levels>,
    /// A pseudonym of whoever read it.
    pub reader: &'a str,
    /// When it was saved, RFC 3339 in UTC.
    pub saved_at: &'a str,
    /// What was said.
    pub content: &'a AnnotationContent,
    /// The project's ontology.
    pub concepts: &'a [Concept],
    /// The project's languages.
    pub langs: &'a LangPair,
}

impl Reading<'_> {
    /// The concept of this key.
    fn concept(&self, key: Option<&medreg_datasets::ontology::ConceptKey>) -> Option<&Concept> {
        self.concepts
            .iter()
            .find(|concept| Some(&concept.key) == key)
    }

    /// The day and the time of saving, as DA and TM.
    fn saved(&self) -> (String, String) {
        let digits = |text: &str| {
            text.chars()
                .filter(char::is_ascii_digit)
                .collect::<String>()
        };
        let (day, time) = self.saved_at.split_once('T').unwrap_or_default();
        let time = time.split('.').next().unwrap_or_default();
        (digits(day), digits(time))
    }

    /// What all objects about a reading say of themselves.
    fn common(&self) -> Attributes {
        let mut set = self.attributes.clone();
        attributes::complete_study(&mut set);
        let (day, time) = self.saved();
        for (tag, vr, value) in [("00080012", "DA", &day), ("00080013", "TM", &time)] {
            attributes::put(&mut set, tag, vr, value.as_str());
        }
        attributes::put(&mut set, "00080070", "LO", MAKER);
        attributes::put(&mut set, "00081090", "LO", MAKER);
        attributes::put(&mut set, "00181000", "LO", "1");
        attributes::put(&mut set, "00181020", "LO", env!("CARGO_PKG_VERSION"));
        set
    }
}
