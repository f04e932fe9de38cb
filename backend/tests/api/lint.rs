//! The bilingual checks over HTTP: live for a region, counted for an annotation.

use crate::support::{World, content, region, text};
use serde_json::{Value, json};

fn described(english: &str, chinese: &str) -> Value {
    let mut region = region("kidney", [4.0, 5.0, 20.0, 25.0], english);
    region["texts"]["zh"] = chinese.into();
    region
}

#[tokio::test]
async fn a_region_is_checked_as_it_stands_and_nothing_of_it_is_kept() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let image = world.image(1).await;
    let path = format!("/api/images/{image}/lint");
    let wrong = described("The left kidney, 11 cm.", "右肾，11 cm。");
    let found = anna.post(&path, wrong).await.is(200);
    let [flag] = found["flags"].as_array().unwrap().as_slice() else {
        panic!("{found}")
    };
    assert_eq!(flag["rule"], "laterality");
    assert_eq!(flag["lang"], "en");
    assert_eq!(flag["span"], json!({ "start": 4, "end": 8 }));
    assert_eq!(flag["fix"], "right");
    assert_eq!(flag["against"]["lang"], "zh");
    assert_eq!(flag["against"]["fix"], "左");
    let right = described("The left kidney, 11 cm.", "左肾，110毫米。");
    assert_eq!(anna.post(&path, right).await.is(200)["flags"], json!([]));
    let mine = anna.get(&format!("/api/images/{image}/annotation")).await;
    assert_eq!(mine.is(200)["revision"], 0);
}

#[tokio::test]
async fn only_readers_of_the_project_ask_and_not_without_bounds() {
    let world = World::new().await;
    let image = world.image(1).await;
    let path = format!("/api/images/{image}/lint");
    let asked = || described("Left kidney.", "左肾。");
    let nobody = world.server.nobody();
    nobody
        .post(&path, asked())
        .await
        .refused(401, "unauthenticated");
    let stranger = world.user("eve").await;
    stranger
        .post(&path, asked())
        .await
        .refused(404, "not_found");
    let anna = world.member("anna", "annotator").await;
    let long = described(&"left ".repeat(801), "左肾。");
    anna.post(&path, long).await.refused(400, "invalid");
    let mut french = asked();
    french["texts"]["fr"] = "Rein gauche.".into();
    anna.post(&path, french).await.refused(400, "invalid");
}

#[tokio::test]
async fn what_was_open_at_submission_is_counted_for_the_reviewer_and_stops_nobody() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let (wrong, right) = (world.image(1).await, world.image(2).await);
    let said = content(&[described("The left kidney, 11 cm.", "右肾，12 cm。")]);
    let submitted = world.annotate(&anna, &wrong, said).await;
    assert_eq!(
        (&submitted["submitted"], &submitted["flags"]),
        (&json!(true), &json!(2))
    );
    let said = content(&[described("The left kidney.", "左肾。")]);
    assert_eq!(world.annotate(&anna, &right, said).await["flags"], 0);
    let rita = world.member("rita", "reviewer").await;
    let listed = rita.get(&world.path("images")).await.is(200);
    let of = |id: &str| {
        let images = listed["images"].as_array().unwrap();
        images.iter().find(|i| text(&i["id"]) == id).unwrap()["flags"].clone()
    };
    assert_eq!((of(&wrong), of(&right)), (json!(2), json!(0)));
}

/// Every text at its longest, in every region: the checks take a while and no more.
#[tokio::test]
async fn the_longest_annotation_is_checked_in_time() {
    let world = World::new().await;
    let image = world.image(1).await;
    let english = "No left kidney cyst of 3 x 4 cm, ".repeat(121);
    let chinese = "右肾未见囊肿，3×4厘米".repeat(300);
    let regions: Vec<Value> = (0..100).map(|_| described(&english, &chinese)).collect();
    let submitted = world
        .annotate(&world.admin, &image, content(&regions))
        .await;
    assert!(submitted["flags"].as_i64().unwrap() >= 100);
}
