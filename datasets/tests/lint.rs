//! The bilingual checks: what they find in the committed corpus, and that no text makes them fail.

// Helpers outside `#[test]` functions are tests all the same.
#![allow(clippy::unwrap_used)]

use medreg_datasets::lang::Lang;
use medreg_datasets::lint::corpus::{Entry, Scores};
use medreg_datasets::lint::files::{self, Pairing, Record};
use medreg_datasets::lint::{Flag, Rule, Said, Subject, check, messages};
use proptest::prelude::*;
use std::path::Path;

fn corpus(name: &str) -> Vec<Entry> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("samples/lint")
        .join(name);
    let lines = std::fs::read_to_string(path).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn scored(name: &str) -> Scores {
    let mut scores = Scores::default();
    corpus(name).iter().for_each(|entry| scores.add(entry));
    scores
}

/// Sides and numbers are what the rules must not miss; what they find must mostly be there, or nobody looks any more.
#[test]
fn sides_and_numbers_are_found_in_pairs_that_the_rules_were_not_tuned_on() {
    for name in ["open.jsonl", "held-out.jsonl"] {
        let scores = scored(name);
        for rule in [Rule::Laterality, Rule::Numbers] {
            let score = scores.of(rule);
            assert!(score.recall() >= 0.9, "{name}: {rule}: {score:?}");
            assert!(score.precision() >= 0.9, "{name}: {rule}: {score:?}");
        }
    }
}

fn found(en: &str, zh: &str) -> Vec<Flag> {
    let (english, chinese) = (Lang::en(), Lang::zh());
    let texts = vec![
        Said {
            lang: &english,
            text: en,
        },
        Said {
            lang: &chinese,
            text: zh,
        },
    ];
    let subject = Subject {
        texts,
        ..Subject::default()
    };
    check(&subject, &Rule::ALL)
}

/// The part of a text between two UTF-16 offsets, as a browser cuts it.
fn cut(text: &str, start: usize, end: usize) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    String::from_utf16(&units[start..end]).unwrap()
}

#[test]
fn a_mark_covers_what_is_wrong_and_its_fix_makes_it_right() {
    let (en, zh) = ("🩻 Left kidney cyst, 35 mm.", "𠮷：右肾囊肿，5.3厘米。");
    let findings = found(en, zh);
    let rules: Vec<Rule> = findings.iter().map(|f| f.rule).collect();
    assert_eq!(rules, [Rule::Laterality, Rule::Numbers]);
    let mut fixed = zh.to_owned();
    for finding in &findings {
        let against = finding.against.as_ref().unwrap();
        let span = against.span.unwrap();
        let wrong = cut(zh, span.start, span.end);
        fixed = fixed.replacen(&wrong, against.fix.as_ref().unwrap(), 1);
    }
    assert_eq!(fixed, "𠮷：左肾囊肿，3.5厘米。");
    assert_eq!(found(en, &fixed), []);
    assert!(findings[0].sentence().contains("`Left` here, but `右`"));
}

#[test]
fn what_a_template_left_open_is_told_and_speaks_for_no_other_rule() {
    let findings = found(
        "Nodule in the left lung, {size} mm.",
        "肺结节，｛right｝侧，12毫米。",
    );
    let [english, chinese] = findings.as_slice() else {
        panic!("{findings:?}")
    };
    assert!(findings.iter().all(|f| f.rule == Rule::Placeholder));
    assert_eq!(english.sentence(), "`{size}` is still to be filled in");
    let span = chinese.mark.span.unwrap();
    assert_eq!((span.start, span.end), (4, 11));
}

/// A text in traditional characters is marked where it was written, and corrected in its own.
#[test]
fn a_traditional_text_is_marked_and_corrected_as_it_is_written() {
    let (english, taiwan) = (Lang::en(), "zh-TW".parse().unwrap());
    let text = "左側肋膜積液，結節3公分。";
    let texts = vec![
        Said {
            lang: &english,
            text: "Bilateral pleural effusion, nodule 2 cm.",
        },
        Said {
            lang: &taiwan,
            text,
        },
    ];
    let subject = Subject {
        texts,
        ..Subject::default()
    };
    let findings = check(&subject, &Rule::ALL);
    let marks: Vec<_> = findings
        .iter()
        .map(|f| f.against.as_ref().unwrap())
        .collect();
    let fixes: Vec<_> = marks.iter().map(|m| m.fix.as_deref().unwrap()).collect();
    assert_eq!(fixes, ["雙", "2"]);
    let spans = marks.iter().map(|m| m.span.unwrap());
    let quoted: Vec<String> = spans.map(|s| cut(text, s.start, s.end)).collect();
    assert_eq!(quoted, ["左", "3"]);
}

#[test]
fn the_page_has_words_for_every_message() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/src/i18n/locales/en.json");
    let texts = std::fs::read_to_string(page).unwrap();
    let texts: serde_json::Value = serde_json::from_str(&texts).unwrap();
    let words = texts["flag"].as_object().unwrap();
    let mut known: Vec<&str> = messages().collect();
    known.sort_unstable();
    let mut written: Vec<&str> = words.keys().map(String::as_str).collect();
    written.sort_unstable();
    assert_eq!(written, known);
}

#[test]
fn the_two_files_of_an_export_are_brought_together() {
    let line = |image: &str, bbox: &str, said: &str| -> medreg_datasets::medreginstruct::Line {
        let question = format!(
            "<image>\nPlease describe <ref>this</ref><box>[[{bbox}]]</box> in this X-ray image."
        );
        let turns = serde_json::json!([{ "from": "human", "value": question }, { "from": "gpt", "value": said }]);
        let line =
            serde_json::json!({ "id": 0, "image": image, "conversations": turns }).to_string();
        match files::read(&line) {
            Ok(Record::Conversation(line)) => *line,
            other => panic!("{other:?}"),
        }
    };
    let mut pairing = Pairing::new([Lang::en(), Lang::zh()]);
    assert!(
        pairing
            .take(0, 1, &line("a.png", "1, 2, 3, 4", "Left lung."))
            .is_none()
    );
    assert!(
        pairing
            .take(0, 2, &line("a.png", "5, 6, 7, 8", "Heart."))
            .is_none()
    );
    let pair = pairing
        .take(1, 1, &line("a.png", "1, 2, 3, 4", "右肺。"))
        .unwrap();
    assert_eq!(pair.lines, [Some(1), Some(1)]);
    assert_eq!(pairing.check(&pair, &Rule::ALL)[0].rule, Rule::Laterality);
    let rest = pairing.rest();
    assert_eq!(rest[0].lines, [Some(2), None]);
    assert_eq!(pairing.check(&rest[0], &Rule::ALL)[0].rule, Rule::Empty);
}

/// Pieces that the rules look for, in any order.
const PIECES: &[&str] = &[
    "left",
    "Right",
    " ",
    "bilateral",
    "both lungs",
    "no",
    "not",
    "seen",
    "without",
    "3",
    "4.5",
    "x",
    "×",
    "cm",
    "mm",
    "mL",
    "，",
    "、",
    "。",
    ".",
    ",",
    "左",
    "右",
    "双",
    "两",
    "左右",
    "径",
    "侧",
    "両",
    "肺",
    "肾",
    "结节",
    "囊肿",
    "雙側",
    "囊腫",
    "無",
    "未见",
    "无",
    "不能",
    "除外",
    "可能",
    "なし",
    "認めない",
    "疑い",
    "結節",
    "三",
    "十",
    "点",
    "百分之",
    "分之",
    "个",
    "第",
    "厘米",
    "ミリ",
    "twenty",
    "hundred",
    "and",
    "point",
    "five",
    "T1",
    "L4-5",
    "IV",
    "Ⅱ",
    "1/3",
    "ｍｍ",
    "３",
    "\u{3000}",
    "\n",
    "?",
    "May",
    "non",
    "nodule",
    "🩻",
    "𠮷",
    "{",
    "}",
    "{size}",
    "é",
    "İ",
];

fn pieced() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES), 0..24)
        .prop_map(|pieces| pieces.concat())
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![pieced(), r"\PC{0,60}", any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_makes_it_panic_and_every_mark_lies_on_whole_characters(
        a in texts(), b in texts(), langs in proptest::sample::select(vec![["en", "zh"], ["en", "ja"], ["zh", "ja"], ["ja", "en"], ["fr", "zh"], ["en", "zh-Hant"]]),
    ) {
        let langs = langs.map(|lang| lang.parse::<Lang>().unwrap());
        let said = [&a, &b];
        let texts = langs.iter().zip(said).map(|(lang, text)| Said { lang, text }).collect();
        let concept = medreg_datasets::lint::corpus::by_key(&"left_lung_nodule".parse().unwrap());
        let subject = Subject { texts, concept: Some(&concept), presence: Some(Default::default()), ..Subject::default() };
        for finding in check(&subject, &Rule::ALL) {
            prop_assert!(!finding.sentence().is_empty() && !finding.sentence().contains('{') || a.contains('{') || b.contains('{'), "{finding:?}");
            for mark in [Some(&finding.mark), finding.against.as_ref()].into_iter().flatten() {
                let text = if mark.lang == langs[0] { &a } else { &b };
                if let Some(span) = mark.span {
                    let units: Vec<u16> = text.encode_utf16().collect();
                    prop_assert!(span.start <= span.end && span.end <= units.len());
                    prop_assert!(String::from_utf16(&units[span.start..span.end]).is_ok());
                }
            }
        }
    }
}
