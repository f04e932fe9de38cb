//! What it costs to choose the next images out of very many, given their features and signals.

use super::growth::exponent;
use super::memory;
use super::row::Row;
use crate::acquire::{self, Budget, Candidate, Gradient, Pool, Signal};
use anyhow::{Result, ensure};
use medreg_datasets::modality::Modality;
use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::protocol::Strategy;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Instant;

/// Groups that look alike.
const GROUPS: usize = 200;
/// Concepts asked for on each image.
const CONCEPTS: usize = 5;
/// Width of a gradient's sketch.
const SKETCH: usize = 64;

/// Which pools are chosen from.
#[derive(Clone, Debug)]
pub struct Choosing {
    /// How many images, from few to many.
    pub sizes: Vec<usize>,
    /// Width of the features.
    pub width: usize,
    /// The budget, in boxes.
    pub boxes: u32,
    /// The seed of pools and choices.
    pub seed: u64,
}

/// What the hybrid strategy meets in the course of a project, and the other strategies late in it.
struct Phase {
    name: String,
    strategy: Strategy,
    round: u32,
    /// One of so many images is read; 0 for none.
    read_every: usize,
    asked: bool,
}

impl Phase {
    fn all() -> Vec<Self> {
        let hybrid = |name: &str, round, read_every, asked| Self {
            name: format!("hybrid, {name}"),
            strategy: Strategy::Hybrid,
            round,
            read_every,
            asked,
        };
        let others = Strategy::ALL.into_iter().filter(|s| *s != Strategy::Hybrid);
        let late = others.map(|strategy| Self {
            name: strategy.as_str().to_owned(),
            strategy,
            round: 5,
            read_every: 10,
            asked: true,
        });
        let first = [
            hybrid("no model", 0, 0, false),
            hybrid("early", 1, 100, true),
            hybrid("late", 5, 10, true),
        ];
        first.into_iter().chain(late).collect()
    }
}

impl Choosing {
    /// Chooses from a pool of each size in each phase; `done` hears of every row.
    pub fn measure(&self, done: &mut dyn FnMut(&Row)) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for phase in Phase::all() {
            let mut costs = Vec::new();
            for size in &self.sizes {
                costs.push((*size as f64, self.choose(&phase, *size)?));
            }
            for row in self.rows_of(&phase, &costs) {
                done(&row);
                rows.push(row);
            }
        }
        Ok(rows)
    }

    fn rows_of(&self, phase: &Phase, costs: &[(f64, f64)]) -> Vec<Row> {
        let Some((size, seconds)) = costs.last() else {
            return Vec::new();
        };
        let note = format!(
            "{size} images of width {}, {} boxes",
            self.width, self.boxes
        );
        let mut rows = vec![Row::new(phase.name.clone(), *seconds, "s", note)];
        if let Some(bytes) = memory::peak() {
            let gib = bytes as f64 / f64::from(1 << 30);
            let note = "largest resident size, features and signals included";
            rows.push(Row::new(
                format!("{}, peak memory", phase.name),
                gib,
                "GiB",
                note,
            ));
        }
        if costs.len() > 1 {
            let note = format!("seconds over {} to {size} images", costs[0].0);
            let metric = format!("{}, growth exponent", phase.name);
            rows.push(Row::new(metric, exponent(costs), "", note));
        }
        rows
    }

    /// Seconds of one choice.
    fn choose(&self, phase: &Phase, size: usize) -> Result<f64> {
        memory::forget_peak();
        let pool = self.pool(phase, size)?;
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let strategy = acquire::strategy(phase.strategy, phase.round);
        let begun = Instant::now();
        let ranked = strategy.rank(&pool, Budget::of_boxes(self.boxes), &mut rng);
        let seconds = begun.elapsed().as_secs_f64();
        let cost: f64 = ranked.iter().map(|r| pool.cost(r.index)).sum();
        ensure!(
            !ranked.is_empty() && cost <= f64::from(self.boxes) + 1e-6,
            "{} chose {cost} boxes",
            phase.name
        );
        Ok(seconds)
    }

    /// Images in groups of unequal size, as far from their group's middle as groups are from each other.
    fn pool(&self, phase: &Phase, size: usize) -> Result<Pool> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let concepts: Vec<ConceptKey> = (0..CONCEPTS)
            .map(|place| format!("concept_{place}").parse())
            .collect::<Result<_, _>>()?;
        let groups: Vec<Vec<f32>> = (0..GROUPS).map(|_| noise(self.width, &mut rng)).collect();
        let image = |place: usize| {
            // The square of a share: few groups have most of the images.
            let group = (rng.random_range(0.0f64..1.0).powi(2) * GROUPS as f64) as usize;
            let own = noise(self.width, &mut rng);
            let features = groups[group].iter().zip(own).map(|(g, o)| g + o).collect();
            let open = phase.read_every == 0 || !place.is_multiple_of(phase.read_every);
            Candidate {
                modality: Modality::ALL[place % 4],
                open,
                features,
                signals: if phase.asked {
                    signals(&concepts, &mut rng)
                } else {
                    Vec::new()
                },
                boxes: phase.asked.then(|| f64::from(rng.random_range(0u32..5))),
                marked: if open {
                    Vec::new()
                } else {
                    marked(&concepts, &mut rng)
                },
            }
        };
        Ok(Pool::new((0..size).map(image).collect()))
    }
}

/// Some of the concepts, the first ones often and the last one seldom.
fn marked(concepts: &[ConceptKey], rng: &mut ChaCha8Rng) -> Vec<ConceptKey> {
    let with_odds = concepts.iter().zip(1u32..);
    with_odds
        .filter(|(_, odds)| rng.random_ratio(1, *odds))
        .map(|(concept, _)| concept.clone())
        .collect()
}

fn noise(width: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..width).map(|_| rng.random_range(-1.0..1.0)).collect()
}

fn signals(concepts: &[ConceptKey], rng: &mut ChaCha8Rng) -> Vec<Signal> {
    let mut signal = |(place, concept): (usize, &ConceptKey)| Signal {
        entropy: Some(rng.random_range(0.0..2.0)),
        margin: Some(rng.random_range(0.0..1.0)),
        disagreement: Some(rng.random_range(0.0..1.0)),
        information: Some(rng.random_range(0.0..1.0)),
        gradient: (place == 0).then(|| Gradient {
            errors: vec![1.0],
            state: Some(noise(SKETCH, rng)),
        }),
        ..Signal::of(concept.clone())
    };
    concepts.iter().enumerate().map(&mut signal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phase_tells_seconds_and_growth() {
        let choosing = Choosing {
            sizes: vec![60, 120],
            width: 8,
            boxes: 20,
            seed: 1,
        };
        let mut heard = 0;
        let rows = choosing.measure(&mut |_| heard += 1).unwrap();
        assert_eq!(rows.len(), heard);
        let has = |metric: &str| {
            rows.iter()
                .any(|row| row.metric == metric && row.ours.is_finite())
        };
        for phase in [
            "hybrid, no model",
            "hybrid, early",
            "hybrid, late",
            "badge",
            "coverage",
        ] {
            assert!(
                has(phase) && has(&format!("{phase}, growth exponent")),
                "{phase}"
            );
        }
    }
}
