//! What the published evaluators compute, quirks included; docs/scores.md names each of them.

mod boxes;
mod grounded;
mod labels;
mod names;
mod reports;

pub use boxes::{ManyObjects, ManyRegions, OnePerObject, OneRegion};
pub use grounded::Grounded;
pub use labels::{LabelSet, Labels};
pub use names::{Answers, ChineseAnswers, Names};
pub use reports::{ChineseReports, Reports};
