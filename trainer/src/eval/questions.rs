//! The questions that an evaluation asks about one annotated case.

use medreg_datasets::geometry::{GridBox, PixelBox};
use medreg_datasets::lang::{Lang, LangPair};
use medreg_datasets::ontology::{Concept, ConceptKey};
use medreg_datasets::region::{Presence, Region};
use medreg_datasets::snapshot::SnapshotCase;
use medreg_datasets::task;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Task {
    /// The concept of a box.
    RegionToText,
    /// The boxes of a concept.
    TextToRegion,
}

impl Task {
    /// The name used in `predictions.jsonl`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RegionToText => "r2t",
            Self::TextToRegion => "t2r",
        }
    }
}

/// One question about an image, with what a reader's annotation says to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is asked for.
    pub task: Task,
    /// The language of question and answer.
    pub lang: Lang,
    /// The concept asked for, or shown by the box.
    pub concept: ConceptKey,
    /// The words that the model reads.
    pub prompt: String,
    /// The right answer.
    pub truth: String,
    /// The box asked about, or all boxes of the concept.
    pub boxes: Vec<PixelBox>,
}

/// Everything that is asked about a case in both languages: what each region is, and where each concept of the
/// ontology that is looked for in such pictures is, those that are not there included.
#[must_use]
pub fn questions_of_case(
    case: &SnapshotCase,
    ontology: &[Concept],
    langs: &LangPair,
) -> Vec<Question> {
    let mut questions = Vec::new();
    for lang in langs.both() {
        for region in shown(case) {
            questions.extend(region_to_text(case, region, ontology, lang));
        }
        for concept in ontology.iter().filter(|c| is_looked_for(c, case)) {
            questions.push(text_to_region(case, concept, lang));
        }
    }
    questions
}

/// What a reader marked, and the concepts of the case's modality that are neither marked nor said to be there, or perhaps.
fn is_looked_for(concept: &Concept, case: &SnapshotCase) -> bool {
    shown(case).any(|region| region.concept.as_ref() == Some(&concept.key))
        || (concept.applies_to(case.modality) && !case.may_show(&concept.key))
}

/// The regions that are certainly there, on the frame that the snapshot's raster shows.
fn shown(case: &SnapshotCase) -> impl Iterator<Item = &Region> {
    case.regions
        .iter()
        .filter(|r| r.frame == 0 && r.presence == Presence::Present)
}

fn region_to_text(
    case: &SnapshotCase,
    region: &Region,
    ontology: &[Concept],
    lang: &Lang,
) -> Option<Question> {
    let key = region.concept.as_ref()?;
    let concept = ontology.iter().find(|c| c.key == *key)?;
    Some(Question {
        task: Task::RegionToText,
        lang: lang.clone(),
        concept: key.clone(),
        prompt: task::region_to_text(lang, case.modality, region.bbox.to_grid(case.size)),
        truth: concept.name(lang).to_owned(),
        boxes: vec![region.bbox],
    })
}

fn text_to_region(case: &SnapshotCase, concept: &Concept, lang: &Lang) -> Question {
    let of_concept = |region: &&Region| region.concept.as_ref() == Some(&concept.key);
    let boxes: Vec<PixelBox> = shown(case).filter(of_concept).map(|r| r.bbox).collect();
    let mut grid: Vec<GridBox> = boxes.iter().map(|b| b.to_grid(case.size)).collect();
    grid.sort();
    let name = concept.name(lang);
    Question {
        task: Task::TextToRegion,
        lang: lang.clone(),
        concept: concept.key.clone(),
        prompt: task::text_to_region(lang, case.modality, name),
        truth: task::regions_answer(lang, name, &grid),
        boxes,
    }
}
