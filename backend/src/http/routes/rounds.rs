//! Rounds of active learning and what came of them; what readers did with suggestions.

use crate::http::dto::{RoundItems, RoundView, Rounds};
use crate::http::error::Answer;
use crate::services::feedback::{self, Feedback};
use crate::services::rounds::{self, LabelEfficiency};
use crate::services::{Actor, Hospital};
use crate::store::feedback::Wanted;
use actix_web::http::header;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get};
use medreg_datasets::ids::{AcquisitionId, ModelId, ProjectId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_rounds)
        .service(label_efficiency)
        .service(get_round)
        .service(round_items)
        .service(get_feedback)
        .service(feedback_table);
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RoundsQuery {
    /// Only rounds before the one of this number.
    before: Option<i64>,
    /// Rounds on the page, at most 500.
    limit: Option<i64>,
}

/// A page of a project's rounds with what came of each.
#[utoipa::path(tag = "rounds", params(RoundsQuery), responses((status = 200, body = Rounds)))]
#[get("/api/projects/{project}/rounds")]
async fn list_rounds(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    query: Query<RoundsQuery>,
) -> Answer<Json<Rounds>> {
    let limit = super::page_size(query.limit);
    let page = (query.before, limit);
    let rounds = rounds::list(&hospital, &actor, *project, page).await?;
    let next = rounds.last().map(|round| round.number);
    let next = next.filter(|number| *number > 1);
    Ok(Json(Rounds { rounds, next }))
}

/// What labels bought in a project, round by round, and whether another round is worth it.
#[utoipa::path(tag = "rounds", responses((status = 200, body = LabelEfficiency)))]
#[get("/api/projects/{project}/rounds/efficiency")]
async fn label_efficiency(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
) -> Answer<Json<LabelEfficiency>> {
    Ok(Json(
        rounds::label_efficiency(&hospital, &actor, *project).await?,
    ))
}

/// One round with what came of it.
#[utoipa::path(tag = "rounds", responses((status = 200, body = RoundView)))]
#[get("/api/rounds/{acquisition}")]
async fn get_round(
    hospital: Data<Hospital>,
    actor: Actor,
    acquisition: Path<AcquisitionId>,
) -> Answer<Json<RoundView>> {
    let (round, agreements) = rounds::round(&hospital, &actor, *acquisition).await?;
    Ok(Json(RoundView { round, agreements }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ItemsQuery {
    /// Only images after this rank.
    after: Option<i32>,
    /// Images on the page, at most 500.
    limit: Option<i64>,
}

/// A page of a round's images, first to last, with what was read of each.
#[utoipa::path(tag = "rounds", params(ItemsQuery), responses((status = 200, body = RoundItems)))]
#[get("/api/rounds/{acquisition}/items")]
async fn round_items(
    hospital: Data<Hospital>,
    actor: Actor,
    acquisition: Path<AcquisitionId>,
    query: Query<ItemsQuery>,
) -> Answer<Json<RoundItems>> {
    let limit = super::page_size(query.limit);
    let page = (query.after.unwrap_or(0), limit);
    let items = rounds::items(&hospital, &actor, *acquisition, page).await?;
    let full = items.len() as i64 == limit;
    let next = items.last().map(|item| item.rank).filter(|_| full);
    Ok(Json(RoundItems { items, next }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FeedbackQuery {
    /// Only cases submitted on this day or later, such as 2026-11-28, in UTC.
    from: Option<String>,
    /// Only cases submitted on this day or before.
    until: Option<String>,
    /// Only cases on which this model had proposed regions.
    #[param(value_type = Option<uuid::Uuid>)]
    model: Option<ModelId>,
}

impl From<FeedbackQuery> for Wanted {
    fn from(query: FeedbackQuery) -> Self {
        Self {
            from: query.from,
            until: query.until,
            model: query.model,
        }
    }
}

/// What readers did with suggestions, and what suggestions did to readers.
#[utoipa::path(tag = "rounds", params(FeedbackQuery), responses((status = 200, body = Feedback)))]
#[get("/api/projects/{project}/feedback")]
async fn get_feedback(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    query: Query<FeedbackQuery>,
) -> Answer<Json<Feedback>> {
    let wanted = query.into_inner().into();
    Ok(Json(
        feedback::feedback(&hospital, &actor, *project, &wanted).await?,
    ))
}

/// The same case by case, as comma-separated values.
#[utoipa::path(tag = "rounds", params(FeedbackQuery), responses((status = 200, content_type = "text/csv", body = String)))]
#[get("/api/projects/{project}/feedback/cases")]
async fn feedback_table(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    query: Query<FeedbackQuery>,
) -> Answer<HttpResponse> {
    let wanted = query.into_inner().into();
    let table = feedback::table(&hospital, &actor, *project, &wanted).await?;
    let saved = "attachment; filename=\"feedback.csv\"";
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, saved))
        .body(table))
}
