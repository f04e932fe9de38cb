//! Codes: PS3.3 section 8.8, of PS3.16 and of a project's ontology.

use super::attributes::{Attributes, put};
use medreg_datasets::lang::Lang;
use medreg_datasets::ontology::Concept;

/// The scheme of concepts that no terminology has: private ones begin with 99, PS3.3 section 8.2.
const OWN_SCHEME: &str = "99MEDREG";

/// A code with its scheme and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Code {
    value: String,
    scheme: String,
    meaning: String,
}

/// A code of the standard's own scheme.
pub(super) fn dcm(value: &str, meaning: &str) -> Code {
    code(value, "DCM", meaning)
}

/// A code of SNOMED CT.
pub(super) fn sct(value: &str, meaning: &str) -> Code {
    code(value, "SCT", meaning)
}

/// A code of ours.
pub(super) fn own(value: &str, meaning: &str) -> Code {
    code(value, OWN_SCHEME, meaning)
}

pub(super) fn code(value: &str, scheme: &str, meaning: &str) -> Code {
    Code {
        value: value.to_owned(),
        scheme: scheme.to_owned(),
        meaning: meaning.to_owned(),
    }
}

impl Code {
    /// The code of a concept: of the first terminology that DICOM has a designator for, else the project's key under ours.
    pub(super) fn of(concept: &Concept) -> Self {
        let meaning = concept.name(&Lang::en());
        let codes = concept.codes.iter();
        let known = codes.filter_map(|(name, value)| Some((designator(name)?, value)));
        match known.min() {
            Some((scheme, value)) => code(value, scheme.name(), meaning),
            None => own(concept.key.as_str(), meaning),
        }
    }

    /// As an item of a sequence. CodeValue holds 16 characters, CodeMeaning 64.
    pub(super) fn item(&self) -> Attributes {
        let mut item = Attributes::new();
        match self.value.chars().count() <= 16 {
            true => put(&mut item, "00080100", "SH", self.value.as_str()),
            false => put(&mut item, "00080119", "UC", self.value.as_str()),
        }
        put(&mut item, "00080102", "SH", self.scheme.as_str());
        let meaning: String = self
            .meaning
            .chars()
            .filter(|c| *c != '\\')
            .take(64)
            .collect();
        put(&mut item, "00080104", "LO", meaning.trim());
        item
    }
}

/// Terminologies, the one that is named first where a concept has several.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scheme {
    Snomed,
    RadLex,
    Umls,
    Fma,
    Loinc,
    Icd10,
}

impl Scheme {
    /// Coding scheme designators of PS3.16 table 8-1.
    fn name(self) -> &'static str {
        match self {
            Self::Snomed => "SCT",
            Self::RadLex => "RADLEX",
            Self::Umls => "UMLS",
            Self::Fma => "FMA",
            Self::Loinc => "LN",
            Self::Icd10 => "I10",
        }
    }
}

fn designator(terminology: &str) -> Option<Scheme> {
    let letters: String = terminology
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    Some(match letters.to_ascii_lowercase().as_str() {
        "snomed" | "snomedct" | "sct" => Scheme::Snomed,
        "radlex" => Scheme::RadLex,
        "umls" => Scheme::Umls,
        "fma" => Scheme::Fma,
        "loinc" | "ln" => Scheme::Loinc,
        "icd10" | "i10" => Scheme::Icd10,
        _ => return None,
    })
}
