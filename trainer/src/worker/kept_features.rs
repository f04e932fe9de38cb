//! The features of a worker's images, kept on its disk: a file for each vision tower, so that none is computed twice.

use crate::features::{Features, FeaturesError};
use medreg_datasets::ids::Digest;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Below the cache.
const FOLDER: &str = "features";
/// So many vision towers' files are kept; the ones that were written longest ago go first.
const MOST_FILES: usize = 8;
/// So many images' features are kept for one tower (1.5 GB of width 1024); those that the round at hand does not need go first.
const MOST_IMAGES: usize = 400_000;
/// So many new ones are written in the midst of a round, so that one that is cut off has not computed them for nothing, or a quarter of
/// what is kept where that is more: a file is written whole.
const WRITTEN_AFTER: usize = 2_000;

/// What is kept of one vision tower's features, by the content of the rasters.
#[derive(Debug)]
pub(super) struct KeptFeatures {
    path: PathBuf,
    features: Features,
    /// How many are not written yet.
    fresh: usize,
}

impl KeptFeatures {
    /// What is kept below `cache` of the vision tower with this digest; a file that cannot be used counts as none.
    pub fn open(cache: &Path, tower: &Digest) -> Self {
        let path = cache.join(FOLDER).join(format!("{tower}.safetensors"));
        let features = match Features::read(&path) {
            Ok(features) => features,
            Err(FeaturesError::File { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                Features::default()
            }
            Err(error) => {
                tracing::warn!(%error, "kept features cannot be used and are computed again");
                Features::default()
            }
        };
        Self {
            path,
            features,
            fresh: 0,
        }
    }

    /// Those of a raster.
    pub fn of(&self, raster: &Digest) -> Option<&[f32]> {
        self.features.of(raster.as_str())
    }

    /// Keeps those of a raster, if they are numbers.
    pub fn keep(&mut self, raster: &Digest, features: &[f32]) {
        let finite = features.iter().all(|x| x.is_finite());
        self.fresh += usize::from(finite && self.features.add(raster.as_str(), features));
    }

    /// Writes what is new if it is much.
    pub fn write_much(&mut self, wanted: &HashSet<Digest>) {
        if self.fresh >= WRITTEN_AFTER.max(self.features.len() / 4) {
            self.write(wanted);
        }
    }

    /// Writes what is new; of too many images the `wanted` ones stay. A round does not depend on it, so what fails is told and no more.
    pub fn write(&mut self, wanted: &HashSet<Digest>) {
        if self.fresh == 0 {
            return;
        }
        if self.features.len() > MOST_IMAGES {
            self.features = only(&self.features, wanted);
        }
        match self.written() {
            Ok(()) => self.fresh = 0,
            Err(error) => tracing::warn!(error = format!("{error:#}"), "features are not kept"),
        }
    }

    fn written(&self) -> anyhow::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        self.features.write(&self.path)?;
        Ok(remove_oldest(folder)?)
    }
}

fn only(features: &Features, wanted: &HashSet<Digest>) -> Features {
    let mut left = Features::default();
    for raster in wanted.iter().take(MOST_IMAGES) {
        if let Some(row) = features.of(raster.as_str()) {
            left.add(raster.as_str(), row);
        }
    }
    left
}

fn remove_oldest(folder: &Path) -> std::io::Result<()> {
    let mut files: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(folder)?
        .map(|entry| entry.and_then(|e| Ok((e.metadata()?.modified()?, e.path()))))
        .collect::<Result<_, _>>()?;
    files.retain(|(_, path)| path.extension().is_some_and(|e| e == "safetensors"));
    files.sort();
    for (_, path) in files.iter().rev().skip(MOST_FILES) {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(number: u8) -> Digest {
        Digest::of(&[number])
    }

    #[test]
    fn what_is_kept_is_there_for_the_same_tower_and_no_other() {
        let cache = tempfile::tempdir().unwrap();
        let (tower, other) = (raster(1), raster(2));
        let mut kept = KeptFeatures::open(cache.path(), &tower);
        kept.keep(&raster(7), &[1.0, 2.0]);
        kept.keep(&raster(8), &[f32::NAN, 2.0]);
        kept.write(&HashSet::new());
        let kept = KeptFeatures::open(cache.path(), &tower);
        assert_eq!(kept.of(&raster(7)), Some(&[1.0, 2.0][..]));
        assert_eq!(kept.of(&raster(8)), None);
        assert_eq!(
            KeptFeatures::open(cache.path(), &other).of(&raster(7)),
            None
        );
    }

    #[test]
    fn a_damaged_file_counts_as_none_and_is_replaced() {
        let cache = tempfile::tempdir().unwrap();
        let mut kept = KeptFeatures::open(cache.path(), &raster(1));
        std::fs::create_dir_all(cache.path().join(FOLDER)).unwrap();
        std::fs::write(&kept.path, b"cut off").unwrap();
        kept = KeptFeatures::open(cache.path(), &raster(1));
        assert_eq!(kept.of(&raster(7)), None);
        kept.keep(&raster(7), &[3.0]);
        kept.write(&HashSet::new());
        let kept = KeptFeatures::open(cache.path(), &raster(1));
        assert_eq!(kept.of(&raster(7)), Some(&[3.0][..]));
    }

    #[test]
    fn the_oldest_towers_go() {
        let cache = tempfile::tempdir().unwrap();
        for number in 0..=MOST_FILES as u8 {
            let mut kept = KeptFeatures::open(cache.path(), &raster(number));
            kept.keep(&raster(7), &[1.0]);
            kept.write(&HashSet::new());
            let written = std::fs::File::options()
                .append(true)
                .open(&kept.path)
                .unwrap();
            let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(number));
            written.set_modified(at).unwrap();
        }
        let exists = |number| {
            KeptFeatures::open(cache.path(), &raster(number))
                .path
                .exists()
        };
        assert!(!exists(0) && (1..=MOST_FILES as u8).all(exists));
    }
}
