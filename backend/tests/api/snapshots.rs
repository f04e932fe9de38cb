//! Cutting, naming by hash, exporting.

use crate::support::{World, content, region, text};
use medreg_datasets::ids::Digest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;

#[tokio::test]
async fn nothing_submitted_is_nothing_to_cut() {
    let world = World::new().await;
    world.image(1).await;
    let message = world
        .admin
        .post(&world.path("snapshots"), json!({}))
        .await
        .refused(422, "nothing_to_snapshot");
    assert!(message.contains("submitted"), "{message}");
    assert_eq!(
        world.admin.get(&world.path("snapshots")).await.is(200)["snapshots"],
        json!([])
    );
}

#[tokio::test]
async fn the_same_data_has_the_same_id_and_one_character_changes_it() {
    let world = World::new().await;
    let image = world.image(1).await;
    let mut said = region("cyst", [4.0, 5.0, 20.0, 25.0], "a simple cyst");
    world
        .annotate(&world.admin, &image, content(&[said.clone()]))
        .await;
    let first = world
        .admin
        .post(&world.path("snapshots"), json!({ "name": "one" }))
        .await
        .is(201);
    let again = world
        .admin
        .post(&world.path("snapshots"), json!({ "name": "two" }))
        .await
        .is(200);
    assert_eq!(first, again);
    // What is saved but not submitted is not in a snapshot.
    said["texts"]["en"] = json!("a simple cyst.");
    let path = format!("/api/images/{image}/annotation");
    world
        .admin
        .put(&path, json!({ "based_on": 1, "content": content(&[said]) }))
        .await
        .is(200);
    assert_eq!(world.snapshot().await, text(&first["id"]));
    world
        .admin
        .post(
            &format!("{path}/submit"),
            json!({ "revision": 2, "active_seconds": 1.0 }),
        )
        .await
        .is(200);
    let changed = world
        .admin
        .post(&world.path("snapshots"), json!({}))
        .await
        .is(201);
    assert_ne!(changed["id"], first["id"]);
    assert_eq!(
        changed["manifest"]["counts"]["train"],
        json!({ "patients": 1, "images": 1, "regions": 1 })
    );
}

#[tokio::test]
async fn a_snapshot_serves_its_own_objects_and_no_others() {
    let world = World::new().await;
    world.finished(1).await;
    let outside = world.image(2).await;
    let id = world.snapshot().await;
    let manifest = world
        .admin
        .get(&format!("/api/snapshots/{id}/manifest"))
        .await;
    assert_eq!(Digest::of(&manifest.bytes).as_str(), id);
    let object = async |digest: &str| {
        world
            .admin
            .get(&format!("/api/snapshots/{id}/objects/{digest}"))
            .await
    };
    let cases = object(&text(&manifest.json()["cases"]["sha256"])).await;
    let case: Value = serde_json::from_slice(&cases.bytes).unwrap();
    assert_eq!(case["regions"][0]["texts"]["en"], "a simple cyst");
    assert!(
        object(&text(&case["raster"]["sha256"]))
            .await
            .bytes
            .starts_with(b"\x89PNG")
    );
    let raster = world
        .admin
        .get(&format!("/api/images/{outside}"))
        .await
        .is(200)["raster"]["sha256"]
        .clone();
    object(&text(&raster)).await.refused(404, "not_found");
    object("..%2f..%2fetc%2fpasswd")
        .await
        .refused(404, "not_found");
}

/// The files of a tar archive.
fn unpacked(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        assert!(
            files.insert(path, bytes).is_none(),
            "every file is there once"
        );
    }
    files
}

#[tokio::test]
async fn an_export_is_a_tar_archive_of_everything() {
    let world = World::new().await;
    for seed in [1, 2] {
        world.finished(seed).await;
    }
    let id = world.snapshot().await;
    let export = async |format: &str| {
        world
            .admin
            .get(&format!("/api/snapshots/{id}/export?format={format}"))
            .await
    };

    let own = export("medreg").await;
    assert_eq!(own.headers["content-type"], "application/x-tar");
    let files = unpacked(&own.bytes);
    assert_eq!(Digest::of(&files["manifest.json"]).as_str(), id);
    assert_eq!(
        files["cases.jsonl"].iter().filter(|b| **b == b'\n').count(),
        2
    );
    let rasters: Vec<_> = files
        .iter()
        .filter(|(path, _)| path.starts_with("objects/"))
        .collect();
    assert_eq!(rasters.len(), 2);
    for (path, bytes) in rasters {
        assert!(
            path.ends_with(&format!("/{}.png", Digest::of(bytes))),
            "{path}"
        );
    }

    let published = unpacked(&export("medreginstruct").await.bytes);
    let meta: Value = serde_json::from_slice(&published["meta_file.json"]).unwrap();
    assert!(
        meta.as_object().is_some_and(|files| !files.is_empty()),
        "{meta}"
    );
    for lang in ["en", "zh"] {
        let lines = &published[&format!("train/region2text.{lang}.jsonl")];
        assert_eq!(lines.iter().filter(|b| **b == b'\n').count(), 2);
    }
    assert_eq!(
        published
            .keys()
            .filter(|path| path.starts_with("images/"))
            .count(),
        2
    );
    assert_eq!(export("medreg").await.bytes, own.bytes);
    export("exe").await.refused(400, "invalid");
}

#[tokio::test]
async fn of_two_readers_the_later_one_counts() {
    let world = World::new().await;
    let (anna, bob) = (
        world.member("anna", "annotator").await,
        world.member("bob", "annotator").await,
    );
    let image = world.image(1).await;
    world
        .annotate(
            &anna,
            &image,
            content(&[region("cyst", [1.0, 1.0, 9.0, 9.0], "anna's")]),
        )
        .await;
    let first = world.snapshot().await;
    world
        .annotate(
            &bob,
            &image,
            content(&[region("cyst", [1.0, 1.0, 9.0, 9.0], "bob's")]),
        )
        .await;
    let second = world.snapshot().await;
    assert_ne!(first, second);
    let manifest = world
        .admin
        .get(&format!("/api/snapshots/{second}/manifest"))
        .await
        .is(200);
    assert_eq!(manifest["counts"]["train"]["images"], 1);
    let cases = text(&manifest["cases"]["sha256"]);
    let case = world
        .admin
        .get(&format!("/api/snapshots/{second}/objects/{cases}"))
        .await
        .is(200);
    assert_eq!(case["regions"][0]["texts"]["en"], "bob's");
    // The earlier snapshot stays what it was.
    assert_eq!(
        world
            .admin
            .get(&format!("/api/snapshots/{first}"))
            .await
            .is(200)["id"],
        first.as_str()
    );
}

#[tokio::test]
async fn cutting_goes_on_beside_whatever_else_is_written_down() {
    let world = World::new().await;
    world.finished(1).await;
    let admin = &world.admin;
    // Two readers of one chain, and equal cuts of one snapshot: all at once, as a double click or a busy ward gives them.
    let cuts = (0..8).map(|_| async {
        let cut = admin.post(&world.path("snapshots"), json!({})).await;
        (cut.status, text(&cut.json()["id"]))
    });
    let others = (0..8).map(|n| async move {
        let name = json!({ "name": format!("token {n}"), "scope": "user" });
        admin.post("/api/tokens", name).await.is(201);
    });
    let (cuts, _) = futures::join!(
        futures::future::join_all(cuts),
        futures::future::join_all(others)
    );
    assert_eq!(cuts.iter().filter(|(status, _)| *status == 201).count(), 1);
    assert!(
        cuts.iter()
            .all(|(status, id)| matches!(status, 200 | 201) && *id == cuts[0].1),
        "{cuts:?}"
    );
    let trail = admin.get("/api/audit?limit=500").await.is(200);
    let entries = trail["entries"].as_array().unwrap();
    let cut = entries.iter().filter(|e| e["action"] == "snapshot.cut");
    assert_eq!(cut.count(), 1);
}
