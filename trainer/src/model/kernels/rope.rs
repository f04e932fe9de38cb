//! Rotary position embedding in the half-split layout of Llama and Qwen2.

use super::backend::on_host;
use super::composed;
use super::floats::{Floats, of_storage};
use super::simd::vectorised;
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use std::sync::{Arc, OnceLock};

/// Cosines and sines of every row's position: `(rows, head / 2)` each.
#[derive(Debug)]
pub struct Rotary {
    head: usize,
    cos: Vec<f32>,
    sin: Vec<f32>,
    /// The same as tensors `(rows, 1, head / 2)`, once a device asked for them.
    tables: OnceLock<(Tensor, Tensor)>,
}

impl Rotary {
    /// For rows at these positions, each divided by `divisor`; `head` numbers per head, base frequency `theta`.
    #[must_use]
    pub fn new(positions: &[u32], head: usize, theta: f64, divisor: f64) -> Self {
        let half = head / 2;
        let angle =
            |p: u32, i: usize| f64::from(p) / divisor * theta.powf(-2.0 * i as f64 / head as f64);
        let each = |f: fn(f64) -> f64| {
            let rows = positions
                .iter()
                .flat_map(|p| (0..half).map(move |i| f(angle(*p, i)) as f32));
            rows.collect()
        };
        Self {
            head,
            cos: each(f64::cos),
            sin: each(f64::sin),
            tables: OnceLock::new(),
        }
    }

    /// For some of the rows.
    #[must_use]
    pub(in crate::model) fn of_rows(&self, rows: &[u32]) -> Self {
        let half = self.head / 2;
        let some = |table: &[f32]| {
            let row = |row: &u32| &table[*row as usize * half..(*row as usize + 1) * half];
            rows.iter().flat_map(row).copied().collect()
        };
        Self {
            head: self.head,
            cos: some(&self.cos),
            sin: some(&self.sin),
            tables: OnceLock::new(),
        }
    }

    /// Cosines and sines where `x` is.
    fn tables_beside(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        if let Some((cos, sin)) = self.tables.get() {
            return Ok((cos.to_device(x.device())?, sin.to_device(x.device())?));
        }
        let half = self.head / 2;
        let shape = (self.cos.len() / half.max(1), 1, half);
        let table = |numbers: &[f32]| Tensor::from_slice(numbers, shape, x.device());
        let tables = (table(&self.cos)?, table(&self.sin)?);
        Ok(self.tables.get_or_init(|| tables).clone())
    }

    fn check(&self, rows: usize, width: usize) -> Result<()> {
        if !width.is_multiple_of(self.head) || rows * (self.head / 2) != self.cos.len() {
            candle_core::bail!(
                "rotary: tables of other rows or heads than the tensor's {rows} × {width}"
            );
        }
        Ok(())
    }
}

/// Rotates the heads of `x` `(rows, heads · head)`.
pub fn rotate(x: &Tensor, rotary: &Arc<Rotary>) -> Result<Tensor> {
    if !on_host(x) {
        let (rows, width) = x.dims2()?;
        rotary.check(rows, width)?;
        let (cos, sin) = rotary.tables_beside(x)?;
        return composed::rotate(x, (&cos, &sin));
    }
    x.apply_op1(Rotate(Arc::clone(rotary)))
}

struct Rotate(Arc<Rotary>);

vectorised! {
    /// Rotates one head by the angles, or back where `sign` is −1.
    fn rotate_head(x: &mut [f32], cos: &[f32], sin: &[f32], sign: f32) {
        let (x0, x1) = x.split_at_mut(cos.len());
        let n = cos.len();
        let (x1, sin) = (&mut x1[..n], &sin[..n]);
        for i in 0..n {
            let (a, b, s) = (x0[i], x1[i], sin[i] * sign);
            x0[i] = a * cos[i] - b * s;
            x1[i] = b * cos[i] + a * s;
        }
    }
}

impl Rotary {
    /// Rotates the heads of `x`, rows of `width` numbers, or back where `sign` is −1: the transpose, so also the way back of a gradient.
    pub(in crate::model) fn rotate_rows(&self, x: &mut [f32], width: usize, sign: f32) {
        let (head, half) = (self.head, self.head / 2);
        for (row, x) in x.chunks_exact_mut(width.max(1)).enumerate() {
            let angles = row * half..(row + 1) * half;
            for x in x.chunks_exact_mut(head) {
                rotate_head(
                    x,
                    &self.cos[angles.clone()],
                    &self.sin[angles.clone()],
                    sign,
                );
            }
        }
    }
}

impl CustomOp1 for Rotate {
    fn name(&self) -> &'static str {
        "rotary"
    }

    fn cpu_fwd(&self, x: &CpuStorage, xl: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = xl.shape().dims2()?;
        self.0.check(rows, width)?;
        let mut y = of_storage(x, xl)?.to_vec();
        self.0.rotate_rows(&mut y, width, 1.0);
        Ok((CpuStorage::F32(y), xl.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let grad = grad.contiguous()?;
        let mut gx = Floats::of(&grad)?.to_vec();
        self.0.rotate_rows(&mut gx, x.dim(1)?, -1.0);
        Ok(Some(Tensor::from_vec(gx, x.shape(), x.device())?))
    }
}
