//! The shipped base model: how it is made from generated pictures of shapes, and how it is loaded.
//!
//! It has seen no medical image and none of the demo's concepts: what it brings is the form of the questions, digits
//! that mean places, and shapes, fills and sides in two languages.

mod builtin;
pub mod exam;
pub(crate) mod init;
pub mod lessons;
pub mod shapes;
pub mod sight;
pub mod words;

pub use builtin::{BuiltinError, SHIPPED, builtin};

use crate::checkpoint::Pretrained;
use crate::data::Prompter;
use crate::model::ModelConfig;
use crate::model::config::{
    LanguageConfig, LanguageFamily, NormType, ShuffleVersion, Template, VisionConfig,
};
use crate::tokenizer::{TextTokenizer, TokenizerError};
use crate::train::{self, Checkpoints, Control, Event, Options, TrainError};
use candle_core::DType;
use lessons::Lessons;
use medreg_datasets::protocol::{RunConfig, Tuning};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;
use std::time::Duration;

const CORPUS: &str = include_str!("corpus.txt");
const CHARACTERS: &str = include_str!("characters.txt");
/// Rows of the vocabulary.
const VOCABULARY: usize = 1536;
/// The share of the time that the first lesson gets.
const SIGHT_SHARE: f64 = 0.2;
/// Questions about each picture in a step.
const TURNS: usize = 8;

/// How the base model is made.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Seed of weights, pictures and questions.
    pub seed: u64,
    /// How long to train.
    pub budget: Duration,
    /// Images worked on side by side.
    pub threads: usize,
    /// Where checkpoints go, from which a run that was cut off goes on.
    pub checkpoints: Option<PathBuf>,
    /// Peak learning rate.
    pub learning_rate: f64,
}

/// The architecture of the base model for a vocabulary of this size.
#[must_use]
pub fn architecture(vocabulary: usize) -> ModelConfig {
    ModelConfig {
        architectures: vec!["InternVLChatModel".to_owned()],
        model_type: "internvl_chat".to_owned(),
        vision_config: VisionConfig {
            hidden_size: 96,
            num_hidden_layers: 3,
            num_attention_heads: 3,
            intermediate_size: 288,
            image_size: 96,
            patch_size: 8,
            qkv_bias: true,
            qk_normalization: false,
            norm_type: NormType::LayerNorm,
            layer_norm_eps: 1e-6,
        },
        llm_config: LanguageConfig {
            model_type: LanguageFamily::Qwen2,
            vocab_size: vocabulary,
            hidden_size: 128,
            num_hidden_layers: 3,
            num_attention_heads: 4,
            num_key_value_heads: 2,
            intermediate_size: 352,
            max_position_embeddings: 2048,
            rms_norm_eps: 1e-6,
            rope_theta: 10_000.0,
            rope_scaling: None,
            tie_word_embeddings: false,
        },
        downsample_ratio: 0.5,
        ps_version: ShuffleVersion::V2,
        select_layer: -1,
        template: Template::InternVl25,
        system_message: Some("Answer the questions.".to_owned()),
        force_image_size: Some(96),
        dynamic_image_size: false,
        min_dynamic_patch: 1,
        max_dynamic_patch: 1,
        use_thumbnail: false,
        pad2square: false,
    }
}

/// The tokenizer, learnt from everyday sentences and the words for shapes.
pub fn tokenizer() -> Result<TextTokenizer, TokenizerError> {
    let mut lines: Vec<String> = CORPUS.lines().map(str::to_owned).collect();
    // Single characters, so that frequent ones become tokens of their own.
    lines.extend(
        CHARACTERS
            .chars()
            .filter(|c| !c.is_whitespace())
            .flat_map(|c| std::iter::repeat_n(c.to_string(), 4)),
    );
    for tongue in words::Tongue::BOTH {
        let shapes = words::Shape::ALL.map(|s| s.name(tongue));
        let fills = words::Fill::ALL.map(|f| f.name(tongue));
        lines.extend(
            shapes
                .into_iter()
                .chain(fills)
                .flat_map(|w| [w.to_owned(), format!(" {w}")]),
        );
        lines.extend(lessons_text(tongue));
    }
    TextTokenizer::train(lines.iter().map(String::as_str), VOCABULARY)
}

/// The form of questions and answers, often enough that its words and a box's punctuation become tokens of their own.
fn lessons_text(tongue: words::Tongue) -> Vec<String> {
    let text = match tongue {
        words::Tongue::English => {
            "What is this in this picture? Please locate the left one and the right one in this picture. It is absent.\n\
             left right this [[1, 2, 3, 4], [5, 6, 7, 8]]"
        }
        words::Tongue::Chinese => {
            "这张图像中此处是什么？请在这张图像中定位。未见。\n左边右边[[9, 0, 1, 2], [3, 4, 5, 6]]"
        }
    };
    text.lines()
        .flat_map(|line| vec![line.to_owned(); 40])
        .collect()
}

/// The base model before it has learnt anything.
pub fn untrained(seed: u64) -> Result<Pretrained, TrainError> {
    let tokenizer = tokenizer()?;
    untrained_of(architecture(tokenizer.len()), tokenizer, seed)
}

/// A model of any architecture with weights drawn by chance.
pub fn untrained_of(
    config: ModelConfig,
    tokenizer: TextTokenizer,
    seed: u64,
) -> Result<Pretrained, TrainError> {
    let tensors = init::tensors(&config, &mut ChaCha8Rng::seed_from_u64(seed))?;
    Ok(Pretrained {
        config,
        tensors,
        tokenizer,
    })
}

/// What the making of the base model reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Making {
    /// A step of the first lesson, which teaches the vision tower.
    Sight {
        /// Steps done.
        step: u32,
        /// The batch's loss.
        loss: f64,
    },
    /// An event of the second, which teaches the whole model.
    Language(Event),
}

/// Makes the base model: an untrained one first learns what lies where, then to answer questions, until the budget is spent.
pub fn make_base(
    recipe: &Recipe,
    events: &mut dyn FnMut(Making) -> Control,
) -> Result<Pretrained, TrainError> {
    let mut start = untrained(recipe.seed)?;
    let first = recipe.budget.mul_f64(SIGHT_SHARE);
    let sighted = recipe.checkpoints.as_deref().map(|dir| dir.join("sight"));
    match sighted.filter(|dir| dir.join("model.safetensors").exists()) {
        Some(dir) => start = Pretrained::load(&dir)?,
        None => {
            let mut report = |step, loss| {
                events(Making::Sight { step, loss });
            };
            start.tensors = sight::learn(&start, recipe.seed, recipe.threads, first, &mut report)?;
            if let Some(dir) = &recipe.checkpoints {
                start.save(&dir.join("sight"), DType::F32)?;
            }
        }
    }
    let run = RunConfig {
        tuning: Tuning::Full,
        steps: 1_000_000,
        batch_images: 8,
        turns_per_image: TURNS as u16,
        learning_rate: recipe.learning_rate,
        weight_decay: 0.02,
        warmup: 0.02,
        clip_norm: 1.0,
        seed: recipe.seed,
        log_every: 20,
        checkpoint_every: 250,
        ..RunConfig::default()
    };
    let prompter = Prompter::new(&start.tokenizer, &start.config)?;
    let lessons = Lessons::new(
        &prompter,
        &start.config,
        usize::from(run.batch_images),
        TURNS,
        recipe.seed,
    );
    let options = Options {
        run,
        threads: recipe.threads,
        checkpoints: recipe.checkpoints.clone().map(Checkpoints::at),
        adapter: None,
        budget: Some(recipe.budget - first),
        vision_held: true,
    };
    Ok(train::run(&options, &start, &lessons, &mut |event| {
        events(Making::Language(event))
    })?
    .model)
}
