//! Likeness of texts: BLEU, ROUGE and METEOR as the tools of the field compute them, and how each of them cuts a text into words.

pub mod bleu;
pub mod chinese;
pub mod meteor;
mod porter;
pub mod rouge;
mod sentences;
mod wordnet;

pub use wordnet::{WordNet, WordNetError};
