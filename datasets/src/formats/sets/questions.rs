//! Questions with their answers: SLAKE, VQA-RAD, PathVQA.

use super::super::complaint::{Complaint, Fault};
use super::super::record::{Exchange, ImagePath, Marked, Part, Passage, Record, Talk};
use super::super::source::{self, Source};
use super::super::{Records, Settings};
use super::documents::{Entries, documents, files, text};
use crate::geometry::{Extent, PixelBox};
use crate::lang::Lang;
use crate::modality::Modality;
use crate::snapshot::Split;
use crate::whole::Texts;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

fn talk(id: Option<String>, lang: Lang, question: String, answer: String) -> Talk {
    let words = |text| Passage(vec![Part::Words(text)]);
    Talk {
        id,
        lang,
        system: None,
        turns: vec![Exchange {
            question: words(question),
            answer: words(answer),
        }],
    }
}

/// Whether the questions come as Parquet.
#[cfg(feature = "parquet")]
fn parquet(from: &Source, settings: &Settings) -> Option<Result<Records, Complaint>> {
    use super::super::Format;
    let Source::Path(path) = from else {
        return None;
    };
    source::listed(from, "parquet").ok()?;
    let is_other = path.is_file() && path.extension().is_none_or(|ending| ending != "parquet");
    (!is_other).then(|| super::super::parquet::Parquet.read(Source::Path(path.clone()), settings))
}

#[cfg(not(feature = "parquet"))]
fn parquet(_: &Source, _: &Settings) -> Option<Result<Records, Complaint>> {
    None
}

pub(super) fn path_vqa(from: &Source, settings: &Settings) -> Result<Records, Complaint> {
    parquet(from, settings).unwrap_or_else(|| {
        let fault = Fault::other("has no .parquet file in it, which is how PathVQA is read");
        Err(Complaint::whole(
            from.folder()?.display().to_string(),
            fault,
        ))
    })
}

pub(super) fn vqa_rad(from: &Source, settings: &Settings) -> Result<Records, Complaint> {
    if let Some(records) = parquet(from, settings) {
        return records;
    }
    let wanted = |name: &str| name.ends_with(".json");
    let (folder, files) = files(from, wanted, "VQA-RAD's .json or .parquet")?;
    Ok(documents(folder, files, VqaRad(settings.lang()), settings))
}

struct VqaRad(Lang);

impl Entries for VqaRad {
    fn about(&self, entry: &Value) -> Result<(Vec<ImagePath>, Option<Split>), Fault> {
        let image = ImagePath::new(&text(entry, "image_name")?)?;
        // `test_freeform` and `test_para` are held out.
        let phrase = entry.get("phrase_type").and_then(Value::as_str);
        let split = phrase.map(|phrase| match phrase.starts_with("test") {
            true => Split::Test,
            false => Split::Train,
        });
        Ok((vec![image], split))
    }

    fn add(&self, record: &mut Record, entry: Value) -> Result<(), Fault> {
        let (question, answer) = (text(&entry, "question")?, text(&entry, "answer")?);
        let id = text(&entry, "qid").ok();
        let organ = entry.get("image_organ").and_then(Value::as_str);
        let modality = organ
            .filter(|organ| *organ == "CHEST")
            .map(|_| Modality::Xray);
        record.image.modality = record.image.modality.or(modality);
        record
            .talks
            .push(talk(id, self.0.clone(), question, answer));
        Ok(())
    }
}

pub(super) fn slake(from: &Source, settings: &Settings) -> Result<Records, Complaint> {
    let wanted = |name: &str| {
        let parts = [
            "train.json",
            "validation.json",
            "validate.json",
            "test.json",
        ];
        parts.contains(&name)
    };
    let (folder, files) = files(from, wanted, "train.json, validation.json or test.json")?;
    let watch = settings.watch.clone();
    Ok(documents(folder, files, Slake(watch), settings))
}

struct Slake(Arc<source::Watch>);

impl Entries for Slake {
    fn about(&self, entry: &Value) -> Result<(Vec<ImagePath>, Option<Split>), Fault> {
        let image = ImagePath::new(&text(entry, "img_name")?)?.below("imgs")?;
        Ok((vec![image], None))
    }

    fn add(&self, record: &mut Record, entry: Value) -> Result<(), Fault> {
        let (question, answer) = (text(&entry, "question")?, text(&entry, "answer")?);
        let lang: Lang = text(&entry, "q_lang")?.parse()?;
        let modality = match entry.get("modality").and_then(Value::as_str) {
            Some("CT") => Some(Modality::Ct),
            Some("MRI") => Some(Modality::Mr),
            Some("X-Ray") => Some(Modality::Xray),
            _ => None,
        };
        let image = &mut record.image;
        image.modality = image.modality.or(modality);
        image.id = image.id.take().or_else(|| text(&entry, "img_id").ok());
        let id = text(&entry, "qid").ok();
        record.talks.push(talk(id, lang, question, answer));
        Ok(())
    }

    /// Its boxes of organs and lesions, `[{"Liver": [x, y, width, height]}, …]`, lie beside the image.
    fn beside(&self, folder: &Path, record: &mut Record) -> Result<(), Complaint> {
        let image = record.image.path.as_str().to_owned();
        let beside = image.rsplit_once('/').map_or("", |(folder, _)| folder);
        let name = format!("{beside}/detection.json");
        let path = folder.join(&name);
        if !path.is_file() {
            return Ok(());
        }
        let whole = |fault| Complaint::whole(name.clone(), fault);
        let said = source::read_small(&path, &self.0).map_err(whole)?;
        let boxes: Vec<BTreeMap<String, [f64; 4]>> = serde_json::from_str(&said)
            .map_err(|e| whole(Fault::syntax("SLAKE's detection.json", e)))?;
        for (organ, [x, y, w, h]) in boxes.into_iter().flatten() {
            let corners = [x, y, x + w, y + h];
            let fitted = PixelBox::fitted(corners, record.image.size);
            let (bbox, _) = fitted.map_err(|error| whole(error.into()))?;
            record.regions.push(Marked {
                names: Texts::from([(Lang::en(), organ)]),
                ..Marked::new(Extent::Pixels(bbox))
            });
        }
        Ok(())
    }
}
