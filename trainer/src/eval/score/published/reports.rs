//! Reports as `rg/evaluator_rg.py` counts them, without what needs a network: BLEU, METEOR and ROUGE.

use super::super::entries::Entry;
use super::super::measure::{Measure, Score, Unscorable};
use super::super::python;
use super::super::text::meteor::{Meteor, split_words};
use super::super::text::{bleu, chinese, rouge};
use regex::Regex;
use std::sync::{Arc, LazyLock};

/// Reports in English (`ReportEvaluator`): BLEU over all reports together, the others as means.
pub struct Reports(pub Arc<Meteor>);

/// Reports in Chinese (`ReportEvaluatorChinese`): means of every report's score over jieba's words.
pub struct ChineseReports(pub Arc<Meteor>);

impl Measure for Reports {
    fn width(&self) -> usize {
        4 + bleu::SUMS
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let (said, right) = (clean(&entry.answer), clean(&entry.truth));
        let rouge = rouge::scores(&rouge::words(&said), &rouge::words(&right));
        let meteor = self.0.score(&split_words(&said), &split_words(&right));
        let mut sums = vec![1.0, meteor, rouge.unigrams, rouge.longest];
        sums.extend(bleu::sums(
            &bleu::words_13a(&said),
            &bleu::words_13a(&right),
        ));
        Ok(sums)
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        let bleu = |name, order| {
            Score::of(
                name,
                bleu::plain(&sums[4..], order).unwrap_or(f64::NAN),
                sums[0],
            )
        };
        vec![
            bleu("bleu1", 1),
            bleu("bleu4", 4),
            Score::ratio("meteor", sums[1], sums[0]),
            Score::ratio("rouge1", sums[2], sums[0]),
            Score::ratio("rougeL", sums[3], sums[0]),
        ]
    }
}

impl Measure for ChineseReports {
    fn width(&self) -> usize {
        6
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let said = clean_chinese(&entry.answer).replace(' ', "");
        let (said, right) = (chinese::words(&said), chinese::words(&entry.truth));
        let (spaced_said, spaced_right) = (said.join(" "), right.join(" "));
        let sums = bleu::sums(
            &bleu::words_13a(&spaced_said),
            &bleu::words_13a(&spaced_right),
        );
        let bleu = |order| bleu::plain(&sums, order).unwrap_or(0.0);
        let rouge = rouge::scores(&rouge::words(&spaced_said), &rouge::words(&spaced_right));
        let meteor = self.0.score(&said, &right);
        Ok(vec![
            1.0,
            bleu(1),
            bleu(4),
            meteor,
            rouge.unigrams,
            rouge.longest,
        ])
    }

    /// The evaluator prints ROUGE-1 under ROUGE-L's name and the other way round.
    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        vec![
            Score::ratio("bleu1", sums[1], sums[0]),
            Score::ratio("bleu4", sums[2], sums[0]),
            Score::ratio("meteor", sums[3], sums[0]),
            Score::ratio("rouge1", sums[5], sums[0]),
            Score::ratio("rougeL", sums[4], sums[0]),
        ]
    }
}

/// Lower case, full stops without spaces between what commas, colons, full stops and ends of lines part; parts with an underscore are
/// left out (`rg/postprocess_utils.py`).
fn clean(text: &str) -> String {
    let lower = text.to_lowercase();
    let parts = lower.split([',', ':', '.', '\n']).map(python::strip);
    let kept: Vec<&str> = parts
        .filter(|part| !part.is_empty() && !part.contains('_'))
        .collect();
    let mut out = String::with_capacity(lower.len());
    let mut gap = false;
    for c in kept.join(".").chars() {
        if python::is_space(c) {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

#[allow(clippy::unwrap_used)] // A pattern written here.
static BRACKETS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[.*?\]").unwrap());
#[allow(clippy::unwrap_used)] // A pattern written here.
static NUMBERING: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d+\.").unwrap());

/// Without brackets, hyphens and numbering, in one line.
fn clean_chinese(text: &str) -> String {
    let text = BRACKETS
        .replace_all(text, "")
        .replace('[', " ")
        .replace([']', '-'], "");
    let lower = text.to_lowercase();
    let lines = lower
        .split('\n')
        .map(|line| NUMBERING.replace_all(line, "").into_owned());
    let lines: Vec<String> = lines
        .map(|line| python::strip(&line).to_owned())
        .filter(|l| !l.is_empty())
        .collect();
    lines.join("，").replace("：，", "：").replace("。，", "，")
}
