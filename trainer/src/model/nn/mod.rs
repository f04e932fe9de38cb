//! Layers that keep their gradient: the one place that chooses kernels.

mod backward;

pub(super) use backward::Input;

use super::config::NormType;
use super::kernels::{layer_norm, linear, rms_norm};
use super::lora::Adaptation;
use super::weights::Weights;
use candle_core::{Result, Tensor, TensorId};

/// `x Wᵀ + b`, with low-rank adapters where the weights hold some.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Tensor,
    /// Of the variable whose gradient the weight's is.
    id: TensorId,
    bias: Option<Tensor>,
    adapters: Adaptation,
}

impl Linear {
    /// Reads `{name}.weight` `(out, in)` and, if asked for, `{name}.bias`, and any adapters for `name`.
    pub fn new(
        weights: &Weights,
        name: &str,
        (out, width): (usize, usize),
        bias: bool,
    ) -> Result<Self> {
        let bias = bias
            .then(|| weights.get(&format!("{name}.bias"), &[out]))
            .transpose()?;
        let weight = weights.get(&format!("{name}.weight"), &[out, width])?;
        Ok(Self {
            adapters: Adaptation::find(weights, name),
            ..Self::from_parts(weight, bias)
        })
    }

    /// A convolution seen as a product: its kernel `(out, …)` is a matrix `(out, in)`.
    pub fn from_kernel(kernel: &Tensor, bias: Option<Tensor>) -> Result<Self> {
        Ok(Self {
            id: kernel.id(),
            ..Self::from_parts(kernel.flatten_from(1)?, bias)
        })
    }

    /// A layer whose tensors are at hand: a head tied to its embedding.
    #[must_use]
    pub fn from_parts(weight: Tensor, bias: Option<Tensor>) -> Self {
        Self {
            id: weight.id(),
            weight,
            bias,
            adapters: Adaptation::Plain,
        }
    }

    /// `(rows, in)` to `(rows, out)`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = linear(x, &self.weight, self.bias.as_ref())?;
        self.adapters.add_to(y, x)
    }
}

/// LayerNorm or RMSNorm over the last axis.
#[derive(Clone, Debug)]
pub struct Norm {
    weight: Tensor,
    bias: Option<Tensor>,
    eps: f64,
}

impl Norm {
    /// Reads `{name}.weight` and, for LayerNorm, `{name}.bias`.
    pub fn new(
        weights: &Weights,
        name: &str,
        width: usize,
        kind: NormType,
        eps: f64,
    ) -> Result<Self> {
        let bias = match kind {
            NormType::LayerNorm => Some(weights.get(&format!("{name}.bias"), &[width])?),
            NormType::RmsNorm => None,
        };
        let weight = weights.get(&format!("{name}.weight"), &[width])?;
        Ok(Self { weight, bias, eps })
    }

    /// Normalises every row.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match &self.bias {
            Some(bias) => layer_norm(x, &self.weight, bias, self.eps),
            None => rms_norm(x, &self.weight, self.eps),
        }
    }
}
