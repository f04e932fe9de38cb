//! Which of the two back ends carries out an operation: the loops of this folder on numbers in host memory, or candle's own operations,
//! put together in [`super::composed`], on whatever device the numbers are; and how exactly the latter multiply.

use candle_core::Tensor;
use std::cell::Cell;

thread_local! {
    static TOLD: Cell<Told> = const { Cell::new(Told { composed: false, mixed: false }) };
}

/// What a thread was told about its operations; those that it starts are told the same.
#[derive(Clone, Copy)]
pub(super) struct Told {
    composed: bool,
    mixed: bool,
}

/// Whether the loops of this folder can have `x`.
pub(crate) fn on_host(x: &Tensor) -> bool {
    x.device().is_cpu() && !told().composed
}

/// Has every operation inside `work` carried out by candle's own operations, in host memory too: what runs on a GPU can be held
/// against the loops where there is none.
pub fn composed_only<T>(work: impl FnOnce() -> T) -> T {
    let composed = true;
    as_told(Told { composed, ..told() }, work)
}

/// Has composed products with a weight inside `work`, and those of their way back, take operands and give results rounded to bf16, the
/// sums between them in f32: many times as fast on a GPU that has such products. Everything else stays in f32.
pub fn mixed_precision<T>(work: impl FnOnce() -> T) -> T {
    let mixed = true;
    as_told(Told { mixed, ..told() }, work)
}

/// Whether composed products are to be rounded.
pub(super) fn is_mixed() -> bool {
    told().mixed
}

/// What this thread was told.
pub(super) fn told() -> Told {
    TOLD.get()
}

pub(super) fn as_told<T>(told: Told, work: impl FnOnce() -> T) -> T {
    let before = TOLD.replace(told);
    let done = work();
    TOLD.set(before);
    done
}
