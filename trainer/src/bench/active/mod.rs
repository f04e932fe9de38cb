//! How many boxes each way of choosing images saves: every strategy reads a long-tailed pool from nothing to all, round after round, with
//! many seeds, and the program says what that comes to. docs/active-learning.md has the protocol and its limits.

mod bootstrap;
mod cells;
mod curves;
mod features;
mod figures;
mod finder;
mod learner;
mod namer;
mod normal;
mod pictures;
mod report;
mod rounds;
mod signals;
mod verdict;

pub use curves::Point;
pub use features::Tower;
pub use figures::{curves_figure, forest_figure};
pub use report::{Setting, rows, section, with_section};
pub use verdict::{Conclusion, Outcome, Summary, Verdict};

use crate::registry::SnapshotFolder;
use anyhow::{Result, ensure};
use learner::Kinds;
use medreg_datasets::modality::Modality;
use medreg_datasets::ontology::Concept;
use medreg_datasets::protocol::Strategy;
use pictures::Pictures;
use rayon::prelude::*;
use rounds::Ground;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What is run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The strategies; stratified random is what the others are held against.
    pub strategies: Vec<Strategy>,
    /// Seeds per strategy: 0, 1, 2, …
    pub seeds: u64,
    /// The share of the pool's boxes that the first round reads.
    pub first: f64,
    /// How many times as many boxes are read at the end of each round as at the end of the one before.
    pub growth: f64,
}

/// One concept of the pool.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Frequency {
    /// Its key.
    pub concept: String,
    /// Its kind of picture, where it has one alone.
    pub modality: Option<Modality>,
    /// Boxes of it that may be read.
    pub pool: usize,
    /// Boxes of it that are examined.
    pub test: usize,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// What was run.
    pub plan: Plan,
    /// Pictures, patients and boxes that may be read.
    pub pool: [usize; 3],
    /// The same of the test pictures.
    pub test: [usize; 3],
    /// Pictures of the pool by kind.
    pub kinds: BTreeMap<Modality, usize>,
    /// Each concept's boxes, most frequent first.
    pub frequencies: Vec<Frequency>,
    /// Boxes read at the end of each round.
    pub budgets: Vec<usize>,
    /// The score with everything read.
    pub full: Point,
    /// All curves.
    pub outcomes: Vec<Outcome>,
    /// What they come to.
    pub summaries: Vec<Summary>,
    /// What that says.
    pub conclusion: Conclusion,
    /// The strategies that no other beats beyond chance.
    pub unbeaten: Vec<Strategy>,
}

/// Runs every strategy with every seed. `done` hears of each picture that is looked at and of each curve.
pub fn run(
    plan: Plan,
    tower: &Tower,
    [pool_folder, test_folder]: [&SnapshotFolder; 2],
    cache: &Path,
    done: &(dyn Fn() + Sync),
) -> Result<Findings> {
    let ontology = &pool_folder.manifest.ontology;
    ensure!(
        *ontology == test_folder.manifest.ontology,
        "the pool and the test pictures have different concepts: write both with the same program"
    );
    apart(pool_folder, test_folder)?;
    let mut pool = tower.pictures(pool_folder, cache, done)?;
    let mut test = tower.pictures(test_folder, cache, done)?;
    let spread = pool.spread();
    pool.standardise(&spread);
    test.standardise(&spread);
    let kinds = asked(&pool, ontology);
    let all = boxes(&pool);
    ensure!(
        all > 0 && !test.all.is_empty(),
        "there is nothing to read, or nothing to be examined on"
    );
    let budgets = budgets(all, &plan);
    let ground = Ground {
        pool: &pool,
        test: &test,
        ontology,
        kinds: &kinds,
        budgets: &budgets,
    };
    let outcomes = outcomes(&plan, ground, done);
    let last = outcomes
        .iter()
        .flat_map(|o| &o.curves)
        .find_map(|c| c.last());
    let Some(full) = last.copied() else {
        anyhow::bail!("nothing was run: name a strategy and at least one seed");
    };
    let summaries = verdict::summaries(&outcomes, full.score);
    Ok(Findings {
        pool: [pool.all.len(), patients(pool_folder), all],
        test: [test.all.len(), patients(test_folder), boxes(&test)],
        kinds: counted(&pool),
        frequencies: frequencies(ontology, &pool, &test),
        conclusion: verdict::conclusion(&summaries),
        unbeaten: verdict::unbeaten(&outcomes, full.score),
        plan,
        budgets,
        full,
        outcomes,
        summaries,
    })
}

/// No picture may be examined that can be read.
fn apart(pool: &SnapshotFolder, test: &SnapshotFolder) -> Result<()> {
    let read: BTreeSet<_> = pool.cases.iter().map(|case| case.image).collect();
    let both = test.cases.iter().find(|case| read.contains(&case.image));
    match both {
        Some(case) => anyhow::bail!(
            "image {} is in both the pool and the test pictures: examine on other patients",
            case.image
        ),
        None => Ok(()),
    }
}

fn outcomes(plan: &Plan, ground: Ground<'_>, done: &(dyn Fn() + Sync)) -> Vec<Outcome> {
    let runs = plan
        .strategies
        .iter()
        .flat_map(|s| (0..plan.seeds).map(move |seed| (*s, seed)));
    let runs: Vec<(Strategy, u64)> = runs.collect();
    // The order of the results is that of the runs, whichever ends first.
    let curves: Vec<_> = runs
        .par_iter()
        .with_max_len(1)
        .map(|(strategy, seed)| {
            let curve = rounds::curve(ground, *strategy, *seed);
            done();
            curve
        })
        .collect();
    let outcome = |(strategy, curves): (&Strategy, &[_])| Outcome {
        strategy: *strategy,
        curves: curves.to_vec(),
    };
    let by_strategy = curves.chunks(plan.seeds.max(1) as usize);
    plan.strategies
        .iter()
        .zip(by_strategy)
        .map(outcome)
        .collect()
}

/// The concepts that each kind of picture in the pool is asked about.
fn asked(pool: &Pictures, ontology: &[Concept]) -> Kinds {
    let about = |kind: Modality| {
        let concepts = ontology.iter().enumerate();
        let of_kind = concepts.filter(|(_, concept)| concept.applies_to(kind));
        (kind, of_kind.map(|(place, _)| place).collect())
    };
    counted(pool).into_keys().map(about).collect()
}

fn counted(pictures: &Pictures) -> BTreeMap<Modality, usize> {
    let mut counts = BTreeMap::new();
    for picture in &pictures.all {
        *counts.entry(picture.modality).or_default() += 1;
    }
    counts
}

fn boxes(pictures: &Pictures) -> usize {
    pictures.all.iter().map(pictures::Picture::cost).sum()
}

fn patients(folder: &SnapshotFolder) -> usize {
    let names: BTreeSet<&str> = folder.cases.iter().map(|c| c.patient.as_str()).collect();
    names.len()
}

fn frequencies(ontology: &[Concept], pool: &Pictures, test: &Pictures) -> Vec<Frequency> {
    let of = |pictures: &Pictures, place: usize| {
        let regions = pictures.all.iter().flat_map(|p| &p.regions);
        regions.filter(|region| region.concept == place).count()
    };
    let frequency = |(place, concept): (usize, &Concept)| Frequency {
        concept: concept.key.to_string(),
        modality: match concept.modalities[..] {
            [one] => Some(one),
            _ => None,
        },
        pool: of(pool, place),
        test: of(test, place),
    };
    let mut all: Vec<Frequency> = ontology.iter().enumerate().map(frequency).collect();
    all.sort_by(|a, b| b.pool.cmp(&a.pool).then_with(|| a.concept.cmp(&b.concept)));
    all
}

/// Boxes at the end of each round: a geometric series up to all of them.
fn budgets(all: usize, plan: &Plan) -> Vec<usize> {
    let growth = plan.growth.max(1.05);
    let mut next = (all as f64 * plan.first).max(1.0);
    let mut budgets = Vec::new();
    // A last step that is nearly none is none.
    while next * growth.sqrt() < all as f64 {
        budgets.push(next.round() as usize);
        next *= growth;
    }
    budgets.push(all);
    budgets.dedup();
    budgets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_grow_geometrically_up_to_all() {
        let plan = |first, growth| Plan {
            strategies: vec![],
            seeds: 1,
            first,
            growth,
        };
        assert_eq!(budgets(1000, &plan(0.1, 2.0)), [100, 200, 400, 1000]);
        assert_eq!(budgets(1000, &plan(2.0, 2.0)), [1000]);
        assert_eq!(budgets(3, &plan(0.01, 3.0)), [1, 3]);
    }

    #[test]
    fn every_strategy_reads_all_within_its_budgets_and_the_same_seed_reads_the_same() {
        let (pool, test) = (learner::tests::pictures(40), learner::tests::pictures(12));
        let concept = |key: &str| Concept {
            key: key.parse().unwrap(),
            kind: medreg_datasets::ontology::ConceptKind::Lesion,
            names: Default::default(),
            synonyms: Default::default(),
            codes: Default::default(),
            modalities: vec![],
        };
        let ontology = [concept("first"), concept("second")];
        let budgets = [6, 12, 25, boxes(&pool)];
        let ground = Ground {
            pool: &pool,
            test: &test,
            ontology: &ontology,
            kinds: &learner::tests::kinds(),
            budgets: &budgets,
        };
        for strategy in Strategy::ALL {
            let curve = rounds::curve(ground, strategy, 3);
            // A picture has two boxes at most, and is read whole.
            let read = curve.iter().zip(budgets);
            assert!(
                read.clone()
                    .all(|(p, b)| p.boxes >= b as f64 && p.boxes < b as f64 + 2.0),
                "{strategy:?} {curve:?}"
            );
            let full = curve.last().unwrap().score;
            assert!((full - 1.0).abs() < 1e-6, "{strategy:?} {curve:?}");
            assert_eq!(curve, rounds::curve(ground, strategy, 3));
        }
    }
}
