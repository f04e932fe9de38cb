//! Which run a checkpoint belongs to.

use crate::checkpoint::{CheckpointError, PeftAdapter, Pretrained};
use crate::model::lora;
use crate::train::Options;
use candle_core::Tensor;
use medreg_datasets::ids::Digest;
use medreg_datasets::protocol::RunConfig;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::io::{BufWriter, Write};

/// Settings that no number of a run depends on.
const FREE: [&str; 4] = [
    "log_every",
    "checkpoint_every",
    "keep_checkpoints",
    "recompute",
];

/// What a run is made of, whatever its folders are called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Belonging {
    /// Its settings.
    config: RunConfig,
    /// The content of the model that it began with: configuration, tokenizer and weights.
    base: Digest,
    /// The content of the adapter that it began with, if that was not a fresh one.
    adapter: Option<Digest>,
    /// What its examples are made from.
    data: Option<Digest>,
    /// Whether vision tower and projector stay as they are.
    vision_held: bool,
    /// How many processes share its steps, each with a batch of its own. Records of before there could be several do not say.
    #[serde(default = "one")]
    ranks: usize,
}

fn one() -> usize {
    1
}

impl Belonging {
    /// That of a run; reads every number of the model.
    pub fn of(
        options: &Options,
        start: &Pretrained,
        data: Option<Digest>,
    ) -> Result<Self, CheckpointError> {
        Ok(Self {
            config: options.run.clone(),
            base: digest_of_model(start)?,
            adapter: options
                .adapter
                .as_ref()
                .map(digest_of_adapter)
                .transpose()?,
            data,
            vision_held: options.vision_held,
            ranks: one(),
        })
    }

    /// The same run on so many ranks.
    #[must_use]
    pub fn on_ranks(self, ranks: usize) -> Self {
        Self { ranks, ..self }
    }

    /// Whether the run averages its weights.
    #[must_use]
    pub fn averages(&self) -> bool {
        self.config.ema > 0.0
    }

    /// What keeps a run from going on from a checkpoint of `other`, which was read from a file, as if it had never stopped.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut parts = self.other_parts(other);
        match (read_back(&self.config), by_name(&other.config)) {
            (Some(ours), Some(theirs)) => {
                let keys = ours.keys().filter(|key| !FREE.contains(&key.as_str()));
                let differing = keys.filter(|key| ours.get(*key) != theirs.get(*key));
                parts.extend(differing.map(|key| format!("`{key}`")));
            }
            _ => parts.push("settings that cannot be compared".to_owned()),
        }
        if self.ranks != other.ranks {
            parts.push(format!("{} ranks and not {}", other.ranks, self.ranks));
        }
        parts
    }

    /// What keeps a run from going on from a checkpoint of `other` at all: other rates and lengths do not.
    pub fn misfits(&self, other: &Self) -> Vec<String> {
        let mut parts = self.other_parts(other);
        if self.config.tuning != other.config.tuning {
            parts.push("`tuning`".to_owned());
        }
        parts
    }

    fn other_parts(&self, other: &Self) -> Vec<String> {
        let parts = [
            ("the base model", self.base == other.base),
            ("the adapter it began with", self.adapter == other.adapter),
            ("the data", self.data == other.data),
            ("what is held", self.vision_held == other.vision_held),
        ];
        let other = parts.into_iter().filter(|(_, same)| !same);
        other.map(|(part, _)| part.to_owned()).collect()
    }
}

type Settings = serde_json::Map<String, serde_json::Value>;

fn by_name(config: &RunConfig) -> Option<Settings> {
    serde_json::to_value(config).ok()?.as_object().cloned()
}

/// Settings as they are once written and read: the last bit of a number may change on that way.
fn read_back(config: &RunConfig) -> Option<Settings> {
    let text = serde_json::to_string(config).ok()?;
    by_name(&serde_json::from_str(&text).ok()?)
}

fn digest_of_model(model: &Pretrained) -> Result<Digest, CheckpointError> {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(&model.config).map_err(crate::model::ConfigError::from)?);
    hash.update(model.tokenizer.to_json()?);
    for (name, tensor) in &model.tensors {
        add_tensor(&mut hash, name, tensor)?;
    }
    Ok(Digest::from_raw(&hash.finalize()))
}

fn digest_of_adapter(adapter: &PeftAdapter) -> Result<Digest, CheckpointError> {
    let mut hash = Sha256::new();
    for (module, low_rank) in &adapter.modules {
        hash.update(low_rank.scale().to_le_bytes());
        for (half, tensor) in [("lora_A", low_rank.a()), ("lora_B", low_rank.b())] {
            add_tensor(&mut hash, &lora::name(module, half), tensor)?;
        }
    }
    Ok(Digest::from_raw(&hash.finalize()))
}

fn add_tensor(hash: &mut Sha256, name: &str, tensor: &Tensor) -> candle_core::Result<()> {
    hash.update(format!("{name} {:?} {:?}\n", tensor.dtype(), tensor.dims()));
    // Numbers come one by one.
    let mut numbers = BufWriter::with_capacity(1 << 16, hash);
    tensor.write_bytes(&mut numbers)?;
    Ok(numbers.flush()?)
}
