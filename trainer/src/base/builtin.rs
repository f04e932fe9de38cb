//! The base models that ship inside the program.

use crate::checkpoint::{CheckpointError, Pretrained};

/// Files of the one that ships, made by `medreg-trainer make-base` (see `trainer/base/README.md`).
const CONFIG: &[u8] = include_bytes!("../../base/config.json");
const TOKENIZER: &[u8] = include_bytes!("../../base/tokenizer.json");
const WEIGHTS: &[u8] = include_bytes!("../../base/model.safetensors");

/// The names of those that ship.
pub const SHIPPED: [&str; 1] = ["shapes"];

/// Why there is no such base model.
#[derive(Debug, thiserror::Error)]
pub enum BuiltinError {
    /// No base model has that name.
    #[error("no base model `{0}` ships with this program: `shapes` is the only one")]
    Unknown(String),
    /// The shipped files cannot be read.
    #[error("the shipped base model: {0}")]
    Files(#[from] CheckpointError),
}

/// The base model of this name: `shapes`.
pub fn builtin(name: &str) -> Result<Pretrained, BuiltinError> {
    match name {
        "shapes" => Ok(Pretrained::from_bytes(CONFIG, TOKENIZER, WEIGHTS)?),
        _ => Err(BuiltinError::Unknown(name.to_owned())),
    }
}
