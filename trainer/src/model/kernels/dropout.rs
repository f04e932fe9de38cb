//! Inputs left out by chance.

use super::backend::on_host;
use super::floats::{Floats, of_storage};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Inverted dropout (Srivastava et al. 2014): each number of `x` becomes zero with probability `share`, in 0..1; the others grow, so
/// that the mean stays. Which ones is a matter of the seed alone, so the way back draws them again instead of keeping them.
pub fn dropout(x: &Tensor, share: f64, seed: [u8; 32]) -> Result<Tensor> {
    if !(0.0..1.0).contains(&share) {
        candle_core::bail!("dropout: a share of {share} is left out, 0 to below 1 is expected");
    }
    let dropout = Dropout { share, seed };
    if !on_host(x) {
        // Drawn here, so that every device leaves out the same ones.
        let factors = dropout.applied(&vec![1.0; x.elem_count()]);
        return x * Tensor::from_vec(factors, x.shape(), x.device())?;
    }
    x.apply_op1(dropout)
}

/// Which numbers are left out, and how the others grow.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Dropout {
    pub(in crate::model) share: f64,
    pub(in crate::model) seed: [u8; 32],
}

impl Dropout {
    /// The numbers, some of them zero; of a gradient the way back.
    pub(in crate::model) fn applied(&self, x: &[f32]) -> Vec<f32> {
        let mut rng = ChaCha8Rng::from_seed(self.seed);
        let below = (self.share * 2f64.powi(32)) as u32;
        let grown = (1.0 / (1.0 - self.share)) as f32;
        let mut one = |x: &f32| match rng.next_u32() < below {
            true => 0.0,
            false => x * grown,
        };
        x.iter().map(&mut one).collect()
    }
}

impl CustomOp1 for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(&self, x: &CpuStorage, xl: &Layout) -> Result<(CpuStorage, Shape)> {
        let y = self.applied(of_storage(x, xl)?);
        Ok((CpuStorage::F32(y), xl.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        if !x.track_op() {
            return Ok(None);
        }
        let grad = grad.contiguous()?;
        let gx = self.applied(&Floats::of(&grad)?);
        Ok(Some(Tensor::from_vec(gx, x.shape(), x.device())?))
    }
}
