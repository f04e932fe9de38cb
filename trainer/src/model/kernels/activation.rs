//! Elementwise pieces: GELU, SwiGLU, and the residual with layer scale.

use super::backend::on_host;
use super::composed;
use super::floats::{Floats, of_storage};
use super::simd::{exp, vectorised};
use candle_core::{CpuStorage, CustomOp1, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor};
use std::mem::MaybeUninit;

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
    let poly = t.mul_add(1.061_405_4, -1.453_152_1);
    let poly = poly.mul_add(t, 1.421_413_8);
    let poly = poly.mul_add(t, -0.284_496_72);
    let poly = poly.mul_add(t, 0.254_829_6) * t;
    let half_tail = 0.5 * poly * bell;
    (if x < 0.0 { half_tail } else { 1.0 - half_tail }, bell)
}

struct Gelu;

/// `count` numbers, which `write` writes: memory that is written over need not be filled with zeros first.
///
/// # Safety
/// `write` must write every one.
#[allow(unsafe_code)] // See above.
unsafe fn written(count: usize, write: impl FnOnce(&mut [MaybeUninit<f32>])) -> Vec<f32> {
    let mut new = Vec::with_capacity(count);
    write(&mut new.spare_capacity_mut()[..count]);
    // SAFETY: so much was reserved and, as the caller promises, written.
    unsafe { new.set_len(count) };
    new
}

vectorised! {
    fn gelu_forward(y: &mut [MaybeUninit<f32>], x: &[f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            y.write(x * normal(*x).0);
        }
    }
}

vectorised! {
    fn gelu_backward(gx: &mut [MaybeUninit<f32>], x: &[f32], g: &[f32]) {
        // 1 / sqrt(2π)
        const DENSITY: f32 = 0.398_942_3;
        for ((gx, x), g) in gx.iter_mut().zip(x).zip(g) {
            let (cdf, bell) = normal(*x);
            gx.write(g * (cdf + x * bell * DENSITY));
        }
    }
}

/// The exact GELU of every number.
#[allow(unsafe_code)] // See `written`.
pub(in crate::model) fn gelu_of(x: &[f32]) -> Vec<f32> {
    // SAFETY: one is written for each number of `x`.
    unsafe { written(x.len(), |y| gelu_forward(y, x)) }
}

/// The gradient `g` of GELU's result, taken back to `x`.
#[allow(unsafe_code)] // See `written`.
pub(in crate::model) fn gelu_back(x: &[f32], g: &[f32]) -> Vec<f32> {
    assert_eq!(x.len(), g.len());
    // SAFETY: one is written for each number of `x`, of which `g` has as many.
    unsafe { written(x.len(), |gx| gelu_backward(gx, x, g)) }
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
    fn swiglu_into(y: &mut [MaybeUninit<f32>], gate: &[f32], up: &[f32]) {
        for ((y, g), u) in y.iter_mut().zip(gate).zip(up) {
            y.write(g / (1.0 + exp(-g)) * u);
        }
    }
}

vectorised! {
    fn swiglu_back_into(g_gate: &mut [MaybeUninit<f32>], grad: &mut [f32], gate: &[f32], up: &[f32]) {
        for (((g_gate, grad), gate), up) in g_gate.iter_mut().zip(grad).zip(gate).zip(up) {
            let sigmoid = 1.0 / (1.0 + exp(-gate));
            let silu = gate * sigmoid;
            g_gate.write(*grad * up * (sigmoid + silu * (1.0 - sigmoid)));
            *grad *= silu;
        }
    }
}

/// `silu(gate) · up`, number by number.
#[allow(unsafe_code)] // See `written`.
pub(in crate::model) fn swiglu_forward(gate: &[f32], up: &[f32]) -> Vec<f32> {
    assert_eq!(gate.len(), up.len());
    // SAFETY: one is written for each gate, and there are as many values.
    unsafe { written(gate.len(), |y| swiglu_into(y, gate, up)) }
}

/// The gradient `grad` of SwiGLU's result becomes that of `up`; that of `gate` is returned.
#[allow(unsafe_code)] // See `written`.
pub(in crate::model) fn swiglu_backward(grad: &mut [f32], gate: &[f32], up: &[f32]) -> Vec<f32> {
    assert!(grad.len() == gate.len() && up.len() == gate.len());
    // SAFETY: one is written for each gate, and there are as many of the others.
    unsafe {
        written(gate.len(), |g_gate| {
            swiglu_back_into(g_gate, grad, gate, up);
        })
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
        let y = swiglu_forward(gate, up);
        Ok((CpuStorage::F32(y), gl.shape().clone()))
    }

    fn bwd(
        &self,
        gate: &Tensor,
        up: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let mut g_up = grad.flatten_all()?.to_vec1()?;
        let g_gate = swiglu_backward(&mut g_up, &Floats::of(gate)?, &Floats::of(up)?);
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
