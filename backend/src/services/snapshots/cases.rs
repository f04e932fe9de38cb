//! A snapshot's case lines, brought into a file of their own: they may be more than memory holds, and are read more than once.

use crate::store::objects::{ObjectError, Objects};
use futures::TryStreamExt;
use medreg_datasets::ids::Digest;
use medreg_datasets::snapshot::{ObjectRef, SnapshotCase};
use sha2::Digest as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};

/// Brings an object piece by piece, and tells what its bytes hash to and how many they are.
pub(super) async fn hashed(
    objects: &Objects,
    digest: &Digest,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<ObjectRef, ObjectError> {
    let (mut hash, mut bytes) = (sha2::Sha256::new(), 0);
    let (_, mut chunks) = objects.stream(digest).await?;
    while let Some(chunk) = chunks.try_next().await? {
        hash.update(&chunk);
        bytes += chunk.len() as u64;
        each(&chunk).map_err(ObjectError::Interrupted)?;
    }
    Ok(ObjectRef {
        sha256: Digest::from_raw(&hash.finalize()),
        bytes,
    })
}

/// An object in a temporary file, its hash checked.
pub(in crate::services) struct Spooled {
    file: tempfile::NamedTempFile,
    /// How many bytes it has.
    pub(super) bytes: u64,
}

impl Spooled {
    /// Brings an object.
    ///
    /// # Errors
    /// [`ObjectError::Damaged`] where its bytes have another hash, and what the store or the disk says.
    pub(in crate::services) async fn fetch(
        objects: &Objects,
        digest: &Digest,
    ) -> Result<Self, ObjectError> {
        let mut file = tempfile::NamedTempFile::new().map_err(ObjectError::Interrupted)?;
        let found = hashed(objects, digest, |chunk| file.write_all(chunk)).await?;
        if found.sha256 != *digest {
            return Err(ObjectError::Damaged(digest.clone(), found.sha256));
        }
        Ok(Self {
            file,
            bytes: found.bytes,
        })
    }

    /// Its bytes from the start.
    pub(in crate::services) fn open(&self) -> io::Result<File> {
        self.file.reopen()
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
