//! ROUGE (Lin 2004) as `rouge-score` computes it.

use std::collections::HashMap;
use std::hash::Hash;

/// F-measures of two texts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rouge {
    /// Of single words (ROUGE-1).
    pub unigrams: f64,
    /// Of the longest common subsequence (ROUGE-L).
    pub longest: f64,
}

/// The words of `rouge-score`'s own tokenizer: runs of Latin letters and digits, in lower case. Nothing else is a word, so that of a
/// Chinese text its digits and Latin letters are left.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let runs = lower.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit());
    runs.filter(|run| !run.is_empty())
        .map(str::to_owned)
        .collect()
}

/// ROUGE-1 and ROUGE-L of words.
#[must_use]
pub fn scores<T: Eq + Hash>(said: &[T], right: &[T]) -> Rouge {
    if said.is_empty() || right.is_empty() {
        return Rouge::default();
    }
    let f = |shared: usize| {
        let (precision, recall) = (
            shared as f64 / said.len() as f64,
            shared as f64 / right.len() as f64,
        );
        if shared == 0 {
            0.0
        } else {
            2.0 * precision * recall / (precision + recall)
        }
    };
    Rouge {
        unigrams: f(in_both(said, right)),
        longest: f(longest(said, right)),
    }
}

/// How many words of the one stand in the other, each as often as it stands in both.
fn in_both<T: Eq + Hash>(said: &[T], right: &[T]) -> usize {
    let mut left: HashMap<&T, usize> = HashMap::new();
    for word in right {
        *left.entry(word).or_default() += 1;
    }
    let taken = said.iter().filter(|word| match left.get_mut(word) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    });
    taken.count()
}

/// The length of the longest common subsequence.
fn longest<T: Eq>(said: &[T], right: &[T]) -> usize {
    let mut row = vec![0; right.len() + 1];
    for word in said {
        let mut corner = 0;
        for (at, other) in right.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if word == other {
                corner + 1
            } else {
                above.max(row[at])
            };
            corner = above;
        }
    }
    row[right.len()]
}
