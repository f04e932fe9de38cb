//! A data set in: its images, and what it says of them as its readers' submitted annotations.

use super::convert::Choice;
use super::import::ImportArgs;
use super::installation::{Installation, Reach};
use super::{Place, WrongCall, print};
use crate::services::images::{self, Upload};
use crate::services::{Actor, ServiceError, annotations, projects};
use crate::store::accounts;
use crate::store::images::ImageState;
use crate::store::projects::Project;
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use medreg_datasets::formats::annotations::{
    CONCEPT, Words, annotations as said_in, unknown_names,
};
use medreg_datasets::formats::complaint::Fault;
use medreg_datasets::formats::record::Record;
use medreg_datasets::formats::source::{ImageFiles, Source};
use medreg_datasets::formats::{Complaint, Settings, named};
use medreg_datasets::ids::{Digest, ImageId};
use medreg_datasets::lang::{Lang, LangPair};
use medreg_datasets::ontology::{Concept, ConceptKey, ConceptKind};
use medreg_datasets::region::ContentRules;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{IsTerminal, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The most rows of a kind that a JSON summary lists; all are told on standard error.
const MOST_TOLD: usize = 1000;

/// What was taken over.
#[derive(Debug, Default, Serialize)]
struct Taken {
    /// Images that were not there before.
    images: u64,
    /// Images that were.
    known: u64,
    /// Annotations that were submitted.
    annotations: u64,
    /// Their regions.
    regions: u64,
    /// Concepts that the ontology got.
    concepts: u64,
    /// Images whose annotations wait, as they do, for a person to say that no patient data is burned in.
    waiting: u64,
    /// What could not be taken over, and why.
    left_out: Vec<String>,
    /// How many of those there are.
    left_out_count: u64,
}

/// A data set on its way in.
struct Import<'a> {
    args: &'a ImportArgs,
    from: &'static str,
    input: PathBuf,
    settings: Settings,
    project: Project,
    ontology: Vec<Concept>,
    /// Every account by its name.
    readers: BTreeMap<String, Actor>,
    taken: Taken,
    bar: ProgressBar,
}

/// Exit code 1 where something could not be taken over.
pub(super) async fn import(
    place: &Place,
    args: &ImportArgs,
    from: &'static str,
) -> anyhow::Result<ExitCode> {
    let [input] = &args.paths[..] else {
        return Err(WrongCall(
            "with --from, one data set at a time is taken: name one path".into(),
        )
        .into());
    };
    let installation = Installation::open(place, Reach::Objects).await?;
    let actor = installation.administrator().await?;
    let id = installation.project(&actor, &args.project).await?;
    let (project, _) = projects::project(&installation.hospital, &actor, id).await?;
    let mut import = Import {
        args,
        from,
        input: input.clone(),
        settings: settings(args, input, &project.langs),
        ontology: projects::concepts(&installation.hospital, &actor, id).await?,
        readers: readers(&installation).await?,
        project,
        taken: Taken::default(),
        bar: bar(),
    };
    let done = import.work(&installation, &actor).await;
    import.bar.finish_and_clear();
    installation.close().await?;
    done?;
    import.tell()
}

async fn readers(installation: &Installation) -> anyhow::Result<BTreeMap<String, Actor>> {
    let mut conn = installation.hospital.pool.acquire().await?;
    let users = accounts::users(&mut conn).await?;
    let named = users
        .iter()
        .map(|user| (user.username.clone(), Actor::from(user)));
    Ok(named.collect())
}

fn settings(args: &ImportArgs, input: &Path, langs: &LangPair) -> Settings {
    let beside = match input.is_dir() {
        true => input.to_owned(),
        false => input.parent().map(Path::to_owned).unwrap_or_default(),
    };
    Settings {
        langs: langs.both().to_vec(),
        images: ImageFiles::below(args.images.iter().cloned().chain([beside]).collect()),
        ..Settings::default()
    }
}

fn bar() -> ProgressBar {
    let bar = match std::io::stderr().is_terminal() {
        true => ProgressBar::new(0),
        false => ProgressBar::hidden(),
    };
    let style = ProgressStyle::with_template(
        "{msg} {wide_bar} {human_pos}/{human_len} {elapsed} · {eta} left",
    );
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl Import<'_> {
    /// Everything is read and checked before anything is written, so that a data set is taken as a whole or not at all.
    async fn work(&mut self, installation: &Installation, actor: &Actor) -> anyhow::Result<()> {
        if self.args.add_concepts {
            self.add_concepts(installation, actor).await?;
        }
        let records = self.check()?;
        let stop = self.taken.left_out_count > 0 && matches!(self.args.on_error, Choice::Refuse);
        if self.args.dry_run || stop {
            return Ok(());
        }
        self.taken = Taken {
            concepts: self.taken.concepts,
            ..Taken::default()
        };
        self.bar.set_message("images");
        self.bar.set_length(records);
        for record in self.records()? {
            match record {
                Ok(record) => {
                    if let Err(why) = self.take(installation, actor, &record).await? {
                        self.leave_out(format!("{}: {why}", record.image.path));
                    }
                }
                Err(complaint) => self.complain(complaint)?,
            }
            self.bar.inc(1);
        }
        Ok(())
    }

    fn records(&self) -> anyhow::Result<impl Iterator<Item = Result<Record, Complaint>> + use<>> {
        let format = named(self.from).map_err(WrongCall)?;
        let read = format.read(Source::Path(self.input.clone()), &self.settings);
        read.map_err(|complaint| anyhow::anyhow!("{complaint}"))
    }

    fn words(&self) -> Words<'_> {
        Words {
            langs: &self.project.langs,
            ontology: &self.ontology,
        }
    }

    /// Counts what is there, and finds all that cannot be taken over.
    fn check(&mut self) -> anyhow::Result<u64> {
        let concepts: BTreeSet<ConceptKey> = self.ontology.iter().map(|c| c.key.clone()).collect();
        let mut read = 0;
        for record in self.records()? {
            read += 1;
            match record {
                Ok(record) => match self.fault(&record, &concepts) {
                    None => {
                        self.taken.images += 1;
                        self.taken.regions += record.regions.len() as u64;
                    }
                    Some(why) => self.leave_out(format!("{}: {why}", record.image.path)),
                },
                Err(complaint) => self.complain(complaint)?,
            }
        }
        Ok(read)
    }

    fn fault(&self, record: &Record, concepts: &BTreeSet<ConceptKey>) -> Option<String> {
        let path = &record.image.path;
        let images = &self.settings.images;
        if record.image.content.is_none() && images.find(path).is_none() {
            return Some("its image file is not there: say with --images where they are".into());
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
        let rules = ContentRules {
            size,
            frames: 1,
            langs: &self.project.langs,
            concepts,
        };
        let faults = said
            .values()
            .filter_map(|content| content.check_complete(&rules).err());
        faults.map(|fault| fault.to_string()).next()
    }

    fn complain(&mut self, complaint: Complaint) -> anyhow::Result<()> {
        if complaint.is_final() {
            anyhow::bail!("{complaint}");
        }
        self.leave_out(complaint.to_string());
        Ok(())
    }

    fn leave_out(&mut self, why: String) {
        self.bar.suspend(|| eprintln!("medreg: {why}"));
        self.taken.left_out_count += 1;
        if self.taken.left_out.len() < MOST_TOLD {
            self.taken.left_out.push(why);
        }
    }

    /// Takes an image in with what is said of it; the inner error is about this image alone.
    async fn take(
        &mut self,
        installation: &Installation,
        actor: &Actor,
        record: &Record,
    ) -> anyhow::Result<Result<(), String>> {
        let hospital = &installation.hospital;
        let upload = match self.upload(record) {
            Ok(upload) => upload,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let image = match images::take_in(hospital, actor, self.project.id, upload).await {
            Ok((image, fresh)) => {
                self.taken.images += u64::from(fresh);
                self.taken.known += u64::from(!fresh);
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
            self.taken.waiting += 1;
            return Ok(Ok(()));
        }
        for (reader, content) in said {
            let reader = match self.reader(reader.as_ref()) {
                Ok(reader) => reader.unwrap_or(actor),
                Err(why) => return Ok(Err(why)),
            };
            match annotations::bring_in(hospital, actor, reader, image.id, &content).await {
                Ok(fresh) => {
                    self.taken.annotations += u64::from(fresh);
                    self.taken.regions += if fresh {
                        content.regions.len() as u64
                    } else {
                        0
                    };
                }
                Err(error) => return about_this(error),
            }
        }
        Ok(Ok(()))
    }

    /// Whose words a reader's of the data set become; `None` for the administrator's own.
    fn reader(&self, named: Option<&String>) -> Result<Option<&Actor>, String> {
        let Some(name) = named.or(self.args.reader.as_ref()) else {
            return Ok(None);
        };
        let unknown = || {
            format!(
                "there is no account `{name}` to be its reader: make one, and a member of the project"
            )
        };
        self.readers.get(name).map(Some).ok_or_else(unknown)
    }

    fn upload(&self, record: &Record) -> anyhow::Result<Upload> {
        let path = &record.image.path;
        let file = match (&record.image.content, self.settings.images.find(path)) {
            (Some(content), _) => {
                let mut file = tempfile::tempfile()?;
                file.write_all(content)?;
                file.rewind()?;
                file
            }
            (None, Some(found)) => {
                File::open(&found).with_context(|| found.display().to_string())?
            }
            (None, None) => anyhow::bail!("its image file is not there"),
        };
        Ok(Upload {
            file_name: path.as_str().to_owned(),
            file,
            patient: self.args.patient.clone(),
            study: None,
            modality: record.image.modality.or(self.args.modality),
            attested: self.args.attested,
            split: record.image.split,
        })
    }

    /// Makes a concept of every name that none has.
    async fn add_concepts(
        &mut self,
        installation: &Installation,
        actor: &Actor,
    ) -> anyhow::Result<()> {
        let mut names = BTreeSet::new();
        for record in self.records()?.flatten() {
            names.extend(unknown_names(&record, self.words()));
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
        self.taken.concepts = added;
        if added > 0 && !self.args.dry_run {
            let (hospital, id) = (&installation.hospital, self.project.id);
            self.ontology = projects::put_concepts(hospital, actor, id, &self.ontology).await?;
        }
        Ok(())
    }

    /// A concept of these names; where one is missing, the other stands in for it.
    fn concept(&self, names: &[(Lang, String)]) -> anyhow::Result<Concept> {
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
        let key = key_of(names.values().map(String::as_str))?;
        Ok(Concept {
            key,
            kind: ConceptKind::Lesion,
            names,
            synonyms: BTreeMap::new(),
            codes: BTreeMap::new(),
            modalities: Vec::new(),
        })
    }

    fn tell(self) -> anyhow::Result<ExitCode> {
        let Taken {
            images,
            known,
            annotations,
            regions,
            concepts,
            waiting,
            left_out_count,
            ..
        } = self.taken;
        let refused = left_out_count > 0 && matches!(self.args.on_error, Choice::Refuse);
        if self.args.json {
            print::json(&self.taken)?;
        } else if self.args.dry_run || refused {
            print::line(&format!(
                "{images} images with {regions} regions could be taken over, {left_out_count} could not; {concepts} concepts are new"
            ))?;
            print::line("nothing was taken over")?;
        } else {
            print::line(&format!(
                "{images} images added, {known} known already; {annotations} annotations with {regions} regions; {concepts} concepts added; {left_out_count} left out"
            ))?;
            if waiting > 0 {
                print::line(&format!(
                    "{waiting} images wait for a person's word that no patient data is burned in: import again after that, or with --attested"
                ))?;
            }
        }
        Ok(ExitCode::from(u8::from(left_out_count > 0)))
    }
}

/// What is wrong with one image is told of it; what is wrong with the store stops everything.
fn about_this(error: ServiceError) -> anyhow::Result<Result<(), String>> {
    match error {
        ServiceError::BadImage { source, .. } => Ok(Err(source.to_string())),
        error @ (ServiceError::Invalid { .. }
        | ServiceError::Content(_)
        | ServiceError::Forbidden(_)
        | ServiceError::NotFound(_)) => Ok(Err(error.to_string())),
        error => Err(error.into()),
    }
}

/// What to do where a name is unknown.
fn advice(fault: &Fault) -> String {
    match fault {
        Fault::Unknown { what, .. } if *what == CONCEPT => {
            format!("{fault} in the project: add it, or say --add-concepts")
        }
        other => other.to_string(),
    }
}

/// A key of the first name that has Latin letters in it, else of the names' hash.
fn key_of<'a>(names: impl Iterator<Item = &'a str> + Clone) -> anyhow::Result<ConceptKey> {
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
        None => Ok(hash().parse()?),
    }
}
