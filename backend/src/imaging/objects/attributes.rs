//! Data sets in the DICOM JSON model, PS3.18 annex F: what is kept, searched, answered and, last of all, written as a file.
//!
//! The crate `dicom-json` is not used: it makes `serde_json` keep the order of keys in the whole program, and the hashes by which
//! snapshots are named rest on their being sorted.

use serde_json::{Map, Value, json};

/// A data set: eight hexadecimal digits to `{vr, Value}`.
pub type Attributes = Map<String, Value>;

/// Puts an attribute with one value.
pub(super) fn put(set: &mut Attributes, tag: &str, vr: &str, value: impl Into<Value>) {
    put_all(set, tag, vr, vec![value.into()]);
}

/// Puts an attribute with these values.
pub(super) fn put_all(set: &mut Attributes, tag: &str, vr: &str, values: Vec<Value>) {
    set.insert(tag.to_owned(), json!({ "vr": vr, "Value": values }));
}

/// Puts a name of a person.
pub(super) fn put_name(set: &mut Attributes, tag: &str, name: &str) {
    put(set, tag, "PN", json!({ "Alphabetic": name }));
}

/// Puts a sequence of items.
pub(super) fn put_items(set: &mut Attributes, tag: &str, items: Vec<Attributes>) {
    let items = items.into_iter().map(Value::Object).collect();
    put_all(set, tag, "SQ", items);
}

/// Puts attributes without a value where there are none of them: what a module wants there, type 2, though nobody knows it.
pub(super) fn put_missing(set: &mut Attributes, wanted: &[(&str, &str)]) {
    for (tag, vr) in wanted {
        set.entry(*tag).or_insert_with(|| json!({ "vr": vr }));
    }
}

/// What the modules of patient, study, series and equipment want in every object, type 2 of PS3.3 sections C.7.1 to C.7.5.
pub(super) fn complete_study(set: &mut Attributes) {
    put_missing(
        set,
        &[
            ("00080020", "DA"),
            ("00080030", "TM"),
            ("00080050", "SH"),
            ("00080070", "LO"),
            ("00080090", "PN"),
            ("00100030", "DA"),
            ("00100040", "CS"),
            ("00200010", "SH"),
            ("00200011", "IS"),
            ("00200013", "IS"),
        ],
    );
    if set.contains_key("00200052") {
        put_missing(set, &[("00201040", "LO")]);
    }
}

/// The values of an attribute.
pub(super) fn values<'a>(set: &'a Attributes, tag: &str) -> &'a [Value] {
    let values = set.get(tag).and_then(|found| found.get("Value"));
    values.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The first value of an attribute, where it is a text.
#[must_use]
pub fn text<'a>(set: &'a Attributes, tag: &str) -> Option<&'a str> {
    values(set, tag).first()?.as_str()
}

/// The first value of an attribute, where it is a number or the text of one.
pub(super) fn number(set: &Attributes, tag: &str) -> Option<f64> {
    match values(set, tag).first()? {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    }
}

/// The first item of a sequence.
pub(super) fn first_item<'a>(set: &'a Attributes, tag: &str) -> Option<&'a Attributes> {
    values(set, tag).first()?.as_object()
}

/// The items of a sequence, to be changed.
pub(super) fn items_mut<'a>(
    set: &'a mut Attributes,
    tag: &str,
) -> impl Iterator<Item = &'a mut Attributes> {
    let values = set.get_mut(tag).and_then(|found| found.get_mut("Value"));
    let items = values.and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// A number as DS, of which PS3.5 section 6.2 allows 16 characters: as exact as they can say.
pub(super) fn decimal(number: f64) -> String {
    let shortest = number.to_string();
    if shortest.len() <= 16 {
        return shortest;
    }
    let candidates = (0..=15)
        .rev()
        .flat_map(|digits| [format!("{number:.digits$}"), format!("{number:.digits$e}")]);
    let fits = candidates.filter(|text| text.len() <= 16);
    let distance = |text: &String| {
        text.parse()
            .map_or(f64::INFINITY, |v: f64| (v - number).abs())
    };
    fits.min_by(|a, b| distance(a).total_cmp(&distance(b)))
        .unwrap_or_else(|| "0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_string_is_as_exact_as_sixteen_characters_are() {
        assert_eq!(decimal(1.0), "1");
        assert_eq!(decimal(-1024.0), "-1024");
        for number in [
            0.001_525_902_189_669_642,
            1.0 / 3.0,
            -2.0 / 3e7,
            1e300 / 7.0,
            123_456_789.123_456_78,
        ] {
            let said = decimal(number);
            assert!(said.len() <= 16, "{said}");
            let read: f64 = said.parse().unwrap();
            assert!((read - number).abs() <= number.abs() * 1e-8, "{said}");
        }
    }
}
