//! Models on disk: `config.json`, the tokenizer and safetensors with InternVL's published names.

mod fit;
mod names;
mod peft;
mod shards;

pub use names::{Dialect, module_at, module_path, place};
pub use peft::{PeftAdapter, adapter_name};

use crate::model::lora::{self, LoraError};
use crate::model::{ConfigError, ModelConfig};
use crate::tokenizer::{TextTokenizer, TokenizerError};
use candle_core::{DType, Device, Tensor};
use medreg_datasets::ids::Digest;
use sha2::{Digest as _, Sha256};
use shards::Shards;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// A model with everything needed to run it or to train it further.
#[derive(Clone, Debug)]
pub struct Pretrained {
    /// Sizes and template.
    pub config: ModelConfig,
    /// Tensors by their original InternVL names: f32, but for the matrices of a large model stored in bf16.
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
    /// A file of tensors, or one of them, cannot be used.
    #[error("{path}: {reason}")]
    Tensor {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The tensors are not those that the configuration asks for.
    #[error("the weights do not fit config.json, {} problems: {}", .problems.len(), .problems.join("; "))]
    Misfit {
        /// Each by the published name of its tensor.
        problems: Vec<String>,
    },
    /// The tokenizer has more tokens than the model.
    #[error(
        "the tokenizer has {tokens} tokens, the model's vocabulary {rows}: it is another model's"
    )]
    Vocabulary {
        /// Tokens of the tokenizer.
        tokens: usize,
        /// Rows of the embedding.
        rows: usize,
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
    /// Tensors by their original InternVL names: f32, but for the matrices of a large model stored in bf16.
    pub tensors: BTreeMap<String, Tensor>,
}

impl Checkpoint {
    /// Reads a folder as published: one or several safetensors files, in the original or the HF-native naming.
    pub fn load(dir: &Path) -> Result<Self, CheckpointError> {
        Self::load_watched(dir, &mut |_, _| ())
    }

    /// The same, `done` hearing after each tensor how many of how many are read.
    pub fn load_watched(
        dir: &Path,
        done: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, CheckpointError> {
        let config = read_config(&read(&dir.join("config.json"))?)?;
        let shards = Shards::open(&weight_files(dir)?)?;
        let tensors = fit::assemble(&shards, &config, done)?;
        Ok(Self { config, tensors })
    }

    /// The same with the weights on `device`.
    pub fn on(self, device: &Device) -> Result<Self, CheckpointError> {
        Ok(Self {
            tensors: moved(self.tensors, device)?,
            ..self
        })
    }

    fn with(self, tokenizer: TextTokenizer) -> Result<Pretrained, CheckpointError> {
        let Self { config, tensors } = self;
        let (tokens, rows) = (tokenizer.len(), config.llm_config.vocab_size);
        if tokens > rows {
            return Err(CheckpointError::Vocabulary { tokens, rows });
        }
        Ok(Pretrained {
            config,
            tensors,
            tokenizer,
        })
    }
}

impl Pretrained {
    /// Reads a folder as published: a [`Checkpoint`] and its `tokenizer.json` or SentencePiece `tokenizer.model`.
    pub fn load(dir: &Path) -> Result<Self, CheckpointError> {
        Self::load_watched(dir, &mut |_, _| ())
    }

    /// The same, `done` hearing after each tensor how many of how many are read.
    pub fn load_watched(
        dir: &Path,
        done: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, CheckpointError> {
        // First what is small: a wrong folder is found before its weights are read.
        let tokenizer = TextTokenizer::from_folder(dir)?;
        Checkpoint::load_watched(dir, done)?.with(tokenizer)
    }

    /// The same from bytes at hand.
    pub fn from_bytes(
        config: &[u8],
        tokenizer: &[u8],
        weights: &[u8],
    ) -> Result<Self, CheckpointError> {
        let config = read_config(config)?;
        let shards = Shards::of_bytes(weights)?;
        let tensors = fit::assemble(&shards, &config, &mut |_, _| ())?;
        Checkpoint { config, tensors }.with(TextTokenizer::from_bytes(tokenizer)?)
    }

    /// The same model with its weights on `device`; on the one where they are, nothing is copied.
    pub fn on(self, device: &Device) -> Result<Self, CheckpointError> {
        Ok(Self {
            tensors: moved(self.tensors, device)?,
            ..self
        })
    }

    /// The same model with an adapter worked into its weights.
    pub fn with_adapter(mut self, adapter: &PeftAdapter) -> Result<Self, LoraError> {
        lora::check(&self.config, &adapter.modules)?;
        lora::add(&mut self.tensors, &adapter.modules)?;
        Ok(self)
    }

    /// A digest of all that an image's features depend on: the vision tower's weights and the configuration. Low-rank tuning of the
    /// decoder leaves it as it is.
    pub fn tower_digest(&self) -> Result<Digest, CheckpointError> {
        let config = serde_json::to_string(&self.config).map_err(ConfigError::from)?;
        let mut hash = Sha256::new_with_prefix(config);
        for (name, tensor) in &self.tensors {
            if name.starts_with("vision_model.") {
                hash.update(format!("{name} {:?}", tensor.dims()));
                let numbers = tensor
                    .flatten_all()?
                    .to_dtype(DType::F32)?
                    .to_vec1::<f32>()?;
                let (chunks, rest) = numbers.as_chunks::<1024>();
                let mut add = |numbers: &[f32]| {
                    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
                    hash.update(bytes);
                };
                chunks.iter().for_each(|chunk| add(chunk));
                add(rest);
            }
        }
        Ok(Digest::from_raw(&hash.finalize()))
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

/// Tensor by tensor, so that no more than one is there twice.
fn moved(
    tensors: BTreeMap<String, Tensor>,
    device: &Device,
) -> Result<BTreeMap<String, Tensor>, CheckpointError> {
    let moved = |(name, tensor): (String, Tensor)| Ok((name, tensor.to_device(device)?));
    tensors.into_iter().map(moved).collect()
}

fn read_config(bytes: &[u8]) -> Result<ModelConfig, CheckpointError> {
    Ok(ModelConfig::from_json(&String::from_utf8_lossy(bytes))?)
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> CheckpointError {
    let path = path.to_owned();
    move |source| CheckpointError::File { path, source }
}

fn read(path: &Path) -> Result<Vec<u8>, CheckpointError> {
    std::fs::read(path).map_err(at(path))
}

/// The files that a folder's weights are in: the shards that its index names, or the one file.
pub(crate) fn weight_files(dir: &Path) -> Result<Vec<PathBuf>, CheckpointError> {
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

/// Reads named tensors as f32.
pub fn load_tensors(path: &Path) -> Result<BTreeMap<String, Tensor>, CheckpointError> {
    let shards = Shards::open(&[path.to_owned()])?;
    let names = shards.shapes().map(|(name, _)| name);
    names
        .map(|name| Ok((name.to_owned(), shards.load(name, false)?)))
        .collect()
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
    candle_core::safetensors::save(&tensors, &temporary).map_err(|e| unsaved(&temporary, e))?;
    replace(&temporary, path)
}

/// What the system said of a file, where it was the system that failed.
fn unsaved(path: &Path, error: candle_core::Error) -> CheckpointError {
    use safetensors::SafeTensorError;
    match error {
        candle_core::Error::SafeTensor(SafeTensorError::IoError(source)) => at(path)(source),
        error => error.into(),
    }
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
