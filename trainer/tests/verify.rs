//! The model against numbers that PyTorch computed (`reference/make.py`), through the command as a shell calls it.

#![allow(clippy::unwrap_used)] // A test that cannot go on should say where.

use medreg_trainer::checkpoint::{Checkpoint, Dialect, PeftAdapter, load_tensors, save_tensors};
use medreg_trainer::model::{Weights, lora};
use medreg_trainer::verify::{Reference, gradients_of_reference};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn set(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

fn verify(model: &Path, reference: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_medreg-trainer"))
        .args(["verify", "--model"])
        .arg(model)
        .arg("--reference")
        .arg(reference)
        .output()
        .unwrap()
}

fn differences(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_stored_number_agrees_in_both_namings_and_both_families() {
    for (model, reference, at_least) in [
        ("qwen2/model", "qwen2", 200),
        ("qwen2/native", "qwen2", 200),
        ("llama/model", "llama", 150),
    ] {
        let output = verify(&set(model), &set(reference));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{model}: {said}");
        let compared = differences(&output);
        let names = compared.as_object().unwrap();
        assert!(names.len() > at_least, "{model}: {}", names.len());
        for name in [
            "vision_hidden_1",
            "logits",
            "loss",
            "lora_loss.10",
            "greedy_base.1",
            "greedy_lora_step10.0",
            "lora_logits_step0_row0_last32",
            "full_grad.vision_tower.encoder.layer.0.attention.k_proj.weight",
        ] {
            assert!(names.contains_key(name), "{model}: {name}");
        }
    }
}

#[test]
fn one_wrong_number_is_found_and_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::copy(
        set("qwen2/model/config.json"),
        dir.path().join("config.json"),
    )
    .unwrap();
    let mut tensors = load_tensors(&set("qwen2/model/model.safetensors")).unwrap();
    let name = "mlp1.3.bias";
    let mut numbers = tensors[name].to_vec1::<f32>().unwrap();
    numbers[0] += 0.01;
    let wrong = candle_core::Tensor::new(numbers.as_slice(), &candle_core::Device::Cpu).unwrap();
    tensors.insert(name.to_owned(), wrong);
    let path = dir.path().join("model.safetensors");
    save_tensors(&path, &tensors, candle_core::DType::F32).unwrap();

    let output = verify(dir.path(), &set("qwen2"));
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("projector_out"), "{said}");
    assert!(!said.contains("vision_last_hidden"), "{said}");
    let far = differences(&output)["projector_out"]["max_abs"]
        .as_f64()
        .unwrap();
    assert!((far - 0.01).abs() < 1e-4, "{far}");
}

#[test]
fn stored_pixels_and_tokens_beside_a_reference_are_compared_too() {
    let dir = tempfile::tempdir().unwrap();
    let reference = dir.path().join("llama");
    std::fs::create_dir(&reference).unwrap();
    std::fs::create_dir(reference.join("adapter_init")).unwrap();
    for name in [
        "ref.json",
        "ref.safetensors",
        "adapter_init/adapter_config.json",
        "adapter_init/adapter_model.safetensors",
    ] {
        std::fs::copy(set("llama").join(name), reference.join(name)).unwrap();
    }
    let picture = set("pictures").join("smaller.png");
    std::fs::copy(picture, dir.path().join("a.png")).unwrap();
    let resized = image::open(set("pictures").join("smaller.resized.png")).unwrap();
    let bytes = resized.to_rgb8().into_raw();
    let shape = (28, 28, 3);
    let stored = candle_core::Tensor::from_vec(bytes, shape, &candle_core::Device::Cpu).unwrap();
    let stored = std::collections::HashMap::from([("a.resized_28_u8", stored)]);
    let path = dir.path().join("preprocess.safetensors");
    candle_core::safetensors::save(&stored, path).unwrap();
    let write = |name: &str, text: String| std::fs::write(dir.path().join(name), text).unwrap();
    let grids = |columns: u32| {
        let choice = serde_json::json!({"w": 800, "h": 600, "max_num": 6, "size": 448, "grid": [columns, 2]});
        write(
            "preprocess.json",
            serde_json::json!({"grids": [choice]}).to_string(),
        );
    };
    let tokenizer = Path::new(env!("CARGO_MANIFEST_DIR")).join("base/tokenizer.json");
    std::fs::copy(tokenizer, dir.path().join("tokenizer.json")).unwrap();
    let ids = medreg_trainer::base::tokenizer().unwrap();
    let ids = ids.encode("<box>[[1, 2, 3, 4]]</box>").unwrap();
    let case = serde_json::json!([{"text": "<box>[[1, 2, 3, 4]]</box>", "ids": ids}]);
    write("tokenizer_cases.json", case.to_string());

    grids(3);
    let output = verify(&set("llama/model"), &reference);
    assert!(output.status.success(), "{output:?}");
    let compared = differences(&output);
    for name in [
        "preprocess.grids",
        "preprocess.a.resized_28_u8",
        "tokenizer.0",
    ] {
        assert!(compared.get(name).is_some(), "{name}");
    }
    grids(2);
    write(
        "tokenizer_cases.json",
        case.to_string().replace("[[1,", "[[9,"),
    );
    let output = verify(&set("llama/model"), &reference);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("preprocess.grids, tokenizer.0"), "{said}");
}

#[test]
fn a_reference_of_another_model_is_refused_in_words() {
    let output = verify(&set("llama/model"), &set("qwen2"));
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("pixel_values are 56×56"), "{said}");
    let nowhere = verify(&set("llama/model"), &set("nowhere"));
    assert_eq!(nowhere.status.code(), Some(2));
}

#[test]
fn what_is_trained_gets_a_gradient_and_what_is_frozen_gets_none() {
    for name in ["qwen2", "llama"] {
        let model = Checkpoint::load(&set(name).join("model")).unwrap();
        let reference = Reference::load(&set(name), &model.config).unwrap();
        let lengths = |weights: &Weights| -> Vec<(String, f64)> {
            let gradients = gradients_of_reference(&model, weights, &reference, 2).unwrap();
            let length = |g: &[f32]| g.iter().map(|x| f64::from(x * x)).sum::<f64>().sqrt();
            let by_name = gradients.by_name.into_iter();
            by_name.map(|(n, g)| (n, length(&g))).collect()
        };
        let names = |found: &[(String, f64)]| -> BTreeSet<String> {
            found.iter().map(|(n, _)| n.clone()).collect()
        };
        let all = lengths(&Weights::trained(model.tensors.clone()).unwrap());
        assert_eq!(names(&all), model.tensors.keys().cloned().collect());
        assert!(
            all.iter().all(|(_, l)| l.is_finite() && *l > 0.0),
            "{all:?}"
        );

        let adapter = PeftAdapter::load(&set(name).join("adapter_init")).unwrap();
        let attached = lora::attach(model.tensors.clone(), &model.config, &adapter.modules);
        let tuned = lengths(&attached.unwrap());
        let halves = |module: &String| ["lora_A", "lora_B"].map(|half| lora::name(module, half));
        assert_eq!(
            names(&tuned),
            adapter.modules.keys().flat_map(halves).collect()
        );
        assert!(tuned.iter().all(|(_, l)| l.is_finite() && *l > 0.0));
    }
}

#[test]
fn an_adapter_is_written_as_peft_writes_it() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["qwen2", "llama"] {
        let published = set(name).join("adapter_init");
        let adapter = PeftAdapter::load(&published).unwrap();
        adapter
            .save(dir.path(), Some("base"), Dialect::Native)
            .unwrap();
        let file = "adapter_model.safetensors";
        let (ours, theirs) = (
            load_tensors(&dir.path().join(file)).unwrap(),
            load_tensors(&published.join(file)).unwrap(),
        );
        assert!(ours.keys().eq(theirs.keys()));
        for (name, tensor) in &ours {
            let (a, b) = (tensor.to_vec2::<f32>(), theirs[name].to_vec2::<f32>());
            assert_eq!(a.unwrap(), b.unwrap(), "{name}");
        }
        let again = PeftAdapter::load(dir.path()).unwrap();
        assert!(again.modules.keys().eq(adapter.modules.keys()));
        for adapter in again.modules.values() {
            assert_eq!((adapter.rank(), adapter.scale()), (4, 2.0));
        }
    }
}

/// Large models keep their matrices as stored; this small one is made to.
#[test]
fn a_model_in_bf16_computes_what_its_numbers_in_f32_compute() {
    use candle_core::DType;
    let mut model = Checkpoint::load(&set("qwen2/model")).unwrap();
    let reference = Reference::load(&set("qwen2"), &model.config).unwrap();
    let adapter = PeftAdapter::load(&set("qwen2").join("adapter_init")).unwrap();
    let rounded = |t: &candle_core::Tensor| match t.dims().len() {
        2 => t.to_dtype(DType::BF16).unwrap(),
        _ => t.clone(),
    };
    let half: BTreeMap<_, _> = model
        .tensors
        .iter()
        .map(|(name, t)| (name.clone(), rounded(t)))
        .collect();
    let single = half
        .iter()
        .map(|(name, t)| (name.clone(), t.to_dtype(DType::F32).unwrap()))
        .collect();
    let mut of = |tensors| {
        model.tensors = tensors;
        let weights = lora::attach(model.tensors.clone(), &model.config, &adapter.modules);
        gradients_of_reference(&model, &weights.unwrap(), &reference, 2).unwrap()
    };
    let (half, single) = (of(half), of(single));
    assert!(
        (half.loss - single.loss).abs() < 1e-5,
        "{} {}",
        half.loss,
        single.loss
    );
    for (name, theirs) in &single.by_name {
        let far = half.by_name[name].iter().zip(theirs);
        assert!(far.into_iter().all(|(a, b)| (a - b).abs() < 1e-5), "{name}");
    }
}
