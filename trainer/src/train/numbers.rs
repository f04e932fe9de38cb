//! A gradient's numbers where they were formed.

use super::gradients::Gradients;
use crate::model::kernels::Floats;
use candle_core::{D, Device, Result, Tensor};
use std::borrow::Cow;

/// The numbers of one tensor's gradient or of one of its moments. The passes by hand leave gradients in host memory, autograd with the
/// weights: on a GPU they stay there.
#[derive(Clone, Debug)]
pub enum Numbers {
    /// In host memory.
    Host(Vec<f32>),
    /// With the weights.
    There(Tensor),
}

impl Numbers {
    /// Multiplies each.
    pub fn scale(&mut self, by: f32) -> Result<()> {
        match self {
            Self::Host(numbers) => numbers.iter_mut().for_each(|x| *x *= by),
            Self::There(tensor) => *tensor = tensor.affine(f64::from(by), 0.0)?,
        }
        Ok(())
    }

    /// Adds those of a gradient of the same tensor.
    pub fn add(&mut self, other: Self) -> Result<()> {
        match (self, other) {
            (Self::Host(sum), Self::Host(part)) => {
                sum.iter_mut().zip(part).for_each(|(s, x)| *s += x);
            }
            (Self::There(sum), Self::There(part)) => *sum = (&*sum + part)?,
            (sum, part) => {
                let mut numbers = Self::Host(std::mem::take(sum.on_host()?));
                numbers.add(Self::Host(part.into_host()?))?;
                *sum = numbers;
            }
        }
        Ok(())
    }

    /// Brings them to host memory.
    pub fn into_host(mut self) -> Result<Vec<f32>> {
        Ok(std::mem::take(self.on_host()?))
    }

    /// The same, where they stay this gradient's.
    pub fn on_host(&mut self) -> Result<&mut Vec<f32>> {
        if let Self::There(tensor) = self {
            *self = Self::Host(Floats::of(&tensor.contiguous()?)?.to_vec());
        }
        match self {
            Self::Host(numbers) => Ok(numbers),
            Self::There(_) => candle_core::bail!("a gradient cannot be brought to host memory"),
        }
    }

    /// Brings them to a device, if they are not there, where they stay this gradient's.
    pub fn on(&mut self, device: &Device) -> Result<&Tensor> {
        if let Self::Host(numbers) = self {
            let (count, numbers) = (numbers.len(), std::mem::take(numbers));
            *self = Self::There(Tensor::from_vec(numbers, count, device)?);
        }
        match self {
            Self::There(tensor) => Ok(tensor),
            Self::Host(_) => candle_core::bail!("a gradient cannot be brought to a device"),
        }
    }
}

/// What a step down a gradient needs of it.
pub trait Formed: Sync {
    /// How many numbers it has.
    fn count(&self) -> usize;

    /// Them in host memory.
    fn in_host(&self) -> Result<Cow<'_, [f32]>>;

    /// Them beside a tensor of the same shape.
    fn beside(&self, tensor: &Tensor) -> Result<Tensor>;
}

impl Formed for Vec<f32> {
    fn count(&self) -> usize {
        self.len()
    }

    fn in_host(&self) -> Result<Cow<'_, [f32]>> {
        Ok(Cow::Borrowed(self))
    }

    fn beside(&self, tensor: &Tensor) -> Result<Tensor> {
        Tensor::from_slice(self, tensor.shape(), tensor.device())
    }
}

impl Formed for Numbers {
    fn count(&self) -> usize {
        match self {
            Self::Host(numbers) => numbers.len(),
            Self::There(tensor) => tensor.elem_count(),
        }
    }

    fn in_host(&self) -> Result<Cow<'_, [f32]>> {
        match self {
            Self::Host(numbers) => Ok(Cow::Borrowed(numbers)),
            Self::There(_) => self.clone().into_host().map(Cow::Owned),
        }
    }

    fn beside(&self, tensor: &Tensor) -> Result<Tensor> {
        match self {
            Self::Host(numbers) => numbers.beside(tensor),
            Self::There(numbers) => numbers.reshape(tensor.shape()),
        }
    }
}

impl Gradients<Numbers> {
    /// Scales the gradient down to at most `limit` and returns its length before.
    pub fn clip(&mut self, limit: f64) -> Result<f64> {
        let norm = self.square()?.sqrt();
        if norm > limit {
            let by = (limit / norm) as f32;
            (self.by_name.values_mut()).try_for_each(|numbers| numbers.scale(by))?;
        }
        Ok(norm)
    }

    /// The sum of all squares: of each tensor that stays on a GPU it is formed there, and all of those come back at once.
    fn square(&self) -> Result<f64> {
        let (mut sum, mut there) = (0.0, Vec::new());
        for numbers in self.by_name.values() {
            match numbers {
                Numbers::Host(numbers) => sum += squares(numbers),
                // By rows first: one sum over everything would be one block's work.
                Numbers::There(tensor) => there.push(tensor.sqr()?.sum(D::Minus1)?.sum_all()?),
            }
        }
        if !there.is_empty() {
            let each = Tensor::stack(&there, 0)?.to_vec1::<f32>()?;
            sum += each.into_iter().map(f64::from).sum::<f64>();
        }
        Ok(sum)
    }

    /// Brings all to host memory.
    pub fn into_host(self) -> Result<Gradients> {
        let brought = |(name, numbers): (String, Numbers)| Ok((name, numbers.into_host()?));
        Ok(Gradients {
            loss: self.loss,
            tokens: self.tokens,
            by_name: self
                .by_name
                .into_iter()
                .map(brought)
                .collect::<Result<_>>()?,
        })
    }
}

fn squares(numbers: &[f32]) -> f64 {
    numbers.iter().map(|x| f64::from(*x) * f64::from(*x)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_long_gradient_is_cut_to_its_limit_wherever_its_parts_are() {
        let there = Tensor::new(&[[0.0_f32, 4.0], [0.0, 0.0]], &Device::Cpu).unwrap();
        let mut gradients = Gradients {
            by_name: BTreeMap::from([
                ("host".to_owned(), Numbers::Host(vec![3.0])),
                ("there".to_owned(), Numbers::There(there)),
            ]),
            ..Gradients::default()
        };
        assert_eq!(gradients.clip(10.0).unwrap(), 5.0);
        assert_eq!(gradients.clip(1.0).unwrap(), 5.0);
        assert!((gradients.clip(1.0).unwrap() - 1.0).abs() < 1e-6);
        let host = gradients.into_host().unwrap().by_name;
        assert!((host["host"][0] - 0.6).abs() < 1e-6 && (host["there"][1] - 0.8).abs() < 1e-6);
    }
}
