//! A tensor's numbers as a slice.

use candle_core::{CpuStorage, Layout, Result, Storage, StorageRef, Tensor};
use std::ops::{Deref, Range};

/// The numbers of an f32 tensor: borrowed for as long as this value lives where they are in host memory, else a copy.
pub struct Floats<'a>(Numbers<'a>);

enum Numbers<'a> {
    Borrowed(StorageRef<'a>, Range<usize>),
    Copied(Vec<f32>),
}

impl<'a> Floats<'a> {
    /// The numbers of `tensor`; fails where they are not contiguous f32.
    pub fn of(tensor: &'a Tensor) -> Result<Self> {
        if !tensor.device().is_cpu() {
            return Ok(Self(Numbers::Copied(tensor.flatten_all()?.to_vec1()?)));
        }
        let (storage, layout) = tensor.storage_and_layout();
        let range = range_of(layout)?;
        match &*storage {
            Storage::Cpu(CpuStorage::F32(_)) => Ok(Self(Numbers::Borrowed(storage, range))),
            _ => candle_core::bail!("an f32 tensor is expected"),
        }
    }
}

impl Deref for Floats<'_> {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        match &self.0 {
            Numbers::Copied(numbers) => numbers,
            Numbers::Borrowed(storage, range) => match &**storage {
                Storage::Cpu(CpuStorage::F32(all)) => &all[range.clone()],
                _ => &[],
            },
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
