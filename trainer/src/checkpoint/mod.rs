//! Models on disk: `config.json`, `tokenizer.json` and safetensors with InternVL's published names.

mod names;
mod peft;

pub use names::place;
pub use peft::{PeftAdapter, adapter_name};

use crate::model::{ConfigError, ModelConfig};
use crate::tokenizer::{TextTokenizer, TokenizerError};
use candle_core::{DType, Device, Tensor};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// A model with everything needed to run it or to train it further.
#[derive(Clone, Debug)]
pub struct Pretrained {
    /// Sizes and template.
    pub config: ModelConfig,
    /// f32 tensors by their original InternVL names.
    pub tensors: BTreeMap<String, Tensor>,
    /// Its tokenizer.
    pub tokenizer: TextTokenizer,
}

/// Why a model cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// A file is missing or cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The index of a sharded checkpoint is not one.
    #[error("{path} is no index of shards: {reason}")]
    Index {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// An adapter cannot be used.
    #[error("{path}: {reason}")]
    Adapter {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The tokenizer cannot be used.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The tensors cannot be used.
    #[error("weights: {0}")]
    Weights(#[from] candle_core::Error),
}

/// A model's configuration and weights, without what turns text into tokens.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Sizes and template.
    pub config: ModelConfig,
    /// f32 tensors by their original InternVL names.
    pub tensors: BTreeMap<String, Tensor>,
}

impl Checkpoint {
    /// Reads a folder as published: one or several safetensors files, in the original or the HF-native naming.
    pub fn load(dir: &Path) -> Result<Self, CheckpointError> {
        let config =
            ModelConfig::from_json(&String::from_utf8_lossy(&read(&dir.join("config.json"))?))?;
        let mut tensors = BTreeMap::new();
        for path in weight_files(dir)? {
            add_tensors(&read(&path)?, &mut tensors)?;
        }
        let mut tensors = names::to_original(tensors)?;
        if config.llm_config.tie_word_embeddings {
            // Some files hold the head all the same; it is the embedding.
            tensors.remove("language_model.lm_head.weight");
        }
        Ok(Self { config, tensors })
    }
}

impl Pretrained {
    /// Reads a folder as published: a [`Checkpoint`] and its `tokenizer.json`.
    pub fn load(dir: &Path) -> Result<Self, CheckpointError> {
        let Checkpoint { config, tensors } = Checkpoint::load(dir)?;
        Ok(Self {
            config,
            tensors,
            tokenizer: TextTokenizer::from_file(&dir.join("tokenizer.json"))?,
        })
    }

    /// The same from bytes at hand.
    pub fn from_bytes(
        config: &[u8],
        tokenizer: &[u8],
        weights: &[u8],
    ) -> Result<Self, CheckpointError> {
        let mut tensors = BTreeMap::new();
        add_tensors(weights, &mut tensors)?;
        Ok(Self {
            config: ModelConfig::from_json(&String::from_utf8_lossy(config))?,
            tokenizer: TextTokenizer::from_bytes(tokenizer)?,
            tensors: names::to_original(tensors)?,
        })
    }

    /// Writes `config.json`, `tokenizer.json` and `model.safetensors` into `dir`, each by way of a temporary file.
    pub fn save(&self, dir: &Path, dtype: DType) -> Result<(), CheckpointError> {
        std::fs::create_dir_all(dir).map_err(at(dir))?;
        let config = serde_json::to_string_pretty(&self.config).map_err(ConfigError::from)?;
        write_atomically(&dir.join("config.json"), config.as_bytes())?;
        write_atomically(
            &dir.join("tokenizer.json"),
            self.tokenizer.to_json()?.as_bytes(),
        )?;
        save_tensors(&dir.join("model.safetensors"), &self.tensors, dtype)
    }
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> CheckpointError {
    let path = path.to_owned();
    move |source| CheckpointError::File { path, source }
}

fn read(path: &Path) -> Result<Vec<u8>, CheckpointError> {
    std::fs::read(path).map_err(at(path))
}

fn weight_files(dir: &Path) -> Result<Vec<PathBuf>, CheckpointError> {
    #[derive(serde::Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let path = dir.join("model.safetensors.index.json");
    if !path.exists() {
        return Ok(vec![dir.join("model.safetensors")]);
    }
    let wrong = |reason: String| CheckpointError::Index {
        path: path.clone(),
        reason,
    };
    let index: Index = serde_json::from_slice(&read(&path)?).map_err(|e| wrong(e.to_string()))?;
    let shards: BTreeSet<String> = index.weight_map.into_values().collect();
    // A shard's name comes from a downloaded file: it must not lead out of the folder.
    match shards.iter().find(|s| s.contains('/') || s.contains('\\')) {
        Some(shard) => Err(wrong(format!("`{shard}` is no plain file name"))),
        None => Ok(shards.into_iter().map(|s| dir.join(s)).collect()),
    }
}

fn add_tensors(bytes: &[u8], into: &mut BTreeMap<String, Tensor>) -> Result<(), CheckpointError> {
    for (name, tensor) in candle_core::safetensors::load_buffer(bytes, &Device::Cpu)? {
        into.insert(name, tensor.to_dtype(DType::F32)?);
    }
    Ok(())
}

/// Reads named tensors as f32.
pub fn load_tensors(path: &Path) -> Result<BTreeMap<String, Tensor>, CheckpointError> {
    let mut tensors = BTreeMap::new();
    add_tensors(&read(path)?, &mut tensors)?;
    Ok(tensors)
}

/// Writes named tensors as one safetensors file by way of a temporary one.
pub fn save_tensors(
    path: &Path,
    tensors: &BTreeMap<String, Tensor>,
    dtype: DType,
) -> Result<(), CheckpointError> {
    let cast = |(name, t): (&String, &Tensor)| Ok((name.clone(), t.to_dtype(dtype)?));
    let tensors: HashMap<String, Tensor> = tensors
        .iter()
        .map(cast)
        .collect::<candle_core::Result<_>>()?;
    let temporary = path.with_extension("partial");
    candle_core::safetensors::save(&tensors, &temporary)?;
    replace(&temporary, path)
}

/// Writes a file so that a reader sees the old bytes or the new ones, never a part of them.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    let temporary = path.with_extension("partial");
    std::fs::write(&temporary, bytes).map_err(at(&temporary))?;
    replace(&temporary, path)
}

/// Forces `temporary` to the disk and gives it its name.
fn replace(temporary: &Path, path: &Path) -> Result<(), CheckpointError> {
    let file = std::fs::File::open(temporary).map_err(at(temporary))?;
    file.sync_all().map_err(at(temporary))?;
    std::fs::rename(temporary, path).map_err(at(path))
}
