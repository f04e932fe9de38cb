//! Left, right and both sides.
//!
//! What is compared is not how often a side is named, for a translator may say it twice, but which sides are named at all; then,
//! which are named of the same organ; and last, where one text has them the other way round, in which order.

use super::text::{Text, Tongue};
use super::{Draft, Page, Read, Spot};
use super::{lexicon, negation};
use std::collections::BTreeSet;
use std::ops::Range;

/// A side of the patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Left,
    Right,
    Both,
}

impl Side {
    pub(super) fn opposite(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
            Self::Both => Self::Both,
        }
    }
}

/// A side that a text names.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    pub(super) side: Side,
    /// The word for the side alone, without `-sided` or 侧.
    pub(super) range: Range<usize>,
    /// Whether the other text must name it too: it need not where the side is part of a name, as in LAD.
    firm: bool,
    /// Whether another side is more affected than this one, which a translation need not name: left more than right.
    less: bool,
    /// The organs, parts and findings it is said of.
    of: Vec<&'static str>,
}

pub(super) fn check(read: &Read<'_>) -> Vec<Draft> {
    let said: Vec<Vec<Mention>> = read.pages.iter().map(mentions).collect();
    let mut drafts = against_concept(read, &said);
    if let (Some((a, b)), [mine, theirs]) = (read.both(), said.as_slice())
        && a.tongue != Tongue::Other
        && b.tongue != Tongue::Other
    {
        drafts.extend(compare(read, mine, theirs));
    }
    drafts
}

/// The sides that a text names, in order.
pub(super) fn mentions(page: &Page<'_>) -> Vec<Mention> {
    let mut found = match page.tongue {
        Tongue::English => english(&page.text, page),
        Tongue::Chinese => chinese(&page.text),
        Tongue::Japanese => japanese(&page.text),
        Tongue::Other => Vec::new(),
    };
    if page.tongue.is_cjk() {
        // What was left in English names its side all the same.
        found.extend(english(&page.text, page));
        found.sort_by_key(|mention| mention.range.start);
    }
    let terms = lexicon::find(&page.text, page.tongue);
    say_of(page, &mut found, &terms);
    found
}

/// Tells each side what it is said of: the left and the right kidney are two kidneys.
fn say_of(page: &Page<'_>, found: &mut [Mention], terms: &[lexicon::Found]) {
    for index in (0..found.len()).rev() {
        let (before, after) = found.split_at_mut(index + 1);
        let Some(mention) = before.last_mut() else {
            continue;
        };
        mention.less = is_less(page, &mention.range);
        mention.firm &= !mention.less;
        let own = terms
            .iter()
            .filter(|term| is_said_of(&page.text, &mention.range, &term.range));
        mention.of = own.map(lexicon::Found::id).collect();
        if let Some(next) = after.first().filter(|next| is_beside(page, mention, next)) {
            mention.of.extend(next.of.iter().copied());
        }
    }
}

/// Whether two sides are named with nothing but an "and" between them.
fn is_beside(page: &Page<'_>, one: &Mention, next: &Mention) -> bool {
    let between = one.range.end..next.range.start.max(one.range.end);
    let text = page.text.folded(&between);
    let joints = [
        "and", "or", "nor", "and the", "or the", "nor the", "及", "和", "与", "、", "と", "或",
        "侧及", "侧和", "侧、", "側と", "側、",
    ];
    one.side == next.side.opposite() && joints.contains(&text.trim())
}

/// Whether a side is what another one is compared with.
fn is_less(page: &Page<'_>, side: &Range<usize>) -> bool {
    let text = &page.text;
    let back = |chars: usize| side.start.saturating_sub(chars)..side.start;
    match page.tongue {
        Tongue::English => {
            let before = text.words().iter().filter(|w| w.range.end <= side.start);
            let near = before.rev().take(4).take_while(|w| {
                matches!(
                    w.text.as_str(),
                    "than" | "on" | "in" | "of" | "the" | "that" | "at"
                )
            });
            near.into_iter().any(|w| w.text == "than") || text.holds(&back(2), &[">"])
        }
        Tongue::Chinese => {
            let than = [
                "大于", "多于", "重于", "高于", "小于", "少于", "低于", "厚于", "宽于", "甚于",
                ">", "较", "比",
            ];
            than.iter().any(|word| {
                let start = side.start.checked_sub(word.chars().count());
                start.is_some_and(|start| text.has(start, word))
            })
        }
        Tongue::Japanese => {
            let end = side.end;
            [0, 1].iter().any(|n| text.has(end + n, "より")) || text.holds(&back(2), &[">", "＞"])
        }
        Tongue::Other => false,
    }
}

/// Whether a term follows its side closely: within a few words, in the same part of the sentence.
fn is_said_of(text: &Text, side: &Range<usize>, organ: &Range<usize>) -> bool {
    let between = side.end..organ.start.max(side.end);
    let near = if text.at(side.start).is_ascii_alphabetic() {
        24
    } else {
        6
    };
    // 左心 holds both.
    organ.end > side.end
        && between.len() <= near
        && !between
            .clone()
            .any(|p| text.ends_part(p) || text.ends_sentence(p))
        && !text.holds(
            &between,
            &[
                "and ",
                "or ",
                "with ",
                "left",
                "right",
                "both",
                "bilateral",
                "左",
                "右",
                "双",
                "两",
                "両",
                "及",
                "和",
                "与",
                "伴",
            ],
        )
}

// --- What differs -----------------------------------------------------------------------------------------------------

fn compare(read: &Read<'_>, mine: &[Mention], theirs: &[Mention]) -> Vec<Draft> {
    if let Some(gap) = gap(read, mine, theirs) {
        return vec![gap];
    }
    of_comparisons(read, mine, theirs)
        .or_else(|| of_directions(read, mine, theirs))
        .or_else(|| of_terms(read, mine, theirs))
        .or_else(|| swapped(read, mine, theirs))
        .into_iter()
        .collect()
}

/// Both texts compare two sides, each the other one.
fn of_comparisons(read: &Read<'_>, mine: &[Mention], theirs: &[Mention]) -> Option<Draft> {
    let less = |said: &[Mention]| {
        said.iter()
            .find(|m| m.less && m.side != Side::Both)
            .cloned()
    };
    let (one, other) = (less(mine)?, less(theirs)?);
    (one.side != other.side).then(|| differ("laterality_swapped", read, &one, &other))
}

/// Both texts go from one side to the other, each the other way.
fn of_directions(read: &Read<'_>, mine: &[Mention], theirs: &[Mention]) -> Option<Draft> {
    let from = |page: usize, said: &[Mention]| {
        let text = &read.pages[page].text;
        let mut pairs = said.windows(2);
        let goes = pairs.find(|pair| {
            let between =
                text.folded(&(pair[0].range.end..pair[1].range.start.max(pair[0].range.end)));
            TOWARDS.contains(&between.trim().trim_matches(['侧', '側']))
        });
        goes.map(|pair| pair[0].clone())
    };
    let (one, other) = (from(0, mine)?, from(1, theirs)?);
    (one.side != other.side).then(|| differ("laterality_swapped", read, &one, &other))
}

/// What stands between two sides of which the second is where something goes.
const TOWARDS: &[&str] = &["to", "-to-", "->", "→", "向", "到", "至", "から"];

/// Something of which the texts name sides that have nothing in common.
fn of_terms(read: &Read<'_>, mine: &[Mention], theirs: &[Mention]) -> Option<Draft> {
    let is_all = |sides: &BTreeSet<Side>| {
        sides.contains(&Side::Both) || sides.contains(&Side::Left) && sides.contains(&Side::Right)
    };
    let terms = mine
        .iter()
        .flat_map(|said| said.of.iter().map(move |term| (said, *term)));
    for (said, term) in terms {
        let sides = |all: &[Mention]| -> BTreeSet<Side> {
            let of_term = all.iter().filter(|mention| mention.of.contains(&term));
            of_term.map(|mention| mention.side).collect()
        };
        let (one, other) = (sides(mine), sides(theirs));
        let Some(instead) = theirs.iter().find(|mention| mention.of.contains(&term)) else {
            continue;
        };
        if one.is_disjoint(&other) && !(is_all(&one) && is_all(&other)) {
            return Some(differ("laterality_differs", read, said, instead));
        }
    }
    None
}

/// A finding on a side of the first text and one of the second.
fn differ(message: &'static str, read: &Read<'_>, said: &Mention, instead: &Mention) -> Draft {
    let here = read.pages[0].quote(&said.range);
    let there = read.pages[1].quote(&instead.range);
    let draft = between(message, read, (0, said), (1, instead));
    draft.with("here", here).with("there", there)
}

/// The first side that one text names and the other does not.
fn gap(read: &Read<'_>, mine: &[Mention], theirs: &[Mention]) -> Option<Draft> {
    let (page, said, other) = match unmatched(read, 0, mine, theirs) {
        Some(said) => (0, said, theirs),
        None => (1, unmatched(read, 1, theirs, mine)?, mine),
    };
    let own = if page == 0 { mine } else { theirs };
    // What stands there instead: a side that this text does not name, or else any.
    let has = |side: Side| own.iter().any(|mention| mention.side == side);
    let instead = other
        .iter()
        .find(|mention| mention.firm && !has(mention.side))
        .or_else(|| other.iter().find(|mention| mention.side != said.side));
    let here = read.pages[page].quote(&said.range);
    let Some(instead) = instead else {
        let draft = Draft::new("laterality_missing", Spot::at(page, &said.range));
        return Some(draft.with("here", here));
    };
    let there = read.pages[1 - page].quote(&instead.range);
    Some(between(
        "laterality_differs",
        read,
        (page, said),
        (1 - page, instead),
    ))
    .map(|draft| draft.with("here", here).with("there", there))
}

/// A finding on two sides, each with what would make it agree with the other.
fn between(
    message: &'static str,
    read: &Read<'_>,
    (page, said): (usize, &Mention),
    (other, instead): (usize, &Mention),
) -> Draft {
    let fix = |page: usize, said: &Mention, to: Side| {
        Spot::fixed(page, &said.range, rewritten(&read.pages[page], said, to))
    };
    Draft::new(message, fix(page, said, instead.side)).against(fix(other, instead, said.side))
}

fn unmatched<'m>(
    read: &Read<'_>,
    page: usize,
    mine: &'m [Mention],
    theirs: &[Mention],
) -> Option<&'m Mention> {
    let they_say = |side: Side| theirs.iter().any(|mention| mention.side == side);
    let i_say = |side: Side| mine.iter().any(|mention| mention.side == side);
    let is_matched = |said: &Mention| match said.side {
        Side::Both => {
            let one = they_say(Side::Left) != they_say(Side::Right);
            let covered = they_say(Side::Both) || they_say(Side::Left) && they_say(Side::Right);
            // 双肺 is "the lungs" in English: a plural says both sides by itself.
            let other = &read.pages[1 - page];
            let plural = other.tongue == Tongue::English
                || !is_explicit(read, page, said)
                || other.text.holds(&(0..other.text.len()), SYMMETRICAL);
            let beside = i_say(Side::Left) && they_say(Side::Left)
                || i_say(Side::Right) && they_say(Side::Right);
            covered || if one { beside } else { plural }
        }
        side => {
            let both = they_say(Side::Both) && !i_say(Side::Both) && i_say(side.opposite());
            they_say(side) || both
        }
    };
    mine.iter().find(|said| said.firm && !is_matched(said))
}

/// What speaks of both sides without naming them.
const SYMMETRICAL: &[&str] = &["左右", "对称", "対称", "各", "成对"];

/// Whether "both" is a word of its own, as in bilateral, and not the mark of a pair, as in 双肺 or both lungs.
fn is_explicit(read: &Read<'_>, page: usize, said: &Mention) -> bool {
    let text = &read.pages[page].text;
    text.has(said.range.start, "bilateral") || text.one_of(said.range.end, &["侧", "側"]).is_some()
}

/// A part of a text in which one side is named, and what else is.
struct Part {
    index: usize,
    said: Mention,
    terms: Vec<&'static str>,
    /// Whether it says that something is not there.
    negative: bool,
}

/// Both texts name both sides, one of them the other way round: what is on the left in one is on the right in the other. Where
/// nothing is known by name, their order tells, as long as the texts have the same parts.
fn swapped(read: &Read<'_>, mine: &[Mention], theirs: &[Mention]) -> Option<Draft> {
    let (one, one_count) = parts(&read.pages[0], mine)?;
    let (other, other_count) = parts(&read.pages[1], theirs)?;
    let sides = |parts: &[Part], term: &str| -> BTreeSet<Side> {
        let with_term = parts.iter().filter(|part| part.terms.contains(&term));
        with_term.map(|part| part.said.side).collect()
    };
    if let Some((said, same)) = with_and_without(&one, &other) {
        let differs = said.side != same.side;
        return differs.then(|| differ("laterality_swapped", read, said, same));
    }
    let mut agree = false;
    for part in &one {
        for term in &part.terms {
            let (here, there) = (sides(&one, term), sides(&other, term));
            agree |= here == there && here.len() == 1;
            if !there.is_empty() && here.is_disjoint(&there) {
                let instead = other.iter().find(|part| part.terms.contains(term))?;
                return Some(differ(
                    "laterality_swapped",
                    read,
                    &part.said,
                    &instead.said,
                ));
            }
        }
    }
    let places = |parts: &[Part]| parts.iter().map(|part| part.index).collect::<Vec<_>>();
    if agree || one_count != other_count || places(&one) != places(&other) {
        return None;
    }
    let mut pairs = one.iter().zip(&other);
    let (here, there) = pairs.find(|(here, there)| here.said.side != there.said.side)?;
    Some(differ("laterality_swapped", read, &here.said, &there.said))
}

/// One side is free of something and the other not: the sides of which the two texts say the same, in whatever order.
fn with_and_without<'p>(one: &'p [Part], other: &'p [Part]) -> Option<(&'p Mention, &'p Mention)> {
    let ([a, b], [c, d]) = (one, other) else {
        return None;
    };
    if a.negative == b.negative || c.negative == d.negative {
        return None;
    }
    let same = if a.negative == c.negative { c } else { d };
    Some((&a.said, &same.said))
}

/// The parts of a text that name one side each, and how many parts it has; nothing where fewer than two do.
fn parts(page: &Page<'_>, said: &[Mention]) -> Option<(Vec<Part>, usize)> {
    let text = &page.text;
    let ends = |p: usize| {
        text.ends_sentence(p)
            || text.ends_part(p)
            || text.has(p, " and ")
            || text.turns(p)
            || text.one_of(p, &["及", "和", "与", "と"]).is_some()
    };
    let mut bounds = vec![0];
    bounds.extend((0..text.len()).filter(|p| ends(*p)));
    bounds.push(text.len());
    let found = lexicon::find(text, page.tongue);
    let negated = negation::negations(page);
    let mut parts = Vec::new();
    let mut count = 0;
    for pair in bounds.windows(2) {
        let range = pair[0]..pair[1];
        if !range.clone().any(|p| text.at(p).is_alphanumeric()) {
            continue;
        }
        let inside = said.iter().filter(|m| range.contains(&m.range.start));
        let inside: Vec<&Mention> = inside.collect();
        if let [said] = inside.as_slice()
            && said.side != Side::Both
            && said.firm
        {
            let terms = found.iter().filter(|t| range.contains(&t.range.start));
            parts.push(Part {
                index: count,
                said: (*said).clone(),
                terms: terms.map(lexicon::Found::id).collect(),
                negative: negated.iter().any(|p| range.contains(p)),
            });
        }
        count += 1;
    }
    (parts.len() >= 2).then_some((parts, count))
}

fn against_concept(read: &Read<'_>, said: &[Vec<Mention>]) -> Vec<Draft> {
    let Some(concept) = read.subject.concept else {
        return Vec::new();
    };
    let names = concept.names.iter();
    let mut sides = names.flat_map(|(lang, name)| mentions(&Page::of(lang, name)));
    let Some(own) = sides.next().map(|mention| mention.side) else {
        return Vec::new();
    };
    let mut drafts = Vec::new();
    for (page, said) in said.iter().enumerate() {
        let names_own = said.iter().any(|m| m.side == own || m.side == Side::Both);
        let other = said.iter().find(|m| m.firm && m.side == own.opposite());
        if let Some(other) = other.filter(|_| own != Side::Both && !names_own) {
            let fix = rewritten(&read.pages[page], other, own);
            let here = read.pages[page].quote(&other.range);
            let draft = Draft::new("laterality_concept", Spot::fixed(page, &other.range, fix));
            let name = concept.name(read.pages[page].lang);
            drafts.push(draft.with("here", here).with("concept", name));
        }
    }
    drafts
}

/// The word for the side with another side in its place, in its own case and script.
fn rewritten(page: &Page<'_>, said: &Mention, to: Side) -> Option<String> {
    let written = page.quote(&said.range);
    if written.is_ascii() {
        return rewritten_english(&written, said.side, to);
    }
    let both = match page.tongue {
        Tongue::Japanese => "両",
        _ if page.text.is_traditional() => "雙",
        _ => "双",
    };
    (written.chars().count() == 1).then(|| match to {
        Side::Left => "左".to_owned(),
        Side::Right => "右".to_owned(),
        Side::Both => both.to_owned(),
    })
}

fn rewritten_english(written: &str, from: Side, to: Side) -> Option<String> {
    let word = |side: Side| match side {
        Side::Left => "left",
        Side::Right => "right",
        Side::Both => "bilateral",
    };
    let folded = written.to_lowercase();
    let rest = folded.strip_prefix(word(from))?;
    // Leftward has no counterpart for both sides, and bilaterally none for one.
    if !rest.is_empty() && (from == Side::Both || to == Side::Both) {
        return None;
    }
    let fixed = format!("{}{rest}", word(to));
    let capital = written.starts_with(|c: char| c.is_ascii_uppercase());
    let whole = written.len() > 1 && written.chars().all(|c| c.is_ascii_uppercase());
    Some(if whole {
        fixed.to_uppercase()
    } else if capital {
        fixed[..1].to_uppercase() + &fixed[1..]
    } else {
        fixed
    })
}

// --- Where sides are named --------------------------------------------------------------------------------------------

fn mention(side: Side, range: Range<usize>, firm: bool) -> Mention {
    Mention {
        side,
        range,
        firm,
        less: false,
        of: Vec::new(),
    }
}

/// What comes before "left" where it is the past of "leave".
const HAVING_LEFT: &[&str] = &[
    "was", "were", "been", "being", "be", "has", "have", "had", "patient", "she", "he", "they",
];
/// What comes after it there.
const LEFT_SO: &[&str] = &[
    "in",
    "untreated",
    "alone",
    "behind",
    "as",
    "out",
    "over",
    "open",
    "for",
    "on",
    "at",
    "to",
    "by",
    "unchanged",
    "undisturbed",
    "without",
    "unrepaired",
    "before",
    "after",
    "uncorrected",
    "with",
    "until",
    "during",
    "unresected",
];
/// Names that hold a side which translations leave out.
const NAMED_SO: &[&str] = &["anterior", "circumflex", "main", "handed"];

fn english(text: &Text, page: &Page<'_>) -> Vec<Mention> {
    let words = text.words();
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let named = !NAMED_SO.contains(&neighbours(text, index).1);
        match word.text.as_str() {
            "left" if !is_past_of_leave(text, index) => {
                found.push(mention(Side::Left, word.range.clone(), named));
            }
            "right" if !is_no_side(text, index) => {
                found.push(mention(Side::Right, word.range.clone(), named));
            }
            "leftward" | "leftwards" => found.push(mention(Side::Left, word.range.clone(), true)),
            "rightward" | "rightwards" => {
                found.push(mention(Side::Right, word.range.clone(), true));
            }
            // Scoliosis convex to one side, a heart on the other: elsewhere the side is a word of its own.
            name if name.starts_with("levo") => {
                found.push(mention(Side::Left, word.range.clone(), false));
            }
            name if name.starts_with("dextro") => {
                found.push(mention(Side::Right, word.range.clone(), false));
            }
            "bilateral" | "bilaterally" => {
                found.push(mention(Side::Both, word.range.clone(), true));
            }
            "both" if is_pair(text, index) => {
                found.push(mention(Side::Both, word.range.clone(), true));
            }
            _ => {}
        }
    }
    found.extend(abbreviations(text, page));
    found.sort_by_key(|mention| mention.range.start);
    found
}

/// Whether "left" at a word is the past of "leave".
fn is_past_of_leave(text: &Text, index: usize) -> bool {
    let (before, after) = neighbours(text, index);
    if before == "the" {
        return false;
    }
    let gone = HAVING_LEFT.contains(&before) && (LEFT_SO.contains(&after) || after.is_empty());
    let left_it = matches!(after, "the" | "a" | "an" | "his" | "her");
    let left_so = matches!(
        after,
        "behind" | "over" | "untreated" | "alone" | "unrepaired"
    );
    gone || left_it || left_so
}

/// Whether "right" at a word is no side: right away, a right angle.
fn is_no_side(text: &Text, index: usize) -> bool {
    let (before, after) = neighbours(text, index);
    let so = matches!(
        after,
        "away" | "angle" | "angled" | "angles" | "now" | "after" | "before" | "at" | "handed"
    );
    before == "all" || before != "the" && so
}

/// The words right before and after, with a space or hyphen between at most.
fn neighbours(text: &Text, index: usize) -> (&str, &str) {
    let words = text.words();
    let joined = |range: Range<usize>| matches!(text.folded(&range).as_str(), " " | "-");
    let word = &words[index];
    let before = index.checked_sub(1).map(|n| &words[n]);
    let before = before.filter(|w| joined(w.range.end..word.range.start));
    let after = words.get(index + 1);
    let after = after.filter(|w| joined(word.range.end..w.range.start));
    (
        before.map_or("", |w| w.text.as_str()),
        after.map_or("", |w| w.text.as_str()),
    )
}

/// Both lungs, both lower lobes: a plural follows. Both the liver and the spleen are no pair.
fn is_pair(text: &Text, index: usize) -> bool {
    let words = text.words();
    let following = words.iter().skip(index + 1).take(4);
    for word in following {
        let between = words[index].range.end..word.range.start;
        if matches!(word.text.as_str(), "and" | "or")
            || between
                .clone()
                .any(|p| text.ends_sentence(p) || text.ends_part(p))
        {
            return false;
        }
        let plural = word.text.ends_with('s') && !word.text.ends_with("ss") && word.text.len() > 3;
        if plural
            || matches!(
                word.text.as_str(),
                "hila" | "atria" | "femora" | "tibiae" | "feet"
            )
        {
            return true;
        }
    }
    false
}

/// RUL, LLL, OD, LV and the letters on films: in capitals, in any language.
fn abbreviations(text: &Text, page: &Page<'_>) -> Vec<Mention> {
    let mut found = Vec::new();
    for word in text.words() {
        let written = page.quote(&word.range);
        if !written.chars().all(|c| c.is_ascii_uppercase()) {
            continue;
        }
        let known = match written.as_str() {
            "RUL" | "RML" | "RLL" | "RUQ" | "RLQ" | "OD" => Some((Side::Right, true)),
            "LUL" | "LLL" | "LUQ" | "LLQ" | "OS" => Some((Side::Left, true)),
            "OU" => Some((Side::Both, true)),
            "LAD" | "LCX" | "LCA" | "LMCA" | "LV" | "LVEF" => Some((Side::Left, false)),
            "RCA" | "RV" => Some((Side::Right, false)),
            "L" if !is_part_of_code(text, &word.range) => Some((Side::Left, false)),
            "R" if !is_part_of_code(text, &word.range) => Some((Side::Right, false)),
            _ => None,
        };
        found.extend(known.map(|(side, firm)| mention(side, word.range.clone(), firm)));
    }
    found
}

fn is_part_of_code(text: &Text, range: &Range<usize>) -> bool {
    let joined = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.' | '/');
    joined(text.at(range.end))
        || joined(text.before(range.start))
        || text.at(range.end + 1).is_ascii_digit() && text.at(range.end) == ' '
        || text.before(range.start) == ' '
            && range.start >= 2
            && text.at(range.start - 2).is_ascii_digit()
}

/// What follows 双 where it means two of something else than sides: 双源CT, 双期.
const DOUBLE: &[&str] = &[
    "重", "向", "能", "源", "相", "期", "轨", "边", "泡", "平", "腔", "参", "筒", "胎", "层", "倍",
    "极", "凸", "凹", "对", "峰", "模", "支", "声", "管", "j", "角",
];
/// What follows 两 where it means both sides; elsewhere it is a number.
const PAIRED: &[&str] = &[
    "侧", "側", "肺", "肾", "腎", "眼", "下", "上", "乳", "膈", "胸", "颈", "腋", "肩", "髋", "膝",
    "肋", "耳", "手", "足", "腿", "大", "小", "额", "顶", "颞", "枕", "基", "半", "锁", "腹", "踝",
    "腕", "肘", "附", "卵",
];

fn chinese(text: &Text) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let one = at..at + 1;
        if text.has(at, "左右") {
            found.extend(left_and_right(text, at));
            at += 1;
        } else {
            match text.at(at) {
                '左' => found.push(mention(
                    Side::Left,
                    one,
                    !text.has(at, "左前降") && !text.has(at, "左主干") && !text.has(at, "左回旋"),
                )),
                '右' => found.push(mention(Side::Right, one, !text.has(at, "右冠"))),
                '双' if text.one_of(at + 1, DOUBLE).is_none() => {
                    found.push(mention(Side::Both, one, true));
                }
                '两' if text.one_of(at + 1, PAIRED).is_some() && !is_number(text, at) => {
                    found.push(mention(Side::Both, one, true));
                }
                _ => {}
            }
        }
        at += 1;
    }
    found
}

/// 两下 alone may be "two times"; 两大 and 两小 are mostly numbers, unless what they are of is paired.
fn is_number(text: &Text, at: usize) -> bool {
    matches!(text.at(at + 1), '大' | '小' | '手')
        && text
            .one_of(at + 2, &["腿", "脑", "叶", "关", "阴", "指"])
            .is_none()
        || text.before(at) == '第'
}

fn japanese(text: &Text) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let one = at..at + 1;
        if text.has(at, "左右") {
            found.extend(left_and_right(text, at));
            at += 1;
        } else {
            match text.at(at) {
                '左' if text.one_of(at + 1, &["記", "程"]).is_none() => {
                    found.push(mention(
                        Side::Left,
                        one,
                        !text.has(at, "左前下行")
                            && !text.has(at, "左回旋")
                            && !text.has(at, "左主幹"),
                    ));
                }
                '右' if text.one_of(at + 1, &["記"]).is_none() => {
                    found.push(mention(Side::Right, one, !text.has(at, "右冠")));
                }
                '両' if text
                    .one_of(at + 1, &["者", "端", "面", "立", "凸", "凹", "刀"])
                    .is_none() =>
                {
                    found.push(mention(Side::Both, one, true));
                }
                _ => {}
            }
        }
        at += 1;
    }
    found
}

/// 左右 is both sides, unless it measures across (左右径), compares (左右对称) or means about (3 cm左右).
fn left_and_right(text: &Text, at: usize) -> Option<Mention> {
    let compares = [
        "径",
        "对称",
        "对比",
        "対称",
        "差",
        "方向",
        "長",
        "长",
        "非対称",
        "不对称",
        "两",
    ];
    if text.one_of(at + 2, &compares).is_some() || is_amount(text, at) {
        return None;
    }
    Some(mention(Side::Both, at..at + 2, true))
}

/// Whether what ends here is an amount: a number, or a unit after one.
fn is_amount(text: &Text, end: usize) -> bool {
    let mut at = end;
    while at > 0 && text.before(at) == ' ' {
        at -= 1;
    }
    let last = text.before(at);
    if last.is_ascii_digit() {
        return at < 2 || !text.before(at - 1).is_ascii_alphabetic();
    }
    let is_number = |c: char| c.is_ascii_digit() || "一二三四五六七八九十两半几数百".contains(c);
    let near = (1..=5).map_while(|back| at.checked_sub(back + 1));
    "m米岁歳月日年周天个枚%分度l升程".contains(last) && near.map(|p| text.at(p)).any(is_number)
}
