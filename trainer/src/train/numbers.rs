//! A gradient's numbers where they were formed.

use super::gradients::Gradients;
use crate::model::kernels::Floats;
use candle_core::{Device, Result, Tensor};

/// The numbers of one tensor's gradient. The passes by hand leave them in host memory, autograd with the weights: on a GPU they stay there
/// until the step's whole gradient is known.
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

impl Gradients<Numbers> {
    /// Brings all to host memory, where steps are taken.
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
