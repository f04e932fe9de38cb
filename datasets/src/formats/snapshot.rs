//! A snapshot's cases as records, and so in every format.

use super::record::{
    Exchange, ImagePath, Label, Marked, Part, Passage, Picture, Record, Said, Talk,
};
use crate::geometry::{Extent, ImageSize};
use crate::medreginstruct::{WriteError, image_path};
use crate::ontology::{Concept, ConceptKey};
use crate::region::Region;
use crate::snapshot::{Manifest, SnapshotCase};
use crate::whole::{Question, Texts};
use std::collections::HashMap;

/// What a case says of its image, whose file is `images/{sha256}.png`. Where that file has other sides than the image, as a slide's
/// has, boxes are in pixels of the file.
///
/// # Errors
/// [`WriteError::UnknownConcept`] where the snapshot's ontology lacks a concept.
pub fn record(
    case: &SnapshotCase,
    manifest: &Manifest,
    raster: Option<ImageSize>,
) -> Result<Record, WriteError> {
    let path = ImagePath::new(&image_path(&case.raster.sha256));
    let path = path.map_err(|e| WriteError::Io(std::io::Error::other(e.to_string())))?;
    let mut record = Record::new(Picture::new(path));
    let size = raster.unwrap_or(case.size);
    record.image.size = Some(size);
    record.image.split = Some(case.split);
    record.image.modality = Some(case.modality);
    let names = |concept: &ConceptKey| names(case, manifest, concept);
    let mut places = HashMap::new();
    for region in case.regions.iter().filter(|region| region.frame == 0) {
        places.insert(region.id, record.regions.len());
        let concept = region.concept.as_ref();
        let named = concept.map(names).transpose()?.unwrap_or_default();
        record.regions.push(marked(region, case.size, size, named));
    }
    for finding in &case.whole.findings {
        record.labels.push(Label {
            names: names(&finding.concept)?,
            presence: finding.presence,
        });
    }
    for sentence in &case.whole.report {
        let regions = sentence.regions.iter();
        record.report.push(Said {
            texts: sentence.texts.clone(),
            regions: regions.filter_map(|id| places.get(id).copied()).collect(),
        });
    }
    for question in &case.whole.questions {
        let region = question.region.and_then(|id| places.get(&id).copied());
        record.talks.extend(talks(question, region));
    }
    for talk in &record.talks {
        let spoken = talk.turns.iter().flat_map(|turn| turn.question.regions());
        for region in spoken.collect::<Vec<_>>() {
            if let Some(region) = record.regions.get_mut(region) {
                region.spoken = true;
            }
        }
    }
    Ok(record)
}

fn names(case: &SnapshotCase, manifest: &Manifest, key: &ConceptKey) -> Result<Texts, WriteError> {
    let concept = manifest.ontology.iter().find(|known| known.key == *key);
    let concept: &Concept = concept.ok_or_else(|| WriteError::UnknownConcept {
        image: case.image,
        concept: key.clone(),
    })?;
    let langs = manifest.langs.both().iter();
    Ok(langs
        .map(|lang| (lang.clone(), concept.name(lang).to_owned()))
        .collect())
}

fn marked(region: &Region, image: ImageSize, file: ImageSize, names: Texts) -> Marked {
    let bbox = match image == file {
        true => region.bbox,
        false => region.bbox.shares(image).to_pixels(file),
    };
    let said = region.texts.iter();
    let said = said.filter(|(_, text)| !text.trim().is_empty());
    Marked {
        id: Some(region.id.to_string()),
        names,
        presence: region.presence,
        texts: said
            .map(|(lang, text)| (lang.clone(), text.clone()))
            .collect(),
        ..Marked::new(Extent::Pixels(bbox))
    }
}

/// A question in each language in which it is asked and answered; a box comes before its words where it is about one.
fn talks(question: &Question, region: Option<usize>) -> impl Iterator<Item = Talk> {
    question.question.iter().filter_map(move |(lang, asked)| {
        let answer = question.answer.get(lang)?;
        let about = region.map(|region| Part::Regions {
            name: String::new(),
            regions: vec![region],
        });
        let words = |text: &str| Part::Words(text.to_owned());
        let asked = match about.is_some() {
            true => format!(" {asked}"),
            false => asked.clone(),
        };
        Some(Talk {
            id: Some(question.id.to_string()),
            lang: lang.clone(),
            system: None,
            turns: vec![Exchange {
                question: Passage(about.into_iter().chain([words(&asked)]).collect()),
                answer: Passage(vec![words(answer)]),
            }],
        })
    })
}
