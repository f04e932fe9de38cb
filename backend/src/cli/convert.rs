//! Data sets from one format into another, without a server.

use super::told::Told;
use super::{WrongCall, print};
use anyhow::Context;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use medreg_datasets::formats::convert::{OnError, Rules, Stopped, Summary, convert as run};
use medreg_datasets::formats::source::{ImageFiles, Source, Target, Watch};
use medreg_datasets::formats::{ALL, Complaint, Format, Settings, Shape, all, named};
use medreg_datasets::geometry::Coordinates;
use medreg_datasets::lang::Lang;
use serde::Serialize;
use std::fs::{self, File, Permissions};
use std::io::{self, IsTerminal, Seek};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::{NamedTempFile, TempDir};

#[derive(Args)]
pub(super) struct ConvertArgs {
    /// The format that is read, or the public data set
    #[arg(long, value_name = "FORMAT", value_parser = formats(all()))]
    from: &'static str,
    /// The format that is written
    #[arg(long, value_name = "FORMAT", value_parser = formats(ALL.iter().copied()))]
    to: &'static str,
    /// Languages of names and texts, as `en,zh`; the first is that of names and texts which do not say theirs
    #[arg(
        long,
        value_name = "LANGUAGES",
        value_delimiter = ',',
        default_value = "en,zh"
    )]
    lang: Vec<Lang>,
    /// The folder of the image files, for sizes that the data set does not say and for formats that hold images [default: that of IN]
    #[arg(long, value_name = "FOLDER")]
    images: Option<PathBuf>,
    /// Write no image files into a format that has a place for them
    #[arg(long)]
    without_images: bool,
    /// Put image files that IN holds itself into this folder
    #[arg(long, value_name = "FOLDER")]
    put_images: Option<PathBuf>,
    /// How the conversations of IN write boxes, if not as its format does: pixels, whole-pixels, shares (0 to 1), or the largest number of a grid
    #[arg(long, value_name = "COORDINATES")]
    from_coordinates: Option<Coordinates>,
    /// How the conversations of OUT shall write boxes
    #[arg(long, value_name = "COORDINATES")]
    to_coordinates: Option<Coordinates>,
    /// What becomes of a row that cannot be taken over: nothing at all is written, or the row is left out and told
    #[arg(long, value_name = "WHAT", default_value = "refuse")]
    on_error: Choice,
    /// Refuse what OUT's format has no place for, instead of counting it
    #[arg(long)]
    strict: bool,
    /// Read everything and write nothing; list what would be left out, and why
    #[arg(long)]
    dry_run: bool,
    /// Replace OUT where it is there
    #[arg(long)]
    overwrite: bool,
    /// Print the summary as JSON: on standard output, or standard error where OUT is `-`
    #[arg(long)]
    json: bool,
    /// A file or a folder, as the format has it; `-` for standard input
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where the data set is written; `-` for standard output
    #[arg(value_name = "OUT", required_unless_present = "dry_run")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Choice {
    Refuse,
    Skip,
}

pub(super) fn formats(
    formats: impl Iterator<Item = &'static dyn Format>,
) -> impl TypedValueParser<Value = &'static str> {
    let values = formats.map(|format| PossibleValue::new(format.name()).help(format.about()));
    PossibleValuesParser::new(values).try_map(|name| named(&name).map(|format| format.name()))
}

/// Exit code 1 where a row could not be taken over and none may be left out.
pub(super) async fn convert(args: ConvertArgs) -> anyhow::Result<ExitCode> {
    let told = Told::listen()?;
    let watch: Arc<Watch> = Arc::default();
    let watched = watch.clone();
    // Elsewhere, for a pipe may let one wait.
    let mut work = tokio::task::spawn_blocking(move || work(&args, watched));
    let signal = tokio::select! {
        done = &mut work => return done?,
        signal = told.wait() => signal,
    };
    // What was written so far is taken away again, unless the work waits for a pipe.
    watch.stop();
    let _ = tokio::time::timeout(Duration::from_secs(2), work).await;
    std::process::exit(128 + signal)
}

fn work(args: &ConvertArgs, watch: Arc<Watch>) -> anyhow::Result<ExitCode> {
    let (from, to) = (format(args.from)?, format(args.to)?);
    let source = source(args, from)?;
    let place = Place::of(args, to)?;
    let settings = settings(args, &watch);
    let bar = Bar::show(args, &watch);
    let mut told = Vec::new();
    let mut tell = |complaint: &Complaint| {
        bar.above(&format!("medreg: {complaint}"));
        if args.json && told.len() < MOST_TOLD {
            told.push(complaint.to_string());
        }
    };
    let rules = Rules {
        on_error: match (args.on_error, args.dry_run) {
            (Choice::Refuse, false) => OnError::Refuse,
            _ => OnError::Skip,
        },
        strict: args.strict && !args.dry_run,
    };
    let target = place.target()?;
    let done = run(
        (from, source),
        (to, target),
        [&settings[0], &settings[1]],
        rules,
        &mut tell,
    );
    drop(bar);
    if let Ok(summary) = &done
        && !args.dry_run
    {
        place.put().with_context(|| {
            format!(
                "{} images were converted, but not put in their place",
                summary.images
            )
        })?;
    }
    finish(args, done, told)
}

/// The most rows that a JSON summary lists; all are told on standard error.
const MOST_TOLD: usize = 1000;

fn format(name: &str) -> Result<&'static dyn Format, WrongCall> {
    named(name).map_err(WrongCall)
}

fn is_pipe(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn source(args: &ConvertArgs, from: &dyn Format) -> anyhow::Result<Source> {
    if !is_pipe(&args.input) {
        let found = fs::metadata(&args.input);
        found.map_err(|error| {
            WrongCall(format!("{} cannot be read: {error}", args.input.display()))
        })?;
        return Ok(Source::Path(args.input.clone()));
    }
    // A file of MedRegInstruct's lines may come alone.
    match from.shape() == Shape::Folder && from.name() != "medreginstruct" {
        true => Err(WrongCall(format!(
            "{} is a folder of files: name the folder, not `-`",
            from.name()
        ))
        .into()),
        false => Ok(Source::Stream(Box::new(io::stdin()))),
    }
}

/// Settings for reading and for writing.
fn settings(args: &ConvertArgs, watch: &Arc<Watch>) -> [Settings; 2] {
    let beside = match args.input.is_dir() {
        true => args.input.clone(),
        false => args.input.parent().map(Path::to_owned).unwrap_or_default(),
    };
    let folders = match &args.images {
        Some(folder) => vec![folder.clone(), beside],
        None => vec![beside],
    };
    let reading = Settings {
        langs: args.lang.clone(),
        coordinates: args.from_coordinates,
        images: ImageFiles::below(folders),
        hold_images: !args.without_images,
        put_images: args.put_images.clone().filter(|_| !args.dry_run),
        watch: watch.clone(),
        ..Settings::default()
    };
    let writing = Settings {
        coordinates: args.to_coordinates,
        ..reading.clone()
    };
    [reading, writing]
}

/// Where the output is made before it goes into its place, whole.
enum Place {
    Nowhere,
    Pipe(File),
    /// A pipe that may get what has been converted before all is.
    Flowing,
    File(NamedTempFile, PathBuf, bool),
    Folder(TempDir, PathBuf),
}

impl Place {
    fn of(args: &ConvertArgs, to: &dyn Format) -> anyhow::Result<Self> {
        let Some(output) = args.output.as_ref().filter(|_| !args.dry_run) else {
            return Ok(Self::Nowhere);
        };
        match (is_pipe(output), to.shape(), args.on_error) {
            (true, Shape::Folder, _) => Err(WrongCall(format!(
                "{} is a folder of files: name a folder, not `-`",
                to.name()
            ))
            .into()),
            (true, Shape::Stream, Choice::Refuse) => Ok(Self::Pipe(tempfile::tempfile()?)),
            (true, Shape::Stream, Choice::Skip) => Ok(Self::Flowing),
            (false, shape, _) => Self::beside(output, shape, args.overwrite),
        }
    }

    fn beside(output: &Path, shape: Shape, overwrite: bool) -> anyhow::Result<Self> {
        let empty = fs::read_dir(output).is_ok_and(|mut entries| entries.next().is_none());
        if output.exists() && !overwrite && !(empty && shape == Shape::Folder) {
            return Err(WrongCall(format!(
                "{} is there already: name another place, or say --overwrite",
                output.display()
            ))
            .into());
        }
        if shape == Shape::Stream && output.is_dir() {
            return Err(WrongCall(format!(
                "{} is a folder, and this format is one file",
                output.display()
            ))
            .into());
        }
        let folder = match output.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let failed = |error: io::Error| {
            WrongCall(format!(
                "{} cannot be written into: {error}",
                folder.display()
            ))
        };
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!(".{name}.");
        let mut made = tempfile::Builder::new();
        made.prefix(&prefix);
        // As a program makes any file: what the umask leaves.
        match shape {
            Shape::Stream => {
                let made = made
                    .permissions(Permissions::from_mode(0o666))
                    .tempfile_in(folder);
                Ok(Self::File(
                    made.map_err(failed)?,
                    output.to_owned(),
                    overwrite,
                ))
            }
            Shape::Folder => {
                let made = made
                    .permissions(Permissions::from_mode(0o777))
                    .tempdir_in(folder);
                Ok(Self::Folder(made.map_err(failed)?, output.to_owned()))
            }
        }
    }

    fn target(&self) -> io::Result<Target> {
        Ok(match self {
            Self::Nowhere => Target::Nowhere,
            Self::Pipe(file) => Target::Stream(Box::new(file.try_clone()?)),
            Self::Flowing => Target::Stream(Box::new(io::stdout())),
            Self::File(file, ..) => Target::Stream(Box::new(file.reopen()?)),
            Self::Folder(folder, _) => Target::Folder(folder.path().to_owned()),
        })
    }

    /// Puts the whole output into its place.
    fn put(self) -> anyhow::Result<()> {
        match self {
            Self::Nowhere | Self::Flowing => {}
            Self::Pipe(mut file) => {
                file.rewind()?;
                io::copy(&mut file, &mut io::stdout())?;
            }
            Self::File(file, output, overwrite) => {
                file.as_file().sync_all()?;
                match overwrite {
                    true => file.persist(output)?,
                    false => file.persist_noclobber(output)?,
                };
            }
            Self::Folder(folder, output) => put_folder(folder, &output)?,
        }
        Ok(())
    }
}

/// One folder takes the place of another, which is moved away before and removed after.
fn put_folder(folder: TempDir, output: &Path) -> io::Result<()> {
    let made = folder.keep();
    if output.is_dir() && fs::remove_dir(output).is_err() {
        let old = made.with_extension("old");
        fs::rename(output, &old)?;
        fs::rename(&made, output)?;
        return fs::remove_dir_all(old);
    }
    fs::rename(made, output)
}

/// A bar on a terminal: of bytes while rows are read, of images while they are written.
struct Bar {
    bar: ProgressBar,
    over: Arc<AtomicBool>,
    shown: Option<std::thread::JoinHandle<()>>,
}

impl Bar {
    fn show(args: &ConvertArgs, watch: &Arc<Watch>) -> Self {
        let bar = match io::stderr().is_terminal() {
            true => ProgressBar::new(total(&args.input)),
            false => ProgressBar::hidden(),
        };
        let over: Arc<AtomicBool> = Arc::default();
        let shown = (!bar.is_hidden()).then(|| {
            let (bar, watch, over) = (bar.clone(), watch.clone(), over.clone());
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    step(&bar, &watch);
                    std::thread::park_timeout(Duration::from_millis(200));
                }
            })
        });
        Self { bar, over, shown }
    }

    /// A line above the bar.
    fn above(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }
}

fn step(bar: &ProgressBar, watch: &Watch) {
    let style = |template| {
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
    };
    match watch.images() {
        (_, 0) => {
            bar.set_style(style(
                "reading {wide_bar} {bytes}/{total_bytes} {elapsed} · {eta} left",
            ));
            bar.set_position(watch.bytes());
        }
        (done, images) => {
            bar.set_style(style(
                "images {wide_bar} {human_pos}/{human_len} {msg} {elapsed} · {eta} left",
            ));
            bar.set_message(HumanBytes(watch.bytes()).to_string());
            bar.set_length(images);
            bar.set_position(done);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(shown) = self.shown.take() {
            shown.thread().unpark();
            let _ = shown.join();
        }
        self.bar.finish_and_clear();
    }
}

/// Bytes that will be read, as far as that is known: of a file all, of a folder its lines.
fn total(input: &Path) -> u64 {
    let length = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
    let Ok(entries) = fs::read_dir(input) else {
        return length(input);
    };
    let below = entries.flatten().map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => total(&entry.path()),
        _ if entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "jsonl") =>
        {
            length(&entry.path())
        }
        _ => 0,
    });
    below.sum()
}

/// The summary for a program.
#[derive(Serialize)]
struct Account<'a> {
    from: &'a str,
    to: &'a str,
    dry_run: bool,
    /// Why nothing was written; `null` where it was, or would have been.
    refused: Option<String>,
    #[serde(flatten)]
    summary: Summary,
    /// The rows that were left out, the first thousand.
    left_out: Vec<String>,
}

fn finish(
    args: &ConvertArgs,
    done: Result<Summary, Stopped>,
    told: Vec<String>,
) -> anyhow::Result<ExitCode> {
    let (summary, refused) = match done {
        Ok(summary) => {
            let refused = would_be_refused(args, &summary);
            (summary, refused)
        }
        Err(stopped) => (Summary::default(), Some(stopped.to_string())),
    };
    let problem = refused.is_some();
    if args.json {
        let told = Account {
            from: args.from,
            to: args.to,
            dry_run: args.dry_run,
            refused,
            summary,
            left_out: told,
        };
        match args.output.as_deref().is_some_and(is_pipe) {
            true => eprintln!("{}", serde_json::to_string_pretty(&told)?),
            false => print::json(&told)?,
        }
    } else {
        say(args, &summary, refused.as_deref());
    }
    Ok(match problem {
        true => ExitCode::from(1),
        false => ExitCode::SUCCESS,
    })
}

/// What a dry run found that the run itself would stop at.
fn would_be_refused(args: &ConvertArgs, summary: &Summary) -> Option<String> {
    if !args.dry_run {
        return None;
    }
    if summary.skipped > 0 && matches!(args.on_error, Choice::Refuse) {
        return Some(format!(
            "{} rows cannot be taken over, so that nothing would be written",
            number(summary.skipped)
        ));
    }
    let lost: u64 = summary.lost.values().sum();
    (args.strict && lost > 0).then(|| {
        format!(
            "{} things would be lost, so that nothing would be written",
            number(lost)
        )
    })
}

fn say(args: &ConvertArgs, summary: &Summary, refused: Option<&str>) {
    if let (Some(refused), false) = (refused, args.dry_run) {
        eprintln!("medreg: {refused}");
        let advice = match args.strict {
            true => "--dry-run lists what would be lost, and all bad rows",
            false => "--dry-run lists all such rows, --on-error skip leaves them out",
        };
        eprintln!("medreg: nothing was written; {advice}");
        return;
    }
    let would = if args.dry_run { "would be " } else { "" };
    let Summary {
        images,
        regions,
        conversations,
        skipped,
        ..
    } = summary;
    let [images, regions, conversations] = [images, regions, conversations].map(|n| number(*n));
    eprintln!(
        "medreg: {images} images, {regions} regions, {conversations} conversations {would}written as {}",
        args.to
    );
    if *skipped > 0 {
        eprintln!(
            "medreg: {} rows {would}left out, each told above",
            number(*skipped)
        );
    }
    for (what, count) in &summary.lost {
        eprintln!(
            "medreg: {} {what} have no place in {}",
            number(*count),
            args.to
        );
    }
    for (what, count) in &summary.remarks {
        eprintln!("medreg: {} × {what}", number(*count));
    }
    if let Some(refused) = refused {
        eprintln!("medreg: {refused}");
    }
}

/// `3201` as `3,201`.
fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut said = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}
