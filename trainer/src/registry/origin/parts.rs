//! Which of a repository's files a model consists of, and the order in which they are brought.

use super::OriginError;
use crate::checkpoint::weight_files;
use crate::model::ModelConfig;
use crate::registry::{FACTS_FILE, file};
use crate::tokenizer::FILES;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const CONFIG: &str = "config.json";
const INDEX: &str = "model.safetensors.index.json";
const WEIGHTS: &str = "model.safetensors";
/// The whole tokenizer in one file.
const TOKENIZER: &str = FILES[0];
/// A SentencePiece tokenizer.
const PIECES: &str = FILES[1];
/// What goes with one, each where it is there.
const BESIDE_PIECES: [&str; 3] = [
    "tokenizer_config.json",
    "added_tokens.json",
    "special_tokens_map.json",
];

/// Where files are brought from, each by its plain name.
pub trait Shelf {
    /// How the model is called in messages.
    fn model(&self) -> String;

    /// Whether there is such a file.
    fn has(&self, name: &str) -> bool;

    /// Brings a file, if it is not there already, whole, and says where it is now: all go into one folder.
    async fn bring(&mut self, name: &str) -> Result<PathBuf, OriginError>;
}

/// Brings what a model is loaded from and nothing else: first what is small, the weights only for a configuration that can be
/// used. Returns the folder.
pub async fn bring_model(shelf: &mut impl Shelf) -> Result<PathBuf, OriginError> {
    let small = small_files(shelf)?;
    let config = shelf.bring(CONFIG).await?;
    check_config(shelf, &config)?;
    for name in small {
        shelf.bring(name).await?;
    }
    let folder = config.parent().unwrap_or(Path::new(".")).to_owned();
    let shards = weight_files(&folder).map_err(|source| unfit(shelf, source))?;
    let names: BTreeSet<&str> = shards
        .iter()
        .filter_map(|path| path.file_name()?.to_str())
        .collect();
    if let Some(missing) = names.iter().find(|name| !shelf.has(name)) {
        return Err(absent(shelf, &format!("it has no {missing}")));
    }
    for name in names {
        shelf.bring(name).await?;
    }
    Ok(folder)
}

/// Whether a folder has all that [`bring_model`] brings, as far as the folder itself tells.
pub fn is_complete(folder: &Path) -> bool {
    let has = |name: &str| folder.join(name).is_file();
    has(CONFIG)
        && (has(TOKENIZER) || has(PIECES))
        && weight_files(folder).is_ok_and(|paths| paths.iter().all(|path| path.is_file()))
}

/// What is brought after the configuration and before the weights.
fn small_files(shelf: &impl Shelf) -> Result<Vec<&'static str>, OriginError> {
    if !shelf.has(CONFIG) {
        return Err(absent(shelf, "it has no config.json"));
    }
    if !shelf.has(INDEX) && !shelf.has(WEIGHTS) {
        return Err(absent(
            shelf,
            "it has neither model.safetensors nor an index of such files, and weights in other formats are not read",
        ));
    }
    let mut names = match (shelf.has(TOKENIZER), shelf.has(PIECES)) {
        (true, _) => vec![TOKENIZER],
        (false, true) => [PIECES].into_iter().chain(BESIDE_PIECES).collect(),
        (false, false) => {
            return Err(absent(
                shelf,
                "it has neither tokenizer.json nor tokenizer.model",
            ));
        }
    };
    names.extend([FACTS_FILE, INDEX]);
    names.retain(|name| shelf.has(name));
    Ok(names)
}

fn check_config(shelf: &impl Shelf, path: &Path) -> Result<(), OriginError> {
    let bytes = std::fs::read(path).map_err(file(path))?;
    ModelConfig::from_json(&String::from_utf8_lossy(&bytes))
        .map_err(|error| unfit(shelf, error.into()))?;
    Ok(())
}

fn absent(shelf: &impl Shelf, reason: &str) -> OriginError {
    OriginError::Absent {
        model: shelf.model(),
        reason: reason.to_owned(),
    }
}

fn unfit(shelf: &impl Shelf, source: crate::checkpoint::CheckpointError) -> OriginError {
    OriginError::Unfit {
        model: shelf.model(),
        source: Box::new(source),
    }
}
