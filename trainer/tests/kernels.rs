//! Every operation with a hand-written backward pass against candle's own differentiable ones; on a GPU too, in a build for one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed step is a failed test"
)]

use candle_core::{D, DType, Device, Result, Tensor, Var};
use medreg_trainer::device::DeviceChoice;
use medreg_trainer::model::kernels::{
    Heads, Rotary, Span, Target, attend, attend_fused, composed_only, cross_entropy, gelu,
    layer_norm, linear, rms_norm, rotate, scaled_residual, swiglu,
};
use std::sync::Arc;

/// Has a test be done with numbers in host memory and, in a build for GPUs, in a GPU's.
fn on_each_device(test: impl Fn(&Device)) {
    test(&Device::Cpu);
    if cfg!(feature = "cuda") {
        test(&DeviceChoice::Gpu.open().unwrap());
    }
}

fn var(device: &Device, shape: &[usize], seed: u64) -> Var {
    let count: usize = shape.iter().product();
    let wave = |i: usize| {
        ((i as f32 + 1.0) * 0.7 + seed as f32).sin() * 1.3 + ((i * i) as f32 * 0.13).cos() * 0.4
    };
    let numbers: Vec<f32> = (0..count).map(wave).collect();
    Var::from_tensor(&Tensor::from_vec(numbers, shape, device).unwrap()).unwrap()
}

/// Both our back ends give the values that candle's operations give.
fn agree(vars: &[&Var], ours: impl Fn() -> Result<Tensor>, theirs: impl Fn() -> Result<Tensor>) {
    agree_here(vars, &ours, &theirs);
    composed_only(|| agree_here(vars, &ours, &theirs));
}

/// Both give the same values and, weighted by a fixed pattern, the same gradients for every variable.
fn agree_here(
    vars: &[&Var],
    ours: &impl Fn() -> Result<Tensor>,
    theirs: &impl Fn() -> Result<Tensor>,
) {
    let (a, b) = (ours().unwrap(), theirs().unwrap());
    assert_eq!(a.dims(), b.dims());
    let close = |a: &Tensor, b: &Tensor, what: &str| {
        let far = a
            .sub(b)
            .unwrap()
            .abs()
            .unwrap()
            .max_all()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
        assert!(far < 2e-5, "{what} differ by {far}");
    };
    close(&a, &b, "values");
    let pattern = var(a.device(), a.dims(), 9).as_detached_tensor();
    let grads = |y: &Tensor| {
        y.mul(&pattern)
            .unwrap()
            .sum_all()
            .unwrap()
            .backward()
            .unwrap()
    };
    let (ga, gb) = (grads(&a), grads(&b));
    for (i, v) in vars.iter().enumerate() {
        close(
            ga.get(v).unwrap(),
            gb.get(v).unwrap(),
            &format!("gradients of variable {i}"),
        );
    }
}

#[test]
fn linear_layers() {
    on_each_device(|device| {
        let (x, w, b) = (
            var(device, &[5, 7], 1),
            var(device, &[3, 7], 2),
            var(device, &[3], 3),
        );
        let stock = || x.matmul(&w.t()?)?.broadcast_add(&b);
        agree(&[&x, &w, &b], || linear(&x, &w, Some(&b)), stock);
        agree(&[&x, &w], || linear(&x, &w, None), || x.matmul(&w.t()?));
    });
}

#[test]
fn norms() {
    on_each_device(|device| {
        let (x, w, b) = (
            var(device, &[4, 19], 1),
            var(device, &[19], 2),
            var(device, &[19], 3),
        );
        let rms = || {
            let mean = x.sqr()?.mean_keepdim(D::Minus1)?;
            x.broadcast_div(&(mean + 1e-6)?.sqrt()?)?.broadcast_mul(&w)
        };
        agree(&[&x, &w], || rms_norm(&x, &w, 1e-6), rms);
        let layer = || {
            let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
            let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
            centred
                .broadcast_div(&(variance + 1e-5)?.sqrt()?)?
                .broadcast_mul(&w)?
                .broadcast_add(&b)
        };
        agree(&[&x, &w, &b], || layer_norm(&x, &w, &b, 1e-5), layer);
    });
}

#[test]
fn activations_and_the_scaled_residual() {
    on_each_device(|device| {
        let (x, y, s) = (
            var(device, &[6, 11], 1),
            var(device, &[6, 11], 2),
            var(device, &[11], 3),
        );
        agree(&[&x], || gelu(&x), || x.gelu_erf());
        agree(&[&x, &y], || swiglu(&x, &y), || x.silu()?.mul(&y));
        agree(
            &[&x, &y, &s],
            || scaled_residual(&x, &y, &s),
            || x.add(&y.broadcast_mul(&s)?),
        );
    });
}

#[test]
fn rotary_positions() {
    on_each_device(|device| {
        let x = var(device, &[3, 8], 1);
        let positions = [0u32, 5, 17];
        let rotary = Arc::new(Rotary::new(&positions, 4, 10_000.0, 1.0));
        let angles: Vec<f32> = positions
            .iter()
            .flat_map(|p| [*p as f32, *p as f32 * 0.01])
            .collect();
        let angles = Tensor::from_vec(angles, (3, 1, 2), device).unwrap();
        let stock = || {
            let heads = x.reshape((3, 2, 4))?;
            let (a, b) = (heads.narrow(2, 0, 2)?, heads.narrow(2, 2, 2)?);
            let (cos, sin) = (angles.cos()?, angles.sin()?);
            let first = a.broadcast_mul(&cos)?.sub(&b.broadcast_mul(&sin)?)?;
            let second = b.broadcast_mul(&cos)?.add(&a.broadcast_mul(&sin)?)?;
            Tensor::cat(&[first, second], 2)?.reshape((3, 8))
        };
        agree(&[&x], || rotate(&x, &rotary), stock);
    });
}

#[test]
fn losses() {
    on_each_device(|device| {
        let x = var(device, &[3, 9], 1);
        let targets =
            [(2, 1.0), (8, 0.5), (0, 2.0)].map(|(token, weight)| Target { token, weight });
        let stock = || {
            let log = x.broadcast_sub(&x.exp()?.sum_keepdim(1)?.log()?)?;
            let mut total = Tensor::new(0f32, device)?;
            for (row, t) in targets.iter().enumerate() {
                total = (total - (log.get(row)?.get(t.token as usize)? * f64::from(t.weight))?)?;
            }
            Ok(total)
        };
        agree(
            &[&x],
            || cross_entropy(&x, Arc::new(targets.to_vec())),
            stock,
        );
    });
}

/// Attention with a mask of zeros and minus infinities, key heads repeated.
fn stock_attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    heads: Heads,
    mask: &Tensor,
) -> Result<Tensor> {
    let rows = q.dim(0)?;
    let split = |x: &Tensor, n: usize| {
        x.reshape((rows, n, heads.size))?
            .transpose(0, 1)?
            .contiguous()
    };
    let repeat = |x: Tensor| {
        let each = heads.query / heads.key;
        let parts: Vec<Tensor> = (0..heads.query)
            .map(|h| x.narrow(0, h / each, 1))
            .collect::<Result<_>>()?;
        Tensor::cat(&parts, 0)
    };
    let (q, k, v) = (
        split(q, heads.query)?,
        repeat(split(k, heads.key)?)?,
        repeat(split(v, heads.key)?)?,
    );
    let scores = (q.matmul(&k.t()?)? / (heads.size as f64).sqrt())?.broadcast_add(mask)?;
    let top = scores.max_keepdim(D::Minus1)?.detach();
    let e = scores.broadcast_sub(&top)?.exp()?;
    let p = e.broadcast_div(&e.sum_keepdim(D::Minus1)?)?;
    p.matmul(&v)?
        .transpose(0, 1)?
        .contiguous()?
        .reshape((rows, heads.query * heads.size))
}

fn mask(device: &Device, rows: usize, sees: impl Fn(usize, usize) -> bool) -> Tensor {
    let cell = |i: usize| {
        if sees(i / rows, i % rows) {
            0.0
        } else {
            f32::NEG_INFINITY
        }
    };
    Tensor::from_vec(
        (0..rows * rows).map(cell).collect::<Vec<f32>>(),
        (rows, rows),
        device,
    )
    .unwrap()
}

#[test]
fn attention_of_questions_that_share_a_prefix() {
    on_each_device(|device| {
        let heads = Heads {
            query: 4,
            key: 2,
            size: 6,
        };
        let (q, k, v) = (
            var(device, &[12, 24], 1),
            var(device, &[12, 12], 2),
            var(device, &[12, 12], 3),
        );
        let spans = Arc::new(vec![
            Span::causal(0..4, 0..0),
            Span::causal(4..9, 0..4),
            Span::causal(9..12, 0..4),
        ]);
        let block = |row: usize| {
            if row < 4 {
                0
            } else if row < 9 {
                1
            } else {
                2
            }
        };
        let mask = mask(device, 12, |i, j| j <= i && (j < 4 || block(i) == block(j)));
        let stock = || stock_attention(&q, &k, &v, heads, &mask);
        agree(&[&q, &k, &v], || attend(&q, &k, &v, heads, &spans), stock);
    });
}

#[test]
fn attention_in_both_directions_on_fused_rows() {
    on_each_device(|device| {
        let heads = Heads {
            query: 2,
            key: 2,
            size: 5,
        };
        let x = var(device, &[7, 30], 1);
        let spans = Arc::new(vec![Span::bidirectional(0..3), Span::bidirectional(3..7)]);
        let mask = mask(device, 7, |i, j| (i < 3) == (j < 3));
        let stock = || {
            let part = |n: usize| x.narrow(1, n * 10, 10)?.contiguous();
            stock_attention(&part(0)?, &part(1)?, &part(2)?, heads, &mask)
        };
        agree(&[&x], || attend_fused(&x, heads, &spans), stock);
    });
}

#[test]
fn a_frozen_weight_gets_no_gradient() {
    on_each_device(|device| {
        let (x, w) = (
            var(device, &[5, 7], 1),
            Tensor::ones((3, 7), DType::F32, device).unwrap(),
        );
        let check = || {
            let sum = linear(&x, &w, None).unwrap().sum_all().unwrap();
            let grads = sum.backward().unwrap();
            assert!(grads.get(&x).is_some() && grads.get(&w).is_none());
        };
        check();
        composed_only(check);
    });
}
