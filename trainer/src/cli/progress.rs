//! A progress bar with the time left, where somebody looks at a terminal.

use crate::registry::{Transfer, Watch};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Arc;
use std::time::Duration;

/// A bar of `total` steps; invisible where the standard error output is no terminal.
pub fn bar(total: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let template = "{prefix} {wide_bar} {pos}/{len} {msg} {elapsed} · {eta} left";
    bar.set_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.set_prefix(what);
    bar
}

/// Shows that something of unknown length is under way.
pub fn waiting(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
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
