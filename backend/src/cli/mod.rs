//! The command line. Exit codes: 0 done, 1 the work found a problem, 2 the call was wrong.

mod tools;
mod up;

use crate::config::Config;
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "medreg",
    version,
    about = "Annotate medical images, and train on what was annotated"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
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
    Serve(ServeArgs),
    /// Make and revoke API tokens
    #[command(
        subcommand,
        after_help = "Example:\n  DATABASE_URL=… medreg token create --user admin --scope worker --name gpu-1"
    )]
    Token(tools::TokenCommand),
    /// Add users and set passwords
    #[command(
        subcommand,
        after_help = "Example:\n  DATABASE_URL=… medreg user add anna --display-name 'Anna' < password.txt"
    )]
    User(tools::UserCommand),
    /// Check the audit trail
    #[command(
        subcommand,
        after_help = "Example:\n  DATABASE_URL=… medreg audit verify"
    )]
    Audit(tools::AuditCommand),
    /// Print the OpenAPI document of the server
    #[command(after_help = "Example:\n  medreg openapi > openapi.json")]
    Openapi,
}

#[derive(Args)]
struct ServeArgs {
    /// A TOML file of settings; the environment goes before it
    #[arg(long)]
    config: Option<PathBuf>,
    /// Where to listen; port 0 for any free one
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Where everything is kept that has no other place
    #[arg(long)]
    data: Option<PathBuf>,
}

#[derive(Args)]
struct UpArgs {
    #[command(flatten)]
    serve: ServeArgs,
    /// Start no trainer
    #[arg(long)]
    no_worker: bool,
}

impl ServeArgs {
    fn config(&self) -> anyhow::Result<Config> {
        let mut config = Config::read(self.config.as_deref(), |name| {
            std::env::var(name).ok().filter(|v| !v.is_empty())
        })?;
        config.listen = self.listen.unwrap_or(config.listen);
        config.data = self.data.clone().unwrap_or(config.data);
        Ok(config)
    }
}

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
    match actix_web::rt::System::new().block_on(dispatch(cli.command)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("medreg: {error:#}");
            ExitCode::from(1)
        }
    }
}

async fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up(args) => up::up(args.serve.config()?, !args.no_worker).await,
        Command::Serve(args) => up::serve(args.config()?).await,
        Command::Token(command) => tools::token(command).await,
        Command::User(command) => tools::user(command).await,
        Command::Audit(command) => tools::audit(command).await,
        Command::Openapi => {
            println!(
                "{}",
                serde_json::to_string_pretty(&crate::http::document())?
            );
            Ok(ExitCode::SUCCESS)
        }
    }
}
