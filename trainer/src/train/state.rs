//! What a step changes, and a checkpoint therefore holds. Everything else, the order of the data, what dropout leaves out and the
//! learning rate, is a function of the run's settings, the step and the time spent.

use super::average::Average;
use super::gradients::Gradients;
use super::numbers::Numbers;
use super::optimizer::{AdamW, AdamWSettings};
use crate::model::Weights;
use candle_core::Result;
use medreg_datasets::protocol::RunConfig;
use serde::{Deserialize, Serialize};

/// The share that the smoothed loss keeps at each step: it looks back over about twenty steps.
const SMOOTHING: f64 = 0.95;

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done: the place in the data, in the schedule, and in the stream of what is drawn by chance.
    pub step: u32,
    /// Seconds spent, over all attempts.
    pub seconds: f64,
    /// The losses so far.
    pub losses: Smoothed,
}

impl Progress {
    /// Every bit of it, for another process.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        let losses = self.losses;
        let parts = [
            u64::from(self.step),
            self.seconds.to_bits(),
            losses.sum.to_bits(),
            losses.weight.to_bits(),
        ];
        let mut bytes = [0; 32];
        let (eights, _) = bytes.as_chunks_mut::<8>();
        let parts = parts.map(u64::to_le_bytes);
        eights
            .iter_mut()
            .zip(parts)
            .for_each(|(to, from)| *to = from);
        bytes
    }

    /// What [`Self::to_bytes`] made.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let (eights, _) = bytes.as_chunks::<8>();
        let part = |n: usize| u64::from_le_bytes(eights[n]);
        Self {
            step: part(0) as u32,
            seconds: f64::from_bits(part(1)),
            losses: Smoothed {
                sum: f64::from_bits(part(2)),
                weight: f64::from_bits(part(3)),
            },
        }
    }
}

/// An exponential average of losses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Smoothed {
    sum: f64,
    weight: f64,
}

impl Smoothed {
    /// With one loss more.
    #[must_use]
    pub fn with(self, loss: f64) -> Self {
        Self {
            sum: SMOOTHING * self.sum + (1.0 - SMOOTHING) * loss,
            weight: SMOOTHING * self.weight + (1.0 - SMOOTHING),
        }
    }

    /// The average, not drawn to zero by the steps that there were not.
    #[must_use]
    pub fn value(self) -> f64 {
        self.sum / self.weight
    }
}

/// A run between two steps.
#[derive(Debug)]
pub struct State {
    /// The model's.
    pub weights: Weights,
    /// Its moments.
    pub optimizer: AdamW,
    /// Where the run gives out an average of its weights.
    pub average: Option<Average>,
    /// How far it is.
    pub progress: Progress,
}

impl State {
    /// Before the first step.
    pub fn new(weights: Weights, config: &RunConfig) -> Result<Self> {
        Ok(Self {
            average: Average::of(&weights, config.ema)?,
            optimizer: AdamW::with(
                AdamWSettings::of_run(config.weight_decay).keeping(config.moments),
            ),
            progress: Progress::default(),
            weights,
        })
    }

    /// Takes a step down the gradient.
    pub fn step(&mut self, gradients: &Gradients<Numbers>, learning_rate: f64) -> Result<()> {
        self.optimizer
            .step(&self.weights, gradients, learning_rate)?;
        self.progress.step += 1;
        self.progress.losses = self.progress.losses.with(gradients.loss);
        match &mut self.average {
            Some(average) => average.take_in(&self.weights, self.progress.step),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_crosses_to_another_process_bit_for_bit() {
        let progress = Progress {
            step: u32::MAX,
            seconds: 0.1 + 0.2,
            losses: Smoothed::default().with(1.0 / 3.0),
        };
        assert_eq!(Progress::from_bytes(progress.to_bytes()), progress);
    }

    #[test]
    fn a_smoothed_loss_is_a_mean_that_forgets() {
        let same = (0..3).fold(Smoothed::default(), |smoothed, _| smoothed.with(2.0));
        assert!((same.value() - 2.0).abs() < 1e-12);
        // By hand: (0.95 · 1 + 3) / 1.95.
        let two = Smoothed::default().with(1.0).with(3.0).value();
        assert!((two - 3.95 / 1.95).abs() < 1e-12);
    }
}
