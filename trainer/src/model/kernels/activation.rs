//! Elementwise pieces: GELU, SwiGLU, and the residual with layer scale.

use super::backend::on_host;
use super::composed;
use super::floats::{Floats, of_storage};
use super::simd::{exp, vectorised};
use candle_core::{CpuStorage, CustomOp1, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor};

/// The exact GELU, `x · Φ(x)`; the error function is good to 1.5e-7 (Abramowitz and Stegun 7.1.26).
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    if !on_host(x) {
        return x.gelu_erf();
    }
    x.apply_op1(Gelu)
}

/// `silu(gate) · up`.
pub fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    if !on_host(gate) {
        return composed::swiglu(gate, up);
    }
    gate.apply_op2(up, SwiGlu)
}

/// `x + scale · branch` with one scale per column: InternViT's residual.
pub fn scaled_residual(x: &Tensor, branch: &Tensor, scale: &Tensor) -> Result<Tensor> {
    if !on_host(x) {
        return composed::scaled_residual(x, branch, scale);
    }
    x.apply_op3(branch, scale, ScaledResidual)
}

/// Φ(x), the normal distribution, and e^(−x²/2).
#[inline(always)]
fn normal(x: f32) -> (f32, f32) {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let bell = exp(-z * z);
    let poly = ((((1.061_405_4 * t - 1.453_152_1) * t + 1.421_413_8) * t - 0.284_496_72) * t
        + 0.254_829_6)
        * t;
    let half_tail = 0.5 * poly * bell;
    (if x < 0.0 { half_tail } else { 1.0 - half_tail }, bell)
}

struct Gelu;

vectorised! {
    fn gelu_forward(y: &mut [f32], x: &[f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = x * normal(*x).0;
        }
    }
}

vectorised! {
    fn gelu_backward(gx: &mut [f32], x: &[f32], g: &[f32]) {
        // 1 / sqrt(2π)
        const DENSITY: f32 = 0.398_942_3;
        for ((gx, x), g) in gx.iter_mut().zip(x).zip(g) {
            let (cdf, bell) = normal(*x);
            *gx = g * (cdf + x * bell * DENSITY);
        }
    }
}

/// The exact GELU of every number.
pub(in crate::model) fn gelu_of(x: &[f32]) -> Vec<f32> {
    let mut y = vec![0.0; x.len()];
    gelu_forward(&mut y, x);
    y
}

/// The gradient `g` of GELU's result, taken back to `x`.
pub(in crate::model) fn gelu_back(x: &[f32], g: &[f32]) -> Vec<f32> {
    let mut gx = vec![0.0; x.len()];
    gelu_backward(&mut gx, x, g);
    gx
}

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, xl: &Layout) -> Result<(CpuStorage, Shape)> {
        let y = gelu_of(of_storage(x, xl)?);
        Ok((CpuStorage::F32(y), xl.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let grad = grad.contiguous()?;
        let gx = gelu_back(&Floats::of(x)?, &Floats::of(&grad)?);
        Ok(Some(Tensor::from_vec(gx, x.shape(), x.device())?))
    }
}

struct SwiGlu;

vectorised! {
    /// `silu(gate) · up`, number by number.
    pub(in crate::model) fn swiglu_forward(y: &mut [f32], gate: &[f32], up: &[f32]) {
        for ((y, g), u) in y.iter_mut().zip(gate).zip(up) {
            *y = g / (1.0 + exp(-g)) * u;
        }
    }
}

vectorised! {
    /// The gradient `grad` of SwiGLU's result, taken back to both sides.
    pub(in crate::model) fn swiglu_backward(g_gate: &mut [f32], g_up: &mut [f32], gate: &[f32], up: &[f32], grad: &[f32]) {
        for i in 0..gate.len() {
            let sigmoid = 1.0 / (1.0 + exp(-gate[i]));
            let silu = gate[i] * sigmoid;
            g_up[i] = grad[i] * silu;
            g_gate[i] = grad[i] * up[i] * (sigmoid + silu * (1.0 - sigmoid));
        }
    }
}

impl CustomOp2 for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(
        &self,
        g: &CpuStorage,
        gl: &Layout,
        u: &CpuStorage,
        ul: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (gate, up) = (of_storage(g, gl)?, of_storage(u, ul)?);
        if gate.len() != up.len() {
            candle_core::bail!("swiglu: {} gates for {} values", gate.len(), up.len());
        }
        let mut y = vec![0.0; gate.len()];
        swiglu_forward(&mut y, gate, up);
        Ok((CpuStorage::F32(y), gl.shape().clone()))
    }

    fn bwd(
        &self,
        gate: &Tensor,
        up: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let grad = grad.contiguous()?;
        let n = gate.elem_count();
        let (mut g_gate, mut g_up) = (vec![0.0; n], vec![0.0; n]);
        swiglu_backward(
            &mut g_gate,
            &mut g_up,
            &Floats::of(gate)?,
            &Floats::of(up)?,
            &Floats::of(&grad)?,
        );
        Ok((
            Some(Tensor::from_vec(g_gate, gate.shape(), gate.device())?),
            Some(Tensor::from_vec(g_up, up.shape(), up.device())?),
        ))
    }
}

struct ScaledResidual;

vectorised! {
    /// Adds `scale · branch`, one scale per column, to `y`.
    pub(in crate::model) fn residual_forward(y: &mut [f32], branch: &[f32], scale: &[f32]) {
        for (y, b) in y.chunks_exact_mut(scale.len()).zip(branch.chunks_exact(scale.len())) {
            for ((y, b), s) in y.iter_mut().zip(b).zip(scale) {
                *y += b * s;
            }
        }
    }
}

vectorised! {
    /// The gradient `grad` of that sum, taken back to the branch and, added up, to the scales.
    pub(in crate::model) fn residual_backward(g_branch: &mut [f32], g_scale: &mut [f32], branch: &[f32], scale: &[f32], grad: &[f32]) {
        let n = scale.len();
        let rows = g_branch.chunks_exact_mut(n).zip(branch.chunks_exact(n)).zip(grad.chunks_exact(n));
        for ((gb, b), g) in rows {
            for i in 0..n {
                gb[i] = g[i] * scale[i];
                g_scale[i] += g[i] * b[i];
            }
        }
    }
}

impl CustomOp3 for ScaledResidual {
    fn name(&self) -> &'static str {
        "scaled residual"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        b: &CpuStorage,
        bl: &Layout,
        s: &CpuStorage,
        sl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, branch, scale) = (of_storage(x, xl)?, of_storage(b, bl)?, of_storage(s, sl)?);
        if x.len() != branch.len() || scale.is_empty() || x.len() % scale.len() != 0 {
            candle_core::bail!(
                "residual: {} + {} numbers, {} scales",
                x.len(),
                branch.len(),
                scale.len()
            );
        }
        let mut y = x.to_vec();
        residual_forward(&mut y, branch, scale);
        Ok((CpuStorage::F32(y), xl.shape().clone()))
    }

    fn bwd(
        &self,
        _: &Tensor,
        branch: &Tensor,
        scale: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let grad = grad.contiguous()?;
        let (mut gb, mut gs) = (
            vec![0.0; branch.elem_count()],
            vec![0.0; scale.elem_count()],
        );
        residual_backward(
            &mut gb,
            &mut gs,
            &Floats::of(branch)?,
            &Floats::of(scale)?,
            &Floats::of(&grad)?,
        );
        let gb = Tensor::from_vec(gb, branch.shape(), branch.device())?;
        let gs = Tensor::from_vec(gs, scale.shape(), scale.device())?;
        Ok((Some(grad), Some(gb), scale.track_op().then_some(gs)))
    }
}
