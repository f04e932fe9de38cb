//! Pairs of texts as lines of JSON, with what there is to find in them where that is known; and how well the rules find it.

use super::{Flag, Rule, Said, SidedBox, Subject, View, check, lexicon};
use crate::geometry::{ImageSize, PixelBox};
use crate::lang::Lang;
use crate::ontology::{Concept, ConceptKey, ConceptKind};
use crate::region::Presence;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One line: `{"texts": {"en": "…", "zh": "…"}, "concept": "left_lung", "presence": "absent", "expect": ["laterality"]}`. Only
/// the texts are needed.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    /// Its name, whatever that is.
    #[serde(default)]
    pub id: Option<serde_json::Value>,
    /// The texts, each in its language.
    pub texts: BTreeMap<Lang, String>,
    /// The region's concept.
    #[serde(default)]
    pub concept: Option<ConceptKey>,
    /// Whether it is there.
    #[serde(default)]
    pub presence: Option<Presence>,
    /// From where the picture shows the patient.
    #[serde(default)]
    pub view: Option<View>,
    /// The region's box, in pixels.
    #[serde(default)]
    pub bbox: Option<PixelBox>,
    /// The picture's width and height, in pixels.
    #[serde(default)]
    pub size: Option<[u32; 2]>,
    /// The rules that have something to find here; absent where nobody said.
    #[serde(default)]
    pub expect: Option<BTreeSet<Rule>>,
}

impl Entry {
    /// What the rules find.
    #[must_use]
    pub fn check(&self, rules: &[Rule]) -> Vec<Flag> {
        let concept = self.concept.as_ref().map(by_key);
        let said = |(lang, text)| Said { lang, text };
        let subject = Subject {
            texts: self
                .texts
                .iter()
                .map(|(lang, text)| said((lang, text.as_str())))
                .collect(),
            concept: concept.as_ref(),
            ontology: &[],
            presence: self.presence,
            bbox: self.sided_box(),
        };
        check(&subject, rules)
    }

    fn sided_box(&self) -> Option<SidedBox> {
        let [width, height] = self.size?;
        Some(SidedBox {
            across: self.view?.across()?,
            bbox: self.bbox?,
            size: ImageSize::new(width, height).ok()?,
        })
    }

    /// Its languages, as in `en-zh`.
    #[must_use]
    pub fn pair(&self) -> String {
        let langs: Vec<&str> = self.texts.keys().map(Lang::as_str).collect();
        langs.join("-")
    }
}

/// What a concept is called, as far as its key tells: `left_lung` is a left lung.
#[must_use]
pub fn by_key(key: &ConceptKey) -> Concept {
    let name = key.as_str().replace('_', " ");
    let terms = lexicon::find(
        &super::Text::of(&name, super::Tongue::English),
        super::Tongue::English,
    );
    let is_lesion = terms.iter().any(|t| t.kind() == lexicon::Kind::Lesion);
    Concept {
        key: key.clone(),
        kind: if is_lesion {
            ConceptKind::Lesion
        } else {
            ConceptKind::Structure
        },
        names: BTreeMap::from([(Lang::en(), name)]),
        synonyms: BTreeMap::new(),
        codes: BTreeMap::new(),
        modalities: Vec::new(),
    }
}

/// How often a rule found what there was to find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Texts in which it found what was there.
    pub found: u64,
    /// Texts in which it found nothing though there was something.
    pub missed: u64,
    /// Texts in which it found something though there was nothing.
    pub wrong: u64,
}

impl Score {
    /// Of what it found, the part that was there; 1 where it found nothing.
    #[must_use]
    pub fn precision(&self) -> f64 {
        part(self.found, self.wrong)
    }

    /// Of what was there, the part that it found; 1 where nothing was.
    #[must_use]
    pub fn recall(&self) -> f64 {
        part(self.found, self.missed)
    }
}

fn part(of: u64, rest: u64) -> f64 {
    if of + rest == 0 {
        1.0
    } else {
        of as f64 / (of + rest) as f64
    }
}

/// Scores by rule and pair of languages.
#[derive(Clone, Debug, Default)]
pub struct Scores(BTreeMap<(Rule, String), Score>);

impl Scores {
    /// Looks at an entry of which is known what there is to find.
    pub fn add(&mut self, entry: &Entry) {
        let Some(expected) = &entry.expect else {
            return;
        };
        let found: BTreeSet<Rule> = entry.check(&Rule::ALL).iter().map(|f| f.rule).collect();
        for rule in Rule::ALL {
            let score = self.0.entry((rule, entry.pair())).or_default();
            match (expected.contains(&rule), found.contains(&rule)) {
                (true, true) => score.found += 1,
                (true, false) => score.missed += 1,
                (false, true) => score.wrong += 1,
                (false, false) => {}
            }
        }
    }

    /// Every score that counts something.
    pub fn rows(&self) -> impl Iterator<Item = (Rule, &str, Score)> {
        self.0
            .iter()
            .filter(|(_, score)| **score != Score::default())
            .map(|((rule, pair), score)| (*rule, pair.as_str(), *score))
    }

    /// A rule's score over all pairs of languages.
    #[must_use]
    pub fn of(&self, rule: Rule) -> Score {
        let own = self.0.iter().filter(|((of, _), _)| *of == rule);
        own.fold(Score::default(), |sum, (_, score)| Score {
            found: sum.found + score.found,
            missed: sum.missed + score.missed,
            wrong: sum.wrong + score.wrong,
        })
    }
}
