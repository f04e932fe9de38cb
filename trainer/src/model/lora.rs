//! Low-rank adapters: `y = x Wᵀ + (alpha / rank) · (x Aᵀ) Bᵀ`.

use super::config::ModelConfig;
use super::kernels::linear;
use super::weights::Weights;
use candle_core::{DType, Device, Result, Tensor};
use rand::Rng;
use std::collections::BTreeMap;

/// What PEFT puts before a module's path.
const PREFIX: &str = "base_model.model.";
/// The decoder's linear layers that get an adapter.
const TARGETS: [&str; 7] = [
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "mlp.gate_proj",
    "mlp.up_proj",
    "mlp.down_proj",
];
/// Where the scale travels inside [`Weights`]: PEFT keeps it in `adapter_config.json` instead.
const SCALE: &str = "lora_scale";

/// The name of one half, `lora_A` or `lora_B`, of the adapter of a layer.
#[must_use]
pub fn name(module: &str, half: &str) -> String {
    format!("{PREFIX}{module}.{half}.weight")
}

/// The layer that a tensor adapts.
#[must_use]
pub fn module_of(name: &str) -> Option<&str> {
    let path = name.strip_prefix(PREFIX)?;
    path.strip_suffix(".lora_A.weight")
        .or_else(|| path.strip_suffix(".lora_B.weight"))
}

/// The adapter of one linear layer.
#[derive(Clone, Debug)]
pub struct Adapter {
    a: Tensor,
    b: Tensor,
    scale: f64,
}

impl Adapter {
    /// The adapter of the layer `name`, if the weights hold one.
    pub fn find(weights: &Weights, name: &str) -> Result<Option<Self>> {
        let part = |half: &str| weights.find(&self::name(name, half));
        let (Some(a), Some(b), Some(scale)) = (part("lora_A"), part("lora_B"), weights.find(SCALE))
        else {
            return Ok(None);
        };
        let scale = f64::from(scale.to_scalar::<f32>()?);
        Ok(Some(Self { a, b, scale }))
    }

    /// What the adapter adds for `x` `(rows, in)`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        linear(&linear(x, &self.a, None)?, &self.b, None)? * self.scale
    }
}

/// Freezes `tensors` and adds trained adapters to every linear layer of the decoder; B starts at zero, so the model starts unchanged.
pub fn adapt(
    tensors: BTreeMap<String, Tensor>,
    config: &ModelConfig,
    rank: usize,
    alpha: f32,
    rng: &mut impl Rng,
) -> Result<Weights> {
    let mut frozen = tensors;
    let scale = alpha / rank as f32;
    frozen.insert(SCALE.to_owned(), Tensor::new(scale, &Device::Cpu)?);
    let mut adapters = Vec::new();
    for name in target_names(config) {
        let Some(weight) = frozen.get(&format!("{name}.weight")) else {
            candle_core::bail!("`{name}.weight` is missing: no adapter can be added to it");
        };
        let (out, width) = weight.dims2()?;
        let bound = 1.0 / (width as f32).sqrt();
        let a: Vec<f32> = (0..rank * width)
            .map(|_| rng.random_range(-bound..bound))
            .collect();
        let a = Tensor::from_vec(a, (rank, width), &Device::Cpu)?;
        let b = Tensor::zeros((out, rank), DType::F32, &Device::Cpu)?;
        adapters.push((self::name(&name, "lora_A"), a));
        adapters.push((self::name(&name, "lora_B"), b));
    }
    let mut weights = Weights::frozen(frozen);
    for (name, tensor) in adapters {
        weights.add_trained(name, &tensor)?;
    }
    Ok(weights)
}

/// Freezes `tensors` and adds the adapter `halves`, trained further or frozen too.
pub fn attach(
    tensors: BTreeMap<String, Tensor>,
    halves: &BTreeMap<String, Tensor>,
    scale: f64,
    train: bool,
) -> Result<Weights> {
    let mut frozen = tensors;
    for (half, tensor) in halves {
        let layer = module_of(half).and_then(|m| frozen.get(&format!("{m}.weight")));
        let Some(layer) = layer else {
            candle_core::bail!("the model has no layer for the adapter's `{half}`");
        };
        let (out, width) = layer.dims2()?;
        let fits = match half.ends_with(".lora_A.weight") {
            true => tensor.dims2()?.1 == width,
            false => tensor.dims2()?.0 == out,
        };
        if !fits {
            candle_core::bail!(
                "`{half}` has shape {:?}, its layer {:?}",
                tensor.dims(),
                layer.dims()
            );
        }
    }
    frozen.insert(SCALE.to_owned(), Tensor::new(scale as f32, &Device::Cpu)?);
    if !train {
        frozen.extend(halves.iter().map(|(n, t)| (n.clone(), t.clone())));
        return Ok(Weights::frozen(frozen));
    }
    let mut weights = Weights::frozen(frozen);
    for (name, tensor) in halves {
        weights.add_trained(name.clone(), tensor)?;
    }
    Ok(weights)
}

/// The plain model that computes the same: each `W + scale · B A`, without adapters.
pub fn merge(weights: &Weights) -> Result<BTreeMap<String, Tensor>> {
    let mut tensors = weights.tensors();
    let Some(scale) = tensors.remove(SCALE) else {
        return Ok(tensors);
    };
    let scale = f64::from(scale.to_scalar::<f32>()?);
    let downs: Vec<String> = tensors
        .keys()
        .filter(|n| n.ends_with(".lora_A.weight"))
        .cloned()
        .collect();
    for down in downs {
        let Some(module) = module_of(&down) else {
            candle_core::bail!("`{down}` adapts no layer");
        };
        let up = name(module, "lora_B");
        let target = format!("{module}.weight");
        let (Some(a), Some(b), Some(w)) = (
            tensors.remove(&down),
            tensors.remove(&up),
            tensors.get(&target),
        ) else {
            candle_core::bail!("the adapter `{down}` lacks its other half or its layer");
        };
        let merged = (w.to_dtype(DType::F32)? + (b.matmul(&a)? * scale)?)?;
        tensors.insert(target, merged);
    }
    Ok(tensors)
}

fn target_names(config: &ModelConfig) -> impl Iterator<Item = String> {
    let layers = 0..config.llm_config.num_hidden_layers;
    layers.flat_map(|n| {
        TARGETS
            .iter()
            .map(move |t| format!("language_model.model.layers.{n}.{t}"))
    })
}
