//! A model's tensors out of its files, after all of them were found to be what the configuration asks for.

use super::shards::Shards;
use super::{CheckpointError, names};
use crate::model::ModelConfig;
use crate::model::layout::layout;
use candle_core::Tensor;
use std::collections::BTreeMap;

/// Tensors that older files carry although they can be computed.
const COMPUTED: [&str; 2] = ["rotary_emb.inv_freq", "position_ids"];

const HEAD: &str = "language_model.lm_head.weight";

/// Models of more numbers keep their matrices in bf16 if they are stored so: widening them at each use costs less than reading twice
/// the bytes from memory. Smaller ones are widened once.
const LARGE: usize = 100_000_000;

/// Where a tensor's parts are published: one whole, or q, k and v apart.
#[derive(Debug, Default)]
struct Parts {
    whole: Option<String>,
    thirds: [Option<String>; 3],
}

/// Reads every tensor that `config` asks for, `done` hearing of each; what is missing, left over or of another shape is told
/// all at once, by its published name.
pub fn assemble(
    shards: &Shards<'_>,
    config: &ModelConfig,
    done: &mut dyn FnMut(usize, usize),
) -> Result<BTreeMap<String, Tensor>, CheckpointError> {
    let layout: BTreeMap<String, Vec<usize>> = layout(config).into_iter().collect();
    let (places, problems) = survey(shards, &layout);
    if !problems.is_empty() {
        return Err(CheckpointError::Misfit { problems });
    }
    let numbers: usize = layout
        .values()
        .map(|shape| shape.iter().product::<usize>())
        .sum();
    let mut tensors = BTreeMap::new();
    for (count, (name, parts)) in places.into_iter().enumerate() {
        tensors.insert(name.to_owned(), parts.load(shards, numbers > LARGE)?);
        done(count + 1, layout.len());
    }
    Ok(tensors)
}

/// Where every tensor of the layout is, and what is wrong.
fn survey<'a>(
    shards: &Shards<'_>,
    layout: &'a BTreeMap<String, Vec<usize>>,
) -> (BTreeMap<&'a str, Parts>, Vec<String>) {
    let mut places: BTreeMap<&str, Parts> = BTreeMap::new();
    let mut problems = Vec::new();
    let mut native = false;
    for (published, shape) in shards.shapes() {
        native |= names::is_native(published);
        if COMPUTED.iter().any(|end| published.ends_with(end)) {
            continue;
        }
        let (original, third) = names::place(published);
        if original == HEAD && !layout.contains_key(HEAD) {
            // A tied head: the embedding once more.
            continue;
        }
        let Some((name, wanted)) = layout.get_key_value(&original) else {
            problems.push(format!("`{published}` is no tensor of such a model"));
            continue;
        };
        let wanted = part_of(wanted, third);
        if shape != wanted {
            problems.push(format!(
                "`{published}` has shape {shape:?}, the configuration asks for {wanted:?}"
            ));
        }
        let parts = places.entry(name).or_default();
        match third {
            None => parts.whole = Some(published.to_owned()),
            Some(third) => parts.thirds[third] = Some(published.to_owned()),
        }
    }
    for name in layout.keys() {
        let missing = places
            .get(name.as_str())
            .map_or(vec![0, 1, 2], Parts::missing);
        let published = names::published(name, native);
        // One that is kept whole is missing once, whatever its thirds.
        let lacking = match published.len() {
            1 => missing.first().map(|_| 0).into_iter().collect(),
            _ => missing,
        };
        problems.extend(
            lacking
                .into_iter()
                .map(|n| format!("`{}` is missing", published[n])),
        );
    }
    (places, problems)
}

/// The shape of a third of fused rows.
fn part_of(whole: &[usize], third: Option<usize>) -> Vec<usize> {
    let mut shape = whole.to_vec();
    if let (Some(_), Some(rows)) = (third, shape.first_mut()) {
        *rows /= 3;
    }
    shape
}

impl Parts {
    /// Which thirds are missing where there is no whole.
    fn missing(&self) -> Vec<usize> {
        match self.whole {
            Some(_) => Vec::new(),
            None => (0..3).filter(|n| self.thirds[*n].is_none()).collect(),
        }
    }

    fn load(&self, shards: &Shards<'_>, keep_half: bool) -> Result<Tensor, CheckpointError> {
        if let Some(whole) = &self.whole {
            return shards.load(whole, keep_half);
        }
        let third = |name: &String| shards.load(name, keep_half);
        let thirds = self.thirds.iter().flatten().map(third);
        let thirds = thirds.collect::<Result<Vec<_>, _>>()?;
        Ok(Tensor::cat(&thirds, 0)?)
    }
}
