//! What is said to be there, not to be there, or to be possible.
//!
//! In the manner of NegEx (J Biomed Inform 2001;34:301): a cue, and how far it reaches. English and Chinese cues mostly stand before
//! what they negate, Japanese ones after it. A term on which a text is of two minds is not compared.

mod chinese;
mod english;
mod japanese;

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
    let differ = terms_differ(read, &heard)
        .or_else(|| texts_differ(read, &heard))
        .or_else(|| clauses_differ(read, &heard))
        .or_else(|| certainties_differ(read, &heard));
    drafts.extend(differ);
    drafts
}

/// Where a text negates something.
pub(super) fn negations(page: &Page<'_>) -> Vec<usize> {
    let heard = cues(page).into_iter();
    let negates = heard.filter(|h| matches!(h.cue, Cue::Negates | Cue::MayNegate));
    negates.map(|h| h.range.start).collect()
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
    "spared",
    "spares",
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
    "fail",
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
    "平扫",
    "単純",
];

/// A text that negates something, and one that negates nothing and has no word for it either.
fn texts_differ(read: &Read<'_>, heard: &[Vec<Heard>]) -> Option<Draft> {
    let [mine, theirs] = heard else { return None };
    let negation = |page: usize, heard: &[Heard]| {
        let text = &read.pages[page].text;
        let negates = |h: &Heard| h.cue == Cue::Negates;
        // A "not" is said somehow in any language.
        let is_not = |h: &Heard| matches!(text.folded(&h.range).as_str(), "not" | "cannot");
        let sure = heard.iter().position(negates);
        sure.or_else(|| heard.iter().position(is_not))
    };
    let plain = |page: usize, heard: &[Heard]| {
        let page = &read.pages[page];
        is_plain(page, heard, &(0..page.text.len()))
    };
    let (page, cue) = match (negation(0, mine), negation(1, theirs)) {
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

/// Whether a part of a text negates nothing, and has no word for it either.
fn is_plain(page: &Page<'_>, heard: &[Heard], part: &Range<usize>) -> bool {
    let text = &page.text;
    let mut inside = heard.iter().filter(|h| part.contains(&h.range.start));
    let said_so = match page.tongue {
        Tongue::English => text
            .words()
            .iter()
            .filter(|w| part.contains(&w.range.start))
            .any(|w| WELL.iter().any(|well| w.text.starts_with(well)) || w.text == "not"),
        _ => text.holds(part, WELL),
    };
    inside.all(|h| h.cue == Cue::MayHedge) && !said_so
}

/// Texts of equally many parts, in one of which a part negates something that the other's part says plainly. Where parts differ both
/// ways, a translator put them in another order.
fn clauses_differ(read: &Read<'_>, heard: &[Vec<Heard>]) -> Option<Draft> {
    let (one, other) = aligned(read)?;
    let alone = |page: usize| -> Vec<(Range<usize>, &Range<usize>)> {
        let (own, others) = if page == 0 {
            (&one, &other)
        } else {
            (&other, &one)
        };
        let pairs = own.iter().zip(others);
        pairs
            .filter_map(|(own, other)| Some((negation_in(read, heard, page, own, other)?, other)))
            .collect()
    };
    let (page, (cue, there)) = match (alone(0).as_slice(), alone(1).as_slice()) {
        ([first, ..], []) => (0, first.clone()),
        ([], [first, ..]) => (1, first.clone()),
        _ => return None,
    };
    let negates = |h: &&Heard| h.cue == Cue::Negates;
    let count = |page: usize| {
        heard
            .get(page)
            .map_or(0, |all| all.iter().filter(negates).count())
    };
    // Two negations of one text may be one of the other.
    if count(page) < count(1 - page) {
        return None;
    }
    let here = read.pages[page].quote(&cue);
    let draft = Draft::new("negation_differs", Spot::at(page, &cue));
    Some(draft.with("here", here).against(Spot::at(1 - page, there)))
}

/// The parts of a text, in order.
type Parts = Vec<Range<usize>>;

/// Both texts in equally many parts, as small ones as there are.
fn aligned(read: &Read<'_>) -> Option<(Parts, Parts)> {
    let (a, b) = read.both()?;
    let (one, other) = (a.text.parts(a.tongue), b.text.parts(b.tongue));
    let (finer, other_finer) = (a.text.joined(&one), b.text.joined(&other));
    [
        (one.clone(), other.clone()),
        (finer, other),
        (one, other_finer),
        (a.text.sentences(), b.text.sentences()),
    ]
    .into_iter()
    .find(|(one, other)| one.len() == other.len() && one.len() > 1)
}

/// The negation in a part of a text whose counterpart says plainly that something is there.
fn negation_in(
    read: &Read<'_>,
    heard: &[Vec<Heard>],
    page: usize,
    own: &Range<usize>,
    other: &Range<usize>,
) -> Option<Range<usize>> {
    let counterpart = &read.pages[1 - page];
    let affirmed = affirms(counterpart, other);
    // Irregular, 不规则: what is said in one word is so in the other text, too.
    let text = &read.pages[page].text;
    let prefixed =
        |h: &Heard| h.range.len() == 1 || matches!(text.folded(&h.range).as_str(), "un" | "non");
    let may = |h: &Heard| h.cue == Cue::MayNegate && affirmed && !prefixed(h);
    let negates = |h: &&Heard| h.cue == Cue::Negates || may(h);
    let mut inside = heard
        .get(page)?
        .iter()
        .filter(|h| own.contains(&h.range.start));
    let cue = inside.find(negates)?;
    is_plain(counterpart, heard.get(1 - page)?, other).then(|| cue.range.clone())
}

/// Words that say of something that it is there.
#[rustfmt::skip]
const THERE: &[&str] = &[
    "there", "seen", "present", "visible", "shows", "show", "noted", "identified", "found", "demonstrates", "demonstrated", "persists", "remains", "still", "with", "has", "have",
    "见", "有", "仍", "伴", "亦", "累及", "受累", "存在", "認め", "あり", "ある", "伴", "みられ", "見られ", "残存",
];

fn affirms(page: &Page<'_>, part: &Range<usize>) -> bool {
    match page.tongue {
        Tongue::English => {
            let mut words = page.text.words().iter();
            words.any(|w| part.contains(&w.range.start) && THERE.contains(&w.text.as_str()))
        }
        _ => page.text.holds(part, THERE),
    }
}

/// What says, where nothing before it takes it back, that something is not there.
const EXCLUDED: &[&str] = &["exclud", "ruled out", "除外", "排除", "否定"];

/// A text that leaves it open, and one that does not.
fn certainties_differ(read: &Read<'_>, heard: &[Vec<Heard>]) -> Option<Draft> {
    let [mine, theirs] = heard else { return None };
    let hedge = |heard: &[Heard]| heard.iter().position(|h| h.cue == Cue::Hedges);
    let open = |heard: &[Heard]| {
        heard
            .iter()
            .any(|h| matches!(h.cue, Cue::Hedges | Cue::MayHedge))
    };
    // What is excluded is not open, whatever is recommended besides.
    let closed = |page: usize, heard: &[Heard]| {
        let text = &read.pages[page].text;
        let excludes = |h: &Heard| h.cue != Cue::MayHedge && text.holds(&h.range, EXCLUDED);
        !open(heard) || heard.iter().any(excludes)
    };
    let (page, cue) = match (hedge(mine), hedge(theirs)) {
        (Some(cue), None) if closed(1, theirs) => (0, &mine[cue]),
        (None, Some(cue)) if closed(0, mine) => (1, &theirs[cue]),
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
            let draft = Draft::new("negation_presence", Spot::at(index, range));
            drafts.push(
                draft
                    .with("here", page.quote(range))
                    .with("presence", presence.as_str()),
            );
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
        let name = Text::of(name.trim(), page.tongue);
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
        let tongue = Tongue::of(lang);
        terms.extend(lexicon::find(&Text::of(name, tongue), tongue));
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
        Tongue::English => english::cues(&page.text),
        Tongue::Chinese => chinese::cues(&page.text),
        Tongue::Japanese => japanese::cues(&page.text),
        Tongue::Other => Vec::new(),
    };
    for place in (0..page.text.len()).filter(|p| page.text.at(*p) == '?') {
        heard.push(silent(Cue::MayHedge, place..place + 1));
    }
    heard
}

/// The cues of a text without spaces, in order: `cue` tells what stands at a place, if a cue does, and where to go on.
fn heard_along(text: &Text, cue: impl Fn(usize) -> (usize, Option<Heard>)) -> Vec<Heard> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let (end, heard) = cue(at);
        found.extend(heard);
        at = end;
    }
    found
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

fn heard(cue: Cue, range: Range<usize>, reach: Range<usize>) -> Heard {
    Heard {
        reach,
        ..silent(cue, range)
    }
}
