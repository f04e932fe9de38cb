//! Text to tokens and back: byte-level BPE read from a `tokenizer.json`, or trained on a corpus.

use std::path::Path;
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{
    AddedToken, DecoderWrapper, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper,
    SplitDelimiterBehavior, Tokenizer, TokenizerBuilder,
};

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

    /// Reads a `tokenizer.json` file.
    pub fn from_file(path: &Path) -> Result<Self, TokenizerError> {
        Self::wrap(Tokenizer::from_file(path)?)
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

    /// How many tokens it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.get_vocab_size(true)
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

    /// The tokens, sorted, whose text has no other characters than these.
    #[must_use]
    pub fn written_with(&self, characters: &str) -> Vec<(u32, String)> {
        // Byte-level BPE writes a space as Ġ, SentencePiece as ▁.
        let text = |token: String| token.replace(['Ġ', '▁'], " ");
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

    /// The text of tokens, tags included.
    pub fn decode(&self, tokens: &[u32]) -> Result<String, TokenizerError> {
        Ok(self.inner.decode(tokens, false)?)
    }

    /// Whether a token is one decimal digit.
    #[must_use]
    pub fn is_digit(&self, token: u32) -> bool {
        let text = self.inner.id_to_token(token).unwrap_or_default();
        text.len() == 1 && text.bytes().all(|b| b.is_ascii_digit())
    }
}
