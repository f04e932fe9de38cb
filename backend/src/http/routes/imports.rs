//! Data sets in: sent file by file, checked, taken over, watched.

use crate::http::dto::{
    ErrorBody, ImportCheck, ImportTake, Imports, Layout, Layouts, LeftOutPage, ListFormat,
    NewImport, StagedFiles,
};
use crate::http::error::Answer;
use crate::services::imports::{self, Sent};
use crate::services::{Actor, Hospital};
use crate::store::imports::{Import, LeftOut};
use actix_web::http::header;
use actix_web::web::{Bytes, Data, Json, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use futures::{TryStreamExt, stream};
use medreg_datasets::formats::{Shape, all};
use medreg_datasets::ids::{ImportId, ProjectId};
use serde::Deserialize;
use std::io;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_layouts)
        .service(list_imports)
        .service(begin_import)
        .service(get_import)
        .service(cancel_import)
        .service(list_import_files)
        .service(put_import_file)
        .service(check_import)
        .service(take_import)
        .service(list_left_out)
        .service(download_left_out);
}

/// The layouts in which data sets are read.
#[utoipa::path(tag = "imports", responses((status = 200, body = Layouts)))]
#[get("/api/layouts")]
async fn list_layouts(_actor: Actor) -> Json<Layouts> {
    let layouts = all().map(|format| Layout {
        name: format.name(),
        about: format.about(),
        one_file: format.shape() == Shape::Stream,
    });
    Json(Layouts {
        layouts: layouts.collect(),
    })
}

/// The latest data sets that came into a project, or are on their way.
#[utoipa::path(tag = "imports", responses((status = 200, body = Imports)))]
#[get("/api/projects/{project}/imports")]
async fn list_imports(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
) -> Answer<Json<Imports>> {
    Ok(Json(Imports {
        imports: imports::list(&hospital, &actor, *project).await?,
    }))
}

/// Begins to bring a data set in; its files are put next.
#[utoipa::path(tag = "imports", request_body = NewImport, responses((status = 201, body = Import), (status = 400, body = ErrorBody)))]
#[post("/api/projects/{project}/imports")]
async fn begin_import(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    body: Json<NewImport>,
) -> Answer<HttpResponse> {
    let begun = imports::begin(&hospital, &actor, *project, &body.format).await?;
    Ok(HttpResponse::Created().json(begun))
}

/// A data set on its way in.
#[utoipa::path(tag = "imports", responses((status = 200, body = Import)))]
#[get("/api/imports/{import}")]
async fn get_import(
    hospital: Data<Hospital>,
    actor: Actor,
    import: Path<ImportId>,
) -> Answer<Json<Import>> {
    Ok(Json(imports::import(&hospital, &actor, *import).await?))
}

/// Gives a data set up, and what is being done with it: its files are deleted, and what was taken over already stays.
#[utoipa::path(tag = "imports", responses((status = 200, body = Import), (status = 409, body = ErrorBody)))]
#[delete("/api/imports/{import}")]
async fn cancel_import(
    hospital: Data<Hospital>,
    actor: Actor,
    import: Path<ImportId>,
) -> Answer<Json<Import>> {
    Ok(Json(imports::cancel(&hospital, &actor, *import).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FilesQuery {
    /// The path after which the page begins.
    after: Option<String>,
}

/// A page of the files that were sent, so that none need be sent twice.
#[utoipa::path(tag = "imports", params(FilesQuery), responses((status = 200, body = StagedFiles)))]
#[get("/api/imports/{import}/files")]
async fn list_import_files(
    hospital: Data<Hospital>,
    actor: Actor,
    import: Path<ImportId>,
    query: Query<FilesQuery>,
) -> Answer<Json<StagedFiles>> {
    const PAGE: i64 = 2000;
    let after = query.after.as_deref().unwrap_or_default();
    let files = imports::files(&hospital, &actor, *import, (after, PAGE)).await?;
    let full = files.len() as i64 == PAGE;
    let next = files.last().filter(|_| full).map(|file| file.path.clone());
    Ok(Json(StagedFiles { files, next }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FileQuery {
    /// The file's path in the data set: relative, with `/` between its parts.
    path: String,
    /// When it was changed, in milliseconds since 1970.
    #[serde(default)]
    modified: i64,
}

/// Puts a file of a data set; one of the same path is replaced.
#[utoipa::path(tag = "imports", params(FileQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody), (status = 413, body = ErrorBody)))]
#[put("/api/imports/{import}/files")]
async fn put_import_file(
    hospital: Data<Hospital>,
    actor: Actor,
    import: Path<ImportId>,
    query: Query<FileQuery>,
    request: HttpRequest,
    bytes: Payload,
) -> Answer<HttpResponse> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let sent = Sent {
        path: &query.path,
        modified: query.modified,
        announced: announced.and_then(|length| length.to_str().ok()?.parse().ok()),
    };
    let bytes = Box::pin(bytes.map_err(io::Error::other));
    imports::put_file(&hospital, &actor, *import, sent, bytes).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Has a data set checked: a dry run, which takes nothing. What it finds is in the import once that is `checked`.
#[utoipa::path(tag = "imports", request_body = ImportCheck, responses((status = 202, body = Import), (status = 409, body = ErrorBody)))]
#[post("/api/imports/{import}/check")]
async fn check_import(
    hospital: Data<Hospital>,
    actor: Actor,
    import: Path<ImportId>,
    body: Json<ImportCheck>,
) -> Answer<HttpResponse> {
    let ImportCheck { format, choices } = body.into_inner();
    let asked = imports::check(&hospital, &actor, *import, &format, &choices).await?;
    Ok(HttpResponse::Accepted().json(asked))
}

/// Has a checked data set taken over.
#[utoipa::path(tag = "imports", request_body = ImportTake,
    responses((status = 202, body = Import), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
#[post("/api/imports/{import}/take")]
async fn take_import(
    hospital: Data<Hospital>,
    actor: Actor,
    import: Path<ImportId>,
    body: Json<ImportTake>,
) -> Answer<HttpResponse> {
    let asked = imports::take(&hospital, &actor, *import, body.leave_out).await?;
    Ok(HttpResponse::Accepted().json(asked))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LeftOutQuery {
    /// The number after which the page begins.
    after: Option<i64>,
    /// Rows on the page, at most 500.
    limit: Option<i64>,
}

/// A page of what cannot be taken over, and why.
#[utoipa::path(tag = "imports", params(LeftOutQuery), responses((status = 200, body = LeftOutPage)))]
#[get("/api/imports/{import}/left-out")]
async fn list_left_out(
    hospital: Data<Hospital>,
    actor: Actor,
    import: Path<ImportId>,
    query: Query<LeftOutQuery>,
) -> Answer<Json<LeftOutPage>> {
    let limit = super::page_size(query.limit);
    let page = (query.after.unwrap_or(0), limit);
    let left_out = imports::left_out(&hospital, &actor, *import, page).await?;
    let full = left_out.len() as i64 == limit;
    let next = left_out.last().filter(|_| full).map(|row| row.number);
    Ok(Json(LeftOutPage { left_out, next }))
}

/// All that cannot be taken over, as a file: `csv` or `jsonl`.
#[utoipa::path(tag = "imports", responses(
    (status = 200, content((String = "text/csv"), (String = "application/jsonl"))), (status = 404, body = ErrorBody)))]
#[get("/api/imports/{import}/left-out/{list}")]
async fn download_left_out(
    hospital: Data<Hospital>,
    actor: Actor,
    path: Path<(ImportId, ListFormat)>,
) -> Answer<HttpResponse> {
    let (import, format) = path.into_inner();
    // Refused now and not within the file.
    imports::import(&hospital, &actor, import).await?;
    let (kind, ending, head) = match format {
        ListFormat::Csv => ("text/csv; charset=utf-8", "csv", "file,line,reason\r\n"),
        ListFormat::Jsonl => ("application/jsonl", "jsonl", ""),
    };
    let pages = stream::try_unfold(0, move |after| {
        let (hospital, actor) = (hospital.clone(), actor.clone());
        async move {
            let page = imports::left_out(&hospital, &actor, import, (after, 500)).await;
            let page = page.map_err(io::Error::other)?;
            let last = page.last().map(|row| row.number);
            let text: String = page.iter().map(|row| line_of(row, format)).collect();
            io::Result::Ok(last.map(|last| (Bytes::from(text), last)))
        }
    });
    let head = stream::iter([Ok(Bytes::from_static(head.as_bytes()))]);
    let name = format!("attachment; filename=\"left-out.{ending}\"");
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header(("Content-Disposition", name))
        .streaming(futures::StreamExt::chain(head, pages)))
}

fn line_of(row: &LeftOut, format: ListFormat) -> String {
    let LeftOut {
        file, line, reason, ..
    } = row;
    match format {
        // RFC 4180.
        ListFormat::Csv => {
            let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
            let line = line.map(|line| line.to_string()).unwrap_or_default();
            format!("{},{line},{}\r\n", quoted(file), quoted(reason))
        }
        ListFormat::Jsonl => {
            let row = serde_json::json!({ "file": file, "line": line, "reason": reason });
            format!("{row}\n")
        }
    }
}
