//! Chinese cues, which mostly stand before what they negate.

use super::super::lexicon::{self, Kind};
use super::super::text::{Text, Tongue};
use super::Cue::{Hedges, MayHedge, MayNegate, Negates};
use super::{Heard, heard, heard_along, silent};
use std::ops::Range;

/// Chinese cues that look ahead, longer ones first.
const AHEAD: &[&str] = &[
    "未见明显",
    "未见明确",
    "未见",
    "未查见",
    "未检出",
    "未检及",
    "不再",
    "不提示",
    "不支持",
    "不考虑",
    "未发现",
    "未显示",
    "未探及",
    "未累及",
    "未及",
    "未",
    "没有",
    "无明显",
    "无明确",
    "无",
    "否认",
    "不伴",
    "不存在",
];
/// What is no cue though it holds one.
const ELSE: &[&str] = &[
    "无名",
    "无菌",
    "无疑",
    "无创",
    "无论",
    "未来",
    "未婚",
    "未定",
    "未分化",
    "无回声",
    "无蒂",
    "无症状",
    "无痛",
    "无意",
    "无变化",
    "无明显变化",
    "未见变化",
    "未见明显变化",
    "无著变",
];
const HEDGES: &[&str] = &[
    "不能完全除外",
    "不能除外",
    "不能排除",
    "不除外",
    "不排除",
    "无法完全除外",
    "无法除外",
    "无法排除",
    "难以完全除外",
    "不能完全排除",
    "尚难除外",
    "难除外",
    "难以除外",
    "难以排除",
    "待排除",
    "待排",
    "待除外",
    "未能除外",
    "未能排除",
    "未除外",
    "未排除",
    "可能",
    "可疑",
    "疑似",
    "怀疑",
    "疑",
    "或许",
    "除外",
    "排除",
];
const MAY_HEDGE: &[&str] = &[
    "考虑", "提示", "倾向", "符合", "建议", "待查", "似", "首先", "性大", "多为", "代表",
];

/// What says of the finding before it that it is not there, or no longer.
const GONE: &[&str] = &["阴性", "消失", "缺如", "吸收", "消散", "消退"];
/// Before such a word: some of it is left, or it is bone that is gone.
const IN_PART: &[&str] = &[
    "部分", "大部", "略", "稍", "有所", "少许", "基本", "渐", "骨",
];
/// After a negation: what was looked for came before it.
const SEEN: &[&str] = &[
    "显示", "可见", "见到", "见", "存在", "出现", "检出", "发现", "显影",
];

pub(super) fn cues(text: &Text) -> Vec<Heard> {
    let terms = lexicon::find(text, Tongue::Chinese);
    let mut found = heard_along(text, |at| cue(text, &terms, at));
    // 不张 is a finding, and its 不 no cue.
    let is_part = |h: &Heard| {
        terms
            .iter()
            .any(|t| t.range.start <= h.range.start && h.range.end <= t.range.end)
    };
    found.retain(|h| h.cue != MayNegate || !is_part(h));
    found
}

/// Before 除外: that it should be done, not that it was.
const ASKED: &[&str] = &[
    "建议",
    "需",
    "请",
    "以",
    "注意",
    "进一步",
    "待",
    "应",
    "必要",
    "复查",
    "随访",
];

fn cue(text: &Text, terms: &[lexicon::Found], at: usize) -> (usize, Option<Heard>) {
    let long = |word: &str| at..at + word.chars().count();
    if let Some(word) = text.one_of(at, ELSE) {
        return (long(word).end, Some(silent(MayNegate, long(word))));
    }
    if let Some(word) = text.one_of(at, HEDGES) {
        // 已除外 says that it is not there, 需除外 that it may be.
        let cue = match word {
            "除外" | "排除" if !text.holds(&(part_around(text, at).start..at), ASKED) => {
                heard(Negates, long(word), part_around(text, at))
            }
            _ => silent(Hedges, long(word)),
        };
        return (long(word).end, Some(cue));
    }
    if let Some(word) = text.one_of(at, MAY_HEDGE) {
        return (long(word).end, Some(silent(MayHedge, long(word))));
    }
    if let Some(word) = text.one_of(at, AHEAD) {
        let range = long(word);
        return (range.end, Some(ahead(text, terms, range)));
    }
    if let Some(word) = text.one_of(at, GONE) {
        let in_part = (1..=3).any(|n| {
            at.checked_sub(n)
                .is_some_and(|p| text.one_of(p, IN_PART).is_some())
        });
        let reach = part_around(text, at).start..at;
        let reach = if in_part { 0..0 } else { reach };
        return (long(word).end, Some(heard(MayNegate, long(word), reach)));
    }
    if matches!(text.at(at), '不' | '非') {
        return (at + 1, Some(heard(MayNegate, at..at + 1, at + 1..at + 4)));
    }
    (at + 1, None)
}

/// The part of a sentence up to its commas; an enumeration (、) is one part.
fn part_around(text: &Text, at: usize) -> Range<usize> {
    text.around(at, |p| {
        text.ends_sentence(p) || text.ends_part(p) && text.at(p) != '、'
    })
}

fn ahead(text: &Text, terms: &[lexicon::Found], range: Range<usize>) -> Heard {
    let part = part_around(text, range.end);
    let stop = (range.end..part.end)
        .find(|p| text.one_of(*p, &["但", "而", "，"]).is_some())
        .unwrap_or(part.end);
    let seen = text.one_of(range.end, SEEN);
    let rest = range.end + seen.map_or(0, |word| word.chars().count());
    let silent_rest = !(rest..stop).any(|p| text.at(p).is_alphanumeric());
    if silent_rest {
        return heard(Negates, range.clone(), part.start..range.start);
    }
    // 无移位骨折 is a fracture: what is not there is the displacement alone. Of 无钙化结节 one cannot be sure.
    let mut inside = terms
        .iter()
        .filter(|t| t.range.start >= range.end && t.range.end <= stop)
        .filter(|t| matches!(t.kind(), Kind::Lesion | Kind::State));
    let first = inside.next();
    let next = inside.next();
    if let (Some(first), Some(next)) = (first, next) {
        let between = text.folded(&(first.range.end..next.range.start.max(first.range.end)));
        let describes = matches!(
            first.id(),
            "displacement" | "enhancement" | "calcification" | "dilatation" | "compression"
        );
        if describes
            && first.range.start <= range.end + 2
            && matches!(between.as_str(), "" | "的" | "性")
        {
            let reach = range.end..first.range.end;
            return Heard {
                doubtful: first.range.end..stop,
                ..heard(Negates, range, reach)
            };
        }
    }
    heard(Negates, range.clone(), range.end..stop)
}
