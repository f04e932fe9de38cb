//! Which way cases go by how sure a model is, and who reads them.

use crate::efficiency::round;
use crate::support::{Person, World, content, region, text};
use serde_json::{Value, json};

const BOX: [f64; 4] = [1.0, 1.0, 9.0, 9.0];

fn thresholds() -> Value {
    json!({ "routing": { "guess_below": 0.4, "accept_from": 0.9, "audit_percent": 5 } })
}

fn cyst(confidence: f64, calibrated: bool) -> Value {
    json!({
        "bbox": BOX, "concept": "cyst", "confidence": confidence, "calibrated": calibrated, "texts": { "en": "a cyst", "zh": "囊肿" },
    })
}

/// Images with one suggestion each, of these confidences, all calibrated, in a project that routes its cases.
async fn routed(world: &World, confidences: &[f64]) -> Vec<String> {
    world
        .admin
        .patch(
            &format!("/api/projects/{}", world.project),
            json!({ "blind_share": 0 }),
        )
        .await
        .is(200);
    let worker = world.worker().await;
    world.finished(99).await;
    let model = world.published(&worker).await;
    let mut images = Vec::new();
    for seed in 1..=confidences.len() as u32 {
        images.push(world.image(seed).await);
    }
    let proposed: Vec<(&str, Value)> = images
        .iter()
        .zip(confidences)
        .map(|(image, confidence)| (&**image, cyst(*confidence, true)))
        .collect();
    round(world, &worker, &model, &proposed, &[]).await;
    world
        .admin
        .put(&world.path("routing"), thresholds())
        .await
        .is(200);
    images
}

async fn next(world: &World, reader: &Person) -> Option<String> {
    let answer = reader.post(&world.path("cases/next"), json!({})).await;
    (answer.status == 200).then(|| text(&answer.is(200)["image"]["id"]))
}

async fn route(world: &World, image: &str) -> Value {
    world
        .admin
        .get(&format!("/api/images/{image}"))
        .await
        .is(200)["route"]
        .clone()
}

/// Takes the one suggestion as it is.
async fn take(world: &World, reader: &Person, image: &str) {
    let case = reader
        .post(&format!("/api/images/{image}/lease"), json!({}))
        .await
        .is(200);
    let mut taken = region("cyst", BOX, "a cyst");
    taken["origin"] = case["suggestions"][0]["id"].clone();
    world.annotate(reader, image, content(&[taken])).await;
}

/// Turns the one suggestion down.
async fn turn_down(world: &World, reader: &Person, image: &str) {
    let case = reader
        .post(&format!("/api/images/{image}/lease"), json!({}))
        .await
        .is(200);
    let mut said = content(&[]);
    said["rejected"] = json!([case["suggestions"][0]["id"]]);
    world.annotate(reader, image, said).await;
}

#[tokio::test]
async fn the_sure_go_to_anybody_the_rest_to_experts_and_the_worklist_tells() {
    let world = World::new().await;
    let images = routed(&world, &[0.5, 0.95, 0.2]).await;
    let (anna, vera) = (
        world.member("anna", "annotator").await,
        world.member("vera", "reviewer").await,
    );
    assert_eq!(route(&world, &images[1]).await, "accept_after_review");
    assert_eq!(route(&world, &images[0]).await, "expert_first");
    let list = world.path("images?route=expert_first");
    let listed = anna.get(&list).await.is(200);
    let listed: Vec<&Value> = listed["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| &i["id"])
        .collect();
    assert_eq!(listed, [images[0].as_str(), images[2].as_str()]);
    anna.get(&world.path("images?route=elsewhere"))
        .await
        .refused(400, "invalid");
    let told = anna.get(&world.path("cases/upcoming")).await.is(200);
    assert_eq!(told["image"], images[1].as_str());
    assert_eq!(next(&world, &anna).await, Some(images[1].clone()));
    assert_eq!(next(&world, &vera).await, Some(images[0].clone()));

    // What one model was sure of, a model whose confidences mean nothing is not.
    let worker = world.worker().await;
    let model = world.published(&worker).await;
    let raw = world.image(7).await;
    round(&world, &worker, &model, &[(&raw, cyst(1.0, false))], &[]).await;
    assert_eq!(route(&world, &raw).await, "expert_first");

    // Without thresholds all go the same way again.
    let off = json!({ "routing": null });
    let project = world.admin.put(&world.path("routing"), off).await.is(200);
    assert_eq!(project["routing"], Value::Null);
    assert_eq!(route(&world, &images[2]).await, Value::Null);
}

#[tokio::test]
async fn a_second_reader_looks_where_model_and_reader_differ_and_what_they_change_is_counted() {
    let world = World::new().await;
    let images = routed(&world, &[0.95, 0.95, 0.5, 0.2]).await;
    let (anna, vera, rolf) = (
        world.member("anna", "annotator").await,
        world.member("vera", "reviewer").await,
        world.member("rolf", "reviewer").await,
    );
    turn_down(&world, &anna, &images[0]).await;
    take(&world, &anna, &images[2]).await;
    // An expert may turn a guess down.
    turn_down(&world, &vera, &images[3]).await;
    assert_eq!(route(&world, &images[0]).await, "second_reader");
    assert_eq!(route(&world, &images[2]).await, "second_reader");
    assert_eq!(route(&world, &images[3]).await, Value::Null);

    // Not for whoever is no expert; for an expert they come before all else, and are theirs on a second window too.
    assert_eq!(next(&world, &anna).await, Some(images[1].clone()));
    assert_eq!(next(&world, &vera).await, Some(images[0].clone()));
    assert_eq!(next(&world, &vera).await, Some(images[0].clone()));
    assert_eq!(next(&world, &rolf).await, Some(images[2].clone()));
    take(&world, &vera, &images[0]).await;
    take(&world, &rolf, &images[2]).await;
    assert_eq!(route(&world, &images[0]).await, Value::Null);
    assert_eq!(next(&world, &rolf).await, None);

    let counts = world.admin.get(&world.path("routes")).await.is(200);
    let one = |changed: i32| json!({ "waiting": 0, "read": 1, "changed": changed });
    assert_eq!(counts["disagreement"], one(1));
    assert_eq!(counts["junior"], one(0));
    assert_eq!(
        (
            &counts["accept_after_review"],
            &counts["expert_first"],
            &counts["accepted"]
        ),
        (&json!(1), &json!(0), &json!(0))
    );
    anna.get(&world.path("routes"))
        .await
        .refused(403, "forbidden");
}

#[tokio::test]
async fn accepted_cases_are_audited_by_a_draw_that_no_reader_knows() {
    let world = World::new().await;
    let images = routed(&world, &[0.95, 0.95]).await;
    let (anna, vera) = (
        world.member("anna", "annotator").await,
        world.member("vera", "reviewer").await,
    );
    // A seed that draws the first and not the second, as the server's own formula tells.
    let routing = medreg_datasets::routing::Routing::new(0.4, 0.9, 5).unwrap();
    let draws = |seed: uuid::Uuid, image: &str| routing.draws(seed, image.parse().unwrap());
    let seed = (0u128..)
        .map(uuid::Uuid::from_u128)
        .find(|seed| draws(*seed, &images[0]) && !draws(*seed, &images[1]))
        .unwrap();
    sqlx::query("UPDATE projects SET audit_seed = $1")
        .bind(seed)
        .execute(&world.server.hospital.pool)
        .await
        .unwrap();
    take(&world, &anna, &images[0]).await;
    take(&world, &anna, &images[1]).await;
    assert_eq!(route(&world, &images[0]).await, "second_reader");
    assert_eq!(route(&world, &images[1]).await, Value::Null);
    let counts = async || world.admin.get(&world.path("routes")).await.is(200);
    let audit = |waiting: i32, changed: i32| json!({ "waiting": waiting, "read": 1 - waiting, "changed": changed });
    assert_eq!(counts().await["audit"], audit(1, 0));
    assert_eq!(next(&world, &vera).await, Some(images[0].clone()));
    turn_down(&world, &vera, &images[0]).await;
    assert_eq!(
        (
            counts().await["audit"].clone(),
            counts().await["accepted"].clone()
        ),
        (audit(0, 1), json!(2))
    );
    // Looked at again and corrected, it was right after all.
    take(&world, &vera, &images[0]).await;
    assert_eq!(counts().await["audit"], audit(0, 0));
    let project = world
        .admin
        .get(&format!("/api/projects/{}", world.project))
        .await
        .is(200);
    assert!(!project.to_string().contains(&seed.to_string()));
}

#[tokio::test]
async fn the_control_group_and_the_held_out_are_not_told_which_way_they_go() {
    let world = World::with(json!({ "val": 0, "test": 50 })).await;
    let images = routed_where_learnt(&world).await;
    for (image, split) in &images {
        let expected = match split.as_str() {
            "test" => Value::Null,
            _ => json!("expert_first"),
        };
        assert_eq!(route(&world, image).await, expected, "{split}");
    }
    let all_blind = json!({ "blind_share": 100 });
    world
        .admin
        .patch(&format!("/api/projects/{}", world.project), all_blind)
        .await
        .is(200);
    for (image, _) in &images {
        assert_eq!(route(&world, image).await, Value::Null);
    }
    let anna = world.member("anna", "annotator").await;
    world.annotate(&anna, &images[0].0, content(&[])).await;
    assert_eq!(route(&world, &images[0].0).await, Value::Null);
}

/// Eight images without suggestions, each with its split, in a project that routes its cases.
async fn routed_where_learnt(world: &World) -> Vec<(String, String)> {
    let mut images = Vec::new();
    for seed in 1..=8 {
        let image = world.image(seed).await;
        let seen = world
            .admin
            .get(&format!("/api/images/{image}"))
            .await
            .is(200);
        images.push((image, text(&seen["split"])));
    }
    world
        .admin
        .patch(
            &format!("/api/projects/{}", world.project),
            json!({ "blind_share": 0 }),
        )
        .await
        .is(200);
    world
        .admin
        .put(&world.path("routing"), thresholds())
        .await
        .is(200);
    images
}

#[tokio::test]
async fn thresholds_that_cannot_be_meant_are_refused_and_a_lead_alone_sets_them() {
    let world = World::new().await;
    let path = world.path("routing");
    let lead = world.member("lena", "lead").await;
    for wrong in [
        json!({ "guess_below": 0.9, "accept_from": 0.4 }),
        json!({ "guess_below": 0.1, "accept_from": 1.4 }),
        json!({ "guess_below": 0.1, "accept_from": 0.4, "audit_percent": 50 }),
        json!({ "accept_from": 0.4 }),
    ] {
        let told = lead.put(&path, json!({ "routing": wrong })).await;
        told.refused(400, "invalid");
    }
    let project = lead.put(&path, thresholds()).await.is(200);
    assert_eq!(project["routing"], thresholds()["routing"]);
    let reviewer = world.member("vera", "reviewer").await;
    reviewer
        .put(&path, thresholds())
        .await
        .refused(403, "forbidden");
    let entries = world.admin.get("/api/audit").await.is(200);
    assert!(entries.to_string().contains("project.routing"));
}
