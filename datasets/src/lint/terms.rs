//! Organs and findings: the same in both texts, and the region's own.

use super::lexicon::{self, Found, Kind};
use super::negation::{Polarity, names, own_terms, said_of_terms};
use super::text::Tongue;
use super::{Draft, Read, Spot};
use crate::ontology::{Concept, ConceptKind};
use std::ops::Range;

pub(super) fn check(read: &Read<'_>) -> Vec<Draft> {
    let mut drafts = against_concept(read);
    let Some((a, b)) = read.both() else {
        return drafts;
    };
    if a.tongue == Tongue::Other || b.tongue == Tongue::Other {
        return drafts;
    }
    let mine = lexicon::find(&a.text, a.tongue);
    let theirs = lexicon::find(&b.text, b.tongue);
    for kind in [Kind::Organ, Kind::Part, Kind::Lesion] {
        let whole = differ(read, kind, &mine, &theirs);
        drafts.extend(whole.or_else(|| differ_in_part(read, kind, &mine, &theirs)));
    }
    drafts
}

/// Texts of equally many parts, of which one pair differs: more than one, and a translator put them in another order.
fn differ_in_part(read: &Read<'_>, kind: Kind, mine: &[Found], theirs: &[Found]) -> Option<Draft> {
    let (a, b) = read.both()?;
    let (one, other) = (a.text.parts(a.tongue), b.text.parts(b.tongue));
    if one.len() != other.len() || one.len() < 2 {
        return None;
    }
    let inside = |all: &[Found], part: &Range<usize>| -> Vec<Found> {
        let found = all.iter().filter(|t| part.contains(&t.range.start));
        found.cloned().collect()
    };
    let mut drafts = one.iter().zip(&other).filter_map(|(here, there)| {
        differ(read, kind, &inside(mine, here), &inside(theirs, there))
    });
    let first = drafts.next()?;
    drafts.next().is_none().then_some(first)
}

/// Each text names something of a kind that the other does not name: one alone may be left out, or have another word.
fn differ(read: &Read<'_>, kind: Kind, mine: &[Found], theirs: &[Found]) -> Option<Draft> {
    let alone = |own: &[Found], other: &[Found]| -> Option<Found> {
        let mut of_kind = own.iter().filter(|t| t.kind() == kind);
        let found = of_kind.find(|t| other.iter().all(|o| !is_same(o, t)))?;
        Some(found.clone())
    };
    let (here, there) = (alone(mine, theirs)?, alone(theirs, mine)?);
    let (first, second) = (
        read.pages[0].quote(&here.range),
        read.pages[1].quote(&there.range),
    );
    let draft = Draft::new("terms_differ", Spot::at(0, &here.range));
    let draft = draft.against(Spot::at(1, &there.range));
    Some(draft.with("here", first).with("there", second))
}

/// Of what an English text calls a disc only the context tells whether it is one of the eye.
fn is_same(one: &Found, other: &Found) -> bool {
    let is_disc = |t: &Found| matches!(t.id(), "disc" | "optic_disc");
    one.id() == other.id() || is_disc(one) && is_disc(other)
}

/// A text that names another concept of the region's kind, and not the region's own.
fn against_concept(read: &Read<'_>) -> Vec<Draft> {
    let Some(concept) = read.subject.concept else {
        return Vec::new();
    };
    let own = own_terms(concept);
    let kind = match concept.kind {
        ConceptKind::Structure => Kind::Organ,
        ConceptKind::Lesion => Kind::Lesion,
    };
    let others = other_terms(read.subject.ontology, concept);
    let mut drafts = Vec::new();
    for (index, page) in read.pages.iter().enumerate() {
        let said = said_of_terms(page);
        let of_kind = || {
            said.iter()
                .filter(|(term, polarity)| term.kind() == kind && *polarity == Polarity::Affirmed)
        };
        if own.is_empty() || !names(page, concept).is_empty() {
            continue;
        }
        let other = of_kind()
            .find(|(term, _)| read.subject.ontology.is_empty() || others.contains(&term.id()));
        if let Some((term, _)) = other {
            let here = page.quote(&term.range);
            let draft = Draft::new("terms_concept", Spot::at(index, &term.range));
            let name = concept.name(page.lang);
            drafts.push(draft.with("here", here).with("concept", name));
        }
    }
    drafts
}

/// The terms of the ontology's other concepts of the same kind.
fn other_terms(ontology: &[Concept], concept: &Concept) -> Vec<&'static str> {
    let others = ontology
        .iter()
        .filter(|other| other.kind == concept.kind && other.key != concept.key);
    others.flat_map(own_terms).collect()
}
