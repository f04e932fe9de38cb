//! What a layer more costs in memory, counted to the byte by this program's own allocator.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]
#![allow(unsafe_code, reason = "an allocator is unsafe by its signature")]

use candle_core::{DType, Device, Tensor};
use medreg_trainer::base;
use medreg_trainer::model::kernels::{Span, Target};
use medreg_trainer::model::{InternVl, Keep, Lesson, ModelConfig, Picture, Sequence, lora};
use medreg_trainer::train::{Work, gradients_of_lessons};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it is; only its size is counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::SeqCst) + layout.size();
        MOST.fetch_max(now, Ordering::SeqCst);
        // SAFETY: the caller keeps this function's contract, which is the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::SeqCst);
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ROWS: usize = 600;

fn config(layers: usize) -> ModelConfig {
    let mut config = base::architecture(500);
    config.llm_config.num_hidden_layers = layers;
    config.llm_config.hidden_size = 64;
    config.llm_config.intermediate_size = 176;
    config
}

fn lesson(h: usize) -> Lesson {
    let token = Tensor::zeros((1, h), DType::F32, &Device::Cpu).unwrap();
    let target = Target {
        token: 3,
        weight: 0.1,
    };
    Lesson {
        picture: Picture::Tokens(token),
        sequence: Sequence {
            tokens: (0..ROWS as u32).map(|i| i % 400).collect(),
            positions: (0..ROWS as u32).collect(),
            image_rows: vec![1],
            spans: Arc::new(vec![Span::causal(0..ROWS, 0..0)]),
        },
        rows: (ROWS as u32 - 10..ROWS as u32).collect(),
        targets: Arc::new(vec![target; 10]),
    }
}

/// By how many bytes a pass grows at most, and how many its gradients take.
fn growth(layers: usize, keep: Keep) -> (usize, usize) {
    let config = config(layers);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let tensors = base::untrained_of(config.clone(), base::tokenizer().unwrap(), 1);
    let tensors = tensors.unwrap().tensors;
    let mut modules = lora::modules(&config);
    modules.retain(|module| module.path.starts_with("language_model.model.layers."));
    let adapters = lora::fresh(&modules, 4, 8.0, &mut rng).unwrap();
    let weights = lora::attach(tensors, &config, &adapters).unwrap();
    let model = InternVl::new(&config, &weights).unwrap();
    let work = Work {
        mixed: false,
        threads: 1,
        keep,
        features: None,
    };
    let lesson = lesson(config.llm_config.hidden_size);
    let before = NOW.load(Ordering::SeqCst);
    MOST.store(before, Ordering::SeqCst);
    let gradients =
        gradients_of_lessons(&model, &weights, 1, work, |_| Ok(lesson.clone())).unwrap();
    let numbers: usize = gradients.by_name.values().map(Vec::len).sum();
    (
        MOST.load(Ordering::SeqCst) - before,
        numbers * size_of::<f32>(),
    )
}

/// What a layer more costs, in hidden states, its adapters' gradients left out.
fn states_per_layer(keep: Keep) -> f64 {
    let ((few, of_few), (many, of_many)) = (growth(4, keep), growth(12, keep));
    let more = (many - few) as f64 - (of_many - of_few) as f64;
    more / 8.0 / (ROWS * 64 * size_of::<f32>()) as f64
}

/// One test for both: another beside it would be counted too.
#[test]
fn a_layer_that_keeps_its_input_alone_costs_one_hidden_state() {
    // The matrix products keep their workspace from the first one on.
    growth(1, Keep::Activations);
    let (inputs, all) = (
        states_per_layer(Keep::Inputs),
        states_per_layer(Keep::Activations),
    );
    assert!(inputs > 0.5, "{inputs}: what is it that is not kept?");
    assert!(inputs <= 1.2, "{inputs} hidden states per layer");
    // x, q, k, v (two of four heads), attention, the middle, gate and up: 1 + 2 + 1 + 1 + 1 + 2 · 176 / 64.
    assert!((all - 10.5).abs() < 1.1, "{all} hidden states per layer");
    println!("{inputs:.3} and {all:.3} hidden states per layer");
}
