//! Tokenizers against the libraries that published checkpoints were made with, and files that hold none.

#![allow(clippy::unwrap_used)] // A test that cannot go on should say where.

use medreg_datasets::task::Turn;
use medreg_trainer::checkpoint::Pretrained;
use medreg_trainer::data::{BoxGrammar, Prompter};
use medreg_trainer::model::ModelConfig;
use medreg_trainer::tokenizer::TextTokenizer;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// All that `make_sentencepiece.py` makes; the first four are SentencePiece models.
const SETS: [&str; 5] = ["llama", "yi", "first", "trimmed", "bytes"];

fn reference(name: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    tests.join("tokenizers").join(name)
}

fn tokenizer(name: &str) -> TextTokenizer {
    TextTokenizer::from_folder(&reference(name)).unwrap()
}

/// A text, its ids and what these say.
#[derive(serde::Deserialize)]
struct Case {
    text: String,
    ids: Vec<u32>,
    decoded: String,
}

fn cases(name: &str) -> Vec<Case> {
    let bytes = std::fs::read(reference(name).join("cases.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// A small model's configuration, for this template.
fn config(template: &str) -> ModelConfig {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let text = std::fs::read_to_string(tests.join("qwen2/model/config.json")).unwrap();
    ModelConfig::from_json(&text.replace("internvl2_5", template)).unwrap()
}

/// A copy of a set with one of its JSON files changed.
fn changed(name: &str, file: &str, change: impl FnOnce(&mut Value)) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(reference(name)).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), dir.path().join(entry.file_name())).unwrap();
    }
    let path = dir.path().join(file);
    let mut value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut value);
    std::fs::write(&path, value.to_string()).unwrap();
    dir
}

fn refusal(dir: &Path) -> String {
    TextTokenizer::from_folder(dir).unwrap_err().to_string()
}

#[test]
fn ids_and_text_are_those_of_the_libraries() {
    for name in SETS {
        let tokenizer = tokenizer(name);
        for case in cases(name) {
            let ids = tokenizer.encode(&case.text).unwrap();
            assert_eq!(ids, case.ids, "{name}: {:?}", case.text);
            let said = tokenizer.decode(&ids).unwrap();
            assert_eq!(said, case.decoded, "{name}: {:?}", case.text);
        }
    }
}

#[test]
fn a_tokenizer_json_written_from_a_sentencepiece_model_is_the_same_tokenizer() {
    for name in SETS {
        let read = tokenizer(name);
        let saved = TextTokenizer::from_bytes(read.to_json().unwrap().as_bytes()).unwrap();
        assert_eq!(saved.len(), read.len(), "{name}");
        for case in cases(name) {
            assert_eq!(
                saved.encode(&case.text).unwrap(),
                case.ids,
                "{name}: {:?}",
                case.text
            );
            assert_eq!(
                saved.decode(&case.ids).unwrap(),
                case.decoded,
                "{name}: {:?}",
                case.text
            );
        }
    }
}

/// Prompts are put together of parts: they have to be what the whole text is to the library.
#[test]
fn a_conversation_in_parts_has_the_tokens_of_the_whole() {
    let box_ = "<ref>right lung</ref><box>[[102, 106, 481, 910]]</box>";
    let image = format!("<img>{}</img>\n", "<IMG_CONTEXT>".repeat(2));
    let expected = [
        ("Hermes-2", "Please detect the right lung.", box_.to_owned()),
        (
            "internvl2_5",
            "请检测图像中的右肺。",
            format!("{box_}：右肺纹理清晰。"),
        ),
    ];
    for name in SETS {
        for (template, question, answer) in &expected {
            let whole = cases(name)
                .into_iter()
                .find(|c| c.text.contains(&image) && c.text.contains(question))
                .unwrap();
            let prompter = Prompter::new(&tokenizer(name), &config(template)).unwrap();
            let turn = Turn {
                question: (*question).to_owned(),
                answer: answer.clone(),
            };
            let turn = prompter.turn(&turn).unwrap();
            let prefix = prompter.prefix(1);
            let mut ids = prefix.tokens;
            // The set's picture has two tokens, the smallest model's four.
            let first = prefix.image_rows[0] as usize;
            ids.drain(first..first + prefix.image_rows.len() - 2);
            ids.extend(&turn.question);
            ids.extend(&turn.answer);
            assert_eq!(ids, whole.ids[..ids.len()], "{name} {template}");
        }
    }
}

#[test]
fn the_grammar_of_boxes_admits_what_the_tokenizer_writes_and_nothing_else() {
    for name in SETS {
        let tokenizer = tokenizer(name);
        let grammar = BoxGrammar::new(&tokenizer).unwrap();
        let admitted = |text: &str| {
            let ids = tokenizer.encode(text).unwrap();
            (1..ids.len())
                .take_while(|end| {
                    let inside = grammar.inside(&ids[..*end]).unwrap();
                    grammar.allowed(&inside).contains(&ids[*end])
                })
                .count()
                == ids.len() - 1
        };
        assert!(admitted("<box>[[1, 2, 30, 400]]</box>"), "{name}");
        assert!(
            admitted("<box>[[0, 0, 999, 999], [998, 998, 999, 999]]</box>"),
            "{name}"
        );
        for wrong in [
            "<box>[[1, 2, 1, 400]]</box>",
            "<box>[[1,2, 30, 400]]</box>",
            "<box>[[1, 2, 30, 1000]]</box>",
            "<box>[[1, 2, 30, 400]</box>",
            "<box></box>",
            "<box>lung",
        ] {
            assert!(!admitted(wrong), "{name}: {wrong}");
        }
        // Spaces that the set called `trimmed` drops anyway.
        assert!(
            admitted("<box> [[1, 2, 30, 400]]</box>") == (name == "trimmed"),
            "{name}"
        );
    }
}

#[test]
fn a_folder_without_a_tokenizer_says_what_was_looked_for() {
    let dir = tempfile::tempdir().unwrap();
    for said in [
        refusal(dir.path()),
        Pretrained::load(dir.path()).unwrap_err().to_string(),
    ] {
        for part in [
            "tokenizer.json",
            "tokenizer.model",
            dir.path().to_str().unwrap(),
        ] {
            assert!(said.contains(part), "{said}");
        }
    }
}

#[test]
fn a_tokenizer_json_is_preferred() {
    let dir = changed("yi", "tokenizer_config.json", |_| ());
    let json = reference("bytes").join("tokenizer.json");
    std::fs::copy(json, dir.path().join("tokenizer.json")).unwrap();
    let read = TextTokenizer::from_folder(dir.path()).unwrap();
    assert_eq!(read.len(), tokenizer("bytes").len());
    std::fs::write(dir.path().join("tokenizer.json"), "{").unwrap();
    assert!(refusal(dir.path()).contains("tokenizer.json"));
}

#[test]
fn settings_that_would_give_other_ids_are_refused_by_name() {
    let config = |set: &str, key: &str, value: Value| {
        refusal(changed(set, "tokenizer_config.json", |c| c[key] = value).path())
    };
    let said = config("llama", "tokenizer_class", json!("T5Tokenizer"));
    assert!(said.contains("`T5Tokenizer`"), "{said}");
    let said = config("llama", "sp_model_kwargs", json!({"enable_sampling": true}));
    assert!(said.contains("`sp_model_kwargs`"), "{said}");
    let said = config("llama", "legacy", json!(false));
    assert!(said.contains("`legacy: false` with `</s>`"), "{said}");
    let said = config("yi", "legacy", json!(false));
    assert!(said.contains("piece `<|im_start|>`"), "{said}");
    let said = config("trimmed", "legacy", json!(false));
    assert!(said.contains("spaces are dropped"), "{said}");
    let said = config("llama", "added_tokens_decoder", json!([]));
    assert!(said.contains("tokenizer_config.json"), "{said}");
}

#[test]
fn ids_that_contradict_each_other_are_refused_with_their_token() {
    let added = |token: &str, id: u64| {
        let set = |v: &mut Value| v[token] = id.into();
        refusal(changed("yi", "added_tokens.json", set).path())
    };
    let said = added("<box>", 765);
    assert!(said.contains("`<img>`: `<box>` has its id 765"), "{said}");
    let said = added("<|im_start|>", 774);
    assert!(said.contains("its id is to be 774, and is 3"), "{said}");
    let said = added("<box>", 4_000_000_000);
    assert!(said.contains("out of reach"), "{said}");
}

#[test]
fn tokens_that_prompts_need_are_missed_by_name() {
    let dir = changed("yi", "added_tokens.json", |tokens| {
        tokens.as_object_mut().unwrap().remove("</ref>").unwrap();
    });
    let map = json!({"bos_token": null, "eos_token": "<|im_end|>"});
    std::fs::write(dir.path().join("special_tokens_map.json"), map.to_string()).unwrap();
    assert!(refusal(dir.path()).contains("no token `</ref>`"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What a tokenizer has no piece for it writes in bytes: nothing is lost.
    #[test]
    fn text_comes_back(text in "([a-z 0-9\\[\\],.\n]|\\PC|<box>|</ref>|<\\|im_end\\|>){0,40}") {
        for name in ["llama", "yi", "first"] {
            let tokenizer = tokenizer(name);
            let ids = tokenizer.encode(&text).unwrap();
            // A ▁ of the text's own cannot be told from a space.
            prop_assert_eq!(tokenizer.decode(&ids).unwrap(), text.replace('▁', " "));
        }
    }

    /// Whatever bytes a model has, reading it is an error with its path or a tokenizer, never a panic.
    #[test]
    fn no_bytes_bring_the_reader_down(
        place in 0usize..11_000,
        bytes in proptest::collection::vec(any::<u8>(), 1..24),
        cut in proptest::option::of(0usize..11_000),
    ) {
        let dir = changed("llama", "tokenizer_config.json", |_| ());
        let path = dir.path().join("tokenizer.model");
        let mut model = std::fs::read(&path).unwrap();
        let end = (place + bytes.len()).min(model.len());
        model[place..end].copy_from_slice(&bytes[..end - place]);
        model.truncate(cut.unwrap_or(model.len()));
        std::fs::write(&path, &model).unwrap();
        match TextTokenizer::from_folder(dir.path()) {
            Ok(tokenizer) => prop_assert!(tokenizer.encode("肺🫁 1</box>").is_ok()),
            Err(error) => prop_assert!(error.to_string().contains("tokenizer.model"), "{}", error),
        }
    }
}

/// Bytes that were never a model at all.
#[test]
fn no_model_is_told_as_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokenizer.model");
    let whole = std::fs::read(reference("llama").join("tokenizer.model")).unwrap();
    let half = whole[..whole.len() / 2].to_vec();
    for bytes in [
        Vec::new(),
        b"version https://git-lfs".to_vec(),
        vec![0xff; 64],
        half,
    ] {
        std::fs::write(&path, &bytes).unwrap();
        let said = refusal(dir.path());
        assert!(said.contains("tokenizer.model"), "{said}");
    }
}
