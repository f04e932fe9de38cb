//! Scores of each task and language, and of parts of the data.

use super::estimates;
use crate::eval::score::entries::Entry;
use crate::eval::score::resample::Draws;
use crate::eval::score::text::meteor::Meteor;
use crate::eval::score::{self, Measure, Mode, Tally, Task, Tongue};
use medreg_datasets::evaluation::{Slice, SliceBy, TaskScores};
use medreg_datasets::lang::Lang;
use medreg_datasets::modality::Modality;
use medreg_datasets::protocol::PredictionLine;
use std::collections::BTreeMap;

/// Task and language.
type Kind = (String, Lang);
/// What a slice has in common, and its value.
type Part = Option<(SliceBy, String)>;

/// Sums of every part of the data.
#[derive(Default)]
pub(super) struct Slices {
    measures: BTreeMap<Kind, Box<dyn Measure>>,
    tallies: BTreeMap<(Part, Kind), Tally>,
}

impl Slices {
    pub fn add(&mut self, entry: &Entry, line: &PredictionLine, modality: Modality) {
        let kind = (line.task.clone(), line.lang.clone());
        let measure = self
            .measures
            .entry(kind.clone())
            .or_insert_with(|| strict(&line.task, &line.lang));
        let parts = [
            None,
            Some((SliceBy::Modality, modality.as_str().to_owned())),
            Some((SliceBy::Concept, line.concept.as_str().to_owned())),
        ];
        for part in parts {
            let tally = self
                .tallies
                .entry((part, kind.clone()))
                .or_insert_with(|| Tally::new(measure.as_ref()));
            tally.count(entry, measure.as_ref());
        }
    }

    /// The scores of everything, and those of each part.
    pub fn finish(&self, draws: Draws) -> (Vec<TaskScores>, Vec<Slice>) {
        let (mut whole, mut slices) = (Vec::new(), Vec::new());
        for ((part, kind), tally) in &self.tallies {
            let Some(measure) = self.measures.get(kind) else {
                continue;
            };
            let of = TaskScores {
                task: kind.0.clone(),
                lang: kind.1.clone(),
                answers: tally.counted,
                patients: tally.patients.len() as u64,
                scores: estimates(measure.as_ref(), &tally.sums, &tally.patients, draws),
            };
            match part {
                None => whole.push(of),
                Some((by, value)) => slices.push(Slice {
                    by: *by,
                    value: value.clone(),
                    of,
                }),
            }
        }
        (whole, slices)
    }
}

/// The measure of a line's task.
pub(super) fn strict(task: &str, lang: &Lang) -> Box<dyn Measure> {
    let task = match task {
        "r2t" => Task::RegionToText,
        _ => Task::ManyObjects,
    };
    let tongue = match lang.primary() {
        "zh" => Tongue::Chinese,
        _ => Tongue::English,
    };
    score::measure(task, Mode::Strict, tongue, None, Meteor::new(None))
}
