//! Labels of images: a label is said when it is written out, but for case, spaces and outer punctuation.

use super::super::LabelSet;
use super::super::entries::Entry;
use super::super::measure::{Measure, Score, Unscorable};
use super::one_if;
use medreg_datasets::grammar;
use std::collections::BTreeSet;

/// Labels of images.
pub struct Labels {
    several: bool,
    plain: Vec<String>,
}

impl Labels {
    /// A measure with these labels.
    #[must_use]
    pub fn new(set: LabelSet) -> Self {
        Self {
            several: set.several,
            plain: set
                .labels
                .iter()
                .map(|label| grammar::plain_name(label))
                .collect(),
        }
    }

    /// The labels that a text says, and how much of it is none.
    fn read(&self, text: &str) -> (BTreeSet<usize>, usize) {
        let plain = grammar::plain_name(text);
        if let Some(at) = self.plain.iter().position(|label| *label == plain) {
            return (BTreeSet::from([at]), 0);
        }
        let parts: Vec<&str> = match self.several {
            true => plain.split([',', '，', '、', ';', '；']).collect(),
            false => vec![&plain],
        };
        let at = |part: &&str| {
            self.plain
                .iter()
                .position(|label| *label == grammar::plain_name(part))
        };
        let said: BTreeSet<usize> = parts.iter().filter_map(at).collect();
        let others = parts.iter().filter(|part| at(part).is_none()).count();
        (said, others)
    }
}

impl Measure for Labels {
    fn width(&self) -> usize {
        3 + 3 * self.plain.len()
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let (right, unknown) = self.read(&entry.truth);
        if unknown > 0 {
            return Err(Unscorable::NoLabel);
        }
        let (said, others) = self.read(&entry.answer);
        let mut sums = vec![
            1.0,
            one_if(said == right && others == 0),
            one_if(others > 0),
        ];
        for label in 0..self.plain.len() {
            let (seen, is) = (said.contains(&label), right.contains(&label));
            sums.extend([seen && is, seen, is].map(one_if));
        }
        Ok(sums)
    }

    /// Means over the labels that are right somewhere.
    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        let n = sums[0];
        let labels: Vec<&[f64]> = sums[3..].chunks(3).filter(|label| label[2] > 0.0).collect();
        let part = |of: f64, whole: f64| if whole == 0.0 { 0.0 } else { of / whole };
        let mean = |name, of: &dyn Fn(&[f64]) -> f64| {
            let sum: f64 = labels.iter().map(|label| of(label)).sum();
            Score {
                n,
                ..Score::ratio(name, sum, labels.len() as f64)
            }
        };
        let all = |column: usize| sums[3..].chunks(3).map(|label| label[column]).sum::<f64>();
        vec![
            mean("macro_f1", &|l| part(2.0 * l[0], l[1] + l[2])),
            mean("macro_precision", &|l| part(l[0], l[1])),
            mean("macro_recall", &|l| part(l[0], l[2])),
            Score {
                n,
                ..Score::ratio("micro_f1", 2.0 * all(0), all(1) + all(2))
            },
            Score::ratio("accuracy", sums[1], n),
            Score::ratio("not_a_label", sums[2], n),
        ]
    }
}
