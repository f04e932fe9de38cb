//! The evaluation at the end: the final model and its snapshot are fetched as any engineer would, and the trainer's own command asks the
//! model about the held-out patients.

use super::setup::Team;
use super::training::Cut;
use crate::clock::Clock;
use anyhow::{Context, Result};
use medreg_datasets::evaluation::{
    Change, EVALUATION_FILE, Estimate, EvaluationReport, PairedDifference,
};
use medreg_datasets::ids::RunId;
use medreg_datasets::snapshot::Split;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the report, in the demo's.
const FOLDER: &str = "evaluation";
/// What the trainer needs of a model; the last is there where its confidences are calibrated.
const MODEL: [&str; 4] = [
    "model.safetensors",
    "config.json",
    "tokenizer.json",
    "calibration.json",
];
/// Regions and images that are tried: a minute on two cores.
const REGIONS: &str = "40";
const IMAGES: &str = "8";

/// Evaluates the model of a run on the snapshot's held-out patients, writes the report, and tells what it found beside the scores.
pub fn evaluate(clock: &Clock, out: &Path, team: &Team, cut: &Cut, run: RunId) -> Result<()> {
    let inputs = out.join("evaluated");
    fetch_model(&inputs.join("model"), team, run)?;
    fetch_snapshot(&inputs.join("snapshot"), team, cut)?;
    let folder = out.join(FOLDER);
    ask(&inputs, &folder)?;
    let path = folder.join(EVALUATION_FILE);
    let json = fs::read(&path).with_context(|| path.display().to_string())?;
    let found: EvaluationReport =
        serde_json::from_slice(&json).with_context(|| path.display().to_string())?;
    in_words(&found).iter().for_each(|line| clock.say(line));
    clock.say(&format!("report: {}", folder.join("report.html").display()));
    Ok(())
}

fn fetch_model(folder: &Path, team: &Team, run: RunId) -> Result<()> {
    for name in MODEL {
        let path = format!("/api/runs/{run}/artifacts/{name}");
        match team.engineer.bytes(&path) {
            Ok(bytes) => keep(&folder.join(name), &bytes)?,
            // With few validation patients nothing was asked, and nothing calibrated.
            Err(_) if name == "calibration.json" => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The snapshot as an export unpacks, with the held-out images alone.
fn fetch_snapshot(folder: &Path, team: &Team, cut: &Cut) -> Result<()> {
    let path = format!("/api/snapshots/{}", cut.id.as_str());
    keep(
        &folder.join("manifest.json"),
        &team.lead.bytes(&format!("{path}/manifest"))?,
    )?;
    let object = |sha256: &str| team.lead.bytes(&format!("{path}/objects/{sha256}"));
    let cases = cut.manifest.cases.sha256.as_str();
    keep(&folder.join("cases.jsonl"), &object(cases)?)?;
    for case in cut.cases.iter().filter(|case| case.split == Split::Test) {
        let name = case.raster.sha256.as_str();
        let objects = folder
            .join("objects")
            .join(name.get(..2).unwrap_or_default());
        keep(&objects.join(format!("{name}.png")), &object(name)?)?;
    }
    Ok(())
}

fn keep(path: &Path, bytes: &[u8]) -> Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(path, bytes))
        .with_context(|| path.display().to_string())
}

fn ask(inputs: &Path, report: &Path) -> Result<()> {
    let program = trainer()?;
    let asked = Command::new(&program)
        .arg("evaluate")
        .arg("--model")
        .arg(inputs.join("model"))
        .arg("--snapshot")
        .arg(inputs.join("snapshot"))
        .arg("--report")
        .arg(report)
        .args(["--faithfulness", REGIONS, "--regional", IMAGES])
        .output()
        .with_context(|| program.display().to_string())?;
    anyhow::ensure!(
        asked.status.success(),
        "{} evaluate: {}",
        program.display(),
        String::from_utf8_lossy(&asked.stderr)
    );
    Ok(())
}

/// The trainer, which is built beside this program.
fn trainer() -> Result<PathBuf> {
    let own = std::env::current_exe().context("this program's own path")?;
    let program = own.with_file_name("medreg-trainer");
    anyhow::ensure!(
        program.is_file(),
        "{} is not there: build it with `cargo build -p medreg-trainer`",
        program.display()
    );
    Ok(program)
}

fn in_words(found: &EvaluationReport) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(cross) = &found.cross_lingual {
        let score = |name: &str| cross.scores.get(name).map_or("-".to_owned(), estimate);
        lines.push(format!(
            "languages: names agree {}, boxes overlap by {}",
            score("name_agreement"),
            score("box_iou")
        ));
    }
    if let Some(tried) = &found.faithfulness {
        let changed = |change: Change| {
            let of = tried.interventions.iter().find(|i| i.change == change);
            let estimate_of = of.and_then(|i| i.scores.get("changed"));
            estimate_of.map_or("-".to_owned(), estimate)
        };
        lines.push(format!(
            "faithfulness: names change {} with their region blurred, {} with another",
            changed(Change::RegionBlurred),
            changed(Change::OtherBlurred)
        ));
        lines.extend(tried.differences.iter().map(difference));
    }
    for regional in &found.regional {
        let rows = regional.differences.iter();
        let wanted = rows.filter(|row| row.first == "regional" && row.second == "direct");
        lines.extend(wanted.map(|row| format!("{}: {}", regional.lang, difference(row))));
    }
    lines
}

fn estimate(estimate: &Estimate) -> String {
    let value = estimate
        .value
        .map_or("-".to_owned(), |value| format!("{value:.3}"));
    match estimate.ci95 {
        Some([low, high]) => format!("{value} ({low:.3} to {high:.3})"),
        None => value,
    }
}

fn difference(row: &PairedDifference) -> String {
    let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
    let interval = row.ci95.map_or(String::new(), |[low, high]| {
        format!(" ({low:.3} to {high:.3})")
    });
    format!(
        "{}: {} less {} {}{interval}, p {}, n = {}",
        row.score,
        row.first.replace('_', " "),
        row.second.replace('_', " "),
        number(row.difference),
        number(row.p),
        row.n
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_with_what_is_not_known() {
        let row = PairedDifference {
            score: "changed".to_owned(),
            first: "region_blurred".to_owned(),
            second: "other_blurred".to_owned(),
            difference: Some(0.5),
            ci95: Some([0.25, 0.75]),
            p: None,
            n: 40,
        };
        assert_eq!(
            difference(&row),
            "changed: region blurred less other blurred 0.500 (0.250 to 0.750), p -, n = 40"
        );
        assert_eq!(estimate(&Estimate::default()), "-");
    }
}
