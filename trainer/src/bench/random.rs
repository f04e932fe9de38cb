//! A checkpoint of chance: the size of a model without what it has learnt.

use crate::base::{init, tokenizer};
use crate::checkpoint::{CheckpointError, save_tensors, write_atomically};
use crate::model::layout::layout;
use crate::model::{ConfigError, ModelConfig};
use candle_core::DType;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::path::Path;

/// Numbers per shard: a checkpoint of any size is written with this much memory.
const SHARD: usize = 32 * 1024 * 1024;

/// Writes a folder as published, in bf16 and in shards: weights drawn by chance, the built-in models' tokenizer.
pub fn write(config: &ModelConfig, seed: u64, dir: &Path) -> Result<(), CheckpointError> {
    std::fs::create_dir_all(dir).map_err(|source| CheckpointError::File {
        path: dir.to_owned(),
        source,
    })?;
    let json = serde_json::to_string_pretty(config).map_err(ConfigError::from)?;
    write_atomically(&dir.join("config.json"), json.as_bytes())?;
    let tokens = tokenizer()?.to_json()?;
    write_atomically(&dir.join("tokenizer.json"), tokens.as_bytes())?;

    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut map, mut shard, mut held) = (BTreeMap::new(), BTreeMap::new(), 0);
    let mut files = 0;
    let mut flush = |shard: &mut BTreeMap<_, _>, map: &mut BTreeMap<_, _>| {
        files += 1;
        let name = format!("model-{files:05}.safetensors");
        map.extend(
            shard
                .keys()
                .map(|tensor: &String| (tensor.clone(), name.clone())),
        );
        save_tensors(&dir.join(name), &std::mem::take(shard), DType::BF16)
    };
    for (name, shape) in layout(config) {
        let count: usize = shape.iter().product();
        if held > 0 && held + count > SHARD {
            flush(&mut shard, &mut map)?;
            held = 0;
        }
        let tensor = init::tensor(&name, &shape, config, &mut rng)?;
        shard.insert(name, tensor);
        held += count;
    }
    flush(&mut shard, &mut map)?;
    let index = serde_json::json!({ "weight_map": map }).to_string();
    write_atomically(&dir.join("model.safetensors.index.json"), index.as_bytes())
}
