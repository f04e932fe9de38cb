//! Steps of training here and in PyTorch + PEFT: the same model, weights, batch and optimizer, each run a process of its own, step by step in
//! turn.

use super::growth::{self, LONGER, MORE};
use super::row::Row;
use super::shape::Shape;
use super::steps::{Lengths, Mode, Run};
use super::turns::{in_turn, last_words, said_as};
use crate::device::DeviceChoice;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Losses that are compared before anything is timed, and how far they may lie apart, relative to PyTorch's: in 32 bits, and with products
/// in bf16, which has three digits, or moments in 8 bits, which have two.
const COMPARED: usize = 3;
const TOLERANCE: f64 = 1e-4;
const ROUNDED_TOLERANCE: f64 = 1e-2;

/// What is to be measured, and with what.
#[derive(Clone, Debug)]
pub struct Bench {
    /// A Python with torch, transformers and peft.
    pub python: PathBuf,
    /// `trainer/tests/reference/training.py`.
    pub script: PathBuf,
    /// This program.
    pub program: PathBuf,
    /// Where the models are put.
    pub folder: PathBuf,
    /// The sizes.
    pub shapes: Vec<Shape>,
    /// Runs of each side per shape and mode.
    pub pairs: usize,
    /// Steps of each run.
    pub steps: usize,
    /// Threads of each side.
    pub threads: usize,
    /// Whether the growth with length and batch is measured, at the last shape.
    pub growth: bool,
    /// Where both sides work.
    pub device: DeviceChoice,
    /// Whether both sides' products are in bf16, PyTorch's by `autocast`.
    pub mixed: bool,
}

/// How a step is taken, and so what ours is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// Everything is kept for the way back.
    Plain,
    /// Layers keep their inputs alone; PyTorch's checkpointing does the same.
    Recomputing,
    /// The optimizer's moments are in 8 bits; PyTorch's are in 32.
    EightBits,
    /// Both.
    EightBitsRecomputing,
    /// The picture's tokens are kept from step to step; held against our own plain step.
    Cached,
}

/// Whose steps are timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Ours(Way),
    Theirs(Way),
}

/// Each side's run of a round.
type Round = BTreeMap<Side, Run>;

impl Way {
    /// The ways there are to take a step that trains this; those of a group are held against the same runs.
    fn of(mode: Mode) -> &'static [&'static [Self]] {
        match mode {
            Mode::Lora => &[&[Self::Plain, Self::Cached], &[Self::Recomputing]],
            // The vision tower is trained.
            Mode::Full => &[
                &[Self::Plain, Self::EightBits],
                &[Self::Recomputing, Self::EightBitsRecomputing],
            ],
        }
    }

    /// What ours is held against.
    fn against(self) -> Side {
        match self {
            Self::Plain | Self::EightBits => Side::Theirs(Self::Plain),
            Self::Recomputing | Self::EightBitsRecomputing => Side::Theirs(Self::Recomputing),
            Self::Cached => Side::Ours(Self::Plain),
        }
    }

    /// Whether layers keep their inputs alone.
    fn recomputes(self) -> bool {
        matches!(self, Self::Recomputing | Self::EightBitsRecomputing)
    }

    /// Whether its numbers are only near those of 32 bits.
    fn rounds(self) -> bool {
        matches!(self, Self::EightBits | Self::EightBitsRecomputing)
    }

    /// What it adds to a row's name, and what is on the other side.
    fn in_words(self) -> (&'static str, &'static str) {
        match self {
            Self::Plain => ("", "PyTorch + PEFT"),
            Self::Recomputing => (", recomputing", "PyTorch + PEFT with checkpointing"),
            Self::EightBits => (", moments in 8 bits", "PyTorch + PEFT, moments in 32"),
            Self::EightBitsRecomputing => (
                ", recomputing, moments in 8 bits",
                "PyTorch + PEFT with checkpointing, moments in 32",
            ),
            Self::Cached => (
                ", pictures' tokens kept",
                "ours that looks at the pictures at every step",
            ),
        }
    }
}

/// Why a measurement ends early.
#[derive(Debug, thiserror::Error)]
pub enum PairsError {
    /// A program cannot be started, or a file cannot be written.
    #[error("{path}: {source}")]
    File {
        /// The program or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// One side failed.
    #[error("`{command}` failed and said: {said}")]
    Side {
        /// What was called.
        command: String,
        /// The end of its error output.
        said: String,
    },
    /// One side printed something else than a run.
    #[error("`{command}` printed no run: {source}")]
    Output {
        /// What was called.
        command: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The sides do not train the same model.
    #[error(
        "{shape}, {mode}: the losses differ by more than {tolerance:e}, so there is nothing to time: ours {ours:?}, PyTorch's {theirs:?}"
    )]
    Losses {
        /// The size.
        shape: Shape,
        /// What was trained.
        mode: Mode,
        /// How far they may lie apart, relative to PyTorch's.
        tolerance: f64,
        /// Our first losses.
        ours: Vec<f64>,
        /// PyTorch's.
        theirs: Vec<f64>,
    },
}

/// The batch that a shape is measured with: sequences and their tokens, and how many of them are the answer.
fn batch_of(shape: Shape) -> (Lengths, usize) {
    let (sequences, tokens, answer) = match shape {
        Shape::Least => (2, 40, 12),
        Shape::Tiny | Shape::Small => (4, 304, 80),
        Shape::InternVl3OneB => (1, 400, 80),
    };
    (Lengths { sequences, tokens }, answer)
}

impl Bench {
    /// Measures everything; `done` hears of every row.
    pub fn run(&self, done: &mut dyn FnMut(&Row)) -> Result<Vec<Row>, PairsError> {
        for shape in &self.shapes {
            self.make(*shape)?;
        }
        for (shape, mode) in self.cases() {
            self.round((shape, mode), &[Way::Plain], COMPARED)?;
        }
        let mut rows = Vec::new();
        let mut add = |row: Row| {
            done(&row);
            rows.push(row);
        };
        for (shape, mode) in self.cases() {
            for ways in self.ways(mode) {
                self.rounds((shape, mode), ways)?
                    .into_iter()
                    .for_each(&mut add);
            }
        }
        if let Some(shape) = self.shapes.last().filter(|_| self.growth) {
            self.growth(*shape, &mut add)?;
        }
        Ok(rows)
    }

    fn cases(&self) -> impl Iterator<Item = (Shape, Mode)> {
        let with_modes = |shape: &Shape| Mode::ALL.map(|mode| (*shape, mode));
        self.shapes.iter().flat_map(with_modes)
    }

    /// The ways that are another on this device: `recompute` is for host memory.
    fn ways(&self, mode: Mode) -> impl Iterator<Item = &'static [Way]> {
        let on_host = self.device == DeviceChoice::Cpu;
        let other = move |ways: &&[Way]| on_host || !ways.iter().any(|way| way.recomputes());
        Way::of(mode).iter().copied().filter(other)
    }

    fn agree(
        &self,
        (shape, mode, way): (Shape, Mode, Way),
        ours: &Run,
        theirs: &Run,
    ) -> Result<(), PairsError> {
        let tolerance = match self.mixed || way.rounds() {
            true => ROUNDED_TOLERANCE,
            false => TOLERANCE,
        };
        agree((shape, mode), tolerance, ours, theirs)
    }

    fn folder_of(&self, shape: Shape) -> PathBuf {
        self.folder.join(shape.to_string())
    }

    /// Has PyTorch draw weights, adapter and batch of a shape.
    fn make(&self, shape: Shape) -> Result<(), PairsError> {
        let (lengths, answer) = batch_of(shape);
        let folder = self.folder_of(shape);
        let config = folder.join("model").join("config.json");
        write(&config, &shape.config())?;
        let mut python = self.python();
        python.arg("make").arg(&folder);
        for (name, number) in [
            ("--sequences", lengths.sequences),
            ("--tokens", lengths.tokens),
            ("--answer", answer),
        ] {
            python.args([name, &number.to_string()]);
        }
        done(python)
    }

    fn python(&self) -> Command {
        let mut python = Command::new(&self.python);
        python.arg(&self.script).env("PYTHONDONTWRITEBYTECODE", "1");
        python
    }

    fn ours(
        &self,
        (shape, mode, way): (Shape, Mode, Way),
        steps: usize,
        lengths: Option<Lengths>,
    ) -> Command {
        let mut program = Command::new(&self.program);
        program.args(["bench", "steps", "--folder"]);
        program.arg(self.folder_of(shape));
        self.describe(&mut program, mode, steps);
        for (flag, set) in [
            ("--recompute", way.recomputes()),
            ("--eight-bits", way.rounds()),
            ("--cached", way == Way::Cached),
        ] {
            if set {
                program.arg(flag);
            }
        }
        if let Some(Lengths { sequences, tokens }) = lengths {
            program.args(["--sequences", &sequences.to_string()]);
            program.args(["--tokens", &tokens.to_string()]);
        }
        program
    }

    fn theirs(&self, (shape, mode, way): (Shape, Mode, Way), steps: usize) -> Command {
        let mut python = self.python();
        python.arg("steps").arg(self.folder_of(shape));
        self.describe(&mut python, mode, steps);
        if way.recomputes() {
            python.arg("--checkpointed");
        }
        python
    }

    /// The arguments that both sides take.
    fn describe(&self, command: &mut Command, mode: Mode, steps: usize) {
        command.arg("--in-turn");
        command.args(["--mode", mode.name()]);
        command.args(["--steps", &steps.to_string()]);
        command.args(["--threads", &self.threads.to_string()]);
        command.args(["--device", &self.device.to_string()]);
        if self.mixed {
            command.arg("--mixed");
        }
    }

    /// Several rounds of the sides that these ways are, and are held against.
    fn rounds(&self, case: (Shape, Mode), ways: &[Way]) -> Result<Vec<Row>, PairsError> {
        let rounds = (0..self.pairs).map(|_| self.round(case, ways, self.steps));
        let rounds: Vec<Round> = rounds.collect::<Result<_, _>>()?;
        let rows = ways.iter().flat_map(|way| {
            let pairs: Vec<_> = rounds.iter().map(|round| pair(round, *way)).collect();
            self.rows((case.0, case.1, *way), &pairs)
        });
        Ok(rows.collect())
    }

    /// All sides step by step in turn; their first losses have to agree.
    fn round(
        &self,
        (shape, mode): (Shape, Mode),
        ways: &[Way],
        steps: usize,
    ) -> Result<Round, PairsError> {
        let sides = ways
            .iter()
            .flat_map(|way| [Side::Ours(*way), way.against()]);
        let sides: BTreeSet<Side> = sides.collect();
        let command = |side: &Side| match side {
            Side::Ours(way) => self.ours((shape, mode, *way), steps, None),
            Side::Theirs(way) => self.theirs((shape, mode, *way), steps),
        };
        let runs = in_turn(sides.iter().map(command).collect(), steps)?;
        let round: Round = sides.into_iter().zip(runs).collect();
        for way in ways {
            let (ours, other) = pair(&round, *way);
            self.agree((shape, mode, *way), ours, other)?;
        }
        Ok(round)
    }

    /// Time, and memory where the system tells it.
    fn rows(&self, (shape, mode, way): (Shape, Mode, Way), pairs: &[(&Run, &Run)]) -> Vec<Row> {
        let times: Vec<_> = (pairs.iter())
            .map(|(ours, other)| (ours.step_ms(), other.step_ms()))
            .collect();
        let sizes: Vec<_> = (pairs.iter())
            .filter_map(|(ours, other)| ours.growth_mib().zip(other.growth_mib()))
            .collect();
        let ((lengths, _), (name, against)) = (batch_of(shape), way.in_words());
        let metric = format!("{shape}, {mode} step{name}");
        let note = format!(
            "against {against}, {lengths} with a picture each, {} pairs that step in turn, {} threads{}",
            self.pairs,
            self.threads,
            self.place()
        );
        let memory = format!("{metric}, memory");
        let mut rows = vec![Row::of_pairs(metric, &times, "ms", note)];
        if !sizes.is_empty() {
            let note = "growth at most of the process from before the model is read, same runs";
            rows.push(Row::of_pairs(memory, &sizes, "MiB", note));
        }
        rows
    }

    /// Where the arithmetic is done and how, where that is not as usual.
    fn place(&self) -> String {
        let mut place = match self.device {
            DeviceChoice::Cpu => String::new(),
            device => format!(", on {device}"),
        };
        if self.mixed {
            place += ", products in bf16";
        }
        place
    }

    /// Our step against longer sequences and against more of them.
    fn growth(&self, shape: Shape, add: &mut dyn FnMut(Row)) -> Result<(), PairsError> {
        for (series, axis) in [(LONGER, "tokens"), (MORE, "sequences")] {
            let mut points = Vec::with_capacity(series.len());
            for lengths in series {
                let ours = self.ours((shape, Mode::Lora, Way::Plain), self.steps, Some(lengths));
                let [run] = &in_turn(vec![ours], self.steps)?[..] else {
                    continue;
                };
                let size = match axis {
                    "tokens" => lengths.tokens,
                    _ => lengths.sequences,
                };
                points.push((size as f64, run.step_ms()));
                let note = "median, a picture in each sequence, its last quarter supervised";
                let metric = format!("{shape}, LoRA step, {lengths}");
                add(Row::new(metric, run.step_ms(), "ms", note));
            }
            let note = format!("of the step time in {axis}, least squares on logarithms");
            let metric = format!("{shape}, LoRA step, exponent in {axis}");
            add(Row::new(metric, growth::exponent(&points), "", note));
        }
        Ok(())
    }
}

/// Our run in this way, and what it is held against.
fn pair(round: &Round, way: Way) -> (&Run, &Run) {
    (&round[&Side::Ours(way)], &round[&way.against()])
}

/// Whether the first losses are the same.
fn agree(
    (shape, mode): (Shape, Mode),
    tolerance: f64,
    ours: &Run,
    theirs: &Run,
) -> Result<(), PairsError> {
    let first = |run: &Run| -> Vec<f64> { run.losses.iter().copied().take(COMPARED).collect() };
    let (ours, theirs) = (first(ours), first(theirs));
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= tolerance * b.abs();
    if ours.len() == theirs.len() && ours.iter().zip(&theirs).all(near) {
        return Ok(());
    }
    Err(PairsError::Losses {
        shape,
        mode,
        tolerance,
        ours,
        theirs,
    })
}

fn write(path: &Path, config: &crate::model::ModelConfig) -> Result<(), PairsError> {
    let at = |source: io::Error| PairsError::File {
        path: path.to_owned(),
        source,
    };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(at)?;
    }
    let json = serde_json::to_vec_pretty(config).map_err(|e| at(e.into()))?;
    std::fs::write(path, json).map_err(at)
}

/// Has a program do something at once.
fn done(mut command: Command) -> Result<(), PairsError> {
    let output = command.output().map_err(|source| PairsError::File {
        path: command.get_program().into(),
        source,
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(PairsError::Side {
        command: said_as(&command),
        said: last_words(&output.stderr),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(losses: &[f64]) -> Run {
        Run {
            losses: losses.to_vec(),
            step_seconds: vec![1.0; losses.len()],
            growth_bytes: None,
        }
    }

    #[test]
    fn losses_that_differ_stop_the_measurement_and_both_lists_are_told() {
        let case = (Shape::Tiny, Mode::Full);
        let agreed =
            |ours: &[f64], theirs: &[f64]| agree(case, TOLERANCE, &run(ours), &run(theirs));
        assert!(agreed(&[9.0, 8.0004, 7.0, 1.0], &[9.0, 8.0, 7.0, 2.0]).is_ok());
        for ours in [&[9.0, 8.001, 7.0][..], &[9.0, f64::NAN, 7.0], &[9.0, 8.0]] {
            let refused = agreed(ours, &[9.0, 8.0, 7.0]);
            let said = refused.map_or_else(|error| error.to_string(), |()| String::new());
            assert!(said.contains("tiny, full"), "{said}");
            assert!(said.contains("[9.0, 8.0, 7.0]"), "{said}");
        }
    }
}
