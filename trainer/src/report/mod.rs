//! What was found of a model, for a person to look at: `report.html` with its figures and pictures in one folder, which needs neither a
//! network nor a program that runs.

mod drawing;
pub mod figures;
mod page;
mod sections;
#[cfg(test)]
mod tests;

use figures::Figure;
use image::DynamicImage;
use medreg_datasets::evaluation::{EVALUATION_FILE, EvaluationReport, WorstCase};
use std::io;
use std::path::{Path, PathBuf};

/// The name of the page.
pub const REPORT_FILE: &str = "report.html";
/// The folder of the worst cases' pictures.
const CASES: &str = "cases";

/// Why a report cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file cannot be written.
    #[error("{}: {source}; choose another folder with --report, or make room there", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A picture cannot be written.
    #[error("{}: {source}", path.display())]
    Picture {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: image::ImageError,
    },
    /// The report cannot be written as JSON.
    #[error("the report cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Writes the page, `evaluation.json`, the figures and the pictures of the worst cases; `picture` gives a case's image, one after the
/// other, and a case without one is told in words alone.
pub fn write(
    folder: &Path,
    report: &mut EvaluationReport,
    picture: &mut dyn FnMut(&WorstCase) -> Option<DynamicImage>,
) -> Result<(), ReportError> {
    let cases = folder.join(CASES);
    std::fs::create_dir_all(&cases).map_err(at(&cases))?;
    for (number, case) in (1..).zip(&mut report.worst) {
        let Some(image) = picture(case) else {
            continue;
        };
        let other = case.other.as_ref().map_or(&[][..], |other| &other.boxes);
        let name = format!("case-{number:02}.png");
        let path = cases.join(&name);
        let drawn = drawing::over(&image, &case.truth_boxes, &case.boxes, other);
        drawn.save(&path).map_err(|source| ReportError::Picture {
            path: path.clone(),
            source,
        })?;
        case.picture = Some(format!("{CASES}/{name}"));
    }
    let figures = sections::figures(report);
    for Figure { file, svg, .. } in figures.iter().flat_map(|(_, figures)| figures) {
        keep(&folder.join(file), svg.as_bytes())?;
    }
    write_json(folder, report)?;
    keep(
        &folder.join(REPORT_FILE),
        page::html(report, &figures).as_bytes(),
    )
}

/// Writes `evaluation.json` alone.
pub fn write_json(folder: &Path, report: &EvaluationReport) -> Result<(), ReportError> {
    let mut json = serde_json::to_vec_pretty(report)?;
    json.push(b'\n');
    keep(&folder.join(EVALUATION_FILE), &json)
}

fn keep(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    std::fs::write(path, bytes).map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ReportError + '_ {
    |source| ReportError::File {
        path: path.to_owned(),
        source,
    }
}
