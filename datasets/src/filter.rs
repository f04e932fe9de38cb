//! Which of the submitted cases a snapshot takes, and what of them.

use crate::lang::LangPair;
use crate::modality::Modality;
use crate::ontology::{Concept, ConceptKey};
use crate::snapshot::SnapshotCase;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is taken; by itself everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Images of these kinds alone; of every kind where none is named.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub modalities: BTreeSet<Modality>,
    /// Regions and labels of these concepts alone; of all where none is named. The snapshot's ontology is cut to them too: of what was
    /// left out, nobody may learn that it is absent.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub concepts: BTreeSet<ConceptKey>,
    /// Images alone whose every region is described in both languages.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub both_languages: bool,
}

impl Filter {
    /// Whether it leaves nothing out.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// The concepts that it leaves.
    #[must_use]
    pub fn ontology(&self, mut concepts: Vec<Concept>) -> Vec<Concept> {
        concepts.retain(|concept| self.names(&concept.key));
        concepts
    }

    /// A concept that it names and the ontology lacks.
    #[must_use]
    pub fn unknown<'a>(&'a self, ontology: &[Concept]) -> Option<&'a ConceptKey> {
        let known: BTreeSet<&ConceptKey> = ontology.iter().map(|concept| &concept.key).collect();
        self.concepts.iter().find(|key| !known.contains(key))
    }

    /// What it leaves of a case; nothing where it leaves the case out.
    #[must_use]
    pub fn take(&self, case: SnapshotCase, langs: &LangPair) -> Option<SnapshotCase> {
        if !self.modalities.is_empty() && !self.modalities.contains(&case.modality) {
            return None;
        }
        let case = if self.concepts.is_empty() {
            case
        } else {
            self.only_named(case)
        };
        let mut regions = case.regions.iter();
        let all = !self.both_languages || regions.all(|region| region.is_said_in_both(langs));
        all.then_some(case)
    }

    fn names(&self, key: &ConceptKey) -> bool {
        self.concepts.is_empty() || self.concepts.contains(key)
    }

    /// A case without what it says of other concepts: their regions and labels, and the sentences and questions that are about such
    /// regions alone.
    fn only_named(&self, mut case: SnapshotCase) -> SnapshotCase {
        let named = |key: &Option<ConceptKey>| key.as_ref().is_some_and(|key| self.names(key));
        case.regions.retain(|region| named(&region.concept));
        let left: BTreeSet<_> = case.regions.iter().map(|region| region.id).collect();
        let whole = &mut case.whole;
        whole
            .findings
            .retain(|finding| self.names(&finding.concept));
        whole.report.retain_mut(|sentence| {
            let of_whole_image = sentence.regions.is_empty();
            sentence.regions.retain(|region| left.contains(region));
            of_whole_image || !sentence.regions.is_empty()
        });
        (whole.questions).retain(|asked| asked.region.is_none_or(|region| left.contains(&region)));
        let origins: BTreeSet<_> = case.regions.iter().filter_map(|r| r.origin).collect();
        case.provenance
            .models
            .retain(|suggestion, _| origins.contains(suggestion));
        case
    }
}

/// In words: `everything`, or what is taken alone.
impl std::fmt::Display for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let modalities = self.modalities.iter().map(ToString::to_string);
        let concepts = self.concepts.iter().map(|key| key.as_str().to_owned());
        let mut parts = Vec::new();
        for (what, names) in [
            ("images of", modalities.collect::<Vec<_>>()),
            ("concepts", concepts.collect()),
        ] {
            if !names.is_empty() {
                parts.push(format!("{what} {}", names.join(", ")));
            }
        }
        if self.both_languages {
            parts.push("described in both languages".to_owned());
        }
        match parts.is_empty() {
            true => f.write_str("everything"),
            false => f.write_str(&parts.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Digest, ProjectId};
    use serde_json::json;

    fn case() -> SnapshotCase {
        let [cyst, mass] = [ProjectId::fresh(), ProjectId::fresh()];
        serde_json::from_value(json!({
            "image": ProjectId::fresh(), "patient": "P", "study": "S", "modality": "ct", "size": { "width": 9, "height": 9 },
            "raster": { "sha256": Digest::of(b""), "bytes": 0 }, "split": "train", "annotation": ProjectId::fresh(), "revision": 1,
            "reader": ProjectId::fresh(),
            "regions": [
                { "id": cyst, "bbox": [0, 0, 1, 1], "concept": "cyst", "texts": { "en": "a cyst", "zh": "囊肿" } },
                { "id": mass, "bbox": [0, 0, 2, 2], "concept": "mass", "texts": { "en": "a mass", "zh": " " } },
                { "id": ProjectId::fresh(), "bbox": [0, 0, 2, 2], "texts": { "en": "something", "zh": "某物" } },
            ],
            "report": [
                { "id": ProjectId::fresh(), "texts": { "en": "A cyst and a mass." }, "regions": [cyst, mass] },
                { "id": ProjectId::fresh(), "texts": { "en": "The mass is large." }, "regions": [mass] },
                { "id": ProjectId::fresh(), "texts": { "en": "No prior." } },
            ],
            "questions": [
                { "id": ProjectId::fresh(), "question": { "en": "Mass?" }, "region": mass },
                { "id": ProjectId::fresh(), "question": { "en": "Plane?" } },
            ],
            "findings": [{ "concept": "cyst" }, { "concept": "mass" }],
        }))
        .unwrap()
    }

    fn filter(value: serde_json::Value) -> Filter {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn nothing_asked_is_nothing_left_out() {
        let everything = filter(json!({}));
        assert!(everything.is_everything());
        assert_eq!(serde_json::to_value(&everything).unwrap(), json!({}));
        let case = case();
        assert_eq!(
            everything.take(case.clone(), &LangPair::default()),
            Some(case)
        );
    }

    #[test]
    fn of_other_concepts_nothing_is_left() {
        let cysts = filter(json!({ "concepts": ["cyst"] }));
        let left = cysts.take(case(), &LangPair::default()).unwrap();
        assert_eq!(left.regions.len(), 1);
        let sentences = left.whole.report.iter().map(|s| s.regions.len());
        assert_eq!(sentences.collect::<Vec<_>>(), [1, 0]);
        assert_eq!(left.whole.questions.len(), 1);
        assert_eq!(left.whole.findings.len(), 1);
        assert!(cysts.unknown(&[]).is_some());
    }

    #[test]
    fn images_of_other_kinds_and_with_a_side_unsaid_are_left_out() {
        let langs = LangPair::default();
        assert_eq!(
            filter(json!({ "modalities": ["mr"] })).take(case(), &langs),
            None
        );
        assert_eq!(
            filter(json!({ "both_languages": true })).take(case(), &langs),
            None
        );
        let both =
            filter(json!({ "modalities": ["ct"], "concepts": ["cyst"], "both_languages": true }));
        assert!(both.take(case(), &langs).is_some());
        assert!(serde_json::from_value::<Filter>(json!({ "concept": ["cyst"] })).is_err());
    }
}
