//! Japanese cues, which mostly stand after what they negate.

use super::super::lexicon::{self, Kind};
use super::super::text::{Text, Tongue};
use super::Cue::{Hedges, MayHedge, MayNegate, Negates};
use super::{Heard, heard, heard_along, silent};
use std::ops::Range;

/// Japanese cues that look back, longer ones first.
#[rustfmt::skip]
const BACK: &[&str] = &[
    "認められない", "認められず", "認められません", "認めません", "認めない", "認めなかった", "認めず", "みとめず", "みとめない", "みられません", "みられない", "みられず", "見られない", "見られず", "見られません",
    "指摘できない", "指摘できず", "指摘されない", "確認できない", "確認できず", "同定できない", "検出されない", "検出されず", "伴わない", "伴わず", "ともなわない", "存在しない", "していない", "されない", "されず",
    "しない", "せず", "及んでいない", "なし", "無し", "ない", "なく", "ありません",
];
/// What is no cue though it holds one.
const ELSE: &[&str] = &[
    "ないし",
    "変化はない",
    "変化なし",
    "変化ない",
    "変化はなく",
    "変化なく",
    "変化を認めない",
    "変化を認めず",
    "著変なし",
    "著変はない",
    "著変を認めない",
    "少ない",
    "少なく",
    "必ず",
    "みなし",
    "見なし",
    "ながら",
    "はない時",
    "できない",
    "でなく",
    "だけでなく",
    "くない",
    "つかない",
];
const HEDGES: &[&str] = &[
    "かもしれない",
    "可能性",
    "疑い",
    "疑われ",
    "疑う",
    "疑",
    "恐らく",
    "おそらく",
];
const MAY_HEDGE: &[&str] = &[
    "考え",
    "思われ",
    "示唆",
    "推定",
    "矛盾しない",
    "矛盾せず",
    "合致",
    "相当",
    "として",
    "鑑別",
    "様の",
    "と見",
    "とみ",
    "代表",
    "典型",
];

pub(super) fn cues(text: &Text) -> Vec<Heard> {
    let terms = lexicon::find(text, Tongue::Japanese);
    heard_along(text, |at| cue(text, &terms, at))
}

fn cue(text: &Text, terms: &[lexicon::Found], at: usize) -> (usize, Option<Heard>) {
    let long = |word: &str| at..at + word.chars().count();
    if let Some(end) = unexcluded(text, at) {
        return (end, Some(silent(Hedges, at..end)));
    }
    if let Some(word) = text.one_of(at, HEDGES) {
        return (long(word).end, Some(silent(Hedges, long(word))));
    }
    if let Some(word) = text.one_of(at, MAY_HEDGE) {
        return (long(word).end, Some(silent(MayHedge, long(word))));
    }
    if let Some(word) = text.one_of(at, ELSE) {
        return (long(word).end, Some(silent(MayNegate, long(word))));
    }
    if let Some(word) = text.one_of(at, BACK) {
        return (long(word).end, Some(back(text, terms, long(word))));
    }
    if let Some(word) = text.one_of(at, &["陰性", "消失", "欠如", "否定的", "吸収され", "消退"])
    {
        let reach = part_around(text, at).start..at;
        return (long(word).end, Some(heard(MayNegate, long(word), reach)));
    }
    if matches!(text.at(at), '非' | '無' | '不' | '未') {
        return (at + 1, Some(heard(MayNegate, at..at + 1, at + 1..at + 4)));
    }
    (at + 1, None)
}

/// Where 否定できない, 除外はできません and the like end.
fn unexcluded(text: &Text, at: usize) -> Option<usize> {
    let after = |at: usize, words: &[&str]| {
        let word = text.one_of(at, words)?;
        Some(at + word.chars().count())
    };
    let verb = after(at, &["否定", "除外", "排除"])?;
    let particle = after(verb, &["は", "も", "が"]).unwrap_or(verb);
    let able = after(
        particle,
        &[
            "でき",
            "出来",
            "しきれ",
            "しえ",
            "し得",
            "困難",
            "しがた",
            "し難",
        ],
    )?;
    // Difficult is negative by itself.
    let ends = ["なかった", "ない", "なく", "ず", "ません", "い", "く"];
    Some(after(able, &ends).unwrap_or(able)).filter(|end| *end > able || text.has(particle, "困難"))
}

fn part_around(text: &Text, at: usize) -> Range<usize> {
    text.around(at, |p| text.ends_sentence(p) || text.ends_part(p))
}

/// What negates what is done, and not the finding that does it: 出血は脳室に穿破していない.
const UNDONE: &[&str] = &["していない", "されない", "されず", "しない", "せず"];

/// The end of a clause that another one limits.
const BUT: &[&str] = &["るが", "たが", "いが", "だが", "すが", "のの"];

/// Back to the comma before; what stands before that without a predicate of its own may belong to it or not.
fn back(text: &Text, terms: &[lexicon::Found], range: Range<usize>) -> Heard {
    let own = own_part(text, &range);
    let sentence = text.sentence(range.start).start;
    let mut start = own.start;
    while start > sentence {
        let before = part_around(text, start - 1);
        if before.start >= start || is_predicate(text, &(before.start..start - 1)) {
            break;
        }
        start = before.start;
    }
    // 病変に増強効果はない: where nothing is enhanced there is a lesion.
    let within = own.clone().rev().find(|p| text.at(*p) == 'に');
    let own = within
        .map(|p| p + 1..own.end)
        .filter(|part| names_finding(terms, part))
        .unwrap_or(own);
    // 転位のない骨折: the bone is broken.
    Heard {
        doubtful: start..own.start,
        ..heard(Negates, range, own)
    }
}

/// What a cue looks back on at most: up to the comma before, or to what limits it.
fn own_part(text: &Text, cue: &Range<usize>) -> Range<usize> {
    let part = part_around(text, cue.start).start..cue.start;
    let last = |is_end: &dyn Fn(usize) -> bool| part.clone().rev().find(|p| is_end(*p));
    let start = if text.one_of(cue.start, UNDONE).is_some() {
        last(&|p| "はがをにも".contains(text.at(p))).map(|p| p + 1)
    } else {
        // 接するが、浸潤はない: what comes before the "but" is said of something else.
        last(&|p| text.one_of(p, BUT).is_some()).map(|p| (p + 2).min(part.end))
    };
    start.unwrap_or(part.start)..part.end
}

fn names_finding(terms: &[lexicon::Found], part: &Range<usize>) -> bool {
    let mut findings = terms
        .iter()
        .filter(|t| matches!(t.kind(), Kind::Lesion | Kind::State));
    findings.any(|t| part.start <= t.range.start && t.range.end <= part.end)
}

/// Whether a part of a Japanese sentence says something of its own.
fn is_predicate(text: &Text, part: &Range<usize>) -> bool {
    let says = [
        "認め",
        "あり",
        "ある",
        "みられ",
        "見られ",
        "伴",
        "示",
        "なし",
        "ない",
        "せず",
        "した",
        "する",
        "して",
    ];
    let last = text.before(part.end);
    text.holds(part, &says) || "るしりでてず".contains(last)
}
