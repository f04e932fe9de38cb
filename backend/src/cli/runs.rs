//! Runs from the shell: what the page and the API do.

use super::installation::{Installation, Reach};
use super::{Place, WrongCall, print};
use crate::services::runs::{self, Comparison, Launch, NotesChange};
use crate::services::{Actor, Hospital};
use crate::store::runs::{LoggedLine, Run, Wanted};
use clap::{Args, Subcommand};
use medreg_datasets::ids::{Digest, ModelId, RunId};
use medreg_datasets::protocol::{ModelRef, RunConfig};
use serde_json::Value;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(super) enum RunCommand {
    /// List a project's runs, newest first
    #[command(
        after_help = "Example:\n  medreg run list --project 'My first project' --tag best --json"
    )]
    List {
        /// The project's name or id
        #[arg(long)]
        project: String,
        /// Only runs with this tag
        #[arg(long)]
        tag: Option<String>,
        /// Only runs whose name, notes or tags hold this text
        #[arg(long)]
        text: Option<String>,
        /// The most to list
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=500))]
        limit: u16,
        /// Print JSON lines
        #[arg(long)]
        json: bool,
    },
    /// Show a run: how it stands, what it is made of, which checkpoints its worker keeps
    #[command(
        after_help = "Example:\n  medreg run show 0195f3c2-7c1e-7d3a-9a44-0d6c1f0a2b3c --json"
    )]
    Show {
        /// Its id, as `list` prints it
        id: RunId,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Put a run into the queue; a worker takes it
    #[command(
        after_help = "Example:\n  medreg run launch --project 'My first project' --snapshot 3f1c… --set steps=200 --set tuning.kind=lora --set tuning.rank=8 --set tuning.alpha=16"
    )]
    Launch(LaunchArgs),
    /// Ask a run to stop after the step it has reached
    #[command(after_help = "Example:\n  medreg run stop 0195f3c2-7c1e-7d3a-9a44-0d6c1f0a2b3c")]
    Stop {
        /// Its id
        id: RunId,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Go on with a run that failed or was stopped
    #[command(
        after_help = "Example:\n  medreg run resume 0195f3c2-7c1e-7d3a-9a44-0d6c1f0a2b3c --step 400"
    )]
    Resume {
        /// Its id
        id: RunId,
        /// From the checkpoint after this step, as `show` lists them; from the newest where it is not given
        #[arg(long)]
        step: Option<u32>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Put a run like another one into the queue
    #[command(
        after_help = "Example:\n  medreg run clone 0195f3c2-7c1e-7d3a-9a44-0d6c1f0a2b3c --set learning_rate=0.0005"
    )]
    Clone(CloneArgs),
    /// Show where two to six runs of a project differ, and their scores
    #[command(
        after_help = "Example:\n  medreg run compare 0195f3c2-7c1e-7d3a-9a44-0d6c1f0a2b3c 0195f3c9-1b2c-7e4f-8a55-6f7a8b9c0d1e"
    )]
    Compare {
        /// Their ids
        #[arg(required = true, num_args = 2..=6)]
        ids: Vec<RunId>,
        /// Show what is the same too
        #[arg(long)]
        all: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print what a run's workers said, newest last
    #[command(after_help = "Example:\n  medreg run log 0195f3c2-7c1e-7d3a-9a44-0d6c1f0a2b3c")]
    Log {
        /// Its id
        id: RunId,
        /// Print JSON lines
        #[arg(long)]
        json: bool,
    },
    /// Write notes and tags; what is not given stays
    #[command(
        after_help = "Example:\n  medreg run note 0195f3c2-7c1e-7d3a-9a44-0d6c1f0a2b3c --tag best --tag lora --text 'Warm-up too short'"
    )]
    Note {
        /// Its id
        id: RunId,
        /// The notes
        #[arg(long)]
        text: Option<String>,
        /// A tag; those that are given take the place of all before
        #[arg(long)]
        tag: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub(super) struct LaunchArgs {
    /// The project's name or id
    #[arg(long)]
    project: String,
    /// The snapshot's id, as `medreg snapshot list` prints it
    #[arg(long)]
    snapshot: Digest,
    /// What to start from: `shapes`, which ships with the trainer, or a model's id
    #[arg(long, default_value = "shapes")]
    base: String,
    /// What to call it
    #[arg(long)]
    name: Option<String>,
    /// A setting, such as `steps=200` or `tuning.kind=lora`; `medreg run show` lists them
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    settings: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct CloneArgs {
    /// The run to take everything from
    id: RunId,
    /// What to call it; the other one's name with a number after it where it is not given
    #[arg(long)]
    name: Option<String>,
    /// Another snapshot
    #[arg(long)]
    snapshot: Option<Digest>,
    /// Another setting, such as `learning_rate=0.0005`
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    settings: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(place: &Place, command: RunCommand) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(place, Reach::Database).await?;
    let actor = installation.administrator().await?;
    let done = carry_out(&installation, &actor, command).await;
    installation.close().await?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn carry_out(
    installation: &Installation,
    actor: &Actor,
    command: RunCommand,
) -> anyhow::Result<()> {
    let hospital = &installation.hospital;
    match command {
        RunCommand::List {
            project,
            tag,
            text,
            limit,
            json,
        } => {
            let project = installation.project(actor, &project).await?;
            let wanted = Wanted {
                tag: tag.as_deref(),
                text: text.as_deref(),
                after: None,
            };
            let page = runs::list(hospital, actor, project, wanted, limit.into()).await?;
            print::rows(json, &page.runs, cells)
        }
        RunCommand::Show { id, json } => show(&runs::run(hospital, actor, id).await?, json),
        RunCommand::Launch(args) => launch(installation, actor, args).await,
        RunCommand::Stop { id, json } => {
            print::rows(json, &[runs::stop(hospital, actor, id).await?], cells)
        }
        RunCommand::Resume { id, step, json } => {
            let resumed = runs::resume(hospital, actor, id, step).await?;
            print::rows(json, &[resumed], cells)
        }
        RunCommand::Clone(args) => clone(hospital, actor, args).await,
        RunCommand::Compare { ids, all, json } => compare(hospital, actor, &ids, all, json).await,
        RunCommand::Log { id, json } => {
            let lines = runs::log(hospital, actor, id, i64::MAX).await?;
            print::rows(json, &lines, log_cells)
        }
        RunCommand::Note {
            id,
            text,
            tag,
            json,
        } => note(hospital, actor, id, (text, tag), json).await,
    }
}

fn cells(run: &Run) -> [String; 5] {
    [
        run.id.to_string(),
        run.created_at.clone(),
        state_of(run),
        progress_of(run),
        [std::slice::from_ref(&run.name), run.tags.as_slice()]
            .concat()
            .join("  #"),
    ]
}

fn state_of(run: &Run) -> String {
    crate::services::runs::text_of(&serde_json::json!(run.state))
}

/// Before a worker says how much there is to do, it is what the run asks for.
fn progress_of(run: &Run) -> String {
    let total = match run.total {
        0 => run.config.steps.into(),
        told => told,
    };
    format!("{} of {total}", run.done)
}

fn log_cells(line: &LoggedLine) -> [String; 4] {
    [
        line.at.clone(),
        format!("#{}", line.attempt),
        line.level.as_str().to_owned(),
        line.message.clone(),
    ]
}

/// A run in rows of name and value.
fn show(run: &Run, json: bool) -> anyhow::Result<()> {
    if json {
        return print::json(run);
    }
    let mut rows = vec![
        ("name".to_owned(), run.name.clone()),
        ("state".to_owned(), state_of(run)),
        ("done".to_owned(), progress_of(run)),
    ];
    let optional = [
        ("worker", run.worker.clone()),
        ("error", run.error.clone()),
        ("model", run.model_id.map(|id| id.to_string())),
        ("cloned from", run.cloned_from.map(|id| id.to_string())),
        ("tags", Some(run.tags.join(", ")).filter(|t| !t.is_empty())),
        ("notes", Some(run.notes.clone()).filter(|n| !n.is_empty())),
    ];
    let there = optional.into_iter();
    rows.extend(there.filter_map(|(name, value)| Some((name.to_owned(), value?))));
    for held in &run.checkpoints {
        let loss = held
            .loss
            .map_or_else(String::new, |loss| format!(", loss {loss:.4}"));
        let best = if held.best { ", best" } else { "" };
        rows.push((
            "checkpoint".to_owned(),
            format!("step {}{loss}{best}", held.step),
        ));
    }
    rows.extend(runs::made_of(run));
    print::rows(false, &rows, |(name, value)| [name.clone(), value.clone()])
}

async fn launch(
    installation: &Installation,
    actor: &Actor,
    args: LaunchArgs,
) -> anyhow::Result<()> {
    let project = installation.project(actor, &args.project).await?;
    let base = match args.base.parse::<ModelId>() {
        Ok(id) => ModelRef::Published { id },
        Err(_) => ModelRef::Builtin { name: args.base },
    };
    let launch = Launch {
        snapshot: &args.snapshot,
        base: &base,
        config: &with_settings(&RunConfig::default(), &args.settings)?,
        name: args.name.as_deref(),
        cloned_from: None,
    };
    let launched = runs::launch(&installation.hospital, actor, project, &launch).await?;
    print::rows(args.json, &[launched], cells)
}

async fn clone(hospital: &Hospital, actor: &Actor, args: CloneArgs) -> anyhow::Result<()> {
    let source = runs::run(hospital, actor, args.id).await?;
    let launch = Launch {
        snapshot: args.snapshot.as_ref().unwrap_or(&source.snapshot),
        base: &source.base,
        config: &with_settings(&source.config, &args.settings)?,
        name: args.name.as_deref(),
        cloned_from: Some(source.id),
    };
    let launched = runs::launch(hospital, actor, source.project_id, &launch).await?;
    print::rows(args.json, &[launched], cells)
}

/// Settings with some of them set to what the shell says: `steps=200`, `schedule=linear`, `tuning.rank=8`.
fn with_settings(config: &RunConfig, settings: &[String]) -> anyhow::Result<RunConfig> {
    let mut all = serde_json::to_value(config)?;
    for setting in settings {
        let (path, value) = setting
            .split_once('=')
            .ok_or_else(|| WrongCall(format!("--set {setting}: SETTING=VALUE is expected")))?;
        // What is no JSON is a text, so that nobody has to quote twice.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        let place = path.split('.').try_fold(&mut all, |place, name| {
            Some(place.as_object_mut()?.entry(name).or_insert(Value::Null))
        });
        *place
            .ok_or_else(|| WrongCall(format!("--set {setting}: there is no setting `{path}`")))? =
            value;
    }
    let config: RunConfig = serde_json::from_value(all)
        .map_err(|error| WrongCall(format!("the settings cannot be used: {error}")))?;
    config
        .check()
        .map_err(|error| WrongCall(error.to_string()))?;
    Ok(config)
}

async fn compare(
    hospital: &Hospital,
    actor: &Actor,
    ids: &[RunId],
    all: bool,
    json: bool,
) -> anyhow::Result<()> {
    let first = runs::run(hospital, actor, ids[0]).await?;
    let comparison = runs::compare(hospital, actor, first.project_id, ids).await?;
    if json {
        return print::json(&comparison);
    }
    let absent = || "–".to_owned();
    let settings = comparison.settings.iter().filter(|s| all || s.differs);
    let mut rows: Vec<Vec<String>> = settings
        .map(|setting| {
            let values = setting.values.iter().cloned();
            let values = values.map(|value| value.unwrap_or_else(absent));
            std::iter::once(setting.name.clone())
                .chain(values)
                .collect()
        })
        .collect();
    rows.insert(
        0,
        row("name", &comparison, |run| Some(run.name.clone()), absent),
    );
    rows.push(row("state", &comparison, |run| Some(state_of(run)), absent));
    rows.extend(scores(&comparison, absent));
    print::table(&rows)
}

fn row(
    name: &str,
    comparison: &Comparison,
    value: impl Fn(&Run) -> Option<String>,
    absent: fn() -> String,
) -> Vec<String> {
    let values = comparison.runs.iter();
    let values = values.map(|run| value(run).unwrap_or_else(absent));
    std::iter::once(name.to_owned()).chain(values).collect()
}

/// A row for each score and language that a run has.
fn scores(comparison: &Comparison, absent: fn() -> String) -> Vec<Vec<String>> {
    let evaluations = comparison
        .runs
        .iter()
        .filter_map(|run| run.evaluation.as_ref());
    let langs: std::collections::BTreeSet<_> = evaluations
        .flat_map(|e| e.accuracy.keys().chain(e.mean_iou.keys()))
        .collect();
    let mut rows = Vec::new();
    for lang in langs {
        let score = |run: &Run, which: usize| {
            let e = run.evaluation.as_ref()?;
            let values = [&e.accuracy, &e.mean_iou, &e.region_f1][which];
            values.get(lang).map(|value| format!("{value:.3}"))
        };
        for (which, name) in ["accuracy", "mean IoU", "region F1"].iter().enumerate() {
            let name = format!("{name} {lang}");
            rows.push(row(&name, comparison, |run| score(run, which), absent));
        }
    }
    rows
}

async fn note(
    hospital: &Hospital,
    actor: &Actor,
    id: RunId,
    (text, tags): (Option<String>, Vec<String>),
    json: bool,
) -> anyhow::Result<()> {
    if text.is_none() && tags.is_empty() {
        return Err(WrongCall("say what to write: --text, --tag, or both".to_owned()).into());
    }
    let before = runs::run(hospital, actor, id).await?;
    let tags = match tags.is_empty() {
        true => before.tags,
        false => tags,
    };
    let change = NotesChange {
        based_on: before.notes_revision,
        notes: text.as_deref().unwrap_or(&before.notes),
        tags: &tags,
    };
    let changed = runs::annotate(hospital, actor, id, &change).await?;
    print::rows(json, &[changed], cells)
}
