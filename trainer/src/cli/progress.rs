//! How far the work is: a progress bar with the time left, where somebody looks at a terminal; for a run elsewhere JSON, a line now and
//! then.

use crate::journal::Standing;
use crate::registry::{Transfer, Watch};
use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressStyle};
use medreg_datasets::ids::RunId;
use serde::Serialize;
use std::io::{IsTerminal, Write, stderr};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// At most one line of JSON in so long a time, besides a run's first and last.
const BETWEEN_LINES: Duration = Duration::from_secs(1);

/// All bars, so that a line of the log can push them down.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// The standard error output above the bars.
pub struct AboveBars;

impl Write for AboveBars {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        BARS.suspend(|| stderr().write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        stderr().flush()
    }
}

/// A bar of `total` steps; invisible where the standard error output is no terminal.
pub fn bar(total: u64, what: &'static str) -> ProgressBar {
    let bar = BARS.add(ProgressBar::new(total));
    let template = "{prefix} {wide_bar} {pos}/{len} {msg} {elapsed} · {eta} left";
    bar.set_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.set_prefix(what);
    bar
}

/// Shows that something of unknown length is under way.
pub fn waiting(what: &'static str) -> ProgressBar {
    let bar = BARS.add(ProgressBar::no_length());
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Shows how many of a model's tensors are read.
pub fn reading() -> impl FnMut(usize, usize) {
    let bar = bar(0, "reading the model's tensors");
    move |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
        if done == of {
            bar.finish_and_clear();
        }
    }
}

/// Shows how far the files of a model are that are fetched, one after the other.
pub fn fetching() -> Watch {
    let bar = bar(0, "fetching");
    let template = "{prefix} {msg} {wide_bar} {bytes}/{total_bytes} {elapsed} · {eta} left";
    bar.set_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    Arc::new(move |transfer: Transfer<'_>| {
        if bar.message() != transfer.file {
            bar.reset();
            bar.set_message(transfer.file.to_owned());
        }
        bar.set_length(transfer.of);
        bar.set_position(transfer.done);
        if transfer.done == transfer.of {
            bar.finish_and_clear();
        }
    })
}

/// Shows on the standard error output how runs stand, one after the other: a bar on a terminal, lines of JSON elsewhere.
pub struct Runs {
    run: Option<RunId>,
    shown: Option<Shown>,
}

enum Shown {
    Bar(ProgressBar),
    /// When the last line was written.
    Lines(Option<Instant>),
}

/// A line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<RunId>,
    #[serde(flatten)]
    standing: &'a Standing,
}

impl Runs {
    /// Before the first run.
    pub fn new() -> Self {
        Self {
            run: None,
            shown: None,
        }
    }

    /// Shows how a run stands; only a server's run has an id.
    pub fn show(&mut self, run: Option<RunId>, standing: &Standing) {
        if self.run != run {
            self.shown = None;
            self.run = run;
        }
        match self.shown.get_or_insert_with(|| Shown::for_run(standing)) {
            Shown::Bar(bar) => draw(bar, standing),
            Shown::Lines(last) => {
                let due = last.is_none_or(|last| last.elapsed() >= BETWEEN_LINES);
                if due || standing.step == standing.steps {
                    *last = Some(Instant::now());
                    print_line(&Line { run, standing });
                }
            }
        }
    }
}

fn print_line(line: &Line<'_>) {
    // Numbers and an id: there is no way for them to have no JSON form.
    if let Ok(line) = serde_json::to_string(line) {
        eprintln!("{line}");
    }
}

impl Shown {
    fn for_run(standing: &Standing) -> Self {
        if stderr().is_terminal() {
            Self::Bar(steps_bar(standing))
        } else {
            Self::Lines(None)
        }
    }
}

/// The time left is ours: it knows the pace of the last steps, and that those before a checkpoint were another call's.
fn steps_bar(standing: &Standing) -> ProgressBar {
    let bar = bar(u64::from(standing.steps), "training");
    let template = "{prefix} {wide_bar} {pos}/{len} {msg} {elapsed}";
    bar.set_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar
}

fn draw(bar: &ProgressBar, standing: &Standing) {
    let left = HumanDuration(Duration::from_secs_f64(
        standing.eta_seconds.clamp(0.0, 1e9),
    ));
    bar.set_position(u64::from(standing.step));
    bar.set_message(format!(
        "loss {:.3} · {:.0} tokens/s · {left} left ·",
        standing.loss, standing.tokens_per_second
    ));
    if standing.step == standing.steps {
        // What is printed next would stand behind it.
        bar.finish_and_clear();
    }
}
