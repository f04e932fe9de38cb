//! One run on several processes, the ranks: each forms the gradient of its own images, and all take the same step down their mean.
//!
//! The processes are started by a launcher, `mpirun` or `srun` say. Those that work on processors are connected by MPI; those with a GPU
//! each meet over TCP and are connected by NCCL. Between two ranks nothing but sums and what the first of them says is exchanged, so they
//! hold the same weights as long as they began with the same.

#[cfg(any(feature = "mpi", test))]
mod buckets;
mod error;
mod exchange;
#[cfg(feature = "cuda")]
mod gpus;
mod launch;
mod mean;
mod meeting;
#[cfg(feature = "mpi")]
mod mpi;
#[cfg(feature = "cuda")]
mod nccl;
mod same;

pub use error::RanksError;
pub use launch::{Launch, LaunchError};
pub use meeting::{Company, Meeting, MeetingError, MeetingPlace};

use super::Numbers;
use crate::device::DeviceChoice;
use candle_core::Device;

pub(super) use exchange::{SharingError, from_first};
pub(super) use mean::{Share, mean_over};
pub(super) use same::{check_same_run, take_over};

/// The processes that carry out a run together.
///
/// Every method but the first two is called by all ranks in the same order and waits for them. So a rank that cannot go on must end
/// all of them with [`Ranks::abort`], else the others wait for ever.
pub trait Ranks {
    /// Which of them this process is, from 0. The first one decides and writes.
    fn rank(&self) -> usize;

    /// How many there are.
    fn size(&self) -> usize;

    /// Puts the sum over all ranks in the place of each number, the same bits on every rank. All give gradients of the same tensors, whose
    /// memory is theirs alone.
    fn sum(&self, gradients: &mut [Numbers]) -> Result<(), RanksError>;

    /// The same for numbers in host memory, in double precision and few.
    fn sum_f64(&self, numbers: &mut [f64]) -> Result<(), RanksError>;

    /// Puts the first rank's bytes in the place of the others'. All give equally many.
    fn broadcast(&self, bytes: &mut [u8]) -> Result<(), RanksError>;

    /// Ends the processes of all ranks, this one with `code`.
    fn abort(&self, code: u8) -> !;

    /// Whether this is the rank that decides and writes.
    fn is_first(&self) -> bool {
        self.rank() == 0
    }
}

/// A process by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Ranks for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn sum(&self, _: &mut [Numbers]) -> Result<(), RanksError> {
        Ok(())
    }

    fn sum_f64(&self, _: &mut [f64]) -> Result<(), RanksError> {
        Ok(())
    }

    fn broadcast(&self, _: &mut [u8]) -> Result<(), RanksError> {
        Ok(())
    }

    fn abort(&self, code: u8) -> ! {
        std::process::exit(i32::from(code))
    }
}

/// The ranks that this process is one of, by itself where no launcher says otherwise, and where it works.
///
/// Several ranks work on GPUs where that is asked for, or where the program was built for GPUs and nothing is asked for: one that took
/// the processor because it found none would hold up all the others.
pub fn join(launch: &Launch, choice: DeviceChoice) -> Result<(Box<dyn Ranks>, Device), RanksError> {
    match launch.size {
        1 => Ok((Box::new(Alone), choice.open_for(launch.local_rank)?)),
        _ if choice.is_gpu() => with_gpus(launch, choice),
        _ => Ok((connected(launch)?, Device::Cpu)),
    }
}

#[cfg(feature = "cuda")]
fn with_gpus(
    launch: &Launch,
    choice: DeviceChoice,
) -> Result<(Box<dyn Ranks>, Device), RanksError> {
    let ranks = gpus::Gpus::join(launch, choice)?;
    let device = ranks.device().clone();
    Ok((Box::new(ranks), device))
}

#[cfg(not(feature = "cuda"))]
fn with_gpus(launch: &Launch, _: DeviceChoice) -> Result<(Box<dyn Ranks>, Device), RanksError> {
    Err(RanksError::NoGpu {
        rank: launch.rank,
        reason: crate::device::DeviceError::NotBuiltIn,
    })
}

#[cfg(feature = "mpi")]
fn connected(launch: &Launch) -> Result<Box<dyn Ranks>, RanksError> {
    Ok(Box::new(mpi::Mpi::join(launch)?))
}

#[cfg(not(feature = "mpi"))]
fn connected(launch: &Launch) -> Result<Box<dyn Ranks>, RanksError> {
    Err(RanksError::NotBuiltIn {
        launcher: launch.launcher,
        size: launch.size,
    })
}

/// Refuses where a launcher started several processes of a command that would do all its work in each.
pub fn must_be_alone(launch: &Launch) -> Result<(), RanksError> {
    match *launch {
        Launch { size: 1, .. } => Ok(()),
        Launch { launcher, size, .. } => Err(RanksError::Alone { launcher, size }),
    }
}
