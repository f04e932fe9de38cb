//! Low-rank adapters (Hu et al. 2021): `y = x Wᵀ + scale · (d(x) Aᵀ) Bᵀ`, where d leaves inputs out while training.

mod backward;
mod merge;
mod modules;

pub use merge::{add, merge, subtract};
pub use modules::{Module, kinds, layer_of, modules, thirds_of};

use super::config::ModelConfig;
use super::kernels::{dropout, linear};
use super::weights::Weights;
use candle_core::{DType, Device, Result, Tensor};
use rand::Rng;
use std::collections::BTreeMap;

/// What PEFT puts before a module's path.
const PREFIX: &str = "base_model.model.";

/// Why adapters cannot be put on a model.
#[derive(Debug, thiserror::Error)]
pub enum LoraError {
    /// The model has no such module.
    #[error("the model has no layer `{module}` for an adapter; it has {}", .known.join(", "))]
    NoSuchModule {
        /// The adapter's module.
        module: String,
        /// What there is, numbers as `*`.
        known: Vec<String>,
    },
    /// An adapter is made for a layer of another shape.
    #[error(
        "the adapter of `{module}` has A {a:?} and B {b:?}, its layer takes {width} numbers and gives {out}: it is another model's"
    )]
    Misfit {
        /// The adapter's module.
        module: String,
        /// Its A.
        a: Vec<usize>,
        /// Its B.
        b: Vec<usize>,
        /// What its layer takes.
        width: usize,
        /// What its layer gives.
        out: usize,
    },
    /// A and B are no product.
    #[error("A {a:?} and B {b:?} are not (rank, in) and (out, rank)")]
    NoProduct {
        /// The shape of A.
        a: Vec<usize>,
        /// The shape of B.
        b: Vec<usize>,
    },
    /// Rows would get two adapters.
    #[error("`{layer}` would get an adapter over all its rows and one over `{third}`: choose one")]
    Overlap {
        /// The fused layer.
        layer: String,
        /// Its part.
        third: String,
    },
    /// A tensor cannot be used.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// One adapter: A `(rank, in)`, B `(out, rank)` and the factor of their product.
#[derive(Clone, Debug)]
pub struct LowRank {
    a: Tensor,
    b: Tensor,
    scale: f64,
}

/// Adapters by the path of their [`Module`].
pub type Adapters = BTreeMap<String, LowRank>;

impl LowRank {
    /// Refuses halves that do not meet.
    pub fn new(a: Tensor, b: Tensor, scale: f64) -> std::result::Result<Self, LoraError> {
        match (a.dims(), b.dims()) {
            (&[rank, _], &[_, also]) if rank == also && rank > 0 => Ok(Self { a, b, scale }),
            (a, b) => Err(LoraError::NoProduct {
                a: a.to_vec(),
                b: b.to_vec(),
            }),
        }
    }

    /// The same where the model is.
    fn on(&self, device: Option<&Device>) -> Result<Self> {
        let moved = |half: &Tensor| match device {
            Some(device) => half.to_device(device),
            None => Ok(half.clone()),
        };
        Ok(Self {
            a: moved(&self.a)?,
            b: moved(&self.b)?,
            scale: self.scale,
        })
    }

    /// `(rank, in)`.
    #[must_use]
    pub fn a(&self) -> &Tensor {
        &self.a
    }

    /// `(out, rank)`.
    #[must_use]
    pub fn b(&self) -> &Tensor {
        &self.b
    }

    /// The factor of `B A`.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Rows of A.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.a.dims()[0]
    }

    /// What merging adds to the weight: `scale · B A` `(out, in)`.
    pub fn delta(&self) -> Result<Tensor> {
        self.b.matmul(&self.a)? * self.scale
    }
}

/// A module's adapter among a model's tensors, tied to the gradient.
fn adapter_of(weights: &Weights, module: &str) -> Option<LowRank> {
    let half = |half| weights.find(&name(module, half));
    Some(LowRank {
        a: half("lora_A")?,
        b: half("lora_B")?,
        scale: *weights.scales().get(module)?,
    })
}

/// All adapters of a model as they are now, without a tie to the gradient; they share memory with what is trained.
#[must_use]
pub fn adapters_of(weights: &Weights) -> Adapters {
    let detached = |module: &String| {
        let LowRank { a, b, scale } = adapter_of(weights, module)?;
        let (a, b) = (a.detach(), b.detach());
        Some((module.clone(), LowRank { a, b, scale }))
    };
    weights.scales().keys().filter_map(detached).collect()
}

/// The name of one half, `lora_A` or `lora_B`, of a module's adapter among a model's tensors.
#[must_use]
pub fn name(module: &str, half: &str) -> String {
    format!("{PREFIX}{module}.{half}.weight")
}

/// Whether a tensor is half of an adapter.
#[must_use]
pub fn is_half(name: &str) -> bool {
    name.ends_with(".lora_A.weight") || name.ends_with(".lora_B.weight")
}

/// Which inputs one training pass leaves out: the same draw leaves out the same ones, on whatever thread and after whatever pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The run's seed.
    pub seed: u64,
    /// The step.
    pub step: u64,
    /// The image's place in the batch.
    pub place: u64,
}

/// The adapter of a linear layer, or of a third of its rows, as one pass computes it.
#[derive(Clone, Debug)]
pub struct Adapter {
    halves: LowRank,
    /// The share of inputs left out and the seed of which, in training.
    dropped: Option<(f64, [u8; 32])>,
}

impl Adapter {
    fn find(weights: &Weights, module: &str) -> Option<Self> {
        Some(Self {
            halves: adapter_of(weights, module)?,
            dropped: weights.dropped_before(module),
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let LowRank { a, b, scale } = &self.halves;
        let low = match self.dropped {
            Some((share, seed)) => linear(&dropout(x, share, seed)?, a, None)?,
            None => linear(x, a, None)?,
        };
        linear(&low, b, None)? * *scale
    }
}

/// What adapters add to one linear layer.
#[derive(Clone, Debug, Default)]
pub enum Adaptation {
    /// Nothing.
    #[default]
    Plain,
    /// One adapter over all rows.
    Whole(Adapter),
    /// One over each third of the rows, or over some.
    Thirds(Box<[Option<Adapter>; 3]>),
}

impl Adaptation {
    /// What `weights` holds for the layer of this name.
    #[must_use]
    pub fn find(weights: &Weights, layer: &str) -> Self {
        let find = |module: &str| Adapter::find(weights, module);
        if let Some(whole) = find(layer) {
            return Self::Whole(whole);
        }
        match thirds_of(layer).map(|paths| paths.map(|path| find(&path))) {
            Some(thirds) if thirds.iter().any(Option::is_some) => Self::Thirds(Box::new(thirds)),
            _ => Self::Plain,
        }
    }

    /// Adds the adapters' share for `x` `(rows, in)` to the layer's own `y` `(rows, out)`.
    pub fn add_to(&self, y: Tensor, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Plain => Ok(y),
            Self::Whole(adapter) => y + adapter.forward(x)?,
            Self::Thirds(thirds) => {
                let (rows, out) = y.dims2()?;
                let part = |adapter: &Option<Adapter>| match adapter {
                    Some(adapter) => adapter.forward(x),
                    None => Tensor::zeros((rows, out / 3), DType::F32, x.device()),
                };
                let parts = thirds.iter().map(part).collect::<Result<Vec<_>>>()?;
                y + Tensor::cat(&parts, 1)?
            }
        }
    }
}

/// Fresh adapters of one rank for these modules; B starts at zero, so the model starts unchanged.
pub fn fresh(
    modules: &[Module],
    rank: usize,
    alpha: f32,
    rng: &mut impl Rng,
) -> std::result::Result<Adapters, LoraError> {
    let mut adapters = Adapters::new();
    for Module { path, out, width } in modules {
        // PEFT's start, Kaiming's uniform with a = √5.
        let bound = 1.0 / (*width as f32).sqrt();
        let a: Vec<f32> = (0..rank * width)
            .map(|_| rng.random_range(-bound..bound))
            .collect();
        let a = Tensor::from_vec(a, (rank, *width), &Device::Cpu)?;
        let b = Tensor::zeros((*out, rank), DType::F32, &Device::Cpu)?;
        let scale = f64::from(alpha) / rank as f64;
        adapters.insert(path.clone(), LowRank::new(a, b, scale)?);
    }
    Ok(adapters)
}

/// Freezes `tensors` and trains `adapters` on them, on the device where the tensors are.
pub fn attach(
    tensors: BTreeMap<String, Tensor>,
    config: &ModelConfig,
    adapters: &Adapters,
) -> std::result::Result<Weights, LoraError> {
    check(config, adapters)?;
    let device = tensors.values().next().map(|t| t.device().clone());
    let mut weights = Weights::frozen(tensors);
    for (module, adapter) in adapters {
        weights.add_adapter(module, &adapter.on(device.as_ref())?)?;
    }
    Ok(weights)
}

/// Whether these adapters fit a model with this configuration.
pub fn check(config: &ModelConfig, adapters: &Adapters) -> std::result::Result<(), LoraError> {
    let modules: BTreeMap<String, Module> = modules(config)
        .into_iter()
        .map(|module| (module.path.clone(), module))
        .collect();
    for (path, adapter) in adapters {
        let Some(Module { out, width, .. }) = modules.get(path) else {
            return Err(LoraError::NoSuchModule {
                module: path.clone(),
                known: kinds(modules.into_keys()),
            });
        };
        if (adapter.b.dims()[0], adapter.a.dims()[1]) != (*out, *width) {
            return Err(LoraError::Misfit {
                module: path.clone(),
                a: adapter.a.dims().to_vec(),
                b: adapter.b.dims().to_vec(),
                width: *width,
                out: *out,
            });
        }
    }
    check_overlap(adapters.keys())
}

/// Whether no fused layer is among `modules` together with one of its thirds.
pub fn check_overlap<'a>(
    modules: impl Iterator<Item = &'a String>,
) -> std::result::Result<(), LoraError> {
    let modules: std::collections::BTreeSet<&String> = modules.collect();
    for module in &modules {
        let (layer, third) = layer_of(module);
        if third.is_some() && modules.contains(&layer) {
            return Err(LoraError::Overlap {
                layer,
                third: (*module).clone(),
            });
        }
    }
    Ok(())
}
