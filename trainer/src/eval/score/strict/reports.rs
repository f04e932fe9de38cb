//! Reports: BLEU over all of them, METEOR and ROUGE as means; Chinese by characters and by words.

use super::super::Tongue;
use super::super::entries::Entry;
use super::super::measure::{Measure, Score, Unscorable};
use super::super::text::meteor::Meteor;
use super::super::text::{bleu, chinese, rouge};
use super::texts;
use medreg_datasets::side;
use regex::Regex;
use std::sync::{Arc, LazyLock};

/// A report.
pub struct Reports {
    /// The language.
    pub tongue: Tongue,
    /// METEOR, with or without synonyms.
    pub meteor: Arc<Meteor>,
}

/// Sums that every report has before those of BLEU; then BLEU's of words, and of Chinese once more of jieba's.
const MEANS: usize = 8;

#[allow(clippy::unwrap_used)] // A pattern written here.
static WORDS_AND_MARKS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w+|[^\w\s]+").unwrap());

impl Reports {
    fn chinese(&self) -> bool {
        self.tongue == Tongue::Chinese
    }

    /// Words for METEOR: NLTK's `wordpunct_tokenize`, jieba's of Chinese.
    fn words<'a>(&self, text: &'a str) -> Vec<&'a str> {
        match self.tongue {
            Tongue::English => WORDS_AND_MARKS
                .find_iter(text)
                .map(|word| word.as_str())
                .collect(),
            Tongue::Chinese => chinese::words_alone(text),
        }
    }
}

impl Measure for Reports {
    fn width(&self) -> usize {
        MEANS + bleu::SUMS * if self.chinese() { 2 } else { 1 }
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let (said, right) = (entry.answer.as_str(), entry.truth.as_str());
        let cut = (self.words(said), self.words(right));
        let (sided, turned) = side::compared(said, right);
        let mut sums = vec![
            1.0,
            self.meteor.score(&cut.0, &cut.1),
            0.0,
            0.0,
            0.0,
            0.0,
            sided as f64,
            turned as f64,
        ];
        let grams = match self.tongue {
            Tongue::English => {
                let rouge = rouge::scores(&rouge::words(said), &rouge::words(right));
                sums[2..4].copy_from_slice(&[rouge.unigrams, rouge.longest]);
                bleu::sums(&bleu::words_13a(said), &bleu::words_13a(right))
            }
            Tongue::Chinese => {
                let characters = (
                    texts::words(self.tongue, said),
                    texts::words(self.tongue, right),
                );
                let by_character = rouge::scores(&characters.0, &characters.1);
                let by_word = rouge::scores(&cut.0, &cut.1);
                sums[2..6].copy_from_slice(&[
                    by_character.unigrams,
                    by_character.longest,
                    by_word.unigrams,
                    by_word.longest,
                ]);
                bleu::sums(&characters.0, &characters.1)
            }
        };
        sums.extend(grams);
        if self.chinese() {
            sums.extend(bleu::sums(&cut.0, &cut.1));
        }
        Ok(sums)
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        let n = sums[0];
        let (first, second) = sums[MEANS..].split_at(bleu::SUMS);
        let bleu = |name, sums: &[f64], order| {
            Score::of(name, bleu::smoothed(sums, order).unwrap_or(f64::NAN), n)
        };
        let mut scores = vec![
            bleu("bleu1", first, 1),
            bleu("bleu4", first, 4),
            Score::ratio("meteor", sums[1], n),
            Score::ratio("rouge1", sums[2], n),
            Score::ratio("rougeL", sums[3], n),
            Score::ratio("report_laterality_error", sums[7], sums[6]),
        ];
        if self.chinese() {
            scores.extend([
                bleu("bleu1_words", second, 1),
                bleu("bleu4_words", second, 4),
                Score::ratio("rouge1_words", sums[4], n),
                Score::ratio("rougeL_words", sums[5], n),
            ]);
        }
        scores
    }
}
