//! The demo's story: set up a project, read the held-out images, then round after round choose, read, snapshot, train, promote.

mod material;
mod plan;
mod reading;
mod report;
mod setup;
mod training;
mod waiting;

pub use material::{Material, Picture};
pub use plan::{Options, Plan};

use crate::clock::Clock;
use crate::people::Tally;
use crate::results::{
    Baselines, RoundSummary, ScoreSummary, Scores, Series, Summary, Thresholds, Truth, baselines,
};
use anyhow::{Context, Result};
use medreg_datasets::protocol::{ModelRef, PredictionLine, Strategy};
use medreg_datasets::snapshot::Split;
use reading::ReadingRoom;
use setup::Team;
use training::{Cut, Trained};

/// The model that every demo starts from.
const BASE: &str = "shapes";

/// What one round of active learning came to.
struct Round {
    /// Of this round's own readings.
    tally: Tally,
    boxes: u64,
    images: u64,
    scores: Scores,
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
    Ok(verdict(&plan, &summary))
}

fn verdict(plan: &Plan, summary: &Summary) -> Vec<String> {
    if plan.quick {
        return Vec::new();
    }
    Thresholds::default().missed(summary)
}

fn rounds(clock: &Clock, plan: &Plan, team: &Team, room: &mut ReadingRoom<'_>) -> Result<Outcome> {
    let held_out = clock.spend("reading", || room.read_held_out())?;
    anyhow::ensure!(
        held_out.images > 0,
        "no patient fell into the test split: take more images (--images)"
    );
    clock.say(&format!(
        "held-out patients: {} images read without suggestions, {} regions",
        held_out.images,
        held_out.tally.regions()
    ));
    let mut acquisition = training::choose_first(team, plan)?;
    let mut base = ModelRef::Builtin {
        name: BASE.to_owned(),
    };
    let mut zero_shot = None;
    let mut done: Vec<Round> = Vec::new();
    let (mut boxes, mut images) = (0, 0);
    loop {
        let number = done.len() + 1;
        let name = format!("round {number}");
        waiting::for_acquisition(clock, team, acquisition, &name)?;
        let read = clock.spend("reading", || room.read(plan.budget))?;
        anyhow::ensure!(
            read.images > 0,
            "{name}: no image is left to read; take more images (--images) or a smaller --budget"
        );
        boxes += read.tally.regions();
        images += read.images;
        clock.say(&format!("{name}: {}", reading::in_words(&read)));
        let cut = clock.spend("snapshots", || training::cut(team, &name))?;
        let test = Truth::of(&cut.cases, Split::Test);
        if zero_shot.is_none() {
            let trained = training::zero_shot(clock, team, plan, &cut, &test)?;
            zero_shot = Some(trained.scores);
        }
        let last = number == plan.rounds;
        let config = plan.config(number);
        let trained = training::train(clock, team, &cut, &test, base, config, &name)?;
        let Trained {
            model,
            scores,
            loss,
            predictions,
        } = trained;
        let strategy = (!last).then_some(Strategy::Hybrid);
        let next = training::promote(team, plan, model, strategy)?;
        done.push(Round {
            tally: read.tally,
            boxes,
            images,
            scores,
            loss,
            predictions,
        });
        base = ModelRef::Published { id: model };
        match next {
            Some(next) => acquisition = next,
            None => {
                return Ok(Outcome {
                    rounds: done,
                    zero_shot: zero_shot.context("the base model was not scored")?,
                    baselines: baselines(&Truth::of(&cut.cases, Split::Train), &test),
                    cut,
                    test,
                });
            }
        }
    }
}

impl Round {
    fn summary(&self) -> RoundSummary {
        RoundSummary {
            boxes: self.boxes,
            images: self.images,
            acceptance: self.tally.acceptance(),
            scores: ScoreSummary::from(&self.scores),
        }
    }
}
