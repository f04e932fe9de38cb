//! What is shown of a run's answers on its test split, all counted by hand.

use crate::support::{Person, World, claim, new_project, text};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Trains nothing, but publishes a model with these answers as a worker does, and tells the run.
async fn answered(world: &World, worker: &Person, answers: &str) -> String {
    let run = world.launch().await;
    assert_eq!(claim(worker).await["id"], run.as_str());
    let path = format!("/api/worker/runs/{run}");
    let put = async |name: &str, bytes: String| {
        let path = format!("{path}/artifacts/{name}?attempt=1");
        worker.put_bytes(&path, bytes).await.is(200)
    };
    let weights = put("model.safetensors", run.clone()).await;
    put("predictions.jsonl", answers.to_owned()).await;
    let finish = json!({
        "attempt": 1, "outcome": "finished", "evaluation": null, "card": "# A model", "files": { "model.safetensors": weights },
    });
    worker.post(&format!("{path}/finish"), finish).await.is(200);
    run
}

/// A run's evaluation, once it is judged.
async fn judged(world: &World, run: &str) -> Value {
    let path = format!("/api/runs/{run}/evaluation");
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let seen = world.admin.get(&path).await.is(200);
        if seen["state"] == "finished" || seen["state"] == "failed" {
            return seen;
        }
        assert!(Instant::now() < deadline, "not judged: {seen}");
        tokio::task::yield_now().await;
    }
}

/// One line; `said` is the answer's words where a name was asked for, its boxes else.
fn line(image: &str, patient: &str, lang: &str, concept: &str, truth: Value, said: Value) -> Value {
    let names = said.is_array();
    let (task, words, boxes, correct) = match names {
        true => ("r2t", said[0].clone(), json!([]), said[1].clone()),
        false => ("t2r", json!(""), said["boxes"].clone(), Value::Null),
    };
    json!({
        "image": image, "patient": patient, "split": "test", "task": task, "lang": lang, "concept": concept, "question": "?",
        "answer": words, "truth": concept, "truth_boxes": truth, "boxes": boxes, "correct": correct,
    })
}

fn boxes(boxes: Value) -> Value {
    json!({ "boxes": boxes })
}

fn file(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A project whose kidneys have sides, and ten answers about two images of it.
async fn answers(world: &World) -> ([String; 2], Vec<Value>) {
    let names = |en: &str, zh: &str| json!({ "en": en, "zh": zh });
    let concepts = json!({ "concepts": [
        { "key": "cyst", "kind": "lesion", "names": names("cyst", "囊肿"), "modalities": [] },
        { "key": "kidney", "kind": "structure", "names": names("kidney", "肾脏"), "modalities": ["ct"] },
        { "key": "left_kidney", "kind": "structure", "names": names("left kidney", "左肾"), "modalities": [] },
        { "key": "right_kidney", "kind": "structure", "names": names("right kidney", "右肾"), "modalities": [] },
    ] });
    world
        .admin
        .put(&world.path("concepts"), concepts)
        .await
        .is(200);
    world.finished(9).await;
    let [a, b] = [world.image(1).await, world.image(2).await];
    let (left, cyst) = (json!([[4, 5, 20, 25]]), json!([[10, 10, 20, 20]]));
    let lines = vec![
        line(
            &a,
            "pa",
            "en",
            "left_kidney",
            left.clone(),
            json!(["left kidney", true]),
        ),
        line(
            &a,
            "pa",
            "zh",
            "left_kidney",
            left.clone(),
            json!(["右肾", false]),
        ),
        line(
            &a,
            "pa",
            "en",
            "left_kidney",
            left.clone(),
            boxes(left.clone()),
        ),
        // In the other half of an image that is 64 pixels wide.
        line(
            &a,
            "pa",
            "zh",
            "left_kidney",
            left,
            boxes(json!([[40, 5, 60, 25]])),
        ),
        line(
            &b,
            "pb",
            "en",
            "cyst",
            cyst.clone(),
            json!(["a lump", false]),
        ),
        line(&b, "pb", "zh", "cyst", cyst.clone(), json!(["囊肿", true])),
        // Half of it, and one in the void; then three tenths of it.
        line(
            &b,
            "pb",
            "en",
            "cyst",
            cyst.clone(),
            boxes(json!([[10, 10, 20, 15], [50, 30, 60, 40]])),
        ),
        line(
            &b,
            "pb",
            "zh",
            "cyst",
            cyst,
            boxes(json!([[10, 10, 20, 13]])),
        ),
        line(&b, "pb", "en", "kidney", json!([]), boxes(json!([]))),
        line(&b, "pb", "zh", "kidney", json!([]), boxes(json!([]))),
    ];
    ([a, b], lines)
}

fn numbers(page: &Value) -> Vec<i64> {
    let cases = page["cases"].as_array().unwrap().iter();
    cases.map(|case| case["line"].as_i64().unwrap()).collect()
}

fn close(value: &Value, expected: f64) {
    let found = value.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-12, "{found} {expected}");
}

#[tokio::test]
async fn a_run_shows_its_scores_slices_confusions_and_answers() {
    let world = World::new().await;
    let worker = world.worker().await;
    let ([_, withheld], lines) = answers(&world).await;
    let run = answered(&world, &worker, &file(&lines)).await;
    let seen = judged(&world, &run).await;
    assert_eq!(
        (&seen["state"], &seen["failure"], &seen["over"]),
        (&json!("finished"), &Value::Null, &json!(true))
    );
    let figures = &seen["figures"];
    assert_eq!(
        figures["extent"],
        json!({ "answers": 10, "images": 2, "patients": 2 })
    );
    let [english, chinese] = [&figures["scores"][0], &figures["scores"][1]];
    assert_eq!(
        (&english["lang"], &english["answers"]),
        (&json!("en"), &json!(5))
    );
    let score = |value, of, patients| json!({ "value": value, "of": of, "patients": patients, "interval": null });
    assert_eq!(english["accuracy"], score(0.5, 2, 2));
    // (1 + 0.5) / 2 true boxes; twice two hits among two true boxes and three others.
    assert_eq!(english["mean_iou"], score(0.75, 2, 2));
    assert_eq!(english["region_f1"], score(0.8, 5, 2));
    close(&chinese["mean_iou"]["value"], 0.15);
    assert_eq!(chinese["region_f1"], score(0.0, 4, 2));
    let slices = figures["slices"].as_array().unwrap();
    let slice = |by: &str, value: &str, lang: &str| {
        let mut slices = slices.iter();
        let found =
            slices.find(|s| s["by"] == by && s["value"] == value && s["scores"]["lang"] == lang);
        &found.unwrap()["scores"]
    };
    assert_eq!(slice("modality", "ct", "en"), english);
    assert_eq!(slice("concept", "cyst", "en")["accuracy"], score(0.0, 1, 1));
    // Where nothing is to be found and nothing was, nothing is scored.
    assert_eq!(slice("concept", "kidney", "zh")["region_f1"], Value::Null);
    let confused = |lang, truth, named: Option<&str>| json!({ "lang": lang, "truth": truth, "named": named, "count": 1 });
    let expected = json!([
        confused("en", "cyst", None),
        confused("en", "left_kidney", Some("left_kidney")),
        confused("zh", "cyst", Some("cyst")),
        confused("zh", "left_kidney", Some("right_kidney")),
    ]);
    assert_eq!(figures["confusion"], expected);
    let count = |fault: &str, count| json!({ "fault": fault, "count": count });
    let faults = json!([
        count("wrong_side", 2),
        count("missed", 2),
        count("false_positive", 3),
        count("wrong_name", 2),
        count("low_overlap", 1),
        count("languages_disagree", 8),
    ]);
    assert_eq!((&seen["faults"], &seen["withheld"]), (&faults, &json!(0)));

    let cases = async |query: &str| {
        let path = format!("/api/runs/{run}/evaluation/cases?{query}");
        world.admin.get(&path).await.is(200)
    };
    assert_eq!(numbers(&cases("").await), [2, 4, 5, 8, 7, 1, 3, 6, 9, 10]);
    let page = cases("limit=3").await;
    assert_eq!((numbers(&page), &page["next"]), (vec![2, 4, 5], &json!(5)));
    assert_eq!(numbers(&cases("limit=3&after=5").await), [8, 7, 1]);
    assert_eq!(
        cases("after=10").await,
        json!({ "cases": [], "next": null })
    );
    assert_eq!(numbers(&cases("filter=wrong_side").await), [2, 4]);
    assert_eq!(numbers(&cases("filter=false_positive&lang=en").await), [7]);
    assert_eq!(
        numbers(&cases("filter=languages_disagree&concept=cyst").await),
        [5, 8, 7, 6]
    );
    assert_eq!(numbers(&cases("named=right_kidney").await), [2]);
    assert_eq!(numbers(&cases("named=&lang=en").await), [5]);
    assert!(numbers(&cases("modality=mr").await).is_empty());
    let worst = &page["cases"][0];
    assert_eq!(
        worst["faults"],
        json!(["wrong_side", "wrong_name", "languages_disagree"])
    );
    assert_eq!(
        (
            &worst["width"],
            &worst["height"],
            &worst["right"],
            &worst["named"]
        ),
        (
            &json!(64),
            &json!(48),
            &json!(false),
            &json!("right_kidney")
        )
    );
    assert_eq!(
        worst["other"],
        json!({ "lang": "en", "answer": "left kidney", "truth": "left_kidney", "boxes": [] })
    );

    // What may not be seen any more is not shown; the numbers are those of the run still.
    let attested = json!({ "burned_in": true });
    world
        .admin
        .post(&format!("/api/images/{withheld}/attestation"), attested)
        .await
        .is(200);
    assert_eq!(numbers(&cases("").await), [2, 4, 1, 3]);
    let seen = judged(&world, &run).await;
    assert_eq!((&seen["withheld"], &seen["figures"]), (&json!(1), figures));
    assert_eq!(seen["faults"][1], count("missed", 1));
}

#[tokio::test]
async fn two_runs_are_held_against_each_other_on_what_both_were_asked() {
    let world = World::new().await;
    let worker = world.worker().await;
    let ([first, _], lines) = answers(&world).await;
    let a = answered(&world, &worker, &file(&lines)).await;
    let mut others = lines.clone();
    (others[1]["answer"], others[1]["correct"]) = (json!("左肾"), json!(true));
    others[2]["boxes"] = json!([]);
    others[6]["boxes"] = json!([[10, 10, 20, 15]]);
    // Another order of lines is the same answers.
    others.rotate_left(4);
    let b = answered(&world, &worker, &file(&others)).await;
    let elsewhere = world.image(3).await;
    let c = answered(
        &world,
        &worker,
        &file(&[line(
            &elsewhere,
            "pc",
            "en",
            "cyst",
            json!([]),
            boxes(json!([])),
        )]),
    )
    .await;
    for run in [&a, &b, &c] {
        judged(&world, run).await;
    }
    let diff = async |rest: &str| {
        world
            .admin
            .get(&format!("/api/evaluations/diff{rest}"))
            .await
    };
    let seen = diff(&format!("?a={a}&b={b}")).await.is(200);
    let all = json!({ "answers": 10, "images": 2, "patients": 2 });
    assert_eq!(
        (&seen["shared"], &seen["asked_a"], &seen["asked_b"]),
        (&all, &all, &all)
    );
    let changes = |task: &str, lang: &str, better, worse, same| json!({ "task": task, "lang": lang, "better": better, "worse": worse, "same": same });
    let expected = json!([
        changes("r2t", "en", 0, 0, 2),
        changes("r2t", "zh", 1, 0, 1),
        changes("t2r", "en", 1, 1, 1),
        changes("t2r", "zh", 0, 0, 3),
    ]);
    assert_eq!(seen["changes"], expected);
    let differences = seen["differences"].as_array().unwrap();
    let of = |measure: &str, lang: &str| {
        let mut found = differences.iter();
        found
            .find(|d| d["measure"] == measure && d["lang"] == lang)
            .unwrap()
    };
    close(&of("accuracy", "zh")["value"], 0.5);
    close(&of("mean_iou", "en")["value"], 0.25 - 0.75);
    // Two patients are too few to say how far that may be trusted.
    assert_eq!(
        (
            &of("mean_iou", "en")["interval"],
            &of("mean_iou", "en")["p"]
        ),
        (&Value::Null, &Value::Null)
    );
    let changed = async |rest: &str| {
        let page = diff(&format!("/cases?a={a}&b={b}{rest}")).await.is(200);
        let cases = page["cases"].as_array().unwrap().iter();
        let lines = cases.map(|c| {
            (
                c["a"]["line"].as_i64().unwrap(),
                c["b"]["line"].as_i64().unwrap(),
            )
        });
        lines.collect::<Vec<_>>()
    };
    assert_eq!(changed("").await, [(2, 8), (3, 9), (7, 3)]);
    assert_eq!(changed("&limit=1&after=2").await, [(3, 9)]);
    assert_eq!(changed("&change=better").await, [(2, 8), (7, 3)]);
    assert_eq!(changed("&change=worse").await, [(3, 9)]);

    let told = diff(&format!("?a={a}&b={c}")).await.refused(400, "invalid");
    assert!(told.contains("no question in common"), "{told}");
    diff(&format!("?a={a}&b={a}")).await.refused(400, "invalid");
    // A question about a withheld image is among what changed no longer.
    let attested = json!({ "burned_in": true });
    world
        .admin
        .post(&format!("/api/images/{first}/attestation"), attested)
        .await
        .is(200);
    assert_eq!(changed("").await, [(7, 3)]);
}

#[tokio::test]
async fn the_best_is_marked_only_where_it_is_clear() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(9).await;
    let mut images = Vec::new();
    for seed in 100..130 {
        images.push(world.image(seed).await);
    }
    let named = |right: usize| {
        let lines = images.iter().enumerate().map(|(n, image)| {
            let said = json!([if n < right { "cyst" } else { "kidney" }, n < right]);
            line(
                image,
                &format!("p{n}"),
                "en",
                "cyst",
                json!([[1, 1, 9, 9]]),
                said,
            )
        });
        file(&lines.collect::<Vec<_>>())
    };
    let few = answered(&world, &worker, &named(5)).await;
    let many = answered(&world, &worker, &named(25)).await;
    judged(&world, &few).await;
    let seen = judged(&world, &many).await;
    let snapshot = text(&seen["snapshot"]);
    let board = async |query: &str| {
        world
            .admin
            .get(&world.path(&format!("evaluations{query}")))
            .await
            .is(200)
    };
    let found = board(&format!("?snapshot={snapshot}")).await;
    assert_eq!(found["snapshots"][0]["runs"], 2);
    let runs: Vec<_> = found["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| text(&r["run"]))
        .collect();
    assert_eq!(runs, [many.clone(), few.clone()]);
    let [low, high] = [0, 1].map(|n| {
        found["runs"][0]["scores"][0]["accuracy"]["interval"][n]
            .as_f64()
            .unwrap()
    });
    // 25 of 30: the standard error is 0.068.
    assert!(
        (low - 0.70).abs() < 0.05 && (high - 0.967).abs() < 0.05,
        "{low} {high}"
    );
    let leader = &found["leaders"][0];
    assert_eq!(
        (&leader["run"], &leader["next"], &leader["clear"]),
        (&json!(many), &json!(few), &json!(true))
    );
    close(&leader["ahead"]["value"], 20.0 / 30.0);
    assert_eq!(
        (
            found["leaders"].as_array().unwrap().len(),
            &leader["ahead"]["measure"]
        ),
        (1, &json!("accuracy"))
    );
    // One more right name is no lead.
    let one_more = answered(&world, &worker, &named(26)).await;
    judged(&world, &one_more).await;
    let found = board(&format!("?snapshot={snapshot}")).await;
    assert_eq!(
        (&found["leaders"][0]["run"], &found["leaders"][0]["clear"]),
        (&json!(one_more), &json!(false))
    );
    // Over several snapshots nobody leads.
    assert!(board("").await["leaders"].as_array().unwrap().is_empty());
    assert!(
        board(&format!("?snapshot={}", "0".repeat(64))).await["runs"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn answers_that_cannot_be_read_are_told_and_nothing_of_them_is_kept() {
    let world = World::new().await;
    let worker = world.worker().await;
    let (_, lines) = answers(&world).await;
    let other = new_project(&world.admin, "Elsewhere", &json!({ "val": 0, "test": 0 })).await;
    let fields = [("patient", "x"), ("modality", "ct"), ("attested", "true")];
    let uploaded = world
        .admin
        .upload(&other, "slice.png", crate::support::png(5), &fields)
        .await;
    let foreign = text(&uploaded.is(201)["id"]);
    let mut of_another = lines.clone();
    of_another.push(line(
        &foreign,
        "x",
        "en",
        "cyst",
        json!([]),
        boxes(json!([])),
    ));
    let mut nul = lines.clone();
    nul[9]["answer"] = json!("\u{0}");
    let mut unknown = lines.clone();
    unknown[3]["task"] = json!("vqa");
    for (answers, reason) in [
        (file(&lines) + "{\"image\":", "line 11 is no answer"),
        (file(&of_another), "which is not in the run's project"),
        (file(&nul), "NUL"),
        (file(&unknown), "line 4: `task` is \"vqa\""),
        (file(&lines) + &file(&lines), "line 11 is about image"),
    ] {
        let run = answered(&world, &worker, &answers).await;
        let seen = judged(&world, &run).await;
        assert_eq!(
            (&seen["state"], &seen["figures"]),
            (&json!("failed"), &Value::Null)
        );
        let told = text(&seen["failure"]);
        assert!(told.contains(reason), "{told}");
        let path = format!("/api/runs/{run}/evaluation/cases");
        assert_eq!(
            numbers(&world.admin.get(&path).await.is(200)),
            Vec::<i64>::new()
        );
        let kept = sqlx::query_scalar("SELECT count(*) FROM predictions");
        let kept: i64 = kept.fetch_one(&world.server.hospital.pool).await.unwrap();
        assert_eq!(kept, 0);
    }
    // A run without a test split has no answers, and one that still runs has none yet.
    let model = world.published(&worker).await;
    let model = world
        .admin
        .get(&format!("/api/models/{model}"))
        .await
        .is(200);
    let path = format!("/api/runs/{}/evaluation", text(&model["run_id"]));
    let seen = world.admin.get(&path).await.is(200);
    assert_eq!(
        (&seen["state"], &seen["over"]),
        (&Value::Null, &json!(true))
    );
    let waiting = world.launch().await;
    let seen = world
        .admin
        .get(&format!("/api/runs/{waiting}/evaluation"))
        .await
        .is(200);
    assert_eq!(
        (&seen["state"], &seen["over"]),
        (&Value::Null, &json!(false))
    );
}

#[tokio::test]
async fn the_answers_of_another_project_are_nobodys_business() {
    let world = World::new().await;
    let worker = world.worker().await;
    let (_, lines) = answers(&world).await;
    let a = answered(&world, &worker, &file(&lines)).await;
    judged(&world, &a).await;
    let other = new_project(&world.admin, "Elsewhere", &json!({ "val": 0, "test": 0 })).await;
    let lead = world.user("leo").await;
    let path = format!("/api/projects/{other}/members/{}", lead.id);
    world
        .admin
        .put(&path, json!({ "role": "lead" }))
        .await
        .is(204);
    for path in [
        world.path("evaluations"),
        format!("/api/runs/{a}/evaluation"),
        format!("/api/runs/{a}/evaluation/cases"),
        format!("/api/evaluations/diff?a={a}&b={a}"),
        format!("/api/evaluations/diff/cases?a={a}&b={a}"),
    ] {
        lead.get(&path).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_run_that_goes_with_its_project_takes_its_answers_along() {
    let world = World::new().await;
    let worker = world.worker().await;
    let (_, lines) = answers(&world).await;
    let run = answered(&world, &worker, &file(&lines)).await;
    judged(&world, &run).await;
    let pool = &world.server.hospital.pool;
    for delete in [
        "DELETE FROM models",
        "DELETE FROM run_artifacts",
        "DELETE FROM runs",
    ] {
        sqlx::query(delete).execute(pool).await.unwrap();
    }
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM predictions")
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(kept, 0);
}
