//! NIfTI: a volume → its axial slices as the frames of one image.
//!
//! Of the header the numbers that are named here are read and nothing else: its texts (`descrip`, `aux_file`, `db_name`,
//! `intent_name`), its extensions and what follows the voxels may hold anything. Read by hand, because a reader of the whole
//! format trusts the header with how much memory it takes.

mod affine;
mod header;

use super::scale::{Bounds, Scale};
use super::voi::{all_but_tails, span};
use super::{Canonical, Facts, Hints, ImagingError, grey};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use header::Header;
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::modality::Modality;
use medreg_datasets::reason::AttestationReason;
use std::borrow::Cow;
use std::io::Read;

/// The most bytes of an unpacked volume: a CT of 1,000 slices has 500 MiB. A small file may unpack to any number.
const MAX_UNPACKED: u64 = 512 << 20;
/// How many values are looked at for a window, of all frames alike.
const LOOKED_AT: usize = 1 << 20;

/// Whether a file is NIfTI, packed or not.
pub(super) fn is_nifti(bytes: &[u8]) -> bool {
    let head = match is_packed(bytes) {
        true => unpacked(bytes, header::LENGTH as u64),
        false => bytes[..bytes.len().min(header::LENGTH)].to_vec(),
    };
    header::is_nifti(&head)
}

/// Whether a file is one of gzip, RFC 1952.
pub(super) fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// As far as it can be unpacked.
fn unpacked(bytes: &[u8], most: u64) -> Vec<u8> {
    let mut unpacked = Vec::new();
    let _ = MultiGzDecoder::new(bytes)
        .take(most)
        .read_to_end(&mut unpacked);
    unpacked
}

/// Reads a NIfTI file.
pub(super) fn read(bytes: &[u8], hints: &Hints) -> Result<Canonical, ImagingError> {
    let head = match is_packed(bytes) {
        true => unpacked(bytes, header::LENGTH as u64).into(),
        false => Cow::Borrowed(bytes),
    };
    let header = Header::of(&head)?;
    header.check_frames()?;
    let end = header.end();
    if end > MAX_UNPACKED {
        let reason = format!("its voxels take {end} bytes, {MAX_UNPACKED} are allowed");
        return Err(malformed(reason));
    }
    let bytes = match is_packed(bytes) {
        true => unpacked(bytes, end).into(),
        false => Cow::Borrowed(bytes),
    };
    let (found, expected) = (bytes.len() as u64, end);
    let voxels = bytes.get(header.offset as usize..end as usize);
    let voxels = voxels.ok_or(ImagingError::Truncated { found, expected })?;
    Volume { header, voxels }.canonical(hints)
}

fn malformed(reason: String) -> ImagingError {
    ImagingError::Malformed {
        kind: "NIfTI",
        reason,
    }
}

struct Volume<'a> {
    header: Header,
    voxels: &'a [u8],
}

impl Volume<'_> {
    fn canonical(&self, hints: &Hints) -> Result<Canonical, ImagingError> {
        let view = self.header.view();
        let [columns, rows, frames] = view.axes.map(|axis| self.header.size[axis.number]);
        let size =
            ImageSize::new(columns as u32, rows as u32).map_err(|_| ImagingError::NoPixels)?;
        let scale = Scale::of(self.bounds()?, false);
        let shown = match self.header.shown {
            Some([low, high]) => span(low, high),
            None => all_but_tails(&self.some_values(), None),
        };
        let slice = |frame| self.slice(&view.axes, frame);
        let pixels: Result<Vec<Bytes>, _> = (0..frames)
            .map(|frame| scale.encode(&slice(frame), size))
            .collect();
        let first: Vec<u16> = slice(0).iter().map(|value| scale.store(*value)).collect();
        let window = scale.window(shown)?;
        Ok(Canonical {
            modality: hints.modality.unwrap_or(Modality::Other),
            size,
            bits: 16,
            colour: false,
            window: Some(window),
            pixel_spacing: self.spacing(&view.axes),
            pixels: pixels?,
            rendered: grey::rendered(&first, size, window)?,
            patient_key: None,
            study_key: None,
            series_key: None,
            facts: Facts {
                levels: Some(scale.levels(shown, false)),
                orientation: view.orientation,
                ..Facts::default()
            },
            attestation_reason: (!hints.attested).then_some(AttestationReason::Header),
            header: None,
        })
    }

    fn bounds(&self) -> Result<Bounds, ImagingError> {
        let values = || {
            self.voxels
                .chunks_exact(self.header.wide())
                .map(|voxel| self.value(voxel))
        };
        match values().all(f64::is_finite) {
            true => Ok(Bounds::of(values())),
            false => Err(ImagingError::NoNumbers),
        }
    }

    fn value(&self, voxel: &[u8]) -> f64 {
        self.header.slope * self.header.number(voxel) + self.header.intercept
    }

    fn some_values(&self) -> Vec<f64> {
        let wide = self.header.wide();
        let step = (self.voxels.len() / wide / LOOKED_AT).max(1);
        let voxels = self.voxels.chunks_exact(wide).step_by(step);
        voxels.map(|voxel| self.value(voxel)).collect()
    }

    /// One frame, row by row.
    fn slice(&self, axes: &[Axis; 3], frame: usize) -> Vec<f64> {
        let (size, wide) = (self.header.size, self.header.wide());
        let strides = [1, size[0], size[0] * size[1]];
        let step = |axis: Axis, at: usize| {
            let at = match axis.backwards {
                true => size[axis.number] - 1 - at,
                false => at,
            };
            at * strides[axis.number]
        };
        let [columns, rows, frames] = *axes;
        let start = step(frames, frame);
        (0..size[rows.number])
            .flat_map(|row| {
                let start = start + step(rows, row);
                (0..size[columns.number]).map(move |column| start + step(columns, column))
            })
            .map(|at| self.value(&self.voxels[at * wide..(at + 1) * wide]))
            .collect()
    }

    /// Row and column spacing in mm.
    fn spacing(&self, axes: &[Axis; 3]) -> Option<[f64; 2]> {
        let [columns, rows, _] = axes.map(|axis| self.header.spacing.map(|mm| mm[axis.number]));
        Some([rows?, columns?])
    }
}

/// An axis of the voxels, and whether it is walked from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Axis {
    number: usize,
    backwards: bool,
}
