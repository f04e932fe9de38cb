//! Single values out of a DICOM header.

use super::ImagingError;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::header::{HasLength, Header};
use dicom_core::{PrimitiveValue, VR};
use dicom_object::mem::InMemElement;
use dicom_object::{DefaultDicomObject, InMemDicomObject, StandardDataDictionary, Tag};
use std::iter::once;

const SHARED_FUNCTIONAL_GROUPS: Tag = Tag(0x5200, 0x9229);
const PER_FRAME_FUNCTIONAL_GROUPS: Tag = Tag(0x5200, 0x9230);

/// The data sets that may describe the first frame.
pub(super) fn of_first_frame(
    object: &DefaultDicomObject,
    group: Tag,
) -> impl Iterator<Item = &InMemDicomObject> {
    of_frame(object, group, 0)
}

/// The data sets that may describe a frame: the file's own, and in enhanced objects its functional groups of this kind, that
/// frame's before those of all frames, PS3.3 section C.7.6.16.
pub(super) fn of_frame(
    object: &DefaultDicomObject,
    group: Tag,
    frame: u32,
) -> impl Iterator<Item = &InMemDicomObject> {
    let inside = move |(groups, at): (Tag, u32)| {
        let of_frame = object.get(groups)?.items()?.get(at as usize)?;
        of_frame.get(group)?.items()?.first()
    };
    let groups = [
        (PER_FRAME_FUNCTIONAL_GROUPS, frame),
        (SHARED_FUNCTIONAL_GROUPS, 0),
    ];
    once(&**object).chain(groups.into_iter().filter_map(inside))
}

/// What is said of all frames alike: by the file's own data set, by the functional groups of all frames, or by those of every
/// frame in the same words.
pub(super) fn of_all_frames<T: PartialEq>(
    object: &DefaultDicomObject,
    group: Tag,
    said: impl Fn(&InMemDicomObject) -> Option<T>,
) -> Option<T> {
    let inside = |item: &InMemDicomObject| said(item.get(group)?.items()?.first()?);
    let shared = || inside(object.get(SHARED_FUNCTIONAL_GROUPS)?.items()?.first()?);
    let each = || {
        let mut frames = object.get(PER_FRAME_FUNCTIONAL_GROUPS)?.items()?.iter();
        let first = inside(frames.next()?)?;
        frames
            .all(|frame| inside(frame).as_ref() == Some(&first))
            .then_some(first)
    };
    said(object).or_else(shared).or_else(each)
}

/// A text without its padding; an empty one is none.
pub(super) fn text(set: &InMemDicomObject, tag: Tag) -> Option<String> {
    let text = set.get(tag)?.value().to_str().ok()?;
    let text = text.trim_matches([' ', '\0']);
    (!text.is_empty()).then(|| text.to_owned())
}

/// A count.
pub(super) fn whole(set: &InMemDicomObject, tag: Tag) -> Option<u32> {
    set.get(tag)?.value().to_int().ok()
}

/// A count that may be left out, and must be one where it is not.
pub(super) fn stated(
    set: &InMemDicomObject,
    tag: Tag,
    attribute: &'static str,
) -> Result<Option<u32>, ImagingError> {
    match set.get(tag).filter(|element| !element.is_empty()) {
        None => Ok(None),
        Some(_) => match whole(set, tag) {
            Some(count) => Ok(Some(count)),
            None => Err(ImagingError::Attribute { attribute }),
        },
    }
}

/// Elements whose VR a writer did not know (UN, PS3.5 section 6.2.2) as what the dictionary says they are: read as bytes, the
/// text of a number would be another number. Only those of the file's own data set.
pub(super) fn with_known_types(object: &mut DefaultDicomObject) {
    let unknown = object.iter().filter(|element| element.vr() == VR::UN);
    let known: Vec<InMemElement> = unknown.filter_map(as_known).collect();
    for element in known {
        object.put_element(element);
    }
}

fn as_known(element: &InMemElement) -> Option<InMemElement> {
    let tag = element.tag();
    let vr = StandardDataDictionary.by_tag(tag)?.vr().relaxed();
    let bytes = element.value().to_bytes().ok()?;
    // Little-endian always, PS3.5 section 6.2.2.
    let words = || {
        bytes
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
    };
    let value = match vr {
        VR::US => PrimitiveValue::U16(words().collect()),
        VR::SS => PrimitiveValue::I16(words().map(u16::cast_signed).collect()),
        VR::CS | VR::DS | VR::IS | VR::LO | VR::SH | VR::UI => {
            let text = std::str::from_utf8(&bytes).ok()?;
            PrimitiveValue::Strs(text.split('\\').map(str::to_owned).collect())
        }
        _ => return None,
    };
    Some(InMemElement::new(tag, vr, value))
}

/// The first of an attribute's numbers.
pub(super) fn number(set: &InMemDicomObject, tag: Tag) -> Option<f64> {
    let numbers = set.get(tag)?.value().to_multi_float64().ok()?;
    numbers.first().copied().filter(|number| number.is_finite())
}
