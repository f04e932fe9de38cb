//! What a run tells while it trains: the points of its charts, how fast it goes, and files of both that outlast its worker.

mod chart;
mod pace;
mod steps;
mod tensorboard;

pub use pace::{Pace, Standing};

use crate::train::{Event, StepReport};
use chart::Chart;
use medreg_datasets::protocol::MetricPoint;
use std::io::Result;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use steps::{LoggedStep, StepLog};
use tensorboard::EventFile;

pub use tensorboard::event_files;

/// Gathers the points of a run's charts and keeps them in its folder: every step in `steps.tsv`, every point for TensorBoard.
///
/// A run that goes on from a checkpoint takes up the steps before it, so its charts are those of a run that never stopped.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    chart: Chart,
    files: Files,
}

/// A run is not ended by a journal that cannot be written: a chart may have gaps.
#[derive(Debug)]
enum Files {
    /// It is not known yet where the run begins.
    Closed,
    Open(StepLog, EventFile),
    Failed,
}

impl Journal {
    /// Of a run that keeps its files in `folder`. Nothing is written before its first event.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            chart: Chart::default(),
            files: Files::Closed,
        }
    }

    /// The points to draw after an event: where a run goes on, all those before; between two logged steps none.
    pub fn hear(&mut self, event: &Event) -> Vec<MetricPoint> {
        match event {
            Event::Resumed { step } => self.begin(*step),
            Event::Step(report) => self.step(report),
            Event::PassedOver(_) | Event::Saved { .. } => Vec::new(),
        }
    }

    /// Begins after so many steps, with what an earlier call wrote about them.
    fn begin(&mut self, step: u32) -> Vec<MetricPoint> {
        let opened = std::fs::create_dir_all(&self.folder)
            .and_then(|()| StepLog::go_on(&self.folder, step))
            .and_then(|(log, before)| Ok((log, EventFile::begin(&self.folder)?, before)));
        let (log, events, before) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                self.give_up(&error);
                return Vec::new();
            }
        };
        self.files = Files::Open(log, events);
        let mut all = Vec::new();
        for logged in before {
            let points = self.chart.points(&logged.report);
            let written = self.draw(&points, logged.at);
            self.or_give_up(written);
            all.extend(points);
        }
        all
    }

    fn step(&mut self, report: &StepReport) -> Vec<MetricPoint> {
        if matches!(self.files, Files::Closed) {
            self.begin(report.step.saturating_sub(1));
        }
        let points = self.chart.points(report);
        let report = *report;
        let logged = LoggedStep { report, at: now() };
        let written = match &mut self.files {
            Files::Open(log, _) => log.add(&logged),
            Files::Closed | Files::Failed => Ok(()),
        };
        let written = written.and_then(|()| self.draw(&points, logged.at));
        self.or_give_up(written);
        points
    }

    fn draw(&mut self, points: &[MetricPoint], at: f64) -> Result<()> {
        match &mut self.files {
            Files::Open(_, events) if !points.is_empty() => events.add(points, at),
            _ => Ok(()),
        }
    }

    fn or_give_up(&mut self, written: Result<()>) {
        if let Err(error) = written {
            self.give_up(&error);
        }
    }

    fn give_up(&mut self, error: &std::io::Error) {
        let folder = self.folder.display();
        tracing::warn!(%error, "the run's charts are not kept in {folder} any more; the run goes on");
        self.files = Files::Failed;
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(step: u32) -> StepReport {
        StepReport {
            step,
            steps: 9,
            // Thirds have no short decimal form.
            loss: f64::from(step) / 3.0,
            learning_rate: 0.1,
            grad_norm: f64::NAN,
            tokens: 10,
            seconds: f64::from(step) / 7.0,
            log: step.is_multiple_of(3),
        }
    }

    fn heard(journal: &mut Journal, steps: std::ops::RangeInclusive<u32>) -> Vec<MetricPoint> {
        steps
            .flat_map(|step| journal.hear(&Event::Step(report(step))))
            .collect()
    }

    #[test]
    fn a_run_that_goes_on_draws_the_charts_of_one_that_never_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let all = heard(&mut Journal::of(&folder.path().join("whole")), 1..=9);
        assert_eq!(all.len(), 3 * 4);
        let at = folder.path().join("cut");
        heard(&mut Journal::of(&at), 1..=7);
        // What was killed while it wrote leaves half a line; and the checkpoint is in the middle between two logged steps.
        let log = at.join("steps.tsv");
        let text = std::fs::read_to_string(&log).unwrap();
        std::fs::write(&log, &text[..text.len() - 5]).unwrap();
        let mut again = Journal::of(&at);
        let mut points = again.hear(&Event::Resumed { step: 5 });
        points.extend(heard(&mut again, 6..=9));
        assert_eq!(points, all);
        let text = std::fs::read_to_string(&log).unwrap();
        let steps = text
            .lines()
            .skip(1)
            .filter_map(|line| line.split('\t').next());
        assert_eq!(steps.collect::<String>(), "123456789");
        assert_eq!(event_files(&at).len(), 1);
    }

    #[test]
    fn a_run_that_begins_anew_forgets_what_was() {
        let folder = tempfile::tempdir().unwrap();
        heard(&mut Journal::of(folder.path()), 1..=7);
        heard(&mut Journal::of(folder.path()), 1..=2);
        let text = std::fs::read_to_string(folder.path().join("steps.tsv")).unwrap();
        assert_eq!(text.lines().count(), 1 + 2, "{text}");
    }

    #[test]
    fn a_run_goes_on_where_its_charts_cannot_be_kept() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        std::fs::write(&taken, "").unwrap();
        assert_eq!(heard(&mut Journal::of(&taken), 1..=9).len(), 3 * 4);
    }
}
