//! What a record says, as its readers' annotations: the way back of [`super::snapshot`].

use super::complaint::Fault;
use super::record::{Exchange, Part, Passage, Record};
use crate::geometry::ImageSize;
use crate::ids::{Digest, ImageId, QuestionId, RegionId, SentenceId};
use crate::lang::{Lang, LangPair};
use crate::ontology::{Concept, ConceptKey};
use crate::region::{AnnotationContent, Region};
use crate::whole::{Finding, Question, Sentence, Texts, WholeImage};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What a [`Fault::Unknown`] is about where a name is no concept's.
pub const CONCEPT: &str = "concept";

/// A project's words.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// Its languages.
    pub langs: &'a LangPair,
    /// Its concepts.
    pub ontology: &'a [Concept],
}

/// What each reader says of an image; what has no reader is under `None`. The same record of the same image has the same ids again.
///
/// # Errors
/// A name that no concept has, a region without one, a box outside the image.
pub fn annotations(
    record: &Record,
    image: ImageId,
    size: ImageSize,
    words: Words<'_>,
) -> Result<BTreeMap<Option<String>, AnnotationContent>, Fault> {
    let mut said: BTreeMap<Option<String>, AnnotationContent> = BTreeMap::new();
    let ids: Vec<RegionId> = (0..record.regions.len())
        .map(|at| RegionId(id(image, "region", at)))
        .collect();
    for (marked, id) in record.regions.iter().zip(&ids) {
        let bbox = marked.extent.pixels(Some(size))?;
        bbox.inside(size)?;
        let region = Region {
            id: *id,
            frame: 0,
            bbox,
            concept: Some(words.concept(&marked.names)?),
            presence: marked.presence,
            texts: words.known(&marked.texts)?,
            origin: None,
        };
        let of = said.entry(marked.reader.clone()).or_default();
        of.regions.push(region);
    }
    let whole = whole(record, image, &ids, words)?;
    if !whole.report.is_empty() || !whole.questions.is_empty() || !whole.findings.is_empty() {
        said.entry(None).or_default().whole = whole;
    }
    Ok(said)
}

/// The names of a record that no concept has.
#[must_use]
pub fn unknown_names(record: &Record, words: Words<'_>) -> BTreeSet<Vec<(Lang, String)>> {
    let regions = record.regions.iter().map(|region| &region.names);
    let labels = record.labels.iter().map(|label| &label.names);
    let names = regions.chain(labels).filter(|names| !names.is_empty());
    let unknown = names.filter(|names| words.concept(names).is_err());
    unknown
        .map(|names| names.clone().into_iter().collect())
        .collect()
}

impl Words<'_> {
    /// The concept that has one of these names, or a synonym, in whatever language.
    fn concept(&self, names: &Texts) -> Result<ConceptKey, Fault> {
        let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
        let is = |concept: &&Concept, lang: &Lang, name: &str| {
            let synonyms = concept.synonyms.get(lang).into_iter().flatten();
            let own = concept.names.get(lang).into_iter().chain(synonyms);
            own.chain([&concept.key.as_str().to_owned()])
                .any(|known| same(known, name))
        };
        let found = names
            .iter()
            .find_map(|(lang, name)| self.ontology.iter().find(|concept| is(concept, lang, name)));
        match (found, names.values().next()) {
            (Some(concept), _) => Ok(concept.key.clone()),
            (None, Some(name)) => Err(Fault::Unknown {
                what: CONCEPT,
                id: name.clone(),
            }),
            (None, None) => Err(Fault::Missing("name of what a region shows")),
        }
    }

    /// The texts, all of them in languages of the project.
    fn known(&self, texts: &Texts) -> Result<Texts, Fault> {
        let strange = texts.keys().find(|lang| !self.langs.both().contains(lang));
        match strange {
            None => Ok(texts.clone()),
            Some(lang) => Err(Fault::Unknown {
                what: "language in the project",
                id: lang.to_string(),
            }),
        }
    }
}

fn whole(
    record: &Record,
    image: ImageId,
    regions: &[RegionId],
    words: Words<'_>,
) -> Result<WholeImage, Fault> {
    let mut whole = WholeImage::default();
    for label in &record.labels {
        let concept = words.concept(&label.names)?;
        if whole.findings.iter().all(|known| known.concept != concept) {
            whole.findings.push(Finding {
                concept,
                presence: label.presence,
            });
        }
    }
    for (at, sentence) in record.report.iter().enumerate() {
        let about = sentence.regions.iter();
        whole.report.push(Sentence {
            id: SentenceId(id(image, "sentence", at)),
            texts: words.known(&sentence.texts)?,
            regions: about.filter_map(|at| regions.get(*at).copied()).collect(),
        });
    }
    let turns = record
        .talks
        .iter()
        .flat_map(|talk| talk.turns.iter().map(|turn| (&talk.lang, turn)));
    for (at, (lang, turn)) in turns.enumerate() {
        let id = QuestionId(id(image, "question", at));
        whole
            .questions
            .push(question(id, lang, turn, regions, words)?);
    }
    Ok(whole)
}

fn question(
    id: QuestionId,
    lang: &Lang,
    turn: &Exchange,
    regions: &[RegionId],
    words: Words<'_>,
) -> Result<Question, Fault> {
    let in_lang = |text: String| words.known(&[(lang.clone(), text)].into());
    let mut about = turn.question.regions();
    let (first, more) = (about.next(), about.next());
    Ok(Question {
        id,
        question: in_lang(plain(&turn.question))?,
        answer: in_lang(plain(&turn.answer))?,
        // A question is about one region or about the image.
        region: first
            .filter(|_| more.is_none())
            .and_then(|at| regions.get(at).copied()),
    })
}

/// A passage's words, the names of regions among them.
fn plain(passage: &Passage) -> String {
    let parts = passage.0.iter().map(|part| match part {
        Part::Words(words) => words.as_str(),
        Part::Regions { name, .. } => name.as_str(),
    });
    parts.collect::<String>().trim().to_owned()
}

/// An id of its own for each thing said of an image, and the same one again.
fn id(image: ImageId, what: &str, at: usize) -> Uuid {
    let digest = Digest::of(format!("{image}/{what}/{at}").as_bytes());
    // A digest is 64 hexadecimal digits, of which 32 are enough.
    let number = u128::from_str_radix(&digest.as_str()[..32], 16).unwrap_or_default();
    uuid::Builder::from_custom_bytes(number.to_be_bytes()).into_uuid()
}
