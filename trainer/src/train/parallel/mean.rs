//! The gradient of a step whose images are spread over the ranks.

use super::{Ranks, SharingError};
use crate::model::Weights;
use crate::train::gradients::Gradients;
use crate::train::numbers::Numbers;
use candle_core::Var;
use std::collections::BTreeMap;

/// A rank's part of a step.
#[derive(Debug, Default)]
pub struct Share {
    /// What its supervised tokens weigh together.
    pub weight: f64,
    /// The mean over them.
    pub mean: Gradients<Numbers>,
}

/// The mean over the supervised tokens of all ranks: what one process with all their images would have. The same bits on every rank.
pub fn mean_over(
    ranks: &dyn Ranks,
    weights: &Weights,
    Share { weight, mean }: Share,
) -> Result<Gradients<Numbers>, SharingError> {
    if ranks.size() == 1 {
        // As it is: it is not to be rounded.
        return Ok(mean);
    }
    let mut sums = [weight, weight * mean.loss, mean.tokens as f64];
    ranks.sum_f64(&mut sums)?;
    let [all, loss, tokens] = sums;
    let (names, mut parts) = parts(ranks, weights, mean.by_name, (weight / all) as f32)?;
    ranks.sum(&mut parts)?;
    Ok(Gradients {
        loss: loss / all,
        tokens: tokens as usize,
        by_name: names.into_iter().zip(parts).collect(),
    })
}

/// This rank's addend for each tensor that has a gradient on any rank, in the same order on all.
fn parts(
    ranks: &dyn Ranks,
    weights: &Weights,
    mut own: BTreeMap<String, Numbers>,
    share: f32,
) -> Result<(Vec<String>, Vec<Numbers>), SharingError> {
    let variables = weights.variables();
    let has = |name| f64::from(u8::from(own.contains_key(name)));
    let mut having: Vec<f64> = variables.keys().map(has).collect();
    ranks.sum_f64(&mut having)?;
    let somewhere = variables.iter().zip(having).filter(|(_, n)| *n > 0.0);
    let (mut names, mut parts) = (Vec::new(), Vec::new());
    for ((name, var), _) in somewhere {
        let mut numbers = match own.remove(name) {
            Some(numbers) => numbers,
            None => zeros(var)?,
        };
        // What comes of it has memory of its own; autograd may have given one tensor to two variables.
        numbers.scale(share)?;
        names.push(name.clone());
        parts.push(numbers);
    }
    Ok((names, parts))
}

/// A gradient that this rank's images do not have.
fn zeros(var: &Var) -> candle_core::Result<Numbers> {
    match var.device().is_cpu() {
        true => Ok(Numbers::Host(vec![0.0; var.elem_count()])),
        false => var.zeros_like().map(Numbers::There),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::parallel::RanksError;
    use candle_core::{Device, Tensor};
    use std::cell::RefCell;

    /// The first of two ranks, whose other one gives what is written down here, sum after sum.
    struct Beside(RefCell<Vec<Vec<f64>>>);

    impl Beside {
        fn next(&self) -> Vec<f64> {
            self.0.borrow_mut().remove(0)
        }
    }

    impl Ranks for Beside {
        fn rank(&self) -> usize {
            0
        }

        fn size(&self) -> usize {
            2
        }

        fn sum(&self, gradients: &mut [Numbers]) -> Result<(), RanksError> {
            for numbers in gradients {
                let numbers = numbers.on_host().unwrap();
                let other = self.next();
                assert_eq!(numbers.len(), other.len());
                numbers
                    .iter_mut()
                    .zip(other)
                    .for_each(|(x, y)| *x += y as f32);
            }
            Ok(())
        }

        fn sum_f64(&self, numbers: &mut [f64]) -> Result<(), RanksError> {
            let other = self.next();
            assert_eq!(numbers.len(), other.len());
            numbers.iter_mut().zip(other).for_each(|(x, y)| *x += y);
            Ok(())
        }

        fn broadcast(&self, _: &mut [u8]) -> Result<(), RanksError> {
            Ok(())
        }

        fn abort(&self, _: u8) -> ! {
            panic!("the run was ended")
        }
    }

    /// The first tensor has its gradient here alone, the second there alone, the last nowhere; the third one's stayed with its weights.
    #[test]
    fn ranks_weigh_by_their_tokens_and_lack_no_tensor() {
        let tensor = |numbers: &[f32]| Tensor::new(numbers, &Device::Cpu).unwrap();
        let named = [("a", 1), ("b", 1), ("c", 2), ("d", 1)];
        let tensors = named.map(|(name, n)| (name.to_owned(), tensor(&vec![0.0; n])));
        let weights = Weights::trained(tensors.into_iter().collect()).unwrap();
        let own = [
            ("a", Numbers::Host(vec![4.0])),
            ("c", Numbers::There(tensor(&[8.0, 12.0]))),
        ];
        let by_name = own.map(|(name, n)| (name.to_owned(), n));
        let share = Share {
            weight: 1.0,
            mean: Gradients {
                loss: 2.0,
                tokens: 3,
                by_name: by_name.into_iter().collect(),
            },
        };
        // The other one weighs three times as much, and its loss is 6.
        let other = Beside(RefCell::new(vec![
            vec![3.0, 18.0, 10.0],
            vec![0.0, 1.0, 1.0, 0.0],
            vec![0.0],
            vec![0.75],
            vec![1.5, 3.0],
        ]));
        let mean = mean_over(&other, &weights, share).unwrap();
        let mean = mean.into_host().unwrap();
        assert_eq!((mean.loss, mean.tokens), (5.0, 13));
        let names: Vec<&str> = mean.by_name.keys().map(String::as_str).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(mean.by_name["a"], [1.0]);
        assert_eq!(mean.by_name["b"], [0.75]);
        assert_eq!(mean.by_name["c"], [3.5, 6.0]);
    }
}
