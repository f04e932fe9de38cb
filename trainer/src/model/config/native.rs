//! The dialect of `config.json` that Hugging Face's own InternVL class writes (`model_type: internvl`).

use super::{
    ConfigError, LanguageConfig, LanguageFamily, ModelConfig, NormType, RopeScaling, VisionConfig,
};
use serde::Deserialize;

/// What is read of it; everything else is for other programs.
#[derive(Debug, Deserialize)]
pub struct NativeConfig {
    vision_config: NativeVision,
    text_config: NativeText,
    #[serde(default = "super::half")]
    downsample_ratio: f64,
    #[serde(default = "super::last")]
    vision_feature_layer: i32,
    #[serde(default = "drop_class")]
    vision_feature_select_strategy: String,
    #[serde(default)]
    tie_word_embeddings: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct NativeVision {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    image_size: Side,
    patch_size: Side,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    use_qk_norm: bool,
    #[serde(default = "layer_norm")]
    norm_type: NormType,
    #[serde(default = "super::eps")]
    layer_norm_eps: f64,
}

/// One number, or height and width.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum Side {
    Square(usize),
    HeightWidth([usize; 2]),
}

#[derive(Debug, Deserialize)]
struct NativeText {
    model_type: LanguageFamily,
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: usize,
    intermediate_size: usize,
    #[serde(default = "super::positions")]
    max_position_embeddings: usize,
    #[serde(default = "super::eps")]
    rms_norm_eps: f64,
    #[serde(default)]
    head_dim: Option<usize>,
    /// Until transformers 4 beside it, since 5 inside `rope_parameters`.
    #[serde(default)]
    rope_theta: Option<f64>,
    #[serde(default)]
    rope_scaling: Option<RopeScaling>,
    #[serde(default)]
    rope_parameters: Option<RopeParameters>,
    #[serde(default)]
    tie_word_embeddings: bool,
}

#[derive(Debug, Deserialize)]
struct RopeParameters {
    rope_theta: Option<f64>,
    #[serde(flatten)]
    scaling: RopeScaling,
}

fn drop_class() -> String {
    "default".to_owned()
}

fn layer_norm() -> NormType {
    NormType::LayerNorm
}

impl Side {
    fn square(self, what: &str) -> Result<usize, ConfigError> {
        match self {
            Self::Square(side) => Ok(side),
            Self::HeightWidth([height, width]) if height == width => Ok(height),
            Self::HeightWidth([height, width]) => Err(ConfigError::Unfit(format!(
                "{what} is {height}×{width}, a square is expected"
            ))),
        }
    }
}

impl TryFrom<NativeConfig> for ModelConfig {
    type Error = ConfigError;

    /// The same in the original dialect. Template and token order are not written there: they are those of InternVL 2.5 and 3,
    /// which is all that class computes.
    fn try_from(native: NativeConfig) -> Result<Self, ConfigError> {
        if native.vision_feature_select_strategy != "default" {
            return Err(ConfigError::Unfit(format!(
                "vision_feature_select_strategy is `{}`, only `default` is known",
                native.vision_feature_select_strategy
            )));
        }
        let tied = native.tie_word_embeddings;
        let llm_config = native.text_config.original(tied)?;
        Ok(Self {
            downsample_ratio: native.downsample_ratio,
            select_layer: native.vision_feature_layer,
            // Tiles as that class's processor cuts them unless it is told otherwise.
            ..Self::internvl25(native.vision_config.original()?, llm_config)
        })
    }
}

impl NativeVision {
    fn original(self) -> Result<VisionConfig, ConfigError> {
        Ok(VisionConfig {
            hidden_size: self.hidden_size,
            num_hidden_layers: self.num_hidden_layers,
            num_attention_heads: self.num_attention_heads,
            intermediate_size: self.intermediate_size,
            image_size: self.image_size.square("image_size")?,
            patch_size: self.patch_size.square("patch_size")?,
            qkv_bias: self.attention_bias,
            qk_normalization: self.use_qk_norm,
            norm_type: self.norm_type,
            layer_norm_eps: self.layer_norm_eps,
        })
    }
}

impl NativeText {
    fn original(self, tied: Option<bool>) -> Result<LanguageConfig, ConfigError> {
        let parameters = self.rope_parameters;
        let theta = parameters.as_ref().and_then(|p| p.rope_theta);
        let own = self.hidden_size / self.num_attention_heads.max(1);
        if let Some(head) = self.head_dim.filter(|head| *head != own) {
            return Err(ConfigError::Unfit(format!(
                "head_dim is {head}, hidden_size / num_attention_heads = {own} is expected"
            )));
        }
        Ok(LanguageConfig {
            model_type: self.model_type,
            vocab_size: self.vocab_size,
            hidden_size: self.hidden_size,
            num_hidden_layers: self.num_hidden_layers,
            num_attention_heads: self.num_attention_heads,
            num_key_value_heads: self.num_key_value_heads,
            intermediate_size: self.intermediate_size,
            max_position_embeddings: self.max_position_embeddings,
            rms_norm_eps: self.rms_norm_eps,
            rope_theta: theta.or(self.rope_theta).unwrap_or_else(super::theta),
            rope_scaling: parameters.map(|p| p.scaling).or(self.rope_scaling),
            // The outer one is what the class reads.
            tie_word_embeddings: tied.unwrap_or(self.tie_word_embeddings),
        })
    }
}
