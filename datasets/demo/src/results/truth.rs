//! What a snapshot says is true about some of its images.

use medreg_datasets::geometry::{ImageSize, PixelBox};
use medreg_datasets::ids::ImageId;
use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::region::{Presence, Region};
use medreg_datasets::snapshot::{SnapshotCase, Split};
use std::collections::{BTreeMap, BTreeSet};

/// All regions of one concept on one image: what one Text-to-Region question asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The image.
    pub image: ImageId,
    /// Its size.
    pub size: ImageSize,
    /// The concept.
    pub concept: ConceptKey,
    /// Its regions.
    pub boxes: Vec<PixelBox>,
}

/// The truth about one split.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    /// Its images with their sizes, also those without regions.
    pub images: BTreeMap<ImageId, ImageSize>,
    /// Its patients.
    pub patients: BTreeSet<String>,
    /// Its regions, gathered by image and concept.
    pub targets: Vec<Target>,
}

impl Truth {
    /// The truth about the images of `split`.
    #[must_use]
    pub fn of(cases: &[SnapshotCase], split: Split) -> Self {
        let mut truth = Self::default();
        for case in cases.iter().filter(|case| case.split == split) {
            truth.images.insert(case.image, case.size);
            truth.patients.insert(case.patient.clone());
            truth.targets.extend(targets(case));
        }
        truth
    }

    /// Regions in all.
    #[must_use]
    pub fn regions(&self) -> usize {
        self.targets.iter().map(|target| target.boxes.len()).sum()
    }
}

/// The regions of one image that are certainly there, by concept, on the frame that the snapshot's raster shows.
#[must_use]
pub fn targets(case: &SnapshotCase) -> Vec<Target> {
    let mut boxes: BTreeMap<&ConceptKey, Vec<PixelBox>> = BTreeMap::new();
    for region in case.regions.iter().filter(|region| is_shown(region)) {
        if let Some(concept) = &region.concept {
            boxes.entry(concept).or_default().push(region.bbox);
        }
    }
    boxes
        .into_iter()
        .map(|(concept, boxes)| Target {
            image: case.image,
            size: case.size,
            concept: concept.clone(),
            boxes,
        })
        .collect()
}

fn is_shown(region: &Region) -> bool {
    region.frame == 0 && region.presence == Presence::Present
}

#[cfg(test)]
pub(super) mod samples {
    //! A small truth to score against.

    use super::*;
    use medreg_datasets::ids::{AnnotationId, Digest, RegionId, UserId};
    use medreg_datasets::modality::Modality;
    use medreg_datasets::snapshot::{ObjectRef, Provenance};

    pub fn pixel_box(corners: [f64; 4]) -> PixelBox {
        corners.try_into().unwrap()
    }

    /// An image of 100 × 100 pixels with these regions.
    pub fn case(split: Split, regions: &[(&str, [f64; 4])]) -> SnapshotCase {
        let region = |(concept, corners): &(&str, [f64; 4])| Region {
            id: RegionId::fresh(),
            frame: 0,
            bbox: pixel_box(*corners),
            concept: Some(concept.parse().unwrap()),
            presence: Presence::Present,
            texts: BTreeMap::new(),
            origin: None,
        };
        SnapshotCase {
            image: ImageId::fresh(),
            patient: "P".to_owned(),
            study: "S".to_owned(),
            modality: Modality::Ct,
            size: ImageSize::new(100, 100).unwrap(),
            raster: ObjectRef {
                sha256: Digest::of(b""),
                bytes: 0,
            },
            split,
            annotation: AnnotationId::fresh(),
            revision: 1,
            reader: UserId::fresh(),
            regions: regions.iter().map(region).collect(),
            whole: Default::default(),
            provenance: Provenance::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{case, pixel_box};
    use super::*;

    #[test]
    fn regions_are_gathered_by_image_and_concept_and_absent_ones_left_out() {
        let mut test = case(
            Split::Test,
            &[
                ("liver", [0.0, 0.0, 9.0, 9.0]),
                ("cyst", [1.0, 1.0, 2.0, 2.0]),
                ("cyst", [3.0, 3.0, 4.0, 4.0]),
                ("stone", [5.0, 5.0, 6.0, 6.0]),
            ],
        );
        test.regions[3].presence = Presence::Absent;
        let train = case(Split::Train, &[("liver", [0.0, 0.0, 9.0, 9.0])]);
        let truth = Truth::of(&[test, train], Split::Test);
        assert_eq!((truth.images.len(), truth.regions()), (1, 3));
        assert_eq!(
            truth.targets[0].boxes,
            [
                pixel_box([1.0, 1.0, 2.0, 2.0]),
                pixel_box([3.0, 3.0, 4.0, 4.0])
            ]
        );
        assert_eq!(truth.targets[1].concept.as_str(), "liver");
    }
}
