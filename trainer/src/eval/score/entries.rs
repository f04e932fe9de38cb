//! Files of predictions, entry by entry: the published layout (a JSON array) and our own JSON lines, whatever their size.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// One answer with what would have been right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// Which one in its file, from 1.
    pub number: u64,
    /// The model's answer.
    pub answer: String,
    /// The right answer.
    pub truth: String,
    /// Width and height of the image in pixels, where the file has them.
    pub size: Option<[f64; 2]>,
    /// Whose image it is: what is drawn as one when intervals are made.
    pub patient: Option<String>,
    /// The image, where the file names it.
    pub image: Option<String>,
    /// The language, where the file names it.
    pub lang: Option<String>,
    /// The concept asked about, where the file names it.
    pub concept: Option<String>,
    /// The task, where the file names it.
    pub task: Option<String>,
    /// The question.
    pub question: String,
}

impl Entry {
    /// What is drawn as one: the patient, else the image, else the entry by itself.
    #[must_use]
    pub fn cluster(&self) -> String {
        match (&self.patient, &self.image) {
            (Some(patient), _) => patient.clone(),
            (None, Some(image)) => image.clone(),
            (None, None) => format!("#{}", self.number),
        }
    }

    /// The same number for the same question about the same image with the same right answer.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.image, &self.lang, &self.question, &self.truth).hash(&mut hasher);
        hasher.finish()
    }
}

/// Why a file of predictions cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EntriesError {
    /// It cannot be opened or read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not in either layout.
    #[error(
        "{}: {source}; a JSON array or JSON lines of objects with `answer` and `gt`, `pred_answer` and `gt_answer`, or `answer` and \
         `truth` are expected", path.display()
    )]
    Layout {
        /// Which file.
        path: PathBuf,
        /// What was found, and where.
        source: serde_json::Error,
    },
}

/// An entry as files have it; what else it says is passed over.
#[derive(Deserialize)]
struct Raw {
    pred_answer: Option<Value>,
    answer: Option<Value>,
    gt_answer: Option<Value>,
    gt: Option<Value>,
    truth: Option<Value>,
    hw: Option<Value>,
    #[serde(alias = "patient_id", alias = "subject_id")]
    patient: Option<Value>,
    #[serde(alias = "image_id")]
    image: Option<Value>,
    lang: Option<String>,
    concept: Option<String>,
    task: Option<String>,
    question: Option<Value>,
}

impl Raw {
    /// The entry; of two layouts in one object the one whose right answer is there counts. An answer that is no text is an empty one.
    fn entry(self, number: u64) -> Entry {
        let (answer, truth) = match (self.gt_answer, self.gt) {
            (Some(truth), None) => (self.pred_answer.or(self.answer), Some(truth)),
            (None, Some(truth)) => (self.answer.or(self.pred_answer), Some(truth)),
            (Some(truth), Some(_)) if self.pred_answer.is_some() => (self.pred_answer, Some(truth)),
            (_, Some(truth)) => (self.answer.or(self.pred_answer), Some(truth)),
            (None, None) => (self.answer.or(self.pred_answer), self.truth),
        };
        Entry {
            number,
            answer: answer.and_then(text).unwrap_or_default(),
            truth: truth.and_then(text).unwrap_or_default(),
            size: self.hw.as_ref().and_then(size),
            patient: self.patient.and_then(text),
            image: self.image.and_then(text),
            lang: self.lang,
            concept: self.concept,
            task: self.task,
            question: self.question.and_then(text).unwrap_or_default(),
        }
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

/// `[height, width]` as width and height.
fn size(hw: &Value) -> Option<[f64; 2]> {
    Some([hw.get(1)?.as_f64()?, hw.get(0)?.as_f64()?])
}

/// Hands each entry of a file to `take`, in order, until one is refused; no more than one is in memory.
pub fn read(path: &Path, take: &mut dyn FnMut(Entry)) -> Result<(), EntriesError> {
    let fault = |source| EntriesError::File {
        path: path.to_owned(),
        source,
    };
    let mut reader = BufReader::with_capacity(1 << 18, File::open(path).map_err(fault)?);
    let array = begins_an_array(&mut reader).map_err(fault)?;
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let read = match array {
        true => Entries(take)
            .deserialize(&mut deserializer)
            .and_then(|()| deserializer.end()),
        false => lines(deserializer, take),
    };
    read.map_err(|source| EntriesError::Layout {
        path: path.to_owned(),
        source,
    })
}

fn lines<R: std::io::Read>(
    deserializer: serde_json::Deserializer<serde_json::de::IoRead<R>>,
    take: &mut dyn FnMut(Entry),
) -> Result<(), serde_json::Error> {
    for (index, raw) in deserializer.into_iter::<Raw>().enumerate() {
        take(raw?.entry(index as u64 + 1));
    }
    Ok(())
}

/// Whether the first thing that is no space is `[`; nothing but spaces (and a byte order mark) is taken.
fn begins_an_array(reader: &mut impl BufRead) -> std::io::Result<bool> {
    loop {
        let bytes = reader.fill_buf()?;
        let Some(first) = bytes.first().copied() else {
            return Ok(false);
        };
        if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
            reader.consume(3);
        } else if first.is_ascii_whitespace() {
            reader.consume(1);
        } else {
            return Ok(first == b'[');
        }
    }
}

/// The entries of an array.
struct Entries<'a>(&'a mut dyn FnMut(Entry));

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array of predictions")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut number = 0;
        while let Some(raw) = entries.next_element::<Raw>()? {
            number += 1;
            (self.0)(raw.entry(number));
        }
        Ok(())
    }
}
