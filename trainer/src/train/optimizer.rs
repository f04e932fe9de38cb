//! AdamW with visible moments, so that a resumed run is the run that never stopped.

use super::gradients::Gradients;
use crate::model::Weights;
use crate::model::kernels::{Floats, adam};
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

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019). Moments are kept and steps computed in host memory, wherever the
/// weights are: a GPU's memory is for weights and activations.
#[derive(Clone, Debug)]
pub struct AdamW {
    settings: AdamWSettings,
    steps: u32,
    moments: BTreeMap<String, Moments>,
}

#[derive(Clone, Debug)]
struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
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
    pub fn step(&mut self, weights: &Weights, gradients: &Gradients, rate: f64) -> Result<()> {
        self.steps += 1;
        let power = self.steps.min(1_000_000) as i32;
        let corrections = self.settings.betas.map(|beta| 1.0 - beta.powi(power));
        for (name, gradient) in &gradients.by_name {
            let empty = || Moments {
                first: vec![0.0; gradient.len()],
                second: vec![0.0; gradient.len()],
            };
            self.moments.entry(name.clone()).or_insert_with(empty);
        }
        let settings = &self.settings;
        // Each tensor is a piece of work of its own; they are as uneven as they are many.
        self.moments.par_iter_mut().try_for_each(|(name, moments)| {
            let found = weights
                .variables()
                .get(name)
                .zip(gradients.by_name.get(name));
            let Some((var, gradient)) = found else {
                return Ok(());
            };
            let rates = settings.rates(name, var.as_tensor(), rate);
            moments.move_on(var, |moments, values| {
                moments.apply(values, gradient, rates, settings, corrections);
            })
        })
    }

    /// Its state as named tensors.
    pub fn state(&self) -> Result<BTreeMap<String, Tensor>> {
        let mut state = BTreeMap::new();
        for (name, m) in &self.moments {
            for (part, numbers) in [("first", &m.first), ("second", &m.second)] {
                let tensor = Tensor::from_slice(numbers, numbers.len(), &Device::Cpu)?;
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
                first: Floats::of(first)?.to_vec(),
                second: Floats::of(second)?.to_vec(),
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
    /// Has `change` change the variable's numbers: in place where they are in host memory, else in a copy.
    fn move_on(&mut self, var: &Var, mut change: impl FnMut(&mut Self, &mut [f32])) -> Result<()> {
        let tensor = var.as_tensor();
        if tensor.device().is_cpu() {
            let change = InPlace(RefCell::new(|values: &mut [f32]| change(self, values)));
            return var.as_detached_tensor().inplace_op1(&change);
        }
        let mut values = Floats::of(tensor)?.to_vec();
        change(self, &mut values);
        var.set(&Tensor::from_vec(values, tensor.shape(), tensor.device())?)
    }

    fn apply(
        &mut self,
        values: &mut [f32],
        gradient: &[f32],
        [rate, decay]: [f32; 2],
        settings: &AdamWSettings,
        [c1, c2]: [f32; 2],
    ) {
        let rates = [rate, decay, settings.eps];
        adam(
            values,
            gradient,
            (&mut self.first, &mut self.second),
            (rates, settings.betas),
            [c1, c2],
        );
    }
}
