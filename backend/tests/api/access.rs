//! Every route × everybody who may call it. A route that this table does not know fails the test.

use crate::corpus;
use crate::slide_file;
use crate::support::{Answer, Person, World, png, region, text};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Who gets through to a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Everybody, signed in or not.
    Open,
    /// Whoever is signed in; what they see is their own.
    Own,
    /// Those who run the installation.
    Admin,
    /// Tokens of scope `worker`.
    Worker,
    /// Members of the project in these roles; for others of the project forbidden, for strangers not found.
    Members(&'static [&'static str]),
}

const ALL: Reach = Reach::Members(&["annotator", "reviewer", "engineer", "lead"]);
const READERS: Reach = Reach::Members(&["annotator", "reviewer", "lead"]);
const SEERS: Reach = Reach::Members(&["reviewer", "engineer", "lead"]);
const TRAINERS: Reach = Reach::Members(&["engineer", "lead"]);
const ATTESTERS: Reach = Reach::Members(&["reviewer", "lead"]);
const LEADS: Reach = Reach::Members(&["lead"]);

const ROUTES: &[(&str, &str, Reach)] = &[
    ("GET", "/api/health", Reach::Open),
    ("GET", "/api/openapi.json", Reach::Open),
    ("POST", "/api/session", Reach::Open),
    ("GET", "/api/session", Reach::Own),
    ("PATCH", "/api/session", Reach::Own),
    ("DELETE", "/api/session", Reach::Own),
    ("PUT", "/api/session/settings", Reach::Own),
    ("GET", "/api/tokens", Reach::Own),
    ("POST", "/api/tokens", Reach::Own),
    ("DELETE", "/api/tokens/{token}", Reach::Own),
    ("GET", "/api/users", Reach::Admin),
    ("POST", "/api/users", Reach::Admin),
    ("PATCH", "/api/users/{user}", Reach::Admin),
    ("GET", "/api/audit", Reach::Admin),
    ("GET", "/api/projects", Reach::Own),
    ("POST", "/api/projects", Reach::Admin),
    ("GET", "/api/projects/{project}", ALL),
    ("PATCH", "/api/projects/{project}", LEADS),
    ("GET", "/api/projects/{project}/progress", ALL),
    ("GET", "/api/projects/{project}/members", ALL),
    ("PUT", "/api/projects/{project}/members/{user}", LEADS),
    ("DELETE", "/api/projects/{project}/members/{user}", LEADS),
    ("GET", "/api/projects/{project}/concepts", ALL),
    ("PUT", "/api/projects/{project}/concepts", LEADS),
    ("GET", "/api/projects/{project}/templates", ALL),
    ("PUT", "/api/projects/{project}/templates", LEADS),
    ("PUT", "/api/projects/{project}/routing", LEADS),
    ("GET", "/api/projects/{project}/routes", LEADS),
    ("GET", "/api/projects/{project}/images", ALL),
    ("POST", "/api/projects/{project}/images", TRAINERS),
    ("GET", "/api/layouts", Reach::Own),
    ("GET", "/api/projects/{project}/imports", LEADS),
    ("POST", "/api/projects/{project}/imports", LEADS),
    ("GET", "/api/imports/{import}", LEADS),
    ("GET", "/api/imports/{import}/files", LEADS),
    ("PUT", "/api/imports/{import}/files", LEADS),
    ("POST", "/api/imports/{import}/check", LEADS),
    ("GET", "/api/imports/{import}/left-out", LEADS),
    ("GET", "/api/imports/{import}/left-out/{list}", LEADS),
    ("POST", "/api/imports/{import}/take", LEADS),
    ("DELETE", "/api/imports/{import}", LEADS),
    ("GET", "/api/images/{image}", ALL),
    ("GET", "/api/images/{image}/related", ALL),
    ("GET", "/api/images/{image}/pixels", ALL),
    ("GET", "/api/images/{image}/rendered", ALL),
    (
        "GET",
        "/api/images/{image}/tiles/{level}/{column}/{row}",
        ALL,
    ),
    ("POST", "/api/images/{image}/attestation", ATTESTERS),
    ("GET", "/api/projects/{project}/dicomweb/studies", ALL),
    ("GET", "/api/projects/{project}/dicomweb/series", ALL),
    ("GET", "/api/projects/{project}/dicomweb/instances", ALL),
    (
        "GET",
        "/api/projects/{project}/dicomweb/studies/{study}/series",
        ALL,
    ),
    (
        "GET",
        "/api/projects/{project}/dicomweb/studies/{study}/instances",
        ALL,
    ),
    (
        "GET",
        "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances",
        ALL,
    ),
    (
        "GET",
        "/api/projects/{project}/dicomweb/studies/{study}",
        ALL,
    ),
    (
        "GET",
        "/api/projects/{project}/dicomweb/studies/{study}/series/{series}",
        ALL,
    ),
    (
        "GET",
        "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}",
        ALL,
    ),
    (
        "GET",
        "/api/projects/{project}/dicomweb/studies/{study}/metadata",
        ALL,
    ),
    (
        "GET",
        "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/metadata",
        ALL,
    ),
    (
        "GET",
        "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/metadata",
        ALL,
    ),
    (
        "GET",
        "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/{frames}",
        ALL,
    ),
    (
        "GET",
        "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/rendered",
        ALL,
    ),
    (
        "GET",
        "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/{frames}/rendered",
        ALL,
    ),
    ("POST", "/api/projects/{project}/dicomweb/studies", TRAINERS),
    (
        "POST",
        "/api/projects/{project}/dicomweb/studies/{study}",
        TRAINERS,
    ),
    ("GET", "/api/images/{image}/deidentification", ATTESTERS),
    ("POST", "/api/projects/{project}/cases/next", READERS),
    ("GET", "/api/projects/{project}/cases/upcoming", READERS),
    ("POST", "/api/images/{image}/lease", READERS),
    ("PUT", "/api/leases/{lease}", Reach::Own),
    ("DELETE", "/api/leases/{lease}", Reach::Own),
    ("GET", "/api/images/{image}/annotation", READERS),
    ("PUT", "/api/images/{image}/annotation", READERS),
    ("POST", "/api/images/{image}/annotation/submit", READERS),
    ("POST", "/api/images/{image}/lint", READERS),
    ("GET", "/api/images/{image}/annotations", SEERS),
    ("GET", "/api/annotations/{annotation}/revisions", SEERS),
    ("GET", "/api/projects/{project}/snapshots", TRAINERS),
    ("POST", "/api/projects/{project}/snapshots", TRAINERS),
    (
        "POST",
        "/api/projects/{project}/snapshots/preview",
        TRAINERS,
    ),
    ("GET", "/api/snapshots/{snapshot}", TRAINERS),
    ("GET", "/api/snapshots/{snapshot}/manifest", TRAINERS),
    (
        "GET",
        "/api/snapshots/{snapshot}/objects/{object}",
        TRAINERS,
    ),
    ("GET", "/api/snapshots/{snapshot}/export", TRAINERS),
    ("GET", "/api/snapshots/{snapshot}/exports", TRAINERS),
    (
        "PUT",
        "/api/snapshots/{snapshot}/exports/{format}",
        TRAINERS,
    ),
    (
        "GET",
        "/api/snapshots/{snapshot}/exports/{format}/file",
        TRAINERS,
    ),
    (
        "DELETE",
        "/api/snapshots/{snapshot}/exports/{format}",
        LEADS,
    ),
    ("GET", "/api/snapshots/{snapshot}/datasheet", TRAINERS),
    ("GET", "/api/snapshots/{snapshot}/preferences", TRAINERS),
    (
        "GET",
        "/api/snapshots/{snapshot}/differences/{other}",
        TRAINERS,
    ),
    ("GET", "/api/projects/{project}/runs", ALL),
    ("POST", "/api/projects/{project}/runs", TRAINERS),
    ("GET", "/api/projects/{project}/runs/compare", TRAINERS),
    ("GET", "/api/runs/{run}", TRAINERS),
    ("POST", "/api/runs/{run}/stop", TRAINERS),
    ("POST", "/api/runs/{run}/resume", TRAINERS),
    ("PUT", "/api/runs/{run}/notes", TRAINERS),
    ("GET", "/api/runs/{run}/log", TRAINERS),
    ("GET", "/api/runs/{run}/metrics", TRAINERS),
    ("GET", "/api/runs/{run}/events", TRAINERS),
    ("GET", "/api/projects/{project}/evaluations", TRAINERS),
    ("GET", "/api/runs/{run}/evaluation", TRAINERS),
    ("GET", "/api/runs/{run}/evaluation/cases", TRAINERS),
    ("GET", "/api/evaluations/diff", TRAINERS),
    ("GET", "/api/evaluations/diff/cases", TRAINERS),
    ("GET", "/api/runs/{run}/artifacts", TRAINERS),
    ("GET", "/api/runs/{run}/artifacts/{name}", TRAINERS),
    ("POST", "/api/images/{image}/inquiries", READERS),
    ("GET", "/api/images/{image}/inquiries", ALL),
    ("GET", "/api/inquiries/{inquiry}", SEERS),
    ("GET", "/api/inquiries/{inquiry}/events", SEERS),
    // Who asked, which is none of these.
    ("DELETE", "/api/inquiries/{inquiry}", Reach::Members(&[])),
    ("GET", "/api/projects/{project}/models", ALL),
    ("GET", "/api/models/{model}", TRAINERS),
    ("POST", "/api/models/{model}/promote", TRAINERS),
    ("GET", "/api/projects/{project}/acquisitions", ALL),
    ("POST", "/api/projects/{project}/acquisitions", TRAINERS),
    ("GET", "/api/acquisitions/{acquisition}", TRAINERS),
    ("GET", "/api/projects/{project}/rounds", TRAINERS),
    ("GET", "/api/projects/{project}/rounds/efficiency", TRAINERS),
    ("GET", "/api/rounds/{acquisition}", TRAINERS),
    ("GET", "/api/rounds/{acquisition}/items", TRAINERS),
    ("GET", "/api/projects/{project}/feedback", LEADS),
    ("GET", "/api/projects/{project}/feedback/cases", LEADS),
    ("POST", "/api/worker/claim", Reach::Worker),
    ("POST", "/api/worker/inquiries/claim", Reach::Worker),
    (
        "GET",
        "/api/worker/inquiries/{inquiry}/raster",
        Reach::Worker,
    ),
    (
        "POST",
        "/api/worker/inquiries/{inquiry}/words",
        Reach::Worker,
    ),
    (
        "POST",
        "/api/worker/inquiries/{inquiry}/finish",
        Reach::Worker,
    ),
    (
        "POST",
        "/api/worker/inquiries/{inquiry}/fail",
        Reach::Worker,
    ),
    ("GET", "/api/worker/runs/{run}", Reach::Worker),
    ("POST", "/api/worker/runs/{run}/heartbeat", Reach::Worker),
    ("POST", "/api/worker/runs/{run}/metrics", Reach::Worker),
    (
        "PUT",
        "/api/worker/runs/{run}/artifacts/{name}",
        Reach::Worker,
    ),
    ("POST", "/api/worker/runs/{run}/finish", Reach::Worker),
    ("POST", "/api/worker/runs/{run}/fail", Reach::Worker),
    (
        "GET",
        "/api/worker/snapshots/{snapshot}/manifest",
        Reach::Worker,
    ),
    (
        "GET",
        "/api/worker/snapshots/{snapshot}/objects/{object}",
        Reach::Worker,
    ),
    (
        "GET",
        "/api/worker/models/{model}/files/{name}",
        Reach::Worker,
    ),
    (
        "POST",
        "/api/worker/acquisitions/{acquisition}/heartbeat",
        Reach::Worker,
    ),
    (
        "GET",
        "/api/worker/acquisitions/{acquisition}/pool",
        Reach::Worker,
    ),
    (
        "GET",
        "/api/worker/acquisitions/{acquisition}/objects/{object}",
        Reach::Worker,
    ),
    (
        "POST",
        "/api/worker/acquisitions/{acquisition}/predictions",
        Reach::Worker,
    ),
    (
        "POST",
        "/api/worker/acquisitions/{acquisition}/finish",
        Reach::Worker,
    ),
    (
        "POST",
        "/api/worker/acquisitions/{acquisition}/fail",
        Reach::Worker,
    ),
];

#[test]
fn the_table_knows_every_route_and_no_other() {
    let served = serde_json::to_value(medreg::http::document()).unwrap();
    let paths = served["paths"].as_object().unwrap().iter();
    let served: BTreeSet<String> = paths
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .keys()
                .map(move |m| format!("{} {path}", m.to_uppercase()))
        })
        .collect();
    let known: BTreeSet<String> = ROUTES
        .iter()
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    assert_eq!(served, known);
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let served = serde_json::to_value(medreg::http::document()).unwrap();
    let operations = served["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|m| m.as_object().unwrap().values());
    let names: Vec<String> = operations
        .map(|operation| text(&operation["operationId"]))
        .collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

/// A project with one of everything, and the ids of those things.
async fn furnished(world: &World) -> BTreeMap<&'static str, String> {
    let worker = world.worker().await;
    let image = world.finished(1).await;
    let model = world.published(&worker).await;
    let run = text(
        &world
            .admin
            .get(&format!("/api/models/{model}"))
            .await
            .is(200)["run_id"],
    );
    let promoted = world
        .admin
        .post(&format!("/api/models/{model}/promote"), json!({}))
        .await
        .is(200);
    let annotation = world
        .admin
        .get(&format!("/api/images/{image}/annotation"))
        .await
        .is(200);
    let open = world.image(2).await;
    let lease = world
        .admin
        .post(&format!("/api/images/{open}/lease"), json!({}))
        .await
        .is(200);
    let snapshot = world.snapshot().await;
    crate::exports::written(world, &snapshot).await;
    let inquiry = crate::inquiries::answered(world, &worker, &image).await;
    let manifest = world
        .admin
        .get(&format!("/api/snapshots/{snapshot}/manifest"))
        .await
        .is(200);
    let token = world
        .admin
        .post("/api/tokens", json!({ "name": "t", "scope": "user" }))
        .await
        .is(201);
    let slide = world.admin.upload(
        &world.project,
        "slide.tif",
        slide_file::small(),
        &[("attested", "true")],
    );
    let dicom = corpus::dated("20240228", "MARK^ANNA");
    let dicom = world
        .admin
        .upload(&world.project, "a.dcm", dicom, &[("attested", "true")]);
    let objects = world.path("dicomweb/instances?Modality=CT");
    let object = world.admin.get(&objects).await.is(200)[0].clone();
    let import = json!({ "format": "coco" });
    let import = world.admin.post(&world.path("imports"), import).await;
    let uid = |tag: &str| text(&object[tag]["Value"][0]);
    BTreeMap::from([
        ("study", uid("0020000D")),
        ("series", uid("0020000E")),
        ("instance", uid("00080018")),
        ("frames", "1".to_owned()),
        ("project", world.project.clone()),
        ("slide", text(&slide.await.is(201)["id"])),
        ("dicom", text(&dicom.await.is(201)["id"])),
        ("level", "0".to_owned()),
        ("column", "0".to_owned()),
        ("row", "0".to_owned()),
        ("image", image),
        ("model", model),
        ("run", run),
        ("acquisition", text(&promoted["acquisition"]["id"])),
        ("annotation", text(&annotation["id"])),
        ("lease", text(&lease["lease"]["id"])),
        ("object", text(&manifest["cases"]["sha256"])),
        ("other", snapshot.clone()),
        ("snapshot", snapshot),
        ("format", "medreginstruct".to_owned()),
        ("import", text(&import.is(201)["id"])),
        ("list", "csv".to_owned()),
        ("token", text(&token["id"])),
        ("inquiry", inquiry),
        ("name", "model.safetensors".to_owned()),
        ("user", world.user("target").await.id),
    ])
}

/// A body with which the route would do its work, so that a refusal is about who asks.
fn body(method: &str, path: &str, ids: &BTreeMap<&str, String>) -> Value {
    let concept = json!({ "key": "cyst", "kind": "lesion", "names": { "en": "cyst", "zh": "囊肿" }, "modalities": [] });
    match (method, path.rsplit('/').next().unwrap()) {
        ("POST", "users") => {
            json!({ "username": "new", "display_name": "New", "password": "long enough password" })
        }
        ("PATCH", "session") => json!({ "interface_lang": "en" }),
        ("PUT", "settings") => {
            json!({ "letter_keys": true, "two_clicks": false, "box_names": true })
        }
        ("POST", "session") => json!({ "username": "x", "password": "y" }),
        ("POST", "tokens") => json!({ "name": "mine", "scope": "user" }),
        ("POST", "projects") => json!({ "name": "Another" }),
        ("PATCH", "{project}") => json!({ "guideline": "Mark cysts." }),
        ("PUT", "{user}") => json!({ "role": "annotator" }),
        ("PUT", "concepts") => json!({ "concepts": [concept] }),
        ("PUT", "templates") => json!({ "templates": [] }),
        ("PUT", "routing") => json!({ "routing": null }),
        ("POST", "imports" | "check") => json!({ "format": "coco" }),
        ("POST", "attestation") => json!({ "burned_in": false }),
        ("PUT", "annotation") => {
            json!({ "based_on": 0, "content": { "regions": [], "rejected": [] } })
        }
        ("POST", "submit") => json!({ "revision": 0, "active_seconds": 1.0 }),
        ("PUT", "notes") => json!({ "based_on": 0, "notes": "", "tags": [] }),
        ("POST", "runs") => {
            json!({ "snapshot": ids["snapshot"], "base": { "kind": "builtin", "name": "shapes" } })
        }
        ("POST", "lint") => region("cyst", [1.0, 1.0, 9.0, 9.0], "a cyst"),
        ("POST", "claim") => json!({ "worker": "gpu" }),
        ("POST", "heartbeat") => json!({ "attempt": 9, "done": 0, "total": 0, "phase": "x" }),
        ("POST", "metrics") => json!({ "attempt": 9, "points": [] }),
        ("POST", "predictions") => json!({ "attempt": 9, "images": [] }),
        ("POST", "fail") => json!({ "attempt": 9, "reason": "x" }),
        ("POST", "finish") if path.contains("/runs/") => {
            json!({ "attempt": 9, "outcome": "finished", "card": "", "files": {} })
        }
        ("POST", "finish") if path.contains("/inquiries/") => {
            json!({ "attempt": 9, "words": crate::inquiries::words("x"), "confidence": 0.5, "finished": true })
        }
        ("POST", "inquiries") => json!({ "lang": "en", "question": "What is this?" }),
        ("POST", "words") => json!({ "attempt": 9, "words": crate::inquiries::words("x") }),
        ("POST", "finish") => json!({ "attempt": 9, "ranking": [] }),
        _ => json!({}),
    }
}

async fn call(caller: &Person, method: &str, path: &str, ids: &BTreeMap<&str, String>) -> Answer {
    // Of all images only slides have tiles, and only DICOM files headers.
    let mut filled = match path.rsplit('/').next() {
        Some("{row}") => path.replace("{image}", "{slide}"),
        Some("deidentification") => path.replace("{image}", "{dicom}"),
        _ => path.to_owned(),
    };
    if path.starts_with("/api/evaluations/diff") {
        filled += "?a={run}&b={run}";
    }
    for (name, id) in ids {
        filled = filled.replace(&format!("{{{name}}}"), id);
    }
    assert!(
        !filled.contains('{'),
        "{path} has a parameter that this test does not know"
    );
    if (method, path) == ("POST", "/api/projects/{project}/images") {
        return caller
            .upload(&ids["project"], "a.png", png(77), &[("attested", "true")])
            .await;
    }
    if path.contains("/dicomweb/") && method == "POST" {
        let kind = "multipart/related; type=\"application/dicom\"; boundary=x";
        let request = caller.request(Method::POST, &filled);
        let parts = "--x\r\nContent-Type: application/dicom\r\n\r\nnone\r\n--x--";
        return Answer::of(request.header("content-type", kind).body(parts)).await;
    }
    if path.ends_with("/files") && method == "PUT" {
        return caller
            .put_bytes(&format!("{filled}?path=a.json"), "x")
            .await;
    }
    if path.ends_with("/artifacts/{name}") && method == "PUT" {
        return caller.put_bytes(&format!("{filled}?attempt=9"), "x").await;
    }
    let request = caller.request(method.parse::<Method>().unwrap(), &filled);
    let bodied = !matches!(method, "GET" | "DELETE");
    Answer::of(if bodied {
        request.json(&body(method, path, ids))
    } else {
        request
    })
    .await
}

/// Whether the caller was let through to the use case itself.
fn admitted(answer: &Answer) -> bool {
    !matches!(answer.status, 401 | 403 | 404) && answer.status < 500
}

#[tokio::test]
async fn without_credentials_nothing_answers_but_health_the_document_and_signing_in() {
    let world = World::new().await;
    let ids = furnished(&world).await;
    let nobody = world.server.nobody();
    for (method, path, reach) in ROUTES.iter().filter(|(_, path, _)| *path != "/api/session") {
        let answer = call(&nobody, method, path, &ids).await;
        assert_eq!(
            answer.status,
            if *reach == Reach::Open { 200 } else { 401 },
            "{method} {path}"
        );
    }
    for method in ["GET", "PATCH", "DELETE"] {
        call(&nobody, method, "/api/session", &ids)
            .await
            .refused(401, "unauthenticated");
    }
    nobody
        .get("/api/no-such-route")
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_stranger_to_a_project_finds_nothing_of_it() {
    let world = World::new().await;
    let ids = furnished(&world).await;
    let eve = world.user("eve").await;
    for (method, path, reach) in ROUTES {
        let expected = match reach {
            Reach::Members(_) => 404,
            Reach::Admin | Reach::Worker => 403,
            Reach::Own if path.contains('{') => 404,
            Reach::Own | Reach::Open => continue,
        };
        let answer = call(&eve, method, path, &ids).await;
        assert_eq!(answer.status, expected, "{method} {path}");
    }
}

#[tokio::test]
async fn each_role_reaches_what_it_should_and_no_more() {
    let world = World::new().await;
    let ids = furnished(&world).await;
    for role in ["annotator", "reviewer", "engineer", "lead"] {
        let member = world.member(role, role).await;
        for (method, path, reach) in ROUTES {
            let Reach::Members(roles) = reach else {
                continue;
            };
            // What changes the members is undone for the next role.
            world
                .admin
                .put(
                    &world.path(&format!("members/{}", ids["user"])),
                    json!({ "role": "annotator" }),
                )
                .await
                .is(204);
            let answer = call(&member, method, path, &ids).await;
            match roles.contains(&role) {
                true => assert!(
                    admitted(&answer),
                    "{role}: {method} {path}: {} {}",
                    answer.status,
                    String::from_utf8_lossy(&answer.bytes)
                ),
                false => assert_eq!(answer.status, 403, "{role}: {method} {path}"),
            }
        }
    }
}

#[tokio::test]
async fn only_administrators_run_the_installation() {
    let world = World::new().await;
    let ids = furnished(&world).await;
    let lead = world.member("lena", "lead").await;
    for (method, path, reach) in ROUTES.iter().filter(|(_, _, reach)| *reach == Reach::Admin) {
        let answer = call(&lead, method, path, &ids).await;
        assert_eq!(answer.status, 403, "{reach:?}: {method} {path}");
        assert!(
            admitted(&call(&world.admin, method, path, &ids).await),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn workers_and_people_keep_to_their_own_routes() {
    let world = World::new().await;
    let ids = furnished(&world).await;
    let worker = world.worker().await;
    let issued = world
        .admin
        .post("/api/tokens", json!({ "name": "mine", "scope": "user" }))
        .await
        .is(201);
    let program = world.server.program(&text(&issued["token"]));
    for (method, path, reach) in ROUTES {
        match reach {
            Reach::Open => {}
            Reach::Worker => {
                // One letter written otherwise is the same route to the router, and must be to the gate.
                for written in [path.to_string(), path.replace("worker", "%77orker")] {
                    for person in [&world.admin, &program] {
                        call(person, method, &written, &ids)
                            .await
                            .refused(403, "forbidden");
                    }
                }
                let answer = call(&worker, method, path, &ids).await;
                assert!(
                    !matches!(answer.status, 401 | 403) && answer.status < 500,
                    "{method} {path}: {}",
                    answer.status
                );
            }
            Reach::Own | Reach::Admin | Reach::Members(_) => {
                call(&worker, method, path, &ids)
                    .await
                    .refused(403, "forbidden");
            }
        }
    }
}
