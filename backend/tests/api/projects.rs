//! Projects, their members and their ontologies.

use crate::support::{World, content, region, text};
use serde_json::{Value, json};

#[tokio::test]
async fn a_lead_changes_the_project() {
    let world = World::new().await;
    let lead = world.member("lena", "lead").await;
    let path = format!("/api/projects/{}", world.project);
    let change = json!({ "guideline": "Mark every cyst.", "blind_share": 25 });
    let changed = lead.patch(&path, change).await.is(200);
    assert_eq!(changed, lead.get(&path).await.is(200));
    assert_eq!(
        (changed["guideline"].clone(), changed["blind_share"].clone()),
        (json!("Mark every cyst."), json!(25))
    );
    assert_eq!(
        (changed["name"].clone(), changed["role"].clone()),
        (json!("Kidneys"), json!("lead"))
    );
    lead.patch(&path, json!({ "blind_share": 101 }))
        .await
        .refused(400, "invalid");
    lead.patch(&path, json!({ "name": " " }))
        .await
        .refused(400, "invalid");
    lead.patch(&path, json!({ "shares": { "val": 51, "test": 0 } }))
        .await
        .refused(400, "invalid");
    crate::support::new_project(&world.admin, "Lungs", &json!({ "val": 0, "test": 0 })).await;
    lead.patch(&path, json!({ "name": "Lungs" }))
        .await
        .refused(409, "name_taken");
}

#[tokio::test]
async fn a_patient_stays_in_its_split_when_the_shares_change() {
    let world = World::new().await;
    let fields = [("patient", "p1"), ("attested", "true")];
    let upload = async |seed: u32| {
        world
            .admin
            .upload(&world.project, "a.png", crate::support::png(seed), &fields)
            .await
    };
    assert_eq!(upload(1).await.is(201)["split"], "train");
    let path = format!("/api/projects/{}", world.project);
    world
        .admin
        .patch(&path, json!({ "shares": { "val": 50, "test": 50 } }))
        .await
        .is(200);
    assert_eq!(upload(2).await.is(201)["split"], "train");
    assert_ne!(world.image(3).await, "");
    let images = world.admin.get(&world.path("images")).await.is(200);
    assert_ne!(images["images"][2]["split"], "train");
}

#[tokio::test]
async fn a_concept_in_use_cannot_be_dropped() {
    let world = World::new().await;
    let image = world.image(1).await;
    world
        .annotate(
            &world.admin,
            &image,
            content(&[region("cyst", [1.0, 1.0, 9.0, 9.0], "a cyst")]),
        )
        .await;
    let path = world.path("concepts");
    let all = world.admin.get(&path).await.is(200)["concepts"]
        .as_array()
        .unwrap()
        .clone();
    let only =
        |key: &str| -> Vec<Value> { all.iter().filter(|c| c["key"] == key).cloned().collect() };
    let message = world
        .admin
        .put(&path, json!({ "concepts": only("kidney") }))
        .await
        .refused(409, "concept_in_use");
    assert!(message.contains("cyst"), "{message}");
    assert_eq!(
        world.admin.get(&path).await.is(200)["concepts"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        world
            .admin
            .put(&path, json!({ "concepts": only("cyst") }))
            .await
            .is(200)["concepts"],
        json!(only("cyst"))
    );
}

#[tokio::test]
async fn a_concept_has_a_name_in_each_language() {
    let world = World::new().await;
    let put = async |names: Value| {
        let concept = json!({ "key": "mass", "kind": "lesion", "names": names, "modalities": [] });
        world
            .admin
            .put(&world.path("concepts"), json!({ "concepts": [concept] }))
            .await
    };
    put(json!({ "en": "mass" })).await.refused(400, "invalid");
    put(json!({ "en": "mass", "zh": " " }))
        .await
        .refused(400, "invalid");
    put(json!({ "en": "mass", "zh": "肿块", "fr": "masse" }))
        .await
        .refused(400, "invalid");
    put(json!({ "en": "mass", "zh": "肿块" })).await.is(200);
}

#[tokio::test]
async fn who_leaves_a_project_finds_it_no_more_but_their_work_stays() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let image = world.image(1).await;
    let done = world.annotate(&anna, &image, content(&[])).await;
    world
        .admin
        .delete(&world.path(&format!("members/{}", anna.id)))
        .await
        .is(204);
    anna.get(&format!("/api/images/{image}"))
        .await
        .refused(404, "not_found");
    anna.get(&format!("/api/annotations/{}/revisions", text(&done["id"])))
        .await
        .refused(404, "not_found");
    let kept = world
        .admin
        .get(&format!("/api/images/{image}/annotations"))
        .await
        .is(200);
    assert_eq!(kept["annotations"][0]["reader"]["display_name"], "anna");
}

#[tokio::test]
async fn a_project_can_work_in_other_languages() {
    let world = World::new().await;
    let body = json!({ "name": "Kyoto", "langs": ["ja", "en"] });
    let made = world.admin.post("/api/projects", body).await.is(201);
    assert_eq!(made["langs"], json!(["ja", "en"]));
    world
        .admin
        .post(
            "/api/projects",
            json!({ "name": "Twice", "langs": ["en", "en"] }),
        )
        .await
        .refused(400, "invalid");
    world
        .admin
        .post("/api/projects", json!({ "name": "Kyoto" }))
        .await
        .refused(409, "name_taken");
}

#[tokio::test]
async fn a_concept_keeps_its_synonyms_and_codes() {
    let world = World::new().await;
    let put = async |synonyms: Value, codes: Value| {
        let concept = json!({
            "key": "cyst", "kind": "lesion", "names": { "en": "cyst", "zh": "囊肿" }, "modalities": [],
            "synonyms": synonyms, "codes": codes,
        });
        let body = json!({ "concepts": [concept] });
        world.admin.put(&world.path("concepts"), body).await
    };
    let synonyms = json!({ "en": ["simple cyst", "fluid collection"], "zh": ["单纯囊肿"] });
    let codes = json!({ "RadLex": "RID3890" });
    put(synonyms.clone(), codes.clone()).await.is(200);
    let kept = world.admin.get(&world.path("concepts")).await.is(200);
    assert_eq!(kept["concepts"][0]["synonyms"], synonyms);
    assert_eq!(kept["concepts"][0]["codes"], codes);
    put(json!({ "fr": ["kyste"] }), json!({}))
        .await
        .refused(400, "invalid");
    put(json!({ "en": [" "] }), json!({}))
        .await
        .refused(400, "invalid");
    put(json!({}), json!({ "RadLex": "" }))
        .await
        .refused(400, "invalid");
}

fn template(name: &str, concept: Option<&str>, en: &str, zh: &str) -> Value {
    json!({ "name": name, "concept": concept, "texts": { "en": en, "zh": zh } })
}

#[tokio::test]
async fn a_lead_writes_templates_and_every_member_reads_them() {
    let world = World::new().await;
    let (lead, anna) = (
        world.member("lena", "lead").await,
        world.member("anna", "annotator").await,
    );
    let path = world.path("templates");
    let of_cyst = template(
        "Simple",
        Some("cyst"),
        "A {size} mm cyst.",
        "{大小}毫米囊肿。",
    );
    let of_any = template("Normal", None, "Normal.", "未见异常。");
    let both = json!({ "templates": [of_cyst, of_any] });
    assert_eq!(lead.put(&path, both.clone()).await.is(200), both);
    assert_eq!(anna.get(&path).await.is(200), both);
    anna.put(&path, json!({ "templates": [] }))
        .await
        .refused(403, "forbidden");
    let stranger = world.user("eve").await;
    stranger.get(&path).await.refused(404, "not_found");
    let page = world.admin.get("/api/audit?limit=500").await.is(200);
    let entries = page["entries"].as_array().unwrap();
    let set = entries.iter().find(|e| e["action"] == "templates.set");
    assert_eq!(set.unwrap()["detail"], json!({ "templates": 2 }));
    assert!(
        !page.to_string().contains("Simple"),
        "no text of a template"
    );

    // A concept's templates go with it; those of every concept stay.
    let kidney = json!({ "key": "kidney", "kind": "structure", "names": { "en": "kidney", "zh": "肾脏" }, "modalities": [] });
    let kept = json!({ "concepts": [kidney] });
    lead.put(&world.path("concepts"), kept).await.is(200);
    let left = anna.get(&path).await.is(200);
    assert_eq!(left["templates"][0]["name"], "Normal");
    assert_eq!(left["templates"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn templates_are_bounded_and_whole() {
    let world = World::new().await;
    let path = world.path("templates");
    let put = async |templates: Value| {
        let body = json!({ "templates": templates });
        world.admin.put(&path, body).await
    };
    let one = |name: &str| template(name, None, "Normal.", "正常。");
    let long = "x".repeat(1_001);
    let many: Vec<Value> = (0..201).map(|n| one(&n.to_string())).collect();
    let mut french = one("Normal");
    french["texts"]["fr"] = "Normal.".into();
    for (wrong, told) in [
        (json!(many), "201"),
        (json!([one(" ")]), "name"),
        (json!([one(&long)]), "name"),
        (json!([one("Twice"), one("Twice ")]), "Twice"),
        (json!([template("A", None, "Normal.", "")]), "`zh`"),
        (json!([template("A", None, &long, "正常。")]), "1001"),
        (json!([template("A", None, "{size mm", "毫米")]), "brace"),
        (
            json!([template("A", Some("spleen"), "Normal.", "正常。")]),
            "spleen",
        ),
        (json!([french]), "`fr`"),
    ] {
        let message = put(wrong).await.refused(400, "invalid");
        assert!(message.contains(told), "{told}: {message}");
    }
    assert_eq!(
        world.admin.get(&path).await.is(200),
        json!({ "templates": [] })
    );
    let answers =
        futures::future::join_all((0..8).map(|n| put(json!([one(&n.to_string())])))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let kept = world.admin.get(&path).await.is(200);
    assert_eq!(kept["templates"].as_array().unwrap().len(), 1);
}
