//! Snapshots in a folder, as `medreg snapshot export` writes them and as the cache keeps them.
//!
//! ```text
//! manifest.json   the canonical bytes, whose digest is the snapshot's id
//! cases.jsonl     one SnapshotCase per line
//! objects/ab/abcd….png
//! ```

use super::{RegistryError, file, is_intact, malformed};
use crate::client::Client;
use futures::{StreamExt, TryStreamExt};
use medreg_datasets::ids::Digest;
use medreg_datasets::snapshot::{Manifest, ObjectRef, SCHEMA, SnapshotCase};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rasters that are fetched side by side.
const DOWNLOADS: usize = 8;

const MANIFEST: &str = "manifest.json";
const CASES: &str = "cases.jsonl";

/// A snapshot on the disk, with its cases read.
#[derive(Clone, Debug)]
pub struct SnapshotFolder {
    path: PathBuf,
    /// Its id.
    pub id: Digest,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its images with their annotations.
    pub cases: Vec<SnapshotCase>,
}

impl SnapshotFolder {
    /// Reads an exported snapshot and checks its texts against their digests; rasters are checked when they are read.
    pub fn open(path: &Path) -> Result<Self, RegistryError> {
        let (id, manifest) = read_manifest(&path.join(MANIFEST))?;
        let cases_path = path.join(CASES);
        let text = std::fs::read(&cases_path).map_err(file(&cases_path))?;
        if Digest::of(&text) != manifest.cases.sha256 {
            return Err(malformed(
                &cases_path,
                "it is not the file that manifest.json names by digest; export the snapshot again",
            ));
        }
        Ok(Self {
            cases: read_cases(&cases_path, &text)?,
            path: path.to_owned(),
            id,
            manifest,
        })
    }

    /// A server's snapshot, from the cache as far as it is there and intact, the rest from the server.
    pub async fn fetch(client: &Client, id: &Digest, cache: &Path) -> Result<Self, RegistryError> {
        let path = cache.join("snapshots").join(id.as_str());
        std::fs::create_dir_all(&path).map_err(file(&path))?;
        let (manifest, bytes) = client.manifest(id).await?;
        std::fs::write(path.join(MANIFEST), &bytes).map_err(file(&path))?;
        let cases = path.join(CASES);
        if !is_intact(&cases, &manifest.cases) {
            client.snapshot_object(id, &manifest.cases, &cases).await?;
        }
        let folder = Self::open(&path)?;
        folder.fetch_rasters(client).await?;
        Ok(folder)
    }

    async fn fetch_rasters(&self, client: &Client) -> Result<(), RegistryError> {
        // Two images may have the same pixels: they are one object.
        let objects: BTreeMap<&Digest, &ObjectRef> = self
            .cases
            .iter()
            .map(|case| (&case.raster.sha256, &case.raster))
            .collect();
        let fetch = |object| async move {
            let path = raster_path(&self.path, object);
            if is_intact(&path, object) {
                return Ok(());
            }
            Ok::<(), RegistryError>(client.snapshot_object(&self.id, object, &path).await?)
        };
        futures::stream::iter(objects.into_values())
            .map(fetch)
            .buffer_unordered(DOWNLOADS)
            .try_collect()
            .await
    }

    /// The bytes of a case's raster, a PNG.
    pub fn raster(&self, case: &SnapshotCase) -> Result<Vec<u8>, RegistryError> {
        let path = raster_path(&self.path, &case.raster);
        let bytes = std::fs::read(&path).map_err(file(&path))?;
        if Digest::of(&bytes) == case.raster.sha256 {
            return Ok(bytes);
        }
        Err(malformed(
            &path,
            "its bytes do not have the digest in its name; delete it and fetch or export the snapshot again",
        ))
    }
}

fn raster_path(folder: &Path, object: &ObjectRef) -> PathBuf {
    let name = object.sha256.as_str();
    folder
        .join("objects")
        .join(name.get(..2).unwrap_or_default())
        .join(format!("{name}.png"))
}

fn read_manifest(path: &Path) -> Result<(Digest, Manifest), RegistryError> {
    let bytes = std::fs::read(path).map_err(file(path))?;
    let manifest: Manifest = serde_json::from_slice(&bytes)
        .map_err(|e| malformed(path, format!("this is not a snapshot's manifest: {e}")))?;
    if manifest.schema != SCHEMA {
        return Err(malformed(
            path,
            format!(
                "its layout has version {}, this program reads {SCHEMA}",
                manifest.schema
            ),
        ));
    }
    Ok((Digest::of(&bytes), manifest))
}

fn read_cases(path: &Path, text: &[u8]) -> Result<Vec<SnapshotCase>, RegistryError> {
    let lines = text
        .split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.is_empty());
    let case = |(index, line): (usize, &[u8])| {
        serde_json::from_slice(line)
            .map_err(|e| malformed(path, format!("line {}: this is not a case: {e}", index + 1)))
    };
    lines.map(case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use medreg_datasets::geometry::ImageSize;
    use medreg_datasets::ids::{AnnotationId, ImageId, ProjectId, UserId};
    use medreg_datasets::lang::LangPair;
    use medreg_datasets::modality::Modality;
    use medreg_datasets::snapshot::{Counts, Provenance, Split, SplitShares};

    fn exported() -> (tempfile::TempDir, SnapshotCase) {
        let folder = tempfile::tempdir().unwrap();
        let raster = ObjectRef {
            sha256: Digest::of(b"pixels"),
            bytes: 6,
        };
        let path = raster_path(folder.path(), &raster);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"pixels").unwrap();
        let case = SnapshotCase {
            image: ImageId::fresh(),
            patient: "P".to_owned(),
            study: "S".to_owned(),
            modality: Modality::Ct,
            size: ImageSize::new(4, 4).unwrap(),
            raster,
            split: Split::Train,
            annotation: AnnotationId::fresh(),
            revision: 1,
            reader: UserId::fresh(),
            regions: vec![],
            whole: Default::default(),
            provenance: Provenance::default(),
        };
        let lines = format!("{}\n", serde_json::to_string(&case).unwrap());
        let manifest = Manifest {
            schema: SCHEMA,
            project: ProjectId::fresh(),
            project_name: "test".to_owned(),
            synthetic: true,
            langs: LangPair::default(),
            ontology: vec![],
            guideline: String::new(),
            shares: SplitShares::default(),
            filter: medreg_datasets::filter::Filter::default(),
            cases: ObjectRef {
                sha256: Digest::of(lines.as_bytes()),
                bytes: lines.len() as u64,
            },
            counts: Counts::default(),
        };
        std::fs::write(folder.path().join(CASES), lines).unwrap();
        std::fs::write(folder.path().join(MANIFEST), manifest.canonical().unwrap()).unwrap();
        (folder, case)
    }

    #[test]
    fn an_export_is_read_with_its_rasters() {
        let (folder, case) = exported();
        let snapshot = SnapshotFolder::open(folder.path()).unwrap();
        assert_eq!(snapshot.cases, std::slice::from_ref(&case));
        assert_eq!(snapshot.id, snapshot.manifest.id().unwrap());
        assert_eq!(snapshot.raster(&case).unwrap(), b"pixels");
    }

    #[test]
    fn damage_is_named_with_its_file() {
        let (folder, case) = exported();
        std::fs::write(raster_path(folder.path(), &case.raster), b"pixelz").unwrap();
        let snapshot = SnapshotFolder::open(folder.path()).unwrap();
        assert!(
            snapshot
                .raster(&case)
                .unwrap_err()
                .to_string()
                .contains(case.raster.sha256.as_str())
        );
        std::fs::write(folder.path().join(CASES), "{}\n").unwrap();
        assert!(
            SnapshotFolder::open(folder.path())
                .unwrap_err()
                .to_string()
                .contains("cases.jsonl")
        );
        std::fs::remove_file(folder.path().join(MANIFEST)).unwrap();
        assert!(
            SnapshotFolder::open(folder.path())
                .unwrap_err()
                .to_string()
                .contains("manifest.json")
        );
    }
}
