//! English words as NLTK's `word_tokenize` cuts them: sentences first (Kiss and Strunk 2006, doi:10.1162/coli.2006.32.4.485), then
//! words after the rules of the Penn Treebank.

use super::super::python::{is_space, words};
use regex::Regex;
use std::sync::LazyLock;

/// What the published model knows as abbreviations (`punkt_tab/english/abbrev_types.txt`).
const ABBREVIATIONS: &str = include_str!("abbreviations.txt");

/// The words of a text in lower case, sentence by sentence.
///
/// The published model also tells sentences by how it saw words capitalised. Evaluators write a text in lower case before, so that none
/// of this can count; a text with capitals may be cut otherwise here.
#[must_use]
pub fn split_words(text: &str) -> Vec<String> {
    let sentences = sentences(text);
    let cut = sentences.iter().map(|sentence| treebank(sentence));
    cut.flat_map(|text| words(&text).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// What may not stand in a word.
fn is_outside(c: char) -> bool {
    matches!(
        c,
        ')' | '"'
            | ';'
            | '}'
            | ']'
            | '*'
            | ':'
            | '@'
            | '\''
            | '('
            | '{'
            | '['
            | '‘'
            | '’'
            | '“'
            | '”'
            | '«'
            | '»'
            | '?'
            | '!'
    )
}

fn is_end(c: char) -> bool {
    matches!(c, '.' | '?' | '!')
}

/// A place where a sentence may end.
struct Candidate {
    /// The end mark's place.
    at: usize,
    /// Where the word before it begins.
    word: usize,
    /// What follows: one mark, or the next word after spaces, from here on.
    next: usize,
    after: String,
}

/// Sentences of a text, as characters.
fn sentences(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut slices = Vec::new();
    let mut start = 0;
    for candidate in candidates(&chars) {
        let mut context: String = chars[candidate.word..=candidate.at].iter().collect();
        context.push_str(&candidate.after);
        if holds_an_end(&context) {
            slices.push((start, candidate.at + 1));
            start = candidate.next;
        }
    }
    let end = chars.len() - chars.iter().rev().take_while(|c| is_space(**c)).count();
    slices.push((start, end));
    realigned(&chars, &slices)
}

fn candidates(chars: &[char]) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let (mut from, mut to) = (0, 0);
    for (at, c) in chars.iter().enumerate().filter(|(_, c)| is_end(**c)) {
        let _ = c;
        let Some((next, after)) = follows(chars, at + 1) else {
            continue;
        };
        // Where no space is found the word begins where the one before began, as in NLTK.
        let space = chars[to.min(at)..at]
            .iter()
            .rposition(|c| c.is_ascii_whitespace() || *c == '\u{b}');
        let word = match space.unwrap_or(0) {
            0 => from,
            space => to + space + 1,
        };
        if found.last().is_some_and(|before| before.at > word) {
            found.pop();
        }
        found.push(Candidate {
            at,
            word,
            next,
            after,
        });
        (from, to) = (word, at);
    }
    found
}

/// What follows an end mark, where that may end a sentence.
fn follows(chars: &[char], at: usize) -> Option<(usize, String)> {
    let first = *chars.get(at)?;
    if is_outside(first) {
        return Some((at, first.to_string()));
    }
    let spaces = chars[at..].iter().take_while(|c| is_space(**c)).count();
    let word: String = chars[at + spaces..]
        .iter()
        .take_while(|c| !is_space(**c))
        .collect();
    let after: String = chars[at..at + spaces].iter().collect::<String>() + &word;
    (spaces > 0 && !word.is_empty()).then_some((at + spaces, after))
}

#[allow(clippy::unwrap_used)] // A pattern written here.
static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^-?[.,]?\d[\d,.\-]*\.?$").unwrap());

/// Whether a token that ends a sentence has another one after it.
fn holds_an_end(context: &str) -> bool {
    let tokens = tokens(context);
    tokens.windows(2).any(|pair| ends(&pair[0], &pair[1]))
}

fn ends(token: &str, next: &str) -> bool {
    if token.chars().all(is_end) && token.chars().count() == 1 {
        return true;
    }
    let Some(word) = token.strip_suffix('.').filter(|word| !word.ends_with('.')) else {
        return false;
    };
    let lower = word.to_lowercase();
    let known = |word: &str| ABBREVIATIONS.lines().any(|known| known == word);
    if known(&lower) || known(lower.rsplit('-').next().unwrap_or_default()) {
        return false;
    }
    let initial = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    // A sentence does not begin with a mark, so an initial or a number before one is none's end.
    let mark = matches!(next, ";" | ":" | "," | "." | "!" | "?");
    !(mark && (initial || NUMBER.is_match(&lower)))
}

/// A context cut into words and marks, full stops left on their words.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let run = |at: usize, of: char| chars[at..].iter().take_while(|c| **c == of).count();
    let several = |at: usize| [run(at, '-'), run(at, '.')].into_iter().find(|n| *n > 1);
    let edge = |at: usize| match chars.get(at) {
        None => true,
        Some(c) => is_space(*c) || is_outside(*c) || several(at).is_some(),
    };
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        if is_space(chars[at]) {
            at += 1;
            continue;
        }
        let starts = !matches!(
            chars[at],
            '(' | '"'
                | '`'
                | '{'
                | '['
                | ':'
                | ';'
                | '&'
                | '#'
                | '*'
                | '@'
                | ')'
                | '}'
                | ']'
                | '-'
                | ','
        );
        let length = several(at).unwrap_or_else(|| {
            let ends = |end: &usize| edge(*end) || (chars[*end] == ',' && edge(*end + 1));
            let word = (at + 1..=chars.len()).find(ends).map(|end| end - at);
            word.filter(|_| starts).unwrap_or(1)
        });
        tokens.push(chars[at..at + length].iter().collect());
        at += length;
    }
    tokens
}

/// Closing marks after an end go with the sentence that they close.
fn realigned(chars: &[char], slices: &[(usize, usize)]) -> Vec<String> {
    let (mut sentences, mut moved) = (Vec::new(), 0);
    for (index, (start, end)) in slices.iter().enumerate() {
        let start = start + moved;
        let next = slices.get(index + 1);
        let (closing, taken) = next.map_or((0, 0), |(from, to)| closing(&chars[*from..*to]));
        moved = taken;
        let end = match (next, closing) {
            (Some((from, _)), 1..) => from + closing,
            _ => *end,
        };
        if start < end {
            sentences.push(chars[start..end].iter().collect());
        }
    }
    sentences
}

/// How many closing marks a sentence begins with that belong to the one before, and how much they take with their spaces.
fn closing(chars: &[char]) -> (usize, usize) {
    let is_closing = |c: &char| {
        matches!(
            c,
            '"' | '\'' | ')' | ']' | '}' | '‘' | '’' | '“' | '”' | '«' | '»'
        )
    };
    let most = chars.iter().take_while(|c| is_closing(c)).count();
    for marks in 1..=most {
        let rest = &chars[marks..];
        let spaces = rest.iter().take_while(|c| is_space(**c)).count();
        if spaces > 0 || rest.is_empty() || rest.starts_with(&['-', '-']) {
            return (marks, marks + spaces);
        }
    }
    (0, 0)
}

/// One rule: what is found, and what stands there afterwards.
type Rule = (Regex, &'static str);

#[allow(clippy::unwrap_used)] // Patterns written here.
fn rules(patterns: &[(&str, &'static str)]) -> Vec<Rule> {
    patterns
        .iter()
        .map(|(pattern, to)| (Regex::new(pattern).unwrap(), *to))
        .collect()
}

static OPENING: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    rules(&[
        ("([«“‘„]|`+)", " $1 "),
        ("^\"", "``"),
        ("(``)", " $1 "),
        (r#"([ (\[{<])("|'{2})"#, "$1 `` "),
    ])
});

static MARKS: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    rules(&[
        (r#"([^.])(\.)([\])}>"'»”’ ]*)\s*$"#, "$1 $2 $3 "),
        (r"([:,])([^\d])", " $1 $2"),
        (r"([:,])$", " $1 "),
        (r"(\.{2,})", " $1 "),
        (r"([;@#$%&])", " $1 "),
        ("([\u{2012}-\u{2015}])", " $1 "),
        (r#"([^.])(\.)([\])}>"']*)\s*$"#, "$1 $2$3 "),
        (r"([?!])", " $1 "),
        (r"([^'])' ", "$1 ' "),
        (r"([*])", " $1 "),
        (r"([\]\[(){}<>])", " $1 "),
        ("--", " -- "),
    ])
});

static CLOSING: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    rules(&[
        ("([»”’])", " $1 "),
        ("''", " '' "),
        ("\"", " '' "),
        (r"[\s\x1c-\x1f]+", " "),
        (r"([^' ])('[sS]|'[mM]|'[dD]|') ", "$1 $2 "),
        (r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", "$1 $2 "),
        (r"(?i)\b(can)(not)\b", " $1 $2 "),
        (r"(?i)\b(d)('ye)\b", " $1 $2 "),
        (r"(?i)\b(gim)(me)\b", " $1 $2 "),
        (r"(?i)\b(gon)(na)\b", " $1 $2 "),
        (r"(?i)\b(got)(ta)\b", " $1 $2 "),
        (r"(?i)\b(lem)(me)\b", " $1 $2 "),
        (r"(?i)\b(more)('n)\b", " $1 $2 "),
        (r"(?i)\b(wan)(na)( )", " $1 $2 $3"),
        (r"(?i) ('t)(is)\b", " $1 $2 "),
        (r"(?i) ('t)(was)\b", " $1 $2 "),
    ])
});

/// One sentence with spaces between its words.
fn treebank(sentence: &str) -> String {
    let applied = |text: String, rules: &[Rule]| {
        rules.iter().fold(text, |text, (pattern, to)| {
            match pattern.replace_all(&text, *to) {
                std::borrow::Cow::Borrowed(_) => text,
                std::borrow::Cow::Owned(changed) => changed,
            }
        })
    };
    let opened = opening_apostrophes(&applied(sentence.to_owned(), &OPENING));
    let marked = applied(opened, &MARKS);
    applied(format!(" {marked} "), &CLOSING)
}

/// A space after an apostrophe that opens a word, those of 's, 't and their like but one.
fn opening_apostrophes(text: &str) -> String {
    const CLITICS: [&str; 7] = ["re", "ve", "ll", "m", "t", "s", "d"];
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    for (at, c) in text.char_indices() {
        out.push(c);
        let rest = &text[at + c.len_utf8()..];
        if c == '\'' && !before.is_some_and(in_word) && rest.starts_with(in_word) {
            let word = rest
                .split(|c| !in_word(c))
                .next()
                .unwrap_or_default()
                .to_lowercase();
            if !CLITICS.contains(&word.as_str()) && word != "n" {
                out.push(' ');
            }
        }
        before = Some(c);
    }
    out
}
