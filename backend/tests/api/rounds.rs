//! Promoting a model, what it proposes, and the order in which cases then come.

use crate::support::{Person, World, content, region, text};
use serde_json::{Value, json};

/// Promotes a model and answers the round as a worker does: with these regions on one image, and this ranking.
pub async fn answer_round(
    world: &World,
    worker: &Person,
    image: &str,
    proposed: &[Value],
    ranking: &[&str],
) -> Value {
    let model = world.published(worker).await;
    let body = json!({ "acquire": { "strategy": "hybrid", "budget": 10, "seed": 3 } });
    let promoted = world
        .admin
        .post(&format!("/api/models/{model}/promote"), body)
        .await
        .is(200);
    assert_eq!(promoted["model"]["promoted"], true);
    let round = worker
        .post("/api/worker/claim", json!({ "worker": "gpu" }))
        .await
        .is(200);
    assert_eq!(round["kind"], "acquisition");
    assert_eq!(round["model"], json!({ "kind": "published", "id": model }));
    let path = format!("/api/worker/acquisitions/{}", text(&round["id"]));
    let attempt = &round["attempt"];
    let predictions =
        json!({ "attempt": attempt, "images": [{ "image": image, "regions": proposed }] });
    worker
        .post(&format!("{path}/predictions"), predictions)
        .await
        .is(204);
    let ranking: Vec<Value> = ranking
        .iter()
        .map(|id| json!({ "image": id, "score": 0.5, "reason": least_sure() }))
        .collect();
    worker
        .post(
            &format!("{path}/finish"),
            json!({ "attempt": attempt, "ranking": ranking }),
        )
        .await
        .is(204);
    round
}

/// Lets a model propose these regions on an image.
pub async fn suggest(world: &World, worker: &Person, image: &str, proposed: &[Value]) {
    answer_round(world, worker, image, proposed, &[]).await;
}

fn least_sure() -> Value {
    json!({ "kind": "least_sure", "concept": "cyst" })
}

fn cyst(confidence: f64) -> Value {
    json!({ "bbox": [1.0, 1.0, 9.0, 9.0], "concept": "cyst", "confidence": confidence, "texts": { "en": "a cyst" } })
}

#[tokio::test]
async fn cases_come_in_the_order_of_the_latest_round() {
    let world = World::new().await;
    let (anna, worker) = (
        world.member("anna", "annotator").await,
        world.worker().await,
    );
    world.finished(9).await;
    let images = [
        world.image(1).await,
        world.image(2).await,
        world.image(3).await,
    ];
    let round = answer_round(
        &world,
        &worker,
        &images[2],
        &[cyst(0.25)],
        &[&images[2], &images[1]],
    )
    .await;

    let mut order = Vec::new();
    for _ in 0..3 {
        let case = anna
            .post(&world.path("cases/next"), json!({}))
            .await
            .is(200);
        order.push((
            text(&case["image"]["id"]),
            case["choice"].clone(),
            case["suggestions"].as_array().unwrap().len(),
        ));
        world
            .annotate(&anna, &order.last().unwrap().0, content(&[]))
            .await;
    }
    let choice = |rank: i32| json!({ "rank": rank, "reason": least_sure() });
    assert_eq!(order[0], (images[2].clone(), choice(1), 1));
    assert_eq!(order[1], (images[1].clone(), choice(2), 0));
    assert_eq!(order[2], (images[0].clone(), Value::Null, 0));

    let seen = world
        .admin
        .get(&format!("/api/acquisitions/{}", text(&round["id"])))
        .await
        .is(200);
    assert_eq!(seen["state"], "finished");
    let ranked: Vec<_> = seen["ranking"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (text(&r["image"]), r["submitted"].clone()))
        .collect();
    assert_eq!(
        ranked,
        [
            (images[2].clone(), json!(true)),
            (images[1].clone(), json!(true))
        ]
    );
}

#[tokio::test]
async fn the_control_group_reads_without_suggestions() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(9).await;
    let image = world.image(1).await;
    suggest(&world, &worker, &image, &[cyst(0.5)]).await;
    let open = format!("/api/images/{image}/lease");
    assert_eq!(
        world.admin.post(&open, json!({})).await.is(200)["suggestions"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    sqlx::query("UPDATE projects SET blind_share = 100")
        .execute(&world.server.hospital.pool)
        .await
        .unwrap();
    assert_eq!(
        world.admin.post(&open, json!({})).await.is(200)["suggestions"],
        json!([])
    );
}

#[tokio::test]
async fn a_calibrated_suggestion_is_told_with_its_outer_box_and_kept_with_its_signals() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(9).await;
    let image = world.image(1).await;
    let mut region = cyst(0.75);
    let signals = json!({ "mean": -0.25, "least": -1.0, "margin": 0.5, "entropy": 0.125 });
    region["calibrated"] = json!(true);
    region["signals"] = json!({ "answer": signals, "coordinates": signals });
    region["outer"] = json!([0.0, 0.5, 10.0, 9.5]);
    suggest(&world, &worker, &image, &[region.clone()]).await;
    let case = world
        .admin
        .post(&format!("/api/images/{image}/lease"), json!({}))
        .await
        .is(200);
    let told = &case["suggestions"][0];
    assert_eq!(
        (&told["confidence"], &told["calibrated"], &told["outer"]),
        (&json!(0.75), &json!(true), &region["outer"])
    );
    let kept: Value =
        sqlx::query_scalar("SELECT signals FROM suggestions WHERE signals IS NOT NULL")
            .fetch_one(&world.server.hospital.pool)
            .await
            .unwrap();
    assert_eq!(kept, region["signals"]);
}

#[tokio::test]
async fn a_newer_model_replaces_only_what_nobody_has_met() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(9).await;
    let image = world.image(1).await;
    let open = format!("/api/images/{image}/lease");
    suggest(&world, &worker, &image, &[cyst(0.25)]).await;
    suggest(&world, &worker, &image, &[cyst(0.75)]).await;
    let confidences = |case: &Value| -> Vec<f64> {
        case["suggestions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["confidence"].as_f64().unwrap())
            .collect()
    };
    assert_eq!(
        confidences(&world.admin.post(&open, json!({})).await.is(200)),
        [0.75]
    );
    suggest(&world, &worker, &image, &[cyst(0.5)]).await;
    let case = world.admin.post(&open, json!({})).await.is(200);
    assert_eq!(confidences(&case), [0.75]);
    // What an older trainer does not say is not calibrated.
    assert_eq!(case["suggestions"][0]["calibrated"], false);
    assert_eq!(case["suggestions"][0]["outer"], Value::Null);
    let models = world.admin.get(&world.path("models")).await.is(200);
    let promoted = models["models"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|m| m["promoted"] == true)
        .count();
    assert_eq!(
        (promoted, models["models"].as_array().unwrap().len()),
        (1, 3)
    );
}

#[tokio::test]
async fn a_round_looks_at_what_may_be_seen_and_at_nothing_else() {
    let world = World::with(json!({ "val": 0, "test": 50 })).await;
    let worker = world.worker().await;
    for seed in 0..12 {
        world.image(seed).await;
    }
    let waiting = world
        .admin
        .upload(
            &world.project,
            "us.png",
            super::support::png(99),
            &[("patient", "w"), ("modality", "ultrasound")],
        )
        .await
        .is(201);
    assert_eq!(waiting["state"], "waiting_attestation");
    world
        .admin
        .post(
            &world.path("acquisitions"),
            json!({ "strategy": "random", "budget": 3 }),
        )
        .await
        .is(201);
    let round = worker
        .post("/api/worker/claim", json!({ "worker": "gpu" }))
        .await
        .is(200);
    assert_eq!(
        round["model"],
        json!({ "kind": "builtin", "name": "shapes" })
    );
    let path = format!("/api/worker/acquisitions/{}", text(&round["id"]));

    let (mut pool_images, mut after) = (Vec::new(), String::new());
    loop {
        let page = worker
            .get(&format!("{path}/pool?limit=2{after}"))
            .await
            .is(200);
        pool_images.extend(page["images"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        after = format!("&after={next}");
    }
    let listed = world
        .admin
        .get(&world.path("images?split=train&state=open"))
        .await
        .is(200);
    let ids = |images: &[Value]| -> Vec<String> { images.iter().map(|i| text(&i["id"])).collect() };
    assert_eq!(ids(&pool_images), ids(listed["images"].as_array().unwrap()));
    assert!(pool_images.iter().all(|i| i["open"] == true));

    let raster = |image: &Value| format!("{path}/objects/{}", text(&image["raster"]["sha256"]));
    assert!(
        worker
            .get(&raster(&pool_images[0]))
            .await
            .bytes
            .starts_with(b"\x89PNG")
    );
    let held_out = world
        .admin
        .get(&world.path("images?split=test&state=open"))
        .await
        .is(200)["images"]
        .clone();
    worker
        .get(&raster(&waiting))
        .await
        .refused(404, "not_found");
    worker
        .get(&raster(&held_out[0]))
        .await
        .refused(404, "not_found");

    let finish = |images: &[&Value]| {
        let ranking: Vec<Value> = images
            .iter()
            .map(|i| json!({ "image": i["id"], "score": 1.0, "reason": "drawn" }))
            .collect();
        json!({ "attempt": 1, "ranking": ranking })
    };
    let round_path = format!("/api/acquisitions/{}", text(&round["id"]));
    let path = format!("{path}/finish");
    worker
        .post(&path, finish(&[&held_out[0]]))
        .await
        .refused(404, "not_found");
    worker
        .post(&path, finish(&[&pool_images[0], &pool_images[0]]))
        .await
        .refused(400, "invalid");
    worker.post(&path, finish(&[&pool_images[0]])).await.is(204);
    // In words, as a trainer of before told it; and as a server of before wrote it down.
    let said = json!({ "kind": "said", "text": "drawn" });
    for old in [false, true] {
        if old {
            sqlx::query("UPDATE acquisition_items SET why = NULL")
                .execute(&world.server.hospital.pool)
                .await
                .unwrap();
        }
        let seen = world.admin.get(&round_path).await.is(200);
        assert_eq!(seen["ranking"][0]["reason"], said);
    }
    worker
        .post(&path, finish(&[&pool_images[0]]))
        .await
        .refused(409, "claim_lost");
}

#[tokio::test]
async fn a_model_cannot_propose_what_a_reader_could_not_write() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(9).await;
    let image = world.image(1).await;
    let model = world.published(&worker).await;
    world
        .admin
        .post(&format!("/api/models/{model}/promote"), json!({}))
        .await
        .is(200);
    let round = worker
        .post("/api/worker/claim", json!({ "worker": "gpu" }))
        .await
        .is(200);
    let path = format!(
        "/api/worker/acquisitions/{}/predictions",
        text(&round["id"])
    );
    let propose = async |field: &str, value: Value| {
        let mut region = cyst(0.5);
        region[field] = value;
        worker
            .post(
                &path,
                json!({ "attempt": 1, "images": [{ "image": image, "regions": [region] }] }),
            )
            .await
    };
    propose("confidence", json!(1.5))
        .await
        .refused(400, "invalid");
    propose("concept", json!("nowhere"))
        .await
        .refused(400, "invalid");
    propose("bbox", json!([0.0, 0.0, 65.0, 9.0]))
        .await
        .refused(400, "invalid");
    propose("outer", json!([0.0, 0.0, 65.0, 9.0]))
        .await
        .refused(400, "invalid");
    propose("texts", json!({ "en": "x".repeat(4_001) }))
        .await
        .refused(400, "invalid");
    propose("texts", json!({ "fr": "un kyste" }))
        .await
        .refused(400, "invalid");
    let case = world
        .admin
        .post(&format!("/api/images/{image}/lease"), json!({}))
        .await
        .is(200);
    assert_eq!(case["suggestions"], json!([]));
}

#[tokio::test]
async fn a_round_whose_worker_fell_silent_is_handed_out_again() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.image(1).await;
    let asked = world
        .admin
        .post(&world.path("acquisitions"), json!({}))
        .await
        .is(201);
    let claim = async || {
        worker
            .post("/api/worker/claim", json!({ "worker": "gpu" }))
            .await
    };
    assert_eq!(claim().await.is(200)["attempt"], 1);
    claim().await.is(204);
    let path = format!("/api/worker/acquisitions/{}", text(&asked["id"]));
    let beat =
        |attempt: i32| json!({ "attempt": attempt, "done": 1, "total": 2, "phase": "predicting" });
    assert_eq!(
        worker
            .post(&format!("{path}/heartbeat"), beat(1))
            .await
            .is(200)["stop"],
        false
    );
    world.workers_fall_silent().await;
    assert_eq!(claim().await.is(200)["attempt"], 2);
    worker
        .post(&format!("{path}/heartbeat"), beat(1))
        .await
        .refused(409, "claim_lost");
    worker
        .post(
            &format!("{path}/finish"),
            json!({ "attempt": 1, "ranking": [] }),
        )
        .await
        .refused(409, "claim_lost");
    worker
        .post(
            &format!("{path}/fail"),
            json!({ "attempt": 2, "reason": "no memory" }),
        )
        .await
        .is(204);
    let seen = world
        .admin
        .get(&format!("/api/acquisitions/{}", text(&asked["id"])))
        .await
        .is(200);
    assert_eq!(
        (seen["state"].clone(), seen["error"].clone()),
        (json!("failed"), json!("no memory"))
    );
}

#[tokio::test]
async fn a_round_cannot_ask_for_what_there_is_not() {
    let world = World::new().await;
    let ask = async |body: Value| world.admin.post(&world.path("acquisitions"), body).await;
    ask(json!({ "budget": 0 })).await.refused(400, "invalid");
    ask(json!({ "boxes": 0 })).await.refused(400, "invalid");
    ask(json!({ "boxes": 1_000_001 }))
        .await
        .refused(400, "invalid");
    ask(json!({ "strategy": "psychic" }))
        .await
        .refused(400, "invalid");
    ask(json!({ "model": { "kind": "builtin", "name": "../../etc/passwd" } }))
        .await
        .refused(400, "invalid");
    let unknown = json!({ "model": { "kind": "published", "id": uuid::Uuid::now_v7() } });
    ask(unknown).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_round_is_asked_for_in_images_or_boxes_or_both_and_its_worker_is_told() {
    let world = World::new().await;
    let ask = async |body: Value| {
        let asked = world.admin.post(&world.path("acquisitions"), body).await;
        let asked = asked.is(201);
        (asked["budget"].clone(), asked["boxes"].clone())
    };
    let images = ask(json!({ "budget": 7 })).await;
    assert_eq!(images, (json!(7), Value::Null));
    // An image costs a box at least.
    assert_eq!(ask(json!({ "boxes": 120 })).await, (json!(120), json!(120)));
    let both = ask(json!({ "boxes": 120, "budget": 9 })).await;
    assert_eq!(both, (json!(9), json!(120)));
    assert_eq!(ask(json!({})).await, (json!(50), Value::Null));
    let worker = world.worker().await;
    for limits in [
        (json!(7), Value::Null),
        (json!(120), json!(120)),
        (json!(9), json!(120)),
    ] {
        let claimed = worker
            .post("/api/worker/claim", json!({ "worker": "gpu" }))
            .await
            .is(200);
        assert_eq!(
            (claimed["budget"].clone(), claimed["boxes"].clone()),
            limits
        );
    }
}

/// What was read already is how a round knows which concepts are still rare.
#[tokio::test]
async fn a_round_is_told_what_was_marked_on_read_images() {
    let world = World::new().await;
    let worker = world.worker().await;
    let mut images = Vec::new();
    for seed in 1..5 {
        images.push(world.image(seed).await);
    }
    let cyst = |x: f64| region("cyst", [x, 5.0, x + 9.0, 25.0], "a cyst");
    let kidney = || region("kidney", [1.5, 2.25, 60.0, 40.0], "the kidney");
    let mut absent = kidney();
    absent["presence"] = json!("absent");
    for (image, regions) in [
        (&images[0], vec![cyst(4.0), cyst(30.0), absent]),
        (&images[1], vec![kidney(), cyst(4.0)]),
        (&images[2], vec![]),
    ] {
        world.annotate(&world.admin, image, content(&regions)).await;
    }
    let round = json!({ "strategy": "random", "budget": 3 });
    let asked = world.admin.post(&world.path("acquisitions"), round).await;
    let path = format!(
        "/api/worker/acquisitions/{}/pool",
        text(&asked.is(201)["id"])
    );
    worker
        .post("/api/worker/claim", json!({ "worker": "gpu" }))
        .await
        .is(200);
    let pool = worker.get(&path).await.is(200);
    let told = |image: &str| {
        let images = pool["images"].as_array().unwrap();
        let found = images.iter().find(|i| i["id"] == image).unwrap();
        ["open", "boxes", "marked"].map(|name| found[name].clone())
    };
    assert_eq!(
        told(&images[0]),
        [json!(false), json!(3.0), json!(["cyst"])]
    );
    assert_eq!(
        told(&images[1]),
        [json!(false), json!(2.0), json!(["cyst", "kidney"])]
    );
    assert_eq!(told(&images[2]), [json!(false), json!(0.0), Value::Null]);
    assert_eq!(told(&images[3]), [json!(true), Value::Null, Value::Null]);
}
