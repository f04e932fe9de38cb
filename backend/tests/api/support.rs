//! A server of a test's own, and people and programs who speak HTTP to it.

use crate::database::Database;
use actix_web::dev::ServerHandle;
use bytes::Bytes;
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use medreg::app::Application;
use medreg::http::HttpSettings;
use medreg::services::{Hospital, accounts};
use medreg::store::objects::Objects;
use reqwest::header::HeaderMap;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Cursor;

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// A running server; it stops when the test lets go of it.
pub struct Server {
    pub url: String,
    pub hospital: Hospital,
    handle: ServerHandle,
}

impl Server {
    /// Starts one on a free port, with an empty database.
    pub async fn start() -> Self {
        Self::keeping(Objects::memory()).await
    }

    /// The same with another place for its objects.
    pub async fn keeping(objects: Objects) -> Self {
        let database = Database::fresh().await;
        let hospital = Hospital {
            pool: database.pool.clone(),
            objects,
            pseudonym_key: [7; 32],
        };
        let (tell, told) = tokio::sync::oneshot::channel();
        let served = hospital.clone();
        // A runtime of its own, as in production: the test's is busy asking.
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let settings = HttpSettings {
                    secure_cookies: false,
                };
                let listen = ([127, 0, 0, 1], 0).into();
                let application = Application::build(listen, settings, served).unwrap();
                let _ = tell.send((application.address(), application.handle()));
                application.run().await.unwrap();
                // The process may end before; then the next test run removes it.
                let _ = database.remove().await;
            });
        });
        let (address, handle) = told.await.unwrap();
        Self {
            url: format!("http://{address}"),
            hospital,
            handle,
        }
    }

    /// Somebody without an account.
    pub fn nobody(&self) -> Person {
        Person {
            http: reqwest::Client::new(),
            url: self.url.clone(),
            id: String::new(),
            credentials: Credentials::None,
        }
    }

    /// A program that sends this token.
    pub fn program(&self, token: &str) -> Person {
        Person {
            credentials: Credentials::Token(token.to_owned()),
            ..self.nobody()
        }
    }

    /// Opens a session with everybody's password.
    pub async fn sign_in(&self, username: &str) -> Person {
        let nobody = self.nobody();
        let body = json!({ "username": username, "password": PASSWORD });
        let answer = nobody.post("/api/session", body).await;
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let session = answer.is(200);
        Person {
            id: text(&session["user"]["id"]),
            credentials: Credentials::Session {
                cookie,
                csrf: text(&session["csrf_token"]),
            },
            ..nobody
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Told at once; nobody waits for the answer.
        drop(self.handle.stop(false));
    }
}

/// What somebody shows at the gate.
enum Credentials {
    None,
    Session { cookie: String, csrf: String },
    Token(String),
}

/// Somebody who speaks HTTP.
pub struct Person {
    http: reqwest::Client,
    url: String,
    pub id: String,
    credentials: Credentials,
}

impl Person {
    /// A request with this caller's credentials.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.credentials {
            Credentials::None => request,
            Credentials::Session { cookie, csrf } => request
                .header("cookie", cookie)
                .header("x-csrf-token", csrf),
            Credentials::Token(token) => request.bearer_auth(token),
        }
    }

    /// The same caller with another CSRF token.
    pub fn forged(&self, csrf: &str) -> Person {
        let Credentials::Session { cookie, .. } = &self.credentials else {
            panic!("only a session has a CSRF token")
        };
        Person {
            http: self.http.clone(),
            url: self.url.clone(),
            id: self.id.clone(),
            credentials: Credentials::Session {
                cookie: cookie.clone(),
                csrf: csrf.to_owned(),
            },
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    /// Puts raw bytes.
    pub async fn put_bytes(&self, path: &str, bytes: impl Into<reqwest::Body>) -> Answer {
        Answer::of(self.request(Method::PUT, path).body(bytes)).await
    }

    /// Uploads a file with some fields beside it.
    pub async fn upload(
        &self,
        project: &str,
        name: &str,
        bytes: Vec<u8>,
        fields: &[(&str, &str)],
    ) -> Answer {
        let file = Part::bytes(bytes).file_name(name.to_owned());
        let form = fields
            .iter()
            .fold(Form::new().part("file", file), |form, (key, value)| {
                form.text((*key).to_owned(), (*value).to_owned())
            });
        let request = self.request(Method::POST, &format!("/api/projects/{project}/images"));
        Answer::of(request.multipart(form)).await
    }
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        Self::read(request.send().await.unwrap()).await
    }

    async fn read(response: Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            bytes: response.bytes().await.unwrap(),
        }
    }

    /// The JSON of an answer that must have this status; null where it is empty.
    #[track_caller]
    pub fn is(&self, status: u16) -> Value {
        assert_eq!(
            self.status,
            status,
            "{}",
            String::from_utf8_lossy(&self.bytes)
        );
        if self.bytes.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// The refusal's message, where it must have this status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> String {
        let body = self.is(status);
        assert_eq!(body["error"]["code"], code, "{body}");
        text(&body["error"]["message"])
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }
}

/// The text of a JSON string.
#[track_caller]
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("a string is expected, not {value}"))
        .to_owned()
}

/// A grey PNG of 64 × 48 pixels; another `seed` gives other pixels.
pub fn png(seed: u32) -> Vec<u8> {
    let level = |x: u32, y: u32| {
        Luma([(x.wrapping_mul(3) ^ y.wrapping_mul(seed.wrapping_mul(2_654_435_761) >> 7)) as u8])
    };
    let mut picture = GrayImage::from_fn(64, 48, level);
    for (place, byte) in seed.to_le_bytes().into_iter().enumerate() {
        picture.put_pixel(place as u32, 0, Luma([byte]));
    }
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageLuma8(picture)
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// A region with a text in each language.
pub fn region(concept: &str, bbox: [f64; 4], english: &str) -> Value {
    json!({
        "id": uuid::Uuid::now_v7(), "frame": 0, "bbox": bbox, "concept": concept, "presence": "present",
        "texts": { "en": english, "zh": "囊肿" },
    })
}

/// The content of an annotation with these regions; without any it says that nothing was found.
pub fn content(regions: &[Value]) -> Value {
    match regions {
        [] => json!({ "regions": [], "rejected": [], "verdict": { "kind": "nothing_found" } }),
        _ => json!({ "regions": regions, "rejected": [] }),
    }
}

/// Takes the work that is handed out next; there must be some.
pub async fn claim(worker: &Person) -> Value {
    worker
        .post("/api/worker/claim", json!({ "worker": "gpu" }))
        .await
        .is(200)
}

/// A server with an administrator, and one project with two concepts.
pub struct World {
    pub server: Server,
    pub admin: Person,
    pub project: String,
}

impl World {
    /// One whose patients are all learnt from, and whose suggestions are always shown.
    pub async fn new() -> Self {
        Self::with(json!({ "val": 0, "test": 0 })).await
    }

    /// One with these shares of patients held out.
    pub async fn with(shares: Value) -> Self {
        Self::on(Server::start().await, shares).await
    }

    /// The same on a server that runs already.
    pub async fn on(server: Server, shares: Value) -> Self {
        accounts::create_first_admin(&server.hospital, "admin", PASSWORD)
            .await
            .unwrap();
        let admin = server.sign_in("admin").await;
        let project = new_project(&admin, "Kidneys", &shares).await;
        Self {
            server,
            admin,
            project,
        }
    }

    /// A new user.
    pub async fn user(&self, name: &str) -> Person {
        let body = json!({ "username": name, "display_name": name, "password": PASSWORD });
        self.admin.post("/api/users", body).await.is(201);
        self.server.sign_in(name).await
    }

    /// A new user with a role in the project.
    pub async fn member(&self, name: &str, role: &str) -> Person {
        let person = self.user(name).await;
        let path = format!("/api/projects/{}/members/{}", self.project, person.id);
        self.admin.put(&path, json!({ "role": role })).await.is(204);
        person
    }

    /// A worker with a token of its own.
    pub async fn worker(&self) -> Person {
        let issued = self
            .admin
            .post("/api/tokens", json!({ "name": "gpu", "scope": "worker" }))
            .await
            .is(201);
        self.server.program(&text(&issued["token"]))
    }

    /// A path inside the project.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/projects/{}/{rest}", self.project)
    }

    /// Brings an image in and tells its id; each `seed` is another patient.
    pub async fn image(&self, seed: u32) -> String {
        text(&self.slice(seed, png(seed)).await["id"])
    }

    async fn slice(&self, patient: u32, picture: Vec<u8>) -> Value {
        let patient = format!("p{patient}");
        let fields = [
            ("patient", patient.as_str()),
            ("modality", "ct"),
            ("attested", "true"),
        ];
        let answer = self
            .admin
            .upload(&self.project, "slice.png", picture, &fields)
            .await;
        answer.is(201)
    }

    /// Images of so many patients, and of more until each of the splits has one: a patient's split goes by a hash with the project's own
    /// key, so that few patients may all fall into one.
    pub async fn images_in(
        &self,
        splits: &[&str],
        at_least: usize,
        picture: impl Fn(u32) -> Vec<u8>,
    ) -> Vec<String> {
        let mut images = Vec::new();
        let mut met = BTreeSet::new();
        while images.len() < at_least || !splits.iter().all(|split| met.contains(*split)) {
            let number = u32::try_from(images.len()).unwrap();
            let image = self.slice(number, picture(number)).await;
            met.insert(text(&image["split"]));
            images.push(text(&image["id"]));
        }
        images
    }

    /// Opens a case, saves this content in it and submits it.
    pub async fn annotate(&self, reader: &Person, image: &str, said: Value) -> Value {
        reader
            .post(&format!("/api/images/{image}/lease"), json!({}))
            .await
            .is(200);
        let path = format!("/api/images/{image}/annotation");
        let before = reader.get(&path).await.is(200)["revision"].clone();
        let saved = reader
            .put(&path, json!({ "based_on": before, "content": said }))
            .await
            .is(200);
        let submit = json!({ "revision": saved["revision"], "active_seconds": 12.5 });
        reader.post(&format!("{path}/submit"), submit).await.is(200)
    }

    /// An image with one submitted region.
    pub async fn finished(&self, seed: u32) -> String {
        let image = self.image(seed).await;
        let said = content(&[region("cyst", [4.0, 5.0, 20.0, 25.0], "a simple cyst")]);
        self.annotate(&self.admin, &image, said).await;
        image
    }

    /// Cuts a snapshot and tells its id.
    pub async fn snapshot(&self) -> String {
        let cut = self.admin.post(&self.path("snapshots"), json!({})).await;
        assert!(
            matches!(cut.status, 200 | 201),
            "{}",
            String::from_utf8_lossy(&cut.bytes)
        );
        text(&cut.json()["id"])
    }

    /// Launches a run on a new snapshot and tells its id.
    pub async fn launch(&self) -> String {
        let body = json!({ "snapshot": self.snapshot().await, "base": { "kind": "builtin", "name": "shapes" } });
        text(&self.admin.post(&self.path("runs"), body).await.is(201)["id"])
    }

    /// Lets every claim run out, as if its worker had died.
    pub async fn workers_fall_silent(&self) {
        self.workers_fall_silent_but("").await;
    }

    /// The same for all claims but those of one worker: what it claimed a moment ago stays its own.
    pub async fn workers_fall_silent_but(&self, worker: &str) {
        for table in ["runs", "acquisitions"] {
            let past = format!(
                "UPDATE {table} SET claimed_until = now() - interval '1 second' WHERE worker IS DISTINCT FROM $1"
            );
            sqlx::query(sqlx::AssertSqlSafe(past))
                .bind(worker)
                .execute(&self.server.hospital.pool)
                .await
                .unwrap();
        }
    }

    /// Trains nothing, but publishes a model as a worker does, and tells its id.
    pub async fn published(&self, worker: &Person) -> String {
        let run = self.launch().await;
        assert_eq!(claim(worker).await["id"], run.as_str());
        let path = format!("/api/worker/runs/{run}");
        let put = worker
            .put_bytes(
                &format!("{path}/artifacts/model.safetensors?attempt=1"),
                run.clone(),
            )
            .await;
        let finish = json!({
            "attempt": 1, "outcome": "finished", "evaluation": null, "card": "# A model",
            "files": { "model.safetensors": put.is(200) },
        });
        text(&worker.post(&format!("{path}/finish"), finish).await.is(200)["id"])
    }
}

/// A project of this administrator with two concepts.
pub async fn new_project(admin: &Person, name: &str, shares: &Value) -> String {
    let body = json!({ "name": name, "shares": shares, "blind_share": 0, "synthetic": true });
    let project = text(&admin.post("/api/projects", body).await.is(201)["id"]);
    let concepts = json!({ "concepts": [
        { "key": "cyst", "kind": "lesion", "names": { "en": "cyst", "zh": "囊肿" }, "modalities": [] },
        { "key": "kidney", "kind": "structure", "names": { "en": "kidney", "zh": "肾脏" }, "modalities": ["ct"] },
    ] });
    admin
        .put(&format!("/api/projects/{project}/concepts"), concepts)
        .await
        .is(200);
    project
}
