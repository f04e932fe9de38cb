//! `medreg-trainer worker`.

use super::Failure;
use super::device::DeviceArgument;
use super::progress::Runs;
use crate::client::{Client, ClientError, Patience, Token};
use crate::predict::available_threads;
use crate::worker::{RunLog, STEP_SECONDS, Settings, Show, Worker, default_name, describe};
use anyhow::Context;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// Claim runs and active-learning rounds from a server and carry them out, until Ctrl-C.
///
/// Example: MEDREG_TOKEN=mrg_… medreg-trainer worker --server https://medreg.example.org
///
/// A run that its worker leaves, killed or without power, is handed out again 30 seconds after the last sign of life. A worker with the
/// same cache goes on from the last whole checkpoint there; one with another cache begins the run anew, with the same outcome. What a
/// run learnt stays in the cache until the server has its model: one that failed goes on from there when it is resumed, and so does, for a
/// week, one that was stopped. What this worker logs about a run can be read on the run's page.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The server's address.
    #[arg(long, env = "MEDREG_SERVER")]
    server: String,
    /// A token of scope worker, as `medreg token create --scope worker` prints it. Better in the environment: others may see arguments.
    #[arg(long, env = "MEDREG_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// A file that holds the token.
    #[arg(long, conflicts_with = "token")]
    token_file: Option<PathBuf>,
    /// Do one thing if there is one, and end.
    #[arg(long)]
    once: bool,
    /// Where fetched models, snapshots and checkpoints are kept.
    #[arg(long, env = "MEDREG_CACHE", default_value = "medreg-cache")]
    cache: PathBuf,
    /// This worker's name, for people to read; host and process where it is not given.
    #[arg(long)]
    name: Option<String>,
    /// Images worked on side by side; one per core where it is not given.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Where Prometheus reads steps, loss, tokens and seconds: a port of this machine alone, or address and port.
    #[arg(long, value_name = "ADDRESS", value_parser = metrics_address)]
    metrics: Option<SocketAddr>,
    #[command(flatten)]
    device: DeviceArgument,
}

/// Works until told to end.
pub fn run(arguments: Arguments, log: RunLog) -> Result<(), Failure> {
    let token = token(&arguments)?;
    let client =
        Client::new(&arguments.server, token, Patience::default()).map_err(
            |error| match error {
                ClientError::Address { .. } => Failure::Call(error.into()),
                other => Failure::Work(other.into()),
            },
        )?;
    let settings = Settings {
        name: arguments.name.unwrap_or_else(default_name),
        cache: arguments.cache,
        threads: arguments
            .threads
            .map_or_else(available_threads, usize::from),
        once: arguments.once,
        device: arguments.device.open()?,
        show: shown(),
        log,
    };
    std::fs::create_dir_all(&settings.cache)
        .with_context(|| format!("the cache {}", settings.cache.display()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        if let Some(address) = arguments.metrics {
            answer_prometheus(address)?;
        }
        let (end, ending) = watch::channel(false);
        tokio::spawn(end_on_signal(end));
        tracing::info!(
            server = arguments.server,
            worker = settings.name,
            "waiting for work"
        );
        Ok(Worker::new(client, settings, ending).run().await?)
    })
}

/// A port alone is one that only this machine reaches: nobody is asked for a password.
fn metrics_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    text.parse()
        .map_err(|_| "a port, or an address with a port such as 0.0.0.0:9464, is expected".into())
}

/// Answers `GET /metrics` from now on.
fn answer_prometheus(address: SocketAddr) -> Result<(), Failure> {
    let (seconds, bounds) = STEP_SECONDS;
    PrometheusBuilder::new()
        .with_http_listener(address)
        .set_buckets_for_metric(Matcher::Full(seconds.to_owned()), &bounds)
        .and_then(PrometheusBuilder::install)
        .map_err(|error: BuildError| {
            Failure::Call(anyhow::anyhow!(
                "metrics cannot be given at {address}: {error}; choose another --metrics"
            ))
        })?;
    describe();
    tracing::info!("metrics at http://{address}/metrics");
    Ok(())
}

fn shown() -> Show {
    let runs = Mutex::new(Runs::new());
    Show::to(move |run, standing| {
        let mut runs = runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.show(Some(run), standing);
    })
}

fn token(arguments: &Arguments) -> Result<Token, Failure> {
    let text = match (&arguments.token, &arguments.token_file) {
        (Some(token), _) => token.clone(),
        (None, Some(path)) => std::fs::read_to_string(path)
            .with_context(|| format!("the token file {}", path.display()))
            .map_err(Failure::Call)?,
        (None, None) => {
            return Err(Failure::Call(anyhow::anyhow!(
                "a token is needed: --token, --token-file or MEDREG_TOKEN; make one with `medreg token create --scope worker`"
            )));
        }
    };
    if text.trim().is_empty() {
        return Err(Failure::Call(anyhow::anyhow!("the token is empty")));
    }
    Ok(Token::new(&text))
}

/// The first signal asks to end after the step at hand, the second ends at once.
async fn end_on_signal(end: watch::Sender<bool>) {
    signal().await;
    tracing::info!("ending; once more to end at once");
    // The worker may be gone already.
    let _ = end.send(true);
    signal().await;
    std::process::exit(130);
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Without SIGTERM, Ctrl-C is what is left.
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
