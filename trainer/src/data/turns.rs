//! The turns that one annotated case gives.

use medreg_datasets::geometry::GridBox;
use medreg_datasets::lang::LangPair;
use medreg_datasets::ontology::{Concept, ConceptKey};
use medreg_datasets::region::Presence;
use medreg_datasets::snapshot::SnapshotCase;
use medreg_datasets::task::{self, Turn};
use std::collections::BTreeMap;

/// What a turn asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TaskKind {
    /// A box's concept.
    RegionToText,
    /// A present concept's boxes.
    TextToRegion,
    /// The boxes of a concept that is not there.
    Absent,
    /// A reader's description of a box.
    Describe,
}

impl TaskKind {
    /// How often such turns are drawn, relative to the others.
    #[must_use]
    pub fn share(self) -> f64 {
        match self {
            Self::RegionToText => 0.4,
            Self::TextToRegion => 0.4,
            Self::Absent => 0.08,
            Self::Describe => 0.12,
        }
    }
}

/// A turn and its task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingTurn {
    /// What it asks for.
    pub kind: TaskKind,
    /// Question and answer.
    pub turn: Turn,
}

/// All turns of a case in both languages: each region named and described, each concept of the modality located or absent,
/// where the reader says which.
#[must_use]
pub fn turns_of_case(
    case: &SnapshotCase,
    ontology: &[Concept],
    langs: &LangPair,
) -> Vec<TrainingTurn> {
    let mut turns = Vec::new();
    let present: Vec<_> = case
        .regions
        .iter()
        .filter(|r| r.presence == Presence::Present && r.frame == 0)
        .collect();
    for lang in langs.both() {
        for region in &present {
            let bbox = region.bbox.to_grid(case.size);
            if let Some(concept) = region.concept.as_ref().and_then(|key| find(ontology, key)) {
                let question = task::region_to_text(lang, case.modality, bbox);
                turns.push(turn(
                    TaskKind::RegionToText,
                    question,
                    concept.name(lang).to_owned(),
                ));
            }
            if let Some(text) = region.texts.get(lang).filter(|t| !t.trim().is_empty()) {
                let question = task::describe_region(lang, case.modality, bbox);
                turns.push(turn(TaskKind::Describe, question, text.trim().to_owned()));
            }
        }
        let mut boxes: BTreeMap<&ConceptKey, Vec<GridBox>> = BTreeMap::new();
        for region in &present {
            if let Some(key) = &region.concept {
                boxes
                    .entry(key)
                    .or_default()
                    .push(region.bbox.to_grid(case.size));
            }
        }
        for concept in ontology.iter().filter(|c| c.applies_to(case.modality)) {
            let name = concept.name(lang);
            let mut found = boxes.remove(&concept.key).unwrap_or_default();
            // One fixed order, or the same picture would have several right answers.
            found.sort();
            let kind = match found.is_empty() {
                // Neither located nor absent: a region is uncertain, or a label has no region.
                true if case.may_show(&concept.key) => continue,
                true => TaskKind::Absent,
                false => TaskKind::TextToRegion,
            };
            let question = task::text_to_region(lang, case.modality, name);
            turns.push(turn(
                kind,
                question,
                task::regions_answer(lang, name, &found),
            ));
        }
    }
    turns
}

fn find<'a>(ontology: &'a [Concept], key: &ConceptKey) -> Option<&'a Concept> {
    ontology.iter().find(|c| c.key == *key)
}

fn turn(kind: TaskKind, question: String, answer: String) -> TrainingTurn {
    TrainingTurn {
        kind,
        turn: Turn { question, answer },
    }
}
