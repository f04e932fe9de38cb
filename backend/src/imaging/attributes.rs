//! Single values out of a DICOM header.

use dicom_object::{DefaultDicomObject, InMemDicomObject, Tag};
use std::iter::once;

const SHARED_FUNCTIONAL_GROUPS: Tag = Tag(0x5200, 0x9229);
const PER_FRAME_FUNCTIONAL_GROUPS: Tag = Tag(0x5200, 0x9230);

/// The data sets that may describe the first frame: the file's own, and in enhanced objects its functional groups of this
/// kind, that frame's before those of all frames, PS3.3 section C.7.6.16.
pub(super) fn of_first_frame(
    object: &DefaultDicomObject,
    group: Tag,
) -> impl Iterator<Item = &InMemDicomObject> {
    let inside = move |groups: Tag| {
        let first = object.get(groups)?.items()?.first()?;
        first.get(group)?.items()?.first()
    };
    let groups = [PER_FRAME_FUNCTIONAL_GROUPS, SHARED_FUNCTIONAL_GROUPS];
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

/// The first of an attribute's numbers.
pub(super) fn number(set: &InMemDicomObject, tag: Tag) -> Option<f64> {
    let numbers = set.get(tag)?.value().to_multi_float64().ok()?;
    numbers.first().copied().filter(|number| number.is_finite())
}
