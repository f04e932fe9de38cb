//! Numbers in Chinese characters, in Chinese and Japanese.

use super::super::text::Text;
use super::Weight;
use super::numerals::Numeral;
use std::ops::Range;

const DIGITS: &str = "零一二三四五六七八九";

/// What is counted or graded after such a number; without it, 一 and 三 are parts of other words.
#[rustfmt::skip]
const COUNTED: &[&str] = &[
    "个", "個", "枚", "处", "處", "条", "條", "块", "颗", "根", "例", "支", "段", "节", "次", "层", "層", "级", "級", "型", "期", "度", "倍",
    "年", "月", "日", "周", "週", "天", "岁", "歳", "回", "本", "つ", "箇所", "か所", "ヶ所", "カ所", "ヵ所", "ヶ月", "か月", "番", "号", "类", "類", "肋",
    "腰椎", "胸椎", "颈椎", "頸椎", "椎", "叶", "葉", "组", "組", "区",
    "种", "種", "色", "象限", "片", "瓣", "束", "弯", "趾", "指", "跖", "掌骨", "趾骨", "指骨", "脑室", "脳室", "弓",
    "厘米", "毫米", "公分", "公厘", "毫升", "センチ", "ミリ", "分之", "分の", "点", "%", "维", "次元",
];

pub(super) fn numerals(text: &Text, found: &mut Vec<Numeral>) {
    let mut at = 0;
    while at < text.len() {
        if !is_numeral(text.at(at)) {
            at += 1;
            continue;
        }
        let mut end = at;
        while end < text.len() && is_numeral(text.at(end)) {
            end += 1;
        }
        // 三点钟 is three o'clock, and no fraction.
        let range = at..if text.before(end) == '点' {
            end - 1
        } else {
            end
        };
        if let Some(value) = value(text, &range)
            && !range.is_empty()
            && is_number(text, &range)
        {
            found.push(numeral(text, range, value));
        }
        at = end;
    }
    single(text, found);
    half(text, found);
}

/// 半厘米, with its unit.
fn half(text: &Text, found: &mut Vec<Numeral>) {
    let halves = (0..text.len()).filter(|p| {
        text.at(*p) == '半' && !is_numeral(text.before(*p)) && super::unit(text, p + 1).is_some()
    });
    found.extend(halves.map(|p| Numeral::new(p..p + 1, 0.5, Weight::Weak)));
}

/// 单发 and 単発 are one.
fn single(text: &Text, found: &mut Vec<Numeral>) {
    for place in 0..text.len() {
        if text
            .one_of(place, &["单发", "单个", "单一", "孤立", "単発", "単一"])
            .is_some()
        {
            found.push(Numeral::new(place..place + 2, 1.0, Weight::Faint));
        }
    }
}

fn numeral(text: &Text, range: Range<usize>, value: f64) -> Numeral {
    let weight = if value <= 1.0 {
        Weight::Faint
    } else {
        Weight::Weak
    };
    let fraction = text.one_of(range.end, &["分之", "分の"]).is_some();
    let weight = if fraction { Weight::Weak } else { weight };
    Numeral::new(range, value, weight)
}

fn is_numeral(c: char) -> bool {
    DIGITS.contains(c) || matches!(c, '〇' | '十' | '百' | '千' | '两' | '点')
}

/// Whether such characters are a number here: something is counted with them, or they number something.
fn is_number(text: &Text, range: &Range<usize>) -> bool {
    // The hundred of 百分之五 and the ten of 十二指肠 count nothing.
    if text.has(range.start, "百分") || text.has(range.start, "十二指") {
        return false;
    }
    let numbered = matches!(text.before(range.start), '第' | '之');
    let ranged = matches!(
        text.at(range.end),
        '至' | '到' | '~' | '-' | '、' | '×' | 'x'
    ) && is_numeral(text.at(range.end + 1));
    let unit = super::unit(text, range.end).is_some();
    numbered
        || ranged
        || unit
        || text.one_of(range.end, COUNTED).is_some() && !is_idiom(text, range)
}

/// 一度, 一次性, 三叶草: what looks counted and is not; 两节 and the like are left alone.
fn is_idiom(text: &Text, range: &Range<usize>) -> bool {
    let one = range.len() == 1 && text.at(range.start) == '一';
    one && text
        .one_of(
            range.end,
            &[
                "度", "次", "期", "级", "級", "日", "定", "年", "点", "本", "部", "段", "般",
            ],
        )
        .is_some()
}

/// The value of such characters: 二十五, 三点五, 一〇二.
fn value(text: &Text, range: &Range<usize>) -> Option<f64> {
    let written = text.folded(range);
    let (whole, fraction) = match written.split_once('点') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (written.as_str(), None),
    };
    let whole = integer(whole)?;
    let Some(fraction) = fraction else {
        return Some(f64::from(whole));
    };
    let digits: Option<String> = fraction
        .chars()
        .map(|c| digit(c).map(|d| d.to_string()))
        .collect();
    format!("{whole}.{}", digits.filter(|d| !d.is_empty())?)
        .parse()
        .ok()
}

fn digit(c: char) -> Option<u32> {
    match c {
        '〇' => Some(0),
        '两' => Some(2),
        _ => DIGITS
            .chars()
            .position(|d| d == c)
            .and_then(|d| u32::try_from(d).ok()),
    }
}

fn integer(written: &str) -> Option<u32> {
    if written.is_empty() || written.chars().count() > 9 {
        return None;
    }
    let placed = written.chars().any(|c| matches!(c, '十' | '百' | '千'));
    if !placed {
        let digits: Option<String> = written
            .chars()
            .map(|c| digit(c).map(|d| d.to_string()))
            .collect();
        return digits?.parse().ok();
    }
    let (mut sum, mut last) = (0, None);
    for c in written.chars() {
        let place = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            _ => {
                last = Some(digit(c)?);
                continue;
            }
        };
        sum += last.take().unwrap_or(1) * place;
    }
    Some(sum + last.unwrap_or(0))
}

/// A number below ten thousand in characters.
#[cfg(test)]
pub(super) fn write(n: u32) -> String {
    let digit = |d: u32| DIGITS.chars().nth(d as usize).unwrap();
    let mut written = String::new();
    let mut gap = false;
    for (place, name) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let d = n / place % 10;
        if d == 0 {
            gap = !written.is_empty();
            continue;
        }
        if gap {
            written.push('零');
        }
        gap = false;
        if !(d == 1 && place == 10 && written.is_empty()) {
            written.push(digit(d));
        }
        written.push_str(name);
    }
    written
}
