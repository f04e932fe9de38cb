//! Where numbers stand in a text, in digits, in words, in Chinese characters and as Roman numerals.

use super::super::text::{Text, Tongue, Word, is_han};
use super::{Weight, english, han};
use std::ops::Range;

/// A number without its unit.
#[derive(Clone, Debug)]
pub(super) struct Numeral {
    pub(super) range: Range<usize>,
    pub(super) value: f64,
    pub(super) weight: Weight,
    /// Part of a code such as L4, or a grade: it shares no unit with what follows.
    pub(super) coded: bool,
    /// It numbers a vertebra.
    pub(super) level: bool,
}

impl Numeral {
    pub(super) fn new(range: Range<usize>, value: f64, weight: Weight) -> Self {
        Self {
            range,
            value,
            weight,
            coded: false,
            level: false,
        }
    }
}

/// All numbers of a text, in order.
pub(super) fn numerals(text: &Text, tongue: Tongue) -> Vec<Numeral> {
    let mut found = Vec::new();
    digits(text, &mut found);
    roman(text, &mut found);
    match tongue {
        Tongue::English => english::numerals(text, &mut found),
        Tongue::Chinese | Tongue::Japanese => han::numerals(text, &mut found),
        Tongue::Other => {}
    }
    found.sort_by_key(|numeral| numeral.range.start);
    for numeral in &mut found {
        numeral.level = is_level(text, &numeral.range);
    }
    fractions(text, &mut found);
    found
}

fn digits(text: &Text, found: &mut Vec<Numeral>) {
    let mut at = 0;
    while at < text.len() {
        let starts = text.at(at).is_ascii_digit()
            || text.at(at) == '.'
                && text.at(at + 1).is_ascii_digit()
                && !text.before(at).is_alphanumeric();
        if !starts {
            at += 1;
            continue;
        }
        let (value, end) = decimal(text, at);
        let code = code_before(text, at) || is_grade(text, at);
        if !is_sequence_name(text, at, end) {
            let weight = if code || value == 1.0 || is_lettered(text, end) {
                Weight::Weak
            } else {
                Weight::Strong
            };
            let minus = minus(text, at);
            let value = if minus.is_some() { -value } else { value };
            found.push(Numeral {
                coded: code,
                ..Numeral::new(minus.unwrap_or(at)..end, value, weight)
            });
        }
        at = end;
    }
}

/// Where the sign of a number stands, if it has one: a hyphen after a number, or after most words, is none.
fn minus(text: &Text, start: usize) -> Option<usize> {
    for word in ["minus ", "负", "負", "マイナス"] {
        let at = start.checked_sub(word.chars().count());
        if let Some(at) = at.filter(|at| text.has(*at, word)) {
            return Some(at);
        }
    }
    let at = start.checked_sub(1).filter(|at| text.at(*at) == '-')?;
    let spaced = at >= 2 && text.before(at) == ' ' && text.at(at - 2).is_ascii_alphabetic();
    let opens = matches!(text.before(at), '(' | ':' | '：' | '=' | 'は');
    (spaced || opens || is_said_of_word(text, at)).then_some(at)
}

/// Whether what ends here is a Chinese word and no number: 10月-12月 and 第三-五肋 are ranges.
fn is_said_of_word(text: &Text, end: usize) -> bool {
    let is_number = |c: char| c.is_ascii_digit() || "一二三四五六七八九十".contains(c);
    let counted = end.checked_sub(2).is_some_and(|p| is_number(text.at(p)));
    is_han(text.before(end)) && !is_number(text.before(end)) && !counted
}

/// Grade 2, stage 3, グレード2: what is graded so has no unit.
fn is_grade(text: &Text, start: usize) -> bool {
    const WORDS: &[&str] = &[
        "grade",
        "stage",
        "type",
        "class",
        "segment",
        "zone",
        "level",
        "category",
        "score",
        "グレード",
        "ステージ",
        "タイプ",
        "カテゴリー",
        "クラス",
        "スコア",
    ];
    let spaced = start.checked_sub(1).filter(|p| text.at(*p) == ' ');
    let end = spaced.unwrap_or(start);
    WORDS.iter().any(|word| {
        let from = end.checked_sub(word.chars().count());
        from.is_some_and(|from| text.has(from, word))
    })
}

/// L4, C5/6, 腰4, 第4腰椎, the fourth lumbar vertebra.
fn is_level(text: &Text, range: &Range<usize>) -> bool {
    const SPINE: &[&str] = &["颈", "頸", "胸", "腰", "骶"];
    let after = [
        "腰椎",
        "胸椎",
        "颈椎",
        "頸椎",
        "骶椎",
        "仙椎",
        " lumbar",
        " thoracic",
        " cervical",
        " sacral",
    ];
    let before = |from: usize| {
        let letter = matches!(text.before(from), 'c' | 't' | 'l' | 's')
            && !text.before(from.saturating_sub(1)).is_alphabetic();
        let han = |n: usize| {
            from.checked_sub(n)
                .is_some_and(|p| text.one_of(p, SPINE).is_some())
        };
        letter || han(1) || text.before(from) == '椎' && han(2)
    };
    // Of C5/6 and L4-5 the second number has no letter of its own.
    let joint = matches!(text.before(range.start), '/' | '-' | '~' | '、');
    let first = (0..range.start.saturating_sub(1))
        .rev()
        .take_while(|p| text.at(*p).is_ascii_digit())
        .last();
    before(range.start)
        || joint && first.is_some_and(before)
        || text.one_of(range.end, &after).is_some()
}

/// Digits with thousands (1,200) and a fraction (0.5).
fn decimal(text: &Text, start: usize) -> (f64, usize) {
    let mut digits = String::new();
    let mut at = start;
    let is_digit = |p: usize| text.at(p).is_ascii_digit();
    loop {
        if is_digit(at) {
            digits.push(text.at(at));
        } else if text.at(at) == '.' && is_digit(at + 1) && !digits.contains('.') {
            digits.push('.');
        } else {
            let thousands = text.at(at) == ','
                && !digits.is_empty()
                && digits.len() <= 3
                && !digits.contains('.')
                && (1..=3).all(|n| is_digit(at + n))
                && !is_digit(at + 4);
            if !thousands {
                break;
            }
        }
        at += 1;
    }
    (digits.parse().unwrap_or(0.0), at)
}

/// Whether a letter that is no unit and no ordinal's ending comes right after, as in 3D, 18F or 4A.
fn is_lettered(text: &Text, end: usize) -> bool {
    let ordinal = text.one_of(end, &["st", "nd", "rd", "th"]).is_some();
    text.at(end).is_ascii_alphabetic() && text.at(end) != 'x' && !ordinal
}

/// Whether letters come right before, as in L4 or COVID-19.
fn code_before(text: &Text, start: usize) -> bool {
    let before = text.before(start);
    let joined = before == '-' && start >= 2 && text.at(start - 2).is_ascii_alphabetic();
    let slashed = before == '/' || before == '-';
    let chained = slashed && start >= 2 && text.at(start - 2).is_ascii_digit() && {
        let first = (0..start - 1)
            .rev()
            .take_while(|p| text.at(*p).is_ascii_digit())
            .last()
            .unwrap_or(start);
        text.before(first).is_ascii_alphabetic()
    };
    before.is_ascii_alphabetic() || joined || chained
}

/// T1 and T2 are names of how an MR image was weighted, unless they number a vertebra.
fn is_sequence_name(text: &Text, start: usize, end: usize) -> bool {
    let is_t = text.before(start) == 't'
        && !(start >= 2 && text.at(start - 2).is_ascii_alphabetic())
        && end == start + 1
        && matches!(text.at(start), '1' | '2')
        && (!text.at(end).is_ascii_alphabetic() || matches!(text.at(end), 'w' | 'f'));
    is_t && !text.holds(
        &(end..end + 12),
        &["椎", "verteb", "rib", "肋", "level", "水平", "spin", "棘"],
    )
}

/// II, IV, VIII in capitals, Ⅱ, and a single I or V where something is graded.
fn roman(text: &Text, found: &mut Vec<Numeral>) {
    for place in 0..text.len() {
        let sign = u32::from(text.at(place)).wrapping_sub(0x2170);
        if sign < 12 {
            let value = f64::from(sign + 1);
            found.push(Numeral::new(place..place + 1, value, Weight::Weak));
        }
    }
    let words = text.words();
    for (index, word) in words.iter().enumerate() {
        let written = text.quote(&word.range);
        let Some(value) = roman_value(&written) else {
            continue;
        };
        let before = index.checked_sub(1).and_then(|n| words.get(n));
        if is_graded(text, before, word) || written.len() > 1 && !is_other(text, words, index) {
            found.push(Numeral::new(word.range.clone(), value, Weight::Weak));
        }
    }
}

fn roman_value(written: &str) -> Option<f64> {
    const ROMAN: &[&str] = &[
        "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII",
    ];
    // Stage IIIA and segment IVb: the letter divides what the number names.
    let lettered = written
        .strip_suffix(['A', 'B', 'C', 'a', 'b', 'c'])
        .filter(|number| number.len() > 1);
    let written = lettered.unwrap_or(written);
    let place = ROMAN.iter().position(|roman| *roman == written)?;
    Some(place as f64 + 1.0)
}

fn is_graded(text: &Text, before: Option<&Word>, word: &Word) -> bool {
    const GRADED: &[&str] = &[
        "grade", "stage", "type", "class", "segment", "zone", "level", "category", "degree",
    ];
    // Bosniak I, Salter II: the name of a scale is written with a capital.
    let is_scale = |b: &Word| {
        let name = text.quote(&b.range);
        name.len() >= 4 && name.starts_with(|c: char| c.is_ascii_uppercase())
    };
    let named = before.is_some_and(|b| {
        let near = word.range.start <= b.range.end + 1;
        near && (GRADED.contains(&b.text.as_str()) || is_scale(b))
    });
    let after = text.one_of(
        word.range.end,
        &["级", "級", "期", "型", "度", "类", "類", "段", "区", "区域"],
    );
    named || after.is_some()
}

/// IV contrast is no fourth, and a factor no number.
fn is_other(text: &Text, words: &[Word], index: usize) -> bool {
    let word = &words[index];
    let next = words.get(index + 1).map_or("", |w| w.text.as_str());
    let given = matches!(
        next,
        "contrast" | "injection" | "line" | "administration" | "access" | "catheter"
    ) || text.one_of(word.range.end, &["造影", "注"]).is_some();
    let factor =
        text.at(word.range.end) == '-' && text.at(word.range.end + 1).is_ascii_alphabetic();
    word.text == "iv" && given || factor
}

/// In 1/3 the one is hardly said in other languages, and the three is an ordinal: the upper third.
fn fractions(text: &Text, found: &mut [Numeral]) {
    for index in 1..found.len() {
        let (before, after) = found.split_at_mut(index);
        let (Some(over), Some(under)) = (before.last_mut(), after.first_mut()) else {
            continue;
        };
        let between = over.range.end..under.range.start;
        if text.folded(&between) == "/" && over.value == 1.0 && !over.coded && under.value <= 5.0 {
            over.weight = Weight::Faint;
            under.weight = Weight::Weak;
        }
    }
}
