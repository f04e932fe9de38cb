//! Rewards of what an answer says in words.

use super::Asked;
use crate::grammar::{self, Complaint, Reading, Statement};
use crate::side;

/// Of what the answer consists of, the share that is understood; nothing at all is no answer.
pub(super) fn format(asked: Asked, answer: &str, said: &Reading) -> f64 {
    match asked {
        Asked::Name => f64::from(u8::from(is_a_name(answer, said))),
        Asked::Boxes => match said.statements.len() {
            0 => 0.0,
            understood => understood as f64 / (understood + said.complaints.len()) as f64,
        },
    }
}

/// A name alone is all that is asked for, so it may stand without boxes and tags; what is opened is closed all the same.
fn is_a_name(answer: &str, said: &Reading) -> bool {
    let allowed = |complaint: &Complaint| {
        matches!(
            complaint,
            Complaint::Leftover { .. } | Complaint::NoBoxes { .. }
        )
    };
    !grammar::plain_name(answer).is_empty() && said.complaints.iter().all(allowed)
}

pub(super) fn name(answer: &str, truth: &str) -> f64 {
    f64::from(u8::from(grammar::same_name(
        &grammar::plain_name(answer),
        &grammar::plain_name(truth),
    )))
}

/// Whether the side is right, where the truth names one.
pub(super) fn side(answer: &str, truth: &str) -> Option<f64> {
    let named = |text: &str| side::of(&grammar::without_tags(text).to_lowercase());
    let right = named(truth)?;
    Some(match named(answer) {
        None => 0.0,
        Some(said) if said == right => 1.0,
        Some(_) => -1.0,
    })
}

/// Whether the answer to what is absent is that it is.
pub(super) fn absent(said: &Reading, boxes_nothing: bool) -> f64 {
    let says_so = |statement: &Statement| matches!(statement, Statement::Absent { .. });
    match (boxes_nothing, said.statements.iter().any(says_so)) {
        (false, _) => -1.0,
        (true, true) => 1.0,
        (true, false) => 0.0,
    }
}
