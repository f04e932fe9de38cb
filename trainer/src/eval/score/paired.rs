//! Two languages' answers, read from one file or two and brought together.

use super::cross::{Cross, Lexicon, question_key};
use super::entries::{self, EntriesError, Entry};
use super::measure::Sums;
use super::resample::{self, Draws, Patients};
use medreg_datasets::lang::Lang;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::Path;

/// What two languages' answers come to.
pub struct Paired {
    cross: Cross,
    /// Questions that were answered in both.
    pub pairs: u64,
    /// Answers that had no partner.
    pub alone: u64,
    sums: Vec<f64>,
    patients: Patients,
}

/// Why they cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum PairedError {
    /// A file cannot be read.
    #[error(transparent)]
    Entries(#[from] EntriesError),
    /// What language an answer is in is not known.
    #[error(
        "{0}: the languages are not known, or not two: `lang` is expected in each entry (en, zh), or `zh` in the name of the second file"
    )]
    Langs(String),
}

/// Reads both files, which may be one: names are learnt from right answers first, then answers are compared. What waits for its partner is
/// the answers of the first language.
pub fn read(first: &Path, second: &Path) -> Result<Paired, PairedError> {
    let langs = langs(first, second)?;
    let both = |take: &mut dyn FnMut(usize, Entry)| -> Result<(), EntriesError> {
        if first == second {
            return entries::read(first, &mut |entry| {
                let side = langs.iter().position(|lang| is_in(&entry, lang));
                if let Some(side) = side {
                    take(side, entry);
                }
            });
        }
        entries::read(first, &mut |entry| take(0, entry))?;
        entries::read(second, &mut |entry| take(1, entry))
    };
    let cross = Cross {
        lexicon: lexicon(both)?,
        langs: langs.clone(),
    };
    let mut paired = Paired {
        pairs: 0,
        alone: 0,
        sums: vec![0.0; cross.width()],
        patients: Patients::default(),
        cross,
    };
    let mut waiting: [HashMap<String, Vec<Entry>>; 2] = Default::default();
    let mut numbers = [0; 2];
    both(&mut |side, mut entry| {
        // In one file the n-th of a language answers the n-th of the other.
        numbers[side] += 1;
        entry.number = numbers[side];
        let key = question_key(&entry);
        let partner = waiting[1 - side].get_mut(&key).filter(|of| !of.is_empty());
        match partner.map(|of| of.remove(0)) {
            Some(other) if side == 1 => paired.add(&other, &entry),
            Some(other) => paired.add(&entry, &other),
            None => waiting[side].entry(key).or_default().push(entry),
        }
    })?;
    paired.alone = waiting
        .iter()
        .flat_map(HashMap::values)
        .map(|of| of.len() as u64)
        .sum();
    Ok(paired)
}

impl Paired {
    fn add(&mut self, first: &Entry, second: &Entry) {
        let sums = self.cross.count(first, second);
        self.sums
            .iter_mut()
            .zip(&sums)
            .for_each(|(all, one)| *all += one);
        self.patients.add(first, &sums);
        self.pairs += 1;
    }

    /// Every score with its interval, as `score` prints it.
    #[must_use]
    pub fn report(&self, draws: Draws) -> Map<String, Value> {
        let intervals = resample::intervals(&self.cross, &self.patients, draws);
        let mut report = Map::new();
        report.insert("langs".to_owned(), json!(self.cross.langs));
        report.insert("pairs".to_owned(), json!(self.pairs));
        report.insert("without_partner".to_owned(), json!(self.alone));
        report.insert("patients".to_owned(), json!(self.patients.len()));
        for (at, score) in self.cross.scores(&self.sums).into_iter().enumerate() {
            let ci95 = intervals.get(at).copied().flatten();
            let value = json!({"value": score.value, "ci95": ci95, "n": score.n});
            report.insert(score.name.to_owned(), value);
        }
        report
    }
}

fn is_in(entry: &Entry, lang: &Lang) -> bool {
    entry.lang.as_deref() == Some(lang.as_str())
}

/// The languages: those that entries name, in the order in which they come, or English and the Chinese of a file whose name says so.
fn langs(first: &Path, second: &Path) -> Result<[Lang; 2], PairedError> {
    let mut found: Vec<Lang> = Vec::new();
    let mut seen = |entry: Entry| {
        let named = entry.lang.and_then(|lang| lang.parse::<Lang>().ok());
        found.extend(named.filter(|lang| !found.contains(lang)));
    };
    entries::read(first, &mut seen)?;
    if first != second {
        entries::read(second, &mut seen)?;
    }
    let name = second.file_name().unwrap_or_default().to_string_lossy();
    if found.is_empty() && first != second && name.contains("zh") {
        return Ok([Lang::en(), Lang::zh()]);
    }
    let shown = format!("{}, {}", first.display(), second.display());
    found.try_into().map_err(|_| PairedError::Langs(shown))
}

/// Which names are of one thing: the right answers to one question for a name.
fn lexicon(
    both: impl Fn(&mut dyn FnMut(usize, Entry)) -> Result<(), EntriesError>,
) -> Result<Lexicon, EntriesError> {
    let mut lexicon = Lexicon::default();
    let mut names: [HashMap<String, String>; 2] = Default::default();
    let mut numbers = [0; 2];
    both(&mut |side, mut entry| {
        numbers[side] += 1;
        entry.number = numbers[side];
        if entry.task.as_deref() != Some("r2t") {
            return;
        }
        // A concept has one name in a language, so that its key is enough.
        let key = entry
            .concept
            .clone()
            .unwrap_or_else(|| question_key(&entry));
        match names[1 - side].get(&key) {
            Some(other) if side == 1 => lexicon.learn(other, &entry.truth),
            Some(other) => lexicon.learn(&entry.truth, other),
            None => {}
        }
        names[side].insert(key, entry.truth);
    })?;
    Ok(lexicon)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path, name: &str, lines: &[Value]) -> std::path::PathBuf {
        let path = folder.join(name);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn line(lang: &str, patient: &str, concept: &str, answer: &str, truth: &str) -> Value {
        let question = "<ref>x</ref><box>[[1, 2, 3, 4]]</box>";
        json!({"image": patient, "patient": patient, "lang": lang, "task": "r2t", "concept": concept, "question": question,
            "answer": answer, "truth": truth})
    }

    fn value(report: &Map<String, Value>, name: &str) -> Option<f64> {
        report[name]["value"].as_f64()
    }

    #[test]
    fn two_files_or_one_are_paired_by_what_is_asked_whatever_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let en = [
            line("en", "a", "liver", "liver", "liver"),
            line("en", "b", "lung", "liver", "lung"),
            line("en", "c", "lung", "lung", "lung"),
        ];
        let zh = [
            line("zh", "b", "lung", "肺", "肺"),
            line("zh", "a", "liver", "肝脏", "肝脏"),
        ];
        let (first, second) = (
            file(folder.path(), "en.jsonl", &en),
            file(folder.path(), "zh.jsonl", &zh),
        );
        let draws = Draws {
            count: 100,
            seed: 1,
        };
        let found = read(&first, &second).unwrap();
        assert_eq!((found.pairs, found.alone), (2, 1));
        let report = found.report(draws);
        assert_eq!(value(&report, "name_agreement"), Some(0.5));
        assert_eq!(value(&report, "names_both_right"), Some(0.5));
        let both = file(folder.path(), "both.jsonl", &[&en[..], &zh].concat());
        let together = read(&both, &both).unwrap().report(draws);
        assert_eq!(together["name_agreement"], report["name_agreement"]);
    }

    #[test]
    fn unknown_languages_are_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let line = json!({"answer": "a", "truth": "b"});
        let (a, b) = (
            file(folder.path(), "a.jsonl", std::slice::from_ref(&line)),
            file(folder.path(), "b.jsonl", std::slice::from_ref(&line)),
        );
        assert!(read(&a, &b).is_err_and(|e| e.to_string().contains("languages are not known")));
        // Without image the n-th answers the n-th.
        let zh = file(folder.path(), "b_zh.jsonl", &[line]);
        assert_eq!(read(&a, &zh).unwrap().pairs, 1);
        let nothing = file(folder.path(), "zh.jsonl", &[]);
        assert_eq!(read(&a, &nothing).unwrap().pairs, 0);
    }
}
