//! What is right and what is wrong about a model's answers to the questions about one image.
//!
//! The lines of `predictions.jsonl` say what was answered; here it is told which concept an answer named, which boxes hit, whether the
//! sides were taken for one another, and whether the answers in the two languages are about the same thing.

use crate::geometry::PixelBox;
use crate::grammar;
use crate::ids::Digest;
use crate::lang::Lang;
use crate::lint::{self, Rule, Said, Subject};
use crate::matching::{HIT_IOU, match_boxes};
use crate::ontology::{Concept, ConceptKey};
use crate::protocol::PredictionLine;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// More boxes than any picture has, and few enough that matching them takes no time.
pub const MOST_BOXES: usize = 500;

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It names the other side of the patient, or its box lies in the other half of the image than all true ones.
    WrongSide,
    /// A true box that no box of the answer hits.
    Missed,
    /// A box that hits no true box.
    FalsePositive,
    /// It names another concept, or none that is known.
    WrongName,
    /// A box that overlaps a true one, by an IoU of less than [`HIT_IOU`].
    LowOverlap,
    /// The answer to the same question in the other language is about another thing or place.
    LanguagesDisagree,
}

impl Fault {
    /// All of them, in the order of the variants.
    pub const ALL: [Self; 6] = [
        Self::WrongSide,
        Self::Missed,
        Self::FalsePositive,
        Self::WrongName,
        Self::LowOverlap,
        Self::LanguagesDisagree,
    ];

    /// The name used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongSide => "wrong_side",
            Self::Missed => "missed",
            Self::FalsePositive => "false_positive",
            Self::WrongName => "wrong_name",
            Self::LowOverlap => "low_overlap",
            Self::LanguagesDisagree => "languages_disagree",
        }
    }
}

/// Why a line cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotJudged {
    /// Neither task is its.
    #[error("`task` is {0:?}, and r2t or t2r is expected")]
    Task(String),
    /// A name was asked for, and nothing says whether it is right.
    #[error("`correct` is missing: it says whether the name in an answer to r2t is right")]
    NoVerdict,
    /// Boxes were asked for, and a name is judged.
    #[error("`correct` belongs to r2t, and the task is t2r")]
    Verdict,
    /// More boxes than are compared.
    #[error("{0} boxes are more than {MOST_BOXES}")]
    Boxes(usize),
}

/// One answer with all that is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Whether the name is right (`r2t`).
    pub right: Option<bool>,
    /// The concept that was named (`r2t`); none where the words are no concept's name.
    pub named: Option<ConceptKey>,
    /// True boxes that were asked for (`t2r`).
    pub truths: usize,
    /// Boxes in the answer (`t2r`).
    pub predicted: usize,
    /// Pairs of these with an IoU of at least [`HIT_IOU`].
    pub hits: usize,
    /// The sum of the IoU of all pairs.
    pub overlap: f64,
    /// What is wrong.
    pub faults: BTreeSet<Fault>,
    /// The question, whichever model was asked: image, task, language, concept, true boxes, and which of several that are equal in all
    /// of these.
    pub asked: Digest,
    /// The index of the line with the same question in the other language.
    pub partner: Option<usize>,
}

impl Judged {
    /// What the answer is worth, from 0 to 1: a right name is worth 1, boxes twice the sum of IoU for each box of either side (a Dice
    /// coefficient with overlaps in place of hits), and nothing where nothing is 1.
    #[must_use]
    pub fn worth(&self) -> f64 {
        match (self.right, self.truths + self.predicted) {
            (Some(right), _) => f64::from(u8::from(right)),
            (None, 0) => 1.0,
            (None, boxes) => (2.0 * self.overlap / boxes as f64).clamp(0.0, 1.0),
        }
    }
}

/// The concepts that answers are held against.
#[derive(Debug)]
pub struct Ontology {
    concepts: BTreeMap<ConceptKey, Concept>,
    /// By language and plain name. Of concepts with the same name in one language the first counts.
    names: BTreeMap<(Lang, String), ConceptKey>,
    /// Those that are on one side of the patient.
    sided: BTreeSet<ConceptKey>,
}

impl Ontology {
    /// These concepts.
    #[must_use]
    pub fn of(concepts: &[Concept]) -> Self {
        let mut names = BTreeMap::new();
        for concept in concepts {
            for (lang, name) in &concept.names {
                let name = (lang.clone(), grammar::plain_name(name));
                names.entry(name).or_insert_with(|| concept.key.clone());
            }
        }
        let on_a_side = |concept: &&Concept| {
            let mut names = concept.names.iter();
            names.any(|(lang, name)| lint::names_one_side(lang, name))
        };
        let sided = concepts.iter().filter(on_a_side);
        Self {
            sided: sided.map(|concept| concept.key.clone()).collect(),
            concepts: concepts
                .iter()
                .map(|c| (c.key.clone(), c.clone()))
                .collect(),
            names,
        }
    }

    /// The concept that an answer names: the true one where it is right.
    fn named(&self, line: &PredictionLine) -> Option<ConceptKey> {
        match line.correct? {
            true => Some(line.concept.clone()),
            false => {
                let name = (line.lang.clone(), grammar::plain_name(&line.answer));
                let named = self.names.get(&name).cloned();
                named.filter(|key| *key != line.concept)
            }
        }
    }

    /// Whether the words name the other side than the true concept's.
    fn names_other_side(&self, line: &PredictionLine) -> bool {
        let words = grammar::plain_name(&line.answer);
        let said = Said {
            lang: &line.lang,
            text: &words,
        };
        let subject = Subject {
            texts: vec![said],
            concept: self.concepts.get(&line.concept),
            ..Subject::default()
        };
        !lint::check(&subject, &[Rule::Laterality]).is_empty()
    }
}

/// Judges the answers to all questions about an image that is `width` pixels wide.
///
/// # Errors
/// The index of the first line that cannot be judged, and why.
pub fn judge_image(
    lines: &[PredictionLine],
    ontology: &Ontology,
    width: u32,
) -> Result<Vec<Judged>, (usize, NotJudged)> {
    for (index, line) in lines.iter().enumerate() {
        check(line).map_err(|why| (index, why))?;
    }
    let questions = questions(lines);
    let partners = partners(lines, &questions);
    let asked_about = lines.iter().zip(&questions).zip(partners);
    Ok(asked_about
        .map(|((line, question), partner)| {
            let blank = blank(asked(line, question), partner);
            let mut judged = match line.correct {
                Some(right) => judge_name(blank, line, right, ontology),
                None => judge_boxes(blank, line, ontology, f64::from(width)),
            };
            if partner.is_some_and(|other| disagree(line, &lines[other], ontology)) {
                judged.faults.insert(Fault::LanguagesDisagree);
            }
            judged
        })
        .collect())
}

fn check(line: &PredictionLine) -> Result<(), NotJudged> {
    match (line.task.as_str(), line.correct) {
        ("r2t", Some(_)) | ("t2r", None) => {}
        ("r2t", None) => return Err(NotJudged::NoVerdict),
        ("t2r", Some(_)) => return Err(NotJudged::Verdict),
        (other, _) => return Err(NotJudged::Task(other.chars().take(40).collect())),
    }
    match line.boxes.len().max(line.truth_boxes.len()) {
        boxes if boxes > MOST_BOXES => Err(NotJudged::Boxes(boxes)),
        _ => Ok(()),
    }
}

fn judge_name(blank: Judged, line: &PredictionLine, right: bool, ontology: &Ontology) -> Judged {
    let mut faults = BTreeSet::new();
    if !right {
        faults.insert(Fault::WrongName);
        if ontology.names_other_side(line) {
            faults.insert(Fault::WrongSide);
        }
    }
    Judged {
        right: Some(right),
        named: ontology.named(line),
        faults,
        ..blank
    }
}

fn judge_boxes(blank: Judged, line: &PredictionLine, ontology: &Ontology, width: f64) -> Judged {
    let pairs = match_boxes(&line.truth_boxes, &line.boxes);
    let hits = pairs.iter().filter(|pair| pair.iou >= HIT_IOU).count();
    let sided = ontology.sided.contains(&line.concept);
    let found = [
        (line.truth_boxes.len() > hits, Fault::Missed),
        (line.boxes.len() > hits, Fault::FalsePositive),
        (pairs.len() > hits, Fault::LowOverlap),
        (sided && in_other_half(line, width), Fault::WrongSide),
    ];
    Judged {
        truths: line.truth_boxes.len(),
        predicted: line.boxes.len(),
        hits,
        overlap: pairs.iter().map(|pair| pair.iou).sum(),
        faults: found
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, fault)| fault)
            .collect(),
        ..blank
    }
}

fn blank(asked: Digest, partner: Option<usize>) -> Judged {
    Judged {
        right: None,
        named: None,
        truths: 0,
        predicted: 0,
        hits: 0,
        overlap: 0.0,
        faults: BTreeSet::new(),
        asked,
        partner,
    }
}

/// Whether all true boxes lie in one half of the image, and a box of the answer in the other.
fn in_other_half(line: &PredictionLine, width: f64) -> bool {
    let halves = |boxes: &[PixelBox]| -> Vec<Option<bool>> {
        boxes
            .iter()
            .map(|bbox| is_right_half(bbox, width))
            .collect()
    };
    let truth = halves(&line.truth_boxes);
    let Some(Some(own)) = truth.first().copied() else {
        return false;
    };
    truth.iter().all(|half| *half == Some(own)) && halves(&line.boxes).contains(&Some(!own))
}

/// The half of the image in which a box lies as a whole; none where it lies across the middle.
fn is_right_half(bbox: &PixelBox, width: f64) -> Option<bool> {
    let [x0, _, x1, _] = bbox.corners();
    match (x1 <= width / 2.0, x0 >= width / 2.0) {
        (true, _) => Some(false),
        (_, true) => Some(true),
        _ => None,
    }
}

/// Whether two answers to one question are about different things or places. Of two answers neither of which names a concept nothing is
/// claimed.
fn disagree(one: &PredictionLine, other: &PredictionLine, ontology: &Ontology) -> bool {
    if one.correct.is_some() {
        return ontology.named(one) != ontology.named(other);
    }
    let pairs = match_boxes(&one.boxes, &other.boxes);
    let same = pairs.iter().filter(|pair| pair.iou >= HIT_IOU).count();
    same < one.boxes.len().max(other.boxes.len())
}

// --- Which lines ask the same ------------------------------------------------------------------------------------------

/// A question but for its language: task, concept, true boxes, and which of several that are equal in all of these.
type Question<'a> = (&'a str, &'a str, String, usize);

fn questions(lines: &[PredictionLine]) -> Vec<Question<'_>> {
    let mut seen: BTreeMap<(&Lang, &str, &str, String), usize> = BTreeMap::new();
    let mut questions = Vec::with_capacity(lines.len());
    for line in lines {
        let (task, concept, boxes) = (line.task.as_str(), line.concept.as_str(), boxes_key(line));
        let times = seen
            .entry((&line.lang, task, concept, boxes.clone()))
            .or_default();
        *times += 1;
        questions.push((task, concept, boxes, *times));
    }
    questions
}

/// The true boxes in an order that does not hang on who wrote them down.
fn boxes_key(line: &PredictionLine) -> String {
    let mut boxes: Vec<String> = line
        .truth_boxes
        .iter()
        .map(|bbox| format!("{:?}", bbox.corners()))
        .collect();
    boxes.sort();
    boxes.join(";")
}

fn asked(line: &PredictionLine, (task, concept, boxes, times): &Question<'_>) -> Digest {
    let PredictionLine { image, lang, .. } = line;
    Digest::of(format!("{image} {task} {lang} {concept} {times} {boxes}").as_bytes())
}

fn partners(lines: &[PredictionLine], questions: &[Question<'_>]) -> Vec<Option<usize>> {
    let mut by_question: BTreeMap<&Question<'_>, Vec<usize>> = BTreeMap::new();
    for (index, question) in questions.iter().enumerate() {
        by_question.entry(question).or_default().push(index);
    }
    let mut partners = vec![None; lines.len()];
    for same in by_question.values() {
        if let [one, other] = same[..] {
            (partners[one], partners[other]) = (Some(other), Some(one));
        }
    }
    partners
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ImageId;
    use crate::ontology::ConceptKind;
    use crate::snapshot::Split;

    fn concept(key: &str, en: &str, zh: &str) -> Concept {
        Concept {
            key: key.parse().unwrap(),
            kind: ConceptKind::Structure,
            names: BTreeMap::from([(Lang::en(), en.to_owned()), (Lang::zh(), zh.to_owned())]),
            synonyms: BTreeMap::new(),
            codes: BTreeMap::new(),
            modalities: vec![],
        }
    }

    fn ontology() -> Ontology {
        Ontology::of(&[
            concept("left_lung", "left lung", "左肺"),
            concept("right_lung", "right lung", "右肺"),
            concept("cyst", "cyst", "囊肿"),
        ])
    }

    fn line(task: &str, lang: Lang, concept: &str) -> PredictionLine {
        PredictionLine {
            image: ImageId(uuid::Uuid::nil()),
            patient: "p".to_owned(),
            split: Split::Test,
            task: task.to_owned(),
            lang,
            concept: concept.parse().unwrap(),
            question: String::new(),
            answer: String::new(),
            truth: String::new(),
            truth_boxes: vec![pixel_box([0.0, 0.0, 10.0, 10.0])],
            boxes: Vec::new(),
            correct: None,
            signals: None,
            box_signals: Vec::new(),
        }
    }

    fn pixel_box(corners: [f64; 4]) -> PixelBox {
        corners.try_into().unwrap()
    }

    fn name(lang: Lang, concept: &str, answer: &str, correct: bool) -> PredictionLine {
        PredictionLine {
            answer: answer.to_owned(),
            correct: Some(correct),
            ..line("r2t", lang, concept)
        }
    }

    fn places(lang: Lang, concept: &str, boxes: &[[f64; 4]]) -> PredictionLine {
        PredictionLine {
            boxes: boxes.iter().copied().map(pixel_box).collect(),
            ..line("t2r", lang, concept)
        }
    }

    fn judged(lines: &[PredictionLine]) -> Vec<Judged> {
        judge_image(lines, &ontology(), 100).unwrap()
    }

    fn faults(judged: &Judged) -> Vec<Fault> {
        judged.faults.iter().copied().collect()
    }

    #[test]
    fn a_name_is_the_concept_that_it_is_the_name_of() {
        let said =
            |answer, correct| judged(&[name(Lang::en(), "left_lung", answer, correct)]).remove(0);
        let right = said("<ref>Left  lung</ref>.", true);
        assert_eq!(right.named.as_ref().unwrap().as_str(), "left_lung");
        assert_eq!((faults(&right), right.worth()), (vec![], 1.0));
        let cyst = said("cyst", false);
        assert_eq!(cyst.named.as_ref().unwrap().as_str(), "cyst");
        assert_eq!((faults(&cyst), cyst.worth()), (vec![Fault::WrongName], 0.0));
        assert_eq!(said("a lump of something", false).named, None);
    }

    #[test]
    fn the_other_side_is_told_in_both_languages() {
        let both = [Fault::WrongSide, Fault::WrongName];
        let said = judged(&[
            name(Lang::en(), "left_lung", "right lung", false),
            name(Lang::zh(), "left_lung", "右肺", false),
        ]);
        assert_eq!(said[0].faults, said[1].faults);
        assert_eq!(faults(&said[0]), both);
        // No side is wrong of what has none, and none where none is named.
        let said = judged(&[name(Lang::en(), "cyst", "left lung", false)]);
        assert_eq!(faults(&said[0]), [Fault::WrongName]);
        let said = judged(&[name(Lang::en(), "left_lung", "cyst", false)]);
        assert_eq!(faults(&said[0]), [Fault::WrongName]);
    }

    #[test]
    fn boxes_are_counted_as_worked_by_hand() {
        // Half of the true box (IoU 0.5, a hit), and one in the void.
        let said = judged(&[places(
            Lang::en(),
            "cyst",
            &[[0.0, 0.0, 10.0, 5.0], [50.0, 50.0, 60.0, 60.0]],
        )]);
        assert_eq!((said[0].truths, said[0].predicted, said[0].hits), (1, 2, 1));
        assert_eq!(
            (said[0].overlap, faults(&said[0])),
            (0.5, vec![Fault::FalsePositive])
        );
        assert!((said[0].worth() - 1.0 / 3.0).abs() < 1e-12);
        // A fifth of it is no hit: the true box is missed, and the other is one too many.
        let said = judged(&[places(Lang::en(), "cyst", &[[0.0, 0.0, 10.0, 2.0]])]);
        assert_eq!((said[0].hits, said[0].overlap), (0, 0.2));
        assert_eq!(
            faults(&said[0]),
            [Fault::Missed, Fault::FalsePositive, Fault::LowOverlap]
        );
        let said = judged(&[places(Lang::en(), "cyst", &[])]);
        assert_eq!(
            (faults(&said[0]), said[0].worth()),
            (vec![Fault::Missed], 0.0)
        );
        let absent = PredictionLine {
            truth_boxes: vec![],
            ..places(Lang::en(), "cyst", &[])
        };
        let said = judged(&[absent]);
        assert_eq!((faults(&said[0]), said[0].worth()), (vec![], 1.0));
    }

    #[test]
    fn a_box_in_the_other_half_is_on_the_wrong_side_of_what_has_a_side() {
        let there = [[80.0, 0.0, 90.0, 10.0]];
        let of = |concept| faults(&judged(&[places(Lang::en(), concept, &there)])[0]);
        assert_eq!(
            of("left_lung"),
            [Fault::WrongSide, Fault::Missed, Fault::FalsePositive]
        );
        assert_eq!(of("cyst"), [Fault::Missed, Fault::FalsePositive]);
        // Across the middle is on neither side.
        let across = judged(&[places(Lang::en(), "left_lung", &[[40.0, 0.0, 60.0, 10.0]])]);
        assert!(!across[0].faults.contains(&Fault::WrongSide));
    }

    #[test]
    fn languages_disagree_about_things_and_places_and_not_about_words() {
        let pair = |one, other| {
            let said = judged(&[one, other]);
            assert_eq!((said[0].partner, said[1].partner), (Some(1), Some(0)));
            assert_ne!(said[0].asked, said[1].asked);
            said.iter()
                .all(|j| j.faults.contains(&Fault::LanguagesDisagree))
        };
        let (en, zh) = (Lang::en, Lang::zh);
        assert!(pair(
            name(en(), "cyst", "cyst", true),
            name(zh(), "cyst", "左肺", false)
        ));
        assert!(pair(
            name(en(), "cyst", "cyst", true),
            name(zh(), "cyst", "某物", false)
        ));
        assert!(!pair(
            name(en(), "cyst", "left lung", false),
            name(zh(), "cyst", "左肺", false)
        ));
        assert!(!pair(
            name(en(), "cyst", "thing", false),
            name(zh(), "cyst", "某物", false)
        ));
        let here = [0.0, 0.0, 10.0, 10.0];
        assert!(!pair(
            places(en(), "cyst", &[here]),
            places(zh(), "cyst", &[[0.0, 0.0, 10.0, 6.0]])
        ));
        assert!(pair(
            places(en(), "cyst", &[here]),
            places(zh(), "cyst", &[])
        ));
        assert!(!pair(places(en(), "cyst", &[]), places(zh(), "cyst", &[])));
    }

    #[test]
    fn equal_questions_are_paired_in_their_order_and_others_not_at_all() {
        let lines = [
            name(Lang::en(), "cyst", "cyst", true),
            name(Lang::en(), "cyst", "left lung", false),
            name(Lang::zh(), "cyst", "囊肿", true),
            name(Lang::zh(), "cyst", "囊肿", true),
            places(Lang::en(), "cyst", &[]),
        ];
        let said = judged(&lines);
        let partners: Vec<_> = said.iter().map(|j| j.partner).collect();
        assert_eq!(partners, [Some(2), Some(3), Some(0), Some(1), None]);
        let asked: BTreeSet<_> = said.iter().map(|j| j.asked.as_str()).collect();
        assert_eq!(asked.len(), lines.len());
        // The same question of another model, with its boxes in another order, is known again.
        let two = |order: [usize; 2]| {
            let boxes = [[0.0, 0.0, 5.0, 5.0], [9.0, 9.0, 12.0, 12.0]];
            let truth_boxes = order.map(|index| pixel_box(boxes[index])).to_vec();
            judged(&[PredictionLine {
                truth_boxes,
                ..places(Lang::en(), "cyst", &[])
            }])
            .remove(0)
            .asked
        };
        assert_eq!(two([0, 1]), two([1, 0]));
    }

    #[test]
    fn a_line_that_says_nothing_is_named() {
        let refused = |line| {
            judge_image(&[places(Lang::en(), "cyst", &[]), line], &ontology(), 100).unwrap_err()
        };
        assert_eq!(
            refused(line("r2t", Lang::en(), "cyst")),
            (1, NotJudged::NoVerdict)
        );
        let verdict = PredictionLine {
            correct: Some(true),
            ..line("t2r", Lang::en(), "cyst")
        };
        assert_eq!(refused(verdict), (1, NotJudged::Verdict));
        assert_eq!(
            refused(line("vqa", Lang::en(), "cyst")),
            (1, NotJudged::Task("vqa".to_owned()))
        );
        let many = vec![[0.0, 0.0, 1.0, 1.0]; MOST_BOXES + 1];
        assert_eq!(
            refused(places(Lang::en(), "cyst", &many)),
            (1, NotJudged::Boxes(MOST_BOXES + 1))
        );
    }

    #[test]
    fn faults_are_named_as_serde_names_them() {
        for fault in Fault::ALL {
            assert_eq!(serde_json::to_value(fault).unwrap(), fault.as_str());
        }
    }
}
