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
        self.open_for(0)
    }

    /// The same for the process of this number among those on this machine.
    pub fn open_for(self, local_rank: usize) -> Result<Device, Failure> {
        let opened = self.device.open_for(local_rank);
        opened.map_err(|e| Failure::Call(e.into()))
    }
}
