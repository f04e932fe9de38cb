//! From the HF-native tensor names to the original ones.

use candle_core::{Result, Tensor};
use std::collections::BTreeMap;

/// Renames HF-native tensors and joins their q, k, v; original ones pass unchanged.
pub fn to_original(tensors: BTreeMap<String, Tensor>) -> Result<BTreeMap<String, Tensor>> {
    if tensors.keys().any(|n| n.contains("attention.wqkv")) {
        candle_core::bail!(
            "InternLM2 weights (attention.wqkv) are not supported: use a Qwen2 or Llama based InternVL"
        );
    }
    let mut out = BTreeMap::new();
    for (name, tensor) in &tensors {
        let plain = name.strip_prefix("model.").unwrap_or(name);
        if let Some((layer, suffix)) = split_query(plain) {
            let part = |p: &str| {
                let sibling = name.replace("attention.q_proj", &format!("attention.{p}_proj"));
                match tensors.get(&sibling) {
                    Some(t) => Ok(t.clone()),
                    None => candle_core::bail!("`{name}` has no `{sibling}` beside it"),
                }
            };
            let fused = Tensor::cat(&[tensor.clone(), part("k")?, part("v")?], 0)?;
            out.insert(
                format!("vision_model.encoder.layers.{layer}.attn.qkv.{suffix}"),
                fused,
            );
        } else if !is_key_or_value(plain) {
            out.insert(original_name(plain), tensor.clone());
        }
    }
    Ok(out)
}

/// Layer and suffix of a vision tower's query projection.
fn split_query(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix("vision_tower.encoder.layer.")?
        .split_once(".attention.q_proj.")
}

fn is_key_or_value(name: &str) -> bool {
    name.starts_with("vision_tower.")
        && (name.contains("attention.k_proj.") || name.contains("attention.v_proj."))
}

const RENAMED: [(&str, &str); 14] = [
    (
        "vision_tower.embeddings.cls_token",
        "vision_model.embeddings.class_embedding",
    ),
    (
        "vision_tower.embeddings.position_embeddings",
        "vision_model.embeddings.position_embedding",
    ),
    (
        "vision_tower.embeddings.patch_embeddings.projection",
        "vision_model.embeddings.patch_embedding",
    ),
    (
        "vision_tower.encoder.layer.",
        "vision_model.encoder.layers.",
    ),
    (".layernorm_before.", ".norm1."),
    (".layernorm_after.", ".norm2."),
    (".attention.q_norm.", ".attn.q_norm."),
    (".attention.k_norm.", ".attn.k_norm."),
    (".attention.projection_layer.", ".attn.proj."),
    (".lambda_1", ".ls1"),
    (".lambda_2", ".ls2"),
    ("multi_modal_projector.layer_norm.", "mlp1.0."),
    ("multi_modal_projector.linear_1.", "mlp1.1."),
    ("multi_modal_projector.linear_2.", "mlp1.3."),
];

/// Where a published tensor is kept: its original name and, for a vision tower's q, k or v, which third of the fused rows.
#[must_use]
pub fn place(published: &str) -> (String, Option<usize>) {
    let plain = published.strip_prefix("model.").unwrap_or(published);
    let third = ["q", "k", "v"]
        .iter()
        .position(|part| plain.contains(&format!(".attention.{part}_proj.")))
        .filter(|_| plain.starts_with("vision_tower."));
    match third {
        Some(third) => {
            let part = ["q_proj", "k_proj", "v_proj"][third];
            let fused = plain.replace(&format!("attention.{part}"), "attn.qkv");
            (original_name(&fused), Some(third))
        }
        None => (original_name(plain), None),
    }
}

/// The original name of a published tensor that is kept whole.
#[must_use]
pub fn original(published: &str) -> Option<String> {
    match place(published) {
        (name, None) => Some(name),
        (_, Some(_)) => None,
    }
}

fn original_name(name: &str) -> String {
    if name.starts_with("vision_tower.") || name.starts_with("multi_modal_projector.") {
        return RENAMED
            .iter()
            .fold(name.to_owned(), |n, (from, to)| n.replace(from, to));
    }
    match name.strip_prefix("language_model.") {
        // In memory, transformers drops the inner `model.`.
        Some(rest) if !rest.starts_with("model.") && !rest.starts_with("lm_head") => {
            format!("language_model.model.{rest}")
        }
        _ if name == "lm_head.weight" => "language_model.lm_head.weight".to_owned(),
        _ => name.to_owned(),
    }
}
