//! Data sets that are sent file by file, checked and taken over by the server itself.

use crate::snapshots::unpacked;
use crate::support::{Answer, Person, Server, World, content, new_project, region, text};
use medreg::services::imports;
use medreg::store::objects::Objects;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A world whose objects lie in a folder that a test can look into.
struct Visible {
    world: World,
    folder: tempfile::TempDir,
}

impl Visible {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::folder(folder.path()).unwrap();
        let shares = json!({ "val": 30, "test": 40 });
        let world = World::on(Server::keeping(objects).await, shares).await;
        Self { world, folder }
    }

    fn staged(&self, import: &str) -> PathBuf {
        self.folder.path().join("staging").join(import)
    }

    async fn images(&self, project: &str) -> usize {
        let images = format!("/api/projects/{project}/images");
        let images = self.world.admin.get(&images).await.is(200);
        images["images"].as_array().unwrap().len()
    }

    async fn exported(&self, project: &str) -> BTreeMap<String, Vec<u8>> {
        let cut = format!("/api/projects/{project}/snapshots");
        let snapshot = text(&self.world.admin.post(&cut, json!({})).await.is(201)["id"]);
        let export = format!("/api/snapshots/{snapshot}/export?format=medreginstruct");
        unpacked(&self.world.admin.get(&export).await.bytes)
    }
}

async fn begin(lead: &Person, project: &str, format: &str) -> String {
    let imports = format!("/api/projects/{project}/imports");
    let begun = lead.post(&imports, json!({ "format": format })).await;
    text(&begun.is(201)["id"])
}

async fn put(lead: &Person, import: &str, path: &str, bytes: impl Into<reqwest::Body>) -> Answer {
    let file = format!("/api/imports/{import}/files");
    let request = lead.request(reqwest::Method::PUT, &file);
    let request = request.query(&[("path", path), ("modified", "1700000000000")]);
    Answer::of(request.body(bytes)).await
}

async fn send(lead: &Person, import: &str, files: &BTreeMap<String, Vec<u8>>) {
    for (path, bytes) in files {
        put(lead, import, path, bytes.clone()).await.is(204);
    }
}

/// An import once it is in one of these states.
async fn reaches(lead: &Person, import: &str, states: &[&str]) -> Value {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let found = lead.get(&format!("/api/imports/{import}")).await.is(200);
        if states.contains(&found["state"].as_str().unwrap()) {
            return found;
        }
        assert!(Instant::now() < deadline, "not {states:?}: {found}");
        tokio::task::yield_now().await;
    }
}

async fn checked(lead: &Person, import: &str, format: &str, choices: Value) -> Value {
    let body = json!({ "format": format, "choices": choices });
    let check = format!("/api/imports/{import}/check");
    lead.post(&check, body).await.is(202);
    reaches(lead, import, &["checked", "failed"]).await
}

async fn take(lead: &Person, import: &str, leave_out: bool) -> Answer {
    let body = json!({ "leave_out": leave_out });
    lead.post(&format!("/api/imports/{import}/take"), body)
        .await
}

/// COCO with pictures of 40 × 30 pixels, each with a cyst.
fn coco(pictures: u32) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut images = Vec::new();
    let mut annotations = Vec::new();
    for n in 1..=pictures {
        let shade = |x: u32, y: u32| image::Luma([(x.wrapping_mul(n) ^ y) as u8]);
        let picture = image::GrayImage::from_fn(40, 30, shade);
        let mut png = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
        let name = format!("{n}.png");
        files.insert(format!("pictures/{name}"), png.into_inner());
        images.push(json!({ "id": n, "file_name": name, "width": 40, "height": 30 }));
        annotations
            .push(json!({ "id": n, "image_id": n, "category_id": 1, "bbox": [1, 2, 10, 10] }));
    }
    let said = json!({ "images": images, "categories": [{ "id": 1, "name": "cyst" }], "annotations": annotations });
    files.insert("instances.json".into(), said.to_string().into_bytes());
    files
}

fn in_pictures() -> Value {
    json!({ "attested": true, "images": "pictures" })
}

#[tokio::test]
async fn what_is_exported_sent_and_exported_again_is_the_same_to_the_last_byte() {
    let visible = Visible::start().await;
    let world = &visible.world;
    for seed in 0..8 {
        let image = world.image(seed).await;
        let said = [
            region(
                "cyst",
                [4.0, 5.0, 20.0, 25.0 + f64::from(seed)],
                "a simple cyst",
            ),
            region("kidney", [1.5, 2.25, 60.0, 40.0], "the whole kidney"),
        ];
        world.annotate(&world.admin, &image, content(&said)).await;
    }
    let first = visible.exported(&world.project).await;
    let shares = json!({ "val": 0, "test": 0 });
    let other = new_project(&world.admin, "Elsewhere", &shares).await;
    let lead = &world.admin;
    let import = begin(lead, &other, "medreginstruct").await;
    send(lead, &import, &first).await;
    let sent = lead.get(&format!("/api/imports/{import}/files")).await;
    let sent = sent.is(200)["files"].clone();
    assert_eq!(sent.as_array().unwrap().len(), first.len());
    assert_eq!(sent[0]["modified"], 1_700_000_000_000_u64);
    let dry = checked(lead, &import, "medreginstruct", json!({ "attested": true })).await;
    let counts = &dry["counts"];
    assert_eq!(
        (
            &dry["state"],
            &dry["expected"],
            &counts["images"],
            &counts["regions"],
            &counts["texts"]
        ),
        (
            &json!("checked"),
            &json!(8),
            &json!(8),
            &json!(16),
            &json!(32)
        ),
        "{dry}"
    );
    let splits: u64 = counts["splits"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!((splits, &counts["left_out_count"]), (8, &json!(0)));
    assert_eq!(visible.images(&other).await, 0);
    assert!(visible.staged(&import).exists());
    take(lead, &import, false).await.is(202);
    let taken = reaches(lead, &import, &["finished", "failed"]).await;
    assert_eq!(
        (
            &taken["done"],
            &taken["counts"]["images"],
            &taken["counts"]["annotations"]
        ),
        (&json!(8), &json!(8), &json!(8)),
        "{taken}"
    );
    let second = visible.exported(&other).await;
    let differs = first
        .iter()
        .find(|(path, bytes)| second.get(*path) != Some(bytes));
    assert_eq!(differs.map(|(path, _)| path), None);
    assert_eq!(first.len(), second.len());
    emptied(&visible, &import).await;
    take(lead, &import, false).await.refused(409, "import_busy");
}

/// Waits until nothing is left of what was sent.
async fn emptied(visible: &Visible, import: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let files = format!("/api/imports/{import}/files");
    while visible.staged(import).exists()
        || visible.world.admin.get(&files).await.is(200)["files"] != json!([])
    {
        assert!(Instant::now() < deadline, "files are left");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_cannot_be_taken_is_told_with_its_place_and_left_out_only_where_that_is_wanted() {
    let visible = Visible::start().await;
    let (world, project) = (&visible.world, visible.world.project.as_str());
    let lead = world.member("lena", "lead").await;
    let import = begin(&lead, project, "csv").await;
    let mut files = coco(3);
    files.remove("instances.json");
    let table = "kind,image,width,height,x0,y0,x1,y1,name_en\nregion,1.png,40,30,1,1,9,9,cyst\nregion,2.png,40,30,x,1,9,9,cyst\n\
                 region,3.png,40,30,1,1,9,9,\"an \"\"odd\"\" thing\"\n";
    files.insert("table.csv".into(), table.into());
    send(&lead, &import, &files).await;
    let found = checked(&lead, &import, "csv", in_pictures()).await;
    let counts = &found["counts"];
    assert_eq!(
        (
            &counts["images"],
            &counts["left_out_count"],
            &counts["unknown"]
        ),
        (&json!(1), &json!(2), &json!({ "an \"odd\" thing": 1 })),
        "{found}"
    );
    let list = format!("/api/imports/{import}/left-out");
    let page = lead.get(&format!("{list}?limit=1")).await.is(200);
    assert_eq!(
        (&page["left_out"][0]["number"], &page["next"]),
        (&json!(1), &json!(1))
    );
    let rows = lead.get(&list).await.is(200)["left_out"].clone();
    let broken = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["file"] == "table.csv");
    assert_eq!(broken.unwrap()["line"], 3, "{rows}");
    let table = lead.get(&format!("{list}/csv")).await;
    let table = String::from_utf8(table.bytes.to_vec()).unwrap();
    assert!(
        table.starts_with("file,line,reason\r\n") && table.contains("\"table.csv\",3,\""),
        "{table}"
    );
    let lines = lead.get(&format!("{list}/jsonl")).await.bytes;
    let lines = serde_json::Deserializer::from_slice(&lines).into_iter::<Value>();
    assert_eq!(lines.map(Result::unwrap).count(), 2);
    take(&lead, &import, false).await.refused(400, "invalid");
    assert_eq!(visible.images(project).await, 0);
    // A concept for the unknown name; the broken line alone is left out.
    let mut choices = in_pictures();
    choices["add_concepts"] = json!(true);
    let found = checked(&lead, &import, "csv", choices).await;
    assert_eq!(
        (
            &found["counts"]["concepts"],
            &found["counts"]["left_out_count"]
        ),
        (&json!(1), &json!(1)),
        "{found}"
    );
    take(&lead, &import, true).await.is(202);
    let taken = reaches(&lead, &import, &["finished", "failed"]).await;
    let counts = &taken["counts"];
    assert_eq!(
        (
            &counts["images"],
            &counts["annotations"],
            &counts["left_out_count"],
            &counts["concepts"]
        ),
        (&json!(2), &json!(2), &json!(1), &json!(1)),
        "{taken}"
    );
    let concepts = lead.get(&world.path("concepts")).await.is(200);
    assert!(
        concepts["concepts"]
            .as_array()
            .unwrap()
            .iter()
            .any(|c| c["key"] == "an_odd_thing")
    );
}

#[tokio::test]
async fn hostile_names_and_too_much_are_refused_before_anything_is_kept() {
    let visible = Visible::start().await;
    let world = &visible.world;
    let import = begin(&world.admin, &world.project, "coco").await;
    let long = "x".repeat(256);
    let deep = "a/".repeat(40) + "a";
    for path in [
        "",
        "/etc/passwd",
        "../a",
        "a/../../b",
        "a/./b",
        "a//b",
        "a/",
        "C:\\a",
        "c:/a",
        "a\\b",
        "a\0b",
        "a\nb",
        "CON",
        "a/nul.txt",
        "lpt1",
        "Com9.json",
        &long,
        &deep,
    ] {
        let refused = put(&world.admin, &import, path, "x").await;
        refused.refused(400, "invalid");
    }
    // Names that only look so.
    for path in ["..a/b..c", "console.txt", "données/图像 1.png", "a/com10"] {
        put(&world.admin, &import, path, "x").await.is(204);
    }
    for (column, path, left) in [("bytes", "b", 4), ("files", "c", 0)] {
        let full = match column {
            "bytes" => imports::MAX_BYTES - left,
            _ => imports::MAX_FILES,
        };
        let fill = format!("UPDATE imports SET {column} = $1");
        sqlx::query(sqlx::AssertSqlSafe(fill))
            .bind(full.cast_signed())
            .execute(&world.server.hospital.pool)
            .await
            .unwrap();
        let refused = put(&world.admin, &import, path, "12345").await;
        assert!(
            matches!(refused.status, 400 | 413),
            "{column}: {}",
            refused.status
        );
    }
    let staged = std::fs::read_dir(visible.staged(&import)).unwrap();
    assert_eq!(staged.count(), 4);
    let unknown = json!({ "format": "xls" });
    let unknown = world.admin.post(&world.path("imports"), unknown).await;
    unknown.refused(400, "invalid");
    // A layout of one file, of which none was sent.
    let import = begin(&world.admin, &world.project, "coco").await;
    put(&world.admin, &import, "a.png", "x").await.is(204);
    let failed = checked(&world.admin, &import, "coco", json!({})).await;
    assert!(text(&failed["failure"]).contains("choose one"), "{failed}");
    // And one that leads out of what was sent.
    let out = json!({ "file": "../../secret" });
    let failed = checked(&world.admin, &import, "coco", out).await;
    assert_eq!(failed["state"], "failed");
}

#[tokio::test]
async fn what_is_given_up_in_the_middle_stops_and_leaves_no_files() {
    let visible = Visible::start().await;
    let (world, lead) = (&visible.world, &visible.world.admin);
    let import = begin(lead, &world.project, "coco").await;
    send(lead, &import, &coco(60)).await;
    checked(lead, &import, "coco", in_pictures()).await;
    take(lead, &import, false).await.is(202);
    let path = format!("/api/imports/{import}");
    while lead.get(&path).await.is(200)["done"] == 0 {
        tokio::task::yield_now().await;
    }
    lead.delete(&path).await.is(200);
    emptied(&visible, &import).await;
    let after = lead.get(&path).await.is(200);
    assert_eq!(after["state"], "cancelled", "{after}");
    lead.delete(&path).await.refused(409, "import_busy");
    put(lead, &import, "late.png", "x")
        .await
        .refused(409, "import_busy");
    assert!(!visible.staged(&import).exists());
    // What came in stays, and once more changes nothing of it.
    let before = visible.images(&world.project).await;
    assert!((1..60).contains(&before), "{before}");
    let again = begin(lead, &world.project, "coco").await;
    send(lead, &again, &coco(60)).await;
    checked(lead, &again, "coco", in_pictures()).await;
    take(lead, &again, false).await.is(202);
    let taken = reaches(lead, &again, &["finished", "failed"]).await;
    assert_eq!(visible.images(&world.project).await, 60);
    let known = taken["counts"]["known"].as_u64().unwrap();
    assert!(known >= before as u64, "{taken}");
}

#[tokio::test]
async fn what_a_server_left_undone_another_one_goes_on_with() {
    let visible = Visible::start().await;
    let (world, lead) = (&visible.world, &visible.world.admin);
    let import = begin(lead, &world.project, "coco").await;
    send(lead, &import, &coco(6)).await;
    checked(lead, &import, "coco", in_pictures()).await;
    // A server that took two of them and died.
    sqlx::query(
        r#"UPDATE imports SET state = 'taking', until = now() - interval '1 second', attempt = 1, done = 2, expected = 6,
           counts = '{"images": 2, "annotations": 2, "regions": 2}'"#,
    )
    .execute(&world.server.hospital.pool)
    .await
    .unwrap();
    let taken = reaches(lead, &import, &["finished", "failed"]).await;
    assert_eq!(
        (&taken["done"], &taken["counts"]["images"]),
        (&json!(6), &json!(6)),
        "{taken}"
    );
    assert_eq!(visible.images(&world.project).await, 4);
    emptied(&visible, &import).await;
}

#[tokio::test]
async fn what_nobody_goes_on_with_is_given_up_and_what_belongs_to_nothing_is_removed() {
    let visible = Visible::start().await;
    let (world, lead) = (&visible.world, &visible.world.admin);
    let hospital = &world.server.hospital;
    let old = begin(lead, &world.project, "coco").await;
    put(lead, &old, "a.json", "{}").await.is(204);
    sqlx::query("UPDATE imports SET touched_at = now() - interval '8 days'")
        .execute(&hospital.pool)
        .await
        .unwrap();
    let new = begin(lead, &world.project, "coco").await;
    put(lead, &new, "a.json", "{}").await.is(204);
    let lost = visible.staged(&uuid::Uuid::now_v7().to_string());
    std::fs::create_dir_all(&lost).unwrap();
    std::fs::write(lost.join("x#1"), "what a killed server left").unwrap();
    imports::sweep(hospital).await.unwrap();
    let states = [&old, &new].map(|import| visible.staged(import).exists());
    assert_eq!((states, lost.exists()), ([false, true], false));
    let given_up = lead.get(&format!("/api/imports/{old}")).await.is(200);
    assert_eq!(given_up["state"], "cancelled");
}
