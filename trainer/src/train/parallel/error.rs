//! What keeps ranks from working together.

use super::LaunchError;

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
    /// Some work on a GPU and some do not, unasked: the whole run would be as slow as those.
    #[error(
        "{gpus} of {size} ranks found a GPU: say --device cpu, or --device cuda to learn why the others have none"
    )]
    Mixed {
        /// How many have one.
        gpus: usize,
        /// How many there are.
        size: usize,
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
