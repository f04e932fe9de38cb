//! `adapter_config.json`.

use crate::model::lora::Adapters;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The fields that change what is computed; the rest is for PEFT.
#[derive(Debug, Serialize, Deserialize)]
pub struct Config {
    peft_type: String,
    r: usize,
    lora_alpha: f64,
    #[serde(default)]
    pub lora_dropout: f64,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    fan_in_fan_out: bool,
    #[serde(default)]
    lora_bias: bool,
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
    /// What PEFT needs to put these adapters, by path, where they belong: every path by its full name, so that it wraps no other.
    pub fn of(modules: &Adapters, dropout: f64, base: Option<&str>) -> Self {
        let facts = |path: &String| {
            let adapter = &modules[path];
            (adapter.rank(), adapter.scale() * adapter.rank() as f64)
        };
        let (rank, alpha) = most_common(modules.keys().map(facts));
        let keys = || modules.keys().map(|path| (pattern_of(path), facts(path)));
        Self {
            peft_type: "LORA".to_owned(),
            r: rank,
            lora_alpha: alpha,
            lora_dropout: dropout,
            use_rslora: false,
            use_dora: false,
            fan_in_fan_out: false,
            lora_bias: false,
            bias: none(),
            modules_to_save: None,
            rank_pattern: keys()
                .filter(|(_, (own, _))| *own != rank)
                .map(|(key, (own, _))| (key, own))
                .collect(),
            alpha_pattern: keys()
                .filter(|(_, (_, own))| *own != alpha)
                .map(|(key, (_, own))| (key, own))
                .collect(),
            target_modules: Some(modules.keys().cloned().collect()),
            task_type: Some("CAUSAL_LM".to_owned()),
            base_model_name_or_path: base.map(str::to_owned),
            inference_mode: true,
        }
    }

    /// Refuses what would be computed otherwise than here.
    pub fn check(&self) -> Result<(), String> {
        let refused = [
            (self.peft_type != "LORA", "peft_type is not LORA"),
            (self.r == 0, "r is 0"),
            (self.use_dora, "use_dora is on"),
            (self.fan_in_fan_out, "fan_in_fan_out is on"),
            (self.lora_bias, "lora_bias is on"),
            (self.bias != "none", "bias is trained"),
            (
                self.modules_to_save.as_ref().is_some_and(|m| !m.is_empty()),
                "modules_to_save names whole layers",
            ),
            (
                !(0.0..1.0).contains(&self.lora_dropout),
                "lora_dropout is not in 0..1",
            ),
        ];
        match refused.iter().find(|(is_so, _)| *is_so) {
            Some((_, why)) => Err(format!("{why}, which is not supported")),
            None => Ok(()),
        }
    }

    /// The factor of a module's `B A`, whose A has `rank` rows.
    pub fn scale(&self, path: &str, rank: usize) -> Result<f64, String> {
        if rank != *of_path(&self.rank_pattern, path)?.unwrap_or(&self.r) {
            return Err(format!("has rank {rank}, {} says otherwise", super::CONFIG));
        }
        let alpha = *of_path(&self.alpha_pattern, path)?.unwrap_or(&self.lora_alpha);
        let rank = rank as f64;
        Ok(alpha / if self.use_rslora { rank.sqrt() } else { rank })
    }
}

/// The pair that most have, and of several the first.
fn most_common(facts: impl Iterator<Item = (usize, f64)>) -> (usize, f64) {
    let mut counts: Vec<((usize, f64), usize)> = Vec::new();
    for fact in facts {
        match counts.iter_mut().find(|(other, _)| *other == fact) {
            Some((_, count)) => *count += 1,
            None => counts.push((fact, 1)),
        }
    }
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    most.map_or((1, 1.0), |(fact, _)| fact)
}

/// The key of `rank_pattern` and `alpha_pattern` that means this path alone: PEFT takes it for a regular expression.
fn pattern_of(path: &str) -> String {
    format!("^{}$", path.replace('.', "\\."))
}

/// What a pattern says of a path. PEFT's keys are regular expressions for the end of a path, from a dot on; plain paths, with or
/// without escaped dots and anchors, are read here, others refused.
fn of_path<'a, T: PartialEq>(
    pattern: &'a BTreeMap<String, T>,
    path: &str,
) -> Result<Option<&'a T>, String> {
    let mut found = None;
    for (key, value) in pattern {
        let end = key.strip_suffix('$').unwrap_or(key).replace("\\.", ".");
        let (whole, end) = match end.strip_prefix('^') {
            Some(end) => (true, end),
            None => (false, end.as_str()),
        };
        if !end
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        {
            return Err(format!(
                "is looked for in a pattern `{key}`, which is no plain path: not supported"
            ));
        }
        let is_end = || {
            path.strip_suffix(end)
                .is_some_and(|rest| rest.ends_with('.'))
        };
        if path != end && (whole || !is_end()) {
            continue;
        }
        if found.is_some_and(|other| other != value) {
            return Err(format!("is given two values by patterns, one by `{key}`"));
        }
        found = Some(value);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_the_end_of_a_path_or_all_of_it() {
        let pattern = |keys: &[(&str, usize)]| -> BTreeMap<String, usize> {
            keys.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect()
        };
        let path = "model.language_model.layers.1.self_attn.q_proj";
        for (keys, expected) in [
            (pattern(&[("q_proj", 3)]), Some(3)),
            (pattern(&[("attn.q_proj", 3)]), None),
            (pattern(&[("^q_proj", 3)]), None),
            (pattern(&[(&pattern_of(path), 3), ("k_proj", 4)]), Some(3)),
        ] {
            assert_eq!(of_path(&keys, path), Ok(expected.as_ref()), "{keys:?}");
        }
        assert!(of_path(&pattern(&[("layers.[01].q_proj", 3)]), path).is_err());
        assert!(of_path(&pattern(&[("q_proj", 3), ("self_attn.q_proj", 4)]), path).is_err());
    }
}
