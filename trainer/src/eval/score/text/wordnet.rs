//! Synonyms from WordNet's own files (`dict/` of WordNet 3.0, Debian's `wordnet-base`), found as NLTK's reader finds them.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// The files of one part of speech, and the endings by which a word is traced back to its entry.
struct Part {
    index: Vec<u8>,
    data: Vec<u8>,
    irregular: HashMap<String, Vec<String>>,
    endings: &'static [(&'static str, &'static str)],
}

/// A WordNet.
pub struct WordNet {
    parts: Vec<Part>,
    known: RwLock<HashMap<String, Arc<BTreeSet<String>>>>,
}

/// Why there is no WordNet in a folder.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}; WordNet's folder `dict`, with index.noun, data.noun and the others, is expected (Debian: wordnet-base)", path.display())]
pub struct WordNetError {
    path: PathBuf,
    source: std::io::Error,
}

/// Words whose synonyms are kept; a text has far fewer, and a file made to fill the memory does not.
const KEPT: usize = 200_000;

const NOUN: &[(&str, &str)] = &[
    ("s", ""),
    ("ses", "s"),
    ("ves", "f"),
    ("xes", "x"),
    ("zes", "z"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("men", "man"),
    ("ies", "y"),
];
const VERB: &[(&str, &str)] = &[
    ("s", ""),
    ("ies", "y"),
    ("es", "e"),
    ("es", ""),
    ("ed", "e"),
    ("ed", ""),
    ("ing", "e"),
    ("ing", ""),
];
const ADJECTIVE: &[(&str, &str)] = &[("er", ""), ("est", ""), ("er", "e"), ("est", "e")];

impl WordNet {
    /// Reads the folder.
    pub fn open(folder: &Path) -> Result<Self, WordNetError> {
        let parts = [
            ("noun", NOUN),
            ("verb", VERB),
            ("adj", ADJECTIVE),
            ("adv", &[]),
        ];
        let parts = parts
            .into_iter()
            .map(|(name, endings)| Part::open(folder, name, endings));
        Ok(Self {
            parts: parts.collect::<Result<_, _>>()?,
            known: RwLock::default(),
        })
    }

    /// The words of one word that stand in a set of synonyms with this one or with what it is a form of; and itself.
    #[must_use]
    pub fn synonyms(&self, word: &str) -> Arc<BTreeSet<String>> {
        if let Some(known) = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(word)
        {
            return Arc::clone(known);
        }
        let mut found = BTreeSet::from([word.to_owned()]);
        for part in &self.parts {
            for form in part.forms(word) {
                for offset in part.sets(&form).unwrap_or_default() {
                    found.extend(part.words(offset).unwrap_or_default());
                }
            }
        }
        let found = Arc::new(found);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < KEPT {
            known.insert(word.to_owned(), Arc::clone(&found));
        }
        found
    }
}

impl Part {
    fn open(
        folder: &Path,
        name: &str,
        endings: &'static [(&'static str, &'static str)],
    ) -> Result<Self, WordNetError> {
        let read = |file: String| {
            let path = folder.join(file);
            std::fs::read(&path).map_err(|source| WordNetError { path, source })
        };
        let irregular = String::from_utf8_lossy(&read(format!("{name}.exc"))?).into_owned();
        Ok(Self {
            index: read(format!("index.{name}"))?,
            data: read(format!("data.{name}"))?,
            irregular: irregular.lines().filter_map(irregular_form).collect(),
            endings,
        })
    }

    /// The word and what it may be a form of.
    fn forms(&self, word: &str) -> BTreeSet<String> {
        let mut forms = BTreeSet::from([word.to_owned()]);
        match self.irregular.get(word) {
            Some(of) => forms.extend(of.iter().cloned()),
            None => forms.extend(self.endings.iter().filter_map(|(old, new)| {
                word.strip_suffix(old).map(|stem| format!("{stem}{new}"))
            })),
        }
        forms
    }

    /// Where the sets of synonyms of an entry stand in the data. The index is sorted by its entries.
    fn sets(&self, entry: &str) -> Option<Vec<usize>> {
        let line = self.line(entry)?;
        let fields: Vec<&str> = line.split(' ').filter(|field| !field.is_empty()).collect();
        let pointers: usize = fields.get(3)?.parse().ok()?;
        fields
            .get(6 + pointers..)?
            .iter()
            .map(|offset| offset.parse().ok())
            .collect()
    }

    fn line(&self, entry: &str) -> Option<&str> {
        let (mut low, mut high) = (0, self.index.len());
        while low < high {
            let middle = low.midpoint(high);
            let start = self.index[..middle]
                .iter()
                .rposition(|b| *b == b'\n')
                .map_or(0, |at| at + 1);
            let end = self.index[middle..]
                .iter()
                .position(|b| *b == b'\n')
                .map_or(self.index.len(), |at| middle + at);
            let line = &self.index[start..end];
            // The licence stands first, indented.
            let word = line.split(|b| *b == b' ').next().unwrap_or_default();
            match word.cmp(entry.as_bytes()) {
                std::cmp::Ordering::Equal => return std::str::from_utf8(line).ok(),
                std::cmp::Ordering::Less => low = end + 1,
                std::cmp::Ordering::Greater => high = start,
            }
        }
        None
    }

    /// The words of a set of synonyms, those of several words left out.
    fn words(&self, offset: usize) -> Option<Vec<String>> {
        let line = self.data.get(offset..)?.split(|b| *b == b'\n').next()?;
        let mut fields = std::str::from_utf8(line).ok()?.split(' ').skip(3);
        let count = usize::from_str_radix(fields.next()?, 16).ok()?;
        let words = fields.step_by(2).take(count);
        // An adjective may tell its place in a sentence: `alive(p)`.
        let plain = words.map(|word| word.split('(').next().unwrap_or(word));
        Some(
            plain
                .filter(|word| !word.contains('_'))
                .map(str::to_owned)
                .collect(),
        )
    }
}

/// `mice mouse`: a form and what it is a form of.
fn irregular_form(line: &str) -> Option<(String, Vec<String>)> {
    let mut words = line.split_whitespace().map(str::to_owned);
    Some((words.next()?, words.collect()))
}
