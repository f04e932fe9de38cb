//! What a run trains: all weights, or adapters.

use super::{TrainError, chosen};
use crate::checkpoint::{PeftAdapter, Pretrained};
use crate::model::lora::{self, Adapters, LoraError, LowRank};
use crate::model::{ModelConfig, Weights};
use medreg_datasets::protocol::{RunConfig, Tuning};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The model's weights with what the tuning trains as variables.
pub fn trainable(start: &Pretrained, config: &RunConfig) -> Result<Weights, TrainError> {
    trained_from(start, config, None)
}

/// The same, with the adapters of `adapter` in place of fresh ones.
pub fn trained_from(
    start: &Pretrained,
    config: &RunConfig,
    adapter: Option<&PeftAdapter>,
) -> Result<Weights, TrainError> {
    let tensors = start.tensors.clone();
    match adapters(&start.config, config, adapter)? {
        None => Ok(Weights::trained(tensors)?),
        Some(adapters) => {
            let weights = lora::attach(tensors, &start.config, &adapters)?;
            Ok(weights.with_dropout(dropout(config)))
        }
    }
}

/// The adapters that a run begins with: fresh ones, or those of `adapter` if the run asks for just these. `None` where it trains all
/// weights.
pub fn adapters(
    model: &ModelConfig,
    config: &RunConfig,
    adapter: Option<&PeftAdapter>,
) -> Result<Option<Adapters>, TrainError> {
    let Tuning::Lora {
        rank,
        alpha,
        targets,
        ..
    } = &config.tuning
    else {
        return match adapter {
            None => Ok(None),
            Some(_) => Err(TrainError::OtherAdapter("it trains all weights".to_owned())),
        };
    };
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    let modules = chosen(targets, model)?;
    let fresh = lora::fresh(&modules, usize::from(*rank), *alpha, &mut rng)?;
    match adapter {
        None => Ok(Some(fresh)),
        Some(adapter) => asked_for(adapter, &fresh).cloned().map(Some),
    }
}

fn dropout(config: &RunConfig) -> f64 {
    match config.tuning {
        Tuning::Full => 0.0,
        Tuning::Lora { dropout, .. } => f64::from(dropout),
    }
}

/// The adapter's modules, if the run would have made the same: what its settings say is then what is trained.
fn asked_for<'a>(adapter: &'a PeftAdapter, fresh: &Adapters) -> Result<&'a Adapters, TrainError> {
    let other = |reason: String| Err(TrainError::OtherAdapter(reason));
    let modules = &adapter.modules;
    if let Some(module) = fresh.keys().find(|m| !modules.contains_key(*m)) {
        return other(format!(
            "the run's targets name `{module}`, the adapter has none there"
        ));
    }
    for (module, found) in modules {
        let Some(asked) = fresh.get(module) else {
            return other(format!(
                "it adapts `{module}`, which the run's targets leave out"
            ));
        };
        let off = (found.scale() - asked.scale()).abs();
        if found.rank() != asked.rank() || off > 1e-6 * asked.scale() {
            return other(format!(
                "`{module}` has rank {} and alpha / rank {}, the run asks for {} and {}",
                found.rank(),
                found.scale(),
                asked.rank(),
                asked.scale()
            ));
        }
    }
    Ok(modules)
}

/// The run's adapters as they are now; copies, so that they do not change with variables that somebody trains on.
pub fn adapter_of(config: &RunConfig, weights: &Weights) -> Result<Option<PeftAdapter>, LoraError> {
    if weights.scales().is_empty() {
        return Ok(None);
    }
    let copy = |(module, adapter): (String, LowRank)| {
        let (a, b) = (adapter.a().copy()?, adapter.b().copy()?);
        Ok((module, LowRank::new(a, b, adapter.scale())?))
    };
    let modules = lora::adapters_of(weights).into_iter().map(copy);
    Ok(Some(PeftAdapter {
        dropout: dropout(config),
        modules: modules.collect::<Result<_, LoraError>>()?,
    }))
}
