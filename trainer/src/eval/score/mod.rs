//! Files of predictions to scores: what the published evaluators compute (`published`) and what the words mean (`strict`).
//!
//! Every measure turns an entry into a row of sums and sums into scores, so that a file is read once, whatever its size, and patients are
//! drawn without reading it again. docs/scores.md defines each score.

pub mod cross;
pub mod entries;
mod measure;
pub mod paired;
pub mod plug_in;
mod published;
mod python;
pub mod resample;
pub mod rewards;
mod strict;
#[cfg(test)]
mod tests;
pub mod text;

pub use measure::{Means, Measure, Score, Sums, Unscorable};
pub use published::LabelSet;
pub(crate) use strict::{differ_in_side, says_yes_or_no};

use entries::{EntriesError, Entry};
use rayon::prelude::*;
use resample::Patients;
use std::path::Path;
use std::sync::Arc;
use text::meteor::Meteor;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// What a region is.
    RegionToText,
    /// Where one object in one region is.
    OneRegion,
    /// Where one object in many regions is.
    ManyRegions,
    /// Where many objects in one region each are.
    OnePerObject,
    /// Where many objects in many regions are.
    ManyObjects,
    /// A report with its regions.
    Grounded,
    /// An answer to a question about an image.
    Answer,
    /// A report.
    Report,
    /// The labels of an image.
    Labels,
}

/// Whose rules count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The published evaluators', quirks included.
    Paper,
    /// Those of docs/scores.md.
    Strict,
}

/// The language of answers, which decides how texts are cut into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// English, and whatever is written with spaces.
    English,
    /// Chinese.
    Chinese,
}

/// The measure of a task in a mode.
#[must_use]
pub fn measure(
    task: Task,
    mode: Mode,
    tongue: Tongue,
    labels: Option<LabelSet>,
    meteor: Meteor,
) -> Box<dyn Measure> {
    let meteor = Arc::new(meteor);
    match mode {
        Mode::Paper => of_paper(task, tongue, labels, meteor),
        Mode::Strict => of_strict(task, tongue, labels, meteor),
    }
}

fn of_paper(
    task: Task,
    tongue: Tongue,
    labels: Option<LabelSet>,
    meteor: Arc<Meteor>,
) -> Box<dyn Measure> {
    use published::*;
    match (task, tongue) {
        (Task::RegionToText, _) => Box::new(Names),
        (Task::OneRegion, _) => Box::new(OneRegion),
        (Task::ManyRegions, _) => Box::new(ManyRegions),
        (Task::OnePerObject, _) => Box::new(OnePerObject),
        (Task::ManyObjects, _) => Box::new(ManyObjects),
        (Task::Grounded, Tongue::English) => Box::new(Grounded {
            boxes: OnePerObject,
            text: Reports(meteor),
        }),
        (Task::Grounded, Tongue::Chinese) => Box::new(Grounded {
            boxes: OneRegion,
            text: ChineseReports(meteor),
        }),
        (Task::Answer, Tongue::English) => Box::new(Answers),
        (Task::Answer, Tongue::Chinese) => Box::new(ChineseAnswers),
        (Task::Report, Tongue::English) => Box::new(Reports(meteor)),
        (Task::Report, Tongue::Chinese) => Box::new(ChineseReports(meteor)),
        (Task::Labels, _) => Box::new(Labels::new(labels.unwrap_or_default())),
    }
}

fn of_strict(
    task: Task,
    tongue: Tongue,
    labels: Option<LabelSet>,
    meteor: Arc<Meteor>,
) -> Box<dyn Measure> {
    use strict::*;
    match task {
        Task::RegionToText => Box::new(Names { tongue }),
        Task::OneRegion | Task::ManyRegions | Task::OnePerObject | Task::ManyObjects => {
            Box::new(Regions)
        }
        Task::Grounded => Box::new(published::Grounded {
            boxes: Regions,
            text: Reports { tongue, meteor },
        }),
        Task::Answer => Box::new(Answers { tongue }),
        Task::Report => Box::new(Reports { tongue, meteor }),
        Task::Labels => Box::new(Labels::new(labels.unwrap_or_default())),
    }
}

/// Which entries count: those that say nothing of task or language do.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// The task.
    pub task: Task,
    /// The language.
    pub tongue: Tongue,
}

impl Filter {
    pub(crate) fn takes(&self, entry: &Entry) -> bool {
        let task = match (entry.task.as_deref(), self.task) {
            (Some("r2t"), task) => task == Task::RegionToText,
            (Some("t2r"), task) => matches!(
                task,
                Task::OneRegion | Task::ManyRegions | Task::OnePerObject | Task::ManyObjects
            ),
            _ => true,
        };
        let chinese = entry.lang.as_deref().map(|lang| lang.starts_with("zh"));
        task && chinese.is_none_or(|chinese| chinese == (self.tongue == Tongue::Chinese))
    }
}

/// What a file, or several together, comes to.
#[derive(Default)]
pub struct Tally {
    /// The sums of all entries.
    pub sums: Vec<f64>,
    /// Entries that were counted.
    pub counted: u64,
    /// Entries that could not be, where the published evaluators end.
    pub left_out: u64,
    /// The first of these, and why.
    pub first: Option<(u64, Unscorable)>,
    /// Entries of other tasks or another language.
    pub passed_over: u64,
    /// The sums of each patient.
    pub patients: Patients,
}

/// Entries that are counted side by side.
const TOGETHER: usize = 2048;

impl Tally {
    /// An empty one.
    #[must_use]
    pub fn new(measure: &dyn Measure) -> Self {
        Self {
            sums: vec![0.0; measure.width()],
            ..Self::default()
        }
    }

    /// Reads a file and adds its entries; `apart` keeps the sums of each patient too.
    pub fn read(
        &mut self,
        path: &Path,
        measure: &dyn Measure,
        filter: Filter,
        apart: bool,
        seen: &mut dyn FnMut(u64),
    ) -> Result<(), EntriesError> {
        let mut together = Vec::with_capacity(TOGETHER);
        let before = self.counted + self.left_out + self.passed_over;
        let mut read = before;
        entries::read(path, &mut |mut entry| {
            read += 1;
            entry.number = read;
            together.push(entry);
            if together.len() == TOGETHER {
                self.add(&mut together, measure, filter, apart);
                seen(read);
            }
        })?;
        self.add(&mut together, measure, filter, apart);
        seen(read);
        Ok(())
    }

    /// Adds one entry, with the sums of its patient.
    pub fn count(&mut self, entry: &Entry, measure: &dyn Measure) {
        match measure.count(entry) {
            Ok(sums) => self.add_one(entry, &sums, true),
            Err(why) => {
                self.left_out += 1;
                self.first.get_or_insert((entry.number, why));
            }
        }
    }

    fn add(
        &mut self,
        together: &mut Vec<Entry>,
        measure: &dyn Measure,
        filter: Filter,
        apart: bool,
    ) {
        let count = |entry: &Entry| filter.takes(entry).then(|| measure.count(entry));
        let counted: Vec<_> = together.par_iter().map(count).collect();
        for (entry, sums) in together.drain(..).zip(counted) {
            match sums {
                None => self.passed_over += 1,
                Some(Ok(sums)) => self.add_one(&entry, &sums, apart),
                Some(Err(why)) => {
                    self.left_out += 1;
                    self.first.get_or_insert((entry.number, why));
                }
            }
        }
    }

    fn add_one(&mut self, entry: &Entry, sums: &[f64], apart: bool) {
        self.counted += 1;
        for (all, one) in self.sums.iter_mut().zip(sums) {
            *all += one;
        }
        if apart {
            self.patients.add(entry, sums);
        }
    }
}
