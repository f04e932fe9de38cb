//! Which figure belongs to which part of the report.

use super::figures::{self, Figure};
use medreg_datasets::evaluation::{
    Estimate, EvaluationReport, RegionalComparison, Scores, SliceBy, TaskScores,
};

/// A part of the report, in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Scores of everything.
    Scores,
    /// Scores of parts of the data.
    Slices,
    /// Which concept is taken for which.
    Confusion,
    /// What confidences are worth.
    Reliability,
    /// Whether the languages agree.
    CrossLingual,
    /// Whether names rest on their regions.
    Faithfulness,
    /// What finding regions first does.
    Regional,
}

/// The score that stands for a task where there is room for one.
fn headline(task: &str) -> &'static str {
    match task {
        "r2t" => "accuracy",
        _ => "region_f1",
    }
}

/// All figures.
#[must_use]
pub fn figures(report: &EvaluationReport) -> Vec<(Section, Vec<Figure>)> {
    let confusion = report.confusion.iter().map(figures::matrix).collect();
    let reliability = report
        .reliability
        .iter()
        .map(figures::reliability)
        .collect();
    vec![
        (Section::Scores, scores(report)),
        (Section::Slices, slices(report)),
        (Section::Confusion, confusion),
        (Section::Reliability, reliability),
        (Section::CrossLingual, cross(report)),
        (Section::Faithfulness, faithfulness(report)),
        (Section::Regional, regional(report)),
    ]
}

fn scores(report: &EvaluationReport) -> Vec<Figure> {
    let of = |of: &TaskScores| {
        let file = format!("scores-{}-{}.svg", of.task, of.lang);
        let caption = format!("Scores, {} {}", of.task, of.lang);
        forest(&file, &caption, &of.scores)
    };
    report.scores.iter().map(of).collect()
}

fn forest(file: &str, caption: &str, scores: &Scores) -> Figure {
    let known = scores
        .iter()
        .filter(|(_, estimate)| estimate.value.is_some());
    let rows: Vec<(String, Estimate)> = known.map(|(name, e)| (name.clone(), *e)).collect();
    figures::forest(file, caption, &rows)
}

fn slices(report: &EvaluationReport) -> Vec<Figure> {
    let mut figures = Vec::new();
    for whole in &report.scores {
        for (by, word) in [
            (SliceBy::Modality, "modality"),
            (SliceBy::Concept, "concept"),
        ] {
            let score = headline(&whole.task);
            let slices = report
                .slices
                .iter()
                .filter(|s| s.by == by && s.of.task == whole.task && s.of.lang == whole.lang);
            let rows: Vec<(String, Estimate)> = slices
                .filter_map(|s| Some((s.value.clone(), *s.of.scores.get(score)?)))
                .filter(|(_, estimate)| estimate.value.is_some())
                .collect();
            let file = format!("slices-{word}-{}-{}.svg", whole.task, whole.lang);
            let caption = format!("{score} by {word}, {} {}", whole.task, whole.lang);
            if !rows.is_empty() {
                figures.push(figures::forest(&file, &caption, &rows));
            }
        }
    }
    figures
}

fn cross(report: &EvaluationReport) -> Vec<Figure> {
    let Some(cross) = &report.cross_lingual else {
        return Vec::new();
    };
    let [a, b] = &cross.langs;
    let caption = format!("Answers in {a} and {b} that agree");
    vec![forest("cross-lingual.svg", &caption, &cross.scores)]
}

fn faithfulness(report: &EvaluationReport) -> Vec<Figure> {
    let Some(found) = &report.faithfulness else {
        return Vec::new();
    };
    let of = |score: &str, file: &str, caption: &str| {
        let rows = found
            .interventions
            .iter()
            .filter_map(|of| Some((word(&of.change), *of.scores.get(score)?)));
        figures::forest(file, caption, &rows.collect::<Vec<_>>())
    };
    vec![
        of("changed", "faithfulness-changed.svg", "Answers that change"),
        of(
            "logprob_drop",
            "faithfulness-logprob.svg",
            "Log-probability that the first answer loses, in nats",
        ),
    ]
}

fn regional(report: &EvaluationReport) -> Vec<Figure> {
    let of = |found: &RegionalComparison| {
        let mut rows = Vec::new();
        for arm in &found.arms {
            for (name, estimate) in &arm.scores {
                rows.push((format!("{name}, {}", word(&arm.kind)), *estimate));
            }
        }
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        let file = format!("regional-{}.svg", found.lang);
        let caption = format!(
            "Answers with and without regions in the question, {}",
            found.lang
        );
        figures::forest(&file, &caption, &rows)
    };
    report.regional.iter().map(of).collect()
}

/// The word that the file has for something, with spaces.
pub fn word(named: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(named).unwrap_or_default();
    json.as_str().unwrap_or_default().replace('_', " ")
}
