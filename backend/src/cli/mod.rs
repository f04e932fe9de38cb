//! The command line. Exit codes: 0 done, 1 the work found a problem, 2 the call was wrong, 128 and the signal told to stop.

mod accounts;
mod convert;
mod differences;
mod import;
mod import_set;
mod installation;
mod intake;
mod lint;
mod print;
mod runs;
mod snapshots;
mod told;
mod up;

use crate::config::{Config, ConfigError};
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use told::unless_told;

#[derive(Parser)]
#[command(
    name = "medreg",
    version,
    about = "Annotate medical images, and train on what was annotated"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    place: Place,
}

/// Which installation a command is about.
#[derive(Args)]
struct Place {
    /// A TOML file of settings; the environment goes before it
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where everything is kept that has no other place [default: ./medreg-data, or MEDREG_DATA]
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything on this machine: database, object store, page, one trainer
    #[command(after_help = "Example:\n  medreg up --data ./medreg-data --listen 127.0.0.1:8080")]
    Up(UpArgs),
    /// Start the server alone, on DATABASE_URL and an S3 bucket or a folder
    #[command(
        after_help = "Example:\n  DATABASE_URL=postgres://medreg@db/medreg MEDREG_S3_BUCKET=medreg medreg serve --listen 0.0.0.0:8080"
    )]
    Serve(ListenArgs),
    /// Bring images in
    #[command(
        after_help = "Example:\n  medreg import --project 'My first project' --attested scans/ more/chest.dcm\n  medreg import --project 'My first project' --from coco --attested --add-concepts --dry-run instances.json"
    )]
    Import(import::ImportArgs),
    /// Tell what an import of files would take, hold back and refuse, with no server
    #[command(
        after_help = "Exit codes: 0 nothing refused, 1 something refused, 2 wrong call. Nothing is kept.\n\nExample:\n  medreg intake /mnt/pacs-export/\n  medreg intake --json scans/ | jq -r 'select(.outcome == \"refused\") | .path'"
    )]
    Intake(intake::IntakeArgs),
    /// Cut, list, export and check snapshots
    #[command(
        subcommand,
        after_help = "Example:\n  medreg snapshot create --project 'My first project' --name v1"
    )]
    Snapshot(snapshots::SnapshotCommand),
    /// Launch, list, stop, resume, clone and compare training runs
    #[command(
        subcommand,
        after_help = "Example:\n  medreg run list --project 'My first project'"
    )]
    Run(runs::RunCommand),
    /// Check whether the descriptions of each region say the same in both languages; findings as JSON lines
    #[command(
        after_help = "Exit codes: 0 nothing found, 1 something found, 2 wrong call. Offsets are UTF-16 code units.\n\nExample:\n  medreg lint exported/train/describe.en.jsonl\n  medreg lint --rule laterality --rule numbers cases.jsonl\n  echo '{\"texts\": {\"en\": \"Left kidney.\", \"zh\": \"右肾。\"}}' | medreg lint -"
    )]
    Lint(lint::LintArgs),
    /// Convert a data set from one format into another, with no server
    #[command(
        after_help = "Exit codes: 0 done, 1 refused for what is in it, 2 wrong call. What OUT's format has no place for is counted and told.\n\nExamples:\n  medreg convert --from medreginstruct --to coco exported/ exported.json\n  medreg convert --from yolo --to medreginstruct --lang en yolo/data.yaml instruct/\n  medreg convert --from llava --to qwen2.5-vl --images images/ - - < llava.json > qwen.json\n  medreg convert --from coco --to yolo --dry-run instances.json"
    )]
    Convert(convert::ConvertArgs),
    /// Make, list and revoke API tokens
    #[command(
        subcommand,
        after_help = "Example:\n  medreg token create --user admin --scope worker --name gpu-1"
    )]
    Token(accounts::TokenCommand),
    /// Add and list users, set passwords
    #[command(
        subcommand,
        after_help = "Example:\n  medreg user add anna --display-name 'Anna' < password.txt"
    )]
    User(accounts::UserCommand),
    /// Check the audit trail
    #[command(subcommand, after_help = "Example:\n  medreg audit verify")]
    Audit(accounts::AuditCommand),
    /// Print the OpenAPI document of the server
    #[command(after_help = "Example:\n  medreg openapi > openapi.json")]
    Openapi,
}

#[derive(Args)]
struct ListenArgs {
    /// Where to listen; port 0 for any free one [default: 127.0.0.1:8080, or MEDREG_LISTEN]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

#[derive(Args)]
struct UpArgs {
    #[command(flatten)]
    listen: ListenArgs,
    /// Start no trainer
    #[arg(long)]
    no_worker: bool,
}

impl Place {
    fn config(&self) -> Result<Config, ConfigError> {
        let mut config = Config::read(self.config.as_deref(), |name| {
            std::env::var(name).ok().filter(|v| !v.is_empty())
        })?;
        config.data = self.data.clone().unwrap_or(config.data);
        Ok(config)
    }
}

impl ListenArgs {
    fn config(&self, place: &Place) -> Result<Config, ConfigError> {
        let mut config = place.config()?;
        config.listen = self.listen.unwrap_or(config.listen);
        Ok(config)
    }
}

/// A call that cannot be carried out as it was written.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct WrongCall(String);

/// Reads the command line and does what it says.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "warn,medreg=info".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match actix_web::rt::System::new().block_on(dispatch(cli)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("medreg: {error:#}");
            ExitCode::from(if error.is::<ConfigError>() || error.is::<WrongCall>() {
                2
            } else {
                1
            })
        }
    }
}

async fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let place = &cli.place;
    match cli.command {
        Command::Up(args) => up::up(args.listen.config(place)?, !args.no_worker).await,
        Command::Serve(args) => up::serve(args.config(place)?).await,
        Command::Import(args) => unless_told(import::import(place, args)).await,
        Command::Intake(args) => unless_told(intake::intake(args)).await,
        Command::Snapshot(command) => unless_told(snapshots::snapshot(place, command)).await,
        Command::Run(command) => unless_told(runs::run(place, command)).await,
        Command::Lint(args) => unless_told(lint::lint(args)).await,
        Command::Convert(args) => convert::convert(args).await,
        Command::Token(command) => unless_told(accounts::token(place, command)).await,
        Command::User(command) => unless_told(accounts::user(place, command)).await,
        Command::Audit(command) => unless_told(accounts::audit(place, command)).await,
        Command::Openapi => {
            print::json(&crate::http::document())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
