//! From questions and a model's answers to scores: what is asked about a case, how an answer is judged, how it all adds up.
//!
//! Nothing here knows how an answer came about, so the scores of any model are counted alike, and a stored
//! `predictions.jsonl` can be scored again.

mod questions;
pub mod score;
mod scores;

pub use questions::{Question, Task, questions_of_case};
pub use scores::{HIT_IOU, Scores, judge};
