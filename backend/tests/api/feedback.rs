//! What readers did with suggestions, counted by hand.

use crate::efficiency::round;
use crate::support::{Person, World, content, region, text};
use serde_json::{Value, json};

/// An image with one suggestion that this reader sees, or does not, and what they make of it.
async fn read(
    world: &World,
    reader: &Person,
    image: &str,
    shown: bool,
    make: impl Fn(&str) -> Value,
) {
    let blind = if shown { 0 } else { 100 };
    sqlx::query("UPDATE projects SET blind_share = $1")
        .bind(blind)
        .execute(&world.server.hospital.pool)
        .await
        .unwrap();
    let open = format!("/api/images/{image}/lease");
    let case = reader.post(&open, json!({})).await.is(200);
    let id = case["suggestions"][0]["id"].as_str().unwrap_or_default();
    assert_eq!(id.is_empty(), !shown);
    world.annotate(reader, image, make(id)).await;
}

fn grown(id: &str, bbox: [f64; 4], english: &str) -> Value {
    let mut region = region("cyst", bbox, english);
    region["origin"] = json!(id);
    content(&[region])
}

#[tokio::test]
async fn what_readers_did_with_suggestions_is_counted() {
    let world = World::new().await;
    let (anna, worker) = (
        world.member("anna", "annotator").await,
        world.worker().await,
    );
    world.finished(9).await;
    let model = world.published(&worker).await;
    let mut images = Vec::new();
    for seed in 1..=4 {
        images.push(world.image(seed).await);
    }
    let cyst = json!({
        "bbox": [1.0, 1.0, 9.0, 9.0], "concept": "cyst", "confidence": 0.5, "texts": { "en": "a cyst", "zh": "囊肿" },
    });
    let proposed: Vec<(&str, Value)> = images.iter().map(|i| (&**i, cyst.clone())).collect();
    round(&world, &worker, &model, &proposed, &[]).await;
    let whole = [1.0, 1.0, 9.0, 9.0];
    read(&world, &anna, &images[0], true, |id| {
        grown(id, whole, "a cyst")
    })
    .await;
    read(&world, &anna, &images[1], true, |id| {
        grown(id, [1.0, 1.0, 9.0, 5.0], "two cysts")
    })
    .await;
    read(&world, &anna, &images[2], true, |id| {
        let mut said = content(&[region("cyst", [30.0, 30.0, 40.0, 40.0], "a cyst")]);
        said["rejected"] = json!([id]);
        said
    })
    .await;
    read(&world, &anna, &images[3], false, |_| {
        content(&[region("cyst", whole, "a cyst")])
    })
    .await;

    let get = async |query: &str| {
        world
            .admin
            .get(&world.path(&format!("feedback{query}")))
            .await
    };
    let found = get("").await.is(200);
    let outcomes = json!({ "accepted": 1, "adjusted": 1, "rejected": 1, "ignored": 0 });
    assert_eq!(
        (&found["outcomes"], &found["missed"]),
        (&outcomes, &json!(1))
    );
    assert_eq!(found["overlaps"], json!([0, 0, 0, 0, 0, 1, 0, 0, 0, 0]));
    assert_eq!(found["median_overlap"], 0.5);
    // Four characters of the nine of `two cysts` are new.
    let english = &found["texts"]["en"];
    assert_eq!(
        (&english["regions"], &english["unchanged"]),
        (&json!(2), &json!(1))
    );
    assert!((english["distance"].as_f64().unwrap() - 2.0 / 9.0).abs() < 1e-12);
    assert_eq!(
        found["texts"]["zh"],
        json!({ "regions": 2, "unchanged": 2, "distance": 0.0 })
    );
    let alike = |cases: i32, coinciding: f64| json!({ "cases": cases, "timed": cases, "seconds": 12.5, "regions": 1.0, "coinciding": coinciding });
    assert_eq!(found["shown"], alike(3, 1.0 / 3.0));
    assert_eq!(found["kept_back"], alike(1, 1.0));
    assert_eq!(
        found["anchoring"],
        json!({ "coinciding": null, "seconds": null, "regions": null })
    );
    let reader = json!({
        "reader": { "id": anna.id, "display_name": "anna" }, "cases": 3, "outcomes": outcomes, "missed": 1,
    });
    assert_eq!(found["readers"], json!([reader]));

    let table = get("/cases").await;
    let table = String::from_utf8(table.bytes.to_vec()).unwrap();
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 5);
    assert!(rows[0].starts_with("image,submitted,model,suggestions_shown"));
    let adjusted = rows.iter().find(|row| row.starts_with(&images[1])).unwrap();
    assert!(
        adjusted.ends_with(&format!(",{model},true,1,0,1,0,0,0,1,0,12.5")),
        "{adjusted}"
    );
    assert!(!table.contains("anna") && !table.contains(&anna.id));

    let cases = |found: Value| {
        (
            found["shown"]["cases"].clone(),
            found["kept_back"]["cases"].clone(),
        )
    };
    let today = text(
        &world
            .admin
            .get(&format!("/api/models/{model}"))
            .await
            .is(200)["created_at"],
    );
    let today = &today[..10];
    // The night may have fallen meanwhile.
    assert_eq!(
        cases(get(&format!("?from={today}&model={model}")).await.is(200)),
        (json!(3), json!(1))
    );
    for nothing in [
        "?from=2999-01-01",
        "?until=2001-01-01",
        &format!("?model={}", uuid::Uuid::now_v7()),
    ] {
        assert_eq!(cases(get(nothing).await.is(200)), (json!(0), json!(0)));
    }
    get("?from=yesterday").await.refused(400, "invalid");
}

#[tokio::test]
async fn what_readers_changed_is_exported_as_pairs_and_nothing_else() {
    let world = World::new().await;
    let (anna, worker) = (
        world.member("anna", "annotator").await,
        world.worker().await,
    );
    world.finished(9).await;
    let model = world.published(&worker).await;
    let mut images = Vec::new();
    for seed in 1..=5 {
        images.push(world.image(seed).await);
    }
    let whole = [1.0, 1.0, 9.0, 9.0];
    let cyst = json!({ "bbox": whole, "concept": "cyst", "confidence": 0.5, "texts": {} });
    let proposed: Vec<(&str, Value)> = images.iter().map(|i| (&**i, cyst.clone())).collect();
    round(&world, &worker, &model, &proposed, &[]).await;
    let moved = [1.0, 1.0, 9.0, 20.0];
    let turned_down = |id: &str| {
        let mut said = content(&[]);
        said["rejected"] = json!([id]);
        said
    };
    read(&world, &anna, &images[0], true, |id| {
        grown(id, whole, "a cyst")
    })
    .await;
    read(&world, &anna, &images[1], true, |id| {
        grown(id, moved, "a cyst")
    })
    .await;
    read(&world, &anna, &images[2], true, turned_down).await;
    // Whoever did not see it corrected nothing.
    read(&world, &anna, &images[3], false, |_| {
        content(&[region("cyst", moved, "a cyst")])
    })
    .await;
    read(&world, &anna, &images[4], true, turned_down).await;
    let snapshot = world.snapshot().await;
    world
        .admin
        .post(
            &format!("/api/images/{}/attestation", images[4]),
            json!({ "burned_in": true }),
        )
        .await
        .is(200);
    let told = world
        .admin
        .get(&format!("/api/snapshots/{snapshot}/preferences"))
        .await;
    assert_eq!(told.status, 200);
    let lines = String::from_utf8(told.bytes.to_vec()).unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of: Vec<&str> = lines
        .iter()
        .map(|line| line["image"].as_str().unwrap())
        .collect();
    assert_eq!(of, [&*images[1], &*images[2]]);
    let said = |line: &Value, side: &str| text(&line[side][0]["content"][0]["text"]);
    assert_ne!(said(&lines[0], "chosen"), said(&lines[0], "rejected"));
    assert!(
        said(&lines[1], "chosen").ends_with("is absent."),
        "{}",
        lines[1]
    );
    assert_eq!(said(&lines[0], "rejected"), said(&lines[1], "rejected"));
}
