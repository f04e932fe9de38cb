//! How two snapshots differ: their settings, and their cases one by one, box by box and language by language.
//!
//! Cases stand in a snapshot by their image's id, so two of any size are compared in one pass that holds one case of each.

use crate::filter::Filter;
use crate::geometry::{ImageSize, PixelBox};
use crate::ids::{ImageId, QuestionId, RegionId, SentenceId, UserId};
use crate::lang::{Lang, LangPair};
use crate::ontology::{Concept, ConceptKey};
use crate::region::{Presence, Region};
use crate::snapshot::{Manifest, SnapshotCase, Split, SplitShares};
use crate::whole::{Finding, Question, Sentence, Texts, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Turned<T> {
    /// What the first snapshot says.
    pub from: T,
    /// What the second one says.
    pub to: T,
}

impl<T: PartialEq + Clone> Turned<T> {
    /// The two, where they are not the same.
    fn of(from: &T, to: &T) -> Option<Self> {
        (from != to).then(|| Self {
            from: from.clone(),
            to: to.clone(),
        })
    }
}

/// What the manifests of two snapshots say otherwise, their cases left aside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SettingsDifference {
    /// The project's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_name: Option<Turned<String>>,
    /// The pair of languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Turned<Vec<String>>>))]
    pub langs: Option<Turned<LangPair>>,
    /// How patients are split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shares: Option<Turned<SplitShares>>,
    /// What of the submitted cases was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Turned<Filter>>,
    /// The guideline's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guideline: Option<Turned<String>>,
    /// Concepts that only the second one has.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub concepts_added: Vec<ConceptKey>,
    /// Concepts that only the first one has.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub concepts_removed: Vec<ConceptKey>,
    /// Concepts that both have, with other names, synonyms, codes or modalities.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub concepts_changed: Vec<ConceptKey>,
}

impl SettingsDifference {
    /// Between two manifests.
    #[must_use]
    pub fn between(before: &Manifest, after: &Manifest) -> Self {
        let by_key = |manifest: &Manifest| -> BTreeMap<ConceptKey, Concept> {
            let concepts = manifest.ontology.iter();
            concepts.map(|c| (c.key.clone(), c.clone())).collect()
        };
        let (old, new) = (by_key(before), by_key(after));
        let only = |these: &BTreeMap<ConceptKey, Concept>,
                    those: &BTreeMap<ConceptKey, Concept>| {
            let keys = these.keys().filter(|key| !those.contains_key(*key));
            keys.cloned().collect()
        };
        let changed = |(key, concept): (&ConceptKey, &Concept)| {
            let other = new.get(key).is_some_and(|now| now != concept);
            other.then(|| key.clone())
        };
        Self {
            project_name: Turned::of(&before.project_name, &after.project_name),
            langs: Turned::of(&before.langs, &after.langs),
            shares: Turned::of(&before.shares, &after.shares),
            filter: Turned::of(&before.filter, &after.filter),
            guideline: Turned::of(&before.guideline, &after.guideline),
            concepts_added: only(&new, &old),
            concepts_removed: only(&old, &new),
            concepts_changed: old.iter().filter_map(changed).collect(),
        }
    }
}

/// A part of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum Part {
    /// A region, and what it shows.
    Region {
        /// Its id.
        id: RegionId,
        /// Its concept, in the snapshot that has it; in the second one where both have.
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
        concept: Option<ConceptKey>,
    },
    /// A sentence of the report.
    Sentence {
        /// Its id.
        id: SentenceId,
    },
    /// A question about the image.
    Question {
        /// Its id.
        id: QuestionId,
    },
    /// The answer to a question.
    Answer {
        /// The question's id.
        id: QuestionId,
    },
    /// A label of the image.
    Finding {
        /// What is looked for.
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        concept: ConceptKey,
    },
}

/// One thing that a case says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// Only the second snapshot has this part.
    Added(Part),
    /// Only the first snapshot has this part.
    Removed(Part),
    /// A region's box, or the frame it lies on, is another.
    Moved {
        /// The region.
        of: Part,
        /// The frames.
        #[serde(skip_serializing_if = "Option::is_none")]
        frame: Option<Turned<u32>>,
        /// The boxes, in image pixels.
        #[cfg_attr(feature = "openapi", schema(value_type = Turned<Vec<f64>>))]
        bbox: Turned<PixelBox>,
        /// Intersection over union of the two; 0 where they lie on two frames.
        overlap: f64,
    },
    /// A region shows another concept.
    Concept {
        /// The region.
        of: Part,
        /// The concepts.
        #[cfg_attr(feature = "openapi", schema(value_type = Turned<Option<String>>))]
        concept: Turned<Option<ConceptKey>>,
    },
    /// A region or a label is said to be there otherwise.
    Presence {
        /// The region or label.
        of: Part,
        /// What is said.
        presence: Turned<Presence>,
    },
    /// A text reads otherwise in one language; one that is missing reads as nothing.
    Text {
        /// What it describes.
        of: Part,
        /// The language.
        lang: Lang,
        /// The words.
        text: Turned<String>,
    },
    /// A sentence or a question speaks of other regions.
    SpeaksOf(Part),
    /// What is said of an image without regions is another.
    Verdict {
        /// The verdicts.
        verdict: Turned<Option<Verdict>>,
    },
    /// The picture has other pixels or another size.
    Pixels,
    /// The patient is in another split.
    Split {
        /// The splits.
        split: Turned<Split>,
    },
    /// Somebody else's annotation is taken.
    Reader {
        /// The readers, by pseudonymous user id.
        #[cfg_attr(feature = "openapi", schema(value_type = Turned<Uuid>))]
        reader: Turned<UserId>,
    },
    /// The same was submitted again, or its parts stand in another order.
    Resubmitted,
    /// The modality, the patient, the study or a region's origin is another.
    Facts,
}

/// What became of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "became", rename_all = "snake_case")]
pub enum Fate {
    /// Only the second snapshot has it.
    Added {
        /// How many regions it has.
        regions: usize,
    },
    /// Only the first snapshot has it.
    Removed {
        /// How many regions it had.
        regions: usize,
    },
    /// Both have it, and say different things.
    Changed {
        /// All that is different, at least one.
        changes: Vec<Change>,
    },
}

/// One case that is not the same in both snapshots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseDifference {
    /// The image.
    pub image: ImageId,
    /// Its size in pixels, in the second snapshot where both have it.
    pub size: ImageSize,
    /// What became of it.
    #[serde(flatten)]
    pub fate: Fate,
}

/// How many of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Totals {
    /// Cases that are the same to the last character.
    pub cases_unchanged: u64,
    /// Cases that both have and that say different things.
    pub cases_changed: u64,
    /// Cases that only the second snapshot has.
    pub cases_added: u64,
    /// Cases that only the first snapshot has.
    pub cases_removed: u64,
    /// Regions that only the second snapshot has, those of its new cases among them.
    pub regions_added: u64,
    /// Regions that only the first snapshot has, those of its own cases among them.
    pub regions_removed: u64,
    /// Regions that lie elsewhere.
    pub boxes_moved: u64,
    /// Regions that show another concept.
    pub concepts_changed: u64,
    /// Texts that read otherwise, by language.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, u64>))]
    pub texts_edited: BTreeMap<Lang, u64>,
}

impl Totals {
    fn add(&mut self, fate: &Fate) {
        match fate {
            Fate::Added { regions } => {
                self.cases_added += 1;
                self.regions_added += *regions as u64;
            }
            Fate::Removed { regions } => {
                self.cases_removed += 1;
                self.regions_removed += *regions as u64;
            }
            Fate::Changed { changes } => {
                self.cases_changed += 1;
                changes.iter().for_each(|change| self.count(change));
            }
        }
    }

    fn count(&mut self, change: &Change) {
        match change {
            Change::Added(Part::Region { .. }) => self.regions_added += 1,
            Change::Removed(Part::Region { .. }) => self.regions_removed += 1,
            Change::Moved { .. } => self.boxes_moved += 1,
            Change::Concept { .. } => self.concepts_changed += 1,
            Change::Text { lang, .. } => *self.texts_edited.entry(lang.clone()).or_default() += 1,
            _ => {}
        }
    }
}

/// A snapshot whose cases do not stand by their images' ids, each once.
#[derive(Debug, thiserror::Error)]
#[error(
    "the {snapshot} snapshot's cases are not in the order of their images: {image} comes late or twice"
)]
pub struct OutOfOrder {
    /// `first` or `second`.
    pub snapshot: &'static str,
    /// The image that stands where it may not.
    pub image: ImageId,
}

/// Compares two snapshots' cases, each in the order of its images; `each` hears of every case that is not the same, in that order.
///
/// # Errors
/// What reading a case gives, what `each` gives, and [`OutOfOrder`].
pub fn compare<E: From<OutOfOrder>>(
    before: impl Iterator<Item = Result<SnapshotCase, E>>,
    after: impl Iterator<Item = Result<SnapshotCase, E>>,
    mut each: impl FnMut(CaseDifference) -> Result<(), E>,
) -> Result<Totals, E> {
    let (mut before, mut after) = (Ordered::new("first", before), Ordered::new("second", after));
    let (mut old, mut new) = (before.next()?, after.next()?);
    let mut totals = Totals::default();
    while let Some((case, fate)) = next_fate(old.as_ref(), new.as_ref()) {
        let (image, size) = (case.image, case.size);
        match fate {
            Some(fate) => {
                totals.add(&fate);
                each(CaseDifference { image, size, fate })?;
            }
            None => totals.cases_unchanged += 1,
        }
        if old.as_ref().is_some_and(|case| case.image == image) {
            old = before.next()?;
        }
        if new.as_ref().is_some_and(|case| case.image == image) {
            new = after.next()?;
        }
    }
    Ok(totals)
}

/// The case that comes first in either snapshot, and what became of it: nothing where both say the same.
fn next_fate<'a>(
    old: Option<&'a SnapshotCase>,
    new: Option<&'a SnapshotCase>,
) -> Option<(&'a SnapshotCase, Option<Fate>)> {
    let regions = |case: &SnapshotCase| case.regions.len();
    let removed = |case: &'a SnapshotCase| {
        let regions = regions(case);
        Some((case, Some(Fate::Removed { regions })))
    };
    let added = |case: &'a SnapshotCase| {
        let regions = regions(case);
        Some((case, Some(Fate::Added { regions })))
    };
    match (old, new) {
        (None, None) => None,
        (Some(old), None) => removed(old),
        (None, Some(new)) => added(new),
        (Some(old), Some(new)) if old.image < new.image => removed(old),
        (Some(old), Some(new)) if new.image < old.image => added(new),
        (Some(old), Some(new)) => {
            let changed = || Fate::Changed {
                changes: changes(old, new),
            };
            Some((new, (old != new).then(changed)))
        }
    }
}

/// Cases that are refused where they are out of order.
struct Ordered<I> {
    snapshot: &'static str,
    cases: I,
    last: Option<ImageId>,
}

impl<I> Ordered<I> {
    fn new(snapshot: &'static str, cases: I) -> Self {
        Self {
            snapshot,
            cases,
            last: None,
        }
    }

    fn next<E: From<OutOfOrder>>(&mut self) -> Result<Option<SnapshotCase>, E>
    where
        I: Iterator<Item = Result<SnapshotCase, E>>,
    {
        let Some(case) = self.cases.next().transpose()? else {
            return Ok(None);
        };
        if self.last.is_some_and(|last| last >= case.image) {
            return Err(E::from(OutOfOrder {
                snapshot: self.snapshot,
                image: case.image,
            }));
        }
        self.last = Some(case.image);
        Ok(Some(case))
    }
}

/// All that two accounts of one image say otherwise; at least one thing where they are not equal.
fn changes(old: &SnapshotCase, new: &SnapshotCase) -> Vec<Change> {
    let mut found = Vec::new();
    if (&old.raster, old.size) != (&new.raster, new.size) {
        found.push(Change::Pixels);
    }
    if let Some(split) = Turned::of(&old.split, &new.split) {
        found.push(Change::Split { split });
    }
    if let Some(reader) = Turned::of(&old.reader, &new.reader) {
        found.push(Change::Reader { reader });
    }
    let facts = |case: &SnapshotCase| (case.modality, case.patient.clone(), case.study.clone());
    if facts(old) != facts(new) {
        found.push(Change::Facts);
    }
    each_part(&old.regions, &new.regions, |region| region.id, &mut found);
    let (then, now) = (&old.whole, &new.whole);
    each_part(
        &then.report,
        &now.report,
        |sentence| sentence.id,
        &mut found,
    );
    each_part(
        &then.questions,
        &now.questions,
        |asked| asked.id,
        &mut found,
    );
    each_part(
        &then.findings,
        &now.findings,
        |said| said.concept.clone(),
        &mut found,
    );
    if let Some(verdict) = Turned::of(&then.verdict, &now.verdict) {
        found.push(Change::Verdict { verdict });
    }
    if found.is_empty() {
        found.push(Change::Resubmitted);
    }
    found
}

/// What can be told apart inside a case.
trait Told: PartialEq {
    /// What it is.
    fn part(&self) -> Part;
    /// What `now` says otherwise; `self` is how it was.
    fn turned(&self, now: &Self, found: &mut Vec<Change>);
}

/// Parts that were taken away, that changed and that came, matched by their key.
fn each_part<T: Told, K: Ord>(
    old: &[T],
    new: &[T],
    key: impl Fn(&T) -> K,
    found: &mut Vec<Change>,
) {
    let now: BTreeMap<K, &T> = new.iter().map(|part| (key(part), part)).collect();
    let was: BTreeSet<K> = old.iter().map(&key).collect();
    for part in old {
        match now.get(&key(part)) {
            None => found.push(Change::Removed(part.part())),
            Some(now) if *now != part => part.turned(now, found),
            Some(_) => {}
        }
    }
    let came = new.iter().filter(|part| !was.contains(&key(part)));
    found.extend(came.map(|part| Change::Added(part.part())));
}

fn texts(of: &Part, old: &Texts, new: &Texts, found: &mut Vec<Change>) {
    let langs: BTreeSet<&Lang> = old.keys().chain(new.keys()).collect();
    let said = |texts: &Texts, lang| texts.get(lang).cloned().unwrap_or_default();
    found.extend(langs.into_iter().filter_map(|lang| {
        Some(Change::Text {
            of: of.clone(),
            lang: lang.clone(),
            text: Turned::of(&said(old, lang), &said(new, lang))?,
        })
    }));
}

impl Told for Region {
    fn part(&self) -> Part {
        Part::Region {
            id: self.id,
            concept: self.concept.clone(),
        }
    }

    fn turned(&self, now: &Self, found: &mut Vec<Change>) {
        let of = now.part();
        let before = found.len();
        if (self.frame, self.bbox) != (now.frame, now.bbox) {
            found.push(moved(self, now));
        }
        if let Some(concept) = Turned::of(&self.concept, &now.concept) {
            let of = of.clone();
            found.push(Change::Concept { of, concept });
        }
        if let Some(presence) = Turned::of(&self.presence, &now.presence) {
            let of = of.clone();
            found.push(Change::Presence { of, presence });
        }
        texts(&of, &self.texts, &now.texts, found);
        if self.origin != now.origin || found.len() == before {
            found.push(Change::Facts);
        }
    }
}

fn moved(was: &Region, now: &Region) -> Change {
    let frame = Turned::of(&was.frame, &now.frame);
    Change::Moved {
        of: now.part(),
        overlap: match frame {
            Some(_) => 0.0,
            None => was.bbox.iou(&now.bbox),
        },
        frame,
        bbox: Turned {
            from: was.bbox,
            to: now.bbox,
        },
    }
}

impl Told for Sentence {
    fn part(&self) -> Part {
        Part::Sentence { id: self.id }
    }

    fn turned(&self, now: &Self, found: &mut Vec<Change>) {
        texts(&self.part(), &self.texts, &now.texts, found);
        if self.regions != now.regions {
            found.push(Change::SpeaksOf(self.part()));
        }
    }
}

impl Told for Question {
    fn part(&self) -> Part {
        Part::Question { id: self.id }
    }

    fn turned(&self, now: &Self, found: &mut Vec<Change>) {
        texts(&self.part(), &self.question, &now.question, found);
        let answer = Part::Answer { id: self.id };
        texts(&answer, &self.answer, &now.answer, found);
        if self.region != now.region {
            found.push(Change::SpeaksOf(self.part()));
        }
    }
}

impl Told for Finding {
    fn part(&self) -> Part {
        Part::Finding {
            concept: self.concept.clone(),
        }
    }

    fn turned(&self, now: &Self, found: &mut Vec<Change>) {
        if let Some(presence) = Turned::of(&self.presence, &now.presence) {
            let of = self.part();
            found.push(Change::Presence { of, presence });
        }
    }
}
