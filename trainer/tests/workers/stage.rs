//! A server with a snapshot and a tiny model, and processes that work for it.

use crate::s3_server::{BUCKET, KEY_ID, S3, SECRET};
use crate::support::{Server, World, claim, text};
use crate::tiny_model;
use medreg::store::objects::{Objects, S3Settings};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A machine that is busy with other tests needs a while for a run.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until something is so.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < PATIENCE, "{what} takes too long");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A server with all that a run needs.
pub struct Stage {
    pub world: World,
    pub folder: TempDir,
    _s3: S3,
    token: String,
    /// A snapshot's id and the model that runs on it start from.
    snapshot: String,
    base: Value,
}

impl Stage {
    pub async fn set() -> Self {
        let s3 = S3::start().await;
        let objects = Objects::s3(&S3Settings {
            bucket: BUCKET.to_owned(),
            region: "us-east-1".to_owned(),
            endpoint: Some(s3.endpoint.clone()),
            access_key_id: KEY_ID.to_owned(),
            secret_access_key: SECRET.to_owned(),
            allow_http: true,
        });
        let server = Server::keeping(objects.unwrap()).await;
        let world = World::on(server, json!({ "val": 0, "test": 30 })).await;
        for seed in 0..8 {
            world.finished(seed).await;
        }
        let folder = tempfile::tempdir().unwrap();
        let body = json!({ "name": "workers", "scope": "worker" });
        let issued = world.admin.post("/api/tokens", body).await.is(201);
        Self {
            base: publish_tiny_model(&world, &folder.path().join("tiny")).await,
            snapshot: world.snapshot().await,
            token: text(&issued["token"]),
            world,
            folder,
            _s3: s3,
        }
    }

    /// Promotes the tiny model, and takes the round that this asks for off the queue.
    pub async fn promote(&self) {
        let model = text(&self.base["id"]);
        let path = format!("/api/models/{model}/promote");
        self.world.admin.post(&path, json!({})).await.is(200);
        let worker = self.world.worker().await;
        let round = claim(&worker).await;
        let path = format!("/api/worker/acquisitions/{}/finish", text(&round["id"]));
        let finish = json!({ "attempt": round["attempt"], "ranking": [] });
        worker.post(&path, finish).await.is(204);
    }

    /// Launches a run of so many steps with a checkpoint after each, and tells its id.
    pub async fn launch(&self, steps: u32) -> String {
        let config = json!({
            "steps": steps, "batch_images": 1, "turns_per_image": 2, "accumulate": 2, "ema": 0.9, "log_every": 3, "checkpoint_every": 1,
        });
        let body = json!({ "snapshot": self.snapshot, "base": self.base, "config": config });
        let launched = self.world.admin.post(&self.world.path("runs"), body).await;
        text(&launched.is(201)["id"])
    }

    /// How a run stands.
    pub async fn run(&self, run: &str) -> Value {
        let path = format!("/api/runs/{run}");
        self.world.admin.get(&path).await.is(200)
    }

    /// Starts a worker of this name.
    pub fn worker(&self, name: &str, cache: &Path, more: &[&str]) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_medreg-trainer"));
        command
            .args(["worker", "--server", &self.world.server.url, "--name", name])
            .args(more)
            .env("MEDREG_TOKEN", &self.token)
            .env("MEDREG_CACHE", cache);
        Process::start(command, name)
    }

    /// A cache of its own.
    pub fn cache(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Waits until this worker has the run, or it is over. Claims of workers that are dead run out on the way, also one that the server heard of only
    /// after its worker's end.
    pub async fn has(&self, process: &mut Process, run: &str) {
        until("a claim", async || {
            process.lives();
            let seen = self.run(run).await;
            let waits = seen["state"] == "queued" || seen["state"] == "running";
            if !waits || seen["worker"] == process.name.as_str() {
                return true;
            }
            self.world.workers_fall_silent_but(&process.name).await;
            false
        })
        .await;
    }

    /// Waits until the run is over, and tells its state.
    pub async fn over(&self, run: &str) -> String {
        let mut state = String::new();
        until("a run", async || {
            state = text(&self.run(run).await["state"]);
            !["queued", "running", "stopping"].contains(&state.as_str())
        })
        .await;
        state
    }

    /// Has a worker carry the run out to its end.
    pub async fn carry_out(&self, name: &str, cache: &Path, run: &str) {
        let mut worker = self.worker(name, cache, &[]);
        self.has(&mut worker, run).await;
        assert_eq!(self.over(run).await, "finished", "{}", worker.said());
    }

    /// The outcome of a run of so many steps whose worker nobody disturbs.
    pub async fn undisturbed(&self, steps: u32) -> Value {
        let run = self.launch(steps).await;
        self.carry_out("whole", &self.cache("whole"), &run).await;
        self.outcome(&run).await
    }

    /// All that a run gave: every loss, the model and the last checkpoint by their hashes, the scores, the card.
    pub async fn outcome(&self, run: &str) -> Value {
        let get = async |path: String| self.world.admin.get(&path).await.is(200);
        let seen = self.run(run).await;
        let series = get(format!("/api/runs/{run}/metrics")).await["series"].clone();
        let artifacts = get(format!("/api/runs/{run}/artifacts")).await;
        let model = get(format!("/api/models/{}", text(&seen["model_id"]))).await;
        let losses = series["train/loss"].clone();
        assert!(!losses.as_array().unwrap().is_empty(), "{series}");
        let hash = |name: &str| artifact(&artifacts, name)["sha256"].clone();
        json!({
            "losses": losses, "evaluation": seen["evaluation"], "card": model["card"],
            "model": model["files"]["model.safetensors"]["sha256"], "weights": hash("checkpoint-weights.safetensors"),
            "moments": hash("checkpoint-optimizer.safetensors"), "average": hash("checkpoint-average.safetensors"),
        })
    }
}

fn artifact<'a>(artifacts: &'a Value, name: &str) -> &'a Value {
    let found = &artifacts["files"][name];
    assert!(found["sha256"].is_string(), "no {name} in {artifacts}");
    found
}

/// Publishes a tiny model as a worker does that trained it.
async fn publish_tiny_model(world: &World, folder: &Path) -> Value {
    tiny_model::save(folder);
    let worker = world.worker().await;
    let run = world.launch().await;
    assert_eq!(claim(&worker).await["id"], run.as_str());
    let path = format!("/api/worker/runs/{run}");
    let mut files = serde_json::Map::new();
    for name in ["model.safetensors", "config.json", "tokenizer.json"] {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let to = format!("{path}/artifacts/{name}?attempt=1");
        files.insert(name.to_owned(), worker.put_bytes(&to, bytes).await.is(200));
    }
    let finish = json!({ "attempt": 1, "outcome": "finished", "evaluation": null, "card": "# Tiny", "files": files });
    let model = worker.post(&format!("{path}/finish"), finish).await.is(200);
    json!({ "kind": "published", "id": model["id"] })
}

/// A worker's process, and what it says on its standard error output. It is killed when the test lets go of it.
pub struct Process {
    pub name: String,
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Process {
    fn start(mut command: Command, name: &str) -> Self {
        let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (said, mut from) = (
            Arc::<Mutex<String>>::default(),
            BufReader::new(child.stderr.take().unwrap()),
        );
        let heard = said.clone();
        std::thread::spawn(move || {
            let mut line = String::new();
            while from.read_line(&mut line).is_ok_and(|read| read > 0) {
                heard.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        Self {
            name: name.to_owned(),
            child,
            said,
        }
    }

    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until it says this.
    pub async fn says(&mut self, words: &str) {
        until(words, async || {
            self.lives();
            self.said().contains(words)
        })
        .await;
    }

    /// Fails where it ended by itself.
    pub fn lives(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "{} ended: {}", self.name, self.said());
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal by its name.
    pub fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
