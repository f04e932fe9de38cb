//! From images and turns to what the model reads: pixels, tokens, loss weights, in a seeded order that can resume.

mod boxes;
mod framing;
mod pixels;
mod prompt;
mod sequence;
mod source;
mod tiling;
mod turns;

pub use boxes::BoxGrammar;
pub use framing::Framing;
pub use pixels::{Look, Resized, bicubic};
pub use prompt::{EncodedTurn, Prefix, Prompter};
pub use sequence::{Example, Packed};
pub use source::{CaseSource, KEPT, Pictures, Source, SourceError, Subject};
pub use tiling::{Grid, Tiling};
pub use turns::{TaskKind, TrainingTurn, turns_of_case};
