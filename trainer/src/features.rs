//! Features of images in a file: a matrix in a safetensors file, and whose each row is.
//!
//! The file holds one tensor `features` (images, width) in f32, f16 or bf16, and in its metadata, under `images`, a JSON array of as many
//! different names, row by row.

use half::{bf16, f16};
use memmap2::Mmap;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The tensor's name.
const TENSOR: &str = "features";
/// Under which the metadata has the names.
const NAMES: &str = "images";

/// Why features cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FeaturesError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not such a file.
    #[error(
        "{path}: {reason}; a safetensors file with a tensor `features` (images, width) in f32, f16 or bf16 and the images' names as a JSON array in its metadata, under `images`, is expected"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Vectors of one width, found by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    width: usize,
    names: Vec<String>,
    places: HashMap<String, usize>,
    /// // (names, width)
    numbers: Vec<f32>,
}

impl Features {
    /// Of how many images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names, row by row.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Those of an image.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<&[f32]> {
        let at = *self.places.get(name)?;
        Some(&self.numbers[at * self.width..(at + 1) * self.width])
    }

    /// Adds an image's; false, and nothing is added, where the name is there already, or the width is not the others' or 0.
    pub fn add(&mut self, name: &str, features: &[f32]) -> bool {
        if self.is_empty() {
            self.width = features.len();
        }
        if features.is_empty() || features.len() != self.width || self.places.contains_key(name) {
            return false;
        }
        self.places.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.numbers.extend_from_slice(features);
        true
    }

    /// Reads a file, and believes nothing in it that was not checked.
    pub fn read(path: &Path) -> Result<Self, FeaturesError> {
        let file = |source| FeaturesError::File {
            path: path.to_owned(),
            source,
        };
        let opened = File::open(path).map_err(file)?;
        // SAFETY: files of this kind are replaced whole, never written in place; one that is cut short meanwhile ends this process alone.
        #[allow(unsafe_code)]
        let bytes = unsafe { Mmap::map(&opened) }.map_err(file)?;
        Self::of_bytes(&bytes).map_err(|reason| FeaturesError::Malformed {
            path: path.to_owned(),
            reason,
        })
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self, String> {
        let unreadable = |error: &dyn std::fmt::Display| format!("it cannot be read ({error})");
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| unreadable(&e))?;
        let names = header.metadata().as_ref().and_then(|of| of.get(NAMES));
        let names = names.ok_or("its metadata has no `images`")?;
        let names: Vec<String> = serde_json::from_str(names)
            .map_err(|e| format!("`images` is no JSON array of names ({e})"))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|e| unreadable(&e))?;
        let tensor = tensors
            .tensor(TENSOR)
            .map_err(|_| "it has no tensor `features`")?;
        let [rows, width] = *tensor.shape() else {
            return Err(format!("`features` has the shape {:?}", tensor.shape()));
        };
        if rows != names.len() {
            return Err(format!(
                "{rows} rows of features have {} names",
                names.len()
            ));
        }
        Self::of_parts(names, width, numbers(&tensor)?)
    }

    fn of_parts(names: Vec<String>, width: usize, numbers: Vec<f32>) -> Result<Self, String> {
        let mut places = HashMap::with_capacity(names.len());
        for (place, name) in names.iter().enumerate() {
            if places.insert(name.clone(), place).is_some() {
                return Err(format!("the name `{name}` stands there twice"));
            }
        }
        Ok(Self {
            width,
            names,
            places,
            numbers,
        })
    }

    /// Writes the file beside and puts it in its place whole.
    pub fn write(&self, path: &Path) -> Result<(), FeaturesError> {
        let file = |source| FeaturesError::File {
            path: path.to_owned(),
            source,
        };
        let malformed = |error: &dyn std::fmt::Display| FeaturesError::Malformed {
            path: path.to_owned(),
            reason: format!("it cannot be written ({error})"),
        };
        let names = serde_json::to_string(&self.names).map_err(|e| malformed(&e))?;
        let bytes: Vec<u8> = self.numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        let shape = vec![self.names.len(), self.width];
        let tensor = TensorView::new(Dtype::F32, shape, &bytes).map_err(|e| malformed(&e))?;
        let metadata = HashMap::from([(NAMES.to_owned(), names)]);
        let bytes = safetensors::serialize([(TENSOR, tensor)], Some(metadata))
            .map_err(|e| malformed(&e))?;
        replace(path, &bytes).map_err(file)
    }
}

/// Under a name of its own first: several processes may write one file.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut beside = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    beside.persist(path)?;
    Ok(())
}

fn numbers(tensor: &TensorView<'_>) -> Result<Vec<f32>, String> {
    let (pairs, _) = tensor.data().as_chunks::<2>();
    let (fours, _) = tensor.data().as_chunks::<4>();
    match tensor.dtype() {
        Dtype::F32 => Ok(fours.iter().map(|b| f32::from_le_bytes(*b)).collect()),
        Dtype::F16 => Ok(pairs
            .iter()
            .map(|b| f16::from_le_bytes(*b).to_f32())
            .collect()),
        Dtype::BF16 => Ok(pairs
            .iter()
            .map(|b| bf16::from_le_bytes(*b).to_f32())
            .collect()),
        other => Err(format!("`features` is in {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(dtype: Dtype, shape: &[usize], bytes: &[u8], names: Option<&str>) -> Vec<u8> {
        let tensor = TensorView::new(dtype, shape.to_vec(), bytes).unwrap();
        let metadata = names.map(|names| HashMap::from([(NAMES.to_owned(), names.to_owned())]));
        safetensors::serialize([(TENSOR, tensor)], metadata).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("some.safetensors");
        let mut features = Features::default();
        assert!(features.add("a", &[1.0, -2.5]) && features.add("b", &[0.0, f32::MAX]));
        assert!(!features.add("a", &[3.0, 4.0]) && !features.add("c", &[1.0]));
        features.write(&path).unwrap();
        let read = Features::read(&path).unwrap();
        assert_eq!(read, features);
        assert_eq!(
            (read.of("b"), read.of("c")),
            (Some(&[0.0, f32::MAX][..]), None)
        );
        Features::default().write(&path).unwrap();
        assert!(Features::read(&path).unwrap().is_empty());
    }

    #[test]
    fn half_precision_is_read() {
        let bytes: Vec<u8> = [1.5f32, -2.0]
            .iter()
            .flat_map(|x| f16::from_f32(*x).to_le_bytes())
            .collect();
        let read =
            Features::of_bytes(&file(Dtype::F16, &[1, 2], &bytes, Some(r#"["a"]"#))).unwrap();
        assert_eq!(read.of("a"), Some(&[1.5, -2.0][..]));
    }

    #[test]
    fn what_is_no_such_file_is_refused_with_what_is_wrong() {
        let refused = |bytes: &[u8]| Features::of_bytes(bytes).unwrap_err();
        let four = [0; 4];
        assert!(refused(b"nonsense").contains("cannot be read"));
        assert!(refused(&file(Dtype::F32, &[1, 1], &four, None)).contains("no `images`"));
        assert!(refused(&file(Dtype::F32, &[1, 1], &four, Some("{}"))).contains("no JSON array"));
        assert!(refused(&file(Dtype::F32, &[1], &four, Some(r#"["a"]"#))).contains("shape [1]"));
        assert!(refused(&file(Dtype::I32, &[1, 1], &four, Some(r#"["a"]"#))).contains("I32"));
        let two = file(Dtype::F32, &[1, 1], &four, Some(r#"["a", "b"]"#));
        assert!(refused(&two).contains("1 rows of features have 2 names"));
        let twice = file(Dtype::F32, &[2, 1], &[0; 8], Some(r#"["a", "a"]"#));
        assert!(refused(&twice).contains("twice"));
        let whole = file(Dtype::F32, &[1, 1], &four, Some(r#"["a"]"#));
        assert!(refused(&whole[..whole.len() - 1]).contains("cannot be read"));
    }
}
