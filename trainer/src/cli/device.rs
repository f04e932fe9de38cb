//! `--device`, the same for every command.

use super::Failure;
use crate::device::DeviceChoice;
use candle_core::Device;

/// Where the model runs.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct DeviceArgument {
    /// Where the model runs: auto (a GPU if this program was built for one and finds it), cpu, cuda or cuda:NUMBER.
    #[arg(long, value_name = "DEVICE", env = "MEDREG_DEVICE", default_value_t)]
    device: DeviceChoice,
}

impl DeviceArgument {
    /// Opens the device, before anything large is read.
    pub fn open(self) -> Result<Device, Failure> {
        self.device.open().map_err(|e| Failure::Call(e.into()))
    }

    /// What was asked for, `auto` told by which it is here.
    pub fn settled(self) -> Result<DeviceChoice, Failure> {
        let settled = |device: Device| match self.device {
            DeviceChoice::Auto if device.is_cuda() => DeviceChoice::Gpu,
            DeviceChoice::Auto => DeviceChoice::Cpu,
            other => other,
        };
        self.open().map(settled)
    }

    /// What was asked for.
    pub fn choice(self) -> DeviceChoice {
        self.device
    }
}
