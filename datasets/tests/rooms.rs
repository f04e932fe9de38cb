//! Keeps the arrows of ARCHITECTURE.md honest: what each room stays clear of, checked in the source itself.

// Helpers outside `#[test]` functions are tests all the same.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// A room (a path prefix under the workspace) and the names that may not appear in its code.
const STAYS_CLEAR_OF: &[(&str, &[&str])] = &[
    (
        "datasets/src",
        &[
            "tokio::",
            "reqwest::",
            "sqlx::",
            "candle_core",
            "actix_web",
            "std::net",
        ],
    ),
    (
        "datasets/src/reward",
        &["crate::snapshot", "crate::protocol", "crate::formats"],
    ),
    (
        "datasets/demo/src",
        &[
            "sqlx::",
            "candle_core",
            "actix_web",
            "medreg_trainer",
            "medreg::",
        ],
    ),
    (
        "backend/src",
        &["candle_core", "candle_nn", "medreg_trainer"],
    ),
    (
        "backend/src/imaging",
        &[
            "crate::store",
            "crate::services",
            "crate::http",
            "sqlx::",
            "actix_web",
        ],
    ),
    (
        "backend/src/store",
        &["crate::services", "crate::http", "actix_web"],
    ),
    (
        "backend/src/services",
        &["crate::http", "actix_web", "sqlx::query"],
    ),
    ("backend/src/http", &["sqlx::query", "object_store::"]),
    (
        "backend/src/jobs.rs",
        &["crate::http", "actix_web", "sqlx::", "crate::store"],
    ),
    ("trainer/src", &["sqlx::", "actix_web"]),
    (
        "trainer/src/model",
        &[
            "crate::data",
            "crate::train",
            "crate::client",
            "crate::worker",
            "crate::eval",
            "reqwest::",
        ],
    ),
    (
        "trainer/src/train",
        &["crate::client", "crate::worker", "reqwest::"],
    ),
    (
        "trainer/src/journal",
        &["candle_core", "crate::client", "crate::worker", "reqwest::"],
    ),
    (
        "trainer/src/eval",
        &[
            "candle_core",
            "candle_nn",
            "crate::train",
            "crate::model",
            "crate::client",
        ],
    ),
    (
        "trainer/src/calibrate",
        &[
            "candle_core",
            "candle_nn",
            "crate::train",
            "crate::model",
            "crate::client",
            "reqwest::",
        ],
    ),
    (
        "trainer/src/eval/score",
        &["crate::predict", "crate::worker", "reqwest::"],
    ),
    (
        "trainer/src/predict",
        &[
            "crate::train",
            "crate::client",
            "crate::worker",
            "reqwest::",
        ],
    ),
    (
        "trainer/src/evaluation",
        &[
            "candle_core",
            "candle_nn",
            "crate::train",
            "crate::model",
            "crate::client",
            "crate::worker",
            "reqwest::",
        ],
    ),
    (
        "trainer/src/report",
        &[
            "candle_core",
            "candle_nn",
            "crate::train",
            "crate::model",
            "crate::client",
            "crate::eval::",
            "crate::evaluation",
            "reqwest::",
        ],
    ),
    (
        "trainer/src/probe",
        &[
            "candle_core",
            "candle_nn",
            "crate::client",
            "crate::worker",
            "reqwest::",
        ],
    ),
    (
        "trainer/src/acquire",
        &["crate::train", "crate::client", "candle_core"],
    ),
    ("trainer/src/client.rs", &["candle_core", "candle_nn"]),
    (
        "web/src/model",
        &[
            "/api/",
            "/state/",
            "/canvas/",
            "/panels/",
            "/pages/",
            "from 'react'",
        ],
    ),
    (
        "web/src/canvas",
        &["/api/", "/panels/", "/pages/", "fetch("],
    ),
    ("web/src/state", &["/panels/", "/pages/"]),
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The source files under `path`, which may be one file itself.
fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut found: Vec<PathBuf> = entries
        .flat_map(|entry| sources_or_none(&entry.unwrap().path()))
        .collect();
    found.sort();
    found
}

fn sources_or_none(path: &Path) -> Vec<PathBuf> {
    let is_source = path
        .extension()
        .is_some_and(|e| ["rs", "ts", "tsx"].iter().any(|known| e == *known));
    if path.is_dir() || is_source {
        sources(path)
    } else {
        Vec::new()
    }
}

/// The line numbers of `file`, outside its comments, on which `name` appears.
fn uses(file: &Path, name: &str) -> Vec<usize> {
    let text = fs::read_to_string(file).unwrap();
    let in_code = |line: &str| !line.trim_start().starts_with("//");
    text.lines()
        .enumerate()
        .filter(|(_, line)| in_code(line) && line.contains(name))
        .map(|(n, _)| n + 1)
        .collect()
}

#[test]
fn every_room_stays_clear_of_what_it_must_not_know() {
    let mut broken = Vec::new();
    for (room, names) in STAYS_CLEAR_OF {
        let files = sources(&workspace().join(room));
        assert!(
            !files.is_empty(),
            "the room {room} is empty: was it moved without its rule?"
        );
        for (file, name) in files
            .iter()
            .flat_map(|file| names.iter().map(move |name| (file, name)))
        {
            broken.extend(
                uses(file, name)
                    .into_iter()
                    .map(|line| format!("{}:{line} uses {name}", file.display())),
            );
        }
    }
    assert!(
        broken.is_empty(),
        "arrows that ARCHITECTURE.md does not draw:\n{}",
        broken.join("\n")
    );
}
