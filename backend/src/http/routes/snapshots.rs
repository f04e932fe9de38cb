//! Snapshots: cut, list, fetch, export.

use crate::http::dto::{ErrorBody, NewSnapshotBody, Snapshots};
use crate::http::error::Answer;
use crate::services::snapshots::{self, ExportFormat};
use crate::services::{Actor, Hospital};
use crate::store::snapshots::Snapshot;
use actix_web::http::header::{self, ContentEncoding};
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use medreg_datasets::ids::{Digest, ProjectId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_snapshots)
        .service(cut_snapshot)
        .service(get_snapshot)
        .service(snapshot_manifest)
        .service(snapshot_object)
        .service(export_snapshot);
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

/// Cuts a snapshot of everything submitted. 201 for a new one, 200 where nothing has changed since an earlier one.
#[utoipa::path(tag = "snapshots",
    responses((status = 201, body = Snapshot), (status = 200, body = Snapshot), (status = 422, body = ErrorBody)))]
#[post("/api/projects/{project}/snapshots")]
async fn cut_snapshot(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    body: Json<NewSnapshotBody>,
) -> Answer<HttpResponse> {
    let (snapshot, fresh) =
        snapshots::cut(&hospital, &actor, *project, body.name.as_deref()).await?;
    Ok(if fresh {
        HttpResponse::Created().json(snapshot)
    } else {
        HttpResponse::Ok().json(snapshot)
    })
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
    let name = format!(
        "attachment; filename=\"medreg-{}.tar\"",
        &snapshot.as_str()[..12]
    );
    Ok(HttpResponse::Ok()
        .content_type("application/x-tar")
        .insert_header(ContentEncoding::Identity)
        .insert_header((header::CONTENT_DISPOSITION, name))
        .streaming(archive))
}
