//! The end of the story: the exported snapshot, the pictures, the table and `summary.json`.

use super::plan::Options;
use super::reading::ReadingRoom;
use super::setup::Team;
use super::{Outcome, Round};
use crate::clock::Clock;
use crate::results::{
    AskingSummary, BaselineSummary, ConfidenceSummary, Exported, LabelEfficiency, Panel,
    ScoreSummary, Scores, Series, Shown, Summary, Waits, check_export, draw_label_efficiency,
    draw_loss, draw_sheet,
};
use anyhow::{Context, Result};
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::grammar;
use medreg_datasets::lang::Lang;
use medreg_datasets::matching::match_boxes;
use medreg_datasets::ontology::Concept;
use medreg_datasets::protocol::PredictionLine;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

/// Images on the contact sheet.
const SHEET: usize = 6;

/// Writes everything and prints the tables.
pub fn write(
    clock: &Clock,
    options: &Options,
    team: &Team,
    room: &ReadingRoom<'_>,
    outcome: &Outcome,
) -> Result<Summary> {
    let out = &options.out;
    fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.display()))?;
    let exported = clock.spend("exporting", || export(out, team, outcome))?;
    clock.say(&format!(
        "snapshot {} exported and read back: {} files, {} lines, {} images",
        short(outcome),
        exported.files,
        exported.lines,
        exported.images
    ));
    clock.spend("drawing", || draw(out, room, outcome))?;
    let summary = summary(clock, outcome)?;
    let path = out.join("summary.json");
    let mut json = serde_json::to_vec_pretty(&summary)?;
    json.push(b'\n');
    fs::write(&path, json).with_context(|| format!("{} cannot be written", path.display()))?;
    print_tables(&summary);
    println!(
        "\nWritten to {}: summary.json, loss.svg, label-efficiency.svg, held-out.png, {}",
        out.display(),
        archive_name(outcome)
    );
    Ok(summary)
}

fn archive_name(outcome: &Outcome) -> String {
    format!("snapshot-{}.medreginstruct.tar", short(outcome))
}

/// Enough of the snapshot's id to tell it from others.
fn short(outcome: &Outcome) -> &str {
    let id = outcome.cut.id.as_str();
    id.get(..12).unwrap_or(id)
}

fn export(out: &Path, team: &Team, outcome: &Outcome) -> Result<Exported> {
    let path = out.join(archive_name(outcome));
    let id = outcome.cut.id.as_str();
    let mut file = BufWriter::new(File::create(&path)?);
    team.lead.download(
        &format!("/api/snapshots/{id}/export?format=medreginstruct"),
        &mut file,
    )?;
    file.flush()?;
    let archive = BufReader::new(File::open(&path)?);
    check_export(archive, &outcome.cut.manifest, &outcome.cut.cases)
        .with_context(|| path.display().to_string())
}

fn summary(clock: &Clock, outcome: &Outcome) -> Result<Summary> {
    let last = outcome.rounds.last().context("there was no round")?;
    let scores = ScoreSummary::from(&last.scores);
    Ok(Summary {
        rounds: outcome.rounds.len(),
        boxes: last.boxes,
        accuracy: scores.accuracy,
        mean_iou: scores.mean_iou,
        region_f1: scores.region_f1,
        baseline: BaselineSummary::from(&outcome.baselines),
        zero_shot: ScoreSummary::from(&outcome.zero_shot),
        per_round: outcome.rounds.iter().map(Round::summary).collect(),
        calibration: last.calibration.clone(),
        asking: outcome.asking.clone(),
        snapshot: outcome.cut.id.clone(),
        seconds: clock.elapsed().as_secs_f64(),
        seconds_by_work: clock.seconds(),
        synthetic: true,
    })
}

// --- Pictures --------------------------------------------------------------------------------------------------------

fn draw(out: &Path, room: &ReadingRoom<'_>, outcome: &Outcome) -> Result<()> {
    let losses: Vec<Series> = outcome
        .rounds
        .iter()
        .map(|round| round.loss.clone())
        .collect();
    draw_loss(&out.join("loss.svg"), &losses)?;
    draw_label_efficiency(&out.join("label-efficiency.svg"), &efficiency(outcome))?;
    let heading =
        "Held-out synthetic images: true boxes solid, predicted boxes dashed, IoU beside each name";
    let sheet = draw_sheet(heading, &panels(room, outcome)?);
    sheet.save(out.join("held-out.png"))?;
    Ok(())
}

fn efficiency(outcome: &Outcome) -> LabelEfficiency {
    let line = |name: &str, value: &dyn Fn(&Scores) -> f64| Series {
        name: name.to_owned(),
        points: std::iter::once((0.0, value(&outcome.zero_shot)))
            .chain(
                outcome
                    .rounds
                    .iter()
                    .map(|round| (round.boxes as f64, value(&round.scores))),
            )
            .collect(),
    };
    let accuracy = |lang: &Lang| {
        let of = |scores: &Scores| scores.accuracy.get(lang).copied().unwrap_or(0.0);
        line(&format!("accuracy, {lang}"), &of)
    };
    LabelEfficiency {
        accuracy: outcome
            .cut
            .manifest
            .langs
            .both()
            .iter()
            .map(accuracy)
            .collect(),
        accuracy_baseline: outcome.baselines.accuracy,
        regions: vec![
            line("mean IoU", &Scores::iou),
            line("F1 at IoU 0.5", &Scores::f1),
        ],
        iou_baseline: outcome.baselines.mean_iou,
    }
}

/// Held-out images spread over the whole test split, so that they are of different patients and modalities.
fn panels(room: &ReadingRoom<'_>, outcome: &Outcome) -> Result<Vec<Panel>> {
    let last = outcome.rounds.last().context("there was no round")?;
    let images: Vec<_> = outcome.test.images.iter().collect();
    let step = (images.len() / SHEET).max(1);
    let mut panels = Vec::new();
    for (image, size) in images.into_iter().step_by(step).take(SHEET) {
        let picture = room
            .picture(*image)
            .context("a held-out image is none that was uploaded")?;
        let lines = last
            .predictions
            .iter()
            .filter(|line| line.image == *image && line.task == "t2r" && line.lang == Lang::en());
        let ontology = &outcome.cut.manifest.ontology;
        panels.push(Panel {
            title: picture.file_name.clone(),
            image: image::load_from_memory(&picture.png)?.to_rgb8(),
            concepts: lines
                .filter_map(|line| shown(line, *size, ontology, outcome))
                .collect(),
        });
    }
    Ok(panels)
}

/// A concept with its boxes; `None` where it is neither there nor predicted.
fn shown(
    line: &PredictionLine,
    size: ImageSize,
    ontology: &[Concept],
    outcome: &Outcome,
) -> Option<Shown> {
    let concept = ontology
        .iter()
        .find(|concept| concept.key == line.concept)?;
    let name = concept.name(&Lang::en());
    let target = outcome
        .test
        .targets
        .iter()
        .find(|target| target.image == line.image && target.concept == line.concept);
    let truth = target
        .map(|target| target.boxes.clone())
        .unwrap_or_default();
    let read = grammar::read(&line.answer).boxes();
    let predicted: Vec<_> = read.iter().map(|bbox| bbox.to_pixels(size)).collect();
    if truth.is_empty() && predicted.is_empty() {
        return None;
    }
    let pairs = match_boxes(&truth, &predicted);
    // Not `sum`, whose empty sum is -0.
    let overlap = pairs.iter().fold(0.0, |sum, pair| sum + pair.iou);
    Some(Shown {
        name: name.to_owned(),
        iou: overlap / truth.len().max(1) as f64,
        truth,
        predicted,
    })
}

// --- Tables ----------------------------------------------------------------------------------------------------------

fn print_tables(summary: &Summary) {
    println!();
    println!(
        "Scores on held-out patients (synthetic images; boxes of held-out images are not counted as spent)"
    );
    row(&[
        "", "boxes", "images", "acc en", "acc zh", "mean IoU", "F1@0.5", "accepted",
    ]
    .map(str::to_owned));
    let baseline = &summary.baseline;
    row(&[
        "most frequent concept".to_owned(),
        dash(),
        dash(),
        number(baseline.accuracy),
        number(baseline.accuracy),
        dash(),
        dash(),
        dash(),
    ]);
    row(&[
        "mean box per concept".to_owned(),
        dash(),
        dash(),
        dash(),
        dash(),
        number(baseline.mean_iou),
        number(baseline.region_f1),
        dash(),
    ]);
    score_row(
        "base model, zero-shot",
        ["0", "0", "-"].map(str::to_owned),
        &summary.zero_shot,
    );
    for (index, round) in summary.per_round.iter().enumerate() {
        let accepted = round
            .acceptance
            .map_or_else(dash, |share| format!("{:.0} %", 100.0 * share));
        let spent = [round.boxes.to_string(), round.images.to_string(), accepted];
        score_row(&format!("round {}", index + 1), spent, &round.scores);
    }
    println!(
        "zero-shot: a run of one step at learning rate 1e-8, which leaves every answer as the base model gives it"
    );
    print_confidence(&summary.calibration);
    print_asking(&summary.asking);
    println!();
    println!("Where {:.0} s went", summary.seconds);
    let mut work: Vec<(&String, &f64)> = summary.seconds_by_work.iter().collect();
    work.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    for (kind, seconds) in work {
        println!("  {kind:<24} {seconds:>7.1} s");
    }
}

fn print_confidence(parts: &[ConfidenceSummary]) {
    println!();
    println!(
        "Expected calibration error on held-out patients, tokens' probabilities → confidences"
    );
    for part in parts {
        let told = match (part.ece, part.ece_interval) {
            (Some(ece), Some([low, high])) => format!("{ece:.3} ({low:.3}–{high:.3})"),
            _ => format!("not calibrated, on {} patients", part.fitted_on),
        };
        let before = part.ece_before.map_or_else(dash, number);
        println!(
            "  {:<4}{:<8}{before:>6} → {told}, {} patients",
            part.task,
            part.lang.as_str(),
            part.patients
        );
    }
}

fn print_asking(asking: &AskingSummary) {
    println!();
    println!("Waits in seconds, median / 95th percentile");
    let waits = |waits: &Waits| format!("{:.3} / {:.3} (n {})", waits.median, waits.p95, waits.n);
    for told in [&asking.alone, &asking.together] {
        println!(
            "  {} asking: first words {}, whole answer {}",
            told.people,
            waits(&told.first_words),
            waits(&told.answer)
        );
    }
    println!(
        "  opening a case and saving a region: nobody asking {}, {} asking {}; 95th percentile × {:.2}",
        waits(&asking.saving),
        asking.together.people,
        waits(&asking.saving_meanwhile),
        asking.saving_ratio
    );
}

fn score_row(name: &str, [boxes, images, accepted]: [String; 3], scores: &ScoreSummary) {
    let accuracy = |lang: Lang| {
        scores
            .accuracy
            .get(&lang)
            .copied()
            .map_or_else(dash, number)
    };
    row(&[
        name.to_owned(),
        boxes,
        images,
        accuracy(Lang::en()),
        accuracy(Lang::zh()),
        number(scores.mean_iou),
        number(scores.region_f1),
        accepted,
    ]);
}

fn row(cells: &[String; 8]) {
    let [name, rest @ ..] = cells;
    let rest: String = rest.iter().map(|cell| format!("{cell:>10}")).collect();
    println!("  {name:<22}{rest}");
}

fn number(value: f64) -> String {
    format!("{value:.3}")
}

fn dash() -> String {
    "-".to_owned()
}
