//! Whether the regions that a model finds first make its answers better: the same questions asked without them, with them, with the
//! readers' and with those of another image.

use super::{Answerer, Extent, Material, Way};
use crate::eval::score::entries::Entry;
use crate::eval::score::text::meteor::Meteor;
use crate::eval::score::{self, Means, Mode, Score, Sums, Tongue, says_yes_or_no};
use crate::eval::{Question, Task, questions_of_case};
use crate::model::kernels::side_by_side;
use crate::predict::PredictError;
use crate::regional::{self, Named};
use crate::runs::{RunError, search_of};
use image::DynamicImage;
use medreg_datasets::evaluation::{Arm, ArmKind, PairedDifference, RegionalComparison};
use medreg_datasets::geometry::GridBox;
use medreg_datasets::grammar::{self, Statement};
use medreg_datasets::lang::Lang;
use medreg_datasets::ontology::Concept;
use medreg_datasets::region::Presence;
use medreg_datasets::snapshot::{Manifest, SnapshotCase};
use medreg_datasets::task;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

const ARMS: [ArmKind; 4] = [
    ArmKind::Direct,
    ArmKind::Regional,
    ArmKind::Oracle,
    ArmKind::Shuffled,
];
/// What is compared, the first less the second.
const COMPARED: [(usize, usize); 4] = [(1, 0), (1, 3), (2, 0), (2, 1)];

/// Asks about images whether each concept is there and where, in all four ways, in each of the snapshot's languages.
pub fn regional(
    answerer: &dyn Answerer,
    material: &Material<'_>,
    extent: Extent,
) -> Result<Vec<RegionalComparison>, RunError> {
    let mut rng = ChaCha8Rng::seed_from_u64(extent.draws.seed);
    let chosen = extent.sample(material.cases.len(), &mut rng);
    let asked = side_by_side(chosen.len(), extent.threads, |at| {
        let case = material.cases[chosen[at]];
        let other = stranger(material, &chosen, at);
        let picture = (material.picture)(case)?;
        let found = ask_all(answerer, material.manifest, case, other, &picture);
        found.map_err(|source| RunError::Predict {
            image: case.image,
            source,
        })
    });
    let asked: Vec<[Vec<Asked>; 2]> = asked.into_iter().collect::<Result<_, RunError>>()?;
    let langs = material.manifest.langs.both().iter().enumerate();
    let of = |(at, lang): (usize, &Lang)| {
        let asked: Vec<&[Asked]> = asked.iter().map(|both| both[at].as_slice()).collect();
        summed(&asked, lang, material, extent)
    };
    Ok(langs.map(of).collect())
}

/// The next of the chosen images that is of the same kind and another patient's, or else of another patient, or none.
fn stranger<'a>(material: &Material<'a>, chosen: &[usize], at: usize) -> Option<&'a SnapshotCase> {
    let case = material.cases[chosen[at]];
    let later = chosen[at + 1..].iter().chain(&chosen[..at]);
    let others = later.map(|index| material.cases[*index]);
    let mut others = others.filter(|other| other.patient != case.patient);
    let any = others.clone().next();
    others.find(|other| other.modality == case.modality).or(any)
}

/// The answers to one question in all four ways.
struct Asked {
    entry: Entry,
    /// Whether it asks if the concept is there, and if it is.
    presence: Option<bool>,
    answers: Vec<String>,
}

/// What is asked about an image in either language, and answered. The regions are looked for once.
fn ask_all(
    answerer: &dyn Answerer,
    manifest: &Manifest,
    case: &SnapshotCase,
    other: Option<&SnapshotCase>,
    picture: &DynamicImage,
) -> Result<[Vec<Asked>; 2], PredictError> {
    let search = search_of(case, manifest);
    let found = answerer.find(picture, &search)?;
    let ask = |lang: &Lang| {
        let beside: [Named; ARMS.len()] = [
            Named::new(),
            regional::named(&found, &search, lang),
            marked(case, manifest, lang),
            other
                .map(|other| marked(other, manifest, lang))
                .unwrap_or_default(),
        ];
        answered(
            answerer,
            picture,
            questions(case, manifest, lang),
            &beside,
            lang,
        )
    };
    let [first, second] = manifest.langs.both();
    Ok([ask(first)?, ask(second)?])
}

/// Each question with each of these regions beside it.
fn answered(
    answerer: &dyn Answerer,
    picture: &DynamicImage,
    mut asked: Vec<Asked>,
    beside: &[Named],
    lang: &Lang,
) -> Result<Vec<Asked>, PredictError> {
    for named in beside {
        let prompt = |asked: &Asked| task::asked(lang, &asked.entry.question, None, named);
        let prompts: Vec<String> = asked.iter().map(prompt).collect();
        let said = answerer.ask(picture, &prompts)?;
        for (asked, said) in asked.iter_mut().zip(said) {
            asked.answers.push(said.text);
        }
    }
    Ok(asked)
}

/// The readers' regions as a question is given them.
fn marked(case: &SnapshotCase, manifest: &Manifest, lang: &Lang) -> Named {
    let mut named: BTreeMap<String, Vec<GridBox>> = BTreeMap::new();
    let shown = case.regions.iter();
    for region in shown.filter(|r| r.frame == 0 && r.presence == Presence::Present) {
        let of = |concept: &&Concept| region.concept.as_ref() == Some(&concept.key);
        let concept = manifest.ontology.iter().find(of);
        let name = concept.map_or("", |concept| concept.name(lang));
        let boxes = named.entry(name.to_owned()).or_default();
        boxes.push(region.bbox.to_grid(case.size));
    }
    named.into_iter().collect()
}

/// For each concept that is there or known not to be: is it, and where?
fn questions(case: &SnapshotCase, manifest: &Manifest, lang: &Lang) -> Vec<Asked> {
    let questions = questions_of_case(case, &manifest.ontology, &manifest.langs).into_iter();
    let wanted = questions.filter(|q| q.task == Task::TextToRegion && q.lang == *lang);
    let both = |question: Question| {
        let entry = Entry {
            patient: Some(case.patient.clone()),
            image: Some(case.image.to_string()),
            question: question.prompt.clone(),
            truth: question.truth.clone(),
            ..Entry::default()
        };
        let concept = manifest.ontology.iter().find(|c| c.key == question.concept);
        let name = concept.map_or("", |concept| concept.name(lang));
        let is_there = Entry {
            question: task::is_there(lang, case.modality, name),
            truth: String::new(),
            ..entry.clone()
        };
        [
            Asked {
                entry: is_there,
                presence: Some(!question.boxes.is_empty()),
                answers: Vec::new(),
            },
            Asked {
                entry,
                presence: None,
                answers: Vec::new(),
            },
        ]
    };
    wanted.flat_map(both).collect()
}

/// What an answer says of presence: yes or no in its first word, or else a box, or that something is absent; `None` where it says neither.
fn presence_said(answer: &str) -> Option<bool> {
    if let Some(said) = says_yes_or_no(answer) {
        return Some(said);
    }
    let reading = grammar::read(answer);
    if !reading.boxes().is_empty() {
        return Some(true);
    }
    let absent = |said: &Statement| matches!(said, Statement::Absent { .. });
    reading.statements.iter().any(absent).then_some(false)
}

/// Of the regions' scores those that are told here, by other names.
struct Where(Box<dyn score::Measure>);

impl Sums for Where {
    fn width(&self) -> usize {
        score::Measure::width(self.0.as_ref())
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        let told = |score: Score| {
            let name = match score.name {
                "region_f1" => "where_f1",
                "iou" => "where_iou",
                _ => return None,
            };
            Some(Score { name, ..score })
        };
        let all = score::Measure::scores(self.0.as_ref(), sums);
        all.into_iter().filter_map(told).collect()
    }
}

fn summed(
    asked: &[&[Asked]],
    lang: &Lang,
    material: &Material<'_>,
    extent: Extent,
) -> RegionalComparison {
    let presence = Means(vec!["presence_accuracy", "presence_answered"]);
    let task = score::Task::ManyObjects;
    let places = Where(score::measure(
        task,
        Mode::Strict,
        Tongue::English,
        None,
        Meteor::new(None),
    ));
    let mut ways: [(Way, Way); ARMS.len()] = Default::default();
    let one = |yes: bool| Some(f64::from(u8::from(yes)));
    for asked in asked.iter().copied().flatten() {
        for ((yes_no, place), answer) in ways.iter_mut().zip(&asked.answers) {
            match asked.presence {
                Some(there) => {
                    let said = presence_said(answer);
                    let values = [one(said == Some(there)), one(said.is_some())];
                    yes_no.add(&asked.entry, &Means::count(&values));
                }
                None => {
                    let entry = Entry {
                        answer: answer.clone(),
                        ..asked.entry.clone()
                    };
                    // Of boxes every answer can be counted.
                    if let Ok(sums) = places.0.count(&entry) {
                        place.add(&entry, &sums);
                    }
                }
            }
        }
    }
    let arm = |(kind, (yes_no, place)): (&ArmKind, &(Way, Way))| {
        let mut scores = yes_no.scores(&presence, extent.draws);
        scores.extend(place.scores(&places, extent.draws));
        Arm {
            kind: *kind,
            scores,
        }
    };
    let less = |(first, second): (usize, usize)| -> Vec<PairedDifference> {
        let names = [first, second].map(|at| super::word(&ARMS[at]));
        let (a, b) = (&ways[first], &ways[second]);
        let named = (names[0].as_str(), names[1].as_str());
        let mut all = a.0.less(&b.0, &presence, named, extent.draws);
        all.extend(a.1.less(&b.1, &places, named, extent.draws));
        all
    };
    RegionalComparison {
        lang: lang.clone(),
        images: asked.len() as u64,
        of: material.cases.len() as u64,
        questions: asked.iter().map(|of| of.len() as u64).sum(),
        arms: ARMS.iter().zip(&ways).map(arm).collect(),
        differences: COMPARED.into_iter().flat_map(less).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_no_boxes_and_absence_are_all_answers() {
        let en = presence_said;
        assert_eq!(en("Yes, there is."), Some(true));
        assert_eq!(en("no"), Some(false));
        assert_eq!(en("<ref>liver</ref><box>[[1, 2, 3, 4]]</box>"), Some(true));
        assert_eq!(en("<ref>liver</ref> is absent."), Some(false));
        assert_eq!(en("liver"), None);
        assert_eq!(presence_said("未见<ref>肝脏</ref>。"), Some(false));
        assert_eq!(presence_said("没有。"), Some(false));
    }
}
