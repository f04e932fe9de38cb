//! Ranks with a GPU each: they meet over TCP and are connected by NCCL. Gradients are summed where they lie.

use super::meeting::{Company, Meeting, MeetingPlace};
use super::nccl::{Communicator, ID_BYTES, Kind, Nccl};
use super::{Launch, Ranks, RanksError};
use crate::device::{DeviceChoice, DeviceError};
use crate::train::Numbers;
use candle_core::cuda_backend::cudarc::driver::{CudaSlice, CudaStream, DevicePtrMut, DeviceRepr};
use candle_core::{CpuStorage, CudaStorage, Device, InplaceOp1, Layout, Tensor};
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

/// How long ranks wait for each other at first: their machines may not be given out at the same time.
const PATIENCE: Duration = Duration::from_secs(600);
/// Between two looks at whether the GPUs are done.
const PAUSE: Duration = Duration::from_micros(50);
/// Bytes on their way through GPU memory at once.
const AT_ONCE: usize = 64 << 20;

/// This process's place among ranks with GPUs.
pub struct Gpus {
    rank: usize,
    size: usize,
    device: Device,
    stream: Arc<CudaStream>,
    communicator: Communicator,
    company: Company,
}

impl Gpus {
    /// Meets the others, opens this rank's GPU and connects it to theirs.
    pub fn join(launch: &Launch, choice: DeviceChoice) -> Result<Self, RanksError> {
        let (rank, size) = (launch.rank, launch.size);
        let failed = |reason| RanksError::Nccl { rank, reason };
        let no_gpu = |reason| RanksError::NoGpu { rank, reason };
        let place = MeetingPlace::from_environment(launch)?;
        let mut meeting = Meeting::hold(launch, &place, PATIENCE)?;
        let nccl = Nccl::load().map_err(|reason| RanksError::NoNccl { rank, reason })?;
        let mut id = match rank {
            0 => nccl.new_id().map_err(failed)?,
            _ => [0; ID_BYTES],
        };
        meeting.tell(&mut id)?;
        // From here on a rank may wait inside NCCL for one that is gone.
        let company = meeting.bind();
        let device = choice.open_gpu_for(launch.local_rank).map_err(no_gpu)?;
        let Device::Cuda(cuda) = &device else {
            return Err(no_gpu(DeviceError::NotBuiltIn));
        };
        let stream = cuda.cuda_stream();
        let bound = stream.context().bind_to_thread();
        bound.map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            rank,
            size,
            communicator: nccl.connect(id, rank, size).map_err(failed)?,
            company,
            device,
            stream,
        })
    }

    /// Where this rank works.
    pub fn device(&self) -> &Device {
        &self.device
    }

    fn failed(&self, reason: impl Display) -> RanksError {
        RanksError::Nccl {
            rank: self.rank,
            reason: reason.to_string(),
        }
    }

    /// Waits until what was begun is done on this GPU. Where another rank is gone it would never be: NCCL is asked meanwhile.
    fn settle(&self) -> Result<(), RanksError> {
        let settled = self.wait();
        if settled.is_err() {
            // Ends what still runs on the GPU, so that nothing waits for that.
            self.communicator.abort();
        }
        settled
    }

    fn wait(&self) -> Result<(), RanksError> {
        let done = self.stream.record_event(None);
        let done = done.map_err(|error| self.failed(error))?;
        while !done.try_is_complete().map_err(|error| self.failed(error))? {
            self.communicator.check().map_err(|e| self.failed(e))?;
            std::thread::sleep(PAUSE);
        }
        self.communicator.check().map_err(|e| self.failed(e))
    }

    /// Takes numbers to the GPU, has `begin` begin something there, and brings back what comes of it.
    fn through_gpu<T: DeviceRepr>(
        &self,
        numbers: &mut [T],
        begin: impl FnOnce(&mut CudaSlice<T>) -> Result<(), String>,
    ) -> Result<(), RanksError> {
        let there = self.stream.clone_htod(&*numbers);
        let mut there = there.map_err(|error| self.failed(error))?;
        begin(&mut there).map_err(|reason| self.failed(reason))?;
        self.settle()?;
        let back = self.stream.memcpy_dtoh(&there, numbers);
        let back = back.and_then(|()| self.stream.synchronize());
        back.map_err(|error| self.failed(error))
    }

    #[allow(unsafe_code)] // The memory is `numbers`', which stay until `settle` has returned.
    fn begin_sum<T>(&self, numbers: &mut impl DevicePtrMut<T>, kind: Kind) -> Result<(), String> {
        let count = numbers.len();
        let (at, _recorded) = numbers.device_ptr_mut(&self.stream);
        let stream = self.stream.cu_stream().cast();
        unsafe { self.communicator.sum(at as _, count, kind, stream) }
    }

    #[allow(unsafe_code)] // As for a sum.
    fn begin_broadcast(&self, bytes: &mut CudaSlice<u8>) -> Result<(), String> {
        let count = bytes.len();
        let (at, _recorded) = bytes.device_ptr_mut(&self.stream);
        let stream = self.stream.cu_stream().cast();
        unsafe { self.communicator.broadcast(at as _, count, stream) }
    }
}

impl Ranks for Gpus {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn sum(&self, gradients: &mut [Numbers]) -> Result<(), RanksError> {
        let wrong = |reason| RanksError::Gradient {
            rank: self.rank,
            reason,
        };
        let there = gradients.iter_mut().map(|n| n.on(&self.device));
        let there: Vec<&Tensor> = there.collect::<candle_core::Result<_>>().map_err(wrong)?;
        // Together they are one message, however many and small they are.
        let begin = || there.iter().try_for_each(|t| t.inplace_op1(&SumOver(self)));
        let begun = self.communicator.together(begin);
        begun
            .map_err(|reason| self.failed(reason))?
            .map_err(wrong)?;
        self.settle()
    }

    fn sum_f64(&self, numbers: &mut [f64]) -> Result<(), RanksError> {
        self.through_gpu(numbers, |there| self.begin_sum(there, Kind::Double))
    }

    fn broadcast(&self, bytes: &mut [u8]) -> Result<(), RanksError> {
        for part in bytes.chunks_mut(AT_ONCE) {
            self.through_gpu(part, |there| self.begin_broadcast(there))?;
        }
        Ok(())
    }

    fn abort(&self, code: u8) -> ! {
        self.company.abort(code)
    }
}

impl Drop for Gpus {
    fn drop(&mut self) {
        // One that panics has not left: its company then ends.
        if !std::thread::panicking() {
            self.communicator.close();
            self.company.leave();
        }
    }
}

/// Begins the sum of a tensor over the ranks, where it lies. It is done when the GPU says so.
struct SumOver<'a>(&'a Gpus);

impl InplaceOp1 for SumOver<'_> {
    fn name(&self) -> &'static str {
        "sum over ranks"
    }

    fn cpu_fwd(&self, _: &mut CpuStorage, _: &Layout) -> candle_core::Result<()> {
        candle_core::bail!("NCCL sums in a GPU's memory")
    }

    fn cuda_fwd(&self, storage: &mut CudaStorage, layout: &Layout) -> candle_core::Result<()> {
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("a gradient is contiguous, got {:?}", layout.shape());
        };
        let mut numbers = storage.as_cuda_slice_mut::<f32>()?.slice_mut(start..end);
        let begun = self.0.begin_sum(&mut numbers, Kind::Single);
        begun.map_err(candle_core::Error::msg)
    }
}
