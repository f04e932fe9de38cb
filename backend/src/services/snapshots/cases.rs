//! A snapshot's case lines, brought into a file of their own: they may be more than memory holds, and are read more than once.

use crate::store::objects::{ObjectError, Objects};
use futures::StreamExt;
use medreg_datasets::ids::Digest;
use medreg_datasets::snapshot::{ObjectRef, SnapshotCase};
use sha2::Digest as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};

/// An object in a temporary file, its hash checked.
pub(super) struct Spooled(tempfile::NamedTempFile);

impl Spooled {
    /// Brings an object.
    ///
    /// # Errors
    /// [`ObjectError::Damaged`] where its bytes have another hash, and what the store or the disk says.
    pub(super) async fn fetch(objects: &Objects, object: &ObjectRef) -> Result<Self, ObjectError> {
        let mut file = tempfile::NamedTempFile::new().map_err(ObjectError::Interrupted)?;
        let mut hash = sha2::Sha256::new();
        let (_, mut chunks) = objects.stream(&object.sha256).await?;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            hash.update(&chunk);
            file.write_all(&chunk).map_err(ObjectError::Interrupted)?;
        }
        let found = Digest::from_raw(&hash.finalize());
        if found == object.sha256 {
            Ok(Self(file))
        } else {
            Err(ObjectError::Damaged(object.sha256.clone(), found))
        }
    }

    /// Its bytes from the start.
    pub(super) fn open(&self) -> io::Result<File> {
        self.0.reopen()
    }

    /// Its cases, one by one; a line that is none is named by its number.
    pub(super) fn cases(
        &self,
    ) -> io::Result<impl Iterator<Item = io::Result<SnapshotCase>> + use<>> {
        let lines = BufReader::new(self.open()?).lines();
        Ok(lines.enumerate().map(|(index, line)| {
            let case = serde_json::from_str(&line?);
            case.map_err(|e| io::Error::other(format!("line {} of the cases: {e}", index + 1)))
        }))
    }
}
