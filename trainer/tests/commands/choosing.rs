//! What each way of choosing images saves, measured on two small snapshots.

use super::{done, export_cases, refused};
use serde_json::Value;

#[test]
fn every_strategy_is_measured_and_the_verdict_is_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for (name, images) in [("pool", 0..8), ("test", 8..11)] {
        std::fs::create_dir(at.join(name)).unwrap();
        export_cases(&at.join(name), images);
    }
    let quick = [
        "bench",
        "active",
        "--model",
        "shapes",
        "--pool",
        "pool",
        "--test",
        "test",
        "--seeds",
        "2",
        "--first",
        "20",
        "--growth",
        "2",
        "--cache",
        "kept",
        "--report",
        "out/report.md",
        "--figures",
        "out/figures",
        "--name",
        "blocks",
        "--findings",
        "findings.json",
        "--json",
    ];
    let rows: Vec<Value> = serde_json::from_str(&done(at, &quick)).unwrap();
    let of = |name: &str| {
        let metric = format!("boxes to 95 %, {name}");
        rows.iter().find(|row| row["metric"] == metric).unwrap()
    };
    // One box an image, so the budgets are met to the box.
    assert!(
        (1.0..=8.0).contains(&of("hybrid")["ours"].as_f64().unwrap()),
        "{rows:?}"
    );
    assert!(of("badge")["ratio"].is_f64());
    let report = std::fs::read_to_string(at.join("out/report.md")).unwrap();
    let judged = [
        "The claim holds",
        "The claim fails",
        "Random wins",
        "Nothing can be said",
    ];
    assert_eq!(
        judged.iter().filter(|said| report.contains(**said)).count(),
        1,
        "{report}"
    );
    assert!(
        report.contains("figures/blocks-curves.svg") && report.contains("block 8 (3)"),
        "{report}"
    );
    assert!(at.join("out/figures/blocks-boxes.svg").exists());

    // What was kept is used, and nothing else changes; a run of the same name takes the place of its last one.
    let read = || -> Value {
        serde_json::from_slice(&std::fs::read(at.join("findings.json")).unwrap()).unwrap()
    };
    let first = read();
    assert_eq!(std::fs::read_dir(at.join("kept")).unwrap().count(), 2);
    done(at, &quick);
    assert_eq!(read(), first);
    let report = std::fs::read_to_string(at.join("out/report.md")).unwrap();
    assert_eq!(report.matches("## blocks").count(), 1);
}

#[test]
fn a_pool_that_cannot_be_measured_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let call = [
        "bench", "active", "--model", "shapes", "--pool", "pool", "--test", "pool", "--report",
        "r.md",
    ];
    let (code, said) = refused(at, &call);
    assert_eq!(code, 2);
    assert!(said.contains("the pool pool does not exist"), "{said}");
    std::fs::create_dir(at.join("pool")).unwrap();
    export_cases(&at.join("pool"), 0..3);
    let (code, said) = refused(at, &[&call[..], &["--first", "90"]].concat());
    assert_eq!(code, 2);
    assert!(said.contains("at most 50 is expected"), "{said}");
    // Its own patients cannot be what it is examined on.
    let (code, said) = refused(at, &call);
    assert_eq!(code, 1);
    assert!(said.contains("in both"), "{said}");
    assert!(!at.join("r.md").exists());
}
