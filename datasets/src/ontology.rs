//! The things that regions are regions of.

use crate::lang::Lang;
use crate::modality::Modality;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The key of a concept inside its project: `left_lung`, `simple_cyst`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct ConceptKey(String);

/// A text that cannot be a concept's key.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not a concept key: 1 to 64 of a-z, 0-9 and _ are expected, starting with a letter"
)]
pub struct NotAConceptKey(String);

impl ConceptKey {
    /// The key's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ConceptKey {
    type Error = NotAConceptKey;
    fn try_from(text: String) -> Result<Self, NotAConceptKey> {
        let first_ok = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        let rest_ok = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if first_ok && rest_ok && text.len() <= 64 {
            Ok(Self(text))
        } else {
            Err(NotAConceptKey(text))
        }
    }
}

impl std::str::FromStr for ConceptKey {
    type Err = NotAConceptKey;
    fn from_str(text: &str) -> Result<Self, NotAConceptKey> {
        Self::try_from(text.to_owned())
    }
}

impl From<ConceptKey> for String {
    fn from(key: ConceptKey) -> Self {
        key.0
    }
}

impl std::fmt::Display for ConceptKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a concept is part of a body or something wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConceptKind {
    /// An organ or another part that every body has.
    Structure,
    /// A finding.
    Lesion,
}

/// One entry of a project's ontology.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Concept {
    /// Its key inside the project.
    pub key: ConceptKey,
    /// Structure or lesion.
    pub kind: ConceptKind,
    /// Its name in each of the project's languages.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub names: BTreeMap<Lang, String>,
    /// Other words for it in each language: what a reader may search it by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Vec<String>>))]
    pub synonyms: BTreeMap<Lang, Vec<String>>,
    /// Its code in other terminologies, by the terminology's name: `RadLex` to `RID1301`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, String>,
    /// The modalities in which it is looked for; empty means all.
    #[serde(default)]
    pub modalities: Vec<Modality>,
}

impl Concept {
    /// The name in `lang`, or in any other language where that one is missing, or the key.
    #[must_use]
    pub fn name(&self, lang: &Lang) -> &str {
        self.names
            .get(lang)
            .or_else(|| self.names.values().next())
            .map_or(self.key.as_str(), String::as_str)
    }

    /// Whether the concept is looked for in such pictures.
    #[must_use]
    pub fn applies_to(&self, modality: Modality) -> bool {
        self.modalities.is_empty() || self.modalities.contains(&modality)
    }
}
