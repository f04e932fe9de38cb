//! Where the arithmetic is done: on the processor, or on an NVIDIA GPU where this program was built for one (feature `cuda`).

use candle_core::{DType, Device, Tensor};
use std::fmt;
use std::str::FromStr;

/// What somebody asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A GPU if there is one that can be used, else the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// A GPU: the first, or that of this process among several on a machine.
    Gpu,
    /// The GPU of this number.
    Cuda(usize),
}

/// Why the asked device cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// No device is called so.
    #[error("no device is called `{0}`: auto, cpu, cuda or cuda:NUMBER is expected")]
    Unknown(String),
    /// The program has no code for it.
    #[error(
        "this program was built without CUDA: build it with `--features cuda` as docs/cuda.md says, or use --device cpu"
    )]
    NotBuiltIn,
    /// The driver refuses.
    #[error(
        "GPU {number} cannot be used: {reason}; `nvidia-smi` lists what is there, --device cpu goes without"
    )]
    Refused {
        /// Its number.
        number: usize,
        /// What the driver said.
        reason: String,
    },
}

impl DeviceChoice {
    /// Whether a GPU is asked for; where nothing is, whether this program was built for one.
    #[must_use]
    pub fn is_gpu(self) -> bool {
        match self {
            Self::Cpu => false,
            Self::Gpu | Self::Cuda(_) => true,
            Self::Auto => candle_core::utils::cuda_is_available(),
        }
    }

    /// Opens the device for a process by itself.
    pub fn open(self) -> Result<Device, DeviceError> {
        self.open_for(0)
    }

    /// Opens the device for the process of this number among those on this machine.
    pub fn open_for(self, local_rank: usize) -> Result<Device, DeviceError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Gpu | Self::Cuda(_) => self.open_gpu_for(local_rank),
            Self::Auto => Ok(cuda(local_rank).unwrap_or_else(|error| {
                if !matches!(error, DeviceError::NotBuiltIn) {
                    tracing::warn!("{error}; going on with the processor");
                }
                Device::Cpu
            })),
        }
    }

    /// Opens a GPU for the process of this number among those on this machine: the one that is asked for, or that of its own number.
    pub fn open_gpu_for(self, local_rank: usize) -> Result<Device, DeviceError> {
        match self {
            Self::Cuda(number) => cuda(number),
            _ => cuda(local_rank),
        }
    }
}

/// Whether this is a GPU that multiplies numbers in bf16 (compute capability 8.0 or newer): found out by doing it.
#[must_use]
pub fn has_bf16(device: &Device) -> bool {
    let product = || -> candle_core::Result<Tensor> {
        let ones = Tensor::ones((8, 8), DType::BF16, device)?;
        ones.matmul(&ones)?
            .to_dtype(DType::F32)?
            .to_device(&Device::Cpu)
    };
    device.is_cuda() && product().is_ok()
}

/// The device, if it carries something out: a driver that is older than the compiler opens, and then refuses each of our kernels.
fn usable(device: Device) -> candle_core::Result<Device> {
    let two = Tensor::ones(1, DType::F32, &device)?.affine(1.0, 1.0)?;
    match two.to_vec1::<f32>()?[..] {
        [2.0] => Ok(device),
        _ => candle_core::bail!("it cannot add"),
    }
}

fn cuda(number: usize) -> Result<Device, DeviceError> {
    if !candle_core::utils::cuda_is_available() {
        return Err(DeviceError::NotBuiltIn);
    }
    // What is missing of the driver ends in a panic inside its bindings, which is no way to tell anybody.
    let opened = std::panic::catch_unwind(|| usable(Device::new_cuda(number)?));
    let reason = match opened {
        Ok(Ok(device)) => return Ok(device),
        Ok(Err(error)) => error.to_string().lines().next().unwrap_or("").to_owned(),
        Err(_) => "the driver or one of CUDA's libraries is missing or too old".to_owned(),
    };
    Err(DeviceError::Refused { number, reason })
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;
    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown(text.to_owned());
        match text.split_once(':') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "cuda" => Ok(Self::Gpu),
            Some(("cuda", number)) => number.parse().map(Self::Cuda).map_err(|_| unknown()),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Gpu => f.write_str("cuda"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_they_are_written() {
        for choice in [
            DeviceChoice::Auto,
            DeviceChoice::Cpu,
            DeviceChoice::Gpu,
            DeviceChoice::Cuda(0),
            DeviceChoice::Cuda(7),
        ] {
            assert_eq!(
                choice.to_string().parse::<DeviceChoice>().ok(),
                Some(choice)
            );
        }
        for wrong in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "cpu:0", "CUDA"] {
            assert!(wrong.parse::<DeviceChoice>().is_err(), "{wrong}");
        }
    }
}
