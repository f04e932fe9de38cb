//! Checkpoints of a run, a folder each: the newest few, and the best besides.
//!
//! A checkpoint is written as `partial`, forced to the disk and then given its name, `step-` and the steps done; one that is no longer
//! wanted loses its name before its files. So a folder of that name was whole once, and the hashes in it say whether it still is.

mod belonging;
mod folder;

pub use belonging::Belonging;

use super::state::State;
use crate::checkpoint::CheckpointError;
use folder::Record;
use medreg_datasets::protocol::{HeldCheckpoint, RunConfig};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// One that is being written.
const PARTIAL: &str = "partial";
/// One that is being removed.
const REMOVED: &str = "removed";

/// Where a run's checkpoints are, and what is to become of those that are there when it begins.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    /// The folder of the folders.
    pub dir: PathBuf,
    /// What to go on from.
    pub resume: Resume,
}

impl Checkpoints {
    /// In this folder, going on from what is there.
    #[must_use]
    pub fn at(dir: PathBuf) -> Self {
        Self {
            dir,
            resume: Resume::Allow,
        }
    }
}

/// What a run goes on from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    /// The newest whole checkpoint, if there is one.
    #[default]
    Allow,
    /// The newest whole checkpoint; without one it does not begin.
    Must,
    /// None: it begins at its first step, and only where no checkpoint is in the way.
    Never,
    /// This one, wherever it is. Of the settings only the tuning must be the same; newer checkpoints of the run's own folder go once
    /// it has written one, and this one stays until the program is called again.
    From(PathBuf),
}

/// Why a run cannot go on from what is there.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// It has to, and there is nothing.
    #[error(
        "{dir} has no whole checkpoint to go on from: begin the run anew, or name another folder"
    )]
    Nothing {
        /// The folder of checkpoints.
        dir: PathBuf,
    },
    /// It is to begin anew, and there is something.
    #[error(
        "{newest} is in the way of a run that begins anew: go on from it, delete {dir} or choose another folder"
    )]
    InTheWay {
        /// The folder of checkpoints.
        dir: PathBuf,
        /// The newest.
        newest: PathBuf,
    },
    /// The one that it is to go on from is not whole.
    #[error("{dir} is no whole checkpoint: {reason}; choose another one")]
    Damaged {
        /// The checkpoint.
        dir: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A checkpoint is another run's.
    #[error(
        "{dir} is a checkpoint of a run with other settings ({}): set them as they were, delete it or choose another folder",
        .differing.join(", ")
    )]
    OtherRun {
        /// The checkpoint.
        dir: PathBuf,
        /// What differs.
        differing: Vec<String>,
    },
}

/// Why a checkpoint was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Its folder.
    pub dir: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> CheckpointError {
    let path = path.to_owned();
    move |source| CheckpointError::File { path, source }
}

/// The checkpoints of one run.
#[derive(Debug)]
pub struct Shelf {
    dir: PathBuf,
    run: Belonging,
    keep: usize,
    /// Passed over as damaged; they go once there is a newer one.
    damaged: Vec<PathBuf>,
    /// The one that somebody chose to go on from: it stays for as long as this run of the program, so that another one can begin there
    /// again.
    chosen: Option<PathBuf>,
    /// The steps of the newest that is known to be whole.
    whole: Option<u32>,
}

impl Shelf {
    /// Makes the folder, proves that it can be written, and clears what a run that was killed left half done.
    pub fn open(dir: &Path, run: Belonging, config: &RunConfig) -> Result<Self, CheckpointError> {
        fs::create_dir_all(dir).map_err(at(dir))?;
        let partial = dir.join(PARTIAL);
        clear(&partial)?;
        clear(&dir.join(REMOVED))?;
        fs::create_dir(&partial).map_err(at(&partial))?;
        clear(&partial)?;
        fs::read_dir(dir).map_err(at(dir))?;
        Ok(Self {
            dir: dir.to_owned(),
            run,
            keep: usize::from(config.keep_checkpoints),
            damaged: Vec::new(),
            chosen: None,
            whole: None,
        })
    }

    /// Finds what to go on from; `None` for a run from its first step. `passed_over` hears of each damaged checkpoint.
    pub fn choose(
        &mut self,
        resume: &Resume,
        passed_over: &mut dyn FnMut(Damaged),
    ) -> Result<Option<Found>, ResumeError> {
        let dir = self.dir.clone();
        match resume {
            Resume::Allow => self.newest_whole(passed_over),
            Resume::Must => match self.newest_whole(passed_over)? {
                None => Err(ResumeError::Nothing { dir }),
                found => Ok(found),
            },
            Resume::Never => match newest(&dir) {
                Some(newest) => Err(ResumeError::InTheWay { dir, newest }),
                None => Ok(None),
            },
            Resume::From(chosen) => {
                let found = self.this_one(chosen)?;
                self.chosen = Some(chosen.clone());
                Ok(Some(found))
            }
        }
    }

    fn newest_whole(
        &mut self,
        passed_over: &mut dyn FnMut(Damaged),
    ) -> Result<Option<Found>, ResumeError> {
        for (_, dir) in all(&self.dir).into_iter().rev() {
            match folder::read_whole(&dir) {
                Err(reason) => {
                    self.damaged.push(dir.clone());
                    passed_over(Damaged { dir, reason });
                }
                Ok(record) => {
                    let differing = self.run.differences(&record.run);
                    return found(dir, record, differing).map(Some);
                }
            }
        }
        Ok(None)
    }

    fn this_one(&self, dir: &Path) -> Result<Found, ResumeError> {
        let dir = dir.to_owned();
        match folder::read_whole(&dir) {
            Err(reason) => Err(ResumeError::Damaged { dir, reason }),
            Ok(record) => {
                let misfits = self.run.misfits(&record.run);
                found(dir, record, misfits)
            }
        }
    }

    /// Puts what was found in the place of the run's state.
    pub fn restore(&mut self, found: &Found, state: &mut State) -> Result<(), CheckpointError> {
        self.whole = Some(found.record.progress.step);
        folder::load(&found.dir, &found.record, state)
    }

    /// Writes a checkpoint and removes those that it makes needless; gives its folder. A failure leaves the others as they are.
    pub fn save(&mut self, state: &State) -> Result<PathBuf, CheckpointError> {
        let step = state.progress.step;
        let (partial, finished) = (self.dir.join(PARTIAL), self.dir.join(name(step)));
        clear(&partial)?;
        let written = folder::write(&partial, state, &self.run)
            .and_then(|()| self.put_in_place(&partial, &finished));
        if let Err(error) = written {
            // What cannot be removed now is removed before the next one is written.
            let _ = clear(&partial);
            return Err(error);
        }
        self.whole = Some(step);
        self.prune(step)?;
        Ok(finished)
    }

    /// The steps of the newest checkpoint that is known to be whole.
    #[must_use]
    pub fn whole(&self) -> Option<u32> {
        self.whole
    }

    fn put_in_place(&self, partial: &Path, finished: &Path) -> Result<(), CheckpointError> {
        if finished.exists() {
            self.remove(finished)?;
        }
        fs::rename(partial, finished).map_err(at(finished))?;
        folder::sync(&self.dir)
    }

    /// Keeps the newest few up to `step` and the best. Those after it are of a course that the run has left.
    fn prune(&mut self, step: u32) -> Result<(), CheckpointError> {
        let damaged = std::mem::take(&mut self.damaged);
        let left = |(n, dir): &(u32, PathBuf)| *n > step || (*n < step && damaged.contains(dir));
        let (needless, kept): (Vec<_>, Vec<_>) = all(&self.dir).into_iter().partition(left);
        let best = best(&kept);
        let old = kept.iter().rev().skip(self.keep);
        let stays = [best.as_ref(), self.chosen.as_ref()];
        let old = old.filter(|(_, dir)| !stays.contains(&Some(dir)));
        for (_, dir) in needless.iter().chain(old) {
            self.remove(dir)?;
        }
        Ok(())
    }

    /// Takes the name first, so that nobody finds a part.
    fn remove(&self, dir: &Path) -> Result<(), CheckpointError> {
        let removed = self.dir.join(REMOVED);
        clear(&removed)?;
        fs::rename(dir, &removed).map_err(at(dir))?;
        clear(&removed)
    }
}

/// A checkpoint to go on from.
#[derive(Debug)]
pub struct Found {
    dir: PathBuf,
    record: Record,
}

fn found(dir: PathBuf, record: Record, differing: Vec<String>) -> Result<Found, ResumeError> {
    if differing.is_empty() {
        return Ok(Found { dir, record });
    }
    Err(ResumeError::OtherRun { dir, differing })
}

/// The one with the lowest smoothed training loss, the newest of equals.
fn best(checkpoints: &[(u32, PathBuf)]) -> Option<PathBuf> {
    let loss = |(_, dir): &(u32, PathBuf)| {
        let record = folder::read(dir).ok()?;
        Some((record.progress.losses.value(), dir.clone()))
    };
    let losses = checkpoints.iter().rev().filter_map(loss);
    losses
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, dir)| dir)
}

fn name(step: u32) -> String {
    format!("step-{step:08}")
}

/// Where the checkpoint after so many steps is, or would be.
#[must_use]
pub fn checkpoint_after(dir: &Path, step: u32) -> PathBuf {
    dir.join(name(step))
}

/// The checkpoints of a folder, oldest first, by what they say about themselves: their tensors are not looked at.
#[must_use]
pub fn held(dir: &Path) -> Vec<HeldCheckpoint> {
    let all = all(dir);
    let best = best(&all);
    let held = |(step, dir): &(u32, PathBuf)| {
        let record = folder::read(dir).ok()?;
        let written = folder::written(dir)?.duration_since(UNIX_EPOCH).ok()?;
        Some(HeldCheckpoint {
            step: *step,
            written_at: written.as_secs(),
            loss: Some(record.progress.losses.value()).filter(|loss| loss.is_finite()),
            best: best.as_ref() == Some(dir),
        })
    };
    all.iter().filter_map(held).collect()
}

/// The newest checkpoint of a folder by its name, whole or not.
#[must_use]
pub fn newest(dir: &Path) -> Option<PathBuf> {
    all(dir).pop().map(|(_, dir)| dir)
}

/// What has a checkpoint's name, with its steps, oldest first. A folder that cannot be read has none that can.
fn all(dir: &Path) -> Vec<(u32, PathBuf)> {
    let step = |path: &Path| -> Option<u32> {
        let name = path.file_name()?.to_str()?;
        name.strip_prefix("step-")?.parse().ok()
    };
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut found: Vec<_> = paths
        .filter_map(|path| Some((step(&path)?, path)))
        .collect();
    found.sort();
    found
}

/// Removes a folder if it is there.
fn clear(dir: &Path) -> Result<(), CheckpointError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(at(dir)(error)),
        _ => Ok(()),
    }
}

/// What to do where a checkpoint could not be written.
#[must_use]
pub fn advice(error: &CheckpointError) -> &'static str {
    let kind = match error {
        CheckpointError::File { source, .. } => source.kind(),
        _ => ErrorKind::Other,
    };
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space there",
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            "make that folder writable or choose another one"
        }
        _ => "see what is wrong with that folder or choose another one",
    }
}
