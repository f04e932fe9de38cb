//! Which way a case goes: what a model is sure of may be accepted after a reader's review, the rest is for an expert first, and where the
//! two readings of a case have reason to differ a second reader looks.
//!
//! Two thresholds on calibrated confidences decide, the same way whenever they are asked. A confidence that was not held against outcomes
//! says nothing about shares, so a suggestion without one sends its case to an expert.

use crate::ids::{Digest, ImageId};
use serde::{Deserialize, Serialize};

/// A project's thresholds; off where a project has none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "Written")]
pub struct Routing {
    /// From this confidence on a suggestion is sure: a case all of whose suggestions are may be accepted after any reader's review. In 0..=1.
    accept_from: f64,
    /// Below this confidence a suggestion is a guess: turning it down is no disagreement. In 0..=1, at most `accept_from`.
    guess_below: f64,
    /// Percent of accepted cases that a second reader looks at all the same, drawn by chance: 2 to 5.
    audit_percent: u8,
}

/// The thresholds as they are written, before they are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    accept_from: f64,
    guess_below: f64,
    #[serde(default = "usual_audit")]
    audit_percent: u8,
}

/// Percent of accepted cases that are audited where nothing else is said.
pub const USUAL_AUDIT: u8 = 3;

fn usual_audit() -> u8 {
    USUAL_AUDIT
}

/// Thresholds that cannot be meant.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BadRouting {
    /// One is no share, or they stand the wrong way round.
    #[error(
        "0 ≤ guess_below ≤ accept_from ≤ 1 is expected; guess_below is {guess_below}, accept_from {accept_from}"
    )]
    Thresholds {
        /// The lower one.
        guess_below: f64,
        /// The upper one.
        accept_from: f64,
    },
    /// Too many are audited, or too few to tell anything.
    #[error("2 to 5 percent audited are expected, not {0}")]
    Audit(u8),
}

/// Which way a case goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// The model is sure of all that it says: any reader's review settles it.
    AcceptAfterReview,
    /// It is not, or there is nothing that it could be sure of: an expert reads first.
    ExpertFirst,
    /// It was read, and an expert who was not the first reader reads it again.
    SecondReader,
}

impl Route {
    /// The name used in SQL and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AcceptAfterReview => "accept_after_review",
            Self::ExpertFirst => "expert_first",
            Self::SecondReader => "second_reader",
        }
    }
}

impl std::str::FromStr for Route {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [
            Self::AcceptAfterReview,
            Self::ExpertFirst,
            Self::SecondReader,
        ]
        .into_iter()
        .find(|route| route.as_str() == text)
        .ok_or_else(|| format!("`{text}` is no route of a case"))
    }
}

/// Why a second reader looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Second {
    /// The reader did not uphold what the model was more than guessing, or found what a sure model had not.
    Disagreement,
    /// A case for an expert was read by somebody who is none.
    Junior,
    /// Drawn by chance from what was accepted.
    Audit,
}

impl Second {
    /// The name used in SQL and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disagreement => "disagreement",
            Self::Junior => "junior",
            Self::Audit => "audit",
        }
    }
}

/// How sure a model was of one suggestion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sureness {
    /// Its confidence, in 0..=1.
    pub confidence: f64,
    /// Whether that was held against outcomes.
    pub calibrated: bool,
}

/// A first reading of a case whose reader saw the suggestions.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// Each suggestion, and whether the reader took it: the concept, and a box that overlaps by an IoU of at least 0.5.
    pub answers: &'a [(Sureness, bool)],
    /// Regions that the reader drew and no suggestion had pointed to.
    pub missed: usize,
    /// Whether the reader is an expert: a reviewer or a lead.
    pub expert: bool,
    /// Whether the case was [drawn](Routing::draws) for an audit.
    pub drawn: bool,
}

impl Routing {
    /// Thresholds that stand the right way round.
    pub fn new(guess_below: f64, accept_from: f64, audit_percent: u8) -> Result<Self, BadRouting> {
        if !(0.0 <= guess_below && guess_below <= accept_from && accept_from <= 1.0) {
            return Err(BadRouting::Thresholds {
                guess_below,
                accept_from,
            });
        }
        if !(2..=5).contains(&audit_percent) {
            return Err(BadRouting::Audit(audit_percent));
        }
        Ok(Self {
            accept_from,
            guess_below,
            audit_percent,
        })
    }

    /// From which confidence on a suggestion is sure.
    #[must_use]
    pub fn accept_from(&self) -> f64 {
        self.accept_from
    }

    /// Below which confidence a suggestion is a guess.
    #[must_use]
    pub fn guess_below(&self) -> f64 {
        self.guess_below
    }

    /// Percent of accepted cases that are audited.
    #[must_use]
    pub fn audit_percent(&self) -> u8 {
        self.audit_percent
    }

    /// The way of a case that nobody has read: the least sure of its suggestions decides.
    #[must_use]
    pub fn before_reading(&self, suggestions: &[Sureness]) -> Route {
        let sure = |s: &Sureness| s.calibrated && s.confidence >= self.accept_from;
        match !suggestions.is_empty() && suggestions.iter().all(sure) {
            true => Route::AcceptAfterReview,
            false => Route::ExpertFirst,
        }
    }

    /// Whether, and why, a second reader looks at a case that was read. Of several reasons the first in the order of [`Second`].
    #[must_use]
    pub fn after_reading(&self, reading: &Reading<'_>) -> Option<Second> {
        let told: Vec<Sureness> = reading.answers.iter().map(|(told, _)| *told).collect();
        let accepted = self.before_reading(&told) == Route::AcceptAfterReview;
        let turned_down = |(told, upheld): &(Sureness, bool)| {
            !upheld && told.calibrated && told.confidence >= self.guess_below
        };
        if reading.answers.iter().any(turned_down) || (accepted && reading.missed > 0) {
            Some(Second::Disagreement)
        } else if !accepted && !reading.expert {
            Some(Second::Junior)
        } else if accepted && reading.drawn {
            Some(Second::Audit)
        } else {
            None
        }
    }

    /// Whether a case is audited, should it be accepted. `seed` is the project's own and told to nobody, so that no reader can know; the same
    /// seed draws the same cases again.
    #[must_use]
    pub fn draws(&self, seed: uuid::Uuid, image: ImageId) -> bool {
        let drawn = Digest::of(format!("audit/{seed}/{image}").as_bytes());
        drawn.percentile() < u32::from(self.audit_percent)
    }
}

impl TryFrom<Written> for Routing {
    type Error = BadRouting;

    fn try_from(written: Written) -> Result<Self, BadRouting> {
        Self::new(
            written.guess_below,
            written.accept_from,
            written.audit_percent,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn routing() -> Routing {
        Routing::new(0.4, 0.9, 3).unwrap()
    }

    fn sure(confidence: f64) -> Sureness {
        Sureness {
            confidence,
            calibrated: true,
        }
    }

    fn read(
        answers: &[(Sureness, bool)],
        missed: usize,
        expert: bool,
        drawn: bool,
    ) -> Option<Second> {
        routing().after_reading(&Reading {
            answers,
            missed,
            expert,
            drawn,
        })
    }

    #[test]
    fn the_least_sure_suggestion_decides_and_one_that_was_never_calibrated_is_sure_of_nothing() {
        let raw = Sureness {
            confidence: 1.0,
            calibrated: false,
        };
        let before = |told: &[Sureness]| routing().before_reading(told);
        assert_eq!(before(&[sure(0.9), sure(0.95)]), Route::AcceptAfterReview);
        assert_eq!(before(&[sure(0.89), sure(1.0)]), Route::ExpertFirst);
        assert_eq!(before(&[sure(1.0), raw]), Route::ExpertFirst);
        assert_eq!(before(&[]), Route::ExpertFirst);
        assert_eq!(before(&[sure(f64::NAN)]), Route::ExpertFirst);
    }

    #[test]
    fn a_second_reader_looks_where_reader_and_model_differ_or_no_expert_has_read() {
        // Whoever turns down more than a guess, or finds more than a sure model, disagrees with it.
        assert_eq!(
            read(&[(sure(0.95), false)], 0, true, false),
            Some(Second::Disagreement)
        );
        assert_eq!(
            read(&[(sure(0.4), false)], 0, true, false),
            Some(Second::Disagreement)
        );
        assert_eq!(read(&[(sure(0.39), false)], 0, true, false), None);
        assert_eq!(
            read(&[(sure(0.95), true)], 1, true, false),
            Some(Second::Disagreement)
        );
        // What a model that was not sure left out is what experts are there for.
        assert_eq!(read(&[(sure(0.5), true)], 2, true, false), None);
        assert_eq!(
            read(&[(sure(0.5), true)], 0, false, false),
            Some(Second::Junior)
        );
        assert_eq!(read(&[], 0, false, true), Some(Second::Junior));
        assert_eq!(read(&[], 0, true, true), None);
        // Anybody's review settles what the model is sure of, but for those that are drawn.
        assert_eq!(read(&[(sure(0.9), true)], 0, false, false), None);
        assert_eq!(
            read(&[(sure(0.9), true)], 0, false, true),
            Some(Second::Audit)
        );
        assert_eq!(
            read(&[(sure(0.9), true)], 0, true, true),
            Some(Second::Audit)
        );
    }

    #[test]
    fn thresholds_the_wrong_way_round_are_refused_with_both_of_them() {
        let of = |text: serde_json::Value| serde_json::from_value::<Routing>(text);
        let told = of(json!({"guess_below": 0.9, "accept_from": 0.4})).unwrap_err();
        assert!(
            told.to_string()
                .contains("guess_below is 0.9, accept_from 0.4"),
            "{told}"
        );
        for (low, high, audit) in [
            (-0.1, 0.5, 3),
            (0.5, 1.1, 3),
            (f64::NAN, 0.5, 3),
            (0.1, 0.5, 1),
            (0.1, 0.5, 6),
        ] {
            assert!(
                Routing::new(low, high, audit).is_err(),
                "{low} {high} {audit}"
            );
        }
        let usual = of(json!({"guess_below": 0.4, "accept_from": 0.4})).unwrap();
        assert_eq!(usual.audit_percent(), USUAL_AUDIT);
        let written = serde_json::to_value(usual).unwrap();
        assert_eq!(of(written).unwrap(), usual);
    }

    #[test]
    fn the_audit_draws_its_share_and_the_same_again_by_the_same_seed() {
        let (one, other) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
        let images: Vec<ImageId> = (0..20_000u128)
            .map(|n| uuid::Uuid::from_u128(n).into())
            .collect();
        let drawn =
            |seed| -> Vec<bool> { images.iter().map(|i| routing().draws(seed, *i)).collect() };
        let share = drawn(one).iter().filter(|drawn| **drawn).count() as f64 / 20_000.0;
        // Three percent, give or take four standard errors of 0.0012.
        assert!((share - 0.03).abs() < 0.005, "{share}");
        assert_eq!(drawn(one), drawn(one));
        assert_ne!(drawn(one), drawn(other));
    }

    proptest! {
        #[test]
        fn more_sure_suggestions_never_make_a_case_one_for_experts(
            told in prop::collection::vec(0.0..=1.0f64, 1..6), by in 0.0..=1.0f64
        ) {
            let told: Vec<Sureness> = told.into_iter().map(sure).collect();
            let surer: Vec<Sureness> = told.iter().map(|t| sure((t.confidence + by).min(1.0))).collect();
            if routing().before_reading(&told) == Route::AcceptAfterReview {
                prop_assert_eq!(routing().before_reading(&surer), Route::AcceptAfterReview);
            }
        }

        #[test]
        fn an_expert_who_upholds_everything_is_second_read_by_audit_alone(
            told in prop::collection::vec(0.0..=1.0f64, 0..6), drawn: bool
        ) {
            let answers: Vec<(Sureness, bool)> = told.into_iter().map(|t| (sure(t), true)).collect();
            prop_assert!(matches!(read(&answers, 0, true, drawn), None | Some(Second::Audit)));
        }
    }
}
