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
    /// The same of some rows alone, `width` numbers each: in them, what is left out of them among all rows.
    pub(in crate::model) fn applied_to(&self, rows: &[u32], x: &[f32], width: usize) -> Vec<f32> {
        let mut rng = ChaCha8Rng::from_seed(self.seed);
        let mut left = Vec::with_capacity(x.len());
        for (row, x) in rows.iter().zip(x.chunks_exact(width.max(1))) {
            // One word is drawn per number.
            rng.set_word_pos(u128::from(*row) * width as u128);
            self.apply(&mut rng, x, &mut left);
        }
        left
    }

    /// The numbers, some of them zero; of a gradient the way back.
    pub(in crate::model) fn applied(&self, x: &[f32]) -> Vec<f32> {
        let mut left = Vec::with_capacity(x.len());
        self.apply(&mut ChaCha8Rng::from_seed(self.seed), x, &mut left);
        left
    }

    fn apply(&self, rng: &mut ChaCha8Rng, x: &[f32], left: &mut Vec<f32>) {
        let below = (self.share * 2f64.powi(32)) as u32;
        let grown = (1.0 / (1.0 - self.share)) as f32;
        left.extend(x.iter().map(|x| match rng.next_u32() < below {
            true => 0.0,
            false => x * grown,
        }));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_rows_lose_what_they_lose_among_all() {
        let (width, dropout) = (
            13,
            Dropout {
                share: 0.4,
                seed: [7; 32],
            },
        );
        let x: Vec<f32> = (1..=20 * 13).map(|i| i as f32).collect();
        let all = dropout.applied(&x);
        let row = |of: &[f32], row: usize| of[row * width..(row + 1) * width].to_vec();
        let asked = [2_u32, 3, 11, 19];
        let some: Vec<f32> = asked.iter().flat_map(|r| row(&x, *r as usize)).collect();
        let expected: Vec<f32> = asked.iter().flat_map(|r| row(&all, *r as usize)).collect();
        assert_eq!(dropout.applied_to(&asked, &some, width), expected);
        assert!(expected.contains(&0.0) && expected.iter().any(|x| *x > 0.0));
    }
}
