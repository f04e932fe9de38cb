//! One run on several processes, the ranks: each forms the gradient of its own images, and all take the same step down their mean.
//!
//! The processes are started by a launcher, `mpirun` or `srun` say, and find each other through MPI. Between two ranks nothing but
//! sums and what the first of them says is exchanged, so they hold the same weights as long as they began with the same.

mod error;
mod exchange;
mod launch;
mod mean;
#[cfg(feature = "mpi")]
mod mpi;
mod same;

pub use error::RanksError;
pub use launch::{Launch, LaunchError};

use candle_core::Device;

pub(super) use exchange::from_first;
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

    /// Puts the sum over all ranks in the place of each number, the same bits on every rank. All give equally many.
    fn sum(&self, numbers: &mut [f32]) -> Result<(), RanksError>;

    /// The same in double precision, for few numbers.
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

    fn sum(&self, _: &mut [f32]) -> Result<(), RanksError> {
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

/// The ranks that this process is one of; by itself where no launcher says otherwise.
pub fn join(launch: &Launch) -> Result<Box<dyn Ranks>, RanksError> {
    match launch.size {
        1 => Ok(Box::new(Alone)),
        _ => connected(launch),
    }
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

/// Refuses where some ranks work on a GPU and some do not; all ranks call it.
pub fn check_same_device(ranks: &dyn Ranks, device: &Device) -> Result<(), RanksError> {
    let mut gpus = [f64::from(u8::from(device.is_cuda()))];
    ranks.sum_f64(&mut gpus)?;
    let (gpus, size) = (gpus[0] as usize, ranks.size());
    match gpus == 0 || gpus == size {
        true => Ok(()),
        false => Err(RanksError::Mixed { gpus, size }),
    }
}

/// Refuses where a launcher started several processes of a command that would do all its work in each.
pub fn must_be_alone(launch: &Launch) -> Result<(), RanksError> {
    match *launch {
        Launch { size: 1, .. } => Ok(()),
        Launch { launcher, size, .. } => Err(RanksError::Alone { launcher, size }),
    }
}
