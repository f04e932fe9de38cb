//! What a worker says about the run at hand, kept until the server has it.

use medreg_datasets::protocol::{LogLevel, LogLine};
use std::collections::VecDeque;
use std::io::{Result, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::registry::LookupSpan;

/// Lines that wait for the server; where more are said, the oldest of them are lost.
const WAITING: usize = 500;

/// The lines of the run at hand. Nothing is kept while there is none.
#[derive(Clone, Debug, Default)]
pub struct RunLog(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    open: bool,
    /// How many lines were said about this run.
    said: u32,
    waiting: VecDeque<LogLine>,
}

impl RunLog {
    /// Hears what this program itself logs, from `INFO` on: its own sentences hold ids and paths, and no patient data.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        let own = Targets::new().with_target(env!("CARGO_CRATE_NAME"), LevelFilter::INFO);
        tracing_subscriber::fmt::layer()
            .with_writer(self.clone())
            .without_time()
            .with_level(false)
            .with_target(false)
            .with_ansi(false)
            .with_filter(own)
    }

    /// From now on lines are of a new run.
    pub fn begin(&self) {
        *self.lines() = Lines {
            open: true,
            ..Lines::default()
        };
    }

    /// From now on lines are of no run.
    pub fn end(&self) {
        *self.lines() = Lines::default();
    }

    /// What the server has not got yet.
    #[must_use]
    pub fn waiting(&self) -> Vec<LogLine> {
        self.lines().waiting.iter().cloned().collect()
    }

    /// The server has got these.
    pub fn arrived(&self, lines: &[LogLine]) {
        if let Some(last) = lines.last() {
            self.lines()
                .waiting
                .retain(|line| line.number > last.number);
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, level: LogLevel) -> Line {
        Line {
            log: self.clone(),
            level,
            text: Vec::new(),
        }
    }

    fn add(&self, level: LogLevel, message: &str) {
        let mut lines = self.lines();
        if !lines.open || message.is_empty() {
            return;
        }
        lines.said = lines.said.saturating_add(1);
        let line = LogLine {
            number: lines.said,
            at: milliseconds(),
            level,
            message: message.to_owned(),
        };
        lines.waiting.push_back(line);
        if lines.waiting.len() > WAITING {
            lines.waiting.pop_front();
        }
    }
}

/// Milliseconds since 1970.
fn milliseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

/// One line as it is written.
#[derive(Debug)]
pub struct Line {
    log: RunLog,
    level: LogLevel,
    text: Vec<u8>,
}

impl<'a> MakeWriter<'a> for RunLog {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        self.line(LogLevel::Info)
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Line {
        self.line(match *meta.level() {
            Level::ERROR => LogLevel::Error,
            Level::WARN => LogLevel::Warn,
            _ => LogLevel::Info,
        })
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.text.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.log
            .add(self.level, String::from_utf8_lossy(&self.text).trim());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt;

    #[test]
    fn lines_of_a_run_wait_until_they_arrived() {
        let log = RunLog::default();
        let heard = tracing_subscriber::registry().with(log.layer());
        tracing::subscriber::with_default(heard, || {
            tracing::info!("about no run");
            log.begin();
            tracing::info!(step = 3, "going on");
            tracing::debug!("not worth telling");
            tracing::info!(target: "hyper", "another program's");
            tracing::warn!("careful");
        });
        let waiting = log.waiting();
        let told: Vec<_> = waiting
            .iter()
            .map(|line| (line.number, line.level, line.message.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (1, LogLevel::Info, "going on step=3"),
                (2, LogLevel::Warn, "careful")
            ]
        );
        log.arrived(&waiting[..1]);
        assert_eq!(log.waiting(), waiting[1..]);
        for _ in 0..=WAITING {
            log.add(LogLevel::Info, "more");
        }
        let waiting = log.waiting();
        assert_eq!((waiting.len(), waiting[0].number), (WAITING, 4));
        log.end();
        assert_eq!(log.waiting(), []);
    }
}
