//! The vision tower on plain rows in host memory, forward and, by hand, backward. Blocks keep what [`Keep`] says, as the decoder's layers.

use super::{Attention as Module, Block, VisionTower};
use crate::model::kernels::{
    Attention, Floats, add_rows, gelu_back, gelu_of, interleaved, residual_backward,
    residual_forward,
};
use crate::model::language::Keep;
use crate::model::sums::Turn;
use candle_core::Result;
use std::sync::Arc;

/// A block's input, and what else it keeps.
struct Kept {
    x: Vec<f32>,
    inner: Option<Inner>,
}

struct Inner {
    qkv: Vec<f32>,
    attended: Vec<f32>,
    /// The first half's branch, before its scale.
    branch: Vec<f32>,
    middle: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
}

/// The tower's way forward, kept for the way back.
pub struct Passed {
    blocks: Vec<Option<Kept>>,
    attention: Attention,
}

impl VisionTower {
    /// Whether anything in it is trained.
    pub(in crate::model) fn is_trained(&self) -> bool {
        self.embedding_is_trained() || self.blocks.iter().any(Block::is_trained)
    }

    fn embedding_is_trained(&self) -> bool {
        let own = [&self.class_embedding, &self.position_embedding];
        self.patch_embedding.is_trained() || own.iter().any(|t| t.track_op())
    }

    /// Unfolded patches to states, both as in [`Self::forward`].
    pub(in crate::model) fn run(&self, patches: &[f32], keep: Keep) -> Result<(Vec<f32>, Passed)> {
        let (mut x, images) = self.embedded(patches)?;
        let attention = Attention::new(self.heads, &Arc::new(self.spans(images)));
        let (mut wanted, mut blocks) = (self.embedding_is_trained(), Vec::new());
        for block in &self.blocks {
            let (y, inner) = block.run(&x, &attention)?;
            wanted |= block.is_trained();
            let input = std::mem::replace(&mut x, y);
            blocks.push(wanted.then(|| Kept {
                x: input,
                inner: (keep == Keep::Activations).then_some(inner),
            }));
        }
        Ok((x, Passed { blocks, attention }))
    }

    /// Takes the gradient `g` of the states back to the weights.
    pub(in crate::model) fn back(
        &self,
        passed: Passed,
        patches: &[f32],
        g: Vec<f32>,
        turn: Turn<'_>,
    ) -> Result<()> {
        let mut g = g;
        let blocks = self.blocks.iter().zip(passed.blocks).rev();
        for (block, kept) in blocks {
            let Some(kept) = kept else {
                return Ok(());
            };
            g = block.back(kept, g, &passed.attention, turn)?;
        }
        self.back_through_embedding(patches, &g, turn)
    }

    /// Patches behind their image's CLS, positions added: `(images · (1 + N), C)`.
    fn embedded(&self, patches: &[f32]) -> Result<(Vec<f32>, usize)> {
        let embedded = self.patch_embedding.run(patches)?;
        let (class, positions) = (
            Floats::of(&self.class_embedding)?,
            Floats::of(&self.position_embedding)?,
        );
        let per_image = (self.tokens - 1) * class.len();
        if !embedded.len().is_multiple_of(per_image) {
            candle_core::bail!(
                "{} patches are no whole number of images of {}",
                embedded.len() / class.len(),
                self.tokens - 1
            );
        }
        let mut x = Vec::with_capacity(embedded.len() / per_image * positions.len());
        for image in embedded.chunks_exact(per_image) {
            let tokens = class.iter().chain(image).zip(positions.iter());
            x.extend(tokens.map(|(token, position)| token + position));
        }
        Ok((x, embedded.len() / per_image))
    }

    fn back_through_embedding(&self, patches: &[f32], g: &[f32], turn: Turn<'_>) -> Result<()> {
        let c = self.class_embedding.elem_count();
        turn.add(self.position_embedding.id(), |sum| add_rows(sum, g))?;
        let images = || g.chunks_exact(self.tokens * c);
        turn.add(self.class_embedding.id(), |sum| {
            images().for_each(|image| add_rows(sum, &image[..c]));
        })?;
        let g: Vec<f32> = images().flat_map(|image| &image[c..]).copied().collect();
        self.patch_embedding.back_to_weights(patches, &g, turn)
    }
}

impl Block {
    fn is_trained(&self) -> bool {
        let scales = self.ls1.track_op() || self.ls2.track_op();
        let linear = self.fc1.is_trained() || self.fc2.is_trained();
        let norms = self.norm1.is_trained() || self.norm2.is_trained();
        scales || linear || norms || self.attention.is_trained()
    }

    fn run(&self, x: &[f32], attention: &Attention) -> Result<(Vec<f32>, Inner)> {
        let qkv = self.attention.qkv.run(&self.norm1.run(x)?)?;
        let attended = self.attention.run(&qkv, attention)?;
        let branch = self.attention.proj.run(&attended)?;
        let mut middle = x.to_vec();
        residual_forward(&mut middle, &branch, &Floats::of(&self.ls1)?);
        let first = self.fc1.run(&self.norm2.run(&middle)?)?;
        let second = self.fc2.run(&gelu_of(&first))?;
        let mut y = middle.clone();
        residual_forward(&mut y, &second, &Floats::of(&self.ls2)?);
        let inner = Inner {
            qkv,
            attended,
            branch,
            middle,
            first,
            second,
        };
        Ok((y, inner))
    }

    /// Takes the gradient `g` of the block's result back to its input.
    fn back(
        &self,
        Kept { x, inner }: Kept,
        g: Vec<f32>,
        attention: &Attention,
        turn: Turn<'_>,
    ) -> Result<Vec<f32>> {
        let inner = match inner {
            Some(inner) => inner,
            None => self.run(&x, attention)?.1,
        };
        let mut g = g;
        self.back_through_mlp(&inner, &mut g, turn)?;
        let g_branch = back_through_scale(&self.ls1, &inner.branch, &g, turn)?;
        let g_attended = self.attention.proj.back(&inner.attended, &g_branch, turn)?;
        let g_qkv = self
            .attention
            .back(&inner.qkv, &g_attended, attention, turn)?;
        let g_normed = self
            .attention
            .qkv
            .back(&self.norm1.run(&x)?, &g_qkv, turn)?;
        self.norm1.back(&x, &g_normed, &mut g, turn)?;
        Ok(g)
    }

    /// From the gradient of the block's result to that of the rows between its halves.
    fn back_through_mlp(&self, inner: &Inner, g: &mut [f32], turn: Turn<'_>) -> Result<()> {
        let g_second = back_through_scale(&self.ls2, &inner.second, g, turn)?;
        let g_act = self.fc2.back(&gelu_of(&inner.first), &g_second, turn)?;
        let g_first = gelu_back(&inner.first, &g_act);
        drop(g_act);
        let normed = self.norm2.run(&inner.middle)?;
        let g_normed = self.fc1.back(&normed, &g_first, turn)?;
        self.norm2.back(&inner.middle, &g_normed, g, turn)
    }
}

impl Module {
    fn is_trained(&self) -> bool {
        let norms = self.qk_norms.as_ref();
        let norms = norms.is_some_and(|(q, k)| q.is_trained() || k.is_trained());
        norms || self.qkv.is_trained() || self.proj.is_trained()
    }

    fn run(&self, qkv: &[f32], attention: &Attention) -> Result<Vec<f32>> {
        match self.normed(qkv)? {
            None => attention.run_fused(qkv),
            Some([q, k, v]) => attention.run([&q, &k, &v]),
        }
    }

    /// From the gradient of what attention gave to that of `qkv`.
    fn back(
        &self,
        qkv: &[f32],
        g: &[f32],
        attention: &Attention,
        turn: Turn<'_>,
    ) -> Result<Vec<f32>> {
        let (Some((q_norm, k_norm)), Some([q, k, v])) = (&self.qk_norms, self.normed(qkv)?) else {
            return Ok(attention.back_fused(qkv, g));
        };
        let [gq_normed, gk_normed, gv] = attention.back([&q, &k, &v], g);
        let c = self.proj.out()?;
        let (mut gq, mut gk) = (vec![0.0; q.len()], vec![0.0; k.len()]);
        q_norm.back(&third(qkv, 0, c), &gq_normed, &mut gq, turn)?;
        k_norm.back(&third(qkv, 1, c), &gk_normed, &mut gk, turn)?;
        Ok(interleaved(&[gq, gk, gv], c))
    }

    /// Queries and keys normalised, and values, where this tower normalises them.
    fn normed(&self, qkv: &[f32]) -> Result<Option<[Vec<f32>; 3]>> {
        let Some((q_norm, k_norm)) = &self.qk_norms else {
            return Ok(None);
        };
        let c = self.proj.out()?;
        let (q, k) = (
            q_norm.run(&third(qkv, 0, c))?,
            k_norm.run(&third(qkv, 1, c))?,
        );
        Ok(Some([q, k, third(qkv, 2, c)]))
    }
}

/// One of the three parts, `c` numbers of each row.
fn third(qkv: &[f32], n: usize, c: usize) -> Vec<f32> {
    let part = |row: &'_ [f32]| row[n * c..(n + 1) * c].to_vec();
    qkv.chunks_exact(3 * c).flat_map(part).collect()
}

/// From the gradient of the residual's sum to that of its branch.
fn back_through_scale(
    scale: &candle_core::Tensor,
    branch: &[f32],
    g: &[f32],
    turn: Turn<'_>,
) -> Result<Vec<f32>> {
    let scales = Floats::of(scale)?;
    let (mut g_branch, mut g_scale) = (vec![0.0; branch.len()], vec![0.0; scales.len()]);
    residual_backward(&mut g_branch, &mut g_scale, branch, &scales, g);
    turn.add(scale.id(), |sum| add_rows(sum, &g_scale))?;
    Ok(g_branch)
}
