//! One picture with several questions in one sequence.
//!
//! Each question sees the shared prefix and itself, never another question, and its positions start right after the
//! prefix: the loss is that of separate samples, at the cost of reading the picture once.
//!
//! A turn counts by the square root of its answer's length (`loss_reduction = "square"`, InternVL 2.5, arXiv:2412.05271,
//! 3.3): neither do long answers drown the short ones, nor does each of their tokens lose its worth.

use super::pixels::Look;
use super::prompt::{EncodedTurn, Prefix, Prompter};
use crate::model::Sequence;
use crate::model::kernels::{Span, Target};
use std::sync::Arc;

/// A picture and the turns about it that one step learns from.
#[derive(Clone, Debug)]
pub struct Example {
    /// The picture.
    pub look: Look,
    /// The turns.
    pub turns: Vec<EncodedTurn>,
}

/// A sequence with what its rows are to predict.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The rows.
    pub sequence: Sequence,
    /// The rows that predict an answer's token.
    pub rows: Vec<u32>,
    /// What each of them is to predict.
    pub targets: Arc<Vec<Target>>,
}

impl Packed {
    /// Puts all turns behind one prefix with a picture of so many tiles.
    #[must_use]
    pub fn new(prompter: &Prompter, tiles: usize, turns: &[EncodedTurn]) -> Self {
        let Prefix {
            mut tokens,
            image_rows,
        } = prompter.prefix(tiles);
        let shared = tokens.len();
        let mut positions: Vec<u32> = (0..shared as u32).collect();
        let mut spans = vec![Span::causal(0..shared, 0..0)];
        let (mut rows, mut targets) = (Vec::new(), Vec::new());
        for turn in turns {
            let start = tokens.len();
            tokens.extend_from_slice(&turn.question);
            // Row i predicts token i + 1, so the answer's last token needs no row of its own.
            rows.extend((0..turn.answer.len()).map(|i| (tokens.len() - 1 + i) as u32));
            tokens.extend_from_slice(&turn.answer[..turn.answer.len().saturating_sub(1)]);
            let whole = turn.weights.iter().sum::<f32>();
            let target = |(token, weight): (&u32, &f32)| Target {
                token: *token,
                weight: *weight / whole.max(f32::EPSILON).sqrt(),
            };
            targets.extend(turn.answer.iter().zip(&turn.weights).map(target));
            positions.extend((shared..shared + tokens.len() - start).map(|p| p as u32));
            spans.push(Span::causal(start..tokens.len(), 0..shared));
        }
        Self {
            sequence: Sequence {
                tokens,
                positions,
                image_rows,
                spans: Arc::new(spans),
            },
            rows,
            targets: Arc::new(targets),
        }
    }

    /// The sum of the targets' weights.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.targets.iter().map(|t| f64::from(t.weight)).sum()
    }
}
