//! Ranks that MPI connects: those whose gradients are in host memory.
//!
//! Of its errors none comes back: a call of MPI that fails, because another rank is gone say, ends this process, and the launcher then
//! ends the others.

use super::buckets::sum_on_host;
use super::{Launch, Ranks, RanksError};
use crate::train::Numbers;
use mpi::Threading;
use mpi::collective::SystemOperation;
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Root};

/// Numbers in one call: MPI counts in 32 bits, and each call copies what it sends. 16 MiB.
const AT_ONCE: usize = 4 << 20;

/// The exit code of a process that panics.
const PANICKED: i32 = 101;

/// This process's place in MPI's world. Dropped in good order it waits for the others; where this one panics it ends them.
pub struct Mpi {
    world: SimpleCommunicator,
    // Dropped last: what is sent through the world needs it.
    _universe: Universe,
}

impl Mpi {
    /// Starts MPI, once in a process, by the thread that makes all further calls.
    pub fn join(launch: &Launch) -> Result<Self, RanksError> {
        let started = mpi::initialize_with_threading(Threading::Funneled);
        let (universe, _) = started.ok_or(RanksError::Started)?;
        let world = universe.world();
        let joined = Self {
            world,
            _universe: universe,
        };
        match joined.size() == launch.size {
            true => Ok(joined),
            false => Err(RanksError::Unconnected {
                launcher: launch.launcher,
                size: launch.size,
                variable: launch.variable,
                found: joined.size(),
            }),
        }
    }
}

impl Ranks for Mpi {
    fn rank(&self) -> usize {
        self.world.rank() as usize
    }

    fn size(&self) -> usize {
        self.world.size() as usize
    }

    fn sum(&self, gradients: &mut [Numbers]) -> Result<(), RanksError> {
        sum_on_host(self.rank(), gradients, &|numbers| {
            for part in numbers.chunks_mut(AT_ONCE) {
                let own = part.to_vec();
                self.world
                    .all_reduce_into(&own[..], part, SystemOperation::sum());
            }
            Ok(())
        })
    }

    fn sum_f64(&self, numbers: &mut [f64]) -> Result<(), RanksError> {
        let own = numbers.to_vec();
        self.world
            .all_reduce_into(&own[..], numbers, SystemOperation::sum());
        Ok(())
    }

    fn broadcast(&self, bytes: &mut [u8]) -> Result<(), RanksError> {
        for part in bytes.chunks_mut(AT_ONCE) {
            self.world.process_at_rank(0).broadcast_into(part);
        }
        Ok(())
    }

    fn abort(&self, code: u8) -> ! {
        self.world.abort(i32::from(code))
    }
}

impl Drop for Mpi {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.world.abort(PANICKED);
        }
    }
}
