//! English cues, which mostly stand before what they negate.

use super::super::text::{Text, Word};
use super::Cue::{self, Hedges, MayHedge, MayNegate, Negates};
use super::{Heard, heard, silent};
use Way::{Ahead, Back, Next, Nowhere};
use std::ops::Range;

/// Where an English cue reaches.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Ahead,
    Back,
    /// The next word alone.
    Next,
    Nowhere,
}

/// English cues; of those that begin alike the longest is taken, so it stands first.
#[rustfmt::skip]
const ENGLISH: &[(&str, Cue, Way)] = &[
    ("can be excluded", Negates, Back), ("can be ruled out", Negates, Back), ("to be excluded", Hedges, Nowhere), ("be excluded", Hedges, Nowhere), ("be ruled out", Hedges, Nowhere),
    ("to rule out", Hedges, Nowhere), ("to exclude", Hedges, Nowhere),
    ("no doubt", MayNegate, Nowhere), ("without doubt", MayNegate, Nowhere), ("no question", MayNegate, Nowhere), ("beyond doubt", MayNegate, Nowhere), ("no longer", Negates, Ahead),
    ("not only", MayNegate, Nowhere), ("no more than", MayNegate, Nowhere), ("not well", MayNegate, Nowhere), ("not clearly", MayNegate, Nowhere),
    ("not fully", MayNegate, Nowhere), ("not completely", MayNegate, Nowhere), ("not entirely", MayNegate, Nowhere), ("not without", MayNegate, Nowhere),
    ("negative for", Negates, Ahead), ("free of", Negates, Ahead), ("free from", Negates, Ahead), ("absence of", Negates, Ahead), ("lack of", Negates, Ahead), ("devoid of", Negates, Ahead),
    ("rule out", Hedges, Nowhere), ("ruled out", Negates, Back), ("excludes", Negates, Ahead), ("resolution of", MayNegate, Ahead), ("disappearance of", MayNegate, Ahead),
    ("excluded", MayNegate, Back), ("absent", Negates, Back), ("negative", MayNegate, Back), ("resolved", MayNegate, Back), ("disappeared", MayNegate, Back), ("gone", MayNegate, Back),
    ("cleared", MayNegate, Back), ("subsided", MayNegate, Back), ("vanished", MayNegate, Back), ("spares", MayNegate, Ahead), ("sparing", MayNegate, Ahead),
    ("no", Negates, Ahead), ("nothing", Negates, Ahead), ("without", Negates, Ahead), ("never", Negates, Ahead), ("neither", Negates, Ahead), ("nor", Negates, Ahead), ("none of", Negates, Ahead),
    ("none", Negates, Back), ("lacks", Negates, Ahead), ("lacking", Negates, Ahead),
    ("denies", Negates, Ahead), ("non", MayNegate, Next), ("un", MayNegate, Next),
    ("unlikely", MayHedge, Nowhere), ("possible", Hedges, Nowhere), ("possibly", Hedges, Nowhere), ("probable", Hedges, Nowhere), ("probably", Hedges, Nowhere), ("likely", Hedges, Nowhere),
    ("might", Hedges, Nowhere), ("could", Hedges, Nowhere), ("suspected", Hedges, Nowhere), ("suspect", Hedges, Nowhere), ("suspicious", Hedges, Nowhere), ("suspicion", Hedges, Nowhere),
    ("questionable", Hedges, Nowhere), ("equivocal", Hedges, Nowhere), ("perhaps", Hedges, Nowhere), ("may", Hedges, Nowhere), ("potentially", Hedges, Nowhere),
    ("consistent with", MayHedge, Nowhere), ("compatible with", MayHedge, Nowhere), ("suggest", MayHedge, Nowhere), ("suggests", MayHedge, Nowhere), ("suggesting", MayHedge, Nowhere),
    ("suggestive", MayHedge, Nowhere),
    ("concerning", MayHedge, Nowhere), ("concern", MayHedge, Nowhere), ("represent", MayHedge, Nowhere), ("represents", MayHedge, Nowhere), ("representing", MayHedge, Nowhere),
    ("favor", MayHedge, Nowhere), ("favors", MayHedge, Nowhere),
    ("favour", MayHedge, Nowhere), ("favours", MayHedge, Nowhere), ("consider", MayHedge, Nowhere), ("considered", MayHedge, Nowhere), ("indicative", MayHedge, Nowhere),
    ("indicating", MayHedge, Nowhere), ("appears", MayHedge, Nowhere), ("appear", MayHedge, Nowhere),
    ("presumed", MayHedge, Nowhere), ("presumably", MayHedge, Nowhere), ("differential", MayHedge, Nowhere), ("versus", MayHedge, Nowhere), ("in keeping with", MayHedge, Nowhere),
    ("typical", MayHedge, Nowhere), ("apparent", MayHedge, Nowhere),
];
/// What has resolved in part is still there.
const IN_PART: &[&str] = &[
    "partially",
    "partly",
    "incompletely",
    "largely",
    "mostly",
    "nearly",
    "almost",
    "not",
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

pub(super) fn cues(text: &Text) -> Vec<Heard> {
    let words = text.words();
    let mut heard = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (used, cue) = cue(text, at);
        heard.extend(cue);
        at += used;
    }
    heard
}

/// The cue at a word, and how many words it takes.
fn cue(text: &Text, at: usize) -> (usize, Option<Heard>) {
    let words = text.words();
    let word = &words[at];
    let of = |used: usize| word.range.start..words[at + used - 1].range.end;
    if let Some(used) = unexcluded(words, at) {
        return (used, Some(silent(Hedges, of(used))));
    }
    if let Some(found) = unseen(text, at) {
        return found;
    }
    if let Some(used) = unchanged(words, at) {
        return (used, Some(silent(MayNegate, of(used))));
    }
    let is_number = word.text == "no" && is_numbering(text, word.range.end);
    let is_month = word.text == "may" && text.quote(&word.range) == "May" && at > 0;
    let listed = ENGLISH
        .iter()
        .find_map(|(cue, what, way)| Some((stands(text, at, cue)?, *what, *way)));
    match listed.filter(|_| !is_number && !is_month) {
        Some((used, what, way)) => (used, Some(reaching(text, at, of(used), (what, way)))),
        None => (1, None),
    }
}

/// A cue of the list with what it speaks of.
fn reaching(text: &Text, at: usize, range: Range<usize>, (what, way): (Cue, Way)) -> Heard {
    let words = text.words();
    let word = words[at].text.as_str();
    let before = at.checked_sub(1).map_or("", |n| words[n].text.as_str());
    let in_part = word == "resolved" && IN_PART.contains(&before);
    if in_part || word == "negative" && is_before_noun(text, at) {
        return silent(MayNegate, range);
    }
    let way = match word {
        "absent" if is_before_noun(text, at) => Ahead,
        _ => way,
    };
    match way {
        Ahead => ahead(text, what, range),
        Back => {
            let reach = back(text, range.start);
            heard(what, range, reach)
        }
        Next => {
            let next = words.iter().find(|w| w.range.start >= range.end);
            let next = next.map_or(range.end..range.end, |w| w.range.clone());
            heard(what, range, next)
        }
        Nowhere => silent(what, range),
    }
}

/// Whether a word is said of the noun after it, as in negative margins.
fn is_before_noun(text: &Text, at: usize) -> bool {
    #[rustfmt::skip]
    const OTHERS: &[&str] = &[
        "in", "on", "at", "by", "for", "from", "and", "or", "but", "with", "after", "today", "bilaterally", "throughout", "here", "as",
    ];
    let words = text.words();
    words.get(at + 1).is_some_and(|next| {
        let between = words[at].range.end..next.range.start;
        text.folded(&between) == " " && !OTHERS.contains(&next.text.as_str())
    })
}

/// Not seen, no longer visible, cannot be identified: what came before is not there. Any other "not" may negate what follows.
fn unseen(text: &Text, at: usize) -> Option<(usize, Option<Heard>)> {
    let words = text.words();
    let longer = stands(text, at, "no longer").is_some();
    if !longer && !denies(text, at) {
        return None;
    }
    let listed = || {
        ENGLISH
            .iter()
            .any(|(cue, ..)| stands(text, at, cue).is_some())
    };
    if !longer && listed() {
        return None;
    }
    let first = if longer { 2 } else { 1 };
    let is_seen = |n: &usize| {
        words
            .get(at + n)
            .is_some_and(|w| SEEN.contains(&w.text.as_str()))
    };
    let range = words[at].range.clone();
    if let Some(seen) = (first..first + 2).find(is_seen) {
        let reach = back(text, range.start);
        let range = range.start..words[at + seen].range.end;
        return Some((seen + 1, Some(heard(Negates, range, reach))));
    }
    (!longer).then(|| (1, Some(ahead(text, MayNegate, range))))
}

/// Whether a word is "not", "cannot" or the end of "isn't".
fn denies(text: &Text, at: usize) -> bool {
    let word = &text.words()[at];
    let shortened = || word.text == "t" && matches!(text.before(word.range.start), '\'' | '’');
    matches!(word.text.as_str(), "not" | "cannot") || shortened()
}

/// What says, before "exclude", that it could not be done.
const UNABLE: &[&str] = &[
    "not",
    "cannot",
    "t",
    "impossible",
    "difficult",
    "hard",
    "unable",
    "without",
    "never",
];
/// What may stand between the two.
#[rustfmt::skip]
const BETWEEN: &[&str] = &[
    "be", "been", "to", "it", "is", "possible", "have", "yet", "fully", "completely", "entirely", "totally", "absolutely", "definitely", "definitively", "reliably",
    "safely", "confidently", "certainly", "with", "certainty", "confidence", "able", "formally", "easily", "being",
];

/// How many words say that there is no change, where they begin at a word: what does not change is there.
fn unchanged(words: &[Word], at: usize) -> Option<usize> {
    const HOW: &[&str] = &[
        "significant",
        "interval",
        "appreciable",
        "substantial",
        "obvious",
        "definite",
        "major",
        "relevant",
        "notable",
        "real",
    ];
    let word = |n: usize| words.get(at + n).map_or("", |w| w.text.as_str());
    if !matches!(word(0), "no" | "without") {
        return None;
    }
    let last = (1..4).find(|n| !HOW.contains(&word(*n)))?;
    (word(last) == "change").then_some(last + 1)
}

/// How many words say that something cannot be excluded, where they begin at a word.
fn unexcluded(words: &[Word], at: usize) -> Option<usize> {
    let word = |n: usize| words.get(at + n).map_or("", |w| w.text.as_str());
    if !UNABLE.contains(&word(0)) {
        return None;
    }
    let last = (1..7).find(|n| !BETWEEN.contains(&word(*n)))?;
    let rule = matches!(word(last), "rule" | "ruled" | "ruling") && word(last + 1) == "out";
    if rule {
        return Some(last + 2);
    }
    word(last).starts_with("exclud").then_some(last + 1)
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
    // Neither kidney is dilated: what is said of it comes after the verb.
    let word = text.folded(&range);
    let spans = matches!(word.as_str(), "neither" | "nor" | "none of");
    let stops = |w: &&Word| {
        let copula = matches!(w.text.as_str(), "is" | "are" | "was" | "were" | "has");
        BUT.contains(&w.text.as_str()) && !(spans && copula)
    };
    let stop = text
        .words()
        .iter()
        .filter(|w| w.range.start > range.end && w.range.end <= sentence.end)
        .find(stops)
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
