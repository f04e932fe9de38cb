//! Images in, their pixels out, and those that wait for a person's word.

use crate::support::{World, png, text};
use serde_json::json;

#[tokio::test]
async fn the_same_image_again_changes_nothing() {
    let world = World::new().await;
    let fields = [
        ("patient", "p1"),
        ("study", "s1"),
        ("modality", "mr"),
        ("attested", "true"),
    ];
    let upload = async |fields: &[(&str, &str)]| {
        world
            .admin
            .upload(&world.project, "a.png", png(1), fields)
            .await
    };
    let first = upload(&fields).await.is(201);
    assert_eq!(
        (
            first["patient"].clone(),
            first["modality"].clone(),
            first["width"].clone()
        ),
        (json!("p1"), json!("mr"), json!(64))
    );
    assert_eq!(upload(&fields).await.is(200)["id"], first["id"]);
    assert_ne!(
        upload(&[("patient", "p2"), ("attested", "true")])
            .await
            .is(201)["id"],
        first["id"]
    );
    assert_eq!(
        world.admin.get(&world.path("images")).await.is(200)["images"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn pixels_come_back_as_they_went_in() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let image = world.image(1).await;
    let answer = anna.get(&format!("/api/images/{image}/pixels")).await;
    assert_eq!(
        (
            answer.status,
            answer.headers["content-type"].to_str().unwrap()
        ),
        (200, "image/png")
    );
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    let levels = |bytes: &[u8]| {
        image::load_from_memory(bytes)
            .unwrap()
            .into_luma8()
            .into_raw()
    };
    assert_eq!(levels(&answer.bytes), levels(&png(1)));
    let again = anna.request(reqwest::Method::GET, &format!("/api/images/{image}/pixels"));
    let again = again
        .header("if-none-match", answer.headers["etag"].clone())
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
    anna.get(&format!("/api/images/{image}/pixels?frame=1"))
        .await
        .refused(404, "not_found");
    assert_eq!(
        anna.get(&format!("/api/images/{image}/rendered"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn what_is_no_image_is_refused_by_name_and_leaves_nothing() {
    let world = World::new().await;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec();
    let mut broken = png(1);
    broken.truncate(60);
    for (name, bytes) in [
        ("scan.svg", svg),
        ("empty.png", Vec::new()),
        ("broken.png", broken),
        ("notes.txt", b"hello".to_vec()),
        ("notes.png", b"hello".to_vec()),
    ] {
        let message = world
            .admin
            .upload(&world.project, name, bytes, &[("attested", "true")])
            .await
            .refused(422, "bad_image");
        assert!(message.starts_with(&format!("{name}: ")), "{message}");
    }
    for patient in ["../../etc", "a b", "", &"x".repeat(101)] {
        let fields = [("patient", patient), ("attested", "true")];
        world
            .admin
            .upload(&world.project, "a.png", png(1), &fields)
            .await
            .refused(400, "invalid");
    }
    world
        .admin
        .upload(
            &world.project,
            "a.png",
            png(1),
            &[("modality", "telepathy")],
        )
        .await
        .refused(400, "invalid");
    let form = reqwest::multipart::Form::new().text("patient", "p1");
    let request = world
        .admin
        .request(reqwest::Method::POST, &world.path("images"))
        .multipart(form);
    crate::support::Answer::of(request)
        .await
        .refused(400, "invalid");
    for table in ["images", "patients", "studies"] {
        let count: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
                .fetch_one(&world.server.hospital.pool)
                .await
                .unwrap();
        assert_eq!(count, 0, "{table}");
    }
}

#[tokio::test]
async fn nobody_reads_an_image_before_a_person_vouched_for_it() {
    let world = World::new().await;
    let (anna, rita) = (
        world.member("anna", "annotator").await,
        world.member("rita", "reviewer").await,
    );
    let mut waiting = Vec::new();
    for seed in [1, 2] {
        let image = world
            .admin
            .upload(
                &world.project,
                "us.png",
                png(seed),
                &[("modality", "ultrasound")],
            )
            .await
            .is(201);
        assert_eq!(image["state"], "waiting_attestation");
        assert!(image["attestation_reason"].is_string());
        waiting.push(text(&image["id"]));
    }
    anna.post(&world.path("cases/next"), json!({}))
        .await
        .is(204);
    anna.post(&format!("/api/images/{}/lease", waiting[0]), json!({}))
        .await
        .refused(403, "forbidden");
    anna.get(&format!("/api/images/{}/pixels", waiting[0]))
        .await
        .refused(403, "forbidden");
    assert_eq!(
        rita.get(&format!("/api/images/{}/pixels", waiting[0]))
            .await
            .status,
        200
    );

    let attest = async |image: &str, burned_in: bool| {
        rita.post(
            &format!("/api/images/{image}/attestation"),
            json!({ "burned_in": burned_in }),
        )
        .await
        .is(200)["state"]
            .clone()
    };
    assert_eq!(attest(&waiting[0], false).await, "open");
    assert_eq!(attest(&waiting[1], true).await, "withheld");
    anna.get(&format!("/api/images/{}/rendered", waiting[1]))
        .await
        .refused(403, "forbidden");
    world
        .admin
        .get(&format!("/api/images/{}/pixels", waiting[1]))
        .await
        .refused(403, "forbidden");
    assert_eq!(
        anna.post(&world.path("cases/next"), json!({}))
            .await
            .is(200)["image"]["id"],
        waiting[0].as_str()
    );
    assert_eq!(
        world.admin.get(&world.path("progress")).await.is(200)["waiting_attestation"],
        0
    );
}

/// The digest of an image's raster.
async fn raster(world: &World, image: &str) -> String {
    let image = world.admin.get(&format!("/api/images/{image}")).await;
    text(&image.is(200)["raster"]["sha256"])
}

#[tokio::test]
async fn what_was_read_before_patient_data_was_seen_leaves_no_snapshot() {
    let world = World::new().await;
    let (kept, seen) = (world.finished(1).await, world.finished(2).await);
    let before = world
        .admin
        .post(&world.path("snapshots"), json!({}))
        .await
        .is(201);
    assert_eq!(before["manifest"]["counts"]["train"]["images"], 2);
    world
        .admin
        .post(
            &format!("/api/images/{seen}/attestation"),
            json!({ "burned_in": true }),
        )
        .await
        .is(200);
    let after = world
        .admin
        .post(&world.path("snapshots"), json!({}))
        .await
        .is(201);
    assert_eq!(after["manifest"]["counts"]["train"]["images"], 1);
    let (before, after) = (text(&before["id"]), text(&after["id"]));
    let (kept_raster, seen_raster) = (raster(&world, &kept).await, raster(&world, &seen).await);
    let worker = world.worker().await;
    for (person, way) in [(&world.admin, "/api"), (&worker, "/api/worker")] {
        let object = async |raster: &str| {
            let path = format!("{way}/snapshots/{before}/objects/{raster}");
            person.get(&path).await
        };
        object(&seen_raster).await.refused(403, "forbidden");
        assert_eq!(object(&kept_raster).await.status, 200);
    }
    for format in ["medreg", "medreginstruct"] {
        let export = async |id: &str| {
            let path = format!("/api/snapshots/{id}/export?format={format}");
            world.admin.get(&path).await
        };
        let told = export(&before).await.refused(403, "forbidden");
        assert!(told.contains("cut a new one"), "{told}");
        assert_eq!(export(&after).await.status, 200);
    }
    let run = |id: &str| json!({ "snapshot": id, "base": { "kind": "builtin", "name": "shapes" } });
    let runs = world.path("runs");
    let launched = async |id: &str| world.admin.post(&runs, run(id)).await;
    launched(&before).await.refused(403, "forbidden");
    launched(&after).await.is(201);
    let save = json!({ "based_on": 1, "content": { "regions": [], "rejected": [] } });
    world
        .admin
        .put(&format!("/api/images/{seen}/annotation"), save)
        .await
        .refused(403, "forbidden");
    assert_eq!(
        world
            .admin
            .get(&format!("/api/images/{kept}"))
            .await
            .is(200)["state"],
        "submitted"
    );
}

#[tokio::test]
async fn lists_come_in_pages_that_miss_nothing() {
    let world = World::new().await;
    let mut sent = Vec::new();
    for seed in 0..5 {
        sent.push(world.image(seed).await);
    }
    let (mut listed, mut after) = (Vec::new(), String::new());
    loop {
        let page = world
            .admin
            .get(&world.path(&format!("images?limit=2{after}")))
            .await
            .is(200);
        let images = page["images"].as_array().unwrap();
        assert!(images.len() <= 2);
        listed.extend(images.iter().map(|i| text(&i["id"])));
        let Some(next) = page["next"].as_str() else {
            break;
        };
        after = format!("&after={next}");
    }
    assert_eq!(listed, sent);
    assert_eq!(
        world
            .admin
            .get(&world.path("images?state=submitted"))
            .await
            .is(200)["images"],
        json!([])
    );
    world
        .admin
        .get(&world.path("images?state=%27%20OR%201=1"))
        .await
        .refused(400, "invalid");
    world
        .admin
        .get(&world.path("images?limit=-5"))
        .await
        .is(200);
}
