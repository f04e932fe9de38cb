//! `medreg up`, as a shell starts it: everything it starts ends with it, and everything it keeps is there again.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A running `medreg up`, killed if a test leaves it behind.
struct Up {
    child: Child,
    out: BufReader<ChildStdout>,
    greeting: String,
    address: String,
}

impl Up {
    /// Starts it and reads what it prints until it has said how to stop it.
    fn start(data: &Path, arguments: &[&str], trainer: Option<&Path>) -> Self {
        let trainer = trainer.map(|program| ("MEDREG_TRAINER", program.as_os_str()));
        Self::start_with(data, arguments, trainer.as_slice())
    }

    fn start_with(data: &Path, arguments: &[&str], environment: &[(&str, &OsStr)]) -> Self {
        let mut command = medreg();
        command.args(["up", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(data).args(arguments).stdout(Stdio::piped());
        command.envs(environment.iter().copied());
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut greeting = String::new();
        while !greeting.contains("Ctrl-C stops it") {
            assert_ne!(
                out.read_line(&mut greeting).unwrap(),
                0,
                "it ended: {greeting}"
            );
        }
        let address = fs::read_to_string(data.join("url")).unwrap();
        Self {
            child,
            out,
            greeting,
            address,
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([name, &pid]).status();
        assert!(status.unwrap().success());
    }

    /// Sends a signal and waits for the end.
    fn end(mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        self.out.read_to_string(&mut self.greeting).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, deaf to the settings of whoever runs the tests.
fn medreg() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medreg"));
    for variable in ["DATABASE_URL", "MEDREG_S3_BUCKET", "MEDREG_DATA"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null());
    command
}

fn password(data: &Path) -> String {
    let credentials = fs::read_to_string(data.join("credentials")).unwrap();
    let line = credentials
        .lines()
        .find_map(|l| l.strip_prefix("password: "));
    line.unwrap().to_owned()
}

/// A signed-in administrator.
struct Admin {
    client: reqwest::Client,
    address: String,
    cookie: String,
    csrf: String,
}

impl Admin {
    async fn of(up: &Up, data: &Path) -> Self {
        let client = reqwest::Client::new();
        let answer = client
            .post(format!("{}/api/session", up.address))
            .json(&json!({ "username": "admin", "password": password(data) }))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let session: Value = answer.json().await.unwrap();
        Self {
            client,
            address: up.address.clone(),
            cookie,
            csrf: session["csrf_token"].as_str().unwrap().to_owned(),
        }
    }

    async fn create_project(&self, name: &str) {
        let answer = self
            .client
            .post(format!("{}/api/projects", self.address))
            .header("Cookie", &self.cookie)
            .header("X-CSRF-Token", &self.csrf)
            .json(&json!({ "name": name }))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 201);
    }

    async fn projects(&self) -> Vec<String> {
        let answer = self
            .client
            .get(format!("{}/api/projects", self.address))
            .header("Cookie", &self.cookie)
            .send()
            .await
            .unwrap();
        let body: Value = answer.json().await.unwrap();
        let projects = body["projects"].as_array().unwrap().iter();
        projects
            .map(|p| p["name"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// The data directory's Postgres, if one runs.
fn postgres_of(data: &Path) -> Option<PathBuf> {
    let file = fs::read_to_string(data.join("postgres/data/postmaster.pid")).ok()?;
    let process = Path::new("/proc").join(file.lines().next()?);
    process.exists().then_some(process)
}

/// Waits until a process is gone, or is only a name that nobody has asked after yet.
fn wait_for_end(process: &Path) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while fs::read(process.join("cmdline")).is_ok_and(|line| !line.is_empty()) {
        assert!(Instant::now() < deadline, "{} lives", process.display());
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn ctrl_c_ends_all_and_a_second_start_keeps_all() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let first = Up::start(data, &["--no-worker"], None);
    let password = password(data);
    assert!(first.greeting.contains(&password), "{}", first.greeting);
    for private in ["credentials", "pseudonym.key", "url"] {
        let mode = fs::metadata(data.join(private))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{private}");
    }
    let objects = fs::metadata(data.join("objects")).unwrap();
    assert_eq!(objects.permissions().mode() & 0o777, 0o700);
    Admin::of(&first, data).await.create_project("胸部").await;
    let address = first.address.clone();
    let postgres = postgres_of(data).unwrap();
    assert!(first.end("-INT").success());
    assert!(postgres_of(data).is_none());
    wait_for_end(&postgres);
    assert!(reqwest::get(address).await.is_err());
    assert!(!data.join("url").exists());

    let second = Up::start(data, &["--no-worker"], None);
    assert!(!second.greeting.contains(&password), "it is shown once");
    assert!(second.greeting.contains("credentials"));
    let projects = Admin::of(&second, data).await.projects().await;
    assert!(projects.contains(&"胸部".to_owned()), "{projects:?}");
    assert_eq!(projects.len(), 2, "the first project is made once");
    assert!(second.end("-TERM").success());
    assert!(postgres_of(data).is_none());
}

#[tokio::test]
async fn after_a_kill_it_starts_again_with_all_that_was_saved() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let first = Up::start(data, &["--no-worker"], None);
    Admin::of(&first, data).await.create_project("kept").await;
    assert!(!first.end("-KILL").success());
    assert!(
        postgres_of(data).is_some(),
        "a killed program stops nothing"
    );

    let second = Up::start(data, &["--no-worker"], None);
    let projects = Admin::of(&second, data).await.projects().await;
    assert!(projects.contains(&"kept".to_owned()), "{projects:?}");
    assert!(second.end("-INT").success());
    assert!(postgres_of(data).is_none());
}

#[test]
fn a_second_program_on_the_same_data_is_told_so() {
    let data = tempfile::tempdir().unwrap();
    let first = Up::start(data.path(), &["--no-worker"], None);
    let second = medreg()
        .args(["up", "--no-worker", "--listen", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("already runs on"), "{said}");
    assert!(first.end("-INT").success());
}

/// As in most containers: no user namespaces, and a data directory in a folder that is root's alone.
#[test]
fn root_without_namespaces_may_keep_its_data_to_itself() {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let refusing = folder.path().join("bin");
    fs::create_dir(&refusing).unwrap();
    fs::write(refusing.join("unshare"), "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(refusing.join("unshare"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", refusing.display());
    let data = folder.path().join("data");
    let up = Up::start_with(&data, &["--no-worker"], &[("PATH", path.as_ref())]);
    let postgres = fs::metadata(postgres_of(&data).unwrap()).unwrap();
    assert_eq!(postgres.uid(), 65534);
    assert!(up.end("-INT").success());
}

#[test]
fn a_data_directory_that_is_not_ours_is_named() {
    let data = tempfile::tempdir().unwrap();
    // What stands in the lock's place stops root too.
    fs::create_dir(data.path().join("lock")).unwrap();
    let refused = medreg()
        .args(["up", "--no-worker", "--data"])
        .arg(data.path())
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    let data = data.path().to_string_lossy();
    assert!(said.contains(&*data) && said.contains("--data"), "{said}");
}

#[test]
fn without_postgres_it_says_what_to_install() {
    let data = tempfile::tempdir().unwrap();
    let refused = medreg()
        .args(["up", "--no-worker", "--data"])
        .arg(data.path())
        .env("MEDREG_POSTGRES_BIN", "/nowhere")
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("MEDREG_POSTGRES_BIN is `/nowhere`"), "{said}");
}

/// `medreg import` of a pipe, which it waits for until the test writes into it.
struct Import {
    child: Child,
    pipe: fs::File,
}

impl Import {
    /// Starts it, and returns when it reads.
    fn start(data: &Path, pipe: &Path) -> Self {
        let made = Command::new("mkfifo").arg(pipe).status();
        assert!(made.unwrap().success());
        let child = medreg()
            .args(["import", "--project", "My first project", "--data"])
            .args([data, pipe])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let pipe = fs::File::options().write(true).open(pipe).unwrap();
        Self { child, pipe }
    }

    fn send(&mut self, level: u8) {
        let picture = image::GrayImage::from_pixel(4, 4, image::Luma([level]));
        let mut png = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
        self.pipe.write_all(png.get_ref()).unwrap();
    }

    fn end(self) -> String {
        drop(self.pipe);
        let output = self.child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A data directory whose server was started once.
fn installation() -> TempDir {
    let data = tempfile::tempdir().unwrap();
    let up = Up::start(data.path(), &["--no-worker"], None);
    assert!(up.end("-INT").success());
    data
}

#[test]
fn a_tool_that_is_told_to_stop_leaves_no_postgres() {
    let (data, pipes) = (installation(), tempfile::tempdir().unwrap());
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let mut import = Import::start(data.path(), &pipes.path().join(signal));
        let postgres = postgres_of(data.path()).unwrap();
        let pid = import.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.unwrap().success());
        assert_eq!(import.child.wait().unwrap().code(), Some(code));
        assert!(postgres_of(data.path()).is_none());
        wait_for_end(&postgres);
    }
}

#[test]
fn a_tool_leaves_the_database_to_the_next_one_that_uses_it() {
    let (data, pipes) = (installation(), tempfile::tempdir().unwrap());
    let mut first = Import::start(data.path(), &pipes.path().join("first"));
    let mut second = Import::start(data.path(), &pipes.path().join("second"));
    first.send(1);
    let Import { mut child, pipe } = first;
    drop(pipe);
    // It says that it waits, or it ends.
    let mut said = String::new();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    while !said.contains("waiting") && told.read_line(&mut said).unwrap() > 0 {}
    second.send(2);
    assert_eq!(second.end(), "1 added, 0 known already, 0 refused\n");
    assert!(child.wait().unwrap().success());
    assert!(said.contains("waiting"), "{said}");
    assert!(postgres_of(data.path()).is_none());
}

/// A program in the trainer's place that tells of its life through a pipe, for only its being alive matters here.
struct Trainer {
    folder: TempDir,
}

impl Trainer {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let news = folder.path().join("news");
        let made = Command::new("mkfifo").arg(&news).status();
        assert!(made.unwrap().success());
        let news = news.display();
        // A killed server's threads end one after another, and the kernel may tell the trainer of each.
        let script = format!(
            "#!/bin/sh\ntrap 'trap \"\" TERM; kill $!; echo ended > {news}; exit 0' TERM\nsleep 1000 &\necho \"$$ $*\" > {news}\nwait\n"
        );
        let program = folder.path().join("medreg-trainer");
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("medreg-trainer")
    }

    /// Waits for the next thing it tells.
    fn news(&self) -> String {
        fs::read_to_string(self.folder.path().join("news")).unwrap()
    }
}

#[test]
fn a_trainer_that_dies_is_started_again_and_ends_with_the_server() {
    let data = tempfile::tempdir().unwrap();
    let trainer = Trainer::new();
    let up = Up::start(data.path(), &[], Some(&trainer.program()));
    let first = trainer.news();
    let (pid, arguments) = first.split_once(' ').unwrap();
    let wanted = format!("worker --server {} --token-file", up.address);
    assert!(arguments.starts_with(&wanted), "{arguments}");
    assert!(
        Command::new("kill")
            .args(["-9", pid])
            .status()
            .unwrap()
            .success()
    );
    let second = trainer.news();
    assert_ne!(second.split_once(' ').unwrap().0, pid);
    up.signal("-INT");
    assert_eq!(trainer.news(), "ended\n");
    assert!(up.end("-0").success());
}

#[test]
fn a_trainer_does_not_outlive_a_killed_server() {
    let data = tempfile::tempdir().unwrap();
    let trainer = Trainer::new();
    let up = Up::start(data.path(), &[], Some(&trainer.program()));
    trainer.news();
    assert!(!up.end("-KILL").success());
    assert_eq!(trainer.news(), "ended\n");
    // The killed server could not stop its Postgres; the next start does, and stops its own.
    let next = Up::start(data.path(), &["--no-worker"], None);
    assert!(next.end("-INT").success());
}
