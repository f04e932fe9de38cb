//! What a vision tower and projector that are not trained make of pictures, kept from one visit to the next.

use crate::model::kernels::Floats;
use crate::model::{InternVl, Picture};
use candle_core::{Result, Tensor};
use medreg_datasets::ids::Digest;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Bytes of image tokens that a run keeps.
pub const KEPT: usize = 1024 * 1024 * 1024;

/// Image tokens by the hash of the pixels they were made of, as one model makes them. Pictures beyond its room are not kept: they come
/// round in turn, so that putting one out for another would find none of them again.
#[derive(Debug)]
pub struct Features {
    room: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_pixels: HashMap<Digest, Tensor>,
    bytes: usize,
    hits: u64,
}

impl Features {
    /// With room for so many bytes; `None` where `model`'s tokens change from step to step.
    #[must_use]
    pub fn of(model: &InternVl, room: usize) -> Option<Self> {
        model.is_vision_held().then(|| Self {
            room,
            kept: Mutex::default(),
        })
    }

    /// A picture's tokens, made by `model` unless they are here.
    pub fn tokens(&self, model: &InternVl, patches: &Tensor) -> Result<Picture> {
        let pixels = hash(patches)?;
        if let Some(tokens) = self.found(&pixels) {
            return Ok(Picture::Tokens(tokens));
        }
        // Without the lock: the other pictures of the batch are made meanwhile.
        let tokens = model.image_tokens(patches)?.detach();
        self.keep(pixels, &tokens);
        Ok(Picture::Tokens(tokens))
    }

    /// How many pictures did not have to be looked at again.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .hits
    }

    fn found(&self, pixels: &Digest) -> Option<Tensor> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let tokens = kept.by_pixels.get(pixels).cloned()?;
        kept.hits += 1;
        Some(tokens)
    }

    fn keep(&self, pixels: Digest, tokens: &Tensor) {
        let bytes = tokens.elem_count() * tokens.dtype().size_in_bytes();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes + bytes <= self.room {
            kept.bytes += bytes;
            kept.by_pixels.insert(pixels, tokens.clone());
        }
    }
}

/// Of the patches' shape and numbers.
fn hash(patches: &Tensor) -> Result<Digest> {
    let mut hash = Sha256::new();
    for size in patches.dims() {
        hash.update(size.to_le_bytes());
    }
    for part in Floats::of(patches)?.chunks(1 << 10) {
        let bytes: Vec<u8> = part.iter().flat_map(|x| x.to_le_bytes()).collect();
        hash.update(&bytes);
    }
    Ok(Digest::from_raw(&hash.finalize()))
}
