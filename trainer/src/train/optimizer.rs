//! AdamW with visible moments, so that a resumed run is the run that never stopped.

use super::gradients::Gradients;
use super::numbers::{Formed, Numbers};
use crate::model::Weights;
use crate::model::kernels::{Floats, adam, on_host};
use candle_core::{CpuStorage, Device, InplaceOp1, Layout, Result, Tensor, Var};
use rayon::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;

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
        }
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

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019). Moments are kept and steps taken where the weights are: to take them
/// through host memory costs a GPU more time than the gradient.
#[derive(Clone, Debug)]
pub struct AdamW {
    settings: AdamWSettings,
    steps: u32,
    moments: BTreeMap<String, Moments>,
}

#[derive(Clone, Debug)]
struct Moments {
    first: Numbers,
    second: Numbers,
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
            let empty = || Moments::zeros(gradient.count());
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
        for (name, m) in &self.moments {
            for (part, numbers) in [("first", &m.first), ("second", &m.second)] {
                let numbers = numbers.in_host()?;
                let tensor = Tensor::from_slice(&numbers, numbers.len(), &Device::Cpu)?;
                state.insert(format!("{part}.{name}"), tensor);
            }
        }
        Ok(state)
    }

    /// Takes over a state after `steps` steps.
    pub fn restore(&mut self, steps: u32, state: &BTreeMap<String, Tensor>) -> Result<()> {
        self.steps = steps;
        self.moments.clear();
        for (key, first) in state {
            let Some(name) = key.strip_prefix("first.") else {
                continue;
            };
            let Some(second) = state.get(&format!("second.{name}")) else {
                candle_core::bail!("the optimizer's state lacks `second.{name}`");
            };
            let moments = Moments {
                first: Numbers::Host(Floats::of(first)?.to_vec()),
                second: Numbers::Host(Floats::of(second)?.to_vec()),
            };
            self.moments.insert(name.to_owned(), moments);
        }
        Ok(())
    }
}

/// Class and position embeddings have three axes, but only one that is longer than one.
fn is_matrix(tensor: &Tensor) -> bool {
    tensor.dims().iter().filter(|d| **d > 1).count() > 1
}

/// Changes numbers where they lie.
struct InPlace<F>(RefCell<F>);

impl<F: FnMut(&mut [f32])> InplaceOp1 for InPlace<F> {
    fn name(&self) -> &'static str {
        "AdamW"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        match (storage, layout.contiguous_offsets()) {
            (CpuStorage::F32(all), Some((start, end))) => {
                (self.0.borrow_mut())(&mut all[start..end]);
                Ok(())
            }
            _ => candle_core::bail!("a variable is contiguous f32"),
        }
    }
}

impl Moments {
    fn zeros(count: usize) -> Self {
        Self {
            first: Numbers::Host(vec![0.0; count]),
            second: Numbers::Host(vec![0.0; count]),
        }
    }

    /// Takes in a gradient and moves the variable, where its numbers are.
    fn move_on(
        &mut self,
        var: &Var,
        gradient: &impl Formed,
        rates: [f32; 2],
        settings: &AdamWSettings,
        corrections: [f32; 2],
    ) -> Result<()> {
        if !on_host(var) {
            return self.move_there(var, gradient, rates, settings, corrections);
        }
        let gradient = gradient.in_host()?;
        let moments = (self.first.on_host()?, self.second.on_host()?);
        let [rate, decay] = rates;
        let settings = ([rate, decay, settings.eps], settings.betas);
        let moments = RefCell::new(moments);
        let change = InPlace(RefCell::new(|values: &mut [f32]| {
            let (first, second) = &mut *moments.borrow_mut();
            adam(values, &gradient, (first, second), settings, corrections);
        }));
        var.as_detached_tensor().inplace_op1(&change)
    }

    /// The same by candle's operations.
    fn move_there(
        &mut self,
        var: &Var,
        gradient: &impl Formed,
        [rate, decay]: [f32; 2],
        settings: &AdamWSettings,
        [c1, c2]: [f32; 2],
    ) -> Result<()> {
        let values = var.as_detached_tensor();
        let gradient = gradient.beside(&values)?;
        let kept = |moment: &mut Numbers, taken_in: &Tensor, beta: f32| -> Result<Tensor> {
            let before = moment.on(values.device())?.reshape(values.shape())?;
            let after = ((before * f64::from(beta))? + (taken_in * f64::from(1.0 - beta))?)?;
            *moment = Numbers::There(after.clone());
            Ok(after)
        };
        let [beta1, beta2] = settings.betas;
        let first = kept(&mut self.first, &gradient, beta1)?;
        let second = kept(&mut self.second, &gradient.sqr()?, beta2)?;
        let root = second.affine(f64::from(1.0 / c2), 0.0)?.sqrt()?;
        let root = root.affine(1.0, f64::from(settings.eps))?;
        let step = (first * f64::from(rate / c1))?.div(&root)?;
        var.set(&((values * f64::from(1.0 - decay))? - step)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kernels::composed_only;

    fn wave(count: usize, from: f32) -> Vec<f32> {
        (0..count)
            .map(|i| (i as f32 * 0.37 + from).sin() * 3.0)
            .collect()
    }

    fn weights() -> Weights {
        let matrix = Tensor::from_vec(wave(12, 0.0), (3, 4), &Device::Cpu).unwrap();
        let vector = Tensor::from_vec(wave(5, 1.0), 5, &Device::Cpu).unwrap();
        let named = [("language_model.m", matrix), ("v", vector)];
        Weights::trained(named.map(|(name, t)| (name.to_owned(), t)).into()).unwrap()
    }

    /// The weights after some steps; before the last of them the optimizer begins anew from its state.
    fn after_steps(weights: &Weights) -> Vec<Vec<f32>> {
        let mut optimizer = AdamW::new(0.1);
        for step in 0..4 {
            if step == 3 {
                let state = optimizer.state().unwrap();
                optimizer = AdamW::new(0.1);
                optimizer.restore(3, &state).unwrap();
            }
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
        let numbers = |var: &Var| var.flatten_all().unwrap().to_vec1().unwrap();
        weights.variables().values().map(numbers).collect()
    }

    #[test]
    fn steps_on_a_gpu_are_those_of_host_memory() {
        let loops = after_steps(&weights());
        let composed = composed_only(|| after_steps(&weights()));
        assert_ne!(loops[0], wave(12, 0.0));
        for (a, b) in loops.iter().flatten().zip(composed.iter().flatten()) {
            assert!((a - b).abs() < 2e-6, "{a} and {b}");
        }
    }
}
