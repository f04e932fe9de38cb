//! A data set in the DICOM JSON model as a file: PS3.10 section 7.1, explicit VR little endian.

use super::attributes::{Attributes, decimal, text};
use super::{IMPLEMENTATION, MAKER, ObjectError, PixelFormat};
use bytes::Bytes;
use dicom_core::value::{C, DataSetSequence};
use dicom_core::{DataElement, Length, PrimitiveValue, Tag, VR};
use dicom_object::mem::InMemElement;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use dicom_transfer_syntax_registry::entries::EXPLICIT_VR_LITTLE_ENDIAN;
use serde_json::Value;
use std::str::FromStr;

/// What of a file stands before its first frame, and how long all of it will be.
#[derive(Clone, Debug)]
pub struct Head {
    /// The preamble, the file's own attributes, the data set, and the head of the pixel data where there are pixels.
    pub bytes: Bytes,
    /// Whether a byte is wanted behind the last frame: values have even lengths, PS3.5 section 7.1.1.
    pub padded: bool,
}

/// The beginning of a file: all of it, where there are no pixels. `pixels` are the format and the bytes of all frames together.
pub fn head(set: &Attributes, pixels: Option<(PixelFormat, u64)>) -> Result<Head, ObjectError> {
    let mut bytes = vec![0; 128];
    bytes.extend_from_slice(b"DICM");
    let failed = |error: &dyn std::fmt::Display| ObjectError::Writer(error.to_string());
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(EXPLICIT_VR_LITTLE_ENDIAN.uid())
        .media_storage_sop_class_uid(text(set, "00080016").unwrap_or_default())
        .media_storage_sop_instance_uid(text(set, "00080018").unwrap_or_default())
        .implementation_class_uid(IMPLEMENTATION)
        .implementation_version_name(MAKER)
        .build()
        .map_err(|e| failed(&e))?;
    meta.write(&mut bytes).map_err(|e| failed(&e))?;
    data_set(set)?
        .write_dataset_with_ts(&mut bytes, &EXPLICIT_VR_LITTLE_ENDIAN.erased())
        .map_err(|e| failed(&e))?;
    let padded = pixels.is_some_and(|(_, length)| length % 2 == 1);
    if let Some((format, length)) = pixels {
        let length = u32::try_from(length + u64::from(padded)).map_err(|e| failed(&e))?;
        let vr = if format.bits == 8 { b"OB" } else { b"OW" };
        // PixelData (7FE0,0010), with the four-byte length of PS3.5 table 7.1-1.
        bytes.extend_from_slice(&[0xe0, 0x7f, 0x10, 0x00, vr[0], vr[1], 0, 0]);
        bytes.extend_from_slice(&length.to_le_bytes());
    }
    Ok(Head {
        bytes: bytes.into(),
        padded,
    })
}

fn data_set(set: &Attributes) -> Result<InMemDicomObject, ObjectError> {
    let mut object = InMemDicomObject::new_empty();
    for (tag, attribute) in set {
        let bad = |reason: &str| ObjectError::Attribute {
            tag: tag.clone(),
            reason: reason.to_owned(),
        };
        let known = read_tag(tag).ok_or_else(|| bad("its tag is not eight hexadecimal digits"))?;
        // What stands behind the pixels is padding and signatures of what was.
        if known < Tag(0x7FE0, 0x0001) && known.element() != 0 {
            object.put(element(known, attribute).map_err(bad)?);
        }
    }
    Ok(object)
}

fn read_tag(text: &str) -> Option<Tag> {
    let digits = (text.len() == 8).then(|| u32::from_str_radix(text, 16))?;
    let number = digits.ok()?;
    Some(Tag((number >> 16) as u16, number as u16))
}

fn element(tag: Tag, attribute: &Value) -> Result<InMemElement, &'static str> {
    let vr = attribute.get("vr").and_then(Value::as_str);
    let vr = vr.and_then(|vr| VR::from_str(vr).ok());
    let vr = vr.ok_or("it has no VR")?;
    let values = attribute.get("Value").and_then(Value::as_array);
    let values = values.map_or(&[][..], Vec::as_slice);
    if vr == VR::SQ {
        let items: Result<C<_>, _> = values.iter().map(item).collect();
        let items = items.map_err(|_| "one of its items cannot be written")?;
        let sequence = DataSetSequence::new(items, Length::UNDEFINED);
        return Ok(DataElement::new(tag, vr, sequence));
    }
    Ok(DataElement::new(tag, vr, primitive(vr, values)?))
}

fn item(value: &Value) -> Result<InMemDicomObject, ObjectError> {
    value
        .as_object()
        .map_or_else(|| Ok(InMemDicomObject::new_empty()), data_set)
}

fn primitive(vr: VR, values: &[Value]) -> Result<PrimitiveValue, &'static str> {
    if values.is_empty() {
        return Ok(PrimitiveValue::Empty);
    }
    Ok(match vr {
        VR::US => PrimitiveValue::U16(whole(values)?),
        VR::SS => PrimitiveValue::I16(whole(values)?),
        VR::UL => PrimitiveValue::U32(whole(values)?),
        VR::SL => PrimitiveValue::I32(whole(values)?),
        VR::UV => PrimitiveValue::U64(whole(values)?),
        VR::SV => PrimitiveValue::I64(whole(values)?),
        VR::FL => PrimitiveValue::F32(numbers(values)?.into_iter().map(|n| n as f32).collect()),
        VR::FD => PrimitiveValue::F64(numbers(values)?),
        VR::AT => PrimitiveValue::Tags(tags(values)?),
        VR::OB | VR::OD | VR::OF | VR::OL | VR::OV | VR::OW | VR::UN => PrimitiveValue::Empty,
        _ => PrimitiveValue::Strs(values.iter().map(said).collect()),
    })
}

fn whole<T: TryFrom<i128>>(values: &[Value]) -> Result<C<T>, &'static str> {
    let number = |value: &Value| {
        let exact = value
            .as_i64()
            .map(i128::from)
            .or_else(|| value.as_u64().map(i128::from));
        let exact = exact.or_else(|| value.as_str()?.parse().ok());
        exact.and_then(|n| T::try_from(n).ok())
    };
    let read: Option<C<T>> = values.iter().map(number).collect();
    read.ok_or("a whole number that its VR can hold is expected")
}

fn numbers(values: &[Value]) -> Result<C<f64>, &'static str> {
    let number = |value: &Value| match value {
        // How PS3.18 writes what JSON has no number for.
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    };
    let read: Option<C<f64>> = values.iter().map(number).collect();
    read.ok_or("a number is expected")
}

fn tags(values: &[Value]) -> Result<C<Tag>, &'static str> {
    let read: Option<C<Tag>> = values
        .iter()
        .map(|value| read_tag(value.as_str()?))
        .collect();
    read.ok_or("a tag is expected")
}

/// A value as text: names in their three writings, numbers as DS or IS.
fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map(decimal).unwrap_or_default()
        }
        Value::Number(number) => number.to_string(),
        Value::Object(name) => {
            let part = |key| name.get(key).and_then(Value::as_str).unwrap_or_default();
            let all = ["Alphabetic", "Ideographic", "Phonetic"]
                .map(part)
                .join("=");
            all.trim_end_matches('=').to_owned()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_reads_back() {
        let set = json!({
            "00080005": { "vr": "CS", "Value": ["ISO_IR 192"] },
            "00080016": { "vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.7"] },
            "00080018": { "vr": "UI", "Value": ["2.25.1"] },
            "00080008": { "vr": "CS", "Value": ["DERIVED", "SECONDARY"] },
            "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "P1", "Ideographic": "山" }] },
            "00100030": { "vr": "DA" },
            "00280030": { "vr": "DS", "Value": [0.5, 0.333_333_333_333_333_3] },
            "00280010": { "vr": "US", "Value": [3] },
            "00081140": { "vr": "SQ", "Value": [{ "00081155": { "vr": "UI", "Value": ["2.25.7"] } }] },
            "FFFCFFFC": { "vr": "OB", "InlineBinary": "AAAA" },
        });
        let format = PixelFormat {
            bits: 8,
            ..PixelFormat::default()
        };
        let head = head(set.as_object().unwrap(), Some((format, 9))).unwrap();
        assert!(head.padded);
        let mut file = head.bytes.to_vec();
        file.extend_from_slice(&[7; 10]);
        let read = dicom_object::from_reader(file.as_slice()).unwrap();
        let texts = |tag| {
            read.get(tag)
                .unwrap()
                .value()
                .to_multi_str()
                .unwrap()
                .into_owned()
        };
        assert_eq!(texts(Tag(0x0008, 0x0008)), ["DERIVED", "SECONDARY"]);
        assert_eq!(texts(Tag(0x0010, 0x0010)), ["P1=山"]);
        assert_eq!(texts(Tag(0x0028, 0x0030)), ["0.5", "0.33333333333333"]);
        let pixels = read.get(Tag(0x7FE0, 0x0010)).unwrap();
        assert_eq!(pixels.value().to_bytes().unwrap().len(), 10);
        let items = read.get(Tag(0x0008, 0x1140)).unwrap().items().unwrap();
        assert_eq!(items.len(), 1);
    }
}
