//! A DICOM header → what may be kept of it: the Basic Application Level Confidentiality Profile of PS3.15 annex E.
//!
//! What happens to an attribute of the profile, its table says (`profile.tsv`, the standard's own). Every other attribute has to be in the
//! standard's dictionary with a value of the VR that stands there; numbers, code strings, UIDs and codes of published schemes stay, and
//! whatever could hold a free text, or bytes, goes. [docs/deidentification.md](../../../../docs/deidentification.md) tells it to readers.

mod codes;
mod profile;
mod report;
mod values;
mod walk;

pub use report::{Deed, Deeds, Report, Treated};

use dicom_core::{DataElement, Tag, VR};
use dicom_object::{DefaultDicomObject, InMemDicomObject};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use walk::Walk;

const SPECIFIC_CHARACTER_SET: Tag = Tag(0x0008, 0x0005);
const SOP_CLASS_UID: Tag = Tag(0x0008, 0x0016);
const SOP_INSTANCE_UID: Tag = Tag(0x0008, 0x0018);
const PATIENT_NAME: Tag = Tag(0x0010, 0x0010);
const PATIENT_ID: Tag = Tag(0x0010, 0x0020);
const PATIENT_IDENTITY_REMOVED: Tag = Tag(0x0012, 0x0062);
const DEIDENTIFICATION_METHOD: Tag = Tag(0x0012, 0x0063);
const DEIDENTIFICATION_METHOD_CODES: Tag = Tag(0x0012, 0x0064);
const STUDY_INSTANCE_UID: Tag = Tag(0x0020, 0x000D);
const SERIES_INSTANCE_UID: Tag = Tag(0x0020, 0x000E);
const TEMPORAL_INFORMATION_MODIFIED: Tag = Tag(0x0028, 0x0303);
const PER_FRAME_FUNCTIONAL_GROUPS: Tag = Tag(0x5200, 0x9230);
const PIXEL_DATA: Tag = Tag(0x7FE0, 0x0010);

/// What every header says in our words, whatever the file said there.
const WRITTEN: [Tag; 7] = [
    SPECIFIC_CHARACTER_SET,
    PATIENT_NAME,
    PATIENT_ID,
    PATIENT_IDENTITY_REMOVED,
    DEIDENTIFICATION_METHOD,
    DEIDENTIFICATION_METHOD_CODES,
    TEMPORAL_INFORMATION_MODIFIED,
];
/// The most attributes that are kept of a header. One with more loses what it says of each frame.
const MOST_KEPT: usize = 100_000;
/// SecondaryCaptureImageStorage, PS3.4 annex B.5: what a file without a class is.
const SECONDARY_CAPTURE: &str = "1.2.840.10008.5.1.4.1.1.7";

/// A header as it came, without its pixels: it does not print itself, and nothing but [`Header::deidentify`] looks into it.
#[derive(Clone)]
pub struct Header(InMemDicomObject);

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Header(…)")
    }
}

/// What becomes of the dates in headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = KeptDates)]
pub enum Dates {
    /// They go: the basic profile.
    #[default]
    Removed,
    /// All of a patient's are moved into the past by one number of days, and times of the day stay: PS3.15 section E.3.6.
    Shifted,
}

impl Dates {
    /// The name used in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Shifted => "shifted",
        }
    }
}

impl std::str::FromStr for Dates {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = [Self::Removed, Self::Shifted]
            .into_iter()
            .find(|dates| dates.as_str() == text);
        named.ok_or_else(|| format!("`{text}` is neither removed nor shifted"))
    }
}

/// What a project wants of its headers, and what only it can make up.
pub struct Wishes<'a> {
    /// What becomes of dates.
    pub dates: Dates,
    /// Whether sex, age, size and the like stay, PS3.15 section E.3.7.
    pub keep_characteristics: bool,
    /// The patient's pseudonym: it becomes PatientID and PatientName.
    pub patient: &'a str,
    /// The study's pseudonym: what a file that names no study belongs to.
    pub study: &'a str,
    /// What tells this image from others: a file that names no instance gets its UID from it.
    pub instance: &'a str,
    /// By how many days the patient's dates move back.
    pub days: i32,
    /// Turns a UID, or the words for one that is missing, into a pseudonymous UID.
    pub uid: &'a dyn Fn(&str) -> String,
}

/// A header that says nothing of whose it is.
#[derive(Debug)]
pub struct Deidentified {
    /// StudyInstanceUID, pseudonymous.
    pub study_uid: String,
    /// SeriesInstanceUID, pseudonymous.
    pub series_uid: String,
    /// SOPInstanceUID, pseudonymous.
    pub sop_uid: String,
    /// SOPClassUID.
    pub sop_class: String,
    /// The data set in the DICOM JSON model, PS3.18 annex F.
    pub header: Value,
    /// What was done.
    pub report: Report,
}

/// Why there is no de-identified header.
#[derive(Debug, thiserror::Error)]
pub enum DeidentifyError {
    /// A fault of this program.
    #[error("the table of attributes in profile.tsv is broken: {0}")]
    Table(String),
    /// More than can be kept.
    #[error(
        "the header has more than {MOST_KEPT} attributes besides those of single frames; the image is kept without it"
    )]
    TooLarge,
}

impl Header {
    /// Takes a file's header; its pixels are let go.
    pub(super) fn of(object: DefaultDicomObject) -> Self {
        let class = object.meta().media_storage_sop_class_uid().to_owned();
        let mut set = object.into_inner();
        set.remove_element(PIXEL_DATA);
        if set.get(SOP_CLASS_UID).is_none() {
            set.put(DataElement::new(SOP_CLASS_UID, VR::UI, class));
        }
        Self(set)
    }

    /// What may be kept of it, and what was done. Nothing is left of what the profile removes, at whatever depth it stood.
    pub fn deidentify(&self, wishes: &Wishes<'_>) -> Result<Deidentified, DeidentifyError> {
        let profile = profile::profile()?;
        let mut walk = Walk::new(profile, wishes);
        let mut header = walk.data_set(&self.0, 0);
        if attributes(&header) > MOST_KEPT
            && header.remove(&key(PER_FRAME_FUNCTIONAL_GROUPS)).is_some()
        {
            walk.record
                .add(PER_FRAME_FUNCTIONAL_GROUPS, 0, Deed::Removed);
        }
        if attributes(&header) > MOST_KEPT {
            return Err(DeidentifyError::TooLarge);
        }
        name(&mut header, wishes);
        Ok(Deidentified {
            study_uid: uid(&mut header, STUDY_INSTANCE_UID, || made_up(wishes, "study")),
            series_uid: uid(&mut header, SERIES_INSTANCE_UID, || {
                made_up(wishes, "series")
            }),
            sop_uid: uid(&mut header, SOP_INSTANCE_UID, || {
                made_up(wishes, "instance")
            }),
            sop_class: uid(&mut header, SOP_CLASS_UID, || SECONDARY_CAPTURE.to_owned()),
            header: Value::Object(header),
            report: walk
                .record
                .report(wishes.dates, wishes.keep_characteristics),
        })
    }
}

/// An attribute's name in the DICOM JSON model, PS3.18 section F.2.2.
fn key(Tag(group, element): Tag) -> String {
    format!("{group:04X}{element:04X}")
}

/// How many attributes there are, those in items among them.
fn attributes(set: &Map<String, Value>) -> usize {
    let inside = |attribute: &Value| -> usize {
        let values = attribute.get("Value").and_then(Value::as_array);
        let items = values.into_iter().flatten().filter_map(Value::as_object);
        items.map(attributes).sum()
    };
    // A name is an object too, and counts as one more: the limit is no finer than that.
    set.values().map(|attribute| 1 + inside(attribute)).sum()
}

/// Says whose the header is, by pseudonym, and what was done to it: PS3.15 section E.1.1, PS3.3 section C.7.1.1.
fn name(header: &mut Map<String, Value>, wishes: &Wishes<'_>) {
    let mut put = |tag, vr: &str, value: Value| {
        header.insert(key(tag), json!({ "vr": vr, "Value": [value] }));
    };
    let modified = match wishes.dates {
        Dates::Removed => "REMOVED",
        Dates::Shifted => "MODIFIED",
    };
    put(SPECIFIC_CHARACTER_SET, "CS", json!("ISO_IR 192"));
    put(PATIENT_NAME, "PN", json!({ "Alphabetic": wishes.patient }));
    put(PATIENT_ID, "LO", json!(wishes.patient));
    put(PATIENT_IDENTITY_REMOVED, "CS", json!("YES"));
    put(
        DEIDENTIFICATION_METHOD,
        "LO",
        json!(format!(
            "PS3.15 annex E {}, basic profile",
            profile::EDITION
        )),
    );
    put(TEMPORAL_INFORMATION_MODIFIED, "CS", json!(modified));
    let codes = json!({ "vr": "SQ", "Value": codes::methods(wishes) });
    header.insert(key(DEIDENTIFICATION_METHOD_CODES), codes);
}

/// A UID of the header; where it has none, one is put there.
fn uid(header: &mut Map<String, Value>, tag: Tag, missing: impl FnOnce() -> String) -> String {
    let found = header.get(&key(tag)).and_then(|a| a["Value"][0].as_str());
    if let Some(found) = found.filter(|uid| !uid.is_empty()) {
        return found.to_owned();
    }
    let uid = missing();
    header.insert(key(tag), json!({ "vr": "UI", "Value": [uid] }));
    uid
}

/// A UID for what the file does not name. Words and slashes keep it apart from all that could be in a file.
fn made_up(wishes: &Wishes<'_>, what: &str) -> String {
    let whose = match what {
        "instance" => wishes.instance,
        _ => wishes.study,
    };
    (wishes.uid)(&format!("{what}/{}/{whose}", wishes.patient))
}
