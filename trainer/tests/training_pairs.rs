//! `medreg-trainer bench train` as a shell calls it, on the least model, against the Python that `MEDREG_TORCH_PYTHON` names.

#![allow(clippy::unwrap_used)] // A test that cannot go on should say where.

mod torch;

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use torch::python;

fn trainer(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medreg-trainer"));
    command.args(arguments);
    command
}

fn bench_train(python: &Path, folder: &Path, record: &Path) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/training.py");
    let mut command = trainer(&[
        "bench",
        "train",
        "--json",
        "--shape",
        "least",
        "--no-growth",
    ]);
    command.args(["--pairs", "1", "--steps", "3", "--python"]);
    command.arg(python).arg("--script").arg(script);
    command.arg("--folder").arg(folder);
    command.arg("--record").arg(record).output().unwrap()
}

fn steps(folder: &Path, more: &[&str]) -> Value {
    let mut command = trainer(&["bench", "steps", "--steps", "3", "--folder"]);
    let output = command.arg(folder).args(more).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn row<'a>(rows: &'a [Value], metric: &str) -> &'a Value {
    let found = rows.iter().find(|row| row["metric"] == metric);
    found.unwrap_or_else(|| panic!("there is no row `{metric}` in {rows:?}"))
}

#[test]
fn both_sides_lose_alike_and_every_comparison_is_a_row() {
    let Some(python) = python("both_sides_lose_alike_and_every_comparison_is_a_row") else {
        return;
    };
    let at = tempfile::tempdir().unwrap();
    let record = at.path().join("rows.json");
    let output = bench_train(&python, at.path(), &record);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let recorded: Vec<Value> = serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
    assert_eq!(rows, recorded);
    for mode in ["LoRA", "full"] {
        let mut ways = vec!["", ", recomputing"];
        if mode == "LoRA" {
            ways.push(", pictures' tokens kept");
        }
        for way in ways {
            let step = row(&rows, &format!("least, {mode} step{way}"));
            let memory = row(&rows, &format!("least, {mode} step{way}, memory"));
            for row in [step, memory] {
                for field in ["ours", "reference", "ratio", "low", "high"] {
                    assert!(row[field].as_f64().unwrap() > 0.0, "{field} of {row}");
                }
            }
        }
    }

    let made = at.path().join("least");
    let trained = steps(&made, &["--mode", "full"]);
    let losses: Vec<f64> = serde_json::from_value(trained["losses"].clone()).unwrap();
    assert!(losses[2] < losses[0], "{losses:?}");
    let again = steps(&made, &["--mode", "full", "--recompute"]);
    assert_eq!(again["losses"], trained["losses"]);
    let mut refused = trainer(&["bench", "steps", "--mode", "full", "--cached", "--folder"]);
    let refused = refused.arg(&made).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("vision tower or projector are trained"),
        "{said}"
    );
    let longer = ["--mode", "lora", "--sequences", "3", "--tokens", "64"];
    let other = steps(&made, &longer);
    assert_eq!(other["step_seconds"].as_array().unwrap().len(), 3);
}

#[test]
fn a_python_without_pytorch_ends_the_measurement_with_its_words() {
    let at = tempfile::tempdir().unwrap();
    let record = at.path().join("rows.json");
    let output = bench_train(Path::new("/bin/false"), at.path(), &record);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("/bin/false") && said.contains("failed"),
        "{said}"
    );
    assert!(!record.exists());
}
