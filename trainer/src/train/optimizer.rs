//! AdamW with visible moments, so that a resumed run is the run that never stopped.

use super::gradients::Gradients;
use crate::model::Weights;
use crate::model::kernels::Floats;
use candle_core::{Device, Result, Tensor};
use std::collections::BTreeMap;

/// How slowly the moments forget. The second one forgets faster than PyTorch's default of 0.999, as short runs need.
const BETAS: [f32; 2] = [0.9, 0.98];
const EPS: f32 = 1e-8;
/// Vision tower and projector learn more slowly than the decoder: at its rate their features collapse in a few hundred steps.
const VISION_RATE: f64 = 0.2;

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019); matrices decay, vectors do not. Moments are kept and steps computed in
/// host memory, wherever the weights are: a GPU's memory is for weights and activations.
#[derive(Clone, Debug)]
pub struct AdamW {
    weight_decay: f64,
    betas: [f32; 2],
    steps: u32,
    moments: BTreeMap<String, Moments>,
}

#[derive(Clone, Debug)]
struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
}

impl AdamW {
    /// With no step taken.
    #[must_use]
    pub fn new(weight_decay: f64) -> Self {
        Self {
            weight_decay,
            betas: BETAS,
            steps: 0,
            moments: BTreeMap::new(),
        }
    }

    /// With other rates at which the moments are replaced.
    #[must_use]
    pub fn with_betas(self, betas: [f32; 2]) -> Self {
        Self { betas, ..self }
    }

    /// Moves every variable that has a gradient.
    pub fn step(&mut self, weights: &Weights, gradients: &Gradients, rate: f64) -> Result<()> {
        self.steps += 1;
        let power = self.steps.min(1_000_000) as i32;
        let corrections = self.betas.map(|beta| 1.0 - beta.powi(power));
        for (name, var) in weights.variables() {
            let Some(gradient) = gradients.by_name.get(name) else {
                continue;
            };
            let tensor = var.as_tensor();
            let rate = if name.contains("language_model.") {
                rate
            } else {
                rate * VISION_RATE
            };
            let decay = if is_matrix(tensor) {
                self.weight_decay
            } else {
                0.0
            };
            let moments = self.moments.entry(name.clone()).or_insert_with(|| Moments {
                first: vec![0.0; gradient.len()],
                second: vec![0.0; gradient.len()],
            });
            let mut values = Floats::of(tensor)?.to_vec();
            let rates = [rate as f32, (rate * decay) as f32];
            moments.apply(&mut values, gradient, rates, self.betas, corrections);
            var.set(&Tensor::from_vec(values, tensor.shape(), tensor.device())?)?;
        }
        Ok(())
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

impl Moments {
    fn apply(
        &mut self,
        values: &mut [f32],
        gradient: &[f32],
        [rate, decay]: [f32; 2],
        [beta1, beta2]: [f32; 2],
        [c1, c2]: [f32; 2],
    ) {
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((x, g), (m, v)) in values.iter_mut().zip(gradient).zip(moments) {
            *m = beta1 * *m + (1.0 - beta1) * g;
            *v = beta2 * *v + (1.0 - beta2) * g * g;
            *x -= decay * *x + rate * (*m / c1) / ((*v / c2).sqrt() + EPS);
        }
    }
}
