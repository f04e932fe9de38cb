//! From one format to another, one image at a time. What the other has no place for is counted, or refused.

use super::complaint::{Complaint, Fault};
use super::record::{Marked, Record, Talk};
use super::source::{Source, Target, put_image};
use super::talk::{is_shown, one_name};
use super::{Carries, Format, Labels, Langs, Presences, Settings, Talks, Writer};
use crate::geometry::{Coordinates, GeometryError};
use crate::lang::Lang;
use crate::region::Presence;
use crate::whole::Texts;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of a row that cannot be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// Nothing is written at all.
    Refuse,
    /// It is left out, and told.
    Skip,
}

/// How a conversion is made.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// What becomes of a row that cannot be taken over.
    pub on_error: OnError,
    /// Whether what the target has no place for is refused.
    pub strict: bool,
}

/// What was taken over, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Images that were written.
    pub images: u64,
    /// Their regions.
    pub regions: u64,
    /// Their conversations.
    pub conversations: u64,
    /// Rows that were left out, each of them told.
    pub skipped: u64,
    /// What the target has no place for, and how often there was some.
    pub lost: BTreeMap<String, u64>,
    /// What was passed over or put right in reading, and how often.
    pub remarks: BTreeMap<String, u64>,
}

/// Why a conversion ended before its end. Its output is to be thrown away.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// A row that cannot be taken over, where none may be left out.
    #[error("{0}")]
    Row(Complaint),
    /// The target has no place for something, where nothing may be lost.
    #[error("{image}: {what}: {format} has no place for it, and nothing may be lost (--strict)")]
    Lost {
        /// The image.
        image: String,
        /// Of what.
        what: String,
        /// The target's name.
        format: &'static str,
    },
}

/// Converts a data set; tells each row that is left out.
pub fn convert(
    (from, source): (&dyn Format, Source),
    (to, target): (&dyn Format, Target),
    [reading, writing]: [&Settings; 2],
    rules: Rules,
    tell: &mut dyn FnMut(&Complaint),
) -> Result<Summary, Stopped> {
    let records = from.read(source, reading).map_err(Stopped::Row)?;
    write(records, (to, target), [reading, writing], rules, tell)
}

/// Writes records as a data set; tells each that is left out.
pub fn write(
    records: impl Iterator<Item = Result<Record, Complaint>>,
    (to, target): (&dyn Format, Target),
    [reading, writing]: [&Settings; 2],
    rules: Rules,
    tell: &mut dyn FnMut(&Complaint),
) -> Result<Summary, Stopped> {
    let mut summary = Summary::default();
    // Made when the first record is there, by when a data set's own list of names is known.
    let mut open = Opening::Target(target);
    for record in records {
        if reading.watch.is_told_to_stop() {
            return Err(Stopped::Row(Complaint::stopped()));
        }
        if record.is_ok() {
            reading.watch.handed_on();
        }
        let taken = match record {
            Ok(record) => hand_on(record, (to, &mut open), writing, rules, &mut summary)?,
            Err(complaint) => Err(complaint),
        };
        if let Err(complaint) = taken {
            if rules.on_error == OnError::Refuse || complaint.is_final() {
                return Err(Stopped::Row(complaint));
            }
            summary.skipped += 1;
            tell(&complaint);
        }
    }
    let writer = open.writer(to, writing).map_err(Stopped::Row)?;
    let Opening::Writer(writer) = std::mem::replace(writer, Opening::Done) else {
        return Ok(summary);
    };
    writer.finish().map_err(Stopped::Row)?;
    Ok(summary)
}

/// A writer that is not made before it is needed.
enum Opening {
    Target(Target),
    Writer(Box<dyn Writer>),
    Done,
}

impl Opening {
    fn writer(&mut self, to: &dyn Format, settings: &Settings) -> Result<&mut Self, Complaint> {
        if matches!(self, Self::Target(_))
            && let Self::Target(target) = std::mem::replace(self, Self::Done)
        {
            *self = Self::Writer(to.write(target, settings)?);
        }
        Ok(self)
    }
}

/// Writes a record; the outer error ends the conversion, the inner one is about this record.
fn hand_on(
    mut record: Record,
    (to, open): (&dyn Format, &mut Opening),
    settings: &Settings,
    rules: Rules,
    summary: &mut Summary,
) -> Result<Result<(), Complaint>, Stopped> {
    let mut lost = Lost::default();
    if let (Some(folder), Some(content)) = (&settings.put_images, &record.image.content) {
        let put = put_image(folder, &record.image.path, content);
        put.map_err(Stopped::Row)?;
        record.image.content.take_if(|_| !to.carries().content);
    }
    let carries = Carries {
        coordinates: match to.carries().talks {
            Talks::All => settings.coordinates.unwrap_or(to.carries().coordinates),
            _ => to.carries().coordinates,
        },
        ..to.carries()
    };
    lost.take(&mut record, &carries, settings);
    if let Some((what, _)) = lost.counted.iter().next().filter(|_| rules.strict) {
        return Err(Stopped::Lost {
            image: record.image.path.to_string(),
            what: what.clone(),
            format: to.name(),
        });
    }
    let opened = open.writer(to, settings).map_err(Stopped::Row)?;
    if let Opening::Writer(writer) = opened
        && let Err(complaint) = writer.write(&record)
    {
        return Ok(Err(with_advice(complaint)));
    }
    summary.images += u64::from(!lost.image);
    summary.regions += record.regions.len() as u64;
    summary.conversations += record.talks.len() as u64;
    add(&mut summary.lost, lost.counted);
    add(&mut summary.lost, lost.rounded);
    add(&mut summary.remarks, record.remarks);
    Ok(Ok(()))
}

fn with_advice(complaint: Complaint) -> Complaint {
    let fault = match complaint.fault {
        Fault::Box(GeometryError::NoSize) => Fault::other(format!(
            "{}; name the folder of the image files (--images)",
            GeometryError::NoSize
        )),
        fault => fault,
    };
    Complaint { fault, ..complaint }
}

fn add(sum: &mut BTreeMap<String, u64>, counted: BTreeMap<String, u64>) {
    for (what, count) in counted {
        *sum.entry(what).or_default() += count;
    }
}

/// What is taken out of a record because its target has no place for it.
#[derive(Default)]
struct Lost {
    counted: BTreeMap<String, u64>,
    /// Boxes that a grid moves by less than a cell; nobody who chose the grid is surprised by that.
    rounded: BTreeMap<String, u64>,
    /// Whether nothing of the record is left to be written.
    image: bool,
}

impl Lost {
    fn count(&mut self, what: impl Into<String>, count: usize) {
        if count > 0 {
            *self.counted.entry(what.into()).or_default() += count as u64;
        }
    }

    fn take(&mut self, record: &mut Record, carries: &Carries, settings: &Settings) {
        self.take_names(record, carries, settings);
        self.take_descriptions(record, carries, settings);
        self.take_presence(record, carries);
        self.take_regions(record, carries, settings);
        self.take_labels(record, carries);
        self.take_report(record, carries, settings);
        self.take_talks(record, carries, settings);
        if !carries.split && record.image.split.take().is_some() {
            self.count("marks of train, val or test", 1);
        }
        if !carries.modality && record.image.modality.take().is_some() {
            self.count("modalities of images", 1);
        }
        if !carries.content && record.image.content.take().is_some() {
            self.count(
                "image files in the data set itself (--put-images keeps them)",
                1,
            );
        }
        self.take_readers(record, carries);
        self.take_rounding(record, carries);
        let says = record
            .regions
            .iter()
            .any(|r| r.spoken || !r.names.is_empty() || !r.texts.is_empty());
        let bare = !says
            && record.labels.is_empty()
            && record.report.is_empty()
            && record.talks.is_empty();
        if bare && !carries.bare_images {
            self.image = true;
            self.count("images of which nothing is said", 1);
            self.count("regions without a name", record.regions.len());
        }
    }

    fn take_names(&mut self, record: &mut Record, carries: &Carries, settings: &Settings) {
        let regions = record.regions.iter_mut().map(|region| &mut region.names);
        let labels = record.labels.iter_mut().map(|label| &mut label.names);
        for names in regions.chain(labels) {
            self.keep(names, carries.names, settings, "names");
        }
    }

    /// Keeps the texts in the languages that there is a place for; of one language the first, or whatever there is.
    fn keep(&mut self, texts: &mut Texts, langs: Langs, settings: &Settings, what: &str) {
        let first = settings.lang();
        let one = match texts.contains_key(&first) {
            true => Some(first),
            false => texts.keys().next().cloned(),
        };
        let kept = |lang: &Lang| match langs {
            Langs::All => true,
            Langs::None => false,
            Langs::One => one.as_ref() == Some(lang),
            Langs::Named => settings.langs.contains(lang),
        };
        texts.retain(|lang, text| {
            let keep = kept(lang) || text.trim().is_empty();
            self.count(format!("{what} in {lang}"), usize::from(!keep));
            keep
        });
    }

    fn take_descriptions(&mut self, record: &mut Record, carries: &Carries, settings: &Settings) {
        for region in &mut record.regions {
            match carries.descriptions {
                Langs::None => {
                    let said = region.texts.values().filter(|text| !text.trim().is_empty());
                    self.count("descriptions", said.count());
                    region.texts.clear();
                }
                langs => self.keep(&mut region.texts, langs, settings, "descriptions"),
            }
        }
    }

    fn take_readers(&mut self, record: &mut Record, carries: &Carries) {
        if !carries.readers {
            let readers = record.regions.iter_mut().filter_map(|r| r.reader.take());
            self.count("readers of regions", readers.count());
        }
    }

    fn take_presence(&mut self, record: &mut Record, carries: &Carries) {
        let count = |presence| {
            record
                .regions
                .iter()
                .filter(|r| r.presence == presence)
                .count()
        };
        let (absent, uncertain) = (count(Presence::Absent), count(Presence::Uncertain));
        match carries.presence {
            Presences::All => {}
            Presences::Absence => {
                self.count("boxes of what is absent", absent);
                self.count("doubts about regions, told as present,", uncertain);
            }
            Presences::Present => {
                self.count("regions of what is absent", absent);
                self.count("doubts about regions, told as present,", uncertain);
                remove(record, |region| region.presence == Presence::Absent);
            }
        }
    }

    fn take_regions(&mut self, record: &mut Record, carries: &Carries, settings: &Settings) {
        if carries.nameless {
            return;
        }
        let lang = settings.lang();
        let nameless = |region: &Marked| one_name(&region.names, &lang).is_none();
        self.count(
            "regions without a name",
            record.regions.iter().filter(|r| nameless(r)).count(),
        );
        remove(record, nameless);
    }

    fn take_labels(&mut self, record: &mut Record, carries: &Carries) {
        let regions = &record.regions;
        let mut lost = 0;
        match carries.labels {
            Labels::All => {}
            Labels::None => {
                lost = record
                    .labels
                    .iter()
                    .filter(|label| !is_shown(label, regions))
                    .count();
                record.labels.clear();
            }
            Labels::Places => record.labels.retain(|label| {
                let kept = label.presence == Presence::Absent || is_shown(label, regions);
                lost += usize::from(!kept);
                kept
            }),
        }
        self.count("labels of images", lost);
    }

    fn take_report(&mut self, record: &mut Record, carries: &Carries, settings: &Settings) {
        if !carries.report {
            self.count("sentences of reports", record.report.len());
            record.report.clear();
        }
        for said in &mut record.report {
            self.keep(&mut said.texts, carries.descriptions, settings, "sentences");
        }
    }

    fn take_talks(&mut self, record: &mut Record, carries: &Carries, settings: &Settings) {
        match carries.talks {
            Talks::All => {}
            Talks::None => {
                self.count(
                    "questions with their answers",
                    record.talks.iter().map(|talk| talk.turns.len()).sum(),
                );
                record.talks.clear();
            }
            Talks::Questions => {
                let before = record.talks.len();
                record
                    .talks
                    .retain(|talk| settings.langs.contains(&talk.lang));
                self.count(
                    "conversations in another language",
                    before - record.talks.len(),
                );
                let system = |talk: &Talk| usize::from(talk.system.is_some());
                self.count(
                    "instructions before a conversation",
                    record.talks.iter().map(system).sum(),
                );
                let longer = record
                    .talks
                    .iter()
                    .filter(|talk| talk.turns.len() > 1)
                    .count();
                self.count(
                    "conversations that become single questions, whose order",
                    longer,
                );
            }
        }
    }

    fn take_rounding(&mut self, record: &Record, carries: &Carries) {
        if carries.talks != Talks::All || carries.coordinates == Coordinates::Pixels {
            return;
        }
        let size = record.image.size;
        let shares = |corners: [f64; 4]| corners.map(|c| (c * 1000.0).round() / 1000.0);
        let moved = record.regions.iter().filter(|region| {
            let written = carries.coordinates.write(&region.extent, size);
            let written = written.map(|corners| match carries.coordinates {
                Coordinates::Shares => shares(corners),
                _ => corners,
            });
            let back = written.and_then(|corners| carries.coordinates.read(corners, size));
            let (Ok(exact), Ok((back, _))) = (region.extent.shares(size), back) else {
                return false;
            };
            let back = back.shares(size).map_or(exact, |back| back);
            exact
                .corners()
                .iter()
                .zip(back.corners())
                .any(|(a, b)| (a - b).abs() > 1e-9)
        });
        let count = moved.count() as u64;
        if count > 0 {
            self.rounded.insert(
                "fractions of boxes, which are rounded to its grid,".to_owned(),
                count,
            );
        }
    }
}

/// Takes regions out; whatever spoke of them speaks of the others alone.
fn remove(record: &mut Record, gone: impl Fn(&Marked) -> bool) {
    let mut places = Vec::new();
    let mut next = 0usize;
    for region in &record.regions {
        places.push((!gone(region)).then_some(next));
        next += usize::from(!gone(region));
    }
    record.regions.retain(|region| !gone(region));
    for said in &mut record.report {
        let kept = said
            .regions
            .iter()
            .filter_map(|region| places.get(*region).copied().flatten());
        said.regions = kept.collect::<BTreeSet<usize>>();
    }
}
