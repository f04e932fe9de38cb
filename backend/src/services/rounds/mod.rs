//! Rounds of active learning as things to look at: what each asked for, what was read of it and at which cost, and what that bought.

mod advice;
mod agreement;
mod answers;

pub use advice::{Advice, Judgement, Measure};
pub use agreement::{Agreement, Agreements};

use super::access::{self, Permission};
use super::{Actor, Hospital, Outcome, ServiceError};
use crate::store::acquisitions;
use crate::store::rounds::{self, Round, RoundItem, ScoredRun, Wanted};
use medreg_datasets::ids::{AcquisitionId, ModelId, ProjectId, RunId};
use medreg_datasets::protocol::ModelRef;
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

/// The most rounds that one curve is drawn through, the newest.
const MOST_ROUNDS: i64 = 100;

/// A page of a project's rounds, newest first, before the one of this number.
pub async fn list(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    (before, limit): (Option<i64>, i64),
) -> Outcome<Vec<Round>> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, project, Permission::Train).await?;
    let page = Wanted::Page {
        project,
        before,
        limit,
    };
    Ok(rounds::rounds(&mut conn, page).await?)
}

/// One round and what its model had said of what was read.
pub async fn round(
    hospital: &Hospital,
    actor: &Actor,
    id: AcquisitionId,
) -> Outcome<(Round, Option<Agreements>)> {
    let mut conn = hospital.pool.acquire().await?;
    permitted(&mut conn, actor, id).await?;
    let found = rounds::rounds(&mut conn, Wanted::One(id)).await?.pop();
    let found = found.ok_or(ServiceError::NotFound("acquisition"))?;
    let agreements = agreement::of_round(&mut conn, &found.acquisition).await?;
    Ok((found, agreements))
}

/// A page of a round's images, first to last, after the rank `after`.
pub async fn items(
    hospital: &Hospital,
    actor: &Actor,
    id: AcquisitionId,
    (after, limit): (i32, i64),
) -> Outcome<Vec<RoundItem>> {
    let mut conn = hospital.pool.acquire().await?;
    permitted(&mut conn, actor, id).await?;
    Ok(rounds::items(&mut conn, id, after, limit).await?)
}

async fn permitted(conn: &mut PgConnection, actor: &Actor, id: AcquisitionId) -> Outcome<()> {
    let missing = || ServiceError::NotFound("acquisition");
    let found = acquisitions::acquisition(conn, id).await?;
    let found = found.ok_or_else(missing)?;
    match access::project(conn, actor, found.project_id, Permission::Train).await {
        Err(ServiceError::NotFound(_)) => Err(missing()),
        other => other.map(|_| ()),
    }
}

/// One point of the label-efficiency curve: a scored run.
#[derive(Debug, Serialize, ToSchema)]
pub struct EfficiencyPoint {
    /// The run, how much it learnt from, and its scores.
    #[serde(flatten)]
    pub scored: ScoredRun,
    /// The numbers of the rounds whose result it is; none where it is the model with which the first round began.
    pub rounds: Vec<i64>,
}

/// What one round's model had said of the images, beside what readers then said of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoundAgreement {
    /// The round's number.
    pub number: i64,
    /// The round.
    #[schema(value_type = Uuid)]
    pub round: AcquisitionId,
    /// What was counted.
    #[serde(flatten)]
    pub agreements: Agreements,
}

/// What labels bought, round by round.
#[derive(Debug, Serialize, ToSchema)]
pub struct LabelEfficiency {
    /// Scored runs in the order in which they were launched: the model that the first round asked, and each round's result.
    pub points: Vec<EfficiencyPoint>,
    /// Rounds of a published model, oldest first. Of images drawn by chance this tells how good the model was on what was still unread; of
    /// the chosen ones, how hard the choice was.
    pub agreements: Vec<RoundAgreement>,
    /// Whether another round is worth it, by each measure.
    pub advice: Vec<Advice>,
}

/// What labels bought in a project.
pub async fn label_efficiency(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
) -> Outcome<LabelEfficiency> {
    let page = (None, MOST_ROUNDS);
    let mut found = list(hospital, actor, project, page).await?;
    found.reverse();
    let mut conn = hospital.pool.acquire().await?;
    let points = points(&mut conn, &found).await?;
    let mut agreements = Vec::new();
    for round in &found {
        if let Some(counted) = agreement::of_round(&mut conn, &round.acquisition).await? {
            agreements.push(RoundAgreement {
                number: round.number,
                round: round.acquisition.id,
                agreements: counted,
            });
        }
    }
    drop(conn);
    let advice = advice::advise(hospital, &points).await?;
    Ok(LabelEfficiency {
        points,
        agreements,
        advice,
    })
}

async fn points(conn: &mut PgConnection, found: &[Round]) -> Outcome<Vec<EfficiencyPoint>> {
    let results = found
        .iter()
        .filter_map(|r| Some(r.result.as_ref()?.scored.run));
    let mut runs: Vec<RunId> = results.collect();
    let asked = found.iter().find_map(|r| asked_model(&r.acquisition.model));
    runs.extend(rounds::runs_of_models(conn, asked.as_slice()).await?);
    let scored = rounds::scored_runs(conn, &runs).await?;
    let of = |run: RunId| {
        let its = |r: &&Round| {
            r.result
                .as_ref()
                .is_some_and(|found| found.scored.run == run)
        };
        found.iter().filter(its).map(|r| r.number).collect()
    };
    let point = |scored: ScoredRun| EfficiencyPoint {
        rounds: of(scored.run),
        scored,
    };
    Ok(scored.into_iter().map(point).collect())
}

/// The model of this project that a round asked, where it did not ask the shipped one.
fn asked_model(model: &ModelRef) -> Option<ModelId> {
    match model {
        ModelRef::Published { id } => Some(*id),
        ModelRef::Builtin { .. } => None,
    }
}
