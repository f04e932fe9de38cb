//! Regions and what one reader's annotation of one image consists of.

use crate::geometry::{GeometryError, ImageSize, PixelBox};
use crate::ids::{RegionId, SuggestionId};
use crate::lang::{Lang, LangPair};
use crate::ontology::ConceptKey;
use crate::whole::{Verdict, WholeImage};
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

impl Presence {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
            Self::Uncertain => "uncertain",
        }
    }
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

impl Region {
    /// The description in `lang`, where there is more of it than spaces.
    #[must_use]
    pub fn said_in(&self, lang: &Lang) -> Option<&str> {
        let text = self.texts.get(lang)?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// Whether it is described in both languages.
    #[must_use]
    pub fn is_said_in_both(&self, langs: &LangPair) -> bool {
        let mut both = langs.both().iter();
        both.all(|lang| self.said_in(lang).is_some())
    }
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
    /// What is said about the image as a whole.
    #[serde(flatten)]
    pub whole: WholeImage,
}

/// Which part of an annotation is meant: counted from 0, shown to people from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A region.
    Region(usize),
    /// A sentence of the report.
    Sentence(usize),
    /// A question with its answer.
    Question(usize),
    /// A label of the whole image.
    Finding(usize),
    /// The verdict on the whole image.
    Verdict,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (what, index) = match self {
            Self::Region(index) => ("region", index),
            Self::Sentence(index) => ("sentence", index),
            Self::Question(index) => ("question", index),
            Self::Finding(index) => ("label", index),
            Self::Verdict => return f.write_str("the verdict"),
        };
        write!(f, "{what} {}", index + 1)
    }
}

/// Why a content cannot be saved or submitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ContentError {
    /// The box is outside the image.
    #[error("{at}: {source}")]
    Geometry {
        /// Which region.
        at: Place,
        /// What is wrong with its box.
        source: GeometryError,
    },
    /// A frame that the image does not have.
    #[error("{at}: frame {frame} does not exist, the image has {frames}")]
    Frame {
        /// Which region.
        at: Place,
        /// The frame asked for.
        frame: u32,
        /// How many there are.
        frames: u32,
    },
    /// A text that is too long.
    #[error("{at}: the text{} has {chars} characters, {MAX_TEXT_CHARS} are allowed", in_lang(.lang.as_ref()))]
    TextTooLong {
        /// Where.
        at: Place,
        /// In which language, where it has one.
        lang: Option<Lang>,
        /// How long it is.
        chars: usize,
    },
    /// A language that the project does not use.
    #[error("{at}: `{lang}` is not one of the project's languages")]
    UnknownLang {
        /// Where.
        at: Place,
        /// The language.
        lang: Lang,
    },
    /// A concept that the project's ontology does not have.
    #[error("{at}: the project's ontology has no concept `{concept}`")]
    UnknownConcept {
        /// Where.
        at: Place,
        /// The concept.
        concept: ConceptKey,
    },
    /// A region that the annotation does not have.
    #[error("{at}: there is no region {region} to speak of: draw it again or take the link away")]
    UnknownRegion {
        /// Where.
        at: Place,
        /// The region named.
        region: RegionId,
    },
    /// Two things of a kind with one id.
    #[error("{at}: its id {id} is used twice")]
    DuplicateId {
        /// The second of the two.
        at: Place,
        /// The id.
        id: uuid::Uuid,
    },
    /// One concept with two labels.
    #[error("{at}: `{concept}` has a label already, and one is enough")]
    LabelledTwice {
        /// The second of the two.
        at: Place,
        /// The concept.
        concept: ConceptKey,
    },
    /// More of a kind than anybody can read.
    #[error("{count} {what} are more than the {most} that one image may have")]
    TooManyOf {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many are allowed.
        most: usize,
    },
    /// A region without a concept cannot be submitted.
    #[error("{at} has no concept yet: choose one before submitting")]
    NoConcept {
        /// Which region.
        at: Place,
    },
    /// Something was begun and not written.
    #[error("{at} has no {what} yet: write it or remove it before submitting")]
    Unwritten {
        /// Where.
        at: Place,
        /// What is missing.
        what: &'static str,
    },
    /// Nothing is said at all.
    #[error(
        "nothing is marked: say that nothing was found, or that the image cannot be judged and why"
    )]
    NoVerdict,
    /// The verdict says that nothing was found, and something was.
    #[error(
        "{at} says that something is there, the verdict that nothing is: take one of them back"
    )]
    FoundDespiteVerdict {
        /// What was found.
        at: Place,
    },
}

fn in_lang(lang: Option<&Lang>) -> String {
    lang.map_or_else(String::new, |lang| format!(" in `{lang}`"))
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
        check_count("regions", self.regions.len(), MAX_REGIONS)?;
        check_count("rejected suggestions", self.rejected.len(), MAX_REJECTED)?;
        let mut ids = BTreeSet::new();
        for (index, region) in self.regions.iter().enumerate() {
            let at = Place::Region(index);
            if !ids.insert(region.id) {
                let id = region.id.0;
                return Err(ContentError::DuplicateId { at, id });
            }
            region.check(at, rules)?;
        }
        self.whole.check(&ids, rules)
    }

    /// Whether the content may be submitted as finished: it may be saved, nothing in it is still to be written, and where
    /// nothing is marked it says why.
    pub fn check_complete(&self, rules: &ContentRules<'_>) -> Result<(), ContentError> {
        self.check(rules)?;
        if let Some(index) = self.regions.iter().position(|r| r.concept.is_none()) {
            let at = Place::Region(index);
            return Err(ContentError::NoConcept { at });
        }
        self.whole.check_complete()?;
        match (&self.whole.verdict, self.first_found()) {
            (None, _) if self.regions.is_empty() && self.whole.says_nothing() => {
                Err(ContentError::NoVerdict)
            }
            (Some(Verdict::NothingFound), Some(at)) => {
                Err(ContentError::FoundDespiteVerdict { at })
            }
            _ => Ok(()),
        }
    }

    /// The first region or label that says of something that it is, or may be, there.
    fn first_found(&self) -> Option<Place> {
        let found = |region: &Region| region.presence != Presence::Absent;
        (self.regions.iter().position(found))
            .map(Place::Region)
            .or_else(|| self.whole.first_found())
    }
}

fn check_count(what: &'static str, count: usize, most: usize) -> Result<(), ContentError> {
    match count > most {
        true => Err(ContentError::TooManyOf { what, count, most }),
        false => Ok(()),
    }
}

impl Region {
    fn check(&self, at: Place, rules: &ContentRules<'_>) -> Result<(), ContentError> {
        self.bbox
            .inside(rules.size)
            .map_err(|source| ContentError::Geometry { at, source })?;
        if self.frame >= rules.frames {
            return Err(ContentError::Frame {
                at,
                frame: self.frame,
                frames: rules.frames,
            });
        }
        if let Some(concept) = &self.concept {
            check_concept(at, concept, rules)?;
        }
        self.texts
            .iter()
            .try_for_each(|(lang, text)| check_text(at, lang, text, rules.langs))
    }
}

pub(crate) fn check_concept(
    at: Place,
    concept: &ConceptKey,
    rules: &ContentRules<'_>,
) -> Result<(), ContentError> {
    match rules.concepts.contains(concept) {
        true => Ok(()),
        false => Err(ContentError::UnknownConcept {
            at,
            concept: concept.clone(),
        }),
    }
}

pub(crate) fn check_text(
    at: Place,
    lang: &Lang,
    text: &str,
    langs: &LangPair,
) -> Result<(), ContentError> {
    if !langs.contains(lang) {
        let lang = lang.clone();
        return Err(ContentError::UnknownLang { at, lang });
    }
    check_length(at, Some(lang), text)
}

pub(crate) fn check_length(at: Place, lang: Option<&Lang>, text: &str) -> Result<(), ContentError> {
    let chars = text.chars().count();
    if chars > MAX_TEXT_CHARS {
        let lang = lang.cloned();
        return Err(ContentError::TextTooLong { at, lang, chars });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
        check_with(regions, WholeImage::default())
    }

    fn check_with(regions: Vec<Region>, whole: WholeImage) -> Result<(), ContentError> {
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
            whole,
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
            Err(ContentError::Geometry {
                at: Place::Region(1),
                ..
            })
        ));
        assert!(matches!(
            check(vec![good.clone(), good.clone()]),
            Err(ContentError::DuplicateId {
                at: Place::Region(1),
                ..
            })
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
            Err(ContentError::NoConcept {
                at: Place::Region(0)
            })
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

    #[test]
    fn what_is_said_about_the_whole_image_hangs_together() {
        let drawn = region([0.0, 0.0, 9.0, 9.0]);
        let said =
            |json: serde_json::Value| -> WholeImage { serde_json::from_value(json).unwrap() };
        let sentence = |regions: &[RegionId], text: &str| {
            said(
                json!({ "report": [{ "id": RegionId::fresh(), "texts": { "en": text }, "regions": regions }] }),
            )
        };
        let linked = sentence(&[drawn.id], "A cyst.");
        assert_eq!(check_with(vec![drawn.clone()], linked.clone()), Ok(()));
        assert!(matches!(
            check_with(vec![], linked),
            Err(ContentError::UnknownRegion {
                at: Place::Sentence(0),
                ..
            })
        ));
        let unwritten = check_with(vec![], sentence(&[], " ")).unwrap_err();
        assert_eq!(
            unwritten.to_string(),
            "sentence 1 has no text yet: write it or remove it before submitting"
        );
        let label = json!({ "concept": "cyst", "presence": "absent" });
        let twice = check_with(vec![], said(json!({ "findings": [label, label] })));
        assert!(matches!(twice, Err(ContentError::LabelledTwice { .. })));
        let asked = said(
            json!({ "questions": [{ "id": RegionId::fresh(), "question": { "en": "Is there a cyst?" } }] }),
        );
        assert!(matches!(
            check_with(vec![drawn], asked),
            Err(ContentError::Unwritten { what: "answer", .. })
        ));
    }

    #[test]
    fn an_image_without_a_region_needs_a_verdict_that_nothing_contradicts() {
        let said =
            |json: serde_json::Value| -> WholeImage { serde_json::from_value(json).unwrap() };
        assert_eq!(check(vec![]), Err(ContentError::NoVerdict));
        let nothing = said(json!({ "verdict": { "kind": "nothing_found" } }));
        assert_eq!(check_with(vec![], nothing.clone()), Ok(()));
        let there = region([0.0, 0.0, 9.0, 9.0]);
        let absent = Region {
            presence: Presence::Absent,
            ..there.clone()
        };
        assert_eq!(check_with(vec![absent], nothing.clone()), Ok(()));
        assert!(matches!(
            check_with(vec![there], nothing),
            Err(ContentError::FoundDespiteVerdict { .. })
        ));
        let blurred = |reason: &str| {
            said(json!({ "verdict": { "kind": "not_assessable", "reason": reason } }))
        };
        assert_eq!(check_with(vec![], blurred("motion")), Ok(()));
        assert!(matches!(
            check_with(vec![], blurred("")),
            Err(ContentError::Unwritten { .. })
        ));
    }

    #[test]
    fn an_annotation_from_before_reads_as_it_was_and_is_written_as_it_was() {
        let before = r#"{"regions":[],"rejected":[]}"#;
        let content: AnnotationContent = serde_json::from_str(before).unwrap();
        assert_eq!(content, AnnotationContent::default());
        assert_eq!(serde_json::to_string(&content).unwrap(), before);
    }
}
