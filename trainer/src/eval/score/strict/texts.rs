//! Names of regions and answers to questions.

use super::super::Tongue;
use super::super::entries::Entry;
use super::super::measure::{Measure, Score, Unscorable};
use super::super::text::bleu;
use super::one_if;
use medreg_datasets::grammar;
use medreg_datasets::side;
use std::collections::HashMap;

/// Words of a text: mteval-v13a's, and of Chinese single characters.
pub(super) fn words(tongue: Tongue, text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    match tongue {
        Tongue::English => bleu::words_13a(&lower),
        Tongue::Chinese => bleu::words_zh(&lower),
    }
}

/// Recall and F1 of words, each as often as it stands there.
fn shared(said: &[String], right: &[String]) -> (f64, f64) {
    let mut left: HashMap<&str, u32> = HashMap::new();
    for word in right {
        *left.entry(word).or_default() += 1;
    }
    let mut both = 0.0;
    for word in said {
        if let Some(count) = left.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            both += 1.0;
        }
    }
    if both == 0.0 {
        return (0.0, 0.0);
    }
    (
        both / right.len() as f64,
        2.0 * both / (said.len() + right.len()) as f64,
    )
}

/// An answer beside the truth, without tags, and the words of both.
struct Both {
    said: String,
    right: String,
    said_words: Vec<String>,
    right_words: Vec<String>,
}

impl Both {
    fn of(tongue: Tongue, entry: &Entry) -> Self {
        let (said, right) = (
            grammar::plain_name(&entry.answer),
            grammar::plain_name(&entry.truth),
        );
        Self {
            said_words: words(tongue, &said),
            right_words: words(tongue, &right),
            said,
            right,
        }
    }

    /// Whether the truth names a side, and whether the answer then names another, as 1 or 0.
    fn sides(&self) -> [f64; 2] {
        let sided = side::of(&self.right).is_some();
        [
            one_if(sided),
            one_if(sided && side::differ(&self.said, &self.right)),
        ]
    }
}

/// What a region is.
pub struct Names {
    /// The language.
    pub tongue: Tongue,
}

impl Measure for Names {
    fn width(&self) -> usize {
        6 + bleu::SUMS
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let both = Both::of(self.tongue, entry);
        let (recall, f1) = shared(&both.said_words, &both.right_words);
        let [sided, turned] = both.sides();
        let mut sums = vec![
            1.0,
            one_if(both.said == both.right),
            f1,
            recall,
            sided,
            turned,
        ];
        sums.extend(bleu::sums(&both.said_words, &both.right_words));
        Ok(sums)
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        let bleu = bleu::smoothed(&sums[6..], 1).unwrap_or(f64::NAN);
        vec![
            Score::ratio("accuracy", sums[1], sums[0]),
            Score::of("bleu1", bleu, sums[0]),
            Score::ratio("f1", sums[2], sums[0]),
            Score::ratio("recall", sums[3], sums[0]),
            Score::ratio("laterality_error", sums[5], sums[4]),
        ]
    }
}

/// Answers to questions.
pub struct Answers {
    /// The language.
    pub tongue: Tongue,
}

impl Measure for Answers {
    fn width(&self) -> usize {
        9 + bleu::SUMS
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let both = Both::of(self.tongue, entry);
        let (recall, f1) = shared(&both.said_words, &both.right_words);
        let closed = yes_or_no(&both.right);
        let agrees = closed.is_some() && yes_or_no(first_word(&both.said)) == closed;
        let open = one_if(closed.is_none());
        let exact = open * one_if(both.said == both.right);
        let [sided, turned] = both.sides();
        let mut sums = vec![
            1.0,
            f1,
            recall,
            1.0 - open,
            one_if(agrees),
            exact,
            open * recall,
            sided,
            turned,
        ];
        sums.extend(bleu::sums(&both.said_words, &both.right_words));
        Ok(sums)
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        let n = sums[0];
        let open = n - sums[3];
        vec![
            Score::ratio("accuracy", sums[4] + sums[5], n),
            Score::of(
                "bleu1",
                bleu::smoothed(&sums[9..], 1).unwrap_or(f64::NAN),
                n,
            ),
            Score::ratio("f1", sums[1], n),
            Score::ratio("recall", sums[2], n),
            Score::ratio("closed_accuracy", sums[4], sums[3]),
            Score::ratio("open_accuracy", sums[5], open),
            Score::ratio("open_recall", sums[6], open),
            Score::ratio("laterality_error", sums[8], sums[7]),
        ]
    }
}

/// What an answer to a question for yes or no says, by its first word; `None` where that is neither.
pub(crate) fn says_yes_or_no(answer: &str) -> Option<bool> {
    yes_or_no(first_word(&grammar::plain_name(answer)))
}

/// `yes` of `yes, there is`.
fn first_word(text: &str) -> &str {
    text.split([' ', ',', '，', '。', '.', ';', '；'])
        .next()
        .unwrap_or(text)
}

/// Whether a text, in lower case, says yes or no and nothing else.
fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "yes" | "true" | "はい" | "是" | "是的" | "有" | "对" | "存在" | "正确" => {
            Some(true)
        }
        "no" | "false" | "not" | "いいえ" | "否" | "不" | "不是" | "没有" | "无" | "不存在"
        | "不对" | "错误" => Some(false),
        _ => None,
    }
}
