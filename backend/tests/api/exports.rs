//! Snapshots written out in the background, and fetched in pieces.

use crate::support::{Answer, Person, Server, World, text};
use medreg::services::exports;
use medreg::store::objects::Objects;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

fn path(snapshot: &str) -> String {
    format!("/api/snapshots/{snapshot}/exports/medreginstruct")
}

/// An export once it is in this state.
async fn reaches(world: &World, snapshot: &str, state: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let list = format!("/api/snapshots/{snapshot}/exports");
        let found = world.admin.get(&list).await.is(200)["exports"][0].clone();
        if found["state"] == state {
            return found;
        }
        assert!(Instant::now() < deadline, "not {state}: {found}");
        tokio::task::yield_now().await;
    }
}

/// Has a snapshot exported, and waits for it.
pub async fn written(world: &World, snapshot: &str) {
    world.admin.put(&path(snapshot), json!({})).await.is(202);
    reaches(world, snapshot, "finished").await;
}

async fn part(person: &Person, snapshot: &str, headers: &[(&str, &str)]) -> Answer {
    let file = format!("{}/file", path(snapshot));
    let request = headers.iter().fold(
        person.request(reqwest::Method::GET, &file),
        |request, (name, value)| request.header(*name, *value),
    );
    Answer::of(request).await
}

#[tokio::test]
async fn an_export_is_written_once_and_fetched_in_pieces() {
    let world = World::new().await;
    world.finished(1).await;
    world.finished(2).await;
    let snapshot = world.snapshot().await;
    let file = format!("{}/file", path(&snapshot));
    world.admin.get(&file).await.refused(404, "not_found");
    let asked = world.admin.put(&path(&snapshot), json!({})).await.is(202);
    assert_eq!(asked["format"], "medreginstruct");
    let export = reaches(&world, &snapshot, "finished").await;
    assert_eq!(export["written"], export["expected"]);
    // The same bytes as when they are streamed at once.
    let streamed = format!("/api/snapshots/{snapshot}/export?format=medreginstruct");
    let streamed = world.admin.get(&streamed).await.bytes;
    let whole = part(&world.admin, &snapshot, &[]).await;
    assert_eq!((whole.status, &whole.bytes), (200, &streamed));
    assert_eq!(whole.headers["accept-ranges"], "bytes");
    let tag = whole.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(tag, format!("\"{}\"", text(&export["sha256"])));
    // What broke off after 1000 bytes goes on there.
    let rest = [("Range", "bytes=1000-"), ("If-Range", tag.as_str())];
    let rest = part(&world.admin, &snapshot, &rest).await;
    assert_eq!((rest.status, &rest.bytes[..]), (206, &streamed[1000..]));
    let told = format!("bytes 1000-{}/{}", streamed.len() - 1, streamed.len());
    assert_eq!(rest.headers["content-range"], told.as_str());
    let last = part(&world.admin, &snapshot, &[("Range", "bytes=-10")]).await;
    assert_eq!(last.bytes[..], streamed[streamed.len() - 10..]);
    // Another file's rest is of no use.
    let other = [("Range", "bytes=1000-"), ("If-Range", "\"another\"")];
    assert_eq!(part(&world.admin, &snapshot, &other).await.status, 200);
    let beyond = part(&world.admin, &snapshot, &[("Range", "bytes=999999999-")]).await;
    assert_eq!(beyond.status, 416);
    // Asked again, it is there.
    let again = world.admin.put(&path(&snapshot), json!({})).await.is(200);
    assert_eq!(again["asked_at"], asked["asked_at"]);
}

#[tokio::test]
async fn who_may_not_export_learns_nothing_and_what_was_withheld_since_is_not_handed_out() {
    let world = World::new().await;
    let image = world.finished(1).await;
    let snapshot = world.snapshot().await;
    written(&world, &snapshot).await;
    let annotator = world.member("ann", "annotator").await;
    let asked = annotator.put(&path(&snapshot), json!({})).await;
    asked.refused(403, "forbidden");
    let unknown = format!("/api/snapshots/{snapshot}/exports/zip");
    let unknown = world.admin.put(&unknown, json!({})).await;
    assert_eq!(unknown.status, 404);
    let attest = format!("/api/images/{image}/attestation");
    let seen = json!({ "burned_in": true });
    world.admin.post(&attest, seen).await.is(200);
    let refused = part(&world.admin, &snapshot, &[]).await;
    refused.refused(403, "forbidden");
    let asked = world.admin.put(&path(&snapshot), json!({})).await;
    asked.refused(403, "forbidden");
}

#[tokio::test]
async fn what_a_server_left_undone_another_one_does() {
    let world = World::new().await;
    world.finished(1).await;
    let snapshot = world.snapshot().await;
    let pool = &world.server.hospital.pool;
    // A server that took it and died.
    sqlx::query(
        "INSERT INTO exports (snapshot_id, format, state, until, attempt, expected, asked_by)
         SELECT id, 'medreginstruct', 'writing', now() - interval '1 second', 1, 9, created_by FROM snapshots WHERE id = $1",
    )
    .bind(&snapshot)
    .execute(pool)
    .await
    .unwrap();
    reaches(&world, &snapshot, "finished").await;
    let attempt = sqlx::query_scalar::<_, i32>("SELECT attempt FROM exports");
    assert_eq!(attempt.fetch_one(pool).await.unwrap(), 2);
}

#[tokio::test]
async fn an_export_that_cannot_be_written_says_why_and_is_tried_again_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::folder(folder.path()).unwrap();
    let world = World::on(
        Server::keeping(objects).await,
        json!({ "val": 0, "test": 0 }),
    )
    .await;
    let image = world.finished(1).await;
    let snapshot = world.snapshot().await;
    let image = world
        .admin
        .get(&format!("/api/images/{image}"))
        .await
        .is(200);
    let raster = text(&image["raster"]["sha256"]);
    let stored = folder
        .path()
        .join(format!("objects/{}/{raster}", &raster[..2]));
    let aside = folder.path().join("aside");
    let moved = |from: &Path, to: &Path| std::fs::rename(from, to).unwrap();
    moved(&stored, &aside);
    world.admin.put(&path(&snapshot), json!({})).await.is(202);
    let failed = reaches(&world, &snapshot, "failed").await;
    assert!(text(&failed["failure"]).contains(&raster), "{failed}");
    moved(&aside, &stored);
    world.admin.put(&path(&snapshot), json!({})).await.is(202);
    let done = reaches(&world, &snapshot, "finished").await;
    assert_eq!(done["failure"], Value::Null);
}

#[tokio::test]
async fn a_file_that_was_kept_for_its_time_is_swept_and_made_again_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::folder(folder.path()).unwrap();
    let shares = json!({ "val": 0, "test": 0 });
    let world = World::on(Server::keeping(objects).await, shares).await;
    world.finished(1).await;
    let snapshot = world.snapshot().await;
    written(&world, &snapshot).await;
    let made = reaches(&world, &snapshot, "finished").await;
    let digest = text(&made["sha256"]);
    let object = folder
        .path()
        .join(format!("objects/{}/{digest}", &digest[..2]));
    assert!(object.exists() && text(&made["kept_until"]) > text(&made["asked_at"]));
    let hospital = &world.server.hospital;
    let expire = "UPDATE exports SET kept_until = now() - interval '1 second'";
    // While another file is being written, which may be the same, none is removed.
    let writing = "INSERT INTO exports (snapshot_id, format, state, until, attempt, expected, asked_by, digest)
                   SELECT id, 'coco', 'writing', now() + interval '1 hour', 1, 9, created_by, NULL FROM snapshots";
    sqlx::query(writing).execute(&hospital.pool).await.unwrap();
    sqlx::query(expire).execute(&hospital.pool).await.unwrap();
    exports::sweep(hospital).await.unwrap();
    assert!(object.exists());
    let file = format!("{}/file", path(&snapshot));
    world.admin.get(&file).await.refused(404, "not_found");
    sqlx::query("DELETE FROM exports WHERE format = 'coco'")
        .execute(&hospital.pool)
        .await
        .unwrap();
    exports::sweep(hospital).await.unwrap();
    assert!(!object.exists());
    // Made again, it is the same to the last byte.
    written(&world, &snapshot).await;
    let again = reaches(&world, &snapshot, "finished").await;
    assert_eq!((&again["sha256"], object.exists()), (&made["sha256"], true));
    // And what a lead deletes is gone at once.
    let engineer = world.member("eni", "engineer").await;
    let refused = engineer.delete(&path(&snapshot)).await;
    refused.refused(403, "forbidden");
    world.admin.delete(&path(&snapshot)).await.is(204);
    assert!(!object.exists());
    let gone = world.admin.delete(&path(&snapshot)).await;
    gone.refused(404, "not_found");
}
