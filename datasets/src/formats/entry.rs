//! A record as one JSON object: what a sample of a WebDataset holds beside its image, and a row of Parquet in its columns.

use super::complaint::Fault;
use super::passage::{self, Notation};
use super::record::{
    Exchange, ImagePath, Label, Marked, Passage, Picture, Record, Said, Talk, size_of,
};
use crate::geometry::{Coordinates, Extent, GeometryError, PixelBox};
use crate::lang::Lang;
use crate::modality::Modality;
use crate::region::Presence;
use crate::snapshot::Split;
use crate::whole::Texts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    /// The image's path.
    pub image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modality: Option<Modality>,
    pub regions: Vec<Region>,
    pub labels: Vec<Label>,
    pub report: Vec<Sentence>,
    pub conversations: Vec<Conversation>,
}

/// A region; its box is `[x0, y0, x1, y1]` in pixels.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Region {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    bbox: [f64; 4],
    #[serde(default)]
    presence: Presence,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reader: Option<String>,
    #[serde(default)]
    names: Texts,
    #[serde(default)]
    texts: Texts,
}

/// A sentence of the report; its regions are counted from 0.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sentence {
    #[serde(default)]
    texts: Texts,
    #[serde(default)]
    regions: BTreeSet<usize>,
}

/// A conversation; boxes in it stand in pixels between tags.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Conversation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    lang: Lang,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    turns: Vec<Turn>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Turn {
    question: String,
    answer: String,
}

const HOW: (Notation, Coordinates) = (Notation::Tagged, Coordinates::Pixels);

impl Entry {
    /// What a record says.
    pub(super) fn of(record: &Record) -> Result<Self, GeometryError> {
        let image = &record.image;
        let regions = record.regions.iter().map(|said| {
            Ok(Region {
                id: said.id.clone(),
                bbox: said.extent.pixels(image.size)?.corners(),
                presence: said.presence,
                reader: said.reader.clone(),
                names: said.names.clone(),
                texts: said.texts.clone(),
            })
        });
        let report = record.report.iter().map(|said| Sentence {
            texts: said.texts.clone(),
            regions: said.regions.clone(),
        });
        let talks = record.talks.iter();
        Ok(Self {
            image: image.path.as_str().to_owned(),
            id: image.id.clone(),
            width: image.size.map(|size| size.width()),
            height: image.size.map(|size| size.height()),
            split: image.split,
            modality: image.modality,
            regions: regions.collect::<Result<_, GeometryError>>()?,
            labels: record.labels.clone(),
            report: report.collect(),
            conversations: talks
                .map(|talk| Conversation::of(talk, record))
                .collect::<Result<_, _>>()?,
        })
    }

    /// The record, and what is wrong with some of its regions, sentences and conversations.
    pub(super) fn record(self, path: ImagePath) -> (Record, Vec<Fault>) {
        let mut record = Record::new(Picture::new(path));
        let mut faults = Vec::new();
        let mut note = |fault: Fault| faults.push(fault);
        let side = |side: Option<u32>| side.map(f64::from);
        let size = size_of(side(self.width), side(self.height));
        record.image.size = size.unwrap_or_else(|fault| {
            note(fault);
            None
        });
        record.image.id = self.id;
        record.image.split = self.split;
        record.image.modality = self.modality;
        record.labels = self.labels;
        let mut places = Vec::new();
        for region in self.regions {
            let placed = region.put(&mut record);
            places.push(placed.map_err(&mut note).ok());
        }
        for sentence in self.report {
            let said = sentence.said(&places);
            said.map_or_else(&mut note, |said| record.report.push(said));
        }
        for conversation in self.conversations {
            let talk = conversation.talk(&mut record);
            talk.map_or_else(&mut note, |talk| record.talks.push(talk));
        }
        (record, faults)
    }
}

impl Region {
    /// Puts it among the regions of a record; where it is among them.
    fn put(self, record: &mut Record) -> Result<usize, Fault> {
        let (bbox, cut) = PixelBox::fitted(self.bbox, record.image.size)?;
        if cut {
            record.remark("boxes reached up to a pixel outside their image, and that was cut off");
        }
        record.regions.push(Marked {
            id: self.id,
            reader: self.reader,
            names: self.names,
            presence: self.presence,
            texts: self.texts,
            ..Marked::new(Extent::Pixels(bbox))
        });
        Ok(record.regions.len() - 1)
    }
}

impl Sentence {
    fn said(self, places: &[Option<usize>]) -> Result<Said, Fault> {
        let regions = self.regions.iter().map(|region| {
            let place = places.get(*region).copied().flatten();
            place.ok_or_else(|| Fault::Unknown {
                what: "region with number",
                id: region.to_string(),
            })
        });
        let regions = regions.collect::<Result<_, Fault>>()?;
        let texts = self.texts;
        Ok(Said { texts, regions })
    }
}

impl Conversation {
    fn of(talk: &Talk, record: &Record) -> Result<Self, GeometryError> {
        let text = |passage: &Passage| passage::write(passage, record, HOW);
        let turns = talk.turns.iter().map(|turn| {
            Ok(Turn {
                question: text(&turn.question)?,
                answer: text(&turn.answer)?,
            })
        });
        Ok(Self {
            id: talk.id.clone(),
            lang: talk.lang.clone(),
            system: talk.system.clone(),
            turns: turns.collect::<Result<_, GeometryError>>()?,
        })
    }

    fn talk(self, record: &mut Record) -> Result<Talk, Fault> {
        let lang = self.lang;
        let mut heard = |text: &str| passage::heard(record, &lang, text);
        let turns = self.turns.iter().map(|turn| {
            Ok(Exchange {
                question: heard(&turn.question)?,
                answer: heard(&turn.answer)?,
            })
        });
        let turns = turns.collect::<Result<_, Fault>>()?;
        Ok(Talk {
            id: self.id,
            lang,
            system: self.system,
            turns,
        })
    }
}
