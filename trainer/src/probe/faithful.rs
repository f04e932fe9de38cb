//! Whether the name that a model gives a region rests on that region.

use super::{Answerer, BLUR_SIGMA, Extent, Material, Said, Way, blank, blurred, elsewhere};
use crate::eval::score::Means;
use crate::eval::score::entries::Entry;
use crate::eval::{Question, Task, questions_of_case};
use crate::model::kernels::side_by_side;
use crate::predict::PredictError;
use crate::runs::RunError;
use image::DynamicImage;
use medreg_datasets::evaluation::{Change, Faithfulness, Intervention};
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::grammar;
use medreg_datasets::snapshot::SnapshotCase;
use medreg_datasets::task;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The changes, in the order in which they are tried and told.
const CHANGES: [Change; 4] = [
    Change::RegionBlurred,
    Change::OtherBlurred,
    Change::BoxMoved,
    Change::BlankImage,
];

/// A region that its name was asked of.
struct Subject<'a> {
    case: &'a SnapshotCase,
    question: Question,
    /// The region.
    bbox: PixelBox,
    /// Another one of its size.
    other: Option<PixelBox>,
}

/// What a change did.
#[derive(Clone, Copy, Debug)]
struct Effect {
    changed: bool,
    drop: f64,
}

/// What came of one region.
struct Trial {
    entry: Entry,
    effects: Vec<Effect>,
    /// Whether the first name's own box is called so again.
    name: bool,
    /// The IoU of that box with the region.
    iou: f64,
}

/// Asks for the names of regions again, with the region blurred, another of its size blurred, another box in the question, and on a blank
/// picture; and where the name that was given is, and what that is called. In the snapshot's first language.
pub fn faithfulness(
    answerer: &dyn Answerer,
    material: &Material<'_>,
    extent: Extent,
) -> Result<Faithfulness, RunError> {
    let mut rng = ChaCha8Rng::seed_from_u64(extent.draws.seed);
    let all = subjects(material);
    let of = all.len();
    let chosen = extent.sample(of, &mut rng);
    let mut tried: Vec<Subject<'_>> = Vec::with_capacity(chosen.len());
    for (index, mut subject) in all.into_iter().enumerate() {
        if chosen.binary_search(&index).is_ok() {
            subject.other = elsewhere(&subject.bbox, subject.case.size, &mut rng);
            tried.push(subject);
        }
    }
    let trials = side_by_side(tried.len(), extent.threads, |at| {
        try_one(answerer, material, &tried[at])
    });
    let trials: Vec<Option<Trial>> = trials.into_iter().collect::<Result<_, RunError>>()?;
    let without_room = trials.iter().filter(|trial| trial.is_none()).count() as u64;
    let trials: Vec<Trial> = trials.into_iter().flatten().collect();
    Ok(summed(&trials, (of, without_room), extent))
}

fn subjects<'a>(material: &Material<'a>) -> Vec<Subject<'a>> {
    let manifest = material.manifest;
    let [first, _] = manifest.langs.both();
    let of_case = |case: &&'a SnapshotCase| {
        let case = *case;
        let questions = questions_of_case(case, &manifest.ontology, &manifest.langs).into_iter();
        questions
            .filter(|q| q.task == Task::RegionToText && q.lang == *first)
            .filter_map(|question| {
                Some(Subject {
                    case,
                    bbox: *question.boxes.first()?,
                    question,
                    other: None,
                })
            })
            .collect::<Vec<_>>()
    };
    material.cases.iter().flat_map(of_case).collect()
}

/// `None` where no other region of that size has room.
fn try_one(
    answerer: &dyn Answerer,
    material: &Material<'_>,
    subject: &Subject<'_>,
) -> Result<Option<Trial>, RunError> {
    let Some(other) = subject.other else {
        return Ok(None);
    };
    let picture = (material.picture)(subject.case)?;
    let tried = trial(answerer, &picture, subject, &other);
    let trial = tried.map_err(|source| RunError::Predict {
        image: subject.case.image,
        source,
    })?;
    Ok(Some(trial))
}

fn trial(
    answerer: &dyn Answerer,
    picture: &DynamicImage,
    subject: &Subject<'_>,
    other: &PixelBox,
) -> Result<Trial, PredictError> {
    let (case, question) = (subject.case, &subject.question);
    let ask = |picture: &DynamicImage, question: &str| -> Result<Said, PredictError> {
        let said = answerer.ask(picture, &[question.to_owned()])?;
        Ok(said.into_iter().next().unwrap_or_default())
    };
    let naming = |bbox: &PixelBox| {
        task::region_to_text(&question.lang, case.modality, bbox.to_grid(case.size))
    };
    let first = ask(picture, &question.prompt)?;
    let likely = answerer.logprob(picture, &question.prompt, &first)?;
    let (region, beside, grey) = (
        blurred(picture, &subject.bbox),
        blurred(picture, other),
        blank(picture),
    );
    let moved = naming(other);
    let changed = [
        (&region, &question.prompt),
        (&beside, &question.prompt),
        (picture, &moved),
        (&grey, &question.prompt),
    ];
    let effect = |(picture, question): (&DynamicImage, &String)| {
        let now = ask(picture, question)?;
        Ok(Effect {
            changed: !grammar::same_name(&now.text, &first.text),
            drop: likely - answerer.logprob(picture, question, &first)?,
        })
    };
    let effects = changed
        .into_iter()
        .map(effect)
        .collect::<Result<_, PredictError>>()?;
    let name = grammar::plain_name(&first.text);
    let found = ask(
        picture,
        &task::text_to_region(&question.lang, case.modality, &name),
    )?;
    let boxes = grammar::read(&found.text).boxes();
    let boxes: Vec<PixelBox> = boxes.iter().map(|b| b.to_pixels(case.size)).collect();
    let nearest = boxes
        .iter()
        .max_by(|a, b| a.iou(&subject.bbox).total_cmp(&b.iou(&subject.bbox)));
    let again = match nearest {
        Some(bbox) => grammar::same_name(&ask(picture, &naming(bbox))?.text, &first.text),
        None => false,
    };
    Ok(Trial {
        entry: entry(subject),
        effects,
        name: again,
        iou: nearest.map_or(0.0, |bbox| bbox.iou(&subject.bbox)),
    })
}

fn entry(subject: &Subject<'_>) -> Entry {
    Entry {
        patient: Some(subject.case.patient.clone()),
        image: Some(subject.case.image.to_string()),
        question: subject.question.prompt.clone(),
        truth: subject.question.truth.clone(),
        ..Entry::default()
    }
}

fn summed(trials: &[Trial], (of, without_room): (usize, u64), extent: Extent) -> Faithfulness {
    let effects = Means(vec!["changed", "logprob_drop"]);
    let trips = Means(vec!["name", "box"]);
    let mut ways: [Way; CHANGES.len()] = Default::default();
    let mut round = Way::default();
    let share = |yes: bool| Some(f64::from(u8::from(yes)));
    for trial in trials {
        for (way, effect) in ways.iter_mut().zip(&trial.effects) {
            let values = [share(effect.changed), Some(effect.drop)];
            way.add(&trial.entry, &Means::count(&values));
        }
        round.add(
            &trial.entry,
            &Means::count(&[share(trial.name), Some(trial.iou)]),
        );
    }
    let of_change = |(change, way): (&Change, &Way)| Intervention {
        change: *change,
        scores: way.scores(&effects, extent.draws),
    };
    let [region, other, ..] = &ways;
    let named = ("region_blurred", "other_blurred");
    Faithfulness {
        cases: trials.len() as u64,
        of: of as u64,
        without_room,
        blur_sigma: BLUR_SIGMA,
        interventions: CHANGES.iter().zip(&ways).map(of_change).collect(),
        differences: region.less(other, &effects, named, extent.draws),
        round_trip: round.scores(&trips, extent.draws),
    }
}
