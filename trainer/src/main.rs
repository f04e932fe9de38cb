//! The program `medreg-trainer`; everything it does is in the library.

use medreg_trainer::model::kernels::{keep_candle_single_threaded, keep_freed_buffers};

fn main() -> std::process::ExitCode {
    // SAFETY: this is the first thing the program does, so there is no other thread that reads the environment.
    #[allow(unsafe_code)]
    unsafe {
        keep_candle_single_threaded();
    }
    keep_freed_buffers();
    medreg_trainer::cli::main()
}
