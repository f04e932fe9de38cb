//! Runs that stop and go on: with the numbers of a run that never stopped, from whichever checkpoint is whole, on disks that are full.

#![allow(clippy::unwrap_used)] // A test that cannot go on should say where.

mod small_disk;

use candle_core::Tensor;
use medreg_datasets::protocol::{LearningRateSchedule, RunConfig, Tuning};
use medreg_trainer::base::{self, lessons, shapes};
use medreg_trainer::checkpoint::{Pretrained, load_tensors};
use medreg_trainer::data::{Example, Look, Prompter, Source, SourceError};
use medreg_trainer::train::{
    self, Checkpoints, Control, Event, Options, Resume, ResumeError, TrainError, Trained,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use small_disk::Disk;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The base's architecture with one layer of each kind and little width.
fn tiny() -> Pretrained {
    let tokenizer = base::tokenizer().unwrap();
    let mut config = base::architecture(tokenizer.len());
    config.vision_config.num_hidden_layers = 1;
    config.vision_config.hidden_size = 32;
    config.vision_config.num_attention_heads = 2;
    config.vision_config.intermediate_size = 64;
    config.llm_config.num_hidden_layers = 1;
    config.llm_config.hidden_size = 64;
    config.llm_config.intermediate_size = 96;
    base::untrained_of(config, tokenizer, 3).unwrap()
}

/// Six pictures of shapes with questions about each, two per step.
struct Pictures(Vec<Example>);

impl Pictures {
    fn of(model: &Pretrained) -> Self {
        let prompter = Prompter::new(&model.tokenizer, &model.config).unwrap();
        let example = |seed: u64| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let picture = shapes::draw(model.config.image_size(), 3, shapes::SMALLEST, &mut rng);
            let turns = lessons::turns(&picture, 1 + seed as usize % 4, &mut rng);
            Example {
                look: Look::at(&picture.image, &model.config),
                turns: turns.iter().map(|t| prompter.turn(t).unwrap()).collect(),
            }
        };
        Self((5..11).map(example).collect())
    }
}

impl Source for Pictures {
    fn example(&self, step: u64, slot: usize) -> Result<Example, SourceError> {
        Ok(self.0[(step as usize * 2 + slot) % self.0.len()].clone())
    }
}

fn run_config(steps: u32) -> RunConfig {
    RunConfig {
        steps,
        batch_images: 2,
        learning_rate: 3e-3,
        checkpoint_every: 2,
        ..RunConfig::default()
    }
}

/// A model, its lessons and a folder for checkpoints.
struct World {
    start: Pretrained,
    pictures: Pictures,
    folder: tempfile::TempDir,
}

/// What a call of a run told.
#[derive(Default)]
struct Told {
    losses: BTreeMap<u32, f64>,
    resumed: Option<u32>,
    passed_over: Vec<(String, String)>,
}

impl Told {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::Step(report) => drop(self.losses.insert(report.step, report.loss)),
            Event::Resumed { step } => self.resumed = Some(*step),
            Event::PassedOver(damaged) => {
                let name = damaged.dir.file_name().unwrap().to_string_lossy();
                let told = (name.into_owned(), damaged.reason.clone());
                self.passed_over.push(told);
            }
            Event::Saved { .. } => {}
        }
    }
}

impl World {
    fn new() -> Self {
        let start = tiny();
        Self {
            pictures: Pictures::of(&start),
            start,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn options(&self, run: RunConfig, resume: Resume) -> Options {
        Options {
            run,
            threads: 2,
            checkpoints: Some(Checkpoints {
                dir: self.folder.path().to_owned(),
                resume,
            }),
            adapter: None,
            budget: None,
            vision_held: false,
        }
    }

    /// Calls a run, which is stopped after `stop` steps if it gets there.
    fn call(&self, options: &Options, stop: u32) -> (Result<Trained, TrainError>, Told) {
        let mut told = Told::default();
        let trained = train::run(options, &self.start, &self.pictures, &mut |event| {
            told.hear(&event);
            match event {
                Event::Step(report) if report.step == stop => Control::Stop,
                _ => Control::Continue,
            }
        });
        (trained, told)
    }

    /// The same for a run that goes on from what is there, to its end or to `stop`.
    fn go_on(&self, run: &RunConfig, stop: u32) -> (Trained, Told) {
        let (trained, told) = self.call(&self.options(run.clone(), Resume::Allow), stop);
        (trained.unwrap(), told)
    }

    /// A run that never stops and keeps no checkpoints.
    fn uninterrupted(&self, run: &RunConfig) -> (Trained, Told) {
        let options = Options {
            checkpoints: None,
            ..self.options(run.clone(), Resume::Allow)
        };
        let (trained, told) = self.call(&options, u32::MAX);
        (trained.unwrap(), told)
    }

    fn checkpoint(&self, step: u32) -> PathBuf {
        self.folder.path().join(format!("step-{step:08}"))
    }

    /// What the folder of checkpoints holds; a checkpoint by its steps.
    fn held(&self) -> BTreeSet<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.trim_start_matches("step-0000000").to_owned()
        };
        fs::read_dir(self.folder.path())
            .unwrap()
            .map(name)
            .collect()
    }
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn bits(tensors: &BTreeMap<String, Tensor>) -> BTreeMap<&String, Vec<u32>> {
    let of = |tensor: &Tensor| {
        let numbers: Vec<f32> = tensor.flatten_all().unwrap().to_vec1().unwrap();
        numbers.into_iter().map(f32::to_bits).collect()
    };
    tensors.iter().map(|(name, t)| (name, of(t))).collect()
}

/// Adapters on every part, half of whose inputs are left out at each step.
fn dropping() -> Tuning {
    let targets = ["attn.qkv", "mlp.fc1", "mlp1.*", "language_model.*"];
    Tuning::Lora {
        rank: 4,
        alpha: 8.0,
        dropout: 0.5,
        targets: targets.map(str::to_owned).to_vec(),
    }
}

#[test]
fn a_resumed_run_is_the_run_that_never_stopped() {
    for (tuning, accumulate, ema, schedule) in [
        (Tuning::Full, 1, 0.0, LearningRateSchedule::Cosine),
        (dropping(), 1, 0.0, LearningRateSchedule::Linear),
        (Tuning::Full, 2, 0.9, LearningRateSchedule::Constant),
        (dropping(), 2, 0.9, LearningRateSchedule::Cosine),
    ] {
        let run = RunConfig {
            tuning,
            accumulate,
            ema,
            schedule,
            batch_images: 2 / accumulate,
            ..run_config(7)
        };
        let world = World::new();
        let (whole, told) = world.uninterrupted(&run);
        let mut losses = BTreeMap::new();
        // Between two checkpoints, at one, and one step later.
        for (stop, resumed) in [(1, None), (3, Some(1)), (4, Some(3)), (5, Some(4))] {
            let (part, told) = world.go_on(&run, stop);
            assert_eq!((part.step, part.stopped), (stop, true));
            assert_eq!(told.resumed, resumed);
            losses.extend(told.losses);
        }
        let (rest, last) = world.go_on(&run, u32::MAX);
        assert_eq!((rest.step, rest.stopped, last.resumed), (7, false, Some(5)));
        losses.extend(last.losses);
        let bits_of = |losses: BTreeMap<u32, f64>| -> Vec<u64> {
            losses.into_values().map(f64::to_bits).collect()
        };
        assert_eq!(bits_of(losses), bits_of(told.losses));
        assert!(bits(&rest.model.tensors) == bits(&whole.model.tensors));
    }
}

/// Writes over a part of a file, or cuts it off, without a change to its name or its time.
fn damage(path: &Path, by: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    by(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn flip_last(bytes: &mut [u8]) {
    *bytes.last_mut().unwrap() ^= 1;
}

fn halve(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.len() / 2);
}

#[test]
fn a_damaged_checkpoint_is_passed_over_for_the_one_before() {
    let run = RunConfig {
        ema: 0.9,
        keep_checkpoints: 3,
        ..run_config(8)
    };
    type Harm = fn(&Path);
    let harms: [(&str, Harm); 8] = [
        ("weights.safetensors", |at| damage(at, halve)),
        ("weights.safetensors", |at| fs::remove_file(at).unwrap()),
        ("optimizer.safetensors", |at| damage(at, |b| flip_last(b))),
        ("average.safetensors", |at| damage(at, |b| flip_last(b))),
        ("progress.json", |at| damage(at, halve)),
        ("progress.json", |at| damage(at, |b| b.push(b' '))),
        ("sha256sums.txt", |at| damage(at, Vec::clear)),
        ("sha256sums.txt", |at| fs::remove_file(at).unwrap()),
    ];
    for (file, harm) in harms {
        let world = World::new();
        let (_, first) = world.go_on(&run, 6);
        assert_eq!(world.held(), names(&["2", "4", "6"]));
        harm(&world.checkpoint(6).join(file));
        // What a run that is killed while it writes leaves behind.
        for unfinished in ["partial", "removed"] {
            let unfinished = world.folder.path().join(unfinished);
            fs::create_dir(&unfinished).unwrap();
            fs::write(unfinished.join("weights.safetensors"), "half").unwrap();
        }
        let (_, told) = world.go_on(&run, 5);
        assert_eq!(told.resumed, Some(4), "{file}");
        let [(name, reason)] = &told.passed_over[..] else {
            panic!("{:?}", told.passed_over);
        };
        assert_eq!(name, "step-00000006");
        assert!(reason.contains(file), "{reason}");
        assert_eq!(told.losses[&5].to_bits(), first.losses[&5].to_bits());
        assert_eq!(world.held(), names(&["2", "4", "5"]));
    }
}

#[test]
fn where_no_checkpoint_is_whole_a_run_begins_anew_unless_it_must_not() {
    let world = World::new();
    let must = world.options(run_config(3), Resume::Must);
    let nothing = |result| matches!(result, Err(TrainError::Resume(ResumeError::Nothing { .. })));
    assert!(nothing(world.call(&must, 1).0));
    world.go_on(&run_config(3), 2);
    halve_file(&world.checkpoint(2).join("weights.safetensors"));
    let (refused, told) = world.call(&must, 1);
    assert!(nothing(refused));
    assert_eq!(told.passed_over.len(), 1);
    let (_, told) = world.go_on(&run_config(3), 1);
    assert_eq!((told.passed_over.len(), told.resumed), (1, None));
    // The damaged one went when there was another.
    assert_eq!(world.held(), names(&["1"]));
    let (_, told) = world.call(&must, 2);
    assert_eq!((told.passed_over.len(), told.resumed), (0, Some(1)));
}

fn halve_file(path: &Path) {
    damage(path, halve);
}

#[test]
fn the_newest_checkpoints_are_kept_and_the_one_with_the_lowest_smoothed_loss() {
    let run = RunConfig {
        // Far too much, so that the loss rises again.
        learning_rate: 0.5,
        warmup: 0.5,
        checkpoint_every: 1,
        ..run_config(9)
    };
    let world = World::new();
    // Half of it after a pause: the smoothing goes on where it was.
    let (_, mut told) = world.go_on(&run, 4);
    told.losses.extend(world.go_on(&run, u32::MAX).1.losses);
    let (mut sum, mut weight, mut best) = (0.0, 0.0, (f64::INFINITY, 0));
    for (step, loss) in &told.losses {
        sum = 0.95 * sum + 0.05 * loss;
        weight = 0.95 * weight + 0.05;
        if sum / weight <= best.0 {
            best = (sum / weight, *step);
        }
    }
    assert!(best.1 < 8, "the loss did not rise: {:?}", told.losses);
    let best = best.1.to_string();
    assert_eq!(world.held(), names(&[&best, "8", "9"]));
}

#[test]
fn a_run_goes_on_only_from_its_own_checkpoints_unless_it_is_told_which() {
    let mut world = World::new();
    let run = RunConfig {
        keep_checkpoints: 9,
        ..run_config(8)
    };
    world.go_on(&run, 6);
    let never = world.call(&world.options(run.clone(), Resume::Never), 1).0;
    let Err(TrainError::Resume(ResumeError::InTheWay { newest, .. })) = never else {
        panic!("{never:?}");
    };
    assert_eq!(newest, world.checkpoint(6));
    assert_eq!(world.held(), names(&["2", "4", "6"]));

    let differing = |world: &World, run: &RunConfig, resume: Resume| match world
        .call(&world.options(run.clone(), resume), 1)
        .0
    {
        Err(TrainError::Resume(ResumeError::OtherRun { differing, .. })) => differing,
        other => panic!("{other:?}"),
    };
    let slower = RunConfig {
        learning_rate: 1e-3,
        ema: 0.5,
        ..run.clone()
    };
    assert_eq!(
        differing(&world, &slower, Resume::Allow),
        ["`ema`", "`learning_rate`"]
    );
    // How often it is logged and saved changes nothing.
    let louder = RunConfig {
        log_every: 1,
        checkpoint_every: 1,
        ..run.clone()
    };
    assert_eq!(world.go_on(&louder, 7).1.resumed, Some(6));

    let from = |step| Resume::From(world.checkpoint(step));
    let (trained, told) = world.call(&world.options(slower.clone(), from(4)), 5);
    assert_eq!((trained.unwrap().step, told.resumed), (5, Some(4)));
    // What came after it on the other course is gone.
    assert_eq!(world.held(), names(&["2", "4", "5"]));
    assert_eq!(world.go_on(&slower, 6).1.resumed, Some(5));
    let adapted = RunConfig {
        tuning: dropping(),
        ..run.clone()
    };
    assert_eq!(differing(&world, &adapted, from(4)), ["`tuning`"]);
    let nowhere = world.call(&world.options(run.clone(), from(3)), 1).0;
    assert!(matches!(
        nowhere,
        Err(TrainError::Resume(ResumeError::Damaged { .. }))
    ));
    halve_file(&world.checkpoint(4).join("weights.safetensors"));
    let damaged = world.call(&world.options(run.clone(), from(4)), 1).0;
    let said = damaged.unwrap_err().to_string();
    assert!(said.contains("weights.safetensors"), "{said}");

    let name = "language_model.model.norm.weight";
    let other = (&world.start.tensors[name] * 1.5).unwrap();
    world.start.tensors.insert(name.to_owned(), other);
    let differing = differing(&world, &slower, Resume::Allow);
    assert_eq!(differing, ["the base model"]);
}

#[test]
fn the_checkpoint_that_was_chosen_stays_so_that_another_call_can_begin_there_again() {
    let world = World::new();
    let run = RunConfig {
        keep_checkpoints: 9,
        ..run_config(8)
    };
    world.go_on(&run, 6);
    let chosen = world.checkpoint(2);
    let held = train::held(chosen.parent().unwrap());
    let steps: Vec<u32> = held.iter().map(|held| held.step).collect();
    assert_eq!(steps, [2, 4, 6]);
    assert_eq!(held.iter().filter(|held| held.best).count(), 1);
    assert!(held.iter().all(|held| held.loss.is_some_and(|l| l > 0.0)));
    let few = RunConfig {
        keep_checkpoints: 1,
        checkpoint_every: 1,
        ..run
    };
    for _ in 0..2 {
        let options = world.options(few.clone(), Resume::From(chosen.clone()));
        let (trained, told) = world.call(&options, 5);
        assert_eq!((trained.unwrap().step, told.resumed), (5, Some(2)));
        assert!(chosen.exists() && world.checkpoint(5).exists());
    }
}

#[test]
fn batches_one_after_the_other_are_one_batch() {
    let world = World::new();
    let losses = |batch_images, accumulate| {
        let run = RunConfig {
            batch_images,
            accumulate,
            ..run_config(4)
        };
        let mut seen = Vec::new();
        let options = Options {
            checkpoints: None,
            ..world.options(run, Resume::Allow)
        };
        train::run(&options, &world.start, &world.pictures, &mut |event| {
            if let Event::Step(report) = event {
                seen.push((report.loss, report.grad_norm, report.tokens));
            }
            Control::Continue
        })
        .unwrap();
        seen
    };
    let (together, apart) = (losses(2, 1), losses(1, 2));
    for ((loss, norm, tokens), (other, other_norm, other_tokens)) in together.iter().zip(&apart) {
        assert!((loss - other).abs() < 1e-5 * loss, "{loss} {other}");
        assert!(
            (norm - other_norm).abs() < 1e-4 * norm,
            "{norm} {other_norm}"
        );
        assert_eq!(tokens, other_tokens);
    }
    assert_eq!((together.len(), apart.len()), (4, 4));
}

#[test]
fn what_a_run_gives_out_is_the_average_of_its_weights_if_it_asks_for_that() {
    let world = World::new();
    let run = RunConfig {
        ema: 0.25,
        checkpoint_every: 1,
        keep_checkpoints: 9,
        ..run_config(4)
    };
    let (trained, _) = world.go_on(&run, u32::MAX);
    let name = "language_model.model.norm.weight";
    let numbers = |tensor: &Tensor| tensor.to_vec1::<f32>().unwrap();
    let mut average = numbers(&world.start.tensors[name]);
    let mut last = average.clone();
    for step in 1..=4 {
        let weights = load_tensors(&world.checkpoint(step).join("weights.safetensors")).unwrap();
        last = numbers(&weights[name]);
        let kept = 0.25_f32.min((1 + step) as f32 / (10 + step) as f32);
        for (a, w) in average.iter_mut().zip(&last) {
            *a = kept * *a + (1.0 - kept) * w;
        }
    }
    let given = numbers(&trained.model.tensors[name]);
    let far = |others: &[f32]| -> f32 {
        let differences = given.iter().zip(others).map(|(x, y)| (x - y).abs());
        differences.fold(0.0, f32::max)
    };
    assert!(far(&average) < 1e-6, "{}", far(&average));
    assert!(far(&last) > 1e-5, "{}", far(&last));
}

/// Bytes of a checkpoint without an average: weights and two moments of each.
fn size_of_checkpoint(start: &Pretrained) -> usize {
    let numbers: usize = start.tensors.values().map(Tensor::elem_count).sum();
    3 * 4 * numbers
}

#[test]
fn a_full_disk_ends_the_run_and_leaves_the_checkpoint_before() {
    let world = World::new();
    // One checkpoint fits, and of the next one half.
    let room = size_of_checkpoint(&world.start) * 3 / 2;
    let test = "a_full_disk_ends_the_run_and_leaves_the_checkpoint_before";
    let Some(disk) = Disk::mount(world.folder.path(), room, test) else {
        return;
    };
    let run = run_config(6);
    let (failed, told) = world.call(&world.options(run.clone(), Resume::Allow), u32::MAX);
    let error = failed.unwrap_err();
    let TrainError::Unsaved { step, last, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((*step, *last, told.losses.len()), (4, Some(2), 4));
    let said = error.to_string();
    let place = world.folder.path().to_string_lossy().into_owned();
    for part in ["after step 4", "No space left", "free some space", &place] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(world.held(), names(&["2"]));
    // There is room now, and nothing was lost.
    disk.change(&format!("size={}", 3 * room));
    let (rest, told) = world.go_on(&run, u32::MAX);
    assert_eq!((rest.step, told.resumed), (6, Some(2)));
    let (whole, _) = world.uninterrupted(&run);
    assert!(bits(&rest.model.tensors) == bits(&whole.model.tensors));
}

#[test]
fn a_folder_that_cannot_be_written_ends_the_run_before_or_at_its_checkpoint() {
    let world = World::new();
    let room = 4 * size_of_checkpoint(&world.start);
    let test = "a_folder_that_cannot_be_written_ends_the_run_before_or_at_its_checkpoint";
    let Some(disk) = Disk::mount(world.folder.path(), room, test) else {
        return;
    };
    let options = world.options(run_config(6), Resume::Allow);
    let failed = train::run(&options, &world.start, &world.pictures, &mut |event| {
        if matches!(event, Event::Step(report) if report.step == 3) {
            disk.change("ro");
        }
        Control::Continue
    });
    let said = failed.unwrap_err().to_string();
    for part in ["after step 4", "Read-only", "make that folder writable"] {
        assert!(said.contains(part), "{said}");
    }
    let (failed, told) = world.call(&options, u32::MAX);
    let error = failed.unwrap_err();
    assert!(matches!(error, TrainError::Folder { .. }), "{error}");
    let said = error.to_string();
    for part in ["cannot be kept", "Read-only", "make that folder writable"] {
        assert!(said.contains(part), "{said}");
    }
    assert!(told.losses.is_empty());
    disk.change("rw");
    assert_eq!(world.held(), names(&["2"]));
    assert_eq!(world.go_on(&run_config(6), 3).1.resumed, Some(2));
}
