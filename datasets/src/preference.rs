//! Pairs of a better and a worse answer, as reviews make them: what a reader settled on, and what the model had said. They are written as
//! Hugging Face's TRL reads them for direct preference optimisation of models that see (columns `prompt`, `chosen`, `rejected`, `images`;
//! Rafailov et al., arXiv 2305.18290).

use crate::geometry::{GridBox, PixelBox};
use crate::ids::ImageId;
use crate::lang::Lang;
use crate::medreginstruct::image_path;
use crate::ontology::{Concept, ConceptKey};
use crate::region::Presence;
use crate::snapshot::{SnapshotCase, Split};
use crate::task;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A box that a model had suggested, and that the reader of the case saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposed {
    /// What it was to show.
    pub concept: ConceptKey,
    /// Where.
    pub bbox: PixelBox,
}

/// One question with a better and a worse answer: a line of the file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Preference {
    /// What is asked, with the picture before it.
    pub prompt: [Message; 1],
    /// The answer by the reader's regions.
    pub chosen: [Message; 1],
    /// The answer by the model's.
    pub rejected: [Message; 1],
    /// The picture, as a path below the folder of an export with images.
    pub images: [String; 1],
    /// The image.
    pub image: ImageId,
    /// Its patient's pseudonym: lines of one patient belong together.
    pub patient: String,
    /// What is asked for.
    pub concept: ConceptKey,
    /// The language.
    pub lang: Lang,
}

/// What one side says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// `user` or `assistant`.
    pub role: &'static str,
    /// What is said, in pieces.
    pub content: Vec<Piece>,
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Piece {
    /// The picture.
    Image,
    /// Words.
    Text {
        /// The words.
        text: String,
    },
}

/// The pairs of one case, by concept: only what the model had boxed and the reader changed, only of patients who are learnt from. What a
/// reader was not sure of, or saw on another frame, is no better answer and left out.
#[must_use]
pub fn pairs(
    case: &SnapshotCase,
    proposed: &[Proposed],
    ontology: &[Concept],
    lang: &Lang,
) -> Vec<Preference> {
    if case.split != Split::Train {
        return Vec::new();
    }
    let mut told: BTreeMap<&ConceptKey, BTreeSet<GridBox>> = BTreeMap::new();
    for one in proposed {
        let boxes = told.entry(&one.concept).or_default();
        boxes.insert(one.bbox.to_grid(case.size));
    }
    told.into_iter()
        .filter_map(|(key, told)| {
            let concept = ontology.iter().find(|concept| concept.key == *key)?;
            let settled = settled(case, key)?;
            (settled != told).then(|| pair(case, concept, lang, [settled, told]))
        })
        .collect()
}

/// The boxes that the reader gave a concept; `None` where that is no firm answer about the exported frame.
fn settled(case: &SnapshotCase, key: &ConceptKey) -> Option<BTreeSet<GridBox>> {
    let mut boxes = BTreeSet::new();
    for region in case
        .regions
        .iter()
        .filter(|r| r.concept.as_ref() == Some(key))
    {
        match region.presence {
            Presence::Present if region.frame == 0 => {
                boxes.insert(region.bbox.to_grid(case.size));
            }
            Presence::Absent => {}
            Presence::Present | Presence::Uncertain => return None,
        }
    }
    (!boxes.is_empty() || !case.may_show(key)).then_some(boxes)
}

fn pair(
    case: &SnapshotCase,
    concept: &Concept,
    lang: &Lang,
    answers: [BTreeSet<GridBox>; 2],
) -> Preference {
    let name = concept.name(lang);
    let text = |text: String| Piece::Text { text };
    let question = text(task::text_to_region(lang, case.modality, name));
    let [chosen, rejected] = answers.map(|boxes| {
        let boxes: Vec<GridBox> = boxes.into_iter().collect();
        [Message {
            role: "assistant",
            content: vec![text(task::regions_answer(lang, name, &boxes))],
        }]
    });
    Preference {
        prompt: [Message {
            role: "user",
            content: vec![Piece::Image, question],
        }],
        chosen,
        rejected,
        images: [image_path(&case.raster.sha256)],
        image: case.image,
        patient: case.patient.clone(),
        concept: concept.key.clone(),
        lang: lang.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Digest, ProjectId};
    use serde_json::{Value, json};

    fn case(split: &str, regions: &[Value]) -> SnapshotCase {
        serde_json::from_value(json!({
            "image": ProjectId::fresh(), "patient": "P", "study": "S", "modality": "ct", "size": { "width": 999, "height": 999 },
            "raster": { "sha256": Digest::of(b""), "bytes": 0 }, "split": split, "annotation": ProjectId::fresh(), "revision": 1,
            "reader": ProjectId::fresh(), "regions": regions,
        }))
        .unwrap()
    }

    fn region(concept: &str, presence: &str, bbox: [u16; 4], frame: u32) -> Value {
        json!({ "id": ProjectId::fresh(), "frame": frame, "bbox": bbox, "concept": concept, "presence": presence })
    }

    fn made(case: &SnapshotCase) -> Vec<Value> {
        let ontology = ["cyst", "liver"].map(|key| -> Concept {
            let names = json!({ "en": key, "zh": "囊肿" });
            serde_json::from_value(json!({ "key": key, "kind": "lesion", "names": names })).unwrap()
        });
        let told = |concept: &str, corners: [f64; 4]| Proposed {
            concept: concept.parse().unwrap(),
            bbox: corners.try_into().unwrap(),
        };
        let told = [
            told("cyst", [10.0, 10.0, 20.0, 20.0]),
            told("liver", [0.0, 0.0, 9.0, 9.0]),
        ];
        let pairs = pairs(case, &told, &ontology, &Lang::en());
        pairs
            .iter()
            .map(|p| serde_json::to_value(p).unwrap())
            .collect()
    }

    #[test]
    fn what_a_reader_changed_is_better_than_what_the_model_had_said() {
        let kept = region("liver", "present", [0, 0, 9, 9], 0);
        let moved = region("cyst", "present", [10, 10, 20, 30], 0);
        let case = case("train", &[kept, moved]);
        let pairs = made(&case);
        assert_eq!(pairs.len(), 1, "the liver was left as it was: {pairs:?}");
        assert_eq!(
            pairs[0]["prompt"],
            json!([{ "role": "user", "content": [{ "type": "image" }, { "type": "text", "text": "Please locate <ref>cyst</ref> in this CT scan." }] }])
        );
        let said = |side: &str| pairs[0][side][0]["content"][0]["text"].clone();
        assert_eq!(
            said("chosen"),
            "<ref>cyst</ref><box>[[10, 10, 20, 30]]</box>"
        );
        assert_eq!(
            said("rejected"),
            "<ref>cyst</ref><box>[[10, 10, 20, 20]]</box>"
        );
        assert_eq!(pairs[0]["chosen"][0]["role"], "assistant");
        let digest = Digest::of(b"");
        assert_eq!(
            pairs[0]["images"],
            json!([format!("images/{}.png", digest.as_str())])
        );
    }

    #[test]
    fn what_was_turned_down_is_absent_and_what_is_not_firm_is_left_out() {
        let pairs = made(&case("train", &[]));
        assert_eq!(pairs.len(), 2);
        assert_eq!(
            pairs[0]["chosen"][0]["content"][0]["text"],
            "<ref>cyst</ref> is absent."
        );
        let unsure = region("cyst", "uncertain", [10, 10, 20, 30], 0);
        let elsewhere = region("liver", "present", [0, 0, 9, 9], 1);
        assert_eq!(
            made(&case("train", &[unsure, elsewhere])),
            Vec::<Value>::new()
        );
        for held_out in ["val", "test"] {
            assert_eq!(made(&case(held_out, &[])), Vec::<Value>::new());
        }
    }
}
