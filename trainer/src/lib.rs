//! Trains, runs and serves region-centric multimodal models: InternVL's architecture on candle, boxes as text.

pub mod acquire;
pub mod base;
pub mod bench;
pub mod calibrate;
pub mod checkpoint;
pub mod cli;
pub mod client;
pub mod data;
pub mod device;
pub mod eval;
pub mod evaluation;
pub mod features;
pub mod generate;
pub mod journal;
pub mod model;
pub mod predict;
pub mod probe;
pub mod regional;
pub mod registry;
pub mod report;
pub mod runs;
pub mod tokenizer;
pub mod train;
pub mod verify;
pub mod worker;
