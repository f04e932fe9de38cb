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
        assert_eq!(image["attestation_reason"], json!({ "kind": "picture" }));
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

#[tokio::test]
async fn beside_an_image_stand_those_of_its_patient_that_may_be_seen() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let stranger = world.user("stranger").await;
    let upload = async |seed: u32, fields: &[(&str, &str)]| {
        let answer = world
            .admin
            .upload(&world.project, "a.png", png(seed), fields);
        text(&answer.await.is(201)["id"])
    };
    let of = |patient, study| [("patient", patient), ("study", study), ("attested", "true")];
    let earlier = upload(1, &of("p1", "s0")).await;
    let (image, second) = (
        upload(2, &of("p1", "s1")).await,
        upload(3, &of("p1", "s1")).await,
    );
    let (withheld, other) = (
        upload(4, &of("p1", "s1")).await,
        upload(5, &of("p2", "s1")).await,
    );
    upload(6, &[("patient", "p1"), ("study", "s1")]).await;
    let word = json!({ "burned_in": true });
    let attestation = format!("/api/images/{withheld}/attestation");
    world.admin.post(&attestation, word).await.is(200);

    let path = |image: &str| format!("/api/images/{image}/related");
    let related = async |image: &str| -> Vec<String> {
        let answer = anna.get(&path(image)).await.is(200);
        let images = answer["images"].as_array().unwrap().iter();
        images.map(|image| text(&image["id"])).collect()
    };
    assert_eq!(related(&image).await, [&*image, &*second, &*earlier]);
    assert_eq!(related(&other).await, [&*other]);
    stranger.get(&path(&image)).await.refused(404, "not_found");
}

#[tokio::test]
async fn an_image_of_before_facts_were_kept_gets_them_when_it_is_sent_again() {
    let world = World::new().await;
    let upload = async || {
        let fields = [("patient", "p1"), ("study", "s1"), ("attested", "true")];
        let sent = world.admin.upload(&world.project, "a.png", png(1), &fields);
        sent.await
    };
    let image = text(&upload().await.is(201)["id"]);
    let facts = async || {
        let image = world.admin.get(&format!("/api/images/{image}")).await;
        image.is(200)["facts"].clone()
    };
    assert_eq!(facts().await["lossy"], false);
    sqlx::query("UPDATE images SET facts = NULL")
        .execute(&world.server.hospital.pool)
        .await
        .unwrap();
    assert_eq!(facts().await, json!(null));
    assert_eq!(upload().await.is(200)["id"], image.as_str());
    assert_eq!(facts().await["lossy"], false);
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

/// An explicit-VR little-endian DICOM slice of two by two pixels, without a PatientID.
fn slice(study: &str, window_center: &str, values: [u16; 4]) -> Vec<u8> {
    let element = |tag: [u8; 4], vr: &[u8; 2], value: &[u8]| {
        let length = (value.len() as u16).next_multiple_of(2);
        let head = [&tag[..], vr, &length.to_le_bytes(), value].concat();
        let padding = if value.len() % 2 == 1 { &b" "[..] } else { b"" };
        [&head, padding].concat()
    };
    let number = |element_number: u8, high: u8, value: u16| {
        element([0x28, 0, element_number, high], b"US", &value.to_le_bytes())
    };
    let syntax = element([2, 0, 0x10, 0], b"UI", b"1.2.840.10008.1.2.1\0");
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    bytes.extend(element(
        [2, 0, 0, 0],
        b"UL",
        &(syntax.len() as u32).to_le_bytes(),
    ));
    bytes.extend(syntax);
    bytes.extend(element([0x08, 0, 0x60, 0], b"CS", b"CT"));
    bytes.extend(element([0x10, 0, 0x20, 0], b"LO", b""));
    bytes.extend(element([0x20, 0, 0x0d, 0], b"UI", study.as_bytes()));
    bytes.extend(number(0x02, 0, 1));
    bytes.extend(element([0x28, 0, 0x04, 0], b"CS", b"MONOCHROME2"));
    bytes.extend([number(0x10, 0, 2), number(0x11, 0, 2)].concat());
    bytes.extend([number(0x00, 1, 16), number(0x01, 1, 16)].concat());
    bytes.extend([number(0x02, 1, 15), number(0x03, 1, 0)].concat());
    bytes.extend(element(
        [0x28, 0, 0x50, 0x10],
        b"DS",
        window_center.as_bytes(),
    ));
    bytes.extend(element([0x28, 0, 0x51, 0x10], b"DS", b"100"));
    bytes.extend(b"\xe0\x7f\x10\0OW\0\0\x08\0\0\0");
    bytes.extend(values.into_iter().flat_map(u16::to_le_bytes));
    bytes
}

/// As many anonymous files are: PatientID is empty, and the study is what is left to say whose they are.
#[tokio::test]
async fn the_slices_of_a_study_without_a_patient_are_one_patient_s() {
    let world = World::with(json!({ "val": 0, "test": 50 })).await;
    let patient = async |study: &str, value: u16| {
        let bytes = slice(study, "40", [0, 1, 2, value]);
        let answer = world.admin.upload(&world.project, "a.dcm", bytes, &[]);
        let image = answer.await.is(201);
        (text(&image["patient"]), text(&image["split"]))
    };
    let first = patient("1.2.3", 10).await;
    for value in 11..20 {
        assert_eq!(patient("1.2.3", value).await, first);
    }
    assert_ne!(patient("1.2.4", 10).await.0, first.0);
}

/// A window may hide all differences between two images, and a first frame all between two loops.
#[tokio::test]
async fn images_that_only_look_the_same_are_both_kept() {
    let world = World::new().await;
    let upload = async |bytes: Vec<u8>| {
        let fields = [("patient", "p1"), ("attested", "true")];
        let upload = world.admin.upload(&world.project, "a", bytes, &fields);
        upload.await
    };
    let black = |values| slice("1.2.3", "40000", values);
    let one = upload(black([1, 2, 3, 4])).await.is(201);
    let other = upload(black([4, 3, 2, 1])).await.is(201);
    assert_eq!(one["raster"], other["raster"]);
    assert_ne!(one["id"], other["id"]);
    for (image, expected) in [(&one, [0, 1, 2, 3]), (&other, [3, 2, 1, 0])] {
        let path = format!("/api/images/{}/pixels", text(&image["id"]));
        let pixels = image::load_from_memory(&world.admin.get(&path).await.bytes).unwrap();
        assert_eq!(pixels.into_luma16().into_raw(), expected);
    }
    assert_eq!(upload(black([1, 2, 3, 4])).await.is(200)["id"], one["id"]);
    assert_eq!(upload(black([4, 3, 2, 1])).await.is(200)["id"], other["id"]);

    let grey = |white: u16| {
        let image = image::ImageBuffer::<image::Luma<u16>, _>::from_raw(2, 1, vec![0, white]);
        let mut bytes = std::io::Cursor::new(Vec::new());
        let image = image::DynamicImage::ImageLuma16(image.unwrap());
        image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let ids = [upload(grey(1_000)).await, upload(grey(2_000)).await].map(|a| a.is(201));
    assert_eq!(ids[0]["raster"], ids[1]["raster"]);
}

/// A NIfTI-1 volume that does not say how it lies: 3 columns, 2 rows and 4 frames of bytes.
fn volume() -> Vec<u8> {
    let mut bytes = vec![0; 352];
    let fields: [(usize, &[u8]); 5] = [
        (0, &348_i32.to_le_bytes()),
        (40, &[3, 0, 3, 0, 2, 0, 4, 0]),
        (70, &[2, 0]),
        (148, b"DOE^JOHN"),
        (344, b"n+1\0"),
    ];
    for (at, field) in fields {
        bytes[at..at + field.len()].copy_from_slice(field);
    }
    bytes.extend(0..24);
    bytes
}

#[tokio::test]
async fn a_volume_comes_in_as_one_image_of_frames() {
    let world = World::new().await;
    let upload = async |bytes: Vec<u8>| {
        let fields = [("modality", "ct"), ("patient", "p1")];
        let upload = world
            .admin
            .upload(&world.project, "scan.nii", bytes, &fields);
        upload.await
    };
    let image = upload(volume()).await.is(201);
    assert_eq!(
        [
            &image["modality"],
            &image["width"],
            &image["height"],
            &image["frames"],
            &image["state"]
        ],
        [
            &json!("ct"),
            &json!(3),
            &json!(2),
            &json!(4),
            &json!("waiting_attestation")
        ]
    );
    assert!(!image.to_string().contains("DOE"), "{image}");
    let last = format!("/api/images/{}/pixels?frame=3", text(&image["id"]));
    let last = image::load_from_memory(&world.admin.get(&last).await.bytes).unwrap();
    assert_eq!(last.into_luma16().into_raw(), [18, 19, 20, 21, 22, 23]);
    upload(volume()[..370].to_vec())
        .await
        .refused(422, "bad_image");
}
