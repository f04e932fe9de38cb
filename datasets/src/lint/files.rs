//! Data sets line by line, as the rules look at them: pairs of texts, snapshots' cases, MedRegInstruct's conversations.

use super::corpus::{Entry, by_key};
use super::{Flag, Rule, Said, Subject, check};
use crate::grammar;
use crate::lang::Lang;
use crate::medreginstruct::{Line, Speaker};
use crate::ontology::{Concept, ConceptKey};
use crate::region::Place;
use crate::snapshot::{Manifest, SnapshotCase};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// A line of a data set.
#[derive(Debug)]
pub enum Record {
    /// A pair of texts.
    Entry(Box<Entry>),
    /// An image of a snapshot with its regions (`cases.jsonl`).
    Case(Box<SnapshotCase>),
    /// A conversation in one language, whose other language is in another file.
    Conversation(Box<Line>),
}

/// A line that is none of these.
#[derive(Debug, thiserror::Error)]
pub enum NotARecord {
    /// No JSON object.
    #[error("this is no JSON object: {0}")]
    NoJson(serde_json::Error),
    /// A JSON object of another kind.
    #[error(
        "this line has neither `texts` (a pair), nor `regions` (a snapshot's case), nor `conversations` (MedRegInstruct)"
    )]
    Unknown,
    /// One of the three that is not whole.
    #[error("this {what} cannot be read: {source}")]
    Broken {
        /// What it is.
        what: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Reads a line.
pub fn read(line: &str) -> Result<Record, NotARecord> {
    let value: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(line).map_err(NotARecord::NoJson)?;
    let has = |field: &str| value.contains_key(field);
    let broken =
        |what: &'static str| move |source: serde_json::Error| NotARecord::Broken { what, source };
    if has("texts") {
        let entry = serde_json::from_str(line).map_err(broken("pair"))?;
        Ok(Record::Entry(Box::new(entry)))
    } else if has("regions") {
        let case = serde_json::from_str(line).map_err(broken("case"))?;
        Ok(Record::Case(Box::new(case)))
    } else if has("conversations") {
        let line = serde_json::from_str(line).map_err(broken("conversation"))?;
        Ok(Record::Conversation(Box::new(line)))
    } else {
        Err(NotARecord::Unknown)
    }
}

/// What the rules find in the regions of a case and in the sentences of its report, and where.
#[must_use]
pub fn check_case(
    case: &SnapshotCase,
    manifest: Option<&Manifest>,
    rules: &[Rule],
) -> Vec<(Place, Flag)> {
    let langs = langs(case, manifest);
    let ontology: &[Concept] = manifest.map_or(&[], |m| m.ontology.as_slice());
    let mut found = Vec::new();
    for (index, region) in case.regions.iter().enumerate() {
        let known = |key: &ConceptKey| ontology.iter().find(|c| c.key == *key).cloned();
        let concept = region.concept.as_ref();
        let concept = concept.map(|key| known(key).unwrap_or_else(|| by_key(key)));
        let subject = Subject {
            texts: said(&langs, &region.texts),
            concept: concept.as_ref(),
            ontology,
            presence: Some(region.presence),
            bbox: None,
        };
        let flags = check(&subject, rules).into_iter();
        found.extend(flags.map(|flag| (Place::Region(index), flag)));
    }
    for (index, sentence) in case.whole.report.iter().enumerate() {
        let subject = Subject {
            texts: said(&langs, &sentence.texts),
            ..Subject::default()
        };
        let flags = check(&subject, rules).into_iter();
        found.extend(flags.map(|flag| (Place::Sentence(index), flag)));
    }
    found
}

/// The texts in these languages, empty where one is missing.
#[must_use]
pub fn said<'a>(langs: &'a [Lang], texts: &'a BTreeMap<Lang, String>) -> Vec<Said<'a>> {
    let text = |lang| texts.get(lang).map_or("", String::as_str);
    let in_lang = |lang| Said {
        lang,
        text: text(lang),
    };
    langs.iter().map(in_lang).collect()
}

/// The manifest's languages, or those that the case's regions have.
fn langs(case: &SnapshotCase, manifest: Option<&Manifest>) -> Vec<Lang> {
    if let Some(manifest) = manifest {
        return manifest.langs.both().to_vec();
    }
    let regions = case.regions.iter().map(|region| &region.texts);
    let sentences = case.whole.report.iter().map(|sentence| &sentence.texts);
    let texts = regions.chain(sentences);
    let mut langs: Vec<Lang> = texts.flat_map(|texts| texts.keys().cloned()).collect();
    langs.sort();
    langs.dedup();
    langs
}

/// What a conversation answers, without tags and boxes.
#[must_use]
pub fn answer(line: &Line) -> String {
    let answers = line.conversations.iter().filter(|m| m.from == Speaker::Gpt);
    let plain: Vec<String> = answers.map(|m| without_boxes(&m.value)).collect();
    plain.join("\n")
}

fn without_boxes(text: &str) -> String {
    let mut depth = 0_u32;
    let mut plain = String::new();
    for c in grammar::without_tags(text).chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain.trim().to_owned()
}

/// A conversation that waits for its other language.
type Waiting = HashMap<Key, VecDeque<(u64, String)>>;
/// The image, and every box that is spoken of.
type Key = (String, String);

/// Two files of one task in two languages, brought together line by line: lines speak of one thing where image and boxes are the
/// same. Holds only what waits for its counterpart.
#[derive(Debug)]
pub struct Pairing {
    langs: [Lang; 2],
    waiting: [Waiting; 2],
}

/// Two lines that speak of one thing, or one that has no counterpart.
#[derive(Debug)]
pub struct Pair {
    /// Their numbers in their files, from 1.
    pub lines: [Option<u64>; 2],
    texts: [String; 2],
}

impl Pairing {
    /// Of files in these languages.
    #[must_use]
    pub fn new(langs: [Lang; 2]) -> Self {
        Self {
            langs,
            waiting: [Waiting::new(), Waiting::new()],
        }
    }

    /// Takes a line of the first (0) or second (1) file, and gives the pair that it completes.
    pub fn take(&mut self, file: usize, number: u64, line: &Line) -> Option<Pair> {
        let (mine, other) = (file & 1, 1 - (file & 1));
        let (key, text) = (key(line), answer(line));
        if let Some((counterpart, said)) = self.waiting[other]
            .get_mut(&key)
            .and_then(VecDeque::pop_front)
        {
            let (mut lines, mut texts) = ([Some(number); 2], [text.clone(), text]);
            lines[other] = Some(counterpart);
            texts[other] = said;
            return Some(Pair { lines, texts });
        }
        let waiting = self.waiting[mine].entry(key).or_default();
        waiting.push_back((number, text));
        None
    }

    /// The lines without a counterpart, in order.
    pub fn rest(&mut self) -> Vec<Pair> {
        let mut rest = Vec::new();
        for file in 0..2 {
            for (number, text) in std::mem::take(&mut self.waiting[file])
                .into_values()
                .flatten()
            {
                let (mut lines, mut texts) = ([None; 2], [String::new(), String::new()]);
                lines[file] = Some(number);
                texts[file] = text;
                rest.push(Pair { lines, texts });
            }
        }
        rest.sort_by_key(|pair| pair.lines);
        rest
    }

    /// What the rules find in a pair.
    #[must_use]
    pub fn check(&self, pair: &Pair, rules: &[Rule]) -> Vec<Flag> {
        let texts = self.langs.iter().zip(&pair.texts);
        let texts = texts.map(|(lang, text)| Said { lang, text }).collect();
        check(
            &Subject {
                texts,
                ..Subject::default()
            },
            rules,
        )
    }
}

fn key(line: &Line) -> Key {
    let mut boxes = String::new();
    for message in &line.conversations {
        let mut depth = 0_u32;
        for c in message.value.chars() {
            match c {
                '[' => depth += 1,
                ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > 0 && !c.is_whitespace() {
                boxes.push(c);
            }
        }
    }
    (line.image.clone(), boxes)
}
