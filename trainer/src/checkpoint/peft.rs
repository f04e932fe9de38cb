//! Low-rank adapters as PEFT writes them: `adapter_config.json` and `adapter_model.safetensors`.

mod config;
mod rows;

use super::names::{Dialect, module_at, module_path};
use super::{CheckpointError, read, save_tensors, write_atomically};
use crate::model::lora::{self, Adapters, LoraError, LowRank};
use candle_core::{DType, Tensor};
use config::Config;
use std::collections::BTreeMap;
use std::path::Path;

const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";
/// What PEFT puts before the path of a module in the model that it wrapped.
const WRAPPED: &str = "base_model.model.";

/// Low-rank adapters with what PEFT keeps beside them.
#[derive(Clone, Debug)]
pub struct PeftAdapter {
    /// The share of inputs that training left out.
    pub dropout: f64,
    /// By module.
    pub modules: Adapters,
}

impl PeftAdapter {
    /// Reads an adapter's folder, whichever model was wrapped: the HF-native one, the original one, or the language model in it.
    pub fn load(dir: &Path) -> Result<Self, CheckpointError> {
        let path = dir.join(CONFIG);
        let wrong = |reason: String| CheckpointError::Adapter {
            path: path.clone(),
            reason,
        };
        let config: Config =
            serde_json::from_slice(&read(&path)?).map_err(|e| wrong(e.to_string()))?;
        config.check().map_err(wrong)?;
        let mut modules = Adapters::new();
        let path = dir.join(WEIGHTS);
        let wrong = |reason: String| CheckpointError::Adapter {
            path: path.clone(),
            reason,
        };
        for (module, [a, b]) in pairs(&path)? {
            let wrong = |reason: String| wrong(format!("`{module}` {reason}"));
            let (Some(a), Some(b)) = (a, b) else {
                return Err(wrong("has one half of an adapter only".to_owned()));
            };
            let own = module_at(&module).ok_or_else(|| wrong("is no module's path".to_owned()))?;
            let rank = a.dims().first().copied().unwrap_or(0);
            let scale = config.scale(&module, rank).map_err(wrong)?;
            let adapter = LowRank::new(a, b, scale).map_err(|e| wrong(e.to_string()))?;
            if modules.insert(own.clone(), adapter).is_some() {
                return Err(wrong(format!("adapts `{own}`, as another path does")));
            }
        }
        if modules.is_empty() {
            return Err(wrong("holds no adapter".to_owned()));
        }
        Ok(Self {
            dropout: config.lora_dropout,
            modules: rows::rejoined(modules).map_err(|e| wrong(e.to_string()))?,
        })
    }

    /// Writes a folder that PEFT loads onto the whole model of this dialect, computing the same. `base` is where PEFT finds that model.
    pub fn save(
        &self,
        dir: &Path,
        base: Option<&str>,
        dialect: Dialect,
    ) -> Result<(), CheckpointError> {
        std::fs::create_dir_all(dir).map_err(super::at(dir))?;
        let path = dir.join(CONFIG);
        let wrong = |reason: String| CheckpointError::Adapter {
            path: path.clone(),
            reason,
        };
        let modules = self.spoken(dialect).map_err(|e| wrong(e.to_string()))?;
        let config = Config::of(&modules, self.dropout, base);
        let text = serde_json::to_string_pretty(&config).map_err(|e| wrong(e.to_string()))?;
        write_atomically(&path, text.as_bytes())?;
        let mut tensors = BTreeMap::new();
        for (module, adapter) in &modules {
            let name = |half: &str| format!("{WRAPPED}{module}.{half}.weight");
            tensors.insert(name("lora_A"), adapter.a().clone());
            tensors.insert(name("lora_B"), adapter.b().clone());
        }
        save_tensors(&dir.join(WEIGHTS), &tensors, DType::F32)
    }

    /// The adapters by their paths in a dialect, fused rows taken apart or put together as it keeps them.
    fn spoken(&self, dialect: Dialect) -> Result<Adapters, LoraError> {
        let modules = match dialect {
            Dialect::Original => rows::joined(&self.modules)?,
            Dialect::Native => rows::split(&self.modules)?,
        };
        let named =
            |(module, adapter): (String, LowRank)| Some((module_path(&module, dialect)?, adapter));
        Ok(modules.into_iter().filter_map(named).collect())
    }
}

/// A file's A and B by the path of their module, without what PEFT puts around it.
fn pairs(path: &Path) -> Result<BTreeMap<String, [Option<Tensor>; 2]>, CheckpointError> {
    let mut pairs: BTreeMap<String, [Option<Tensor>; 2]> = BTreeMap::new();
    for (name, tensor) in super::load_tensors(path)? {
        let Some((module, half)) = module_and_half(&name) else {
            return Err(CheckpointError::Adapter {
                path: path.to_owned(),
                reason: format!("`{name}` is no half of an adapter"),
            });
        };
        pairs.entry(module).or_default()[half] = Some(tensor);
    }
    Ok(pairs)
}

/// The path of a published tensor's module, and 0 for A, 1 for B.
fn module_and_half(published: &str) -> Option<(String, usize)> {
    let path = published.replace(".default.weight", ".weight");
    let (module, half) = [".lora_A.weight", ".lora_B.weight"]
        .iter()
        .enumerate()
        .find_map(|(half, end)| Some((path.strip_suffix(end)?, half)))?;
    // The original code wraps the language model alone, inside the checkpoint of the whole.
    let module = module.replace("language_model.base_model.model.", "language_model.");
    let module = module.strip_prefix(WRAPPED).unwrap_or(&module);
    Some((module.to_owned(), half))
}

/// The name that [`lora`] gives a published adapter's tensor.
#[must_use]
pub fn adapter_name(published: &str) -> Option<String> {
    let (module, half) = module_and_half(published)?;
    Some(lora::name(&module_at(&module)?, ["lora_A", "lora_B"][half]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_path_leads_to_the_same_layer() {
        let expected =
            "base_model.model.language_model.model.layers.3.self_attn.q_proj.lora_A.weight";
        for published in [
            "base_model.model.model.language_model.layers.3.self_attn.q_proj.lora_A.weight",
            "base_model.model.language_model.model.layers.3.self_attn.q_proj.lora_A.weight",
            "language_model.base_model.model.model.layers.3.self_attn.q_proj.lora_A.weight",
            "language_model.base_model.model.model.layers.3.self_attn.q_proj.lora_A.default.weight",
            expected,
        ] {
            assert_eq!(
                adapter_name(published).as_deref(),
                Some(expected),
                "{published}"
            );
        }
    }

    #[test]
    fn a_part_of_what_is_fused_here_has_a_name_of_its_own() {
        let tower = "base_model.model.model.vision_tower.encoder.layer.0.attention.";
        for (published, own) in [
            ("q_proj.lora_A", "q_proj.lora_A"),
            ("v_proj.lora_B", "v_proj.lora_B"),
            ("projection_layer.lora_B", "proj.lora_B"),
        ] {
            let own = format!("base_model.model.vision_model.encoder.layers.0.attn.{own}.weight");
            let published = format!("{tower}{published}.weight");
            assert_eq!(adapter_name(&published), Some(own), "{published}");
        }
    }
}
