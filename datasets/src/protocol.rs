//! What a trainer's worker and the server say to each other, so that both sides compile against one definition.
//!
//! A worker claims a [`WorkItem`], keeps it alive by heartbeats, and finishes or fails it. Every item may be handed out
//! twice (a worker that falls silent loses its claim), so every message is safe to repeat.

use crate::geometry::{ImageSize, PixelBox};
use crate::ids::{AcquisitionId, Digest, ImageId, ModelId, ProjectId, RunId};
use crate::lang::{Lang, LangPair};
use crate::modality::Modality;
use crate::ontology::{Concept, ConceptKey};
use crate::reason::ChoiceReason;
use crate::snapshot::{ObjectRef, Split};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The model a run starts from or a round asks: a model that ships with the trainer, or a published one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ModelRef {
    /// A base that ships inside the trainer, by name: `shapes`.
    Builtin {
        /// Its name.
        name: String,
    },
    /// A model published in the project.
    Published {
        /// Its id.
        id: ModelId,
    },
}

/// The most targets of a run's adapters: more than any model has kinds of layers.
const MAX_TARGETS: usize = 64;
/// The longest target, in bytes.
const MAX_TARGET: usize = 160;

/// Which weights a run may change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Tuning {
    /// All of them.
    #[default]
    Full,
    /// Low-rank adapters on some linear layers; everything else is frozen.
    Lora {
        /// The adapters' rank.
        rank: u16,
        /// The scale's numerator: adapters are multiplied by alpha / rank.
        alpha: f32,
        /// The share of an adapter's inputs that each training step leaves out by chance, in 0..1; none where it is absent.
        #[serde(default)]
        dropout: f32,
        /// Which layers, by the end of their path as PEFT's `target_modules` name them: `q_proj`, `mlp.fc1`, `mlp1.1`. A `*` stands
        /// for anything: `vision_model.*.attn.qkv`, `language_model.*`. Paths are those of the original code, or of the HF-native
        /// one (`attention.q_proj`, `linear_1`) where no original path ends so. The decoder's seven where it is absent.
        #[serde(default = "decoder_layers")]
        targets: Vec<String>,
    },
}

/// The ends of the paths of the decoder's linear layers.
fn decoder_layers() -> Vec<String> {
    let layers = [
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    ];
    layers
        .map(|layer| format!("language_model.*.{layer}"))
        .to_vec()
}

/// How the learning rate goes on once it has risen to its peak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LearningRateSchedule {
    /// Half a cosine down to a twentieth of the peak.
    #[default]
    Cosine,
    /// A straight line down to a twentieth of the peak.
    Linear,
    /// It stays at the peak.
    Constant,
}

impl LearningRateSchedule {
    /// The name used in JSON and in a run's file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Linear => "linear",
            Self::Constant => "constant",
        }
    }
}

/// In how many bits AdamW's two moments of each number are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MomentPrecision {
    /// 32.
    #[default]
    Full,
    /// 8, with a scale for each 256 of them (arXiv 2110.02861): of what full tuning keeps for each number of the model, 10 bytes instead of 16.
    EightBits,
}

/// How exactly a run computes. Weights and their gradients are 32-bit numbers in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Everything in 32 bits.
    #[default]
    Full,
    /// Products with the model's weights in bf16, with sums of 32 bits, on a GPU that has such products; elsewhere as `full`.
    Mixed,
}

/// How a run trains. Every field has a default that suits the shipped base model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RunConfig {
    /// What may change.
    pub tuning: Tuning,
    /// Optimizer steps.
    pub steps: u32,
    /// Images per batch; a step takes one batch, or as many as `accumulate` says.
    pub batch_images: u16,
    /// Batches per step, worked on one after the other: the gradient is that of all their images together.
    pub accumulate: u16,
    /// Whether layers keep their inputs alone and compute the rest again on the way back: less memory, a longer step.
    pub recompute: bool,
    /// How exactly the model's products are computed.
    pub precision: Precision,
    /// In how many bits the optimizer's moments are kept.
    pub moments: MomentPrecision,
    /// Question–answer turns taken of each image per step.
    pub turns_per_image: u16,
    /// Framings and exposures of each picture, taken in turn; 0 draws fresh ones at every visit. Where vision tower and projector are not
    /// trained, what they make of a bounded number of them is kept instead of computed at every visit.
    pub views: u16,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// The share of the steps over which the learning rate rises.
    pub warmup: f64,
    /// How the learning rate goes on after that.
    pub schedule: LearningRateSchedule,
    /// Gradients longer than this are scaled down to it.
    pub clip_norm: f64,
    /// The share of the weights' running average that each step keeps, such as 0.999; after n steps it is at most (1 + n) / (10 + n).
    /// The average is then what the run gives out. 0 gives out the weights themselves.
    pub ema: f64,
    /// The seed of order, sampling, initial adapters and what dropout leaves out.
    pub seed: u64,
    /// Steps between two logged losses.
    pub log_every: u32,
    /// Steps between two checkpoints.
    pub checkpoint_every: u32,
    /// Newest checkpoints that are kept; the one with the lowest smoothed loss is kept besides.
    pub keep_checkpoints: u16,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            tuning: Tuning::Full,
            steps: 600,
            batch_images: 4,
            accumulate: 1,
            recompute: false,
            precision: Precision::default(),
            moments: MomentPrecision::default(),
            turns_per_image: 8,
            views: 0,
            learning_rate: 1e-3,
            weight_decay: 0.01,
            warmup: 0.05,
            schedule: LearningRateSchedule::default(),
            clip_norm: 1.0,
            ema: 0.0,
            seed: 1,
            log_every: 5,
            checkpoint_every: 200,
            keep_checkpoints: 2,
        }
    }
}

/// A setting that no run can use.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{field}` is {value}: {expected} is expected")]
pub struct BadConfig {
    /// The field's name.
    pub field: &'static str,
    /// What it is.
    pub value: String,
    /// What it may be.
    pub expected: &'static str,
}

impl RunConfig {
    /// Images per step, over all its batches.
    #[must_use]
    pub fn images_per_step(&self) -> usize {
        usize::from(self.batch_images) * usize::from(self.accumulate)
    }

    /// What each number among the settings may be.
    pub const LIMITS: [Limit; 16] = [
        Limit::to("steps", 1.0, 1e6, "1 to 1,000,000"),
        Limit::to("batch_images", 1.0, 256.0, "1 to 256"),
        Limit::to("accumulate", 1.0, 1024.0, "1 to 1024"),
        Limit::to("turns_per_image", 1.0, 64.0, "1 to 64"),
        Limit::to("views", 0.0, 1000.0, "0 to 1000"),
        Limit::to("learning_rate", 1e-8, 1.0, "1e-8 to 1"),
        Limit::to("weight_decay", 0.0, 1.0, "0 to 1"),
        Limit::to("warmup", 0.0, 0.9, "0 to 0.9"),
        Limit::to("clip_norm", 1e-3, 1e3, "0.001 to 1000"),
        Limit::to("ema", 0.0, 0.999_999, "0 to 0.999999"),
        Limit::to("log_every", 1.0, 1e5, "1 to 100,000"),
        Limit::to("checkpoint_every", 1.0, 1e6, "1 to 1,000,000"),
        Limit::to("keep_checkpoints", 1.0, 1000.0, "1 to 1000"),
        Limit::to("tuning.rank", 1.0, 256.0, "1 to 256"),
        Limit {
            above: true,
            ..Limit::to("tuning.alpha", 0.0, 1024.0, "above 0, to 1024")
        },
        Limit {
            below: true,
            ..Limit::to("tuning.dropout", 0.0, 1.0, "0 to below 1")
        },
    ];

    /// Whether a run can use these settings; names the first that it cannot.
    pub fn check(&self) -> Result<(), BadConfig> {
        for limit in &Self::LIMITS {
            if let Some(value) = self.number(limit.field)
                && !limit.allows(value)
            {
                return Err(BadConfig {
                    field: limit.field,
                    value: value.to_string(),
                    expected: limit.expected,
                });
            }
        }
        match &self.tuning {
            Tuning::Full => Ok(()),
            Tuning::Lora { targets, .. } => check_targets(targets),
        }
    }

    /// A number among the settings by its path; `None` where these settings have none of that name.
    fn number(&self, field: &str) -> Option<f64> {
        Some(match field {
            "steps" => self.steps.into(),
            "batch_images" => self.batch_images.into(),
            "accumulate" => self.accumulate.into(),
            "turns_per_image" => self.turns_per_image.into(),
            "views" => self.views.into(),
            "learning_rate" => self.learning_rate,
            "weight_decay" => self.weight_decay,
            "warmup" => self.warmup,
            "clip_norm" => self.clip_norm,
            "ema" => self.ema,
            "log_every" => self.log_every.into(),
            "checkpoint_every" => self.checkpoint_every.into(),
            "keep_checkpoints" => self.keep_checkpoints.into(),
            _ => return self.tuning.number(field),
        })
    }
}

/// What a number among a run's settings may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// The setting by its path: `steps`, `tuning.rank`.
    pub field: &'static str,
    /// The lowest.
    pub low: f64,
    /// The highest.
    pub high: f64,
    /// Whether the lowest itself is too low.
    pub above: bool,
    /// Whether the highest itself is too high.
    pub below: bool,
    /// The same for people.
    pub expected: &'static str,
}

impl Limit {
    const fn to(field: &'static str, low: f64, high: f64, expected: &'static str) -> Self {
        Self {
            field,
            low,
            high,
            above: false,
            below: false,
            expected,
        }
    }

    /// Whether the setting may be this number; NaN it may not.
    #[must_use]
    pub fn allows(&self, value: f64) -> bool {
        let from = match self.above {
            true => value > self.low,
            false => value >= self.low,
        };
        let to = match self.below {
            true => value < self.high,
            false => value <= self.high,
        };
        from && to
    }
}

impl Tuning {
    /// The adapters that are proposed to who wants some.
    #[must_use]
    pub fn proposed() -> Self {
        Self::lora(8, 16.0)
    }

    /// Low-rank adapters on the decoder's linear layers, without dropout.
    #[must_use]
    pub fn lora(rank: u16, alpha: f32) -> Self {
        Self::Lora {
            rank,
            alpha,
            dropout: 0.0,
            targets: decoder_layers(),
        }
    }

    fn number(&self, field: &str) -> Option<f64> {
        let Self::Lora {
            rank,
            alpha,
            dropout,
            ..
        } = self
        else {
            return None;
        };
        match field {
            "tuning.rank" => Some((*rank).into()),
            "tuning.alpha" => Some((*alpha).into()),
            "tuning.dropout" => Some((*dropout).into()),
            _ => None,
        }
    }
}

/// Whether these can be ends of paths; whether a model has such layers is for the trainer to say.
fn check_targets(targets: &[String]) -> Result<(), BadConfig> {
    let bad = |value: String, expected| BadConfig {
        field: "tuning.targets",
        value,
        expected,
    };
    if !(1..=MAX_TARGETS).contains(&targets.len()) {
        return Err(bad(
            format!("a list of {}", targets.len()),
            "1 to 64 names of layers",
        ));
    }
    let letter = |c: char| c.is_ascii_alphanumeric() || "_.*".contains(c);
    match targets
        .iter()
        .find(|t| !(1..=MAX_TARGET).contains(&t.len()) || !t.chars().all(letter))
    {
        Some(target) => Err(bad(
            format!("{target:?}"),
            "the end of a layer's path, such as `q_proj` or `vision_model.*.mlp.fc1`,",
        )),
        None => Ok(()),
    }
}

/// How the next images are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// By chance.
    Random,
    /// By chance, evenly over modalities.
    StratifiedRandom,
    /// The most typical image of each cluster of vision features (TypiClust, arXiv 2202.02794).
    Typical,
    /// The image least like anything that was read or chosen (greedy k-centre, arXiv 1708.00489).
    Coverage,
    /// The highest entropy of the model's answers.
    Entropy,
    /// The smallest difference between the two likeliest answers.
    Margin,
    /// The least overlap between the boxes of several answers (as CALD, arXiv 2103.10374).
    BoxDisagreement,
    /// The highest mutual information between answer and model (BALD, arXiv 1112.5745).
    Bald,
    /// The longest gradients that differ most from each other (BADGE, arXiv 1906.03671).
    Badge,
    /// Coverage first, then uncertainty, always with a random share (the default).
    #[default]
    Hybrid,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Random,
        Self::StratifiedRandom,
        Self::Typical,
        Self::Coverage,
        Self::Entropy,
        Self::Margin,
        Self::BoxDisagreement,
        Self::Bald,
        Self::Badge,
        Self::Hybrid,
    ];

    /// The name used in SQL, JSON and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::StratifiedRandom => "stratified-random",
            Self::Typical => "typical",
            Self::Coverage => "coverage",
            Self::Entropy => "entropy",
            Self::Margin => "margin",
            Self::BoxDisagreement => "box-disagreement",
            Self::Bald => "bald",
            Self::Badge => "badge",
            Self::Hybrid => "hybrid",
        }
    }
}

/// A name that is none of the strategies.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a strategy: one of {names} is expected", names = Strategy::ALL.map(Strategy::as_str).join(", "))]
pub struct NotAStrategy(String);

impl std::str::FromStr for Strategy {
    type Err = NotAStrategy;
    fn from_str(text: &str) -> Result<Self, NotAStrategy> {
        Self::ALL
            .into_iter()
            .find(|strategy| strategy.as_str() == text)
            .ok_or_else(|| NotAStrategy(text.to_owned()))
    }
}

/// `POST /api/worker/claim`: ask for something to do. Answers 200 with a [`WorkItem`] or 204.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Claim {
    /// The worker's name, for people to read: host and process.
    pub worker: String,
    /// The checkpoints in its cache: a run that is to go on from a certain one is handed to who has it.
    #[serde(default)]
    pub holds: Vec<HeldRun>,
}

/// A run of which a worker keeps checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HeldRun {
    /// The run.
    pub run: RunId,
    /// The steps done at each of them.
    pub steps: Vec<u32>,
}

/// A checkpoint that a run's worker keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HeldCheckpoint {
    /// Steps done when it was written.
    pub step: u32,
    /// When it was written, in seconds since 1970.
    pub written_at: u64,
    /// The training loss by then, smoothed over about twenty steps.
    pub loss: Option<f64>,
    /// Whether it has the lowest loss of those that are kept: it stays when newer ones come.
    pub best: bool,
}

/// How much a line of a log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// How it goes.
    Info,
    /// Something to look at.
    Warn,
    /// Something went wrong.
    Error,
}

impl LogLevel {
    /// The name used in SQL and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A line of what a worker says about the run at hand. No patient data: a worker knows pseudonyms and ids only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// Its place among the lines of this hand-out, from 1: a line that is told twice is kept once.
    pub number: u32,
    /// When it was said, in milliseconds since 1970.
    pub at: u64,
    /// How much it matters.
    pub level: LogLevel,
    /// What was said.
    pub message: String,
}

/// Something to do, held until `lease_seconds` after the last heartbeat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WorkItem {
    /// Train on a snapshot, evaluate on its test split, publish.
    Run(RunItem),
    /// Look at the pool: suggest regions where a published model is asked, rank the images.
    Acquisition(AcquisitionItem),
}

/// A training run to carry out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunItem {
    /// The run.
    pub id: RunId,
    /// Which hand-out of the run this is, from 1; sent back in every message, so that a worker that lost its claim is told.
    pub attempt: i32,
    /// Its project.
    pub project: ProjectId,
    /// The snapshot to learn from.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub snapshot: Digest,
    /// What to start from.
    pub base: ModelRef,
    /// How to train.
    pub config: RunConfig,
    /// Go on from the checkpoint after this step, which the worker said it has, and not from the newest.
    #[serde(default)]
    pub resume_from: Option<u32>,
    /// Seconds without a heartbeat after which another worker may claim it.
    pub lease_seconds: u32,
}

/// An active-learning round to carry out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AcquisitionItem {
    /// The round.
    pub id: AcquisitionId,
    /// Which hand-out this is, from 1.
    pub attempt: i32,
    /// Its project.
    pub project: ProjectId,
    /// The model whose features and predictions are used. A published one also suggests regions; a built-in one does not.
    pub model: ModelRef,
    /// How to choose.
    pub strategy: Strategy,
    /// How many images to rank at most.
    pub budget: u32,
    /// How many boxes they are expected to have together at most; no limit where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxes: Option<u32>,
    /// The seed of everything drawn by chance.
    pub seed: u64,
    /// How many rounds with a published model came before, from 0: the hybrid strategy changes with it.
    pub round: u32,
    /// The project's languages.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub langs: LangPair,
    /// The project's ontology.
    pub ontology: Vec<Concept>,
    /// Seconds without a heartbeat after which another worker may claim it.
    pub lease_seconds: u32,
}

/// `POST /api/worker/{runs|acquisitions}/{id}/heartbeat`: still at it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Heartbeat {
    /// The hand-out's number.
    pub attempt: i32,
    /// Steps, or images, done.
    pub done: u64,
    /// Steps, or images, in all.
    pub total: u64,
    /// What it is at: `training`, `evaluating`, `predicting`, `publishing`.
    pub phase: String,
    /// The checkpoints of the run that the worker keeps, oldest first; nothing where that is not known yet.
    #[serde(default)]
    pub checkpoints: Option<Vec<HeldCheckpoint>>,
    /// Whether it has written one since it took the run up: where it began is no longer where it would go on from.
    #[serde(default)]
    pub saved: bool,
    /// What it said since the last beat that was answered.
    #[serde(default)]
    pub log: Vec<LogLine>,
}

/// The server's answer to a heartbeat. A lost claim answers 409 instead.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HeartbeatReply {
    /// Somebody asked the run to stop: finish the step, keep what was learnt, finish as stopped.
    pub stop: bool,
}

/// `GET /api/worker/runs/{id}`: what became of a run, for a worker that keeps its checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunStanding {
    /// It gave its model and cannot be resumed: nobody goes on from its checkpoints any more.
    pub published: bool,
}

/// One measured value at one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MetricPoint {
    /// What was measured: `train/loss`, `train/learning_rate`, `train/turns_per_second`, `val/loss`, `test/accuracy.en`, …
    pub name: String,
    /// The optimizer step.
    pub step: u32,
    /// The value; must be finite.
    pub value: f64,
}

/// `POST /api/worker/runs/{id}/metrics`: the same name and step again replaces the value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Metrics {
    /// The hand-out's number.
    pub attempt: i32,
    /// The values.
    pub points: Vec<MetricPoint>,
}

/// How a run ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// All steps done.
    Finished,
    /// Stopped because somebody asked; what was learnt so far is published all the same.
    Stopped,
}

/// The scores of one split: Region-to-Text and Text-to-Region per language.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evaluation {
    /// Images scored.
    pub images: u64,
    /// Patients scored.
    pub patients: u64,
    /// Regions asked about.
    pub regions: u64,
    /// Exact-name Region-to-Text accuracy, per language.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, f64>))]
    pub accuracy: BTreeMap<Lang, f64>,
    /// Mean IoU of true boxes with their matched predicted boxes (0 where none), per language of the prompt.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, f64>))]
    pub mean_iou: BTreeMap<Lang, f64>,
    /// F1 of predicted boxes at IoU ≥ 0.5, per language of the prompt.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, f64>))]
    pub region_f1: BTreeMap<Lang, f64>,
}

/// `POST /api/worker/runs/{id}/finish`, after the artifacts are up: publishes the model.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FinishRun {
    /// The hand-out's number.
    pub attempt: i32,
    /// Finished or stopped.
    pub outcome: RunOutcome,
    /// Scores on the snapshot's test split; `None` where it has none.
    pub evaluation: Option<Evaluation>,
    /// The model's card, Markdown.
    pub card: String,
    /// The model's files by name (`model.safetensors`, `config.json`, `tokenizer.json`), already put as artifacts.
    pub files: BTreeMap<String, ObjectRef>,
}

/// `POST /api/worker/{runs|acquisitions}/{id}/fail`: cannot be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fail {
    /// The hand-out's number.
    pub attempt: i32,
    /// What was wrong, where, and what to do, for a person to read.
    pub reason: String,
}

/// One image of the pool, as `GET /api/worker/acquisitions/{id}/pool` lists it, page by page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PoolImage {
    /// The image.
    pub id: ImageId,
    /// Its kind.
    pub modality: Modality,
    /// Its size.
    pub size: ImageSize,
    /// Its 8-bit PNG; fetched from `GET /api/worker/acquisitions/{id}/objects/{sha256}`.
    pub raster: ObjectRef,
    /// False for images that are only context: already annotated, so that coverage knows what is covered.
    pub open: bool,
    /// Where it is annotated, how many boxes were marked on it: the mean of its readers'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxes: Option<f64>,
    /// Where it is annotated, the concepts that a reader marked on it, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marked: Vec<ConceptKey>,
}

/// One page of the pool.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PoolPage {
    /// The images, in order of id.
    pub images: Vec<PoolImage>,
    /// Pass as `after` for the next page; absent on the last.
    pub next: Option<ImageId>,
}

/// A region that a model proposes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProposedRegion {
    /// Where.
    pub bbox: PixelBox,
    /// What.
    pub concept: ConceptKey,
    /// How probably the box is right, in 0..=1: where `calibrated`, the share of boxes with such signals that overlapped a true one by
    /// an IoU of at least 0.5, among patients that the model did not learn from; elsewhere the probability of the answer's tokens.
    pub confidence: f64,
    /// Whether the confidence was held against outcomes.
    #[serde(default)]
    pub calibrated: bool,
    /// What the confidence was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signals: Option<RegionSignals>,
    /// The box widened so that it holds the whole of what it marks, if anything is there, with a probability of at least 0.9.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outer: Option<PixelBox>,
    /// The model's description in each language.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub texts: BTreeMap<Lang, String>,
}

/// How sure a model was of some tokens of an answer, as measured: natural logarithms, nothing calibrated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Signals {
    /// The mean log-probability.
    pub mean: f64,
    /// The least log-probability.
    pub least: f64,
    /// The least difference to the log-probability of the likeliest other token; below 0 where a likelier one was ruled out.
    pub margin: f64,
    /// The mean entropy of the distributions that the tokens were taken from, in nats.
    pub entropy: f64,
}

/// The signals behind one proposed region.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegionSignals {
    /// Of all tokens of the answer that it is from.
    pub answer: Signals,
    /// Of the tokens of its own coordinates.
    pub coordinates: Signals,
}

/// What is known of a model's answer to one question of a round, as measured; what was not asked is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuestionSignals {
    /// The concept that was asked for.
    pub concept: ConceptKey,
    /// How sure the model was of all tokens of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Signals>,
    /// Of those that are no coordinates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Signals>,
    /// Of the coordinates of all its boxes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Signals>,
    /// How much more probable each token was than the likeliest other one, the mean over the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// The boxes of further answers, drawn from the model's own distribution, on the grid of 0..=999.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drawn: Vec<Vec<[u16; 4]>>,
    /// The boxes of the answer to the same question in the project's other language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translated: Option<Vec<[u16; 4]>>,
    /// One less the mean overlap of the boxes of each two of all these answers, in 0..=1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disagreement: Option<f64>,
    /// The share of the answer's boxes that the model, asked what they show, calls by the name that it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip: Option<f64>,
    /// The mutual information of the answer and what is left out of the picture, in nats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub information: Option<f64>,
    /// A sketch of the answer's gradient in the last layer's weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient: Option<Vec<f32>>,
}

impl QuestionSignals {
    /// Of a question of whose answer nothing is known yet.
    #[must_use]
    pub fn of(concept: ConceptKey) -> Self {
        Self {
            concept,
            answer: None,
            words: None,
            coordinates: None,
            margin: None,
            drawn: Vec::new(),
            translated: None,
            disagreement: None,
            round_trip: None,
            information: None,
            gradient: None,
        }
    }
}

/// What a model says about one image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImagePrediction {
    /// The image.
    pub image: ImageId,
    /// The regions it proposes.
    pub regions: Vec<ProposedRegion>,
    /// What is known of each of its answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<QuestionSignals>,
}

/// `POST /api/worker/acquisitions/{id}/predictions`: replaces earlier suggestions for these images that no reader has met.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Predictions {
    /// The hand-out's number.
    pub attempt: i32,
    /// Image by image.
    pub images: Vec<ImagePrediction>,
}

/// One chosen image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RankedImage {
    /// The image.
    pub image: ImageId,
    /// The strategy's score; higher is sooner.
    pub score: f64,
    /// Why it was chosen.
    #[serde(deserialize_with = "ChoiceReason::of_any_trainer")]
    pub reason: ChoiceReason,
}

/// `POST /api/worker/acquisitions/{id}/finish`: the chosen images, first to last; the next cases follow this order.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FinishAcquisition {
    /// The hand-out's number.
    pub attempt: i32,
    /// At most `budget` of them.
    pub ranking: Vec<RankedImage>,
}

/// One line of a run's `predictions.jsonl` artifact: one question of the evaluation, with its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictionLine {
    /// The image.
    pub image: ImageId,
    /// The patient's pseudonym.
    pub patient: String,
    /// The image's split.
    pub split: Split,
    /// `r2t` or `t2r`.
    pub task: String,
    /// The language of question and answer.
    pub lang: Lang,
    /// The concept that is true.
    pub concept: ConceptKey,
    /// The question as the model read it.
    pub question: String,
    /// The model's answer, tags kept.
    pub answer: String,
    /// The right answer.
    pub truth: String,
    /// The true boxes.
    pub truth_boxes: Vec<PixelBox>,
    /// The boxes read from the answer (`t2r`).
    pub boxes: Vec<PixelBox>,
    /// Whether the name was right (`r2t`).
    pub correct: Option<bool>,
    /// How sure the model was of the answer; absent in files of before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signals: Option<Signals>,
    /// How sure it was of the coordinates of each of `boxes`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub box_signals: Vec<Signals>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn an_empty_config_is_the_default_one() {
        assert_eq!(
            serde_json::from_str::<RunConfig>("{}").unwrap(),
            RunConfig::default()
        );
        assert_eq!(RunConfig::default().check(), Ok(()));
    }

    #[test]
    fn settings_no_run_can_use_are_named() {
        let nan = RunConfig {
            learning_rate: f64::NAN,
            ..RunConfig::default()
        };
        assert_eq!(nan.check().unwrap_err().field, "learning_rate");
        let none = RunConfig {
            steps: 0,
            ..RunConfig::default()
        };
        assert!(none.check().unwrap_err().to_string().contains("steps"));
        let lora = |tuning: Value| {
            let config = json!({ "tuning": tuning });
            serde_json::from_value::<RunConfig>(config).unwrap().check()
        };
        for (tuning, field) in [
            (
                json!({"kind": "lora", "rank": 0, "alpha": 1.0}),
                "tuning.rank",
            ),
            (
                json!({"kind": "lora", "rank": 1, "alpha": 0.0}),
                "tuning.alpha",
            ),
            (
                json!({"kind": "lora", "rank": 1, "alpha": 1.0, "dropout": 1.0}),
                "tuning.dropout",
            ),
            (
                json!({"kind": "lora", "rank": 1, "alpha": 1.0, "targets": []}),
                "tuning.targets",
            ),
            (
                json!({"kind": "lora", "rank": 1, "alpha": 1.0, "targets": ["q_proj|k"]}),
                "tuning.targets",
            ),
        ] {
            assert_eq!(lora(tuning).unwrap_err().field, field);
        }
        assert!(serde_json::from_str::<RunConfig>(r#"{"step": 3}"#).is_err());
    }

    #[test]
    fn every_limit_is_of_a_setting_that_there_is() {
        let config = RunConfig {
            tuning: Tuning::lora(8, 16.0),
            ..RunConfig::default()
        };
        for limit in &RunConfig::LIMITS {
            let value = config.number(limit.field);
            assert!(value.is_some_and(|v| limit.allows(v)), "{}", limit.field);
        }
    }

    #[test]
    fn a_run_stored_before_there_were_schedules_trains_as_it_did() {
        let stored = json!({
            "tuning": {"kind": "full"}, "steps": 7, "batch_images": 4, "turns_per_image": 8, "learning_rate": 1e-3,
            "weight_decay": 0.01, "warmup": 0.05, "clip_norm": 1.0, "seed": 1, "log_every": 5, "checkpoint_every": 200,
        });
        let read: RunConfig = serde_json::from_value(stored).unwrap();
        let expected = RunConfig {
            steps: 7,
            schedule: LearningRateSchedule::Cosine,
            accumulate: 1,
            ema: 0.0,
            ..RunConfig::default()
        };
        assert_eq!(read, expected);
        assert_eq!(read.images_per_step(), 4);
    }

    #[test]
    fn schedules_are_named_as_serde_names_them() {
        use LearningRateSchedule::{Constant, Cosine, Linear};
        for schedule in [Cosine, Linear, Constant] {
            assert_eq!(serde_json::to_value(schedule).unwrap(), schedule.as_str());
        }
        for (wrong, field) in [
            (json!({"accumulate": 0}), "accumulate"),
            (json!({"ema": 1.0}), "ema"),
            (json!({"keep_checkpoints": 0}), "keep_checkpoints"),
        ] {
            let read: RunConfig = serde_json::from_value(wrong).unwrap();
            assert_eq!(read.check().unwrap_err().field, field);
        }
        assert!(serde_json::from_str::<RunConfig>(r#"{"schedule": "step"}"#).is_err());
    }

    #[test]
    fn a_tuning_stored_before_it_had_targets_means_the_decoder() {
        let stored = json!({"kind": "lora", "rank": 4, "alpha": 8.0});
        let read: Tuning = serde_json::from_value(stored).unwrap();
        assert_eq!(read, Tuning::lora(4, 8.0));
        let config = RunConfig {
            tuning: read,
            ..RunConfig::default()
        };
        assert_eq!(config.check(), Ok(()));
    }

    #[test]
    fn strategies_are_named_as_serde_names_them() {
        for strategy in Strategy::ALL {
            assert_eq!(serde_json::to_value(strategy).unwrap(), strategy.as_str());
            assert_eq!(strategy.as_str().parse::<Strategy>().unwrap(), strategy);
        }
    }
}
