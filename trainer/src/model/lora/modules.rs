//! The linear layers of a model that can have an adapter, and their names.

use crate::model::ModelConfig;
use crate::model::layout::layout;

/// The rows that the vision tower keeps in one layer and the HF-native naming in three.
const FUSED: &str = ".attn.qkv";
const THIRDS: [&str; 3] = [".attn.q_proj", ".attn.k_proj", ".attn.v_proj"];
/// Rows that are looked up or scored against the vocabulary: adapters leave them alone, as PEFT's `all-linear` does.
const ROWS_OF_WORDS: [&str; 2] = [
    "language_model.model.embed_tokens",
    "language_model.lm_head",
];

/// What one adapter can be put on: a linear layer, or a third of a fused one's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its path: the layer's original name, or `attn.q_proj`, `attn.k_proj`, `attn.v_proj` for the thirds of `attn.qkv`.
    pub path: String,
    /// Rows it gives.
    pub out: usize,
    /// Numbers it takes.
    pub width: usize,
}

/// Every module of a model with this configuration, from the picture to the head; a fused layer before its thirds.
#[must_use]
pub fn modules(config: &ModelConfig) -> Vec<Module> {
    let mut modules = Vec::new();
    for (name, shape) in layout(config) {
        let (Some(path), &[out, width]) = (name.strip_suffix(".weight"), shape.as_slice()) else {
            continue;
        };
        if ROWS_OF_WORDS.contains(&path) {
            continue;
        }
        let module = |path: String, out| Module { path, out, width };
        modules.push(module(path.to_owned(), out));
        modules.extend(
            thirds_of(path)
                .into_iter()
                .flatten()
                .map(|path| module(path, out / 3)),
        );
    }
    modules
}

/// The paths of the three parts of a fused layer.
#[must_use]
pub fn thirds_of(layer: &str) -> Option<[String; 3]> {
    let root = layer.strip_suffix(FUSED)?;
    Some(THIRDS.map(|third| format!("{root}{third}")))
}

/// The layer that a module is, or of which it is which third.
#[must_use]
pub fn layer_of(module: &str) -> (String, Option<usize>) {
    let of = |third: usize| {
        let root = module.strip_suffix(THIRDS[third])?;
        Some((format!("{root}{FUSED}"), Some(third)))
    };
    (0..3)
        .find_map(of)
        .unwrap_or_else(|| (module.to_owned(), None))
}

/// Paths with `*` for every number, each kind of layer once: what an error can list.
#[must_use]
pub fn kinds(paths: impl Iterator<Item = String>) -> Vec<String> {
    let mut kinds = Vec::new();
    for path in paths {
        let numbered = |part: &str| part.parse::<usize>().is_ok();
        // The projector's numbers are names.
        let part = |part| match numbered(part) && !path.starts_with("mlp1.") {
            true => "*",
            false => part,
        };
        let kind = path.split('.').map(part).collect::<Vec<_>>().join(".");
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}
