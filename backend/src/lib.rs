//! The medreg server: images in, readers' work kept, snapshots cut, runs handed out.

pub mod app;
pub mod cli;
pub mod config;
pub mod http;
pub mod imaging;
pub mod jobs;
pub mod postgres;
pub mod services;
pub mod store;
pub mod supervise;
