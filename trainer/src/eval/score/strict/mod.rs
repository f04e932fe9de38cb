//! What the words mean: precision per prediction, recall per truth, exact names and sides, all counts added up before anything is divided.

mod boxes;
mod labels;
mod reports;
mod texts;

pub use boxes::Regions;
pub(in crate::eval::score) use boxes::shape;
pub use labels::Labels;
pub use reports::Reports;
pub(crate) use texts::says_yes_or_no;
pub use texts::{Answers, Names};

use super::measure::Score;
use medreg_datasets::grammar::plain_name;
use medreg_datasets::side;

/// Precision, recall and F1 of hits among what was predicted and what is true.
fn found(names: [&'static str; 3], hits: f64, predicted: f64, truths: f64) -> [Score; 3] {
    [
        Score::ratio(names[0], hits, predicted),
        Score::ratio(names[1], hits, truths),
        Score {
            n: truths,
            ..Score::ratio(names[2], 2.0 * hits, predicted + truths)
        },
    ]
}

fn one_if(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

/// Whether an answer gives the right name but for its side.
pub(crate) fn differ_in_side(said: &str, right: &str) -> bool {
    side::differ(&plain_name(said), &plain_name(right))
}
