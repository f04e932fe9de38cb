//! Our operations beside candle's own differentiable ones: forward and backward on one thread, in interleaved pairs.
//!
//! `./dev bench kernels` prints, per operation at the shapes of the shipped base model and of a layer eight times as
//! wide, the median time of each side and the median of the pairs' ratios, ours / candle's, with the spread.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed step is a failed measurement"
)]

use candle_core::{D, Device, Result, Tensor, Var};
use candle_nn::{loss, ops};
use medreg_trainer::model::kernels::{
    Heads, Span, Target, attend, cross_entropy, gelu, keep_candle_single_threaded, layer_norm,
    linear, rms_norm, swiglu,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Pairs per operation, after one that warms up.
const PAIRS: usize = 15;
/// Rows of a sequence: a picture's prefix and eight questions.
const ROWS: usize = 448;

type Step = Box<dyn Fn() -> Result<Tensor>>;

struct Case {
    name: String,
    ours: Step,
    candle: Step,
}

fn main() {
    // SAFETY: no other thread runs yet.
    #[allow(unsafe_code)]
    unsafe {
        keep_candle_single_threaded();
    }
    println!(
        "forward and backward, one thread, {PAIRS} interleaved pairs, {ROWS} rows\n\n{:<34}{:>11}{:>11}{:>9}   spread",
        "operation", "ours", "candle", "ratio"
    );
    for case in [128, 1024].into_iter().flat_map(cases) {
        println!("{}", measured(&case));
    }
}

fn cases(width: usize) -> Vec<Case> {
    vec![
        linear_case(width, 3 * width),
        layer_norm_case(width),
        rms_norm_case(width),
        gelu_case(3 * width),
        swiglu_case(3 * width),
        attention_case(width),
        cross_entropy_case(12 * width),
    ]
}

/// Times both sides in turn.
fn measured(case: &Case) -> String {
    let (a, b) = ((case.ours)().unwrap(), (case.candle)().unwrap());
    let far = (a - b)
        .unwrap()
        .abs()
        .unwrap()
        .max_all()
        .unwrap()
        .to_scalar::<f32>()
        .unwrap();
    assert!(far < 1e-3, "{}: results differ by {far}", case.name);
    let mut pairs: Vec<(Duration, Duration)> = (0..=PAIRS)
        .map(|_| (timed(&case.ours), timed(&case.candle)))
        .skip(1)
        .collect();
    let mut ratios: Vec<f64> = pairs
        .iter()
        .map(|(a, b)| a.as_secs_f64() / b.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let mut median = |side: fn(&(Duration, Duration)) -> Duration| {
        pairs.sort_by_key(side);
        side(&pairs[PAIRS / 2]).as_secs_f64() * 1e3
    };
    format!(
        "{:<34}{:>8.3} ms{:>8.3} ms{:>9.2}   {:.2}–{:.2}",
        case.name,
        median(|p| p.0),
        median(|p| p.1),
        ratios[PAIRS / 2],
        ratios[0],
        ratios[PAIRS - 1]
    )
}

/// One value and the gradients of everything it came from.
fn timed(step: &Step) -> Duration {
    let begun = Instant::now();
    let gradients = step().unwrap().sqr().unwrap().sum_all().unwrap();
    std::hint::black_box(gradients.backward().unwrap());
    begun.elapsed()
}

fn var(shape: &[usize], seed: u64) -> Var {
    let count: usize = shape.iter().product();
    let wave = |i: usize| ((i as f32 + 1.0) * 0.7 + seed as f32).sin() * 0.5;
    let numbers: Vec<f32> = (0..count).map(wave).collect();
    Var::from_tensor(&Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap()).unwrap()
}

fn linear_case(width: usize, out: usize) -> Case {
    let (x, w, b) = (
        var(&[ROWS, width], 1),
        var(&[out, width], 2),
        var(&[out], 3),
    );
    let stock = candle_nn::Linear::new(w.as_tensor().clone(), Some(b.as_tensor().clone()));
    let input = x.clone();
    Case {
        name: format!("linear {width} → {out}"),
        ours: Box::new(move || linear(&x, &w, Some(&b))),
        candle: Box::new(move || candle_nn::Module::forward(&stock, &input)),
    }
}

fn layer_norm_case(width: usize) -> Case {
    let (x, w, b) = (var(&[ROWS, width], 1), var(&[width], 2), var(&[width], 3));
    let (x2, w2, b2) = (x.clone(), w.clone(), b.clone());
    Case {
        name: format!("layer norm {width}"),
        ours: Box::new(move || layer_norm(&x, &w, &b, 1e-6)),
        candle: Box::new(move || ops::layer_norm_slow(&x2, &w2, &b2, 1e-6)),
    }
}

fn rms_norm_case(width: usize) -> Case {
    let (x, w) = (var(&[ROWS, width], 1), var(&[width], 2));
    let (x2, w2) = (x.clone(), w.clone());
    Case {
        name: format!("RMS norm {width}"),
        ours: Box::new(move || rms_norm(&x, &w, 1e-6)),
        candle: Box::new(move || ops::rms_norm_slow(&x2, &w2, 1e-6)),
    }
}

fn gelu_case(width: usize) -> Case {
    let x = var(&[ROWS, width], 1);
    let x2 = x.clone();
    Case {
        name: format!("GELU {width}"),
        ours: Box::new(move || gelu(&x)),
        candle: Box::new(move || x2.gelu_erf()),
    }
}

fn swiglu_case(width: usize) -> Case {
    let (x, y) = (var(&[ROWS, width], 1), var(&[ROWS, width], 2));
    let (x2, y2) = (x.clone(), y.clone());
    Case {
        name: format!("SwiGLU {width}"),
        ours: Box::new(move || swiglu(&x, &y)),
        candle: Box::new(move || ops::silu(&x2)?.mul(&y2)),
    }
}

/// Causal attention of four heads, two of keys.
fn attention_case(width: usize) -> Case {
    let heads = Heads {
        query: 4,
        key: 2,
        size: width / 4,
    };
    let q = var(&[ROWS, width], 1);
    let (k, v) = (var(&[ROWS, width / 2], 2), var(&[ROWS, width / 2], 3));
    let spans = Arc::new(vec![Span::causal(0..ROWS, 0..0)]);
    let mask = causal_mask();
    let (q2, k2, v2) = (q.clone(), k.clone(), v.clone());
    Case {
        name: format!("causal attention {width}, 4 heads"),
        ours: Box::new(move || attend(&q, &k, &v, heads, &spans)),
        candle: Box::new(move || stock_attention([&q2, &k2, &v2], heads, &mask)),
    }
}

fn causal_mask() -> Tensor {
    let cell = |i: usize| match i % ROWS <= i / ROWS {
        true => 0.0f32,
        false => f32::NEG_INFINITY,
    };
    let cells: Vec<f32> = (0..ROWS * ROWS).map(cell).collect();
    Tensor::from_vec(cells, (ROWS, ROWS), &Device::Cpu).unwrap()
}

fn stock_attention([q, k, v]: [&Tensor; 3], heads: Heads, mask: &Tensor) -> Result<Tensor> {
    let split = |x: &Tensor, n: usize| {
        x.reshape((ROWS, n, heads.size))?
            .transpose(0, 1)?
            .contiguous()
    };
    let each = heads.query / heads.key;
    let repeated = |x: Tensor| {
        x.unsqueeze(1)?
            .broadcast_as((heads.key, each, ROWS, heads.size))?
            .contiguous()?
            .reshape((heads.query, ROWS, heads.size))
    };
    let (k, v) = (
        repeated(split(k, heads.key)?)?,
        repeated(split(v, heads.key)?)?,
    );
    let scores = (split(q, heads.query)?.matmul(&k.t()?)? / (heads.size as f64).sqrt())?;
    ops::softmax(&scores.broadcast_add(mask)?, D::Minus1)?
        .matmul(&v)?
        .transpose(0, 1)?
        .contiguous()?
        .reshape((ROWS, heads.query * heads.size))
}

fn cross_entropy_case(vocabulary: usize) -> Case {
    let x = var(&[ROWS, vocabulary], 1);
    let tokens: Vec<u32> = (0..ROWS).map(|i| (i * 7 % vocabulary) as u32).collect();
    let target = |token: &u32| Target {
        token: *token,
        weight: 1.0 / ROWS as f32,
    };
    let targets = Arc::new(tokens.iter().map(target).collect::<Vec<_>>());
    let (x2, tokens) = (
        x.clone(),
        Tensor::new(tokens.as_slice(), &Device::Cpu).unwrap(),
    );
    Case {
        name: format!("cross-entropy over {vocabulary}"),
        ours: Box::new(move || cross_entropy(&x, targets.clone())),
        candle: Box::new(move || loss::cross_entropy(&x2, &tokens)),
    }
}
