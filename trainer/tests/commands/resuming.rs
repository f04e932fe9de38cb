//! `train` cut off and called again.

use crate::small_disk::Disk;
use crate::{done, export, refused, trainer};
use candle_core::DType;
use medreg_trainer::base;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// A model that steps in milliseconds.
pub fn tiny(folder: &Path) {
    let tokenizer = base::tokenizer().unwrap();
    let mut config = base::architecture(tokenizer.len());
    config.vision_config.num_hidden_layers = 1;
    config.llm_config.num_hidden_layers = 1;
    config.llm_config.hidden_size = 64;
    config.llm_config.intermediate_size = 96;
    let model = base::untrained_of(config, tokenizer, 3).unwrap();
    model.save(folder, DType::F32).unwrap();
}

/// A snapshot, a tiny model, and a run of so many steps with a checkpoint after each.
fn prepare(at: &Path, steps: u32) {
    export(at);
    tiny(&at.join("tiny"));
    write_run(at, "run.toml", "model", steps, "1e-3");
}

fn write_run(at: &Path, file: &str, out: &str, steps: u32, rate: &str) {
    let text = format!(
        "snapshot = \".\"\nout = \"{out}\"\nbase = \"./tiny\"\n[run]\nsteps = {steps}\nlearning_rate = {rate}\nbatch_images = 1\n\
         turns_per_image = 2\naccumulate = 2\nema = 0.9\nlog_every = 1\ncheckpoint_every = 1\n"
    );
    std::fs::write(at.join(file), text).unwrap();
}

/// The losses that a call printed, as text, by their step.
#[derive(Default)]
struct Losses(BTreeMap<u64, BTreeSet<String>>);

impl Losses {
    /// Whether the line is a loss. The last line of a call that was killed may be half a line.
    fn take_in(&mut self, line: &str) -> bool {
        let Ok(point) = serde_json::from_str::<Value>(line) else {
            return false;
        };
        if point["name"] != "train/loss" {
            return false;
        }
        let step = point["step"].as_u64().unwrap();
        let value = point["value"].to_string();
        self.0.entry(step).or_default().insert(value);
        true
    }
}

/// A call of `train`, and the lines that it prints.
struct Call {
    child: Child,
    lines: Receiver<String>,
}

impl Call {
    fn start(at: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_medreg-trainer"))
            .args(["train", "--json"])
            .args(arguments)
            .current_dir(at)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            out.lines()
                .map_while(Result::ok)
                .try_for_each(|line| tell.send(line))
        });
        Self { child, lines }
    }

    /// Kills it, and takes in what it had printed before.
    fn kill(mut self, losses: &mut Losses) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.lines.iter().for_each(|line| {
            losses.take_in(&line);
        });
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// When to kill a call.
#[derive(Debug)]
enum Moment {
    /// So long after it has printed so many losses, whatever it is at; before it takes three steps more.
    After(u32, Duration),
    /// While it writes a checkpoint, once there are so many files, after it has printed a loss: what a call that was killed before
    /// had left there is gone then.
    Writing(usize),
}

impl Moment {
    fn drawn(rng: &mut impl Rng) -> Self {
        if rng.random_bool(0.5) {
            return Self::Writing(rng.random_range(0..=4));
        }
        let pause = Duration::from_micros(rng.random_range(0..150_000));
        Self::After(rng.random_range(0..=1), pause)
    }

    /// Returns at the moment; false if the call ended first.
    fn wait(&self, call: &mut Call, partial: &Path, losses: &mut Losses) -> bool {
        match self {
            Self::After(steps, pause) => {
                call.prints(*steps, losses) && call.goes_on_for(*pause, losses)
            }
            Self::Writing(files) => call.prints(1, losses) && call.writes(*files, partial),
        }
    }
}

impl Call {
    /// Waits for so many losses.
    fn prints(&self, steps: u32, losses: &mut Losses) -> bool {
        let mut seen = 0;
        while seen < steps {
            let Ok(line) = self.lines.recv() else {
                return false;
            };
            seen += u32::from(losses.take_in(&line));
        }
        true
    }

    fn goes_on_for(&self, pause: Duration, losses: &mut Losses) -> bool {
        let (until, mut seen) = (Instant::now() + pause, 0);
        while seen < 3 {
            match self.lines.recv_timeout(until - Instant::now()) {
                Ok(line) => seen += u32::from(losses.take_in(&line)),
                Err(error) => return error == RecvTimeoutError::Timeout,
            }
        }
        true
    }

    fn writes(&mut self, files: usize, partial: &Path) -> bool {
        loop {
            let there = std::fs::read_dir(partial).map(Iterator::count);
            if there.is_ok_and(|there| there >= files) {
                return true;
            }
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::yield_now();
        }
    }
}

const KILLS: usize = 20;
/// More than are taken before the last of them.
const STEPS: u32 = 100;

#[test]
fn a_run_that_is_killed_twenty_times_is_the_run_that_never_was() {
    let seed = match std::env::var("MEDREG_TEST_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => rand::random(),
    };
    println!("MEDREG_TEST_SEED={seed} draws these moments again");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    prepare(at, STEPS);
    let mut undisturbed = Losses::default();
    for line in done(at, &["train", "--config", "run.toml", "--json"]).lines() {
        undisturbed.take_in(line);
    }
    assert_eq!(undisturbed.0.len(), STEPS as usize);
    std::fs::rename(at.join("model"), at.join("undisturbed")).unwrap();

    let partial = at.join("model/checkpoints/partial");
    let (mut losses, mut while_writing) = (Losses::default(), 0);
    for kill in 0..KILLS {
        let moment = Moment::drawn(&mut rng);
        let mut call = Call::start(at, &["--config", "run.toml"]);
        let came = moment.wait(&mut call, &partial, &mut losses);
        assert!(came, "call {kill} ended before its moment: {moment:?}");
        call.kill(&mut losses);
        let hit = matches!(moment, Moment::Writing(_)) && partial.exists();
        while_writing += usize::from(hit);
    }
    println!("{while_writing} of {KILLS} kills came while a checkpoint was written");
    assert!(while_writing > 0);
    for line in done(at, &["train", "--config", "run.toml", "--json"]).lines() {
        losses.take_in(line);
    }
    assert_eq!(losses.0, undisturbed.0);
    for file in ["model.safetensors", "readme.md"] {
        let of = |out: &str| std::fs::read(at.join(out).join(file)).unwrap();
        assert!(of("model") == of("undisturbed"), "{file}");
    }
}

#[test]
fn what_a_call_goes_on_from_can_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    prepare(at, 6);
    let train = |more: &[&str]| trainer(at, &[&["train", "--config", "run.toml"], more].concat());
    let code = |more: &[&str], words: &str| {
        let output = train(more);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(words), "{said}");
        output.status.code().unwrap()
    };
    assert_eq!(code(&["--resume", "must"], "no whole checkpoint"), 2);
    assert_eq!(code(&["--resume", "always"], "allow, must, never"), 2);
    assert_eq!(code(&["--from-checkpoint", "x"], "does not exist"), 2);
    let both = ["--from-checkpoint", "tiny", "--resume", "must"];
    assert_eq!(code(&both, "cannot be used with"), 2);

    let call = Call::start(at, &["--config", "run.toml", "--resume", "never"]);
    let second = at.join("model/checkpoints/step-00000002");
    while !second.exists() {
        std::thread::yield_now();
    }
    call.kill(&mut Losses::default());
    assert_eq!(code(&["--resume", "never"], "in the way"), 2);
    write_run(at, "other.toml", "model", 6, "2e-3");
    let (exit, said) = refused(at, &["train", "--config", "other.toml"]);
    assert_eq!(exit, 2, "{said}");
    assert!(said.contains("other settings (`learning_rate`)"), "{said}");
    // Named, it may have other rates, and another folder.
    write_run(at, "further.toml", "further", 7, "2e-3");
    let named = ["--from-checkpoint", "model/checkpoints/step-00000002"];
    let further = ["train", "--config", "further.toml"];
    let output = trainer(at, &[&further[..], &named].concat());
    assert!(output.status.success(), "{output:?}");
    let card = std::fs::read_to_string(at.join("further/readme.md")).unwrap();
    assert!(card.contains("7 of 7 steps"), "{card}");

    assert_eq!(code(&["--resume", "must"], "going on from"), 0);
    assert!(!at.join("model/checkpoints").exists());
    assert_eq!(code(&["--resume", "must"], "no whole checkpoint"), 2);
    // What cannot hold checkpoints fails before a step is taken.
    std::fs::remove_dir_all(at.join("model/checkpoints")).unwrap();
    std::fs::write(at.join("model/checkpoints"), "").unwrap();
    assert_eq!(code(&[], "checkpoints cannot be kept in"), 1);
}

#[test]
fn a_call_that_fills_the_disk_fails_and_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    prepare(at, 3);
    write_run(at, "small.toml", "small/model", 3, "1e-3");
    std::fs::create_dir(at.join("small")).unwrap();
    // Weights, two moments and the average: one checkpoint fits, and of the next one half.
    let weights = std::fs::metadata(at.join("tiny/model.safetensors")).unwrap();
    let room = 4 * weights.len() as usize * 3 / 2;
    let small = at.join("small");
    let test = "a_call_that_fills_the_disk_fails_and_goes_on_when_there_is_room";
    let Some(disk) = Disk::mount(&small, room, test) else {
        return;
    };
    let call = ["train", "--config", "small.toml"];
    let (exit, said) = refused(at, &call);
    assert_eq!(exit, 1, "{said}");
    for part in [
        "the checkpoint after step 2 could not be written",
        "small/model/checkpoints/partial",
        "No space left on device",
        "free some space there",
        "the same call then goes on from the checkpoint after step 1",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    disk.change(&format!("size={}", 4 * room));
    done(at, &[&call[..], &["--resume", "must"]].concat());
    done(at, &["train", "--config", "run.toml"]);
    let of = |out: &str| std::fs::read(at.join(out).join("model.safetensors")).unwrap();
    assert!(of("small/model") == of("model"));
}
