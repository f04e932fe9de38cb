//! Regions and what one reader's annotation of one image consists of.

use crate::geometry::{GeometryError, ImageSize, PixelBox};
use crate::ids::{RegionId, SuggestionId};
use crate::lang::{Lang, LangPair};
use crate::ontology::ConceptKey;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The longest description of one region in one language, in characters.
pub const MAX_TEXT_CHARS: usize = 4_000;
/// The most regions on one image.
pub const MAX_REGIONS: usize = 500;
/// The most suggestions that may be turned down on one image.
pub const MAX_REJECTED: usize = 500;

/// What a reader says about the concept in a region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is there.
    #[default]
    Present,
    /// It is explicitly not there.
    Absent,
    /// It may be there.
    Uncertain,
}

/// One box on one frame, what it shows, and its description in each language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Region {
    /// Stable across the revisions that keep the region; chosen by whoever draws it.
    pub id: RegionId,
    /// The frame it lies on; 0 where the image has one.
    #[serde(default)]
    pub frame: u32,
    /// Where it is, in image pixels.
    pub bbox: PixelBox,
    /// What it is; `None` while the reader has not said.
    #[serde(default)]
    pub concept: Option<ConceptKey>,
    /// Whether it is there.
    #[serde(default)]
    pub presence: Presence,
    /// The description in each language.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub texts: BTreeMap<Lang, String>,
    /// The model's suggestion it grew from, kept for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<SuggestionId>,
}

/// What one reader says about one image, at one revision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnnotationContent {
    /// The regions, in the order they were drawn.
    pub regions: Vec<Region>,
    /// The model's suggestions that the reader turned down.
    #[serde(default)]
    pub rejected: BTreeSet<SuggestionId>,
}

/// Why a content cannot be saved or submitted. `index` counts the regions from 0, what is shown to people from 1.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ContentError {
    /// The box is outside the image.
    #[error("region {}: {source}", index + 1)]
    Geometry {
        /// Which region.
        index: usize,
        /// What is wrong with its box.
        source: GeometryError,
    },
    /// A frame that the image does not have.
    #[error("region {}: frame {frame} does not exist, the image has {frames}", index + 1)]
    Frame {
        /// Which region.
        index: usize,
        /// The frame asked for.
        frame: u32,
        /// How many there are.
        frames: u32,
    },
    /// A description that is too long.
    #[error(
        "region {}: the description in `{lang}` has {chars} characters, {MAX_TEXT_CHARS} are allowed",
        index + 1
    )]
    TextTooLong {
        /// Which region.
        index: usize,
        /// In which language.
        lang: Lang,
        /// How long it is.
        chars: usize,
    },
    /// A language that the project does not use.
    #[error("region {}: `{lang}` is not one of the project's languages", index + 1)]
    UnknownLang {
        /// Which region.
        index: usize,
        /// The language.
        lang: Lang,
    },
    /// A concept that the project's ontology does not have.
    #[error("region {}: the project's ontology has no concept `{concept}`", index + 1)]
    UnknownConcept {
        /// Which region.
        index: usize,
        /// The concept.
        concept: ConceptKey,
    },
    /// Two regions with one id.
    #[error("region {}: its id {id} is used twice", index + 1)]
    DuplicateId {
        /// The second of the two.
        index: usize,
        /// The id.
        id: RegionId,
    },
    /// More regions than anybody can read.
    #[error("{count} regions are more than the {MAX_REGIONS} that one image may have")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// More suggestions turned down than a model makes.
    #[error(
        "{count} rejected suggestions are more than the {MAX_REJECTED} that one image may have"
    )]
    TooManyRejected {
        /// How many.
        count: usize,
    },
    /// A region without a concept cannot be submitted.
    #[error("region {} has no concept yet: choose one before submitting", index + 1)]
    NoConcept {
        /// Which region.
        index: usize,
    },
}

/// What a content is checked against.
#[derive(Debug, Clone, Copy)]
pub struct ContentRules<'a> {
    /// The image's size in pixels.
    pub size: ImageSize,
    /// How many frames it has.
    pub frames: u32,
    /// The project's two languages.
    pub langs: &'a LangPair,
    /// The project's concepts.
    pub concepts: &'a BTreeSet<ConceptKey>,
}

impl AnnotationContent {
    /// Whether the content may be saved: every box inside its image, every text short enough, no unknown names.
    pub fn check(&self, rules: &ContentRules<'_>) -> Result<(), ContentError> {
        if self.regions.len() > MAX_REGIONS {
            return Err(ContentError::TooMany {
                count: self.regions.len(),
            });
        }
        if self.rejected.len() > MAX_REJECTED {
            return Err(ContentError::TooManyRejected {
                count: self.rejected.len(),
            });
        }
        let mut seen = BTreeSet::new();
        for (index, region) in self.regions.iter().enumerate() {
            if !seen.insert(region.id) {
                return Err(ContentError::DuplicateId {
                    index,
                    id: region.id,
                });
            }
            region.check(index, rules)?;
        }
        Ok(())
    }

    /// Whether the content may be submitted as finished: it may be saved, and every region says what it is.
    pub fn check_complete(&self, rules: &ContentRules<'_>) -> Result<(), ContentError> {
        self.check(rules)?;
        match self.regions.iter().position(|r| r.concept.is_none()) {
            Some(index) => Err(ContentError::NoConcept { index }),
            None => Ok(()),
        }
    }
}

impl Region {
    fn check(&self, index: usize, rules: &ContentRules<'_>) -> Result<(), ContentError> {
        self.bbox
            .inside(rules.size)
            .map_err(|source| ContentError::Geometry { index, source })?;
        if self.frame >= rules.frames {
            return Err(ContentError::Frame {
                index,
                frame: self.frame,
                frames: rules.frames,
            });
        }
        if let Some(concept) = self
            .concept
            .as_ref()
            .filter(|c| !rules.concepts.contains(*c))
        {
            return Err(ContentError::UnknownConcept {
                index,
                concept: concept.clone(),
            });
        }
        self.texts
            .iter()
            .try_for_each(|(lang, text)| check_text(index, lang, text, rules.langs))
    }
}

fn check_text(index: usize, lang: &Lang, text: &str, langs: &LangPair) -> Result<(), ContentError> {
    if !langs.contains(lang) {
        return Err(ContentError::UnknownLang {
            index,
            lang: lang.clone(),
        });
    }
    let chars = text.chars().count();
    if chars > MAX_TEXT_CHARS {
        return Err(ContentError::TextTooLong {
            index,
            lang: lang.clone(),
            chars,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(bbox: [f64; 4]) -> Region {
        Region {
            id: RegionId::fresh(),
            frame: 0,
            bbox: bbox.try_into().unwrap(),
            concept: Some("cyst".parse().unwrap()),
            presence: Presence::Present,
            texts: BTreeMap::new(),
            origin: None,
        }
    }

    fn check(regions: Vec<Region>) -> Result<(), ContentError> {
        let concepts = BTreeSet::from(["cyst".parse().unwrap()]);
        let langs = LangPair::default();
        let rules = ContentRules {
            size: ImageSize::new(100, 50).unwrap(),
            frames: 1,
            langs: &langs,
            concepts: &concepts,
        };
        AnnotationContent {
            regions,
            rejected: BTreeSet::new(),
        }
        .check_complete(&rules)
    }

    #[test]
    fn a_whole_region_passes() {
        assert_eq!(check(vec![region([0.0, 0.0, 100.0, 50.0])]), Ok(()));
    }

    #[test]
    fn each_fault_is_named_with_its_region() {
        let good = region([1.0, 1.0, 2.0, 2.0]);
        let outside = region([0.0, 0.0, 10.0, 51.0]);
        assert!(matches!(
            check(vec![good.clone(), outside]),
            Err(ContentError::Geometry { index: 1, .. })
        ));
        assert!(matches!(
            check(vec![good.clone(), good.clone()]),
            Err(ContentError::DuplicateId { index: 1, .. })
        ));
        let frame = Region {
            frame: 1,
            ..good.clone()
        };
        assert!(matches!(
            check(vec![frame]),
            Err(ContentError::Frame { frames: 1, .. })
        ));
        let nameless = Region {
            concept: None,
            ..good.clone()
        };
        assert!(matches!(
            check(vec![nameless]),
            Err(ContentError::NoConcept { index: 0 })
        ));
        let long = Region {
            texts: BTreeMap::from([(Lang::zh(), "肺".repeat(MAX_TEXT_CHARS + 1))]),
            ..good.clone()
        };
        assert!(matches!(
            check(vec![long]),
            Err(ContentError::TextTooLong { chars: 4_001, .. })
        ));
        let french = Region {
            texts: BTreeMap::from([("fr".parse().unwrap(), String::new())]),
            ..good
        };
        assert!(matches!(
            check(vec![french]),
            Err(ContentError::UnknownLang { .. })
        ));
    }
}
