//! What rounds asked for, what was read of it, what it cost and what it bought: all counted by hand.

use crate::support::{Person, World, claim, content, region, text};
use serde_json::{Value, json};

/// Trains nothing, but publishes a model with these scores and answers, and tells the run and the model.
async fn scored(world: &World, worker: &Person, accuracy: f64, answers: &str) -> (String, String) {
    let run = world.launch().await;
    assert_eq!(claim(worker).await["id"], run.as_str());
    let path = format!("/api/worker/runs/{run}");
    let put = async |name: &str, bytes: String| {
        let path = format!("{path}/artifacts/{name}?attempt=1");
        worker.put_bytes(&path, bytes).await.is(200)
    };
    let weights = put("model.safetensors", run.clone()).await;
    put("predictions.jsonl", answers.to_owned()).await;
    let evaluation = json!({
        "images": 40, "patients": 40, "regions": 40, "accuracy": { "en": accuracy, "zh": accuracy - 0.25 },
        "mean_iou": { "en": 0.5 }, "region_f1": {},
    });
    let finish = json!({
        "attempt": 1, "outcome": "finished", "evaluation": evaluation, "card": "# A model", "files": { "model.safetensors": weights },
    });
    let model = worker.post(&format!("{path}/finish"), finish).await.is(200);
    (run, text(&model["id"]))
}

/// Promotes a model and answers its round as a worker does: with these regions, and this ranking with its reasons.
pub async fn round(
    world: &World,
    worker: &Person,
    model: &str,
    proposed: &[(&str, Value)],
    ranking: &[(&str, Value)],
) -> String {
    let body = json!({ "acquire": { "strategy": "hybrid", "budget": 10, "seed": 3 } });
    let promote = format!("/api/models/{model}/promote");
    world.admin.post(&promote, body).await.is(200);
    let item = claim(worker).await;
    let path = format!("/api/worker/acquisitions/{}", text(&item["id"]));
    let images: Vec<Value> = proposed
        .iter()
        .map(|(image, region)| json!({ "image": image, "regions": [region] }))
        .collect();
    let predictions = json!({ "attempt": item["attempt"], "images": images });
    worker
        .post(&format!("{path}/predictions"), predictions)
        .await
        .is(204);
    let ranking: Vec<Value> = ranking
        .iter()
        .map(|(image, reason)| json!({ "image": image, "score": 0.5, "reason": reason }))
        .collect();
    let finish = json!({ "attempt": item["attempt"], "ranking": ranking });
    worker.post(&format!("{path}/finish"), finish).await.is(204);
    text(&item["id"])
}

/// One answer on the test split for each of forty patients: right for the first so many.
fn answers(right: usize) -> String {
    let line = |patient: usize, task: &str| {
        json!({
            "image": uuid::Uuid::now_v7(), "patient": format!("p{patient}"), "split": "test", "task": task, "lang": "en", "concept": "cyst",
            "question": "?", "answer": "", "truth": "", "truth_boxes": [[0.0, 0.0, 10.0, 10.0]], "boxes": [[0.0, 0.0, 10.0, 5.0]],
            "correct": (task == "r2t").then_some(patient < right),
        })
    };
    let lines = (0..40).flat_map(|patient| [line(patient, "r2t"), line(patient, "t2r")]);
    lines.map(|line| line.to_string() + "\n").collect()
}

fn cyst(bbox: [f64; 4]) -> Value {
    region("cyst", bbox, "a cyst")
}

fn unsure() -> Value {
    json!({ "kind": "least_sure", "concept": "cyst" })
}

fn by_chance() -> Value {
    json!({ "kind": "chance" })
}

/// Three rounds with what came of them.
#[tokio::test]
async fn each_round_tells_what_it_cost_and_what_it_bought() {
    let world = World::new().await;
    let (anna, worker) = (
        world.member("anna", "annotator").await,
        world.worker().await,
    );
    world.finished(9).await;
    let mut images = Vec::new();
    for seed in 1..=5 {
        images.push(world.image(seed).await);
    }
    let [a, b, c, d, e] = &images[..] else {
        panic!("five images")
    };
    let get = async |path: &str| world.admin.get(path).await.is(200);
    let efficiency = async || get(&world.path("rounds/efficiency")).await;

    let proposed =
        json!({ "bbox": [1.0, 1.0, 9.0, 9.0], "concept": "cyst", "confidence": 0.5, "texts": {} });
    let (_, model) = scored(&world, &worker, 0.25, "").await;
    let equal = json!({ "kind": "chance_equal", "modality": "ct" });
    let silent = json!({ "kind": "chance_silent" });
    let first = round(
        &world,
        &worker,
        &model,
        &[(a, proposed.clone()), (b, proposed.clone())],
        &[(a, unsure()), (b, by_chance()), (c, equal), (d, silent)],
    )
    .await;
    // Of the three regions on the first image model and reader share one: F1 is 2/3. On the second the boxes overlap by a half.
    let two = content(&[cyst([1.0, 1.0, 9.0, 9.0]), cyst([30.0, 30.0, 40.0, 40.0])]);
    world.annotate(&anna, a, two).await;
    let half = content(&[cyst([1.0, 1.0, 9.0, 5.0])]);
    world.annotate(&anna, b, half).await;
    world.annotate(&anna, c, content(&[])).await;

    let path = format!("/api/rounds/{first}");
    let seen = get(&path).await;
    let part = |asked, cases, boxes, seconds: f64| json!({ "asked": asked, "cases": cases, "boxes": boxes, "seconds": seconds, "timed": cases });
    assert_eq!(seen["chosen"], part(2, 1, 2, 12.5));
    assert_eq!(seen["control"], part(2, 2, 1, 25.0));
    assert_eq!(
        (&seen["open"], &seen["number"], &seen["result"]),
        (&json!(1), &json!(1), &Value::Null)
    );
    let f1 = |part: &str| seen["agreements"][part]["f1"].as_f64().unwrap();
    assert!((f1("chosen") - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!(
        (f1("control"), &seen["agreements"]["control"]["cases"]),
        (1.0, &json!(2))
    );
    assert_eq!(seen["agreements"]["control"]["shown"], 1);
    assert_eq!(seen["agreements"]["control"]["estimate"], Value::Null);

    // A case that nobody reads for this round counts for the next one that asks for it.
    let (second_run, model) = scored(&world, &worker, 0.5, &answers(20)).await;
    round(&world, &worker, &model, &[], &[(d, unsure())]).await;
    world
        .annotate(&anna, d, content(&[cyst([1.0, 1.0, 9.0, 9.0])]))
        .await;
    let (_, model) = scored(&world, &worker, 0.75, "").await;
    assert!(
        efficiency().await["advice"]
            .as_array()
            .unwrap()
            .iter()
            .all(|a| a["judgement"] == "too_early")
    );
    round(&world, &worker, &model, &[], &[(e, unsure())]).await;
    world.annotate(&anna, e, content(&[])).await;
    let (last_run, _) = scored(&world, &worker, 1.0, &answers(40)).await;

    let seen = get(&path).await;
    let result = &seen["result"];
    assert_eq!(
        (&result["scored"]["run"], &result["held"], &result["of"]),
        (&json!(second_run), &json!(3), &json!(3))
    );
    // Its snapshot has the first finished case too, and that reader's time.
    assert_eq!(
        (&result["scored"]["boxes"], &result["scored"]["seconds"]),
        (&json!(4), &json!(50.0))
    );

    let page = get(&world.path("rounds?limit=2")).await;
    let numbers: Vec<_> = page["rounds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["number"].clone())
        .collect();
    assert_eq!(
        (numbers, &page["next"]),
        (vec![json!(3), json!(2)], &json!(2))
    );
    assert_eq!(page["rounds"][1]["chosen"], part(1, 1, 1, 12.5));
    assert_eq!(
        get(&world.path("rounds?before=2")).await["next"],
        Value::Null
    );

    let found = efficiency().await;
    let points: Vec<_> = found["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["rounds"].clone(), p["boxes"].clone()))
        .collect();
    let point = |rounds: Value, boxes: i32| (rounds, json!(boxes));
    assert_eq!(
        points,
        [
            point(json!([]), 1),
            point(json!([1]), 4),
            point(json!([2]), 5),
            point(json!([3]), 5)
        ]
    );
    assert_eq!(found["points"][3]["run"], last_run.as_str());
    assert_eq!(found["agreements"].as_array().unwrap().len(), 3);
    let advice = |measure: &str| {
        found["advice"]
            .as_array()
            .unwrap()
            .iter()
            .find(|a| a["measure"] == measure)
            .unwrap()
            .clone()
    };
    // Half of the patients were answered rightly two rounds before, all are now; no box has moved.
    let accuracy = advice("accuracy");
    assert_eq!(
        (
            &accuracy["judgement"],
            &accuracy["gain"],
            &accuracy["patients"]
        ),
        (&json!("go_on"), &json!(0.5), &json!(40))
    );
    assert_eq!(accuracy["estimate"]["value"], 0.5);
    assert!(accuracy["estimate"]["low"].as_f64().unwrap() > 0.3);
    let iou = advice("mean_iou");
    assert_eq!(
        (&iou["judgement"], &iou["estimate"]["high"]),
        (&json!("stop"), &json!(0.0))
    );
}

#[tokio::test]
async fn a_rounds_images_come_page_by_page_with_what_was_read_of_each() {
    let world = World::new().await;
    let worker = world.worker().await;
    let before = world.finished(9).await;
    let (a, b) = (world.image(1).await, world.image(2).await);
    let model = world.published(&worker).await;
    let ranking = [(&*a, unsure()), (&*before, by_chance()), (&*b, by_chance())];
    let id = round(&world, &worker, &model, &[], &ranking).await;
    world
        .annotate(&world.admin, &a, content(&[cyst([1.0, 1.0, 9.0, 9.0])]))
        .await;
    let lease = format!("/api/images/{b}/lease");
    world.admin.post(&lease, json!({})).await.is(200);

    let path = format!("/api/rounds/{id}/items");
    let page = world.admin.get(&format!("{path}?limit=2")).await.is(200);
    assert_eq!(page["next"], 2);
    let expected = json!({
        "image": a, "rank": 1, "score": 0.5, "reason": unsure(), "control": false, "state": "submitted", "cases": 1, "boxes": 1, "seconds": 12.5,
    });
    assert_eq!(page["items"][0], expected);
    // What was finished before the round was not brought about by it.
    let read = &page["items"][1];
    assert_eq!(
        (&read["state"], &read["cases"], &read["seconds"]),
        (&json!("submitted"), &json!(0), &Value::Null)
    );
    let page = world
        .admin
        .get(&format!("{path}?limit=2&after=2"))
        .await
        .is(200);
    let left = &page["items"][0];
    assert_eq!(
        (&left["state"], &left["control"], &page["next"]),
        (&json!("leased"), &json!(true), &Value::Null)
    );
}
