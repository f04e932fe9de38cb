//! The arithmetic of training: each operation for numbers in host memory, f32 with a hand-written backward pass; and put together from
//! candle's own operations for those on a GPU ([`composed`]). Which of the two is chosen in here alone, by where the numbers are.
//!
//! candle's own differentiable operations spend most of a small model's step on elementwise passes and copies, and its
//! fast ones (`softmax_last_dim`, `rms_norm`, `layer_norm`, `rope`) cut the gradient without an error. The operations
//! here keep it, fuse what belongs together and form no gradient for a weight that is frozen. Parallelism comes from
//! running several micro-batches side by side, so that nothing in here waits for another core; only where there are fewer of them than
//! cores, matrix products are spread too ([`spread_over`]).

mod activation;
mod attention;
mod backend;
mod composed;
mod dropout;
mod floats;
mod gemm;
mod linear;
mod loss;
mod matrix;
mod norm;
mod rope;
mod simd;
mod threads;

pub use activation::{gelu, scaled_residual, swiglu};
pub use attention::{Heads, Span, attend, attend_fused};
pub use backend::composed_only;
pub use dropout::dropout;
pub use floats::Floats;
pub use linear::linear;
pub use loss::{Target, cross_entropy, log_softmax};
pub use norm::{layer_norm, rms_norm};
pub use rope::{Rotary, rotate};
pub use threads::{keep_candle_single_threaded, side_by_side, spread_over};
