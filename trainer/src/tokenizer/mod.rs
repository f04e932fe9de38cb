//! Text to tokens and back: a `tokenizer.json`, a SentencePiece `tokenizer.model`, or byte-level BPE trained on a corpus.

mod llama_files;
mod model_file;
mod sentencepiece;

pub use sentencepiece::SentencePieceError;

use llama_files::LlamaSettings;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::metaspace::PrependScheme;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{
    AddedToken, DecoderWrapper, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper,
    SplitDelimiterBehavior, Tokenizer, TokenizerBuilder,
};

/// The files that a tokenizer is read from, the whole one in JSON before SentencePiece's.
pub const FILES: [&str; 2] = ["tokenizer.json", "tokenizer.model"];

/// InternVL's special tokens after the language model's own three, in this order.
pub const SPECIAL: [&str; 12] = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<img>",
    "</img>",
    "<IMG_CONTEXT>",
    "<quad>",
    "</quad>",
    "<ref>",
    "</ref>",
    "<box>",
    "</box>",
];

/// Qwen2's splitting rule (single digits), with the ", " between two numbers of a box kept together.
const PATTERN: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|, (?=\p{N})|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Why a tokenizer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// The library refused; its message says why.
    #[error("tokenizer: {0}")]
    Library(#[from] tokenizers::Error),
    /// A token that the prompts need is not there.
    #[error("the tokenizer has no token `{0}`: it is not one of an InternVL model")]
    Missing(&'static str),
    /// A file cannot be read.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A SentencePiece model, or what is beside it, cannot be used.
    #[error("{path}: {source}")]
    SentencePiece {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: SentencePieceError,
    },
    /// A folder has no tokenizer.
    #[error(
        "{0} holds neither a tokenizer.json nor a tokenizer.model: copy the one of the model into it"
    )]
    NoFile(PathBuf),
}

/// A tokenizer together with the tokens that prompts are made of.
#[derive(Clone, Debug)]
pub struct TextTokenizer {
    inner: Tokenizer,
    /// Ends every message; generation stops at it.
    pub im_end: u32,
    /// The placeholder that image tokens overwrite.
    pub img_context: u32,
}

impl TextTokenizer {
    /// Reads a `tokenizer.json`.
    pub fn from_bytes(json: &[u8]) -> Result<Self, TokenizerError> {
        Self::wrap(Tokenizer::from_bytes(json)?)
    }

    /// Reads the tokenizer of a model's folder: its `tokenizer.json` or else its SentencePiece `tokenizer.model` with the files of
    /// transformers' `LlamaTokenizer` beside it (`tokenizer_config.json`, `added_tokens.json`, `special_tokens_map.json`).
    pub fn from_folder(dir: &Path) -> Result<Self, TokenizerError> {
        let path = dir.join(FILES[0]);
        if let Some(json) = read(&path)? {
            let unusable = |error: tokenizers::Error| TokenizerError::File {
                path,
                reason: error.to_string(),
            };
            return Self::wrap(Tokenizer::from_bytes(json).map_err(unusable)?);
        }
        let path = dir.join(FILES[1]);
        let model = read(&path)?.ok_or_else(|| TokenizerError::NoFile(dir.to_owned()))?;
        let tokenizer = LlamaSettings::read(dir)
            .and_then(|settings| sentencepiece::convert(&model, &settings))
            .map_err(|source| TokenizerError::SentencePiece { path, source })?;
        Self::wrap(tokenizer)
    }

    fn wrap(inner: Tokenizer) -> Result<Self, TokenizerError> {
        let id = |token: &'static str| {
            inner
                .token_to_id(token)
                .ok_or(TokenizerError::Missing(token))
        };
        for token in &SPECIAL[1..] {
            // The tags of regions have to be single tokens too; `<quad>` alone may be missing.
            if !token.contains("quad") {
                id(token)?;
            }
        }
        Ok(Self {
            im_end: id("<|im_end|>")?,
            img_context: id("<IMG_CONTEXT>")?,
            inner,
        })
    }

    /// Learns a vocabulary of `size` tokens from `corpus`.
    pub fn train<'a>(
        corpus: impl Iterator<Item = &'a str> + Send,
        size: usize,
    ) -> Result<Self, TokenizerError> {
        let special: Vec<AddedToken> = SPECIAL
            .iter()
            .map(|t| AddedToken::from(*t, true).normalized(false))
            .collect();
        let mut trainer = BpeTrainerBuilder::new()
            .vocab_size(size)
            .show_progress(false)
            .special_tokens(special)
            .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
            .build();
        let split = Split::new(
            SplitPattern::Regex(PATTERN.to_owned()),
            SplitDelimiterBehavior::Isolated,
            false,
        )?;
        let bytes = ByteLevel::new(false, true, false);
        let mut tokenizer = TokenizerBuilder::<
            BPE,
            NormalizerWrapper,
            PreTokenizerWrapper,
            PostProcessorWrapper,
            DecoderWrapper,
        >::new()
        .with_model(BPE::default())
        .with_normalizer(Some(NFC.into()))
        .with_pre_tokenizer(Some(Sequence::new(vec![split.into(), bytes.into()]).into()))
        .with_decoder(Some(ByteLevel::default().into()))
        .build()?;
        tokenizer.train(&mut trainer, corpus)?;
        let json = tokenizer.to_string(false)?;
        Self::from_bytes(json.as_bytes())
    }

    /// The `tokenizer.json`.
    pub fn to_json(&self) -> Result<String, TokenizerError> {
        Ok(self.inner.to_string(false)?)
    }

    /// How many ids it goes through, from 0 to its highest.
    #[must_use]
    pub fn len(&self) -> usize {
        let ids = self.inner.get_vocab(true).into_values();
        ids.max().map_or(0, |highest| highest as usize + 1)
    }

    /// Whether it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The token of a tag such as `<box>`.
    pub fn special(&self, tag: &'static str) -> Result<u32, TokenizerError> {
        self.inner
            .token_to_id(tag)
            .ok_or(TokenizerError::Missing(tag))
    }

    /// A text in which nothing is a tag: whatever would be one is parted by a space after its first character. What people write is
    /// read so, or it could end its own message and begin another's.
    #[must_use]
    pub fn without_tags(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for token in self.inner.get_added_tokens_decoder().values() {
            let mut rest = token.content.chars();
            // What is one character long cannot be parted, and is no tag.
            if let (Some(first), true) = (rest.next(), token.content.chars().count() > 1) {
                text = text.replace(&token.content, &format!("{first} {}", rest.as_str()));
            }
        }
        text
    }

    /// The tokens, sorted, whose text has no other characters than these.
    #[must_use]
    pub fn written_with(&self, characters: &str) -> Vec<(u32, String)> {
        // Byte-level BPE writes a space as Ġ, SentencePiece as ▁; to the other it is a character of its own.
        let bytes = byte_level(self.inner.get_decoder());
        let text = |token: String| token.replace(if bytes { 'Ġ' } else { '▁' }, " ");
        let mut tokens: Vec<(u32, String)> = self
            .inner
            .get_vocab(true)
            .into_iter()
            .map(|(token, id)| (id, text(token)))
            .filter(|(_, text)| !text.is_empty() && text.chars().all(|c| characters.contains(c)))
            .collect();
        tokens.sort();
        tokens
    }

    /// Tokens of a text; tags such as `<box>` become their special tokens.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        Ok(self.inner.encode(text, false)?.get_ids().to_vec())
    }

    /// The tokens that a text adds behind `before`: a tokenizer that puts a space before a text puts none behind another text, and one
    /// or none behind a tag. Where the two cannot be told apart, the text's own.
    pub fn encode_after(&self, before: &str, text: &str) -> Result<Vec<u32>, TokenizerError> {
        let (before, mut both) = (
            self.encode(before)?,
            self.encode(&format!("{before}{text}"))?,
        );
        match both.starts_with(&before) {
            true => Ok(both.split_off(before.len())),
            false => self.encode(text),
        }
    }

    /// The text of tokens, tags included.
    pub fn decode(&self, tokens: &[u32]) -> Result<String, TokenizerError> {
        if self.stretch_prefix().is_empty() {
            return Ok(self.inner.decode(tokens, false)?);
        }
        // Every stretch between two tags has a space in front that the text has not.
        let tags = self.inner.get_added_tokens_decoder();
        let mut text = String::new();
        for stretch in tokens.chunk_by(|a, b| !tags.contains_key(a) && !tags.contains_key(b)) {
            text += &self.inner.decode(stretch, false)?;
        }
        Ok(text)
    }

    /// What the tokens of a text behind a tag begin with, though the text does not: a space with some SentencePiece models.
    #[must_use]
    pub fn stretch_prefix(&self) -> &'static str {
        let before_all = self.inner.get_normalizer().is_some_and(prepends);
        let always = self.inner.get_pre_tokenizer().is_some_and(always_prepends);
        if before_all || always { " " } else { "" }
    }

    /// Whether a token is one decimal digit.
    #[must_use]
    pub fn is_digit(&self, token: u32) -> bool {
        let text = self.inner.id_to_token(token).unwrap_or_default();
        text.len() == 1 && text.bytes().all(|b| b.is_ascii_digit())
    }
}

/// A file that may be missing.
fn read(path: &Path) -> Result<Option<Vec<u8>>, TokenizerError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TokenizerError::File {
            path: path.to_owned(),
            reason: error.to_string(),
        }),
    }
}

fn byte_level(decoder: Option<&DecoderWrapper>) -> bool {
    match decoder {
        Some(DecoderWrapper::ByteLevel(_)) => true,
        Some(DecoderWrapper::Sequence(parts)) => parts
            .get_decoders()
            .iter()
            .any(|part| byte_level(Some(part))),
        _ => false,
    }
}

fn prepends(normalizer: &NormalizerWrapper) -> bool {
    match normalizer {
        NormalizerWrapper::Prepend(part) => part.prepend == "▁",
        NormalizerWrapper::Sequence(parts) => parts.as_ref().iter().any(prepends),
        _ => false,
    }
}

fn always_prepends(splitter: &PreTokenizerWrapper) -> bool {
    match splitter {
        PreTokenizerWrapper::Metaspace(part) => part.prepend_scheme == PrependScheme::Always,
        PreTokenizerWrapper::Sequence(parts) => parts.as_ref().iter().any(always_prepends),
        _ => false,
    }
}
