//! The messages of a SentencePiece `tokenizer.model` (`sentencepiece_model.proto`, proto2), as far as encoding needs them.

/// The whole file.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ModelFile {
    /// The vocabulary: a piece's place is its id.
    #[prost(message, repeated, tag = "1")]
    pub pieces: Vec<Piece>,
    /// How it was trained.
    #[prost(message, optional, tag = "2")]
    pub trainer: Option<TrainerSpec>,
    /// What happens to a text before it is cut up.
    #[prost(message, optional, tag = "3")]
    pub normalizer: Option<NormalizerSpec>,
    /// What happens to a text after its pieces are joined.
    #[prost(message, optional, tag = "5")]
    pub denormalizer: Option<NormalizerSpec>,
}

/// One entry of the vocabulary.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Piece {
    /// Its text, spaces as `▁`.
    #[prost(string, optional, tag = "1")]
    pub piece: Option<String>,
    /// In a BPE, pieces of a higher score are merged first.
    #[prost(float, optional, tag = "2")]
    pub score: Option<f32>,
    /// What it is for.
    #[prost(enumeration = "Kind", optional, tag = "3", default = "Normal")]
    pub kind: Option<i32>,
}

/// What a piece is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(super) enum Kind {
    /// Text.
    Normal = 1,
    /// What no other piece writes.
    Unknown = 2,
    /// Never found in a text, such as `<s>`.
    Control = 3,
    /// Found in a text before anything else is.
    UserDefined = 4,
    /// Taken apart again where it is found.
    Unused = 5,
    /// A byte of a character that no other piece writes.
    Byte = 6,
}

/// The settings of the training that encoding depends on.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct TrainerSpec {
    /// The algorithm.
    #[prost(enumeration = "Algorithm", optional, tag = "3", default = "Unigram")]
    pub model_type: Option<i32>,
    /// Whether `▁` ends a word in place of beginning it.
    #[prost(bool, optional, tag = "24")]
    pub treat_whitespace_as_suffix: Option<bool>,
    /// Whether an unknown character is written with its bytes.
    #[prost(bool, optional, tag = "35")]
    pub byte_fallback: Option<bool>,
}

/// How a text is cut up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(super) enum Algorithm {
    /// The likeliest sequence of pieces.
    Unigram = 1,
    /// Byte-pair encoding.
    Bpe = 2,
    /// Whole words.
    Word = 3,
    /// Single characters.
    Char = 4,
}

/// What happens to a text before it is cut up.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct NormalizerSpec {
    /// A table of characters to replace; none in an `identity`.
    #[prost(bytes = "vec", optional, tag = "2")]
    pub precompiled_charsmap: Option<Vec<u8>>,
    /// Whether a space is put before the text.
    #[prost(bool, optional, tag = "3", default = "true")]
    pub add_dummy_prefix: Option<bool>,
    /// Whether spaces at the ends are dropped and runs of them made one.
    #[prost(bool, optional, tag = "4", default = "true")]
    pub remove_extra_whitespaces: Option<bool>,
    /// Whether a space is written as `▁`.
    #[prost(bool, optional, tag = "5", default = "true")]
    pub escape_whitespaces: Option<bool>,
}
