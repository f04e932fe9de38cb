//! Attention over one long list of rows that holds many short sequences.
//!
//! A [`Span`] says which rows ask and which rows they may see, so that a batch needs no padding and the questions
//! about one image share its rows. Probabilities are not kept: the way back computes them again.

use super::backend::on_host;
use super::composed;
use super::floats::{Floats, of_storage};
use super::gemm::{Into, Mat, product};
use super::simd::{dot, softmax, vectorised};
use candle_core::{CpuStorage, CustomOp1, CustomOp3, Layout, Result, Shape, Tensor};
use std::ops::Range;
use std::sync::Arc;

/// Queries whose scores are computed together: few enough for the scores to stay in the processor's cache.
const PIECE: usize = 64;

/// Queries that share what they see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Rows of the queries.
    pub queries: Range<usize>,
    /// Rows of keys and values that every query sees.
    pub context: Range<usize>,
    /// Rows of their own sequence. If `causal`, the last query sees all of them, the one before all but one, and so on.
    pub own: Range<usize>,
    /// Whether later rows of `own` are hidden.
    pub causal: bool,
}

impl Span {
    /// A sequence that sees itself in both directions.
    #[must_use]
    pub fn bidirectional(rows: Range<usize>) -> Self {
        Self {
            queries: rows.clone(),
            context: 0..0,
            own: rows,
            causal: false,
        }
    }

    /// A sequence in which each row sees `context`, itself and the rows before it.
    #[must_use]
    pub fn causal(rows: Range<usize>, context: Range<usize>) -> Self {
        Self {
            queries: rows.clone(),
            context,
            own: rows,
            causal: true,
        }
    }

    /// The same `rows` further on.
    #[must_use]
    pub fn behind(&self, rows: usize) -> Self {
        let on = |range: &Range<usize>| range.start + rows..range.end + rows;
        Self {
            queries: on(&self.queries),
            context: match self.context.is_empty() {
                true => 0..0,
                false => on(&self.context),
            },
            own: on(&self.own),
            causal: self.causal,
        }
    }

    /// The same in pieces of a few queries, each with no more of `own` than its queries see: half the work where the span is causal.
    fn pieces(&self) -> impl Iterator<Item = Self> + '_ {
        let own = |last: usize| self.own.start..self.own.start + self.visible(last);
        (0..self.queries.len()).step_by(PIECE).map(move |first| {
            let last = self.queries.len().min(first + PIECE) - 1;
            let start = self.queries.start;
            Self {
                queries: start + first..start + last + 1,
                context: self.context.clone(),
                own: own(last),
                causal: self.causal,
            }
        })
    }

    /// How many rows of `own` the query sees that is `index`th of this span.
    pub(in crate::model) fn visible(&self, index: usize) -> usize {
        if self.causal {
            (self.own.len() + index + 1).saturating_sub(self.queries.len())
        } else {
            self.own.len()
        }
    }
}

/// How a row is divided into heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Query heads.
    pub query: usize,
    /// Key and value heads; each serves `query / key` query heads.
    pub key: usize,
    /// Numbers per head.
    pub size: usize,
}

impl Heads {
    fn scale(self) -> f32 {
        1.0 / (self.size as f32).sqrt()
    }

    fn query_width(self) -> usize {
        self.query * self.size
    }

    fn key_width(self) -> usize {
        self.key * self.size
    }
}

/// Rows of numbers inside a slice: the first starts at `offset`, the next `stride` later.
#[derive(Clone, Copy)]
struct Rows<'a> {
    data: &'a [f32],
    offset: usize,
    stride: usize,
}

impl<'a> Rows<'a> {
    fn mat(self, rows: &Range<usize>, column: usize, width: usize) -> Mat<'a> {
        let start = (self.offset + rows.start * self.stride + column).min(self.data.len());
        Mat::new(&self.data[start..], rows.len(), width, self.stride)
    }
}

struct RowsMut<'a> {
    data: &'a mut [f32],
    offset: usize,
    stride: usize,
}

impl RowsMut<'_> {
    fn add(&mut self, rows: &Range<usize>, column: usize, a: Mat<'_>, b: Mat<'_>, scale: f32) {
        if rows.is_empty() {
            return;
        }
        let start = self.offset + rows.start * self.stride + column;
        product(&mut self.data[start..], self.stride, Into::Sum, a, b, scale);
    }
}

/// Attention of `q` `(rows, query heads · size)` to `k` and `v` `(rows, key heads · size)`.
pub fn attend(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    heads: Heads,
    spans: &Arc<Vec<Span>>,
) -> Result<Tensor> {
    let op = Attention::new(heads, spans);
    if !on_host(q) {
        op.check(q.dim(0)?, k.dim(0)?)?;
        return composed::attend(q, k, v, heads, spans);
    }
    q.apply_op3(k, v, op)
}

/// The same for queries, keys and values side by side in one row, as one projection makes them.
pub fn attend_fused(qkv: &Tensor, heads: Heads, spans: &Arc<Vec<Span>>) -> Result<Tensor> {
    let op = Attention::new(heads, spans);
    if !on_host(qkv) {
        op.check(qkv.dim(0)?, qkv.dim(0)?)?;
        return composed::attend_fused(qkv, heads, spans);
    }
    qkv.apply_op1(op)
}

fn pieces(spans: &[Span]) -> Vec<Span> {
    spans.iter().flat_map(Span::pieces).collect()
}

fn attention_forward(
    q: Rows<'_>,
    k: Rows<'_>,
    v: Rows<'_>,
    heads: Heads,
    spans: &[Span],
    out: &mut [f32],
) {
    let mut scores = Vec::new();
    for span in &pieces(spans) {
        for head in 0..heads.query {
            let probabilities = probabilities(q, k, heads, head, span, &mut scores);
            let (rows, seen) = (span.queries.len(), span.context.len() + span.own.len());
            let column = head / (heads.query / heads.key) * heads.size;
            let width = heads.query_width();
            let mut out = RowsMut {
                data: out,
                offset: 0,
                stride: width,
            };
            let context = Mat::new(probabilities, rows, span.context.len(), seen);
            let own = Mat::new(
                &probabilities[span.context.len()..],
                rows,
                span.own.len(),
                seen,
            );
            let at = head * heads.size;
            if !span.context.is_empty() {
                out.add(
                    &span.queries,
                    at,
                    context,
                    v.mat(&span.context, column, heads.size),
                    1.0,
                );
            }
            out.add(
                &span.queries,
                at,
                own,
                v.mat(&span.own, column, heads.size),
                1.0,
            );
        }
    }
}

vectorised! {
    /// The gradients `g` of probabilities `p` become those of the scores, `mean` being Σ p · g.
    fn score_gradients(g: &mut [f32], p: &[f32], mean: f32) {
        for (g, p) in g.iter_mut().zip(p) {
            *g = p * (*g - mean);
        }
    }
}

/// One head's probabilities in one span: `(queries, context + own)`. What was in `scores` is written over.
fn probabilities<'s>(
    q: Rows<'_>,
    k: Rows<'_>,
    heads: Heads,
    head: usize,
    span: &Span,
    scores: &'s mut Vec<f32>,
) -> &'s mut [f32] {
    let (rows, context, own) = (span.queries.len(), span.context.len(), span.own.len());
    let seen = context + own;
    scores.resize(rows * seen, 0.0);
    let column = head / (heads.query / heads.key) * heads.size;
    let queries = q.mat(&span.queries, head * heads.size, heads.size);
    if context > 0 {
        let keys = k.mat(&span.context, column, heads.size).t();
        product(scores, seen, Into::Fresh, queries, keys, heads.scale());
    }
    let keys = k.mat(&span.own, column, heads.size).t();
    product(
        &mut scores[context..],
        seen,
        Into::Fresh,
        queries,
        keys,
        heads.scale(),
    );
    for (index, row) in scores.chunks_exact_mut(seen).enumerate() {
        let (visible, hidden) = row.split_at_mut(context + span.visible(index));
        softmax(visible);
        hidden.fill(0.0);
    }
    scores
}

/// Attention, as its passes over numbers in host memory need it.
#[derive(Clone, Debug)]
pub(in crate::model) struct Attention {
    heads: Heads,
    spans: Arc<Vec<Span>>,
}

/// Where the gradients of queries, keys and values are added up.
struct Gradients<'a> {
    q: RowsMut<'a>,
    k: RowsMut<'a>,
    v: RowsMut<'a>,
}

impl<'a> Gradients<'a> {
    fn over([q, k, v]: &'a mut [Vec<f32>; 3], widths: [usize; 3]) -> Self {
        let rows = |data: &'a mut Vec<f32>, stride| RowsMut {
            data,
            offset: 0,
            stride,
        };
        Self {
            q: rows(q, widths[0]),
            k: rows(k, widths[1]),
            v: rows(v, widths[2]),
        }
    }
}

/// Three matrices as one whose rows are theirs, one after the other.
pub(in crate::model) fn interleaved(parts: &[Vec<f32>; 3], width: usize) -> Vec<f32> {
    let mut whole = Vec::with_capacity(3 * parts[0].len());
    for row in 0..parts[0].len() / width.max(1) {
        for part in parts {
            whole.extend_from_slice(&part[row * width..(row + 1) * width]);
        }
    }
    whole
}

impl Attention {
    pub(in crate::model) fn new(heads: Heads, spans: &Arc<Vec<Span>>) -> Self {
        Self {
            heads,
            spans: Arc::clone(spans),
        }
    }

    /// Of rows of queries, keys and values.
    pub(in crate::model) fn run(&self, [q, k, v]: [&[f32]; 3]) -> Result<Vec<f32>> {
        let (qw, kw) = (self.heads.query_width(), self.heads.key_width());
        self.check(q.len() / qw, k.len() / kw)?;
        let mut out = vec![0.0; q.len()];
        let (q, k, v) = (rows(q, 0, qw), rows(k, 0, kw), rows(v, 0, kw));
        attention_forward(q, k, v, self.heads, &self.spans, &mut out);
        Ok(out)
    }

    /// The gradient `g` of the result, taken back to queries, keys and values.
    pub(in crate::model) fn back(&self, [q, k, v]: [&[f32]; 3], g: &[f32]) -> [Vec<f32>; 3] {
        let (qw, kw) = (self.heads.query_width(), self.heads.key_width());
        let mut found = [q, k, v].map(|x| vec![0.0; x.len()]);
        let io = [
            rows(q, 0, qw),
            rows(k, 0, kw),
            rows(v, 0, kw),
            rows(g, 0, qw),
        ];
        self.backward(io, Gradients::over(&mut found, [qw, kw, kw]));
        found
    }

    /// Of rows in which queries, keys and values lie side by side.
    pub(in crate::model) fn run_fused(&self, x: &[f32]) -> Result<Vec<f32>> {
        let width = self.heads.query_width();
        let n = x.len() / (3 * width);
        self.check(n, n)?;
        let mut out = vec![0.0; n * width];
        let [q, k, v] = [0, 1, 2].map(|part| rows(x, part * width, 3 * width));
        attention_forward(q, k, v, self.heads, &self.spans, &mut out);
        Ok(out)
    }

    /// The gradient `g` of the result, taken back to such rows.
    pub(in crate::model) fn back_fused(&self, x: &[f32], g: &[f32]) -> Vec<f32> {
        let width = self.heads.query_width();
        let mut found = [0, 1, 2].map(|_| vec![0.0; g.len()]);
        let [q, k, v] = [0, 1, 2].map(|part| rows(x, part * width, 3 * width));
        let grads = Gradients::over(&mut found, [width; 3]);
        self.backward([q, k, v, rows(g, 0, width)], grads);
        interleaved(&found, width)
    }

    fn check(&self, query_rows: usize, key_rows: usize) -> Result<()> {
        let fits = |s: &Span| {
            s.queries.end <= query_rows && s.context.end <= key_rows && s.own.end <= key_rows
        };
        if !self.spans.iter().all(fits) {
            candle_core::bail!(
                "attention: a span reaches past {query_rows} queries or {key_rows} keys"
            );
        }
        Ok(())
    }

    /// dV = Pᵀ dO; dP = dO Vᵀ; dS = P ∘ (dP − Σ P ∘ dP); dQ = dS K · scale; dK = dSᵀ Q · scale.
    fn backward_head(
        &self,
        io: [Rows<'_>; 4],
        head: usize,
        span: &Span,
        work: &mut [Vec<f32>; 2],
        grads: &mut Gradients<'_>,
    ) {
        let ([q, k, v, out_grad], heads) = (io, self.heads);
        let [scores, score_grads] = work;
        let p = probabilities(q, k, heads, head, span, scores);
        let (rows, context, seen) = (
            span.queries.len(),
            span.context.len(),
            span.context.len() + span.own.len(),
        );
        let (at, column) = (
            head * heads.size,
            head / (heads.query / heads.key) * heads.size,
        );
        let go = out_grad.mat(&span.queries, at, heads.size);
        score_grads.resize(rows * seen, 0.0);
        let parts = [(0, &span.context), (context, &span.own)];
        for (start, keys) in parts.iter().filter(|(_, keys)| !keys.is_empty()) {
            let values = v.mat(keys, column, heads.size).t();
            product(
                &mut score_grads[*start..],
                seen,
                Into::Fresh,
                go,
                values,
                1.0,
            );
        }
        for (p, g) in p.chunks_exact(seen).zip(score_grads.chunks_exact_mut(seen)) {
            score_gradients(g, p, dot(p, g));
        }
        let queries = q.mat(&span.queries, at, heads.size);
        for (start, keys) in parts.iter().filter(|(_, keys)| !keys.is_empty()) {
            let p = Mat::new(&p[*start..], rows, keys.len(), seen);
            let ds = Mat::new(&score_grads[*start..], rows, keys.len(), seen);
            grads.v.add(keys, column, p.t(), go, 1.0);
            grads.q.add(
                &span.queries,
                at,
                ds,
                k.mat(keys, column, heads.size),
                heads.scale(),
            );
            grads.k.add(keys, column, ds.t(), queries, heads.scale());
        }
    }

    fn backward(&self, io: [Rows<'_>; 4], mut grads: Gradients<'_>) {
        let mut work = [Vec::new(), Vec::new()];
        for span in &pieces(&self.spans) {
            for head in 0..self.heads.query {
                self.backward_head(io, head, span, &mut work, &mut grads);
            }
        }
    }
}

fn rows(data: &[f32], offset: usize, stride: usize) -> Rows<'_> {
    Rows {
        data,
        offset,
        stride,
    }
}

impl CustomOp1 for Attention {
    fn name(&self) -> &'static str {
        "fused attention"
    }

    fn cpu_fwd(&self, x: &CpuStorage, xl: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, stride) = xl.shape().dims2()?;
        let width = self.heads.query_width();
        if stride != 3 * width || self.heads.query != self.heads.key {
            candle_core::bail!(
                "attention: rows of {stride} numbers are no q, k, v of {width} each"
            );
        }
        let out = self.run_fused(of_storage(x, xl)?)?;
        Ok((CpuStorage::F32(out), (n, width).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let grad = grad.contiguous()?;
        let gx = self.back_fused(&Floats::of(x)?, &Floats::of(&grad)?);
        Ok(Some(Tensor::from_vec(gx, x.shape(), x.device())?))
    }
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        ql: &Layout,
        k: &CpuStorage,
        kl: &Layout,
        v: &CpuStorage,
        vl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let ((_, qw), (_, kw)) = (ql.shape().dims2()?, kl.shape().dims2()?);
        if qw != self.heads.query_width()
            || kw != self.heads.key_width()
            || vl.shape() != kl.shape()
        {
            candle_core::bail!(
                "attention: widths {qw} and {kw} do not fit {:?}",
                self.heads
            );
        }
        let out = self.run([of_storage(q, ql)?, of_storage(k, kl)?, of_storage(v, vl)?])?;
        Ok((CpuStorage::F32(out), ql.shape().clone()))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let grad = grad.contiguous()?;
        let (qs, ks, vs, gs) = (
            Floats::of(q)?,
            Floats::of(k)?,
            Floats::of(v)?,
            Floats::of(&grad)?,
        );
        let [gq, gk, gv] = self.back([&qs, &ks, &vs], &gs);
        let tensor = |g: Vec<f32>, like: &Tensor| Tensor::from_vec(g, like.shape(), like.device());
        Ok((
            Some(tensor(gq, q)?),
            Some(tensor(gk, k)?),
            Some(tensor(gv, v)?),
        ))
    }
}
