//! A SentencePiece `tokenizer.model` with the tokens of transformers' slow `LlamaTokenizer` around it, as a BPE of the
//! `tokenizers` library.
//!
//! The file is read with `prost` and turned into the library's BPE: a model that is trained further is then saved with a
//! `tokenizer.json` like any other, and nothing else has to know of a second kind of tokenizer. SentencePiece's own C++ would be
//! exact without a thought, but wants a C++ compiler to build and cannot be saved as a `tokenizer.json`; what the two do
//! differently is known, and a model for which it would matter is refused here.
//!
//! SentencePiece merges whichever two neighbours make the piece of the highest score, the leftmost first where two score the same;
//! the library's BPE merges the pair of the lowest rank. The pairs that make a piece get ranks next to each other, better pieces
//! before worse. Which of the pairs of one piece comes first changes nothing: on three million texts over random vocabularies both
//! gave the same ids, whatever the order.

use super::llama_files::{Added, LlamaSettings};
use super::model_file::{Algorithm, Kind, ModelFile, NormalizerSpec, Piece};
use prost::Message;
use std::collections::{HashMap, HashSet};
use tokenizers::decoders::byte_fallback::ByteFallback;
use tokenizers::decoders::fuse::Fuse;
use tokenizers::decoders::sequence::Sequence as Decoders;
use tokenizers::decoders::strip::Strip;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::replace::ReplacePattern;
use tokenizers::normalizers::{Prepend, Replace, Sequence as Normalizers};
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::pre_tokenizers::sequence::Sequence as PreTokenizers;
use tokenizers::{AddedToken, DecoderWrapper, NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

/// What SentencePiece writes for a space.
const SPACE: &str = "▁";
/// The highest id that is believed: tables are made as long as the ids go.
const MOST: u32 = 1 << 20;

/// Why a SentencePiece model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SentencePieceError {
    /// The bytes are no model.
    #[error("not a SentencePiece model: {0}")]
    NoModel(#[from] prost::DecodeError),
    /// It would be tokenized differently here.
    #[error(
        "{0} is not supported for a tokenizer.model; put a tokenizer.json into the folder, as transformers saves one from its fast tokenizer"
    )]
    Setting(String),
    /// One of its pieces cannot be used.
    #[error("piece {id} `{piece}`: {reason}")]
    Piece {
        /// Its place.
        id: usize,
        /// Its text.
        piece: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A token beside the pieces cannot be used.
    #[error("the added token `{token}`: {reason}")]
    Added {
        /// Its text.
        token: String,
        /// What is wrong.
        reason: String,
    },
    /// Pieces are missing.
    #[error("the model lacks {0}: it is damaged or no SentencePiece model")]
    Incomplete(&'static str),
    /// A file beside the model, or a setting in it, cannot be read.
    #[error("beside it, `{name}`: {reason}")]
    Beside {
        /// The file or the setting.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The library refused.
    #[error(transparent)]
    Library(#[from] tokenizers::Error),
}

/// The tokenizer of a `tokenizer.model` and the settings beside it.
pub(super) fn convert(
    bytes: &[u8],
    settings: &LlamaSettings,
) -> Result<Tokenizer, SentencePieceError> {
    let model = Model::read(bytes)?;
    let (mut vocabulary, apart) = (model.vocabulary(), model.found_apart(&settings.added));
    model.refuse_mixtures(settings, &apart)?;
    let added = place(&settings.added, &mut vocabulary)?;
    let bpe = BPE::builder()
        .vocab_and_merges(vocabulary, model.merges())
        .unk_token(model.unknown.clone())
        .fuse_unk(true)
        .byte_fallback(model.byte_fallback)
        // A whole stretch of text is one word here: none comes twice.
        .cache_capacity(0)
        .build()?;
    let mut tokenizer = Tokenizer::new(bpe);
    tokenizer.with_normalizer(Some(normalizer(&model.normalizer, settings.legacy)?))?;
    if !settings.legacy {
        tokenizer.with_pre_tokenizer(Some(space_at_the_beginning()));
    }
    tokenizer.with_decoder(Some(decoder(&model.normalizer, settings.legacy)?));
    // Those are found once spaces are written as ▁, in what the added tokens have left.
    let apart = apart
        .iter()
        .map(|piece| AddedToken::from(*piece, true).normalized(true));
    tokenizer.add_tokens(added.into_iter().chain(apart))?;
    Ok(tokenizer)
}

/// A model that the library's BPE can stand for.
struct Model {
    /// By id.
    pieces: Vec<Entry>,
    normalizer: NormalizerSpec,
    byte_fallback: bool,
    unknown: String,
}

/// A piece.
struct Entry {
    text: String,
    score: f32,
    kind: Kind,
}

impl Entry {
    /// Whether it is merged of others.
    fn is_made(&self) -> bool {
        self.kind == Kind::Normal && self.text.chars().nth(1).is_some()
    }

    /// Why it would be used differently here.
    fn problem(&self, known: &HashMap<&str, Kind>, byte_fallback: bool) -> Option<&'static str> {
        let is_text = |kind: Option<&Kind>| matches!(kind, Some(Kind::Normal | Kind::UserDefined));
        let mut buffer = [0; 4];
        let mut characters = self.text.chars();
        let written = characters.all(|c| is_text(known.get(&*c.encode_utf8(&mut buffer))));
        match self.kind {
            _ if self.text.is_empty() => Some("it is empty"),
            _ if !self.score.is_finite() => Some("its score is no number"),
            Kind::Unused => Some("pieces that are not used are not supported"),
            Kind::Byte if !byte_fallback => Some("a byte, where the model writes none"),
            Kind::Unknown | Kind::Control if self.text.chars().nth(1).is_none() => {
                Some("a single character that no text holds is not supported")
            }
            Kind::Normal if !written => Some("not all of its characters are pieces"),
            _ => None,
        }
    }
}

impl Model {
    fn read(bytes: &[u8]) -> Result<Self, SentencePieceError> {
        let file = ModelFile::decode(bytes)?;
        check_settings(&file)?;
        let pieces: Vec<Entry> = file.pieces.iter().map(Entry::from).collect();
        let byte_fallback = file.trainer.is_some_and(|trainer| trainer.byte_fallback());
        let unknown = check_pieces(&pieces, byte_fallback)?;
        Ok(Self {
            pieces,
            normalizer: file.normalizer.unwrap_or_default(),
            byte_fallback,
            unknown,
        })
    }

    fn vocabulary(&self) -> Vocab {
        let numbered = self.pieces.iter().zip(0..);
        numbered
            .map(|(entry, id)| (entry.text.clone(), id))
            .collect()
    }

    /// The pairs that may be merged, the most urgent first.
    fn merges(&self) -> Vec<(String, String)> {
        let normal = self.pieces.iter().filter(|p| p.kind == Kind::Normal);
        let known: HashSet<&str> = normal.map(|p| p.text.as_str()).collect();
        let mut made: Vec<&Entry> = self.pieces.iter().filter(|p| p.is_made()).collect();
        made.sort_by(|a, b| b.score.total_cmp(&a.score));
        made.iter().flat_map(|p| pairs(&p.text, &known)).collect()
    }

    /// The pieces that SentencePiece finds in a text before it cuts up the rest, and that are no added tokens anyway.
    fn found_apart(&self, added: &[Added]) -> Vec<&str> {
        let added: HashSet<&str> = added.iter().map(|a| a.token.content.as_str()).collect();
        let pieces = self.pieces.iter().filter(|p| p.kind == Kind::UserDefined);
        let texts = pieces.map(|p| p.text.as_str());
        texts.filter(|text| !added.contains(text)).collect()
    }

    /// Refuses settings that are right each by itself and together would give other ids here.
    fn refuse_mixtures(
        &self,
        settings: &LlamaSettings,
        apart: &[&str],
    ) -> Result<(), SentencePieceError> {
        let (prefix, trims) = (
            self.normalizer.add_dummy_prefix(),
            self.normalizer.remove_extra_whitespaces(),
        );
        let refused = |what: String| Err(SentencePieceError::Setting(what));
        // What follows such a piece is no text of its own, as it would be here.
        if let Some(piece) = apart
            .first()
            .filter(|_| prefix || trims || !settings.legacy)
        {
            return refused(format!(
                "the user-defined piece `{piece}`, where spaces are added or dropped,"
            ));
        }
        // transformers leaves the space in front of such a token where a text begins with it.
        let ordinary = settings.added.iter().find(|added| !added.special);
        if let Some(added) = ordinary.filter(|_| !settings.legacy) {
            let token = &added.token.content;
            return refused(format!("`legacy: false` with `{token}` no special token"));
        }
        match trims && !settings.legacy {
            true => refused("`legacy: false` where spaces are dropped".to_owned()),
            false => Ok(()),
        }
    }
}

impl From<&Piece> for Entry {
    fn from(piece: &Piece) -> Self {
        Self {
            text: piece.piece().to_owned(),
            score: piece.score(),
            kind: piece.kind(),
        }
    }
}

fn check_settings(file: &ModelFile) -> Result<(), SentencePieceError> {
    let refused = |what: &str| Err(SentencePieceError::Setting(what.to_owned()));
    let trainer = file.trainer.clone().unwrap_or_default();
    let specs = [&file.normalizer, &file.denormalizer];
    match trainer.model_type() {
        Algorithm::Bpe => (),
        other => return refused(&format!("the algorithm {other:?}")),
    }
    if trainer.treat_whitespace_as_suffix() {
        return refused("a space at the end of words");
    }
    for spec in specs.into_iter().flatten() {
        if !spec.precompiled_charsmap().is_empty() {
            return refused("another normalization than `identity`");
        }
        if !spec.escape_whitespaces() {
            return refused("`escape_whitespaces: false`");
        }
    }
    Ok(())
}

/// Refuses pieces that would be used differently here; returns the unknown one.
fn check_pieces(pieces: &[Entry], byte_fallback: bool) -> Result<String, SentencePieceError> {
    let known: HashMap<&str, Kind> = pieces.iter().map(|p| (p.text.as_str(), p.kind)).collect();
    let (mut seen, mut scores) = (HashSet::new(), HashSet::new());
    for (id, entry) in pieces.iter().enumerate() {
        let reason = if !seen.insert(&entry.text) {
            Some("it is there twice")
        } else if entry.is_made() && !scores.insert((entry.score + 0.0).to_bits()) {
            // SentencePiece takes the leftmost of the two in the text, which ranks cannot say.
            Some("pieces of the same score are not supported")
        } else {
            entry.problem(&known, byte_fallback)
        };
        if let Some(reason) = reason {
            let piece = entry.text.clone();
            return Err(SentencePieceError::Piece { id, piece, reason });
        }
    }
    let bytes = |byte: u8| known.get(format!("<{byte:#04X}>").as_str()) == Some(&Kind::Byte);
    if byte_fallback && !(0..=u8::MAX).all(bytes) {
        return Err(SentencePieceError::Incomplete(
            "the pieces of all 256 bytes",
        ));
    }
    let mut unknown = pieces.iter().filter(|p| p.kind == Kind::Unknown);
    match (unknown.next(), unknown.next()) {
        (Some(entry), None) => Ok(entry.text.clone()),
        _ => Err(SentencePieceError::Incomplete("one piece for the unknown")),
    }
}

/// The pairs of pieces that a piece may be merged of.
fn pairs(piece: &str, known: &HashSet<&str>) -> impl Iterator<Item = (String, String)> {
    let cuts = piece.char_indices().skip(1);
    cuts.map(move |(at, _)| piece.split_at(at))
        .filter(move |(left, right)| known.contains(left) && known.contains(right))
        .map(|(left, right)| (left.to_owned(), right.to_owned()))
}

/// Gives every added token its id in the vocabulary.
fn place(added: &[Added], vocabulary: &mut Vocab) -> Result<Vec<AddedToken>, SentencePieceError> {
    let mut taken: HashMap<u32, String> = vocabulary.iter().map(|(t, i)| (*i, t.clone())).collect();
    let (told, untold): (Vec<&Added>, Vec<&Added>) = added.iter().partition(|a| a.id.is_some());
    for Added { id, token, .. } in told.into_iter().chain(untold) {
        let text = &token.content;
        let wrong = |reason: String| SentencePieceError::Added {
            token: text.clone(),
            reason,
        };
        let known = vocabulary.get(text).copied();
        // transformers gives a token without an id the place behind all that it knows by then.
        let id = id.or(known).unwrap_or(vocabulary.len() as u32);
        match (known, taken.get(&id)) {
            (Some(known), _) if known == id => continue,
            (Some(known), _) => return Err(wrong(format!("its id is to be {id}, and is {known}"))),
            (None, Some(other)) => return Err(wrong(format!("`{other}` has its id {id}"))),
            (None, None) if id > MOST => return Err(wrong(format!("its id {id} is out of reach"))),
            (None, None) => taken.insert(id, text.clone()),
        };
        vocabulary.insert(text.clone(), id);
    }
    Ok(added.iter().map(|a| a.token.clone()).collect())
}

fn normalizer(spec: &NormalizerSpec, legacy: bool) -> Result<Normalizers, SentencePieceError> {
    let regex = |pattern: &str, by: &str| {
        Replace::new(ReplacePattern::Regex(pattern.to_owned()), by).map(NormalizerWrapper::from)
    };
    let mut steps: Vec<NormalizerWrapper> = Vec::new();
    if spec.remove_extra_whitespaces() {
        steps.push(regex(r"\A +", "")?);
        // SentencePiece drops these after it has written spaces as ▁.
        steps.push(regex(r"[ ▁]+\z", "")?);
        steps.push(regex(" {2,}", " ")?);
    }
    if legacy && spec.add_dummy_prefix() {
        steps.push(Prepend::new(SPACE.to_owned()).into());
    }
    steps.push(Replace::new(" ", SPACE)?.into());
    Ok(Normalizers::new(steps))
}

/// Puts a space before the text, whatever it begins with.
///
/// The library's own part for that puts none where there is one already, which transformers does. By then spaces are written as ▁,
/// so the first step, which looks for a plain one, always puts it; the second writes it like the others.
fn space_at_the_beginning() -> PreTokenizers {
    let first = Metaspace::new(' ', PrependScheme::First, false);
    let written = Metaspace::new('▁', PrependScheme::Never, false);
    PreTokenizers::new(vec![
        PreTokenizerWrapper::Metaspace(first),
        PreTokenizerWrapper::Metaspace(written),
    ])
}

fn decoder(spec: &NormalizerSpec, legacy: bool) -> Result<Decoders, SentencePieceError> {
    let mut steps: Vec<DecoderWrapper> = vec![
        Replace::new(SPACE, " ")?.into(),
        ByteFallback::new().into(),
        Fuse::new().into(),
    ];
    // Of the spaces at the beginning one was put there; where spaces are dropped, none is the text's.
    let spaces = match spec.remove_extra_whitespaces() {
        true => usize::from(u16::MAX),
        false => usize::from(!legacy || spec.add_dummy_prefix()),
    };
    steps.push(Strip::new(' ', spaces, 0).into());
    Ok(Decoders::new(steps))
}
