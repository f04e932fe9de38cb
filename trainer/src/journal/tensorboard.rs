//! TensorBoard's event files, as far as scalars need them.
//!
//! A file is a row of records: length (u64), masked CRC-32C of the length, bytes, masked CRC-32C of the bytes, all little-endian
//! (tensorflow/core/lib/io/record_writer.h). The bytes are an `Event` (tensorflow/core/util/event.proto).

use medreg_datasets::protocol::MetricPoint;
use prost::Message;
use std::fs::{self, File};
use std::io::{Result, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What a file's name must contain for TensorBoard to see it.
const PREFIX: &str = "events.out.tfevents.";
/// The layout, said in the first record.
const VERSION: &str = "brain.Event:2";

#[derive(Clone, PartialEq, Message)]
struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    /// Optional, so that a zero is written too.
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

/// An event file, written to its end.
#[derive(Debug)]
pub struct EventFile(File);

impl EventFile {
    /// Begins one in `folder`, in the place of those that are there: whoever begins it knows what they said.
    pub fn begin(folder: &Path) -> Result<Self> {
        for old in event_files(folder) {
            fs::remove_file(old)?;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default();
        let name = format!("{PREFIX}{}.medreg", now.as_secs());
        let mut file = Self(File::create(folder.join(name))?);
        file.write(&Event {
            wall_time: now.as_secs_f64(),
            file_version: Some(VERSION.to_owned()),
            ..Event::default()
        })?;
        Ok(file)
    }

    /// Adds points that were measured at this time.
    pub fn add(&mut self, points: &[MetricPoint], at: f64) -> Result<()> {
        let Some(first) = points.first() else {
            return Ok(());
        };
        let value = |point: &MetricPoint| Value {
            tag: point.name.clone(),
            simple_value: Some(point.value as f32),
        };
        self.write(&Event {
            wall_time: at,
            step: i64::from(first.step),
            file_version: None,
            summary: Some(Summary {
                value: points.iter().map(value).collect(),
            }),
        })
    }

    fn write(&mut self, event: &Event) -> Result<()> {
        self.0.write_all(&record(&event.encode_to_vec()))
    }
}

/// The event files of a folder.
#[must_use]
pub fn event_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        name.to_str().is_some_and(|name| name.starts_with(PREFIX))
    };
    entries.filter(named).map(|entry| entry.path()).collect()
}

fn record(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    let parts = [
        &length[..],
        &masked_crc(&length).to_le_bytes(),
        bytes,
        &masked_crc(bytes).to_le_bytes(),
    ];
    parts.concat()
}

/// A checksum that is no checksum of itself, should one record be stored in another.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
        .rotate_right(15)
        .wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_tensorboard_reads() {
        // The first bytes of every event file, whoever writes it: a record of 24 bytes, the masked checksum of that, a time.
        let first = Event {
            wall_time: 1.0,
            file_version: Some(VERSION.to_owned()),
            ..Event::default()
        };
        let bytes = record(&first.encode_to_vec());
        assert_eq!(bytes[..8], 24_u64.to_le_bytes());
        assert_eq!(bytes[8..13], [0xa3, 0x7f, 0x4b, 0x22, 0x09]);
        assert_eq!(bytes[13..21], 1.0_f64.to_le_bytes());
        assert_eq!(bytes[21..36], *b"\x1a\x0dbrain.Event:2");
        assert_eq!(bytes.len(), 12 + 24 + 4);
        // RFC 3720, B.4: 32 zeros have the checksum 0x8a9136aa; turned by 15 bits that is 0x6d551522, and then comes the sum.
        assert_eq!(masked_crc(&[0; 32]), 0x0fd7_fffa);
    }

    #[test]
    fn a_point_is_a_scalar_and_zero_is_one_too() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = EventFile::begin(folder.path()).unwrap();
        let point = MetricPoint {
            name: "a".to_owned(),
            step: 3,
            value: 0.0,
        };
        file.add(&[point], 2.0).unwrap();
        let path = &event_files(folder.path())[0];
        let bytes = fs::read(path).unwrap();
        let after_first = &bytes[12 + 24 + 4..];
        // By hand: time, step 3, summary of ten bytes, value of eight: tag "a", a float of zero.
        let mut event = vec![0x09];
        event.extend(2.0_f64.to_le_bytes());
        event.extend([0x10, 3, 0x2a, 10, 0x0a, 8, 0x0a, 1, b'a', 0x15, 0, 0, 0, 0]);
        assert_eq!(after_first, record(&event));
    }
}
