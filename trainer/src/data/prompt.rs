//! The conversation around a question, and which of an answer's tokens count how much.

use super::boxes::BoxGrammar;
use crate::model::ModelConfig;
use crate::model::config::Template;
use crate::tokenizer::{TextTokenizer, TokenizerError};
use medreg_datasets::task::Turn;

/// The weight of the token after none, one, two and three digits of a box's number. The last digits say little (a
/// thousandth of a picture is below what a reader can mean) and cannot be foretold. It must not depend on whether that
/// token is a digit or ends the number, or the model would learn a wrong length.
const DIGIT_WEIGHTS: [f32; 4] = [1.0, 0.6, 0.3, 0.3];

/// InternVL 2.5's system message.
const SYSTEM_25: &str = "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。";
/// MedRegA's.
const SYSTEM_HERMES: &str = "Answer the questions.";

/// Turns text into the tokens of one model's conversations.
#[derive(Clone, Debug)]
pub struct Prompter {
    tokenizer: TextTokenizer,
    prefix: Vec<u32>,
    image_rows: Vec<u32>,
    header: Vec<u32>,
    boxes: BoxGrammar,
}

/// One question with its answer, in tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct EncodedTurn {
    /// From the first token after the image to the end of the assistant's header.
    pub question: Vec<u32>,
    /// The answer and `<|im_end|>`.
    pub answer: Vec<u32>,
    /// The weight of each of the answer's tokens in the loss.
    pub weights: Vec<f32>,
}

impl Prompter {
    /// For the template, system message and image size of `config`.
    pub fn new(tokenizer: &TextTokenizer, config: &ModelConfig) -> Result<Self, TokenizerError> {
        let (end, system) = match config.template {
            Template::InternVl25 => ("<|im_end|>\n", SYSTEM_25),
            Template::Hermes2 => ("<|im_end|>", SYSTEM_HERMES),
        };
        let system = config.system_message.as_deref().unwrap_or(system);
        let image = "<IMG_CONTEXT>".repeat(config.image_tokens());
        let prefix =
            format!("<|im_start|>system\n{system}{end}<|im_start|>user\n<img>{image}</img>\n");
        let prefix = tokenizer.encode(&prefix)?;
        let is_image = |row: &usize| prefix[*row] == tokenizer.img_context;
        Ok(Self {
            image_rows: (0..prefix.len())
                .filter(is_image)
                .map(|row| row as u32)
                .collect(),
            header: tokenizer.encode(&format!("{end}<|im_start|>assistant\n"))?,
            prefix,
            boxes: BoxGrammar::new(tokenizer)?,
            tokenizer: tokenizer.clone(),
        })
    }

    /// System message, user's header and image: what all questions about a picture share.
    #[must_use]
    pub fn prefix(&self) -> &[u32] {
        &self.prefix
    }

    /// The rows of the prefix that image tokens overwrite.
    #[must_use]
    pub fn image_rows(&self) -> &[u32] {
        &self.image_rows
    }

    /// What may stand inside a box.
    #[must_use]
    pub fn boxes(&self) -> &BoxGrammar {
        &self.boxes
    }

    /// The tokenizer.
    #[must_use]
    pub fn tokenizer(&self) -> &TextTokenizer {
        &self.tokenizer
    }

    /// A question up to where the answer starts.
    pub fn question(&self, question: &str) -> Result<Vec<u32>, TokenizerError> {
        // Question and answer go on where a line ended: they are no texts of their own.
        let mut tokens = self.tokenizer.encode_after("\n", question)?;
        tokens.extend_from_slice(&self.header);
        Ok(tokens)
    }

    /// A question with its answer.
    pub fn turn(&self, turn: &Turn) -> Result<EncodedTurn, TokenizerError> {
        let mut answer = self.tokenizer.encode_after("\n", &turn.answer)?;
        answer.push(self.tokenizer.im_end);
        Ok(EncodedTurn {
            question: self.question(&turn.question)?,
            weights: self.weights(&answer),
            answer,
        })
    }

    /// One for every token but the later digits of box coordinates and what could stand in their place.
    fn weights(&self, answer: &[u32]) -> Vec<f32> {
        let tag = |name: &str| {
            self.tokenizer
                .encode(name)
                .ok()
                .and_then(|ids| ids.first().copied())
        };
        let (open, close) = (tag("<box>"), tag("</box>"));
        let (mut inside, mut digits) = (false, 0);
        let mut weight = |token: &u32| {
            let weight = DIGIT_WEIGHTS
                .get(digits)
                .filter(|_| inside)
                .copied()
                .unwrap_or(1.0);
            inside = (inside || open == Some(*token)) && close != Some(*token);
            digits = if self.tokenizer.is_digit(*token) {
                digits + 1
            } else {
                0
            };
            weight
        };
        answer.iter().map(&mut weight).collect()
    }
}
