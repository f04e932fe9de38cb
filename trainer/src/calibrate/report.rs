//! The calibration for a person to read.

use super::{Calibration, FEWEST_OF_EACH, FEWEST_PATIENTS, Part, Reliability, Study};
use std::fmt::Write as _;

/// Part by part: what it rests on, what it is worth, and what is not known.
#[must_use]
pub fn in_words(calibration: &Calibration) -> String {
    let mut text = String::new();
    for part in &calibration.parts {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {}", part.task, part.lang);
        fitted(&mut text, part);
        for (name, found) in [("raw", &part.before), ("calibrated", &part.after)] {
            found
                .iter()
                .for_each(|found| figures(&mut text, name, found));
        }
        margin(&mut text, part);
        part.study.iter().for_each(|study| halves(&mut text, study));
    }
    text
}

fn fitted(text: &mut String, part: &Part) {
    let on = part.fitted_on;
    let _ = write!(
        text,
        "  fitted on {} answers of {} patients, {} of them right: ",
        on.samples, on.patients, on.right
    );
    let _ = match &part.map {
        Some(map) => {
            let (of, signal) = (word(&map.measure.of), word(&map.measure.signal));
            let json = serde_json::to_value(&map.fit).unwrap_or_default();
            let method = json.get("method").and_then(|m| m.as_str()).unwrap_or("?");
            writeln!(text, "{method}, from the {signal} over the {of}")
        }
        None => writeln!(
            text,
            "not calibrated; {FEWEST_PATIENTS} patients, {FEWEST_OF_EACH} right and {FEWEST_OF_EACH} wrong answers are the least"
        ),
    };
}

fn word(named: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(named).unwrap_or_default();
    json.as_str().unwrap_or("?").to_owned()
}

fn figures(text: &mut String, name: &str, found: &Reliability) {
    let auroc = found
        .auroc
        .map_or("–".to_owned(), |area| format!("{area:.3}"));
    let _ = writeln!(
        text,
        "  {name:<10} ECE {:.3} (95 % {:.3}–{:.3}, by chance {:.3})  AUROC {auroc}  AURC {:.3}  Brier {:.3}  n = {} of {} patients",
        found.ece,
        found.ece_interval[0],
        found.ece_interval[1],
        found.ece_by_chance,
        found.aurc,
        found.brier,
        found.samples,
        found.patients
    );
}

fn margin(text: &mut String, part: &Part) {
    if part.task != "t2r" {
        return;
    }
    let Some(margin) = &part.margin else {
        let _ = writeln!(text, "  no promise for boxes: too few patients");
        return;
    };
    let _ = write!(
        text,
        "  boxes widened by {:.3} of a side on each side hold the true one with a probability of at least {:.2} ({} boxes of {} patients)",
        margin.by,
        1.0 - margin.alpha,
        margin.boxes,
        margin.patients
    );
    let _ = match part.held {
        Some(held) => writeln!(text, "; held-out ones: {held:.3}"),
        None => writeln!(text),
    };
}

fn halves(text: &mut String, study: &Study) {
    let _ = write!(
        text,
        "  {} random halves of {} patients: ECE raw {:.3}, calibrated {:.3} ± {:.3} (at most {:.3})",
        study.splits,
        study.patients,
        study.ece_before.mean,
        study.ece_after.mean,
        study.ece_after.deviation,
        study.ece_after.most
    );
    let _ = match &study.held {
        Some(held) => writeln!(
            text,
            "; held {:.3} ± {:.3} ({:.3} to {:.3})",
            held.mean, held.deviation, held.least, held.most
        ),
        None => writeln!(text),
    };
}
