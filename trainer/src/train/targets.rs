//! Which layers a run's adapters go on.

use crate::checkpoint::{Dialect, module_path};
use crate::model::ModelConfig;
use crate::model::lora::{self, LoraError, Module};

/// Why a run's targets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// One names nothing.
    #[error(
        "`tuning.targets` names `{target}`, which is the end of no layer's path; there are {}",
        .known.join(", ")
    )]
    NoSuchLayer {
        /// The target.
        target: String,
        /// What there is in both dialects, numbers as `*`.
        known: Vec<String>,
    },
    /// Two name the same rows.
    #[error(transparent)]
    Overlap(#[from] LoraError),
}

/// The modules that `targets` name, in the order of the model.
///
/// A target is the end of a path of the original code, from a dot on; `*` stands for anything. Where it ends no original path, it is
/// looked for among the HF-native ones: `q_proj` is the decoder's, `attention.q_proj` the vision tower's.
pub fn chosen(targets: &[String], config: &ModelConfig) -> Result<Vec<Module>, TargetError> {
    let modules = used(config);
    let paths = |dialect| -> Vec<Option<String>> {
        let path = |module: &Module| module_path(&module.path, dialect);
        modules.iter().map(path).collect()
    };
    let dialects = [paths(Dialect::Original), paths(Dialect::Native)];
    let mut wanted = vec![false; modules.len()];
    for target in targets {
        let ends = |path: &Option<String>| path.as_deref().is_some_and(|p| is_end(target, p));
        let Some(paths) = dialects.iter().find(|paths| paths.iter().any(ends)) else {
            return Err(TargetError::NoSuchLayer {
                target: target.clone(),
                known: lora::kinds(dialects.into_iter().flatten().flatten()),
            });
        };
        let named = wanted.iter_mut().zip(paths);
        named.for_each(|(wanted, path)| *wanted |= ends(path));
    }
    let chosen = modules
        .into_iter()
        .zip(wanted)
        .filter(|(_, wanted)| *wanted);
    let chosen: Vec<Module> = chosen.map(|(module, _)| module).collect();
    lora::check_overlap(chosen.iter().map(|module| &module.path))?;
    Ok(chosen)
}

/// The modules that the loss depends on: not those of vision layers after the one that is read.
fn used(config: &ModelConfig) -> Vec<Module> {
    let layers = config.vision_config.layers_read(config.select_layer);
    let read = |module: &Module| {
        let rest = module.path.strip_prefix("vision_model.encoder.layers.");
        let number = rest.and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
        number.is_none_or(|number| number < layers)
    };
    let mut modules = lora::modules(config);
    modules.retain(read);
    modules
}

/// Whether a path is, or after one of its dots reads as, the pattern.
fn is_end(pattern: &str, path: &str) -> bool {
    let starts = path.match_indices('.').map(|(dot, _)| dot + 1);
    std::iter::once(0)
        .chain(starts)
        .any(|start| matches(pattern, &path[start..]))
}

/// Whether the pattern, `*` for anything, is the whole of `text`.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        let Some(at) = text.find(part) else {
            return false;
        };
        text = &text[at + part.len()..];
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_the_end_of_a_path() {
        let path = "language_model.model.layers.11.mlp.up_proj";
        for end in [
            "up_proj",
            "mlp.up_proj",
            path,
            "language_model.*",
            "language_model.*.up_proj",
            "layers.1*.mlp.*",
            "*",
            "**.mlp*proj",
        ] {
            assert!(is_end(end, path), "{end}");
        }
        for other in [
            "p_proj",
            "mlp",
            "layers.1.*",
            "vision_model.*",
            "lp.up_proj",
            "*.mlp",
            "",
        ] {
            assert!(!is_end(other, path), "{other}");
        }
    }
}
