//! What is read: generated pictures with what is really on them.

use super::plan::Plan;
use crate::people::TrueRegion;
use anyhow::Result;
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::modality::Modality;
use medreg_datasets::ontology::Concept;
use std::collections::BTreeSet;

/// Everything that is generated for one demo.
#[derive(Debug)]
pub struct Material {
    /// What regions may be regions of.
    pub concepts: Vec<Concept>,
    /// The pictures, each with its truth.
    pub pictures: Vec<Picture>,
}

/// One generated picture.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The name it is uploaded under.
    pub file_name: String,
    /// Its patient's pseudonym.
    pub patient: String,
    /// Its study's pseudonym.
    pub study: String,
    /// What kind of picture it imitates.
    pub modality: Modality,
    /// Its size.
    pub size: ImageSize,
    /// Its pixels, as a PNG file.
    pub png: Vec<u8>,
    /// What is on it.
    pub regions: Vec<TrueRegion>,
}

impl Material {
    /// Generates what `plan` asks for.
    pub fn generate(plan: &Plan) -> Result<Self> {
        let _ = plan;
        anyhow::bail!("no phantom yet")
    }

    /// How many patients there are.
    #[must_use]
    pub fn patients(&self) -> usize {
        let patients: BTreeSet<&str> = self.pictures.iter().map(|p| p.patient.as_str()).collect();
        patients.len()
    }

    /// How many regions there are.
    #[must_use]
    pub fn regions(&self) -> usize {
        self.pictures
            .iter()
            .map(|picture| picture.regions.len())
            .sum()
    }
}
