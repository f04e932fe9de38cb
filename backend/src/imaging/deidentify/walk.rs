//! Attribute by attribute through a data set and whatever is nested in it.

use super::profile::{Basic, Profile, Rule};
use super::report::{Deed, Record};
use super::{Dates, Wishes, codes, key, values};
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
use dicom_core::{Tag, VR};
use dicom_object::mem::InMemElement;
use dicom_object::{InMemDicomObject, StandardDataDictionary};
use serde_json::{Map, Value, json};

/// Attributes outside the profile that are of no use without what it removes, or that describe the stored pixels, which are not kept.
const USELESS: [Tag; 3] = [
    // ModalityLUTSequence, VOILUTSequence, PixelData of any item.
    Tag(0x0028, 0x3000),
    Tag(0x0028, 0x3010),
    Tag(0x7FE0, 0x0010),
];
/// Overlays lose their data, and with it their meaning.
const OVERLAYS: u16 = 0x6000;
/// UIDs below this root are the standard's own: classes, transfer syntaxes, well-known frames of reference. PS3.6 annex A.
const OF_THE_STANDARD: &str = "1.2.840.10008.";
/// The longest of those.
const LONGEST_OF_THE_STANDARD: usize = 40;

/// What becomes of an attribute: a deed, and the attribute in the JSON model where something is left of it.
type Outcome = (Deed, Option<Value>);

const REMOVED: Outcome = (Deed::Removed, None);

/// A walk through one header.
pub(super) struct Walk<'a> {
    profile: &'a Profile,
    wishes: &'a Wishes<'a>,
    pub(super) record: Record,
}

impl<'a> Walk<'a> {
    pub(super) fn new(profile: &'a Profile, wishes: &'a Wishes<'a>) -> Self {
        Self {
            profile,
            wishes,
            record: Record::default(),
        }
    }

    /// What is left of a data set that is nested in `depth` sequences.
    pub(super) fn data_set(&mut self, set: &InMemDicomObject, depth: u32) -> Map<String, Value> {
        let mut left = Map::new();
        // A code stands in an item; what looks like one outside of all is free text.
        let code = (depth > 0)
            .then(|| codes::published(set))
            .flatten()
            .unwrap_or_default();
        for element in set.iter() {
            let tag = element.header().tag;
            let (deed, kept) = match code.get(&key(tag)) {
                Some(part) => (Deed::Kept, Some(part.clone())),
                None => self.treat(element, depth),
            };
            self.record.add(tag, depth, deed);
            if let Some(kept) = kept {
                left.insert(key(tag), kept);
            }
        }
        left
    }

    fn treat(&mut self, element: &InMemElement, depth: u32) -> Outcome {
        let tag = element.header().tag;
        if depth == 0 && super::WRITTEN.contains(&tag) {
            return (Deed::Replaced, None);
        }
        let Some(known) = known_vr(tag, element.vr()) else {
            return REMOVED;
        };
        match self.profile.rule(tag) {
            Some(rule) => self.by_profile(rule, known, element, depth),
            None if USELESS.contains(&tag) || tag.group() & 0xff00 == OVERLAYS => REMOVED,
            None => self.by_vr(known, element, depth),
        }
    }

    /// An attribute of the profile.
    fn by_profile(&mut self, rule: Rule, known: VR, element: &InMemElement, depth: u32) -> Outcome {
        let honest = known == element.vr();
        let stays = honest && rule.characteristic && self.wishes.keep_characteristics;
        if stays && let Some(kept) = values::harmless(known, element) {
            return (Deed::Kept, Some(attribute(known, kept)));
        }
        if honest
            && rule.temporal
            && let Some(moved) = self.moved(known, element)
        {
            return moved;
        }
        match (rule.basic, known) {
            (Basic::Remove, _) => REMOVED,
            (Basic::Uid, VR::UI) if honest => self.replaced_uid(element),
            (Basic::Uid, VR::SQ) => self.sequence(element, depth),
            (Basic::Uid, _) => REMOVED,
            // A sequence with a dummy for each attribute that it needs would say nothing more than an empty one.
            (Basic::Empty, _) | (Basic::Replace, VR::SQ) => {
                (Deed::Emptied, Some(attribute(known, Vec::new())))
            }
            (Basic::Replace, _) => (Deed::Replaced, Some(self.dummy(known, element))),
        }
    }

    /// An attribute of the standard that the profile does not name.
    fn by_vr(&mut self, known: VR, element: &InMemElement, depth: u32) -> Outcome {
        if known != element.vr() {
            return REMOVED;
        }
        match known {
            VR::SQ => self.sequence(element, depth),
            VR::UI => self.replaced_uid(element),
            VR::DA | VR::DT | VR::TM => self.moved(known, element).unwrap_or(REMOVED),
            // An age is the patient's, in whichever attribute it stands.
            VR::AS => REMOVED,
            _ => match values::harmless(known, element) {
                Some(kept) => (Deed::Kept, Some(attribute(known, kept))),
                None => REMOVED,
            },
        }
    }

    /// A date that is moved, or a time of the day, where the project wants that.
    fn moved(&self, vr: VR, element: &InMemElement) -> Option<Outcome> {
        if self.wishes.dates != Dates::Shifted {
            return None;
        }
        let (deed, values) = match vr {
            VR::TM => (Deed::Kept, values::times(element)?),
            VR::DA | VR::DT => (Deed::Shifted, values::shifted(element, self.wishes.days)?),
            _ => return None,
        };
        Some((deed, Some(attribute(vr, values))))
    }

    /// UIDs of the standard stay, all others become pseudonyms.
    fn replaced_uid(&self, element: &InMemElement) -> Outcome {
        let Some(uids) = values::texts(element) else {
            return REMOVED;
        };
        let uids: Vec<String> = uids.into_iter().filter(|uid| !uid.is_empty()).collect();
        let deed = if uids.iter().all(|uid| is_of_the_standard(uid)) {
            Deed::Kept
        } else {
            Deed::UidReplaced
        };
        let pseudonym = |uid: &String| {
            if is_of_the_standard(uid) {
                json!(uid)
            } else {
                json!((self.wishes.uid)(uid))
            }
        };
        (
            deed,
            Some(attribute(VR::UI, uids.iter().map(pseudonym).collect())),
        )
    }

    /// A sequence: what is left of its items; one of which nothing is left goes too.
    fn sequence(&mut self, element: &InMemElement, depth: u32) -> Outcome {
        let Some(items) = element.value().items() else {
            return REMOVED;
        };
        let left: Vec<Value> = items
            .iter()
            .filter_map(|item| self.item(item, depth + 1))
            .collect();
        let empty = |item: &Value| item.as_object().is_some_and(Map::is_empty);
        if left.iter().all(empty) && !items.is_empty() {
            return REMOVED;
        }
        (Deed::Kept, Some(attribute(VR::SQ, left)))
    }

    /// What is left of an item. A code of a hospital's own scheme goes as a whole: its words are free.
    fn item(&mut self, item: &InMemDicomObject, depth: u32) -> Option<Value> {
        if codes::is_code(item) && codes::published(item).is_none() {
            self.record.add(codes::CODE_VALUE, depth, Deed::Removed);
            return None;
        }
        Some(Value::Object(self.data_set(item, depth)))
    }

    fn dummy(&self, vr: VR, element: &InMemElement) -> Value {
        match vr {
            VR::UI => attribute(
                vr,
                vec![json!((self.wishes.uid)(
                    &values::text(element).unwrap_or_default()
                ))],
            ),
            // Two zero bytes.
            VR::OB | VR::OD | VR::OF | VR::OL | VR::OV | VR::OW | VR::UN => {
                json!({ "vr": vr.to_string(), "InlineBinary": "AAA=" })
            }
            _ => attribute(vr, vec![values::dummy(vr)]),
        }
    }
}

/// An attribute in the DICOM JSON model, PS3.18 section F.2.2.
fn attribute(vr: VR, values: Vec<Value>) -> Value {
    if values.is_empty() {
        json!({ "vr": vr.to_string() })
    } else {
        json!({ "vr": vr.to_string(), "Value": values })
    }
}

/// The VR that the standard gives an attribute, where it knows the attribute; the file's own where there is a choice between numbers.
fn known_vr(tag: Tag, found: VR) -> Option<VR> {
    const FIRST_OF_IMAGES: u16 = 0x0008;
    const PADDING: u16 = 0xFFFC;
    let (group, element) = (tag.group(), tag.element());
    let private = !group.is_multiple_of(2);
    if private || !(FIRST_OF_IMAGES..PADDING).contains(&group) || element == 0 {
        return None;
    }
    Some(match (StandardDataDictionary.by_tag(tag)?.vr(), found) {
        (VirtualVr::Exact(vr), _) => vr,
        (VirtualVr::Xs | VirtualVr::Lt, VR::SS) => VR::SS,
        (VirtualVr::Xs, _) => VR::US,
        (_, VR::US) => VR::US,
        (_, VR::OB) => VR::OB,
        _ => VR::OW,
    })
}

fn is_of_the_standard(uid: &str) -> bool {
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    uid.starts_with(OF_THE_STANDARD)
        && uid.len() <= LONGEST_OF_THE_STANDARD
        && uid.chars().all(digits)
}
