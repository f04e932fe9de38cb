//! The published evaluators' own numbers, each of their quirks by its name, and strict scores worked by hand.

use super::entries::Entry;
use super::resample::{self, Draws, Patients};
use super::text::WordNet;
use super::text::meteor::Meteor;
use super::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn of(task: Task, mode: Mode, tongue: Tongue) -> Box<dyn Measure> {
    measure(task, mode, tongue, None, Meteor::new(None))
}

/// The scores of pairs of answer and right answer.
fn scores(measure: &dyn Measure, pairs: &[(&str, &str)]) -> BTreeMap<&'static str, f64> {
    let mut sums = vec![0.0; measure.width()];
    for (answer, truth) in pairs {
        let counted = measure.count(&entry(answer, truth)).unwrap();
        sums.iter_mut()
            .zip(counted)
            .for_each(|(sum, one)| *sum += one);
    }
    let scores = measure.scores(&sums).into_iter();
    scores
        .filter_map(|score| Some((score.name, score.value?)))
        .collect()
}

fn entry(answer: &str, truth: &str) -> Entry {
    Entry {
        answer: answer.to_owned(),
        truth: truth.to_owned(),
        size: Some([999.0, 999.0]),
        ..Entry::default()
    }
}

fn paper(task: Task, pairs: &[(&str, &str)]) -> BTreeMap<&'static str, f64> {
    scores(of(task, Mode::Paper, Tongue::English).as_ref(), pairs)
}

fn strict(task: Task, pairs: &[(&str, &str)]) -> BTreeMap<&'static str, f64> {
    scores(of(task, Mode::Strict, Tongue::English).as_ref(), pairs)
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-6, "{a} {b}");
}

/// What an evaluator printed for a file; `trainer/tests/reference/scores/README.md` says how.
#[derive(Deserialize)]
struct Printed {
    file: String,
    task: String,
    lang: String,
    scores: BTreeMap<String, f64>,
}

#[test]
fn paper_gives_what_the_published_evaluators_printed() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference/scores");
    let printed = std::fs::read(folder.join("published.json")).unwrap();
    let printed: Vec<Printed> = serde_json::from_slice(&printed).unwrap();
    assert_eq!(printed.len(), 11);
    for printed in printed {
        let wordnet = WordNet::open("/usr/share/wordnet".as_ref()).ok();
        let synonyms = wordnet.is_some();
        let (task, tongue) = named(&printed);
        let labels = LabelSet::published(printed.file.trim_end_matches(".json"));
        let measure = measure(task, Mode::Paper, tongue, labels, Meteor::new(wordnet));
        let mut tally = Tally::new(measure.as_ref());
        let filter = Filter { task, tongue };
        tally
            .read(
                &folder.join(&printed.file),
                measure.as_ref(),
                filter,
                false,
                &mut |_| {},
            )
            .unwrap();
        assert_eq!(tally.left_out, 0, "{}", printed.file);
        let ours = measure.scores(&tally.sums);
        for (name, theirs) in &printed.scores {
            // Without WordNet, as on a machine without wordnet-base, METEOR is another one.
            if name == "meteor" && !synonyms {
                continue;
            }
            let ours = ours
                .iter()
                .find(|score| score.name == name)
                .and_then(|score| score.value)
                .unwrap();
            assert!(
                (ours - theirs).abs() < 1e-6,
                "{} {name}: {ours} {theirs}",
                printed.file
            );
        }
    }
}

fn named(printed: &Printed) -> (Task, Tongue) {
    let task = match printed.task.as_str() {
        "r2t" => Task::RegionToText,
        "t2r-sosr" => Task::OneRegion,
        "t2r-somr" => Task::ManyRegions,
        "t2r-mosr" => Task::OnePerObject,
        "t2r-momr" => Task::ManyObjects,
        "vqa" => Task::Answer,
        "rg" => Task::Report,
        _ => Task::Labels,
    };
    let tongue = if printed.lang == "zh" {
        Tongue::Chinese
    } else {
        Tongue::English
    };
    (task, tongue)
}

const LIVER: &str = "<ref>liver</ref><box>[[0, 0, 100, 100]]</box>";

#[test]
fn quirk_precision_and_recall_are_swapped() {
    // One of two predictions hits the one true box.
    let said = paper(
        Task::ManyObjects,
        &[("liver[[0, 0, 100, 100], [500, 500, 600, 600]]", LIVER)],
    );
    assert_eq!((said["box_pre"], said["box_recall"]), (1.0, 0.5));
    let meant = strict(
        Task::ManyObjects,
        &[("liver[[0, 0, 100, 100], [500, 500, 600, 600]]", LIVER)],
    );
    assert_eq!(
        (meant["region_precision"], meant["region_recall"]),
        (0.5, 1.0)
    );
}

#[test]
fn quirk_a_part_of_a_name_or_no_name_is_the_right_object() {
    let truth = "<ref>left lung</ref><box>[[0, 0, 100, 100]]</box>";
    for said in ["lung[[0, 0, 100, 100]]", "[[0, 0, 100, 100]]"] {
        assert_eq!(paper(Task::ManyObjects, &[(said, truth)])["object_f1"], 1.0);
        assert_eq!(
            strict(Task::ManyObjects, &[(said, truth)])["object_f1"],
            0.0
        );
    }
}

#[test]
fn quirk_many_regions_of_one_object_need_an_iou_of_three_quarters() {
    let said = "liver[[0, 0, 60, 100]]";
    assert_eq!(paper(Task::ManyRegions, &[(said, LIVER)])["f1"], 0.0);
    assert_eq!(paper(Task::ManyObjects, &[(said, LIVER)])["box_f1"], 1.0);
}

#[test]
fn quirk_names_of_one_region_each_go_by_list_and_not_by_box() {
    // The second box of the first list has the place of the second name.
    let truth = "<ref>liver</ref><box>[[0, 0, 100, 100], [200, 0, 300, 100]]</box>, <ref>spleen</ref><box>[[400, 0, 500, 100]]</box>";
    let said = "liver[[0, 0, 100, 100], [200, 0, 300, 100]], kidney[[400, 0, 500, 100]]";
    let of_lists = paper(Task::OnePerObject, &[(said, truth)]);
    close(of_lists["object_acc"], 1.0 / 3.0);
    close(
        paper(Task::ManyObjects, &[(said, truth)])["object_pre"],
        2.0 / 3.0,
    );
    // All pairs with names have their IoU counted, and right names alone divide.
    close(of_lists["object_iou"], 2.0);
}

#[test]
fn quirk_one_region_is_printed_with_four_digits() {
    let said = paper(Task::OneRegion, &[(LIVER, LIVER), ("", LIVER), ("", LIVER)]);
    assert_eq!(said["acc50"], 0.3333);
}

#[test]
fn quirk_chinese_rouge_sees_digits_and_is_swapped() {
    let chinese = of(Task::Report, Mode::Paper, Tongue::Chinese);
    let said = scores(chinese.as_ref(), &[("结节3和5毫米", "囊肿5和3厘米")]);
    // Both digits are there, in the other order: ROUGE-1 is 1, ROUGE-L a half, each under the other's name.
    assert_eq!((said["rougeL"], said["rouge1"]), (1.0, 0.5));
    let other = scores(chinese.as_ref(), &[("左肺结节", "左肺结节")]);
    assert_eq!(other["rougeL"], 0.0);
    let strict = of(Task::Report, Mode::Strict, Tongue::Chinese);
    assert_eq!(
        scores(strict.as_ref(), &[("左肺结节", "左肺结节")])["rougeL"],
        1.0
    );
}

#[test]
fn quirk_english_bleu_is_of_the_corpus_and_chinese_bleu_a_mean() {
    let pairs = [("a b c", "a b c"), ("x", "y")];
    let english = scores(
        of(Task::Report, Mode::Paper, Tongue::English).as_ref(),
        &pairs,
    );
    close(english["bleu1"], 0.75);
    let chinese = scores(
        of(Task::Report, Mode::Paper, Tongue::Chinese).as_ref(),
        &[("肝脏", "肝脏"), ("左肺", "心脏")],
    );
    close(chinese["bleu1"], 0.5);
}

#[test]
fn quirk_a_chinese_question_is_closed_by_its_prediction() {
    let chinese = of(Task::Answer, Mode::Paper, Tongue::Chinese);
    let said = scores(
        chinese.as_ref(),
        &[("yes", "no"), ("是", "yes"), ("no", "no")],
    );
    close(said["closedQuestionsAccuracy"], 0.5);
    // `not` joins the right answer, and half of it is enough.
    assert_eq!(
        scores(chinese.as_ref(), &[("no", "no")])["closedQuestionsAccuracy"],
        1.0
    );
}

#[test]
fn quirk_three_quarters_of_a_name_are_right() {
    let said = paper(
        Task::RegionToText,
        &[
            ("left upper lobe", "left upper lung lobe"),
            ("lung", "left lung"),
        ],
    );
    assert_eq!(said["accuracy"], 0.5);
    assert_eq!(
        strict(
            Task::RegionToText,
            &[("left upper lobe", "left upper lung lobe")]
        )["accuracy"],
        0.0
    );
}

#[test]
fn quirk_a_label_that_shares_nothing_is_the_first_one() {
    let labels = LabelSet::published("busi_test");
    let measure = measure(
        Task::Labels,
        Mode::Paper,
        Tongue::English,
        labels,
        Meteor::new(None),
    );
    let said = scores(
        measure.as_ref(),
        &[("no idea", "benign"), ("normal", "normal")],
    );
    assert_eq!((said["Accuracy"], said["F1-macro"]), (1.0, 1.0));
}

#[test]
fn quirk_where_an_evaluator_ends_an_entry_is_left_out() {
    let one = |task| of(task, Mode::Paper, Tongue::English);
    let no_box = entry(LIVER, "<ref>liver</ref> is absent.");
    assert_eq!(
        one(Task::ManyObjects).count(&no_box),
        Err(Unscorable::NoTruth)
    );
    let broken = entry("liver[[01, 2, 3, 4]]", LIVER);
    assert_eq!(
        one(Task::ManyObjects).count(&broken),
        Err(Unscorable::NoName)
    );
    assert!(one(Task::OnePerObject).count(&broken).is_ok());
    let crooked = entry(LIVER, "<ref>liver</ref><box>[[1, 2, 3]]</box>");
    assert_eq!(
        one(Task::OneRegion).count(&crooked),
        Err(Unscorable::TruthBoxes)
    );
}

#[test]
fn strict_regions_are_as_worked_by_hand() {
    let said = strict(
        Task::ManyObjects,
        &[
            // The place of the left lung under the right one's name, and a turned-round box that hits nothing.
            (
                "right lung[[0, 0, 100, 100]], liver[[9, 9, 1, 1]]",
                "<ref>left lung</ref><box>[[0, 0, 100, 100]]</box>",
            ),
            // Half of a liver is a hit.
            ("<ref>Liver</ref><box>[[0, 0, 50, 100]]</box>", LIVER),
            (
                "<ref>spleen</ref> is absent.",
                "<ref>spleen</ref> is absent.",
            ),
        ],
    );
    close(said["object_f1"], 2.0 / 4.0);
    assert_eq!(
        (said["region_precision"], said["region_recall"]),
        (2.0 / 3.0, 1.0)
    );
    assert_eq!(
        (said["aligned_precision"], said["aligned_recall"]),
        (1.0 / 3.0, 0.5)
    );
    close(said["iou"], 0.75);
    close(said["accuracy"], 2.0 / 3.0);
    assert_eq!(
        (said["absent_without_boxes"], said["laterality_error"]),
        (1.0, 1.0)
    );
}

#[test]
fn strict_answers_and_labels_are_as_worked_by_hand() {
    let answers = [
        ("Yes, there is.", "yes"),
        ("no", "yes"),
        ("left lung", "Left lung"),
        ("right lung", "left lung"),
    ];
    let said = strict(Task::Answer, &answers);
    assert_eq!(
        (
            said["closed_accuracy"],
            said["open_accuracy"],
            said["accuracy"]
        ),
        (0.5, 0.5, 0.5)
    );
    assert_eq!((said["open_recall"], said["laterality_error"]), (0.75, 0.5));
    let labels = LabelSet {
        labels: ["a", "b", "c"].map(str::to_owned).into(),
        several: true,
    };
    let measure = measure(
        Task::Labels,
        Mode::Strict,
        Tongue::English,
        Some(labels),
        Meteor::new(None),
    );
    let said = scores(measure.as_ref(), &[("A, b", "a"), ("nothing", "b")]);
    // a: F1 1; b: said once wrongly, missed once; c is nowhere right.
    assert_eq!(
        (said["macro_f1"], said["micro_f1"], said["not_a_label"]),
        (0.5, 0.5, 0.5)
    );
}

#[test]
fn patients_are_drawn_whole_and_equal_models_do_not_differ() {
    let measure = of(Task::RegionToText, Mode::Strict, Tongue::English);
    let patients = |right: u32| {
        let mut patients = Patients::default();
        for number in 0..40u32 {
            let said = if number / 2 < right {
                "liver"
            } else {
                "spleen"
            };
            let entry = Entry {
                patient: Some(format!("P{}", number / 2)),
                number: number.into(),
                ..entry(said, "liver")
            };
            patients.add(&entry, &measure.count(&entry).unwrap());
        }
        patients
    };
    let draws = Draws {
        count: 400,
        seed: 7,
    };
    let (good, bad) = (patients(18), patients(4));
    assert_eq!(good.len(), 20);
    let [low, high] = resample::intervals(measure.as_ref(), &good, draws)[0].unwrap();
    // Of 20 patients with 0.9 right; the binomial 95 % of 20 draws goes from 0.75 to 1.
    assert!(
        (0.70..=0.80).contains(&low) && (0.95..=1.0).contains(&high),
        "{low} {high}"
    );
    let same =
        resample::compare(measure.as_ref(), &good, &patients(18), draws).unwrap()[0].unwrap();
    assert_eq!((same.difference, same.p), (0.0, 1.0));
    let apart = resample::compare(measure.as_ref(), &good, &bad, draws).unwrap()[0].unwrap();
    close(apart.difference, 0.7);
    assert!(apart.p < 0.02 && apart.ci95.unwrap()[0] > 0.3, "{apart:?}");
}

/// Texts and what other programs score them.
#[derive(Deserialize)]
struct Outside {
    pairs: Vec<(String, String)>,
    scores: BTreeMap<String, f64>,
}

#[test]
fn strict_likeness_of_texts_is_that_of_sacrebleu_rouge_score_nltk_and_jieba() {
    let Some(python) = std::env::var_os("MEDREG_SCORERS_PYTHON") else {
        eprintln!(
            "left out: MEDREG_SCORERS_PYTHON names no Python with sacrebleu, rouge-score, nltk and jieba"
        );
        return;
    };
    let wordnet = || WordNet::open("/usr/share/wordnet".as_ref()).ok();
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference/text_scores.py");
    let folder = wordnet().map(|_| "/usr/share/wordnet");
    let printed = std::process::Command::new(python)
        .arg(script)
        .args(folder)
        .output()
        .unwrap();
    assert!(
        printed.status.success(),
        "{}",
        String::from_utf8_lossy(&printed.stderr)
    );
    let outside: [Outside; 2] = serde_json::from_slice(&printed.stdout).unwrap();
    for (outside, tongue) in outside.iter().zip([Tongue::English, Tongue::Chinese]) {
        let measure = measure(
            Task::Report,
            Mode::Strict,
            tongue,
            None,
            Meteor::new(wordnet()),
        );
        let pairs: Vec<_> = outside
            .pairs
            .iter()
            .map(|(said, right)| (said.as_str(), right.as_str()))
            .collect();
        let ours = scores(measure.as_ref(), &pairs);
        for (name, theirs) in &outside.scores {
            let ours = ours[name.as_str()];
            assert!(
                (ours - theirs).abs() < 1e-4,
                "{tongue:?} {name}: {ours} {theirs}"
            );
        }
    }
}
