//! A snapshot's pictures as the frozen vision tower sees them, computed once and kept by content.

use super::pictures::{Picture, Pictures, Truth};
use crate::checkpoint::{Pretrained, save_tensors};
use crate::data::Look;
use crate::model::kernels::{Floats, side_by_side};
use crate::model::{InternVl, Weights};
use crate::registry::SnapshotFolder;
use anyhow::{Context, Result, ensure};
use candle_core::{DType, Device, Tensor};
use medreg_datasets::ids::Digest;
use medreg_datasets::ontology::Concept;
use medreg_datasets::snapshot::SnapshotCase;
use std::collections::BTreeMap;
use std::path::Path;

/// The name of the tensor in the kept file. // (pictures, side², C)
const STATES: &str = "states";

/// A frozen vision tower with what it is known by.
pub struct Tower {
    model: InternVl,
    digest: Digest,
    threads: usize,
}

impl Tower {
    /// Of a checkpoint.
    pub fn new(pretrained: &Pretrained, threads: usize) -> Result<Self> {
        let weights = Weights::frozen(pretrained.tensors.clone());
        Ok(Self {
            model: InternVl::new(&pretrained.config, &weights)?,
            digest: digest(pretrained)?,
            threads,
        })
    }

    /// The snapshot's pictures with their states; from `cache` where they were computed before.
    pub fn pictures(
        &self,
        folder: &SnapshotFolder,
        cache: &Path,
        done: &(dyn Fn() + Sync),
    ) -> Result<Pictures> {
        let side = self.model.config().patches_per_side();
        let name = format!("{}/{}", self.digest.as_str(), folder.id.as_str());
        let file = cache.join(format!(
            "{}.safetensors",
            Digest::of(name.as_bytes()).as_str()
        ));
        let width = self.model.config().vision_config.hidden_size;
        let shape = [folder.cases.len(), side * side, width];
        let states = match kept(&file, &shape) {
            Some(states) => {
                folder.cases.iter().for_each(|_| done());
                states
            }
            None => self.computed(folder, &shape, &file, done)?,
        };
        let ontology = &folder.manifest.ontology;
        let rows = states.chunks_exact(side * side * width);
        let all = rows
            .zip(&folder.cases)
            .map(|(states, case)| picture(states, case, ontology, width));
        Ok(Pictures {
            side,
            width: width + 1,
            all: all.collect(),
        })
    }

    fn computed(
        &self,
        folder: &SnapshotFolder,
        shape: &[usize],
        file: &Path,
        done: &(dyn Fn() + Sync),
    ) -> Result<Vec<f32>> {
        let seen = side_by_side(folder.cases.len(), self.threads, |at| {
            let states = self.states(folder, &folder.cases[at]);
            done();
            states
        });
        let states = seen.into_iter().collect::<Result<Vec<_>>>()?.concat();
        let tensor = Tensor::from_slice(&states, shape, &Device::Cpu)?;
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        }
        save_tensors(
            file,
            &BTreeMap::from([(STATES.to_owned(), tensor)]),
            DType::F32,
        )?;
        Ok(states)
    }

    /// The states of a picture's patches; of several tiles those of the last, which is the whole. // (side², C)
    fn states(&self, folder: &SnapshotFolder, case: &SnapshotCase) -> Result<Vec<f32>> {
        let picture = image::load_from_memory(&folder.raster(case)?)
            .with_context(|| format!("image {}", case.image))?;
        let config = self.model.config();
        let look = Look::at(&picture, config);
        let states = self.model.vision_states(&look.tensor(config)?)?;
        let states = Floats::of(&states)?;
        let patches = config.patches_per_side().pow(2) * config.vision_config.hidden_size;
        ensure!(
            states.len() >= patches,
            "image {}: too few states",
            case.image
        );
        let states = states[states.len() - patches..].to_vec();
        ensure!(
            states.iter().all(|x| x.is_finite()),
            "image {}: a state is not a number",
            case.image
        );
        Ok(states)
    }
}

/// What was kept, if it is whole and of this shape.
fn kept(file: &Path, shape: &[usize]) -> Option<Vec<f32>> {
    let tensors = candle_core::safetensors::load(file, &Device::Cpu).ok()?;
    let states = tensors
        .get(STATES)
        .filter(|states| states.dims() == shape)?;
    states.flatten_all().ok()?.to_vec1().ok()
}

/// Of the vision tower's tensors alone, and of how pictures are cut.
fn digest(pretrained: &Pretrained) -> Result<Digest> {
    let mut all = serde_json::to_vec(&pretrained.config)?;
    let mut names: Vec<&String> = pretrained
        .tensors
        .keys()
        .filter(|n| n.starts_with("vision_model"))
        .collect();
    names.sort();
    for name in names {
        all.extend(name.as_bytes());
        let numbers = pretrained.tensors[name]
            .to_dtype(DType::F32)?
            .flatten_all()?
            .to_vec1::<f32>()?;
        all.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
    }
    Ok(Digest::of(&all))
}

fn picture(states: &[f32], case: &SnapshotCase, ontology: &[Concept], width: usize) -> Picture {
    let (w, h) = (f64::from(case.size.width()), f64::from(case.size.height()));
    let truth = |region: &medreg_datasets::region::Region| {
        let key = region.concept.as_ref()?;
        let [x0, y0, x1, y1] = region.bbox.corners();
        Some(Truth {
            concept: ontology.iter().position(|concept| concept.key == *key)?,
            bbox: [x0 / w, y0 / h, x1 / w, y1 / h].map(|x| x as f32),
        })
    };
    let row = |state: &[f32]| {
        state
            .iter()
            .copied()
            .chain(std::iter::once(1.0))
            .collect::<Vec<_>>()
    };
    Picture {
        modality: case.modality,
        regions: case.regions.iter().filter_map(truth).collect(),
        states: states.chunks_exact(width).flat_map(row).collect(),
        pooled: Vec::new(),
    }
}
