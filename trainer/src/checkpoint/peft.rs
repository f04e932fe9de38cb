//! Low-rank adapters as PEFT writes them: `adapter_config.json` and `adapter_model.safetensors`.

use super::{CheckpointError, names, read, save_tensors, write_atomically};
use crate::model::lora;
use candle_core::{DType, Tensor};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";
/// What PEFT puts before the path of a module in the model that it wrapped.
const WRAPPED: &str = "base_model.model.";

/// A low-rank adapter: for each adapted layer A `(rank, in)` and B `(out, rank)`.
#[derive(Clone, Debug)]
pub struct PeftAdapter {
    /// Rows of every A.
    pub rank: usize,
    /// The delta is `alpha / rank · B A`.
    pub alpha: f64,
    /// The factor of `B A`.
    pub scale: f64,
    /// A and B by the names that [`lora`] gives them.
    pub tensors: BTreeMap<String, Tensor>,
}

/// The fields of `adapter_config.json` that change what is computed; the rest is for PEFT.
#[derive(Debug, Serialize, Deserialize)]
struct Config {
    peft_type: String,
    r: usize,
    lora_alpha: f64,
    #[serde(default)]
    lora_dropout: f64,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    fan_in_fan_out: bool,
    #[serde(default = "none")]
    bias: String,
    #[serde(default)]
    modules_to_save: Option<Vec<String>>,
    #[serde(default)]
    rank_pattern: BTreeMap<String, usize>,
    #[serde(default)]
    alpha_pattern: BTreeMap<String, f64>,
    #[serde(default)]
    target_modules: Option<serde_json::Value>,
    #[serde(default)]
    task_type: Option<String>,
    #[serde(default)]
    base_model_name_or_path: Option<String>,
    #[serde(default)]
    inference_mode: bool,
}

fn none() -> String {
    "none".to_owned()
}

impl Config {
    /// Refuses what would be computed otherwise than here.
    fn check(&self) -> Result<(), String> {
        let refused = [
            (self.peft_type != "LORA", "peft_type is not LORA"),
            (self.r == 0, "r is 0"),
            (self.use_dora, "use_dora is on"),
            (self.fan_in_fan_out, "fan_in_fan_out is on"),
            (self.bias != "none", "bias is trained"),
            (
                self.modules_to_save.as_ref().is_some_and(|m| !m.is_empty()),
                "modules_to_save names whole layers",
            ),
            (
                !self.rank_pattern.is_empty() || !self.alpha_pattern.is_empty(),
                "rank_pattern or alpha_pattern gives layers ranks of their own",
            ),
        ];
        match refused.iter().find(|(is_so, _)| *is_so) {
            Some((_, why)) => Err(format!("{why}, which is not supported")),
            None => Ok(()),
        }
    }

    fn scale(&self) -> f64 {
        let rank = self.r as f64;
        self.lora_alpha / if self.use_rslora { rank.sqrt() } else { rank }
    }
}

impl PeftAdapter {
    /// Reads an adapter's folder, whichever model was wrapped: the HF-native one, or the language model of the original code.
    pub fn load(dir: &Path) -> Result<Self, CheckpointError> {
        let path = dir.join(CONFIG);
        let wrong = |reason: String| CheckpointError::Adapter {
            path: path.clone(),
            reason,
        };
        let config: Config =
            serde_json::from_slice(&read(&path)?).map_err(|e| wrong(e.to_string()))?;
        config.check().map_err(wrong)?;
        let mut tensors = BTreeMap::new();
        for (name, tensor) in super::load_tensors(&dir.join(WEIGHTS))? {
            let own = adapter_name(&name).ok_or_else(|| CheckpointError::Adapter {
                path: dir.join(WEIGHTS),
                reason: format!("`{name}` adapts no layer that is known here"),
            })?;
            tensors.insert(own, tensor);
        }
        Ok(Self {
            rank: config.r,
            alpha: config.lora_alpha,
            scale: config.scale(),
            tensors,
        })
    }

    /// Writes a folder that PEFT loads onto the HF-native model.
    pub fn save(&self, dir: &Path, base: Option<&str>) -> Result<(), CheckpointError> {
        std::fs::create_dir_all(dir).map_err(super::at(dir))?;
        let targets: BTreeSet<&str> = self
            .tensors
            .keys()
            .filter_map(|name| lora::module_of(name)?.rsplit('.').next())
            .collect();
        let config = Config {
            peft_type: "LORA".to_owned(),
            r: self.rank,
            lora_alpha: self.alpha,
            lora_dropout: 0.0,
            use_rslora: false,
            use_dora: false,
            fan_in_fan_out: false,
            bias: none(),
            modules_to_save: None,
            rank_pattern: BTreeMap::new(),
            alpha_pattern: BTreeMap::new(),
            target_modules: Some(serde_json::json!(format!(
                ".*language_model.*\\.({})",
                targets.into_iter().collect::<Vec<_>>().join("|")
            ))),
            task_type: Some("CAUSAL_LM".to_owned()),
            base_model_name_or_path: base.map(str::to_owned),
            inference_mode: true,
        };
        let path = dir.join(CONFIG);
        let text = serde_json::to_string_pretty(&config).map_err(|e| CheckpointError::Adapter {
            path: path.clone(),
            reason: e.to_string(),
        })?;
        write_atomically(&path, text.as_bytes())?;
        let native = |(name, tensor): (&String, &Tensor)| (native_name(name), tensor.clone());
        let tensors = self.tensors.iter().map(native).collect();
        save_tensors(&dir.join(WEIGHTS), &tensors, DType::F32)
    }
}

/// The name that [`lora`] gives a published adapter's tensor; `None` where it adapts a layer that is stored fused here.
#[must_use]
pub fn adapter_name(published: &str) -> Option<String> {
    let path = published.replace(".default.weight", ".weight");
    let half = ["lora_A", "lora_B"]
        .into_iter()
        .find(|half| path.ends_with(&format!(".{half}.weight")))?;
    let module = path.strip_suffix(&format!(".{half}.weight"))?;
    // The original code wraps the language model alone, inside the checkpoint of the whole.
    let module = module.replace("language_model.base_model.model.", "language_model.");
    let module = module.strip_prefix(WRAPPED).unwrap_or(&module);
    let weight = names::original(&format!("{module}.weight"))?;
    Some(lora::name(weight.strip_suffix(".weight")?, half))
}

/// The name in a PEFT file over the HF-native model in memory, where `model.` holds all but the head.
fn native_name(own: &str) -> String {
    own.replace(
        "base_model.model.language_model.model.",
        "base_model.model.model.language_model.",
    )
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
        assert_eq!(
            native_name(expected),
            "base_model.model.model.language_model.layers.3.self_attn.q_proj.lora_A.weight"
        );
    }

    #[test]
    fn a_layer_that_is_fused_here_is_refused() {
        let query =
            "base_model.model.model.vision_tower.encoder.layer.0.attention.q_proj.lora_A.weight";
        assert_eq!(adapter_name(query), None);
        let projection = "base_model.model.model.vision_tower.encoder.layer.0.attention.projection_layer.lora_B.weight";
        assert_eq!(
            adapter_name(projection).as_deref(),
            Some("base_model.model.vision_model.encoder.layers.0.attn.proj.lora_B.weight")
        );
    }
}
