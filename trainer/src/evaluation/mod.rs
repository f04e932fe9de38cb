//! Judged answers, as they come, to all that is said of a model in `evaluation.json`: scores with intervals, slices, which names are taken
//! for which, what confidences are worth, and the worst answers.
//!
//! Of an answer nothing is kept but sums, a confidence, and what it says where it is one of the worst. Scores are those of
//! [`crate::eval::score`] in `strict`; nothing is counted a second way here.

mod answers;
mod confidence;
mod faults;
mod slices;
#[cfg(test)]
pub(crate) mod tests;

pub use answers::{Names, entry_of, pairs};
pub use faults::{Found, Worst};

use crate::calibrate::Calibration;
use crate::eval::score::cross::{Cross, Lexicon};
use crate::eval::score::resample::{self, Draws, Patients};
use crate::eval::score::{Score, Sums};
use confidence::Confidences;
use medreg_datasets::evaluation::{
    AskedMode, Confusion, ConfusionCell, CrossLingual, Estimate, EvaluationReport, Scores, VERSION,
};
use medreg_datasets::ids::Digest;
use medreg_datasets::lang::{Lang, LangPair};
use medreg_datasets::ontology::{Concept, ConceptKey};
use medreg_datasets::protocol::PredictionLine;
use medreg_datasets::snapshot::{Manifest, SnapshotCase, Split};
use slices::Slices;
use std::collections::{BTreeMap, BTreeSet};

/// The draws of every interval, and the seed of every sample, unless somebody says otherwise.
pub const DRAWS: Draws = Draws {
    count: 1000,
    seed: 1,
};
/// How many of the worst answers are kept unless somebody says otherwise.
pub const WORST: usize = 24;

/// What an evaluation is of.
#[derive(Clone, Debug)]
pub struct About {
    /// The model, as whoever evaluates it calls it.
    pub model: String,
    /// The snapshot.
    pub snapshot: Digest,
    /// Its project's name.
    pub project: String,
    /// Whether the images are generated.
    pub synthetic: bool,
    /// Whose patients are asked about.
    pub split: Split,
    /// How they are asked.
    pub mode: AskedMode,
}

impl About {
    /// A split of a snapshot, asked about directly.
    #[must_use]
    pub fn of(model: String, snapshot: &Digest, manifest: &Manifest, split: Split) -> Self {
        Self {
            model,
            snapshot: snapshot.clone(),
            project: manifest.project_name.clone(),
            synthetic: manifest.synthetic,
            split,
            mode: AskedMode::Direct,
        }
    }
}

type Cells = BTreeMap<(ConceptKey, Option<ConceptKey>), u64>;

/// Gathers the answers about one case after the other.
pub struct Collector<'a> {
    names: Names,
    langs: LangPair,
    cross: Cross,
    cross_patients: Patients,
    cross_sums: Vec<f64>,
    pairs: u64,
    images: u64,
    answers: u64,
    patients: BTreeSet<String>,
    slices: Slices,
    confusion: BTreeMap<Lang, Cells>,
    confidences: Confidences<'a>,
    faults: Worst,
}

impl<'a> Collector<'a> {
    /// For a snapshot's concepts and languages; `worst` answers are kept, and confidences go through `calibration` too, where there is one.
    #[must_use]
    pub fn new(
        ontology: &[Concept],
        langs: &LangPair,
        calibration: Option<&'a Calibration>,
        worst: usize,
    ) -> Self {
        let mut lexicon = Lexicon::default();
        let [first, second] = langs.both();
        ontology
            .iter()
            .for_each(|c| lexicon.learn(c.name(first), c.name(second)));
        let cross = Cross {
            langs: langs.both().clone(),
            lexicon,
        };
        Self {
            names: Names::of(ontology, langs),
            langs: langs.clone(),
            cross_sums: vec![0.0; cross.width()],
            cross,
            cross_patients: Patients::default(),
            pairs: 0,
            images: 0,
            answers: 0,
            patients: BTreeSet::new(),
            slices: Slices::default(),
            confusion: BTreeMap::new(),
            confidences: Confidences::new(calibration),
            faults: Worst::keeping(worst),
        }
    }

    /// Counts all answers about one case.
    pub fn hear(&mut self, case: &SnapshotCase, lines: &[PredictionLine]) {
        self.images += 1;
        self.patients.insert(case.patient.clone());
        for line in lines {
            self.answers += 1;
            self.slices.add(&entry_of(line), line, case.modality);
            self.confidences.add(line);
            self.names_taken(line);
            self.faults.judge(case, line);
        }
        for (first, second) in pairs(lines, &self.langs) {
            let entries = [first, second].map(entry_of);
            let sums = self.cross.count(&entries[0], &entries[1]);
            let added = self.cross_sums.iter_mut().zip(&sums);
            added.for_each(|(all, one)| *all += one);
            self.cross_patients.add(&entries[0], &sums);
            self.pairs += 1;
            self.faults.judge_pair(case, (first, second), &self.names);
        }
    }

    fn names_taken(&mut self, line: &PredictionLine) {
        if line.correct.is_none() {
            return;
        }
        let said = self.names.concept(&line.lang, &line.answer).cloned();
        let cells = self.confusion.entry(line.lang.clone()).or_default();
        *cells.entry((line.concept.clone(), said)).or_default() += 1;
    }

    /// Everything together, with intervals from these draws of patients.
    #[must_use]
    pub fn finish(self, about: About, draws: Draws) -> EvaluationReport {
        let (scores, slices) = self.slices.finish(draws);
        let cross = estimates(&self.cross, &self.cross_sums, &self.cross_patients, draws);
        let cells = |cells: Cells| {
            let cell = |((truth, said), count)| ConfusionCell { truth, said, count };
            cells.into_iter().map(cell).collect()
        };
        let confusion = self.confusion.into_iter();
        let (faults, worst) = self.faults.finish();
        EvaluationReport {
            version: VERSION,
            model: about.model,
            snapshot: about.snapshot,
            project: about.project,
            synthetic: about.synthetic,
            split: about.split,
            mode: about.mode,
            images: self.images,
            patients: self.patients.len() as u64,
            answers: self.answers,
            draws: draws.count,
            seed: draws.seed,
            scores,
            slices,
            confusion: confusion
                .map(|(lang, of)| Confusion {
                    lang,
                    cells: cells(of),
                })
                .collect(),
            reliability: self.confidences.finish(),
            faults,
            worst,
            cross_lingual: (self.pairs > 0).then(|| CrossLingual {
                langs: self.cross.langs.clone(),
                pairs: self.pairs,
                scores: cross,
            }),
            faithfulness: None,
            regional: Vec::new(),
        }
    }
}

/// The scores of sums by name, each with its interval over draws of patients.
#[must_use]
pub fn estimates(
    measure: &(impl Sums + ?Sized),
    sums: &[f64],
    patients: &Patients,
    draws: Draws,
) -> Scores {
    let intervals = resample::intervals(measure, patients, draws);
    let with_interval = |(at, score): (usize, Score)| {
        let ci95 = intervals.get(at).copied().flatten();
        let estimate = Estimate {
            value: score.value,
            ci95: ci95.filter(|_| score.value.is_some()),
            n: score.n as u64,
        };
        (score.name.to_owned(), estimate)
    };
    measure
        .scores(sums)
        .into_iter()
        .enumerate()
        .map(with_interval)
        .collect()
}
