//! The MedRegInstruct layout: what is written is what the golden files say, and reading gives it back.

// Helpers outside `#[test]` functions are tests all the same.
#![allow(clippy::unwrap_used)]

use medreg_datasets::geometry::ImageSize;
use medreg_datasets::ids::{AnnotationId, Digest, ImageId, ProjectId, RegionId, UserId};
use medreg_datasets::lang::{Lang, LangPair};
use medreg_datasets::medreginstruct::{
    self, FileKey, Line, LineFault, LineId, MetaEntry, Reader, Task, WriteError, Written,
};
use medreg_datasets::modality::Modality;
use medreg_datasets::ontology::{Concept, ConceptKind};
use medreg_datasets::region::{Presence, Region};
use medreg_datasets::snapshot::{
    Counts, Manifest, ObjectRef, Provenance, SCHEMA, SnapshotCase, Split, SplitShares,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use uuid::Uuid;

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/medreginstruct")
}

fn golden_snapshot() -> (Manifest, Vec<SnapshotCase>) {
    let manifest = std::fs::read(samples().join("manifest.json")).unwrap();
    let cases = std::fs::read_to_string(samples().join("cases.jsonl")).unwrap();
    assert_eq!(
        Digest::of(cases.as_bytes()),
        serde_json::from_slice::<Manifest>(&manifest)
            .unwrap()
            .cases
            .sha256
    );
    (
        serde_json::from_slice(&manifest).unwrap(),
        cases
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

/// Every file of an export by its path.
fn export(manifest: &Manifest, cases: &[SnapshotCase]) -> BTreeMap<String, Vec<u8>> {
    let measured = medreginstruct::measure(manifest, cases).unwrap();
    let mut files = BTreeMap::new();
    for key in medreginstruct::files(manifest) {
        let mut bytes = Vec::new();
        let written = medreginstruct::write_file(&key, manifest, cases, &mut bytes).unwrap();
        assert_eq!(written, measured[&key], "{}", key.path());
        assert_eq!(written.bytes, bytes.len() as u64);
        if written.lines > 0 {
            files.insert(key.path(), bytes);
        }
    }
    let meta = medreginstruct::meta_file(&measured).unwrap();
    files.insert(medreginstruct::META_FILE.to_owned(), meta);
    files
}

fn read(bytes: &[u8]) -> Vec<Line> {
    Reader::new(bytes).map(Result::unwrap).collect()
}

#[test]
fn an_export_is_the_golden_one_byte_for_byte() {
    let (manifest, cases) = golden_snapshot();
    let files = export(&manifest, &cases);
    let folder = samples().join("export");
    if std::env::var_os("MEDREG_BLESS").is_some() {
        for (path, bytes) in &files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
    for (path, bytes) in &files {
        let golden = std::fs::read_to_string(folder.join(path)).unwrap();
        assert_eq!(std::str::from_utf8(bytes).unwrap(), golden, "{path}");
    }
    assert_eq!(files_below(&folder), files.len());
}

fn files_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path());
    entries
        .map(|path| if path.is_dir() { files_below(&path) } else { 1 })
        .sum()
}

#[test]
fn the_meta_file_lists_each_file_with_its_length() {
    let (manifest, cases) = golden_snapshot();
    let files = export(&manifest, &cases);
    let meta: BTreeMap<String, MetaEntry> =
        serde_json::from_slice(&files[medreginstruct::META_FILE]).unwrap();
    assert_eq!(meta.len(), files.len() - 1);
    for (name, entry) in meta {
        let lines = read(&files[&entry.annotation]);
        assert_eq!(lines.len() as u64, entry.length, "{name}");
        assert!(!entry.data_augment && !entry.base_prompt.is_empty());
    }
}

#[test]
fn published_variants_of_a_line_are_read_and_kept() {
    let text = concat!(
        r#"{"id": 7, "image": "a.png", "length": 300, "conversations": [{"from": "human", "value": "<image>\nQ"}, {"from": "gpt", "value": "A"}]}"#,
        "\n\n",
        r#"{"id": "x1", "image": "b.png", "width": 3, "height": 4, "conversations": [{"from": "system", "value": "S"}, {"from": "human", "value": "Q <image>"}, {"from": "gpt", "value": "A"}, {"from": "human", "value": "R"}, {"from": "gpt", "value": "B"}]}"#,
    );
    let lines = read(text.as_bytes());
    assert_eq!(lines[0].extra["length"], 300);
    assert_eq!((lines[0].width, &lines[0].id), (None, &LineId::Number(7)));
    assert_eq!(lines[1].id, LineId::Text("x1".to_owned()));
    assert_eq!(
        lines[1].turns().collect::<Vec<_>>(),
        [("Q <image>", "A"), ("R", "B")]
    );
    let again = serde_json::to_string(&lines[0]).unwrap();
    assert_eq!(serde_json::from_str::<Line>(&again).unwrap(), lines[0]);
}

#[test]
fn a_bad_line_is_named_by_its_number_and_the_next_one_is_read() {
    let good = r#"{"id":0,"image":"a.png","conversations":[{"from":"human","value":"<image>"},{"from":"gpt","value":"A"}]}"#;
    let no_image = r#"{"id":0,"image":"a.png","conversations":[{"from":"human","value":"Q"},{"from":"gpt","value":"A"}]}"#;
    let half = r#"{"id":0,"image":"a.png","conversations":[{"from":"human","value":"<image>"}]}"#;
    let turned = r#"{"id":0,"image":"a.png","conversations":[{"from":"gpt","value":"A"},{"from":"human","value":"<image>"}]}"#;
    let silent = r#"{"id":0,"image":"a.png","conversations":[]}"#;
    let text = [good, "", no_image, half, "{\"id\":", turned, silent, good].join("\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(b"\n\xff\xfe\n");
    let read: Vec<_> = Reader::new(&bytes[..]).collect();
    let faults: Vec<_> = read.iter().filter_map(|r| r.as_ref().err()).collect();
    assert_eq!(read.len(), 8);
    assert_eq!(
        faults.iter().map(|e| e.line).collect::<Vec<_>>(),
        [3, 4, 5, 6, 7, 9]
    );
    assert!(matches!(faults[0].fault, LineFault::Placeholders(0)));
    assert!(matches!(faults[1].fault, LineFault::Turns { turn: 1 }));
    assert!(matches!(faults[2].fault, LineFault::Json(_)));
    assert!(matches!(faults[3].fault, LineFault::Turns { turn: 0 }));
    assert!(matches!(faults[4].fault, LineFault::Turns { turn: 0 }));
    assert!(matches!(faults[5].fault, LineFault::Io(_)));
    assert!(
        faults[0]
            .to_string()
            .starts_with("line 3: `<image>` appears 0 times")
    );
}

#[test]
fn a_region_of_an_unknown_concept_is_refused_by_name() {
    let (mut manifest, cases) = golden_snapshot();
    manifest.ontology.clear();
    let refused = medreginstruct::measure(&manifest, &cases).unwrap_err();
    assert!(
        matches!(refused, WriteError::UnknownConcept { .. }),
        "{refused}"
    );
}

#[test]
fn a_full_disk_is_an_error() {
    let (manifest, cases) = golden_snapshot();
    let key = FileKey {
        split: Split::Train,
        task: Task::RegionToText,
        lang: Lang::en(),
    };
    let mut room = [0u8; 40];
    let refused = medreginstruct::write_file(&key, &manifest, &cases, &mut room[..]).unwrap_err();
    assert!(matches!(refused, WriteError::Io(_)), "{refused}");
}

fn concept(key: &str, en: &str, zh: &str) -> Concept {
    Concept {
        key: key.parse().unwrap(),
        kind: ConceptKind::Structure,
        names: BTreeMap::from([(Lang::en(), en.to_owned()), (Lang::zh(), zh.to_owned())]),
        synonyms: BTreeMap::new(),
        codes: BTreeMap::new(),
        modalities: Vec::new(),
    }
}

fn manifest() -> Manifest {
    Manifest {
        schema: SCHEMA,
        project: ProjectId(Uuid::from_u128(1)),
        project_name: "any".to_owned(),
        synthetic: true,
        langs: LangPair::default(),
        ontology: vec![
            concept("cyst", "cyst", "囊肿"),
            concept("liver", "liver", "肝脏"),
        ],
        guideline: String::new(),
        shares: SplitShares::default(),
        filter: medreg_datasets::filter::Filter::default(),
        cases: ObjectRef {
            sha256: Digest::of(b""),
            bytes: 0,
        },
        counts: Counts::default(),
    }
}

prop_compose! {
    fn any_region()(
        id in any::<u128>(), frame in 0u32..2, concept in proptest::option::of(prop_oneof!["cyst", "liver"]),
        presence in prop_oneof![Just(Presence::Present), Just(Presence::Absent), Just(Presence::Uncertain)],
        x in 0.0..300.0f64, y in 0.0..200.0f64, w in 0.01..20.0f64, h in 0.01..20.0f64, en in ".{0,12}", zh in ".{0,12}",
    ) -> Region {
        Region {
            id: RegionId(Uuid::from_u128(id)),
            frame,
            bbox: [x, y, x + w, y + h].try_into().unwrap(),
            concept: concept.map(|key| key.parse().unwrap()),
            presence,
            texts: BTreeMap::from([(Lang::en(), en), (Lang::zh(), zh)]),
            origin: None,
        }
    }
}

prop_compose! {
    fn any_case()(
        id in any::<u128>(), split in prop_oneof![Just(Split::Train), Just(Split::Val), Just(Split::Test)],
        regions in proptest::collection::vec(any_region(), 0..5),
    ) -> SnapshotCase {
        SnapshotCase {
            image: ImageId(Uuid::from_u128(id)),
            patient: "P".to_owned(),
            study: "S".to_owned(),
            modality: Modality::Ct,
            size: ImageSize::new(320, 220).unwrap(),
            raster: ObjectRef { sha256: Digest::of(&id.to_le_bytes()), bytes: 1 },
            split,
            annotation: AnnotationId(Uuid::from_u128(id)),
            revision: 1,
            reader: UserId(Uuid::from_u128(2)),
            regions,
            whole: Default::default(),
            provenance: Provenance::default(),
        }
    }
}

/// The lines of one file, numbered.
fn expected(key: &FileKey, manifest: &Manifest, cases: &[SnapshotCase]) -> Vec<Line> {
    let all = cases
        .iter()
        .flat_map(|case| medreginstruct::lines_of(case, manifest).unwrap());
    all.filter(|(of, _)| of == key)
        .enumerate()
        .map(|(n, (_, line))| Line {
            id: LineId::Number(n as u64),
            ..line
        })
        .collect()
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(cases in proptest::collection::vec(any_case(), 0..6)) {
        let manifest = manifest();
        let files = export(&manifest, &cases);
        for key in medreginstruct::files(&manifest) {
            let back = files.get(&key.path()).map(|bytes| read(bytes)).unwrap_or_default();
            prop_assert_eq!(back, expected(&key, &manifest, &cases), "{}", key.path());
        }
    }

    #[test]
    fn each_present_region_is_asked_about_once_in_each_language(cases in proptest::collection::vec(any_case(), 0..6)) {
        let measured = medreginstruct::measure(&manifest(), &cases).unwrap();
        let told = cases.iter().flat_map(|c| &c.regions)
            .filter(|r| r.frame == 0 && r.concept.is_some() && r.presence != Presence::Absent)
            .count() as u64;
        for lang in [Lang::en(), Lang::zh()] {
            let asked: u64 = measured.iter()
                .filter(|(key, _)| key.task == Task::RegionToText && key.lang == lang)
                .map(|(_, Written { lines, .. })| lines)
                .sum();
            prop_assert_eq!(asked, told);
        }
    }
}
