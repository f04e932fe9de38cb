//! A model's card: what it is, what it was made from, what it scored, and what it is not for.

use crate::base::SHIPPED;
use crate::calibrate::{Calibration, Part};
use medreg_datasets::ids::Digest;
use medreg_datasets::lang::Lang;
use medreg_datasets::protocol::{Evaluation, ModelRef, RunConfig, Tuning};
use medreg_datasets::snapshot::{Manifest, SplitCounts};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The name of the card's file among a run's artifacts.
pub const CARD_FILE: &str = "readme.md";

/// Where a model comes from.
#[derive(Clone, Copy, Debug)]
pub struct Provenance<'a> {
    /// What it started from.
    pub base: &'a ModelRef,
    /// What it learnt from.
    pub snapshot: &'a Digest,
    /// What that snapshot says of itself.
    pub manifest: &'a Manifest,
    /// How it was trained.
    pub config: &'a RunConfig,
    /// Steps really done.
    pub steps: u32,
    /// Somebody stopped it before its end.
    pub stopped: bool,
    /// Whether it learnt to describe regions.
    pub describes: bool,
    /// Its scores on the snapshot's test split.
    pub evaluation: Option<&'a Evaluation>,
    /// What its confidences are worth.
    pub calibration: Option<&'a Calibration>,
}

/// The card, in Markdown.
#[must_use]
pub fn card(from: &Provenance<'_>) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "# A model of the project “{}”\n\n{}\n## Made from\n\n{}\n## Scores\n\n{}\n## Limits\n\n{}",
        from.manifest.project_name,
        what(from),
        made_from(from),
        scores(from.evaluation),
        limits(from),
    );
    text
}

fn what(from: &Provenance<'_>) -> String {
    let langs: Vec<&str> = from
        .manifest
        .langs
        .both()
        .iter()
        .map(Lang::as_str)
        .collect();
    let describes = if from.describes {
        ", and describes it"
    } else {
        "; it was not taught to describe regions"
    };
    let synthetic = if from.manifest.synthetic {
        "**Synthetic: it learnt from generated images only.**\n\n"
    } else {
        ""
    };
    format!(
        "{synthetic}A region-centric vision-language model of InternVL's architecture. Asked in {}, it names what a box shows and finds the boxes of a concept{describes}. Boxes are integers from 0 to 999 relative to the image.\n",
        langs.join(" or ")
    )
}

fn made_from(from: &Provenance<'_>) -> String {
    let base = match from.base {
        ModelRef::Builtin { name } if SHIPPED.contains(&name.as_str()) => {
            format!("the built-in model `{name}`")
        }
        // A run without a server may start from anywhere else, which then stands here.
        ModelRef::Builtin { name } => format!("`{name}`"),
        ModelRef::Published { id } => format!("the published model {id}"),
    };
    let counts = &from.manifest.counts;
    let split = |name: &str, c: &SplitCounts| {
        format!(
            "| {name} | {} | {} | {} |\n",
            c.patients, c.images, c.regions
        )
    };
    format!(
        "- Base: {base}\n- Snapshot: `{}`\n- Training: {}\n\n| split | patients | images | regions |\n|---|---|---|---|\n{}{}{}",
        from.snapshot,
        training(from),
        split("train", &counts.train),
        split("val", &counts.val),
        split("test", &counts.test),
    )
}

fn training(from: &Provenance<'_>) -> String {
    let config = from.config;
    let tuning = match &config.tuning {
        Tuning::Full => "all weights".to_owned(),
        Tuning::Lora {
            rank,
            alpha,
            dropout,
            targets,
        } => format!(
            "low-rank adapters of rank {rank} (alpha {alpha}, dropout {dropout}) on {}, merged in",
            targets
                .iter()
                .map(|target| format!("`{target}`"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    let stopped = if from.stopped {
        ", stopped by hand"
    } else {
        ""
    };
    let averaged = match config.ema > 0.0 {
        true => format!(", weights averaged with decay {}", config.ema),
        false => String::new(),
    };
    format!(
        "{tuning}, {} of {} steps{stopped}, {} images × up to {} questions per step, learning rate {} ({}), weight decay {}{averaged}, seed {}",
        from.steps,
        config.steps,
        config.images_per_step(),
        config.turns_per_image,
        config.learning_rate,
        config.schedule.as_str(),
        config.weight_decay,
        config.seed
    )
}

fn scores(evaluation: Option<&Evaluation>) -> String {
    let Some(scored) = evaluation else {
        return "None: the snapshot has no test images.\n".to_owned();
    };
    let mut text = format!(
        "On {} regions of {} images of {} patients held out for testing.\n\n| language | Region-to-Text accuracy | Text-to-Region mean IoU | region F1 at IoU ≥ 0.5 |\n|---|---|---|---|\n",
        scored.regions, scored.images, scored.patients
    );
    let shown = |scores: &BTreeMap<Lang, f64>, lang| {
        scores
            .get(lang)
            .map_or("–".to_owned(), |score| format!("{score:.3}"))
    };
    let langs = scored
        .accuracy
        .keys()
        .chain(scored.mean_iou.keys())
        .chain(scored.region_f1.keys());
    for lang in langs.collect::<std::collections::BTreeSet<_>>() {
        let row = [&scored.accuracy, &scored.mean_iou, &scored.region_f1]
            .map(|scores| shown(scores, lang));
        let _ = writeln!(text, "| {lang} | {} |", row.join(" | "));
    }
    text
}

fn limits(from: &Provenance<'_>) -> String {
    let manifest = from.manifest;
    let concepts: Vec<&str> = manifest
        .ontology
        .iter()
        .map(|concept| concept.key.as_str())
        .collect();
    let synthetic = if manifest.synthetic {
        " Nothing it says about a real image means anything."
    } else {
        ""
    };
    format!(
        "- Research only: its regions are suggestions for readers to check, not findings, and it is no medical device.{synthetic}\n\
         - It knows these concepts and no others: {}.\n\
         {}\
         - Scores hold for images like the snapshot's; other devices, sites and patients were not tested.\n",
        concepts.join(", "),
        confidences(from.calibration)
    )
}

/// What the confidences mean, task by task.
fn confidences(calibration: Option<&Calibration>) -> String {
    let parts = calibration.map_or(&[][..], |c| &c.parts);
    if parts.is_empty() {
        return "- Confidences are mean token probabilities, not calibrated.\n".to_owned();
    }
    parts.iter().map(confidence_of).collect()
}

fn confidence_of(part: &Part) -> String {
    let what = match part.task.as_str() {
        "r2t" => "a name",
        _ => "a box",
    };
    let on = part.fitted_on;
    let Some(held_out) = part.after.as_ref().filter(|_| part.map.is_some()) else {
        let state = if part.map.is_some() {
            "calibrated, but not held against other patients"
        } else {
            "a mean token probability, not calibrated"
        };
        return format!(
            "- The confidence of {what} in {} is {state} ({} answers of {} validation patients, {} of them right).\n",
            part.lang, on.samples, on.patients, on.right
        );
    };
    let [low, high] = held_out.ece_interval;
    let mut text = format!(
        "- The confidence of {what} in {} is calibrated on {} answers of {} validation patients; on {} answers of {} test patients it is off by {:.3} (95 %: {low:.3} to {high:.3}).",
        part.lang, on.samples, on.patients, held_out.samples, held_out.patients, held_out.ece
    );
    if let Some(margin) = &part.margin {
        let _ = write!(
            text,
            " Widened by {:.2} of its side on each side, a box holds the true one it overlaps with a probability of at least {:.2} ({} patients).",
            margin.by,
            1.0 - margin.alpha,
            margin.patients
        );
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use medreg_datasets::ids::ProjectId;
    use medreg_datasets::lang::LangPair;
    use medreg_datasets::snapshot::{Counts, ObjectRef, SCHEMA, SplitShares};

    #[test]
    fn the_card_says_what_a_reader_must_know() {
        let id = Digest::of(b"snapshot");
        let manifest = Manifest {
            schema: SCHEMA,
            project: ProjectId::fresh(),
            project_name: "Phantoms".to_owned(),
            synthetic: true,
            langs: LangPair::default(),
            ontology: vec![],
            guideline: String::new(),
            shares: SplitShares::default(),
            filter: medreg_datasets::filter::Filter::default(),
            cases: ObjectRef {
                sha256: Digest::of(b""),
                bytes: 0,
            },
            counts: Counts::default(),
        };
        let evaluation = Evaluation {
            images: 3,
            accuracy: BTreeMap::from([(Lang::en(), 0.75)]),
            mean_iou: BTreeMap::from([(Lang::zh(), 0.5)]),
            ..Evaluation::default()
        };
        let provenance = Provenance {
            base: &ModelRef::Builtin {
                name: "shapes".to_owned(),
            },
            snapshot: &id,
            manifest: &manifest,
            config: &RunConfig::default(),
            steps: 12,
            stopped: true,
            describes: false,
            evaluation: Some(&evaluation),
            calibration: None,
        };
        let text = card(&provenance);
        for part in [
            "Synthetic",
            "`shapes`",
            id.as_str(),
            "12 of 600 steps, stopped by hand",
            "| en | 0.750 | – | – |",
            "| zh | – | 0.500 | – |",
            "no medical device",
            "token probabilities, not calibrated",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
        let unscored = card(&Provenance {
            evaluation: None,
            ..provenance
        });
        assert!(unscored.contains("no test images"));
    }
}
