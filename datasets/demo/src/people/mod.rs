//! The demo's people: what they know, and what they decide.

mod reader;

pub use reader::{Habits, Reading, Tally, read};

use medreg_datasets::geometry::PixelBox;
use medreg_datasets::lang::Lang;
use medreg_datasets::ontology::ConceptKey;
use rand::Rng;
use rand::distr::Alphanumeric;
use std::collections::BTreeMap;

/// What is really at one place of an image, as the generator drew it.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueRegion {
    /// Where it is.
    pub bbox: PixelBox,
    /// What it is.
    pub concept: ConceptKey,
    /// How a reader would describe it, in each language.
    pub texts: BTreeMap<Lang, String>,
}

/// A password that nobody can guess.
#[must_use]
pub fn random_password() -> String {
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(24)
        .map(char::from)
        .collect()
}
