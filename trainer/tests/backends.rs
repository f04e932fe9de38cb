//! What runs on a GPU, candle's own operations put together, held against PyTorch's numbers and against the processor's loops. The
//! operations one by one are in `kernels.rs`.

#![allow(clippy::unwrap_used)] // A test that cannot go on should say where.

use candle_core::{DType, Device, Tensor, Var};
use medreg_trainer::base::lessons::Lessons;
use medreg_trainer::bench::{Shape, random};
use medreg_trainer::checkpoint::{Checkpoint, Pretrained};
use medreg_trainer::data::{Look, Prompter, Source};
use medreg_trainer::device::DeviceChoice;
use medreg_trainer::generate::{Answer, Decoding, Inquiry, answer};
use medreg_trainer::model::kernels::{composed_only, dropout, linear, mixed_precision};
use medreg_trainer::model::{InternVl, Keep, Weights};
use medreg_trainer::train::{Work, gradients_of};
use medreg_trainer::verify::{Tolerance, verify};
use std::path::{Path, PathBuf};
use std::process::Command;

fn set(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

#[test]
fn the_composed_operations_reproduce_every_stored_number() {
    for (model, reference) in [("qwen2/model", "qwen2"), ("llama/model", "llama")] {
        let model = Checkpoint::load(&set(model)).unwrap();
        for threads in [1, 2] {
            let check = || verify(&model, None, &set(reference), Tolerance::default(), threads);
            let report = composed_only(check).unwrap();
            assert!(
                report.passed(),
                "{reference}: {:?}, {:?}",
                report.failed,
                report.unknown
            );
            assert!(report.differences.len() > 150);
        }
    }
}

#[test]
#[cfg_attr(not(feature = "cuda"), ignore = "needs a build for GPUs, and one")]
fn a_gpu_reproduces_every_stored_number() {
    let gpu = DeviceChoice::Gpu.open().unwrap();
    for (model, reference) in [("qwen2/model", "qwen2"), ("llama/model", "llama")] {
        let model = Checkpoint::load(&set(model)).unwrap().on(&gpu).unwrap();
        let report = verify(&model, None, &set(reference), Tolerance::default(), 1).unwrap();
        assert!(report.passed(), "{reference}: {:?}", report.failed);
        assert!(report.differences.len() > 150);
    }
}

/// The composed operations really are what runs: on the same numbers they round differently from the loops.
#[test]
fn the_two_back_ends_are_two() {
    let numbers: Vec<f32> = (0..4096).map(|i| (i as f32 * 0.37).sin()).collect();
    let x = Tensor::from_vec(numbers, (16, 256), &Device::Cpu).unwrap();
    let weight = x.narrow(0, 0, 8).unwrap();
    let far = |a: &Tensor, b: &Tensor| {
        let far = (a - b).unwrap().abs().unwrap().max_all().unwrap();
        far.to_scalar::<f32>().unwrap()
    };
    let norm = |x: &Tensor| {
        let ones = Tensor::ones(256, DType::F32, &Device::Cpu).unwrap();
        medreg_trainer::model::kernels::rms_norm(x, &ones, 1e-6).unwrap()
    };
    let (ours, composed) = (norm(&x), composed_only(|| norm(&x)));
    assert!(far(&ours, &composed) < 1e-5);
    assert_ne!(
        ours.to_vec2::<f32>().unwrap(),
        composed.to_vec2::<f32>().unwrap()
    );
    let product = || linear(&x, &weight, None).unwrap();
    assert!(far(&product(), &composed_only(product)) < 1e-4);
}

#[test]
fn a_frozen_weight_in_bf16_is_widened_and_gets_no_gradient() {
    let numbers: Vec<f32> = (0..48).map(|i| (i as f32 * 0.7).sin()).collect();
    let x = Tensor::from_slice(&numbers[..24], (4, 6), &Device::Cpu).unwrap();
    let x = Var::from_tensor(&x).unwrap();
    let weight = Tensor::from_slice(&numbers[24..42], (3, 6), &Device::Cpu).unwrap();
    let half = weight.to_dtype(DType::BF16).unwrap();
    let wide = half.to_dtype(DType::F32).unwrap();
    let run = |weight: &Tensor| {
        let y = linear(&x, weight, None).unwrap();
        let grads = y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
        assert!(grads.get(weight).is_none());
        let gradient = grads.get(&x).unwrap().to_vec2::<f32>().unwrap();
        (y.to_vec2::<f32>().unwrap(), gradient)
    };
    let narrow = composed_only(|| run(&half));
    assert_eq!(narrow, composed_only(|| run(&wide)));
    for (ours, theirs) in [(narrow.0, run(&half).0), (narrow.1, run(&half).1)] {
        let pairs = ours.iter().flatten().zip(theirs.iter().flatten());
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-5));
    }
}

/// The product itself and both ways back, number for number: operands and results rounded to bf16, the sums between them not.
#[test]
fn mixed_precision_rounds_the_operands_and_results_of_products_with_a_weight() {
    let numbers = |from: usize, shape: (usize, usize)| {
        let numbers: Vec<f32> = (from..from + shape.0 * shape.1)
            .map(|i| (i as f32 * 0.7).sin())
            .collect();
        Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap()
    };
    let (x, w, g) = (numbers(0, (4, 6)), numbers(24, (3, 6)), numbers(60, (4, 3)));
    let round = |x: &Tensor| {
        let narrow = x.to_dtype(DType::BF16).unwrap();
        narrow.to_dtype(DType::F32).unwrap()
    };
    let times = |a: &Tensor, b: &Tensor| round(&round(a).matmul(&round(b)).unwrap());
    let (x, w) = (Var::from_tensor(&x).unwrap(), Var::from_tensor(&w).unwrap());
    let run = || {
        let y = linear(&x, &w, None).unwrap();
        let grads = (&y * &g).unwrap().sum_all().unwrap().backward().unwrap();
        [
            y.detach(),
            grads.get(&x).unwrap().clone(),
            grads.get(&w).unwrap().clone(),
        ]
    };
    let expected = [
        times(&x, &w.t().unwrap()),
        times(&g, &w),
        times(&g.t().unwrap(), &x),
    ];
    let rows = |t: &Tensor| t.to_vec2::<f32>().unwrap();
    let found = composed_only(|| mixed_precision(run));
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(rows(found), rows(expected));
    }
    // Neither the loops of the processor nor what comes afterwards know of it.
    assert_eq!(rows(&mixed_precision(run)[0]), rows(&run()[0]));
    assert_ne!(rows(&composed_only(run)[0]), rows(&expected[0]));
}

#[test]
fn a_gradient_in_mixed_precision_points_where_the_exact_one_does() {
    mixed_and_exact(&Device::Cpu);
}

#[test]
#[cfg_attr(not(feature = "cuda"), ignore = "needs a build for GPUs, and one")]
fn so_it_does_on_a_gpu() {
    mixed_and_exact(&DeviceChoice::Gpu.open().unwrap());
}

fn mixed_and_exact(device: &Device) {
    let start = tiny().on(device).unwrap();
    let weights = Weights::trained(start.tensors.clone()).unwrap();
    let model = InternVl::new(&start.config, &weights).unwrap();
    let prompter = Prompter::new(&start.tokenizer, &start.config).unwrap();
    let lessons = Lessons::new(&prompter, &start.config, 2, 2, 3);
    let examples: Vec<_> = (0..2)
        .map(|slot| lessons.example(0, slot).unwrap())
        .collect();
    let gradient = |mixed| {
        let work = Work {
            threads: 2,
            keep: Keep::Activations,
            features: None,
            mixed,
        };
        composed_only(|| gradients_of(&model, &prompter, &weights, &examples, work)).unwrap()
    };
    let (full, mixed) = (gradient(false), gradient(true));
    let off = (full.loss - mixed.loss).abs() / full.loss;
    assert!(off > 0.0 && off < 0.01, "{} and {}", full.loss, mixed.loss);
    let pairs = || {
        full.by_name
            .iter()
            .flat_map(|(name, g)| g.iter().zip(&mixed.by_name[name]))
    };
    let dot = |f: fn(f64, f64) -> f64| -> f64 {
        pairs().map(|(a, b)| f(f64::from(*a), f64::from(*b))).sum()
    };
    let cosine = dot(|a, b| a * b) / (dot(|a, _| a * a) * dot(|_, b| b * b)).sqrt();
    assert!(cosine > 0.99, "{cosine}");
}

#[test]
fn both_leave_out_the_same_inputs() {
    let x = Tensor::ones((40, 25), DType::F32, &Device::Cpu).unwrap();
    let x = Var::from_tensor(&x).unwrap();
    let run = || {
        let y = dropout(&x, 0.3, [7; 32]).unwrap();
        let grads = y.sum_all().unwrap().backward().unwrap();
        let gradient = grads.get(&x).unwrap().to_vec2::<f32>().unwrap();
        (y.to_vec2::<f32>().unwrap(), gradient)
    };
    let (kept, gradient) = run();
    assert_eq!((kept.clone(), gradient), composed_only(run));
    let zeros = kept.iter().flatten().filter(|x| **x == 0.0).count();
    assert!((200..400).contains(&zeros), "{zeros}");
}

/// A tiny model with weights drawn by chance, in bf16.
fn tiny() -> Pretrained {
    let dir = tempfile::tempdir().unwrap();
    random::write(&Shape::Tiny.config(), 5, dir.path()).unwrap();
    Pretrained::load(dir.path()).unwrap()
}

#[test]
fn several_questions_at_once_get_the_same_answers_from_both() {
    let start = tiny();
    let model = InternVl::new(&start.config, &Weights::frozen(start.tensors.clone())).unwrap();
    let prompter = Prompter::new(&start.tokenizer, &start.config).unwrap();
    let side = start.config.image_size() as u32;
    let picture = image::RgbImage::from_fn(side, side, |x, y| image::Rgb([(x * y % 251) as u8; 3]));
    let look = Look::at(&picture.into(), &start.config);
    let questions = ["Where is the liver?", "What is here?", "Why?"].map(str::to_owned);
    let inquiry = Inquiry {
        look: &look,
        questions: &questions,
    };
    let decoding = Decoding {
        max_tokens: 12,
        ..Decoding::default()
    };
    let ask = || answer(&model, &prompter, &[inquiry, inquiry], decoding).unwrap();
    let tokens = |answers: &[Vec<Answer>]| -> Vec<Vec<u32>> {
        answers.iter().flatten().map(|a| a.tokens.clone()).collect()
    };
    let (ours, composed) = (ask(), composed_only(ask));
    assert_eq!(tokens(&ours).len(), 6);
    assert_eq!(tokens(&ours), tokens(&composed));
}

fn predict(device: &str) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_medreg-trainer"))
        .args([
            "examine",
            "--model",
            "shapes",
            "--pictures",
            "1",
            "--device",
            device,
        ])
        .output()
        .unwrap()
}

#[test]
fn a_device_that_is_not_there_is_refused_in_words_and_auto_goes_without() {
    for (device, words) in [
        ("gpu", "cuda:NUMBER is expected"),
        ("cuda:0", "--device cpu"),
    ] {
        if device.starts_with("cuda") && candle_core::utils::cuda_is_available() {
            continue;
        }
        let output = predict(device);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
    assert!(predict("auto").status.success());
}
