//! What was done to a header: which attributes, and never what was in them.

use super::Dates;
use super::profile::EDITION;
use dicom_core::Tag;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_object::StandardDataDictionary;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use utoipa::ToSchema;

/// The most rows of a report; what is beyond them is counted only.
const MOST_ROWS: usize = 2_000;

/// What was done to an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// It is gone.
    Removed,
    /// It is there without a value.
    Emptied,
    /// It has a value that means nothing, or a pseudonym.
    Replaced,
    /// It has a pseudonymous UID.
    UidReplaced,
    /// Its date was moved.
    Shifted,
    /// It is as it was.
    Kept,
}

/// What was done to one attribute, wherever it stood at this depth.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = TreatedAttribute)]
pub struct Treated {
    /// Its group and element, `0010,0010`.
    pub tag: String,
    /// Its keyword in the standard's dictionary; absent where it is private or unknown.
    pub name: Option<String>,
    /// What was done.
    pub deed: Deed,
    /// In how many sequences it stood.
    pub depth: u32,
    /// How often.
    pub times: u64,
}

/// How many attributes were treated how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deeds {
    /// Gone.
    pub removed: u64,
    /// Without a value.
    pub emptied: u64,
    /// With another value.
    pub replaced: u64,
    /// With a pseudonymous UID.
    pub uid_replaced: u64,
    /// With a date that was moved.
    pub shifted: u64,
    /// As they were.
    pub kept: u64,
}

impl Deeds {
    fn of(&mut self, deed: Deed) -> &mut u64 {
        match deed {
            Deed::Removed => &mut self.removed,
            Deed::Emptied => &mut self.emptied,
            Deed::Replaced => &mut self.replaced,
            Deed::UidReplaced => &mut self.uid_replaced,
            Deed::Shifted => &mut self.shifted,
            Deed::Kept => &mut self.kept,
        }
    }
}

impl std::ops::AddAssign for Deeds {
    fn add_assign(&mut self, other: Self) {
        self.removed += other.removed;
        self.emptied += other.emptied;
        self.replaced += other.replaced;
        self.uid_replaced += other.uid_replaced;
        self.shifted += other.shifted;
        self.kept += other.kept;
    }
}

impl std::fmt::Display for Deeds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all = [
            (self.removed, "removed"),
            (self.emptied, "emptied"),
            (self.replaced, "replaced"),
            (self.uid_replaced, "with another UID"),
            (self.shifted, "shifted"),
            (self.kept, "kept"),
        ];
        let said: Vec<String> = all
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, deed)| format!("{n} {deed}"))
            .collect();
        f.write_str(&said.join(", "))
    }
}

/// What was done to a header.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = HeaderReport)]
pub struct Report {
    /// The edition of PS3.15 that was followed.
    pub edition: String,
    /// What the project wanted of dates.
    pub dates: Dates,
    /// Whether it wanted the patient's characteristics to stay.
    pub keep_characteristics: bool,
    /// How many attributes were treated how.
    pub counts: Deeds,
    /// Each of them, those outside of all sequences first.
    pub attributes: Vec<Treated>,
    /// How many more were treated, which are not among those.
    pub unlisted: u64,
}

/// A report while it is written.
#[derive(Default)]
pub(super) struct Record {
    counts: Deeds,
    /// By depth, then attribute.
    rows: BTreeMap<(u32, Tag, Deed), u64>,
    unlisted: u64,
}

impl Record {
    /// Notes what was done to an attribute inside `depth` sequences.
    pub(super) fn add(&mut self, tag: Tag, depth: u32, deed: Deed) {
        *self.counts.of(deed) += 1;
        let full = self.rows.len() >= MOST_ROWS;
        match self.rows.entry((depth, tag, deed)) {
            Entry::Occupied(mut row) => *row.get_mut() += 1,
            Entry::Vacant(row) if !full => drop(row.insert(1)),
            Entry::Vacant(_) => self.unlisted += 1,
        }
    }

    pub(super) fn report(self, dates: Dates, keep_characteristics: bool) -> Report {
        let rows = self.rows.into_iter();
        let attributes = rows.map(|((depth, tag, deed), times)| Treated {
            tag: format!("{:04X},{:04X}", tag.group(), tag.element()),
            name: known_name(tag),
            deed,
            depth,
            times,
        });
        Report {
            edition: EDITION.to_owned(),
            dates,
            keep_characteristics,
            counts: self.counts,
            attributes: attributes.collect(),
            unlisted: self.unlisted,
        }
    }
}

fn known_name(tag: Tag) -> Option<String> {
    let entry = StandardDataDictionary.by_tag(tag)?;
    tag.group()
        .is_multiple_of(2)
        .then(|| entry.alias().to_owned())
}
