//! A data set into a project: its images, and what it says of them as its readers' submitted annotations. The shell takes one over
//! from its own disk, a server what was sent to it; both go through here.

use super::images::{self, Upload};
use super::{Actor, Hospital, Outcome, ServiceError, access, annotations, projects};
use crate::store::images::ImageState;
use crate::store::imports::{Choices, ImportCounts, LeftOut};
use crate::store::projects::Project;
use crate::store::{self, accounts};
use medreg_datasets::formats::annotations::{
    CONCEPT, Words, annotations as said_in, unknown_names,
};
use medreg_datasets::formats::complaint::{At, Fault};
use medreg_datasets::formats::record::{Record, name_in};
use medreg_datasets::formats::source::{ImageFiles, Source, Watch};
use medreg_datasets::formats::{Complaint, Settings, named};
use medreg_datasets::ids::{Digest, ImageId, ProjectId};
use medreg_datasets::lang::Lang;
use medreg_datasets::ontology::{Concept, ConceptKey, ConceptKind};
use medreg_datasets::region::ContentRules;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Seek, Write};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Images that are read ahead: one may be an archive's, of a hundred megabytes.
const AHEAD: usize = 2;
/// The most unknown names that are listed; the others are counted as what is left out.
const MOST_UNKNOWN: usize = 200;

/// Where a data set lies on this machine.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file or the folder that is read.
    pub input: PathBuf,
    /// Where image files are looked for, one after the other.
    pub images: Vec<PathBuf>,
}

/// A data set, and the project that it goes into.
#[derive(Debug)]
pub struct DataSet {
    format: String,
    input: PathBuf,
    settings: Settings,
    project: Project,
    ontology: Vec<Concept>,
    /// Who may be a reader, by their name.
    readers: BTreeMap<String, Actor>,
    actor: Actor,
    choices: Choices,
}

/// The images of a data set, read one after the other beside whoever looks at them; dropped, the reading ends.
#[derive(Debug)]
pub struct Records {
    records: mpsc::Receiver<Result<Record, Complaint>>,
    watch: Arc<Watch>,
}

impl Records {
    /// The next image, or the row that is none; the last complaint may end it all ([`Complaint::is_final`]).
    pub async fn next(&mut self) -> Option<Result<Record, Complaint>> {
        self.records.recv().await
    }
}

impl Drop for Records {
    fn drop(&mut self) {
        self.watch.stop();
    }
}

impl DataSet {
    /// Names a data set; nothing of it is read yet.
    pub async fn open(
        hospital: &Hospital,
        actor: &Actor,
        project: ProjectId,
        format: &str,
        place: Place,
        choices: Choices,
    ) -> Outcome<Self> {
        let mut conn = hospital.pool.acquire().await?;
        let needs = access::Permission::Manage;
        let (project, _) = access::project(&mut conn, actor, project, needs).await?;
        let settings = Settings {
            langs: project.langs.both().to_vec(),
            images: ImageFiles::below(place.images),
            ..Settings::default()
        };
        Ok(Self {
            format: format.to_owned(),
            input: place.input,
            settings,
            ontology: store::projects::concepts(&mut conn, project.id).await?,
            readers: readers(&mut conn, project.id).await?,
            project,
            actor: actor.clone(),
            choices,
        })
    }

    /// Its images from the first one on.
    pub fn records(&self) -> Records {
        let watch: Arc<Watch> = Arc::default();
        let settings = Settings {
            watch: watch.clone(),
            ..self.settings.clone()
        };
        let (format, input) = (self.format.clone(), self.input.clone());
        let (hand_on, records) = mpsc::channel(AHEAD);
        // Elsewhere, for a disk may let one wait, and rows may have to be sorted first.
        tokio::task::spawn_blocking(move || {
            let read = named(&format).map(|format| format.read(Source::Path(input), &settings));
            match read {
                Ok(Ok(mut records)) => {
                    while records
                        .next()
                        .is_some_and(|record| hand_on.blocking_send(record).is_ok())
                    {
                    }
                }
                Ok(Err(complaint)) => drop(hand_on.blocking_send(Err(complaint))),
                Err(_) => {}
            }
        });
        Records { records, watch }
    }

    fn words(&self) -> Words<'_> {
        Words {
            langs: &self.project.langs,
            ontology: &self.ontology,
        }
    }

    /// Finds what keeps an image from being taken over, and counts what is in it.
    pub fn check(&self, record: &Record, counts: &mut ImportCounts) -> Result<(), String> {
        count_unknown(unknown_names(record, self.words()), counts);
        let fault = self.fault(record);
        if fault.is_none() {
            counts.images += 1;
            counts.regions += record.regions.len() as u64;
            counts.texts += texts(record);
            let split = record.image.split.map_or("", |split| split.as_str());
            *counts.splits.entry(split.to_owned()).or_default() += 1;
        }
        fault.map_or(Ok(()), Err)
    }

    fn fault(&self, record: &Record) -> Option<String> {
        let path = &record.image.path;
        let images = &self.settings.images;
        if record.image.content.is_none() && images.find(path).is_none() {
            return Some(
                "its image file is not there: send it too, or say in which folder the images are"
                    .into(),
            );
        }
        // Of what cannot be told before it is decoded, a DICOM file for one, boxes are checked then.
        let size = record.image.size.or_else(|| images.size(path))?;
        let said = match said_in(record, ImageId::fresh(), size, self.words()) {
            Ok(said) => said,
            Err(fault) => return Some(advice(&fault)),
        };
        let strange = said
            .keys()
            .find_map(|reader| self.reader(reader.as_ref()).err());
        if strange.is_some() {
            return strange;
        }
        let concepts: BTreeSet<ConceptKey> = self.ontology.iter().map(|c| c.key.clone()).collect();
        let rules = ContentRules {
            size,
            frames: 1,
            langs: &self.project.langs,
            concepts: &concepts,
        };
        let faults = said
            .values()
            .filter_map(|content| content.check_complete(&rules).err());
        faults.map(|fault| fault.to_string()).next()
    }

    /// Takes an image in with what is said of it; the inner error is about this image alone.
    pub async fn take(
        &self,
        hospital: &Hospital,
        record: &Record,
        counts: &mut ImportCounts,
    ) -> Outcome<Result<(), String>> {
        // What is left out is left out whole: else its image would come in without a word.
        if let Some(why) = self.fault(record) {
            return Ok(Err(why));
        }
        let upload = match self.upload(record).await {
            Ok(upload) => upload,
            Err(error) => return Ok(Err(error)),
        };
        let image = match images::take_in(hospital, &self.actor, self.project.id, upload).await {
            Ok((image, fresh)) => {
                counts.images += u64::from(fresh);
                counts.known += u64::from(!fresh);
                image
            }
            Err(error) => return about_this(error),
        };
        let Ok(size) = image.size() else {
            return Ok(Err("its size is not known".into()));
        };
        let said = match said_in(record, image.id, size, self.words()) {
            Ok(said) => said,
            Err(fault) => return Ok(Err(advice(&fault))),
        };
        if image.state == ImageState::WaitingAttestation && !said.is_empty() {
            counts.waiting += 1;
            return Ok(Ok(()));
        }
        for (reader, content) in said {
            let reader = match self.reader(reader.as_ref()) {
                Ok(reader) => reader,
                Err(why) => return Ok(Err(why)),
            };
            let brought =
                annotations::bring_in(hospital, &self.actor, reader, image.id, &content).await;
            match brought {
                Ok(true) => {
                    counts.annotations += 1;
                    counts.regions += content.regions.len() as u64;
                }
                Ok(false) => {}
                Err(error) => return about_this(error),
            }
        }
        Ok(Ok(()))
    }

    /// Whose words a reader's of the data set become: those of whoever brings it, where nobody is named.
    fn reader(&self, named: Option<&String>) -> Result<&Actor, String> {
        let Some(name) = named.or(self.choices.reader.as_ref()) else {
            return Ok(&self.actor);
        };
        self.readers.get(name).ok_or_else(|| {
            format!("there is no account `{name}` to be its reader: make one, and a member of the project")
        })
    }

    async fn upload(&self, record: &Record) -> Result<Upload, String> {
        let path = &record.image.path;
        let found = self.settings.images.find(path);
        let content = record.image.content.clone();
        let open = move || match (content, found) {
            (Some(content), _) => {
                let mut file = tempfile::tempfile()?;
                file.write_all(&content)?;
                file.rewind()?;
                Ok(file)
            }
            (None, Some(found)) => File::open(found),
            (None, None) => Err(std::io::Error::other("its image file is not there")),
        };
        let file = tokio::task::spawn_blocking(open).await;
        let file = file.map_err(|e| e.to_string())?;
        Ok(Upload {
            file_name: path.as_str().to_owned(),
            file: file.map_err(|e| e.to_string())?,
            patient: self.choices.patient.clone(),
            study: None,
            modality: record.image.modality.or(self.choices.modality),
            attested: self.choices.attested,
            split: record.image.split,
        })
    }

    /// Makes a concept of every name that none has, as it will be in the project; tells how many.
    pub async fn add_concepts(&mut self) -> Outcome<u64> {
        let mut names = BTreeSet::new();
        let mut records = self.records();
        while let Some(record) = records.next().await {
            if let Ok(record) = record {
                names.extend(unknown_names(&record, self.words()));
            }
        }
        let mut added = 0;
        for names in names {
            let concept = self.concept(&names)?;
            // Two of the names may mean one concept, as a name in one language and that in both do.
            if self.ontology.iter().all(|known| known.key != concept.key) {
                self.ontology.push(concept);
                added += 1;
            }
        }
        Ok(added)
    }

    /// Has the project keep the concepts that were made.
    pub async fn keep_concepts(&mut self, hospital: &Hospital) -> Outcome<()> {
        let (actor, id) = (&self.actor, self.project.id);
        self.ontology = projects::put_concepts(hospital, actor, id, &self.ontology).await?;
        Ok(())
    }

    /// A concept of these names; where one is missing, the other stands in for it.
    fn concept(&self, names: &[(Lang, String)]) -> Outcome<Concept> {
        let any = names
            .first()
            .map(|(_, name)| name.clone())
            .unwrap_or_default();
        let name = |lang: &Lang| {
            let own = names.iter().find(|(other, _)| other == lang);
            own.map_or_else(|| any.clone(), |(_, name)| name.clone())
        };
        let langs = self.project.langs.both().iter();
        let names: BTreeMap<Lang, String> = langs.map(|lang| (lang.clone(), name(lang))).collect();
        Ok(Concept {
            key: key_of(names.values().map(String::as_str))?,
            kind: ConceptKind::Lesion,
            names,
            synonyms: BTreeMap::new(),
            codes: BTreeMap::new(),
            modalities: Vec::new(),
        })
    }
}

/// Whom annotations may be of: the project's members, and administrators.
async fn readers(
    conn: &mut sqlx::PgConnection,
    project: ProjectId,
) -> Outcome<BTreeMap<String, Actor>> {
    let members = store::projects::members(conn, project).await?;
    let members: BTreeSet<_> = members.into_iter().map(|member| member.id).collect();
    let users = accounts::users(conn).await?;
    let readers = users
        .iter()
        .filter(|user| user.is_admin || members.contains(&user.id));
    Ok(readers
        .map(|user| (user.username.clone(), Actor::from(user)))
        .collect())
}

fn count_unknown(names: BTreeSet<Vec<(Lang, String)>>, counts: &mut ImportCounts) {
    for names in names {
        let names: BTreeMap<Lang, String> = names.into_iter().collect();
        let Some(name) = name_in(&names, &Lang::en()).map(str::to_owned) else {
            continue;
        };
        if counts.unknown.len() < MOST_UNKNOWN || counts.unknown.contains_key(&name) {
            *counts.unknown.entry(name).or_default() += 1;
        }
    }
}

/// The texts of an image in all languages.
fn texts(record: &Record) -> u64 {
    let regions = record.regions.iter().map(|region| region.texts.len());
    let report = record.report.iter().map(|said| said.texts.len());
    let talks = record.talks.iter().map(|talk| 2 * talk.turns.len());
    regions.chain(report).chain(talks).sum::<usize>() as u64
}

/// What is wrong with one image is told of it; what is wrong with the store stops everything.
fn about_this(error: ServiceError) -> Outcome<Result<(), String>> {
    match error {
        ServiceError::BadImage { source, .. } => Ok(Err(source.to_string())),
        error @ (ServiceError::Invalid { .. }
        | ServiceError::Content(_)
        | ServiceError::Forbidden(_)
        | ServiceError::NotFound(_)) => Ok(Err(error.to_string())),
        error => Err(error),
    }
}

/// What to do where a name is unknown.
fn advice(fault: &Fault) -> String {
    match fault {
        Fault::Unknown { what, .. } if *what == CONCEPT => {
            format!("{fault} in the project: add it, or have concepts made of unknown names")
        }
        other => other.to_string(),
    }
}

/// What is left out, and where it is.
pub fn left_out(complaint: &Complaint) -> LeftOut {
    let Complaint { file, at, fault } = complaint;
    let (line, reason) = match at {
        At::Whole => (None, fault.to_string()),
        At::Line(line) => (Some(*line), fault.to_string()),
        At::Entry { what, number, line } => (Some(*line), format!("{what} {number}: {fault}")),
        At::Nth(what, number) => (None, format!("{what} {number}: {fault}")),
    };
    LeftOut {
        number: 0,
        file: file.clone(),
        line: line.map(u64::cast_signed),
        reason,
    }
}

/// An image that is left out.
pub fn image_left_out(record: &Record, reason: String) -> LeftOut {
    LeftOut {
        number: 0,
        file: record.image.path.to_string(),
        line: None,
        reason,
    }
}

/// A key of the first name that has Latin letters in it, else of the names' hash.
fn key_of<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Outcome<ConceptKey> {
    let slug = |name: &str| -> Option<ConceptKey> {
        let parts: Vec<String> = name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|part| !part.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let joined = parts.join("_");
        // A long name's end goes, at a letter.
        joined
            .get(..joined.len().min(64))?
            .trim_end_matches('_')
            .parse()
            .ok()
    };
    let hash = || {
        let all: String = names.clone().collect();
        format!("concept_{}", &Digest::of(all.as_bytes()).as_str()[..8])
    };
    match names.clone().find_map(slug) {
        Some(key) => Ok(key),
        None => (hash().parse()).map_err(|e| ServiceError::invalid("concept", e)),
    }
}
