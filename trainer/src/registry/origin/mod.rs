//! Models that come from elsewhere: named by a text, brought to a folder on the disk, found there again without a network.

mod hub;
mod name;
mod parts;
mod store;

pub use hub::HubAccess;
pub use name::{HubModel, ModelOrigin, StoreModel, Unnamed};
pub use store::StoreAccess;

use super::RegistryError;
use crate::checkpoint::CheckpointError;
use std::path::PathBuf;
use std::sync::Arc;

/// A model at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where its files are.
    pub folder: PathBuf,
    /// What it is called so that the same files are meant again, as far as that can be said: at the hub, with its commit.
    pub origin: ModelOrigin,
}

/// How far a file is.
#[derive(Clone, Copy, Debug)]
pub struct Transfer<'a> {
    /// Its name.
    pub file: &'a str,
    /// Bytes that are there.
    pub done: u64,
    /// Bytes in all.
    pub of: u64,
}

/// Who hears how far a fetch is; called often, so it should be quick.
pub type Watch = Arc<dyn Fn(Transfer<'_>) + Send + Sync>;

/// Why a model cannot be brought.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// A setting that says where to go or who comes is missing or is not one.
    #[error("{setting}: {reason}")]
    Setting {
        /// Its name in the environment.
        setting: &'static str,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// There is no such model, or it lacks a file.
    #[error("{model}: {reason}")]
    Absent {
        /// The model.
        model: String,
        /// What is not there.
        reason: String,
    },
    /// It is there for others, or nobody says.
    #[error("{model} is not open to this caller: {advice}")]
    Closed {
        /// The model.
        model: String,
        /// What to do.
        advice: String,
    },
    /// It cannot be used, and its weights were not fetched.
    #[error("{model}: {source}")]
    Unfit {
        /// The model.
        model: String,
        /// Why.
        source: Box<CheckpointError>,
    },
    /// Nobody answers, and the cache does not have all of it.
    #[error("{model} cannot be reached, and the cache does not have all of it: {reason}")]
    Unreachable {
        /// The model.
        model: String,
        /// What the network said.
        reason: String,
    },
    /// A file did not come whole.
    #[error("{model}: {file} did not come whole ({reason}); call again to go on")]
    Broken {
        /// The model.
        model: String,
        /// The file.
        file: String,
        /// What was seen.
        reason: String,
    },
    /// The other side refused for another reason.
    #[error("{model}: {reason}")]
    Refused {
        /// The model.
        model: String,
        /// What it said.
        reason: String,
    },
    /// The cache cannot be read or written.
    #[error(transparent)]
    Cache(#[from] RegistryError),
}

impl OriginError {
    /// Whether calling again cannot help, because what was asked for is not there or the settings are wrong.
    #[must_use]
    pub fn is_wrong_call(&self) -> bool {
        matches!(
            self,
            Self::Setting { .. } | Self::Absent { .. } | Self::Closed { .. } | Self::Unfit { .. }
        )
    }
}

/// An error with the errors behind it, each said once.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
