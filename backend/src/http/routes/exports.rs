//! Snapshots as files: asked for, watched, fetched in pieces.

use crate::http::dto::{ErrorBody, Exports};
use crate::http::error::Answer;
use crate::services::snapshots::ExportFormat;
use crate::services::{Actor, Hospital, exports};
use crate::store::exports::{Export, ExportState};
use actix_web::body::SizedStream;
use actix_web::http::header::{
    ByteRangeSpec, ContentEncoding, ContentRange, ContentRangeSpec, ETag, EntityTag, Header,
    IfRange, Range,
};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use medreg_datasets::ids::Digest;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_exports)
        .service(ask_for_export)
        .service(delete_export)
        .service(export_file);
}

/// The files that were asked for of a snapshot.
#[utoipa::path(tag = "snapshots", responses((status = 200, body = Exports)))]
#[get("/api/snapshots/{snapshot}/exports")]
async fn list_exports(
    hospital: Data<Hospital>,
    actor: Actor,
    snapshot: Path<Digest>,
) -> Answer<Json<Exports>> {
    Ok(Json(Exports {
        exports: exports::list(&hospital, &actor, &snapshot).await?,
    }))
}

/// Has a snapshot written out in a layout. 200 where that is done, 202 where it waits or is at it.
#[utoipa::path(tag = "snapshots",
    responses((status = 200, body = Export), (status = 202, body = Export), (status = 403, body = ErrorBody)))]
#[put("/api/snapshots/{snapshot}/exports/{format}")]
async fn ask_for_export(
    hospital: Data<Hospital>,
    actor: Actor,
    path: Path<(Digest, ExportFormat)>,
) -> Answer<HttpResponse> {
    let export = exports::ask(&hospital, &actor, &path.0, path.1).await?;
    Ok(match export.state {
        ExportState::Finished => HttpResponse::Ok().json(export),
        _ => HttpResponse::Accepted().json(export),
    })
}

/// Deletes a file of a snapshot, or gives up writing it. It can be asked for again.
#[utoipa::path(tag = "snapshots", responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
#[delete("/api/snapshots/{snapshot}/exports/{format}")]
async fn delete_export(
    hospital: Data<Hospital>,
    actor: Actor,
    path: Path<(Digest, ExportFormat)>,
) -> Answer<HttpResponse> {
    exports::delete(&hospital, &actor, &path.0, path.1).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The finished file, or the part of it that the header Range names; of several parts the first.
#[utoipa::path(tag = "snapshots", responses(
    (status = 200, content_type = "application/x-tar", body = Vec<u8>),
    (status = 206, content_type = "application/x-tar", body = Vec<u8>), (status = 404, body = ErrorBody), (status = 416)))]
#[get("/api/snapshots/{snapshot}/exports/{format}/file")]
async fn export_file(
    hospital: Data<Hospital>,
    actor: Actor,
    path: Path<(Digest, ExportFormat)>,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let file = exports::file(&hospital, &actor, &path.0, path.1).await?;
    let tag = EntityTag::new_strong(file.sha256.to_string());
    let range = |part| {
        ContentRange(ContentRangeSpec::Bytes {
            range: part,
            instance_length: Some(file.bytes),
        })
    };
    let (mut answer, part) = match asked_part(&request, &tag, file.bytes) {
        Asked::Whole => (HttpResponse::Ok(), None),
        Asked::Part(first, last) => {
            let mut answer = HttpResponse::PartialContent();
            answer.insert_header(range(Some((first, last))));
            (answer, Some(first..last + 1))
        }
        Asked::Nothing => {
            return Ok(HttpResponse::RangeNotSatisfiable()
                .insert_header(range(None))
                .finish());
        }
    };
    let (length, bytes) = exports::bytes(&hospital, &file, part).await?;
    let name = format!(
        "attachment; filename=\"medreg-{}-{}.tar\"",
        &path.0.as_str()[..12],
        path.1.name()
    );
    Ok(answer
        .content_type("application/x-tar")
        .insert_header(("Content-Disposition", name))
        .insert_header(ContentEncoding::Identity)
        .insert_header(("Accept-Ranges", "bytes"))
        .insert_header(ETag(tag))
        .body(SizedStream::new(length, bytes)))
}

enum Asked {
    Whole,
    /// From the first byte to the last, both in it.
    Part(u64, u64),
    /// A part that begins after the end.
    Nothing,
}

/// RFC 9110 section 14.2; a header that cannot be understood is as none, and so is one for another file.
fn asked_part(request: &HttpRequest, tag: &EntityTag, length: u64) -> Asked {
    let same = match IfRange::parse(request) {
        Ok(IfRange::EntityTag(known)) => known.strong_eq(tag),
        Ok(IfRange::Date(_)) => false,
        Err(_) => !request.headers().contains_key("If-Range"),
    };
    let specs = match Range::parse(request) {
        Ok(Range::Bytes(specs)) if same => specs,
        _ => return Asked::Whole,
    };
    let part = specs
        .first()
        .and_then(|spec: &ByteRangeSpec| spec.to_satisfiable_range(length));
    part.map_or(Asked::Nothing, |(first, last)| Asked::Part(first, last))
}
