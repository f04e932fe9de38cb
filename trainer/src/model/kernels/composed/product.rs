//! `y = x Wᵀ + b` without a gradient for what is frozen.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CudaStorage, CustomOp2, DType, Layout, Result, Shape, Tensor};

pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let y = x.contiguous()?.apply_op2(weight, Product)?;
    match bias {
        Some(bias) => y.broadcast_add(bias),
        None => Ok(y),
    }
}

/// `x` `(rows, in)` times the transpose of a weight `(out, in)`, which is widened for the time of the product where it is narrower
/// than `x`.
struct Product;

/// The product on any device; the storage's own `matmul` reads the transpose in place.
fn product<S: BackendStorage>(x: &S, xl: &Layout, w: &S, wl: &Layout) -> Result<(S, Shape)> {
    let ((rows, width), (out, w_in)) = (xl.shape().dims2()?, wl.shape().dims2()?);
    if width != w_in {
        candle_core::bail!("linear: rows of {width} numbers meet a weight for {w_in}");
    }
    let sizes = (1, rows, out, width);
    let y = if w.dtype() == x.dtype() {
        x.matmul(w, sizes, xl, &wl.transpose(0, 1)?)?
    } else {
        let wide = w.to_dtype(wl, x.dtype())?;
        let transposed = Layout::contiguous((out, width)).transpose(0, 1)?;
        x.matmul(&wide, sizes, xl, &transposed)?
    };
    Ok((y, (rows, out).into()))
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
        product(x, xl, w, wl)
    }

    fn cuda_fwd(
        &self,
        x: &CudaStorage,
        xl: &Layout,
        w: &CudaStorage,
        wl: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        product(x, xl, w, wl)
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let wanted = |tensor: &Tensor, gradient: &dyn Fn() -> Result<Tensor>| {
            tensor.track_op().then(gradient).transpose()
        };
        let of_x = || grad.matmul(&w.detach().to_dtype(DType::F32)?);
        let of_w = || grad.t()?.matmul(&x.detach());
        Ok((wanted(x, &of_x)?, wanted(w, &of_w)?))
    }
}
