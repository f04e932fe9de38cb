//! Signing in and out, CSRF, throttling, tokens, disabled users.

use crate::support::{PASSWORD, Server, World, text};
use serde_json::json;

#[tokio::test]
async fn a_session_opens_and_closes() {
    let world = World::new().await;
    let nobody = world.server.nobody();
    assert_eq!(nobody.get("/api/health").await.is(200)["status"], "ok");
    nobody
        .get("/api/session")
        .await
        .refused(401, "unauthenticated");

    let body = json!({ "username": "admin", "password": PASSWORD });
    let answer = nobody.post("/api/session", body).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Strict")
            && cookie.contains("Path=/"),
        "{cookie}"
    );
    assert!(!String::from_utf8_lossy(&answer.bytes).contains("password"));

    let session = world.admin.get("/api/session").await.is(200);
    assert_eq!(session["user"]["username"], "admin");
    world.admin.delete("/api/session").await.is(204);
    world
        .admin
        .get("/api/session")
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_browser_must_prove_that_it_means_it() {
    let world = World::new().await;
    let new = json!({ "username": "anna", "display_name": "Anna", "password": PASSWORD });
    for csrf in ["", "guessed"] {
        let forged = world.admin.forged(csrf);
        forged.get("/api/users").await.is(200);
        forged
            .post("/api/users", new.clone())
            .await
            .refused(403, "wrong_csrf_token");
    }
    assert_eq!(
        world.admin.get("/api/users").await.is(200)["users"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down_for_the_account_alone() {
    let world = World::new().await;
    world.user("anna").await;
    let nobody = world.server.nobody();
    let wrong = json!({ "username": "anna", "password": "wrong wrong wrong" });
    for _ in 0..10 {
        nobody
            .post("/api/session", wrong.clone())
            .await
            .refused(401, "wrong_credentials");
    }
    let right = json!({ "username": "anna", "password": PASSWORD });
    nobody
        .post("/api/session", right)
        .await
        .refused(429, "throttled");
    world
        .server
        .sign_in("admin")
        .await
        .get("/api/session")
        .await
        .is(200);
}

#[tokio::test]
async fn an_address_that_tries_many_names_is_slowed_down_too() {
    let world = World::new().await;
    sqlx::query("INSERT INTO failed_sign_ins (username, address) SELECT 'u' || n, '127.0.0.1' FROM generate_series(1, 50) n")
        .execute(&world.server.hospital.pool)
        .await
        .unwrap();
    let right = json!({ "username": "admin", "password": PASSWORD });
    world
        .server
        .nobody()
        .post("/api/session", right)
        .await
        .refused(429, "throttled");
}

#[tokio::test]
async fn a_name_that_no_account_can_have_is_a_failed_sign_in_like_others() {
    let world = World::new().await;
    let nobody = world.server.nobody();
    // What does not compress: an index takes rows of 2,704 bytes at most.
    let long: String = (0..1_000)
        .map(|_| uuid::Uuid::new_v4().to_string())
        .collect();
    for username in [long.as_str(), "a\u{0}b", "Anna", ""] {
        let body = json!({ "username": username, "password": "wrong wrong wrong" });
        let answer = nobody.post("/api/session", body).await;
        answer.refused(401, "wrong_credentials");
    }
    let counted: i64 = sqlx::query_scalar("SELECT count(*) FROM failed_sign_ins")
        .fetch_one(&world.server.hospital.pool)
        .await
        .unwrap();
    assert_eq!(counted, 4);
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_read_the_same() {
    let world = World::new().await;
    let nobody = world.server.nobody();
    let try_as = async |name: &str| {
        let body = json!({ "username": name, "password": "wrong wrong wrong" });
        nobody
            .post("/api/session", body)
            .await
            .refused(401, "wrong_credentials")
    };
    assert_eq!(try_as("admin").await, try_as("nobody-of-this-name").await);
}

#[tokio::test]
async fn a_token_acts_as_its_owner_until_it_is_revoked() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let issued = anna
        .post("/api/tokens", json!({ "name": "script", "scope": "user" }))
        .await
        .is(201);
    let program = world.server.program(&text(&issued["token"]));
    program.get(&world.path("progress")).await.is(200);
    // A program needs no CSRF token.
    program
        .post(&world.path("cases/next"), json!({}))
        .await
        .is(204);
    let listed = anna.get("/api/tokens").await.is(200);
    assert!(
        !listed.to_string().contains(&text(&issued["token"])),
        "a secret is told once"
    );

    anna.delete(&format!("/api/tokens/{}", text(&issued["id"])))
        .await
        .is(204);
    program
        .get(&world.path("progress"))
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_worker_with_a_revoked_token_gets_no_work() {
    let world = World::new().await;
    let worker = world.worker().await;
    worker
        .post("/api/worker/claim", json!({ "worker": "gpu" }))
        .await
        .is(204);
    let tokens = world.admin.get("/api/tokens").await.is(200);
    world
        .admin
        .delete(&format!("/api/tokens/{}", text(&tokens["tokens"][0]["id"])))
        .await
        .is(204);
    worker
        .post("/api/worker/claim", json!({ "worker": "gpu" }))
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_workers_token_lives_as_long_as_its_owner_is_an_administrator() {
    let world = World::new().await;
    let bob = world.user("bob").await;
    let path = format!("/api/users/{}", bob.id);
    let admin = async |is_admin: bool| {
        let change = json!({ "is_admin": is_admin });
        world.admin.patch(&path, change).await.is(200);
    };
    admin(true).await;
    let wish = json!({ "name": "gpu", "scope": "worker" });
    let issued = bob.post("/api/tokens", wish).await.is(201);
    let worker = world.server.program(&text(&issued["token"]));
    let claim = async || {
        let body = json!({ "worker": "gpu" });
        worker.post("/api/worker/claim", body).await
    };
    claim().await.is(204);
    admin(false).await;
    claim().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn only_an_administrator_makes_tokens_for_workers_and_nobody_revokes_anothers() {
    let world = World::new().await;
    let (anna, eve) = (world.user("anna").await, world.user("eve").await);
    let wanted = json!({ "name": "gpu", "scope": "worker" });
    anna.post("/api/tokens", wanted)
        .await
        .refused(403, "forbidden");
    let issued = anna
        .post("/api/tokens", json!({ "name": "mine", "scope": "user" }))
        .await
        .is(201);
    eve.delete(&format!("/api/tokens/{}", text(&issued["id"])))
        .await
        .refused(404, "not_found");
    assert_eq!(eve.get("/api/tokens").await.is(200)["tokens"], json!([]));
}

#[tokio::test]
async fn who_is_disabled_or_gets_a_new_password_is_signed_out() {
    let world = World::new().await;
    let anna = world.user("anna").await;
    let issued = anna
        .post("/api/tokens", json!({ "name": "script", "scope": "user" }))
        .await
        .is(201);
    let path = format!("/api/users/{}", anna.id);
    world
        .admin
        .patch(&path, json!({ "password": "another good password" }))
        .await
        .is(200);
    anna.get("/api/session")
        .await
        .refused(401, "unauthenticated");
    world
        .admin
        .patch(&path, json!({ "password": PASSWORD }))
        .await
        .is(200);
    let anna = world.server.sign_in("anna").await;

    world
        .admin
        .patch(&path, json!({ "disabled": true }))
        .await
        .is(200);
    anna.get("/api/session")
        .await
        .refused(401, "unauthenticated");
    let program = world.server.program(&text(&issued["token"]));
    program
        .get("/api/projects")
        .await
        .refused(401, "unauthenticated");
    let body = json!({ "username": "anna", "password": PASSWORD });
    world
        .server
        .nobody()
        .post("/api/session", body)
        .await
        .refused(401, "wrong_credentials");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let world = World::new().await;
    let own = format!("/api/users/{}", world.admin.id);
    for change in [json!({ "is_admin": false }), json!({ "disabled": true })] {
        let told = world.admin.patch(&own, change).await;
        let told = told.refused(400, "invalid");
        assert!(told.contains("last administrator"), "{told}");
    }
    // Two who take each other's right away at the same moment: one of them keeps it.
    let bob = world.user("bob").await;
    let other = format!("/api/users/{}", bob.id);
    let admin = json!({ "is_admin": true });
    world.admin.patch(&other, admin).await.is(200);
    let no_more = json!({ "is_admin": false });
    let (first, second) = futures::join!(
        world.admin.patch(&other, no_more.clone()),
        bob.patch(&own, no_more)
    );
    let went_through = [first, second].iter().filter(|a| a.status == 200).count();
    assert_eq!(went_through, 1);
    let one_left = [&world.admin, &bob].map(async |person| person.get("/api/users").await.status);
    let mut left = futures::future::join_all(one_left).await;
    left.sort_unstable();
    assert_eq!(left, [200, 403]);
}

#[tokio::test]
async fn weak_passwords_and_odd_names_are_refused() {
    let world = World::new().await;
    let short = json!({ "username": "anna", "display_name": "Anna", "password": "short" });
    let message = world
        .admin
        .post("/api/users", short)
        .await
        .refused(400, "invalid");
    assert!(message.contains("10 characters"), "{message}");
    for name in ["", "Anna", "../anna", "an na", "<b>"] {
        let odd = json!({ "username": name, "display_name": "Anna", "password": PASSWORD });
        world
            .admin
            .post("/api/users", odd)
            .await
            .refused(400, "invalid");
    }
    world.user("anna").await;
    let again = json!({ "username": "anna", "display_name": "Anna", "password": PASSWORD });
    world
        .admin
        .post("/api/users", again)
        .await
        .refused(409, "name_taken");
    for display_name in [String::new(), "x".repeat(201)] {
        let odd = json!({ "username": "bob", "display_name": display_name, "password": PASSWORD });
        world
            .admin
            .post("/api/users", odd)
            .await
            .refused(400, "invalid");
    }
}

#[tokio::test]
async fn an_interface_language_is_ones_own_choice() {
    let world = World::new().await;
    let user = world
        .admin
        .patch("/api/session", json!({ "interface_lang": "ja" }))
        .await
        .is(200);
    assert_eq!(user["interface_lang"], "ja");
    world
        .admin
        .patch("/api/session", json!({ "interface_lang": "tlh" }))
        .await
        .refused(400, "invalid");
}

#[tokio::test]
async fn an_empty_installation_lets_nobody_in() {
    let server = Server::start().await;
    for (username, password) in [
        ("admin", "admin"),
        ("admin", ""),
        ("", ""),
        ("admin", "password"),
    ] {
        let body = json!({ "username": username, "password": password });
        server
            .nobody()
            .post("/api/session", body)
            .await
            .refused(401, "wrong_credentials");
    }
}

#[tokio::test]
async fn settings_are_ones_own_and_come_with_the_next_session() {
    let world = World::new().await;
    let (anna, bo) = (world.user("anna").await, world.user("bo").await);
    let first = json!({ "letter_keys": true, "two_clicks": false, "box_names": true });
    assert_eq!(anna.get("/api/session").await.is(200)["settings"], first);
    for two_clicks in [true, false, true] {
        let changed = json!({ "letter_keys": false, "two_clicks": two_clicks, "box_names": false });
        anna.put("/api/session/settings", changed.clone())
            .await
            .is(204);
        let again = world.server.sign_in("anna").await;
        assert_eq!(again.get("/api/session").await.is(200)["settings"], changed);
    }
    assert_eq!(bo.get("/api/session").await.is(200)["settings"], first);
}
