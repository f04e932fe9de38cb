//! What an attacker sends: each test names the class of advisory it stands for.

use crate::support::{Person, World, content, region, text};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Stored cross-site scripting through texts: a text is kept as it is, as text, and served as JSON only.
#[tokio::test]
async fn markup_in_a_text_stays_text() {
    let world = World::new().await;
    let image = world.image(1).await;
    for payload in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "{{7*7}}",
        "javascript:alert(1)",
        "'; DROP TABLE users; --",
        "\u{202e}txt.exe",
    ] {
        let said = content(&[region("cyst", [1.0, 1.0, 9.0, 9.0], payload)]);
        let saved = world.annotate(&world.admin, &image, said).await;
        assert_eq!(saved["content"]["regions"][0]["texts"]["en"], payload);
        let answer = world
            .admin
            .get(&format!("/api/images/{image}/annotation"))
            .await;
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
}

/// A character that Postgres cannot keep is refused, not a server error.
#[tokio::test]
async fn a_null_character_is_refused_with_a_reason() {
    let world = World::new().await;
    let image = world.image(1).await;
    world
        .admin
        .post(&format!("/api/images/{image}/lease"), json!({}))
        .await
        .is(200);
    let save = json!({ "based_on": 0, "content": content(&[region("cyst", [1.0, 1.0, 9.0, 9.0], "a\u{0}b")]) });
    let answer = world
        .admin
        .put(&format!("/api/images/{image}/annotation"), save)
        .await;
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    for body in [
        json!({ "name": "a\u{0}b" }),
        json!({ "name": "" }),
        json!({ "name": "x".repeat(300) }),
    ] {
        world
            .admin
            .post("/api/projects", body)
            .await
            .refused(400, "invalid");
    }
    let anna = json!({ "username": "anna", "display_name": "a\u{0}b", "password": crate::support::PASSWORD });
    world
        .admin
        .post("/api/users", anna)
        .await
        .refused(400, "invalid");
    world
        .admin
        .post("/api/tokens", json!({ "name": "a\u{0}b", "scope": "user" }))
        .await
        .refused(400, "invalid");
    world.finished(2).await;
    world
        .admin
        .post(&world.path("snapshots"), json!({ "name": "a\u{0}b" }))
        .await
        .refused(400, "invalid");
}

/// Clickjacking, sniffing, inline scripts: the headers are on every answer, refusals and the page included.
#[tokio::test]
async fn every_answer_carries_the_headers() {
    let world = World::new().await;
    for path in [
        "/",
        "/api/health",
        "/api/projects",
        "/api/no-such-route",
        "/assets/none.js",
    ] {
        let answer = world.server.nobody().get(path).await;
        let header = |name: &str| {
            answer
                .headers
                .get(name)
                .unwrap_or_else(|| panic!("{path}: no {name}"))
                .to_str()
                .unwrap()
        };
        let policy = header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"),
            "{policy}"
        );
        let scripts = policy
            .split(';')
            .find(|rule| rule.trim().starts_with("script-src"))
            .unwrap();
        assert!(
            !scripts.contains("unsafe-inline")
                && !scripts.contains("'unsafe-eval'")
                && !scripts.contains('*'),
            "{scripts}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
    }
}

/// A path that is no route of ours never reaches a file.
#[tokio::test]
async fn a_path_cannot_climb_out() {
    let world = World::new().await;
    for path in [
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/..%2f..%2f..%2fetc%2fpasswd",
        "/..%5c..%5cetc",
        "/api/%2e%2e/%2e%2e/etc/passwd",
    ] {
        let answer = world.admin.get(path).await;
        assert!(
            !String::from_utf8_lossy(&answer.bytes).contains("root:"),
            "{path}"
        );
        assert!(answer.status < 500, "{path}: {}", answer.status);
    }
}

/// Case of letters, doubled slashes and encoded letters do not get round the gate.
#[tokio::test]
async fn the_gate_cannot_be_walked_round() {
    let world = World::new().await;
    let nobody = world.server.nobody();
    for path in [
        "/api/projects/",
        "/api//projects",
        "//api/projects",
        "/%61pi/projects",
        "/API/projects",
        "/api/./projects",
        "/x/../api/projects",
    ] {
        let answer = nobody.get(path).await;
        assert!(
            !String::from_utf8_lossy(&answer.bytes).contains("Kidneys"),
            "{path}"
        );
    }
    nobody
        .get("/api/health/../projects")
        .await
        .refused(401, "unauthenticated");
    let forged = nobody
        .request(reqwest::Method::GET, "/api/projects")
        .header("x-forwarded-user", "admin")
        .header("cookie", "medreg_session=");
    crate::support::Answer::of(forged)
        .await
        .refused(401, "unauthenticated");
    for token in ["", "mrg_", "null", "undefined"] {
        world
            .server
            .program(token)
            .get("/api/projects")
            .await
            .refused(401, "unauthenticated");
    }
}

/// A path that is written otherwise, percent-encoded, leads where it leads everybody: the gate reads it as the router does.
#[tokio::test]
async fn an_encoded_letter_makes_nobody_a_worker() {
    let world = World::new().await;
    world.finished(1).await;
    world.launch().await;
    let eve = world.user("eve").await;
    let issued = eve
        .post("/api/tokens", json!({ "name": "mine", "scope": "user" }))
        .await
        .is(201);
    let program = world.server.program(&text(&issued["token"]));
    for path in [
        "/api/%77orker/claim",
        "/api/worke%72/claim",
        "/%61pi/%77%6f%72%6b%65%72/%63laim",
    ] {
        for person in [&eve, &program] {
            person
                .post(path, json!({ "worker": "gpu" }))
                .await
                .refused(403, "forbidden");
        }
    }
    // Encoded twice it is no route at all, and a worker's own way in is open in any spelling.
    assert_eq!(
        eve.post("/api/%2577orker/claim", json!({ "worker": "gpu" }))
            .await
            .status,
        404
    );
    let claimed = world
        .worker()
        .await
        .post("/api/%77orker/claim", json!({ "worker": "gpu" }))
        .await
        .is(200);
    assert_eq!(claimed["attempt"], 1);
}

/// Privilege escalation: nobody grants more than they hold, and no field smuggles a right in.
#[tokio::test]
async fn nobody_makes_themselves_more_than_they_are() {
    let world = World::new().await;
    let lead = world.member("lena", "lead").await;
    let user = format!("/api/users/{}", lead.id);
    lead.patch(&user, json!({ "is_admin": true }))
        .await
        .refused(403, "forbidden");
    lead.put(
        &world.path(&format!("members/{}", lead.id)),
        json!({ "role": "admin" }),
    )
    .await
    .refused(400, "invalid");
    let answer = lead
        .patch(
            "/api/session",
            json!({ "interface_lang": "en", "is_admin": true }),
        )
        .await;
    assert!(answer.status < 500);
    assert_eq!(
        lead.get("/api/session").await.is(200)["user"]["is_admin"],
        false
    );
    let anna = world.member("anna", "annotator").await;
    anna.put(
        &world.path(&format!("members/{}", anna.id)),
        json!({ "role": "lead" }),
    )
    .await
    .refused(403, "forbidden");
}

/// What is broken or far too large is refused, and the server goes on.
#[tokio::test]
async fn broken_bodies_are_refused() {
    let world = World::new().await;
    for body in ["", "{", "[]", "null", "\"x\"", &"[".repeat(100_000)] {
        let request = world
            .admin
            .request(reqwest::Method::POST, "/api/projects")
            .header("content-type", "application/json");
        crate::support::Answer::of(request.body(body.to_owned()))
            .await
            .refused(400, "invalid");
    }
    let request = world
        .admin
        .request(reqwest::Method::POST, "/api/projects")
        .header("content-type", "text/plain")
        .body("{}");
    let answer = crate::support::Answer::of(request).await;
    assert!(matches!(answer.status, 400 | 415), "{}", answer.status);
    assert!(!text(&answer.json()["error"]["message"]).is_empty());
    world.server.nobody().get("/api/health").await.is(200);
}

/// The first line of the answer to an upload of which only the beginning is ever sent.
///
/// On a thread of its own: the server's connections to its database may be driven by the test's.
async fn answer_to_the_beginning(world: &World, token: &str, announced: u64) -> String {
    let address = world.server.url.trim_start_matches("http://").to_owned();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Length: {announced}\r\n\
         Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nand so on",
        world.path("images")
    );
    tokio::task::spawn_blocking(move || first_line(&address, &head))
        .await
        .unwrap()
}

fn first_line(address: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = String::new();
    BufReader::new(stream).read_line(&mut first).unwrap();
    first
}

/// Memory exhaustion: who may not upload, or announces too much, is refused before the file is taken into memory.
#[tokio::test]
async fn an_upload_is_refused_before_it_is_read() {
    let world = World::new().await;
    let (eve, anna) = (
        world.user("eve").await,
        world.member("anna", "annotator").await,
    );
    let token = async |person: &Person| {
        let wish = json!({ "name": "mine", "scope": "user" });
        text(&person.post("/api/tokens", wish).await.is(201)["token"])
    };
    let (eve, anna, lead) = (
        token(&eve).await,
        token(&anna).await,
        token(&world.admin).await,
    );
    for (token, announced, status) in [
        (eve, 200 << 20, "404"),
        (anna, 200 << 20, "403"),
        (lead, 5 << 30, "413"),
    ] {
        let answer = answer_to_the_beginning(&world, &token, announced).await;
        assert!(answer.contains(status), "{status}: {answer}");
    }
}

/// One project's people learn nothing of another's: not even that a name is taken there.
#[tokio::test]
async fn a_stranger_sees_no_project() {
    let world = World::new().await;
    let eve = world.user("eve").await;
    assert_eq!(
        eve.get("/api/projects").await.is(200)["projects"],
        json!([])
    );
    let unknown = eve
        .get(&format!("/api/projects/{}", uuid::Uuid::now_v7()))
        .await
        .refused(404, "not_found");
    assert_eq!(
        eve.get(&format!("/api/projects/{}", world.project))
            .await
            .refused(404, "not_found"),
        unknown
    );
}
