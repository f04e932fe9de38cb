//! The two namings of a checkpoint's tensors: the original code's and Hugging Face's own.

use crate::model::lora::{layer_of, thirds_of};

/// Part of the name of rows that the HF-native naming keeps in three.
const FUSED: &str = ".attn.qkv.";

const RENAMED: [(&str, &str); 15] = [
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
    (".attention.qkv.", FUSED),
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

/// Whose names of a model's modules are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The original code's `InternVLChatModel`.
    Original,
    /// transformers' own `InternVLForConditionalGeneration`, as it nests modules in memory.
    Native,
}

/// The path of a [`Module`](crate::model::lora::Module) in a model in memory; `None` where that dialect knows no such layer: the
/// original has no thirds, the HF-native one no fused layer.
#[must_use]
pub fn module_path(module: &str, dialect: Dialect) -> Option<String> {
    let (layer, third) = layer_of(module);
    if dialect == Dialect::Original {
        return third.is_none().then_some(layer);
    }
    let names = published(&format!("{layer}.weight"), true);
    let name = match (third, names.as_slice()) {
        (None, [whole]) => whole,
        (Some(third), thirds @ [_, _, _]) => &thirds[third],
        _ => return None,
    };
    let path = name.strip_suffix(".weight")?;
    // In memory, transformers keeps all but the head under one `model.`, and the decoder without its own.
    Some(match path.strip_prefix("language_model.model.") {
        Some(rest) => format!("model.language_model.{rest}"),
        None => format!("model.{path}"),
    })
}

/// The module at a path in a model in memory, of either dialect.
#[must_use]
pub fn module_at(path: &str) -> Option<String> {
    let (name, third) = place(&format!("{path}.weight"));
    let layer = name.strip_suffix(".weight")?.to_owned();
    match third {
        None => Some(layer),
        Some(third) => Some(thirds_of(&layer)?[third].clone()),
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

/// Whether a published name is one of the HF-native naming.
#[must_use]
pub fn is_native(published: &str) -> bool {
    let plain = published.strip_prefix("model.").unwrap_or(published);
    plain.starts_with("vision_tower.") || plain.starts_with("multi_modal_projector.")
}

/// The name, or the names of q, k and v, under which a tensor is published.
#[must_use]
pub fn published(original: &str, native: bool) -> Vec<String> {
    if !native || original.starts_with("language_model.") {
        return vec![original.to_owned()];
    }
    let renamed = RENAMED
        .iter()
        .filter(|(_, own)| *own != FUSED)
        .fold(original.to_owned(), |name, (theirs, own)| {
            name.replace(own, theirs)
        });
    match renamed.contains(FUSED) {
        true => ["q_proj", "k_proj", "v_proj"]
            .map(|part| renamed.replace(FUSED, &format!(".attention.{part}.")))
            .to_vec(),
        false => vec![renamed],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_name_leads_back_to_its_place() {
        for original in [
            "vision_model.embeddings.class_embedding",
            "vision_model.embeddings.patch_embedding.bias",
            "vision_model.encoder.layers.7.norm2.weight",
            "vision_model.encoder.layers.0.attn.q_norm.weight",
            "vision_model.encoder.layers.0.attn.proj.bias",
            "vision_model.encoder.layers.11.ls1",
            "mlp1.0.bias",
            "mlp1.3.weight",
            "language_model.model.layers.3.mlp.up_proj.weight",
            "language_model.lm_head.weight",
        ] {
            for native in [false, true] {
                let names = published(original, native);
                assert_eq!(names.len(), 1);
                assert_eq!(place(&names[0]), (original.to_owned(), None), "{names:?}");
            }
        }
        assert_eq!(
            published("vision_model.encoder.layers.0.attn.q_norm.weight", true),
            ["vision_tower.encoder.layer.0.attention.q_norm.weight"]
        );
        let fused = "vision_model.encoder.layers.2.attn.qkv.bias";
        let thirds = published(fused, true);
        assert_eq!(
            thirds[1],
            "vision_tower.encoder.layer.2.attention.k_proj.bias"
        );
        for (n, name) in thirds.iter().enumerate() {
            assert_eq!(place(name), (fused.to_owned(), Some(n)));
        }
    }

    #[test]
    fn a_module_is_found_by_its_path_in_either_dialect() {
        let tower = "vision_model.encoder.layers.2.";
        for (module, original, native) in [
            (
                "mlp1.1",
                Some("mlp1.1"),
                Some("model.multi_modal_projector.linear_1"),
            ),
            (
                "language_model.model.layers.3.self_attn.q_proj",
                Some("language_model.model.layers.3.self_attn.q_proj"),
                Some("model.language_model.layers.3.self_attn.q_proj"),
            ),
            (
                &format!("{tower}attn.proj"),
                Some("vision_model.encoder.layers.2.attn.proj"),
                Some("model.vision_tower.encoder.layer.2.attention.projection_layer"),
            ),
            (
                &format!("{tower}attn.qkv"),
                Some("vision_model.encoder.layers.2.attn.qkv"),
                None,
            ),
            (
                &format!("{tower}attn.k_proj"),
                None,
                Some("model.vision_tower.encoder.layer.2.attention.k_proj"),
            ),
        ] {
            let paths = [original, native];
            for (path, dialect) in paths.into_iter().zip([Dialect::Original, Dialect::Native]) {
                assert_eq!(module_path(module, dialect).as_deref(), path);
                if let Some(path) = path {
                    assert_eq!(module_at(path).as_deref(), Some(module));
                }
            }
        }
    }

    #[test]
    fn every_way_of_writing_the_decoder_is_read() {
        let own = "language_model.model.layers.0.input_layernorm.weight";
        for written in [
            own,
            "model.language_model.layers.0.input_layernorm.weight",
            "language_model.layers.0.input_layernorm.weight",
            "model.language_model.model.layers.0.input_layernorm.weight",
        ] {
            assert_eq!(place(written), (own.to_owned(), None));
        }
        let head = ("language_model.lm_head.weight".to_owned(), None);
        assert_eq!(place("lm_head.weight"), head);
        assert_eq!(place("model.lm_head.weight"), head);
    }
}
