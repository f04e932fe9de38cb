//! What transformers' slow `LlamaTokenizer` keeps beside a `tokenizer.model`: its settings, and the tokens added to the pieces.
//!
//! Which file is believed follows transformers 4.37: an `added_tokens_decoder` in `tokenizer_config.json` says everything; older
//! folders have `added_tokens.json` and `special_tokens_map.json`.

use super::sentencepiece::SentencePieceError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use tokenizers::AddedToken;

const CONFIG: &str = "tokenizer_config.json";
const SPECIAL: &str = "special_tokens_map.json";
const ADDED: &str = "added_tokens.json";

/// The special tokens in the order in which transformers gives ids to those that have none, and what `LlamaTokenizer` takes
/// where nothing is said.
const NAMED: [(&str, Option<&str>); 7] = [
    ("bos_token", Some("<s>")),
    ("eos_token", Some("</s>")),
    ("unk_token", Some("<unk>")),
    ("sep_token", None),
    ("pad_token", None),
    ("cls_token", None),
    ("mask_token", None),
];

/// The settings of a `LlamaTokenizer`.
#[derive(Clone, Debug)]
pub(super) struct LlamaSettings {
    /// Whether every stretch of text between two added tokens goes to SentencePiece as a text of its own.
    pub legacy: bool,
    /// The tokens that are found in a text before SentencePiece sees it.
    pub added: Vec<Added>,
}

/// A token besides the pieces, or a piece that is found in a text like one.
#[derive(Clone, Debug)]
pub(super) struct Added {
    /// Its id; without one, its piece's, or the next free one.
    pub id: Option<u32>,
    /// Its text, and how it treats the white space around it.
    pub token: AddedToken,
    /// Whether transformers counts it among the tokenizer's special tokens.
    pub special: bool,
}

impl LlamaSettings {
    /// Reads the files of a folder; each of them may be missing.
    pub fn read(dir: &Path) -> Result<Self, SentencePieceError> {
        let mut config: Map<String, Value> = read(dir, CONFIG)?.unwrap_or_default();
        let (mut added, old) = match config.remove("added_tokens_decoder") {
            Some(tokens) => (with_flags(parsed(CONFIG, tokens)?)?, false),
            None => {
                config.extend(read::<Map<String, Value>>(dir, SPECIAL)?.unwrap_or_default());
                (without_flags(read(dir, ADDED)?.unwrap_or_default()), true)
            }
        };
        for token in special_tokens(&config)? {
            mark_special(&mut added, token, old);
        }
        let legacy = legacy(&config)?;
        Ok(Self { legacy, added })
    }
}

/// A token as these files write it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Full(Flags),
}

#[derive(Deserialize)]
struct Flags {
    content: String,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    single_word: bool,
}

impl Written {
    // The slow tokenizer looks for all of them in the text as it is, whatever `normalized` says.
    fn token(self) -> Result<AddedToken, SentencePieceError> {
        match self {
            Self::Text(text) => Ok(AddedToken::from(text, true)),
            Self::Full(flags) if flags.single_word => Err(SentencePieceError::Setting(format!(
                "`single_word` of the token `{}`",
                flags.content
            ))),
            Self::Full(flags) => Ok(AddedToken::from(flags.content, true)
                .lstrip(flags.lstrip)
                .rstrip(flags.rstrip)),
        }
    }
}

/// `added_tokens_decoder`.
fn with_flags(tokens: BTreeMap<u32, Written>) -> Result<Vec<Added>, SentencePieceError> {
    let added = |(id, written): (u32, Written)| {
        Ok(Added {
            id: Some(id),
            token: written.token()?,
            special: false,
        })
    };
    tokens.into_iter().map(added).collect()
}

/// `added_tokens.json`.
fn without_flags(tokens: BTreeMap<String, u32>) -> Vec<Added> {
    let added = |(text, id)| Added {
        id: Some(id),
        token: AddedToken::from(text, true),
        special: false,
    };
    tokens.into_iter().map(added).collect()
}

/// The tokens that the configuration names.
fn special_tokens(config: &Map<String, Value>) -> Result<Vec<AddedToken>, SentencePieceError> {
    let mut tokens: Vec<Written> = Vec::new();
    for (name, usual) in NAMED {
        match (config.get(name), usual) {
            (None, Some(usual)) => tokens.push(Written::Text(usual.to_owned())),
            (None | Some(Value::Null), _) => (),
            (Some(token), _) => tokens.push(parsed(name, token.clone())?),
        }
    }
    let name = "additional_special_tokens";
    if let Some(more) = config.get(name).filter(|more| !more.is_null()) {
        tokens.extend(parsed::<Vec<Written>>(name, more.clone())?);
    }
    tokens.into_iter().map(Written::token).collect()
}

/// Counts a token among the special ones. In an older folder its flags are those of the map of special tokens.
fn mark_special(added: &mut Vec<Added>, token: AddedToken, old: bool) {
    match added.iter_mut().find(|a| a.token.content == token.content) {
        Some(known) => {
            known.special = true;
            if old {
                known.token = token;
            }
        }
        None if token.content.is_empty() => (),
        None => added.push(Added {
            id: None,
            token,
            special: true,
        }),
    }
}

/// Whether the settings say `legacy`, which is so where nothing is said. Settings that would change ids otherwise are refused.
fn legacy(config: &Map<String, Value>) -> Result<bool, SentencePieceError> {
    let flag = |name| config.get(name).and_then(Value::as_bool);
    let refused = |what: &str| Err(SentencePieceError::Setting(what.to_owned()));
    let legacy = flag("legacy").unwrap_or(true);
    match config.get("tokenizer_class").and_then(Value::as_str) {
        None | Some("LlamaTokenizer" | "LlamaTokenizerFast") => (),
        Some(class) => return refused(&format!("the tokenizer class `{class}`")),
    }
    if flag("split_special_tokens") == Some(true) {
        return refused("`split_special_tokens`");
    }
    if !legacy && flag("add_prefix_space") == Some(false) {
        return refused("`add_prefix_space: false`");
    }
    let options = config.get("sp_model_kwargs").and_then(Value::as_object);
    match options {
        Some(options) if !options.is_empty() => refused("`sp_model_kwargs`"),
        _ => Ok(legacy),
    }
}

/// A file that may be missing.
fn read<T: DeserializeOwned>(dir: &Path, name: &str) -> Result<Option<T>, SentencePieceError> {
    match std::fs::read(dir.join(name)) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).map_err(wrong(name))?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(wrong(name)(error)),
    }
}

fn parsed<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, SentencePieceError> {
    serde_json::from_value(value).map_err(wrong(name))
}

fn wrong<E: ToString>(name: &str) -> impl Fn(E) -> SentencePieceError {
    move |error| SentencePieceError::Beside {
        name: name.to_owned(),
        reason: error.to_string(),
    }
}
