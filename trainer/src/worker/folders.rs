//! Runs' folders in the cache: one worker at a time has one, and it stays until the server has what the run gave.
//!
//! A folder is held by a lock on a file in it, which the system takes back when the process ends, however that happens. So a worker
//! that lost its claim and has not noticed yet never writes beside the one that has it now.

use crate::train;
use medreg_datasets::ids::RunId;
use medreg_datasets::protocol::HeldRun;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Below the cache: a folder for each run.
const RUNS: &str = "runs";
/// In a run's folder: its checkpoints.
const CHECKPOINTS: &str = "checkpoints";
/// In a run's folder: locked by the worker that has it.
const LOCK: &str = "lock";
/// A worker hears of a lost claim with its next heartbeat, and gives the folder up once the step at hand is done.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a folder that another worker has.
const PAUSE: Duration = Duration::from_millis(100);

/// Why a run's folder cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be made or locked.
    #[error("the run's folder {path}: {source}")]
    File {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another worker does not give it up.
    #[error(
        "the run's folder {path} is in use by another worker: end that one, or give each a cache of its own"
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
}

/// A run's folder, held by this worker until it is dropped.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// The system's lock goes with the open file.
    _lock: File,
}

impl RunFolder {
    /// The folder of a run, made where it is missing; waits a while for a worker that has lost the run and is about to notice.
    pub async fn hold(cache: &Path, run: RunId) -> Result<Self, FolderError> {
        let path = cache.join(RUNS).join(run.to_string());
        let until = Instant::now() + PATIENCE;
        loop {
            match Self::try_hold(&path) {
                Ok(Some(held)) => return Ok(held),
                Ok(None) if Instant::now() < until => tokio::time::sleep(PAUSE).await,
                Ok(None) => return Err(FolderError::InUse { path }),
                Err(source) => return Err(FolderError::File { path, source }),
            }
        }
    }

    /// `None` where another worker has it, or has just removed it.
    fn try_hold(path: &Path) -> std::io::Result<Option<Self>> {
        fs::create_dir_all(path)?;
        let at = path.join(LOCK);
        let lock = match File::create(&at) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Who had it before may have removed the file under our hands: then it is the lock of nothing.
        Ok(is_at(&lock, &at)?.then(|| Self {
            path: path.to_owned(),
            _lock: lock,
        }))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where its checkpoints are.
    #[must_use]
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join(CHECKPOINTS)
    }

    /// Removes it with all that is in it.
    pub fn remove(&self) {
        // It only costs space; a later look removes what is left.
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the folder of a run that is over stays");
        }
    }
}

/// Whether the open file is the one of this name.
fn is_at(file: &File, path: &Path) -> std::io::Result<bool> {
    let of = |meta: fs::Metadata| (meta.dev(), meta.ino());
    match fs::metadata(path) {
        Ok(meta) => Ok(of(meta) == of(file.metadata()?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The runs that have a folder here.
#[must_use]
pub fn kept(cache: &Path) -> Vec<RunId> {
    let entries = fs::read_dir(cache.join(RUNS)).into_iter().flatten();
    let name = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    entries.flatten().filter_map(name).collect()
}

/// The runs that have checkpoints here.
#[must_use]
pub fn held(cache: &Path) -> Vec<HeldRun> {
    let of = |run: RunId| {
        let dir = cache.join(RUNS).join(run.to_string()).join(CHECKPOINTS);
        let steps: Vec<u32> = train::held(&dir).iter().map(|held| held.step).collect();
        (!steps.is_empty()).then_some(HeldRun { run, steps })
    };
    kept(cache).into_iter().filter_map(of).collect()
}

/// Removes a run's folder, unless a worker has it.
pub fn remove(cache: &Path, run: RunId) {
    if let Ok(Some(held)) = RunFolder::try_hold(&cache.join(RUNS).join(run.to_string())) {
        held.remove();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_has_one_worker_at_a_time() {
        let cache = tempfile::tempdir().unwrap();
        let run = RunId::fresh();
        let first = RunFolder::hold(cache.path(), run).await.unwrap();
        assert!(RunFolder::try_hold(first.path()).unwrap().is_none());
        remove(cache.path(), run);
        assert_eq!(kept(cache.path()), [run]);

        let waiting = RunFolder::hold(cache.path(), run);
        let giving_up = async { drop(first) };
        let (second, ()) = tokio::join!(waiting, giving_up);
        let second = second.unwrap();
        second.remove();
        // What is left of it is a lock of nothing: the next one makes a folder of its own.
        let third = RunFolder::hold(cache.path(), run).await.unwrap();
        assert!(third.path().join(LOCK).exists());
        drop((second, third));
        remove(cache.path(), run);
        assert_eq!(kept(cache.path()), []);
    }
}
