//! Who reads what next.

use crate::support::{Person, World, content, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn next(world: &World, reader: &Person) -> Value {
    reader
        .post(&world.path("cases/next"), json!({}))
        .await
        .is(200)
}

#[tokio::test]
async fn thirty_two_readers_at_once_get_thirty_two_cases() {
    const READERS: usize = 32;
    let world = World::new().await;
    let pool = world.server.hospital.pool.clone();
    for seed in 0..READERS as u32 {
        world.image(seed).await;
    }
    // Sessions are opened behind the scenes: hashing 32 passwords is not what is tested.
    let mut readers = Vec::new();
    for n in 0..READERS {
        let token = format!("mrg_reader_{n}");
        sqlx::query(
            "WITH one AS (INSERT INTO users (id, username, display_name, password_hash) VALUES (gen_random_uuid(), $1, $1, '') RETURNING id),
                  member AS (INSERT INTO memberships (project_id, user_id, role) SELECT $2, id, 'annotator' FROM one)
             INSERT INTO tokens (id, user_id, name, scope, secret_hash) SELECT gen_random_uuid(), id, 'test', 'user', sha256($3) FROM one",
        )
        .bind(format!("reader{n}"))
        .bind(world.project.parse::<uuid::Uuid>().unwrap())
        .bind(token.as_bytes())
        .execute(&pool)
        .await
        .unwrap();
        readers.push(world.server.program(&token));
    }
    let cases = futures::future::join_all(readers.iter().map(|reader| next(&world, reader))).await;
    let images: BTreeSet<String> = cases
        .iter()
        .map(|case| text(&case["image"]["id"]))
        .collect();
    assert_eq!(images.len(), READERS);
    let leases: i64 = sqlx::query_scalar("SELECT count(*) FROM leases")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(leases, READERS as i64);
    world
        .admin
        .post(&world.path("cases/next"), json!({}))
        .await
        .is(204);
}

#[tokio::test]
async fn what_comes_next_is_told_and_held_for_nobody() {
    let world = World::new().await;
    let (anna, bo) = (
        world.member("anna", "annotator").await,
        world.member("bo", "annotator").await,
    );
    let (first, second) = (world.image(1).await, world.image(2).await);
    let upcoming = async |reader: &Person| reader.get(&world.path("cases/upcoming")).await;
    assert_eq!(upcoming(&anna).await.is(200)["image"], first.as_str());
    assert_eq!(next(&world, &bo).await["image"]["id"], first.as_str());
    assert_eq!(upcoming(&bo).await.is(200)["image"], second.as_str());
    assert_eq!(next(&world, &anna).await["image"]["id"], second.as_str());
    upcoming(&bo).await.is(204);
}

/// Whatever the split, the order of a round and what others hold: what is told is what comes.
#[tokio::test]
async fn what_is_told_to_come_next_is_what_comes() {
    let world = World::with(json!({ "val": 25, "test": 25 })).await;
    let worker = world.worker().await;
    world.finished(99).await;
    let images = futures::future::join_all((0..48).map(|seed| world.image(seed))).await;
    let mut trained = Vec::new();
    for image in &images {
        let seen = world.admin.get(&format!("/api/images/{image}")).await;
        if seen.is(200)["split"] == "train" {
            trained.push(image.as_str());
        }
    }
    assert!(trained.len() > 2, "48 patients by hash: {trained:?}");
    // The last to come are read first.
    let ranking: Vec<&str> = trained.iter().rev().take(3).copied().collect();
    crate::rounds::answer_round(&world, &worker, ranking[0], &[], &ranking).await;
    let bo = world.member("bo", "annotator").await;
    let open = format!("/api/images/{}/lease", ranking[1]);
    bo.post(&open, json!({})).await.is(200);

    let anna = world.member("anna", "annotator").await;
    let mut met = Vec::new();
    for split in ["train", "test", "train", "val"] {
        let told = anna
            .get(&world.path(&format!("cases/upcoming?split={split}")))
            .await
            .is(200);
        let case = anna
            .post(&world.path("cases/next"), json!({ "split": split }))
            .await
            .is(200);
        assert_eq!(told["image"], case["image"]["id"], "{split}");
        assert_eq!(case["image"]["split"], split);
        met.push(text(&case["image"]["id"]));
        world
            .annotate(&anna, &met[met.len() - 1], content(&[]))
            .await;
    }
    assert_eq!([&met[0], &met[2]], [ranking[0], ranking[2]]);
    let told = anna.get(&world.path("cases/upcoming")).await.is(200);
    assert_eq!(next(&world, &anna).await["image"]["id"], told["image"]);
    anna.get(&world.path("cases/upcoming?split=elsewhere"))
        .await
        .refused(400, "invalid");
}

#[tokio::test]
async fn ones_own_unfinished_case_comes_first() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let (first, second) = (world.image(1).await, world.image(2).await);
    let case = next(&world, &anna).await;
    assert_eq!(case["image"]["id"], first.as_str());
    let again = next(&world, &anna).await;
    assert_eq!(again["image"]["id"], first.as_str());
    assert_eq!(again["lease"]["id"], case["lease"]["id"]);
    world.annotate(&anna, &first, content(&[])).await;
    assert_eq!(next(&world, &anna).await["image"]["id"], second.as_str());
    world.annotate(&anna, &second, content(&[])).await;
    anna.post(&world.path("cases/next"), json!({}))
        .await
        .is(204);
}

#[tokio::test]
async fn a_finished_case_that_was_opened_again_is_nobodys_next() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let (first, second) = (world.image(1).await, world.image(2).await);
    world.annotate(&anna, &first, content(&[])).await;
    let open = format!("/api/images/{first}/lease");
    anna.post(&open, json!({})).await.is(200);
    assert_eq!(next(&world, &anna).await["image"]["id"], second.as_str());
}

#[tokio::test]
async fn a_case_that_is_being_suggested_on_keeps_its_place() {
    let world = World::new().await;
    let (first, _) = (world.image(1).await, world.image(2).await);
    // What an open transaction holds that writes a row about the image: a suggestion, or its place in a round.
    let mut writer = world.server.hospital.pool.begin().await.unwrap();
    sqlx::query("SELECT id FROM images WHERE id = $1::uuid FOR KEY SHARE")
        .bind(&first)
        .execute(&mut *writer)
        .await
        .unwrap();
    let case = next(&world, &world.admin).await;
    assert_eq!(case["image"]["id"], first.as_str());
    writer.rollback().await.unwrap();
}

#[tokio::test]
async fn two_windows_of_one_reader_show_one_case() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    for seed in 0..8 {
        world.image(seed).await;
    }
    let cases = futures::future::join_all((0..8).map(|_| next(&world, &anna))).await;
    let images: BTreeSet<String> = cases
        .iter()
        .map(|case| text(&case["image"]["id"]))
        .collect();
    assert_eq!(images.len(), 1);
}

#[tokio::test]
async fn a_hold_is_renewed_given_back_and_taken_over() {
    let world = World::new().await;
    let (anna, bob) = (
        world.member("anna", "annotator").await,
        world.member("bob", "annotator").await,
    );
    let image = world.image(1).await;
    let open = format!("/api/images/{image}/lease");
    let case = anna.post(&open, json!({})).await.is(200);
    let lease = format!("/api/leases/{}", text(&case["lease"]["id"]));

    let refused = bob.post(&open, json!({})).await;
    refused.refused(409, "leased");
    assert_eq!(refused.json()["error"]["details"]["by"], "anna");
    bob.put(&lease, json!({})).await.refused(404, "not_found");
    bob.delete(&lease).await.refused(404, "not_found");
    assert_eq!(
        anna.put(&lease, json!({})).await.is(200)["id"],
        case["lease"]["id"]
    );

    anna.delete(&lease).await.is(204);
    bob.post(&open, json!({})).await.is(200);
    sqlx::query("UPDATE leases SET until = now() - interval '1 second'")
        .execute(&world.server.hospital.pool)
        .await
        .unwrap();
    anna.post(&open, json!({})).await.is(200);
    assert_eq!(
        anna.get(&format!("/api/images/{image}")).await.is(200)["state"],
        "leased"
    );
}

#[tokio::test]
async fn who_may_read_no_longer_keeps_no_hold() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let image = world.image(1).await;
    let open = format!("/api/images/{image}/lease");
    let case = anna.post(&open, json!({})).await.is(200);
    let lease = format!("/api/leases/{}", text(&case["lease"]["id"]));
    let member = world.path(&format!("members/{}", anna.id));
    let engineer = json!({ "role": "engineer" });
    world.admin.put(&member, engineer).await.is(204);
    anna.put(&lease, json!({})).await.refused(403, "forbidden");
    world.admin.delete(&member).await.is(204);
    let told = anna.put(&lease, json!({})).await.refused(404, "not_found");
    assert!(told.contains("lease"), "{told}");
}

#[tokio::test]
async fn test_cases_come_when_asked_for_and_never_with_suggestions() {
    let world = World::with(json!({ "val": 0, "test": 50 })).await;
    let anna = world.member("anna", "annotator").await;
    for seed in 0..12 {
        world.image(seed).await;
    }
    let listed = anna.get(&world.path("images?split=test")).await.is(200);
    let held_out: BTreeSet<String> = listed["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| text(&i["id"]))
        .collect();
    assert!(
        !held_out.is_empty() && held_out.len() < 12,
        "twelve patients by hash: {}",
        held_out.len()
    );
    let worker = world.worker().await;
    world.finished(20).await;
    suggest_everywhere(&world, &world.published(&worker).await).await;
    let learnt_from = anna
        .post(&world.path("cases/next"), json!({ "split": "train" }))
        .await
        .is(200);
    assert_eq!(learnt_from["suggestions"].as_array().unwrap().len(), 1);

    let mut met = BTreeSet::new();
    for _ in 0..held_out.len() {
        let case = anna
            .post(&world.path("cases/next"), json!({ "split": "test" }))
            .await
            .is(200);
        assert_eq!(case["suggestions"], json!([]));
        let image = text(&case["image"]["id"]);
        world.annotate(&anna, &image, content(&[])).await;
        met.insert(image);
    }
    assert_eq!(met, held_out);
    anna.post(&world.path("cases/next"), json!({ "split": "test" }))
        .await
        .is(204);
}

/// One suggestion of this model on every image, held out or not, as no worker could make them.
async fn suggest_everywhere(world: &World, model: &str) {
    let done = sqlx::query(
        r#"INSERT INTO suggestions (id, image_id, model_id, bbox, concept, confidence, texts)
           SELECT gen_random_uuid(), id, $1::uuid, '{1,1,9,9}', 'cyst', 0.9, '{}' FROM images"#,
    )
    .bind(model)
    .execute(&world.server.hospital.pool)
    .await
    .unwrap();
    assert_eq!(done.rows_affected(), 13);
}
