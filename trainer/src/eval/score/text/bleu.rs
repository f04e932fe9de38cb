//! BLEU (Papineni et al. 2002) in three ways: of a corpus as the NMT script and Hugging Face's `evaluate` compute it, of a corpus as
//! sacreBLEU does, and of one sentence with single words in 32-bit floats as torchmetrics does.

use super::super::python;
use std::collections::HashMap;
use std::hash::Hash;

/// The longest n-grams that are counted.
const ORDERS: usize = 4;
/// The sums of a corpus: matches and n-grams of each order, the length of the answers and of the references.
pub const SUMS: usize = 2 * ORDERS + 2;

/// BLEU-1 of one sentence as `torchmetrics.text.BLEUScore(n_gram=1)` gives it.
#[must_use]
pub fn unigram<'a>(
    said: impl Iterator<Item = &'a str>,
    right: impl Iterator<Item = &'a str>,
) -> f32 {
    let mut left: HashMap<&str, u32> = HashMap::new();
    let mut rights = 0u32;
    for word in right {
        *left.entry(word).or_default() += 1;
        rights += 1;
    }
    let (mut saids, mut shared) = (0u32, 0u32);
    for word in said {
        saids += 1;
        if let Some(count) = left.get_mut(word).filter(|count| **count > 0) {
            *count -= 1;
            shared += 1;
        }
    }
    if shared == 0 {
        return 0.0;
    }
    let (said, right) = (saids as f32, rights as f32);
    let mean = (shared as f32 / said).ln().exp();
    if said > right {
        mean
    } else {
        (1.0 - right / said).exp() * mean
    }
}

/// The sums of one answer and its reference; those of a corpus are their sums.
#[must_use]
pub fn sums<T: Eq + Hash>(said: &[T], right: &[T]) -> [f64; SUMS] {
    let mut sums = [0.0; SUMS];
    for order in 1..=ORDERS.min(said.len()) {
        let mut left: HashMap<&[T], u32> = HashMap::new();
        for gram in right.windows(order) {
            *left.entry(gram).or_default() += 1;
        }
        let mut shared = 0u32;
        for gram in said.windows(order) {
            if let Some(count) = left.get_mut(gram).filter(|count| **count > 0) {
                *count -= 1;
                shared += 1;
            }
        }
        sums[order - 1] = f64::from(shared);
        sums[ORDERS + order - 1] = (said.len() + 1 - order) as f64;
    }
    sums[2 * ORDERS] = said.len() as f64;
    sums[2 * ORDERS + 1] = right.len() as f64;
    sums
}

/// BLEU of sums without smoothing: 0 as soon as one order has no match; none where one side has no word at all.
#[must_use]
pub fn plain(sums: &[f64], order: usize) -> Option<f64> {
    let [said, right] = [sums[2 * ORDERS], sums[2 * ORDERS + 1]];
    if said == 0.0 || right == 0.0 {
        return None;
    }
    let precision = |n: usize| match sums[ORDERS + n] > 0.0 {
        true => sums[n] / sums[ORDERS + n],
        false => 0.0,
    };
    if (0..order).any(|n| precision(n) == 0.0) {
        return Some(0.0);
    }
    let logs: f64 = (0..order).map(|n| precision(n).ln() / order as f64).sum();
    let ratio = said / right;
    let brevity = if ratio > 1.0 {
        1.0
    } else {
        (1.0 - 1.0 / ratio).exp()
    };
    Some(logs.exp() * brevity)
}

/// BLEU of sums as sacreBLEU gives it by default, in 0..=1: an order without a match counts as half a match, a quarter, and so on
/// (its `exp` smoothing); 0 where nothing of any order matches.
#[must_use]
pub fn smoothed(sums: &[f64], order: usize) -> Option<f64> {
    let [said, right] = [sums[2 * ORDERS], sums[2 * ORDERS + 1]];
    if right == 0.0 {
        return None;
    }
    if said == 0.0 || (0..order).all(|n| sums[n] == 0.0) {
        return Some(0.0);
    }
    let (mut halves, mut logs) = (1.0, 0.0);
    for n in 0..order {
        let grams = sums[ORDERS + n];
        if grams == 0.0 {
            return Some(0.0);
        }
        if sums[n] == 0.0 {
            halves *= 2.0;
        }
        let precision = if sums[n] == 0.0 {
            1.0 / (halves * grams)
        } else {
            sums[n] / grams
        };
        logs += precision.ln() / order as f64;
    }
    let brevity = if said < right {
        (1.0 - right / said).exp()
    } else {
        1.0
    };
    Some(logs.exp() * brevity)
}

/// The words of mteval-v13a, as sacreBLEU and `evaluate` cut them.
#[must_use]
pub fn words_13a(text: &str) -> Vec<String> {
    let text = text
        .replace("<skipped>", "")
        .replace("-\n", "")
        .replace('\n', " ");
    let text = unescaped(text);
    western(&format!(" {text} "))
}

/// The same with a space around every Chinese character, as sacreBLEU's `zh` tokenizer.
#[must_use]
pub fn words_zh(text: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(2 * text.len());
    for c in python::strip(text).chars() {
        if is_chinese(c) {
            spaced.extend([' ', c, ' ']);
        } else {
            spaced.push(c);
        }
    }
    western(&spaced)
}

/// What sacreBLEU takes for a Chinese character. Its ranges beyond 16 bits are written as five digits after `\u`, which Python reads as a
/// character and a digit: what they hold is U+2001 to U+2A6D.
fn is_chinese(c: char) -> bool {
    matches!(c,
        '\u{3400}'..='\u{4db5}' | '\u{4e00}'..='\u{9fa5}' | '\u{9fa6}'..='\u{9fbb}' | '\u{f900}'..='\u{fa2d}'
        | '\u{fa30}'..='\u{fa6a}' | '\u{fa70}'..='\u{fad9}' | '\u{2001}'..='\u{2a6d}'
        | '\u{ff00}'..='\u{ffef}' | '\u{2e80}'..='\u{2eff}' | '\u{3000}'..='\u{303f}' | '\u{31c0}'..='\u{31ef}'
        | '\u{2f00}'..='\u{2fdf}' | '\u{2ff0}'..='\u{2fff}' | '\u{3100}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}'
        | '\u{fe10}'..='\u{fe1f}' | '\u{fe30}'..='\u{fe4f}'
        | '\u{3200}'..='\u{32ff}' | '\u{3300}'..='\u{33ff}')
}

fn unescaped(text: String) -> String {
    if !text.contains('&') {
        return text;
    }
    let pairs = [
        ("&quot;", "\""),
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
    ];
    pairs
        .into_iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
}

/// The part of 13a for Western languages: four passes, each over what the one before wrote.
fn western(text: &str) -> Vec<String> {
    let mut marks = String::with_capacity(2 * text.len());
    for c in text.chars() {
        match c {
            '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/' => {
                marks.extend([' ', c, ' '])
            }
            c => marks.push(c),
        }
    }
    let point = |c: char| matches!(c, '.' | ',');
    let after = pairs(
        &marks,
        |a, b| !a.is_ascii_digit() && point(b),
        |a, b| [a, ' ', b, ' '],
    );
    let before = pairs(
        &after,
        |a, b| point(a) && !b.is_ascii_digit(),
        |a, b| [' ', a, ' ', b],
    );
    let dashes = pairs(
        &before,
        |a, b| a.is_ascii_digit() && b == '-',
        |a, b| [a, ' ', b, ' '],
    );
    python::words(&dashes).map(str::to_owned).collect()
}

/// Writes pairs of characters anew, from left to right, none of them twice.
fn pairs(
    text: &str,
    which: impl Fn(char, char) -> bool,
    write: impl Fn(char, char) -> [char; 4],
) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(a) = chars.next() {
        match chars.peek().copied().filter(|b| which(a, *b)) {
            Some(b) => {
                out.extend(write(a, b));
                chars.next();
            }
            None => out.push(a),
        }
    }
    out
}
