//! Saving, submitting, and what became of suggestions.

use crate::support::{Person, World, content, region, text};
use serde_json::{Value, json};

async fn opened(world: &World, reader: &Person) -> String {
    let image = world.image(1).await;
    reader
        .post(&format!("/api/images/{image}/lease"), json!({}))
        .await
        .is(200);
    image
}

async fn revisions(world: &World) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM annotation_revisions");
    count.fetch_one(&world.server.hospital.pool).await.unwrap()
}

#[tokio::test]
async fn a_stale_save_is_refused_and_nothing_is_lost() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let path = format!("/api/images/{}/annotation", opened(&world, &anna).await);
    let said = |text: &str| content(&[region("cyst", [1.0, 2.0, 30.0, 40.0], text)]);
    let (first, second) = (said("first tab"), said("second tab"));
    let saved = anna
        .put(&path, json!({ "based_on": 0, "content": first }))
        .await
        .is(200);
    assert_eq!(saved["revision"], 1);

    let refused = anna
        .put(&path, json!({ "based_on": 0, "content": second }))
        .await;
    refused.refused(409, "stale_revision");
    let details = &refused.json()["error"]["details"];
    assert_eq!(details["based_on"], 0);
    assert_eq!(details["current"]["revision"], 1);
    assert_eq!(
        details["current"]["content"]["regions"][0]["texts"]["en"],
        "first tab"
    );

    let saved = anna
        .put(&path, json!({ "based_on": 1, "content": second }))
        .await
        .is(200);
    let kept = anna
        .get(&format!(
            "/api/annotations/{}/revisions",
            text(&saved["id"])
        ))
        .await
        .is(200);
    let texts: Vec<&Value> = kept["revisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["content"]["regions"][0]["texts"]["en"])
        .collect();
    assert_eq!(texts, ["first tab", "second tab"]);
}

#[tokio::test]
async fn revisions_come_in_pages_and_a_revision_has_bounds() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let path = format!("/api/images/{}/annotation", opened(&world, &anna).await);
    let mut saved = Value::Null;
    for n in 0..22 {
        let said = content(&[region("cyst", [1.0, 2.0, 30.0, 40.0], &format!("text {n}"))]);
        let save = json!({ "based_on": n, "content": said });
        saved = anna.put(&path, save).await.is(200);
    }
    let page = async |query: &str| -> Vec<i64> {
        let path = format!("/api/annotations/{}/revisions{query}", text(&saved["id"]));
        let page = anna.get(&path).await.is(200);
        let revisions = page["revisions"].as_array().unwrap().iter();
        revisions.map(|r| r["revision"].as_i64().unwrap()).collect()
    };
    assert_eq!(page("").await, (1..=20).collect::<Vec<_>>());
    assert_eq!(page("?after=20").await, [21, 22]);
    assert_eq!(page("?after=3&limit=2").await, [4, 5]);

    let rejected: Vec<_> = (0..501).map(|_| uuid::Uuid::now_v7()).collect();
    let save = json!({ "based_on": 22, "content": { "regions": [], "rejected": rejected } });
    let told = anna.put(&path, save).await.refused(422, "bad_content");
    assert!(told.contains("501"), "{told}");
}

#[tokio::test]
async fn of_many_saves_at_once_exactly_one_is_kept() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let path = format!("/api/images/{}/annotation", opened(&world, &anna).await);
    let saves = (0..8).map(|n| {
        let said = content(&[region("cyst", [1.0, 2.0, 30.0, 40.0], &format!("tab {n}"))]);
        anna.put(&path, json!({ "based_on": 0, "content": said }))
    });
    let saves: Vec<_> = saves.collect();
    let answers = futures::future::join_all(saves).await;
    assert_eq!(answers.iter().filter(|a| a.status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|a| a.status == 409).count(), 7);
    assert_eq!(revisions(&world).await, 1);
}

#[tokio::test]
async fn the_same_content_again_is_no_new_revision() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let path = format!("/api/images/{}/annotation", opened(&world, &anna).await);
    let save = json!({ "based_on": 0, "content": content(&[region("cyst", [1.0, 2.0, 3.0, 4.0], "small")]) });
    for _ in 0..3 {
        assert_eq!(anna.put(&path, save.clone()).await.is(200)["revision"], 1);
    }
    assert_eq!(revisions(&world).await, 1);
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_not_stored() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let path = format!("/api/images/{}/annotation", opened(&world, &anna).await);
    let save = async |regions: &[Value]| {
        anna.put(&path, json!({ "based_on": 0, "content": content(regions) }))
            .await
    };

    let outside = save(&[region("cyst", [1.0, 1.0, 65.0, 20.0], "outside")])
        .await
        .refused(422, "bad_content");
    assert_eq!(
        outside,
        "region 1: box [1, 1, 65, 20] reaches outside its image of 64×48 pixels"
    );
    save(&[region("nowhere", [1.0, 1.0, 2.0, 2.0], "unknown concept")])
        .await
        .refused(422, "bad_content");
    let long = save(&[region("cyst", [1.0, 1.0, 2.0, 2.0], &"x".repeat(1 << 20))])
        .await
        .refused(422, "bad_content");
    assert!(
        long.contains("1048576 characters") && long.len() < 500,
        "{long}"
    );
    save(&[region("cyst", [1.0, 1.0, 2.0, 2.0], &"x".repeat(9 << 20))])
        .await
        .refused(413, "too_large");
    for bbox in [
        json!([5.0, 5.0, 5.0, 9.0]),
        json!([9.0, 5.0, 5.0, 9.0]),
        json!([1, 2, 3]),
        json!(["a", 1, 2, 3]),
    ] {
        let mut turned = region("cyst", [1.0, 1.0, 2.0, 2.0], "turned");
        turned["bbox"] = bbox;
        save(&[turned]).await.refused(400, "invalid");
    }
    let one = region("cyst", [1.0, 1.0, 2.0, 2.0], "twice");
    save(&[one.clone(), one]).await.refused(422, "bad_content");
    assert_eq!(revisions(&world).await, 0);
}

#[tokio::test]
async fn only_a_finished_revision_can_be_submitted() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let image = opened(&world, &anna).await;
    let path = format!("/api/images/{image}/annotation");
    let submit = async |revision: i64| {
        anna.post(
            &format!("{path}/submit"),
            json!({ "revision": revision, "active_seconds": 3.0 }),
        )
        .await
    };
    submit(0).await.refused(400, "invalid");

    let mut nameless = region("cyst", [1.0, 1.0, 9.0, 9.0], "what is it");
    nameless["concept"] = Value::Null;
    anna.put(
        &path,
        json!({ "based_on": 0, "content": content(&[nameless]) }),
    )
    .await
    .is(200);
    submit(1).await.refused(422, "bad_content");
    // An image on which there is nothing is an answer too, where the reader says so.
    let silent = json!({ "based_on": 1, "content": { "regions": [], "rejected": [] } });
    anna.put(&path, silent).await.is(200);
    let told = submit(2).await.refused(422, "bad_content");
    assert!(told.contains("say that nothing was found"), "{told}");
    anna.put(&path, json!({ "based_on": 2, "content": content(&[]) }))
        .await
        .is(200);
    submit(2).await.refused(409, "stale_revision");
    assert_eq!(submit(3).await.is(200)["submitted"], true);
    assert_eq!(
        anna.get(&format!("/api/images/{image}")).await.is(200)["state"],
        "submitted"
    );
    let late = json!({ "revision": 3, "active_seconds": -1.0 });
    anna.post(&format!("{path}/submit"), late)
        .await
        .refused(400, "invalid");
}

#[tokio::test]
async fn a_case_is_written_by_whoever_holds_it() {
    let world = World::new().await;
    let (anna, bob) = (
        world.member("anna", "annotator").await,
        world.member("bob", "annotator").await,
    );
    let image = opened(&world, &anna).await;
    let path = format!("/api/images/{image}/annotation");
    let save = json!({ "based_on": 0, "content": content(&[]) });
    let message = bob.put(&path, save.clone()).await.refused(409, "leased");
    assert!(
        message.starts_with("anna is reading this case"),
        "{message}"
    );
    let other = world.image(2).await;
    anna.put(&format!("/api/images/{other}/annotation"), save)
        .await
        .refused(409, "not_leased");
}

#[tokio::test]
async fn a_hold_that_ran_out_throws_no_work_away() {
    let world = World::new().await;
    let (anna, bob) = (
        world.member("anna", "annotator").await,
        world.member("bob", "annotator").await,
    );
    let image = opened(&world, &anna).await;
    let path = format!("/api/images/{image}/annotation");
    let said = |text: &str| content(&[region("cyst", [1.0, 2.0, 30.0, 40.0], text)]);
    anna.put(&path, json!({ "based_on": 0, "content": said("begun") }))
        .await
        .is(200);
    sqlx::query("UPDATE leases SET until = now() - interval '1 second'")
        .execute(&world.server.hospital.pool)
        .await
        .unwrap();

    bob.post(&format!("/api/images/{image}/lease"), json!({}))
        .await
        .is(200);
    bob.put(&path, json!({ "based_on": 0, "content": said("bob's") }))
        .await
        .is(200);
    let mine = anna
        .put(&path, json!({ "based_on": 1, "content": said("gone on") }))
        .await
        .is(200);
    assert_eq!(mine["content"]["regions"][0]["texts"]["en"], "gone on");
    let reviewer = world.member("rita", "reviewer").await;
    let all = reviewer
        .get(&format!("/api/images/{image}/annotations"))
        .await
        .is(200);
    assert_eq!(all["annotations"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_became_of_each_suggestion_is_written_down() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let worker = world.worker().await;
    world.finished(9).await;
    let image = world.image(1).await;
    let proposed = |bbox: [f64; 4]| json!({ "bbox": bbox, "concept": "cyst", "confidence": 0.5, "texts": { "en": "a cyst", "zh": "囊肿" } });
    let boxes = [
        [0.0, 0.0, 10.0, 10.0],
        [20.0, 0.0, 30.0, 10.0],
        [0.0, 20.0, 10.0, 30.0],
        [20.0, 20.0, 30.0, 30.0],
    ];
    crate::rounds::suggest(&world, &worker, &image, &boxes.map(proposed)).await;

    let case = anna
        .post(&format!("/api/images/{image}/lease"), json!({}))
        .await
        .is(200);
    let suggestions = case["suggestions"].as_array().unwrap();
    let of = |bbox: [f64; 4]| {
        text(
            &suggestions
                .iter()
                .find(|s| s["bbox"] == json!(bbox))
                .unwrap()["id"],
        )
    };
    let [kept, moved, turned_down, unseen] = boxes.map(of);
    let grown = |from: &str, bbox: [f64; 4]| {
        let mut grown = region("cyst", bbox, "a cyst");
        grown["origin"] = json!(from);
        grown
    };
    let mut reworded = grown(&moved, [20.0, 0.0, 30.0, 5.0]);
    reworded["texts"]["en"] = json!("a cyst.");
    let added = region("cyst", [40.0, 20.0, 50.0, 30.0], "another cyst");
    let said =
        json!({ "regions": [grown(&kept, boxes[0]), reworded, added], "rejected": [turned_down] });
    let submitted = world.annotate(&anna, &image, said).await;
    assert_eq!(submitted["content"]["regions"][0]["origin"], kept.as_str());

    let rows: Vec<(uuid::Uuid, String, Option<f64>, Option<Value>)> =
        sqlx::query_as("SELECT suggestion_id, outcome, iou, edits FROM suggestion_outcomes")
            .fetch_all(&world.server.hospital.pool)
            .await
            .unwrap();
    let outcome = |id: &str| {
        rows.iter()
            .find(|row| row.0.to_string() == id)
            .map(|row| (row.1.as_str(), row.2))
            .unwrap()
    };
    let edits = |id: &str| {
        let row = rows.iter().find(|row| row.0.to_string() == id);
        row.and_then(|row| row.3.clone())
    };
    assert_eq!(edits(&moved), Some(json!({ "en": 1, "zh": 0 })));
    assert_eq!(edits(&turned_down), None);
    let record: (Option<bool>, Option<i32>) =
        sqlx::query_as("SELECT assisted, missed FROM annotations WHERE image_id = $1::uuid")
            .bind(image.parse::<uuid::Uuid>().unwrap())
            .fetch_one(&world.server.hospital.pool)
            .await
            .unwrap();
    assert_eq!(record, (Some(true), Some(1)));
    assert_eq!(outcome(&kept), ("accepted", Some(1.0)));
    assert_eq!(outcome(&moved), ("adjusted", Some(0.5)));
    assert_eq!(outcome(&turned_down), ("rejected", None));
    assert_eq!(outcome(&unseen), ("ignored", None));
    let progress = anna.get(&world.path("progress")).await.is(200);
    assert_eq!(
        progress["suggestions"],
        json!({ "accepted": 1, "adjusted": 1, "rejected": 1, "ignored": 1 })
    );
    assert_eq!(progress["assisted"], json!({ "cases": 1, "seconds": 12.5 }));
    assert_eq!(progress["control"], json!({ "cases": 0, "seconds": 0.0 }));
}

#[tokio::test]
async fn what_is_said_of_the_whole_image_is_kept_checked_and_cut_into_snapshots() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let image = opened(&world, &anna).await;
    let path = format!("/api/images/{image}/annotation");
    let drawn = region("cyst", [1.0, 2.0, 30.0, 40.0], "a simple cyst");
    let id = || uuid::Uuid::now_v7();
    let mut said = content(std::slice::from_ref(&drawn));
    said["report"] = json!([{ "id": id(), "texts": { "en": "A cyst.", "zh": "囊肿。" }, "regions": [drawn["id"]] }]);
    said["questions"] = json!([{
        "id": id(), "question": { "en": "What is here?", "zh": "这里是什么？" }, "answer": { "en": "a cyst", "zh": "囊肿" },
        "region": drawn["id"],
    }]);
    said["findings"] = json!([{ "concept": "kidney", "presence": "uncertain" }]);
    let saved = world.annotate(&anna, &image, said.clone()).await;
    for part in ["report", "questions", "findings"] {
        assert_eq!(saved["content"][part], said[part], "{part}");
    }

    let refused = async |change: &dyn Fn(&mut Value), status: u16, code: &str| {
        let mut wrong = said.clone();
        change(&mut wrong);
        let save = json!({ "based_on": 1, "content": wrong });
        anna.put(&path, save).await.refused(status, code)
    };
    let told = refused(
        &|c: &mut Value| c["regions"] = json!([]),
        422,
        "bad_content",
    )
    .await;
    assert!(told.starts_with("sentence 1: there is no region"), "{told}");
    let unknown = |c: &mut Value| c["findings"][0]["concept"] = json!("liver");
    let told = refused(&unknown, 422, "bad_content").await;
    assert_eq!(
        told,
        "label 1: the project's ontology has no concept `liver`"
    );
    let french = |c: &mut Value| c["questions"][0]["answer"] = json!({ "fr": "kyste" });
    refused(&french, 422, "bad_content").await;
    let verdict = |c: &mut Value| c["verdict"] = json!({ "kind": "perhaps" });
    refused(&verdict, 400, "invalid").await;

    let blurred = world.image(2).await;
    let motion =
        json!({ "regions": [], "verdict": { "kind": "not_assessable", "reason": "motion" } });
    world.annotate(&anna, &blurred, motion).await;
    let snapshot = world.snapshot().await;
    let cases = world.admin.get(&format!("/api/snapshots/{snapshot}")).await;
    let cases = text(&cases.is(200)["manifest"]["cases"]["sha256"]);
    let lines = world
        .admin
        .get(&format!("/api/snapshots/{snapshot}/objects/{cases}"))
        .await;
    let lines = String::from_utf8(lines.bytes.to_vec()).unwrap();
    let [line] = lines.lines().collect::<Vec<_>>()[..] else {
        panic!("an image that cannot be judged teaches nothing: {lines}")
    };
    let case: Value = serde_json::from_str(line).unwrap();
    assert_eq!(case["image"], image.as_str());
    for part in ["report", "questions", "findings"] {
        assert_eq!(case[part], said[part], "{part}");
    }
    // A label holds on to its concept as a region does.
    let only_cyst = json!({ "concepts": [{ "key": "cyst", "kind": "lesion", "names": { "en": "cyst", "zh": "囊肿" } }] });
    world
        .admin
        .put(&world.path("concepts"), only_cyst)
        .await
        .refused(409, "concept_in_use");
}
