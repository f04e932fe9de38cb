//! Sets that are tables: VinDr-CXR, MS-CXR, PMC-VQA.

use super::super::coco::Coco;
use super::super::complaint::Complaint;
use super::super::csv::Csv;
use super::super::record::Record;
use super::super::source::{self, Source};
use super::super::{Format, Records, Settings};
use super::documents::files;
use crate::snapshot::Split;
use std::path::Path;

/// All of several files, one after the other; what a file's name says of its part of the set holds for its images.
fn each(
    folder: &Path,
    files: Vec<String>,
    settings: &Settings,
    put: fn(&mut Record, &str),
) -> Result<Records, Complaint> {
    let mut all: Vec<Records> = Vec::new();
    for file in files {
        let path = folder.join(&file);
        let format: &dyn Format = match file.ends_with(".json") {
            true => &Coco,
            false => &Csv,
        };
        let split: Option<Split> = source::split_in(&file);
        let records = format.read(Source::Path(path), settings)?;
        all.push(Box::new(records.map(move |record| {
            let mut record = record?;
            record.image.split = record.image.split.or(split);
            put(&mut record, &file);
            Ok(record)
        })));
    }
    Ok(Box::new(all.into_iter().flatten()))
}

/// Images are DICOM files in `train` and `test`. Three readers drew boxes on each image for training, and each is told apart by `rad_id`.
pub(super) fn vindr_cxr(from: &Source, settings: &Settings) -> Result<Records, Complaint> {
    let wanted = |name: &str| name.starts_with("annotations_") && name.ends_with(".csv");
    let (folder, files) = files(
        from,
        wanted,
        "annotations_train.csv or annotations_test.csv",
    )?;
    each(&folder, files, settings, |record, _| {
        let id = record.image.path.as_str().to_owned();
        record.image.id.get_or_insert(id);
        if let Some(split) = record.image.split
            && let Ok(path) = record.image.path.below(split.as_str())
        {
            record.image.path = path;
        }
    })
}

/// The document and the table say the same: of both the document is read.
pub(super) fn ms_cxr(from: &Source, settings: &Settings) -> Result<Records, Complaint> {
    let wanted = |name: &str| {
        name.starts_with("MS_CXR_Local_Alignment")
            && (name.ends_with(".csv") || name.ends_with(".json"))
    };
    let (folder, mut files) = files(from, wanted, "MS_CXR_Local_Alignment_*.json or *.csv")?;
    if files.iter().any(|file| file.ends_with(".json")) {
        files.retain(|file| file.ends_with(".json"));
    }
    each(&folder, files, settings, |_, _| {})
}

pub(super) fn pmc_vqa(from: &Source, settings: &Settings) -> Result<Records, Complaint> {
    let (folder, files) = files(from, |name| name.ends_with(".csv"), ".csv of PMC-VQA")?;
    each(&folder, files, settings, |record, _| {
        if let Ok(path) = record.image.path.below("images") {
            record.image.path = path;
        }
    })
}
