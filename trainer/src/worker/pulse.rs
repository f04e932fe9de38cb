//! Heartbeats beside the work: they keep the claim, tell how far the work is, and bring back what the server wants.

use super::RunLog;
use crate::client::{Client, ClientError, Patience};
use crate::train::Control;
use medreg_datasets::ids::{AcquisitionId, RunId};
use medreg_datasets::protocol::{Heartbeat, HeartbeatReply, HeldCheckpoint, RunItem, WorkItem};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;

/// People watch the progress, so beats come at least this often even where the lease would allow fewer.
const LONGEST_INTERVAL: Duration = Duration::from_secs(3);

/// The program was asked to end before the work was done.
#[derive(Debug, thiserror::Error)]
#[error(
    "ending before the work is done: the server will hand it out again, and a checkpoint is kept here"
)]
pub struct Interrupted;

/// Why the work is dropped: the server refused a beat (the claim is lost, or the token), or the program is to end.
pub type Ending = anyhow::Error;

/// What beats for.
#[derive(Clone, Copy, Debug)]
enum Claimed {
    Run(RunId),
    Round(AcquisitionId),
}

/// What work and heartbeat tell each other.
#[derive(Debug)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
    phase: Mutex<&'static str>,
    /// The run's checkpoints, once that is known.
    checkpoints: Mutex<Option<Vec<HeldCheckpoint>>>,
    /// Whether the run has written one since it was taken up.
    saved: AtomicBool,
    log: RunLog,
    changed: Notify,
    /// The server asked the run to stop.
    stop: AtomicBool,
    /// The last message is on its way: a beat that comes after it is refused, and that means nothing.
    closing: AtomicBool,
    /// Nobody wants the result any more.
    dropped: AtomicBool,
}

impl Progress {
    /// Fetching is part of the first phase.
    fn of(item: &WorkItem, log: RunLog) -> Self {
        let (phase, total) = match item {
            WorkItem::Run(run) => ("training", u64::from(run.config.steps)),
            WorkItem::Acquisition(_) => ("predicting", 0),
        };
        Self {
            done: AtomicU64::new(0),
            total: AtomicU64::new(total),
            phase: Mutex::new(phase),
            checkpoints: Mutex::new(None),
            saved: AtomicBool::new(false),
            log,
            changed: Notify::new(),
            stop: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            dropped: AtomicBool::new(false),
        }
    }

    /// Enters a phase with so much to do; the server hears of it at once.
    pub fn enter(&self, phase: &'static str, total: u64) {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner) = phase;
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// So much of the phase is done.
    pub fn done(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
    }

    /// So much of the phase is done, and stays done if this worker dies: the server hears of it at once.
    pub fn kept(&self, done: u64) {
        self.done(done);
        self.changed.notify_one();
    }

    /// These are the run's checkpoints; the server hears of it at once.
    pub fn holds(&self, checkpoints: Vec<HeldCheckpoint>) {
        *self.checkpoints() = Some(checkpoints);
        self.changed.notify_one();
    }

    /// The same, of which it has just written one.
    pub fn saved(&self, checkpoints: Vec<HeldCheckpoint>) {
        self.saved.store(true, Ordering::Relaxed);
        self.holds(checkpoints);
    }

    fn checkpoints(&self) -> MutexGuard<'_, Option<Vec<HeldCheckpoint>>> {
        let checkpoints = self.checkpoints.lock();
        checkpoints.unwrap_or_else(PoisonError::into_inner)
    }

    /// The work is done and about to be told: what becomes of further beats does not matter.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    /// Whether a run should end after this step, keeping what it learnt.
    pub fn should_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether the work may go on.
    pub fn control(&self) -> Control {
        if self.dropped.load(Ordering::Relaxed) {
            Control::Stop
        } else {
            Control::Continue
        }
    }

    /// What a beat says now.
    pub fn beat(&self, attempt: i32) -> Heartbeat {
        let phase = *self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        Heartbeat {
            attempt,
            done: self.done.load(Ordering::Relaxed),
            total: self.total.load(Ordering::Relaxed),
            phase: phase.to_owned(),
            checkpoints: self.checkpoints().clone(),
            saved: self.saved.load(Ordering::Relaxed),
            log: self.log.waiting(),
        }
    }

    /// Tells the server how a run stands, besides the beats, and what was said about it.
    pub async fn tell(&self, client: &Client, run: &RunItem) -> Result<(), ClientError> {
        let beat = self.beat(run.attempt);
        client.run_heartbeat(run.id, &beat).await?;
        self.log.arrived(&beat.log);
        Ok(())
    }
}

/// The heartbeat of one claimed item.
#[derive(Debug)]
pub struct Pulse {
    progress: Arc<Progress>,
    ending: oneshot::Receiver<Ending>,
    task: JoinHandle<()>,
}

impl Pulse {
    /// Starts beating for `item`; `interrupt` turns true when the program is to end.
    pub fn start(
        client: Client,
        item: &WorkItem,
        interrupt: watch::Receiver<bool>,
        log: RunLog,
    ) -> Self {
        // Rounds have no log of their own.
        match item {
            WorkItem::Run(_) => log.begin(),
            WorkItem::Acquisition(_) => log.end(),
        }
        let (claimed, attempt, lease) = match item {
            WorkItem::Run(run) => (Claimed::Run(run.id), run.attempt, run.lease_seconds),
            WorkItem::Acquisition(round) => {
                (Claimed::Round(round.id), round.attempt, round.lease_seconds)
            }
        };
        let progress = Arc::new(Progress::of(item, log));
        let (tell, ending) = oneshot::channel();
        let beating = Beating {
            // A missed beat is made up by the next one.
            client: client.with_patience(Patience {
                tries: 2,
                ..Patience::default()
            }),
            claimed,
            attempt,
            interval: (Duration::from_secs(u64::from(lease)) / 3)
                .clamp(Duration::from_millis(100), LONGEST_INTERVAL),
            progress: progress.clone(),
        };
        let task = tokio::spawn(async move {
            let ending = beating.until_ended(interrupt).await;
            beating.progress.dropped.store(true, Ordering::Relaxed);
            // Nobody listens any more where the work ended first.
            let _ = tell.send(ending);
        });
        Self {
            progress,
            ending,
            task,
        }
    }

    /// What the work reports to.
    pub fn progress(&self) -> Arc<Progress> {
        self.progress.clone()
    }

    /// Returns when the work is to be dropped, with the reason.
    pub async fn ended(&mut self) -> Ending {
        (&mut self.ending)
            .await
            .unwrap_or_else(|_| Interrupted.into())
    }

    /// Ends the beats.
    pub async fn stop(self) {
        self.progress.dropped.store(true, Ordering::Relaxed);
        self.task.abort();
        // The only outcome is that it was cancelled.
        let _ = self.task.await;
    }
}

/// The side of the heartbeat that runs.
struct Beating {
    client: Client,
    claimed: Claimed,
    attempt: i32,
    interval: Duration,
    progress: Arc<Progress>,
}

impl Beating {
    async fn until_ended(&self, mut interrupt: watch::Receiver<bool>) -> Ending {
        loop {
            match self.beat().await {
                _ if self.progress.closing.load(Ordering::Relaxed) => {}
                Ok(reply) => {
                    if reply.stop && !self.progress.stop.swap(true, Ordering::Relaxed) {
                        tracing::info!("the server asks this run to stop");
                    }
                }
                Err(error @ ClientError::Unreachable { .. }) => {
                    tracing::warn!(%error, "a heartbeat was missed");
                }
                Err(error) => return error.into(),
            }
            tokio::select! {
                () = tokio::time::sleep(self.interval) => {}
                () = self.progress.changed.notified() => {}
                true = async { interrupt.wait_for(|now| *now).await.is_ok() } => return Interrupted.into(),
            }
        }
    }

    async fn beat(&self) -> Result<HeartbeatReply, ClientError> {
        let beat = self.progress.beat(self.attempt);
        let reply = match self.claimed {
            Claimed::Run(run) => self.client.run_heartbeat(run, &beat).await,
            Claimed::Round(round) => self.client.acquisition_heartbeat(round, &beat).await,
        };
        if reply.is_ok() {
            self.progress.log.arrived(&beat.log);
        }
        reply
    }
}
