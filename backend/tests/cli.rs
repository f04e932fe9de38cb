//! The tools, on an installation that runs and on the same one when it does not.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PROJECT: &str = "My first project";

fn medreg() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medreg"));
    for inherited in [
        "DATABASE_URL",
        "MEDREG_DATA",
        "MEDREG_LISTEN",
        "MEDREG_S3_BUCKET",
    ] {
        command.env_remove(inherited);
    }
    command
}

/// A `medreg up`, stopped in order when it goes.
struct Up {
    program: Child,
    url: String,
}

impl Up {
    fn start(data: &Path) -> Self {
        let mut program = medreg()
            .args(["up", "--no-worker", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            if let Ok(url) = fs::read_to_string(data.join("url"))
                && !url.is_empty()
            {
                return Self { program, url };
            }
            assert_eq!(program.try_wait().unwrap(), None, "medreg up ended");
            assert!(Instant::now() < deadline, "medreg up is not ready");
            std::thread::yield_now();
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let pid = self.program.id().to_string();
        let told = Command::new("kill").args(["-INT", &pid]).status();
        assert!(told.is_ok_and(|status| status.success()));
        assert!(self.program.wait().is_ok_and(|status| status.success()));
    }
}

/// What a program does with this on its standard input.
fn given(program: &mut Command, input: &str) -> Output {
    let mut program = program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = program.stdin.take().unwrap();
    // A command that reads nothing may be gone already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    program.wait_with_output().unwrap()
}

/// The tools of one data directory.
struct Tools(PathBuf);

impl Tools {
    fn call(&self, arguments: &[&str], input: &str) -> Output {
        given(medreg().args(arguments).arg("--data").arg(&self.0), input)
    }

    /// What a command that does its work prints.
    fn done(&self, arguments: &[&str], input: &str) -> String {
        let output = self.call(arguments, input);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn lines(&self, arguments: &[&str]) -> Vec<Value> {
        let text = self.done(arguments, "");
        text.lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect()
    }

    /// What a command says on standard error that ends with `code`.
    fn fails(&self, arguments: &[&str], code: i32) -> String {
        let output = self.call(arguments, "");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        said
    }
}

fn picture(path: &Path, shade: u8) {
    image::GrayImage::from_fn(64, 48, |x, y| image::Luma([shade ^ (x as u8) ^ (y as u8)]))
        .save(path)
        .unwrap();
}

/// One case read over HTTP, as a program of the administrator does it.
async fn read_a_case(url: &str, token: &str) {
    let http = reqwest::Client::new();
    let ask = async |method: reqwest::Method, path: String, body: Option<Value>| -> Value {
        let mut request = http
            .request(method, format!("{url}{path}"))
            .bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let reply = request.send().await.unwrap();
        assert!(
            reply.status().is_success(),
            "{path}: {:?}",
            reply.text().await
        );
        reply.json().await.unwrap()
    };
    let projects = ask(reqwest::Method::GET, "/api/projects".into(), None).await;
    let project = projects["projects"][0]["id"].as_str().unwrap().to_owned();
    let next = format!("/api/projects/{project}/cases/next");
    let case = ask(reqwest::Method::POST, next, Some(json!({}))).await;
    let path = format!(
        "/api/images/{}/annotation",
        case["image"]["id"].as_str().unwrap()
    );
    let region = json!({
        "id": uuid::Uuid::new_v4(), "bbox": [4, 4, 40, 30], "concept": "nodule", "presence": "present",
        "texts": { "en": "A round nodule.", "zh": "圆形结节。" },
    });
    let save = json!({ "based_on": 0, "content": { "regions": [region] } });
    ask(reqwest::Method::PUT, path.clone(), Some(save)).await;
    let submit = json!({ "revision": 1, "active_seconds": 3.0 });
    ask(
        reqwest::Method::POST,
        format!("{path}/submit"),
        Some(submit),
    )
    .await;
}

#[tokio::test]
async fn the_tools_do_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let tools = Tools(data.clone());
    let up = Up::start(&data);

    // Users and tokens.
    tools.done(
        &["user", "add", "anna", "--display-name", "Anna"],
        "a long enough secret\n",
    );
    let users = tools.lines(&["user", "list", "--json"]);
    let names: Vec<_> = users
        .iter()
        .map(|u| u["username"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["admin", "anna"]);
    assert!(
        tools
            .fails(&["user", "passwd", "nobody"], 1)
            .contains("there is no user `nobody`")
    );
    assert!(
        tools
            .fails(&["user", "passwd", "anna"], 2)
            .contains("standard input")
    );
    let token = tools.done(&["token", "create", "--name", "script"], "");
    let token = token.trim();

    // Images: three files, of which one is none.
    let scans = folder.path().join("scans");
    fs::create_dir_all(scans.join("deeper")).unwrap();
    picture(&scans.join("a.png"), 1);
    picture(&scans.join("deeper/b.png"), 2);
    fs::write(scans.join("notes.txt"), "not an image").unwrap();
    let scans = scans.to_str().unwrap();
    let import = [
        "import",
        "--project",
        PROJECT,
        "--attested",
        "--json",
        scans,
    ];
    let output = tools.call(&import, "");
    assert_eq!(output.status.code(), Some(1));
    let outcomes: Vec<_> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap()["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["added", "added", "refused"]);
    assert!(
        tools
            .fails(&["import", "--project", PROJECT, "/nowhere"], 2)
            .contains("/nowhere")
    );

    // Snapshots.
    let create = [
        "snapshot",
        "create",
        "--project",
        PROJECT,
        "--name",
        "v1",
        "--json",
    ];
    assert!(tools.fails(&create, 1).contains("nothing to cut"));
    assert!(
        tools
            .fails(&["snapshot", "list", "--project", "other"], 1)
            .contains(PROJECT)
    );
    read_a_case(&up.url, token).await;
    let snapshot = tools.lines(&create).remove(0);
    assert_eq!(tools.lines(&create)[0]["id"], snapshot["id"]);
    let id = snapshot["id"].as_str().unwrap();
    let archive = folder.path().join("v1.tar");
    let out = archive.to_str().unwrap();
    tools.done(
        &["snapshot", "export", id, "--format", "medreg", "--out", out],
        "",
    );
    let mut tar = tar::Archive::new(fs::File::open(&archive).unwrap());
    let entries: Vec<_> = tar
        .entries()
        .unwrap()
        .map(|e| e.unwrap().path().unwrap().into_owned())
        .collect();
    assert_eq!(
        entries[..2],
        [Path::new("manifest.json"), Path::new("cases.jsonl")]
    );
    assert_eq!(entries.len(), 3);
    let same = tools.done(&["snapshot", "diff", id, id], "");
    assert!(same.contains("1 unchanged"), "{same}");
    let sheet = tools.done(&["snapshot", "datasheet", id, "--format", "markdown"], "");
    assert!(sheet.contains("| all | 1 | 1 |"), "{sheet}");

    // Runs.
    let set = |setting: &str| {
        let launch = [
            "run",
            "launch",
            "--project",
            PROJECT,
            "--snapshot",
            id,
            "--name",
            "a",
        ];
        tools.call(
            &[launch.as_slice(), &["--json", "--set", setting]].concat(),
            "",
        )
    };
    for wrong in [
        "steps=0",
        "steps",
        "step=3",
        "steps.deep=1",
        "schedule=step",
    ] {
        assert_eq!(set(wrong).status.code(), Some(2), "{wrong}");
    }
    let launched: Value = serde_json::from_slice(&set("schedule=linear").stdout).unwrap();
    let first = launched["id"].as_str().unwrap();
    assert_eq!(launched["config"]["schedule"], "linear");
    let second = tools
        .lines(&["run", "clone", first, "--set", "steps=7", "--json"])
        .remove(0);
    assert_eq!(
        (&second["name"], &second["cloned_from"]),
        (&json!("a (2)"), &json!(first))
    );
    let compared = tools.done(
        &["run", "compare", first, second["id"].as_str().unwrap()],
        "",
    );
    let rows: Vec<Vec<&str>> = compared
        .lines()
        .map(|l| {
            l.split("  ")
                .map(str::trim)
                .filter(|c| !c.is_empty())
                .collect()
        })
        .collect();
    assert_eq!(
        rows,
        [
            vec!["name", "a", "a (2)"],
            vec!["steps", "600", "7"],
            vec!["state", "queued", "queued"]
        ]
    );
    tools.done(
        &["run", "note", first, "--tag", "best", "--text", "good"],
        "",
    );
    let found = tools.lines(&[
        "run",
        "list",
        "--project",
        PROJECT,
        "--tag",
        "best",
        "--json",
    ]);
    assert_eq!((found.len(), &found[0]["notes"]), (1, &json!("good")));
    assert!(
        tools
            .fails(&["run", "resume", first], 1)
            .contains("can be resumed")
    );
    assert_eq!(
        tools.lines(&["run", "stop", first, "--json"])[0]["state"],
        "stopped"
    );
    assert_eq!(
        tools.lines(&["run", "resume", first, "--json"])[0]["state"],
        "queued"
    );
    assert!(
        tools
            .done(&["run", "show", first], "")
            .contains("learning_rate")
    );
    assert_eq!(tools.done(&["run", "log", first], ""), "");

    // The audit trail knows of all this.
    assert!(tools.done(&["audit", "verify"], "").contains("whole"));
    drop(up);

    // The same, while nothing runs: the tool brings the database up, and down again.
    assert_eq!(tools.lines(&["user", "list", "--json"]).len(), 2);
    assert!(!data.join("postgres/data/postmaster.pid").exists());
    assert!(
        tools
            .done(&["snapshot", "verify", id], "")
            .contains("2 objects checked")
    );
    damage(
        &data.join("objects"),
        &snapshot["manifest"]["cases"]["sha256"],
    );
    assert!(
        tools
            .fails(&["snapshot", "verify", id], 1)
            .contains("the cases")
    );
}

/// Turns one bit of an object over.
fn damage(objects: &Path, digest: &Value) {
    let digest = digest.as_str().unwrap();
    let mut folders = vec![objects.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(digest)
            {
                let mut bytes = fs::read(&path).unwrap();
                bytes[10] ^= 1;
                return fs::write(&path, bytes).unwrap();
            }
        }
    }
    panic!("no object {digest}");
}

#[test]
fn a_wrong_call_is_told_apart_from_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let tools = Tools(folder.path().join("nothing"));
    assert!(
        tools
            .fails(&["user", "list"], 1)
            .contains("holds no installation")
    );
    assert!(!folder.path().join("nothing").exists());
    assert!(
        tools
            .fails(&["serve"], 2)
            .contains("DATABASE_URL is missing")
    );
    tools.fails(&["token", "create", "--scope", "root", "--name", "x"], 2);
    tools.fails(&["snapshot", "verify", "not-a-hash"], 2);
    let listen = medreg()
        .args(["up", "--data"])
        .arg(&tools.0)
        .env("MEDREG_LISTEN", "8080")
        .output();
    assert_eq!(listen.unwrap().status.code(), Some(2));
}

/// `medreg lint` with this on its standard input: its exit code, what it found, what it said.
fn lint(arguments: &[&str], input: &str) -> (i32, Vec<Value>, String) {
    let output = given(medreg().arg("lint").args(arguments), input);
    let found = String::from_utf8(output.stdout).unwrap();
    let found = found.lines().map(|l| serde_json::from_str(l).unwrap());
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), found.collect(), said)
}

#[test]
fn descriptions_that_disagree_are_found_line_by_line() {
    let pair = |en: &str, zh: &str| format!("{}\n", json!({ "texts": { "en": en, "zh": zh } }));
    let clean = pair("A 3 cm cyst of the left kidney.", "左肾囊肿，30毫米。");
    assert_eq!(lint(&["-"], &clean).0, 0);
    let wrong = clean.clone() + "\n" + &pair("Left kidney, 3 cm.", "右肾，5厘米。");
    let (code, found, said) = lint(&["-"], &wrong);
    assert_eq!(code, 1);
    let told: Vec<_> = found.iter().map(|f| (&f["line"], &f["rule"])).collect();
    assert_eq!(
        told,
        [
            (&json!(3), &json!("laterality")),
            (&json!(3), &json!("numbers"))
        ]
    );
    assert!(
        said.contains("3 lines, 2 findings (laterality 1, numbers 1)"),
        "{said}"
    );
    let (_, found, said) = lint(&["--rule", "numbers", "--json", "-"], &wrong);
    assert_eq!(found.len(), 1);
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap()["findings"], 1);
    let (code, _, said) = lint(&["-"], "{}\n");
    assert_eq!(
        (code, said.contains("-:1: this line has neither")),
        (1, true),
        "{said}"
    );
    assert_eq!(lint(&["--rule", "spelling", "-"], "").0, 2);
    assert_eq!(lint(&["no-such-file.jsonl"], "").0, 2);
}

#[test]
fn an_export_is_read_in_both_languages() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets/samples");
    let export = samples.join("medreginstruct/export/train/describe.en.jsonl");
    let (code, found, said) = lint(&[export.to_str().unwrap()], "");
    assert_eq!((code, found.len()), (0, 0), "{found:?}");
    assert!(said.contains("describe.zh.jsonl"), "{said}");
    let folder = tempfile::tempdir().unwrap();
    for lang in ["en", "zh"] {
        let name = format!("describe.{lang}.jsonl");
        let text = fs::read_to_string(export.with_file_name(&name)).unwrap();
        fs::write(folder.path().join(name), text.replace("3厘米", "8厘米")).unwrap();
    }
    let changed = folder.path().join("describe.en.jsonl");
    let (code, found, _) = lint(&[changed.to_str().unwrap()], "");
    assert_eq!(
        (code, &found[0]["rule"], &found[0]["line"]),
        (1, &json!("numbers"), &json!(2))
    );
    // A blank line is none, in the other language's file too.
    for lang in ["en", "zh"] {
        let name = format!("describe.{lang}.jsonl");
        let text = fs::read_to_string(export.with_file_name(&name)).unwrap();
        fs::write(folder.path().join(name), format!("\n{text}\n")).unwrap();
    }
    let (_, _, said) = lint(&[changed.to_str().unwrap()], "");
    assert!(!said.contains("could not be read"), "{said}");
    let corpus = samples.join("lint/held-out.jsonl");
    let (code, rows, _) = lint(&["--score", "--json", corpus.to_str().unwrap()], "");
    assert_eq!(code, 0);
    assert!(
        rows.iter()
            .any(|r| r["rule"] == "laterality" && r["langs"] == "en-zh")
    );
}

#[test]
fn an_import_can_be_tried_with_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let scans = folder.path().join("scans");
    fs::create_dir(&scans).unwrap();
    picture(&scans.join("a.png"), 1);
    fs::write(scans.join("notes.txt"), "not an image").unwrap();
    let intake = |more: &[&str]| {
        let output = medreg()
            .arg("intake")
            .args(more)
            .arg(&scans)
            .output()
            .unwrap();
        let [said, told] = [output.stdout, output.stderr].map(|t| String::from_utf8(t).unwrap());
        (output.status.code(), said, told)
    };
    let (code, table, told) = intake(&[]);
    assert_eq!((code, told.as_str()), (Some(1), ""), "{table}");
    let rows: Vec<&str> = table.lines().collect();
    assert!(
        rows[0].contains("a.png") && rows[0].contains("64×48") && rows[0].contains("held: "),
        "{table}"
    );
    assert!(
        rows[1].contains("notes.txt") && rows[1].contains("refused: it is text"),
        "{table}"
    );
    assert!(
        table.contains("2 files: 0 taken, 1 held until a person has looked at them, 1 refused"),
        "{table}"
    );

    let pixels = folder.path().join("pixels");
    let write = [
        "--json",
        "--attested",
        "--modality",
        "mr",
        "--pixels",
        pixels.to_str().unwrap(),
    ];
    let (_, lines, _) = intake(&write);
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["kind"], &first["outcome"], &first["modality"]),
        (&json!("PNG"), &json!("taken"), &json!("mr"))
    );
    let written = image::open(first["pixels"][0].as_str().unwrap()).unwrap();
    assert_eq!(written, image::open(scans.join("a.png")).unwrap());
    let (code, _, told) = intake(&write);
    assert_eq!(code, Some(2), "what is there is not written over: {told}");
}

#[test]
fn every_command_shows_an_example() {
    let commands: &[&[&str]] = &[
        &["up"],
        &["serve"],
        &["import"],
        &["intake"],
        &["openapi"],
        &["lint"],
        &["audit", "verify"],
        &["snapshot", "list"],
        &["snapshot", "create"],
        &["snapshot", "datasheet"],
        &["snapshot", "diff"],
        &["snapshot", "export"],
        &["snapshot", "verify"],
        &["run", "list"],
        &["run", "show"],
        &["run", "launch"],
        &["run", "stop"],
        &["run", "resume"],
        &["run", "clone"],
        &["run", "compare"],
        &["run", "log"],
        &["run", "note"],
        &["token", "create"],
        &["token", "revoke"],
        &["token", "list"],
        &["user", "add"],
        &["user", "passwd"],
        &["user", "list"],
    ];
    for command in commands {
        let output = medreg().args(*command).arg("--help").output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        let example = format!("medreg {}", command.join(" "));
        let (_, shown) = help
            .split_once("Example:")
            .unwrap_or_else(|| panic!("{command:?}"));
        assert!(shown.contains(&example), "{help}");
    }
}

fn found(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../datasets/samples/formats/found")
        .join(path)
}

/// `medreg convert` from COCO's sample to a table.
fn convert(more: &[&str], output: &Path) -> Output {
    let mut command = medreg();
    command
        .args(["convert", "--from", "coco", "--to", "csv"])
        .args(more);
    command
        .arg(found("coco.json"))
        .arg(output)
        .output()
        .unwrap()
}

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_bad_row_of_a_data_set_leaves_no_output_unless_it_may_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.csv");
    let refused = convert(&[], &output);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(
        said.contains("coco.json, annotation 6 (line 7)") && said.contains("--on-error skip"),
        "{said}"
    );
    let dry = convert(&["--dry-run"], &output);
    let said = String::from_utf8(dry.stderr).unwrap();
    assert_eq!(dry.status.code(), Some(1), "{said}");
    assert_eq!(
        said.lines()
            .filter(|line| line.contains("coco.json, "))
            .count(),
        8,
        "{said}"
    );
    assert_eq!(entries(folder.path()), 0);
    let skipped = convert(&["--on-error", "skip", "--json"], &output);
    assert_eq!(skipped.status.code(), Some(0));
    let summary: Value = serde_json::from_slice(&skipped.stdout).unwrap();
    assert_eq!(
        (&summary["skipped"], &summary["regions"]),
        (&json!(8), &json!(2)),
        "{summary}"
    );
    assert_eq!(summary["left_out"].as_array().unwrap().len(), 8);
    assert_eq!(entries(folder.path()), 1);
    let again = convert(&["--on-error", "skip"], &output);
    assert_eq!(
        again.status.code(),
        Some(2),
        "an output that is there is not written over"
    );
    let over = convert(&["--on-error", "skip", "--overwrite"], &output);
    assert_eq!((over.status.code(), entries(folder.path())), (Some(0), 1));
}

#[test]
fn data_sets_go_through_pipes_and_wrong_calls_are_told() {
    let lines = fs::read(found("instruct.jsonl")).unwrap();
    let mut command = medreg();
    command.args([
        "convert",
        "--from",
        "medreginstruct",
        "--to",
        "internvl",
        "--on-error",
        "skip",
        "-",
        "-",
    ]);
    let mut program = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    program.stdin.take().unwrap().write_all(&lines).unwrap();
    let done = program.wait_with_output().unwrap();
    assert_eq!(
        done.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert_eq!(String::from_utf8(done.stdout).unwrap().lines().count(), 5);
    let code = |args: &[&str]| {
        medreg()
            .arg("convert")
            .args(args)
            .output()
            .unwrap()
            .status
            .code()
    };
    let folder = found("yolo").display().to_string();
    assert_eq!(code(&["--from", "coko", "--to", "csv", "a", "b"]), Some(2));
    assert_eq!(
        code(&["--from", "coco", "--to", "csv", "not-there.json", "-"]),
        Some(2)
    );
    assert_eq!(
        code(&["--from", "yolo", "--to", "voc", &folder, "-"]),
        Some(2)
    );
    assert_eq!(code(&["--from", "yolo", "--to", "csv", "-", "-"]), Some(2));
}
