//! The tensors of a model by their published names, and which of them may change.

use super::lora::{self, Draw, LowRank};
use candle_core::{DType, Device, Result, Tensor, Var};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Named tensors, sorted by name. A trained one is a variable; a frozen one is a plain tensor.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    frozen: BTreeMap<String, Tensor>,
    trained: BTreeMap<String, Var>,
    /// The factor of each adapter, by module; its halves are among the tensors.
    scales: BTreeMap<String, f64>,
    /// The share of adapters' inputs that training leaves out.
    dropout: f64,
    /// Which, where this is for a training pass.
    draw: Option<Draw>,
}

impl Weights {
    /// All of them frozen.
    #[must_use]
    pub fn frozen(tensors: BTreeMap<String, Tensor>) -> Self {
        Self {
            frozen: tensors,
            ..Self::default()
        }
    }

    /// All of them trained.
    pub fn trained(tensors: BTreeMap<String, Tensor>) -> Result<Self> {
        let mut weights = Self::default();
        for (name, tensor) in tensors {
            weights.add_trained(name, &tensor)?;
        }
        Ok(weights)
    }

    /// Those whose name `chosen` accepts trained, the others frozen.
    pub fn partly(
        tensors: BTreeMap<String, Tensor>,
        chosen: impl Fn(&str) -> bool,
    ) -> Result<Self> {
        let (trained, frozen) = tensors.into_iter().partition(|(name, _)| chosen(name));
        let weights = Self::trained(trained)?;
        Ok(Self { frozen, ..weights })
    }

    /// Adds a variable that starts as `tensor`, in f32.
    pub fn add_trained(&mut self, name: String, tensor: &Tensor) -> Result<()> {
        self.trained
            .insert(name, Var::from_tensor(&tensor.to_dtype(DType::F32)?)?);
        Ok(())
    }

    /// Adds a trained adapter; whether it fits is for [`lora::attach`] to know.
    pub(super) fn add_adapter(&mut self, module: &str, adapter: &LowRank) -> Result<()> {
        self.add_trained(lora::name(module, "lora_A"), adapter.a())?;
        self.add_trained(lora::name(module, "lora_B"), adapter.b())?;
        self.scales.insert(module.to_owned(), adapter.scale());
        Ok(())
    }

    /// The same weights, of whose adapters' inputs a training pass leaves out this share, in 0..1.
    #[must_use]
    pub fn with_dropout(self, share: f64) -> Self {
        Self {
            dropout: share,
            ..self
        }
    }

    /// The same weights for one pass of one training image. Without dropout nothing is left out, and this is no pass of its own.
    #[must_use]
    pub fn drawn(&self, draw: Draw) -> Self {
        let draw = (self.dropout > 0.0).then_some(draw);
        Self {
            draw,
            ..self.clone()
        }
    }

    /// The draw, where inputs are left out.
    #[must_use]
    pub fn draw(&self) -> Option<Draw> {
        self.draw
    }

    /// The share of inputs left out before a module's adapter in this pass, and the seed of which.
    pub(super) fn dropped_before(&self, module: &str) -> Option<(f64, [u8; 32])> {
        let Draw { seed, step, place } = self.draw?;
        let mut hash = Sha256::new();
        for number in [seed, step, place] {
            hash.update(number.to_le_bytes());
        }
        Some((self.dropout, hash.chain_update(module).finalize().into()))
    }

    /// Where they are.
    #[must_use]
    pub fn device(&self) -> Device {
        let trained = self.trained.values().map(|var| var.device());
        let mut all = trained.chain(self.frozen.values().map(Tensor::device));
        all.next().cloned().unwrap_or(Device::Cpu)
    }

    /// The variables, by name.
    #[must_use]
    pub fn variables(&self) -> &BTreeMap<String, Var> {
        &self.trained
    }

    /// Every tensor by name, without a tie to the gradient. They share memory with the variables: later steps show in them.
    #[must_use]
    pub fn tensors(&self) -> BTreeMap<String, Tensor> {
        let trained = self
            .trained
            .iter()
            .map(|(name, var)| (name.clone(), var.as_detached_tensor()));
        self.frozen
            .iter()
            .map(|(name, t)| (name.clone(), t.clone()))
            .chain(trained)
            .collect()
    }

    /// The factor of each adapter, by module.
    #[must_use]
    pub fn scales(&self) -> &BTreeMap<String, f64> {
        &self.scales
    }

    /// The same numbers, nothing trained and nothing left out.
    #[must_use]
    pub fn held(&self) -> Self {
        Self {
            frozen: self.tensors(),
            scales: self.scales.clone(),
            ..Self::default()
        }
    }

    /// The tensor of this name and shape.
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let Some(tensor) = self.find(name) else {
            candle_core::bail!("the checkpoint has no tensor `{name}`");
        };
        if tensor.dims() != shape {
            candle_core::bail!(
                "`{name}` has shape {:?}, the configuration asks for {shape:?}",
                tensor.dims()
            );
        }
        Ok(tensor)
    }

    /// The tensor of this name, if there is one.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Tensor> {
        let trained = self.trained.get(name).map(|var| var.as_tensor().clone());
        trained.or_else(|| self.frozen.get(name).cloned())
    }
}
