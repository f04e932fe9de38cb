//! Safetensors files: their headers read and checked at once, their tensors only when asked for.
#![allow(unsafe_code)] // Mapping a file is unsafe where another program may change it.

use super::CheckpointError;
use candle_core::safetensors::{Load, SliceSafetensors};
use candle_core::{DType, Device, Tensor};
use memmap2::{Mmap, UncheckedAdvice};
use safetensors::SafeTensors;
use safetensors::tensor::{Metadata, TensorView};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One or several files that hold a model together.
pub struct Shards<'a> {
    files: Vec<File<'a>>,
    /// Shape and file of every tensor.
    tensors: BTreeMap<String, (Vec<usize>, usize)>,
}

enum File<'a> {
    Mapped(Mapped),
    Held(SliceSafetensors<'a>),
}

/// A file on the disk, of which no more is in memory than is being read.
struct Mapped {
    path: PathBuf,
    bytes: Mmap,
    metadata: Metadata,
    /// Where the tensors begin.
    begin: usize,
}

impl Mapped {
    fn open(path: &Path) -> Result<Self, CheckpointError> {
        let file = std::fs::File::open(path).map_err(super::at(path))?;
        // SAFETY: the file is only read; whoever changes a model's file under a running program breaks that program.
        let bytes = unsafe { Mmap::map(&file) }.map_err(super::at(path))?;
        let (header, metadata) =
            SafeTensors::read_metadata(&bytes).map_err(|e| unreadable(path, &e.into()))?;
        Ok(Self {
            path: path.to_owned(),
            bytes,
            metadata,
            begin: size_of::<u64>() + header,
        })
    }

    fn load(&self, name: &str) -> candle_core::Result<Tensor> {
        let Some(info) = self.metadata.info(name) else {
            candle_core::bail!("there is no such tensor");
        };
        let (from, to) = info.data_offsets;
        let bytes = &self.bytes[self.begin + from..self.begin + to];
        let tensor = TensorView::new(info.dtype, info.shape.clone(), bytes)?.load(&Device::Cpu)?;
        // Pages of a mapped file count as the program's own. Where the system keeps them nevertheless, nothing is lost.
        // SAFETY: the pages are clean and nobody borrows them now; whoever reads them again gets them from the file.
        let _ = unsafe {
            let (dropped, start) = (UncheckedAdvice::DontNeed, self.begin + from);
            self.bytes.unchecked_advise_range(dropped, start, to - from)
        };
        Ok(tensor)
    }
}

impl File<'_> {
    /// Names and shapes, from the header alone.
    fn shapes(&self) -> Vec<(String, Vec<usize>)> {
        match self {
            Self::Mapped(file) => (file.metadata.tensors().into_iter())
                .map(|(name, info)| (name, info.shape.clone()))
                .collect(),
            Self::Held(file) => (file.tensors().into_iter())
                .map(|(name, view)| (name, view.shape().to_vec()))
                .collect(),
        }
    }

    fn load(&self, name: &str) -> candle_core::Result<Tensor> {
        match self {
            Self::Mapped(file) => file.load(name),
            Self::Held(file) => file.get(name)?.load(&Device::Cpu),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Mapped(file) => &file.path,
            Self::Held(_) => Path::new("the weights at hand"),
        }
    }
}

impl<'a> Shards<'a> {
    /// Maps these files. A header that is none, or that speaks of more bytes than its file has, is refused here, before anything
    /// of a tensor's size is allocated.
    pub fn open(paths: &[PathBuf]) -> Result<Self, CheckpointError> {
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            files.push(File::Mapped(Mapped::open(path)?));
        }
        Self::of(files)
    }

    /// The same of a file's bytes.
    pub fn of_bytes(bytes: &'a [u8]) -> Result<Self, CheckpointError> {
        let file = SliceSafetensors::new(bytes)
            .map_err(|e| unreadable(Path::new("the weights at hand"), &e))?;
        Self::of(vec![File::Held(file)])
    }

    fn of(files: Vec<File<'a>>) -> Result<Self, CheckpointError> {
        let mut tensors = BTreeMap::new();
        for (place, file) in files.iter().enumerate() {
            for (name, shape) in file.shapes() {
                if tensors.contains_key(&name) {
                    return Err(CheckpointError::Tensor {
                        path: file.path().to_owned(),
                        reason: format!("`{name}` is in another shard too"),
                    });
                }
                tensors.insert(name, (shape, place));
            }
        }
        Ok(Self { files, tensors })
    }

    /// Names and shapes of all tensors.
    pub fn shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.tensors
            .iter()
            .map(|(name, (shape, _))| (name.as_str(), shape.as_slice()))
    }

    /// A tensor as f32, or a matrix as bf16 where it is stored so and `keep_half` says so; one with numbers that are none is refused.
    pub fn load(&self, name: &str, keep_half: bool) -> Result<Tensor, CheckpointError> {
        let wrong = |path: &Path, reason: String| CheckpointError::Tensor {
            path: path.to_owned(),
            reason: format!("`{name}` {reason}"),
        };
        let Some((shape, place)) = self.tensors.get(name) else {
            return Err(wrong(
                Path::new("the checkpoint"),
                "is not there".to_owned(),
            ));
        };
        let file = &self.files[*place];
        let kept = |stored: &Tensor| keep_half && shape.len() == 2 && stored.dtype() == DType::BF16;
        let tensor = file.load(name).and_then(|stored| match kept(&stored) {
            true => Ok(stored),
            false => stored.to_dtype(DType::F32),
        });
        let tensor = tensor.map_err(|e| wrong(file.path(), format!("cannot be read: {e}")))?;
        match is_finite(&tensor) {
            Ok(true) => Ok(tensor),
            Ok(false) => Err(wrong(
                file.path(),
                "holds numbers that are infinite or none at all".to_owned(),
            )),
            Err(e) => Err(wrong(file.path(), format!("cannot be read: {e}"))),
        }
    }
}

/// Numbers that are looked at together.
const LOOK: usize = 1 << 20;

/// Whether all of a tensor's numbers are numbers: a sum is one only if every part is.
fn is_finite(tensor: &Tensor) -> candle_core::Result<bool> {
    let flat = tensor.flatten_all()?;
    let count = flat.elem_count();
    for start in (0..count).step_by(LOOK) {
        let part = flat.narrow(0, start, LOOK.min(count - start))?;
        let sum = part.to_dtype(DType::F32)?.sum_all()?.to_scalar::<f32>()?;
        if !sum.is_finite() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The library's message without the trace that may follow it.
fn unreadable(path: &Path, error: &candle_core::Error) -> CheckpointError {
    let text = error.to_string();
    CheckpointError::Tensor {
        path: path.to_owned(),
        reason: format!(
            "no safetensors file: {}",
            text.lines().next().unwrap_or_default()
        ),
    }
}
