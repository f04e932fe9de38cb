//! The running average of the trained weights, which a run may give out in their place.

use crate::model::Weights;
use candle_core::{Result, Tensor, Var};
use std::collections::BTreeMap;

/// Every trained tensor averaged over the steps, the latest weighing most: `a ← d · a + (1 − d) · w`. Of adapters each half is averaged
/// by itself.
#[derive(Clone, Debug)]
pub struct Average {
    decay: f64,
    tensors: BTreeMap<String, Tensor>,
}

impl Average {
    /// Begins as the weights are; `None` where `decay` is 0 and nothing is averaged.
    pub fn of(weights: &Weights, decay: f64) -> Result<Option<Self>> {
        if decay == 0.0 {
            return Ok(None);
        }
        let mut average = Self {
            decay,
            tensors: BTreeMap::new(),
        };
        average.begin(weights)?;
        Ok(Some(average))
    }

    /// Begins again as the weights are.
    pub fn begin(&mut self, weights: &Weights) -> Result<()> {
        let copy =
            |(name, var): (&String, &Var)| Ok((name.clone(), var.as_detached_tensor().copy()?));
        self.tensors = weights
            .variables()
            .iter()
            .map(copy)
            .collect::<Result<_>>()?;
        Ok(())
    }

    /// Takes in the weights after step `step`, counted from 1. The first steps keep less than the decay, `(1 + n) / (10 + n)`: else a
    /// short run's average would mostly be where it began.
    pub fn take_in(&mut self, weights: &Weights, step: u32) -> Result<()> {
        let n = f64::from(step);
        let kept = self.decay.min((1.0 + n) / (10.0 + n));
        for (name, var) in weights.variables() {
            if let Some(average) = self.tensors.get_mut(name) {
                *average = ((&*average * kept)? + (var.as_detached_tensor() * (1.0 - kept))?)?;
            }
        }
        Ok(())
    }

    /// Puts the average in the place of the weights.
    pub fn replace(&self, weights: &Weights) -> Result<()> {
        for (name, var) in weights.variables() {
            if let Some(average) = self.tensors.get(name) {
                var.set(average)?;
            }
        }
        Ok(())
    }

    /// As named tensors.
    #[must_use]
    pub fn tensors(&self) -> &BTreeMap<String, Tensor> {
        &self.tensors
    }

    /// Takes over what was averaged before.
    pub fn restore(&mut self, mut tensors: BTreeMap<String, Tensor>) -> Result<()> {
        for (name, average) in &mut self.tensors {
            match tensors.remove(name) {
                Some(tensor) if tensor.dims() == average.dims() => {
                    *average = tensor.to_device(average.device())?
                }
                _ => candle_core::bail!("the average lacks `{name}`, or has it in another shape"),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn an_average_follows_the_weights_faster_at_first() {
        let tensor = |x: f32| Tensor::new(&[x], &Device::Cpu).unwrap();
        let weights = Weights::trained(BTreeMap::from([("w".to_owned(), tensor(0.0))])).unwrap();
        assert!(Average::of(&weights, 0.0).unwrap().is_none());
        let mut average = Average::of(&weights, 0.25).unwrap().unwrap();
        let mut values = Vec::new();
        for step in 1..=3 {
            weights.variables()["w"].set(&tensor(step as f32)).unwrap();
            average.take_in(&weights, step).unwrap();
            values.push(average.tensors()["w"].to_vec1::<f32>().unwrap()[0]);
        }
        // By hand: 2/11 kept of 0 with 1, then the decay of a quarter, which is the less from step 2 on (3/12 is just as much).
        let first = 9.0 / 11.0;
        let second = 0.25 * first + 0.75 * 2.0;
        let expected: [f32; 3] = [first, second, 0.25 * second + 0.75 * 3.0];
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{values:?}");
        }
        average.replace(&weights).unwrap();
        assert_eq!(
            weights.variables()["w"].to_vec1::<f32>().unwrap()[0],
            values[2]
        );
    }
}
