//! What AdamW remembers of a tensor's gradients.

use super::AdamWSettings;
use super::eight_bits::{BLOCK, EightBits};
use crate::model::kernels::{CodeKind, Floats, adam, on_host};
use crate::train::numbers::{Formed, Numbers};
use candle_core::{CpuStorage, DType, Device, InplaceOp1, Layout, Result, Tensor, Var};
use medreg_datasets::protocol::MomentPrecision;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Tensors with fewer numbers keep their moments in 32 bits whatever is asked for: norms and biases, which cost nothing and are the most
/// sensitive (arXiv 2110.02861, section 2.2).
const LEAST: usize = 4096;

/// The decaying means of a tensor's gradients and of their squares.
#[derive(Clone, Debug)]
pub enum Moments {
    /// In 32 bits, kept where the weights are: to move them through host memory costs a GPU more time than the gradient.
    Full {
        /// Of the gradients.
        first: Numbers,
        /// Of their squares.
        second: Numbers,
    },
    /// In 8 bits, kept in host memory.
    EightBits {
        /// Of the gradients.
        first: EightBits,
        /// Of their squares.
        second: EightBits,
    },
}

impl Moments {
    /// Before the first gradient.
    #[must_use]
    pub fn zeros(count: usize, precision: MomentPrecision) -> Self {
        match precision {
            MomentPrecision::EightBits if count >= LEAST => Self::EightBits {
                first: EightBits::zeros(CodeKind::Signed, count),
                second: EightBits::zeros(CodeKind::Unsigned, count),
            },
            _ => Self::full(vec![0.0; count], vec![0.0; count]),
        }
    }

    fn full(first: Vec<f32>, second: Vec<f32>) -> Self {
        Self::Full {
            first: Numbers::Host(first),
            second: Numbers::Host(second),
        }
    }

    /// The same in another precision, where they are not in that one.
    fn in_precision(self, precision: MomentPrecision) -> Result<Self> {
        let (count, wanted) = (self.count(), precision == MomentPrecision::EightBits);
        Ok(match self {
            Self::Full { first, second } if wanted && count >= LEAST => Self::EightBits {
                first: EightBits::of(CodeKind::Signed, &first.in_host()?),
                second: EightBits::of(CodeKind::Unsigned, &second.in_host()?),
            },
            Self::EightBits { first, second } if !wanted => {
                Self::full(first.numbers(), second.numbers())
            }
            moments => moments,
        })
    }

    fn count(&self) -> usize {
        match self {
            Self::Full { first, .. } => first.count(),
            Self::EightBits { first, .. } => first.parts().0.len(),
        }
    }

    /// Takes in a gradient and moves the variable, where its numbers are.
    pub fn move_on(
        &mut self,
        var: &Var,
        gradient: &impl Formed,
        rates: [f32; 2],
        settings: &AdamWSettings,
        corrections: [f32; 2],
    ) -> Result<()> {
        match (on_host(var), self) {
            (true, Self::Full { first, second }) => {
                let moments = (&mut first.on_host()?[..], &mut second.on_host()?[..]);
                let (gradient, moments) = (gradient.in_host()?, RefCell::new(moments));
                in_place(var, |values| {
                    let (first, second) = &mut *moments.borrow_mut();
                    let settings = kernel_settings(rates, settings);
                    adam(values, &gradient, (first, second), settings, corrections);
                })
            }
            (true, Self::EightBits { first, second }) => {
                let (gradient, moments) = (gradient.in_host()?, RefCell::new((first, second)));
                in_place(var, |values| {
                    let (first, second) = &mut *moments.borrow_mut();
                    let settings = kernel_settings(rates, settings);
                    by_blocks(values, &gradient, (first, second), settings, corrections);
                })
            }
            (false, Self::Full { first, second }) => {
                move_there(var, gradient, (first, second), rates, settings, corrections)
            }
            (false, Self::EightBits { first, second }) => {
                let mut read = [&*first, &*second].map(|m| Numbers::Host(m.numbers()));
                let [read_first, read_second] = &mut read;
                let moments = (read_first, read_second);
                move_there(var, gradient, moments, rates, settings, corrections)?;
                let [one, two] = read;
                *first = EightBits::of(CodeKind::Signed, &one.into_host()?);
                *second = EightBits::of(CodeKind::Unsigned, &two.into_host()?);
                Ok(())
            }
        }
    }

    /// Adds them as named tensors in host memory.
    pub fn tell(&self, name: &str, state: &mut BTreeMap<String, Tensor>) -> Result<()> {
        match self {
            Self::Full { first, second } => {
                for (part, numbers) in [("first", first), ("second", second)] {
                    let numbers = numbers.in_host()?;
                    let tensor = Tensor::from_slice(&numbers, numbers.len(), &Device::Cpu)?;
                    state.insert(format!("{part}.{name}"), tensor);
                }
            }
            Self::EightBits { first, second } => {
                for (part, numbers) in [("first", first), ("second", second)] {
                    let (codes, scales) = numbers.parts();
                    let codes = Tensor::from_slice(codes, codes.len(), &Device::Cpu)?;
                    let scales = Tensor::from_slice(scales, scales.len(), &Device::Cpu)?;
                    state.insert(format!("{part}_codes.{name}"), codes);
                    state.insert(format!("{part}_scales.{name}"), scales);
                }
            }
        }
        Ok(())
    }

    /// Those of a tensor in a state that [`Self::tell`] told, in this precision; `None` where it has none.
    pub fn told(
        name: &str,
        state: &BTreeMap<String, Tensor>,
        precision: MomentPrecision,
    ) -> Result<Option<Self>> {
        let moments = if state.contains_key(&format!("first.{name}")) {
            Self::full(
                floats(state, "first", name)?,
                floats(state, "second", name)?,
            )
        } else if state.contains_key(&format!("first_codes.{name}")) {
            let read = |kind, part: &str| -> Result<EightBits> {
                let codes = codes(state, &format!("{part}_codes"), name)?;
                EightBits::from_parts(kind, codes, floats(state, &format!("{part}_scales"), name)?)
            };
            Self::EightBits {
                first: read(CodeKind::Signed, "first")?,
                second: read(CodeKind::Unsigned, "second")?,
            }
        } else {
            return Ok(None);
        };
        moments.in_precision(precision).map(Some)
    }
}

fn kernel_settings([rate, decay]: [f32; 2], settings: &AdamWSettings) -> ([f32; 3], [f32; 2]) {
    ([rate, decay, settings.eps], settings.betas)
}

/// The step block by block: only one block's moments are in 32 bits at a time.
fn by_blocks(
    values: &mut [f32],
    gradient: &[f32],
    (first, second): (&mut EightBits, &mut EightBits),
    settings: ([f32; 3], [f32; 2]),
    corrections: [f32; 2],
) {
    let (mut m, mut v) = ([0.0; BLOCK], [0.0; BLOCK]);
    let blocks = values.chunks_mut(BLOCK).zip(gradient.chunks(BLOCK));
    for (block, (values, gradient)) in blocks.enumerate() {
        let (m, v) = (&mut m[..values.len()], &mut v[..values.len()]);
        first.take(block, m);
        second.take(block, v);
        adam(values, gradient, (m, v), settings, corrections);
        first.put(block, m);
        second.put(block, v);
    }
}

/// The step by candle's operations, on a variable's device.
fn move_there(
    var: &Var,
    gradient: &impl Formed,
    (first, second): (&mut Numbers, &mut Numbers),
    [rate, decay]: [f32; 2],
    settings: &AdamWSettings,
    [c1, c2]: [f32; 2],
) -> Result<()> {
    let values = var.as_detached_tensor();
    let gradient = gradient.beside(&values)?;
    let kept = |moment: &mut Numbers, taken_in: &Tensor, beta: f32| -> Result<Tensor> {
        let before = moment.on(values.device())?.reshape(values.shape())?;
        let after = ((before * f64::from(beta))? + (taken_in * f64::from(1.0 - beta))?)?;
        *moment = Numbers::There(after.clone());
        Ok(after)
    };
    let [beta1, beta2] = settings.betas;
    let first = kept(first, &gradient, beta1)?;
    let second = kept(second, &gradient.sqr()?, beta2)?;
    let root = second.affine(f64::from(1.0 / c2), 0.0)?.sqrt()?;
    let root = root.affine(1.0, f64::from(settings.eps))?;
    let step = (first * f64::from(rate / c1))?.div(&root)?;
    var.set(&((values * f64::from(1.0 - decay))? - step)?)
}

fn part<'a>(state: &'a BTreeMap<String, Tensor>, part: &str, name: &str) -> Result<&'a Tensor> {
    match state.get(&format!("{part}.{name}")) {
        Some(tensor) => Ok(tensor),
        None => candle_core::bail!("the optimizer's state lacks `{part}.{name}`"),
    }
}

fn floats(state: &BTreeMap<String, Tensor>, which: &str, name: &str) -> Result<Vec<f32>> {
    Ok(Floats::of(part(state, which, name)?)?.to_vec())
}

/// Codes, which a file or another rank may have given as numbers of 32 bits.
fn codes(state: &BTreeMap<String, Tensor>, which: &str, name: &str) -> Result<Vec<u8>> {
    part(state, which, name)?.to_dtype(DType::U8)?.to_vec1()
}

/// Changes a variable's numbers where they lie.
fn in_place(var: &Var, change: impl FnMut(&mut [f32])) -> Result<()> {
    let change = InPlace(RefCell::new(change));
    var.as_detached_tensor().inplace_op1(&change)
}

struct InPlace<F>(RefCell<F>);

impl<F: FnMut(&mut [f32])> InplaceOp1 for InPlace<F> {
    fn name(&self) -> &'static str {
        "AdamW"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        match (storage, layout.contiguous_offsets()) {
            (CpuStorage::F32(all), Some((start, end))) => {
                (self.0.borrow_mut())(&mut all[start..end]);
                Ok(())
            }
            _ => candle_core::bail!("a variable is contiguous f32"),
        }
    }
}
