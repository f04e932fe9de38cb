//! The demo: synthetic patients, and scripted people who read them, train on them and look at the result, all over HTTP
//! as real ones would. `./dev demo` runs it against a fresh server.

pub mod clock;
pub mod people;
pub mod phantom;

pub mod results;

pub mod server;
pub mod snapshot;
pub mod story;
