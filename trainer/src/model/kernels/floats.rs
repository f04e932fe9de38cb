//! A tensor's numbers as a slice.

use candle_core::{CpuStorage, Layout, Result, Storage, StorageRef, Tensor};
use std::ops::{Deref, Range};

/// The numbers of a contiguous f32 tensor on the CPU, borrowed for as long as this value lives.
pub struct Floats<'a> {
    storage: StorageRef<'a>,
    range: Range<usize>,
}

impl<'a> Floats<'a> {
    /// Borrows the numbers of `tensor`; fails where they are not contiguous f32 in host memory.
    pub fn of(tensor: &'a Tensor) -> Result<Self> {
        let (storage, layout) = tensor.storage_and_layout();
        let range = range_of(layout)?;
        match &*storage {
            Storage::Cpu(CpuStorage::F32(_)) => Ok(Self { storage, range }),
            _ => candle_core::bail!("an f32 tensor on the CPU is expected"),
        }
    }
}

impl Deref for Floats<'_> {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        match &*self.storage {
            Storage::Cpu(CpuStorage::F32(all)) => &all[self.range.clone()],
            _ => &[],
        }
    }
}

/// The numbers of a storage as an operation's forward pass gets it.
pub(super) fn of_storage<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let range = range_of(layout)?;
    match storage {
        CpuStorage::F32(all) => Ok(&all[range]),
        _ => candle_core::bail!("an f32 tensor is expected"),
    }
}

fn range_of(layout: &Layout) -> Result<Range<usize>> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(start..end),
        None => candle_core::bail!("a contiguous tensor is expected, got {:?}", layout.shape()),
    }
}

/// Rows and columns of a matrix.
pub(super) fn dims2(layout: &Layout) -> Result<(usize, usize)> {
    layout.shape().dims2()
}
