//! Words that were left in another language.

use super::text::{Tongue, is_han, is_kana};
use super::{Draft, Page, Read, Spot, lexicon};
use std::ops::Range;

/// Latin words of three letters or more that belong in a Chinese or Japanese report: units, and terms that nobody translates.
const AT_HOME: &[&str] = &[
    "air", "bit", "free", "cmh", "cobb", "fps", "kev", "kpa", "max", "mean", "mev", "min", "mmhg",
    "mol", "mpa", "msv", "ppm", "sec", "signet", "vs",
];
/// Characters of simplified Chinese that no Japanese word is written with.
const SIMPLIFIED: &str = "见肿结节侧为变边脏肾积颈颅脑钙扩张动无实气灶锁缘间胰肠强软组织异显损转两增发对关术质线轻约压阴阳缩环头伤";

pub(super) fn check(read: &Read<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (index, page) in read.pages.iter().enumerate() {
        // One mark for each text: whoever follows it sees the others.
        if let Some(range) = foreign(page) {
            let here = page.quote(&range);
            let draft = Draft::new("untranslated_words", Spot::at(index, &range));
            drafts.push(draft.with("here", here));
        }
    }
    drafts
}

fn foreign(page: &Page<'_>) -> Option<Range<usize>> {
    match page.tongue {
        Tongue::English => run(page, |c| is_han(c) || is_kana(c), 1),
        Tongue::Chinese => latin(page).or_else(|| run(page, is_kana, 2)),
        Tongue::Japanese => latin(page).or_else(|| chinese(page)),
        Tongue::Other => None,
    }
}

/// The first run of at least so many such characters.
fn run(page: &Page<'_>, is_foreign: impl Fn(char) -> bool, least: usize) -> Option<Range<usize>> {
    let text = &page.text;
    let mut start = 0;
    while start < text.len() {
        let mut end = start;
        while end < text.len() && is_foreign(text.at(end)) {
            end += 1;
        }
        if end - start >= least {
            return Some(start..end);
        }
        start = end.max(start + 1);
    }
    None
}

/// The first stretch of words that are no abbreviations, units or names.
fn latin(page: &Page<'_>) -> Option<Range<usize>> {
    let words = page.text.words();
    let first = (0..words.len()).find(|index| is_left_over(page, *index))?;
    let mut range = words[first].range.clone();
    for word in &words[first + 1..] {
        let apart = page.text.folded(&(range.end..word.range.start));
        if !matches!(apart.as_str(), " " | "-" | "") {
            break;
        }
        range.end = word.range.end;
    }
    Some(range)
}

fn is_left_over(page: &Page<'_>, index: usize) -> bool {
    let words = page.text.words();
    let word = &words[index];
    let written = page.quote(&word.range);
    let near_digit = page.text.at(word.range.end).is_ascii_digit()
        || page.text.before(word.range.start).is_ascii_digit();
    if written.len() < 3 || near_digit || AT_HOME.contains(&word.text.as_str()) {
        return false;
    }
    let is_term = || lexicon::is_english(&word.text) || is_side(&word.text);
    let follows_word = || {
        words.get(index + 1).is_some_and(|next| {
            page.text.folded(&(word.range.end..next.range.start)) == " "
                && page
                    .quote(&next.range)
                    .starts_with(|c: char| c.is_ascii_lowercase())
                && next.text.len() >= 3
        })
    };
    let capitals = written.chars().skip(1).any(|c| c.is_ascii_uppercase());
    let capital = written.starts_with(|c: char| c.is_ascii_uppercase());
    // SUVmax and FLAIR are abbreviations wherever they stand; Cobb and Schmorl are names, unless a sentence begins there.
    !capitals && (!capital || is_term() || follows_word())
}

fn is_side(word: &str) -> bool {
    matches!(word, "left" | "right" | "bilateral" | "normal" | "clear")
}

/// The first characters of simplified Chinese, where there are two: one alone may be a slip of the input method.
fn chinese(page: &Page<'_>) -> Option<Range<usize>> {
    let is_chinese = |c: char| SIMPLIFIED.contains(c);
    let count = (0..page.text.len())
        .filter(|p| is_chinese(page.text.at(*p)))
        .count();
    if count < 2 {
        return None;
    }
    run(page, is_chinese, 1)
}
