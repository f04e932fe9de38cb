//! What a checkpoint's `config.json` says about its model, in either dialect; kept in InternVL's original one.

mod native;
mod rope;

pub use rope::RopeScaling;

use native::NativeConfig;
use serde::{Deserialize, Serialize};

/// The whole model: vision tower, projector and language model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// `InternVLChatModel`.
    #[serde(default = "default_architectures")]
    pub architectures: Vec<String>,
    /// `internvl_chat`.
    pub model_type: String,
    /// The vision tower.
    pub vision_config: VisionConfig,
    /// The language model.
    pub llm_config: LanguageConfig,
    /// The pixel shuffle's scale; 0.5, two by two patches make one token.
    #[serde(default = "half")]
    pub downsample_ratio: f64,
    /// Order of the tokens that the pixel shuffle makes.
    #[serde(default)]
    pub ps_version: ShuffleVersion,
    /// Which of the vision tower's states is read: −1 the last layer's, −2 the one before.
    #[serde(default = "last")]
    pub select_layer: i32,
    /// The conversation's form.
    #[serde(default)]
    pub template: Template,
    /// The system message; the template's own where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_message: Option<String>,
    /// Pixels per side of what the vision tower sees.
    #[serde(default)]
    pub force_image_size: Option<usize>,
    /// Whether pictures are cut into tiles; false means one resize of the whole picture.
    #[serde(default)]
    pub dynamic_image_size: bool,
    /// The fewest tiles.
    #[serde(default = "one_tile")]
    pub min_dynamic_patch: u8,
    /// The most tiles.
    #[serde(default = "six_tiles")]
    pub max_dynamic_patch: u8,
    /// Whether the whole picture follows its tiles where there is more than one.
    #[serde(default)]
    pub use_thumbnail: bool,
    /// Whether pictures are padded to squares; no published checkpoint asks for it.
    #[serde(default)]
    pub pad2square: bool,
}

fn default_architectures() -> Vec<String> {
    vec!["InternVLChatModel".to_owned()]
}

fn half() -> f64 {
    0.5
}

fn one_tile() -> u8 {
    1
}

fn six_tiles() -> u8 {
    6
}

fn last() -> i32 {
    -1
}

/// Token order of the pixel shuffle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShuffleVersion {
    /// Column after column: InternVL-Chat-V1-2 and MedRegA. The class default.
    #[default]
    V1,
    /// Row after row: InternVL 2.5 and 3.
    V2,
}

/// The form of a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Template {
    /// InternVL 2.5 and 3.
    #[default]
    #[serde(rename = "internvl2_5")]
    InternVl25,
    /// InternVL-Chat-V1-2 and MedRegA.
    #[serde(rename = "Hermes-2")]
    Hermes2,
}

/// InternViT.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VisionConfig {
    /// Width C.
    pub hidden_size: usize,
    /// Blocks.
    pub num_hidden_layers: usize,
    /// Heads.
    pub num_attention_heads: usize,
    /// Width inside the MLP.
    pub intermediate_size: usize,
    /// Pixels per side the position embedding was made for.
    pub image_size: usize,
    /// Pixels per side of a patch.
    pub patch_size: usize,
    /// Whether the q, k, v projection has a bias.
    #[serde(default)]
    pub qkv_bias: bool,
    /// Whether q and k are normalised over the whole width.
    #[serde(default)]
    pub qk_normalization: bool,
    /// The blocks' norm.
    #[serde(default)]
    pub norm_type: NormType,
    /// Its epsilon.
    #[serde(default = "eps")]
    pub layer_norm_eps: f64,
}

fn eps() -> f64 {
    1e-6
}

/// A norm's kind; absent in files of the V1-2 era, which means RMSNorm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NormType {
    /// No mean, no bias.
    #[default]
    RmsNorm,
    /// Mean and bias.
    LayerNorm,
}

/// Qwen2 or Llama.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LanguageConfig {
    /// `qwen2` or `llama`.
    pub model_type: LanguageFamily,
    /// Rows of the embedding; may exceed the tokenizer's size.
    pub vocab_size: usize,
    /// Width H.
    pub hidden_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Query heads.
    pub num_attention_heads: usize,
    /// Key and value heads.
    pub num_key_value_heads: usize,
    /// Width inside the MLP.
    pub intermediate_size: usize,
    /// The longest sequence.
    #[serde(default = "positions")]
    pub max_position_embeddings: usize,
    /// The norms' epsilon.
    #[serde(default = "eps")]
    pub rms_norm_eps: f64,
    /// Base of the rotary frequencies.
    #[serde(default = "theta")]
    pub rope_theta: f64,
    /// How positions beyond those of the training are squeezed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rope_scaling: Option<RopeScaling>,
    /// Whether the head is the embedding.
    #[serde(default)]
    pub tie_word_embeddings: bool,
}

fn positions() -> usize {
    32_768
}

fn theta() -> f64 {
    10_000.0
}

/// The language models that can be read. InternLM2 stores its weights otherwise and is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LanguageFamily {
    /// Biases on q, k and v.
    Qwen2,
    /// No biases.
    Llama,
}

/// A configuration that makes no model.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not JSON, or fields missing or of another kind.
    #[error("config.json cannot be read as an InternVL configuration: {0}")]
    Json(#[from] serde_json::Error),
    /// Fields that contradict each other or name what is not supported.
    #[error("config.json: {0}")]
    Unfit(String),
}

/// The `model_type` of the two dialects.
const ORIGINAL: &str = "internvl_chat";
const NATIVE: &str = "internvl";

/// The largest sizes that are read, each some times that of the largest published model.
const WIDEST: usize = 1 << 18;
const DEEPEST: usize = 1 << 10;
const LARGEST_IMAGE: usize = 1 << 13;
const LARGEST_VOCABULARY: usize = 1 << 24;

/// What tells which models can be read at all, before their fields are looked for.
#[derive(Debug, Deserialize)]
struct Kind {
    #[serde(default)]
    model_type: String,
    #[serde(alias = "text_config")]
    llm_config: Option<LanguageKind>,
}

#[derive(Debug, Deserialize)]
struct LanguageKind {
    #[serde(default)]
    model_type: String,
}

impl Kind {
    fn check(&self) -> Result<(), ConfigError> {
        if ![ORIGINAL, NATIVE].contains(&self.model_type.as_str()) {
            return Err(ConfigError::Unfit(format!(
                "model_type is `{}`, `{ORIGINAL}` or `{NATIVE}` is expected",
                self.model_type
            )));
        }
        let language = self.llm_config.as_ref().map_or("", |l| &l.model_type);
        if !["qwen2", "llama"].contains(&language) {
            return Err(ConfigError::Unfit(format!(
                "the language model is `{language}`: only qwen2 and llama can be read, InternLM2 stores its weights otherwise"
            )));
        }
        Ok(())
    }
}

impl ModelConfig {
    /// What all published checkpoints of InternVL 2.5 and 3 have in common, around these two parts.
    #[must_use]
    pub fn internvl25(vision_config: VisionConfig, llm_config: LanguageConfig) -> Self {
        Self {
            architectures: default_architectures(),
            model_type: ORIGINAL.to_owned(),
            vision_config,
            llm_config,
            downsample_ratio: half(),
            ps_version: ShuffleVersion::V2,
            select_layer: last(),
            template: Template::InternVl25,
            system_message: None,
            force_image_size: None,
            dynamic_image_size: true,
            min_dynamic_patch: 1,
            max_dynamic_patch: 12,
            use_thumbnail: true,
            pad2square: false,
        }
    }

    /// Reads and checks a `config.json`.
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        let kind: Kind = serde_json::from_str(text)?;
        kind.check()?;
        let config: Self = match kind.model_type.as_str() {
            ORIGINAL => serde_json::from_str(text)?,
            _ => serde_json::from_str::<NativeConfig>(text)?.try_into()?,
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.check_sizes()?;
        let (v, l) = (&self.vision_config, &self.llm_config);
        let unfit = |text: String| Err(ConfigError::Unfit(text));
        if v.patch_size == 0 || v.image_size % (2 * v.patch_size) != 0 {
            return unfit(format!(
                "an image of {} pixels is no even number of patches of {}",
                v.image_size, v.patch_size
            ));
        }
        if self.image_size() != v.image_size {
            return unfit("force_image_size differs from the vision tower's image_size".to_owned());
        }
        let divides = |whole: usize, part: usize| part > 0 && whole.is_multiple_of(part);
        if !divides(v.hidden_size, v.num_attention_heads)
            || !divides(l.hidden_size, 2 * l.num_attention_heads)
        {
            return unfit("a hidden_size is no (even) multiple of its heads".to_owned());
        }
        if !divides(l.num_attention_heads, l.num_key_value_heads) {
            return unfit("num_attention_heads is no multiple of num_key_value_heads".to_owned());
        }
        if (self.downsample_ratio - 0.5).abs() > f64::EPSILON {
            return unfit(format!(
                "downsample_ratio is {}, only 0.5 is known",
                self.downsample_ratio
            ));
        }
        if self.pad2square {
            return unfit("pad2square is on, which is not supported".to_owned());
        }
        let tiles = self.min_dynamic_patch..=self.max_dynamic_patch;
        if tiles.is_empty() || *tiles.start() == 0 {
            return unfit(format!(
                "min_dynamic_patch {} to max_dynamic_patch {} is no range of tiles",
                tiles.start(),
                tiles.end()
            ));
        }
        let states = v.num_hidden_layers as i32 + 1;
        if !(-states..0).contains(&self.select_layer) {
            return unfit(format!(
                "select_layer {} is not one of the {states} states",
                self.select_layer
            ));
        }
        Ok(())
    }

    /// Refuses sizes that no published model comes near: nothing is made of them, and no product of them overflows.
    fn check_sizes(&self) -> Result<(), ConfigError> {
        let (v, l) = (&self.vision_config, &self.llm_config);
        for (name, size, most) in [
            ("vision_config.hidden_size", v.hidden_size, WIDEST),
            (
                "vision_config.intermediate_size",
                v.intermediate_size,
                WIDEST,
            ),
            (
                "vision_config.num_hidden_layers",
                v.num_hidden_layers,
                DEEPEST,
            ),
            (
                "vision_config.num_attention_heads",
                v.num_attention_heads,
                WIDEST,
            ),
            ("vision_config.image_size", v.image_size, LARGEST_IMAGE),
            ("vision_config.patch_size", v.patch_size, LARGEST_IMAGE),
            ("the language model's hidden_size", l.hidden_size, WIDEST),
            (
                "the language model's intermediate_size",
                l.intermediate_size,
                WIDEST,
            ),
            (
                "the language model's num_hidden_layers",
                l.num_hidden_layers,
                DEEPEST,
            ),
            (
                "the language model's num_attention_heads",
                l.num_attention_heads,
                WIDEST,
            ),
            (
                "the language model's num_key_value_heads",
                l.num_key_value_heads,
                WIDEST,
            ),
            (
                "the language model's vocab_size",
                l.vocab_size,
                LARGEST_VOCABULARY,
            ),
        ] {
            if size == 0 || size > most {
                return Err(ConfigError::Unfit(format!(
                    "{name} is {size}, 1 to {most} is expected"
                )));
            }
        }
        Ok(())
    }

    /// Pixels per side of what the vision tower sees.
    #[must_use]
    pub fn image_size(&self) -> usize {
        self.force_image_size
            .unwrap_or(self.vision_config.image_size)
    }

    /// Patches per side.
    #[must_use]
    pub fn patches_per_side(&self) -> usize {
        self.image_size() / self.vision_config.patch_size
    }

    /// Tokens that one tile takes in the language model.
    #[must_use]
    pub fn image_tokens(&self) -> usize {
        let side = self.patches_per_side() / 2;
        side * side
    }

    /// Numbers in one unfolded patch.
    #[must_use]
    pub fn patch_width(&self) -> usize {
        3 * self.vision_config.patch_size * self.vision_config.patch_size
    }
}

impl VisionConfig {
    /// Layers up to the one that `select_layer` names; those after it are not computed.
    #[must_use]
    pub fn layers_read(&self, select_layer: i32) -> usize {
        (self.num_hidden_layers as i32 + 1 + select_layer).max(0) as usize
    }
}

impl LanguageConfig {
    /// Numbers per head.
    #[must_use]
    pub fn head_size(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }
}
