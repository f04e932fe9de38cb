//! Chinese words as jieba 0.42.1 cuts them, with its own dictionary and its hidden Markov model.

use super::super::python::is_space;
use jieba_rs::Jieba;
use regex::Regex;
use std::sync::LazyLock;

static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// What jieba takes out of Latin letters, digits and marks that no word of its dictionary holds.
#[allow(clippy::unwrap_used)] // A pattern written here.
static LATIN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[a-zA-Z0-9]+(?:\.\d+)?%?").unwrap());

/// `jieba.cut(text)`; spaces are words too.
///
/// The crate cuts what both know as Chinese. It takes more characters for Chinese than jieba does and keeps `2.no` in one piece, so what
/// goes in is parted before and what is only Latin is parted afterwards, as jieba does it.
#[must_use]
pub fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let bytes = match is_cut(first) {
            true => rest.find(|c| !is_cut(c)).unwrap_or(rest.len()),
            false if rest.starts_with("\r\n") => 2,
            false => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(bytes);
        match is_cut(first) {
            true => cut(piece, &mut words),
            false => words.push(piece),
        }
        rest = after;
    }
    words
}

/// The words of a text that are no spaces.
#[must_use]
pub fn words_alone(text: &str) -> Vec<&str> {
    words(text)
        .into_iter()
        .filter(|word| !word.chars().all(is_space))
        .collect()
}

/// What jieba looks for words in; anything else is a word by itself.
fn is_cut(c: char) -> bool {
    ('\u{4e00}'..='\u{9fd5}').contains(&c) || c.is_ascii_alphanumeric() || "+#&._%-".contains(c)
}

fn cut<'a>(piece: &'a str, words: &mut Vec<&'a str>) {
    for token in JIEBA.cut(piece, true) {
        let word = token.word;
        if word.len() > 1 && word.is_ascii() && !JIEBA.has_word(word) {
            part(word, words);
        } else {
            words.push(word);
        }
    }
}

/// Latin words and what lies between them.
fn part<'a>(latin: &'a str, words: &mut Vec<&'a str>) {
    let mut at = 0;
    for found in LATIN.find_iter(latin) {
        let between = &latin[at..found.start()];
        words.extend(
            [between, found.as_str()]
                .into_iter()
                .filter(|word| !word.is_empty()),
        );
        at = found.end();
    }
    words.extend(Some(&latin[at..]).filter(|rest| !rest.is_empty()));
}
