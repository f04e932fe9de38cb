//! How many threads an operation takes: one, unless there is less to do side by side than there are cores.
#![allow(unsafe_code)] // Setting an environment variable is unsafe where another thread may read it.

use super::backend::{as_told, told};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

thread_local! {
    static SPREAD: Cell<usize> = const { Cell::new(1) };
}

/// Lets the matrix products inside `work` take up to `threads` threads each; what they give does not depend on it.
pub fn spread_over<T>(threads: usize, work: impl FnOnce() -> T) -> T {
    let before = SPREAD.replace(threads.max(1));
    let done = work();
    SPREAD.set(before);
    done
}

/// Threads that an operation on this thread may take.
pub(super) fn spread() -> usize {
    SPREAD.get()
}

/// Runs `work(0..count)` on up to `threads` threads and returns the results in order; threads that are left over when there is less to
/// do than threads help with the matrix products.
pub fn side_by_side<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let together = threads.clamp(1, count.max(1));
    let each = threads / together;
    let told = told();
    let run = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= count {
                return;
            }
            let result = spread_over(each, || work(i));
            done.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(i, result);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..together {
            scope.spawn(|| as_told(told, run));
        }
        run();
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_values().collect()
}

/// Keeps candle's own elementwise operations on the thread that calls them.
///
/// candle spreads every addition of some thousand numbers over a pool that waits by spinning; beside micro-batches that
/// already occupy every core this halves the speed. It reads the setting once, at its first large operation.
///
/// # Safety
/// No other thread may run yet: call it first thing in `main`.
pub unsafe fn keep_candle_single_threaded() {
    // SAFETY: the caller promises that no other thread reads the environment meanwhile.
    unsafe { std::env::set_var("CANDLE_NUM_THREADS", "1") };
}
