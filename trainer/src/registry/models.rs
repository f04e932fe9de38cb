//! Published models, fetched once and kept by id.

use super::{FACTS_FILE, ModelFacts, RegistryError, is_intact, malformed};
use crate::calibrate::{CALIBRATION_FILE, Calibration};
use crate::client::{Client, ClientError};
use medreg_datasets::ids::ModelId;
use std::path::{Path, PathBuf};

/// What a model consists of.
pub const MODEL_FILES: [&str; 3] = ["model.safetensors", "config.json", "tokenizer.json"];

/// A model's folder with what is known about it.
#[derive(Clone, Debug)]
pub struct ModelFolder {
    /// Where its files are.
    pub path: PathBuf,
    /// What is known about it, if anything.
    pub facts: Option<ModelFacts>,
    /// What its confidences are worth, if that is known.
    pub calibration: Option<Calibration>,
}

impl ModelFolder {
    /// A published model, from the cache or the server; every file is checked against the digests published with it.
    pub async fn fetch(
        client: &Client,
        model: ModelId,
        cache: &Path,
    ) -> Result<Self, RegistryError> {
        let path = cache.join("models").join(model.to_string());
        if !path.join(FACTS_FILE).exists() {
            fetch_facts(client, model, &path).await?;
        }
        let facts = ModelFacts::read(&path)?;
        for name in MODEL_FILES {
            fetch_file(client, model, &path, name, facts.as_ref()).await?;
        }
        let calibrated = (facts.as_ref()).is_some_and(|f| f.files.contains_key(CALIBRATION_FILE));
        if calibrated {
            fetch_file(client, model, &path, CALIBRATION_FILE, facts.as_ref()).await?;
        }
        Ok(Self {
            calibration: calibration(&path)?,
            path,
            facts,
        })
    }

    /// A model's folder as somebody made it.
    pub fn open(path: &Path) -> Result<Self, RegistryError> {
        Ok(Self {
            path: path.to_owned(),
            facts: ModelFacts::read(path)?,
            calibration: calibration(path)?,
        })
    }

    /// Whether its descriptions are worth asking for.
    #[must_use]
    pub fn describes(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.describes)
    }
}

fn calibration(folder: &Path) -> Result<Option<Calibration>, RegistryError> {
    Calibration::read(folder)
        .map_err(|error| malformed(&folder.join(CALIBRATION_FILE), error.to_string()))
}

async fn fetch_facts(client: &Client, model: ModelId, folder: &Path) -> Result<(), RegistryError> {
    match client
        .model_file(model, FACTS_FILE, &folder.join(FACTS_FILE))
        .await
    {
        // A model that was published without them can be used all the same.
        Err(ClientError::Refused { status: 404, .. }) => Ok(()),
        other => Ok(other?),
    }
}

async fn fetch_file(
    client: &Client,
    model: ModelId,
    folder: &Path,
    name: &str,
    facts: Option<&ModelFacts>,
) -> Result<(), RegistryError> {
    let path = folder.join(name);
    let expected = facts.and_then(|facts| facts.files.get(name));
    let kept = match expected {
        Some(object) => is_intact(&path, object),
        None => path.exists(),
    };
    if kept {
        return Ok(());
    }
    client.model_file(model, name, &path).await?;
    match expected {
        Some(object) if !is_intact(&path, object) => Err(malformed(
            &path,
            format!(
                "model {model} was published with a `{name}` of digest {}, which this is not; publish it again",
                object.sha256
            ),
        )),
        _ => Ok(()),
    }
}
