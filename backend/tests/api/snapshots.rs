//! Cutting, naming by hash, exporting.

use crate::support::{World, content, new_project, png, region, text};
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
pub fn unpacked(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
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
async fn an_export_in_any_format_says_what_it_holds() {
    let world = World::new().await;
    for seed in [1, 2] {
        world.finished(seed).await;
    }
    let id = world.snapshot().await;
    let formats = medreg::services::snapshots::ExportFormat::ALL.map(|format| format.name());
    for format in &formats[2..] {
        let path = format!("/api/snapshots/{id}/export?format={format}");
        let export = world.admin.get(&path).await;
        assert_eq!(export.status, 200, "{format}");
        let files = unpacked(&export.bytes);
        let croissant: Value = serde_json::from_slice(&files["croissant.json"]).unwrap();
        assert_eq!(croissant["identifier"], id.as_str());
        let listed = croissant["distribution"].as_array().unwrap().iter();
        let listed = listed.filter(|file| file["@type"] == "cr:FileObject");
        let hashes: BTreeMap<String, String> = listed
            .map(|file| (text(&file["contentUrl"]), text(&file["sha256"])))
            .collect();
        let images = files.keys().filter(|path| path.starts_with("images/"));
        let holds_them = ["parquet", "webdataset", "derived"].contains(format);
        assert_eq!(images.count(), if holds_them { 0 } else { 2 }, "{format}");
        for (path, bytes) in &files {
            let described = path.starts_with("images/") || path == "croissant.json";
            let hash = (!described).then(|| Digest::of(bytes).to_string());
            assert_eq!(hashes.get(path), hash.as_ref(), "{format}: {path}");
        }
        let all: Vec<u8> = files.into_values().flatten().collect();
        let says = |text: &str| all.windows(text.len()).any(|part| part == text.as_bytes());
        assert_eq!(
            says("a simple cyst"),
            !["yolo", "voc", "derived"].contains(format),
            "{format}"
        );
        assert_eq!(says("IHDR"), *format != "derived", "{format}");
    }
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

#[tokio::test]
async fn what_a_later_snapshot_says_otherwise_is_told_case_by_case() {
    let mut world = World::new().await;
    let mut images = Vec::new();
    for seed in 1..=3 {
        images.push(world.finished(seed).await);
    }
    let before = world.snapshot().await;
    let differences = async |from: &str, to: &str, query: &str| {
        let path = format!("/api/snapshots/{from}/differences/{to}{query}");
        world.admin.get(&path).await
    };
    let same = differences(&before, &before, "").await.is(200);
    assert_eq!(same["totals"]["cases_unchanged"], 3);
    assert_eq!(same["cases"], json!([]));

    let said = |image: &str, bbox, english: &str| {
        let image = image.to_owned();
        let said = content(&[region("cyst", bbox, english)]);
        let world = &world;
        async move { world.annotate(&world.admin, &image, said).await }
    };
    said(&images[0], [4.0, 5.0, 20.0, 25.0], "two cysts").await;
    said(&images[1], [4.0, 5.0, 20.0, 25.0], "a simple cyst").await;
    images.push(world.finished(4).await);
    let settings = json!({ "guideline": "Mark everything." });
    world
        .admin
        .patch(&format!("/api/projects/{}", world.project), settings)
        .await
        .is(200);
    let after = world.snapshot().await;
    let found = differences(&before, &after, "").await.is(200);
    let totals = &found["totals"];
    assert_eq!(
        (&totals["cases_changed"], &totals["cases_added"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(
        (&totals["cases_unchanged"], &totals["cases_removed"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(found["settings"]["guideline"]["to"], "Mark everything.");
    // The regions have new ids here: they were drawn anew, not edited.
    assert_eq!(
        (&totals["regions_added"], &totals["regions_removed"]),
        (&json!(3), &json!(2))
    );

    // The same, a case at a time.
    let (mut told, mut after_image) = (Vec::new(), String::new());
    loop {
        let query = format!("?limit=1{after_image}");
        let page = differences(&before, &after, &query).await.is(200);
        assert_eq!(&page["totals"], totals);
        told.extend(page["cases"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after_image = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(json!(told), found["cases"]);
    assert_eq!(told.len(), 3);

    // Whoever may not see one of the two is told nothing.
    let engineer = world.member("eve", "engineer").await;
    world.project = new_project(&world.admin, "Livers", &json!({ "val": 0, "test": 0 })).await;
    world.finished(9).await;
    let elsewhere = world.snapshot().await;
    let path = format!("/api/snapshots/{before}/differences/{elsewhere}");
    engineer.get(&path).await.refused(404, "not_found");
    let path = format!("/api/snapshots/{before}/differences/{after}");
    engineer.get(&path).await.is(200);
}

#[tokio::test]
async fn a_filter_is_part_of_what_is_cut_and_of_its_id() {
    let world = World::new().await;
    let image = world.image(1).await;
    let mut cyst = region("cyst", [4.0, 5.0, 20.0, 25.0], "a simple cyst");
    cyst["texts"]["zh"] = json!("单纯囊肿");
    let mut kidney = region("kidney", [1.0, 1.0, 30.0, 30.0], "the kidney");
    kidney["texts"] = json!({ "en": "the kidney" });
    world
        .annotate(&world.admin, &image, content(&[cyst, kidney]))
        .await;
    let preview = async |filter: Value| {
        let path = world.path("snapshots/preview");
        world.admin.post(&path, filter).await
    };
    let regions = async |filter: Value| preview(filter).await.is(200)["train"]["regions"].clone();
    assert_eq!(regions(json!({})).await, 2);
    assert_eq!(regions(json!({ "concepts": ["cyst"] })).await, 1);
    assert_eq!(regions(json!({ "both_languages": true })).await, 0);
    assert_eq!(
        regions(json!({ "both_languages": true, "concepts": ["cyst"] })).await,
        1
    );
    let refusal = preview(json!({ "concepts": ["tumour"] }))
        .await
        .refused(400, "invalid");
    assert!(refusal.contains("tumour"), "{refusal}");
    preview(json!({ "concept": ["cyst"] }))
        .await
        .refused(400, "invalid");

    let cut = async |filter: Value| {
        let body = json!({ "filter": filter });
        world.admin.post(&world.path("snapshots"), body).await
    };
    let whole = cut(json!({})).await.is(201);
    assert!(whole["manifest"].get("filter").is_none(), "{whole}");
    let cysts = cut(json!({ "concepts": ["cyst"] })).await.is(201);
    assert_ne!(cysts["id"], whole["id"]);
    assert_eq!(cysts["manifest"]["filter"], json!({ "concepts": ["cyst"] }));
    assert_eq!(cysts["manifest"]["counts"]["train"]["regions"], 1);
    assert_eq!(
        cysts["manifest"]["ontology"].as_array().map(Vec::len),
        Some(1)
    );
    cut(json!({ "concepts": ["cyst"] })).await.is(200);
    cut(json!({ "modalities": ["mr"] }))
        .await
        .refused(422, "nothing_to_snapshot");
}

#[tokio::test]
async fn a_case_names_the_model_behind_a_region_and_the_word_behind_its_picture() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(9).await;
    let doubtful = [("patient", "p1"), ("modality", "ultrasound")];
    let sent = (world.admin).upload(&world.project, "scan.png", png(1), &doubtful);
    let image = text(&sent.await.is(201)["id"]);
    let seen = json!({ "burned_in": false });
    let attest = format!("/api/images/{image}/attestation");
    world.admin.post(&attest, seen).await.is(200);
    let proposed = json!({ "bbox": [0.0, 0.0, 10.0, 10.0], "concept": "cyst", "confidence": 0.5, "texts": { "en": "a cyst", "zh": "囊肿" } });
    crate::rounds::suggest(&world, &worker, &image, &[proposed]).await;
    let lease = format!("/api/images/{image}/lease");
    let case = world.admin.post(&lease, json!({})).await.is(200);
    let suggestion = text(&case["suggestions"][0]["id"]);
    let mut grown = region("cyst", [0.0, 0.0, 10.0, 10.0], "a cyst");
    grown["origin"] = json!(suggestion);
    world
        .annotate(&world.admin, &image, content(&[grown]))
        .await;

    let id = world.snapshot().await;
    let snapshot = world
        .admin
        .get(&format!("/api/snapshots/{id}"))
        .await
        .is(200);
    let cases = text(&snapshot["manifest"]["cases"]["sha256"]);
    let cases = format!("/api/snapshots/{id}/objects/{cases}");
    let cases = world.admin.get(&cases).await.bytes;
    let lines = cases
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    let cases: Vec<Value> = lines.map(|l| serde_json::from_slice(l).unwrap()).collect();
    let of = |wanted: &str| cases.iter().find(|case| case["image"] == wanted).unwrap();
    let case = of(&image);
    let models = world.admin.get(&world.path("models")).await.is(200);
    assert_eq!(
        case["models"],
        json!({ suggestion: models["models"][0]["id"] })
    );
    assert_eq!(case["attested"]["reason"], json!({ "kind": "picture" }));
    assert!(text(&case["attested"]["at"]).ends_with('Z'), "{case}");
    // Of what its sender vouched for, and of a region that a reader drew, there is nothing to say.
    let other = cases
        .iter()
        .find(|case| case["image"] != image.as_str())
        .unwrap();
    assert!(
        other.get("models").is_none() && other.get("attested").is_none(),
        "{other}"
    );
}

/// A picture of waves with one other pixel.
fn nearly(number: u32) -> Vec<u8> {
    let wave = |x: u32, y: u32| ((f64::from(x * x + 3 * y)) * 0.002).sin() * 100.0 + 128.0;
    let mut picture = image::GrayImage::from_fn(170, 160, |x, y| image::Luma([wave(x, y) as u8]));
    picture.put_pixel(number, 0, image::Luma([0]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn a_datasheet_counts_pictures_that_are_nearly_equal_across_splits() {
    let world = World::with(json!({ "val": 0, "test": 50 })).await;
    for image in world.images_in(&["train", "test"], 8, nearly).await {
        let said = content(&[region("cyst", [4.0, 5.0, 20.0, 25.0], "a simple cyst")]);
        world.annotate(&world.admin, &image, said).await;
    }
    let id = world.snapshot().await;
    let sheet = format!("/api/snapshots/{id}/datasheet?format=markdown");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let sheet = loop {
        let bytes = world.admin.get(&sheet).await.bytes;
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        if !text.contains("not compared yet") {
            break text;
        }
        assert!(std::time::Instant::now() < deadline, "{text}");
    };
    let snapshot = world
        .admin
        .get(&format!("/api/snapshots/{id}"))
        .await
        .is(200);
    let counts = &snapshot["manifest"]["counts"];
    let [train, test] = ["train", "test"].map(|split| counts[split]["images"].as_u64().unwrap());
    let told = format!("in different splits: {}.", train * test);
    assert!(train * test > 0 && sheet.contains(&told), "{told}\n{sheet}");
}
