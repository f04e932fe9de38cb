//! The decoder's layers on plain rows in host memory, forward and, by hand, backward.
//!
//! A layer keeps what its way back cannot cheaply compute again: its input, queries and keys after their rotation, values, what attention
//! gave, the rows between the two halves and both inputs of SwiGLU. With [`Keep::Inputs`] it keeps its input alone and goes forward
//! again on its way back (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"). The last layer computes no more than the rows
//! that something is asked of: from there on no row sees another.

use super::{LanguageModel, Layer};
use crate::model::kernels::{Attention, Borrowed, Rotary, Span, swiglu_backward, swiglu_forward};
use crate::model::nn::Input;
use crate::model::sums::Turn;
use candle_core::{Result, Tensor};
use std::sync::Arc;

/// What layers keep for their way back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// What would take long to compute again.
    #[default]
    Activations,
    /// Their inputs alone: the least memory, for one more way forward.
    Inputs,
}

impl Keep {
    /// What a run's setting means.
    #[must_use]
    pub fn of(recompute: bool) -> Self {
        match recompute {
            true => Self::Inputs,
            false => Self::Activations,
        }
    }
}

/// Which rows of a sequence a layer computes, and how they see each other.
struct Rows {
    /// `None` for all of them.
    asked: Option<Vec<u32>>,
    attention: Attention,
    /// Of the queries.
    rotary: Arc<Rotary>,
    /// Of the keys.
    key_rotary: Arc<Rotary>,
}

/// A layer's input, and what else it keeps.
struct Kept {
    x: Vec<f32>,
    inner: Option<Inner>,
}

struct Inner {
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    attended: Vec<f32>,
    middle: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
}

/// The decoder's way forward, kept for the way back.
pub struct Passed {
    layers: Vec<Option<Kept>>,
    all: Rows,
    last: Rows,
    /// The asked rows after the last layer, and after the norm.
    rows: Vec<f32>,
    normed: Vec<f32>,
}

impl LanguageModel {
    /// Rows of the embedding: `(tokens, H)`.
    pub(in crate::model) fn embedded(&self, tokens: &[u32]) -> Result<Vec<f32>> {
        let table = self.embedding.embeddings();
        let (vocabulary, width) = table.dims2()?;
        let borrowed = Borrowed::of(table);
        let matrix = borrowed.matrix()?;
        let mut rows = vec![0.0; tokens.len() * width];
        for (row, token) in rows.chunks_exact_mut(width).zip(tokens) {
            if *token as usize >= vocabulary {
                candle_core::bail!("token {token} is none of the vocabulary's {vocabulary}");
            }
            matrix.copy_row(*token as usize, row);
        }
        Ok(rows)
    }

    /// The embedding's weights.
    pub(in crate::model) fn embedding(&self) -> &Tensor {
        self.embedding.embeddings()
    }

    /// Logits `(asked, vocabulary)` of the rows `asked` of a sequence whose rows are `x` `(rows, H)`. `wanted` says whether a gradient of
    /// `x` will be asked for.
    pub(in crate::model) fn run(
        &self,
        x: Vec<f32>,
        (positions, spans): (&[u32], &Arc<Vec<Span>>),
        asked: &[u32],
        (wanted, keep): (bool, Keep),
    ) -> Result<(Vec<f32>, Passed)> {
        let all = self.all_rows(positions, spans);
        let last = self.asked_rows(&all, spans, asked);
        let (mut x, mut wanted) = (x, wanted);
        let mut layers = Vec::with_capacity(self.layers.len());
        for (n, layer) in self.layers.iter().enumerate() {
            let rows = if n + 1 == self.layers.len() {
                &last
            } else {
                &all
            };
            let (y, inner) = layer.run(&x, rows)?;
            wanted |= layer.is_trained();
            let input = std::mem::replace(&mut x, y);
            layers.push(wanted.then(|| Kept {
                x: input,
                inner: (keep == Keep::Activations).then_some(inner),
            }));
        }
        let normed = self.norm.run(&x)?;
        let logits = self.head.run(&normed)?;
        let passed = Passed {
            layers,
            all,
            last,
            rows: x,
            normed,
        };
        Ok((logits, passed))
    }

    /// Takes the gradient `g` of the logits back to the weights and, where that was wanted, to the sequence's rows.
    pub(in crate::model) fn back(
        &self,
        passed: Passed,
        g: &[f32],
        wanted: bool,
        turn: Turn<'_>,
    ) -> Result<Option<Vec<f32>>> {
        let g_normed = self.head.back(&passed.normed, g, turn)?;
        let mut g = vec![0.0; passed.rows.len()];
        self.norm.back(&passed.rows, &g_normed, &mut g, turn)?;
        let (mut g, count) = (Some(g), self.layers.len());
        let from = self.layers.iter().position(Layer::is_trained);
        for (n, kept) in passed.layers.into_iter().enumerate().rev() {
            let (Some(kept), Some(out)) = (kept, g.take()) else {
                break;
            };
            let rows = if n + 1 == count {
                &passed.last
            } else {
                &passed.all
            };
            // Below, something is trained, or the rows' own gradient is asked for.
            let below = wanted || from.is_some_and(|from| from < n);
            g = self.layers[n].back(kept, out, rows, below, turn)?;
        }
        Ok(g.filter(|_| wanted))
    }

    fn all_rows(&self, positions: &[u32], spans: &Arc<Vec<Span>>) -> Rows {
        let rotary = self.rotary(positions);
        Rows {
            asked: None,
            attention: Attention::new(self.heads, spans),
            key_rotary: Arc::clone(&rotary),
            rotary,
        }
    }

    fn asked_rows(&self, all: &Rows, spans: &Arc<Vec<Span>>, asked: &[u32]) -> Rows {
        Rows {
            asked: Some(asked.to_vec()),
            attention: Attention::new(self.heads, &Arc::new(asking(spans, asked))),
            rotary: Arc::new(all.rotary.of_rows(asked)),
            key_rotary: Arc::clone(&all.key_rotary),
        }
    }
}

/// The same sequences with these rows, in rising order, as their only queries, numbered anew.
fn asking(spans: &[Span], asked: &[u32]) -> Vec<Span> {
    let mut narrowed = Vec::new();
    for span in spans {
        let inside = |row: &u32| span.queries.contains(&(*row as usize));
        let first = asked.iter().take_while(|row| !inside(row)).count();
        let mut next = first;
        let own = asked[first..].iter().take_while(|row| inside(row));
        let rows: Vec<u32> = own.copied().collect();
        for run in rows.chunk_by(|row, after| row + 1 == *after) {
            let last = run[run.len() - 1] as usize - span.queries.start;
            narrowed.push(Span {
                queries: next..next + run.len(),
                context: span.context.clone(),
                own: span.own.start..span.own.start + span.visible(last),
                causal: span.causal,
            });
            next += run.len();
        }
    }
    narrowed
}

impl Rows {
    /// What a layer gets: the rows that are asked.
    fn input<'a>(&'a self, x: &'a [f32]) -> Input<'a> {
        Input {
            x,
            asked: self.asked.as_deref(),
        }
    }

    /// Those of all rows `(rows, width)` that are asked.
    fn of(&self, all: &[f32], width: usize) -> Option<Vec<f32>> {
        let asked = self.asked.as_ref()?;
        let row = |row: &u32| &all[*row as usize * width..(*row as usize + 1) * width];
        Some(asked.iter().flat_map(row).copied().collect())
    }
}

/// Adds the rows `part`, which are those `asked` of all, to where they belong.
fn add_to(all: &mut [f32], asked: &[u32], part: &[f32], width: usize) {
    for (row, part) in asked.iter().zip(part.chunks_exact(width)) {
        let first = *row as usize * width;
        add(&mut all[first..first + width], part);
    }
}

impl Layer {
    fn is_trained(&self) -> bool {
        let linear = [
            &self.q, &self.k, &self.v, &self.o, &self.gate, &self.up, &self.down,
        ];
        let norms = [&self.input_norm, &self.post_norm];
        linear.iter().any(|l| l.is_trained()) || norms.iter().any(|n| n.is_trained())
    }

    /// `x` `(rows, H)` to `(asked rows, H)`.
    fn run(&self, x: &[f32], rows: &Rows) -> Result<(Vec<f32>, Inner)> {
        let h = self.width()?;
        let normed = self.input_norm.run(x)?;
        let (mut k, v) = (self.k.run(&normed)?, self.v.run(&normed)?);
        let asked = rows.of(&normed, h);
        let mut q = self.q.run(rows.input(asked.as_ref().unwrap_or(&normed)))?;
        drop((normed, asked));
        rows.rotary.rotate_rows(&mut q, self.q.out()?, 1.0);
        rows.key_rotary.rotate_rows(&mut k, self.k.out()?, 1.0);
        let attended = rows.attention.run([&q, &k, &v])?;
        let mut middle = rows.of(x, h).unwrap_or_else(|| x.to_vec());
        add(&mut middle, &self.o.run(rows.input(&attended))?);
        let normed = self.post_norm.run(&middle)?;
        let (gate, up) = (
            self.gate.run(rows.input(&normed))?,
            self.up.run(rows.input(&normed))?,
        );
        drop(normed);
        let mut y = self.down.run(rows.input(&swiglu_forward(&gate, &up)))?;
        add(&mut y, &middle);
        let inner = Inner {
            q,
            k,
            v,
            attended,
            middle,
            gate,
            up,
        };
        Ok((y, inner))
    }

    /// Takes the gradient `g` of the asked rows back, to the input's where that is `wanted`.
    fn back(
        &self,
        Kept { x, inner }: Kept,
        g: Vec<f32>,
        rows: &Rows,
        wanted: bool,
        turn: Turn<'_>,
    ) -> Result<Option<Vec<f32>>> {
        let inner = match inner {
            Some(inner) => inner,
            None => self.run(&x, rows)?.1,
        };
        let mut g = g;
        self.back_through_mlp(&inner, &mut g, rows, turn)?;
        let g_attended = self.o.back(rows.input(&inner.attended), &g, turn)?;
        let Inner { q, k, v, .. } = inner;
        let [mut gq, mut gk, gv] = rows.attention.back([&q, &k, &v], &g_attended);
        drop((q, k, v, g_attended));
        rows.rotary.rotate_rows(&mut gq, self.q.out()?, -1.0);
        rows.key_rotary.rotate_rows(&mut gk, self.k.out()?, -1.0);
        self.back_through_projections(&x, g, [&gq, &gk, &gv], (rows, wanted), turn)
    }

    /// From the gradient of the layer's result to that of the rows between its halves.
    fn back_through_mlp(
        &self,
        inner: &Inner,
        g: &mut [f32],
        rows: &Rows,
        turn: Turn<'_>,
    ) -> Result<()> {
        let Inner {
            middle, gate, up, ..
        } = inner;
        let activated = swiglu_forward(gate, up);
        let mut g_up = self.down.back(rows.input(&activated), g, turn)?;
        drop(activated);
        let g_gate = swiglu_backward(&mut g_up, gate, up);
        let normed = self.post_norm.run(middle)?;
        let input = rows.input(&normed);
        let mut g_normed = self.gate.back(input, &g_gate, turn)?;
        self.up.add_back(input, &g_up, &mut g_normed, turn)?;
        self.post_norm.back(middle, &g_normed, g, turn)
    }

    /// From the gradients of queries, keys and values, and of the rows between the halves, to that of the layer's input.
    fn back_through_projections(
        &self,
        x: &[f32],
        g: Vec<f32>,
        [gq, gk, gv]: [&[f32]; 3],
        (rows, wanted): (&Rows, bool),
        turn: Turn<'_>,
    ) -> Result<Option<Vec<f32>>> {
        let h = self.width()?;
        let normed = self.input_norm.run(x)?;
        let asked = rows.of(&normed, h);
        let input = rows.input(asked.as_ref().unwrap_or(&normed));
        if !wanted && !self.input_norm.is_trained() {
            self.q.back_to_weights(input, gq, turn)?;
            self.k.back_to_weights(&normed, gk, turn)?;
            self.v.back_to_weights(&normed, gv, turn)?;
            return Ok(None);
        }
        let mut g_normed = self.k.back(&normed, gk, turn)?;
        self.v.add_back(&normed, gv, &mut g_normed, turn)?;
        let mut gx = match rows.asked.as_deref() {
            None => {
                self.q.add_back(input, gq, &mut g_normed, turn)?;
                g
            }
            Some(asked) => {
                let (g_asked, mut gx) = (self.q.back(input, gq, turn)?, vec![0.0; x.len()]);
                add_to(&mut g_normed, asked, &g_asked, h);
                add_to(&mut gx, asked, &g, h);
                gx
            }
        };
        drop((normed, asked));
        self.input_norm.back(x, &g_normed, &mut gx, turn)?;
        Ok(wanted.then_some(gx))
    }

    fn width(&self) -> Result<usize> {
        self.o.out()
    }
}

fn add(sum: &mut [f32], x: &[f32]) {
    sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asked_rows_see_what_they_saw_among_all() {
        let spans = [
            Span::causal(0..5, 0..0),
            Span::causal(5..9, 0..5),
            Span::bidirectional(9..12),
        ];
        let narrowed = asking(&spans, &[1, 2, 4, 7, 8, 10]);
        let causal = |queries, context, own| Span {
            queries,
            context,
            own,
            causal: true,
        };
        let expected = [
            causal(0..2, 0..0, 0..3),
            causal(2..3, 0..0, 0..5),
            causal(3..5, 0..5, 5..9),
            Span {
                queries: 5..6,
                context: 0..0,
                own: 9..12,
                causal: false,
            },
        ];
        assert_eq!(narrowed, expected);
        for (n, row) in [1, 2, 4, 7, 8, 10].into_iter().enumerate() {
            let seen = |spans: &[Span], row: usize| {
                let span = spans.iter().find(|s| s.queries.contains(&row)).unwrap();
                span.own.start..span.own.start + span.visible(row - span.queries.start)
            };
            assert_eq!(seen(&narrowed, n), seen(&spans, row));
        }
    }
}
