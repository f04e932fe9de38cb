//! Answers as scores read them: what they name, and which two are about one thing in two languages.

use crate::eval::score::entries::Entry;
use medreg_datasets::grammar;
use medreg_datasets::lang::{Lang, LangPair};
use medreg_datasets::ontology::{Concept, ConceptKey};
use medreg_datasets::protocol::PredictionLine;
use std::collections::HashMap;

/// The names of concepts, to tell which one an answer means. Synonyms are no names: an answer is right by the name alone.
#[derive(Clone, Debug, Default)]
pub struct Names(HashMap<(Lang, String), ConceptKey>);

impl Names {
    /// The names in both languages.
    #[must_use]
    pub fn of(ontology: &[Concept], langs: &LangPair) -> Self {
        let named = |concept: &Concept, lang: &Lang| {
            let name = grammar::plain_name(concept.name(lang));
            ((lang.clone(), name), concept.key.clone())
        };
        let both = ontology
            .iter()
            .flat_map(|c| langs.both().iter().map(move |lang| (c, lang)));
        Self(both.map(|(concept, lang)| named(concept, lang)).collect())
    }

    /// The concept that an answer names in a language; `None` where it is no concept's name.
    #[must_use]
    pub fn concept(&self, lang: &Lang, answer: &str) -> Option<&ConceptKey> {
        self.0.get(&(lang.clone(), grammar::plain_name(answer)))
    }
}

/// A line of `predictions.jsonl` as an entry to be scored.
#[must_use]
pub fn entry_of(line: &PredictionLine) -> Entry {
    Entry {
        number: 0,
        answer: line.answer.clone(),
        truth: line.truth.clone(),
        size: None,
        patient: Some(line.patient.clone()),
        image: Some(line.image.to_string()),
        lang: Some(line.lang.as_str().to_owned()),
        concept: Some(line.concept.as_str().to_owned()),
        task: Some(line.task.clone()),
        question: line.question.clone(),
    }
}

/// The answers about one case that are about one thing in the two languages, the first language's first.
#[must_use]
pub fn pairs<'l>(
    lines: &'l [PredictionLine],
    langs: &LangPair,
) -> Vec<(&'l PredictionLine, &'l PredictionLine)> {
    let [first, second] = langs.both();
    let mut others: Vec<&PredictionLine> = lines.iter().filter(|l| l.lang == *second).collect();
    let partner = |line: &'l PredictionLine| {
        let same = |other: &&PredictionLine| {
            other.task == line.task
                && other.concept == line.concept
                && other.truth_boxes == line.truth_boxes
        };
        let at = others.iter().position(same)?;
        Some((line, others.remove(at)))
    };
    lines
        .iter()
        .filter(|l| l.lang == *first)
        .filter_map(partner)
        .collect()
}
