//! What workers ask and report. The gate lets tokens of scope `worker` in, and nobody else.

use crate::http::error::Answer;
use crate::http::extract::Worker;
use crate::services::runs::Body;
use crate::services::{Hospital, ServiceError, work};
use crate::store::runs::Model;
use actix_web::body::SizedStream;
use actix_web::http::header::ContentEncoding;
use actix_web::web::{Data, Json, Path, Payload, Query};
use actix_web::{HttpResponse, get, post, put};
use futures::TryStreamExt;
use medreg_datasets::ids::{AcquisitionId, Digest, ImageId, ModelId, RunId};
use medreg_datasets::protocol::{
    Claim, Fail, FinishAcquisition, FinishRun, Heartbeat, HeartbeatReply, Metrics, PoolPage,
    Predictions, RunStanding, WorkItem,
};
use medreg_datasets::snapshot::ObjectRef;
use serde::Deserialize;
use std::io;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(claim_work);
    config
        .service(run_heartbeat)
        .service(run_standing)
        .service(put_metrics)
        .service(put_artifact)
        .service(finish_run)
        .service(fail_run);
    config
        .service(worker_manifest)
        .service(worker_snapshot_object)
        .service(worker_model_file);
    config
        .service(round_heartbeat)
        .service(get_pool)
        .service(worker_pool_object)
        .service(put_predictions)
        .service(finish_round)
        .service(fail_round);
}

/// An object on its way out, piece by piece; never shown inline.
pub(super) fn body((length, bytes): Body) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header(("Content-Disposition", "attachment"))
        .insert_header(ContentEncoding::Identity)
        .body(SizedStream::new(length, bytes))
}

/// Asks for something to do; 204 where there is nothing.
#[utoipa::path(tag = "worker", responses((status = 200, body = WorkItem), (status = 204)))]
#[post("/api/worker/claim")]
async fn claim_work(
    hospital: Data<Hospital>,
    _worker: Worker,
    body: Json<Claim>,
) -> Answer<HttpResponse> {
    let item = work::claim(&hospital, &body).await?;
    Ok(item.map_or_else(
        || HttpResponse::NoContent().finish(),
        |item| HttpResponse::Ok().json(item),
    ))
}

/// Still at it.
#[utoipa::path(tag = "worker", responses((status = 200, body = HeartbeatReply)))]
#[post("/api/worker/runs/{run}/heartbeat")]
async fn run_heartbeat(
    hospital: Data<Hospital>,
    _worker: Worker,
    run: Path<RunId>,
    body: Json<Heartbeat>,
) -> Answer<Json<HeartbeatReply>> {
    Ok(Json(work::run_heartbeat(&hospital, *run, &body).await?))
}

/// What became of a run.
#[utoipa::path(tag = "worker", responses((status = 200, body = RunStanding)))]
#[get("/api/worker/runs/{run}")]
async fn run_standing(
    hospital: Data<Hospital>,
    _worker: Worker,
    run: Path<RunId>,
) -> Answer<Json<RunStanding>> {
    Ok(Json(work::run_standing(&hospital, *run).await?))
}

/// Measured values.
#[utoipa::path(tag = "worker", responses((status = 204)))]
#[post("/api/worker/runs/{run}/metrics")]
async fn put_metrics(
    hospital: Data<Hospital>,
    _worker: Worker,
    run: Path<RunId>,
    body: Json<Metrics>,
) -> Answer<HttpResponse> {
    work::metrics(&hospital, *run, &body).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ArtifactQuery {
    /// The hand-out's number.
    attempt: i32,
}

/// An artifact's bytes.
#[utoipa::path(tag = "worker", params(ArtifactQuery), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = ObjectRef)))]
#[put("/api/worker/runs/{run}/artifacts/{name}")]
async fn put_artifact(
    hospital: Data<Hospital>,
    _worker: Worker,
    path: Path<(RunId, String)>,
    query: Query<ArtifactQuery>,
    bytes: Payload,
) -> Answer<Json<ObjectRef>> {
    let bytes = Box::pin(bytes.map_err(io::Error::other));
    Ok(Json(
        work::put_artifact(&hospital, path.0, query.attempt, &path.1, bytes).await?,
    ))
}

/// Done: publishes the model.
#[utoipa::path(tag = "worker", responses((status = 200, body = Model)))]
#[post("/api/worker/runs/{run}/finish")]
async fn finish_run(
    hospital: Data<Hospital>,
    worker: Worker,
    run: Path<RunId>,
    body: Json<FinishRun>,
) -> Answer<Json<Model>> {
    Ok(Json(
        work::finish_run(&hospital, &worker.0, *run, &body).await?,
    ))
}

/// Cannot be done.
#[utoipa::path(tag = "worker", responses((status = 204)))]
#[post("/api/worker/runs/{run}/fail")]
async fn fail_run(
    hospital: Data<Hospital>,
    worker: Worker,
    run: Path<RunId>,
    body: Json<Fail>,
) -> Answer<HttpResponse> {
    work::fail_run(&hospital, &worker.0, *run, &body).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A snapshot's manifest, byte for byte.
#[utoipa::path(tag = "worker", responses((status = 200, content_type = "application/json", body = String)))]
#[get("/api/worker/snapshots/{snapshot}/manifest")]
async fn worker_manifest(
    hospital: Data<Hospital>,
    _worker: Worker,
    snapshot: Path<Digest>,
) -> Answer<HttpResponse> {
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(work::manifest(&hospital, &snapshot).await?))
}

/// An object that a snapshot names.
#[utoipa::path(tag = "worker",
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>)))]
#[get("/api/worker/snapshots/{snapshot}/objects/{object}")]
async fn worker_snapshot_object(
    hospital: Data<Hospital>,
    _worker: Worker,
    path: Path<(Digest, Digest)>,
) -> Answer<HttpResponse> {
    Ok(body(
        work::snapshot_object(&hospital, &path.0, &path.1).await?,
    ))
}

/// One of a published model's files.
#[utoipa::path(tag = "worker", responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>)))]
#[get("/api/worker/models/{model}/files/{name}")]
async fn worker_model_file(
    hospital: Data<Hospital>,
    _worker: Worker,
    path: Path<(ModelId, String)>,
) -> Answer<HttpResponse> {
    Ok(body(work::model_file(&hospital, path.0, &path.1).await?))
}

/// Still at it.
#[utoipa::path(tag = "worker", responses((status = 200, body = HeartbeatReply)))]
#[post("/api/worker/acquisitions/{acquisition}/heartbeat")]
async fn round_heartbeat(
    hospital: Data<Hospital>,
    _worker: Worker,
    acquisition: Path<AcquisitionId>,
    body: Json<Heartbeat>,
) -> Answer<Json<HeartbeatReply>> {
    Ok(Json(
        work::round_heartbeat(&hospital, *acquisition, &body).await?,
    ))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PoolQuery {
    /// The image after which the page begins.
    #[param(value_type = Option<uuid::Uuid>)]
    after: Option<ImageId>,
    /// Images on the page, at most 500.
    limit: Option<i64>,
}

/// A page of the images a round looks at.
#[utoipa::path(tag = "worker", params(PoolQuery), responses((status = 200, body = PoolPage)))]
#[get("/api/worker/acquisitions/{acquisition}/pool")]
async fn get_pool(
    hospital: Data<Hospital>,
    _worker: Worker,
    acquisition: Path<AcquisitionId>,
    query: Query<PoolQuery>,
) -> Answer<Json<PoolPage>> {
    Ok(Json(
        work::pool(
            &hospital,
            *acquisition,
            query.after,
            super::page_size(query.limit),
        )
        .await?,
    ))
}

/// A raster of the round's pool.
#[utoipa::path(tag = "worker", responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>)))]
#[get("/api/worker/acquisitions/{acquisition}/objects/{object}")]
async fn worker_pool_object(
    hospital: Data<Hospital>,
    _worker: Worker,
    path: Path<(AcquisitionId, Digest)>,
) -> Answer<HttpResponse> {
    Ok(body(work::pool_object(&hospital, path.0, &path.1).await?))
}

/// What a published model proposes.
#[utoipa::path(tag = "worker", responses((status = 204)))]
#[post("/api/worker/acquisitions/{acquisition}/predictions")]
async fn put_predictions(
    hospital: Data<Hospital>,
    _worker: Worker,
    acquisition: Path<AcquisitionId>,
    body: Json<Predictions>,
) -> Answer<HttpResponse> {
    work::predictions(&hospital, *acquisition, &body).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Done: the chosen images, first to last.
#[utoipa::path(tag = "worker", responses((status = 204)))]
#[post("/api/worker/acquisitions/{acquisition}/finish")]
async fn finish_round(
    hospital: Data<Hospital>,
    worker: Worker,
    acquisition: Path<AcquisitionId>,
    body: Json<FinishAcquisition>,
) -> Answer<HttpResponse> {
    work::finish_round(&hospital, &worker.0, *acquisition, &body).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Cannot be done.
#[utoipa::path(tag = "worker", responses((status = 204)))]
#[post("/api/worker/acquisitions/{acquisition}/fail")]
async fn fail_round(
    hospital: Data<Hospital>,
    worker: Worker,
    acquisition: Path<AcquisitionId>,
    body: Json<Fail>,
) -> Answer<HttpResponse> {
    if body.reason.trim().is_empty() {
        return Err(ServiceError::invalid("reason", "say what was wrong").into());
    }
    work::fail_round(&hospital, &worker.0, *acquisition, &body).await?;
    Ok(HttpResponse::NoContent().finish())
}
