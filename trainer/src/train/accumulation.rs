//! The gradient of a step whose images are worked on in several batches, one after the other, so that only one has to fit in memory.

use super::gradients::Gradients;
use super::numbers::Numbers;
use super::parallel::Share;
use crate::data::{Example, Packed, Prompter};
use candle_core::Result;
use std::collections::BTreeMap;

/// The mean over the batches so far, each by the weight of its supervised tokens: what one batch of all their images would give.
#[derive(Debug, Default)]
pub struct Accumulated {
    weight: f64,
    mean: Gradients<Numbers>,
}

impl Accumulated {
    /// Takes in the gradient of one batch.
    pub fn add(&mut self, weight: f64, part: Gradients<Numbers>) -> Result<()> {
        let whole = self.weight + weight;
        if self.weight == 0.0 {
            // As it is: a single batch is not to be rounded.
            self.mean = part;
        } else {
            let (before, now) = (self.weight / whole, weight / whole);
            self.mean.loss = self.mean.loss * before + part.loss * now;
            self.mean.tokens += part.tokens;
            add_scaled(
                &mut self.mean.by_name,
                before as f32,
                part.by_name,
                now as f32,
            )?;
        }
        self.weight = whole;
        Ok(())
    }

    /// The gradient of all batches, and what it weighs beside that of other ranks.
    #[must_use]
    pub fn share(self) -> Share {
        Share {
            weight: self.weight,
            mean: self.mean,
        }
    }
}

/// What the supervised tokens of a batch weigh together.
#[must_use]
pub fn weight_of(prompter: &Prompter, examples: &[Example]) -> f64 {
    let weight = |e: &Example| Packed::new(prompter, e.look.tiles, &e.turns).weight();
    examples.iter().map(weight).sum()
}

fn add_scaled(
    sum: &mut BTreeMap<String, Numbers>,
    before: f32,
    part: BTreeMap<String, Numbers>,
    now: f32,
) -> Result<()> {
    sum.values_mut()
        .try_for_each(|numbers| numbers.scale(before))?;
    for (name, mut numbers) in part {
        numbers.scale(now)?;
        match sum.get_mut(&name) {
            Some(so_far) => so_far.add(numbers)?,
            None => drop(sum.insert(name, numbers)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{self, lessons::Lessons};
    use crate::data::Source;
    use crate::model::kernels::composed_only;
    use crate::model::{InternVl, Weights};
    use crate::train::gradients::gradients_where_formed;

    #[test]
    fn batches_one_after_the_other_have_the_gradient_of_them_all() {
        check();
    }

    /// As on a GPU: autograd's gradients stay tensors.
    #[test]
    fn so_they_have_where_gradients_stay_with_the_weights() {
        composed_only(check);
    }

    fn check() {
        let start = base::builtin("shapes").unwrap();
        let prompter = Prompter::new(&start.tokenizer, &start.config).unwrap();
        let weights = Weights::trained(start.tensors.clone()).unwrap();
        let model = InternVl::new(&start.config, &weights).unwrap();
        // One picture in four has many questions, so that the batches do not weigh the same.
        let example = |slot: usize| {
            let turns = if slot == 1 { 8 } else { 1 };
            let lessons = Lessons::new(&prompter, &start.config, 4, turns, 3);
            lessons.example(0, slot).unwrap()
        };
        let examples: Vec<Example> = (0..4).map(example).collect();
        let gradients = |examples: &[Example]| {
            gradients_where_formed(&model, &prompter, &weights, examples, 2.into()).unwrap()
        };
        let whole = gradients(&examples).into_host().unwrap();
        for size in [1, 2, 4] {
            let mut sum = Accumulated::default();
            for batch in examples.chunks(size) {
                sum.add(weight_of(&prompter, batch), gradients(batch))
                    .unwrap();
            }
            let sum = sum.share().mean.into_host().unwrap();
            assert!((sum.loss - whole.loss).abs() < 1e-6 * whole.loss);
            assert_eq!(sum.tokens, whole.tokens);
            assert!(sum.by_name.keys().eq(whole.by_name.keys()));
            for (name, expected) in &whole.by_name {
                let largest = expected.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
                let pairs = sum.by_name[name].iter().zip(expected);
                let off = pairs.fold(0.0_f32, |m, (x, y)| m.max((x - y).abs()));
                assert!(
                    off <= 1e-5 * largest,
                    "{name}, by {size}: {off} of {largest}"
                );
                assert!(size < 4 || off == 0.0, "{name}");
            }
        }
    }
}
