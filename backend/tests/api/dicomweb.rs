//! DICOMweb as others speak it (`dicomweb.py`), and who sees what of it.

use crate::support::{Answer, Person, World, content, png, region, text};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// The Python that has dicomweb-client, highdicom and pydicom; where there is none it is said aloud, as libtest would keep what
/// `println!` says to itself.
fn python() -> Option<PathBuf> {
    use std::io::Write;
    let found = std::env::var_os("MEDREG_READERS_PYTHON").filter(|path| !path.is_empty());
    if found.is_none() {
        let said =
            b"\nSKIPPED dicomweb: MEDREG_READERS_PYTHON names no Python with dicomweb-client\n";
        std::io::stderr().write_all(said).unwrap();
    }
    found.map(PathBuf::from)
}

#[tokio::test]
async fn clients_of_others_store_find_and_retrieve() {
    let Some(python) = python() else { return };
    let world = World::new().await;
    let body = json!({ "name": "pacs", "scope": "user" });
    let token = world.admin.post("/api/tokens", body).await.is(201);
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/dicomweb.py");
    // Not waited for by blocking: the server's connections to its database live on this thread.
    let run = Command::new(python)
        .arg(script)
        .args([&world.server.url, &world.project, &text(&token["token"])])
        .arg(folder.path())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && said.contains("all read"), "{said}");
}

/// The UIDs of the instances that somebody finds, by modality.
async fn found(person: &Person, world: &World, modality: &str) -> Vec<Value> {
    let path = world.path(&format!("dicomweb/instances?Modality={modality}"));
    let answer = person.get(&path).await;
    match answer.status {
        204 => vec![],
        _ => answer.is(200).as_array().unwrap().clone(),
    }
}

#[tokio::test]
async fn everybody_finds_what_they_may_see_and_nothing_else() {
    let world = World::new().await;
    let (anna, bert, rita) = (
        world.member("anna", "annotator").await,
        world.member("bert", "annotator").await,
        world.member("rita", "reviewer").await,
    );
    let image = world.image(1).await;
    let said = content(&[region("cyst", [4.0, 5.0, 20.0, 25.0], "a simple cyst")]);
    world.annotate(&anna, &image, said).await;
    for (person, reports) in [(&anna, 1), (&bert, 0), (&rita, 1)] {
        assert_eq!(found(person, &world, "CT").await.len(), 1);
        assert_eq!(found(person, &world, "SR").await.len(), reports);
        assert_eq!(found(person, &world, "PR").await.len(), reports);
    }
    let report = &found(&rita, &world, "SR").await[0];
    let address = text(&report["00081190"]["Value"][0]);
    let path = address.strip_prefix(&world.server.url).unwrap();
    let brought = rita.get(path).await;
    assert_eq!(brought.status, 200);
    assert!(brought.bytes.windows(4).any(|four| four == b"DICM"));
    bert.get(path).await.refused(404, "not_found");

    let waiting = world.admin.upload(
        &world.project,
        "us.png",
        png(2),
        &[("modality", "ultrasound")],
    );
    let waiting = text(&waiting.await.is(201)["id"]);
    assert_eq!(found(&anna, &world, "US").await.len(), 0);
    let seen = found(&rita, &world, "US").await;
    let path = text(&seen[0]["00081190"]["Value"][0]);
    let path = path.strip_prefix(&world.server.url).unwrap().to_owned();
    anna.get(&format!("{path}/rendered"))
        .await
        .refused(404, "not_found");
    assert_eq!(rita.get(&format!("{path}/rendered")).await.status, 200);
    let burned = json!({ "burned_in": true });
    let attestation = format!("/api/images/{waiting}/attestation");
    rita.post(&attestation, burned).await.is(200);
    assert_eq!(found(&world.admin, &world, "US").await.len(), 0);
    world.admin.get(&path).await.refused(404, "not_found");
}

#[tokio::test]
async fn what_is_submitted_anew_is_a_new_object() {
    let world = World::new().await;
    let image = world.image(1).await;
    let said = |words| content(&[region("cyst", [4.0, 5.0, 20.0, 25.0], words)]);
    world.annotate(&world.admin, &image, said("a cyst")).await;
    let uid = |found: &[Value]| text(&found[0]["00080018"]["Value"][0]);
    let before = found(&world.admin, &world, "SR").await;
    assert_eq!(uid(&before), uid(&found(&world.admin, &world, "SR").await));
    world
        .annotate(&world.admin, &image, said("two cysts"))
        .await;
    let after = found(&world.admin, &world, "SR").await;
    assert_eq!(after.len(), 1);
    assert_ne!(uid(&before), uid(&after));
    assert_eq!(before[0]["0020000E"], after[0]["0020000E"]);
}

#[tokio::test]
async fn a_picture_without_a_header_is_a_secondary_capture() {
    let world = World::new().await;
    world.image(1).await;
    let instance = &found(&world.admin, &world, "CT").await[0];
    assert_eq!(
        instance["00080016"]["Value"][0],
        "1.2.840.10008.5.1.4.1.1.7"
    );
    assert_eq!(instance["00100020"]["Value"][0], "p1");
    let address = text(&instance["00081190"]["Value"][0]);
    let path = address.strip_prefix(&world.server.url).unwrap();
    let alone = world.admin.request(Method::GET, path);
    let file = Answer::of(alone.header("accept", "application/dicom")).await;
    let length: usize = file.headers["content-length"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!((file.status, file.bytes.len()), (200, length));
    let levels = image::load_from_memory(&png(1))
        .unwrap()
        .into_luma8()
        .into_raw();
    assert_eq!(file.bytes[length - levels.len()..], levels);
    let frame = world
        .admin
        .request(Method::GET, &format!("{path}/frames/1"));
    let frame = Answer::of(frame.header("accept", "application/octet-stream")).await;
    assert_eq!(frame.bytes, levels);
    for bad in ["frames/0", "frames/2", "frames/1,x"] {
        let answer = world.admin.get(&format!("{path}/{bad}")).await;
        answer.refused(404, "not_found");
    }
}
