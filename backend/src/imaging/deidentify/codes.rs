//! Codes, PS3.3 section 8: an item that names something by a scheme and a code in it.

use super::values::is_printable;
use super::{Dates, Wishes, key, values};
use dicom_core::{Tag, VR};
use dicom_object::InMemDicomObject;
use serde_json::{Map, Value, json};

/// CodeValue: where it stands, an item is a code.
pub(super) const CODE_VALUE: Tag = Tag(0x0008, 0x0100);
const CODING_SCHEME_DESIGNATOR: Tag = Tag(0x0008, 0x0102);
const CODE_MEANING: Tag = Tag(0x0008, 0x0104);
const LONG_CODE_VALUE: Tag = Tag(0x0008, 0x0119);
const URN_CODE_VALUE: Tag = Tag(0x0008, 0x0120);

/// What makes an item a code.
const CODES: [Tag; 3] = [CODE_VALUE, LONG_CODE_VALUE, URN_CODE_VALUE];
/// What a code of a published scheme keeps.
const OF_A_CODE: [(Tag, VR); 3] = [
    (CODE_VALUE, VR::SH),
    (CODING_SCHEME_DESIGNATOR, VR::SH),
    (CODE_MEANING, VR::LO),
];

/// Coding schemes that are published, PS3.16 section 8. Codes of all others are a hospital's own, and so are the words beside them.
const PUBLISHED: [&str; 23] = [
    "ACR",
    "BI",
    "C4",
    "DCM",
    "FMA",
    "I10",
    "I10P",
    "I9",
    "I9C",
    "ICDO3",
    "ISO3166_1",
    "ISO639_2",
    "LN",
    "MDC",
    "NCIt",
    "NDC",
    "RADLEX",
    "RXNORM",
    "SCT",
    "SNM3",
    "SRT",
    "UCUM",
    "UMLS",
];

/// The longest CodeValue and CodeMeaning, PS3.5 section 6.2.
const LONGEST_CODE: usize = 16;
const LONGEST_MEANING: usize = 64;

/// Whether an item is a code.
pub(super) fn is_code(item: &InMemDicomObject) -> bool {
    CODES.iter().any(|tag| item.get(*tag).is_some())
}

/// A code's value, scheme and meaning, where the scheme is a published one and the code may be one of it.
pub(super) fn published(item: &InMemDicomObject) -> Option<Map<String, Value>> {
    let text = |tag| values::text(item.get(tag)?);
    let (code, scheme) = (text(CODE_VALUE)?, text(CODING_SCHEME_DESIGNATOR)?);
    let meaning = text(CODE_MEANING)
        .filter(|m| m.chars().count() <= LONGEST_MEANING && !m.contains(char::is_control));
    let fits =
        code.len() <= LONGEST_CODE && is_printable(&code) && PUBLISHED.contains(&scheme.as_str());
    fits.then_some(())?;
    let parts = [Some(code), Some(scheme), meaning];
    let kept = OF_A_CODE.iter().zip(parts).filter_map(|((tag, vr), part)| {
        Some((key(*tag), json!({ "vr": vr.to_string(), "Value": [part?] })))
    });
    Some(kept.collect())
}

/// By which methods a header was de-identified: CID 7050, PS3.16.
pub(super) fn methods(wishes: &Wishes<'_>) -> Vec<Value> {
    let mut methods = vec![("113100", "Basic Application Confidentiality Profile")];
    if wishes.dates == Dates::Shifted {
        methods.push((
            "113107",
            "Retain Longitudinal Temporal Information Modified Dates Option",
        ));
    }
    if wishes.keep_characteristics {
        methods.push(("113108", "Retain Patient Characteristics Option"));
    }
    let code = |(code, meaning)| {
        let parts = OF_A_CODE.iter().zip([code, "DCM", meaning]);
        let parts = parts
            .map(|((tag, vr), part)| (key(*tag), json!({ "vr": vr.to_string(), "Value": [part] })));
        Value::Object(parts.collect())
    };
    methods.into_iter().map(code).collect()
}
