//! The tensors of a model by their published names, and which of them may change.

use candle_core::{DType, Result, Tensor, Var};
use std::collections::BTreeMap;

/// Named tensors, sorted by name. A trained one is a variable; a frozen one is a plain tensor.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    frozen: BTreeMap<String, Tensor>,
    trained: BTreeMap<String, Var>,
}

impl Weights {
    /// All of them frozen.
    #[must_use]
    pub fn frozen(tensors: BTreeMap<String, Tensor>) -> Self {
        Self {
            frozen: tensors,
            trained: BTreeMap::new(),
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
