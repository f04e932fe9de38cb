//! Where the demo's time goes, and the lines that say how far it is.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Counts wall-clock time by kind of work and prefixes each printed line with the time since the start.
#[derive(Debug)]
pub struct Clock {
    started: Instant,
    spent: RefCell<BTreeMap<String, Duration>>,
}

impl Default for Clock {
    fn default() -> Self {
        Self::start()
    }
}

impl Clock {
    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
            spent: RefCell::new(BTreeMap::new()),
        }
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Prints a line of progress.
    pub fn say(&self, line: &str) {
        println!("[{:6.1} s] {line}", self.elapsed().as_secs_f64());
    }

    /// Does `work` and counts its time as `kind`.
    pub fn spend<T>(&self, kind: &str, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = work();
        self.charge(kind, began.elapsed());
        done
    }

    /// Counts `time` as `kind`.
    pub fn charge(&self, kind: &str, time: Duration) {
        *self.spent.borrow_mut().entry(kind.to_owned()).or_default() += time;
    }

    /// Seconds by kind of work; what was counted as none is `other`.
    #[must_use]
    pub fn seconds(&self) -> BTreeMap<String, f64> {
        let total = self.elapsed();
        let spent = self.spent.borrow();
        let counted: Duration = spent.values().sum();
        let mut seconds: BTreeMap<String, f64> = spent
            .iter()
            .map(|(kind, time)| (kind.clone(), time.as_secs_f64()))
            .collect();
        *seconds.entry("other".to_owned()).or_default() +=
            total.saturating_sub(counted).as_secs_f64();
        seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_time_is_counted_somewhere() {
        let clock = Clock::start();
        assert_eq!(clock.spend("reading", || 7), 7);
        clock.charge("reading", Duration::from_secs(3));
        clock.charge("training", Duration::from_secs(5));
        let seconds = clock.seconds();
        assert!((3.0..3.5).contains(&seconds["reading"]));
        assert_eq!(seconds["training"], 5.0);
        // More was charged than went by: nothing is left for the rest.
        assert_eq!(seconds["other"], 0.0);
    }
}
