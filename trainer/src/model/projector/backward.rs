//! The projector on plain rows in host memory, forward and, by hand, backward.

use super::{Projector, shuffle_order};
use crate::model::kernels::{gelu_back, gelu_of};
use crate::model::sums::Turn;
use candle_core::Result;

/// The projector's way forward, kept for the way back.
pub struct Passed {
    /// Vision states, shuffled: `(tokens, 4 · C)`.
    shuffled: Vec<f32>,
    /// What the first linear layer gave.
    first: Vec<f32>,
    order: Vec<u32>,
    /// Numbers of all states.
    states: usize,
}

impl Projector {
    /// Whether anything in it is trained.
    pub(in crate::model) fn is_trained(&self) -> bool {
        self.norm.is_trained() || self.first.is_trained() || self.second.is_trained()
    }

    /// States `(images · (1 + N), C)` to image tokens `(images · N / 4, H)`.
    pub(in crate::model) fn run(&self, states: &[f32], c: usize) -> Result<(Vec<f32>, Passed)> {
        let images = states.len() / c / (self.side * self.side + 1);
        let order = shuffle_order(images, self.side, self.version);
        let row = |row: &u32| &states[*row as usize * c..(*row as usize + 1) * c];
        let shuffled: Vec<f32> = order.iter().flat_map(row).copied().collect();
        let first = self.first.run(&self.norm.run(&shuffled)?)?;
        let tokens = self.second.run(&gelu_of(&first))?;
        let passed = Passed {
            shuffled,
            first,
            order,
            states: states.len(),
        };
        Ok((tokens, passed))
    }

    /// Takes the gradient `g` of the image tokens back to the weights and, where that is `wanted`, to the states.
    pub(in crate::model) fn back(
        &self,
        passed: &Passed,
        g: &[f32],
        wanted: bool,
        turn: Turn<'_>,
    ) -> Result<Option<Vec<f32>>> {
        let Passed {
            shuffled, first, ..
        } = passed;
        let g_act = self.second.back(&gelu_of(first), g, turn)?;
        let g_first = gelu_back(first, &g_act);
        let g_normed = self.first.back(&self.norm.run(shuffled)?, &g_first, turn)?;
        let mut g_shuffled = vec![0.0; shuffled.len()];
        self.norm.back(shuffled, &g_normed, &mut g_shuffled, turn)?;
        Ok(wanted.then(|| passed.unshuffled(&g_shuffled)))
    }
}

impl Passed {
    /// Each row where it came from; those of CLS stay zero.
    fn unshuffled(&self, shuffled: &[f32]) -> Vec<f32> {
        let c = shuffled.len() / self.order.len().max(1);
        let mut states = vec![0.0; self.states];
        for (row, part) in self.order.iter().zip(shuffled.chunks_exact(c.max(1))) {
            states[*row as usize * c..(*row as usize + 1) * c].copy_from_slice(part);
        }
        states
    }
}
