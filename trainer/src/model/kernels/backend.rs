//! Which of the two back ends carries out an operation: the loops of this folder on numbers in host memory, or candle's own operations,
//! put together in [`super::composed`], on whatever device the numbers are.

use candle_core::Tensor;
use std::cell::Cell;

thread_local! {
    static COMPOSED_ONLY: Cell<bool> = const { Cell::new(false) };
}

/// Whether the loops of this folder can have `x`.
pub(in crate::model) fn on_host(x: &Tensor) -> bool {
    x.device().is_cpu() && !COMPOSED_ONLY.get()
}

/// Has every operation inside `work` carried out by candle's own operations, in host memory too: what runs on a GPU can be held
/// against the loops where there is none.
pub fn composed_only<T>(work: impl FnOnce() -> T) -> T {
    as_told(true, work)
}

/// Whether this thread was told so, for those that it starts.
pub(super) fn told_composed() -> bool {
    COMPOSED_ONLY.get()
}

pub(super) fn as_told<T>(composed: bool, work: impl FnOnce() -> T) -> T {
    let before = COMPOSED_ONLY.replace(composed);
    let done = work();
    COMPOSED_ONLY.set(before);
    done
}
