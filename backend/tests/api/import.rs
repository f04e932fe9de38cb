//! Data sets taken over by `medreg import --from`, and cut and exported again.

use crate::program::Shared;
use crate::snapshots::unpacked;
use crate::support::{content, new_project, png, region, text};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

impl Shared {
    /// What `medreg import` into a project says.
    async fn import(&self, project: &str, arguments: &[&str], path: &Path) -> Output {
        let mut command = self.medreg(&["import", "--json", "--project", project]);
        command.args(arguments).arg(path);
        let ran = tokio::task::spawn_blocking(move || command.output());
        ran.await.unwrap().unwrap()
    }

    async fn taken(&self, project: &str, arguments: &[&str], path: &Path) -> Value {
        let output = self.import(project, arguments, path).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    async fn exported(&self, project: &str) -> BTreeMap<String, Vec<u8>> {
        let cut = format!("/api/projects/{project}/snapshots");
        let snapshot = text(&self.world.admin.post(&cut, json!({})).await.is(201)["id"]);
        let export = format!("/api/snapshots/{snapshot}/export?format=medreginstruct");
        unpacked(&self.world.admin.get(&export).await.bytes)
    }

    async fn images(&self, project: &str) -> usize {
        let images = format!("/api/projects/{project}/images");
        let images = self.world.admin.get(&images).await.is(200);
        images["images"].as_array().unwrap().len()
    }
}

fn write(files: &BTreeMap<String, Vec<u8>>, folder: &Path) {
    for (path, bytes) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_imported_and_exported_again_is_the_same_to_the_last_byte() {
    let shared = Shared::start(json!({ "val": 30, "test": 40 })).await;
    let world = &shared.world;
    let images = world.images_in(&["train", "val", "test"], 10, png).await;
    for (seed, image) in images.iter().enumerate() {
        let mut cyst = region(
            "cyst",
            [4.0, 5.0, 20.0, 25.0 + (seed % 30) as f64],
            "a simple cyst",
        );
        cyst["texts"]["zh"] = json!("单纯性囊肿");
        let other = region("kidney", [1.5, 2.25, 60.0, 40.0], "the whole kidney");
        let said = if seed % 3 == 0 {
            vec![other]
        } else {
            vec![cyst, other]
        };
        let said = content(&said);
        world.annotate(&world.admin, image, said).await;
    }
    let first = shared.exported(&world.project).await;
    assert!(
        ["train", "val", "test"]
            .iter()
            .all(|split| first.keys().any(|path| path.starts_with(split))),
        "{:?}",
        first.keys()
    );
    let folder = tempfile::tempdir().unwrap();
    write(&first, folder.path());

    let other = new_project(&world.admin, "Elsewhere", &json!({ "val": 0, "test": 0 })).await;
    let arguments = ["--from", "medreginstruct", "--attested"];
    let dry = shared
        .taken(
            &other,
            &[&arguments[..], &["--dry-run"]].concat(),
            folder.path(),
        )
        .await;
    assert_eq!(
        (&dry["images"], &dry["left_out_count"]),
        (&json!(images.len()), &json!(0))
    );
    assert_eq!(shared.images(&other).await, 0);
    let taken = shared.taken(&other, &arguments, folder.path()).await;
    assert_eq!(
        (&taken["images"], &taken["annotations"]),
        (&json!(images.len()), &json!(images.len())),
        "{taken}"
    );
    let second = shared.exported(&other).await;
    let differs = first
        .iter()
        .find(|(path, bytes)| second.get(*path) != Some(bytes));
    assert_eq!(differs.map(|(path, _)| path), None);
    assert_eq!(first.len(), second.len());
    // Once more changes nothing.
    let again = shared.taken(&other, &arguments, folder.path()).await;
    assert_eq!(
        (&again["known"], &again["annotations"]),
        (&json!(images.len()), &json!(0)),
        "{again}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_set_is_taken_as_a_whole_or_not_at_all_unless_rows_may_be_left_out() {
    let shared = Shared::start(json!({ "val": 30, "test": 40 })).await;
    let project = &shared.world.project;
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        let shade = name.as_bytes()[0];
        let picture =
            image::GrayImage::from_fn(40, 30, |x, y| image::Luma([shade ^ (x * y) as u8]));
        picture
            .save(folder.path().join(format!("{name}.png")))
            .unwrap();
    }
    let boxes = |category: u32| {
        json!([{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 10, 10] }, { "id": 2, "image_id": 2, "category_id": category, "bbox": [3, 3, 5, 5] },
                       { "id": 3, "image_id": 3, "category_id": 1, "bbox": [35, 3, 50, 5] }])
    };
    let named = |name: &str, n: u32| json!({ "id": n, "file_name": format!("{name}.png"), "width": 40, "height": 30 });
    let coco = json!({ "images": [named("a", 1), named("b", 2), named("c", 3)], "categories": [{ "id": 1, "name": "cyst" }, { "id": 2, "name": "abscess" }], "annotations": boxes(2) });
    let path = folder.path().join("instances.json");
    std::fs::write(&path, coco.to_string()).unwrap();
    let arguments = ["--from", "coco", "--attested"];
    let refused = shared.import(project, &arguments, &path).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(
        said.contains("no concept `abscess`") && said.contains("--add-concepts"),
        "{said}"
    );
    assert!(
        said.contains("c.png") || said.contains("annotation 3"),
        "the box outside its image: {said}"
    );
    assert_eq!(shared.images(project).await, 0);
    // What is whole is taken, and the concept made; the box outside its image is told again.
    let more = ["--add-concepts", "--on-error", "skip"];
    let some = shared
        .import(project, &[&arguments[..], &more].concat(), &path)
        .await;
    assert_eq!(some.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&some.stdout).unwrap();
    assert_eq!(
        (
            &told["annotations"],
            &told["concepts"],
            &told["left_out_count"]
        ),
        (&json!(2), &json!(1), &json!(1)),
        "{told}"
    );
    let concepts = shared
        .world
        .admin
        .get(&shared.world.path("concepts"))
        .await
        .is(200);
    let abscess = concepts["concepts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["key"] == "abscess")
        .cloned();
    assert_eq!(
        abscess.unwrap()["names"],
        json!({ "en": "abscess", "zh": "abscess" })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn three_readers_of_one_image_stay_three() {
    let shared = Shared::start(json!({ "val": 30, "test": 40 })).await;
    let folder = tempfile::tempdir().unwrap();
    let picture = image::GrayImage::from_fn(40, 30, |x, y| image::Luma([(x * y) as u8]));
    std::fs::create_dir(folder.path().join("train")).unwrap();
    picture.save(folder.path().join("train/one.png")).unwrap();
    let rows = "image_id,rad_id,class_name,x_min,y_min,x_max,y_max\none,r8,cyst,1,1,9,9\none,r9,cyst,2,2,10,10\none,r10,cyst,3,3,12,12\n";
    std::fs::write(folder.path().join("annotations_train.csv"), rows).unwrap();
    let project = &shared.world.project;
    let arguments = ["--from", "vindr-cxr", "--attested"];
    let unknown = shared.import(project, &arguments, folder.path()).await;
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(
        unknown.status.code() == Some(1) && said.contains("no account `r10`"),
        "{said}"
    );
    assert_eq!(shared.images(project).await, 0);
    for name in ["r8", "r9", "r10"] {
        shared.world.member(name, "annotator").await;
    }
    let taken = shared.taken(project, &arguments, folder.path()).await;
    assert_eq!(
        (&taken["annotations"], &taken["regions"]),
        (&json!(3), &json!(3)),
        "{taken}"
    );
}
