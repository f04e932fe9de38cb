//! What a program has to know about a model beyond its weights.

use super::{MODEL_FILES, RegistryError, file, malformed, object_ref};
use crate::calibrate::CALIBRATION_FILE;
use medreg_datasets::ids::Digest;
use medreg_datasets::snapshot::ObjectRef;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The name of the file that holds the facts.
pub const FACTS_FILE: &str = "medreg.json";

/// Published beside a model's weights as [`FACTS_FILE`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// The snapshot it learnt from.
    pub snapshot: Digest,
    /// Whether it learnt to describe regions, so that its descriptions are worth asking for.
    pub describes: bool,
    /// Its files by name, so that a copy can be checked.
    pub files: BTreeMap<String, ObjectRef>,
}

impl ModelFacts {
    /// The facts about the model in `folder`, with the digests of what it consists of and, where there is one, of its calibration.
    pub fn of(folder: &Path, snapshot: Digest, describes: bool) -> Result<Self, RegistryError> {
        let with_ref = |name: &str| Ok((name.to_owned(), object_ref(&folder.join(name))?));
        let calibration =
            Some(CALIBRATION_FILE).filter(|calibration| folder.join(calibration).exists());
        let files = MODEL_FILES
            .into_iter()
            .chain(calibration)
            .map(with_ref)
            .collect::<Result<_, RegistryError>>()?;
        Ok(Self {
            snapshot,
            describes,
            files,
        })
    }

    /// Writes them into the model's folder.
    pub fn write(&self, folder: &Path) -> Result<(), RegistryError> {
        let path = folder.join(FACTS_FILE);
        let json = serde_json::to_vec_pretty(self).map_err(|e| malformed(&path, e.to_string()))?;
        std::fs::write(&path, json).map_err(file(&path))
    }

    /// Reads them from a model's folder, if it has any: models from elsewhere do not.
    pub fn read(folder: &Path) -> Result<Option<Self>, RegistryError> {
        let path = folder.join(FACTS_FILE);
        if !path.exists() {
            return Ok(None);
        }
        let json = std::fs::read(&path).map_err(file(&path))?;
        serde_json::from_slice(&json)
            .map(Some)
            .map_err(|e| malformed(&path, format!("these are not the facts about a model: {e}")))
    }
}
