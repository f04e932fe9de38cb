//! The rewards that stored answers would have had, as means.

use super::entries::{self, EntriesError};
use super::{Filter, Task};
use medreg_datasets::reward::{Asked, NAMES, Rewards, Weights};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One reward over all answers that have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// How many answers have it.
    pub n: u64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.n += 1;
        self.mean += (value - self.mean) / self.n as f64;
    }
}

/// The mean of each reward by its name, and of their weighted mean as `total`, over the entries of these files that the filter takes. Nothing
/// for a task whose answers are neither a name nor boxes.
pub fn means(
    files: &[PathBuf],
    filter: Filter,
) -> Result<Option<BTreeMap<&'static str, Mean>>, EntriesError> {
    let asked = match filter.task {
        Task::RegionToText => Asked::Name,
        Task::OneRegion | Task::ManyRegions | Task::OnePerObject | Task::ManyObjects => {
            Asked::Boxes
        }
        Task::Grounded | Task::Answer | Task::Report | Task::Labels => return Ok(None),
    };
    let mut means: BTreeMap<&'static str, Mean> = BTreeMap::new();
    for file in files {
        entries::read(file, &mut |entry| {
            if filter.takes(&entry) {
                let rewards = Rewards::of(asked, &entry.answer, &entry.truth);
                for (name, value) in NAMES.into_iter().zip(rewards.values()) {
                    if let Some(value) = value {
                        means.entry(name).or_default().add(value);
                    }
                }
                means
                    .entry("total")
                    .or_default()
                    .add(rewards.total(&Weights::default()));
            }
        })?;
    }
    Ok(Some(means))
}

#[cfg(test)]
mod tests {
    use super::super::Tongue;
    use super::*;

    #[test]
    fn the_means_of_two_answers_are_those_worked_by_hand() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let truth = "<ref>cyst</ref><box>[[0, 0, 100, 100]]</box>";
        let line = |answer: &str| {
            serde_json::json!({"task": "t2r", "lang": "en", "answer": answer, "truth": truth})
                .to_string()
        };
        let half = "<ref>cyst</ref><box>[[0, 0, 100, 50]]</box>";
        let chinese = line(half).replace("\"en\"", "\"zh\"");
        std::fs::write(
            file.path(),
            [line(half), line("<ref>cyst</ref> is absent."), chinese].join("\n"),
        )
        .unwrap();
        let filter = Filter {
            task: Task::ManyObjects,
            tongue: Tongue::English,
        };
        let files = [file.path().to_owned()];
        let found = means(&files, filter).unwrap().unwrap();
        let of = |mean, n| Some(Mean { mean, n });
        assert_eq!(found.get("iou").copied(), of(0.25, 2));
        assert_eq!(found.get("giou").copied(), of(-0.25, 2));
        assert_eq!(found.get("count").copied(), of(0.5, 2));
        assert_eq!(found.get("format").copied(), of(1.0, 2));
        assert_eq!(found.get("side"), None);
        let report = Filter {
            task: Task::Report,
            ..filter
        };
        assert_eq!(means(&files, report).unwrap(), None);
    }
}
