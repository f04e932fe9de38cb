//! What is said to be there, not to be there, or to be possible.
//!
//! In the manner of NegEx (J Biomed Inform 2001;34:301): a cue, and how far it reaches. English and Chinese cues mostly stand before
//! what they negate, Japanese ones after it. A term on which a text is of two minds is not compared.

use super::lexicon::{self, Kind};
use super::text::{Text, Tongue};
use super::{Draft, Page, Read, Spot};
use crate::lang::Lang;
use crate::ontology::Concept;
use crate::region::Presence;
use std::ops::Range;

/// What a cue does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cue {
    /// What follows, or came before, is not there.
    Negates,
    /// It is possible.
    Hedges,
    /// It may mean so, as "consistent with" does.
    MayHedge,
    /// A negation that the other text may say without one: unchanged, 无变化.
    MayNegate,
}

/// A cue in a text, and the characters it speaks of.
struct Heard {
    cue: Cue,
    range: Range<usize>,
    reach: Range<usize>,
    /// A part of the reach in which it may or may not still hold.
    doubtful: Range<usize>,
}

/// What a text says of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Polarity {
    Affirmed,
    Negated,
    Doubtful,
}

pub(super) fn check(read: &Read<'_>) -> Vec<Draft> {
    let heard: Vec<Vec<Heard>> = read.pages.iter().map(cues).collect();
    let mut drafts = against_presence(read, &heard);
    let Some((a, b)) = read.both() else {
        return drafts;
    };
    if a.tongue == Tongue::Other || b.tongue == Tongue::Other {
        return drafts;
    }
    let differ = terms_differ(read, &heard).or_else(|| texts_differ(read, &heard));
    let differ = differ.or_else(|| certainties_differ(read, &heard));
    drafts.extend(differ);
    drafts
}

/// What the cues of a text say of a part of it.
fn polarity(heard: &[Heard], of: &Range<usize>) -> Polarity {
    let holds = |range: &Range<usize>| range.start <= of.start && of.end <= range.end;
    let inside = |range: &Range<usize>| of.start <= range.start && range.end <= of.end;
    let negations = || {
        heard
            .iter()
            .filter(|h| matches!(h.cue, Cue::Negates | Cue::MayNegate))
    };
    // 不张 is a finding, and its 不 no cue.
    if negations().any(|h| holds(&h.reach) && !inside(&h.range)) {
        return Polarity::Negated;
    }
    if negations().any(|h| holds(&h.doubtful)) {
        return Polarity::Doubtful;
    }
    Polarity::Affirmed
}

/// Terms of a text with what it says of each.
pub(super) fn said_of_terms(page: &Page<'_>) -> Vec<(lexicon::Found, Polarity)> {
    let heard = cues(page);
    let terms = lexicon::find(&page.text, page.tongue);
    terms
        .into_iter()
        .map(|term| {
            let polarity = polarity(&heard, &term.range);
            (term, polarity)
        })
        .collect()
}

/// A finding that is there in one text and not in the other.
fn terms_differ(read: &Read<'_>, heard: &[Vec<Heard>]) -> Option<Draft> {
    let said: Vec<Vec<(lexicon::Found, Polarity)>> = read
        .pages
        .iter()
        .zip(heard)
        .map(|(page, heard)| {
            let terms = lexicon::find(&page.text, page.tongue).into_iter();
            let findings = terms.filter(|t| matches!(t.kind(), Kind::Lesion | Kind::State));
            findings
                .map(|t| {
                    let polarity = polarity(heard, &t.range);
                    (t, polarity)
                })
                .collect()
        })
        .collect();
    let [mine, theirs] = said.as_slice() else {
        return None;
    };
    for (term, _) in mine {
        let (Some(one), Some(other)) = (agreed(mine, term.id()), agreed(theirs, term.id())) else {
            continue;
        };
        let there = theirs.iter().find(|(t, _)| t.id() == term.id());
        if let Some((there, _)) = there.filter(|_| one != other) {
            let here = read.pages[0].quote(&term.range);
            let draft = Draft::new("negation_differs", Spot::at(0, &term.range));
            return Some(draft.with("here", here).against(Spot::at(1, &there.range)));
        }
    }
    None
}

/// What a text says of a term wherever it names it.
fn agreed(said: &[(lexicon::Found, Polarity)], id: &str) -> Option<Polarity> {
    let mut of_term = said.iter().filter(|(t, _)| t.id() == id).map(|(_, p)| *p);
    let first = of_term.next()?;
    let one = first != Polarity::Doubtful && of_term.all(|p| p == first);
    one.then_some(first)
}

/// Words by which a text says without a negation what another says with one.
const WELL: &[&str] = &[
    "normal",
    "unremarkable",
    "clear",
    "intact",
    "stable",
    "patent",
    "preserved",
    "resolved",
    "sessile",
    "smooth",
    "homogen",
    "regular",
    "unchanged",
    "benign",
    "free",
    "non",
    "un",
    "asym",
    "avascular",
    "absent",
    "missing",
    "lost",
    "failed",
    "正常",
    "清晰",
    "清楚",
    "完整",
    "通畅",
    "稳定",
    "光滑",
    "光整",
    "均匀",
    "对称",
    "规则",
    "消失",
    "缺",
    "不",
    "非",
    "否",
    "阴性",
    "清明",
    "保た",
    "不変",
    "平滑",
    "均一",
    "無",
    "良好",
    "陰性",
    "欠",
    "否定",
    "既知",
    "术后",
    "切除",
];

/// A text that negates something, and one that negates nothing and has no word for it either.
fn texts_differ(read: &Read<'_>, heard: &[Vec<Heard>]) -> Option<Draft> {
    let [mine, theirs] = heard else { return None };
    let negation = |heard: &[Heard]| heard.iter().position(|h| h.cue == Cue::Negates);
    let plain = |page: usize, heard: &[Heard]| {
        let page = &read.pages[page];
        let text = &page.text;
        let said_so = match page.tongue {
            Tongue::English => text
                .words()
                .iter()
                .any(|w| WELL.iter().any(|well| w.text.starts_with(well)) || w.text == "not"),
            _ => text.holds(&(0..text.len()), WELL),
        };
        heard.iter().all(|h| h.cue == Cue::MayHedge) && !said_so
    };
    let (page, cue) = match (negation(mine), negation(theirs)) {
        (Some(cue), None) if plain(1, theirs) => (0, &mine[cue]),
        (None, Some(cue)) if plain(0, mine) => (1, &theirs[cue]),
        _ => return None,
    };
    // Of texts of several sentences one may leave out what the other says is not there.
    if read
        .pages
        .iter()
        .any(|page| page.text.sentences().len() > 1)
    {
        return None;
    }
    let here = read.pages[page].quote(&cue.range);
    let whole = 0..read.pages[1 - page].text.len();
    let draft = Draft::new("negation_differs", Spot::at(page, &cue.range));
    Some(draft.with("here", here).against(Spot::at(1 - page, &whole)))
}

/// A text that leaves it open, and one that does not.
fn certainties_differ(read: &Read<'_>, heard: &[Vec<Heard>]) -> Option<Draft> {
    let [mine, theirs] = heard else { return None };
    let hedge = |heard: &[Heard]| heard.iter().position(|h| h.cue == Cue::Hedges);
    let open = |heard: &[Heard]| {
        heard
            .iter()
            .any(|h| matches!(h.cue, Cue::Hedges | Cue::MayHedge))
    };
    let (page, cue) = match (hedge(mine), hedge(theirs)) {
        (Some(cue), None) if !open(theirs) => (0, &mine[cue]),
        (None, Some(cue)) if !open(mine) => (1, &theirs[cue]),
        _ => return None,
    };
    let here = read.pages[page].quote(&cue.range);
    let draft = Draft::new("negation_certainty", Spot::at(page, &cue.range)).notice();
    Some(draft.with("here", here))
}

// --- The region's presence ----------------------------------------------------------------------------------------------

fn against_presence(read: &Read<'_>, heard: &[Vec<Heard>]) -> Vec<Draft> {
    let (Some(concept), Some(presence)) = (read.subject.concept, read.subject.presence) else {
        return Vec::new();
    };
    let mut drafts = Vec::new();
    for (index, (page, heard)) in read.pages.iter().zip(heard).enumerate() {
        let named = names(page, concept);
        let all = |wanted: Polarity| {
            !named.is_empty() && named.iter().all(|range| polarity(heard, range) == wanted)
        };
        let wrong = match presence {
            Presence::Present | Presence::Uncertain => all(Polarity::Negated),
            Presence::Absent => all(Polarity::Affirmed),
        };
        if let Some(range) = named.first().filter(|_| wrong) {
            let told = match presence {
                Presence::Present => "present",
                Presence::Absent => "absent",
                Presence::Uncertain => "uncertain",
            };
            let draft = Draft::new("negation_presence", Spot::at(index, range));
            drafts.push(draft.with("here", page.quote(range)).with("presence", told));
        }
    }
    drafts
}

/// Where a text names the concept: by its name, or by another word for it.
pub(super) fn names(page: &Page<'_>, concept: &Concept) -> Vec<Range<usize>> {
    let own = own_terms(concept);
    let terms = lexicon::find(&page.text, page.tongue).into_iter();
    let mut found: Vec<Range<usize>> = terms
        .filter(|term| own.contains(&term.id()))
        .map(|term| term.range)
        .collect();
    for name in words_for(concept, page.lang) {
        let name = Text::of(name.trim());
        if name.is_blank() {
            continue;
        }
        let folded = name.folded(&(0..name.len()));
        let places = (0..page.text.len()).filter(|p| page.text.has(*p, &folded));
        found.extend(places.map(|p| p..p + name.len()));
    }
    found.sort_by_key(|range| range.start);
    found
}

/// A concept's name and its synonyms in a language.
fn words_for<'c>(concept: &'c Concept, lang: &Lang) -> impl Iterator<Item = &'c str> {
    let lang = lang.primary().to_owned();
    words(concept).filter_map(move |(of, word)| (of.primary() == lang).then_some(word))
}

/// A concept's names and synonyms, each with its language.
fn words(concept: &Concept) -> impl Iterator<Item = (&Lang, &str)> {
    let names = concept
        .names
        .iter()
        .map(|(lang, name)| (lang, name.as_str()));
    let synonyms = concept.synonyms.iter();
    names.chain(synonyms.flat_map(|(lang, all)| all.iter().map(move |word| (lang, word.as_str()))))
}

/// The terms that a concept's names consist of: its findings, or where it has none, its organs.
pub(super) fn own_terms(concept: &Concept) -> Vec<&'static str> {
    let mut terms = Vec::new();
    for (lang, name) in words(concept) {
        terms.extend(lexicon::find(&Text::of(name), Tongue::of(lang)));
    }
    let of = |lesions: bool| -> Vec<&'static str> {
        let chosen = terms
            .iter()
            .filter(|t| matches!(t.kind(), Kind::Lesion | Kind::State) == lesions);
        chosen.map(lexicon::Found::id).collect()
    };
    let lesions = of(true);
    if lesions.is_empty() {
        of(false)
    } else {
        lesions
    }
}

// --- Cues ---------------------------------------------------------------------------------------------------------------

fn cues(page: &Page<'_>) -> Vec<Heard> {
    let mut heard = match page.tongue {
        Tongue::English => english(&page.text),
        Tongue::Chinese => chinese(&page.text),
        Tongue::Japanese => japanese(&page.text),
        Tongue::Other => Vec::new(),
    };
    for place in (0..page.text.len()).filter(|p| page.text.at(*p) == '?') {
        heard.push(silent(Cue::MayHedge, place..place + 1));
    }
    heard
}

/// A cue whose reach does not matter.
fn silent(cue: Cue, range: Range<usize>) -> Heard {
    Heard {
        cue,
        range,
        reach: 0..0,
        doubtful: 0..0,
    }
}

/// Where an English cue reaches.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Ahead,
    Back,
    /// The next word alone.
    Next,
    Nowhere,
}

use Cue::{Hedges, MayHedge, MayNegate, Negates};
use Way::{Ahead, Back, Next, Nowhere};

/// English cues; of those that begin alike the longest is taken, so it stands first.
#[rustfmt::skip]
const ENGLISH: &[(&str, Cue, Way)] = &[
    ("not been excluded", Hedges, Nowhere), ("not been ruled out", Hedges, Nowhere),
    ("can not be excluded", Hedges, Nowhere), ("can not be ruled out", Hedges, Nowhere), ("can not exclude", Hedges, Nowhere), ("can not rule out", Hedges, Nowhere),
    ("cannot be completely excluded", Hedges, Nowhere), ("cannot be entirely excluded", Hedges, Nowhere), ("cannot be definitely excluded", Hedges, Nowhere),
    ("cannot be excluded", Hedges, Nowhere), ("cannot be ruled out", Hedges, Nowhere), ("cannot exclude", Hedges, Nowhere), ("cannot rule out", Hedges, Nowhere),
    ("could not be excluded", Hedges, Nowhere), ("could not be ruled out", Hedges, Nowhere), ("is not excluded", Hedges, Nowhere), ("are not excluded", Hedges, Nowhere),
    ("not excluded", Hedges, Nowhere), ("not ruled out", Hedges, Nowhere), ("difficult to exclude", Hedges, Nowhere), ("to be excluded", Hedges, Nowhere), ("to rule out", Hedges, Nowhere),
    ("no longer", MayNegate, Ahead), ("not only", MayNegate, Nowhere), ("no more than", MayNegate, Nowhere), ("not well", MayNegate, Nowhere), ("not clearly", MayNegate, Nowhere),
    ("not fully", MayNegate, Nowhere), ("not completely", MayNegate, Nowhere), ("not entirely", MayNegate, Nowhere), ("could not be", MayNegate, Nowhere), ("not without", MayNegate, Nowhere),
    ("negative for", Negates, Ahead), ("free of", Negates, Ahead), ("free from", Negates, Ahead), ("absence of", Negates, Ahead), ("lack of", Negates, Ahead), ("devoid of", Negates, Ahead),
    ("rule out", Hedges, Nowhere), ("ruled out", Negates, Back), ("excluded", MayNegate, Back), ("absent", Negates, Back), ("negative", MayNegate, Back), ("resolved", MayNegate, Back),
    ("no", Negates, Ahead), ("nothing", Negates, Ahead), ("without", Negates, Ahead), ("never", Negates, Ahead), ("neither", Negates, Ahead), ("nor", Negates, Ahead), ("none", Negates, Back), ("lacks", Negates, Ahead), ("lacking", Negates, Ahead),
    ("denies", Negates, Ahead), ("non", MayNegate, Next),
    ("unlikely", MayHedge, Nowhere), ("possible", Hedges, Nowhere), ("possibly", Hedges, Nowhere), ("probable", Hedges, Nowhere), ("probably", Hedges, Nowhere), ("likely", Hedges, Nowhere),
    ("might", Hedges, Nowhere), ("could", Hedges, Nowhere), ("suspected", Hedges, Nowhere), ("suspect", Hedges, Nowhere), ("suspicious", Hedges, Nowhere), ("suspicion", Hedges, Nowhere),
    ("questionable", Hedges, Nowhere), ("equivocal", Hedges, Nowhere), ("perhaps", Hedges, Nowhere), ("may", Hedges, Nowhere), ("potentially", Hedges, Nowhere),
    ("consistent with", MayHedge, Nowhere), ("compatible with", MayHedge, Nowhere), ("suggest", MayHedge, Nowhere), ("suggests", MayHedge, Nowhere), ("suggesting", MayHedge, Nowhere), ("suggestive", MayHedge, Nowhere),
    ("concerning", MayHedge, Nowhere), ("concern", MayHedge, Nowhere), ("represent", MayHedge, Nowhere), ("represents", MayHedge, Nowhere), ("representing", MayHedge, Nowhere), ("favor", MayHedge, Nowhere), ("favors", MayHedge, Nowhere),
    ("favour", MayHedge, Nowhere), ("favours", MayHedge, Nowhere), ("consider", MayHedge, Nowhere), ("considered", MayHedge, Nowhere), ("indicative", MayHedge, Nowhere), ("indicating", MayHedge, Nowhere), ("appears", MayHedge, Nowhere), ("appear", MayHedge, Nowhere),
    ("presumed", MayHedge, Nowhere), ("presumably", MayHedge, Nowhere), ("differential", MayHedge, Nowhere), ("versus", MayHedge, Nowhere), ("in keeping with", MayHedge, Nowhere), ("typical", MayHedge, Nowhere), ("apparent", MayHedge, Nowhere),
];
/// After "not": what was looked for and not found, so that the negation is about what came before.
#[rustfmt::skip]
const SEEN: &[&str] = &[
    "seen", "identified", "present", "visualized", "visualised", "detected", "demonstrated", "evident", "noted", "observed", "found", "appreciated", "visible", "apparent", "shown", "recognized", "recognised",
];
/// Where a negation ends though the sentence goes on.
const BUT: &[&str] = &[
    "but", "however", "although", "though", "except", "apart", "besides", "with", "is", "are",
    "was", "were", "has", "which",
];

fn english(text: &Text) -> Vec<Heard> {
    let words = text.words();
    let mut heard = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (used, cue) = english_cue(text, at);
        heard.extend(cue);
        at += used;
    }
    heard
}

/// The cue at a word, and how many words it takes.
fn english_cue(text: &Text, at: usize) -> (usize, Option<Heard>) {
    let words = text.words();
    let word = &words[at];
    if word.text == "not" {
        let next = |n: usize| words.get(at + n).map_or("", |w| w.text.as_str());
        let seen = (1..=2).find(|n| SEEN.contains(&next(*n)));
        let listed = ENGLISH
            .iter()
            .any(|(cue, ..)| stands(text, at, cue).is_some());
        if let Some(seen) = seen.filter(|_| !listed) {
            let range = word.range.start..words[at + seen].range.end;
            let reach = back(text, word.range.start);
            return (seen + 1, Some(heard(Negates, range, reach)));
        }
        if !listed {
            let range = word.range.clone();
            return (1, Some(ahead(text, MayNegate, range)));
        }
    }
    let is_number = word.text == "no" && is_numbering(text, word.range.end);
    let is_month = word.text == "may" && text.quote(&word.range) == "May" && at > 0;
    if is_number || is_month {
        return (1, None);
    }
    let found = ENGLISH
        .iter()
        .find_map(|(cue, what, way)| Some((stands(text, at, cue)?, what, way)));
    let Some((used, what, way)) = found else {
        return (1, None);
    };
    let range = word.range.start..words[at + used - 1].range.end;
    let cue = match way {
        Ahead => ahead(text, *what, range),
        Back => {
            let reach = back(text, range.start);
            heard(*what, range, reach)
        }
        Next => {
            let next = words
                .get(at + used)
                .map_or(range.end..range.end, |w| w.range.clone());
            heard(*what, range, next)
        }
        Nowhere => silent(*what, range),
    };
    (used, Some(cue))
}

fn heard(cue: Cue, range: Range<usize>, reach: Range<usize>) -> Heard {
    Heard {
        reach,
        ..silent(cue, range)
    }
}

/// How many words a cue is, where it stands at a word.
fn stands(text: &Text, at: usize, cue: &str) -> Option<usize> {
    let mut used = 0;
    for part in cue.split(' ') {
        let word = text.words().get(at + used)?;
        if word.text != part {
            return None;
        }
        used += 1;
    }
    Some(used)
}

/// No. 2 numbers, and negates nothing.
fn is_numbering(text: &Text, end: usize) -> bool {
    let after = (end..end + 3).find(|p| !matches!(text.at(*p), '.' | ' '));
    after.is_some_and(|p| text.at(p).is_ascii_digit()) && text.at(end) == '.'
}

/// What came before in the same part of the sentence, or, in a list of things not seen, in all of it.
fn back(text: &Text, start: usize) -> Range<usize> {
    let sentence = text.sentence(start);
    let comma = (sentence.start..start).rev().find(|p| text.ends_part(*p));
    comma.map_or(sentence.start, |p| p + 1)..start
}

fn ahead(text: &Text, cue: Cue, range: Range<usize>) -> Heard {
    let sentence = text.sentence(range.end);
    let stop = text
        .words()
        .iter()
        .filter(|w| w.range.start > range.end && w.range.end <= sentence.end)
        .find(|w| BUT.contains(&w.text.as_str()))
        .map_or(sentence.end, |w| w.range.start);
    let comma = (range.end..stop).find(|p| text.ends_part(*p));
    let reach = match comma {
        Some(comma) if !is_list(text, comma..stop) => range.end..comma,
        _ => range.end..stop,
    };
    Heard {
        doubtful: reach.end..stop,
        ..heard(cue, range, reach)
    }
}

/// Whether what follows a comma goes on with the list before it: no effusion, mass or nodule.
fn is_list(text: &Text, rest: Range<usize>) -> bool {
    let words = text.words();
    let inside = |p: usize| rest.contains(&p);
    words
        .iter()
        .any(|w| inside(w.range.start) && matches!(w.text.as_str(), "or" | "nor"))
}

/// Chinese cues that look ahead, longer ones first.
const CHINESE_AHEAD: &[&str] = &[
    "未见明显",
    "未见明确",
    "未见",
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
const CHINESE_ELSE: &[&str] = &[
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
    "未破裂",
    "无意",
];
const CHINESE_HEDGES: &[&str] = &[
    "不能完全除外",
    "不能除外",
    "不能排除",
    "不除外",
    "不排除",
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
const CHINESE_MAY_HEDGE: &[&str] = &[
    "考虑", "提示", "倾向", "符合", "建议", "待查", "似", "首先", "性大", "多为", "代表",
];

fn chinese(text: &Text) -> Vec<Heard> {
    let terms = lexicon::find(text, Tongue::Chinese);
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (end, cue) = chinese_cue(text, &terms, at);
        found.extend(cue);
        at = end;
    }
    found
}

fn chinese_cue(text: &Text, terms: &[lexicon::Found], at: usize) -> (usize, Option<Heard>) {
    let long = |word: &str| at..at + word.chars().count();
    if let Some(word) = text.one_of(at, CHINESE_ELSE) {
        return (long(word).end, Some(silent(MayNegate, long(word))));
    }
    if let Some(word) = text.one_of(at, CHINESE_HEDGES) {
        // 已除外 says that it is not there, 需除外 that it may be.
        let cue = match word {
            "除外" | "排除" if !"需请以议意步待".contains(text.before(at)) => {
                heard(Negates, long(word), chinese_part(text, at))
            }
            _ => silent(Hedges, long(word)),
        };
        return (long(word).end, Some(cue));
    }
    if let Some(word) = text.one_of(at, CHINESE_MAY_HEDGE) {
        return (long(word).end, Some(silent(MayHedge, long(word))));
    }
    if let Some(word) = text.one_of(at, CHINESE_AHEAD) {
        let range = long(word);
        return (range.end, Some(chinese_ahead(text, terms, range)));
    }
    if let Some(word) = text.one_of(at, &["阴性", "消失", "缺如"]) {
        let reach = chinese_part(text, at).start..at;
        return (long(word).end, Some(heard(MayNegate, long(word), reach)));
    }
    if matches!(text.at(at), '不' | '非') {
        return (at + 1, Some(heard(MayNegate, at..at + 1, at + 1..at + 4)));
    }
    (at + 1, None)
}

/// The part of a sentence up to its commas; an enumeration (、) is one part.
fn chinese_part(text: &Text, at: usize) -> Range<usize> {
    text.around(at, |p| {
        text.ends_sentence(p) || text.ends_part(p) && text.at(p) != '、'
    })
}

fn chinese_ahead(text: &Text, terms: &[lexicon::Found], range: Range<usize>) -> Heard {
    let part = chinese_part(text, range.end);
    let stop = (range.end..part.end)
        .find(|p| text.one_of(*p, &["但", "而", "，"]).is_some())
        .unwrap_or(part.end);
    let silent_rest = !(range.end..stop).any(|p| text.at(p).is_alphanumeric());
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

/// Japanese cues that look back, longer ones first.
#[rustfmt::skip]
const JAPANESE_BACK: &[&str] = &[
    "認められない", "認められず", "認められません", "認めません", "認めない", "認めなかった", "認めず", "みとめず", "みとめない", "みられません", "みられない", "みられず", "見られない", "見られず", "見られません",
    "指摘できない", "指摘できず", "指摘されない", "確認できない", "確認できず", "同定できない", "検出されない", "検出されず", "伴わない", "伴わず", "ともなわない", "存在しない", "していない", "されない", "されず",
    "しない", "せず", "及んでいない", "なし", "無し", "ない", "なく", "ありません",
];
/// What is no cue though it holds one.
const JAPANESE_ELSE: &[&str] = &[
    "ないし",
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
const JAPANESE_HEDGES: &[&str] = &[
    "否定できない",
    "否定できません",
    "否定しきれない",
    "否定はできない",
    "除外できない",
    "除外できません",
    "かもしれない",
    "可能性",
    "疑い",
    "疑われ",
    "疑う",
    "疑",
    "恐らく",
    "おそらく",
];
const JAPANESE_MAY_HEDGE: &[&str] = &[
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

fn japanese(text: &Text) -> Vec<Heard> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (end, cue) = japanese_cue(text, at);
        found.extend(cue);
        at = end;
    }
    found
}

fn japanese_cue(text: &Text, at: usize) -> (usize, Option<Heard>) {
    let long = |word: &str| at..at + word.chars().count();
    if let Some(word) = text.one_of(at, JAPANESE_HEDGES) {
        return (long(word).end, Some(silent(Hedges, long(word))));
    }
    if let Some(word) = text.one_of(at, JAPANESE_MAY_HEDGE) {
        return (long(word).end, Some(silent(MayHedge, long(word))));
    }
    if let Some(word) = text.one_of(at, JAPANESE_ELSE) {
        return (long(word).end, Some(silent(MayNegate, long(word))));
    }
    if let Some(word) = text.one_of(at, JAPANESE_BACK) {
        return (long(word).end, Some(japanese_back(text, long(word))));
    }
    if let Some(word) = text.one_of(at, &["陰性", "消失", "欠如", "否定的"]) {
        let reach = japanese_part(text, at).start..at;
        return (long(word).end, Some(heard(MayNegate, long(word), reach)));
    }
    if matches!(text.at(at), '非' | '無' | '不') {
        return (at + 1, Some(heard(MayNegate, at..at + 1, at + 1..at + 4)));
    }
    (at + 1, None)
}

fn japanese_part(text: &Text, at: usize) -> Range<usize> {
    text.around(at, |p| text.ends_sentence(p) || text.ends_part(p))
}

/// The end of a clause that another one limits.
const BUT_JAPANESE: &[&str] = &["るが", "たが", "いが", "だが", "すが", "のの"];

/// Back to the comma before; what stands before that without a predicate of its own may belong to it or not.
fn japanese_back(text: &Text, range: Range<usize>) -> Heard {
    let part = japanese_part(text, range.start).start..range.start;
    // 接するが、浸潤はない: what comes before the "but" is said of something else.
    let but = part
        .clone()
        .rev()
        .find(|p| text.one_of(*p, BUT_JAPANESE).is_some());
    let own = but.map_or(part.start, |p| (p + 2).min(part.end))..part.end;
    let sentence = text.sentence(range.start).start;
    let mut start = own.start;
    while start > sentence {
        let before = japanese_part(text, start - 1);
        if before.start >= start || is_predicate(text, &(before.start..start - 1)) {
            break;
        }
        start = before.start;
    }
    // 転位のない骨折: the bone is broken.
    Heard {
        doubtful: start..own.start,
        ..heard(Negates, range, own)
    }
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
