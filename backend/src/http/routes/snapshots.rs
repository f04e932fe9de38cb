//! Snapshots: cut, list, fetch, export, compare, describe.

use crate::http::dto::{ErrorBody, NewSnapshotBody, Snapshots};
use crate::http::error::Answer;
use crate::services::snapshots::{self, DatasheetFormat, Differences, Differing, ExportFormat};
use crate::services::{Actor, Hospital};
use crate::store::snapshots::Snapshot;
use actix_web::http::header::{self, ContentEncoding};
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use medreg_datasets::filter::Filter;
use medreg_datasets::ids::{Digest, ImageId, ProjectId};
use medreg_datasets::snapshot::Counts;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_snapshots)
        .service(cut_snapshot)
        .service(preview_snapshot)
        .service(get_snapshot)
        .service(snapshot_manifest)
        .service(snapshot_object)
        .service(export_snapshot)
        .service(snapshot_differences)
        .service(snapshot_datasheet)
        .service(snapshot_preferences);
}

/// A project's snapshots.
#[utoipa::path(tag = "snapshots", responses((status = 200, body = Snapshots)))]
#[get("/api/projects/{project}/snapshots")]
async fn list_snapshots(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
) -> Answer<Json<Snapshots>> {
    Ok(Json(Snapshots {
        snapshots: snapshots::list(&hospital, &actor, *project).await?,
    }))
}

/// Cuts a snapshot of what is submitted, as far as the filter takes it. 201 for a new one, 200 where nothing has changed since an earlier one.
#[utoipa::path(tag = "snapshots",
    responses((status = 201, body = Snapshot), (status = 200, body = Snapshot), (status = 422, body = ErrorBody)))]
#[post("/api/projects/{project}/snapshots")]
async fn cut_snapshot(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    body: Json<NewSnapshotBody>,
) -> Answer<HttpResponse> {
    let NewSnapshotBody { name, filter } = body.into_inner();
    let (snapshot, fresh) =
        snapshots::cut(&hospital, &actor, *project, name.as_deref(), filter).await?;
    Ok(if fresh {
        HttpResponse::Created().json(snapshot)
    } else {
        HttpResponse::Ok().json(snapshot)
    })
}

/// What a snapshot of what is submitted now would hold; nothing is cut.
#[utoipa::path(tag = "snapshots", responses((status = 200, body = Counts), (status = 422, body = ErrorBody)))]
#[post("/api/projects/{project}/snapshots/preview")]
async fn preview_snapshot(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    filter: Json<Filter>,
) -> Answer<Json<Counts>> {
    Ok(Json(
        snapshots::preview(&hospital, &actor, *project, &filter).await?,
    ))
}

/// One snapshot.
#[utoipa::path(tag = "snapshots", responses((status = 200, body = Snapshot)))]
#[get("/api/snapshots/{snapshot}")]
async fn get_snapshot(
    hospital: Data<Hospital>,
    actor: Actor,
    snapshot: Path<Digest>,
) -> Answer<Json<Snapshot>> {
    Ok(Json(
        snapshots::snapshot(&hospital, &actor, &snapshot).await?,
    ))
}

/// The manifest, byte for byte as it is hashed.
#[utoipa::path(tag = "snapshots", responses((status = 200, content_type = "application/json", body = String)))]
#[get("/api/snapshots/{snapshot}/manifest")]
async fn snapshot_manifest(
    hospital: Data<Hospital>,
    actor: Actor,
    snapshot: Path<Digest>,
) -> Answer<HttpResponse> {
    let manifest = snapshots::manifest_bytes(&hospital, &actor, &snapshot).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(manifest))
}

/// An object that the snapshot names.
#[utoipa::path(tag = "snapshots", responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>)))]
#[get("/api/snapshots/{snapshot}/objects/{object}")]
async fn snapshot_object(
    hospital: Data<Hospital>,
    actor: Actor,
    path: Path<(Digest, Digest)>,
) -> Answer<HttpResponse> {
    Ok(super::work::body(
        snapshots::object(&hospital, &actor, &path.0, &path.1).await?,
    ))
}

/// Has a browser save what it is sent, under the snapshot's name.
fn saved_as(snapshot: &Digest, ending: &str) -> (header::HeaderName, String) {
    let name = &snapshot.as_str()[..12];
    let told = format!("attachment; filename=\"medreg-{name}.{ending}\"");
    (header::CONTENT_DISPOSITION, told)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// The layout; medreginstruct unless told otherwise.
    format: Option<ExportFormat>,
}

/// The snapshot as a tar archive.
#[utoipa::path(tag = "snapshots", params(ExportQuery), responses((status = 200, content_type = "application/x-tar", body = Vec<u8>)))]
#[get("/api/snapshots/{snapshot}/export")]
async fn export_snapshot(
    hospital: Data<Hospital>,
    actor: Actor,
    snapshot: Path<Digest>,
    query: Query<ExportQuery>,
) -> Answer<HttpResponse> {
    let format = query.format.unwrap_or(ExportFormat::MedRegInstruct);
    let archive = snapshots::export(&hospital, &actor, &snapshot, format).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/x-tar")
        .insert_header(ContentEncoding::Identity)
        .insert_header(saved_as(&snapshot, "tar"))
        .streaming(archive))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DifferencesQuery {
    /// Only cases whose image comes after this one.
    #[param(value_type = Option<uuid::Uuid>)]
    after: Option<ImageId>,
    /// The most cases to tell of, 100 unless told otherwise and at most 500.
    limit: Option<i64>,
}

/// How another snapshot differs from this one: in its settings, in how many cases, and which, page by page.
#[utoipa::path(tag = "snapshots", params(DifferencesQuery), responses((status = 200, body = Differences)))]
#[get("/api/snapshots/{snapshot}/differences/{other}")]
async fn snapshot_differences(
    hospital: Data<Hospital>,
    actor: Actor,
    path: Path<(Digest, Digest)>,
    query: Query<DifferencesQuery>,
) -> Answer<Json<Differences>> {
    let told = Differing {
        after: query.after,
        limit: super::page_size(query.limit) as usize,
    };
    let pair = (&path.0, &path.1);
    Ok(Json(
        snapshots::compare(&hospital, &actor, pair, told).await?,
    ))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DatasheetQuery {
    /// How it is written; html unless told otherwise.
    format: Option<DatasheetFormat>,
}

/// The snapshot's datasheet: counts by split, modality, concept and reader, descriptions, origins, leakage.
#[utoipa::path(tag = "snapshots", params(DatasheetQuery), responses((status = 200, content_type = "text/html", body = String)))]
#[get("/api/snapshots/{snapshot}/datasheet")]
async fn snapshot_datasheet(
    hospital: Data<Hospital>,
    actor: Actor,
    snapshot: Path<Digest>,
    query: Query<DatasheetQuery>,
) -> Answer<HttpResponse> {
    let format = query.format.unwrap_or_default();
    let text = snapshots::datasheet(&hospital, &actor, &snapshot, format).await?;
    let (media_type, ending) = match format {
        DatasheetFormat::Html => ("text/html; charset=utf-8", "html"),
        DatasheetFormat::Markdown => ("text/markdown; charset=utf-8", "md"),
    };
    // Never shown in place: it holds words that people wrote.
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header(saved_as(&snapshot, ending))
        .body(text))
}

/// What readers changed of a model's suggestions, as JSON lines of a prompt, a better and a worse answer, for direct preference optimisation.
#[utoipa::path(tag = "snapshots", responses((status = 200, content_type = "application/x-ndjson", body = String)))]
#[get("/api/snapshots/{snapshot}/preferences")]
async fn snapshot_preferences(
    hospital: Data<Hospital>,
    actor: Actor,
    snapshot: Path<Digest>,
) -> Answer<HttpResponse> {
    let lines = snapshots::preferences(&hospital, &actor, &snapshot).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .insert_header(saved_as(&snapshot, "preferences.jsonl"))
        .streaming(lines))
}
