//! Attention of one [`Span`] after the other, all heads at once.

use crate::model::kernels::{Heads, Span};
use candle_core::{D, DType, Result, Tensor};
use std::ops::Range;

pub fn attend(q: &Tensor, k: &Tensor, v: &Tensor, heads: Heads, spans: &[Span]) -> Result<Tensor> {
    let rows = q.dim(0)?;
    let mut order: Vec<&Span> = spans.iter().filter(|s| !s.queries.is_empty()).collect();
    order.sort_by_key(|span| span.queries.start);
    let (mut parts, mut next) = (Vec::with_capacity(order.len()), 0);
    for span in order {
        if span.queries.start < next {
            candle_core::bail!("attention: row {} asks twice", span.queries.start);
        }
        parts.extend(unasked(next..span.queries.start, q)?);
        parts.push(attend_one(q, k, v, heads, span)?);
        next = span.queries.end;
    }
    parts.extend(unasked(next..rows, q)?);
    Tensor::cat(&parts, 0)
}

pub fn attend_fused(qkv: &Tensor, heads: Heads, spans: &[Span]) -> Result<Tensor> {
    let width = heads.query * heads.size;
    let part = |n: usize| qkv.narrow(1, n * width, width);
    attend(&part(0)?, &part(1)?, &part(2)?, heads, spans)
}

/// Zeros for rows that no span asks for.
fn unasked(rows: Range<usize>, q: &Tensor) -> Result<Option<Tensor>> {
    let zeros = || Tensor::zeros((rows.len(), q.dim(1)?), q.dtype(), q.device());
    (!rows.is_empty()).then(zeros).transpose()
}

/// The rows that a span's queries get: `(queries, query heads · size)`. Query heads that share a key head are rows of one product.
fn attend_one(q: &Tensor, k: &Tensor, v: &Tensor, heads: Heads, span: &Span) -> Result<Tensor> {
    let (rows, each) = (span.queries.len(), heads.query / heads.key);
    // (queries, query heads · size) → (key heads, each · queries, size)
    let q = q
        .narrow(0, span.queries.start, rows)?
        .reshape((rows, heads.key, each, heads.size))?
        .permute((1, 2, 0, 3))?
        .reshape((heads.key, each * rows, heads.size))?;
    let seen = span.context.len() + span.own.len();
    // (seen, key heads · size) → (key heads, seen, size)
    let of_span = |x: &Tensor| -> Result<Tensor> {
        rows_of(x, span)?
            .reshape((seen, heads.key, heads.size))?
            .transpose(0, 1)?
            .contiguous()
    };
    let scores = (q.matmul(&of_span(k)?.t()?)? / (heads.size as f64).sqrt())?;
    let scores = hide(scores.reshape((heads.query, rows, seen))?, span)?;
    let shares = softmax(&scores)?.reshape((heads.key, each * rows, seen))?;
    // (key heads, each · queries, size) → (queries, query heads · size)
    shares
        .matmul(&of_span(v)?)?
        .reshape((heads.key, each, rows, heads.size))?
        .permute((2, 0, 1, 3))?
        .reshape((rows, heads.query * heads.size))
}

/// The rows of keys or values that a span sees.
fn rows_of(x: &Tensor, span: &Span) -> Result<Tensor> {
    let part = |rows: &Range<usize>| x.narrow(0, rows.start, rows.len());
    match span.context.is_empty() {
        true => part(&span.own),
        false => Tensor::cat(&[part(&span.context)?, part(&span.own)?], 0),
    }
}

/// Minus infinity for the rows of `own` after each query's own place: `scores` `(heads, queries, seen)`.
fn hide(scores: Tensor, span: &Span) -> Result<Tensor> {
    let (rows, seen) = (span.queries.len(), span.context.len() + span.own.len());
    if !span.causal || rows == 1 {
        return Ok(scores);
    }
    let device = scores.device();
    let visible = |query: usize| (span.context.len() + span.visible(query)) as u32;
    let ends: Vec<u32> = (0..rows).map(visible).collect();
    let ends = Tensor::from_vec(ends, (rows, 1), device)?;
    let places = Tensor::arange(0, seen as u32, device)?.reshape((1, seen))?;
    let hidden = places.broadcast_ge(&ends)?;
    let never = Tensor::full(f32::NEG_INFINITY, (rows, seen), device)?;
    let mask = hidden.where_cond(&never, &Tensor::zeros((rows, seen), DType::F32, device)?)?;
    scores.broadcast_add(&mask)
}

fn softmax(scores: &Tensor) -> Result<Tensor> {
    let top = scores.max_keepdim(D::Minus1)?.detach();
    let shares = scores.broadcast_sub(&top)?.exp()?;
    shares.broadcast_div(&shares.sum_keepdim(D::Minus1)?)
}
