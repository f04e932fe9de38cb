//! Whether another round is worth it: what the last two bought.

use super::EfficiencyPoint;
use super::answers::{self, Answers};
use crate::services::resampling::{Count, Estimate, FEWEST, drawn, estimate, ratio};
use crate::services::{Hospital, Outcome, ServiceError};
use medreg_datasets::ids::RunId;
use medreg_datasets::lang::Lang;
use medreg_datasets::protocol::Evaluation;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A gain of less than this over two rounds is not worth their reading.
const WORTH: f64 = 0.01;
/// With fewer rounds that came to a score it is too early to say.
const FEWEST_ROUNDS: usize = 3;

/// A score of a run, over its languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Region-to-Text accuracy.
    Accuracy,
    /// Text-to-Region mean IoU.
    MeanIou,
    /// Region F1 at IoU 0.5.
    RegionF1,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Accuracy, Self::MeanIou, Self::RegionF1];

    fn of(self, evaluation: &Evaluation) -> &BTreeMap<Lang, f64> {
        match self {
            Self::Accuracy => &evaluation.accuracy,
            Self::MeanIou => &evaluation.mean_iou,
            Self::RegionF1 => &evaluation.region_f1,
        }
    }
}

/// What can be said about another round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Fewer than three rounds have come to a score.
    TooEarly,
    /// Too few patients are in the test split to say.
    TooFew,
    /// The answers on the test split were not kept, so that nobody can tell how far the gain may be trusted.
    NoAnswers,
    /// The whole interval lies under what is worth it: stop.
    Stop,
    /// The whole interval lies above it: go on.
    GoOn,
    /// The interval holds it: the test split is too small to tell.
    Unclear,
}

/// What the last two rounds bought by one measure, the mean over languages.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Advice {
    /// The measure.
    pub measure: Measure,
    /// What can be said.
    pub judgement: Judgement,
    /// The least gain over two rounds that is worth their reading.
    pub worth: f64,
    /// The rounds that came to a score of their own.
    pub rounds: usize,
    /// The score after them less the score before, as both runs were scored; absent while it is too early.
    pub gain: Option<f64>,
    /// The same on the patients that both runs were asked about, with its interval over patients.
    pub estimate: Option<Estimate>,
    /// Those patients.
    pub patients: usize,
}

/// What the last two of these points bought.
pub(super) async fn advise(
    hospital: &Hospital,
    points: &[EfficiencyPoint],
) -> Outcome<Vec<Advice>> {
    let rounds = points.iter().filter(|p| !p.rounds.is_empty()).count();
    let ends = match points {
        [.., before, _, after] if rounds >= FEWEST_ROUNDS => (before, after),
        _ => return Ok(Measure::ALL.map(|m| too_early(m, rounds)).to_vec()),
    };
    let runs = (ends.0.scored.run, ends.1.scored.run);
    let pairs = pairs(hospital, runs).await?;
    let gains = Measure::ALL.map(|measure| (measure, gain(measure, ends)));
    let advised = tokio::task::spawn_blocking(move || {
        gains.map(|(measure, gain)| {
            let (patients, estimate) = match &pairs {
                Some(pairs) => (pairs.len(), estimated(measure, pairs)),
                None => (0, None),
            };
            Advice {
                measure,
                judgement: judged(pairs.is_some(), estimate),
                worth: WORTH,
                rounds,
                gain,
                estimate,
                patients,
            }
        })
    });
    let advised = advised
        .await
        .map_err(|e| ServiceError::Internal(e.to_string()))?;
    Ok(advised.to_vec())
}

fn too_early(measure: Measure, rounds: usize) -> Advice {
    Advice {
        measure,
        judgement: Judgement::TooEarly,
        worth: WORTH,
        rounds,
        gain: None,
        estimate: None,
        patients: 0,
    }
}

fn judged(answers: bool, estimate: Option<Estimate>) -> Judgement {
    match estimate {
        _ if !answers => Judgement::NoAnswers,
        None => Judgement::TooFew,
        Some(gain) if gain.high < WORTH => Judgement::Stop,
        Some(gain) if gain.low >= WORTH => Judgement::GoOn,
        Some(_) => Judgement::Unclear,
    }
}

/// The mean over the languages in which both were scored.
fn gain(measure: Measure, (before, after): (&EfficiencyPoint, &EfficiencyPoint)) -> Option<f64> {
    let before = measure.of(&before.scored.evaluation);
    let after = measure.of(&after.scored.evaluation);
    let gains = after
        .iter()
        .filter_map(|(lang, v)| Some(v - before.get(lang)?));
    mean(gains)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    ratio(values.map(|of| Count { of, per: 1.0 }))
}

/// What one patient adds to the scores of both runs.
type Pair = (
    BTreeMap<(Measure, Lang), Count>,
    BTreeMap<(Measure, Lang), Count>,
);

/// The patients that both runs were asked about; `None` where either did not keep its answers.
async fn pairs(hospital: &Hospital, (before, after): (RunId, RunId)) -> Outcome<Option<Vec<Pair>>> {
    let before = answers::of_run(hospital, before).await?;
    let after = answers::of_run(hospital, after).await?;
    Ok(before
        .zip(after)
        .map(|(before, after)| joined(before, after)))
}

fn joined(before: Answers, mut after: Answers) -> Vec<Pair> {
    let both = before
        .into_iter()
        .filter_map(|(patient, counts)| Some((counts, after.remove(&patient)?)));
    both.collect()
}

fn estimated(measure: Measure, pairs: &[Pair]) -> Option<Estimate> {
    let langs = pairs.iter().flat_map(|(_, after)| after.keys());
    let langs: BTreeSet<&Lang> = langs
        .filter(|(m, _)| *m == measure)
        .map(|(_, l)| l)
        .collect();
    let keys: Vec<(Measure, Lang)> = langs.into_iter().map(|l| (measure, l.clone())).collect();
    let all: Vec<&Pair> = pairs.iter().collect();
    let value = gain_on(&keys, &all).filter(|_| pairs.len() >= FEWEST)?;
    estimate(value, |dice| gain_on(&keys, &drawn(pairs, dice)))
}

/// The gain on these patients, the mean over languages; each patient brings what both runs said of them.
fn gain_on(keys: &[(Measure, Lang)], pairs: &[&Pair]) -> Option<f64> {
    let gains = keys.iter().filter_map(|key| {
        let before = ratio(
            pairs
                .iter()
                .filter_map(|(before, _)| before.get(key).copied()),
        )?;
        let after = ratio(
            pairs
                .iter()
                .filter_map(|(_, after)| after.get(key).copied()),
        )?;
        Some(after - before)
    });
    mean(gains)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many patients with one right answer of four before, and this many after.
    fn pairs(patients: usize, right: f64) -> Vec<Pair> {
        let said = |of| BTreeMap::from([((Measure::Accuracy, Lang::en()), Count { of, per: 4.0 })]);
        vec![(said(1.0), said(right)); patients]
    }

    #[test]
    fn what_two_rounds_bought_is_held_against_what_is_worth_it() {
        let told = |patients, right| {
            let found = estimated(Measure::Accuracy, &pairs(patients, right));
            (found.map(|e| e.value), judged(true, found))
        };
        assert_eq!(told(40, 3.0), (Some(0.5), Judgement::GoOn));
        assert_eq!(told(40, 1.0), (Some(0.0), Judgement::Stop));
        assert_eq!(told(29, 3.0), (None, Judgement::TooFew));
        assert_eq!(judged(false, None), Judgement::NoAnswers);
        // A few patients gained much, most nothing: 0 lies in the interval.
        let mut mixed = pairs(40, 1.0);
        mixed.splice(0..2, pairs(2, 3.0));
        let found = estimated(Measure::Accuracy, &mixed);
        assert_eq!(judged(true, found), Judgement::Unclear);
    }

    #[test]
    fn patients_of_one_test_split_alone_are_left_out() {
        let said = |names: &[&str]| -> Answers {
            let patient = |name: &&str| ((*name).to_owned(), BTreeMap::new());
            names.iter().map(patient).collect()
        };
        assert_eq!(joined(said(&["a", "b"]), said(&["b", "c"])).len(), 1);
    }
}
