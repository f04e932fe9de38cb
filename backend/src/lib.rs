//! The medreg server: images in, readers' work kept, snapshots cut, runs handed out.

pub mod app;
pub mod http;
pub mod imaging;
pub mod services;
pub mod store;
