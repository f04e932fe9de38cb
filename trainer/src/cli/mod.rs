//! The command line: what each command takes, and what its end means to the shell (0 done, 1 the work found a problem, 2 the call
//! was wrong).

mod acquire;
mod base;
mod bench;
mod calibrate;
mod device;
mod evaluate;
mod examine;
mod model;
mod predict;
mod progress;
mod score;
mod train;
mod verify;
mod worker;

use crate::worker::RunLog;
use clap::{Parser, Subcommand};
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Trains, evaluates and runs medreg's region-centric models.
#[derive(Debug, Parser)]
#[command(name = "medreg-trainer", version, propagate_version = true)]
struct Cli {
    /// Print results as JSON, for programs to read.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Worker(worker::Arguments),
    Train(train::Arguments),
    Evaluate(evaluate::Arguments),
    Calibrate(calibrate::Arguments),
    Score(score::Arguments),
    Predict(predict::Arguments),
    Acquire(acquire::Arguments),
    MakeBase(base::Arguments),
    Examine(examine::Arguments),
    Verify(verify::Arguments),
    Bench(Box<bench::Arguments>),
}

/// How a command failed.
#[derive(Debug)]
enum Failure {
    /// It was called with something it cannot use.
    Call(anyhow::Error),
    /// It was called rightly and could not do it.
    Work(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Work(error.into())
    }
}

/// The status of a program that the signal for a closed pipe ended.
const UNREAD: i32 = 128 + 13;

/// Ends the program, as the shell's own tools end, where nobody reads any longer what it prints (`… | head`): to `println!` that is a panic.
fn end_when_unread() {
    let otherwise = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let unread = |said: &str| {
            said.starts_with("failed printing to stdout") && said.contains("Broken pipe")
        };
        if panic.payload_as_str().is_some_and(unread) {
            std::process::exit(UNREAD);
        }
        otherwise(panic);
    }));
}

/// Parses the command line and does what it says.
#[must_use]
pub fn main() -> ExitCode {
    end_when_unread();
    let cli = Cli::parse();
    // What a worker says is for the server too.
    let said = RunLog::default();
    // The hub's client logs addresses that are keys of their own; what went wrong is told without them.
    let shown = EnvFilter::try_from_default_env().unwrap_or_else(|_| "info,hf_hub=off".into());
    let terminal = tracing_subscriber::fmt::layer()
        .with_writer(|| progress::AboveBars)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_filter(shown);
    tracing_subscriber::registry()
        .with(terminal)
        .with(said.layer())
        .init();
    let done = match cli.command {
        Command::Worker(arguments) => worker::run(arguments, said),
        Command::Train(arguments) => train::run(&arguments, cli.json),
        Command::Evaluate(arguments) => evaluate::run(&arguments, cli.json),
        Command::Calibrate(arguments) => calibrate::run(&arguments, cli.json),
        Command::Score(arguments) => score::run(&arguments),
        Command::Predict(arguments) => predict::run(&arguments, cli.json),
        Command::Acquire(arguments) => acquire::run(&arguments),
        Command::MakeBase(arguments) => base::run(&arguments, cli.json),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments, cli.json),
        Command::Examine(arguments) => examine::run(&arguments, cli.json),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ExitCode::from(failure.tell()),
    }
}

impl Failure {
    /// The same, told with where it happened.
    fn context(self, place: String) -> Self {
        match self {
            Self::Work(error) => Self::Work(error.context(place)),
            Self::Call(error) => Self::Call(error.context(place)),
        }
    }

    /// Says what went wrong, and gives the exit code.
    fn tell(&self) -> u8 {
        let (error, code) = match self {
            Self::Work(error) => (error, 1),
            Self::Call(error) => (error, 2),
        };
        eprintln!("medreg-trainer: {error:#}");
        code
    }
}

/// Refuses a folder that is not there, before any work begins.
fn existing(path: &Path, what: &str) -> Result<(), Failure> {
    if path.exists() {
        return Ok(());
    }
    Err(Failure::Call(anyhow::anyhow!(
        "{what} {} does not exist",
        path.display()
    )))
}
