//! Reading cases: leases, revisions, submitting.

use crate::http::dto::{
    Annotations, ErrorBody, Flags, NextCase, Revisions, Save, Submit, Upcoming,
};
use crate::http::error::Answer;
use crate::services::cases::{self, Case};
use crate::services::lint::{self, Described};
use crate::services::{Actor, Hospital, annotations};
use crate::store::annotations::Annotation;
use crate::store::cases::Lease;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, delete, get, post, put};
use medreg_datasets::ids::{AnnotationId, ImageId, LeaseId, ProjectId};
use medreg_datasets::snapshot::Split;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(next_case)
        .service(upcoming_case)
        .service(open_case)
        .service(renew_lease)
        .service(give_back);
    config
        .service(my_annotation)
        .service(save_annotation)
        .service(submit_annotation)
        .service(lint_described)
        .service(annotations_of_image)
        .service(list_revisions);
}

/// The next case for the caller; 204 where all are done.
#[utoipa::path(tag = "cases", responses((status = 200, body = Case), (status = 204)))]
#[post("/api/projects/{project}/cases/next")]
async fn next_case(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    body: Json<NextCase>,
) -> Answer<HttpResponse> {
    let case = cases::next(&hospital, &actor, *project, body.split).await?;
    Ok(case.map_or_else(
        || HttpResponse::NoContent().finish(),
        |case| HttpResponse::Ok().json(case),
    ))
}

/// Which cases are meant.
#[derive(Deserialize, IntoParams)]
struct UpcomingQuery {
    /// Only patients of this split.
    split: Option<Split>,
}

/// The image that the caller would get next, so that its pixels can be fetched ahead; nothing is held. 204 where there is none.
#[utoipa::path(tag = "cases", params(UpcomingQuery), responses((status = 200, body = Upcoming), (status = 204)))]
#[get("/api/projects/{project}/cases/upcoming")]
async fn upcoming_case(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    query: Query<UpcomingQuery>,
) -> Answer<HttpResponse> {
    let image = cases::upcoming(&hospital, &actor, *project, query.split).await?;
    Ok(image.map_or_else(
        || HttpResponse::NoContent().finish(),
        |image| HttpResponse::Ok().json(Upcoming { image }),
    ))
}

/// Opens a given case; 409 where somebody else has it.
#[utoipa::path(tag = "cases", responses((status = 200, body = Case), (status = 409, body = ErrorBody)))]
#[post("/api/images/{image}/lease")]
async fn open_case(
    hospital: Data<Hospital>,
    actor: Actor,
    image: Path<ImageId>,
) -> Answer<Json<Case>> {
    Ok(Json(cases::open(&hospital, &actor, *image).await?))
}

/// Keeps a case for another quarter of an hour.
#[utoipa::path(tag = "cases", responses((status = 200, body = Lease)))]
#[put("/api/leases/{lease}")]
async fn renew_lease(
    hospital: Data<Hospital>,
    actor: Actor,
    lease: Path<LeaseId>,
) -> Answer<Json<Lease>> {
    Ok(Json(cases::renew(&hospital, &actor, *lease).await?))
}

/// Gives a case back unfinished.
#[utoipa::path(tag = "cases", responses((status = 204)))]
#[delete("/api/leases/{lease}")]
async fn give_back(
    hospital: Data<Hospital>,
    actor: Actor,
    lease: Path<LeaseId>,
) -> Answer<HttpResponse> {
    cases::give_back(&hospital, &actor, *lease).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What the caller made of an image so far.
#[utoipa::path(tag = "cases", responses((status = 200, body = Annotation)))]
#[get("/api/images/{image}/annotation")]
async fn my_annotation(
    hospital: Data<Hospital>,
    actor: Actor,
    image: Path<ImageId>,
) -> Answer<Json<Annotation>> {
    Ok(Json(annotations::mine(&hospital, &actor, *image).await?))
}

/// Saves a revision; 409 with the latest one where the caller's is based on an older.
#[utoipa::path(tag = "cases", responses((status = 200, body = Annotation), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
#[put("/api/images/{image}/annotation")]
async fn save_annotation(
    hospital: Data<Hospital>,
    actor: Actor,
    image: Path<ImageId>,
    body: Json<Save>,
) -> Answer<Json<Annotation>> {
    Ok(Json(
        annotations::save(&hospital, &actor, *image, body.based_on, &body.content).await?,
    ))
}

/// Submits the latest revision as finished.
#[utoipa::path(tag = "cases", responses((status = 200, body = Annotation), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
#[post("/api/images/{image}/annotation/submit")]
async fn submit_annotation(
    hospital: Data<Hospital>,
    actor: Actor,
    image: Path<ImageId>,
    body: Json<Submit>,
) -> Answer<Json<Annotation>> {
    Ok(Json(
        annotations::submit(
            &hospital,
            &actor,
            *image,
            body.revision,
            body.active_seconds,
        )
        .await?,
    ))
}

/// Whether descriptions say the same, and what the region's concept, presence and box say. Nothing is kept.
#[utoipa::path(tag = "cases", responses((status = 200, body = Flags), (status = 400, body = ErrorBody)))]
#[post("/api/images/{image}/lint")]
async fn lint_described(
    hospital: Data<Hospital>,
    actor: Actor,
    image: Path<ImageId>,
    body: Json<Described>,
) -> Answer<Json<Flags>> {
    Ok(Json(Flags {
        flags: lint::check(&hospital, &actor, *image, body.into_inner()).await?,
    }))
}

/// What every reader made of an image.
#[utoipa::path(tag = "cases", responses((status = 200, body = Annotations)))]
#[get("/api/images/{image}/annotations")]
async fn annotations_of_image(
    hospital: Data<Hospital>,
    actor: Actor,
    image: Path<ImageId>,
) -> Answer<Json<Annotations>> {
    Ok(Json(Annotations {
        annotations: annotations::of_image(&hospital, &actor, *image).await?,
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RevisionsQuery {
    /// The revision after which the page begins.
    after: Option<i64>,
    /// Revisions on the page, at most 50; 20 where nothing is said.
    limit: Option<i64>,
}

/// The number of revisions on a page. Fewer than rows elsewhere: one may be as large as a request's body.
fn revisions_page(asked: Option<i64>) -> i64 {
    asked.unwrap_or(20).clamp(1, 50)
}

/// A page of an annotation's saved states.
#[utoipa::path(tag = "cases", params(RevisionsQuery), responses((status = 200, body = Revisions)))]
#[get("/api/annotations/{annotation}/revisions")]
async fn list_revisions(
    hospital: Data<Hospital>,
    actor: Actor,
    annotation: Path<AnnotationId>,
    query: Query<RevisionsQuery>,
) -> Answer<Json<Revisions>> {
    let page = (query.after.unwrap_or(0), revisions_page(query.limit));
    Ok(Json(Revisions {
        revisions: annotations::revisions(&hospital, &actor, *annotation, page).await?,
    }))
}
