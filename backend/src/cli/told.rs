//! Being told to stop.

use std::process::ExitCode;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C or SIGTERM, remembered from the moment of listening.
pub(super) struct Told {
    interrupt: Signal,
    terminate: Signal,
}

impl Told {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for a signal and gives its number.
    pub(super) async fn wait(mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt().as_raw_value(),
            _ = self.terminate.recv() => SignalKind::terminate().as_raw_value(),
        }
    }
}

/// A tool's work, given up when the tool is told to stop: the database that it started stops with it.
pub(super) async fn unless_told(
    work: impl Future<Output = anyhow::Result<ExitCode>>,
) -> anyhow::Result<ExitCode> {
    let told = Told::listen()?;
    let signal = tokio::select! {
        done = work => return done,
        signal = told.wait() => signal,
    };
    // Not by returning, which would wait for threads that decode an image or read a terminal. As a shell counts.
    std::process::exit(128 + signal)
}
