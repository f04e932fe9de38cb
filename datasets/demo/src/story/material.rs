//! What is read: generated pictures with what is really on them.

use super::plan::Plan;
use crate::people::TrueRegion;
use crate::phantom;
use anyhow::Result;
use image::ImageFormat;
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::lang::Lang;
use medreg_datasets::modality::Modality;
use medreg_datasets::ontology::Concept;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

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
        let mut pictures = Vec::with_capacity(plan.images);
        for patient in phantom::patients(plan.seed, plan.images) {
            for study in &patient.studies {
                for image in &study.images {
                    pictures.push(picture(&patient, study, image)?);
                }
            }
        }
        Ok(Self {
            concepts: phantom::concepts(),
            pictures,
        })
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

fn picture(
    patient: &phantom::Patient,
    study: &phantom::Study,
    image: &phantom::Image,
) -> Result<Picture> {
    let mut png = io::Cursor::new(Vec::new());
    image.pixels.write_to(&mut png, ImageFormat::Png)?;
    Ok(Picture {
        file_name: image.file_name.clone(),
        patient: patient.pseudonym.clone(),
        study: study.pseudonym.clone(),
        modality: study.modality,
        size: ImageSize::new(image.pixels.width(), image.pixels.height())?,
        png: png.into_inner(),
        regions: image.regions.iter().map(region).collect::<Result<_>>()?,
    })
}

fn region(drawn: &phantom::Region) -> Result<TrueRegion> {
    Ok(TrueRegion {
        bbox: drawn.bbox,
        concept: drawn.concept.parse()?,
        texts: BTreeMap::from([
            (Lang::en(), drawn.text_en.clone()),
            (Lang::zh(), drawn.text_zh.clone()),
        ]),
    })
}

#[cfg(test)]
mod tests {
    use super::super::plan::Options;
    use super::*;
    use clap::Parser;

    #[test]
    fn every_picture_has_regions_of_known_concepts_inside_it() {
        let options = ["medreg-demo", "--admin-credentials", "c", "--images", "12"];
        let material = Material::generate(&Plan::of(&Options::parse_from(options))).unwrap();
        assert_eq!(material.pictures.len(), 12);
        let known: BTreeSet<_> = material.concepts.iter().map(|c| &c.key).collect();
        for picture in &material.pictures {
            let image = image::load_from_memory(&picture.png).unwrap();
            assert_eq!(
                (image.width(), image.height()),
                (picture.size.width(), picture.size.height())
            );
            for region in &picture.regions {
                assert!(known.contains(&region.concept));
                assert!(region.bbox.inside(picture.size).is_ok());
            }
        }
        assert!(material.regions() > 12 && material.patients() > 3);
    }
}
