//! Sums of gradients over the images of a batch.
//!
//! Images are worked on side by side, yet each tensor's gradients are added up in the order of the images: an image waits for its turn at
//! a tensor. So there is one sum per tensor, however many threads there are, and its last bit does not depend on them.

use super::kernels::{Into, Mat, product, product_of};
use super::weights::Weights;
use candle_core::{Result, Tensor, TensorId};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The sums of a batch under way.
#[derive(Debug)]
pub struct Sums {
    slots: HashMap<TensorId, Slot>,
    /// Rows for some of a tensor's, such as those of an embedding: by image, added at the end.
    scattered: Mutex<BTreeMap<usize, Scattered>>,
    abandoned: AtomicBool,
}

#[derive(Debug)]
struct Slot {
    name: String,
    size: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The image whose turn it is.
    next: usize,
    /// Empty until the first image was there.
    sum: Vec<f32>,
}

#[derive(Debug)]
struct Scattered {
    tensor: TensorId,
    rows: Vec<u32>,
    numbers: Vec<f32>,
}

/// What one image adds to the sums.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    sums: &'a Sums,
    image: usize,
}

impl Sums {
    /// For every tensor that `weights` trains.
    #[must_use]
    pub fn of(weights: &Weights) -> Self {
        let slot = |(name, var): (&String, &candle_core::Var)| {
            let slot = Slot {
                name: name.clone(),
                size: var.elem_count(),
                state: Mutex::default(),
                changed: Condvar::new(),
            };
            (var.as_tensor().id(), slot)
        };
        Self {
            slots: weights.variables().iter().map(slot).collect(),
            scattered: Mutex::default(),
            abandoned: AtomicBool::new(false),
        }
    }

    /// The turn of the `image`th of the batch, which is to add to the same tensors as the others, once to each. Images have to be begun
    /// in their order.
    #[must_use]
    pub fn turn(&self, image: usize) -> Turn<'_> {
        Turn { sums: self, image }
    }

    /// An image failed: those that wait for its turn do so in vain, and are told.
    pub fn abandon(&self) {
        self.abandoned.store(true, Ordering::SeqCst);
        for slot in self.slots.values() {
            drop(held(&slot.state));
            slot.changed.notify_all();
        }
    }

    /// The sums by name, of the tensors that something was added to.
    #[must_use]
    pub fn finish(self) -> BTreeMap<String, Vec<f32>> {
        let scattered = self.scattered.into_inner();
        for part in scattered
            .unwrap_or_else(PoisonError::into_inner)
            .into_values()
        {
            if let Some(slot) = self.slots.get(&part.tensor) {
                part.add_to(&mut held(&slot.state).sum, slot.size);
            }
        }
        let sum = |slot: Slot| {
            let state = slot.state.into_inner();
            (slot.name, state.unwrap_or_else(PoisonError::into_inner).sum)
        };
        let mut sums: BTreeMap<_, _> = self.slots.into_values().map(sum).collect();
        sums.retain(|_, sum| !sum.is_empty());
        sums
    }
}

impl Scattered {
    fn add_to(&self, sum: &mut Vec<f32>, size: usize) {
        sum.resize(size, 0.0);
        let width = self.numbers.len() / self.rows.len().max(1);
        for (row, numbers) in self
            .rows
            .iter()
            .zip(self.numbers.chunks_exact(width.max(1)))
        {
            let first = *row as usize * width;
            let sum = sum[first..].iter_mut();
            sum.zip(numbers).for_each(|(sum, number)| *sum += number);
        }
    }
}

impl Turn<'_> {
    /// Has `add` add this image's gradient of `tensor` to the sum so far, once it is this image's turn. Nothing happens for a tensor that
    /// is not trained.
    pub fn add(&self, tensor: TensorId, add: impl FnOnce(&mut [f32])) -> Result<()> {
        self.wait_and(tensor, |sum, size| {
            if sum.is_empty() {
                *sum = vec![0.0; size];
            }
            add(sum);
        })
    }

    /// The same for a gradient that is `scale · a · b`: the first image's becomes the sum, without a zero to add it to.
    pub(in crate::model) fn add_product(
        &self,
        tensor: TensorId,
        [a, b]: [Mat<'_>; 2],
        scale: f32,
    ) -> Result<()> {
        self.wait_and(tensor, |sum, _| match sum.is_empty() {
            true => *sum = product_of(a, b, scale),
            false => product(sum, b.size().1, Into::Sum, a, b, scale),
        })
    }

    fn wait_and(&self, tensor: TensorId, add: impl FnOnce(&mut Vec<f32>, usize)) -> Result<()> {
        let Some(slot) = self.sums.slots.get(&tensor) else {
            return Ok(());
        };
        let mut state = held(&slot.state);
        while state.next != self.image {
            if self.sums.abandoned.load(Ordering::SeqCst) {
                candle_core::bail!("another image of the batch failed");
            }
            state = (slot.changed.wait(state)).unwrap_or_else(PoisonError::into_inner);
        }
        add(&mut state.sum, slot.size);
        state.next += 1;
        slot.changed.notify_all();
        Ok(())
    }

    /// Adds `numbers` to these rows of `tensor`'s gradient, at the end of the batch.
    pub fn scatter(&self, tensor: &Tensor, rows: Vec<u32>, numbers: Vec<f32>) {
        let part = Scattered {
            tensor: tensor.id(),
            rows,
            numbers,
        };
        held(&self.sums.scattered).insert(self.image, part);
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn weights() -> Weights {
        let one = Tensor::zeros((2, 3), candle_core::DType::F32, &Device::Cpu).unwrap();
        let named = |name: &str| (name.to_owned(), one.clone());
        Weights::trained([named("a"), named("b")].into()).unwrap()
    }

    #[test]
    fn images_add_in_their_order_whoever_comes_first() {
        let weights = weights();
        let a = weights.variables()["a"].as_tensor().id();
        let sums = Sums::of(&weights);
        // In floats the order shows: 1e8 + 1 - 1e8 is 0, 1e8 - 1e8 + 1 is 1.
        let numbers = [1e8, -1e8, 1.0];
        std::thread::scope(|scope| {
            for image in [2, 1, 0] {
                let turn = sums.turn(image);
                scope.spawn(move || turn.add(a, |sum| sum[4] += numbers[image]).unwrap());
            }
        });
        let sums = sums.finish();
        assert_eq!(sums.keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!(sums["a"], [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn who_waits_for_an_image_that_failed_is_told() {
        let weights = weights();
        let a = weights.variables()["a"].as_tensor().id();
        let sums = Sums::of(&weights);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| sums.turn(1).add(a, |_| ()));
            sums.abandon();
            assert!(waiting.join().unwrap().is_err());
        });
    }

    #[test]
    fn rows_are_added_where_they_belong() {
        let weights = weights();
        let b = weights.variables()["b"].as_tensor();
        let sums = Sums::of(&weights);
        let turn = sums.turn(0);
        turn.scatter(
            b,
            vec![1, 0, 1],
            vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
        );
        assert_eq!(sums.finish()["b"], [4.0, 5.0, 6.0, 8.0, 10.0, 12.0]);
    }
}
