//! The trail: what is written, who reads it, and that nobody changes it.

use crate::support::{World, text};
use medreg::store::audit;
use serde_json::json;

#[tokio::test]
async fn the_trail_tells_who_did_what_without_what_was_written() {
    let world = World::new().await;
    let worker = world.worker().await;
    world.finished(1).await;
    world.published(&worker).await;
    let page = world.admin.get("/api/audit?limit=500").await.is(200);
    let entries = page["entries"].as_array().unwrap();
    let actions: Vec<String> = entries.iter().map(|e| text(&e["action"])).collect();
    for action in [
        "project.add",
        "ontology.set",
        "token.add",
        "image.add",
        "annotation.submit",
        "snapshot.cut",
        "run.launch",
        "model.publish",
    ] {
        assert!(
            actions.iter().any(|a| a == action),
            "{action} is not in {actions:?}"
        );
    }
    assert!(!page.to_string().contains("simple cyst"), "no report text");
    assert!(
        entries
            .windows(2)
            .all(|pair| pair[1]["seq"].as_i64() == pair[0]["seq"].as_i64().map(|seq| seq + 1))
    );
    let rest = world.admin.get("/api/audit?after=2&limit=1").await.is(200);
    assert_eq!(rest["entries"][0]["seq"], 3);
    let mut conn = world.server.hospital.pool.acquire().await.unwrap();
    assert_eq!(audit::first_broken(&mut conn).await.unwrap(), None);
}

#[tokio::test]
async fn the_trail_refuses_changes_and_shows_those_made_behind_its_back() {
    let world = World::new().await;
    let pool = world.server.hospital.pool.clone();
    for change in [
        "UPDATE audit SET action = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DELETE FROM annotation_revisions",
    ] {
        world.finished(change.len() as u32).await;
        let refused = sqlx::query(change)
            .execute(&pool)
            .await
            .unwrap_err()
            .to_string();
        assert!(refused.contains("append-only"), "{change}: {refused}");
    }
    // Whoever owns the database can still do it; then the chain tells.
    sqlx::query("ALTER TABLE audit DISABLE TRIGGER ALL")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("UPDATE audit SET detail = $1 WHERE seq = 2")
        .bind(json!({ "forged": true }))
        .execute(&pool)
        .await
        .unwrap();
    let mut conn = pool.acquire().await.unwrap();
    assert_eq!(audit::first_broken(&mut conn).await.unwrap(), Some(2));
}

#[tokio::test]
async fn many_at_once_leave_one_unbroken_chain() {
    let world = World::new().await;
    let issue = |n: usize| {
        world.admin.post(
            "/api/tokens",
            json!({ "name": format!("t{n}"), "scope": "user" }),
        )
    };
    let issued = futures::future::join_all((0..16).map(issue)).await;
    assert!(issued.iter().all(|answer| answer.status == 201));
    let mut conn = world.server.hospital.pool.acquire().await.unwrap();
    assert_eq!(audit::first_broken(&mut conn).await.unwrap(), None);
}
