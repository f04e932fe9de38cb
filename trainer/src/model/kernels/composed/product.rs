//! `y = x Wᵀ + b` without a gradient for what is frozen.

use crate::model::kernels::backend::is_mixed;
use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CudaStorage, CustomOp2, DType, Layout, Result, Shape, Tensor};

pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let product = Product { mixed: is_mixed() };
    let y = x.contiguous()?.apply_op2(weight, product)?;
    match bias {
        Some(bias) => y.broadcast_add(bias),
        None => Ok(y),
    }
}

/// `x` `(rows, in)` times the transpose of a weight `(out, in)`, which is widened for the time of the product where it is narrower
/// than `x`; or, in mixed precision, both rounded to bf16.
struct Product {
    mixed: bool,
}

/// The product of numbers of one type on any device; the storage's own `matmul` reads the transpose in place.
fn product<S: BackendStorage>(x: &S, xl: &Layout, w: &S, wl: &Layout) -> Result<(S, Shape)> {
    let ((rows, width), (out, w_in)) = (xl.shape().dims2()?, wl.shape().dims2()?);
    if width != w_in {
        candle_core::bail!("linear: rows of {width} numbers meet a weight for {w_in}");
    }
    let y = x.matmul(w, (1, rows, out, width), xl, &wl.transpose(0, 1)?)?;
    Ok((y, (rows, out).into()))
}

/// The product with the weight in the type of `x`.
fn full<S: BackendStorage>(x: &S, xl: &Layout, w: &S, wl: &Layout) -> Result<(S, Shape)> {
    if w.dtype() == x.dtype() {
        return product(x, xl, w, wl);
    }
    let wide = w.to_dtype(wl, x.dtype())?;
    product(x, xl, &wide, &dense(wl))
}

/// How numbers lie once their type was changed.
fn dense(layout: &Layout) -> Layout {
    Layout::contiguous(layout.shape().clone())
}

/// Numbers in f32 that bf16 has too: candle has no products of bf16 in host memory.
fn rounded(x: &CpuStorage, layout: &Layout) -> Result<CpuStorage> {
    x.to_dtype(layout, DType::BF16)?
        .to_dtype(&dense(layout), DType::F32)
}

/// `a · b` as [`Product`] in mixed precision has it.
fn mixed(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let narrow = |x: &Tensor| x.to_dtype(DType::BF16);
    if !a.device().is_cpu() {
        return narrow(a)?.matmul(&narrow(b)?)?.to_dtype(DType::F32);
    }
    let rounded = |x: &Tensor| narrow(x)?.to_dtype(DType::F32);
    rounded(&rounded(a)?.matmul(&rounded(b)?)?)
}

impl CustomOp2 for Product {
    fn name(&self) -> &'static str {
        "product with a weight"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        if !self.mixed {
            return full(x, xl, w, wl);
        }
        let (x, w) = (rounded(x, xl)?, rounded(w, wl)?);
        let (y, shape) = product(&x, &dense(xl), &w, &dense(wl))?;
        Ok((rounded(&y, &Layout::contiguous(shape.clone()))?, shape))
    }

    fn cuda_fwd(
        &self,
        x: &CudaStorage,
        xl: &Layout,
        w: &CudaStorage,
        wl: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        if !self.mixed {
            return full(x, xl, w, wl);
        }
        let narrow = x.to_dtype(xl, DType::BF16)?;
        let (y, shape) = full(&narrow, &dense(xl), w, wl)?;
        Ok((
            y.to_dtype(&Layout::contiguous(shape.clone()), DType::F32)?,
            shape,
        ))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let times = |a: &Tensor, b: &Tensor| match self.mixed {
            true => mixed(a, b),
            false => a.matmul(&b.to_dtype(DType::F32)?),
        };
        let wanted = |tensor: &Tensor, gradient: &dyn Fn() -> Result<Tensor>| {
            tensor.track_op().then(gradient).transpose()
        };
        let of_x = || times(grad, &w.detach());
        let of_w = || times(&grad.t()?, &x.detach());
        Ok((wanted(x, &of_x)?, wanted(w, &of_w)?))
    }
}
