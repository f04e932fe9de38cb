//! From vision states to rows of the language model: pixel shuffle, LayerNorm and two linear layers.

mod backward;

pub use backward::Passed;

use super::config::{ModelConfig, NormType, ShuffleVersion};
use super::kernels::gelu;
use super::nn::{Linear, Norm};
use super::weights::Weights;
use candle_core::{Result, Tensor};

/// PyTorch's default, not the vision tower's 1e-6.
const EPS: f64 = 1e-5;

/// `mlp1` with the pixel shuffle before it.
#[derive(Clone, Debug)]
pub struct Projector {
    norm: Norm,
    first: Linear,
    second: Linear,
    side: usize,
    version: ShuffleVersion,
}

impl Projector {
    /// Reads `mlp1.0`, `mlp1.1` and `mlp1.3`.
    pub fn new(weights: &Weights, config: &ModelConfig) -> Result<Self> {
        let (wide, h) = (
            4 * config.vision_config.hidden_size,
            config.llm_config.hidden_size,
        );
        Ok(Self {
            norm: Norm::new(weights, "mlp1.0", wide, NormType::LayerNorm, EPS)?,
            first: Linear::new(weights, "mlp1.1", (h, wide), true)?,
            second: Linear::new(weights, "mlp1.3", (h, h), true)?,
            side: config.patches_per_side(),
            version: config.ps_version,
        })
    }

    /// States `(images · (1 + N), C)` to image tokens `(images · N / 4, H)`.
    pub fn forward(&self, states: &Tensor) -> Result<Tensor> {
        let x = self.norm.forward(&self.shuffled(states)?)?;
        self.second.forward(&gelu(&self.first.forward(&x)?)?)
    }

    /// Four neighbours in one row, their CLS left out: `(images · N / 4, 4 · C)`.
    pub fn shuffled(&self, states: &Tensor) -> Result<Tensor> {
        let (rows, c) = states.dims2()?;
        let images = rows / (self.side * self.side + 1);
        let order = shuffle_order(images, self.side, self.version);
        let tokens = order.len() / 4;
        let order = Tensor::from_vec(order, tokens * 4, states.device())?;
        states.index_select(&order, 0)?.reshape((tokens, 4 * c))
    }
}

/// For every image token its four rows of the states, in the order (0,0), (0,1), (1,0), (1,1).
fn shuffle_order(images: usize, side: usize, version: ShuffleVersion) -> Vec<u32> {
    let half = side / 2;
    let mut order = Vec::with_capacity(images * side * side);
    for image in 0..images {
        let first = image * (side * side + 1) + 1;
        for token in 0..half * half {
            let (outer, inner) = (token / half, token % half);
            let (i, j) = match version {
                ShuffleVersion::V2 => (outer, inner),
                ShuffleVersion::V1 => (inner, outer),
            };
            for (di, dj) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                order.push((first + (2 * i + di) * side + 2 * j + dj) as u32);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_orders_are_transposes_of_each_other() {
        let v2 = shuffle_order(1, 4, ShuffleVersion::V2);
        assert_eq!(v2[..8], [1, 2, 5, 6, 3, 4, 7, 8]);
        let v1 = shuffle_order(1, 4, ShuffleVersion::V1);
        assert_eq!(v1[..8], [1, 2, 5, 6, 9, 10, 13, 14]);
    }
}
