//! METEOR (Lavie and Agarwal 2007) as NLTK computes it: equal words, then equal stems, then synonyms, each from the end.

use super::porter;
use super::wordnet::WordNet;
use std::collections::{BTreeMap, HashMap};

pub use super::sentences::split_words;

/// How much recall weighs, how fast the penalty grows with the number of pieces, and how large it is at most.
const ALPHA: f64 = 0.9;
const BETA: i32 = 3;
const GAMMA: f64 = 0.5;

/// METEOR, with synonyms where there is a WordNet.
pub struct Meteor {
    wordnet: Option<WordNet>,
}

/// Words with their place.
type Placed = Vec<(usize, String)>;

impl Meteor {
    /// With the synonyms of this WordNet, or without any.
    #[must_use]
    pub fn new(wordnet: Option<WordNet>) -> Self {
        Self { wordnet }
    }

    /// The score of words against those of one reference.
    #[must_use]
    pub fn score<S: AsRef<str>>(&self, said: &[S], right: &[S]) -> f64 {
        let pairs = self.pairs(said, right);
        let matches = pairs.len() as f64;
        if pairs.is_empty() {
            return 0.0;
        }
        let (precision, recall) = (matches / said.len() as f64, matches / right.len() as f64);
        let mean = (precision * recall) / (ALPHA * precision + (1.0 - ALPHA) * recall);
        let follows =
            |pair: &[(usize, usize)]| pair[1].0 == pair[0].0 + 1 && pair[1].1 == pair[0].1 + 1;
        let pieces = 1 + pairs.windows(2).filter(|pair| !follows(pair)).count();
        let penalty = GAMMA * (pieces as f64 / matches).powi(BETA);
        (1.0 - penalty) * mean
    }

    /// The places of words that answer each other, in the order of what was said.
    fn pairs<S: AsRef<str>>(&self, said: &[S], right: &[S]) -> Vec<(usize, usize)> {
        let lower = |words: &[S]| -> Placed {
            words
                .iter()
                .map(|word| word.as_ref().to_lowercase())
                .enumerate()
                .collect()
        };
        let mut pairs = BTreeMap::new();
        let (said, right) = take_equal(lower(said), lower(right), &mut pairs);
        let stems = |words: Placed| -> Placed {
            words
                .into_iter()
                .map(|(at, word)| (at, porter::stem(&word)))
                .collect()
        };
        // What is left goes on as stems, and synonyms are looked up of stems, as in NLTK.
        let (said, right) = take_equal(stems(said), stems(right), &mut pairs);
        if let Some(wordnet) = &self.wordnet {
            take_synonyms(wordnet, &said, &right, &mut pairs);
        }
        pairs.into_iter().collect()
    }
}

/// Pairs equal words, from the last to the first; what found no partner is left.
fn take_equal(said: Placed, right: Placed, pairs: &mut BTreeMap<usize, usize>) -> (Placed, Placed) {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, (_, word)) in right.iter().enumerate() {
        places.entry(word).or_default().push(index);
    }
    let (mut saids, mut rights) = (vec![false; said.len()], vec![false; right.len()]);
    for (index, (at, word)) in said.iter().enumerate().rev() {
        if let Some(other) = places.get_mut(word.as_str()).and_then(Vec::pop) {
            pairs.insert(*at, right[other].0);
            (saids[index], rights[other]) = (true, true);
        }
    }
    let rest = |words: Placed, taken: Vec<bool>| -> Placed {
        words
            .into_iter()
            .zip(taken)
            .filter(|(_, taken)| !taken)
            .map(|(word, _)| word)
            .collect()
    };
    (rest(said, saids), rest(right, rights))
}

fn take_synonyms(
    wordnet: &WordNet,
    said: &Placed,
    right: &Placed,
    pairs: &mut BTreeMap<usize, usize>,
) {
    let mut left: Vec<&(usize, String)> = right.iter().collect();
    for (at, word) in said.iter().rev() {
        if left.is_empty() {
            return;
        }
        let synonyms = wordnet.synonyms(word);
        if let Some(found) = left.iter().rposition(|(_, other)| synonyms.contains(other)) {
            pairs.insert(*at, left.remove(found).0);
        }
    }
}
