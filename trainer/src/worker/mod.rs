//! Claims work from a server and does it, one item after the other, until somebody ends it.

mod folders;
mod gauges;
mod kept_features;
mod pulse;
mod questions;
mod rounds;
mod run_log;
mod show;
mod train_runs;

pub use gauges::{STEP_SECONDS, describe};
pub use run_log::RunLog;
pub use show::Show;

use crate::calibrate::Calibration;
use crate::checkpoint::Pretrained;
use crate::client::{Client, ClientError, Patience};
use crate::registry::{ModelFolder, RegistryError};
use anyhow::Context;
use candle_core::Device;
use folders::FolderError;
use medreg_datasets::protocol::{Fail, ModelRef, WorkItem};
use pulse::{Progress, Pulse};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// The first pause after the server had nothing to do.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How a worker works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name, for people to read.
    pub name: String,
    /// Where fetched models and snapshots are kept.
    pub cache: PathBuf,
    /// Images worked on side by side.
    pub threads: usize,
    /// Where models run.
    pub device: Device,
    /// End after one item, or at once where there is none.
    pub once: bool,
    /// Who hears how a run stands.
    pub show: Show,
    /// What is said about the run at hand, for the server.
    pub log: RunLog,
}

/// A worker of one server.
#[derive(Clone, Debug)]
pub struct Worker {
    client: Client,
    settings: Arc<Settings>,
    /// Only one computation at a time, even where a dropped one has not noticed yet.
    cores: Arc<Semaphore>,
    /// True once the program is asked to end.
    ending: watch::Receiver<bool>,
}

/// A model with what the worker needs to know about it.
struct Loaded {
    pretrained: Pretrained,
    describes: bool,
    calibration: Option<Calibration>,
}

impl Worker {
    /// A worker that ends when `ending` turns true.
    #[must_use]
    pub fn new(client: Client, settings: Settings, ending: watch::Receiver<bool>) -> Self {
        Self {
            client,
            settings: Arc::new(settings),
            cores: Arc::new(Semaphore::new(1)),
            ending,
        }
    }

    /// Claims and works until told to end, and answers people's questions beside it; fails only where no further claim can work, a
    /// refused token above all.
    pub async fn run(&self) -> Result<(), ClientError> {
        if self.settings.once {
            return self.work_off().await;
        }
        tokio::select! {
            done = self.work_off() => done,
            refused = self.answer_questions() => Err(refused),
        }
    }

    async fn work_off(&self) -> Result<(), ClientError> {
        let mut pause = FIRST_PAUSE;
        self.tidy().await;
        while !*self.ending.borrow() {
            let claimed = tokio::select! {
                claimed = self.next_item() => claimed?,
                () = self.told_to_end() => break,
            };
            match claimed {
                Some(item) => {
                    self.work(&item).await?;
                    self.tidy().await;
                    pause = FIRST_PAUSE;
                }
                None => pause = (pause * 2).min(LONGEST_PAUSE),
            }
            if self.settings.once {
                break;
            }
            self.rest(pause).await;
        }
        Ok(())
    }

    /// Something to do; a server that cannot be reached has nothing to do for now, unless this is the only try.
    async fn next_item(&self) -> Result<Option<WorkItem>, ClientError> {
        // The loop around this is patient itself, and quicker to end.
        let client = self.client.with_patience(Patience {
            tries: if self.settings.once { 5 } else { 1 },
            ..Patience::default()
        });
        match client
            .claim(&self.settings.name, folders::held(&self.settings.cache))
            .await
        {
            Err(error @ ClientError::Unreachable { .. }) if !self.settings.once => {
                tracing::warn!(%error, "waiting for the server");
                Ok(None)
            }
            claimed => claimed,
        }
    }

    /// Removes the folders of runs that gave their model, here or elsewhere. Those of all other runs stay: a run that failed may be
    /// resumed, and goes on from there.
    async fn tidy(&self) {
        // A dropped run's thread has its folder until it notices.
        let _idle = self.cores.acquire().await;
        let client = self.client.with_patience(Patience {
            tries: 1,
            ..Patience::default()
        });
        for run in folders::kept(&self.settings.cache) {
            match client.run_standing(run).await {
                Ok(standing) if standing.published => folders::remove(&self.settings.cache, run),
                Ok(_) => {}
                // Another server's, perhaps: it knows.
                Err(error) => tracing::debug!(%error, run.id = %run, "a run's folder stays"),
            }
        }
    }

    async fn rest(&self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.told_to_end() => {}
        }
    }

    /// Returns once the program is asked to end; never, where nobody is left who could ask.
    async fn told_to_end(&self) {
        let mut ending = self.ending.clone();
        if ending.wait_for(|ending| *ending).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Does one item to its end, good or bad. A failure of the work is told to the server; a refused token ends the worker.
    async fn work(&self, item: &WorkItem) -> Result<(), ClientError> {
        let mut pulse = Pulse::start(
            self.client.clone(),
            item,
            self.ending.clone(),
            self.settings.log.clone(),
        );
        let progress = pulse.progress();
        let done = tokio::select! {
            done = self.process(item, &progress) => done,
            ending = pulse.ended() => Err(ending),
        };
        pulse.stop().await;
        let done = self.outcome(item, &progress, done).await;
        self.settings.log.end();
        done
    }

    /// Tells the server what it does not know yet of how the work ended.
    async fn outcome(
        &self,
        item: &WorkItem,
        progress: &Progress,
        done: anyhow::Result<()>,
    ) -> Result<(), ClientError> {
        let Err(error) = done else {
            gauges::item("done");
            return Ok(());
        };
        if let Some(ClientError::TokenRefused { url }) = client_error(&error) {
            return Err(ClientError::TokenRefused { url: url.clone() });
        }
        if is_no_fault_of_the_work(&error) {
            gauges::item("dropped");
            tracing::warn!("dropped: {error:#}");
            return Ok(());
        }
        gauges::item("failed");
        self.report_failure(item, progress, &error).await
    }

    async fn process(&self, item: &WorkItem, progress: &Arc<Progress>) -> anyhow::Result<()> {
        match item {
            WorkItem::Run(run) => self.carry_out_run(run, progress).await,
            WorkItem::Acquisition(round) => self.carry_out_round(round, progress).await,
        }
    }

    async fn report_failure(
        &self,
        item: &WorkItem,
        progress: &Progress,
        error: &anyhow::Error,
    ) -> Result<(), ClientError> {
        let reason = format!("{error:#}");
        tracing::error!(reason, "failed");
        let told = match item {
            WorkItem::Run(run) => {
                // What it learnt stays here: it goes on from its last checkpoint when somebody resumes it.
                if let Err(error) = progress.tell(&self.client, run).await {
                    tracing::warn!(%error, "the last lines of the run's log were not sent");
                }
                self.client
                    .fail_run(
                        run.id,
                        &Fail {
                            attempt: run.attempt,
                            reason,
                        },
                    )
                    .await
            }
            WorkItem::Acquisition(round) => {
                self.client
                    .fail_acquisition(
                        round.id,
                        &Fail {
                            attempt: round.attempt,
                            reason,
                        },
                    )
                    .await
            }
        };
        match told {
            Err(error @ ClientError::TokenRefused { .. }) => Err(error),
            Err(error) => {
                tracing::warn!(%error, "the server could not be told");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Computes on a thread of its own, so that heartbeats go on.
    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let permit = self.cores.clone().acquire_owned().await?;
        let guarded = move || {
            let _permit = permit;
            work()
        };
        tokio::task::spawn_blocking(guarded)
            .await
            .context("the trainer itself broke; this is a bug")?
    }

    async fn load(&self, model: &ModelRef) -> anyhow::Result<Loaded> {
        match model {
            ModelRef::Builtin { name } => {
                let (name, device) = (name.clone(), self.settings.device.clone());
                let pretrained = self
                    .compute(move || Ok(crate::base::builtin(&name)?.on(&device)?))
                    .await?;
                Ok(Loaded {
                    pretrained,
                    describes: false,
                    calibration: None,
                })
            }
            ModelRef::Published { id } => {
                let folder = ModelFolder::fetch(&self.client, *id, &self.settings.cache).await?;
                let (describes, calibration) = (folder.describes(), folder.calibration.clone());
                let device = self.settings.device.clone();
                let load = move || {
                    Pretrained::load(&folder.path)
                        .and_then(|model| model.on(&device))
                        .with_context(|| format!("the model in {}", folder.path.display()))
                };
                Ok(Loaded {
                    pretrained: self.compute(load).await?,
                    describes,
                    calibration,
                })
            }
        }
    }
}

/// Whether the work is dropped without a word: the server hands it out again once the claim has run out, if it has not yet.
fn is_no_fault_of_the_work(error: &anyhow::Error) -> bool {
    let lost = client_error(error).is_some_and(|error| {
        matches!(
            error,
            ClientError::ClaimLost { .. } | ClientError::Unreachable { .. }
        )
    });
    let in_use = matches!(error.downcast_ref(), Some(FolderError::InUse { .. }));
    lost || in_use || error.is::<pulse::Interrupted>()
}

/// The failed call to the server behind an error, if there is one.
fn client_error(error: &anyhow::Error) -> Option<&ClientError> {
    error
        .chain()
        .find_map(|cause| match cause.downcast_ref::<RegistryError>() {
            Some(RegistryError::Client(error)) => Some(error),
            _ => cause.downcast_ref::<ClientError>(),
        })
}

/// A worker's name where nobody gave it one: host and process.
#[must_use]
pub fn default_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok());
    let host = host
        .map(|host| host.trim().to_owned())
        .filter(|host| !host.is_empty());
    format!(
        "{}:{}",
        host.as_deref().unwrap_or("worker"),
        std::process::id()
    )
}
