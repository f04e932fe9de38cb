//! The vocabulary of medreg and the formats it is read and written in.
//!
//! This crate says what a box, a region, a text, a task, a sample and a snapshot are and keeps them valid. It
//! knows nothing of networks, SQL or tensors: the server, the trainer and the tools all lean on it.

pub mod datasheet;
pub mod difference;

pub mod evaluation;
pub mod filter;
pub mod formats;
pub mod geometry;
pub mod grammar;

pub mod ids;
pub mod inquiry;
pub mod judging;
pub mod lang;
pub mod likeness;
pub mod lint;

pub mod matching;
pub mod medreginstruct;

pub mod modality;
pub mod ontology;
pub mod preference;
pub mod protocol;
pub mod reason;
pub mod region;
pub mod reward;
pub mod routing;
pub mod side;
pub mod snapshot;
pub mod task;
pub mod template;
pub mod whole;
