use super::*;
use medreg_datasets::ids::ImageId;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(super) fn boxed(corners: [f64; 4]) -> PixelBox {
    corners.try_into().unwrap()
}

pub(super) fn sample(patient: &str, right: bool, pair: Option<(PixelBox, PixelBox)>) -> Sample {
    let signals = Signals {
        mean: -0.1,
        least: -0.4,
        margin: 1.0,
        entropy: 0.2,
    };
    Sample {
        patient: patient.to_owned(),
        answer: signals,
        coordinates: Some(signals),
        right,
        pair,
    }
}

/// A model that is too sure: its log-odds are three times the true ones.
fn told(
    rng: &mut ChaCha8Rng,
    patient: usize,
    split: Split,
    task: Task,
    lang: &Lang,
) -> PredictionLine {
    let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
    let (true_odds, noise, error) = (
        1.0 + 1.5 * normal(),
        0.3 * normal(),
        [0; 4].map(|_| 3.0 * normal()),
    );
    let chance = 1.0 / (1.0 + (-true_odds).exp());
    let right = rng.random::<f64>() < chance;
    let claimed = 1.0 / (1.0 + (-3.0 * (true_odds + noise)).exp());
    let signals = Signals {
        mean: claimed.max(1e-12).ln(),
        least: 2.0 * claimed.max(1e-12).ln(),
        margin: 3.0 * true_odds,
        entropy: 0.5 * rng.random::<f64>(),
    };
    let truth = boxed([100.0, 100.0, 140.0, 160.0]);
    let predicted = match right {
        true => boxed([
            100.0 + error[0].abs() * 0.8,
            100.0 + error[1] * 0.8,
            140.0 + error[2] * 0.8,
            160.0 + error[3],
        ]),
        // Overlaps and misses: below half.
        false => boxed([125.0 + error[0].abs(), 100.0, 180.0, 160.0]),
    };
    let located = task == Task::TextToRegion;
    PredictionLine {
        image: ImageId::fresh(),
        patient: format!("{split}-{patient}"),
        split,
        task: task.as_str().to_owned(),
        lang: lang.clone(),
        concept: "liver".parse().unwrap(),
        question: String::new(),
        answer: String::new(),
        truth: String::new(),
        truth_boxes: vec![truth],
        boxes: if located { vec![predicted] } else { Vec::new() },
        correct: (!located).then_some(right),
        signals: Some(signals),
        box_signals: if located { vec![signals] } else { Vec::new() },
    }
}

fn simulated(patients: usize, seed: u64) -> Vec<PredictionLine> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut lines = Vec::new();
    for split in [Split::Val, Split::Test] {
        for patient in 0..patients {
            // From one picture to five.
            for _ in 0..rng.random_range(1..=5) {
                for task in [Task::RegionToText, Task::TextToRegion] {
                    for lang in [Lang::en(), Lang::zh()] {
                        lines.push(told(&mut rng, patient, split, task, &lang));
                    }
                }
            }
        }
    }
    lines
}

#[test]
fn simulated_confidences_become_true_and_boxes_hold_as_often_as_promised_on_new_patients() {
    let found = Calibration::study(&simulated(500, 5), Split::Val, Split::Test, 20);
    assert_eq!(found.parts.len(), 4);
    for part in &found.parts {
        let (before, after) = (part.before.as_ref().unwrap(), part.after.as_ref().unwrap());
        assert!(before.ece > 0.08, "{before:?}");
        assert!(after.ece <= 0.05, "{part:?}");
        assert!(after.brier < before.brier && after.ece_interval[0] < after.ece_interval[1]);
        // Monotone maps do not tell right from wrong better than their signal, and this one was not the worst.
        assert!(after.auroc.unwrap() > before.auroc.unwrap() - 0.02);
        let study = part.study.as_ref().unwrap();
        assert!(study.ece_after.mean <= 0.05, "{study:?}");
        if part.task == "t2r" {
            let held = study.held.unwrap();
            assert!((held.mean - (1.0 - ALPHA)).abs() <= 0.03, "{held:?}");
            assert!(
                (part.held.unwrap() - (1.0 - ALPHA)).abs() <= 0.05,
                "{part:?}"
            );
        }
    }
}

#[test]
fn the_held_out_patients_are_not_looked_at_when_a_map_is_chosen() {
    let lines = simulated(60, 6);
    let mut turned = lines.clone();
    for line in turned.iter_mut().filter(|line| line.split == Split::Test) {
        line.correct = line.correct.map(|right| !right);
    }
    let (a, b) = (
        Calibration::fit(&lines, Split::Val, Split::Test),
        Calibration::fit(&turned, Split::Val, Split::Test),
    );
    for (a, b) in a.parts.iter().zip(&b.parts) {
        assert_eq!(
            (&a.map, &a.candidates, &a.margin),
            (&b.map, &b.candidates, &b.margin)
        );
    }
}

#[test]
fn too_few_patients_calibrate_nothing_and_old_lines_say_nothing() {
    let lines = simulated(FEWEST_PATIENTS - 1, 7);
    let found = Calibration::fit(&lines, Split::Val, Split::Test);
    assert!(
        found
            .parts
            .iter()
            .all(|part| part.map.is_none() && part.before.is_some())
    );
    assert!(in_words(&found).contains("not calibrated"));
    let mut old = lines;
    old.iter_mut().for_each(|line| line.signals = None);
    let none = Calibration::fit(&old, Split::Val, Split::Test);
    assert!(
        none.parts
            .iter()
            .all(|part| part.fitted_on == Count::default()
                && part.before.is_none()
                && part.margin.is_none())
    );
}

#[test]
fn what_is_written_is_read_again_and_gives_the_same_numbers() {
    let found = Calibration::fit(&simulated(80, 8), Split::Val, Split::Test);
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Calibration::read(folder.path()).unwrap(), None);
    found.write(folder.path()).unwrap();
    let read = Calibration::read(folder.path()).unwrap().unwrap();
    // A number read from JSON may differ in its last bit.
    assert_eq!(in_words(&read), in_words(&found));
    let signals = simulated(1, 9)[0].signals.unwrap();
    let signals = RegionSignals {
        answer: signals,
        coordinates: signals,
    };
    let confidence = read.confidence(&Lang::en(), &signals).unwrap();
    assert!((0.0..=1.0).contains(&confidence));
    let before = found.confidence(&Lang::en(), &signals).unwrap();
    assert!((before - confidence).abs() < 1e-12);
    assert_eq!(read.confidence(&"ja".parse().unwrap(), &signals), None);
    for part in &read.parts {
        let svg = diagram(part);
        assert!(
            svg.starts_with("<svg") && svg.contains("ECE") && svg.matches("<circle").count() > 2
        );
    }
    std::fs::write(folder.path().join(CALIBRATION_FILE), "{").unwrap();
    let error = Calibration::read(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains(CALIBRATION_FILE) && error.contains("calibrate"),
        "{error}"
    );
}

/// The answers of `tests/reference/calibration.py`.
fn ruled() -> (Vec<f64>, Vec<bool>) {
    let odds = |n: u32| (f64::from(n * 37 % 240) - 110.0) / 40.0;
    let right =
        |n: u32| f64::from(n * 53 % 97) / 97.0 < signal::logistic(0.6f64.mul_add(odds(n), 0.3));
    ((0..240).map(odds).collect(), (0..240).map(right).collect())
}

#[test]
fn fits_and_figures_are_those_of_scikit_learn() {
    let stored = include_str!("../../tests/reference/calibration.json");
    let stored: serde_json::Value = serde_json::from_str(stored).unwrap();
    let number = |pointer: &str| stored.pointer(pointer).unwrap().as_f64().unwrap();
    let close = |found: f64, pointer: &str, within: f64| {
        let expected = number(pointer);
        assert!(
            (found - expected).abs() < within,
            "{pointer}: {found} {expected}"
        );
    };
    let (odds, right) = ruled();
    let platt = Platt::fit(&odds, &right);
    close(platt.slope, "/platt/0", 1e-5);
    close(platt.intercept, "/platt/1", 1e-5);
    let isotonic = Isotonic::fit(&odds, &right);
    for probe in 0..8 {
        let found = isotonic.probability(number(&format!("/probes/{probe}")));
        // Ours stays off 0 and 1.
        close(found, &format!("/isotonic/{probe}"), 1.0 / 242.0 + 1e-12);
    }
    let samples: Vec<Sample> = (odds.iter().zip(&right).enumerate())
        .map(|(n, (odds, right))| Sample {
            answer: Signals {
                margin: *odds,
                ..sample("", true, None).answer
            },
            ..sample(&format!("P{n}"), *right, None)
        })
        .collect();
    let margin = Measure::ALL[2];
    let claimed = |s: &Sample| margin.log_odds(&s.answer, None).map(signal::logistic);
    let found = Reliability::of(&samples, claimed).unwrap();
    close(found.auroc.unwrap(), "/auroc", 1e-12);
    close(found.brier, "/brier", 1e-12);
    close(found.ece, "/ece", 1e-12);
    close(found.aurc, "/aurc", 1e-12);
}
