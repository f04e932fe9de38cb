//! How many threads an operation takes: one, unless there is less to do side by side than there are cores.
#![allow(unsafe_code)] // Setting an environment variable is unsafe where another thread may read it.

use std::cell::Cell;

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
