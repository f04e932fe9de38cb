//! Folders that hold no usable model: each is refused before its weights are read, with every problem named at once.

#![allow(clippy::unwrap_used)] // A test that cannot go on should say where.

use candle_core::{DType, Device, Tensor};
use medreg_trainer::checkpoint::{
    Checkpoint, CheckpointError, Pretrained, load_tensors, save_tensors,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn published(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

/// A copy of a published model with its tensors changed.
fn changed(name: &str, change: impl FnOnce(&mut BTreeMap<String, Tensor>)) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let from = published(name);
    std::fs::copy(from.join("config.json"), dir.path().join("config.json")).unwrap();
    let mut tensors = load_tensors(&from.join("model.safetensors")).unwrap();
    change(&mut tensors);
    let path = dir.path().join("model.safetensors");
    save_tensors(&path, &tensors, DType::F32).unwrap();
    dir
}

fn zeros(shape: &[usize]) -> Tensor {
    Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap()
}

fn refusal(dir: &Path) -> String {
    let error = Checkpoint::load(dir).unwrap_err();
    assert!(!matches!(error, CheckpointError::Weights(_)), "{error:?}");
    error.to_string()
}

#[test]
fn missing_left_over_and_misshapen_tensors_are_told_at_once_by_their_published_names() {
    let dir = changed("qwen2/native", |tensors| {
        let query = "vision_tower.encoder.layer.1.attention.q_proj.weight";
        tensors.remove(query).unwrap();
        tensors.remove("language_model.model.norm.weight").unwrap();
        tensors.insert(
            "multi_modal_projector.linear_1.bias".to_owned(),
            zeros(&[7]),
        );
        tensors.insert("classifier.weight".to_owned(), zeros(&[2, 2]));
    });
    let said = refusal(dir.path());
    for part in [
        "4 problems",
        "`vision_tower.encoder.layer.1.attention.q_proj.weight` is missing",
        "`language_model.model.norm.weight` is missing",
        "`multi_modal_projector.linear_1.bias` has shape [7], the configuration asks for [32]",
        "`classifier.weight` is no tensor of such a model",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let dir = changed("qwen2/model", |tensors| {
        let fused = "vision_model.encoder.layers.1.attn.qkv.weight";
        tensors.remove(fused).unwrap();
    });
    let said = refusal(dir.path());
    assert!(
        said.contains("1 problems: `vision_model.encoder.layers.1.attn.qkv.weight` is missing"),
        "{said}"
    );
}

#[test]
fn half_precision_shards_are_read_like_one_file() {
    let dir = changed("qwen2/native", |_| ());
    let whole = Checkpoint::load(dir.path()).unwrap();
    let path = dir.path().join("model.safetensors");
    let tensors = load_tensors(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let mut map = serde_json::Map::new();
    for (n, dtype) in [DType::F16, DType::BF16, DType::F32]
        .into_iter()
        .enumerate()
    {
        let shard = format!("model-{}-of-3.safetensors", n + 1);
        let part = tensors.iter().enumerate().filter(|(i, _)| i % 3 == n);
        let part: BTreeMap<_, _> = part
            .map(|(_, (name, t))| (name.clone(), t.clone()))
            .collect();
        map.extend(part.keys().map(|name| (name.clone(), shard.clone().into())));
        save_tensors(&dir.path().join(shard), &part, dtype).unwrap();
    }
    let index = serde_json::json!({ "weight_map": map });
    let at = dir.path().join("model.safetensors.index.json");
    std::fs::write(&at, index.to_string()).unwrap();
    let sharded = Checkpoint::load(dir.path()).unwrap();
    assert!(sharded.tensors.keys().eq(whole.tensors.keys()));
    for (name, tensor) in &sharded.tensors {
        let far = (tensor - &whole.tensors[name]).unwrap().abs().unwrap();
        let far = far.flatten_all().unwrap().max(0).unwrap();
        assert!(far.to_scalar::<f32>().unwrap() < 0.01, "{name}");
    }

    std::fs::remove_file(dir.path().join("model-2-of-3.safetensors")).unwrap();
    let said = refusal(dir.path());
    assert!(said.contains("model-2-of-3.safetensors"), "{said}");
    std::fs::write(&at, r#"{"weight_map": {"a": "../elsewhere"}}"#).unwrap();
    assert!(refusal(dir.path()).contains("is no plain file name"));
}

#[test]
fn numbers_that_are_none_are_refused_with_their_tensor() {
    for wrong in [f32::NAN, f32::INFINITY] {
        let dir = changed("llama/model", |tensors| {
            let bias = Tensor::new([wrong; 64].as_slice(), &Device::Cpu).unwrap();
            tensors.insert("mlp1.3.bias".to_owned(), bias);
        });
        let said = refusal(dir.path());
        assert!(said.contains("`mlp1.3.bias` holds numbers"), "{said}");
    }
}

#[test]
fn a_tokenizer_of_another_model_is_refused() {
    let dir = changed("qwen2/model", |_| ());
    let shapes = Path::new(env!("CARGO_MANIFEST_DIR")).join("base/tokenizer.json");
    std::fs::copy(shapes, dir.path().join("tokenizer.json")).unwrap();
    let said = Pretrained::load(dir.path()).unwrap_err().to_string();
    assert!(
        said.contains("1536 tokens") && said.contains("96"),
        "{said}"
    );
}

#[test]
fn models_that_are_out_of_scope_are_refused_by_name() {
    let dir = changed("qwen2/model", |_| ());
    let at = dir.path().join("config.json");
    let config = std::fs::read_to_string(&at).unwrap();
    let with = |from: &str, to: &str| {
        std::fs::write(&at, config.replace(from, to)).unwrap();
        refusal(dir.path())
    };
    assert!(with("\"qwen2\"", "\"internlm2\"").contains("`internlm2`"));
    assert!(with("\"internvl_chat\"", "\"llava\"").contains("`llava`"));
    let tall = with("\"hidden_size\": 32", "\"hidden_size\": 1000000000000");
    assert!(tall.contains("hidden_size is 1000000000000"), "{tall}");
    let wide = with("\"hidden_size\": 32", "\"hidden_size\": 64");
    assert!(wide.contains("asks for"), "{wide}");
    std::fs::write(&at, "{").unwrap();
    assert!(refusal(dir.path()).starts_with("config.json"));
}

/// A header that says what it likes in front of a few bytes.
fn file_with_header(header: &[u8], length: u64) -> Vec<u8> {
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend_from_slice(header);
    bytes.extend_from_slice(&[0; 64]);
    bytes
}

#[test]
fn headers_that_lie_are_refused_before_anything_is_allocated() {
    let dir = changed("qwen2/model", |_| ());
    let path = dir.path().join("model.safetensors");
    let huge = br#"{"a":{"dtype":"F32","shape":[4000000000,4000000000],"data_offsets":[0,16]}}"#;
    let far = br#"{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}"#;
    for bytes in [
        Vec::new(),
        vec![1, 2, 3],
        file_with_header(b"{}", u64::MAX),
        file_with_header(b"not json", 8),
        file_with_header(huge, huge.len() as u64),
        file_with_header(far, far.len() as u64),
    ] {
        std::fs::write(&path, &bytes).unwrap();
        let said = refusal(dir.path());
        assert!(said.contains("no safetensors file"), "{said}");
    }
}

proptest! {
    /// Whatever sizes a configuration names, reading it is an error or a model, never a panic or an endless list of layers.
    #[test]
    fn no_sizes_bring_the_reader_down(
        field in 0usize..200,
        size in prop_oneof![
            Just("0".to_owned()), Just("-1".to_owned()), Just("1e300".to_owned()), Just("null".to_owned()),
            Just(u64::MAX.to_string()), Just((1u64 << 63).to_string()), any::<u32>().prop_map(|n| n.to_string()),
        ],
    ) {
        for (model, weights) in [("qwen2/model", "qwen2/model"), ("qwen2/native", "qwen2/native")] {
            let dir = tempfile::tempdir().unwrap();
            let text = std::fs::read_to_string(published(model).join("config.json")).unwrap();
            let numbers: Vec<_> = text.match_indices(|c: char| c.is_ascii_digit()).collect();
            // The number that holds this digit is replaced as a whole.
            let at = numbers[field % numbers.len()].0;
            let inside = |c: char| c.is_ascii_digit() || ".e-+".contains(c);
            let start = text[..at].rfind(|c| !inside(c)).map_or(0, |i| i + 1);
            let end = at + text[at..].find(|c| !inside(c)).unwrap_or(text.len() - at);
            let changed = format!("{}{size}{}", &text[..start], &text[end..]);
            std::fs::write(dir.path().join("config.json"), changed).unwrap();
            let file = "model.safetensors";
            std::fs::copy(published(weights).join(file), dir.path().join(file)).unwrap();
            if let Err(error) = Checkpoint::load(dir.path()) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    /// Whatever bytes a file has, reading it is an error or a model, never a panic.
    #[test]
    fn no_bytes_bring_the_reader_down(
        place in 0usize..6_000,
        bytes in proptest::collection::vec(any::<u8>(), 1..40),
        cut in proptest::option::of(0usize..220_000),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let from = published("qwen2/model");
        std::fs::copy(from.join("config.json"), dir.path().join("config.json")).unwrap();
        let mut file = std::fs::read(from.join("model.safetensors")).unwrap();
        let end = (place + bytes.len()).min(file.len());
        file[place..end].copy_from_slice(&bytes[..end - place]);
        if let Some(cut) = cut {
            file.truncate(cut);
        }
        std::fs::write(dir.path().join("model.safetensors"), &file).unwrap();
        if let Err(error) = Checkpoint::load(dir.path()) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
