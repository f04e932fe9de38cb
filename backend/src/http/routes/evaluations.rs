//! What models do on patients that they did not learn from.

use crate::http::dto::{ChangedCases, EvaluationCases};
use crate::http::error::Answer;
use crate::services::evaluations::{self, EvaluationView, Leaderboard, RunDifference};
use crate::services::{Actor, Hospital};
use crate::store::predictions::{AnswerChange, Pair, Wanted};
use actix_web::get;
use actix_web::web::{Data, Json, Path, Query};
use medreg_datasets::ids::{Digest, ProjectId, RunId};
use medreg_datasets::judging::Fault;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_evaluations)
        .service(get_evaluation)
        .service(evaluation_cases)
        .service(evaluation_difference)
        .service(changed_cases);
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LeaderboardQuery {
    /// Only runs on this snapshot.
    #[param(value_type = Option<String>)]
    snapshot: Option<Digest>,
}

/// A project's runs on their test splits, beside one another.
#[utoipa::path(tag = "evaluations", params(LeaderboardQuery), responses((status = 200, body = Leaderboard)))]
#[get("/api/projects/{project}/evaluations")]
async fn list_evaluations(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    query: Query<LeaderboardQuery>,
) -> Answer<Json<Leaderboard>> {
    let snapshot = query.snapshot.as_ref();
    Ok(Json(
        evaluations::leaderboard(&hospital, &actor, *project, snapshot).await?,
    ))
}

/// A run's scores, those of parts of the data, and which concept was taken for which.
#[utoipa::path(tag = "evaluations", responses((status = 200, body = EvaluationView)))]
#[get("/api/runs/{run}/evaluation")]
async fn get_evaluation(
    hospital: Data<Hospital>,
    actor: Actor,
    run: Path<RunId>,
) -> Answer<Json<EvaluationView>> {
    Ok(Json(
        evaluations::evaluation(&hospital, &actor, *run).await?,
    ))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CasesQuery {
    /// Only answers with this fault.
    filter: Option<Fault>,
    /// Only answers about this concept.
    concept: Option<String>,
    /// Only answers that name this concept; empty for those whose words are no concept's name.
    named: Option<String>,
    /// Only answers on pictures of this kind.
    modality: Option<String>,
    /// Only answers in this language.
    lang: Option<String>,
    /// The line after which the page begins.
    after: Option<i32>,
    /// Answers on the page, at most 500.
    limit: Option<i64>,
}

/// A page of a run's answers, the worst first; without those on images that were withheld.
#[utoipa::path(tag = "evaluations", params(CasesQuery), responses((status = 200, body = EvaluationCases)))]
#[get("/api/runs/{run}/evaluation/cases")]
async fn evaluation_cases(
    hospital: Data<Hospital>,
    actor: Actor,
    run: Path<RunId>,
    query: Query<CasesQuery>,
) -> Answer<Json<EvaluationCases>> {
    let limit = super::page_size(query.limit);
    let named = query.named.as_deref();
    let wanted = Wanted {
        fault: query.filter,
        concept: query.concept.as_deref(),
        named: named.filter(|key| !key.is_empty()),
        other: named == Some(""),
        modality: query.modality.as_deref(),
        lang: query.lang.as_deref(),
        after: query.after,
    };
    let cases = evaluations::cases(&hospital, &actor, *run, &wanted, limit).await?;
    let full = cases.len() as i64 == limit;
    let next = cases.last().map(|case| case.line).filter(|_| full);
    Ok(Json(EvaluationCases { cases, next }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PairQuery {
    /// The first run.
    #[param(value_type = uuid::Uuid)]
    a: RunId,
    /// The second, held against it.
    #[param(value_type = uuid::Uuid)]
    b: RunId,
}

/// Two runs of a project on the questions that both were asked.
#[utoipa::path(tag = "evaluations", params(PairQuery), responses((status = 200, body = RunDifference)))]
#[get("/api/evaluations/diff")]
async fn evaluation_difference(
    hospital: Data<Hospital>,
    actor: Actor,
    query: Query<PairQuery>,
) -> Answer<Json<RunDifference>> {
    let pair = Pair {
        a: query.a,
        b: query.b,
    };
    Ok(Json(
        evaluations::run_difference(&hospital, &actor, pair).await?,
    ))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ChangedQuery {
    /// The first run.
    #[param(value_type = uuid::Uuid)]
    a: RunId,
    /// The second, held against it.
    #[param(value_type = uuid::Uuid)]
    b: RunId,
    /// Only answers that changed this way.
    change: Option<AnswerChange>,
    /// The first run's line after which the page begins.
    after: Option<i32>,
    /// Answers on the page, at most 500.
    limit: Option<i64>,
}

/// A page of the questions that two runs answered differently, the largest change first.
#[utoipa::path(tag = "evaluations", params(ChangedQuery), responses((status = 200, body = ChangedCases)))]
#[get("/api/evaluations/diff/cases")]
async fn changed_cases(
    hospital: Data<Hospital>,
    actor: Actor,
    query: Query<ChangedQuery>,
) -> Answer<Json<ChangedCases>> {
    let limit = super::page_size(query.limit);
    let (pair, page) = (
        Pair {
            a: query.a,
            b: query.b,
        },
        (query.after, limit),
    );
    let cases = evaluations::changed_cases(&hospital, &actor, pair, query.change, page).await?;
    let full = cases.len() as i64 == limit;
    let next = cases.last().map(|case| case.a.line).filter(|_| full);
    Ok(Json(ChangedCases { cases, next }))
}
