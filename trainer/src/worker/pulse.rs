//! Heartbeats beside the work: they keep the claim, tell how far the work is, and bring back what the server wants.

use crate::client::{Client, ClientError, Patience};
use crate::train::Control;
use medreg_datasets::ids::{AcquisitionId, RunId};
use medreg_datasets::protocol::{Heartbeat, HeartbeatReply, WorkItem};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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
    fn of(item: &WorkItem) -> Self {
        let (phase, total) = match item {
            WorkItem::Run(run) => ("training", u64::from(run.config.steps)),
            WorkItem::Acquisition(_) => ("predicting", 0),
        };
        Self {
            done: AtomicU64::new(0),
            total: AtomicU64::new(total),
            phase: Mutex::new(phase),
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
        }
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
    pub fn start(client: Client, item: &WorkItem, interrupt: watch::Receiver<bool>) -> Self {
        let (claimed, attempt, lease) = match item {
            WorkItem::Run(run) => (Claimed::Run(run.id), run.attempt, run.lease_seconds),
            WorkItem::Acquisition(round) => {
                (Claimed::Round(round.id), round.attempt, round.lease_seconds)
            }
        };
        let progress = Arc::new(Progress::of(item));
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
        match self.claimed {
            Claimed::Run(run) => self.client.run_heartbeat(run, &beat).await,
            Claimed::Round(round) => self.client.acquisition_heartbeat(round, &beat).await,
        }
    }
}
