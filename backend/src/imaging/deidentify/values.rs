//! Values by their VR: which may stay, what stands in the place of others, and dates that move. PS3.5 section 6.2.

use dicom_core::{PrimitiveValue, Tag, VR};
use dicom_object::mem::InMemElement;
use jiff::civil::Date;
use jiff::{Span, ToSpan};
use serde_json::{Value, json};

/// The highest age that is told, in years: so few are older that the age itself says who it is.
const HIGHEST_AGE: u32 = 90;

/// Words that DICOM lets stand where a free text might, by their attribute.
const KNOWN_WORDS: [(Tag, &[&str]); 1] = [
    // RescaleType, PS3.3 section C.11.1.1.2.
    (
        Tag(0x0028, 0x1054),
        &[
            "HU", "US", "OD", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT",
        ],
    ),
];

/// An attribute's texts, without their padding.
pub(super) fn texts(element: &InMemElement) -> Option<Vec<String>> {
    let texts = element.value().primitive()?.to_multi_str();
    Some(
        texts
            .iter()
            .map(|text| text.trim_matches([' ', '\0']).to_owned())
            .collect(),
    )
}

/// Its first text.
pub(super) fn text(element: &InMemElement) -> Option<String> {
    texts(element)?
        .into_iter()
        .next()
        .filter(|text| !text.is_empty())
}

/// Visible ASCII without spaces.
pub(super) fn is_printable(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_graphic())
}

/// The values of an attribute that has no room for a free text; `None` where it has, or where they are not what their VR says.
pub(super) fn harmless(vr: VR, element: &InMemElement) -> Option<Vec<Value>> {
    match vr {
        VR::CS => each(element, |text| is_code_string(text).then(|| json!(text))),
        VR::IS => each(element, |text| Some(json!(text.parse::<i32>().ok()?))),
        VR::DS => each(element, decimal),
        VR::AS => each(element, age),
        VR::LO | VR::SH => each(element, |text| {
            is_known(element.header().tag, text).then(|| json!(text))
        }),
        VR::AT | VR::FD | VR::FL | VR::SL | VR::SS | VR::SV | VR::UL | VR::US | VR::UV => {
            numbers(element.value().primitive()?)
        }
        _ => None,
    }
}

/// Times of the day.
pub(super) fn times(element: &InMemElement) -> Option<Vec<Value>> {
    each(element, |text| is_time(text).then(|| json!(text)))
}

/// Dates, or dates with a time, so many days before.
pub(super) fn shifted(element: &InMemElement, days: i32) -> Option<Vec<Value>> {
    each(element, |text| {
        let digits = text.get(..8)?;
        let rest = text.get(8..).filter(|rest| is_rest_of_time(rest))?;
        Some(json!(format!("{}{rest}", earlier(digits, days)?)))
    })
}

/// A value that means nothing.
pub(super) fn dummy(vr: VR) -> Value {
    match vr {
        VR::PN => json!({ "Alphabetic": "REMOVED" }),
        VR::AS => json!("000Y"),
        VR::DA => json!("19000101"),
        VR::DT => json!("19000101000000"),
        VR::TM => json!("000000"),
        VR::UR => json!("urn:removed"),
        VR::AT => json!("00000000"),
        VR::DS | VR::IS | VR::FL | VR::FD | VR::SL | VR::SS | VR::SV | VR::UL | VR::US | VR::UV => {
            json!(0)
        }
        _ => json!("REMOVED"),
    }
}

/// Every text of an attribute turned into a value; one that is no such value takes all others with it.
fn each(element: &InMemElement, value: impl Fn(&str) -> Option<Value>) -> Option<Vec<Value>> {
    let texts = texts(element)?;
    let value = |text: &String| {
        if text.is_empty() {
            Some(Value::Null)
        } else {
            value(text)
        }
    };
    let values: Vec<Value> = texts.iter().map(value).collect::<Option<_>>()?;
    Some(if values.iter().all(Value::is_null) {
        Vec::new()
    } else {
        values
    })
}

fn is_code_string(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ' || c == '_';
    text.len() <= 16 && text.chars().all(allowed)
}

fn is_known(tag: Tag, text: &str) -> bool {
    KNOWN_WORDS
        .iter()
        .any(|(of, words)| *of == tag && words.contains(&text))
}

fn decimal(text: &str) -> Option<Value> {
    let number: f64 = text.parse().ok()?;
    let fits = text.len() <= 16
        && number.is_finite()
        && !text.contains(|c: char| c.is_alphabetic() && !matches!(c, 'e' | 'E'));
    fits.then(|| json!(number))
}

fn age(text: &str) -> Option<Value> {
    let number: u32 = text.get(..3)?.parse().ok()?;
    match text.get(3..)? {
        "Y" if number > HIGHEST_AGE => Some(json!(format!("{HIGHEST_AGE:03}Y"))),
        "D" | "W" | "M" | "Y" => Some(json!(text)),
        _ => None,
    }
}

/// `HHMMSS.FFFFFF`, from the right on in part.
fn is_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    matches!(whole.len(), 2 | 4 | 6) && digits(whole) && fraction.len() <= 6 && digits(fraction)
}

/// What follows the date in a DT: nothing, or a time, then perhaps an offset from UTC.
fn is_rest_of_time(rest: &str) -> bool {
    let (time, offset) = rest.split_at(rest.find(['+', '-']).unwrap_or(rest.len()));
    let is_offset =
        offset.is_empty() || offset.len() == 5 && offset[1..].chars().all(|c| c.is_ascii_digit());
    (time.is_empty() || is_time(time)) && is_offset
}

fn earlier(digits: &str, days: i32) -> Option<String> {
    let part = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i16>().ok();
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let span: Span = days.days();
    let moved = date.checked_sub(span).ok()?;
    Some(format!(
        "{:04}{:02}{:02}",
        moved.year(),
        moved.month(),
        moved.day()
    ))
}

/// Binary numbers, each of them one.
fn numbers(value: &PrimitiveValue) -> Option<Vec<Value>> {
    use PrimitiveValue::{Empty, F32, F64, I16, I32, I64, Tags, U16, U32, U64};
    let finite = |number: f64| number.is_finite().then(|| json!(number));
    match value {
        Empty => Some(Vec::new()),
        U16(numbers) => Some(numbers.iter().map(|n| json!(n)).collect()),
        I16(numbers) => Some(numbers.iter().map(|n| json!(n)).collect()),
        U32(numbers) => Some(numbers.iter().map(|n| json!(n)).collect()),
        I32(numbers) => Some(numbers.iter().map(|n| json!(n)).collect()),
        U64(numbers) => Some(numbers.iter().map(|n| json!(n)).collect()),
        I64(numbers) => Some(numbers.iter().map(|n| json!(n)).collect()),
        F32(numbers) => numbers.iter().map(|n| finite(f64::from(*n))).collect(),
        F64(numbers) => numbers.iter().map(|n| finite(*n)).collect(),
        Tags(tags) => Some(tags.iter().map(|tag| json!(super::key(*tag))).collect()),
        _ => None,
    }
}
