//! The client against a server that misbehaves on purpose: the real one cannot be made to break off in the middle of an answer.

#![allow(clippy::unwrap_used)] // A test that cannot go on should say where.

use medreg_datasets::ids::{Digest, ModelId, RunId};
use medreg_datasets::protocol::{Fail, Metrics};
use medreg_datasets::snapshot::ObjectRef;
use medreg_trainer::client::{Client, ClientError, Patience, Token};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

/// A request as the server saw it.
struct Seen {
    /// Request line and headers, in lower case.
    head: String,
    body: Vec<u8>,
}

/// Gives the scripted answers, one per connection, and then what it was asked.
struct Server {
    address: String,
    thread: JoinHandle<Vec<Seen>>,
}

impl Server {
    fn answering(script: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let one = move |answer: String| serve(listener.accept().unwrap().0, &answer);
        let thread = std::thread::spawn(move || script.into_iter().map(one).collect());
        Self { address, thread }
    }

    fn client(&self) -> Client {
        Client::new(&self.address, Token::new(" mrg_secret\n"), patience(4)).unwrap()
    }

    /// All that was asked, once every answer is given.
    fn seen(self) -> Vec<Seen> {
        self.thread.join().unwrap()
    }
}

fn patience(tries: u32) -> Patience {
    Patience {
        tries,
        first: Duration::from_millis(1),
        longest: Duration::from_millis(4),
    }
}

fn serve(mut stream: TcpStream, answer: &str) -> Seen {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(
            reader.read_line(&mut head).unwrap(),
            0,
            "the request breaks off: {head}"
        );
    }
    let head = head.to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    stream.write_all(answer.as_bytes()).unwrap();
    Seen { head, body }
}

fn answer(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn error(status: u16, code: &str, message: &str) -> String {
    answer(
        status,
        &serde_json::json!({"error": {"code": code, "message": message}}).to_string(),
    )
}

/// Promises more bytes than it sends.
fn broken_off(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len() + 10
    )
}

#[tokio::test]
async fn a_server_that_stumbles_is_asked_again() {
    let server = Server::answering(vec![
        error(503, "starting", "not yet"),
        broken_off(""),
        answer(429, "slow down"),
        answer(204, ""),
    ]);
    assert!(
        server
            .client()
            .claim("worker", Vec::new())
            .await
            .unwrap()
            .is_none()
    );
    let seen = server.seen();
    assert_eq!(seen.len(), 4);
    assert!(
        seen[3].head.starts_with("post /api/worker/claim http/1.1"),
        "{}",
        seen[3].head
    );
    assert!(
        seen[3]
            .head
            .contains("authorization: bearer mrg_secret\r\n")
    );
    assert_eq!(seen[3].body, br#"{"worker":"worker","holds":[]}"#);
}

#[tokio::test]
async fn a_refused_token_is_said_and_not_tried_again() {
    let server = Server::answering(vec![error(401, "unauthenticated", "no")]);
    let refused = server
        .client()
        .claim("worker", Vec::new())
        .await
        .unwrap_err();
    assert!(matches!(refused, ClientError::TokenRefused { .. }));
    assert!(refused.to_string().contains(
        "it may have been revoked; make a new one with `medreg token create --scope worker`"
    ));
    assert!(!format!("{refused:?} {refused} {:?}", server.client()).contains("mrg_secret"));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_lost_claim_differs_from_other_conflicts() {
    let fail = Fail {
        attempt: 1,
        reason: String::new(),
    };
    let server = Server::answering(vec![
        error(409, "claim_lost", "gone"),
        error(409, "already_finished", "it ended"),
        answer(404, "<html>"),
    ]);
    let client = server.client();
    assert!(matches!(
        client.fail_run(RunId::fresh(), &fail).await,
        Err(ClientError::ClaimLost { .. })
    ));
    let other = client.fail_run(RunId::fresh(), &fail).await.unwrap_err();
    assert!(
        other
            .to_string()
            .contains("409 (already_finished): it ended"),
        "{other}"
    );
    let foreign = client.fail_run(RunId::fresh(), &fail).await.unwrap_err();
    assert!(
        foreign
            .to_string()
            .contains("does a medreg server answer at this address?"),
        "{foreign}"
    );
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn nobody_there_is_said_with_the_address_and_the_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = Client::new(&address, Token::new("x"), patience(3)).unwrap();
    let error = client
        .metrics(
            RunId::fresh(),
            &Metrics {
                attempt: 1,
                points: vec![],
            },
        )
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&address)
            && error.contains("after 3 tries")
            && error.to_lowercase().contains("refused"),
        "{error}"
    );
}

#[tokio::test]
async fn a_token_does_not_follow_a_redirect() {
    let elsewhere = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let server = Server::answering(vec![elsewhere.to_owned()]);
    assert!(matches!(
        server.client().claim("worker", Vec::new()).await,
        Err(ClientError::Refused { status: 302, .. })
    ));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_download_appears_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("objects/ab/object.png");
    let object = ObjectRef {
        sha256: Digest::of(b"pixels"),
        bytes: 6,
    };
    let snapshot = Digest::of(b"snapshot");
    let server = Server::answering(vec![
        broken_off("pix"),
        answer(200, "pixels"),
        answer(200, "pixelz"),
    ]);
    let client = server.client();
    client
        .snapshot_object(&snapshot, &object, &into)
        .await
        .unwrap();
    assert_eq!(std::fs::read(&into).unwrap(), b"pixels");
    let other = folder.path().join("other.png");
    let damaged = client
        .snapshot_object(&snapshot, &object, &other)
        .await
        .unwrap_err();
    assert!(matches!(damaged, ClientError::Damaged { .. }), "{damaged}");
    assert!(!other.exists());
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "a partial file was left behind"
    );
    assert!(server.seen()[0].head.contains(&format!(
        "/api/worker/snapshots/{snapshot}/objects/{}",
        object.sha256
    )));
}

#[tokio::test]
async fn an_artifact_is_sent_whole_on_every_try() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.safetensors");
    let bytes: Vec<u8> = (0..200_000u32).map(|i| (i % 251) as u8).collect();
    std::fs::write(&file, &bytes).unwrap();
    let stored = ObjectRef {
        sha256: Digest::of(&bytes),
        bytes: bytes.len() as u64,
    };
    let server = Server::answering(vec![
        answer(500, ""),
        answer(200, &serde_json::to_string(&stored).unwrap()),
    ]);
    let run = RunId::fresh();
    assert_eq!(
        server
            .client()
            .put_artifact(run, 2, "model.safetensors", &file)
            .await
            .unwrap(),
        stored
    );
    let seen = server.seen();
    assert!(seen.iter().all(|request| request.body == bytes));
    assert!(
        seen[1].head.starts_with(&format!(
            "put /api/worker/runs/{run}/artifacts/model.safetensors?attempt=2 "
        )),
        "{}",
        seen[1].head
    );
}

#[tokio::test]
async fn answers_that_make_no_sense_are_errors() {
    let server = Server::answering(vec![answer(200, "{\"kind\": \"nonsense\"}")]);
    let error = server
        .client()
        .claim("worker", Vec::new())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("are server and trainer of the same version?"),
        "{error}"
    );
    let missing = Client::new("ftp://somewhere", Token::new("x"), patience(1))
        .unwrap_err()
        .to_string();
    assert!(missing.contains("neither http nor https"), "{missing}");
    assert!(Client::new("", Token::new("x"), patience(1)).is_err());
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new("http://127.0.0.1:1", Token::new("x"), patience(1)).unwrap();
    let nowhere = client
        .model_file(ModelId::fresh(), "config.json", &folder.path().join("x"))
        .await;
    assert!(matches!(
        nowhere,
        Err(ClientError::Unreachable { tries: 1, .. })
    ));
}
