//! `medreg`: the server and its tools.

use std::process::ExitCode;

fn main() -> ExitCode {
    medreg::cli::run()
}
