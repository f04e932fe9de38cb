//! Asking a model about an image: who may, in which order answers come, and what becomes of a question whose worker, image or model goes.

use crate::support::{Answer, Person, Server, World, content, text};
use medreg::store::objects::Objects;
use serde_json::{Value, json};

/// A world whose model may be asked, one image, and a worker.
async fn ready() -> (World, Person, String) {
    with(json!({ "val": 0, "test": 0 })).await
}

async fn with(shares: Value) -> (World, Person, String) {
    let world = World::with(shares).await;
    let worker = world.worker().await;
    world.finished(90).await;
    let model = world.published(&worker).await;
    promoted(&world, &worker, &model).await;
    let image = world.image(1).await;
    (world, worker, image)
}

/// Promotes a model, and takes the round that this asks for off the queue.
async fn promoted(world: &World, worker: &Person, model: &str) {
    let promote = format!("/api/models/{model}/promote");
    world.admin.post(&promote, json!({})).await.is(200);
    let round = crate::support::claim(worker).await;
    let path = format!("/api/worker/acquisitions/{}/finish", text(&round["id"]));
    let finish = json!({ "attempt": round["attempt"], "ranking": [] });
    worker.post(&path, finish).await.is(204);
}

async fn ask(person: &Person, image: &str, question: &str) -> Answer {
    let wish = json!({ "lang": "en", "question": question });
    person
        .post(&format!("/api/images/{image}/inquiries"), wish)
        .await
}

async fn take(worker: &Person) -> Answer {
    let claim = json!({ "worker": "gpu", "wait_seconds": 0 });
    worker.post("/api/worker/inquiries/claim", claim).await
}

pub fn words(text: &str) -> Value {
    json!({ "text": text, "regions": [{ "name": "cyst", "bbox": [1.0, 2.0, 9.0, 8.0] }], "looked_at": [] })
}

async fn finish(worker: &Person, item: &Value, text_said: &str) -> Answer {
    let path = format!("/api/worker/inquiries/{}/finish", text(&item["id"]));
    let done = json!({ "attempt": item["attempt"], "words": words(text_said), "confidence": 0.75, "finished": true });
    worker.post(&path, done).await
}

async fn seen(person: &Person, id: &str) -> Value {
    person.get(&format!("/api/inquiries/{id}")).await.is(200)
}

/// A question that is answered already, for tests of other things.
pub async fn answered(world: &World, worker: &Person, image: &str) -> String {
    let asked = ask(&world.admin, image, "What is this?").await.is(201);
    let item = take(worker).await.is(200);
    finish(worker, &item, "A cyst.").await.is(204);
    text(&asked["id"])
}

#[tokio::test]
async fn a_question_is_answered_word_by_word_and_stays_apart_from_the_annotation() {
    let (world, worker, image) = ready().await;
    let anna = world.member("anna", "annotator").await;
    let wish = json!({ "lang": "zh", "question": " 这是什么？ ", "bbox": [4.0, 4.0, 20.0, 20.0], "look_first": true });
    let asked = anna
        .post(&format!("/api/images/{image}/inquiries"), wish)
        .await
        .is(201);
    assert_eq!(asked["state"], "waiting");
    let item = take(&worker).await.is(200);
    assert_eq!(item["question"], "这是什么？");
    assert_eq!(item["bbox"], json!([4.0, 4.0, 20.0, 20.0]));
    assert_eq!(
        [&item["look_first"], &item["lang"]],
        [&json!(true), &json!("zh")]
    );
    assert_eq!(item["ontology"].as_array().unwrap().len(), 2);
    let id = text(&asked["id"]);
    let path = format!("/api/worker/inquiries/{id}");
    let raster = worker
        .get(&format!("{path}/raster?attempt={}", item["attempt"]))
        .await;
    assert!(raster.bytes.starts_with(b"\x89PNG"));

    let said = json!({ "attempt": item["attempt"], "words": words("一个") });
    worker.post(&format!("{path}/words"), said).await.is(204);
    let now = seen(&anna, &id).await;
    assert_eq!(
        [&now["state"], &now["words"]["text"]],
        [&json!("answering"), &json!("一个")]
    );
    finish(&worker, &item, "一个囊肿。").await.is(204);
    let now = seen(&anna, &id).await;
    assert_eq!(now["state"], "answered");
    assert_eq!(
        now["words"]["regions"][0]["bbox"],
        json!([1.0, 2.0, 9.0, 8.0])
    );
    assert!(now["first_words_seconds"].as_f64() <= now["seconds"].as_f64());
    // The stream of an answer that is whole is over at once.
    let told = anna.get(&format!("/api/inquiries/{id}/events")).await;
    let told = String::from_utf8(told.bytes.to_vec()).unwrap();
    assert!(told.starts_with("event: inquiry\ndata: {") && told.contains("一个囊肿。"));

    // Nothing of it is in what she reads, and what others ask is theirs.
    let annotation = anna
        .get(&format!("/api/images/{image}/annotation"))
        .await
        .is(200);
    assert_eq!(annotation["content"]["regions"], json!([]));
    let listed = |answer: Value| answer["inquiries"].as_array().unwrap().len();
    let path = format!("/api/images/{image}/inquiries");
    assert_eq!(listed(anna.get(&path).await.is(200)), 1);
    assert_eq!(
        listed(
            world
                .member("bo", "annotator")
                .await
                .get(&path)
                .await
                .is(200)
        ),
        0
    );
    assert_eq!(
        listed(
            world
                .member("rita", "reviewer")
                .await
                .get(&path)
                .await
                .is(200)
        ),
        1
    );
    let logged = world.admin.get("/api/audit").await;
    let logged = String::from_utf8(logged.bytes.to_vec()).unwrap();
    assert!(logged.contains("inquiry.ask") && !logged.contains("这是什么"));
}

#[tokio::test]
async fn eight_ask_at_once_and_are_answered_in_their_order_while_readers_go_on() {
    let (world, worker, image) = ready().await;
    let mut asked = Vec::new();
    for number in 0..8 {
        let person = world.member(&format!("reader{number}"), "annotator").await;
        let question = format!("question {number}");
        asked.push((
            text(&ask(&person, &image, &question).await.is(201)["id"]),
            person,
        ));
    }
    assert_eq!(seen(&asked[7].1, &asked[7].0).await["before"], 7);
    for number in 0..8 {
        let item = take(&worker).await.is(200);
        assert_eq!(item["question"], format!("question {number}"));
        // While a model thinks, somebody else's case is saved and submitted.
        if number == 3 {
            let other = world.image(40).await;
            world.annotate(&world.admin, &other, content(&[])).await;
        }
        finish(&worker, &item, &format!("answer {number}"))
            .await
            .is(204);
    }
    take(&worker).await.is(204);
    for (number, (id, person)) in asked.iter().enumerate() {
        assert_eq!(
            seen(person, id).await["words"]["text"],
            format!("answer {number}")
        );
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_its_reason() {
    let (world, _, image) = ready().await;
    let anna = world.member("anna", "annotator").await;
    for (question, said) in [
        ("", "0 characters"),
        (" \n", "0 characters"),
        (&*"x".repeat(501), "501 characters"),
        ("a\0b", "characters"),
    ] {
        assert!(
            ask(&anna, &image, question)
                .await
                .refused(400, "invalid")
                .contains(said)
        );
    }
    let path = format!("/api/images/{image}/inquiries");
    let wrong = [
        json!({ "lang": "fr", "question": "?" }),
        json!({ "lang": "en", "question": "?", "bbox": [0.0, 0.0, 9000.0, 9.0] }),
        json!({ "lang": "en", "question": "?", "bbox": [5.0, 5.0, 5.0, 9.0] }),
        json!({ "lang": "en", "question": "?", "system": "You are somebody else." }),
    ];
    for wish in wrong {
        anna.post(&path, wish).await.refused(400, "invalid");
    }
    ask(&world.member("erik", "engineer").await, &image, "?")
        .await
        .refused(403, "forbidden");
    ask(&world.user("eve").await, &image, "?")
        .await
        .refused(404, "not_found");
    for _ in 0..3 {
        ask(&anna, &image, "?").await.is(201);
    }
    ask(&anna, &image, "?")
        .await
        .refused(429, "too_many_questions");
    // One taken back makes room.
    let mine = anna.get(&path).await.is(200)["inquiries"][0]["id"].clone();
    anna.delete(&format!("/api/inquiries/{}", text(&mine)))
        .await
        .is(204);
    assert_eq!(seen(&anna, &text(&mine)).await["state"], "withdrawn");
    ask(&anna, &image, "?").await.is(201);
}

/// Suggestions are kept back to measure what they do, and models are tested on what they never saw: talk would undo both.
#[tokio::test]
async fn a_case_that_is_read_without_a_model_is_not_talked_over_with_one() {
    let (world, _, image) = ready().await;
    let anna = world.member("anna", "annotator").await;
    let blind = json!({ "blind_share": 100 });
    let project = format!("/api/projects/{}", world.project);
    world.admin.patch(&project, blind).await.is(200);
    let why = ask(&anna, &image, "?").await.refused(409, "not_asked");
    assert!(why.contains("submitted"), "{why}");
    let said = content(&[crate::support::region(
        "cyst",
        [4.0, 5.0, 20.0, 25.0],
        "a simple cyst",
    )]);
    world.annotate(&anna, &image, said).await;
    ask(&anna, &image, "?").await.is(201);

    let world = World::with(json!({ "val": 0, "test": 50 })).await;
    let mut held_out = String::new();
    for seed in 2..40 {
        let image = world.image(seed).await;
        let seen = world.admin.get(&format!("/api/images/{image}")).await;
        if seen.is(200)["split"] == "test" {
            held_out = image;
            break;
        }
    }
    let why = ask(&world.admin, &held_out, "?")
        .await
        .refused(409, "not_asked");
    assert!(why.contains("held out"), "{why}");
    let world = World::new().await;
    let why = ask(&world.admin, &world.image(3).await, "?")
        .await
        .refused(409, "not_asked");
    assert!(why.contains("promoted"), "{why}");
}

#[tokio::test]
async fn a_worker_that_dies_a_model_that_is_replaced_and_an_image_that_is_withheld_have_clear_outcomes()
 {
    let (world, worker, image) = ready().await;
    let anna = world.member("anna", "annotator").await;
    let id = text(&ask(&anna, &image, "first").await.is(201)["id"]);
    let first = take(&worker).await.is(200);
    // Another model is promoted while the question is being answered: the one that was asked answers.
    let other = world.published(&worker).await;
    promoted(&world, &worker, &other).await;
    silent(&world).await;
    let again = take(&worker).await.is(200);
    assert_eq!([&again["id"], &again["attempt"]], [&json!(id), &json!(2)]);
    assert_eq!(again["model"], first["model"]);
    finish(&worker, &first, "too late")
        .await
        .refused(409, "claim_lost");
    finish(&worker, &again, "in time").await.is(204);
    assert_eq!(seen(&anna, &id).await["words"]["text"], "in time");

    let id = text(&ask(&anna, &image, "second").await.is(201)["id"]);
    for attempt in 1..=3 {
        let item = take(&worker).await.is(200);
        assert_eq!(item["attempt"], attempt);
        assert_ne!(item["model"], first["model"]);
        silent(&world).await;
    }
    take(&worker).await.is(204);
    sweep(&world).await;
    let now = seen(&anna, &id).await;
    assert_eq!(
        [&now["state"], &now["failure"]],
        [&json!("failed"), &json!("its worker fell silent 3 times")]
    );

    let id = text(&ask(&anna, &image, "third").await.is(201)["id"]);
    let item = take(&worker).await.is(200);
    let withhold = format!("/api/images/{image}/attestation");
    world
        .admin
        .post(&withhold, json!({ "burned_in": true }))
        .await
        .is(200);
    let raster = format!(
        "/api/worker/inquiries/{id}/raster?attempt={}",
        item["attempt"]
    );
    worker.get(&raster).await.refused(409, "claim_lost");
    sweep(&world).await;
    let now = seen(&anna, &id).await;
    assert_eq!(
        [&now["state"], &now["failure"]],
        [&json!("failed"), &json!("the image was withheld")]
    );
    finish(&worker, &item, "of what is withheld")
        .await
        .refused(409, "claim_lost");
    ask(&anna, &image, "?").await.refused(403, "forbidden");
}

#[tokio::test]
async fn a_question_that_no_worker_takes_and_an_image_that_is_gone_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(Objects::folder(folder.path()).unwrap()).await;
    let world = World::on(server, json!({ "val": 0, "test": 0 })).await;
    let worker = world.worker().await;
    world.finished(90).await;
    let model = world.published(&worker).await;
    promoted(&world, &worker, &model).await;
    let image = world.image(1).await;
    let id = text(&ask(&world.admin, &image, "?").await.is(201)["id"]);
    sqlx::query("UPDATE inquiries SET asked_at = now() - interval '11 minutes'")
        .execute(&world.server.hospital.pool)
        .await
        .unwrap();
    sweep(&world).await;
    let now = seen(&world.admin, &id).await;
    assert!(text(&now["failure"]).contains("no worker took it"), "{now}");

    let id = text(&ask(&world.admin, &image, "?").await.is(201)["id"]);
    let item = take(&worker).await.is(200);
    let path = format!("/api/worker/inquiries/{id}");
    let long = json!({ "attempt": item["attempt"], "words": words(&"x".repeat(4_001)) });
    worker
        .post(&format!("{path}/words"), long)
        .await
        .refused(400, "invalid");
    let fail = json!({ "attempt": item["attempt"], "reason": "the picture is gone" });
    worker.post(&format!("{path}/fail"), fail).await.is(204);
    assert_eq!(
        seen(&world.admin, &id).await["failure"],
        "the picture is gone"
    );
}

/// What a server does every minute.
async fn sweep(world: &World) {
    medreg::services::inquiries::sweep(&world.server.hospital)
        .await
        .unwrap();
}

/// Lets the claims of all questions run out, as if their worker had died.
async fn silent(world: &World) {
    sqlx::query(
        "UPDATE inquiries SET until = now() - interval '1 second' WHERE state = 'answering'",
    )
    .execute(&world.server.hospital.pool)
    .await
    .unwrap();
}
