//! Models by the size of their parts.

use crate::model::ModelConfig;
use crate::model::config::{LanguageConfig, LanguageFamily, NormType, VisionConfig};
use std::fmt;
use std::str::FromStr;

/// A size that measurements are made at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Two layers of width 32 on each side: enough to try a measurement out.
    Least,
    /// Four layers of width 128 on each side.
    Tiny,
    /// A decoder of eight layers of width 512, a vision tower of six of width 384.
    Small,
    /// InternVL3-1B: InternViT-300M and Qwen2.5-0.5B.
    InternVl3OneB,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Least, Self::Tiny, Self::Small, Self::InternVl3OneB];

    fn name(self) -> &'static str {
        match self {
            Self::Least => "least",
            Self::Tiny => "tiny",
            Self::Small => "small",
            Self::InternVl3OneB => "internvl3-1b",
        }
    }

    /// The configuration of a model of this size.
    #[must_use]
    pub fn config(self) -> ModelConfig {
        let (vision_config, llm_config) = match self {
            Self::Least => (
                vision([32, 2, 2, 64], 56),
                language([32, 2, 2, 1, 64], 1_536),
            ),
            Self::Tiny => (
                vision([128, 4, 4, 512], 224),
                language([128, 4, 4, 2, 352], 1_536),
            ),
            Self::Small => (
                vision([384, 6, 6, 1_536], 224),
                language([512, 8, 8, 2, 1_408], 8_192),
            ),
            Self::InternVl3OneB => (
                vision([1_024, 24, 16, 4_096], 448),
                language([896, 24, 14, 2, 4_864], 151_674),
            ),
        };
        ModelConfig::internvl25(vision_config, llm_config)
    }
}

fn vision([width, layers, heads, inner]: [usize; 4], image_size: usize) -> VisionConfig {
    VisionConfig {
        hidden_size: width,
        num_hidden_layers: layers,
        num_attention_heads: heads,
        intermediate_size: inner,
        image_size,
        patch_size: 14,
        qkv_bias: true,
        qk_normalization: false,
        norm_type: NormType::LayerNorm,
        layer_norm_eps: 1e-6,
    }
}

fn language([width, layers, heads, keys, inner]: [usize; 5], vocabulary: usize) -> LanguageConfig {
    LanguageConfig {
        model_type: LanguageFamily::Qwen2,
        vocab_size: vocabulary,
        hidden_size: width,
        num_hidden_layers: layers,
        num_attention_heads: heads,
        num_key_value_heads: keys,
        intermediate_size: inner,
        max_position_embeddings: 32_768,
        rms_norm_eps: 1e-6,
        rope_theta: 1e6,
        rope_scaling: None,
        tie_word_embeddings: false,
    }
}

/// A name that no shape has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no shape is called `{0}`: least, tiny, small or internvl3-1b is expected")]
pub struct UnknownShape(String);

impl FromStr for Shape {
    type Err = UnknownShape;

    fn from_str(name: &str) -> Result<Self, UnknownShape> {
        let found = Self::ALL.into_iter().find(|shape| shape.name() == name);
        found.ok_or_else(|| UnknownShape(name.to_owned()))
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
