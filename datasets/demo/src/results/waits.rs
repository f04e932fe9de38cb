//! How long people wait for a model's answers, and what their asking costs those who annotate meanwhile.

use serde::Serialize;
use std::time::Duration;

/// How long some waits were, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Waits {
    /// How many there were.
    pub n: usize,
    /// The middle one, or the mean of the two in the middle.
    pub median: f64,
    /// The shortest that 95 % of them do not exceed (nearest rank).
    pub p95: f64,
}

impl Waits {
    /// Of these waits; `None` where there are none.
    #[must_use]
    pub fn of(mut seconds: Vec<f64>) -> Option<Self> {
        seconds.sort_by(f64::total_cmp);
        let n = seconds.len();
        let low = seconds.get(n.checked_sub(1)? / 2)?;
        let high = seconds.get(n / 2)?;
        Some(Self {
            n,
            median: f64::midpoint(*low, *high),
            p95: *seconds.get((95 * n).div_ceil(100) - 1)?,
        })
    }
}

/// One question that was answered.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// When it was sent, on the askers' clock.
    pub sent: Duration,
    /// When the server had said that it stands in the queue, on the same clock.
    pub queued: Duration,
    /// Seconds until the first words, as the server counts them.
    pub first_words: f64,
    /// Seconds until the end, as the server counts them.
    pub seconds: f64,
    /// When it ended, in seconds on the server's clock.
    pub ended: f64,
}

/// Whether every question that stood in the queue before another was sent was answered before that one. Two that were sent at the same
/// moment have no order.
#[must_use]
pub fn in_order(answers: &[Answered]) -> bool {
    let overtaken = |first: &Answered, second: &Answered| {
        first.queued < second.sent && first.ended > second.ended
    };
    !answers
        .iter()
        .any(|second| answers.iter().any(|first| overtaken(first, second)))
}

/// How long answers took.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AnswerWaits {
    /// People who asked at once.
    pub people: usize,
    /// From asking to the first words.
    pub first_words: Waits,
    /// From asking to the whole answer.
    pub answer: Waits,
}

impl AnswerWaits {
    /// Of these answers to `people`; `None` where there are none.
    #[must_use]
    pub fn of(people: usize, answers: &[Answered]) -> Option<Self> {
        Some(Self {
            people,
            first_words: Waits::of(answers.iter().map(|a| a.first_words).collect())?,
            answer: Waits::of(answers.iter().map(|a| a.seconds).collect())?,
        })
    }
}

/// What was measured of asking.
#[derive(Clone, Debug, Serialize)]
pub struct AskingSummary {
    /// Seconds until the first answer of all, for which the model was loaded; no part of what follows.
    pub first_of_all: f64,
    /// One person, one question after the other.
    pub alone: AnswerWaits,
    /// Several people at once, each one question after the other.
    pub together: AnswerWaits,
    /// Whether all of theirs were answered in the order in which they were asked.
    pub in_order: bool,
    /// Opening a case and saving a region in it, while nobody asks.
    pub saving: Waits,
    /// The same while several ask.
    pub saving_meanwhile: Waits,
    /// The second's 95th percentile by the first's.
    pub saving_ratio: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(sent: u64, queued: u64, ended: f64) -> Answered {
        Answered {
            sent: Duration::from_millis(sent),
            queued: Duration::from_millis(queued),
            first_words: 0.5,
            seconds: 1.0,
            ended,
        }
    }

    #[test]
    fn of_twenty_waits_the_nineteenth_is_not_exceeded_by_95_percent() {
        let waits = Waits::of((1..=20).rev().map(f64::from).collect()).unwrap();
        assert_eq!((waits.n, waits.median, waits.p95), (20, 10.5, 19.0));
        let waits = Waits::of((1..=21).map(f64::from).collect()).unwrap();
        assert_eq!((waits.median, waits.p95), (11.0, 20.0));
        let one = Waits::of(vec![3.0]).unwrap();
        assert_eq!((one.median, one.p95), (3.0, 3.0));
        assert_eq!(Waits::of(Vec::new()), None);
    }

    #[test]
    fn who_asked_first_is_answered_first_and_at_the_same_moment_nobody_is() {
        assert!(in_order(&[answered(0, 5, 1.0), answered(6, 9, 2.0)]));
        assert!(!in_order(&[answered(0, 5, 2.0), answered(6, 9, 1.0)]));
        // Both were under way at once: either may come first.
        assert!(in_order(&[answered(0, 7, 2.0), answered(6, 9, 1.0)]));
        assert!(in_order(&[]));
    }
}
