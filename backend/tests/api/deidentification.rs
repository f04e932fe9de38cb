//! De-identification: files in which every attribute of the profile is a marker, and a search for the markers in all that is kept, said
//! and given away.

use crate::corpus::{self, Corpus};
use crate::support::{Server, World, content, new_project, region, text};
use medreg::store::objects::Objects;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

/// What the program says while the tests run, as much of it as anybody could ask for.
fn log() -> Arc<Mutex<Vec<u8>>> {
    static LOG: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
    let captured = || {
        let log = Arc::new(Mutex::new(Vec::new()));
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_env_filter(
                "info,medreg=trace,dicom_object=trace,dicom_parser=trace,dicom_pixeldata=trace",
            )
            .with_writer(move || Writer(writer.clone()))
            .init();
        log
    };
    LOG.get_or_init(captured).clone()
}

struct Writer(Arc<Mutex<Vec<u8>>>);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// All files under a folder.
fn files(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            let name = format!("object {}", path.display());
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

/// Every row of every table, as text.
async fn rows(world: &World, found: &mut BTreeMap<String, Vec<u8>>) {
    let pool = &world.server.hospital.pool;
    let tables =
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(pool).await.unwrap();
    for table in tables {
        let rows = format!("SELECT t::text FROM \"{table}\" t");
        let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_all(pool);
        let rows: Vec<String> = rows.await.unwrap();
        found.insert(format!("table {table}"), rows.join("\n").into_bytes());
    }
}

/// What the server answers about an image, and gives away of its project.
async fn answers(world: &World, project: &str, image: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    let cut = format!("/api/projects/{project}/snapshots");
    let snapshot = text(&world.admin.post(&cut, json!({})).await.is(201)["id"]);
    let mut paths = vec![
        format!("/api/images/{image}"),
        format!("/api/images/{image}/deidentification"),
        format!("/api/images/{image}/rendered"),
        format!("/api/images/{image}/pixels"),
        format!("/api/projects/{project}/images"),
        "/api/audit?limit=500".to_owned(),
        format!("/api/snapshots/{snapshot}/manifest"),
    ];
    paths.extend(
        ["medreg", "medreginstruct"]
            .map(|f| format!("/api/snapshots/{snapshot}/export?format={f}")),
    );
    paths.extend(
        ["html", "markdown"].map(|f| format!("/api/snapshots/{snapshot}/datasheet?format={f}")),
    );
    for path in paths {
        let answer = world.admin.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        found.insert(format!("answer {path}"), answer.bytes.to_vec());
    }
}

/// Takes a file in that is attested, and tells the image.
async fn sent(world: &World, project: &str, name: &str, bytes: Vec<u8>) -> String {
    let answer = world
        .admin
        .upload(project, name, bytes, &[("attested", "true")]);
    text(&answer.await.is(201)["id"])
}

#[tokio::test]
async fn no_marker_is_left_in_anything_that_is_kept_said_or_given_away() {
    let log = log();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(Objects::folder(folder.path()).unwrap()).await;
    let world = World::on(server, json!({ "val": 0, "test": 0 })).await;
    let other = new_project(&world.admin, "Hearts", &json!({ "val": 0, "test": 0 })).await;
    let corpus = Corpus::new();
    assert!(corpus.of_profile > 600, "{}", corpus.of_profile);

    let mut found = BTreeMap::new();
    for project in [&world.project, &other] {
        for (name, bytes) in corpus.files() {
            let lost = corpus.not_in(&bytes);
            assert!(
                name != "plain.dcm" || lost.is_empty(),
                "the search must find {lost:?}"
            );
            let image = sent(&world, project, name, bytes).await;
            let said = content(&[region("cyst", [0.0, 0.0, 2.0, 2.0], "a simple cyst")]);
            world.annotate(&world.admin, &image, said).await;
            if name == "plain.dcm" {
                answers(&world, project, &image, &mut found).await;
            }
        }
    }
    let refused = corpus.cut_short();
    let refused = world
        .admin
        .upload(&world.project, "cut.dcm", refused, &[])
        .await;
    assert_eq!(refused.status, 422);
    found.insert("refusal".to_owned(), refused.bytes.to_vec());
    files(folder.path(), &mut found);
    rows(&world, &mut found).await;
    tracing::info!("the end of the log");
    found.insert("log".to_owned(), log.lock().unwrap().clone());

    for (place, bytes) in &found {
        let hits = corpus::hits(bytes);
        assert!(hits.is_empty(), "{place}: {hits:?}");
        assert!(
            !bytes.starts_with(b"\x89PNG") || corpus::is_bare(bytes),
            "{place}"
        );
    }
    // The same places, searched in the same way for what is known to be there.
    let anywhere = |place: &str, word: &str| {
        let places = found.iter().filter(|(name, _)| name.starts_with(place));
        places
            .into_iter()
            .any(|(_, bytes)| corpus::contains(bytes, word.as_bytes()))
    };
    assert!(anywhere("table dicom_headers", "MONOCHROME2"));
    assert!(anywhere("table annotation_revisions", "a simple cyst"));
    assert!(anywhere("object", "IDAT"));
    assert!(anywhere("answer /api/snapshots", "a simple cyst"));
    assert!(anywhere("log", "the end of the log"));
}

/// The UIDs and other texts of a de-identified header, by attribute; those in sequences under the path that leads there.
fn leaves(header: &Value, path: &str, found: &mut BTreeMap<String, String>) {
    for (tag, attribute) in header.as_object().unwrap() {
        let values = attribute["Value"].as_array();
        for (at, value) in values.into_iter().flatten().enumerate() {
            let path = format!("{path}/{tag}.{at}");
            match value {
                Value::Object(item) if attribute["vr"] == "SQ" => {
                    leaves(&json!(item), &path, found)
                }
                Value::String(text) => drop(found.insert(path, text.clone())),
                other => drop(found.insert(path, other.to_string())),
            }
        }
    }
}

async fn header(world: &World, image: &str) -> BTreeMap<String, String> {
    let header = "SELECT header FROM dicom_headers WHERE image_id = $1";
    let header = sqlx::query_scalar(header)
        .bind(image.parse::<uuid::Uuid>().unwrap())
        .fetch_one(&world.server.hospital.pool);
    let header: Value = header.await.unwrap();
    let mut found = BTreeMap::new();
    leaves(&header, "", &mut found);
    found
}

#[tokio::test]
async fn a_uid_becomes_another_that_is_the_same_all_over_a_project() {
    let world = World::new().await;
    let other = new_project(&world.admin, "Hearts", &json!({ "val": 0, "test": 0 })).await;
    let corpus = Corpus::new();
    let mut slices = Vec::new();
    for (project, slice) in [(&world.project, 0), (&world.project, 1), (&other, 0)] {
        let image = sent(&world, project, "slice.dcm", corpus.slice(slice)).await;
        slices.push(header(&world, &image).await);
    }
    let [first, second, elsewhere] = &slices[..] else {
        panic!("three were sent")
    };
    let uids: BTreeSet<&String> = first
        .keys()
        .filter(|path| first[*path].starts_with("2.25."))
        .collect();
    assert!(uids.len() > 40, "{uids:?}");
    for path in uids {
        let instance = path == "/00080018.0";
        assert_eq!(first[path] == second[path], !instance, "{path}");
        assert_ne!(first[path], elsewhere[path], "{path}");
        assert!(
            first[path].len() <= 64 && !corpus::hits(first[path].as_bytes()).iter().any(|_| true)
        );
    }
    // Inside of a sequence and outside, the same study is the same.
    let nested: Vec<&String> = first
        .values()
        .filter(|uid| **uid == first["/0020000D.0"])
        .collect();
    assert!(nested.len() > 1, "{first:?}");
    for (path, kept) in [
        ("/00080016.0", "1.2.840.10008.5.1.4.1.1.2"),
        ("/00280010.0", "4"),
        ("/00280301.0", "NO"),
    ] {
        assert_eq!(first[path], kept);
    }
    assert_eq!(first["/00120062.0"], "YES");
    assert_eq!(first["/00280303.0"], "REMOVED");
    assert_eq!(first["/00120064.0/00080100.0"], "113100");
    assert_eq!(
        first["/00082228.0/00080104.0"], "Lung",
        "a code of a published scheme"
    );
}

/// What a lead says is kept, and nothing besides.
#[tokio::test]
async fn a_project_may_keep_characteristics_and_dates_that_are_moved() {
    let world = World::new().await;
    let other = new_project(&world.admin, "Hearts", &json!({ "val": 0, "test": 0 })).await;
    let wishes = json!({ "keep_dates": "shifted", "keep_characteristics": true });
    for project in [&world.project, &other] {
        let changed = world
            .admin
            .patch(&format!("/api/projects/{project}"), wishes.clone())
            .await;
        assert_eq!(changed.is(200)["keep_dates"], "shifted");
    }
    let wrong = world
        .admin
        .patch(&world.path(""), json!({ "keep_dates": "all" }))
        .await;
    assert!((400..500).contains(&wrong.status), "{}", wrong.status);
    let mut kept = Vec::new();
    for (project, day) in [
        (&world.project, "20240228"),
        (&world.project, "20240301"),
        (&other, "20240228"),
    ] {
        let image = sent(&world, project, "a.dcm", corpus::dated(day, "MARK^ANNA")).await;
        kept.push(header(&world, &image).await);
        let report = world
            .admin
            .get(&format!("/api/images/{image}/deidentification"))
            .await
            .is(200);
        assert_eq!(report["counts"]["shifted"], 2, "{report}");
        assert!(!report.to_string().contains("MARK"));
    }
    let day = |header: &BTreeMap<String, String>| -> jiff::civil::Date {
        jiff::civil::Date::strptime("%Y%m%d", &header["/00080020.0"]).unwrap()
    };
    assert!(day(&kept[0]) < jiff::civil::date(2024, 2, 28));
    assert_eq!(
        (day(&kept[1]) - day(&kept[0])).get_days(),
        2,
        "one number of days for a patient, over a leap day too"
    );
    assert_ne!(day(&kept[0]), day(&kept[2]), "and another in every project");
    let moved = kept[0]["/00080020.0"].clone();
    assert_eq!(kept[0]["/0008002A.0"], format!("{moved}101112.5+0100"));
    assert_eq!(kept[0]["/00080030.0"], "101112");
    assert_eq!(kept[0]["/00280303.0"], "MODIFIED");
    assert_eq!(kept[0]["/00100040.0"], "F");
    assert_eq!(kept[0]["/00101010.0"], "090Y", "of 97 years");
    assert_eq!(kept[0]["/00101020.0"], "1.62");
    assert!(
        !kept[0].contains_key("/00102160.0"),
        "a free text stays out"
    );
    assert!(
        !kept[0].contains_key("/00100030.0"),
        "as does the day of birth"
    );
    let codes: Vec<&String> = (0..3)
        .map(|at| &kept[0][&format!("/00120064.{at}/00080100.0")])
        .collect();
    assert_eq!(codes, ["113100", "113107", "113108"]);
}

#[tokio::test]
async fn who_may_attest_reads_what_was_done_and_never_to_what() {
    let world = World::new().await;
    let (anna, rita) = (
        world.member("anna", "annotator").await,
        world.member("rita", "reviewer").await,
    );
    let corpus = Corpus::new();
    let image = sent(&world, &world.project, "slice.dcm", corpus.slice(0)).await;
    let path = format!("/api/images/{image}/deidentification");
    anna.get(&path).await.refused(403, "forbidden");
    let report = rita.get(&path).await.is(200);
    let rows = report["attributes"].as_array().unwrap();
    let deed = |tag: &str, depth: u64| {
        let row = rows.iter().find(|r| r["tag"] == tag && r["depth"] == depth);
        row.map(|r| (text(&r["deed"]), r["name"].clone()))
    };
    let done = |deed: &str, name: &str| Some((deed.to_owned(), json!(name)));
    assert_eq!(deed("0010,0010", 0), done("replaced", "PatientName"));
    assert_eq!(deed("0010,0020", 0), done("replaced", "PatientID"));
    assert_eq!(
        deed("0020,000D", 0),
        done("uid_replaced", "StudyInstanceUID")
    );
    assert_eq!(deed("0008,1030", 0), done("removed", "StudyDescription"));
    assert_eq!(
        deed("0010,0010", 2).map(|d| d.0).as_deref(),
        Some("emptied")
    );
    assert_eq!(deed("0028,0010", 0), done("kept", "Rows"));
    assert_eq!(
        deed("0009,1001", 0),
        Some(("removed".to_owned(), Value::Null))
    );
    let counted: u64 = rows.iter().map(|row| row["times"].as_u64().unwrap()).sum();
    let counts: u64 = report["counts"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!(counted + report["unlisted"].as_u64().unwrap(), counts);
    let picture = world.image(1).await;
    rita.get(&format!("/api/images/{picture}/deidentification"))
        .await
        .refused(404, "not_found");
}
