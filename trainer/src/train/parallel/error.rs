//! What keeps ranks from working together.

use super::{LaunchError, MeetingError};
use crate::device::DeviceError;

/// Why ranks cannot work together.
#[derive(Debug, thiserror::Error)]
pub enum RanksError {
    /// What the launcher says of this process cannot be used.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// The program has nothing to connect them with.
    #[error(
        "{launcher} started {size} processes, and this program was built without MPI, which connects them: build it with `--features mpi` as docs/training-in-parallel.md says, or start one process"
    )]
    NotBuiltIn {
        /// What started them.
        launcher: &'static str,
        /// How many.
        size: usize,
    },
    /// MPI does not start.
    #[error("MPI does not start: it was started in this process before")]
    Started,
    /// MPI and the launcher do not know each other, and each process takes itself for the only one.
    #[error(
        "{launcher} started {size} processes ({variable}), and MPI connects {found}: start them with the mpirun of the MPI that this program was built with, or with `srun --mpi=pmix`"
    )]
    Unconnected {
        /// What started them.
        launcher: &'static str,
        /// How many.
        size: usize,
        /// The variable that says so.
        variable: &'static str,
        /// How many MPI knows of.
        found: usize,
    },
    /// The ranks do not meet.
    #[error(transparent)]
    Meeting(#[from] MeetingError),
    /// A process by itself does not get what it asks for.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A rank has no GPU, and does not go on without: the others would wait for it.
    #[error("rank {rank}: {reason}")]
    NoGpu {
        /// The rank.
        rank: usize,
        /// Why not.
        reason: DeviceError,
    },
    /// What sums gradients on GPUs is not on this machine.
    #[error(
        "rank {rank}: GPUs of several ranks work together through NCCL, which cannot be loaded: {reason}; install it where the loader finds it (LD_LIBRARY_PATH), as docs/training-in-parallel.md says, or say --device cpu"
    )]
    NoNccl {
        /// The rank.
        rank: usize,
        /// What the loader says.
        reason: String,
    },
    /// NCCL or a GPU's driver fails.
    #[error(
        "rank {rank}: {reason} while its GPU works with those of the other ranks; NCCL_DEBUG=INFO tells more"
    )]
    Nccl {
        /// The rank.
        rank: usize,
        /// What was said.
        reason: String,
    },
    /// A gradient cannot be had.
    #[error("rank {rank}: a gradient cannot be summed: {reason}")]
    Gradient {
        /// The rank.
        rank: usize,
        /// What went wrong.
        reason: candle_core::Error,
    },
    /// A command that works alone was started several times.
    #[error(
        "{launcher} started {size} processes, and this command is one process's work: start it by itself"
    )]
    Alone {
        /// What started them.
        launcher: &'static str,
        /// How many.
        size: usize,
    },
    /// The ranks were not called for the same run.
    #[error(
        "rank {rank} was called for another run than rank 0 ({}): give all ranks the same call, model and snapshot",
        .differing.join(", ")
    )]
    OtherRun {
        /// The rank.
        rank: usize,
        /// What differs.
        differing: Vec<String>,
    },
    /// What the first rank told cannot be read: the ranks are different programs.
    #[error(
        "rank {rank} cannot read what rank 0 told it: {reason}; start the same program everywhere"
    )]
    Unreadable {
        /// The rank.
        rank: usize,
        /// What is wrong.
        reason: String,
    },
}
