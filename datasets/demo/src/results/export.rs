//! Reads an exported MedRegInstruct archive back and holds it against the snapshot it was made from.

use medreg_datasets::geometry::{GeometryError, ImageSize};
use medreg_datasets::ids::Digest;
use medreg_datasets::medreginstruct::{
    self, FileKey, Line, MetaEntry, ReadError, Reader, WriteError, Written,
};
use medreg_datasets::snapshot::{Manifest, SnapshotCase};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

/// The files of an archive by path.
type Files = BTreeMap<String, Vec<u8>>;

/// What was found in an archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Files of JSON lines.
    pub files: usize,
    /// Lines in them.
    pub lines: usize,
    /// Images.
    pub images: usize,
}

/// Why an archive is not the snapshot's.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The archive cannot be read.
    #[error("the archive cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The meta file is missing.
    #[error("the archive has no `meta_file.json`")]
    NoMeta,
    /// The meta file is not one.
    #[error("`meta_file.json`: {0}")]
    Meta(#[from] serde_json::Error),
    /// The snapshot itself cannot be told in this layout.
    #[error(transparent)]
    Snapshot(#[from] WriteError),
    /// A file of lines has a line that cannot be read.
    #[error("`{path}`, {source}")]
    Line {
        /// The file.
        path: String,
        /// Which line, and why.
        source: ReadError,
    },
    /// A file does not hold what the snapshot says.
    #[error("`{path}`: {fault}")]
    Differs {
        /// The file.
        path: String,
        /// What is different.
        fault: String,
    },
}

fn differs(path: &str, fault: impl Into<String>) -> ExportError {
    ExportError::Differs {
        path: path.to_owned(),
        fault: fault.into(),
    }
}

/// Checks the whole archive: the meta file lists every file, every line is the snapshot's, every image is there under its digest
/// and has the size that the lines say.
pub fn check_export(
    archive: impl Read,
    manifest: &Manifest,
    cases: &[SnapshotCase],
) -> Result<Exported, ExportError> {
    let mut files = unpack(archive)?;
    let meta = files
        .remove(medreginstruct::META_FILE)
        .ok_or(ExportError::NoMeta)?;
    let meta: BTreeMap<String, MetaEntry> = serde_json::from_slice(&meta)?;
    let measured = medreginstruct::measure(manifest, cases)?;
    let mut found = Exported::default();
    for (key, written) in measured.iter().filter(|(_, written)| written.lines > 0) {
        found.lines += check_lines(key, *written, &meta, &mut files, manifest, cases)?;
        found.files += 1;
    }
    if meta.len() != found.files {
        return Err(differs(
            medreginstruct::META_FILE,
            "lists a file that the snapshot does not have",
        ));
    }
    found.images = check_images(&mut files, cases)?;
    match files.into_keys().next() {
        Some(path) => Err(differs(&path, "belongs to no snapshot")),
        None => Ok(found),
    }
}

fn unpack(archive: impl Read) -> Result<Files, ExportError> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path()?.to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        files.insert(path.trim_start_matches("./").to_owned(), bytes);
    }
    Ok(files)
}

fn check_lines(
    key: &FileKey,
    written: Written,
    meta: &BTreeMap<String, MetaEntry>,
    files: &mut Files,
    manifest: &Manifest,
    cases: &[SnapshotCase],
) -> Result<usize, ExportError> {
    let path = key.path();
    let listed = meta.get(&key.name());
    if listed.map(|entry| (entry.annotation.as_str(), entry.length)) != Some((&path, written.lines))
    {
        return Err(differs(
            &path,
            "is not listed in the meta file with its length",
        ));
    }
    let bytes = files
        .remove(&path)
        .ok_or_else(|| differs(&path, "is missing"))?;
    let read: Result<Vec<Line>, ReadError> = Reader::new(&bytes[..]).collect();
    let lines = read.map_err(|source| ExportError::Line {
        path: path.clone(),
        source,
    })?;
    let mut wanted = Vec::new();
    for case in cases {
        let of_case = medreginstruct::lines_of(case, manifest)?;
        wanted.extend(
            of_case
                .into_iter()
                .filter(|(of, _)| of == key)
                .map(|(_, line)| line),
        );
    }
    let same = |(a, b): (&Line, &Line)| a.image == b.image && a.conversations == b.conversations;
    if lines.len() != wanted.len() || !lines.iter().zip(&wanted).all(same) {
        return Err(differs(&path, "its lines are not the snapshot's"));
    }
    Ok(lines.len())
}

fn check_images(files: &mut Files, cases: &[SnapshotCase]) -> Result<usize, ExportError> {
    let mut seen = BTreeSet::new();
    for case in cases {
        let path = medreginstruct::image_path(&case.raster.sha256);
        if !seen.insert(path.clone()) {
            continue;
        }
        let bytes = files
            .remove(&path)
            .ok_or_else(|| differs(&path, "is missing"))?;
        if Digest::of(&bytes) != case.raster.sha256 {
            return Err(differs(
                &path,
                "its bytes do not have the digest it is named by",
            ));
        }
        let size = size_of(&bytes).map_err(|fault| differs(&path, fault))?;
        if size != case.size {
            return Err(differs(
                &path,
                "it does not have the size that the snapshot says",
            ));
        }
    }
    Ok(seen.len())
}

fn size_of(png: &[u8]) -> Result<ImageSize, String> {
    let image = image::load_from_memory(png).map_err(|error| error.to_string())?;
    ImageSize::new(image.width(), image.height()).map_err(|error: GeometryError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::truth::samples::case;
    use super::*;
    use image::GrayImage;
    use medreg_datasets::ids::ProjectId;
    use medreg_datasets::lang::{Lang, LangPair};
    use medreg_datasets::ontology::{Concept, ConceptKind};
    use medreg_datasets::snapshot::{Counts, ObjectRef, SCHEMA, Split, SplitShares};

    fn png(size: u32) -> Vec<u8> {
        let mut bytes = io::Cursor::new(Vec::new());
        GrayImage::new(size, size)
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        bytes.into_inner()
    }

    fn snapshot(raster: &[u8]) -> (Manifest, Vec<SnapshotCase>) {
        let mut cases = vec![
            case(Split::Train, &[("liver", [0.0, 0.0, 50.0, 50.0])]),
            case(Split::Test, &[]),
        ];
        for case in &mut cases {
            case.raster = ObjectRef {
                sha256: Digest::of(raster),
                bytes: raster.len() as u64,
            };
        }
        let manifest = Manifest {
            schema: SCHEMA,
            project: ProjectId::fresh(),
            project_name: "any".to_owned(),
            synthetic: true,
            langs: LangPair::default(),
            ontology: vec![Concept {
                key: "liver".parse().unwrap(),
                kind: ConceptKind::Structure,
                names: BTreeMap::from([
                    (Lang::en(), "liver".to_owned()),
                    (Lang::zh(), "肝脏".to_owned()),
                ]),
                synonyms: BTreeMap::new(),
                codes: BTreeMap::new(),
                modalities: Vec::new(),
            }],
            guideline: String::new(),
            shares: SplitShares::default(),
            filter: medreg_datasets::filter::Filter::default(),
            cases: ObjectRef {
                sha256: Digest::of(b""),
                bytes: 0,
            },
            counts: Counts::default(),
        };
        (manifest, cases)
    }

    /// The archive as a server should write it, after `change`.
    fn archive(
        manifest: &Manifest,
        cases: &[SnapshotCase],
        raster: &[u8],
        change: impl Fn(&mut Files),
    ) -> Vec<u8> {
        let measured = medreginstruct::measure(manifest, cases).unwrap();
        let mut files = BTreeMap::from([
            (
                medreginstruct::META_FILE.to_owned(),
                medreginstruct::meta_file(&measured).unwrap(),
            ),
            (
                medreginstruct::image_path(&cases[0].raster.sha256),
                raster.to_vec(),
            ),
        ]);
        for (key, _) in measured.iter().filter(|(_, written)| written.lines > 0) {
            let mut bytes = Vec::new();
            medreginstruct::write_file(key, manifest, cases, &mut bytes).unwrap();
            files.insert(key.path(), bytes);
        }
        change(&mut files);
        let mut tar = tar::Builder::new(Vec::new());
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, &bytes[..]).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn checked(change: impl Fn(&mut Files)) -> Result<Exported, ExportError> {
        let raster = png(100);
        let (manifest, cases) = snapshot(&raster);
        let archive = archive(&manifest, &cases, &raster, change);
        check_export(&archive[..], &manifest, &cases)
    }

    #[test]
    fn a_whole_archive_is_counted() {
        let found = checked(|_| ()).unwrap();
        assert_eq!((found.files, found.lines, found.images), (4, 4, 1));
    }

    #[test]
    fn a_changed_archive_is_refused_with_the_file_named() {
        let path = "train/region2text.en.jsonl";
        let says = |change: &dyn Fn(&mut Files)| checked(change).unwrap_err().to_string();
        assert!(says(&|files| drop(files.remove(path))).contains(path));
        assert!(says(&|files| files.get_mut(path).unwrap().clear()).contains(path));
        assert!(says(&|files| files.get_mut(path).unwrap()[0] = b'x').contains("line 1"));
        assert!(says(&|files| drop(files.remove("meta_file.json"))).contains("meta_file.json"));
        assert!(says(&|files| drop(files.insert("stray".to_owned(), vec![]))).contains("stray"));
        let image = |files: &mut Files| {
            files.values_mut().for_each(|bytes| {
                if bytes.starts_with(b"\x89PNG") {
                    *bytes = png(99);
                }
            });
        };
        assert!(says(&image).contains("digest"));
    }

    #[test]
    fn images_of_another_size_are_refused() {
        let raster = png(99);
        let (manifest, cases) = snapshot(&raster);
        let archive = archive(&manifest, &cases, &raster, |_| ());
        let error = check_export(&archive[..], &manifest, &cases).unwrap_err();
        assert!(error.to_string().contains("size"), "{error}");
    }
}
