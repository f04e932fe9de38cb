//! Adapters of fused rows: one over q, k and v together, or one over each, whichever a dialect keeps.

use crate::model::lora::{Adapters, LoraError, LowRank, layer_of, thirds_of};
use candle_core::{Result, Tensor};
use std::collections::{BTreeMap, BTreeSet};

/// Every adapter over fused rows as three that share its A: the same function.
pub fn split(adapters: &Adapters) -> std::result::Result<Adapters, LoraError> {
    let mut apart = Adapters::new();
    for (module, adapter) in adapters {
        let Some(thirds) = thirds_of(module) else {
            apart.insert(module.clone(), adapter.clone());
            continue;
        };
        let rows = adapter.b().dim(0)? / 3;
        for (n, third) in thirds.into_iter().enumerate() {
            let b = adapter.b().narrow(0, n * rows, rows)?.contiguous()?;
            apart.insert(
                third,
                LowRank::new(adapter.a().clone(), b, adapter.scale())?,
            );
        }
    }
    Ok(apart)
}

/// All adapters over thirds of one layer as one: their A below each other, their B along the diagonal. The same function, of the sum
/// of their ranks.
pub fn joined(adapters: &Adapters) -> std::result::Result<Adapters, LoraError> {
    let mut whole = Adapters::new();
    let mut parts: BTreeMap<String, Vec<(usize, &LowRank)>> = BTreeMap::new();
    for (module, adapter) in adapters {
        match layer_of(module) {
            (layer, Some(third)) => parts.entry(layer).or_default().push((third, adapter)),
            (_, None) => drop(whole.insert(module.clone(), adapter.clone())),
        }
    }
    for (layer, thirds) in parts {
        whole.insert(layer, diagonal(&thirds)?);
    }
    Ok(whole)
}

fn diagonal(thirds: &[(usize, &LowRank)]) -> std::result::Result<LowRank, LoraError> {
    // One scale for all; where they have several, B takes them in.
    let scale = match thirds.split_first() {
        Some(((_, first), rest)) if rest.iter().all(|(_, part)| part.scale() == first.scale()) => {
            first.scale()
        }
        _ => 1.0,
    };
    let a: Vec<Tensor> = thirds.iter().map(|(_, part)| part.a().clone()).collect();
    let column = |(third, part): &(usize, &LowRank)| -> Result<Tensor> {
        let (rows, _) = part.b().dims2()?;
        let b = match part.scale() == scale {
            true => part.b().clone(),
            false => (part.b() * part.scale())?,
        };
        b.pad_with_zeros(0, third * rows, (2 - third) * rows)
    };
    let b = thirds.iter().map(column).collect::<Result<Vec<_>>>()?;
    LowRank::new(Tensor::cat(&a, 0)?, Tensor::cat(&b, 1)?, scale)
}

/// The inverse of [`split`]: three adapters that share one A and one factor are one over all rows again.
pub fn rejoined(mut adapters: Adapters) -> std::result::Result<Adapters, LoraError> {
    let layers = adapters.keys().map(|module| layer_of(module));
    let layers: BTreeSet<String> = layers
        .filter_map(|(layer, third)| third.map(|_| layer))
        .collect();
    for layer in layers {
        let Some(thirds) = thirds_of(&layer) else {
            continue;
        };
        let [Some(q), Some(k), Some(v)] = thirds.each_ref().map(|third| adapters.get(third)) else {
            continue;
        };
        if !(shares_a(q, k)? && shares_a(q, v)?) {
            continue;
        }
        let b = Tensor::cat(&[q.b(), k.b(), v.b()], 0)?;
        let whole = LowRank::new(q.a().clone(), b, q.scale())?;
        thirds.iter().for_each(|third| drop(adapters.remove(third)));
        adapters.insert(layer, whole);
    }
    Ok(adapters)
}

fn shares_a(one: &LowRank, other: &LowRank) -> Result<bool> {
    let same = one.scale() == other.scale() && one.a().dims() == other.a().dims();
    Ok(same && one.a().to_vec2::<f32>()? == other.a().to_vec2::<f32>()?)
}
