//! One thread per operation.
#![allow(unsafe_code)] // Setting an environment variable is unsafe where another thread may read it.

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
