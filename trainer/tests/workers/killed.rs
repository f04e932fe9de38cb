//! A worker killed at any moment of a run.

use crate::stage::{Process, Stage, until};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

const KILLS: usize = 20;
/// More than are taken before the last kill of a run.
const STEPS: u32 = 60;

/// When to kill a worker.
#[derive(Clone, Debug)]
enum Moment {
    /// So long after its start: while it claims, fetches, loads or trains.
    Early(Duration),
    /// So long after it has written so many checkpoints.
    Training(usize, Duration),
    /// While it writes a checkpoint, once there are so many files of it.
    Writing(usize),
    /// So long after the server has heard that it is at this: `evaluating`, `publishing`.
    Late(&'static str, Duration),
}

impl Moment {
    /// The moments at which a run loses its workers: one of them at least brings it further before five others do not, for then the
    /// server would give it up; and the last comes at its end.
    fn of_a_run(number: usize, rng: &mut impl Rng) -> Vec<Self> {
        let mut pause = |millis: u64| Duration::from_micros(rng.random_range(0..millis * 1_000));
        let (early, training) = (pause(400), [pause(60), pause(60)]);
        let late = Self::Late("evaluating", pause(30));
        let later = Self::Late("publishing", pause(80));
        let mut moments = vec![
            Self::Early(early),
            Self::Training(rng.random_range(1..=2), training[0]),
            Self::Training(rng.random_range(2..=3), training[1]),
            Self::Writing(rng.random_range(0..=4)),
        ];
        moments.shuffle(rng);
        moments.push(if number.is_multiple_of(2) {
            later
        } else {
            late
        });
        moments
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Early(_) => "early",
            Self::Training(..) => "training",
            Self::Writing(_) => "writing",
            Self::Late(phase, _) => phase,
        }
    }

    /// Returns at the moment, or once the run is over.
    async fn wait(&self, stage: &Stage, worker: &mut Process, run: &str, checkpoints: &Path) {
        if let Self::Early(pause) = self {
            return tokio::time::sleep(*pause).await;
        }
        stage.has(worker, run).await;
        match self {
            Self::Early(_) => {}
            Self::Training(more, pause) => {
                let before = newest(checkpoints);
                until("a checkpoint", async || {
                    newest(checkpoints) >= before + more
                })
                .await;
                tokio::time::sleep(*pause).await;
            }
            Self::Writing(files) => {
                let partial = checkpoints.join("partial");
                let there = || std::fs::read_dir(&partial).map(Iterator::count);
                // What a worker that was killed here left is gone once there is a newer checkpoint.
                let before = newest(checkpoints);
                until("a checkpoint", async || newest(checkpoints) > before).await;
                while checkpoints.exists() && !there().is_ok_and(|there| there >= *files) {
                    std::thread::yield_now();
                }
            }
            Self::Late(phase, pause) => {
                until(phase, async || {
                    let seen = stage.run(run).await;
                    seen["phase"] == *phase || seen["state"] != "running"
                })
                .await;
                tokio::time::sleep(*pause).await;
            }
        }
    }
}

/// The steps of the newest checkpoint; 0 where there is none.
fn newest(checkpoints: &Path) -> usize {
    let entries = std::fs::read_dir(checkpoints).into_iter().flatten();
    let step = |entry: std::fs::DirEntry| -> Option<usize> {
        let name = entry.file_name();
        name.to_str()?.strip_prefix("step-")?.parse().ok()
    };
    entries.flatten().filter_map(step).max().unwrap_or(0)
}

fn folders(cache: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(cache.join("runs")).into_iter().flatten();
    entries.flatten().map(|entry| entry.path()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_whose_workers_are_killed_twenty_times_are_the_run_whose_worker_never_was() {
    let seed = match std::env::var("MEDREG_TEST_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => rand::random(),
    };
    println!("MEDREG_TEST_SEED={seed} draws these moments again");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let stage = Stage::set().await;
    let whole = stage.undisturbed(STEPS).await;

    let (mut kills, mut moments) = (0, BTreeMap::<&str, usize>::new());
    let mut runs = 0;
    while kills < KILLS {
        let (run, cache) = (stage.launch(STEPS).await, stage.cache("killed"));
        let checkpoints = cache.join("runs").join(&run).join("checkpoints");
        for moment in Moment::of_a_run(runs, &mut rng) {
            let mut worker = stage.worker(&format!("worker {kills}"), &cache, &[]);
            moment.wait(&stage, &mut worker, &run, &checkpoints).await;
            worker.kill();
            // A kill after the last message, which only the end of a run can bring, is none that a run has to survive.
            if stage.run(&run).await["state"] == "finished" {
                assert!(matches!(moment, Moment::Late(..)), "{moment:?}");
                break;
            }
            kills += 1;
            *moments.entry(moment.name()).or_default() += 1;
            stage.world.workers_fall_silent().await;
        }
        if stage.run(&run).await["state"] != "finished" {
            stage
                .carry_out(&format!("last after {kills}"), &cache, &run)
                .await;
        }
        assert_eq!(stage.outcome(&run).await, whole);
        runs += 1;
    }
    println!("{kills} kills in {runs} runs: {moments:?}");
    assert!(moments.len() >= 4, "{moments:?}");
    // A worker tidies up after those that were killed with their last message said.
    let mut tidy = stage.worker("tidy", &stage.cache("killed"), &[]);
    until("tidying", async || {
        tidy.lives();
        folders(&stage.cache("killed")).is_empty()
    })
    .await;
}
