//! An immutable, content-addressed cut of a project: the whole contract of a training run.
//!
//! A snapshot is a [`Manifest`] whose canonical JSON names, by hash, a `cases` object (JSON lines of [`SnapshotCase`],
//! sorted by image id), which in turn names each raster by hash. The snapshot's id is the digest of the manifest, so
//! unchanged data has an unchanged id and any changed character has another. Nothing in it tells the time of cutting.

use crate::filter::Filter;
use crate::geometry::ImageSize;
use crate::ids::{AnnotationId, Digest, ImageId, ModelId, ProjectId, SuggestionId};
use crate::lang::LangPair;
use crate::modality::Modality;
use crate::ontology::{Concept, ConceptKey};
use crate::reason::AttestationReason;
use crate::region::{Presence, Region};
use crate::whole::WholeImage;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the layout described here.
pub const SCHEMA: u32 = 1;

/// Which part of a data set a patient belongs to; all of a patient's images share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Learnt from.
    Train,
    /// Looked at while training.
    Val,
    /// Held out; its cases are never shown with suggestions.
    Test,
}

impl Split {
    /// The name used in SQL, JSON and files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }

    /// The split of a patient: stable, by hash of project and pseudonym; `shares` are the percentages of val and test.
    #[must_use]
    pub fn of_patient(project: ProjectId, pseudonym: &str, shares: SplitShares) -> Self {
        let digest = Digest::of(format!("{project}/{pseudonym}").as_bytes());
        match digest.percentile() {
            n if n < u32::from(shares.test) => Self::Test,
            n if n < u32::from(shares.test) + u32::from(shares.val) => Self::Val,
            _ => Self::Train,
        }
    }
}

impl std::fmt::Display for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Split {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Train, Self::Val, Self::Test]
            .into_iter()
            .find(|split| split.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a split: train, val or test is expected"))
    }
}

/// The percentages of patients held out for validation and for testing; the rest is for training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SplitShares {
    /// Percent for validation.
    pub val: u8,
    /// Percent for testing.
    pub test: u8,
}

impl Default for SplitShares {
    fn default() -> Self {
        Self { val: 10, test: 20 }
    }
}

/// An object by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ObjectRef {
    /// The digest of its bytes.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub sha256: Digest,
    /// How many bytes it has.
    pub bytes: u64,
}

/// What a snapshot is, all of it by value or by hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Manifest {
    /// The layout's version, [`SCHEMA`].
    pub schema: u32,
    /// The project it was cut from.
    pub project: ProjectId,
    /// That project's name.
    pub project_name: String,
    /// True where the images are generated.
    pub synthetic: bool,
    /// The two languages of every text.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub langs: LangPair,
    /// The ontology, sorted by key.
    pub ontology: Vec<Concept>,
    /// The annotation guideline, Markdown.
    pub guideline: String,
    /// How patients are split.
    pub shares: SplitShares,
    /// Which of the submitted cases were taken.
    #[serde(default, skip_serializing_if = "Filter::is_everything")]
    pub filter: Filter,
    /// The JSON lines of [`SnapshotCase`].
    pub cases: ObjectRef,
    /// Cases, regions and patients per split.
    pub counts: Counts,
}

/// The size of a snapshot, split by split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counts {
    /// For training.
    pub train: SplitCounts,
    /// For validation.
    pub val: SplitCounts,
    /// For testing.
    pub test: SplitCounts,
}

/// The size of one split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SplitCounts {
    /// Patients.
    pub patients: u64,
    /// Images.
    pub images: u64,
    /// Regions.
    pub regions: u64,
}

impl Counts {
    /// All splits together.
    #[must_use]
    pub fn all(&self) -> SplitCounts {
        let splits = [self.train, self.val, self.test];
        let sum = |of: fn(&SplitCounts) -> u64| splits.iter().map(of).sum();
        SplitCounts {
            patients: sum(|split| split.patients),
            images: sum(|split| split.images),
            regions: sum(|split| split.regions),
        }
    }
}

/// One image of a snapshot with what was submitted about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotCase {
    /// The image.
    pub image: ImageId,
    /// The patient's pseudonym.
    pub patient: String,
    /// The study's pseudonym.
    pub study: String,
    /// The kind of picture.
    pub modality: Modality,
    /// Its size in pixels.
    pub size: ImageSize,
    /// The 8-bit PNG as a reader first sees it.
    pub raster: ObjectRef,
    /// The patient's split.
    pub split: Split,
    /// The annotation taken.
    pub annotation: AnnotationId,
    /// Its revision.
    pub revision: i64,
    /// Who wrote it, by pseudonymous user id.
    pub reader: crate::ids::UserId,
    /// The regions; empty means that a reader found nothing.
    pub regions: Vec<Region>,
    /// What the reader said about the image as a whole.
    #[serde(flatten)]
    pub whole: WholeImage,
    /// Where its regions and its picture come from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// What stands behind a case beside its reader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The model of each suggestion that a region grew from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<SuggestionId, ModelId>,
    /// That a person saw no patient data in the picture, where somebody had to look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attested: Option<Attested>,
}

/// A person's word on a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attested {
    /// Why it was asked for.
    pub reason: AttestationReason,
    /// When it was given, RFC 3339.
    pub at: String,
}

impl SnapshotCase {
    /// Whether a region, or a label of the image, says that a concept is there or may be. Where none does, the reader found it absent.
    /// A region on another frame says nothing of this one: what it marks may be seen here too.
    #[must_use]
    pub fn may_show(&self, concept: &ConceptKey) -> bool {
        let said = |key: Option<&ConceptKey>, presence| {
            key == Some(concept) && presence != Presence::Absent
        };
        let labels = self.whole.findings.iter();
        (self.regions.iter())
            .map(|region| (region.concept.as_ref(), region.presence))
            .chain(labels.map(|label| (Some(&label.concept), label.presence)))
            .any(|(key, presence)| said(key, presence))
    }
}

impl Manifest {
    /// The bytes that are hashed: compact JSON with fields in the order of declaration.
    pub fn canonical(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// The snapshot's id: the digest of its canonical bytes.
    pub fn id(&self) -> Result<Digest, serde_json::Error> {
        Ok(Digest::of(&self.canonical()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_region_or_a_label_says_may_be_there_is_not_absent() {
        let concept = |key: &str| key.parse::<ConceptKey>().unwrap();
        let region = |key: &str, presence: &str, frame: u32| serde_json::json!({ "id": ProjectId::fresh(), "frame": frame, "bbox": [0, 0, 1, 1], "concept": key, "presence": presence });
        let case: SnapshotCase = serde_json::from_value(serde_json::json!({
            "image": ProjectId::fresh(), "patient": "P", "study": "S", "modality": "ct", "size": { "width": 9, "height": 9 },
            "raster": { "sha256": Digest::of(b""), "bytes": 0 }, "split": "train", "annotation": ProjectId::fresh(), "revision": 1,
            "reader": ProjectId::fresh(),
            "regions": [region("liver", "present", 0), region("cyst", "uncertain", 0), region("spleen", "absent", 0), region("lung", "present", 1)],
            "findings": [{ "concept": "mass" }, { "concept": "nodule", "presence": "absent" }],
        }))
        .unwrap();
        let may = ["liver", "cyst", "lung", "mass"];
        let absent = ["spleen", "nodule", "heart"];
        assert!(may.iter().all(|key| case.may_show(&concept(key))));
        assert!(!absent.iter().any(|key| case.may_show(&concept(key))));
    }

    #[test]
    fn patients_fall_into_splits_by_their_shares() {
        let project = ProjectId::fresh();
        let shares = SplitShares::default();
        let of = |n: usize| Split::of_patient(project, &format!("P{n:04}"), shares);
        let count = |split: Split| (0..5_000).filter(|n| of(*n) == split).count();
        assert!(
            (850..1150).contains(&count(Split::Test)),
            "{}",
            count(Split::Test)
        );
        assert!(
            (380..620).contains(&count(Split::Val)),
            "{}",
            count(Split::Val)
        );
        assert_eq!(of(7), of(7));
    }
}
