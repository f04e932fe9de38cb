//! The gradient of a step whose images are spread over the ranks.

use super::{Ranks, RanksError};
use crate::model::Weights;
use crate::train::gradients::Gradients;
use std::collections::BTreeMap;

/// Numbers that are summed at once: small tensors together, so that not each of them costs the ranks a meeting. 16 MiB.
const BUCKET: usize = 4 << 20;

/// A rank's part of a step.
#[derive(Debug, Default)]
pub struct Share {
    /// What its supervised tokens weigh together.
    pub weight: f64,
    /// The mean over them.
    pub mean: Gradients,
}

/// The mean over the supervised tokens of all ranks: what one process with all their images would have. The same bits on every rank.
pub fn mean_over(
    ranks: &dyn Ranks,
    weights: &Weights,
    Share { weight, mean }: Share,
) -> Result<Gradients, RanksError> {
    if ranks.size() == 1 {
        // As it is: it is not to be rounded.
        return Ok(mean);
    }
    let mut sums = [weight, weight * mean.loss, mean.tokens as f64];
    ranks.sum_f64(&mut sums)?;
    let [all, loss, tokens] = sums;
    let mut parts = parts(ranks, weights, mean.by_name, (weight / all) as f32)?;
    let mut rest = &mut parts[..];
    while !rest.is_empty() {
        let fitting = fitting(rest);
        let (bucket, after) = std::mem::take(&mut rest).split_at_mut(fitting);
        sum_bucket(ranks, bucket)?;
        rest = after;
    }
    Ok(Gradients {
        loss: loss / all,
        tokens: tokens as usize,
        by_name: parts.into_iter().collect(),
    })
}

/// This rank's addend for each tensor that has a gradient on any rank, in the same order on all.
fn parts(
    ranks: &dyn Ranks,
    weights: &Weights,
    mut own: BTreeMap<String, Vec<f32>>,
    share: f32,
) -> Result<Vec<(String, Vec<f32>)>, RanksError> {
    let variables = weights.variables();
    let has = |name| f64::from(u8::from(own.contains_key(name)));
    let mut having: Vec<f64> = variables.keys().map(has).collect();
    ranks.sum_f64(&mut having)?;
    let somewhere = variables.iter().zip(having).filter(|(_, n)| *n > 0.0);
    let parts = somewhere.map(|((name, var), _)| {
        let mut numbers = own
            .remove(name)
            .unwrap_or_else(|| vec![0.0; var.elem_count()]);
        numbers.iter_mut().for_each(|x| *x *= share);
        (name.clone(), numbers)
    });
    Ok(parts.collect())
}

/// How many of the first tensors fit one bucket; one that is larger fills one by itself.
fn fitting(parts: &[(String, Vec<f32>)]) -> usize {
    let ends = parts.iter().scan(0, |end, (_, numbers)| {
        *end += numbers.len();
        Some(*end)
    });
    ends.take_while(|end| *end <= BUCKET).count().max(1)
}

fn sum_bucket(ranks: &dyn Ranks, bucket: &mut [(String, Vec<f32>)]) -> Result<(), RanksError> {
    if let [(_, numbers)] = bucket {
        return ranks.sum(numbers);
    }
    let mut all: Vec<f32> = bucket.iter().flat_map(|(_, n)| n).copied().collect();
    ranks.sum(&mut all)?;
    let mut rest = &all[..];
    for (_, numbers) in bucket {
        let (own, after) = rest.split_at(numbers.len());
        numbers.copy_from_slice(own);
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
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

        fn sum(&self, numbers: &mut [f32]) -> Result<(), RanksError> {
            let other = self.next();
            assert_eq!(numbers.len(), other.len());
            numbers
                .iter_mut()
                .zip(other)
                .for_each(|(x, y)| *x += y as f32);
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

    /// Three tensors of one number and one that fills a bucket; the first has its gradient here alone, the second there alone.
    #[test]
    fn ranks_weigh_by_their_tokens_and_lack_no_tensor() {
        let zeros = |n: usize| Tensor::zeros(n, candle_core::DType::F32, &Device::Cpu).unwrap();
        let named = [("a", 1), ("b", 1), ("c", BUCKET), ("d", 1), ("e", 1)];
        let tensors = named.map(|(name, n)| (name.to_owned(), zeros(n)));
        let weights = Weights::trained(tensors.into_iter().collect()).unwrap();
        let own = [
            ("a", vec![4.0]),
            ("c", vec![8.0; BUCKET]),
            ("d", vec![12.0]),
        ];
        let share = Share {
            weight: 1.0,
            mean: Gradients {
                loss: 2.0,
                tokens: 3,
                by_name: own
                    .map(|(name, n)| (name.to_owned(), n))
                    .into_iter()
                    .collect(),
            },
        };
        // The other one weighs three times as much, and its loss is 6.
        let other = Beside(RefCell::new(vec![
            vec![3.0, 18.0, 10.0],
            vec![0.0, 1.0, 1.0, 1.0, 0.0],
            vec![0.0, 0.75],
            vec![1.5; BUCKET],
            vec![3.0],
        ]));
        let mean = mean_over(&other, &weights, share).unwrap();
        assert_eq!((mean.loss, mean.tokens), (5.0, 13));
        let names: Vec<&str> = mean.by_name.keys().map(String::as_str).collect();
        assert_eq!(names, ["a", "b", "c", "d"]);
        assert_eq!(mean.by_name["a"], [1.0]);
        assert_eq!(mean.by_name["b"], [0.75]);
        assert!(mean.by_name["c"].iter().all(|x| *x == 3.5));
        assert_eq!(mean.by_name["d"], [6.0]);
    }
}
