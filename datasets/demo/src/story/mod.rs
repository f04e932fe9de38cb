//! The demo's story: set up a project, read the held-out images, then round after round choose, read, snapshot, train, promote.

mod asking;
mod evaluating;
mod material;
mod plan;
mod reading;
mod report;
mod setup;
mod training;
mod waiting;

pub use material::{Material, Picture};
pub use plan::{Options, Pace, Plan};

use crate::clock::Clock;
use crate::people::Tally;
use crate::results::{
    AskingSummary, Baselines, ConfidenceSummary, RoundSummary, ScoreSummary, Scores, Series,
    Summary, Thresholds, Truth, baselines,
};
use anyhow::Result;
use medreg_datasets::ids::RunId;
use medreg_datasets::protocol::{ModelRef, PredictionLine};
use medreg_datasets::snapshot::Split;
use reading::{ReadingRoom, Readings};
use setup::Team;
use std::time::Duration;
use training::{Cut, Lesson, Trained};

/// The model that every demo starts from.
const BASE: &str = "shapes";

/// Seconds that any run may train, however little time is left.
const SHORTEST_RUN: f64 = 20.0;

/// What one round of active learning came to.
struct Round {
    /// Its run.
    run: RunId,
    /// Of this round's own readings.
    tally: Tally,
    boxes: u64,
    images: u64,
    scores: Scores,
    calibration: Vec<ConfidenceSummary>,
    loss: Series,
    predictions: Vec<PredictionLine>,
}

/// Everything that the report is made from.
struct Outcome {
    rounds: Vec<Round>,
    zero_shot: Scores,
    baselines: Baselines,
    cut: Cut,
    test: Truth,
    asking: AskingSummary,
}

/// Plays the whole story; what thresholds were missed is in the answer, not an error.
pub fn play(options: &Options) -> Result<Vec<String>> {
    let clock = Clock::start();
    let plan = Plan::of(options);
    let material = clock.spend("generating images", || Material::generate(&plan))?;
    clock.say(&format!(
        "{} synthetic images of {} patients, {} regions",
        material.pictures.len(),
        material.patients(),
        material.regions(),
    ));
    let team = clock.spend("setting up", || Team::assemble(options, &plan, &material))?;
    let mut room = clock.spend("uploading", || ReadingRoom::fill(&team, &material, &plan))?;
    clock.say(&format!(
        "project \"{}\" is set up, its images are uploaded",
        setup::PROJECT
    ));
    let outcome = rounds(&clock, &plan, &team, &mut room)?;
    let summary = report::write(&clock, options, &team, &room, &outcome)?;
    if let Some(last) = outcome.rounds.last() {
        clock.spend("evaluating", || {
            evaluating::evaluate(&clock, &options.out, &team, &outcome.cut, last.run)
        })?;
    }
    Ok(verdict(&plan, &summary))
}

fn verdict(plan: &Plan, summary: &Summary) -> Vec<String> {
    if plan.quick {
        return Vec::new();
    }
    Thresholds::default().missed(summary)
}

fn rounds(clock: &Clock, plan: &Plan, team: &Team, room: &mut ReadingRoom<'_>) -> Result<Outcome> {
    read_held_out(clock, room)?;
    let mut acquisition = training::choose_first(team, plan)?;
    let mut base = ModelRef::Builtin {
        name: BASE.to_owned(),
    };
    let mut zero_shot = None;
    let mut done: Vec<Round> = Vec::new();
    let mut steps: u64 = 0;
    loop {
        let number = done.len() + 1;
        let name = format!("round {number}");
        waiting::for_acquisition(clock, team, acquisition, &name)?;
        let read = read_chosen(clock, room, plan, &name)?;
        let cut = clock.spend("snapshots", || training::cut(team, &name))?;
        let test = Truth::of(&cut.cases, Split::Test);
        let zero_shot = match &zero_shot {
            Some(scores) => scores,
            None => zero_shot.insert(training::zero_shot(clock, team, plan, &cut, &test)?.scores),
        };
        let config = plan.config(number, pace(clock, steps));
        // A little more than its share, so that only a pace that was misjudged is cut off.
        let limit = 1.15 * plan.training_seconds(number, clock.elapsed().as_secs_f64());
        let limit = Duration::from_secs_f64(limit.max(SHORTEST_RUN));
        let lesson = Lesson {
            base,
            config,
            limit,
        };
        let trained = training::train(clock, team, &cut, &test, lesson, &name)?;
        steps += trained.steps;
        base = ModelRef::Published { id: trained.model };
        acquisition = training::promote(team, plan, trained.model)?;
        done.push(Round::after(done.last(), &read, trained));
        if number == plan.rounds {
            // The round's suggestions are for whoever reads next; what follows is measured when it has come to its end.
            waiting::for_acquisition(clock, team, acquisition, "after the last round")?;
            let asking = clock.spend("asking", || asking::measure(clock, team, plan, &cut))?;
            return Ok(Outcome {
                rounds: done,
                zero_shot: zero_shot.clone(),
                baselines: baselines(&Truth::of(&cut.cases, Split::Train), &test),
                cut,
                test,
                asking,
            });
        }
    }
}

/// How fast the `steps` so far were trained; `None` before the first.
fn pace(clock: &Clock, steps: u64) -> Option<Pace> {
    let training = clock.seconds().get("training").copied()?;
    (steps > 0).then(|| Pace {
        elapsed: clock.elapsed().as_secs_f64(),
        seconds_per_step: training / steps as f64,
    })
}

fn read_held_out(clock: &Clock, room: &mut ReadingRoom<'_>) -> Result<()> {
    let read = clock.spend("reading", || room.read_held_out())?;
    anyhow::ensure!(
        read.images > 0,
        "no patient fell into the test split: take more images (--images)"
    );
    clock.say(&format!(
        "held-out patients: {} images read without suggestions, {} regions",
        read.images,
        read.tally.regions()
    ));
    Ok(())
}

fn read_chosen(
    clock: &Clock,
    room: &mut ReadingRoom<'_>,
    plan: &Plan,
    name: &str,
) -> Result<Readings> {
    let read = clock.spend("reading", || room.read(plan.budget))?;
    anyhow::ensure!(
        read.images > 0,
        "{name}: no image is left to read; take more images (--images) or a smaller --budget"
    );
    clock.say(&format!("{name}: {}", reading::in_words(&read)));
    Ok(read)
}

impl Round {
    fn after(before: Option<&Self>, read: &Readings, trained: Trained) -> Self {
        let (boxes, images) = before.map_or((0, 0), |round| (round.boxes, round.images));
        Self {
            run: trained.run,
            tally: read.tally,
            boxes: boxes + read.tally.regions(),
            images: images + read.images,
            scores: trained.scores,
            calibration: trained.calibration,
            loss: trained.loss,
            predictions: trained.predictions,
        }
    }

    fn summary(&self) -> RoundSummary {
        RoundSummary {
            boxes: self.boxes,
            images: self.images,
            acceptance: self.tally.acceptance(),
            scores: ScoreSummary::from(&self.scores),
        }
    }
}
