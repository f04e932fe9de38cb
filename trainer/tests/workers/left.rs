//! Workers that leave a run in other ways than by `kill -9`, and what is seen of those that work.

use crate::small_disk::Disk;
use crate::stage::{Stage, until};
use serde_json::{Value, json};
use std::net::TcpListener;

const STEPS: u32 = 12;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_lost_its_run_says_nothing_more_about_it_and_gives_its_folder_up() {
    let stage = Stage::set().await;
    let whole = stage.undisturbed(STEPS).await;

    // One that is stopped, as a machine that sleeps is, hears of nothing until it wakes; the other one waits for the folder.
    let (run, cache) = (stage.launch(STEPS).await, stage.cache("shared"));
    let mut sleeper = stage.worker("sleeper", &cache, &[]);
    stage.has(&mut sleeper, &run).await;
    let first = cache
        .join("runs")
        .join(&run)
        .join("checkpoints/step-00000001");
    until("a checkpoint", async || first.exists()).await;
    sleeper.signal("STOP");
    let mut heir = stage.worker("heir", &cache, &[]);
    stage.has(&mut heir, &run).await;
    sleeper.signal("CONT");
    assert_eq!(stage.over(&run).await, "finished", "{}", heir.said());
    sleeper.says("the claim is lost").await;
    let seen = stage.run(&run).await;
    assert_eq!(
        (&seen["worker"], &seen["attempt"]),
        (&json!("heir"), &json!(2))
    );
    assert!(heir.said().contains("going on from a checkpoint"));
    assert_eq!(stage.outcome(&run).await, whole);
    heir.kill();

    // On another machine there is no checkpoint: the run begins anew there, and ends the same.
    let run = stage.launch(STEPS).await;
    stage.has(&mut sleeper, &run).await;
    let first = cache
        .join("runs")
        .join(&run)
        .join("checkpoints/step-00000001");
    until("a checkpoint", async || first.exists()).await;
    sleeper.signal("STOP");
    stage
        .carry_out("elsewhere", &stage.cache("elsewhere"), &run)
        .await;
    sleeper.signal("CONT");
    let runs = cache.join("runs");
    until("tidying", async || {
        std::fs::read_dir(&runs).unwrap().count() == 0
    })
    .await;
    let seen = stage.run(&run).await;
    assert_eq!(
        (&seen["worker"], &seen["attempt"]),
        (&json!("elsewhere"), &json!(2))
    );
    assert_eq!(stage.outcome(&run).await, whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_failed_for_want_of_room_goes_on_from_its_last_checkpoint_when_it_is_resumed() {
    let stage = Stage::set().await;
    let whole = stage.undisturbed(STEPS).await;

    let cache = stage.cache("small");
    std::fs::create_dir(&cache).unwrap();
    // The base model, and of its checkpoints (weights, two moments, the average) one and a half.
    let weights = std::fs::metadata(stage.folder.path().join("tiny/model.safetensors")).unwrap();
    let room = (1 + 4 * 3 / 2) * weights.len() as usize;
    let test =
        "a_run_that_failed_for_want_of_room_goes_on_from_its_last_checkpoint_when_it_is_resumed";
    let Some(disk) = Disk::mount(&cache, room, test) else {
        return;
    };
    let run = stage.launch(STEPS).await;
    let mut worker = stage.worker("worker", &cache, &[]);
    stage.has(&mut worker, &run).await;
    assert_eq!(stage.over(&run).await, "failed");
    let error = stage.run(&run).await["error"].to_string();
    for part in [
        "could not be written",
        "No space left on device",
        "free some space there",
    ] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
    let checkpoints = cache.join("runs").join(&run).join("checkpoints");
    assert!(checkpoints.join("step-00000001/sha256sums.txt").exists());

    disk.change(&format!("size={}", 4 * room));
    let resume = format!("/api/runs/{run}/resume");
    let resumed = stage.world.admin.post(&resume, json!({})).await.is(200);
    assert_eq!(
        (&resumed["state"], &resumed["error"]),
        (&json!("queued"), &Value::Null)
    );
    assert_eq!(stage.over(&run).await, "finished", "{}", worker.said());
    assert!(worker.said().contains("going on from a checkpoint"));
    assert_eq!(stage.outcome(&run).await, whole);
    let again = stage.world.admin.post(&resume, json!({})).await;
    again.refused(409, "nothing_to_resume");
    worker.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_stopped_goes_on_from_the_checkpoint_that_is_chosen_as_if_it_never_had_been()
{
    let stage = Stage::set().await;
    let steps = 40;
    let whole = stage.undisturbed(steps).await;

    let (run, cache) = (stage.launch(steps).await, stage.cache("chosen"));
    let mut worker = stage.worker("worker", &cache, &[]);
    stage.has(&mut worker, &run).await;
    let checkpoints = cache.join("runs").join(&run).join("checkpoints");
    until("a checkpoint", async || {
        checkpoints.join("step-00000003").exists()
    })
    .await;
    let own = format!("/api/runs/{run}");
    let stop = format!("{own}/stop");
    stage.world.admin.post(&stop, json!({})).await.is(200);
    assert_eq!(stage.over(&run).await, "stopped", "{}", worker.said());
    let stopped = stage.run(&run).await;
    let held = stopped["checkpoints"].as_array().unwrap();
    let held: Vec<u64> = held.iter().map(|c| c["step"].as_u64().unwrap()).collect();
    assert!(held.len() >= 2, "{stopped}");
    assert!(held.iter().all(|step| {
        let folder = checkpoints.join(format!("step-{step:08}"));
        folder.exists()
    }));

    // The worker that goes on is killed on the way, whether or not the server has heard of a new checkpoint.
    let (chosen, resume) = (held[0], format!("{own}/resume"));
    let body = json!({ "step": chosen });
    stage.world.admin.post(&resume, body).await.is(200);
    worker.says("going on from a checkpoint").await;
    worker.kill();
    stage.carry_out("last", &cache, &run).await;
    assert_eq!(stage.outcome(&run).await, whole);
    let log = stage.world.admin.get(&format!("{own}/log")).await.is(200);
    let lines = log["lines"].as_array().unwrap().iter();
    let said: Vec<String> = lines.map(|l| l["message"].to_string()).collect();
    for words in [
        "run claimed",
        "going on from a checkpoint",
        "publishing the model",
    ] {
        assert!(said.iter().any(|line| line.contains(words)), "{said:?}");
    }
    let last = stage.run(&run).await;
    assert_eq!(
        (&last["checkpoints"], &last["resume_from"]),
        (&json!([]), &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_run_stands_can_be_read_and_scraped() {
    let stage = Stage::set().await;
    // A port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let run = stage.launch(STEPS).await;
    let mut worker = stage.worker(
        "worker",
        &stage.cache("seen"),
        &["--metrics", &port.to_string()],
    );
    stage.has(&mut worker, &run).await;
    assert_eq!(stage.over(&run).await, "finished", "{}", worker.said());

    let url = format!("http://127.0.0.1:{port}/metrics");
    let mut scraped = String::new();
    until("the run's end in the metrics", async || {
        scraped = reqwest::get(&url).await.unwrap().text().await.unwrap();
        scraped.contains("medreg_worker_items_total{outcome=\"done\"} 1")
    })
    .await;
    let value = |name: &str| -> f64 {
        let line = scraped
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("no {name} in {scraped}"))
            .parse()
            .unwrap()
    };
    assert_eq!(
        (value("medreg_run_step"), value("medreg_run_steps")),
        (12.0, 12.0)
    );
    assert_eq!(value("medreg_worker_step_seconds_count"), 12.0);
    assert!(value("medreg_worker_step_seconds_sum") > 0.0);
    assert!(value("medreg_run_loss") > 0.0 && value("medreg_worker_tokens_total") > 12.0);

    let said = worker.said();
    let lines = said.lines().rev();
    let mut stands = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let last = stands.next().unwrap();
    assert_eq!(
        (&last["run"], &last["step"], &last["steps"]),
        (&json!(run), &json!(STEPS), &json!(STEPS))
    );
    assert!(last["tokens_per_second"].as_f64().unwrap() > 0.0, "{last}");
    assert_eq!(last["eta_seconds"], 0.0);
    let artifact = format!("/api/runs/{run}/artifacts/events.out.tfevents.medreg");
    let events = stage.world.admin.get(&artifact).await;
    assert_eq!(
        (events.status, &events.bytes[23..36]),
        (200, &b"brain.Event:2"[..])
    );
}
