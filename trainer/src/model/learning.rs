//! Loss and gradient of one image's sequence: by hand in host memory, by candle's autograd elsewhere.

use super::kernels::{Floats, Target, check_targets, loss_and_gradient, on_host};
use super::language::Keep;
use super::sums::Turn;
use super::{InternVl, Sequence, projector, vision};
use candle_core::{Result, Tensor};
use std::sync::Arc;

/// One image's share of a batch's loss: `Σ weight · cross-entropy` over supervised rows.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// Its pixels.
    pub picture: Picture,
    /// Its rows for the decoder.
    pub sequence: Sequence,
    /// The rows that predict something, in rising order.
    pub rows: Vec<u32>,
    /// What each of them is to predict.
    pub targets: Arc<Vec<Target>>,
}

/// A picture as the decoder gets it.
#[derive(Clone, Debug)]
pub enum Picture {
    /// Unfolded patches `(images · N, 3 · p · p)`.
    Patches(Tensor),
    /// Image tokens `(images · N / 4, H)` of a vision tower and projector that are not trained.
    Tokens(Tensor),
}

impl Picture {
    /// Rows of patches or of tokens.
    pub fn rows(&self) -> &Tensor {
        match self {
            Self::Patches(rows) | Self::Tokens(rows) => rows,
        }
    }

    /// Several, all patches or all tokens, one behind the other.
    fn joined<'a>(pictures: impl Iterator<Item = &'a Self> + Clone) -> Result<Self> {
        let rows = Tensor::cat(&pictures.clone().map(Self::rows).collect::<Vec<_>>(), 0)?;
        let (mut patches, mut tokens) = (0, 0);
        for picture in pictures {
            match picture {
                Self::Patches(_) => patches += 1,
                Self::Tokens(_) => tokens += 1,
            }
        }
        match (patches, tokens) {
            (_, 0) => Ok(Self::Patches(rows)),
            (0, _) => Ok(Self::Tokens(rows)),
            _ => candle_core::bail!("patches cannot be put behind image tokens"),
        }
    }
}

/// The way of a picture to its tokens, kept for the way back.
struct Seen<'a> {
    patches: Floats<'a>,
    vision: vision::Passed,
    projector: projector::Passed,
}

impl Lesson {
    /// Several as one, whose loss is their sum: the rows of one behind those of the other, none of which sees another's.
    pub fn joined(lessons: &[Self]) -> Result<Self> {
        if let [lesson] = lessons {
            return Ok(lesson.clone());
        }
        let (mut sequence, mut spans) = (Sequence::default(), Vec::new());
        let (mut rows, mut targets) = (Vec::new(), Vec::new());
        for lesson in lessons {
            let (own, first) = (&lesson.sequence, sequence.tokens.len());
            let behind = |row: &u32| row + first as u32;
            sequence.tokens.extend_from_slice(&own.tokens);
            sequence.positions.extend_from_slice(&own.positions);
            sequence
                .image_rows
                .extend(own.image_rows.iter().map(behind));
            spans.extend(own.spans.iter().map(|span| span.behind(first)));
            rows.extend(lesson.rows.iter().map(behind));
            targets.extend_from_slice(&lesson.targets);
        }
        sequence.spans = Arc::new(spans);
        Ok(Self {
            picture: Picture::joined(lessons.iter().map(|lesson| &lesson.picture))?,
            sequence,
            rows,
            targets: Arc::new(targets),
        })
    }

    /// Whether all rows that it names are there, and those that predict in rising order.
    fn check(&self) -> Result<()> {
        let rows = self.sequence.tokens.len();
        let inside = |named: &[u32]| named.iter().all(|row| (*row as usize) < rows);
        if !inside(&self.rows) || !inside(&self.sequence.image_rows) {
            candle_core::bail!("a sequence of {rows} rows has no such row as its lesson names");
        }
        if !self.rows.is_sorted_by(|row, next| row < next) {
            candle_core::bail!("rows that predict something are expected in rising order");
        }
        Ok(())
    }
}

impl InternVl {
    /// Whether the numbers of this model can be worked on by hand: they are in host memory, and nobody asked for candle's operations.
    #[must_use]
    pub fn is_by_hand(&self) -> bool {
        on_host(self.language.embedding())
    }

    /// Whether a picture's tokens are the same at every step.
    #[must_use]
    pub fn is_vision_held(&self) -> bool {
        !self.vision.is_trained() && !self.projector.is_trained()
    }

    /// The loss by way of candle's autograd.
    pub fn loss_of(&self, lesson: &Lesson) -> Result<Tensor> {
        let Lesson {
            picture,
            sequence,
            rows,
            targets,
        } = lesson;
        let tokens = match picture {
            Picture::Patches(patches) => self.image_tokens(patches)?,
            Picture::Tokens(tokens) => tokens.clone(),
        };
        self.loss(&tokens, sequence, rows, targets.clone())
    }

    /// The loss; its gradient goes to the sums. Forward and backward by hand: for numbers in host memory.
    pub fn learn(&self, lesson: &Lesson, keep: Keep, turn: Turn<'_>) -> Result<f64> {
        let Lesson {
            sequence, targets, ..
        } = lesson;
        lesson.check()?;
        let (tokens, seen) = self.see(&lesson.picture, keep)?;
        let x = self.placed(sequence, &tokens)?;
        drop(tokens);
        let wanted = seen.is_some() || self.language.embedding().track_op();
        let rows = (sequence.positions.as_slice(), &sequence.spans);
        let (mut logits, passed) = self.language.run(x, rows, &lesson.rows, (wanted, keep))?;
        let vocabulary = self.language.embedding().dim(0)?;
        check_targets(targets, lesson.rows.len(), vocabulary)?;
        let loss = loss_and_gradient(&mut logits, vocabulary, targets);
        if let Some(g) = self.language.back(passed, &logits, wanted, turn)? {
            drop(logits);
            self.back_from_rows(sequence, g, seen, turn)?;
        }
        Ok(loss)
    }

    /// Image tokens, and what is needed to go back from them where something on the way is trained.
    fn see<'a>(&self, picture: &'a Picture, keep: Keep) -> Result<(Vec<f32>, Option<Seen<'a>>)> {
        let patches = match picture {
            Picture::Tokens(tokens) => return Ok((Floats::of(tokens)?.to_vec(), None)),
            Picture::Patches(patches) => Floats::of(patches)?,
        };
        let c = self.config.vision_config.hidden_size;
        let (states, vision) = self.vision.run(&patches, keep)?;
        let (tokens, projector) = self.projector.run(&states, c)?;
        let seen = Seen {
            patches,
            vision,
            projector,
        };
        Ok((tokens, (!self.is_vision_held()).then_some(seen)))
    }

    /// The sequence's rows with image tokens in their places: `(rows, H)`.
    fn placed(&self, sequence: &Sequence, tokens: &[f32]) -> Result<Vec<f32>> {
        let h = self.config.llm_config.hidden_size;
        let (places, there) = (sequence.image_rows.len(), tokens.len() / h);
        if places != there {
            candle_core::bail!("{there} image tokens for {places} places");
        }
        let mut x = self.language.embedded(&sequence.tokens)?;
        for (row, token) in sequence.image_rows.iter().zip(tokens.chunks_exact(h)) {
            x[*row as usize * h..(*row as usize + 1) * h].copy_from_slice(token);
        }
        Ok(x)
    }

    /// From the gradient of the sequence's rows to the embedding's and, of the image tokens among them, to what made those.
    fn back_from_rows(
        &self,
        sequence: &Sequence,
        g: Vec<f32>,
        seen: Option<Seen<'_>>,
        turn: Turn<'_>,
    ) -> Result<()> {
        let h = self.config.llm_config.hidden_size;
        let mut is_text = vec![true; sequence.tokens.len()];
        for row in &sequence.image_rows {
            is_text[*row as usize] = false;
        }
        let rows = |text: bool| {
            let rows = g.chunks_exact(h).zip(&is_text);
            let chosen = rows.filter(move |(_, is_text)| **is_text == text);
            chosen
                .flat_map(|(row, _)| row)
                .copied()
                .collect::<Vec<f32>>()
        };
        if self.language.embedding().track_op() {
            let tokens = sequence.tokens.iter().zip(&is_text);
            let tokens = tokens.filter(|(_, is_text)| **is_text).map(|(t, _)| *t);
            turn.scatter(self.language.embedding(), tokens.collect(), rows(true));
        }
        let Some(seen) = seen else {
            return Ok(());
        };
        let (g_tokens, below) = (rows(false), self.vision.is_trained());
        drop(g);
        let g_states = self
            .projector
            .back(&seen.projector, &g_tokens, below, turn)?;
        match g_states {
            Some(g) => self.vision.back(seen.vision, &seen.patches, g, turn),
            None => Ok(()),
        }
    }
}
