//! Low-rank adapters on every part of the model: merged, dropped out, written and read; and, where a Python with PyTorch,
//! transformers and PEFT is at hand, what those make of them (`reference/peft_roundtrip.py`).

#![allow(clippy::unwrap_used)] // A test that cannot go on should say where.

mod torch;

use candle_core::{DType, Device, Tensor};
use medreg_datasets::protocol::Tuning;
use medreg_trainer::checkpoint::{
    Checkpoint, Dialect, PeftAdapter, load_tensors, module_path, save_tensors,
};
use medreg_trainer::model::lora::{self, Adapters, Draw, LoraError, LowRank};
use medreg_trainer::model::{InternVl, Weights};
use medreg_trainer::train::{AdamW, chosen};
use medreg_trainer::verify::{Reference, gradients_of_reference};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use torch::python;

/// The layers that InternVL's own scripts adapt in the tower, and the projector's, besides the decoder's.
const EVERYWHERE: [&str; 7] = [
    "attn.qkv",
    "attn.proj",
    "mlp.fc1",
    "mlp.fc2",
    "mlp1.1",
    "mlp1.3",
    "language_model.*",
];
/// The same with the tower's q, k and v apart.
const APART: [&str; 7] = [
    "attention.*_proj",
    "projection_layer",
    "mlp.fc1",
    "mlp.fc2",
    "linear_1",
    "linear_2",
    "language_model.*",
];

fn set(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

fn qwen2() -> (Checkpoint, Reference) {
    let model = Checkpoint::load(&set("qwen2/native")).unwrap();
    let reference = Reference::load(&set("qwen2"), &model.config).unwrap();
    (model, reference)
}

fn decoder() -> Vec<String> {
    match Tuning::lora(1, 1.0) {
        Tuning::Lora { targets, .. } => targets,
        Tuning::Full => Vec::new(),
    }
}

fn owned(targets: &[&str]) -> Vec<String> {
    targets.iter().map(|t| (*t).to_owned()).collect()
}

/// Adapters on these targets, both halves drawn by chance.
fn drawn(model: &Checkpoint, targets: &[String], seed: u64) -> Adapters {
    let modules = chosen(targets, &model.config).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let fresh = lora::fresh(&modules, 3, 6.0, &mut rng).unwrap();
    let with_b = |(module, adapter): (String, LowRank)| {
        let shape = adapter.b().dims2().unwrap();
        let numbers: Vec<f32> = (0..shape.0 * shape.1)
            .map(|_| rng.random_range(-0.1..0.1))
            .collect();
        let b = Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap();
        let adapter = LowRank::new(adapter.a().clone(), b, adapter.scale()).unwrap();
        (module, adapter)
    };
    fresh.into_iter().map(with_b).collect()
}

fn attached(model: &Checkpoint, adapters: &Adapters) -> Weights {
    lora::attach(model.tensors.clone(), &model.config, adapters).unwrap()
}

/// The logits of each sample of the reference's batch, `(rows, vocabulary)`.
fn logits(model: &Checkpoint, weights: &Weights, reference: &Reference) -> Vec<Tensor> {
    let internvl = InternVl::new(&model.config, weights).unwrap();
    let of = |sample: &medreg_trainer::verify::Sample| {
        let sequence = &sample.sequence;
        let patches = reference.patches_of(&sample.images, &model.config);
        let image_tokens = internvl.image_tokens(&patches.unwrap()).unwrap();
        let x = internvl.embed(sequence, &image_tokens).unwrap();
        let states = internvl
            .language
            .forward(&x, &sequence.positions, &sequence.spans);
        internvl.language.logits(&states.unwrap()).unwrap()
    };
    reference.samples.iter().map(of).collect()
}

/// Matrices in bf16.
fn in_half(tensors: &BTreeMap<String, Tensor>) -> BTreeMap<String, Tensor> {
    let kept = |t: &Tensor| match t.dims().len() {
        2 => t.to_dtype(DType::BF16).unwrap(),
        _ => t.clone(),
    };
    let kept = |(name, t): (&String, &Tensor)| (name.clone(), kept(t));
    tensors.iter().map(kept).collect()
}

fn far(a: &Tensor, b: &Tensor) -> f32 {
    let [a, b] = [a, b].map(|t| t.to_dtype(DType::F32).unwrap());
    let far = (a - b).unwrap().abs().unwrap();
    let far = far.flatten_all().unwrap().max(0).unwrap();
    far.to_scalar().unwrap()
}

fn farthest(a: &[Tensor], b: &[Tensor]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| far(a, b)).fold(0.0, f32::max)
}

/// Whether every module has the same delta in both, to rounding.
fn same_function(model: &Checkpoint, one: &Adapters, other: &Adapters) {
    let merged = |adapters: &Adapters| {
        let mut tensors = model.tensors.clone();
        lora::add(&mut tensors, adapters).unwrap();
        tensors
    };
    let (one, other) = (merged(one), merged(other));
    for (name, tensor) in &one {
        assert!(far(tensor, &other[name]) < 1e-6, "{name}");
    }
}

#[test]
fn targets_are_found_in_both_dialects_and_what_is_not_there_is_named() {
    let (model, _) = qwen2();
    let paths = |targets: &[&str]| -> Vec<String> {
        let modules = chosen(&owned(targets), &model.config).unwrap();
        modules.into_iter().map(|m| m.path).collect()
    };
    let decoder = chosen(&decoder(), &model.config).unwrap();
    assert_eq!(decoder.len(), 7 * 2);
    assert_eq!(
        paths(&["q_proj"]),
        [0, 1].map(|n| format!("language_model.model.layers.{n}.self_attn.q_proj"))
    );
    assert_eq!(
        paths(&["attention.q_proj"]),
        [0, 1, 2].map(|n| format!("vision_model.encoder.layers.{n}.attn.q_proj"))
    );
    assert_eq!(paths(&["mlp1.*"]), ["mlp1.1", "mlp1.3"]);
    assert_eq!(paths(&["linear_2"]), ["mlp1.3"]);
    // Four in each of three vision layers, two in the projector, seven in each of two decoder layers.
    assert_eq!(paths(&EVERYWHERE).len(), 12 + 2 + 14);
    assert_eq!(paths(&["*"]), paths(&EVERYWHERE));
    assert_eq!(paths(&APART).len(), 18 + 2 + 14);

    let refusal = |targets: &[&str]| {
        let error = chosen(&owned(targets), &model.config).unwrap_err();
        error.to_string()
    };
    let said = refusal(&["q_proj", "fc3"]);
    for part in [
        "`fc3`",
        "vision_model.encoder.layers.*.mlp.fc1",
        "attention.v_proj",
        "mlp1.3",
        "language_model.model.layers.*.self_attn.o_proj",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = refusal(&["attn.qkv", "attention.k_proj"]);
    assert!(said.contains("choose one"), "{said}");
}

#[test]
fn every_adapter_gets_a_gradient_and_what_is_frozen_gets_none() {
    let (model, reference) = qwen2();
    for targets in [EVERYWHERE, APART] {
        let adapters = drawn(&model, &owned(&targets), 3);
        let weights = attached(&model, &adapters).with_dropout(0.3);
        for weights in [
            weights.drawn(Draw {
                seed: 1,
                step: 1,
                place: 0,
            }),
            weights,
        ] {
            let gradients = gradients_of_reference(&model, &weights, &reference, 2).unwrap();
            let names: BTreeSet<String> = adapters
                .keys()
                .flat_map(|m| [lora::name(m, "lora_A"), lora::name(m, "lora_B")])
                .collect();
            assert_eq!(
                gradients.by_name.keys().cloned().collect::<BTreeSet<_>>(),
                names
            );
            for (name, gradient) in &gradients.by_name {
                assert!(gradient.iter().all(|g| g.is_finite()), "{name}");
                assert!(gradient.iter().any(|g| *g != 0.0), "{name}");
            }
        }
    }
}

#[test]
fn merged_weights_answer_alike_and_come_apart_again() {
    let (model, reference) = qwen2();
    // Large models keep their matrices as stored; this small one is made to.
    let half = Checkpoint {
        tensors: in_half(&model.tensors),
        config: model.config.clone(),
    };
    for (model, targets) in [(&model, EVERYWHERE), (&model, APART), (&half, APART)] {
        let adapters = drawn(model, &owned(&targets), 4);
        let weights = attached(model, &adapters);
        let adapted = logits(model, &weights, &reference);
        let mut merged = lora::merge(&weights).unwrap();
        assert!(merged.keys().eq(model.tensors.keys()));
        let of_merged = logits(model, &Weights::frozen(merged.clone()), &reference);
        let of_base = logits(model, &Weights::frozen(model.tensors.clone()), &reference);
        assert!(farthest(&adapted, &of_merged) < 1e-5);
        assert!(farthest(&adapted, &of_base) > 0.1);
        assert_eq!(
            farthest(&adapted, &logits(model, &weights.held(), &reference)),
            0.0
        );
        lora::subtract(&mut merged, &adapters).unwrap();
        for (name, tensor) in &merged {
            assert!(far(tensor, &model.tensors[name]) < 1e-6, "{name}");
        }
    }
}

#[test]
fn inputs_are_left_out_in_training_alone_and_their_mean_stays() {
    let (model, reference) = qwen2();
    let adapters = drawn(&model, &owned(&["attn.qkv", "mlp1.1", "down_proj"]), 5);
    let plain = attached(&model, &adapters);
    let dropping = attached(&model, &adapters).with_dropout(0.5);
    let expected = logits(&model, &plain, &reference);
    assert_eq!(
        farthest(&logits(&model, &dropping, &reference), &expected),
        0.0
    );
    let draw = |place| Draw {
        seed: 7,
        step: 2,
        place,
    };
    assert_eq!(plain.drawn(draw(0)).draw(), None);
    let of = |place| logits(&model, &dropping.drawn(draw(place)), &reference);
    assert_eq!(farthest(&of(0), &of(0)), 0.0);
    assert!(farthest(&of(0), &of(1)) > 1e-3);

    // Of one layer, whose output is linear in what is left out.
    let name = "mlp1.1";
    let x = Tensor::ones((2, 96), DType::F32, &Device::Cpu).unwrap();
    let layer = |weights: &Weights| {
        let layer = medreg_trainer::model::nn::Linear::new(weights, name, (32, 96), true);
        layer.unwrap().forward(&x).unwrap()
    };
    let whole = layer(&plain);
    let one = layer(&dropping.drawn(draw(0)));
    let mut sum = whole.zeros_like().unwrap();
    for place in 0..2000 {
        sum = (sum + layer(&dropping.drawn(draw(place)))).unwrap();
    }
    let mean = (sum / 2000.0).unwrap();
    let (spread, left) = (far(&one, &whole), far(&mean, &whole));
    assert!(left < 0.1 * spread, "{left} of {spread}");
}

#[test]
fn an_adapter_that_does_not_fit_is_refused_in_words() {
    let (model, _) = qwen2();
    let adapters = drawn(&model, &decoder(), 6);
    let (module, adapter) = adapters.iter().next().unwrap();
    let elsewhere = module.replace("layers.0", "layers.9");
    let moved = Adapters::from([(elsewhere.clone(), adapter.clone())]);
    let error = lora::check(&model.config, &moved).unwrap_err();
    assert!(matches!(&error, LoraError::NoSuchModule { module, .. } if *module == elsewhere));
    assert!(
        error.to_string().contains("layers.*.mlp.down_proj"),
        "{error}"
    );
    let misshapen = Adapters::from([("mlp1.1".to_owned(), adapter.clone())]);
    let error = lora::check(&model.config, &misshapen).unwrap_err();
    assert!(error.to_string().contains("another model's"), "{error}");

    let dir = tempfile::tempdir().unwrap();
    let saved = PeftAdapter {
        dropout: 0.0,
        modules: adapters,
    };
    let weights = dir.path().join("adapter_model.safetensors");
    let config = dir.path().join("adapter_config.json");
    let refusal = |change: &dyn Fn()| {
        saved.save(dir.path(), None, Dialect::Native).unwrap();
        change();
        PeftAdapter::load(dir.path()).unwrap_err().to_string()
    };
    let without = |end: &str| {
        let mut tensors = load_tensors(&weights).unwrap();
        tensors.retain(|name, _| !name.ends_with(end));
        save_tensors(&weights, &tensors, DType::F32).unwrap();
    };
    let said = refusal(&|| without("layers.1.mlp.up_proj.lora_B.weight"));
    assert!(
        said.contains("layers.1.mlp.up_proj` has one half"),
        "{said}"
    );
    let said = refusal(&|| without("weight"));
    assert!(said.contains("holds no adapter"), "{said}");
    let rewritten = |from: &str, to: &str| {
        let text = std::fs::read_to_string(&config).unwrap();
        assert!(text.contains(from));
        std::fs::write(&config, text.replace(from, to)).unwrap();
    };
    let said = refusal(&|| rewritten("\"r\": 3", "\"r\": 4"));
    assert!(said.contains("has rank 3"), "{said}");
    let said = refusal(&|| rewritten("\"use_dora\": false", "\"use_dora\": true"));
    assert!(said.contains("use_dora"), "{said}");
}

#[test]
fn what_is_written_in_a_dialect_is_read_back_as_the_same_function() {
    let (model, _) = qwen2();
    for targets in [EVERYWHERE, APART] {
        let mut modules = drawn(&model, &owned(&targets), 8);
        // One with a rank and a factor of its own.
        let odd = "mlp1.3".to_owned();
        let adapter = &modules[&odd];
        let a = Tensor::cat(&[adapter.a(), adapter.a()], 0).unwrap();
        let b = Tensor::cat(&[adapter.b(), adapter.b()], 1).unwrap();
        modules.insert(odd, LowRank::new(a, b, 0.7).unwrap());
        let saved = PeftAdapter {
            dropout: 0.25,
            modules,
        };
        for dialect in [Dialect::Original, Dialect::Native] {
            let dir = tempfile::tempdir().unwrap();
            saved.save(dir.path(), Some("base"), dialect).unwrap();
            let back = PeftAdapter::load(dir.path()).unwrap();
            assert_eq!(back.dropout, 0.25);
            lora::check(&model.config, &back.modules).unwrap();
            same_function(&model, &saved.modules, &back.modules);
            // Three that share one A are one again; of three with their own, the original code makes one.
            let kept = dialect == Dialect::Native || targets == EVERYWHERE;
            assert_eq!(back.modules.keys().eq(saved.modules.keys()), kept);
        }
    }
}

// --- With PyTorch, transformers and PEFT ------------------------------------------------------------------------------

/// Runs the script; gives the tensors that it wrote and the modules that PEFT wrapped.
fn peft(
    python: &Path,
    what: &str,
    model: &str,
    adapter: &Path,
    more: &[&str],
) -> (BTreeMap<String, Tensor>, BTreeSet<String>) {
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("out.safetensors");
    let output = Command::new(python)
        .arg(set("peft_roundtrip.py"))
        .arg(what)
        .arg("--model")
        .arg(set(model))
        .arg("--adapter")
        .arg(adapter)
        .arg("--inputs")
        .arg(set("qwen2/ref.safetensors"))
        .arg("--out")
        .arg(&out)
        .args(more)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let wrapped = serde_json::from_slice(&output.stdout).unwrap();
    (load_tensors(&out).unwrap(), wrapped)
}

/// The rows of each sample in a batch `(samples, rows, vocabulary)`, its padding left out.
fn rows(batch: &Tensor, reference: &Reference) -> Vec<Tensor> {
    let of = |(n, sample): (usize, &medreg_trainer::verify::Sample)| {
        let all = batch.get(n).unwrap();
        all.narrow(0, 0, sample.sequence.tokens.len()).unwrap()
    };
    reference.samples.iter().enumerate().map(of).collect()
}

#[test]
fn peft_computes_what_an_adapter_trained_here_computes() {
    let Some(python) = python("peft_computes_what_an_adapter_trained_here_computes") else {
        return;
    };
    let (model, reference) = qwen2();
    for targets in [decoder(), owned(&EVERYWHERE), owned(&APART)] {
        let modules = chosen(&targets, &model.config).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let fresh = lora::fresh(&modules, 4, 8.0, &mut rng).unwrap();
        let weights = attached(&model, &fresh).with_dropout(0.1);
        let mut optimizer = AdamW::new(0.01);
        let mut losses = Vec::new();
        for step in 0..8 {
            let pass = weights.drawn(Draw {
                seed: 9,
                step,
                place: 0,
            });
            let gradients = gradients_of_reference(&model, &pass, &reference, 2).unwrap();
            optimizer.step(&weights, &gradients, 1e-2).unwrap();
            losses.push(gradients.loss);
        }
        assert!(losses[7] < losses[0] - 0.1, "{losses:?}");
        let ours = logits(&model, &weights, &reference);
        let dir = tempfile::tempdir().unwrap();
        let adapter = PeftAdapter {
            dropout: 0.1,
            modules: lora::adapters_of(&weights),
        };
        adapter.save(dir.path(), None, Dialect::Native).unwrap();
        let (theirs, wrapped) = peft(&python, "apply", "qwen2/native", dir.path(), &[]);
        assert!(farthest(&ours, &rows(&theirs["tuned"], &reference)) < 1e-4);
        assert!(farthest(&ours, &rows(&theirs["base"], &reference)) > 0.01);
        let expected = modules.iter().flat_map(|m| match lora::thirds_of(&m.path) {
            Some(thirds) => thirds.to_vec(),
            None => vec![m.path.clone()],
        });
        let expected = expected.map(|m| module_path(&m, Dialect::Native).unwrap());
        assert_eq!(wrapped, expected.collect());
    }
}

#[test]
fn an_adapter_made_by_peft_computes_the_same_here() {
    let Some(python) = python("an_adapter_made_by_peft_computes_the_same_here") else {
        return;
    };
    let (model, reference) = qwen2();
    for (targets, count) in [
        (r".*language_model.*\.(q|k|v|o|gate|up|down)_proj", 14),
        // Everything, the tower's q, k and v apart.
        (
            r".*(_proj|projection_layer|fc1|fc2|linear_1|linear_2)",
            18 + 2 + 14,
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let more = ["--targets", targets];
        let (theirs, wrapped) = peft(&python, "make", "qwen2/native", dir.path(), &more);
        let adapter = PeftAdapter::load(dir.path()).unwrap();
        assert_eq!((adapter.modules.len(), wrapped.len()), (count, count));
        assert_eq!(adapter.dropout, 0.1);
        let theirs = rows(&theirs["tuned"], &reference);
        let weights = attached(&model, &adapter.modules);
        assert!(farthest(&logits(&model, &weights, &reference), &theirs) < 1e-4);
        let merged = Weights::frozen(lora::merge(&weights).unwrap());
        assert!(farthest(&logits(&model, &merged, &reference), &theirs) < 1e-4);
        let base = Weights::frozen(model.tensors.clone());
        assert!(farthest(&logits(&model, &base, &reference), &theirs) > 0.1);
    }
}

#[test]
fn peft_finds_the_layers_of_the_original_code_and_adds_the_same_to_them() {
    let Some(python) =
        python("peft_finds_the_layers_of_the_original_code_and_adds_the_same_to_them")
    else {
        return;
    };
    let (model, _) = qwen2();
    for targets in [EVERYWHERE, APART] {
        let adapter = PeftAdapter {
            dropout: 0.0,
            modules: drawn(&model, &owned(&targets), 10),
        };
        let dir = tempfile::tempdir().unwrap();
        adapter.save(dir.path(), None, Dialect::Original).unwrap();
        let (theirs, wrapped) = peft(&python, "deltas", "qwen2/model", dir.path(), &[]);
        let expected = chosen(&owned(&EVERYWHERE), &model.config).unwrap();
        assert_eq!(wrapped, expected.into_iter().map(|m| m.path).collect());
        let mut merged = model.tensors.clone();
        lora::add(&mut merged, &adapter.modules).unwrap();
        for (path, delta) in &theirs {
            let name = format!("{path}.weight");
            let ours = (&merged[&name] - &model.tensors[&name]).unwrap();
            assert!(far(&ours, delta) < 1e-6, "{path}");
        }
    }
}
