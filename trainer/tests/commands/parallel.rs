//! `train` on two ranks that mpirun starts: the same model as one process with all their images, and no rank left behind where one ends.

use crate::tiny_model;
use crate::{done, export, refused};
use candle_core::{Device, Tensor};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// By when mpirun has ended all ranks after one of them ended; it takes about a second.
const SOON: Duration = Duration::from_secs(60);

const FULL: &str = "accumulate = 2\nema = 0.9";
const LOW_RANK: &str = "tuning = { kind = \"lora\", rank = 4, alpha = 8, dropout = 0.2, targets = [\"language_model.*\", \"attn.qkv\", \"mlp1.*\"] }";

/// A run of the tiny model in a file `NAME.toml`, whose model goes to `out`.
fn write_run(at: &Path, name: &str, [snapshot, out]: [&str; 2], settings: &str) {
    let text = format!(
        "snapshot = \"{snapshot}\"\nout = \"{out}\"\nbase = \"./tiny\"\n[run]\nlearning_rate = 1e-3\nlog_every = 1\ncheckpoint_every = 2\n{settings}\n"
    );
    std::fs::write(at.join(format!("{name}.toml")), text).unwrap();
}

/// mpirun with one rank for each of these files of runs. The ranks carry `mark` in their environment.
fn mpirun(at: &Path, mark: &str, runs: &[&str]) -> Command {
    let mut command = Command::new("mpirun");
    // Tests run as root in containers, on machines with fewer cores than ranks.
    command.args([
        "--allow-run-as-root",
        "--oversubscribe",
        "--bind-to",
        "none",
    ]);
    for (rank, run) in runs.iter().enumerate() {
        command.args([":"].iter().filter(|_| rank > 0));
        command.args(["-n", "1", env!("CARGO_BIN_EXE_medreg-trainer")]);
        command.args(["train", "--json", "--device", "cpu", "--config"]);
        command.arg(format!("{run}.toml"));
    }
    // A container may forbid a process to read another's memory, which is but a faster way.
    command.env("OMPI_MCA_btl_vader_single_copy_mechanism", "none");
    command.env(MARK, mark).current_dir(at);
    command
}

const MARK: &str = "MEDREG_TEST_MARK";

/// Starts it; what it printed comes once it has ended.
fn started(mut command: Command) -> Receiver<Output> {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (tell, ended) = channel();
    std::thread::spawn(move || tell.send(child.wait_with_output().unwrap()));
    ended
}

/// What two ranks of a run printed that went to its end.
fn trained(at: &Path, run: &str) -> String {
    let output = mpirun(at, run, &[run, run]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The processes that carry a mark, with their rank.
fn marked(mark: &str) -> HashMap<u32, String> {
    let of = |pid: u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
        let environment = String::from_utf8_lossy(&environment).into_owned();
        let variables = environment.split('\0').filter_map(|v| v.split_once('='));
        let variables: HashMap<&str, &str> = variables.collect();
        let rank = variables.get("OMPI_COMM_WORLD_RANK")?;
        (variables.get(MARK) == Some(&mark)).then(|| (pid, (*rank).to_owned()))
    };
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(of).collect()
}

/// Waits until mpirun has ended and no rank is left; gives what was printed.
fn ended(mark: &str, output: &Receiver<Output>) -> Output {
    let output = output.recv_timeout(SOON);
    let until = Instant::now() + SOON;
    while !marked(mark).is_empty() && Instant::now() < until {
        std::thread::yield_now();
    }
    let left = marked(mark);
    for pid in left.keys() {
        kill(*pid);
    }
    assert!(left.is_empty(), "{} ranks were left behind", left.len());
    output.unwrap()
}

fn kill(pid: u32) {
    Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()
        .unwrap();
}

fn losses(printed: &str) -> Vec<(u64, f64)> {
    let points = printed.lines().filter_map(|line| {
        let point: Value = serde_json::from_str(line).ok()?;
        let is_loss = point["name"] == "train/loss";
        is_loss.then(|| {
            (
                point["step"].as_u64().unwrap(),
                point["value"].as_f64().unwrap(),
            )
        })
    });
    points.collect()
}

/// The tensors of a safetensors file, f32.
fn tensors(path: &Path) -> HashMap<String, Tensor> {
    candle_core::safetensors::load(path, &Device::Cpu).unwrap()
}

fn largest_difference(ours: &Path, theirs: &Path) -> f32 {
    let (ours, theirs) = (tensors(ours), tensors(theirs));
    assert_eq!(ours.len(), theirs.len());
    let numbers = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let off = |(name, tensor): (&String, &Tensor)| {
        let pairs = numbers(tensor).into_iter().zip(numbers(&theirs[name]));
        pairs.fold(0.0_f32, |most, (x, y)| most.max((x - y).abs()))
    };
    ours.iter().map(off).fold(0.0, f32::max)
}

#[test]
fn two_ranks_train_the_model_of_one_process_with_all_their_images() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    export(at);
    tiny_model::save(&at.join("tiny"));
    for (name, settings, file) in [
        ("full", FULL, "model.safetensors"),
        ("low-rank", LOW_RANK, "model.safetensors"),
        ("low-rank", LOW_RANK, "adapter/adapter_model.safetensors"),
    ] {
        let [one, two] = ["one", "two"].map(|ranks| format!("{name}-{ranks}"));
        for (run, images) in [(&one, 4), (&two, 2)] {
            let settings = format!("steps = 10\nbatch_images = {images}\n{settings}");
            write_run(at, run, [".", run], &settings);
        }
        if !at.join(&two).exists() {
            let alone = ["train", "--json", "--device", "cpu", "--config"];
            let alone = done(at, &[&alone[..], &[&format!("{one}.toml")]].concat());
            // The first rank alone tells its steps, ten and not twenty.
            let (alone, together) = (losses(&alone), losses(&trained(at, &two)));
            assert_eq!(together.len(), 10);
            for ((_, alone), (step, together)) in alone.into_iter().zip(together) {
                let off = (alone - together).abs() / alone;
                assert!(off < 1e-4, "{name}, step {step}: {alone}, {together}");
            }
        }
        let off = largest_difference(&at.join(&one).join(file), &at.join(&two).join(file));
        let learnt = largest_difference(
            &at.join("tiny/model.safetensors"),
            &at.join(&one).join("model.safetensors"),
        );
        println!("{name}: {file} differs by at most {off:e}; training moved it by {learnt:e}");
        assert!(off <= 1e-5, "{name}: {file} differs by {off}");
        assert!(learnt > 1e-3);
        let cards = [&one, &two]
            .map(|run| std::fs::read_to_string(at.join(run).join("readme.md")).unwrap());
        let images = |card: &String| {
            card.lines()
                .find(|line| line.contains("images ×"))
                .map(str::to_owned)
        };
        assert_eq!(images(&cards[0]), images(&cards[1]));
    }
}

#[test]
fn a_rank_that_is_killed_ends_all_and_the_next_call_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    export(at);
    tiny_model::save(&at.join("tiny"));
    let settings = |steps: u32| format!("steps = {steps}\nbatch_images = 1\n{FULL}");
    let runs = [("undisturbed", 12), ("cut", 12)];
    for (name, steps) in runs {
        write_run(at, name, [".", name], &settings(steps));
    }
    let undisturbed = losses(&trained(at, "undisturbed"));

    let mark = format!("killed-{}", std::process::id());
    let output = started(mpirun(at, &mark, &["cut", "cut"]));
    while !at.join("cut/checkpoints/step-00000004").exists() {
        assert!(output.try_recv().is_err(), "the run ended by itself");
        std::thread::yield_now();
    }
    let ranks = marked(&mark);
    let (second, _) = ranks.iter().find(|(_, rank)| *rank == "1").unwrap();
    kill(*second);
    let output = ended(&mark, &output);
    assert!(!output.status.success());
    assert!(!at.join("cut/model.safetensors").exists());

    let (code, said) = refused(at, &["train", "--config", "cut.toml"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("2 ranks and not 1"), "{said}");
    let further = losses(&trained(at, "cut"));
    assert!(!further.is_empty() && further.len() < undisturbed.len());
    assert!(
        undisturbed.ends_with(&further),
        "{undisturbed:?}, {further:?}"
    );
    let of = |run: &str| std::fs::read(at.join(run).join("model.safetensors")).unwrap();
    assert!(of("cut") == of("undisturbed"));
}

#[test]
fn a_rank_that_fails_says_why_and_ends_all() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    export(at);
    tiny_model::save(&at.join("tiny"));
    // A snapshot of which this rank's machine lacks a picture.
    std::fs::create_dir(at.join("lacking")).unwrap();
    for file in ["manifest.json", "cases.jsonl"] {
        std::fs::copy(at.join(file), at.join("lacking").join(file)).unwrap();
    }
    write_run(at, "whole", [".", "model"], "steps = 100000");
    write_run(at, "lacking", ["lacking", "model"], "steps = 100000");
    write_run(
        at,
        "other",
        [".", "model"],
        "steps = 100000\nlearning_rate = 2e-3",
    );
    let text = std::fs::read_to_string(at.join("other.toml")).unwrap();
    let text = text.replacen("learning_rate = 1e-3\n", "", 1);
    std::fs::write(at.join("other.toml"), text).unwrap();
    for (second, code, words) in [
        (
            "lacking",
            1,
            "rank 1: the snapshot's training split: image ",
        ),
        (
            "other",
            2,
            "rank 1 was called for another run than rank 0 (`learning_rate`)",
        ),
        ("nowhere", 2, "rank 1: nowhere.toml"),
    ] {
        let mark = format!("{second}-{}", std::process::id());
        let output = ended(&mark, &started(mpirun(at, &mark, &["whole", second])));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(words), "{second}: {said}");
        assert_eq!(output.status.code(), Some(code), "{second}: {said}");
        assert!(!at.join("model/model.safetensors").exists());
    }
    // The first rank's disk is taken away while it trains.
    let mark = format!("unsaved-{}", std::process::id());
    let output = started(mpirun(at, &mark, &["whole", "whole"]));
    let checkpoints = at.join("model/checkpoints");
    while !checkpoints.join("step-00000002").exists() {
        assert!(output.try_recv().is_err(), "the run ended by itself");
        std::thread::yield_now();
    }
    std::fs::rename(&checkpoints, at.join("away")).unwrap();
    std::fs::write(&checkpoints, "").unwrap();
    let output = ended(&mark, &output);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("rank 0: the checkpoint after step"), "{said}");
    assert_eq!(output.status.code(), Some(1), "{said}");
}
