//! What Prometheus reads of a worker. Where nobody installed a recorder (`worker --metrics`), nothing is kept.

use crate::journal::Standing;
use crate::train::StepReport;
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

/// Optimizer steps of the run at hand that are done.
const STEP: &str = "medreg_run_step";
/// Optimizer steps that it is to have.
const STEPS: &str = "medreg_run_steps";
/// Its last step's loss.
const LOSS: &str = "medreg_run_loss";
/// Seconds until its last step.
const LEFT: &str = "medreg_run_eta_seconds";
/// Supervised tokens of all steps that this process took.
const TOKENS: &str = "medreg_worker_tokens_total";
/// Seconds of each step; their sum is the time spent training.
const SECONDS: &str = "medreg_worker_step_seconds";
/// Runs and rounds by what became of them.
const ITEMS: &str = "medreg_worker_items_total";

/// The upper bounds of the step times that are counted apart, in seconds.
pub const STEP_SECONDS: (&str, [f64; 9]) =
    (SECONDS, [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0]);

/// Says what each of them means; call it once there is a recorder.
pub fn describe() {
    describe_gauge!(STEP, "Optimizer steps done of the run at hand");
    describe_gauge!(STEPS, "Optimizer steps planned for the run at hand");
    describe_gauge!(
        LOSS,
        "Mean cross-entropy of the last step over supervised tokens"
    );
    describe_gauge!(
        LEFT,
        Unit::Seconds,
        "Time until the run's last step at the pace of the last ones"
    );
    describe_counter!(
        TOKENS,
        "Supervised tokens of all steps since this worker began"
    );
    describe_histogram!(SECONDS, Unit::Seconds, "Time of an optimizer step");
    describe_counter!(ITEMS, "Runs and rounds that were carried out, by outcome");
}

/// After a step.
pub fn step(report: &StepReport, standing: &Standing) {
    gauge!(STEP).set(f64::from(standing.step));
    gauge!(STEPS).set(f64::from(standing.steps));
    gauge!(LOSS).set(standing.loss);
    gauge!(LEFT).set(standing.eta_seconds);
    counter!(TOKENS).increment(report.tokens as u64);
    histogram!(SECONDS).record(report.seconds);
}

/// After a run or a round: `done`, `failed` or `dropped`.
pub fn item(outcome: &'static str) {
    counter!(ITEMS, "outcome" => outcome).increment(1);
}
