//! A text as the rules read it: characters of one width and case, which know where they stood.

use super::{Span, traditional};
use crate::lang::Lang;
use crate::template::placeholders;
use std::ops::Range;

/// A language that the rules know the words of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tongue {
    English,
    Chinese,
    Japanese,
    Other,
}

impl Tongue {
    pub(super) fn of(lang: &Lang) -> Self {
        match lang.primary() {
            "en" => Self::English,
            "zh" => Self::Chinese,
            "ja" => Self::Japanese,
            _ => Self::Other,
        }
    }

    /// Whether its words are written without spaces between them.
    pub(super) fn is_cjk(self) -> bool {
        matches!(self, Self::Chinese | Self::Japanese)
    }
}

/// A run of Latin letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) range: Range<usize>,
    /// In lower case.
    pub(super) text: String,
}

/// Characters in half width and lower case, of Chinese the simplified ones, one for each that was written.
pub(super) struct Text {
    chars: Vec<char>,
    written: Vec<char>,
    words: Vec<Word>,
    placeholders: Vec<Range<usize>>,
    traditional: bool,
}

impl Text {
    pub(super) fn of(text: &str, tongue: Tongue) -> Self {
        let written: Vec<char> = text.chars().collect();
        let folded = |c: &char| match tongue {
            Tongue::Chinese => traditional::simplified(lower(narrow(*c))),
            _ => lower(narrow(*c)),
        };
        let mut chars: Vec<char> = written.iter().map(folded).collect();
        let traditional = chars
            .iter()
            .zip(&written)
            .any(|(c, w)| c != w && is_han(*w));
        let placeholders = placeholders(&chars);
        // What is still to be filled in says nothing: no rule hears a word of it.
        for range in &placeholders {
            chars[range.clone()].fill(' ');
        }
        let words = words_of(&chars);
        Self {
            chars,
            written,
            words,
            placeholders,
            traditional,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    pub(super) fn is_blank(&self) -> bool {
        self.written.iter().all(|c| c.is_whitespace())
    }

    /// The character at a place; a space beyond the text's ends.
    pub(super) fn at(&self, place: usize) -> char {
        self.chars.get(place).copied().unwrap_or(' ')
    }

    /// The character before a place.
    pub(super) fn before(&self, place: usize) -> char {
        place.checked_sub(1).map_or(' ', |p| self.at(p))
    }

    /// Whether any of it is written with traditional Chinese characters.
    pub(super) fn is_traditional(&self) -> bool {
        self.traditional
    }

    /// What a template left open, in order, with its braces.
    pub(super) fn placeholders(&self) -> &[Range<usize>] {
        &self.placeholders
    }

    /// The Latin words, in order.
    pub(super) fn words(&self) -> &[Word] {
        &self.words
    }

    /// Whether these characters stand at a place.
    pub(super) fn has(&self, place: usize, wanted: &str) -> bool {
        let mut at = place;
        wanted.chars().all(|c| {
            at += 1;
            self.chars.get(at - 1) == Some(&c)
        })
    }

    /// The first of these that stands at a place.
    pub(super) fn one_of<'w>(&self, place: usize, wanted: &[&'w str]) -> Option<&'w str> {
        wanted.iter().find(|word| self.has(place, word)).copied()
    }

    /// Whether one of these stands anywhere in a range.
    pub(super) fn holds(&self, range: &Range<usize>, wanted: &[&str]) -> bool {
        range
            .clone()
            .any(|place| self.one_of(place, wanted).is_some())
    }

    /// The folded characters of a range.
    pub(super) fn folded(&self, range: &Range<usize>) -> String {
        self.chars
            .get(range.clone())
            .unwrap_or_default()
            .iter()
            .collect()
    }

    /// The characters of a range as they were written.
    pub(super) fn quote(&self, range: &Range<usize>) -> String {
        self.written
            .get(range.clone())
            .unwrap_or_default()
            .iter()
            .collect()
    }

    /// A range in UTF-16 code units.
    pub(super) fn utf16(&self, range: &Range<usize>) -> Span {
        let units = |range: Range<usize>| -> usize {
            let chars = self.written.get(range).unwrap_or_default();
            chars.iter().map(|c| c.len_utf16()).sum()
        };
        let start = units(0..range.start);
        Span {
            start,
            end: start + units(range.clone()),
        }
    }

    /// Whether a sentence ends here.
    pub(super) fn ends_sentence(&self, place: usize) -> bool {
        match self.at(place) {
            '。' | '!' | '?' | '；' | ';' | '\n' => true,
            '.' => !self.at(place + 1).is_ascii_digit() && !self.at(place + 1).is_alphabetic(),
            _ => false,
        }
    }

    /// Whether a part of a sentence ends here.
    pub(super) fn ends_part(&self, place: usize) -> bool {
        let between_digits =
            self.before(place).is_ascii_digit() && self.at(place + 1).is_ascii_digit();
        matches!(self.at(place), '，' | '、' | ',' | ':' | '：') && !between_digits
    }

    /// Whether an English "but" without a comma begins here.
    pub(super) fn turns(&self, place: usize) -> bool {
        let turns = [" but ", " whereas ", " while "];
        self.one_of(place, &turns).is_some() && !self.ends_part(place.saturating_sub(1))
    }

    /// The stretch around a place that is free of what `stops`.
    pub(super) fn around(&self, place: usize, stops: impl Fn(usize) -> bool) -> Range<usize> {
        let start = (0..place.min(self.len())).rev().find(|p| stops(*p));
        let end = (place..self.len()).find(|p| stops(*p));
        start.map_or(0, |p| p + 1)..end.unwrap_or(self.len())
    }

    /// The sentence around a place.
    pub(super) fn sentence(&self, place: usize) -> Range<usize> {
        self.around(place, |p| self.ends_sentence(p))
    }

    /// The sentences that say something.
    pub(super) fn sentences(&self) -> Vec<Range<usize>> {
        self.cut(|place| self.ends_sentence(place))
    }

    /// The parts of sentences that say something; an enumeration (、) is one part, but in Japanese, where it is the comma.
    pub(super) fn parts(&self, tongue: Tongue) -> Vec<Range<usize>> {
        let lists = |p: usize| self.at(p) == '、' && tongue != Tongue::Japanese;
        let ends =
            |p: usize| self.ends_sentence(p) || self.ends_part(p) && !lists(p) || self.turns(p);
        self.cut(ends)
    }

    /// Parts that are parted at every "and" and "without" as well.
    pub(super) fn joined(&self, parts: &[Range<usize>]) -> Vec<Range<usize>> {
        let joins = [" and ", " without "];
        self.cut(|p| self.one_of(p, &joins).is_some() || parts.iter().any(|part| part.end == p))
    }

    /// What lies between such places and says something.
    fn cut(&self, ends: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut start = 0;
        for place in 0..=self.len() {
            if place == self.len() || ends(place) {
                let range = start..place;
                if range.clone().any(|p| self.at(p).is_alphanumeric()) {
                    found.push(range);
                }
                start = place + 1;
            }
        }
        found
    }
}

/// A character in half width: `Ａ` and `３` are `A` and `3`. The comma stays, for it does not part thousands.
fn narrow(c: char) -> char {
    match c {
        '，' | '；' | '：' => c,
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '−' | '–' | '—' | '‐' | '‑' => '-',
        '〜' | '∼' => '~',
        '✕' | '╳' | '⨯' => '×',
        '\u{b5}' => 'μ',
        _ => c,
    }
}

/// A character in lower case, where that is one character.
fn lower(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn words_of(chars: &[char]) -> Vec<Word> {
    let is_letter = |place: usize| chars.get(place).is_some_and(|c| is_latin(*c));
    let mut words = Vec::new();
    let mut start = 0;
    while start < chars.len() {
        let mut end = start;
        while is_letter(end) {
            end += 1;
        }
        if end > start {
            push_word(&mut words, chars, start..end);
        }
        start = end.max(start + 1);
    }
    words
}

/// What `un` negates, where that is a finding.
const UNDONE: &[&str] = &[
    "ruptured",
    "displaced",
    "calcified",
    "obstructed",
    "dilated",
    "thickened",
    "enlarged",
    "perforated",
    "occluded",
];

/// `noncalcified` is two words, as `non-calcified` is: what it negates is looked up by itself.
fn push_word(words: &mut Vec<Word>, chars: &[char], range: Range<usize>) {
    let text: String = chars[range.clone()].iter().collect();
    let undone = text.strip_prefix("un").filter(|rest| UNDONE.contains(rest));
    let long = text.strip_prefix("non").filter(|rest| rest.len() >= 5);
    let prefix = if long.is_some() { "non" } else { "un" };
    if let Some(rest) = long.or(undone).map(str::to_owned) {
        let cut = range.start + prefix.len();
        words.push(Word {
            range: range.start..cut,
            text: prefix.to_owned(),
        });
        words.push(Word {
            range: cut..range.end,
            text: rest,
        });
    } else {
        words.push(Word { range, text });
    }
}

/// A letter of a language written with Latin letters.
pub(super) fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}')
}

/// A Chinese character.
pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// A Japanese syllable.
pub(super) fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}')
}
