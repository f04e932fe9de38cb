//! A snapshot of synthetic patients without a server: what is drawn on each picture is what a reader without a fault would say.

use crate::phantom::{self, Balance, Image, Patient, Study};
use image::{DynamicImage, ImageFormat};
use medreg_datasets::filter::Filter;
use medreg_datasets::geometry::{GeometryError, ImageSize};
use medreg_datasets::ids::Digest;
use medreg_datasets::lang::{Lang, LangPair};
use medreg_datasets::ontology::Concept;
use medreg_datasets::region::{Presence, Region};
use medreg_datasets::snapshot::{
    Counts, Manifest, ObjectRef, Provenance, SCHEMA, SnapshotCase, Split, SplitCounts, SplitShares,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Why a snapshot cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A file cannot be written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A picture cannot be made.
    #[error("a picture cannot be made: {0}")]
    Picture(#[from] image::ImageError),
    /// A picture has no size.
    #[error(transparent)]
    Size(#[from] GeometryError),
    /// A concept's key is none.
    #[error("`{0}` is not a concept's key")]
    Concept(&'static str),
    /// A text of it cannot be written as JSON.
    #[error("the snapshot cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Writes `images` pictures of the patients of `seed`, split by `shares`, into `folder` as an exported snapshot; gives its manifest. The same
/// arguments give the same bytes.
pub fn write(
    folder: &Path,
    seed: u64,
    images: usize,
    shares: SplitShares,
) -> Result<Manifest, SnapshotError> {
    let patients = phantom::patients(seed, images).into_iter();
    keep_all(folder, seed, (patients, phantom::concepts()), shares)
}

/// The same with everything as frequent as a balance says, and with the rarer findings in the ontology.
pub fn write_balanced(
    folder: &Path,
    (balance, seed): (&Balance, u64),
    images: usize,
    shares: SplitShares,
) -> Result<Manifest, SnapshotError> {
    let patients = phantom::patients_of(balance, seed, images);
    keep_all(folder, seed, (patients, phantom::all_concepts()), shares)
}

fn keep_all(
    folder: &Path,
    seed: u64,
    (patients, mut ontology): (impl Iterator<Item = Patient>, Vec<Concept>),
    shares: SplitShares,
) -> Result<Manifest, SnapshotError> {
    let project = id(&format!("{seed}"));
    let mut cases = Vec::new();
    for patient in patients {
        let split = Split::of_patient(project.into(), &patient.pseudonym, shares);
        for study in &patient.studies {
            for image in &study.images {
                cases.push(case(folder, (&patient, study, image), (seed, split))?);
            }
        }
    }
    cases.sort_by_key(|case| case.image);
    let mut lines = Vec::new();
    for case in &cases {
        serde_json::to_writer(&mut lines, case)?;
        lines.push(b'\n');
    }
    keep(&folder.join("cases.jsonl"), &lines)?;
    ontology.sort_by(|a, b| a.key.cmp(&b.key));
    let manifest = Manifest {
        schema: SCHEMA,
        project: project.into(),
        project_name: "Phantoms (synthetic)".to_owned(),
        synthetic: true,
        langs: LangPair::default(),
        ontology,
        guideline: String::new(),
        shares,
        filter: Filter::default(),
        cases: object(&lines),
        counts: counts(&cases),
    };
    keep(&folder.join("manifest.json"), &manifest.canonical()?)?;
    Ok(manifest)
}

fn case(
    folder: &Path,
    (patient, study, image): (&Patient, &Study, &Image),
    (seed, split): (u64, Split),
) -> Result<SnapshotCase, SnapshotError> {
    let named = |what: &str| id(&format!("{seed}/{}/{what}", image.file_name));
    let raster = png(&image.pixels)?;
    let object = object(&raster);
    let name = object.sha256.as_str();
    let path = folder
        .join("objects")
        .join(name.get(..2).unwrap_or_default());
    keep(&path.join(format!("{name}.png")), &raster)?;
    let region = |(number, drawn): (usize, &phantom::Region)| {
        Ok(Region {
            id: named(&format!("region {number}")).into(),
            frame: 0,
            bbox: drawn.bbox,
            concept: Some(
                (drawn.concept.parse()).map_err(|_| SnapshotError::Concept(drawn.concept))?,
            ),
            presence: Presence::Present,
            texts: BTreeMap::from([
                (Lang::en(), drawn.text_en.clone()),
                (Lang::zh(), drawn.text_zh.clone()),
            ]),
            origin: None,
        })
    };
    Ok(SnapshotCase {
        image: named("image").into(),
        patient: patient.pseudonym.clone(),
        study: study.pseudonym.clone(),
        modality: study.modality,
        size: ImageSize::new(image.pixels.width(), image.pixels.height())?,
        raster: object,
        split,
        annotation: named("annotation").into(),
        revision: 1,
        reader: id("reader").into(),
        regions: (image.regions.iter().enumerate())
            .map(region)
            .collect::<Result<_, SnapshotError>>()?,
        whole: Default::default(),
        provenance: Provenance::default(),
    })
}

fn png(picture: &DynamicImage) -> Result<Vec<u8>, SnapshotError> {
    let mut bytes = io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

fn object(bytes: &[u8]) -> ObjectRef {
    ObjectRef {
        sha256: Digest::of(bytes),
        bytes: bytes.len() as u64,
    }
}

/// An id that the same name always has.
fn id(name: &str) -> Uuid {
    let digest = Digest::of(name.as_bytes());
    let number = digest.as_str().get(..32).unwrap_or_default();
    Uuid::from_u128(u128::from_str_radix(number, 16).unwrap_or_default())
}

fn counts(cases: &[SnapshotCase]) -> Counts {
    let of = |split: Split| {
        let cases: Vec<&SnapshotCase> = cases.iter().filter(|case| case.split == split).collect();
        let patients: BTreeSet<&str> = cases.iter().map(|case| case.patient.as_str()).collect();
        SplitCounts {
            patients: patients.len() as u64,
            images: cases.len() as u64,
            regions: cases.iter().map(|case| case.regions.len() as u64).sum(),
        }
    };
    Counts {
        train: of(Split::Train),
        val: of(Split::Val),
        test: of(Split::Test),
    }
}

fn keep(path: &Path, bytes: &[u8]) -> Result<(), SnapshotError> {
    let parent = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(path, bytes))
        .map_err(|source| SnapshotError::File {
            path: path.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_arguments_give_the_same_snapshot_and_its_patients_are_in_one_split_each() {
        let folder = tempfile::tempdir().unwrap();
        let shares = SplitShares { val: 30, test: 40 };
        let first = write(&folder.path().join("a"), 3, 30, shares).unwrap();
        let second = write(&folder.path().join("b"), 3, 30, shares).unwrap();
        assert_eq!(first, second);
        assert_eq!(first.counts.all().images, 30);
        assert!(
            [first.counts.train, first.counts.val, first.counts.test]
                .iter()
                .all(|c| c.patients > 0)
        );
        let lines = std::fs::read(folder.path().join("a/cases.jsonl")).unwrap();
        assert_eq!(Digest::of(&lines), first.cases.sha256);
    }
}
