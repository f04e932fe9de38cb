//! The JSON of requests and answers, where it is not a domain type itself.

use crate::imaging::deidentify::Dates;
use crate::services::acquisitions::Wish;
use crate::services::rounds::Agreements;
use crate::store::accounts::{Settings, Token, TokenScope, User};
use crate::store::acquisitions::{Acquisition, Chosen};
use crate::store::annotations::{Annotation, Revision};
use crate::store::exports::Export;
use crate::store::images::Image;
use crate::store::imports::{Choices, Import, LeftOut, StagedFile};
use crate::store::inquiries::Inquiry;
use crate::store::predictions::{ChangedAnswer, JudgedAnswer};
use crate::store::projects::{Member, Project, Role};
use crate::store::rounds::{Round, RoundItem};
use crate::store::runs::{LoggedLine, Model, Run};
use crate::store::snapshots::Snapshot;
use medreg_datasets::filter::Filter;
use medreg_datasets::ids::{Digest, ImageId, RunId, TokenId};
use medreg_datasets::lang::LangPair;
use medreg_datasets::ontology::Concept;
use medreg_datasets::protocol::{ModelRef, RunConfig};
use medreg_datasets::region::AnnotationContent;
use medreg_datasets::routing::Routing;
use medreg_datasets::snapshot::{ObjectRef, SplitShares};
use medreg_datasets::template::Template;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What the bilingual checks found.
#[derive(Serialize, ToSchema)]
pub struct Flags {
    /// The gravest first.
    pub flags: Vec<medreg_datasets::lint::Flag>,
}

/// What every refusal looks like.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorDetail {
    /// Stable, for programs.
    pub code: String,
    /// What, where, what to do; for people.
    pub message: String,
    /// More, where a caller can act on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<serde_json::Value>,
}

impl ErrorBody {
    pub(super) fn new(code: &str, message: String, details: Option<serde_json::Value>) -> Self {
        Self {
            error: ErrorDetail {
                code: code.to_owned(),
                message,
                details,
            },
        }
    }
}

/// A name and a password.
#[derive(Deserialize, ToSchema)]
pub struct SignIn {
    /// The user's name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    /// The user.
    pub user: User,
    /// What state-changing requests must carry as X-CSRF-Token.
    pub csrf_token: String,
    /// How they work with the page.
    pub settings: Settings,
}

/// What one may change about oneself.
#[derive(Deserialize, ToSchema)]
pub struct SessionChange {
    /// en, zh-Hans or ja.
    pub interface_lang: String,
}

/// All users.
#[derive(Serialize, ToSchema)]
pub struct Users {
    /// By name.
    pub users: Vec<User>,
}

/// A new user.
#[derive(Deserialize, ToSchema)]
pub struct NewUserBody {
    /// What they sign in with.
    pub username: String,
    /// What others see.
    pub display_name: String,
    /// Their first password.
    pub password: String,
    /// Whether they run the installation.
    #[serde(default)]
    pub is_admin: bool,
}

/// What an administrator may change about a user.
#[derive(Deserialize, ToSchema)]
pub struct UserChangeBody {
    /// What others see.
    pub display_name: Option<String>,
    /// A new password.
    pub password: Option<String>,
    /// Whether they can no longer sign in.
    pub disabled: Option<bool>,
    /// Whether they run the installation.
    pub is_admin: Option<bool>,
}

/// Somebody's tokens.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// Oldest first.
    pub tokens: Vec<Token>,
}

/// A new token.
#[derive(Deserialize, ToSchema)]
pub struct NewTokenBody {
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scope: TokenScope,
}

/// A token's secret, told once.
#[derive(Serialize, ToSchema)]
pub struct IssuedToken {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: TokenId,
    /// The secret; it is not kept.
    pub token: String,
}

/// A project with the caller's role in it.
#[derive(Serialize, ToSchema)]
pub struct ProjectView {
    /// The project.
    #[serde(flatten)]
    pub project: Project,
    /// What the caller is in it.
    pub role: Role,
}

/// Projects.
#[derive(Serialize, ToSchema)]
pub struct Projects {
    /// By name.
    pub projects: Vec<ProjectView>,
}

/// A new project.
#[derive(Deserialize, ToSchema)]
pub struct NewProjectBody {
    /// Its name.
    pub name: String,
    /// The two languages; English and Chinese unless told otherwise.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub langs: LangPair,
    /// How to annotate, Markdown.
    #[serde(default)]
    pub guideline: String,
    /// True where the images are generated.
    #[serde(default)]
    pub synthetic: bool,
    /// Percent of patients held out.
    #[serde(default)]
    pub shares: SplitShares,
    /// Percent of cases shown without suggestions.
    #[serde(default = "default_blind_share")]
    pub blind_share: u8,
}

/// What a lead may change about a project.
#[derive(Deserialize, ToSchema)]
pub struct ProjectChangeBody {
    /// Its name.
    pub name: Option<String>,
    /// How to annotate, Markdown.
    pub guideline: Option<String>,
    /// Percent of patients held out; those who are there already stay where they are.
    pub shares: Option<SplitShares>,
    /// Percent of cases shown without suggestions.
    pub blind_share: Option<u8>,
    /// What becomes of the dates in DICOM headers that come from now on.
    pub keep_dates: Option<Dates>,
    /// Whether DICOM headers that come from now on keep the patient's sex, age, size and the like.
    pub keep_characteristics: Option<bool>,
}

/// By which confidences cases go to whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoutingBody {
    /// The thresholds; null where all cases are to go the same way.
    pub routing: Option<Routing>,
}

fn default_blind_share() -> u8 {
    10
}

/// A project's members.
#[derive(Serialize, ToSchema)]
pub struct Members {
    /// By name.
    pub members: Vec<Member>,
}

/// What somebody is to be.
#[derive(Deserialize, ToSchema)]
pub struct RoleBody {
    /// annotator, reviewer, engineer or lead.
    pub role: Role,
}

/// An ontology.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Concepts {
    /// By key.
    pub concepts: Vec<Concept>,
}

/// A project's templates, read and written alike.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Templates {
    /// In their lead's order.
    pub templates: Vec<Template>,
}

/// A page of images.
#[derive(Serialize, ToSchema)]
pub struct Images {
    /// In order of arrival, where nothing else is said.
    pub images: Vec<Image>,
    /// Pass as `after` for the next page; absent on the last.
    #[schema(value_type = Option<Uuid>)]
    pub next: Option<ImageId>,
}

/// A person's word on burned-in patient data.
#[derive(Deserialize, ToSchema)]
pub struct Attestation {
    /// True withholds the image for good.
    pub burned_in: bool,
}

/// Which case is wanted.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct NextCase {
    /// Only cases of this split.
    pub split: Option<medreg_datasets::snapshot::Split>,
}

/// The case that is likely to be next.
#[derive(Serialize, ToSchema)]
pub struct Upcoming {
    /// Its image.
    #[schema(value_type = Uuid)]
    pub image: ImageId,
}

/// A new revision.
#[derive(Deserialize, ToSchema)]
pub struct Save {
    /// The revision it was made from.
    pub based_on: i64,
    /// What it says.
    pub content: AnnotationContent,
}

/// A revision that is finished.
#[derive(Deserialize, ToSchema)]
pub struct Submit {
    /// The latest revision.
    pub revision: i64,
    /// Seconds the reader was at it, idle time left out.
    pub active_seconds: f64,
}

/// What readers made of an image.
#[derive(Serialize, ToSchema)]
pub struct Annotations {
    /// One for each reader.
    pub annotations: Vec<Annotation>,
}

/// A page of an annotation's saved states.
#[derive(Serialize, ToSchema)]
pub struct Revisions {
    /// Oldest first.
    pub revisions: Vec<Revision>,
}

/// What to call a snapshot, and what it takes.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct NewSnapshotBody {
    /// Its name.
    pub name: Option<String>,
    /// Which of the submitted cases it takes; everything unless told otherwise.
    pub filter: Filter,
}

/// A snapshot's files.
#[derive(Serialize, ToSchema)]
pub struct Exports {
    /// By layout.
    pub exports: Vec<Export>,
}

/// The layout of a data set that shall come in.
#[derive(Deserialize, ToSchema)]
pub struct NewImport {
    /// Its name, as `medreg import --from` has it.
    pub format: String,
}

/// What a data set is checked by.
#[derive(Deserialize, ToSchema)]
pub struct ImportCheck {
    /// Its layout.
    pub format: String,
    /// What a person says of it.
    #[serde(default)]
    pub choices: Choices,
}

/// How a data set is taken over.
#[derive(Deserialize, ToSchema)]
pub struct ImportTake {
    /// Whether what cannot be taken over is left out; else nothing is taken where there is such.
    #[serde(default)]
    pub leave_out: bool,
}

/// A layout in which data sets are read.
#[derive(Serialize, ToSchema)]
pub struct Layout {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// Whether it is one file, with or without images beside it, and not a folder of files.
    pub one_file: bool,
}

/// The layouts in which data sets are read.
#[derive(Serialize, ToSchema)]
pub struct Layouts {
    /// In the order in which they are told.
    pub layouts: Vec<Layout>,
}

/// The latest data sets that came into a project.
#[derive(Serialize, ToSchema)]
pub struct Imports {
    /// The latest first.
    pub imports: Vec<Import>,
}

/// A page of a data set's files.
#[derive(Serialize, ToSchema)]
pub struct StagedFiles {
    /// By path.
    pub files: Vec<StagedFile>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

/// How a list is written into a file.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ListFormat {
    /// A table with a line of names.
    Csv,
    /// An object a line.
    Jsonl,
}

/// A page of what cannot be taken over.
#[derive(Serialize, ToSchema)]
pub struct LeftOutPage {
    /// In the order in which it was found.
    pub left_out: Vec<LeftOut>,
    /// Where the next page begins; none after the last.
    pub next: Option<i64>,
}

/// Questions about an image.
#[derive(Serialize, ToSchema)]
pub struct Inquiries {
    /// Newest first.
    pub inquiries: Vec<Inquiry>,
}

/// A project's snapshots.
#[derive(Serialize, ToSchema)]
pub struct Snapshots {
    /// Newest first.
    pub snapshots: Vec<Snapshot>,
}

/// A new run.
#[derive(Deserialize, ToSchema)]
pub struct NewRunBody {
    /// The snapshot to learn from.
    #[schema(value_type = String)]
    pub snapshot: Digest,
    /// What to start from.
    pub base: ModelRef,
    /// How to train.
    #[serde(default)]
    pub config: RunConfig,
    /// What to call it.
    pub name: Option<String>,
    /// The run whose settings these are, or were.
    #[schema(value_type = Option<Uuid>)]
    pub cloned_from: Option<RunId>,
}

/// A page of a project's runs.
#[derive(Serialize, ToSchema)]
pub struct Runs {
    /// Newest first.
    pub runs: Vec<Run>,
    /// Pass as `after` for the next page; absent on the last.
    #[schema(value_type = Option<Uuid>)]
    pub next: Option<RunId>,
    /// All tags of the project's runs.
    pub tags: Vec<String>,
}

/// What a run that ended early goes on from.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResumeBody {
    /// The checkpoint after this step, of those that its worker keeps; the newest where it is absent.
    pub step: Option<u32>,
}

/// Notes and tags of a run.
#[derive(Deserialize, ToSchema)]
pub struct NotesBody {
    /// The revision they were made from.
    pub based_on: i64,
    /// What people write about the run.
    pub notes: String,
    /// Words to find it by.
    pub tags: Vec<String>,
}

/// What a run's workers said.
#[derive(Serialize, ToSchema)]
pub struct RunLog {
    /// Newest last.
    pub lines: Vec<LoggedLine>,
}

/// Measured values by name: [step, value].
#[derive(Serialize, ToSchema)]
pub struct Series {
    /// In order of steps.
    #[schema(value_type = BTreeMap<String, Vec<Vec<f64>>>)]
    pub series: BTreeMap<String, Vec<(i32, f64)>>,
}

/// Files by name.
#[derive(Serialize, ToSchema)]
pub struct Artifacts {
    /// By name.
    pub files: BTreeMap<String, ObjectRef>,
}

/// A project's models.
#[derive(Serialize, ToSchema)]
pub struct Models {
    /// Newest first.
    pub models: Vec<Model>,
}

/// How to use a promoted model.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct PromoteBody {
    /// The round that it is asked for.
    pub acquire: Wish,
}

/// A promoted model and the round that was asked for.
#[derive(Serialize, ToSchema)]
pub struct Promoted {
    /// The model.
    pub model: Model,
    /// The round.
    pub acquisition: Acquisition,
}

/// A project's rounds.
#[derive(Serialize, ToSchema)]
pub struct Acquisitions {
    /// Newest first.
    pub acquisitions: Vec<Acquisition>,
}

/// A round with the images it chose.
#[derive(Serialize, ToSchema)]
pub struct AcquisitionView {
    /// The round.
    #[serde(flatten)]
    pub acquisition: Acquisition,
    /// First to last.
    pub ranking: Vec<Chosen>,
}

/// A page of a project's rounds.
#[derive(Serialize, ToSchema)]
pub struct Rounds {
    /// Newest first.
    pub rounds: Vec<Round>,
    /// Pass as `before` for the next page; absent on the last.
    pub next: Option<i64>,
}

/// A round, and what its model had said of what was read.
#[derive(Serialize, ToSchema)]
pub struct RoundView {
    /// The round.
    #[serde(flatten)]
    pub round: Round,
    /// How far model and readers said the same; absent where the shipped model was asked, which proposes nothing.
    pub agreements: Option<Agreements>,
}

/// A page of a round's images.
#[derive(Serialize, ToSchema)]
pub struct RoundItems {
    /// First to last.
    pub items: Vec<RoundItem>,
    /// Pass as `after` for the next page; absent on the last.
    pub next: Option<i32>,
}

/// A page of a run's answers.
#[derive(Serialize, ToSchema)]
pub struct EvaluationCases {
    /// The worst first.
    pub cases: Vec<JudgedAnswer>,
    /// Pass as `after` for the next page; absent on the last.
    pub next: Option<i32>,
}

/// A page of the questions that two runs answered differently.
#[derive(Serialize, ToSchema)]
pub struct ChangedCases {
    /// The largest change first.
    pub cases: Vec<ChangedAnswer>,
    /// Pass as `after` for the next page; absent on the last.
    pub next: Option<i32>,
}

/// A page of the audit trail.
#[derive(Serialize, ToSchema)]
pub struct AuditPage {
    /// Oldest first.
    pub entries: Vec<crate::store::audit::Entry>,
}
