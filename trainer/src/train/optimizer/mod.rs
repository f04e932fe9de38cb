//! AdamW with visible moments, so that a resumed run is the run that never stopped.

mod eight_bits;
mod moments;

use super::gradients::Gradients;
use super::numbers::Formed;
use crate::model::Weights;
use crate::model::kernels::on_host;
use candle_core::{Result, Tensor};
use medreg_datasets::protocol::MomentPrecision;
use moments::Moments;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What the optimizer makes of a gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamWSettings {
    /// Share of the learning rate by which numbers shrink at each step.
    pub weight_decay: f64,
    /// Whether vectors shrink too, or matrices alone.
    pub vectors_decay: bool,
    /// How slowly the moments forget.
    pub betas: [f32; 2],
    /// What is added to the second moment's root.
    pub eps: f32,
    /// The learning rate of vision tower and projector, as a share of the decoder's.
    pub vision_rate: f64,
    /// In how many bits the moments are kept.
    pub moments: MomentPrecision,
}

impl AdamWSettings {
    /// Those of a run. The second moment forgets faster than PyTorch's default of 0.999, as short runs need; vision tower and
    /// projector learn more slowly than the decoder, since at its rate their features collapse in a few hundred steps.
    #[must_use]
    pub fn of_run(weight_decay: f64) -> Self {
        Self {
            weight_decay,
            vectors_decay: false,
            betas: [0.9, 0.98],
            eps: 1e-8,
            vision_rate: 0.2,
            moments: MomentPrecision::Full,
        }
    }

    /// Those of `torch.optim.AdamW` over all parameters in one group: every number at the same rate and decay.
    #[must_use]
    pub fn uniform(weight_decay: f64, betas: [f32; 2], eps: f32) -> Self {
        Self {
            weight_decay,
            vectors_decay: true,
            betas,
            eps,
            vision_rate: 1.0,
            moments: MomentPrecision::Full,
        }
    }

    /// The same with moments in so many bits.
    #[must_use]
    pub fn keeping(self, moments: MomentPrecision) -> Self {
        Self { moments, ..self }
    }

    /// Learning rate and decay per step of a tensor, where the decoder's rate is `rate`.
    fn rates(&self, name: &str, tensor: &Tensor, rate: f64) -> [f32; 2] {
        let rate = match name.contains("language_model.") {
            true => rate,
            false => rate * self.vision_rate,
        };
        let decay = match self.vectors_decay || is_matrix(tensor) {
            true => self.weight_decay,
            false => 0.0,
        };
        [rate as f32, (rate * decay) as f32]
    }
}

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019). Steps are taken where the weights are.
#[derive(Clone, Debug)]
pub struct AdamW {
    settings: AdamWSettings,
    steps: u32,
    moments: BTreeMap<String, Moments>,
}

impl AdamW {
    /// A run's, with no step taken.
    #[must_use]
    pub fn new(weight_decay: f64) -> Self {
        Self::with(AdamWSettings::of_run(weight_decay))
    }

    /// With other settings.
    #[must_use]
    pub fn with(settings: AdamWSettings) -> Self {
        Self {
            settings,
            steps: 0,
            moments: BTreeMap::new(),
        }
    }

    /// Moves every variable that has a gradient.
    pub fn step<N: Formed>(
        &mut self,
        weights: &Weights,
        gradients: &Gradients<N>,
        rate: f64,
    ) -> Result<()> {
        self.steps += 1;
        let power = self.steps.min(1_000_000) as i32;
        let corrections = self.settings.betas.map(|beta| 1.0 - beta.powi(power));
        for (name, gradient) in &gradients.by_name {
            let empty = || Moments::zeros(gradient.count(), self.settings.moments);
            self.moments.entry(name.clone()).or_insert_with(empty);
        }
        let settings = &self.settings;
        let move_on = |(name, moments): (&String, &mut Moments)| {
            let variable = weights.variables().get(name);
            let Some((var, gradient)) = variable.zip(gradients.by_name.get(name)) else {
                return Ok(());
            };
            let rates = settings.rates(name, var.as_tensor(), rate);
            moments.move_on(var, gradient, rates, settings, corrections)
        };
        match weights.variables().values().all(|var| on_host(var)) {
            // Each tensor is a piece of work of its own; they are as uneven as they are many.
            true => self.moments.par_iter_mut().try_for_each(move_on),
            false => self.moments.iter_mut().try_for_each(move_on),
        }
    }

    /// Its state as named tensors.
    pub fn state(&self) -> Result<BTreeMap<String, Tensor>> {
        let mut state = BTreeMap::new();
        for (name, moments) in &self.moments {
            moments.tell(name, &mut state)?;
        }
        Ok(state)
    }

    /// Takes over a state after `steps` steps, whatever precision its moments are in.
    pub fn restore(&mut self, steps: u32, state: &BTreeMap<String, Tensor>) -> Result<()> {
        self.steps = steps;
        self.moments.clear();
        let names: BTreeSet<&str> = state
            .keys()
            .filter_map(|key| key.split_once('.').map(|(_, name)| name))
            .collect();
        for name in names {
            if let Some(moments) = Moments::told(name, state, self.settings.moments)? {
                self.moments.insert(name.to_owned(), moments);
            }
        }
        Ok(())
    }
}

/// Class and position embeddings have three axes, but only one that is longer than one.
fn is_matrix(tensor: &Tensor) -> bool {
    tensor.dims().iter().filter(|d| **d > 1).count() > 1
}

#[cfg(test)]
mod tests {
    use super::super::numbers::Numbers;
    use super::*;
    use crate::model::kernels::composed_only;
    use candle_core::{DType, Device, Var};
    use medreg_datasets::protocol::MomentPrecision::{EightBits, Full};

    fn wave(count: usize, from: f32) -> Vec<f32> {
        (0..count)
            .map(|i| (i as f32 * 0.37 + from).sin() * 3.0)
            .collect()
    }

    /// A matrix large enough for moments in 8 bits, whose last block is a part of one, and a vector.
    fn weights() -> Weights {
        let matrix = Tensor::from_vec(wave(4500, 0.0), (45, 100), &Device::Cpu).unwrap();
        let vector = Tensor::from_vec(wave(5, 1.0), 5, &Device::Cpu).unwrap();
        let named = [("language_model.m", matrix), ("v", vector)];
        Weights::trained(named.map(|(name, t)| (name.to_owned(), t)).into()).unwrap()
    }

    fn optimizer(moments: MomentPrecision) -> AdamW {
        AdamW::with(AdamWSettings::of_run(0.1).keeping(moments))
    }

    fn step(optimizer: &mut AdamW, weights: &Weights, step: u32) {
        let gradient = |(name, var): (&String, &Var)| {
            let numbers = wave(var.elem_count(), step as f32);
            // Some as autograd leaves them.
            let there = Tensor::from_vec(numbers.clone(), var.shape(), &Device::Cpu).unwrap();
            let formed = match step % 2 {
                0 => Numbers::Host(numbers),
                _ => Numbers::There(there),
            };
            (name.clone(), formed)
        };
        let gradients = Gradients {
            by_name: weights.variables().iter().map(gradient).collect(),
            ..Gradients::default()
        };
        optimizer.step(weights, &gradients, 0.05).unwrap();
    }

    fn numbers_of(weights: &Weights) -> Vec<f32> {
        let numbers = |var: &Var| var.flatten_all().unwrap().to_vec1().unwrap();
        weights.variables().values().flat_map(numbers).collect()
    }

    /// The weights after four steps; before the last of them the optimizer begins anew from its state, as another precision has it.
    fn after_steps(moments: MomentPrecision, then: MomentPrecision) -> Vec<f32> {
        let (weights, mut before) = (weights(), optimizer(moments));
        (0..3).for_each(|n| step(&mut before, &weights, n));
        let mut after = optimizer(then);
        after.restore(3, &before.state().unwrap()).unwrap();
        step(&mut after, &weights, 3);
        numbers_of(&weights)
    }

    fn apart(a: &[f32], b: &[f32]) -> f32 {
        let pairs = a.iter().zip(b);
        pairs.fold(0.0, |most: f32, (a, b)| most.max((a - b).abs()))
    }

    #[test]
    fn steps_on_a_gpu_are_those_of_host_memory() {
        for moments in [Full, EightBits] {
            let loops = after_steps(moments, moments);
            let composed = composed_only(|| after_steps(moments, moments));
            assert!(apart(&loops, &numbers_of(&weights())) > 0.1);
            // Where two sums lie on both sides of the border between two codes, the steps differ by a part of themselves.
            let near = if moments == Full { 2e-6 } else { 5e-3 };
            assert!(apart(&loops, &composed) < near, "{moments:?}");
        }
    }

    #[test]
    fn a_state_goes_on_as_it_was_and_in_another_precision_nearly_so() {
        for moments in [Full, EightBits] {
            let (weights, mut undisturbed) = (weights(), optimizer(moments));
            (0..4).for_each(|n| step(&mut undisturbed, &weights, n));
            assert_eq!(after_steps(moments, moments), numbers_of(&weights));
        }
        // The step itself is of 32 bits: what is read of bytes is what it would have read of them in any case.
        let (eight, full) = (after_steps(EightBits, EightBits), after_steps(Full, Full));
        assert_eq!(after_steps(EightBits, Full), eight);
        let far = apart(&after_steps(Full, EightBits), &full);
        assert!(far > 0.0 && far < 0.05, "{far}");
    }

    #[test]
    fn moments_in_8_bits_are_kept_in_bytes_and_those_of_vectors_are_not() {
        let (weights, mut optimizer) = (weights(), optimizer(EightBits));
        step(&mut optimizer, &weights, 0);
        let state = optimizer.state().unwrap();
        let of = |name: &str| (state[name].dtype(), state[name].elem_count());
        assert_eq!(of("first_codes.language_model.m"), (DType::U8, 4500));
        assert_eq!(of("second_scales.language_model.m"), (DType::F32, 18));
        assert_eq!(of("first.v"), (DType::F32, 5));
        let mut cut = state.clone();
        cut.remove("second_scales.language_model.m");
        let error = optimizer.restore(1, &cut).unwrap_err().to_string();
        assert!(error.contains("second_scales.language_model.m"), "{error}");
    }

    /// The mean square left of a regression on 5000 numbers after 300 noisy steps.
    fn left_of_a_regression(moments: MomentPrecision) -> f32 {
        let (count, truth) = (5000, wave(5000, 0.3));
        let start = Tensor::zeros((50, 100), DType::F32, &Device::Cpu).unwrap();
        let weights = Weights::trained([("language_model.m".to_owned(), start)].into()).unwrap();
        let mut optimizer = AdamW::with(AdamWSettings::of_run(0.0).keeping(moments));
        let gap = |weights: &Weights| -> Vec<f32> {
            let numbers = numbers_of(weights);
            numbers.iter().zip(&truth).map(|(x, y)| x - y).collect()
        };
        for n in 0..300 {
            let noise = wave(count, 7.7 * n as f32);
            let gradient = gap(&weights)
                .into_iter()
                .zip(noise)
                .map(|(g, e)| g + 0.1 * e);
            let gradients = Gradients {
                by_name: [(
                    "language_model.m".to_owned(),
                    gradient.collect::<Vec<f32>>(),
                )]
                .into(),
                ..Gradients::default()
            };
            let rate = 0.05 * (1.0 - f64::from(n) / 300.0);
            optimizer.step(&weights, &gradients, rate).unwrap();
        }
        gap(&weights).iter().map(|g| g * g).sum::<f32>() / count as f32
    }

    #[test]
    fn with_moments_in_8_bits_a_regression_ends_as_near() {
        let (full, eight) = (left_of_a_regression(Full), left_of_a_regression(EightBits));
        assert!(full < 0.01, "{full}");
        assert!(eight < 2.0 * full + 1e-3, "{eight} and {full}");
    }
}
