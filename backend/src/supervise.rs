//! The local trainer: a process of its own, started again when it dies, ended when the server ends.

use anyhow::Context;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long a trainer may take to put its work down.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause before a trainer that dies for the first time is started again.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause; a trainer that lived longer than that starts over at the shortest.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A supervised trainer.
#[derive(Debug)]
pub struct Worker {
    end: oneshot::Sender<()>,
    supervisor: JoinHandle<()>,
}

impl Worker {
    /// Starts `medreg-trainer worker` against the server at `address`; what it prints goes to `worker.log`.
    pub fn start(address: &str, token_file: &Path, data: &Path) -> anyhow::Result<Self> {
        let program = find().context("medreg-trainer was not found beside this program or on the PATH: build it, name it in MEDREG_TRAINER, or start with --no-worker")?;
        let recipe = Recipe {
            program,
            address: address.to_owned(),
            token_file: token_file.to_owned(),
            data: data.to_owned(),
        };
        let child = recipe.spawn()?;
        let (end, ended) = oneshot::channel();
        Ok(Self {
            end,
            supervisor: tokio::spawn(supervise(recipe, child, ended)),
        })
    }

    /// Ends the trainer: politely, then, if it does not listen, by force.
    pub async fn stop(self) {
        let _ = self.end.send(());
        if let Err(error) = self.supervisor.await {
            tracing::warn!(%error, "the trainer's supervisor broke");
        }
    }
}

/// The one that is named, else beside this program, else on the PATH.
fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("MEDREG_TRAINER") {
        return Some(PathBuf::from(named)).filter(|p| p.exists());
    }
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join("medreg-trainer")));
    beside
        .filter(|p| p.exists())
        .or_else(|| on_path("medreg-trainer"))
}

fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|p| p.exists())
}

struct Recipe {
    program: PathBuf,
    address: String,
    token_file: PathBuf,
    data: PathBuf,
}

impl Recipe {
    /// The program, told to end when this one is killed and can no longer tell it.
    fn command(&self) -> Command {
        match on_path("setpriv") {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", "TERM"]).arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        }
    }

    fn spawn(&self) -> anyhow::Result<Child> {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.data.join("worker.log"))?;
        let child = self
            .command()
            .args(["worker", "--server", &self.address, "--token-file"])
            .arg(&self.token_file)
            .arg("--cache")
            .arg(self.data.join("trainer"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A group of its own: a terminal's Ctrl-C is for the server, which ends the trainer in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn();
        child.with_context(|| format!("{} cannot be started", self.program.display()))
    }
}

async fn supervise(recipe: Recipe, mut child: Child, mut ended: oneshot::Receiver<()>) {
    let mut pause = SHORTEST_PAUSE;
    loop {
        let started = Instant::now();
        tokio::select! {
            _ = &mut ended => return end(child).await,
            status = child.wait() => tracing::warn!(?status, log = %recipe.data.join("worker.log").display(), "the trainer ended; it is started again"),
        }
        tokio::select! {
            _ = &mut ended => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = match started.elapsed() > LONGEST_PAUSE {
            true => SHORTEST_PAUSE,
            false => (pause * 2).min(LONGEST_PAUSE),
        };
        match recipe.spawn() {
            Ok(again) => child = again,
            Err(error) => return tracing::error!(%error, "the trainer cannot be started again"),
        }
    }
}

async fn end(mut child: Child) {
    if let Some(pid) = child.id() {
        // The standard library can only kill; `kill` asks first.
        let asked = Command::new("kill")
            .args(["-TERM", &pid.to_string()])
            .status()
            .await;
        if asked.is_ok() && tokio::time::timeout(PATIENCE, child.wait()).await.is_ok() {
            return;
        }
    }
    if let Err(error) = child.kill().await {
        tracing::warn!(%error, "the trainer could not be ended");
    }
}
