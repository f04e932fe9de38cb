//! How large a demo is.

use clap::Parser;
use medreg_datasets::protocol::RunConfig;
use medreg_datasets::snapshot::SplitShares;
use std::path::PathBuf;

/// Plays the whole loop against a running medreg server, as its users would: readers annotate, a lead cuts snapshots, an
/// engineer trains and promotes, the model chooses the next images. All images are synthetic.
///
/// Example: medreg-demo --server http://127.0.0.1:8080 --admin-credentials data/credentials --out target/demo
#[derive(Clone, Debug, Parser)]
#[command(version)]
pub struct Options {
    /// The server's address.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub server: String,
    /// The file in which `medreg up` keeps the administrator's name and password.
    #[arg(long)]
    pub admin_credentials: PathBuf,
    /// The folder for summary.json, the plots and the exported snapshot.
    #[arg(long, default_value = "target/demo")]
    pub out: PathBuf,
    /// How many images are generated and uploaded.
    #[arg(long)]
    pub images: Option<usize>,
    /// Rounds of active learning.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub rounds: Option<u16>,
    /// Images that readers read per round.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub budget: Option<u32>,
    /// Roughly how long the demo may take; on a slow machine later rounds train for fewer steps.
    #[arg(long, default_value_t = 14.0)]
    pub minutes: f64,
    /// The seed of images, readers and training.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// A small loop that shows that every part works, in about a minute; nothing is held to a threshold.
    #[arg(long)]
    pub quick: bool,
}

/// Seconds per round that go into choosing, reading, evaluating and publishing.
const BETWEEN_RUNS: f64 = 40.0;
/// Fewer steps than this teach nothing.
const FEWEST_STEPS: u32 = 10;

/// How fast training has gone so far.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Seconds since the demo began.
    pub elapsed: f64,
    /// Seconds that one optimizer step took.
    pub seconds_per_step: f64,
}

/// What the options come to.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Images in all.
    pub images: usize,
    /// Rounds of active learning.
    pub rounds: usize,
    /// Images per round.
    pub budget: u32,
    /// The seed of everything drawn by chance.
    pub seed: u64,
    /// Nothing is held to a threshold.
    pub quick: bool,
    /// The percentages of patients for validation and for testing.
    pub shares: SplitShares,
    /// Seconds that everything together may take.
    pub time: f64,
}

impl Plan {
    /// The plan for these options.
    #[must_use]
    pub fn of(options: &Options) -> Self {
        let (images, rounds, budget) = if options.quick {
            (24, 2, 5)
        } else {
            (300, 3, 70)
        };
        Self {
            images: options.images.unwrap_or(images),
            rounds: options.rounds.map_or(rounds, usize::from),
            budget: options.budget.unwrap_or(budget),
            seed: options.seed,
            quick: options.quick,
            shares: shares(options.quick),
            time: options.minutes * 60.0,
        }
    }

    /// How the run at the end of round `number` (from 1) trains: as planned, or for as many steps as the time allows at the pace of
    /// the rounds before.
    #[must_use]
    pub fn config(&self, number: usize, pace: Option<Pace>) -> RunConfig {
        let affordable = pace.map_or(u32::MAX, |pace| self.affordable(number, pace));
        RunConfig {
            steps: self.steps(number).min(affordable).max(FEWEST_STEPS),
            batch_images: 8,
            turns_per_image: 8,
            learning_rate: 2e-3,
            seed: self.seed,
            ..RunConfig::default()
        }
    }

    /// The steps planned for a round; the last one's model is the demo's result and gets most.
    fn steps(&self, number: usize) -> u32 {
        match (self.quick, number == self.rounds) {
            (true, _) => 12,
            (false, false) => 500,
            (false, true) => 2_500,
        }
    }

    /// The seconds for which round `number` may train: its part of the time that is left `elapsed` seconds after the start.
    #[must_use]
    pub fn training_seconds(&self, number: usize, elapsed: f64) -> f64 {
        let planned: u32 = (number..=self.rounds).map(|n| self.steps(n)).sum();
        let rounds_left = (self.rounds + 1).saturating_sub(number) as f64;
        let left = self.time - elapsed - rounds_left * BETWEEN_RUNS;
        left.max(0.0) * f64::from(self.steps(number)) / f64::from(planned.max(1))
    }

    /// The steps that fit into this round's time.
    fn affordable(&self, number: usize, pace: Pace) -> u32 {
        let seconds = self.training_seconds(number, pace.elapsed);
        // A float that is too large becomes the largest number of steps.
        (seconds / pace.seconds_per_step.max(1e-6)) as u32
    }

    /// A run that learns nothing, so that the base model's own scores come out of the same evaluation: one step whose change to
    /// any weight is below 1e-8, far under what 32-bit weights of that size can show in an answer.
    #[must_use]
    pub fn zero_shot_config(&self) -> RunConfig {
        RunConfig {
            steps: 1,
            learning_rate: 1e-8,
            weight_decay: 0.0,
            warmup: 0.0,
            seed: self.seed,
            ..RunConfig::default()
        }
    }
}

/// Few patients need a large share held out: which ones it hits is chance, and none would leave nothing to score.
fn shares(quick: bool) -> SplitShares {
    if quick {
        SplitShares { val: 5, test: 40 }
    } else {
        SplitShares::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn plan(arguments: &[&str]) -> Plan {
        let fixed = ["medreg-demo", "--admin-credentials", "credentials"];
        Plan::of(&Options::parse_from(fixed.iter().chain(arguments)))
    }

    #[test]
    fn options_are_well_formed_and_override_the_plan() {
        Options::command().debug_assert();
        let plan = plan(&["--images", "40", "--rounds", "2", "--budget", "5"]);
        assert_eq!((plan.images, plan.rounds, plan.budget), (40, 2, 5));
    }

    #[test]
    fn every_run_of_a_plan_is_one_that_the_server_takes() {
        for plan in [plan(&[]), plan(&["--quick"])] {
            assert_eq!(plan.zero_shot_config().check(), Ok(()));
            for number in 1..=plan.rounds {
                assert_eq!(plan.config(number, None).check(), Ok(()));
            }
        }
    }

    #[test]
    fn a_slow_machine_gets_fewer_steps_and_a_fast_one_no_more_than_planned() {
        let plan = plan(&["--minutes", "10"]);
        let at = |seconds_per_step| Pace {
            elapsed: 200.0,
            seconds_per_step,
        };
        let planned = plan.config(2, None).steps;
        assert_eq!(plan.config(2, Some(at(0.001))).steps, planned);
        let (second, last) = (
            plan.config(2, Some(at(1.0))).steps,
            plan.config(3, Some(at(1.0))).steps,
        );
        assert!(second < planned && f64::from(second) < 400.0);
        // What is left at this pace is shared out over the rounds that are left.
        assert!(
            f64::from(second) + 2.0 * BETWEEN_RUNS < 400.0
                && f64::from(last) + BETWEEN_RUNS <= 400.0
        );
        assert_eq!(plan.config(3, Some(at(1e9))).steps, FEWEST_STEPS);
        assert_eq!(
            plan.config(3, Some(at(0.0))).steps,
            plan.config(3, None).steps
        );
    }

    #[test]
    fn a_plan_without_rounds_is_refused() {
        let arguments = ["medreg-demo", "--admin-credentials", "c", "--rounds", "0"];
        assert!(Options::try_parse_from(arguments).is_err());
    }
}
