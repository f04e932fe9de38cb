//! RMSNorm and LayerNorm over the last axis.

use super::backend::on_host;
use super::composed;
use super::floats::{Floats, of_storage};
use super::simd::{LANES, dot, sum, vectorised};
use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor};

/// `x / rms(x) · weight`, row by row: `x` `(rows, width)`, `weight` `(width)`.
pub fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    if !on_host(x) {
        return composed::rms_norm(x, weight, eps);
    }
    x.apply_op2(weight, RmsNorm { eps: eps as f32 })
}

/// `(x − mean) / sqrt(variance + eps) · weight + bias`, row by row.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    if !on_host(x) {
        return composed::layer_norm(x, weight, bias, eps);
    }
    x.apply_op3(weight, bias, LayerNorm { eps: eps as f32 })
}

struct RmsNorm {
    eps: f32,
}

struct LayerNorm {
    eps: f32,
}

/// Mean (zero for RMSNorm) and inverse root of the second moment about it.
fn moments(row: &[f32], eps: f32, centre: bool) -> (f32, f32) {
    let n = row.len() as f32;
    let mean = if centre { sum(row) / n } else { 0.0 };
    let second = if centre {
        squared_deviations(row, mean) / n
    } else {
        dot(row, row) / n
    };
    (mean, 1.0 / (second + eps).sqrt())
}

vectorised! {
    fn squared_deviations(row: &[f32], mean: f32) -> f32 {
        let mut sums = [0.0f32; LANES];
        let chunks = row.chunks_exact(LANES);
        let rest: f32 = chunks.remainder().iter().map(|x| (x - mean) * (x - mean)).sum();
        for x in chunks {
            for lane in 0..LANES {
                let d = x[lane] - mean;
                sums[lane] = d.mul_add(d, sums[lane]);
            }
        }
        sums.iter().sum::<f32>() + rest
    }
}

vectorised! {
    fn apply_row(y: &mut [f32], x: &[f32], w: &[f32], mean: f32, inverse: f32) {
        for ((y, x), w) in y.iter_mut().zip(x).zip(w) {
            *y = (x - mean) * inverse * w;
        }
    }
}

/// Every row of `x` normalised: RMSNorm without a bias, LayerNorm with one.
pub(in crate::model) fn norm_forward(
    x: &[f32],
    w: &[f32],
    b: Option<&[f32]>,
    eps: f32,
) -> Vec<f32> {
    let width = w.len().max(1);
    let mut y = vec![0.0; x.len()];
    for (y, x) in y.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
        let (mean, inverse) = moments(x, eps, b.is_some());
        apply_row(y, x, w, mean, inverse);
        if let Some(b) = b {
            super::linear::add_rows(y, b);
        }
    }
    y
}

/// Takes the gradient `g` of the normalised rows back: adds to `gx` and, weights' gradients, to `gw`. `centre` for LayerNorm.
pub(in crate::model) fn norm_backward(
    (gx, gw): (&mut [f32], &mut [f32]),
    (x, w, g): (&[f32], &[f32], &[f32]),
    eps: f32,
    centre: bool,
) {
    let width = w.len().max(1);
    let rows = gx
        .chunks_exact_mut(width)
        .zip(x.chunks_exact(width))
        .zip(g.chunks_exact(width));
    for ((gx, x), g) in rows {
        let (mean, inverse) = moments(x, eps, centre);
        backward_row(gx, gw, x, w, g, mean, inverse, centre);
    }
}

fn forward(
    x: &[f32],
    w: &[f32],
    b: Option<&[f32]>,
    eps: f32,
    shape: &Shape,
) -> Result<(CpuStorage, Shape)> {
    if w.is_empty() || !x.len().is_multiple_of(w.len()) {
        candle_core::bail!("norm: {} numbers are no rows of {}", x.len(), w.len());
    }
    Ok((CpuStorage::F32(norm_forward(x, w, b, eps)), shape.clone()))
}

vectorised! {
    /// One row's way back. With x̂ = (x − mean) · inverse and h = grad · w:
    /// dx += inverse · (h − [mean h] − x̂ · mean(h x̂)), the bracket for LayerNorm only; dw += grad · x̂.
    fn backward_row(gx: &mut [f32], gw: &mut [f32], x: &[f32], w: &[f32], g: &[f32], mean: f32, inverse: f32, centre: bool) {
        let n = x.len() as f32;
        let (gx, gw, w, g) = (&mut gx[..x.len()], &mut gw[..x.len()], &w[..x.len()], &g[..x.len()]);
        let (mut sum_h, mut sum_hx) = ([0.0f32; LANES], [0.0f32; LANES]);
        let (x_parts, x_rest) = x.as_chunks::<LANES>();
        let (w_parts, w_rest) = w.as_chunks::<LANES>();
        let (g_parts, g_rest) = g.as_chunks::<LANES>();
        let (gw_parts, gw_rest) = gw.as_chunks_mut::<LANES>();
        let mut number = |lane: usize, x: f32, w: f32, g: f32, gw: &mut f32| {
            let (h, hat) = (g * w, (x - mean) * inverse);
            *gw = g.mul_add(hat, *gw);
            sum_h[lane] += h;
            sum_hx[lane] = h.mul_add(hat, sum_hx[lane]);
        };
        for (((x, w), g), gw) in x_parts.iter().zip(w_parts).zip(g_parts).zip(gw_parts) {
            for lane in 0..LANES {
                number(lane, x[lane], w[lane], g[lane], &mut gw[lane]);
            }
        }
        for (lane, gw) in gw_rest.iter_mut().enumerate() {
            number(lane, x_rest[lane], w_rest[lane], g_rest[lane], gw);
        }
        let mean_h = if centre { sum_h.iter().sum::<f32>() / n } else { 0.0 };
        let mean_hx = sum_hx.iter().sum::<f32>() / n;
        for i in 0..x.len() {
            gx[i] += inverse * (g[i] * w[i] - mean_h - (x[i] - mean) * inverse * mean_hx);
        }
    }
}

fn backward(
    x: &Tensor,
    w: &Tensor,
    grad: &Tensor,
    eps: f32,
    centre: bool,
) -> Result<(Tensor, Tensor)> {
    let grad = grad.contiguous()?;
    let (xs, ws, gs) = (Floats::of(x)?, Floats::of(w)?, Floats::of(&grad)?);
    let (mut gx, mut gw) = (vec![0.0; xs.len()], vec![0.0; ws.len()]);
    norm_backward((&mut gx, &mut gw), (&xs, &ws, &gs), eps, centre);
    Ok((
        Tensor::from_vec(gx, x.shape(), x.device())?,
        Tensor::from_vec(gw, w.shape(), w.device())?,
    ))
}

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        forward(
            of_storage(x, xl)?,
            of_storage(w, wl)?,
            None,
            self.eps,
            xl.shape(),
        )
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (gx, gw) = backward(x, w, grad, self.eps, false)?;
        Ok((Some(gx), w.track_op().then_some(gw)))
    }
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
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
        forward(
            of_storage(x, xl)?,
            of_storage(w, wl)?,
            Some(of_storage(b, bl)?),
            self.eps,
            xl.shape(),
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
        let (gx, gw) = backward(x, w, grad, self.eps, true)?;
        let mut gb = None;
        if b.track_op() {
            let mut sum = vec![0.0; b.elem_count()];
            let grad = grad.contiguous()?;
            super::linear::add_rows(&mut sum, &Floats::of(&grad)?);
            gb = Some(Tensor::from_vec(sum, b.shape(), b.device())?);
        }
        Ok((Some(gx), w.track_op().then_some(gw), gb))
    }
}
