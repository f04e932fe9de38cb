//! What a search asks for: the parameters of PS3.18 section 10.6.1, matched by the rules of PS3.4 section C.2.2.2.

use crate::services::{Outcome, ServiceError};
use crate::store::instances::{Condition, Page, Uids};
use dicom_core::VR;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_object::StandardDataDictionary;
use std::collections::BTreeSet;

/// The most matches of one answer.
const MOST: i64 = 1_000;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Studies.
    Study,
    /// Series.
    Series,
    /// Objects.
    Instance,
}

/// Which attributes a match is told with besides those that always are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Include {
    /// All that are known.
    All,
    /// These, as eight hexadecimal digits.
    These(BTreeSet<String>),
}

/// A search.
#[derive(Clone, Debug)]
pub struct Query {
    /// The objects that it is about.
    pub uids: Uids,
    /// What their attributes must be.
    pub conditions: Vec<Condition>,
    /// What is told of them.
    pub include: Include,
    /// Which of them.
    pub page: Page,
    /// What was asked for and is not done, for people.
    pub unsupported: Vec<String>,
}

impl Query {
    /// Reads the parameters of a search. What is no attribute is refused; what cannot be matched is left out and told.
    pub fn read(parameters: &[(String, String)]) -> Outcome<Self> {
        let mut query = Self {
            uids: Uids::default(),
            conditions: Vec::new(),
            include: Include::These(BTreeSet::new()),
            page: Page {
                limit: MOST,
                offset: 0,
            },
            unsupported: Vec::new(),
        };
        for (name, value) in parameters {
            match name.as_str() {
                "limit" => query.page.limit = count("limit", value)?.min(MOST),
                "offset" => query.page.offset = count("offset", value)?,
                "includefield" => query.include(value)?,
                "fuzzymatching" | "emptyvaluematching" | "multiplevaluematching" => {
                    if value != "false" {
                        query.unsupported.push(name.clone());
                    }
                }
                _ => query.narrow(name, value)?,
            }
        }
        Ok(query)
    }

    fn include(&mut self, fields: &str) -> Outcome<()> {
        for field in fields.split(',').filter(|field| !field.is_empty()) {
            if field == "all" {
                self.include = Include::All;
            } else if let Include::These(tags) = &mut self.include {
                // Of a path only its first step is told apart: a sequence comes whole.
                let first = field.split('.').next().unwrap_or(field);
                tags.insert(attribute("includefield", first)?.0);
            }
        }
        Ok(())
    }

    fn narrow(&mut self, name: &str, value: &str) -> Outcome<()> {
        let nested = name.contains('.');
        let steps = name.split('.').map(|step| attribute("query", step));
        let path: Vec<_> = steps.collect::<Outcome<_>>()?;
        let Some((tag, vr)) = path.into_iter().next() else {
            return Ok(());
        };
        // An empty value matches all, PS3.4 section C.2.2.2.3.
        if value.is_empty() {
            return Ok(());
        }
        let uids = || value.split([',', '\\']).map(str::to_owned).collect();
        match tag.as_str() {
            _ if nested || vr == VR::SQ || COUNTED.contains(&tag.as_str()) => {
                self.unsupported.push(name.to_owned());
            }
            "0020000D" => self.uids.studies = uids(),
            "0020000E" => self.uids.series = uids(),
            "00080018" => self.uids.instances = uids(),
            // ModalitiesInStudy (0008,0061) is a modality of any of its series.
            "00080061" => self.conditions.push(condition("00080060", VR::CS, value)),
            _ => self.conditions.push(condition(&tag, vr, value)),
        }
        Ok(())
    }
}

/// Attributes that are counted for an answer, and so not looked for: NumberOfStudyRelatedSeries and the like.
const COUNTED: [&str; 4] = ["00201200", "00201206", "00201208", "00201209"];

fn count(field: &'static str, value: &str) -> Outcome<i64> {
    let number = value.parse::<i64>().ok().filter(|number| *number >= 0);
    number.ok_or_else(|| ServiceError::invalid(field, "a whole number from 0 on is expected"))
}

/// An attribute by its keyword or its tag, as eight hexadecimal digits with its VR.
fn attribute(field: &'static str, name: &str) -> Outcome<(String, VR)> {
    let entry = StandardDataDictionary;
    let tag = entry.parse_tag(name);
    let known = tag.and_then(|tag| Some((tag, entry.by_tag(tag)?.vr().relaxed())));
    let (tag, vr) = known.ok_or_else(|| {
        let reason = format!(
            "`{name}` is no attribute of PS3.6: write its keyword or its eight hexadecimal digits"
        );
        ServiceError::invalid(field, reason)
    })?;
    Ok((format!("{:04X}{:04X}", tag.group(), tag.element()), vr))
}

fn condition(tag: &str, vr: VR, value: &str) -> Condition {
    let mut condition = Condition {
        tag: tag.to_owned(),
        patterns: None,
        folded: vr == VR::PN,
        low: None,
        high: None,
    };
    if matches!(vr, VR::DA | VR::TM)
        && let Some((low, high)) = value.split_once('-')
    {
        let end = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        // What begins with the highest is not above it: 1030 is as much as 103059.
        (condition.low, condition.high) = (end(low), end(high).map(|high| high + "~"));
        return condition;
    }
    let separators: &[char] = if vr == VR::UI { &[',', '\\'] } else { &['\\'] };
    let patterns = value.split(separators).map(|one| pattern(vr, one));
    condition.patterns = Some(patterns.collect());
    condition
}

/// A value as a pattern of SQL: of texts `*` stands for any characters and `?` for one, PS3.4 section C.2.2.2.4.
fn pattern(vr: VR, value: &str) -> String {
    let wild = !matches!(
        vr,
        VR::UI | VR::DA | VR::TM | VR::DT | VR::IS | VR::DS | VR::US | VR::SS | VR::UL | VR::SL
    );
    let mut pattern = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '*' if wild => pattern.push('%'),
            '?' if wild => pattern.push('_'),
            '%' | '_' | '\\' => pattern.extend(['\\', letter]),
            _ => pattern.push(letter),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: &[(&str, &str)]) -> Outcome<Query> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Query::read(&parameters.iter().map(owned).collect::<Vec<_>>())
    }

    #[test]
    fn parameters_become_conditions() {
        let query = read(&[
            ("PatientName", "do*_?"),
            ("StudyDate", "20200101-20201231"),
            ("00080020", "-2021"),
            ("StudyInstanceUID", "1.2,1.3"),
            ("ModalitiesInStudy", "CT\\MR"),
            ("AccessionNumber", ""),
            ("includefield", "StudyDescription,00081030,PatientAge"),
            ("limit", "5000"),
            ("offset", "7"),
        ])
        .unwrap();
        let [name, range, before, modality] = &query.conditions[..] else {
            panic!("{query:?}");
        };
        assert_eq!(name.patterns, Some(vec!["do%\\__".to_owned()]));
        assert!(name.folded);
        assert_eq!(range.low.as_deref(), Some("20200101"));
        assert_eq!(
            (before.low.clone(), before.high.as_deref()),
            (None, Some("2021~"))
        );
        assert_eq!(modality.tag, "00080060");
        assert_eq!(
            modality.patterns,
            Some(vec!["CT".to_owned(), "MR".to_owned()])
        );
        assert_eq!(query.uids.studies, ["1.2", "1.3"]);
        let told = ["00081030", "00101010"].map(str::to_owned);
        assert_eq!(query.include, Include::These(BTreeSet::from(told)));
        assert_eq!((query.page.limit, query.page.offset), (MOST, 7));
        assert!(query.unsupported.is_empty());
    }

    #[test]
    fn what_is_no_attribute_is_refused_and_what_cannot_be_matched_is_told() {
        for bad in [
            ("Nonsense", "1"),
            ("limit", "-1"),
            ("includefield", "Nonsense"),
        ] {
            assert!(
                matches!(read(&[bad]), Err(ServiceError::Invalid { .. })),
                "{bad:?}"
            );
        }
        let query = read(&[
            ("fuzzymatching", "true"),
            ("RequestAttributesSequence.ScheduledProcedureStepID", "1"),
            ("NumberOfStudyRelatedSeries", "2"),
        ])
        .unwrap();
        assert_eq!(query.unsupported.len(), 3);
        assert!(query.conditions.is_empty());
    }
}
