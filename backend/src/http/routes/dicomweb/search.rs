//! QIDO-RS, PS3.18 section 10.6.

use super::{DICOM_JSON, not_acceptable, root};
use crate::http::dto::ErrorBody;
use crate::http::error::Answer;
use crate::http::related::{Offer, choose};
use crate::services::dicomweb::{self, Found, Level, Query as Asked};
use crate::services::{Actor, Hospital};
use actix_web::dev::Payload;
use actix_web::http::header::WARNING;
use actix_web::web::{Data, Path, Query};
use actix_web::{FromRequest, HttpRequest, HttpResponse, get};
use futures::future::LocalBoxFuture;
use medreg_datasets::ids::ProjectId;
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(search_studies)
        .service(search_series)
        .service(search_instances)
        .service(search_series_of_study)
        .service(search_instances_of_study)
        .service(search_instances_of_series);
}

/// Who searches, and by which parameters: attributes by keyword or tag, `includefield`, `limit`, `offset`.
struct Caller {
    request: HttpRequest,
    hospital: Data<Hospital>,
    actor: Actor,
    parameters: Vec<(String, String)>,
}

impl FromRequest for Caller {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            Ok(Self {
                hospital: Data::extract(&request).await?,
                actor: Actor::extract(&request).await?,
                parameters: Query::<Vec<(String, String)>>::extract(&request)
                    .await?
                    .into_inner(),
                request,
            })
        })
    }
}

impl Caller {
    /// Searches at a level, inside the study and series that the path names.
    async fn search(
        self,
        project: ProjectId,
        level: Level,
        inside: &[String],
    ) -> Answer<HttpResponse> {
        let offers = [Offer::Alone(DICOM_JSON), Offer::Alone("application/json")];
        let Some(Offer::Alone(media)) = choose(&self.request, &offers) else {
            return Ok(not_acceptable(DICOM_JSON));
        };
        let mut query = Asked::read(&self.parameters)?;
        if let Some(study) = inside.first() {
            query.uids.studies = vec![study.clone()];
        }
        if let Some(series) = inside.get(1) {
            query.uids.series = vec![series.clone()];
        }
        let root = root(&self.request, project);
        let at = (level, inside.len());
        let found =
            dicomweb::search(&self.hospital, &self.actor, project, at, &query, &root).await?;
        Ok(told(found, &query.unsupported, media))
    }
}

/// The matches, and in warnings what was not done, PS3.18 section 8.3.4.
fn told(found: Found, unsupported: &[String], media: &str) -> HttpResponse {
    let mut answer = match found.matches.is_empty() {
        true => HttpResponse::NoContent(),
        false => HttpResponse::Ok(),
    };
    let mut warn = |what: &str| {
        answer.append_header((WARNING, format!("299 medreg \"{what}\"")));
    };
    if found.more {
        warn("there are more results: limit and offset bring them");
    }
    if !unsupported.is_empty() {
        let names = unsupported.join(", ");
        let names: String = names.chars().filter(char::is_ascii_graphic).collect();
        warn(&format!(
            "not supported and left out: {}",
            names.replace(['"', '\\'], "")
        ));
    }
    match found.matches.is_empty() {
        true => answer.finish(),
        false => answer
            .content_type(media)
            .body(Value::from_iter(found.matches).to_string()),
    }
}

/// The project's studies. Parameters: attributes by keyword or tag, `includefield`, `limit`, `offset`.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content_type = "application/dicom+json", body = Vec<Value>), (status = 204), (status = 400, body = ErrorBody)))]
#[get("/api/projects/{project}/dicomweb/studies")]
async fn search_studies(caller: Caller, path: Path<ProjectId>) -> Answer<HttpResponse> {
    caller.search(*path, Level::Study, &[]).await
}

/// The project's series.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content_type = "application/dicom+json", body = Vec<Value>), (status = 204), (status = 400, body = ErrorBody)))]
#[get("/api/projects/{project}/dicomweb/series")]
async fn search_series(caller: Caller, path: Path<ProjectId>) -> Answer<HttpResponse> {
    caller.search(*path, Level::Series, &[]).await
}

/// The project's objects: images, reports, presentation states.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content_type = "application/dicom+json", body = Vec<Value>), (status = 204), (status = 400, body = ErrorBody)))]
#[get("/api/projects/{project}/dicomweb/instances")]
async fn search_instances(caller: Caller, path: Path<ProjectId>) -> Answer<HttpResponse> {
    caller.search(*path, Level::Instance, &[]).await
}

/// A study's series.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content_type = "application/dicom+json", body = Vec<Value>), (status = 204), (status = 400, body = ErrorBody)))]
#[get("/api/projects/{project}/dicomweb/studies/{study}/series")]
async fn search_series_of_study(
    caller: Caller,
    path: Path<(ProjectId, String)>,
) -> Answer<HttpResponse> {
    let (project, study) = path.into_inner();
    caller.search(project, Level::Series, &[study]).await
}

/// A study's objects.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content_type = "application/dicom+json", body = Vec<Value>), (status = 204), (status = 400, body = ErrorBody)))]
#[get("/api/projects/{project}/dicomweb/studies/{study}/instances")]
async fn search_instances_of_study(
    caller: Caller,
    path: Path<(ProjectId, String)>,
) -> Answer<HttpResponse> {
    let (project, study) = path.into_inner();
    caller.search(project, Level::Instance, &[study]).await
}

/// A series' objects.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content_type = "application/dicom+json", body = Vec<Value>), (status = 204), (status = 400, body = ErrorBody)))]
#[get("/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances")]
async fn search_instances_of_series(
    caller: Caller,
    path: Path<(ProjectId, String, String)>,
) -> Answer<HttpResponse> {
    let (project, study, series) = path.into_inner();
    caller
        .search(project, Level::Instance, &[study, series])
        .await
}
