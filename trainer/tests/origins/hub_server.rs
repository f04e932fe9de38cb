//! A hub on loopback: the paths that its client asks for, with large files behind a redirect to another port.

use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// The commit that `main` stands for.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// What opens the closed repository.
pub const TOKEN: &str = "hf_a_token_of_the_test";
/// The repository that asks for it.
pub const CLOSED: &str = "clinic/closed";

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method and path.
    pub line: String,
    /// Whether a token came with it.
    pub token: bool,
}

/// How the place of large files misbehaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    None,
    /// It hangs up after so many bytes.
    CutAfter(usize),
    /// It answers with a page that says no.
    Refuse,
}

struct State {
    repositories: BTreeMap<String, PathBuf>,
    large: SocketAddr,
    asked: Mutex<Vec<Asked>>,
    fault: Mutex<Fault>,
}

/// Two listeners: the hub and the place of its large files.
pub struct Hub {
    pub endpoint: String,
    state: Arc<State>,
    ending: Arc<AtomicBool>,
    listeners: Vec<(SocketAddr, JoinHandle<()>)>,
}

impl Hub {
    pub fn start(repositories: &[(&str, &Path)]) -> Self {
        let [hub, large] = [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
        let state = Arc::new(State {
            repositories: repositories
                .iter()
                .map(|(id, folder)| ((*id).to_owned(), folder.to_path_buf()))
                .collect(),
            large: large.local_addr().unwrap(),
            asked: Mutex::default(),
            fault: Mutex::new(Fault::None),
        });
        let ending = Arc::new(AtomicBool::new(false));
        let endpoint = format!("http://{}", hub.local_addr().unwrap());
        let listeners = [hub, large].map(|listener| {
            let at = listener.local_addr().unwrap();
            let (state, ending) = (state.clone(), ending.clone());
            (
                at,
                std::thread::spawn(move || serve(&listener, &state, &ending)),
            )
        });
        Self {
            endpoint,
            state,
            ending,
            listeners: listeners.into(),
        }
    }

    /// What was asked since the last call of this.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.asked.lock().unwrap())
    }

    pub fn misbehave(&self, fault: Fault) {
        *self.state.fault.lock().unwrap() = fault;
    }

    /// From now on nobody answers.
    pub fn stop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        for (at, listener) in self.listeners.drain(..) {
            // Wakes the listener, which then sees that it is to end.
            drop(TcpStream::connect(at));
            listener.join().unwrap();
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(listener: &TcpListener, state: &Arc<State>, ending: &AtomicBool) {
    for socket in listener.incoming() {
        if ending.load(Ordering::SeqCst) {
            return;
        }
        let (state, socket) = (state.clone(), socket.unwrap());
        // A client that hangs up is no concern of the server.
        std::thread::spawn(move || answer(&state, socket).ok());
    }
}

fn answer(state: &State, mut socket: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(socket.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut words = first.split(' ');
    let (method, path) = (
        words.next().unwrap_or_default().to_owned(),
        words.next().unwrap_or_default().to_owned(),
    );
    let mut token = None;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("authorization")
        {
            token = Some(value.to_owned());
        }
    }
    state.asked.lock().unwrap().push(Asked {
        line: format!("{method} {path}"),
        token: token.is_some(),
    });
    let reply = reply(state, &path, token.as_deref());
    socket.write_all(reply.head().as_bytes())?;
    if method == "GET" {
        socket.write_all(&reply.body[..reply.sent.min(reply.body.len())])?;
    }
    socket.flush()
}

struct Reply {
    status: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// How many bytes of the body are sent.
    sent: usize,
}

impl Reply {
    fn new(status: &'static str, headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Self {
        Self {
            status,
            headers,
            body,
            sent: usize::MAX,
        }
    }

    fn head(&self) -> String {
        let headers: String = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        format!(
            "HTTP/1.1 {}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.status,
            self.body.len()
        )
    }
}

fn refused(status: &'static str, code: &str) -> Reply {
    Reply::new(status, vec![("X-Error-Code", code.to_owned())], Vec::new())
}

fn reply(state: &State, path: &str, token: Option<&str>) -> Reply {
    if let Some(rest) = path.strip_prefix("/large/") {
        return large(state, rest);
    }
    let path = path.split('?').next().unwrap_or_default();
    let is_api = path.starts_with("/api/models/");
    let parts: Vec<&str> = path
        .trim_start_matches("/api/models")
        .trim_start_matches('/')
        .splitn(5, '/')
        .collect();
    let [owner, name, kind, revision, ..] = parts[..] else {
        return refused("404 Not Found", "RepoNotFound");
    };
    let id = format!("{owner}/{name}");
    let Some(folder) = state.repositories.get(&id) else {
        return refused("404 Not Found", "RepoNotFound");
    };
    if id == CLOSED && token != Some(&format!("Bearer {TOKEN}")) {
        return refused("401 Unauthorized", "GatedRepo");
    }
    if ![COMMIT, "main"].contains(&revision) {
        return refused("404 Not Found", "RevisionNotFound");
    }
    match (is_api, kind, parts.get(4)) {
        (true, "revision", None) => json(serde_json::json!({"id": id, "sha": COMMIT})),
        (true, "tree", None) => json(tree(folder)),
        (false, "resolve", Some(file)) => resolve(state, &id, folder, file),
        _ => refused("404 Not Found", "EntryNotFound"),
    }
}

fn json(value: serde_json::Value) -> Reply {
    let headers = vec![("Content-Type", "application/json".to_owned())];
    Reply::new("200 OK", headers, value.to_string().into_bytes())
}

fn tree(folder: &Path) -> serde_json::Value {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        serde_json::json!({
            "type": "file",
            "oid": "00",
            "size": entry.metadata().unwrap().len(),
            "path": entry.file_name().to_str().unwrap(),
        })
    });
    entries.collect()
}

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn resolve(state: &State, id: &str, folder: &Path, file: &str) -> Reply {
    let Ok(bytes) = std::fs::read(folder.join(file)) else {
        return refused("404 Not Found", "EntryNotFound");
    };
    let sha256 = hex(&Sha256::digest(&bytes));
    let commit = ("X-Repo-Commit", COMMIT.to_owned());
    if !file.ends_with(".safetensors") {
        let etag = ("ETag", format!("\"{}\"", &sha256[..40]));
        return Reply::new("200 OK", vec![commit, etag], bytes);
    }
    let headers = vec![
        commit,
        ("ETag", format!("\"{}\"", &sha256[..40])),
        ("X-Linked-Etag", format!("\"{sha256}\"")),
        ("X-Linked-Size", bytes.len().to_string()),
        (
            "Location",
            format!("http://{}/large/{id}/{file}", state.large),
        ),
    ];
    Reply::new("302 Found", headers, Vec::new())
}

fn large(state: &State, path: &str) -> Reply {
    let (id, file) = path.rsplit_once('/').unwrap();
    let bytes = std::fs::read(state.repositories[id].join(file)).unwrap();
    let mut reply = Reply::new("200 OK", vec![], bytes);
    match *state.fault.lock().unwrap() {
        Fault::None => {}
        Fault::CutAfter(sent) => reply.sent = sent,
        Fault::Refuse => {
            reply = Reply::new("403 Forbidden", vec![], b"<Error>Expired</Error>".to_vec());
        }
    }
    reply
}
