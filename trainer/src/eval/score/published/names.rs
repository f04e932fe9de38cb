//! Region-to-Text (`regr2t/evaluator.py`) and visual questions (`vqa/evaluator.py`): bags of words, and BLEU-1 in 32-bit floats.

use super::super::entries::Entry;
use super::super::measure::{Measure, Score, Unscorable};
use super::super::python;
use super::super::text::{bleu, chinese};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

#[allow(clippy::unwrap_used)] // A pattern written here.
static BOXES: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[\[.*?\]\]").unwrap());

/// The words that two texts share.
struct Shared {
    recall: f64,
    f1: f64,
}

/// Shared words as a part of each side's; different words, however often they stand there.
fn shared(said: &BTreeSet<&str>, right: &BTreeSet<&str>) -> Shared {
    let both = said.intersection(right).count() as f64;
    let part = |of: usize| if of == 0 { 0.0 } else { both / of as f64 };
    let (precision, recall) = (part(said.len()), part(right.len()));
    Shared {
        recall,
        f1: 2.0 * (precision * recall) / (precision + recall + 1e-8),
    }
}

fn bag(text: &str) -> BTreeSet<&str> {
    python::words(text).collect()
}

/// What a region is (`R2TEvaluator`).
pub struct Names;

impl Measure for Names {
    fn width(&self) -> usize {
        5
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let answer = entry.answer.to_lowercase();
        let (said, right) = (BOXES.replace_all(&answer, ""), entry.truth.to_lowercase());
        let words = shared(&bag(&said), &bag(&right));
        let bleu = bleu::unigram(python::words(&said), python::words(&right));
        let right = f64::from(u8::from(words.recall >= 0.75));
        Ok(vec![1.0, f64::from(bleu), words.f1, words.recall, right])
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        let names = ["bleu1", "F1", "recall", "accuracy"];
        let means = names.into_iter().zip(&sums[1..]);
        means
            .map(|(name, sum)| Score::ratio(name, *sum, sums[0]))
            .collect()
    }
}

/// Answers in English (`VQAEvaluator`).
pub struct Answers;

/// Answers in Chinese (`VQAEvaluatorChinese`).
pub struct ChineseAnswers;

const ANSWER_SUMS: usize = 8;

/// The sums of an answer: a closed one is right from some recall on, an open one from 0.75.
fn answer_sums(bleu: f32, words: &Shared, closed: Option<bool>) -> Vec<f64> {
    let sign = |yes: bool| f64::from(u8::from(yes));
    let open = sign(closed.is_none());
    vec![
        1.0,
        f64::from(bleu),
        words.f1,
        words.recall,
        1.0 - open,
        sign(closed == Some(true)),
        open * words.recall,
        open * sign(words.recall >= 0.75),
    ]
}

fn answer_scores(sums: &[f64]) -> Vec<Score> {
    let n = sums[0];
    let open = n - sums[4];
    let or_zero = |name, part: f64, whole: f64| {
        Score::of(name, if whole == 0.0 { 0.0 } else { part / whole }, n)
    };
    vec![
        Score::ratio("bleu1", sums[1], n),
        Score::ratio("F1", sums[2], n),
        Score::ratio("recall", sums[3], n),
        or_zero("closedQuestionsAccuracy", sums[5], sums[4]),
        or_zero("openQuestionsRecall", sums[6], open),
        or_zero("openQuestionsAccuracy", sums[7], open),
    ]
}

impl Measure for Answers {
    fn width(&self) -> usize {
        ANSWER_SUMS
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let (said, right) = (clean(&entry.answer), clean(&entry.truth));
        let words = shared(&bag(&said), &bag(&right));
        let bleu = bleu::unigram(python::words(&said), python::words(&right));
        let closed = ["yes", "no"].contains(&right.as_str());
        Ok(answer_sums(
            bleu,
            &words,
            closed.then_some(words.recall >= 0.8),
        ))
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        answer_scores(sums)
    }
}

impl Measure for ChineseAnswers {
    fn width(&self) -> usize {
        ANSWER_SUMS
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let said_words = chinese::words(&entry.answer);
        let right_words = chinese::words(&entry.truth);
        let said: BTreeSet<&str> = said_words.iter().copied().collect();
        let mut right: BTreeSet<&str> = right_words.iter().copied().collect();
        let words = shared(&said, &right);
        let joined = (said_words.join(" "), right_words.join(" "));
        let bleu = bleu::unigram(python::words(&joined.0), python::words(&joined.1));
        // Whether a question is closed is seen from the answer, and `not` counts as another way to say `no`.
        let closed = ["yes", "no"].contains(&entry.answer.as_str()).then(|| {
            if right.iter().eq(&["no"]) {
                right.insert("not");
            }
            shared(&said, &right).recall >= 0.4
        });
        Ok(answer_sums(bleu, &words, closed))
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        answer_scores(sums)
    }
}

/// Lower case, parts with an underscore left out, a few words replaced, hyphens as spaces (`vqa/postprocess_utils.py`).
fn clean(text: &str) -> String {
    let parts = |text: &str| -> Vec<String> {
        let parts = text
            .split([',', ':', '.'])
            .filter(|part| !part.contains('_'));
        parts.map(str::to_owned).collect()
    };
    let lower = parts(text).join(",").to_lowercase();
    let replaced = |part: String| part.split(' ').map(long_form).collect::<Vec<_>>().join(" ");
    let parts: Vec<String> = parts(&lower).into_iter().map(replaced).collect();
    parts.join(",").replace('-', " ")
}

fn long_form(word: &str) -> &str {
    match word {
        "pa" => "posterior anterior",
        "ivc" => "inferior vena cava",
        "head" => "brain",
        "both" => "bilateral",
        "tumour" => "tumor",
        "tumours" => "tumors",
        other => other,
    }
}
