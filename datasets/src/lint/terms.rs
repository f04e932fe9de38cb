//! Organs and findings: the same in both texts, and the region's own.

use super::lexicon::{self, Found, Kind};
use super::negation::{Polarity, names, own_terms, said_of_terms};
use super::text::Tongue;
use super::{Draft, Read, Spot};
use crate::ontology::{Concept, ConceptKind};

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
        drafts.extend(differ(read, kind, &mine, &theirs));
    }
    drafts
}

/// Each text names something of a kind that the other does not name: one alone may be left out, or have another word.
fn differ(read: &Read<'_>, kind: Kind, mine: &[Found], theirs: &[Found]) -> Option<Draft> {
    let alone = |own: &[Found], other: &[Found]| -> Option<Found> {
        let mut of_kind = own.iter().filter(|t| t.kind() == kind);
        let found = of_kind.find(|t| other.iter().all(|o| o.id() != t.id()))?;
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
