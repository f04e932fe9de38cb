//! What the server answers, as far as the demo's people look at it.

use medreg_datasets::geometry::PixelBox;
use medreg_datasets::ids::{
    AcquisitionId, Digest, ImageId, InquiryId, LeaseId, ModelId, ProjectId, RunId, SuggestionId,
    UserId,
};
use medreg_datasets::lang::Lang;
use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::protocol::Evaluation;
use medreg_datasets::reason::ChoiceReason;
use medreg_datasets::snapshot::{Manifest, Split};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `{"error": …}`, the body of every refusal.
#[derive(Debug, Deserialize)]
pub struct ErrorBody {
    /// What was wrong.
    pub error: ErrorText,
}

/// What was wrong.
#[derive(Debug, Deserialize)]
pub struct ErrorText {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// The answer to signing in.
#[derive(Debug, Deserialize)]
pub struct SignedIn {
    /// Who signed in.
    pub user: User,
    /// Sent back with every request that changes something.
    pub csrf_token: String,
}

/// A person.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// The name they sign in with.
    pub username: String,
}

/// A project.
#[derive(Debug, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
}

/// An image.
#[derive(Debug, Clone, Deserialize)]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Its patient's split.
    pub split: Split,
}

/// A case as a reader gets it.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// The image.
    pub image: Image,
    /// The hold on it.
    pub lease: Lease,
    /// What this reader saved of it so far.
    pub annotation: Annotation,
    /// What a model proposes.
    pub suggestions: Vec<Suggestion>,
}

/// A hold on a case.
#[derive(Debug, Deserialize)]
pub struct Lease {
    /// Its id.
    pub id: LeaseId,
}

/// A saved annotation.
#[derive(Debug, Deserialize)]
pub struct Annotation {
    /// The number of the last save; 0 before the first.
    pub revision: i64,
    /// Whether it is finished.
    pub submitted: bool,
}

/// A region that a model proposes.
#[derive(Debug, Clone, Deserialize)]
pub struct Suggestion {
    /// Its id.
    pub id: SuggestionId,
    /// Where.
    pub bbox: PixelBox,
    /// What.
    pub concept: ConceptKey,
    /// How sure the model is, in 0..=1.
    pub confidence: f64,
    /// The model's descriptions.
    pub texts: BTreeMap<Lang, String>,
}

/// A snapshot.
#[derive(Debug, Clone, Deserialize)]
pub struct Snapshot {
    /// Its id, the digest of its manifest.
    pub id: Digest,
    /// What is in it.
    pub manifest: Manifest,
}

/// Where a piece of work stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has begun.
    Queued,
    /// A worker is at it.
    Running,
    /// A worker has been asked to stop.
    Stopping,
    /// Done.
    Finished,
    /// Ended early because somebody asked.
    Stopped,
    /// It cannot be done.
    Failed,
}

/// A training run.
#[derive(Debug, Clone, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Where it stands.
    pub state: State,
    /// What the worker is at.
    #[serde(default)]
    pub phase: Option<String>,
    /// Steps done.
    pub done: u64,
    /// Steps in all.
    pub total: u64,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
    /// The worker's own scores.
    #[serde(default)]
    pub evaluation: Option<Evaluation>,
    /// The model it published.
    #[serde(default)]
    pub model_id: Option<ModelId>,
}

/// The values a run measured: by name, step and value in the order of steps.
#[derive(Debug, Default, Deserialize)]
pub struct Metrics {
    /// The series.
    pub series: BTreeMap<String, Vec<(u32, f64)>>,
}

/// A published model.
#[derive(Debug, Deserialize)]
pub struct Model {
    /// Whether it is the one that suggests.
    pub promoted: bool,
}

/// The answer to promoting a model.
#[derive(Debug, Deserialize)]
pub struct Promoted {
    /// The round that was queued with it: the model looks at the open images, suggests, and chooses the next ones.
    pub acquisition: Acquisition,
}

/// An active-learning round.
#[derive(Debug, Clone, Deserialize)]
pub struct Acquisition {
    /// Its id.
    pub id: AcquisitionId,
    /// Where it stands.
    pub state: State,
    /// Images looked at.
    pub done: u64,
    /// Images in all.
    pub total: u64,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
    /// The chosen images; only where one round is asked for.
    #[serde(default)]
    pub ranking: Vec<Ranked>,
}

/// One chosen image.
#[derive(Debug, Clone, Deserialize)]
pub struct Ranked {
    /// The image.
    pub image: ImageId,
    /// Why it was chosen.
    pub reason: ChoiceReason,
}

/// A question to a model, with what became of it.
#[derive(Debug, Deserialize)]
pub struct Inquiry {
    /// Its id.
    pub id: InquiryId,
    /// Where it stands.
    pub state: InquiryState,
    /// Why there is no answer.
    #[serde(default)]
    pub failure: Option<String>,
    /// When it was asked.
    pub asked_at: String,
    /// Seconds from then until the first words.
    #[serde(default)]
    pub first_words_seconds: Option<f64>,
    /// Seconds from then until the end.
    #[serde(default)]
    pub seconds: Option<f64>,
}

/// Where a question stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InquiryState {
    /// In the queue.
    Waiting,
    /// A worker writes the answer.
    Answering,
    /// The answer is whole.
    Answered,
    /// There is none.
    Failed,
    /// Who asked took it back.
    Withdrawn,
}

/// How far a project is.
#[derive(Debug, Deserialize)]
pub struct Progress {
    /// Regions in submitted annotations.
    pub regions: u64,
    /// What became of the suggestions.
    pub suggestions: SuggestionCounts,
}

/// What became of the suggestions that readers saw, as the server counts it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct SuggestionCounts {
    /// Taken with box, concept and texts as they were.
    pub accepted: u64,
    /// Taken with changes.
    pub adjusted: u64,
    /// Turned down.
    pub rejected: u64,
    /// Left alone.
    pub ignored: u64,
}
