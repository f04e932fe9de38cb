//! The commands that need no server, as a shell calls them: train on an exported snapshot, evaluate, predict; and wrong calls.

#![allow(clippy::unwrap_used)] // A test that cannot go on should say where.

mod acquire;
mod calibrating;
mod choosing;
mod evaluating;
#[cfg(feature = "mpi")]
mod parallel;
mod resuming;
#[path = "../small_disk/mod.rs"]
mod small_disk;
#[path = "../tiny_model/mod.rs"]
mod tiny_model;

use medreg_datasets::geometry::{ImageSize, PixelBox};
use medreg_datasets::ids::{AnnotationId, Digest, ImageId, ProjectId, RegionId, UserId};
use medreg_datasets::lang::{Lang, LangPair};
use medreg_datasets::modality::Modality;
use medreg_datasets::ontology::{Concept, ConceptKind};
use medreg_datasets::protocol::{Evaluation, PredictionLine};
use medreg_datasets::region::{Presence, Region};
use medreg_datasets::snapshot::{
    Counts, Manifest, ObjectRef, Provenance, SCHEMA, SnapshotCase, Split, SplitCounts, SplitShares,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A bright square somewhere in a dark picture.
fn picture(bbox: [u32; 4]) -> Vec<u8> {
    let [x0, y0, x1, y1] = bbox;
    let bright = |x, y| (x0..x1).contains(&x) && (y0..y1).contains(&y);
    let pixels = image::GrayImage::from_fn(96, 64, |x, y| {
        image::Luma([if bright(x, y) { 220 } else { 30 }])
    });
    let mut png = std::io::Cursor::new(Vec::new());
    pixels.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

fn texts(en: &str, zh: &str) -> BTreeMap<Lang, String> {
    BTreeMap::from([(Lang::en(), en.to_owned()), (Lang::zh(), zh.to_owned())])
}

fn case(folder: &Path, index: u32, split: Split) -> SnapshotCase {
    let bbox = [
        10 + 5 * index,
        8 + 3 * index,
        40 + 5 * index,
        30 + 3 * index,
    ];
    let png = picture(bbox);
    let raster = ObjectRef {
        sha256: Digest::of(&png),
        bytes: png.len() as u64,
    };
    let name = raster.sha256.as_str();
    let objects = folder.join("objects").join(&name[..2]);
    std::fs::create_dir_all(&objects).unwrap();
    std::fs::write(objects.join(format!("{name}.png")), png).unwrap();
    let region = Region {
        id: RegionId::fresh(),
        frame: 0,
        bbox: PixelBox::try_from(bbox.map(f64::from)).unwrap(),
        concept: Some("block".parse().unwrap()),
        presence: Presence::Present,
        texts: texts("A bright block.", "明亮的方块。"),
        origin: None,
    };
    SnapshotCase {
        image: ImageId::fresh(),
        patient: format!("P{index}"),
        study: format!("S{index}"),
        modality: Modality::Ct,
        size: ImageSize::new(96, 64).unwrap(),
        raster,
        split,
        annotation: AnnotationId::fresh(),
        revision: 1,
        reader: UserId::fresh(),
        regions: vec![region],
        whole: Default::default(),
        provenance: Provenance::default(),
    }
}

/// A snapshot of four training images and two test images, as an export unpacks.
fn export(folder: &Path) {
    export_cases(folder, 0..6);
}

/// The same with these images, of which those from the fourth on are for testing.
fn export_cases(folder: &Path, indices: Range<u32>) {
    let split = |index| if index < 4 { Split::Train } else { Split::Test };
    export_split(folder, indices.map(|index| (index, split(index))).collect());
}

/// The same with these images, each in its split.
fn export_split(folder: &Path, images: Vec<(u32, Split)>) {
    let in_split = |split| images.iter().filter(|image| image.1 == split).count() as u64;
    let lines: String = images
        .iter()
        .map(|(index, split)| serde_json::to_string(&case(folder, *index, *split)).unwrap() + "\n")
        .collect();
    let concept = Concept {
        key: "block".parse().unwrap(),
        kind: ConceptKind::Structure,
        names: texts("block", "方块"),
        synonyms: Default::default(),
        codes: Default::default(),
        modalities: vec![],
    };
    let of = |n| SplitCounts {
        patients: n,
        images: n,
        regions: n,
    };
    let manifest = Manifest {
        schema: SCHEMA,
        project: ProjectId::fresh(),
        project_name: "Blocks".to_owned(),
        synthetic: true,
        langs: LangPair::default(),
        ontology: vec![concept],
        guideline: String::new(),
        shares: SplitShares::default(),
        filter: medreg_datasets::filter::Filter::default(),
        cases: ObjectRef {
            sha256: Digest::of(lines.as_bytes()),
            bytes: lines.len() as u64,
        },
        counts: Counts {
            train: of(in_split(Split::Train)),
            val: of(in_split(Split::Val)),
            test: of(in_split(Split::Test)),
        },
    };
    std::fs::write(folder.join("cases.jsonl"), lines).unwrap();
    std::fs::write(folder.join("manifest.json"), manifest.canonical().unwrap()).unwrap();
}

fn trainer(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_medreg-trainer"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("MEDREG_TOKEN")
        .env_remove("MEDREG_SERVER")
        .output()
        .unwrap()
}

/// What a call that worked printed.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = trainer(folder, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The exit code of a call that did not work, and what it complained about.
fn refused(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = trainer(folder, arguments);
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn some_raster(folder: &Path) -> PathBuf {
    let mut at = folder.join("objects");
    while at.is_dir() {
        at = std::fs::read_dir(&at)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
    }
    at
}

/// Lines of JSON take the bar's place where nobody looks: the first step and the last, at least.
fn shows_how_the_run_stands(said: &str) {
    let lines: Vec<Value> = said
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let (first, last) = (lines.first().unwrap(), lines.last().unwrap());
    assert_eq!((&first["step"], &first["steps"]), (&1.into(), &3.into()));
    assert!(first["eta_seconds"].as_f64().unwrap() > 0.0, "{first}");
    assert_eq!(
        (&last["step"], &last["eta_seconds"]),
        (&3.into(), &0.0.into())
    );
    assert!(last["tokens_per_second"].as_f64().unwrap() > 0.0, "{last}");
    assert!(last["loss"].as_f64().unwrap() > 0.0, "{last}");
}

fn files_of(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_model_is_trained_scored_and_asked_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    export(at);
    std::fs::write(
        at.join("run.toml"),
        "snapshot = \".\"\nout = \"model\"\n[run]\nsteps = 3\nbatch_images = 2\nlog_every = 1\ncheckpoint_every = 2\n",
    )
    .unwrap();

    let output = trainer(at, &["train", "--config", "run.toml", "--json"]);
    assert!(output.status.success(), "{output:?}");
    shows_how_the_run_stands(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(files_of(&at.join("model/logs")), 2);
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let losses = lines
        .iter()
        .filter(|line| line["name"] == "train/loss")
        .count();
    assert_eq!(losses, 3, "{printed}");
    assert_eq!(
        lines.last().unwrap()["evaluation"]["regions"],
        2,
        "{printed}"
    );
    let card = std::fs::read_to_string(at.join("model/readme.md")).unwrap();
    assert!(
        card.contains("3 of 3 steps") && card.contains("Synthetic"),
        "{card}"
    );
    assert!(!at.join("model/checkpoints").exists());

    let printed = done(
        at,
        &[
            "evaluate",
            "--model",
            "model",
            "--snapshot",
            ".",
            "--predictions",
            "p.jsonl",
            "--json",
        ],
    );
    let evaluation: Evaluation = serde_json::from_str(&printed).unwrap();
    assert_eq!(
        (evaluation.images, evaluation.patients, evaluation.regions),
        (2, 2, 2)
    );
    let answers = std::fs::read_to_string(at.join("p.jsonl")).unwrap();
    let answers: Vec<PredictionLine> = answers
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // Two images, two languages, one region to name and one concept to find in each.
    assert_eq!(answers.len(), 8);
    assert!(
        answers
            .iter()
            .all(|line| line.split == Split::Test && line.truth_boxes.len() == 1)
    );

    let raster = some_raster(at);
    let asked = [
        "predict",
        "--model",
        "model",
        "--image",
        raster.to_str().unwrap(),
        "--locate",
        "block",
        "--name",
        "0,0,9,9",
        "--json",
    ];
    let printed = done(at, &asked);
    let first: Value = serde_json::from_str(printed.lines().next().unwrap()).unwrap();
    assert_eq!(
        first["question"],
        "Please locate <ref>block</ref> in this medical image."
    );
    assert_eq!(printed.lines().count(), 2);
}

#[test]
fn an_adapter_is_handed_out_and_its_base_with_it_is_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    export(at);
    let run = |targets: &str| {
        let tuning = format!(
            "{{ kind = \"lora\", rank = 4, alpha = 8, dropout = 0.1, targets = [{targets}] }}"
        );
        let text = format!(
            "snapshot = \".\"\nout = \"model\"\n[run]\nsteps = 3\nbatch_images = 2\ntuning = {tuning}\n"
        );
        std::fs::write(at.join("run.toml"), text).unwrap();
        ["train", "--config", "run.toml", "--json"]
    };
    let (code, complaint) = refused(at, &run("\"q_proj\", \"qkv_proj\""));
    assert_eq!(code, 2, "{complaint}");
    assert!(complaint.contains("`qkv_proj`"), "{complaint}");
    assert!(!at.join("model").exists());
    done(at, &run("\"q_proj\", \"attn.qkv\", \"mlp1.*\""));

    // What was handed out can be trained further, if the run says the same of it.
    let text = std::fs::read_to_string(at.join("run.toml")).unwrap();
    let on = format!(
        "adapter = \"model/adapter\"\n{}",
        text.replace("\"model\"", "\"on\"")
    );
    std::fs::write(at.join("on.toml"), &on).unwrap();
    done(at, &["train", "--config", "on.toml"]);
    assert!(at.join("on/adapter/adapter_config.json").exists());
    std::fs::write(at.join("other.toml"), on.replace("rank = 4", "rank = 5")).unwrap();
    let (code, complaint) = refused(at, &["train", "--config", "other.toml"]);
    assert_eq!(code, 2, "{complaint}");

    let raster = some_raster(at);
    let ask = |model: &[&str]| {
        let asked = ["--image", raster.to_str().unwrap(), "--locate", "block"];
        let said = done(at, &[&["predict", "--json"], model, &asked].concat());
        serde_json::from_str::<Value>(&said).unwrap()
    };
    let adapted = ask(&["--model", "shapes", "--adapter", "model/adapter"]);
    let merged = ask(&["--model", "model"]);
    assert_eq!(adapted["answer"], merged["answer"]);
    let sure = |said: &Value| said["confidence"].as_f64().unwrap();
    assert!((sure(&adapted) - sure(&merged)).abs() < 1e-4);
    assert!((sure(&ask(&["--model", "shapes"])) - sure(&merged)).abs() > 1e-6);

    let config = at.join("model/adapter/adapter_config.json");
    let said: Value = serde_json::from_slice(&std::fs::read(&config).unwrap()).unwrap();
    assert_eq!((&said["r"], &said["lora_alpha"]), (&4.into(), &8.0.into()));
    std::fs::rename(
        at.join("model/adapter/adapter_model.safetensors"),
        at.join("elsewhere"),
    )
    .unwrap();
    for (adapter, expected, words) in [
        ("nowhere", 2, "the adapter nowhere does not exist"),
        ("model/adapter", 1, "adapter_model.safetensors"),
    ] {
        let call = [
            "evaluate",
            "--model",
            "shapes",
            "--adapter",
            adapter,
            "--snapshot",
            ".",
        ];
        let (code, complaint) = refused(at, &call);
        assert_eq!(code, expected, "{complaint}");
        assert!(complaint.contains(words), "{complaint}");
    }
}

#[test]
fn wrong_calls_end_with_2_and_failed_work_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    export(at);
    std::fs::write(
        at.join("typo.toml"),
        "snapshot = \".\"\nout = \"model\"\n[run]\nstep = 3\n",
    )
    .unwrap();
    std::fs::write(
        at.join("zero.toml"),
        "snapshot = \".\"\nout = \"model\"\n[run]\nsteps = 0\n",
    )
    .unwrap();
    for (arguments, expected, words) in [
        (vec!["train", "--config", "nowhere.toml"], 2, "nowhere.toml"),
        (vec!["train", "--config", "typo.toml"], 2, "step"),
        (vec!["train", "--config", "zero.toml"], 2, "1 to 1,000,000"),
        (
            vec!["evaluate", "--model", "stars", "--snapshot", "."],
            2,
            "no base model `stars`",
        ),
        (
            vec![
                "evaluate",
                "--model",
                "shapes",
                "--snapshot",
                ".",
                "--split",
                "val",
            ],
            1,
            "no images in its val split",
        ),
        (
            vec![
                "evaluate",
                "--model",
                "shapes",
                "--snapshot",
                ".",
                "--split",
                "best",
            ],
            2,
            "train, val or test",
        ),
        (
            vec![
                "predict",
                "--model",
                "shapes",
                "--image",
                "manifest.json",
                "--ask",
                "?",
            ],
            1,
            "manifest.json",
        ),
        (
            vec!["worker", "--server", "http://127.0.0.1:1"],
            2,
            "a token is needed",
        ),
        (
            vec!["worker", "--server", "nowhere", "--token", "x"],
            2,
            "not the address of a server",
        ),
        (vec!["fly"], 2, "fly"),
    ] {
        let (code, complaint) = refused(at, &arguments);
        assert_eq!(code, expected, "{arguments:?}: {complaint}");
        assert!(complaint.contains(words), "{arguments:?}: {complaint}");
    }
}

/// Two trainings that do not know of each other would write into one folder.
#[test]
fn a_process_that_a_launcher_started_beside_others_does_not_train_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    export(at);
    let run = "snapshot = \".\"\nout = \"model\"\n[run]\nsteps = 1\n";
    std::fs::write(at.join("run.toml"), run).unwrap();
    let unconnected = match cfg!(feature = "mpi") {
        true => "MPI connects 1: start them with the mpirun",
        false => "build it with `--features mpi`",
    };
    let train = ["train", "--config", "run.toml"];
    let base = ["make-base", "--out", "model"];
    for (arguments, size, words) in [
        (train, "2", unconnected),
        (train, "two", "WORLD_SIZE is `two`"),
        (base, "2", "start it by itself"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_medreg-trainer"))
            .args(arguments)
            .current_dir(at)
            .envs([("RANK", "0"), ("WORLD_SIZE", size)])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
        assert!(!at.join("model").exists());
    }
}

#[test]
fn a_models_cost_is_measured_and_told_as_rows() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let printed = done(
        at,
        &[
            "bench",
            "--shape",
            "tiny",
            "--json",
            "--record",
            "rows.json",
        ],
    );
    let rows: Vec<Value> = serde_json::from_str(&printed).unwrap();
    let recorded = std::fs::read(at.join("rows.json")).unwrap();
    assert_eq!(
        rows,
        serde_json::from_slice::<Vec<Value>>(&recorded).unwrap()
    );
    for metric in [
        "load",
        "first token",
        "time per token, late",
        "LoRA step",
        "LoRA step, peak memory",
    ] {
        let row = rows.iter().find(|row| row["metric"] == metric).unwrap();
        assert!(row["ours"].as_f64().unwrap() > 0.0, "{row}");
        assert!(row["unit"].is_string() && row["note"].is_string(), "{row}");
    }
    let late = rows.iter().find(|r| r["metric"] == "time per token, late");
    assert!(late.unwrap()["ratio"].as_f64().unwrap() > 0.0);
    let (code, complaint) = refused(at, &["bench", "--shape", "huge"]);
    assert_eq!(code, 2);
    assert!(
        complaint.contains("internvl3-1b is expected"),
        "{complaint}"
    );
    assert_eq!(refused(at, &["bench"]).0, 2);
}

/// As in `medreg-trainer bench … | head`.
#[test]
fn who_reads_no_further_ends_the_program_and_sees_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let (unread, writer) = std::io::pipe().unwrap();
    drop(unread);
    let ended = Command::new(env!("CARGO_BIN_EXE_medreg-trainer"))
        .args(["bench", "acquire", "--images", "100", "--record", "rows"])
        .current_dir(folder.path())
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(141));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
    assert_eq!(files_of(folder.path()), 0);
}
