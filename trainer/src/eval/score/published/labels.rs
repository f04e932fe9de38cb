//! Classification as `cls/evaluator.py` counts it: free text becomes the label whose words it shares the most.

use super::super::entries::Entry;
use super::super::measure::{Measure, Score, Unscorable};
use super::super::python;
use super::super::text::bleu;

/// The labels that a data set's answers are, and whether an image may have several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSet {
    /// All labels, in their order.
    pub labels: Vec<String>,
    /// An image may have several, with commas between them.
    pub several: bool,
}

/// One line per data set of the published evaluators: its name, `one` or `several`, its labels.
const PUBLISHED: &str = include_str!("labels.tsv");

impl LabelSet {
    /// The labels of one of the data sets that the published evaluators know, by the first two words of a file's name.
    #[must_use]
    pub fn published(dataset: &str) -> Option<Self> {
        let mut lines = PUBLISHED.lines().map(|line| line.split('\t'));
        lines.find_map(|mut fields| {
            (fields.next()? == dataset).then(|| Self {
                several: fields.next() == Some("several"),
                labels: fields.map(str::to_owned).collect(),
            })
        })
    }
}

/// Labels of images (`ClassificationEvaluator`).
pub struct Labels {
    set: LabelSet,
    lower: Vec<String>,
}

impl Labels {
    /// A measure with these labels.
    #[must_use]
    pub fn new(set: LabelSet) -> Self {
        let lower = set
            .labels
            .iter()
            .map(|label| label.to_lowercase())
            .collect();
        Self { set, lower }
    }

    /// The label with the largest BLEU-1, the first of several, and so the first of all where no word is shared.
    fn nearest(&self, said: &str) -> usize {
        let mut best = (0, f32::NEG_INFINITY);
        for (index, label) in self.lower.iter().enumerate() {
            let score = bleu::unigram(python::words(said), python::words(label));
            if score > best.1 {
                best = (index, score);
            }
        }
        best.0
    }

    fn label(&self, right: &str) -> Result<usize, Unscorable> {
        let at = self.set.labels.iter().position(|label| label == right);
        at.ok_or(Unscorable::NoLabel)
    }
}

impl Measure for Labels {
    fn width(&self) -> usize {
        2 + 3 * self.lower.len()
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let plain = |text: &str| python::strip_punctuation_after(text).replace(", ", ",");
        let (right, said) = (plain(&entry.truth), plain(&entry.answer).to_lowercase());
        let (mut right, mut said): (Vec<&str>, Vec<&str>) = match self.set.several {
            true => (right.split(',').collect(), said.split(',').collect()),
            false => (vec![&right], said.split(',').take(1).collect()),
        };
        let mut is = right
            .drain(..)
            .map(|label| self.label(label))
            .collect::<Result<Vec<_>, _>>()?;
        let mut seen: Vec<usize> = said.drain(..).map(|label| self.nearest(label)).collect();
        for labels in [&mut is, &mut seen] {
            labels.sort_unstable();
            labels.dedup();
        }
        let mut sums = vec![0.0; self.width()];
        sums[0] = 1.0;
        sums[1] = f64::from(u8::from(is == seen));
        for (label, counts) in sums[2..].chunks_mut(3).enumerate() {
            let (is, seen) = (is.contains(&label), seen.contains(&label));
            for (count, yes) in counts.iter_mut().zip([is && seen, seen, is]) {
                *count = f64::from(u8::from(yes));
            }
        }
        Ok(sums)
    }

    /// Where an image has one label, labels that are neither right nor said anywhere are left out of the mean; else they count 0.
    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        let counted = sums[2..]
            .chunks(3)
            .filter(|c| self.set.several || c[1] + c[2] > 0.0);
        let f1s: Vec<f64> = counted
            .map(|c| {
                if c[0] == 0.0 {
                    0.0
                } else {
                    2.0 * c[0] / (c[1] + c[2])
                }
            })
            .collect();
        let mean = f1s.iter().sum::<f64>() / f1s.len() as f64;
        vec![
            Score::of("F1-macro", mean, sums[0]),
            Score::ratio("Accuracy", sums[1], sums[0]),
        ]
    }
}
