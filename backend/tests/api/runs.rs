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
        json!({ "attempt": 2, "outcome": "stopped", "evaluation": null, "card": "", "files": {} });
    worker.post(&format!("{path}/finish"), finish).await.is(200);
    again().await.refused(409, "nothing_to_resume");
    assert_eq!(worker.get(&path).await.is(200)["published"], true);
    let nowhere = format!("/api/worker/runs/{}", uuid::Uuid::now_v7());
    worker.get(&nowhere).await.refused(404, "not_found");
    let trail = world.admin.get("/api/audit?limit=500").await.is(200);
    let entries = trail["entries"].as_array().unwrap();
    assert!(entries.iter().any(|e| e["action"] == "run.resume"));
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
