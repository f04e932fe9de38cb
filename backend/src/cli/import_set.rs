//! A data set in, from this machine's disk: its images, and what it says of them as its readers' submitted annotations.

use super::convert::Choice;
use super::import::ImportArgs;
use super::installation::{Installation, Reach};
use super::{Place, WrongCall, print};
use crate::services::data_set::{self, DataSet};
use crate::store::imports::{Choices, ImportCounts, LeftOut};
use indicatif::{ProgressBar, ProgressStyle};
use medreg_datasets::formats::Complaint;
use serde::Serialize;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The most rows of a kind that a JSON summary lists; all are told on standard error.
const MOST_TOLD: usize = 1000;

/// A data set on its way in.
struct Import<'a> {
    args: &'a ImportArgs,
    set: DataSet,
    counts: ImportCounts,
    /// What could not be taken over, and why.
    left_out: Vec<String>,
    bar: ProgressBar,
}

/// What was taken over.
#[derive(Serialize)]
struct Taken<'a> {
    #[serde(flatten)]
    counts: &'a ImportCounts,
    left_out: &'a [String],
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
    let project = installation.project(&actor, &args.project).await?;
    let hospital = &installation.hospital;
    let (place, choices) = (files(args, input), choices(args));
    let mut import = Import {
        args,
        set: DataSet::open(hospital, &actor, project, from, place, choices).await?,
        counts: ImportCounts::default(),
        left_out: Vec::new(),
        bar: bar(),
    };
    let done = import.work(&installation).await;
    import.bar.finish_and_clear();
    installation.close().await?;
    done?;
    import.tell()
}

fn files(args: &ImportArgs, input: &Path) -> data_set::Place {
    let beside = match input.is_dir() {
        true => input.to_owned(),
        false => input.parent().map(Path::to_owned).unwrap_or_default(),
    };
    let images: Vec<PathBuf> = args.images.iter().cloned().chain([beside]).collect();
    let input = input.to_owned();
    data_set::Place { input, images }
}

fn choices(args: &ImportArgs) -> Choices {
    Choices {
        file: None,
        images: None,
        modality: args.modality,
        patient: args.patient.clone(),
        attested: args.attested,
        reader: args.reader.clone(),
        add_concepts: args.add_concepts,
        leave_out: matches!(args.on_error, Choice::Skip),
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
    async fn work(&mut self, installation: &Installation) -> anyhow::Result<()> {
        let hospital = &installation.hospital;
        let concepts = match self.args.add_concepts {
            true => self.set.add_concepts().await?,
            false => 0,
        };
        self.counts.concepts = concepts;
        let records = self.check().await?;
        if self.args.dry_run || self.is_refused() {
            return Ok(());
        }
        if concepts > 0 {
            self.set.keep_concepts(hospital).await?;
        }
        self.counts = ImportCounts {
            concepts,
            ..ImportCounts::default()
        };
        self.left_out.clear();
        self.bar.set_message("images");
        self.bar.set_length(records);
        let mut records = self.set.records();
        while let Some(record) = records.next().await {
            match record {
                Ok(record) => {
                    let taken = self.set.take(hospital, &record, &mut self.counts).await?;
                    if let Err(why) = taken {
                        self.leave_out(&data_set::image_left_out(&record, why));
                    }
                }
                Err(complaint) => self.complain(complaint)?,
            }
            self.bar.inc(1);
        }
        Ok(())
    }

    /// ImportCounts what is there, and finds all that cannot be taken over.
    async fn check(&mut self) -> anyhow::Result<u64> {
        let mut read = 0;
        let mut records = self.set.records();
        while let Some(record) = records.next().await {
            read += 1;
            match record {
                Ok(record) => {
                    if let Err(why) = self.set.check(&record, &mut self.counts) {
                        self.leave_out(&data_set::image_left_out(&record, why));
                    }
                }
                Err(complaint) => self.complain(complaint)?,
            }
        }
        if !self.counts.unknown.is_empty() {
            self.say("names without a concept become concepts with --add-concepts");
        }
        Ok(read)
    }

    fn is_refused(&self) -> bool {
        self.counts.left_out_count > 0 && matches!(self.args.on_error, Choice::Refuse)
    }

    fn complain(&mut self, complaint: Complaint) -> anyhow::Result<()> {
        if complaint.is_final() {
            anyhow::bail!("{complaint}");
        }
        self.leave_out(&data_set::left_out(&complaint));
        Ok(())
    }

    fn leave_out(&mut self, row: &LeftOut) {
        let line = row.line.map(|line| format!(", line {line}"));
        let why = format!("{}{}: {}", row.file, line.unwrap_or_default(), row.reason);
        self.say(&why);
        self.counts.left_out_count += 1;
        if self.left_out.len() < MOST_TOLD {
            self.left_out.push(why);
        }
    }

    fn say(&self, what: &str) {
        self.bar.suspend(|| eprintln!("medreg: {what}"));
    }

    fn tell(self) -> anyhow::Result<ExitCode> {
        let counts = &self.counts;
        let ImportCounts {
            images,
            known,
            annotations,
            regions,
            concepts,
            waiting,
            left_out_count,
            ..
        } = counts;
        if self.args.json {
            let left_out = &self.left_out;
            print::json(&Taken { counts, left_out })?;
        } else if self.args.dry_run || self.is_refused() {
            print::line(&format!(
                "{images} images with {regions} regions could be taken over, {left_out_count} could not; {concepts} concepts are new"
            ))?;
            print::line("nothing was taken over")?;
        } else {
            print::line(&format!(
                "{images} images added, {known} known already; {annotations} annotations with {regions} regions; {concepts} concepts added; {left_out_count} left out"
            ))?;
            if *waiting > 0 {
                print::line(&format!(
                    "{waiting} images wait for a person's word that no patient data is burned in: import again after that, or with --attested"
                ))?;
            }
        }
        Ok(ExitCode::from(u8::from(*left_out_count > 0)))
    }
}
