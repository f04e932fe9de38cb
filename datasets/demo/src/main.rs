//! `medreg-demo`: the whole loop against a running server.

use clap::Parser;
use medreg_demo::story::{self, Options};
use std::process::ExitCode;

fn main() -> ExitCode {
    match story::play(&Options::parse()) {
        Ok(missed) if missed.is_empty() => ExitCode::SUCCESS,
        Ok(missed) => {
            eprintln!("medreg-demo: the model does not do what the demo is there to show:");
            missed.iter().for_each(|line| eprintln!("  {line}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("medreg-demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}
