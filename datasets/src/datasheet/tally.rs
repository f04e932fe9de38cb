//! What is counted while cases pass by.

use crate::ids::{Digest, ModelId, UserId};
use crate::lang::{Lang, LangPair};
use crate::modality::Modality;
use crate::ontology::ConceptKey;
use crate::region::{Presence, Region};
use crate::snapshot::{SnapshotCase, Split};
use crate::whole::Verdict;
use std::collections::BTreeMap;
use std::hash::Hash;

/// A count for each split that has any.
pub(super) type BySplit = BTreeMap<Split, u64>;

/// The counts of a snapshot's cases.
#[derive(Clone, Debug)]
pub struct Tally {
    langs: LangPair,
    pub(super) modalities: BTreeMap<Modality, BySplit>,
    pub(super) concepts: BTreeMap<Option<ConceptKey>, BySplit>,
    pub(super) presences: Said,
    pub(super) lengths: BTreeMap<Lang, Lengths>,
    pub(super) regions: u64,
    pub(super) in_both: u64,
    /// Regions that grew from a suggestion of each model; of none where the snapshot does not say which.
    pub(super) suggested: BTreeMap<Option<ModelId>, u64>,
    /// Pictures that a person said show no patient data, by why that was asked.
    pub(super) attested: BTreeMap<String, u64>,
    pub(super) regions_per_image: Spread,
    pub(super) box_shares: Spread,
    /// Images and regions of each reader.
    pub(super) readers: BTreeMap<UserId, (u64, u64)>,
    pub(super) nothing_found: u64,
    pub(super) sentences: u64,
    pub(super) questions: u64,
    pub(super) findings: u64,
    patients: Seen<String>,
    studies: Seen<(String, String)>,
    pictures: Seen<Digest>,
}

/// How many regions say each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said {
    pub(super) present: u64,
    pub(super) absent: u64,
    pub(super) uncertain: u64,
}

/// How much is in more than one split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Leaks {
    pub(super) patients: usize,
    pub(super) studies: usize,
    pub(super) pictures: usize,
}

impl Tally {
    /// Nothing yet, of texts in these languages.
    #[must_use]
    pub fn new(langs: &LangPair) -> Self {
        Self {
            langs: langs.clone(),
            modalities: BTreeMap::new(),
            concepts: BTreeMap::new(),
            presences: Said::default(),
            lengths: BTreeMap::new(),
            regions: 0,
            in_both: 0,
            suggested: BTreeMap::new(),
            attested: BTreeMap::new(),
            regions_per_image: Spread::of(REGIONS_PER_IMAGE),
            box_shares: Spread::of(BOX_SHARES),
            readers: BTreeMap::new(),
            nothing_found: 0,
            sentences: 0,
            questions: 0,
            findings: 0,
            patients: Seen::default(),
            studies: Seen::default(),
            pictures: Seen::default(),
        }
    }

    /// Counts a case.
    pub fn add(&mut self, case: &SnapshotCase) {
        let by_split = self.modalities.entry(case.modality).or_default();
        *by_split.entry(case.split).or_default() += 1;
        let (images, regions) = self.readers.entry(case.reader).or_default();
        *images += 1;
        *regions += case.regions.len() as u64;
        self.regions_per_image.add(case.regions.len() as f64);
        self.nothing_found += u64::from(case.whole.verdict == Some(Verdict::NothingFound));
        self.sentences += case.whole.report.len() as u64;
        self.questions += case.whole.questions.len() as u64;
        self.findings += case.whole.findings.len() as u64;
        self.patients.add(case.patient.clone(), case.split);
        let study = (case.patient.clone(), case.study.clone());
        self.studies.add(study, case.split);
        self.pictures.add(case.raster.sha256.clone(), case.split);
        if let Some(attested) = &case.provenance.attested {
            *self
                .attested
                .entry(attested.reason.to_string())
                .or_default() += 1;
        }
        for region in &case.regions {
            self.add_region(case, region);
        }
    }

    fn add_region(&mut self, case: &SnapshotCase, region: &Region) {
        self.regions += 1;
        let by_split = self.concepts.entry(region.concept.clone()).or_default();
        *by_split.entry(case.split).or_default() += 1;
        *match region.presence {
            Presence::Present => &mut self.presences.present,
            Presence::Absent => &mut self.presences.absent,
            Presence::Uncertain => &mut self.presences.uncertain,
        } += 1;
        if let Some(origin) = &region.origin {
            let model = case.provenance.models.get(origin).copied();
            *self.suggested.entry(model).or_default() += 1;
        }
        let whole = f64::from(case.size.width()) * f64::from(case.size.height());
        self.box_shares.add(100.0 * region.bbox.area() / whole);
        self.in_both += u64::from(region.is_said_in_both(&self.langs));
        for lang in self.langs.both() {
            if let Some(text) = region.said_in(lang) {
                let lengths = self.lengths.entry(lang.clone()).or_default();
                lengths.add(text.chars().count());
            }
        }
    }

    pub(super) fn leaks(&self) -> Leaks {
        Leaks {
            patients: self.patients.split(),
            studies: self.studies.split(),
            pictures: self.pictures.split(),
        }
    }
}

/// The split that each thing was first seen in, and whether it was seen in another.
#[derive(Clone, Debug)]
struct Seen<K>(std::collections::HashMap<K, (Split, bool)>);

impl<K> Default for Seen<K> {
    fn default() -> Self {
        Self(std::collections::HashMap::new())
    }
}

impl<K: Hash + Eq> Seen<K> {
    fn add(&mut self, key: K, split: Split) {
        let (first, other) = self.0.entry(key).or_insert((split, false));
        *other |= *first != split;
    }

    /// How many were seen in more than one.
    fn split(&self) -> usize {
        self.0.values().filter(|(_, other)| *other).count()
    }
}

/// How many texts have each length, in characters.
#[derive(Clone, Debug, Default)]
pub(super) struct Lengths(BTreeMap<usize, u64>);

impl Lengths {
    fn add(&mut self, characters: usize) {
        *self.0.entry(characters).or_default() += 1;
    }

    pub(super) fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The smallest length that this share of the texts does not exceed; 0 of none.
    pub(super) fn at(&self, share: f64) -> u64 {
        let wanted = (share * self.count() as f64).ceil().max(1.0) as u64;
        let mut below = 0;
        let found = self.0.iter().find(|(_, count)| {
            below += **count;
            below >= wanted
        });
        found.map_or(0, |(characters, _)| *characters as u64)
    }
}

/// The upper ends of the bins, with their names; the last bin has none.
type Bins = &'static [(f64, &'static str)];

const REGIONS_PER_IMAGE: Bins = &[
    (0.0, "0"),
    (1.0, "1"),
    (2.0, "2"),
    (5.0, "3 to 5"),
    (10.0, "6 to 10"),
    (f64::INFINITY, "more than 10"),
];
const BOX_SHARES: Bins = &[
    (0.1, "up to 0.1 %"),
    (1.0, "0.1 to 1 %"),
    (5.0, "1 to 5 %"),
    (20.0, "5 to 20 %"),
    (50.0, "20 to 50 %"),
    (f64::INFINITY, "more than 50 %"),
];

/// How often a number fell into each bin.
#[derive(Clone, Debug)]
pub(super) struct Spread {
    bins: Bins,
    counts: Vec<u64>,
}

impl Spread {
    fn of(bins: Bins) -> Self {
        Self {
            bins,
            counts: vec![0; bins.len()],
        }
    }

    fn add(&mut self, number: f64) {
        let bin = self.bins.iter().position(|(end, _)| number <= *end);
        if let Some(count) = bin.and_then(|bin| self.counts.get_mut(bin)) {
            *count += 1;
        }
    }

    pub(super) fn rows(&self) -> Vec<(String, Vec<u64>)> {
        let bins = self.bins.iter().zip(&self.counts);
        bins.map(|((_, name), count)| ((*name).to_owned(), vec![*count]))
            .collect()
    }
}
