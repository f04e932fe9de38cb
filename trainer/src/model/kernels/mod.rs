//! The arithmetic of training: each operation for numbers in host memory, f32 with a hand-written backward pass; and put together from
//! candle's own operations for those on a GPU ([`composed`]). Which of the two is chosen in here alone, by where the numbers are.
//!
//! candle's own differentiable operations spend most of a small model's step on elementwise passes and copies, and its
//! fast ones (`softmax_last_dim`, `rms_norm`, `layer_norm`, `rope_thd`) cut the gradient without an error. The operations
//! here keep it, fuse what belongs together and form no gradient for a weight that is frozen. Parallelism comes from
//! running several micro-batches side by side, so that nothing in here waits for another core; only where there are fewer of them than
//! cores, matrix products are spread too ([`spread_over`]).

mod activation;
mod adam;
mod attention;
mod backend;
mod composed;
mod dropout;
mod dynamic_tree;
mod floats;
mod gemm;
mod heap;
mod linear;
mod loss;
mod matrix;
mod norm;
mod rope;
mod simd;
mod threads;
mod transpose;

pub use activation::{gelu, scaled_residual, swiglu};
pub use adam::adam;
pub use attention::{Heads, Span, attend, attend_fused};
pub use backend::{composed_only, mixed_precision};
pub use dropout::dropout;
pub(crate) use dynamic_tree::CodeKind;
pub use floats::Floats;
pub use linear::linear;
pub use loss::{Target, cross_entropy, log_softmax};
pub use norm::{layer_norm, rms_norm};
pub use rope::{Rotary, rotate};
// What the passes by hand are put together from: the same loops over plain slices.
pub(super) use activation::{
    gelu_back, gelu_of, residual_backward, residual_forward, swiglu_backward, swiglu_forward,
};
pub(super) use attention::{Attention, interleaved};
pub(crate) use backend::on_host;
pub(super) use dropout::Dropout;
pub(super) use gemm::{Into, Mat, product, product_of};
pub use heap::keep_freed_buffers;
pub(super) use linear::add_rows;
pub(super) use loss::{check as check_targets, loss_and_gradient};
pub(super) use matrix::{Borrowed, product_with, product_with_transposed, times, times_transposed};
pub(super) use norm::{norm_backward, norm_forward};
pub(crate) use simd::largest_size;
pub use threads::{keep_candle_single_threaded, side_by_side, spread_over};
