//! A model that steps in milliseconds.

use candle_core::DType;
use medreg_trainer::base;
use std::path::Path;

/// Writes one, untrained and always the same.
pub fn save(folder: &Path) {
    let tokenizer = base::tokenizer().unwrap();
    let mut config = base::architecture(tokenizer.len());
    config.vision_config.num_hidden_layers = 1;
    config.llm_config.num_hidden_layers = 1;
    config.llm_config.hidden_size = 64;
    config.llm_config.intermediate_size = 96;
    let model = base::untrained_of(config, tokenizer, 3).unwrap();
    model.save(folder, DType::F32).unwrap();
}
