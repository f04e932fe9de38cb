//! Every tensor of a model by its original name, with its shape: what a configuration asks of a checkpoint.

use super::ModelConfig;
use super::config::{LanguageFamily, NormType};

/// Names and shapes, from the picture to the head.
pub type Layout = Vec<(String, Vec<usize>)>;

/// The tensors of a model with this configuration.
#[must_use]
pub fn layout(config: &ModelConfig) -> Layout {
    let mut layout = Layout::new();
    vision(config, &mut layout);
    projector(config, &mut layout);
    language(config, &mut layout);
    layout
}

fn linear(layout: &mut Layout, name: String, [out, width]: [usize; 2], bias: bool) {
    if bias {
        layout.push((format!("{name}.bias"), vec![out]));
    }
    layout.push((format!("{name}.weight"), vec![out, width]));
}

fn norm(layout: &mut Layout, name: String, width: usize, kind: NormType) {
    if kind == NormType::LayerNorm {
        layout.push((format!("{name}.bias"), vec![width]));
    }
    layout.push((format!("{name}.weight"), vec![width]));
}

fn vision(config: &ModelConfig, layout: &mut Layout) {
    let v = &config.vision_config;
    let (c, mlp, p) = (v.hidden_size, v.intermediate_size, v.patch_size);
    let side = v.image_size / p;
    let root = "vision_model.embeddings";
    layout.push((format!("{root}.class_embedding"), vec![1, 1, c]));
    layout.push((
        format!("{root}.position_embedding"),
        vec![1, side * side + 1, c],
    ));
    layout.push((format!("{root}.patch_embedding.weight"), vec![c, 3, p, p]));
    layout.push((format!("{root}.patch_embedding.bias"), vec![c]));
    for n in 0..v.num_hidden_layers {
        let root = format!("vision_model.encoder.layers.{n}");
        for (branch, scale) in [("norm1", "ls1"), ("norm2", "ls2")] {
            norm(layout, format!("{root}.{branch}"), c, v.norm_type);
            layout.push((format!("{root}.{scale}"), vec![c]));
        }
        if v.qk_normalization {
            for part in ["q_norm", "k_norm"] {
                norm(layout, format!("{root}.attn.{part}"), c, NormType::RmsNorm);
            }
        }
        linear(layout, format!("{root}.attn.qkv"), [3 * c, c], v.qkv_bias);
        linear(layout, format!("{root}.attn.proj"), [c, c], true);
        linear(layout, format!("{root}.mlp.fc1"), [mlp, c], true);
        linear(layout, format!("{root}.mlp.fc2"), [c, mlp], true);
    }
}

fn projector(config: &ModelConfig, layout: &mut Layout) {
    let (wide, h) = (
        4 * config.vision_config.hidden_size,
        config.llm_config.hidden_size,
    );
    norm(layout, "mlp1.0".to_owned(), wide, NormType::LayerNorm);
    linear(layout, "mlp1.1".to_owned(), [h, wide], true);
    linear(layout, "mlp1.3".to_owned(), [h, h], true);
}

fn language(config: &ModelConfig, layout: &mut Layout) {
    let l = &config.llm_config;
    let (h, mlp) = (l.hidden_size, l.intermediate_size);
    let kv = l.num_key_value_heads * l.head_size();
    let bias = l.model_type == LanguageFamily::Qwen2;
    let root = "language_model.model";
    layout.push((format!("{root}.embed_tokens.weight"), vec![l.vocab_size, h]));
    if !l.tie_word_embeddings {
        layout.push((
            "language_model.lm_head.weight".to_owned(),
            vec![l.vocab_size, h],
        ));
    }
    norm(layout, format!("{root}.norm"), h, NormType::RmsNorm);
    for n in 0..l.num_hidden_layers {
        let root = format!("{root}.layers.{n}");
        for name in ["input_layernorm", "post_attention_layernorm"] {
            norm(layout, format!("{root}.{name}"), h, NormType::RmsNorm);
        }
        for (name, shape, bias) in [
            ("self_attn.q_proj", [h, h], bias),
            ("self_attn.k_proj", [kv, h], bias),
            ("self_attn.v_proj", [kv, h], bias),
            ("self_attn.o_proj", [h, h], false),
            ("mlp.gate_proj", [mlp, h], false),
            ("mlp.up_proj", [mlp, h], false),
            ("mlp.down_proj", [h, mlp], false),
        ] {
            linear(layout, format!("{root}.{name}"), shape, bias);
        }
    }
}
