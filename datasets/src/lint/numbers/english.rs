//! Numbers in English words.

use super::super::text::{Text, Word};
use super::Weight;
use super::numerals::Numeral;

const ONES: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: &[&str] = &[
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const ORDINALS: &[&str] = &[
    "", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    "tenth", "eleventh", "twelfth",
];

pub(super) fn numerals(text: &Text, found: &mut Vec<Numeral>) {
    let words = text.words();
    let mut at = 0;
    while at < words.len() {
        let Some((value, used)) = cardinal(text, &words[at..]) else {
            let other = ordinal(text, words, at)
                .or_else(|| month(text, &words[at]))
                .or_else(|| half(text, &words[at]));
            found.extend(other);
            at += 1;
            continue;
        };
        let last = at + used - 1;
        let range = words[at].range.start..words[last].range.end;
        let weight = if value <= 1.0 {
            Weight::Faint
        } else {
            Weight::Weak
        };
        found.push(Numeral::new(range, value, weight));
        at += used;
    }
}

/// Half a centimetre: half of anything else is no number.
fn half(text: &Text, word: &Word) -> Option<Numeral> {
    let end = word.range.end;
    let end = if text.one_of(end, &[" a ", "-a-"]).is_some() {
        end + 2
    } else {
        end
    };
    let measures = word.text == "half" && super::unit(text, end).is_some();
    measures.then(|| Numeral::new(word.range.start..end, 0.5, Weight::Weak))
}

/// A month beside a day or a year: elsewhere it is a number.
fn month(text: &Text, word: &Word) -> Option<Numeral> {
    const MONTHS: &[&str] = &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let value = MONTHS.iter().position(|m| word.text.starts_with(m))? as f64 + 1.0;
    let capital = text
        .quote(&word.range)
        .starts_with(|c: char| c.is_ascii_uppercase());
    let after = (word.range.end..word.range.end + 2).any(|p| text.at(p).is_ascii_digit());
    let before = word.range.start >= 2 && text.at(word.range.start - 2).is_ascii_digit();
    let dated = capital && (after || before);
    dated.then(|| Numeral::new(word.range.clone(), value, Weight::Weak))
}

fn ordinal(text: &Text, words: &[Word], at: usize) -> Option<Numeral> {
    let word = &words[at];
    let stem = word.text.strip_suffix('s').unwrap_or(&word.text);
    let value = ORDINALS.iter().position(|o| !o.is_empty() && *o == stem)?;
    // A second after a number is a unit of time.
    let after_digit = text
        .before(word.range.start.saturating_sub(1))
        .is_ascii_digit();
    let weight = if value == 1 || value == 2 && (after_digit || word.text == "seconds") {
        Weight::Faint
    } else {
        Weight::Weak
    };
    Some(Numeral::new(word.range.clone(), value as f64, weight))
}

/// The value of the number words at the start, and how many words they are.
fn cardinal(text: &Text, words: &[Word]) -> Option<(f64, usize)> {
    let (value, used) = thousands(text, words)?;
    let is_point = words.get(used).is_some_and(|w| w.text == "point");
    let digits: String = words
        .iter()
        .skip(used + 1)
        .map_while(|word| one(word).filter(|d| *d < 10))
        .map(|d| d.to_string())
        .collect();
    if is_point && !digits.is_empty() {
        let value = format!("{value}.{digits}").parse().ok()?;
        return Some((value, used + 1 + digits.len()));
    }
    let half = ["and", "a", "half"];
    let is_half = (0..3).all(|n| words.get(used + n).is_some_and(|w| w.text == half[n]));
    if is_half {
        return Some((f64::from(value) + 0.5, used + 3));
    }
    Some((f64::from(value), used))
}

fn thousands(text: &Text, words: &[Word]) -> Option<(u32, usize)> {
    let (mut value, mut used) = hundreds(text, words)?;
    if words.get(used).is_some_and(|w| w.text == "thousand") {
        value *= 1000;
        used += 1;
        if let Some(next) = joined(text, words, used)
            && let Some((rest, more)) = hundreds(text, &words[next..])
        {
            value += rest;
            used = next + more;
        }
    }
    Some((value, used))
}

/// The next word's place, past an "and", where nothing but spaces and hyphens lies between.
fn joined(text: &Text, words: &[Word], used: usize) -> Option<usize> {
    let next = words.get(used)?;
    let last = words.get(used.checked_sub(1)?)?;
    let between = text.folded(&(last.range.end..next.range.start));
    if !between.chars().all(|c| matches!(c, ' ' | '-')) {
        return None;
    }
    if next.text == "and" {
        (used + 1 < words.len()).then_some(used + 1)
    } else {
        Some(used)
    }
}

fn hundreds(text: &Text, words: &[Word]) -> Option<(u32, usize)> {
    let (mut value, mut used) = below_hundred(text, words)?;
    if words.get(used).is_some_and(|w| w.text == "hundred") && value < 100 {
        value *= 100;
        used += 1;
        if let Some(next) = joined(text, words, used)
            && let Some((rest, more)) = below_hundred(text, &words[next..])
        {
            value += rest;
            used = next + more;
        }
    }
    Some((value, used))
}

fn below_hundred(text: &Text, words: &[Word]) -> Option<(u32, usize)> {
    let first = words.first()?;
    if let Some(value) = one(first) {
        return Some((value, 1));
    }
    let tens = TENS
        .iter()
        .position(|t| !t.is_empty() && *t == first.text)? as u32;
    let unit = joined(text, words, 1).filter(|next| *next == 1);
    match unit
        .and_then(|next| one(&words[next]))
        .filter(|d| (1..10).contains(d))
    {
        Some(unit) => Some((tens * 10 + unit, 2)),
        None => Some((tens * 10, 1)),
    }
}

fn one(word: &Word) -> Option<u32> {
    if matches!(word.text.as_str(), "single" | "solitary") {
        return Some(1);
    }
    let place = ONES.iter().position(|o| *o == word.text)?;
    u32::try_from(place).ok()
}

/// A number below ten thousand in words.
#[cfg(test)]
pub(super) fn write(n: u32) -> String {
    let mut parts = Vec::new();
    if n >= 1000 {
        parts.push(format!("{} thousand", ONES[(n / 1000) as usize]));
    }
    if n % 1000 >= 100 {
        parts.push(format!("{} hundred", ONES[(n % 1000 / 100) as usize]));
    }
    let rest = (n % 100) as usize;
    if rest > 0 && !parts.is_empty() {
        parts.push("and".to_owned());
    }
    match rest {
        0 => {}
        1..20 => parts.push(ONES[rest].to_owned()),
        _ if rest.is_multiple_of(10) => parts.push(TENS[rest / 10].to_owned()),
        _ => parts.push(format!("{}-{}", TENS[rest / 10], ONES[rest % 10])),
    }
    parts.join(" ")
}
