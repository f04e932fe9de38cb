//! `y = x Wᵀ + b`.

use super::backend::on_host;
use super::composed;
use super::floats::{Floats, dims2, of_storage};
use super::gemm::{Into, Mat, product_of};
use super::matrix::{Borrowed, Matrix, product_with, product_with_transposed, times_transposed};
use super::simd::vectorised;
use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor};

/// `x` `(rows, in)` times `weight` `(out, in)`, plus `bias` `(out)`: `(rows, out)`.
///
/// Gradients are formed only for the arguments that are tracked: a frozen weight costs nothing on the way back. A frozen weight may be
/// bf16.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    match bias {
        _ if !on_host(x) => composed::linear(x, weight, bias),
        Some(bias) => x.apply_op3(weight, bias, Linear),
        None => x.apply_op2(weight, Linear),
    }
}

struct Linear;

fn forward(
    x: (&[f32], usize, usize),
    w: (Matrix<'_>, usize, usize),
    bias: Option<&[f32]>,
) -> Result<(CpuStorage, Shape)> {
    let ((x, rows, width), (w, out, w_in)) = (x, w);
    if width != w_in {
        candle_core::bail!("linear: rows of {width} numbers meet a weight for {w_in}");
    }
    let x = Mat::new(x, rows, width, width);
    let y = match bias {
        Some(bias) if bias.len() == out => {
            let mut y = bias.repeat(rows);
            times_transposed(&mut y, out, Into::Sum, x, w, out);
            y
        }
        Some(bias) => candle_core::bail!("linear: {} biases for {out} outputs", bias.len()),
        None => product_with_transposed(x, w, out),
    };
    Ok((CpuStorage::F32(y), (rows, out).into()))
}

impl Linear {
    fn grads(x: &Tensor, w: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let ((rows, width), out) = (x.dims2()?, w.dim(0)?);
        let grad = grad.contiguous()?;
        let (xs, gs) = (Floats::of(x)?, Floats::of(&grad)?);
        let gs = Mat::new(&gs, rows, out, out);
        let mut gx = None;
        if x.track_op() {
            let dst = product_with(gs, Borrowed::of(w).matrix()?, width);
            gx = Some(Tensor::from_vec(dst, (rows, width), x.device())?);
        }
        let mut gw = None;
        if w.track_op() {
            let dst = product_of(gs.t(), Mat::new(&xs, rows, width, width), 1.0);
            gw = Some(Tensor::from_vec(dst, (out, width), w.device())?);
        }
        Ok((gx, gw))
    }
}

vectorised! {
    /// Adds every row of `rows` to `sum`.
    pub(in crate::model) fn add_rows(sum: &mut [f32], rows: &[f32]) {
        for row in rows.chunks_exact(sum.len()) {
            for (s, x) in sum.iter_mut().zip(row) {
                *s += x;
            }
        }
    }
}

impl CustomOp2 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let ((rows, width), (out, w_in)) = (dims2(xl)?, dims2(wl)?);
        forward(
            (of_storage(x, xl)?, rows, width),
            (Matrix::of_storage(w, wl)?, out, w_in),
            None,
        )
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        Self::grads(x, w, grad)
    }
}

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear with bias"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
        b: &CpuStorage,
        bl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let ((rows, width), (out, w_in)) = (dims2(xl)?, dims2(wl)?);
        forward(
            (of_storage(x, xl)?, rows, width),
            (Matrix::of_storage(w, wl)?, out, w_in),
            Some(of_storage(b, bl)?),
        )
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        b: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (gx, gw) = Self::grads(x, w, grad)?;
        if !b.track_op() {
            return Ok((gx, gw, None));
        }
        let mut gb = vec![0.0; b.elem_count()];
        let grad = grad.contiguous()?;
        add_rows(&mut gb, &Floats::of(&grad)?);
        Ok((gx, gw, Some(Tensor::from_vec(gb, b.shape(), b.device())?)))
    }
}
