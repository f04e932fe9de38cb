//! Two runs' answers to the questions that both were asked, patient by patient.

use super::figures::count;
use crate::services::resampling::{Count, FEWEST, drawn, estimate_with_p, ratio};
use crate::services::rounds::Measure;
use crate::services::{Outcome, ServiceError};
use crate::store::predictions::{self, Pair, SharedPart};
use medreg_datasets::lang::Lang;
use rand::rngs::StdRng;
use serde::Serialize;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// By how much the second run's score is above the first's, on the questions that both were asked.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Difference {
    /// The score.
    pub measure: Measure,
    /// The language.
    #[schema(value_type = String)]
    pub lang: Lang,
    /// The first run's.
    pub a: f64,
    /// The second run's.
    pub b: f64,
    /// The second less the first.
    pub value: f64,
    /// Between which 95 % of the draws of patients lie, each patient with both runs' answers; absent with fewer than thirty patients.
    pub interval: Option<[f64; 2]>,
    /// How often draws of patients put the difference at 0 or beyond, times two; absent with fewer than thirty patients.
    pub p: Option<f64>,
    /// The patients that it rests on.
    pub patients: usize,
}

impl Difference {
    /// Whether the whole interval lies above 0.
    #[must_use]
    pub fn is_clear_gain(&self) -> bool {
        self.interval.is_some_and(|[low, _]| low > 0.0)
    }
}

/// The differences by every measure in every language in which both runs have it.
pub(super) async fn of_pair(conn: &mut PgConnection, pair: Pair) -> Outcome<Vec<Difference>> {
    let parts = predictions::shared_parts(conn, pair).await?;
    let counted = tokio::task::spawn_blocking(move || differences(&parts)).await;
    counted.map_err(|e| ServiceError::Internal(e.to_string()))
}

fn differences(parts: &[(String, SharedPart)]) -> Vec<Difference> {
    let mut langs: BTreeMap<&Lang, Vec<&SharedPart>> = BTreeMap::new();
    for (_, part) in parts {
        langs.entry(&part.lang).or_default().push(part);
    }
    let of_lang = |(lang, parts): (&&Lang, &Vec<&SharedPart>)| {
        let found = Measure::ALL.map(|measure| difference(measure, lang, parts));
        found.into_iter().flatten().collect::<Vec<_>>()
    };
    langs.iter().flat_map(of_lang).collect()
}

/// Each patient brings what both runs said of them.
fn difference(measure: Measure, lang: &Lang, parts: &[&SharedPart]) -> Option<Difference> {
    let counts = parts
        .iter()
        .map(|part| (count(measure, &part.a), count(measure, &part.b)));
    let counts: Vec<(Count, Count)> = counts.filter(|(a, b)| a.per + b.per > 0.0).collect();
    let (a, b) = both(counts.iter())?;
    let again = |dice: &mut StdRng| both(drawn(&counts, dice)).map(|(a, b)| b - a);
    let enough = counts.len() >= FEWEST;
    let estimate = enough.then(|| estimate_with_p(b - a, again)).flatten();
    Some(Difference {
        measure,
        lang: lang.clone(),
        a,
        b,
        value: b - a,
        interval: estimate.map(|(e, _)| [e.low, e.high]),
        p: estimate.map(|(_, p)| p),
        patients: counts.len(),
    })
}

/// The first run's ratio, and the second's.
fn both<'a>(counts: impl IntoIterator<Item = &'a (Count, Count)>) -> Option<(f64, f64)> {
    let (a, b): (Vec<Count>, Vec<Count>) = counts.into_iter().copied().unzip();
    Some((ratio(a)?, ratio(b)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::predictions::Sums;

    /// So many patients with one right name of four in the first run, and this many in the second.
    fn named(patients: usize, right: i64) -> Vec<(String, SharedPart)> {
        let sums = |right| Sums {
            asked: 4,
            right,
            ..Sums::default()
        };
        let part = SharedPart {
            lang: Lang::en(),
            a: sums(1),
            b: sums(right),
        };
        (0..patients)
            .map(|n| (format!("p{n}"), part.clone()))
            .collect()
    }

    #[test]
    fn a_gain_of_every_patient_is_clear_and_one_of_few_is_not() {
        let found = differences(&named(30, 3));
        // Of boxes nothing was asked.
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].measure, found[0].a, found[0].b, found[0].value),
            (Measure::Accuracy, 0.25, 0.75, 0.5)
        );
        assert_eq!(
            (found[0].interval, found[0].patients),
            (Some([0.5, 0.5]), 30)
        );
        assert!(found[0].is_clear_gain() && found[0].p.unwrap() < 0.01);
        let few = &differences(&named(29, 3))[0];
        assert_eq!(
            (few.value, few.interval, few.p, few.is_clear_gain()),
            (0.5, None, None, false)
        );
        // One patient of forty gained: 0 is within what draws give.
        let mut mixed = named(40, 1);
        mixed.splice(0..1, named(1, 2));
        let mixed = &differences(&mixed)[0];
        assert!(
            !mixed.is_clear_gain() && mixed.p.unwrap() > 0.05,
            "{mixed:?}"
        );
        assert!(differences(&[]).is_empty());
    }
}
