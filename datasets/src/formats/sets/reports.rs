//! Reports: PadChest-GR, whose sentences have boxes, and IU X-ray.

use super::super::complaint::{Complaint, Fault};
use super::super::record::{ImagePath, Label, Marked, Picture, Record, Said};
use super::super::source::{self, Source};
use super::super::{Records, Settings};
use super::documents::{Entries, documents, files, text};
use crate::geometry::{Extent, ShareBox};
use crate::lang::Lang;
use crate::region::Presence;
use crate::snapshot::Split;
use crate::whole::Texts;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

pub(super) fn padchest_gr(from: &Source, settings: &Settings) -> Result<Records, Complaint> {
    let wanted = |name: &str| name.starts_with("grounded_reports") && name.ends_with(".json");
    let (folder, files) = files(from, wanted, "grounded_reports_*.json")?;
    let spanish: Result<Lang, _> = "es".parse();
    let spanish = spanish.map_err(|e| Complaint::whole("es", Fault::Lang(e)))?;
    Ok(documents(folder, files, PadChest(spanish), settings))
}

/// Reads entries with sentences in English and in this language.
struct PadChest(Lang);

/// A sentence; boxes are `[x1, y1, x2, y2]` in shares of the sides. A second reader's stand in `extra_boxes`.
#[derive(Deserialize)]
struct Finding {
    sentence_en: Option<String>,
    sentence_es: Option<String>,
    #[serde(default)]
    abnormal: Option<bool>,
    #[serde(default)]
    boxes: Vec<[f64; 4]>,
    #[serde(default)]
    extra_boxes: Vec<[f64; 4]>,
    #[serde(default)]
    labels: Vec<String>,
}

impl Entries for PadChest {
    fn about(&self, entry: &Value) -> Result<(Vec<ImagePath>, Option<Split>), Fault> {
        Ok((vec![ImagePath::new(&text(entry, "ImageID")?)?], None))
    }

    fn add(&self, record: &mut Record, entry: Value) -> Result<(), Fault> {
        let findings = entry.get("findings").cloned().unwrap_or_default();
        let findings: Vec<Finding> = serde_json::from_value(findings)
            .map_err(|e| Fault::syntax("an entry of PadChest-GR", e))?;
        record.image.id = text(&entry, "StudyID").ok();
        findings
            .into_iter()
            .try_for_each(|finding| self.finding(record, finding))
    }
}

impl PadChest {
    fn finding(&self, record: &mut Record, finding: Finding) -> Result<(), Fault> {
        let said = [
            (Lang::en(), finding.sentence_en),
            (self.0.clone(), finding.sentence_es),
        ];
        let said = said
            .into_iter()
            .filter_map(|(lang, text)| Some((lang, text?)));
        let texts: Texts = said.filter(|(_, text)| !text.trim().is_empty()).collect();
        let name = finding.labels.join(", ");
        let names: Texts = (!name.is_empty())
            .then_some((Lang::en(), name))
            .into_iter()
            .collect();
        let mut regions = BTreeSet::new();
        for (reader, boxes) in [("1", finding.boxes), ("2", finding.extra_boxes)] {
            for corners in boxes {
                let mut region = Marked::new(Extent::Shares(ShareBox::new(corners)?));
                region.reader = Some(reader.to_owned());
                region.names = names.clone();
                region.texts = texts.clone();
                regions.insert(record.regions.len());
                record.regions.push(region);
            }
        }
        if regions.is_empty() && finding.abnormal == Some(true) && !names.is_empty() {
            let presence = Presence::Present;
            record.labels.push(Label { names, presence });
        }
        if !texts.is_empty() {
            record.report.push(Said { texts, regions });
        }
        Ok(())
    }
}

pub(super) fn iu_xray(from: &Source, settings: &Settings) -> Result<Records, Complaint> {
    let folder = from.folder()?;
    let document = match from {
        Source::Path(path) => path.extension().is_some_and(|e| e == "json"),
        Source::Stream(_) => false,
    };
    if document || folder.join("annotation.json").is_file() {
        let (folder, files) = files(from, |name| name == "annotation.json", "annotation.json")?;
        return Ok(documents(folder, files, R2Gen(settings.lang()), settings));
    }
    let files = source::listed(from, "xml")?;
    let settings = settings.clone();
    let each = files.into_iter().flat_map(move |file| {
        if settings.watch.is_told_to_stop() {
            return vec![Err(Complaint::stopped())];
        }
        match citation(&folder, &file, &settings) {
            Ok(records) => records.into_iter().map(Ok).collect(),
            Err(fault) => vec![Err(Complaint::whole(file, fault))],
        }
    });
    Ok(Box::new(each))
}

/// R2Gen's document: `{"train": [{"id", "report", "image_path": […]}], "val": …, "test": …}`, images in `images`.
struct R2Gen(Lang);

impl Entries for R2Gen {
    fn about(&self, entry: &Value) -> Result<(Vec<ImagePath>, Option<Split>), Fault> {
        let paths = entry.get("image_path").and_then(Value::as_array);
        let paths = paths.ok_or(Fault::Missing("image_path"))?.iter();
        let paths = paths.map(|path| {
            ImagePath::new(path.as_str().ok_or(Fault::Missing("image_path"))?)?.below("images")
        });
        Ok((paths.collect::<Result<_, Fault>>()?, None))
    }

    fn add(&self, record: &mut Record, entry: Value) -> Result<(), Fault> {
        let report = text(&entry, "report")?;
        record.image.id = text(&entry, "id").ok();
        record.report.push(sentence(&self.0, report));
        Ok(())
    }
}

fn sentence(lang: &Lang, text: String) -> Said {
    Said {
        texts: Texts::from([(lang.clone(), text)]),
        regions: BTreeSet::new(),
    }
}

/// A report of the National Library of Medicine's collection.
#[derive(Deserialize)]
struct Citation {
    #[serde(rename = "MedlineCitation")]
    medline: Option<Medline>,
    #[serde(default, rename = "parentImage")]
    images: Vec<ParentImage>,
}

#[derive(Deserialize)]
struct Medline {
    #[serde(rename = "Article")]
    article: Option<Article>,
}

#[derive(Deserialize)]
struct Article {
    #[serde(rename = "Abstract")]
    report: Option<Sections>,
}

#[derive(Deserialize)]
struct Sections {
    #[serde(default, rename = "AbstractText")]
    sections: Vec<Section>,
}

#[derive(Deserialize)]
struct Section {
    #[serde(rename = "@Label")]
    label: Option<String>,
    #[serde(rename = "$text")]
    text: Option<String>,
}

#[derive(Deserialize)]
struct ParentImage {
    #[serde(rename = "@id")]
    id: String,
}

/// A record for each image of a report: its findings and its impression are said of all.
fn citation(folder: &Path, file: &str, settings: &Settings) -> Result<Vec<Record>, Fault> {
    let text = source::read_small(&folder.join(file), &settings.watch)?;
    let said: Citation =
        quick_xml::de::from_str(&text).map_err(|e| Fault::syntax("a report of IU X-ray", e))?;
    let article = said.medline.and_then(|medline| medline.article);
    let sections = article.and_then(|article| article.report);
    let sections = sections.map(|report| report.sections).unwrap_or_default();
    let told = |section: Section| {
        let label = section.label.unwrap_or_default();
        let told = matches!(label.as_str(), "FINDINGS" | "IMPRESSION");
        section.text.filter(|text| told && !text.trim().is_empty())
    };
    let report: Vec<Said> = (sections.into_iter().filter_map(told))
        .map(|text| sentence(&settings.lang(), text.trim().to_owned()))
        .collect();
    let image = |image: &ParentImage| {
        let mut record = Record::new(Picture::new(ImagePath::new(&format!("{}.png", image.id))?));
        record.image.id = Some(image.id.clone());
        record.image.size = settings.images.size(&record.image.path);
        record.report = report.clone();
        Ok(record)
    };
    said.images.iter().map(image).collect()
}
