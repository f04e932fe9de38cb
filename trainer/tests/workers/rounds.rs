//! Rounds of active learning, carried out by a real worker: what it keeps, and what it measures.

use crate::stage::{Process, Stage, until};
use crate::support::text;
use serde_json::{Value, json};

/// Asks for a round, waits until it is finished, and tells its images and reasons.
async fn round(stage: &Stage, worker: &mut Process, wish: Value) -> (String, Value) {
    let path = stage.world.path("acquisitions");
    let asked = stage.world.admin.post(&path, wish).await.is(201);
    let id = text(&asked["id"]);
    let path = format!("/api/acquisitions/{id}");
    let mut seen = Value::Null;
    until("a round", async || {
        worker.lives();
        seen = stage.world.admin.get(&path).await.is(200);
        ["finished", "failed"].contains(&text(&seen["state"]).as_str())
    })
    .await;
    assert_eq!(seen["state"], "finished", "{seen} {}", worker.said());
    let chosen: Vec<Value> = seen["ranking"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| json!([item["image"], item["score"], item["reason"]]))
        .collect();
    (id, json!(chosen))
}

/// What is kept of a round's signals: for each image an array.
async fn signals(stage: &Stage, round: &str) -> Vec<Value> {
    let pool = &stage.world.server.hospital.pool;
    let id: uuid::Uuid = round.parse().unwrap();
    let query = "SELECT questions FROM round_signals WHERE acquisition_id = $1 ORDER BY image_id";
    sqlx::query_scalar(query)
        .bind(id)
        .fetch_all(pool)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_round_computes_no_features_and_chooses_the_same() {
    let stage = Stage::set().await;
    stage.promote().await;
    for seed in 100..106 {
        stage.world.image(seed).await;
    }
    let cache = stage.cache("rounds");
    let wish = json!({ "strategy": "typical", "budget": 4, "seed": 5 });
    let mut worker = stage.worker("first", &cache, &[]);
    let (_, first) = round(&stage, &mut worker, wish.clone()).await;
    assert!(!first.as_array().unwrap().is_empty());
    assert!(!worker.said().contains("computed=0"), "{}", worker.said());
    worker.kill();
    let mut worker = stage.worker("second", &cache, &[]);
    let (_, second) = round(&stage, &mut worker, wish.clone()).await;
    assert!(worker.said().contains("computed=0"), "{}", worker.said());
    assert_eq!(second, first);
    worker.kill();

    // A file that is damaged is made again, and nothing is lost but time.
    for kept in std::fs::read_dir(cache.join("features")).unwrap() {
        std::fs::write(kept.unwrap().path(), b"half a file").unwrap();
    }
    let mut worker = stage.worker("third", &cache, &[]);
    let (_, third) = round(&stage, &mut worker, wish).await;
    assert_eq!(third, first);
    let said = worker.said();
    assert!(
        said.contains("cannot be used") && !said.contains("computed=0"),
        "{said}"
    );
    worker.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_asks_for_what_its_strategy_ranks_by_and_keeps_it() {
    let stage = Stage::set().await;
    stage.promote().await;
    for seed in 100..104 {
        stage.world.image(seed).await;
    }
    let mut worker = stage.worker("asking", &stage.cache("asking"), &[]);
    for (strategy, fields) in [
        ("entropy", &["answer", "margin"][..]),
        ("box-disagreement", &["drawn", "translated", "disagreement"]),
        ("bald", &["information"]),
        ("badge", &["gradient"]),
    ] {
        let wish = json!({ "strategy": strategy, "boxes": 3, "seed": 5 });
        let (id, chosen) = round(&stage, &mut worker, wish).await;
        assert!(
            (1..=3).contains(&chosen.as_array().unwrap().len()),
            "{strategy} {chosen}"
        );
        let kept = signals(&stage, &id).await;
        assert!(!kept.is_empty(), "{strategy}");
        let questions = kept.iter().flat_map(|image| image.as_array().unwrap());
        for question in questions {
            for field in [
                "drawn",
                "information",
                "gradient",
                "answer",
                "margin",
                "translated",
                "disagreement",
            ] {
                let always = ["answer", "margin"].contains(&field);
                let expected = always || fields.contains(&field);
                assert_eq!(
                    !question[field].is_null(),
                    expected,
                    "{strategy} {field}: {question}"
                );
            }
            let share = |field: &str| {
                question[field]
                    .as_f64()
                    .is_none_or(|x| (0.0..=1.0).contains(&x))
            };
            assert!(share("disagreement") && share("round_trip"), "{question}");
            assert!(
                question["information"].as_f64().is_none_or(|x| x >= 0.0),
                "{question}"
            );
        }
    }
    worker.kill();
}
