//! Models and snapshots on this machine's disk: fetched once, verified, found again by name; and a model's card.

mod card;
mod facts;
mod models;
mod origin;
mod snapshots;

pub use card::{CARD_FILE, Provenance, card};
pub use facts::{FACTS_FILE, ModelFacts};
pub use models::{MODEL_FILES, ModelFolder};
pub use origin::{
    Fetched, HubAccess, HubModel, ModelOrigin, OriginError, StoreAccess, StoreModel, Transfer,
    Unnamed, Watch,
};
pub use snapshots::SnapshotFolder;

use crate::client::ClientError;
use medreg_datasets::ids::Digest;
use medreg_datasets::snapshot::ObjectRef;
use sha2::{Digest as _, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Why something is not to be had from the registry.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The server does not give it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
}

fn file(path: &Path) -> impl FnOnce(std::io::Error) -> RegistryError {
    let path = path.to_owned();
    move |source| RegistryError::File { path, source }
}

fn malformed(path: &Path, reason: impl Into<String>) -> RegistryError {
    RegistryError::Malformed {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

/// Size and digest of a file, read piece by piece.
pub fn object_ref(path: &Path) -> Result<ObjectRef, RegistryError> {
    let mut source = std::fs::File::open(path).map_err(file(path))?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut piece = vec![0; 1 << 16];
    loop {
        let read = source.read(&mut piece).map_err(file(path))?;
        if read == 0 {
            return Ok(ObjectRef {
                sha256: Digest::from_raw(&hash.finalize()),
                bytes,
            });
        }
        hash.update(piece.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
}

/// Whether the file is there and has these very bytes.
fn is_intact(path: &Path, object: &ObjectRef) -> bool {
    let size = std::fs::metadata(path).map(|meta| meta.len());
    size.is_ok_and(|size| size == object.bytes)
        && object_ref(path).is_ok_and(|found| found == *object)
}
