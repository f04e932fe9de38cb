//! Every step of a run, a line each, in a file that a spreadsheet reads: `steps.tsv`.
//!
//! Numbers are written with as many digits as bring back every bit of them, which JSON's readers do not promise.

use crate::train::StepReport;
use std::fs::{self, File};
use std::io::{Result, Write};
use std::path::Path;
use std::str::FromStr;

/// In the run's folder.
const FILE: &str = "steps.tsv";
const COLUMNS: &str =
    "step\tsteps\tloss\tlearning_rate\tgradient_norm\ttokens\tseconds\tlogged\tat\n";

/// A step and when it was done.
#[derive(Clone, Copy, Debug)]
pub struct LoggedStep {
    /// The step.
    pub report: StepReport,
    /// Seconds since 1970.
    pub at: f64,
}

/// The file, written to its end.
#[derive(Debug)]
pub struct StepLog(File);

impl StepLog {
    /// Goes on after `step`, and gives what the file says about the steps up to it. What it says about later ones is of a course that
    /// the run has left, and goes.
    pub fn go_on(folder: &Path, step: u32) -> Result<(Self, Vec<LoggedStep>)> {
        let path = folder.join(FILE);
        let before: Vec<LoggedStep> = fs::read_to_string(&path)
            .unwrap_or_default()
            .split_inclusive('\n')
            .filter_map(parse)
            .filter(|logged| logged.report.step <= step)
            .collect();
        let text: String = before.iter().map(line).collect();
        // Beside, so that a run that is killed here loses nothing.
        let beside = path.with_extension("partial");
        let mut file = File::create(&beside)?;
        file.write_all((COLUMNS.to_owned() + &text).as_bytes())?;
        fs::rename(&beside, &path)?;
        Ok((Self(file), before))
    }

    /// Adds a step.
    pub fn add(&mut self, step: &LoggedStep) -> Result<()> {
        // In one piece: a line is there or is cut off, and then passed over.
        self.0.write_all(line(step).as_bytes())
    }
}

fn line(LoggedStep { report: r, at }: &LoggedStep) -> String {
    format!(
        "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{at}\n",
        r.step, r.steps, r.loss, r.learning_rate, r.grad_norm, r.tokens, r.seconds, r.log
    )
}

/// `None` for the columns' names and for half a line.
fn parse(line: &str) -> Option<LoggedStep> {
    let mut fields = line.strip_suffix('\n')?.split('\t');
    let report = StepReport {
        step: next(&mut fields)?,
        steps: next(&mut fields)?,
        loss: next(&mut fields)?,
        learning_rate: next(&mut fields)?,
        grad_norm: next(&mut fields)?,
        tokens: next(&mut fields)?,
        seconds: next(&mut fields)?,
        log: next(&mut fields)?,
    };
    let at = next(&mut fields)?;
    Some(LoggedStep { report, at })
}

fn next<'a, T: FromStr>(fields: &mut impl Iterator<Item = &'a str>) -> Option<T> {
    fields.next()?.parse().ok()
}
