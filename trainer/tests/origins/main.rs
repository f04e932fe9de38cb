//! Models that are not in a folder: from the hub, over HTTP as its client speaks it, and from an S3 server; and how they are named.

#![allow(clippy::unwrap_used)] // A test that cannot go on should say where.

mod hub_server;
mod s3_server;

use candle_core::DType;
use hub_server::{CLOSED, COMMIT, Fault, Hub, TOKEN};
use medreg_trainer::checkpoint::{Pretrained, save_tensors};
use medreg_trainer::registry::{
    Fetched, HubAccess, HubModel, ModelOrigin, OriginError, StoreModel, Watch,
};
use s3_server::{BUCKET, KEY_ID, S3, SECRET};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// The base model that ships, as a folder: small and complete.
fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("base")
}

/// A copy of it beside what else people publish.
fn published() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        std::fs::copy(shipped().join(name), dir.path().join(name)).unwrap();
    }
    for name in ["README.md", "optimizer.pt", "pytorch_model.bin"] {
        std::fs::write(dir.path().join(name), "not needed").unwrap();
    }
    dir
}

/// The same in two shards, beside a third that the index does not name.
fn sharded() -> TempDir {
    let dir = published();
    std::fs::remove_file(dir.path().join("model.safetensors")).unwrap();
    let tensors = Pretrained::load(&shipped()).unwrap().tensors;
    let mut map = serde_json::Map::new();
    for n in 0..2 {
        let shard = format!("model-{n}.safetensors");
        let part = tensors.iter().enumerate().filter(|(i, _)| i % 2 == n);
        let part: BTreeMap<_, _> = part
            .map(|(_, (name, tensor))| (name.clone(), tensor.clone()))
            .collect();
        map.extend(part.keys().map(|name| (name.clone(), shard.clone().into())));
        save_tensors(&dir.path().join(shard), &part, DType::F16).unwrap();
    }
    let index = serde_json::json!({ "weight_map": map }).to_string();
    std::fs::write(dir.path().join("model.safetensors.index.json"), index).unwrap();
    std::fs::write(dir.path().join("model-9.safetensors"), "not needed").unwrap();
    dir
}

/// A model that cannot be used, with weights nobody should fetch.
fn unsupported() -> TempDir {
    let dir = published();
    let path = dir.path().join("config.json");
    let config = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, config.replace("\"qwen2\"", "\"internlm2\"")).unwrap();
    dir
}

fn hub_model(text: &str) -> HubModel {
    match text.parse() {
        Ok(ModelOrigin::Hub(model)) => model,
        other => unreachable!("{text}: {other:?}"),
    }
}

fn store_model(text: &str) -> StoreModel {
    match text.parse() {
        Ok(ModelOrigin::Store(model)) => model,
        other => unreachable!("{text}: {other:?}"),
    }
}

fn nobody() -> Watch {
    Arc::new(|_| ())
}

fn same_as_shipped(here: &Fetched) {
    let (found, expected) = (
        Pretrained::load(&here.folder).unwrap(),
        Pretrained::load(&shipped()).unwrap(),
    );
    assert_eq!(found.config, expected.config);
    assert!(found.tensors.keys().eq(expected.tensors.keys()));
    for (name, tensor) in &found.tensors {
        let other = &expected.tensors[name];
        let values = |t: &candle_core::Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(values(tensor), values(other), "{name}");
    }
}

/// Which files were asked for, each once, in order.
fn files(hub: &Hub) -> Vec<String> {
    let mut names = Vec::new();
    for asked in hub.asked() {
        if let Some((_, file)) = asked.line.split_once(&format!("/resolve/{COMMIT}/"))
            && !names.iter().any(|name| name == file)
        {
            names.push(file.to_owned());
        }
    }
    names
}

fn access(hub: &Hub, cache: &Path, token: Option<&str>) -> HubAccess {
    HubAccess {
        endpoint: Some(hub.endpoint.clone()),
        token: token.map(str::to_owned),
        cache: Some(cache.to_owned()),
    }
}

#[test]
fn a_text_names_a_model_or_is_refused_with_what_is_expected() {
    for (text, shown) in [
        ("shapes", "shapes"),
        ("./shapes", "./shapes"),
        ("models/mine", "models/mine"),
        ("/a folder/ä", "/a folder/ä"),
        ("s3://models", "s3://models/"),
        ("s3://models/a/b/", "s3://models/a/b"),
        ("hub:clinic/shapes", "hub:clinic/shapes"),
        ("hub:clinic/shapes@main", "hub:clinic/shapes"),
        (
            "hub:clinic/Shapes-1.0_b@refs/pr/1",
            "hub:clinic/Shapes-1.0_b@refs/pr/1",
        ),
    ] {
        let origin: ModelOrigin = text.parse().unwrap();
        assert_eq!(origin.to_string(), shown);
        assert_eq!(shown.parse::<ModelOrigin>().unwrap(), origin, "{text}");
    }
    for (text, reason) in [
        ("", "no path"),
        ("a\0b", "no path"),
        ("https://example.org/model", "no address that is known"),
        ("s3:/models/a", "no address that is known"),
        ("s3://", "a bucket's name"),
        ("s3://Models/a", "a bucket's name"),
        ("s3://models/a/../b", "its prefix"),
        ("s3://models//a", "its prefix"),
        ("s3://models/a//", "its prefix"),
        ("hub:shapes", "an owner and a name"),
        ("hub:/shapes", "owner and name are"),
        ("hub:clinic/shapes/more", "owner and name are"),
        ("hub:clinic/..", "owner and name are"),
        ("hub:clinic/sha pes", "owner and name are"),
        ("hub:clinic/a--b", "owner and name are"),
        ("hub:clinic/shapes@", "its revision"),
        ("hub:clinic/shapes@../../x", "its revision"),
        ("hub:clinic/shapes@a?b", "its revision"),
    ] {
        let said = text.parse::<ModelOrigin>().unwrap_err().to_string();
        assert!(said.contains(reason), "{text}: {said}");
        assert!(
            said.contains("hub:OWNER/NAME@REVISION is expected"),
            "{said}"
        );
    }
    let base = |text: &str| {
        text.parse::<ModelOrigin>()
            .unwrap()
            .beside(Path::new("runs"))
    };
    assert_eq!(base("mine"), ModelOrigin::Folder("runs/mine".into()));
    assert_eq!(base("shapes"), ModelOrigin::Builtin("shapes"));
}

#[tokio::test]
async fn a_model_of_the_hub_is_fetched_once_and_found_again_without_it() {
    let (model, cache) = (published(), tempfile::tempdir().unwrap());
    let mut hub = Hub::start(&[(CLOSED, model.path())]);
    let access = access(&hub, cache.path(), Some(TOKEN));
    let shown = Arc::new(Mutex::new(BTreeMap::new()));
    let seen = shown.clone();
    let watch: Watch = Arc::new(move |transfer| {
        let last = (transfer.done, transfer.of);
        seen.lock().unwrap().insert(transfer.file.to_owned(), last);
    });
    let here = hub_model("hub:clinic/closed")
        .fetch(&access, &watch)
        .await
        .unwrap();
    same_as_shipped(&here);
    assert_eq!(
        here.origin.to_string(),
        format!("hub:clinic/closed@{COMMIT}")
    );
    let length = std::fs::metadata(shipped().join("model.safetensors"))
        .unwrap()
        .len();
    assert_eq!(shown.lock().unwrap()["model.safetensors"], (length, length));
    let asked = hub.asked();
    let to_another_host: Vec<_> = asked
        .iter()
        .filter(|asked| asked.line.contains("/large/"))
        .collect();
    assert!(!to_another_host.is_empty() && to_another_host.iter().all(|asked| !asked.token));
    assert!(
        asked.iter().any(|asked| asked.token),
        "the hub itself gets it"
    );
    let unneeded = |line: &str| ["README", ".pt", ".bin"].iter().any(|n| line.contains(n));
    assert!(
        !asked.iter().any(|asked| unneeded(&asked.line)),
        "{asked:?}"
    );

    let pinned = hub_model(&format!("hub:clinic/closed@{COMMIT}"));
    assert_eq!(pinned.fetch(&access, &nobody()).await.unwrap(), here);
    assert!(
        hub.asked().is_empty(),
        "a commit that is there is not asked for"
    );
    hub.stop();
    let main = hub_model("hub:clinic/closed");
    assert_eq!(main.fetch(&access, &nobody()).await.unwrap(), here);
    let elsewhere = HubAccess {
        cache: Some(cache.path().join("empty")),
        ..access
    };
    let error = main.fetch(&elsewhere, &nobody()).await.unwrap_err();
    assert!(matches!(error, OriginError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn of_shards_those_are_fetched_that_the_index_names() {
    let (model, cache) = (sharded(), tempfile::tempdir().unwrap());
    let hub = Hub::start(&[("clinic/sharded", model.path())]);
    let access = access(&hub, cache.path(), None);
    let sharded = hub_model("hub:clinic/sharded");
    same_as_shipped(&sharded.fetch(&access, &nobody()).await.unwrap());
    assert_eq!(
        files(&hub),
        [
            "config.json",
            "tokenizer.json",
            "model.safetensors.index.json",
            "model-0.safetensors",
            "model-1.safetensors"
        ]
    );
    let outside = r#"{"weight_map": {"a": "../../elsewhere.safetensors"}}"#;
    std::fs::write(model.path().join("model.safetensors.index.json"), outside).unwrap();
    let fresh = HubAccess {
        cache: Some(cache.path().join("fresh")),
        ..access
    };
    let error = sharded.fetch(&fresh, &nobody()).await.unwrap_err();
    assert!(error.to_string().contains("no plain file name"), "{error}");
}

#[tokio::test]
async fn the_hub_says_no_in_words_and_nothing_heavy_was_fetched() {
    let (model, wrong, cache) = (published(), unsupported(), tempfile::tempdir().unwrap());
    let unread = published();
    std::fs::remove_file(unread.path().join("model.safetensors")).unwrap();
    let hub = Hub::start(&[
        ("clinic/shapes", model.path()),
        (CLOSED, model.path()),
        ("clinic/internlm", wrong.path()),
        ("clinic/pickled", unread.path()),
    ]);
    for (text, token, words) in [
        (
            "hub:nobody/nothing",
            "hf_of_nobody",
            "the hub has no such model",
        ),
        (
            "hub:clinic/shapes@v9",
            "hf_of_nobody",
            "it has no revision `v9`",
        ),
        ("hub:clinic/closed", "hf_of_somebody", "set HF_TOKEN"),
        ("hub:clinic/internlm", "hf_of_nobody", "`internlm2`"),
        (
            "hub:clinic/pickled",
            "hf_of_nobody",
            "other formats are not read",
        ),
    ] {
        let access = access(&hub, cache.path(), Some(token));
        let error = hub_model(text).fetch(&access, &nobody()).await.unwrap_err();
        assert!(error.is_wrong_call(), "{error:?}");
        let said = error.to_string();
        assert!(
            said.starts_with(text) && said.contains(words),
            "{text}: {said}"
        );
        assert!(!said.contains(TOKEN) && !format!("{access:?}").contains(token));
    }
    assert!(files(&hub).iter().all(|file| file == "config.json"));
}

#[tokio::test]
async fn what_the_hub_breaks_off_is_not_taken_for_whole_and_fetched_anew() {
    let (model, cache) = (published(), tempfile::tempdir().unwrap());
    let hub = Hub::start(&[("clinic/shapes", model.path())]);
    let access = access(&hub, cache.path(), None);
    let shapes = hub_model("hub:clinic/shapes");
    for fault in [Fault::CutAfter(100_000), Fault::Refuse] {
        hub.misbehave(fault);
        for _ in 0..2 {
            let error = shapes.fetch(&access, &nobody()).await.unwrap_err();
            assert!(matches!(error, OriginError::Broken { .. }), "{error:?}");
            assert!(
                error
                    .to_string()
                    .contains("model.safetensors did not come whole")
            );
        }
    }
    hub.misbehave(Fault::None);
    hub.asked();
    same_as_shipped(&shapes.fetch(&access, &nobody()).await.unwrap());
    assert_eq!(files(&hub), ["model.safetensors"], "the rest was there");
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Which objects were asked for.
fn objects(requests: &str, prefix: &str) -> Vec<String> {
    let start = format!("GET /{BUCKET}/{prefix}/");
    let names = requests
        .lines()
        .filter_map(|line| line.strip_prefix(&start)?.split_once(' '));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_in_a_bucket_is_fetched_once_and_followed_when_it_changes() {
    let (mut s3, cache) = (S3::start().await, tempfile::tempdir().unwrap());
    let (model, access) = (store_model("s3://models/team/shapes"), s3.access());
    let fetch = async || model.fetch(&access, cache.path(), &nobody()).await;
    let folder = s3.folder("team/shapes");
    copy(sharded().path(), &folder);
    let here = fetch().await.unwrap();
    same_as_shipped(&here);
    let fetched = objects(&s3.requests(), "team/shapes");
    let expected = [
        "config.json",
        "tokenizer.json",
        "model.safetensors.index.json",
        "model-0.safetensors",
        "model-1.safetensors",
    ];
    assert_eq!(fetched, expected);
    assert_eq!(fetch().await.unwrap(), here);
    assert!(objects(&s3.requests(), "team/shapes").is_empty());

    // Another version of it, in one file.
    std::fs::remove_dir_all(&folder).unwrap();
    copy(published().path(), &s3.folder("team/shapes"));
    assert_eq!(fetch().await.unwrap(), here);
    same_as_shipped(&here);
    assert!(!here.folder.join("model-0.safetensors").exists());
    assert!(!here.folder.join("model.safetensors.index.json").exists());
    s3.stop().await;
    assert_eq!(fetch().await.unwrap(), here, "the copy is whole");
    std::fs::remove_file(here.folder.join("model.safetensors")).unwrap();
    let error = fetch().await.unwrap_err();
    assert!(matches!(error, OriginError::Unreachable { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bucket_breaks_off_goes_on_from_where_it_was() {
    let (s3, cache) = (S3::start().await, tempfile::tempdir().unwrap());
    let (model, access) = (store_model("s3://models/shapes"), s3.access());
    let fetch = async || model.fetch(&access, cache.path(), &nobody()).await;
    copy(published().path(), &s3.folder("shapes"));
    s3.cut_after(300_000);
    let error = fetch().await.unwrap_err();
    assert!(matches!(error, OriginError::Broken { .. }), "{error:?}");
    assert!(error.to_string().contains("model.safetensors"), "{error}");
    s3.cut_after(u64::MAX);
    s3.requests();
    same_as_shipped(&fetch().await.unwrap());
    let requests = s3.requests().to_lowercase();
    let ranges: Vec<u64> = requests
        .lines()
        .filter_map(|line| line.strip_prefix("range: bytes=")?.strip_suffix('-'))
        .map(|from| from.parse().unwrap())
        .collect();
    assert!(matches!(ranges[..], [from] if from > 0), "{requests}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bucket_says_no_in_words_and_nothing_heavy_was_fetched() {
    let (s3, cache) = (S3::start().await, tempfile::tempdir().unwrap());
    copy(unsupported().path(), &s3.folder("internlm"));
    copy(published().path(), &s3.folder("shapes"));
    std::fs::remove_file(s3.folder("shapes").join("tokenizer.json")).unwrap();
    let stranger = medreg_trainer::registry::StoreAccess {
        secret_access_key: "another".to_owned(),
        ..s3.access()
    };
    for (text, access, words) in [
        (
            "s3://models/nothing",
            s3.access(),
            "no objects directly below",
        ),
        (
            "s3://nowhere/shapes",
            s3.access(),
            "the bucket is not there",
        ),
        ("s3://models/shapes", s3.access(), "neither tokenizer.json"),
        ("s3://models/shapes", stranger, "AWS_SECRET_ACCESS_KEY"),
        ("s3://models/internlm", s3.access(), "`internlm2`"),
    ] {
        let error = store_model(text)
            .fetch(&access, cache.path(), &nobody())
            .await
            .unwrap_err();
        let said = error.to_string();
        assert!(
            said.starts_with(text) && said.contains(words),
            "{text}: {said}"
        );
        assert!(error.is_wrong_call(), "{said}");
        assert!(!format!("{said}{access:?}").contains(SECRET));
    }
    assert_eq!(objects(&s3.requests(), "internlm"), ["config.json"]);
}

fn trainer(home: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medreg-trainer"));
    for unset in ["HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HF_ENDPOINT"] {
        command.env_remove(unset);
    }
    command
        .args(arguments)
        .current_dir(home)
        .env("HOME", home)
        .env("HF_HOME", home.join("hub"))
        .env("MEDREG_CACHE", home.join("cache"))
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

#[test]
fn commands_take_a_model_from_wherever_it_is() {
    let (model, home) = (published(), tempfile::tempdir().unwrap());
    let hub = Hub::start(&[("clinic/shapes", model.path()), (CLOSED, model.path())]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let s3 = runtime.block_on(S3::start());
    copy(model.path(), &s3.folder("shapes"));
    let variables = [
        ("HF_ENDPOINT", hub.endpoint.as_str()),
        ("MEDREG_S3_ENDPOINT", s3.endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
    ];
    let examine = |model: &str| {
        let asked = ["examine", "--model", model, "--pictures", "1"];
        trainer(home.path(), &variables, &asked)
    };
    let folder = model.path().to_str().unwrap();
    let marks = examine("shapes");
    for model in [folder, "hub:clinic/shapes", "s3://models/shapes"] {
        let output = examine(model);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{model}: {said}");
        assert_eq!(output.stdout, marks.stdout, "{model}");
    }
    for (model, words) in [
        (
            "hub:nobody/nothing",
            "hub:nobody/nothing: the hub has no such model",
        ),
        ("hub:clinic/closed", "set HF_TOKEN"),
        ("hub:clinic", "an owner and a name"),
        ("s3://models/nothing", "no objects directly below"),
        ("nowhere", "there is no folder nowhere"),
    ] {
        let output = examine(model);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{model}: {said}");
        assert!(said.contains(words), "{model}: {said}");
    }
    let run = "snapshot = \".\"\nout = \"out\"\nbase = \"hub:clinic\"\n";
    std::fs::write(home.path().join("run.toml"), run).unwrap();
    let output = trainer(home.path(), &variables, &["train", "--config", "run.toml"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("`hub:clinic` names no model"), "{said}");
    let asked = ["examine", "--model", "s3://models/shapes"];
    let output = trainer(home.path(), &[("AWS_ACCESS_KEY_ID", "")], &asked);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("AWS_ACCESS_KEY_ID: it is missing"), "{said}");
}
