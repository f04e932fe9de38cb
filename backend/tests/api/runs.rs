//! A run from its launch to its model, and everything that can come between.

use crate::support::{Person, World, claim, text};
use futures::StreamExt;
use serde_json::{Value, json};
use std::time::Duration;

const BASE: fn() -> Value = || json!({ "kind": "builtin", "name": "shapes" });

fn beat(attempt: i32) -> Value {
    json!({ "attempt": attempt, "done": 5, "total": 100, "phase": "training" })
}

#[tokio::test]
async fn a_run_goes_from_the_queue_to_a_model() {
    let world = World::new().await;
    let (engineer, worker) = (world.member("ed", "engineer").await, world.worker().await);
    world.finished(1).await;
    let snapshot = world.snapshot().await;
    let body = json!({ "snapshot": snapshot, "base": BASE(), "config": { "steps": 100 }, "name": "first" });
    let run = engineer.post(&world.path("runs"), body).await.is(201);
    assert_eq!(
        (run["state"].clone(), run["config"]["steps"].clone()),
        (json!("queued"), json!(100))
    );
    let id = text(&run["id"]);

    let item = claim(&worker).await;
    assert_eq!(
        (
            item["kind"].clone(),
            item["id"].clone(),
            item["attempt"].clone()
        ),
        (json!("run"), json!(id), json!(1))
    );
    worker
        .post("/api/worker/claim", json!({ "worker": "second" }))
        .await
        .is(204);
    let manifest = worker
        .get(&format!("/api/worker/snapshots/{snapshot}/manifest"))
        .await;
    assert_eq!(
        medreg_datasets::ids::Digest::of(&manifest.bytes).as_str(),
        snapshot
    );
    let cases = text(&manifest.json()["cases"]["sha256"]);
    let lines = worker
        .get(&format!("/api/worker/snapshots/{snapshot}/objects/{cases}"))
        .await;
    assert_eq!(
        medreg_datasets::ids::Digest::of(&lines.bytes).as_str(),
        cases
    );

    let path = format!("/api/worker/runs/{id}");
    assert_eq!(
        worker
            .post(&format!("{path}/heartbeat"), beat(1))
            .await
            .is(200)["stop"],
        false
    );
    let points = json!([{ "name": "train/loss", "step": 5, "value": 2.5 }, { "name": "train/loss", "step": 10, "value": 2.0 }]);
    worker
        .post(
            &format!("{path}/metrics"),
            json!({ "attempt": 1, "points": points }),
        )
        .await
        .is(204);
    // Told twice, kept once.
    worker
        .post(
            &format!("{path}/metrics"),
            json!({ "attempt": 1, "points": points }),
        )
        .await
        .is(204);
    let weights = worker
        .put_bytes(
            &format!("{path}/artifacts/model.safetensors?attempt=1"),
            vec![7_u8; 100_000],
        )
        .await
        .is(200);
    assert_eq!(weights["bytes"], 100_000);
    let seen = engineer.get(&format!("/api/runs/{id}")).await.is(200);
    assert_eq!(
        (
            seen["state"].clone(),
            seen["done"].clone(),
            seen["phase"].clone()
        ),
        (json!("running"), json!(5), json!("training"))
    );

    let evaluation = json!({ "images": 1, "patients": 1, "regions": 1, "accuracy": { "en": 0.5 }, "mean_iou": { "en": 0.25 }, "region_f1": {} });
    let finish = json!({ "attempt": 1, "outcome": "finished", "evaluation": evaluation, "card": "# First", "files": { "model.safetensors": weights } });
    let model = worker.post(&format!("{path}/finish"), finish).await.is(200);
    worker
        .post(&format!("{path}/heartbeat"), beat(1))
        .await
        .refused(409, "claim_lost");

    let seen = engineer.get(&format!("/api/runs/{id}")).await.is(200);
    assert_eq!(
        (seen["state"].clone(), seen["model_id"].clone()),
        (json!("finished"), model["id"].clone())
    );
    let series = engineer
        .get(&format!("/api/runs/{id}/metrics?after_step=5"))
        .await
        .is(200);
    assert_eq!(series["series"], json!({ "train/loss": [[10, 2.0]] }));
    let file = worker
        .get(&format!(
            "/api/worker/models/{}/files/model.safetensors",
            text(&model["id"])
        ))
        .await;
    assert_eq!(file.bytes, vec![7_u8; 100_000]);
    let artifact = engineer
        .get(&format!("/api/runs/{id}/artifacts/model.safetensors"))
        .await;
    assert_eq!(
        (
            artifact.status,
            artifact.headers["content-disposition"].to_str().unwrap()
        ),
        (200, "attachment")
    );
    let listed = engineer.get(&world.path("models")).await.is(200);
    assert_eq!(listed["models"][0]["evaluation"]["accuracy"]["en"], 0.5);
}

#[tokio::test]
async fn a_run_needs_a_snapshot_of_its_own_project_and_settings_that_make_sense() {
    let world = World::new().await;
    world.finished(1).await;
    let snapshot = world.snapshot().await;
    let launch = async |project: &str, snapshot: &str, base: Value, config: Value| {
        let body = json!({ "snapshot": snapshot, "base": base, "config": config });
        world
            .admin
            .post(&format!("/api/projects/{project}/runs"), body)
            .await
    };
    launch(&world.project, &"0".repeat(64), BASE(), json!({}))
        .await
        .refused(404, "not_found");
    launch(&world.project, "../../etc/passwd", BASE(), json!({}))
        .await
        .refused(400, "invalid");
    let message = launch(&world.project, &snapshot, BASE(), json!({ "steps": 0 }))
        .await
        .refused(422, "bad_config");
    assert!(message.contains("steps"), "{message}");
    launch(&world.project, &snapshot, BASE(), json!({ "step": 3 }))
        .await
        .refused(400, "invalid");
    let path = json!({ "kind": "builtin", "name": "/etc/passwd" });
    launch(&world.project, &snapshot, path, json!({}))
        .await
        .refused(400, "invalid");
    let other =
        crate::support::new_project(&world.admin, "Lungs", &json!({ "val": 0, "test": 0 })).await;
    launch(&other, &snapshot, BASE(), json!({}))
        .await
        .refused(404, "not_found");
    assert_eq!(
        world.admin.get(&world.path("runs")).await.is(200)["runs"],
        json!([])
    );
}

#[tokio::test]
async fn a_worker_that_lost_its_claim_can_do_no_harm() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(1).await;
    let run = world.launch().await;
    assert_eq!(claim(&worker).await["attempt"], 1);
    world.workers_fall_silent().await;
    assert_eq!(claim(&worker).await["attempt"], 2);

    let path = format!("/api/worker/runs/{run}");
    let points = json!([{ "name": "train/loss", "step": 1, "value": 1.0 }]);
    worker
        .post(&format!("{path}/heartbeat"), beat(1))
        .await
        .refused(409, "claim_lost");
    worker
        .post(
            &format!("{path}/metrics"),
            json!({ "attempt": 1, "points": points }),
        )
        .await
        .refused(409, "claim_lost");
    worker
        .put_bytes(&format!("{path}/artifacts/a.bin?attempt=1"), "x")
        .await
        .refused(409, "claim_lost");
    let finish =
        json!({ "attempt": 1, "outcome": "finished", "evaluation": null, "card": "", "files": {} });
    worker
        .post(&format!("{path}/finish"), finish)
        .await
        .refused(409, "claim_lost");
    worker
        .post(
            &format!("{path}/fail"),
            json!({ "attempt": 1, "reason": "late" }),
        )
        .await
        .refused(409, "claim_lost");
    let seen = world.admin.get(&format!("/api/runs/{run}")).await.is(200);
    assert_eq!(
        (seen["state"].clone(), seen["attempt"].clone()),
        (json!("running"), json!(2))
    );
    worker
        .post(&format!("{path}/heartbeat"), beat(2))
        .await
        .is(200);
}

#[tokio::test]
async fn a_run_stops_when_it_is_asked_to() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(1).await;
    let waiting = format!("/api/runs/{}", world.launch().await);
    assert_eq!(
        world
            .admin
            .post(&format!("{waiting}/stop"), json!({}))
            .await
            .is(200)["state"],
        "stopped"
    );
    world
        .admin
        .post(&format!("{waiting}/stop"), json!({}))
        .await
        .refused(409, "run_is_over");
    worker
        .post("/api/worker/claim", json!({ "worker": "gpu" }))
        .await
        .is(204);

    let run = world.launch().await;
    claim(&worker).await;
    let stopping = world
        .admin
        .post(&format!("/api/runs/{run}/stop"), json!({}))
        .await
        .is(200);
    assert_eq!(stopping["state"], "stopping");
    let path = format!("/api/worker/runs/{run}");
    assert_eq!(
        worker
            .post(&format!("{path}/heartbeat"), beat(1))
            .await
            .is(200)["stop"],
        true
    );
    let finish =
        json!({ "attempt": 1, "outcome": "stopped", "evaluation": null, "card": "", "files": {} });
    worker.post(&format!("{path}/finish"), finish).await.is(200);
    assert_eq!(
        world.admin.get(&format!("/api/runs/{run}")).await.is(200)["state"],
        "stopped"
    );
}

#[tokio::test]
async fn a_run_that_ends_its_workers_fails() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(1).await;
    let run = world.launch().await;
    let beats = format!("/api/worker/runs/{run}/heartbeat");
    let beat = async |attempt: i32, done: i32| {
        let beat = json!({ "attempt": attempt, "done": done, "total": 100, "phase": "training" });
        worker.post(&beats, beat).await.is(200);
    };
    // A worker may be restarted as often as it likes while the run comes further.
    for attempt in 1..=7 {
        assert_eq!(claim(&worker).await["attempt"], attempt);
        beat(attempt, attempt * 10).await;
        world.workers_fall_silent().await;
    }
    // From here on each begins at a checkpoint and dies where the last one did.
    for attempt in 8..=12 {
        assert_eq!(claim(&worker).await["attempt"], attempt);
        beat(attempt, 60).await;
        beat(attempt, 70).await;
        world.workers_fall_silent().await;
    }
    let wish = json!({ "worker": "gpu" });
    worker.post("/api/worker/claim", wish).await.is(204);
    let seen = world.admin.get(&format!("/api/runs/{run}")).await.is(200);
    assert_eq!(seen["state"], "failed");
    let error = text(&seen["error"]);
    assert!(error.contains("silent 5 times"), "{error}");
    let trail = world.admin.get("/api/audit?limit=500").await.is(200);
    let entries = trail["entries"].as_array().unwrap();
    assert!(
        entries
            .iter()
            .any(|e| e["action"] == "run.give_up" && e["subject"] == run.as_str())
    );
}

#[tokio::test]
async fn a_run_that_failed_can_be_resumed_until_it_gave_its_model() {
    let world = World::new().await;
    let (reader, worker) = (
        world.member("rita", "annotator").await,
        world.worker().await,
    );
    world.finished(1).await;
    let run = world.launch().await;
    let (path, resume) = (
        format!("/api/worker/runs/{run}"),
        format!("/api/runs/{run}/resume"),
    );
    let again = async || world.admin.post(&resume, json!({})).await;
    again().await.refused(409, "nothing_to_resume");
    claim(&worker).await;
    again().await.refused(409, "nothing_to_resume");
    let fail = |attempt: i32| json!({ "attempt": attempt, "reason": "no space left" });
    worker.post(&format!("{path}/fail"), fail(1)).await.is(204);

    reader
        .post(&resume, json!({}))
        .await
        .refused(403, "forbidden");
    let queued = again().await.is(200);
    assert_eq!(
        (&queued["state"], &queued["error"], &queued["finished_at"]),
        (&json!("queued"), &Value::Null, &Value::Null)
    );
    assert_eq!(worker.get(&path).await.is(200)["published"], false);
    let item = claim(&worker).await;
    assert_eq!((&item["id"], &item["attempt"]), (&json!(run), &json!(2)));
    // Whoever had it before speaks for it no more.
    worker
        .post(&format!("{path}/fail"), fail(1))
        .await
        .refused(409, "claim_lost");
    let finish =
        json!({ "attempt": 2, "outcome": "finished", "evaluation": null, "card": "", "files": {} });
    worker.post(&format!("{path}/finish"), finish).await.is(200);
    again().await.refused(409, "nothing_to_resume");
    assert_eq!(worker.get(&path).await.is(200)["published"], true);
    let nowhere = format!("/api/worker/runs/{}", uuid::Uuid::now_v7());
    worker.get(&nowhere).await.refused(404, "not_found");
    let trail = world.admin.get("/api/audit?limit=500").await.is(200);
    let entries = trail["entries"].as_array().unwrap();
    assert!(entries.iter().any(|e| e["action"] == "run.resume"));
}

/// A run that its worker stopped, with a model and checkpoints after steps 4, 8 and 12.
async fn stopped(world: &World, worker: &Person) -> (String, String) {
    let run = world.launch().await;
    let path = format!("/api/worker/runs/{run}");
    assert_eq!(claim(worker).await["id"], run.as_str());
    let held = |step: u32| json!({ "step": step, "written_at": 1_800_000_000, "loss": 2.0, "best": step == 8 });
    let beat = json!({
        "attempt": 1, "done": 12, "total": 100, "phase": "training", "checkpoints": [held(4), held(8), held(12)], "saved": true,
    });
    worker
        .post(&format!("{path}/heartbeat"), beat)
        .await
        .is(200);
    tell_losses(worker, &run, 1, 1..=12).await;
    let stop = format!("/api/runs/{run}/stop");
    world.admin.post(&stop, json!({})).await.is(200);
    let finish =
        json!({ "attempt": 1, "outcome": "stopped", "evaluation": null, "card": "", "files": {} });
    let model = worker.post(&format!("{path}/finish"), finish).await.is(200);
    (run, text(&model["id"]))
}

/// Reports a loss for each step, which tells the hand-out that it is of.
async fn tell_losses(
    worker: &Person,
    run: &str,
    attempt: i32,
    steps: std::ops::RangeInclusive<i32>,
) {
    let point = |step| json!({ "name": "train/loss", "step": step, "value": attempt });
    let points: Vec<Value> = steps.map(point).collect();
    let body = json!({ "attempt": attempt, "points": points });
    let path = format!("/api/worker/runs/{run}/metrics");
    worker.post(&path, body).await.is(204);
}

#[tokio::test]
async fn a_stopped_run_goes_on_from_the_checkpoint_that_is_chosen_with_the_worker_that_has_it() {
    let world = World::new().await;
    let (reader, worker) = (
        world.member("rita", "annotator").await,
        world.worker().await,
    );
    world.finished(1).await;
    let (run, model) = stopped(&world, &worker).await;
    let (path, own) = (
        format!("/api/worker/runs/{run}"),
        format!("/api/runs/{run}"),
    );
    let seen = world.admin.get(&own).await.is(200);
    assert_eq!(
        (&seen["state"], &seen["resumable"]),
        (&json!("stopped"), &json!(true))
    );
    let steps: Vec<_> = seen["checkpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["step"].clone())
        .collect();
    assert_eq!(steps, [4, 8, 12]);
    assert_eq!(worker.get(&path).await.is(200)["published"], false);

    let resume = format!("{own}/resume");
    let from = |step: Value| json!({ "step": step });
    let message = world
        .admin
        .post(&resume, from(json!(5)))
        .await
        .refused(400, "invalid");
    assert!(message.contains("4, 8, 12"), "{message}");
    world
        .admin
        .post(&resume, json!({ "stpe": 4 }))
        .await
        .refused(400, "invalid");
    reader
        .post(&resume, from(json!(4)))
        .await
        .refused(403, "forbidden");
    let queued = world.admin.post(&resume, from(json!(4))).await.is(200);
    assert_eq!(
        (
            &queued["state"],
            &queued["resume_from"],
            &queued["model_id"],
            &queued["done"]
        ),
        (&json!("queued"), &json!(4), &Value::Null, &json!(4))
    );
    // The model that it gave is taken back: it will give another.
    world
        .admin
        .get(&format!("/api/models/{model}"))
        .await
        .refused(404, "not_found");

    // Nobody else has that checkpoint; until somebody takes it up, nothing is forgotten.
    let losses = async || {
        let series = world.admin.get(&format!("{own}/metrics")).await.is(200);
        let of_step = |point: &Value| (point[0].as_i64().unwrap(), point[1].as_f64().unwrap());
        let points = series["series"]["train/loss"].as_array().unwrap();
        points.iter().map(of_step).collect::<Vec<_>>()
    };
    let claiming =
        |steps: &[u32]| json!({ "worker": "gpu", "holds": [{ "run": run, "steps": steps }] });
    for elsewhere in [json!({ "worker": "gpu" }), claiming(&[8, 12])] {
        worker.post("/api/worker/claim", elsewhere).await.is(204);
    }
    assert_eq!(losses().await.len(), 12);
    let item = worker
        .post("/api/worker/claim", claiming(&[4, 8, 12]))
        .await
        .is(200);
    assert_eq!(
        (&item["attempt"], &item["resume_from"]),
        (&json!(2), &json!(4))
    );
    assert_eq!(losses().await.len(), 4);

    // Until it has written a checkpoint of its own, whoever takes it up after its death begins there again.
    let beat = |attempt: i32, done: i32, saved: bool| json!({ "attempt": attempt, "done": done, "total": 100, "phase": "training", "saved": saved });
    let beats = format!("{path}/heartbeat");
    worker.post(&beats, beat(2, 6, false)).await.is(200);
    tell_losses(&worker, &run, 2, 5..=6).await;
    world.workers_fall_silent().await;
    let item = worker
        .post("/api/worker/claim", claiming(&[4, 8, 12]))
        .await
        .is(200);
    assert_eq!(
        (&item["attempt"], &item["resume_from"]),
        (&json!(3), &json!(4))
    );
    tell_losses(&worker, &run, 3, 5..=8).await;
    worker.post(&beats, beat(3, 8, true)).await.is(200);
    world.workers_fall_silent().await;
    assert_eq!(claim(&worker).await["resume_from"], Value::Null);
    let expected: Vec<_> = (1..=4)
        .map(|s| (s, 1.0))
        .chain((5..=8).map(|s| (s, 3.0)))
        .collect();
    assert_eq!(losses().await, expected);
    let trail = world.admin.get("/api/audit?limit=500").await.is(200);
    let entries = trail["entries"].as_array().unwrap();
    let resumed = entries
        .iter()
        .find(|e| e["action"] == "run.resume")
        .unwrap();
    assert_eq!(
        resumed["detail"],
        json!({ "step": 4, "withdrawn_model": model })
    );
}

#[tokio::test]
async fn a_stopped_run_whose_model_is_in_use_or_whose_checkpoints_are_old_is_not_resumed() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(1).await;
    let (run, model) = stopped(&world, &worker).await;
    let resume = format!("/api/runs/{run}/resume");
    let body =
        json!({ "snapshot": world.snapshot().await, "base": { "kind": "published", "id": model } });
    let based = world.admin.post(&world.path("runs"), body).await.is(201);
    let message = world
        .admin
        .post(&resume, json!({}))
        .await
        .refused(409, "model_in_use");
    assert!(message.contains("clone"), "{message}");
    world
        .admin
        .get(&format!("/api/models/{model}"))
        .await
        .is(200);
    let stop = format!("/api/runs/{}/stop", text(&based["id"]));
    world.admin.post(&stop, json!({})).await.is(200);

    let (run, _) = stopped(&world, &worker).await;
    sqlx::query("UPDATE runs SET finished_at = now() - interval '8 days' WHERE id = $1::uuid")
        .bind(&run)
        .execute(&world.server.hospital.pool)
        .await
        .unwrap();
    let resume = format!("/api/runs/{run}/resume");
    world
        .admin
        .post(&resume, json!({}))
        .await
        .refused(409, "nothing_to_resume");
    let standing = worker.get(&format!("/api/worker/runs/{run}")).await.is(200);
    assert_eq!(standing["published"], true);
}

#[tokio::test]
async fn runs_are_cloned_and_compared_within_their_project() {
    let world = World::new().await;
    world.finished(1).await;
    let snapshot = world.snapshot().await;
    let launch = async |project: &str, config: Value, source: Option<&str>| {
        let body = json!({ "snapshot": snapshot, "base": BASE(), "config": config, "name": "r", "cloned_from": source });
        let path = format!("/api/projects/{project}/runs");
        world.admin.post(&path, body).await
    };
    let first = launch(&world.project, json!({ "steps": 100 }), None)
        .await
        .is(201);
    let first = text(&first["id"]);
    let lora =
        json!({ "steps": 100, "ema": 0.9, "tuning": { "kind": "lora", "rank": 4, "alpha": 8.0 } });
    let second = launch(&world.project, lora, Some(&first)).await.is(201);
    assert_eq!(second["cloned_from"], first.as_str());
    let unnamed = json!({ "snapshot": snapshot, "base": BASE(), "cloned_from": first });
    let third = world.admin.post(&world.path("runs"), unnamed).await.is(201);
    assert_eq!(third["name"], "r (2)");
    let second = text(&second["id"]);
    let nobody = uuid::Uuid::now_v7().to_string();
    launch(&world.project, json!({}), Some(&nobody))
        .await
        .refused(404, "not_found");

    let compare = async |project: &str, ids: &str| {
        let path = format!("/api/projects/{project}/runs/compare?runs={ids}");
        world.admin.get(&path).await
    };
    let both = compare(&world.project, &format!("{first},{second}"))
        .await
        .is(200);
    let settings = both["settings"].as_array().unwrap().iter();
    let differing: Vec<_> = settings
        .filter(|s| s["differs"] == true)
        .map(|s| (text(&s["name"]), s["values"].clone()))
        .collect();
    let named = |name: &str| {
        differing
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, values)| values.clone())
    };
    assert_eq!(named("ema"), Some(json!(["0.0", "0.9"])));
    assert_eq!(named("tuning.kind"), Some(json!(["full", "lora"])));
    assert_eq!(named("tuning.rank"), Some(json!([null, "4"])));
    assert_eq!((named("steps"), named("snapshot")), (None, None));
    for ids in [first.as_str(), "", "x,y", &format!("{first},{first}")] {
        compare(&world.project, ids).await.refused(400, "invalid");
    }
    compare(&world.project, &format!("{first},{nobody}"))
        .await
        .refused(404, "not_found");
    let other =
        crate::support::new_project(&world.admin, "Lungs", &json!({ "val": 0, "test": 0 })).await;
    compare(&other, &format!("{first},{second}"))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn runs_are_found_by_their_notes_and_tags_page_by_page() {
    let world = World::new().await;
    world.finished(1).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.insert(0, world.launch().await);
    }
    let notes = |based_on: i64, notes: &str, tags: &[&str]| json!({ "based_on": based_on, "notes": notes, "tags": tags });
    let path = format!("/api/runs/{}/notes", ids[1]);
    let kept = world
        .admin
        .put(
            &path,
            notes(0, "Warm-up too short", &["lora", " best ", "lora"]),
        )
        .await
        .is(200);
    assert_eq!(
        (&kept["tags"], &kept["notes_revision"]),
        (&json!(["best", "lora"]), &json!(1))
    );
    let stale = world.admin.put(&path, notes(0, "mine", &[])).await;
    stale.refused(409, "stale_revision");
    let details = &stale.json()["error"]["details"];
    assert_eq!(
        (&details["based_on"], &details["current"]["notes"]),
        (&json!(0), &json!("Warm-up too short"))
    );
    for wrong in [
        notes(1, "", &["a,b"]),
        notes(1, "", &[""]),
        notes(1, &"n".repeat(10_001), &[]),
        notes(1, "\u{0}", &[]),
    ] {
        world.admin.put(&path, wrong).await.refused(400, "invalid");
    }
    let list = async |query: &str| {
        let page = world
            .admin
            .get(&format!("{}?{query}", world.path("runs")))
            .await
            .is(200);
        let runs = page["runs"].as_array().unwrap().iter();
        (
            runs.map(|r| text(&r["id"])).collect::<Vec<_>>(),
            page["next"].clone(),
            page["tags"].clone(),
        )
    };
    let one = [ids[1].clone()];
    for query in [
        "tag=best",
        "text=warm-UP",
        "text=lor",
        "tag=lora&text=short",
    ] {
        let (found, _, tags) = list(query).await;
        assert_eq!(
            (found.as_slice(), tags),
            (one.as_slice(), json!(["best", "lora"])),
            "{query}"
        );
    }
    for query in ["tag=bes", "text=%25", "tag=best&text=long"] {
        assert_eq!(list(query).await.0, Vec::<String>::new(), "{query}");
    }
    let (mut found, mut next, _) = list("limit=2").await;
    while let Some(after) = next.as_str() {
        let (more, following, _) = list(&format!("limit=2&after={after}")).await;
        found.extend(more);
        next = following;
    }
    assert_eq!(found, ids);
}

#[tokio::test]
async fn what_a_worker_says_about_a_run_can_be_read() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(1).await;
    let run = world.launch().await;
    claim(&worker).await;
    let line = |number: i32, message: &str| json!({ "number": number, "at": 1_800_000_000_000_i64 + i64::from(number), "level": "info", "message": message });
    let say = async |lines: Vec<Value>| {
        let beat =
            json!({ "attempt": 1, "done": 5, "total": 100, "phase": "training", "log": lines });
        let path = format!("/api/worker/runs/{run}/heartbeat");
        worker.post(&path, beat).await.is(200);
    };
    say(vec![line(1, "begun"), line(2, "two\nlines")]).await;
    // What was not answered is said again.
    say(vec![line(2, "two\nlines"), line(3, &"x".repeat(2_000))]).await;
    let path = format!("/api/runs/{run}/log");
    let log = world.admin.get(&path).await.is(200);
    let lines = log["lines"].as_array().unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|l| (l["number"].as_i64().unwrap(), text(&l["message"])))
        .collect();
    assert_eq!(
        told[..2],
        [(1, "begun".to_owned()), (2, "two lines".to_owned())]
    );
    assert_eq!((told.len(), told[2].1.len()), (3, 1_000));
    assert_eq!(lines[0]["at"], "2027-01-15T08:00:00.001Z");
    // Only the newest are kept.
    for first in [4, 1_004, 2_004] {
        say((first..first + 1_000)
            .map(|number| line(number, "more"))
            .collect())
        .await;
    }
    let log = world.admin.get(&format!("{path}?limit=5000")).await.is(200);
    let lines = log["lines"].as_array().unwrap();
    assert_eq!(
        (lines.len(), &lines[0]["number"], &lines[1_999]["number"]),
        (2_000, &json!(1_004), &json!(3_003))
    );
}

#[tokio::test]
async fn a_run_whose_worker_died_can_be_stopped() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(1).await;
    // The worker dies before it hears of it.
    let run = format!("/api/runs/{}", world.launch().await);
    claim(&worker).await;
    let stopped = world.admin.post(&format!("{run}/stop"), json!({})).await;
    assert_eq!(stopped.is(200)["state"], "stopping");
    world.workers_fall_silent().await;
    let wish = json!({ "worker": "gpu" });
    worker.post("/api/worker/claim", wish).await.is(204);
    assert_eq!(world.admin.get(&run).await.is(200)["state"], "stopped");
    // It was dead already, and no other asks for work.
    let run = format!("/api/runs/{}", world.launch().await);
    claim(&worker).await;
    world.workers_fall_silent().await;
    let stopped = world.admin.post(&format!("{run}/stop"), json!({})).await;
    assert_eq!(stopped.is(200)["state"], "stopped");
}

#[tokio::test]
async fn a_round_that_ends_its_workers_fails() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.image(1).await;
    let asked = world
        .admin
        .post(&world.path("acquisitions"), json!({}))
        .await
        .is(201);
    for attempt in 1..=5 {
        assert_eq!(claim(&worker).await["attempt"], attempt);
        world.workers_fall_silent().await;
    }
    let wish = json!({ "worker": "gpu" });
    worker.post("/api/worker/claim", wish).await.is(204);
    let round = format!("/api/acquisitions/{}", text(&asked["id"]));
    let seen = world.admin.get(&round).await.is(200);
    assert!(seen.to_string().contains("silent 5 times"), "{seen}");
}

#[tokio::test]
async fn a_model_is_made_of_artifacts_that_are_there() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(1).await;
    let run = world.launch().await;
    claim(&worker).await;
    let path = format!("/api/worker/runs/{run}");
    let promised = json!({ "sha256": "0".repeat(64), "bytes": 3 });
    let finish = json!({ "attempt": 1, "outcome": "finished", "evaluation": null, "card": "", "files": { "model.safetensors": promised } });
    worker
        .post(&format!("{path}/finish"), finish)
        .await
        .refused(400, "invalid");
    assert_eq!(
        world.admin.get(&world.path("models")).await.is(200)["models"],
        json!([])
    );
    worker
        .post(
            &format!("{path}/fail"),
            json!({ "attempt": 1, "reason": "out of memory" }),
        )
        .await
        .is(204);
    let seen = world.admin.get(&format!("/api/runs/{run}")).await.is(200);
    assert_eq!(
        (seen["state"].clone(), seen["error"].clone()),
        (json!("failed"), json!("out of memory"))
    );
}

#[tokio::test]
async fn a_live_view_hears_of_metrics_and_of_the_end() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(1).await;
    let run = world.launch().await;
    claim(&worker).await;
    let events = world
        .admin
        .request(reqwest::Method::GET, &format!("/api/runs/{run}/events"))
        .send()
        .await
        .unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let mut stream = events.bytes_stream();
    let mut heard = String::new();
    let mut until = async |what: &str| {
        while !heard.contains(what) {
            let chunk = stream
                .next()
                .await
                .unwrap_or_else(|| panic!("{what} is not in {heard}"))
                .unwrap();
            heard.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    };
    until("event: run\ndata: {").await;
    let path = format!("/api/worker/runs/{run}");
    for step in [1, 2] {
        let points = json!([{ "name": "train/loss", "step": step, "value": 1.5 }]);
        worker
            .post(
                &format!("{path}/metrics"),
                json!({ "attempt": 1, "points": points }),
            )
            .await
            .is(204);
        until(&format!("[{step},1.5]")).await;
    }
    // A score of the same step that comes after the loss is not passed over.
    let points = json!([{ "name": "test/accuracy.en", "step": 2, "value": 0.75 }]);
    let score = json!({ "attempt": 1, "points": points });
    worker.post(&format!("{path}/metrics"), score).await.is(204);
    until("{\"series\":{\"test/accuracy.en\":[[2,0.75]]}}").await;
    worker
        .post(
            &format!("{path}/fail"),
            json!({ "attempt": 1, "reason": "over" }),
        )
        .await
        .is(204);
    until("\"state\":\"failed\"").await;
    while let Some(chunk) = stream.next().await {
        chunk.unwrap();
    }
}

#[tokio::test]
async fn a_live_view_ends_with_the_right_to_see_it() {
    let world = World::new().await;
    world.finished(1).await;
    let events = format!("/api/runs/{}/events", world.launch().await);
    let listen = async |person: &Person| {
        let answer = person.request(reqwest::Method::GET, &events).send().await;
        let mut stream = answer.unwrap().bytes_stream();
        let first = stream.next().await.unwrap().unwrap();
        assert!(first.starts_with(b"event: run"), "{first:?}");
        stream
    };
    let engineer = world.member("ed", "engineer").await;
    let wish = json!({ "name": "mine", "scope": "user" });
    let issued = engineer.post("/api/tokens", wish).await.is(201);
    let program = world.server.program(&text(&issued["token"]));
    let (signed_out, bob) = (world.server.sign_in("ed").await, world.user("bob").await);
    let bobs = format!("/api/users/{}", bob.id);
    let admin = async |is_admin: bool| {
        let change = json!({ "is_admin": is_admin });
        world.admin.patch(&bobs, change).await.is(200);
    };
    admin(true).await;
    let streams = [
        listen(&program).await,
        listen(&signed_out).await,
        listen(&bob).await,
        listen(&engineer).await,
    ];
    let token = format!("/api/tokens/{}", text(&issued["id"]));
    engineer.delete(&token).await.is(204);
    signed_out.delete("/api/session").await.is(204);
    admin(false).await;
    let member = world.path(&format!("members/{}", engineer.id));
    world.admin.delete(&member).await.is(204);
    for stream in streams {
        let end = stream.for_each(async |_| ());
        let ended = tokio::time::timeout(Duration::from_secs(30), end).await;
        assert!(ended.is_ok(), "somebody goes on listening");
    }
}

#[tokio::test]
async fn values_that_are_no_numbers_and_names_that_are_paths_are_refused() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(1).await;
    let run = world.launch().await;
    claim(&worker).await;
    let path = format!("/api/worker/runs/{run}");
    let named =
        |name: &str| json!({ "attempt": 1, "points": [{ "name": name, "step": 1, "value": 1.0 }] });
    for name in [String::new(), "n".repeat(101)] {
        worker
            .post(&format!("{path}/metrics"), named(&name))
            .await
            .refused(400, "invalid");
    }
    for name in [
        "..%2F..%2Fetc%2Fpasswd",
        "%2e%2e",
        ".hidden",
        "Model.bin",
        "a%00b",
        &"a".repeat(65),
    ] {
        let answer = worker
            .put_bytes(&format!("{path}/artifacts/{name}?attempt=1"), "x")
            .await;
        assert!(
            matches!(answer.status, 400 | 404),
            "{name}: {}",
            answer.status
        );
    }
    assert_eq!(
        world
            .admin
            .get(&format!("/api/runs/{run}/artifacts"))
            .await
            .is(200)["files"],
        json!({})
    );
}
