//! WADO-RS, PS3.18 section 10.4.

use super::{DICOM_JSON, not_acceptable, root};
use crate::http::dto::ErrorBody;
use crate::http::error::{Answer, Refusal};
use crate::http::related::{self, Offer, Part, choose};
use crate::services::dicomweb::{self, Made, Objects};
use crate::services::{Actor, Hospital, Outcome, ServiceError};
use crate::store::instances::Uids;
use actix_web::dev::Payload;
use actix_web::http::header::ContentEncoding;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{FromRequest, HttpRequest, HttpResponse, get};
use futures::future::LocalBoxFuture;
use futures::stream::{self, StreamExt};
use medreg_datasets::ids::ProjectId;
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(retrieve_study)
        .service(retrieve_series)
        .service(retrieve_instance)
        .service(study_metadata)
        .service(series_metadata)
        .service(instance_metadata);
    config
        .service(retrieve_frames)
        .service(rendered_instance)
        .service(rendered_frames);
}

const DICOM: &str = "application/dicom";
const OCTETS: &str = "application/octet-stream";

/// Who retrieves.
struct Caller {
    request: HttpRequest,
    hospital: Data<Hospital>,
    actor: Actor,
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
                request,
            })
        })
    }
}

/// The objects of a path: of a study, of one of its series, or one of that.
fn named(path: &[&str]) -> Uids {
    let one = |n: usize| {
        path.get(n)
            .map(|uid| (*uid).to_owned())
            .into_iter()
            .collect()
    };
    Uids {
        studies: one(0),
        series: one(1),
        instances: one(2),
    }
}

impl Caller {
    async fn objects(&self, project: ProjectId, path: &[&str]) -> Outcome<Objects> {
        dicomweb::objects(&self.hospital, &self.actor, project, named(path)).await
    }

    /// Files, each a part, or the one file alone.
    async fn files(&self, project: ProjectId, path: &[&str]) -> Answer<HttpResponse> {
        let alone = Offer::Alone(DICOM);
        let offers = [Offer::Parts(DICOM), alone];
        // More than one file cannot stand alone.
        let offers = &offers[..if path.len() == 3 { 2 } else { 1 }];
        let objects = self.objects(project, path).await?;
        let Some(chosen) = choose(&self.request, offers) else {
            return Ok(not_acceptable(
                "multipart/related; type=\"application/dicom\"",
            ));
        };
        if chosen == alone {
            let (length, bytes) = dicomweb::file(&self.hospital, objects.only().await?)?;
            return Ok(HttpResponse::Ok()
                .content_type(DICOM)
                .insert_header(ContentEncoding::Identity)
                .no_chunking(length)
                .streaming(bytes));
        }
        let (hospital, root) = (self.hospital.clone(), root(&self.request, project));
        let parts = objects.stream().map(move |made| {
            let made = made?;
            let location = address(&root, &made);
            let (_, body) = dicomweb::file(&hospital, made)?;
            Ok(Part { location, body })
        });
        Ok(related::answer(DICOM, parts.boxed()))
    }

    /// Attributes without pixels, an array of them written while they are read.
    async fn metadata(&self, project: ProjectId, path: &[&str]) -> Answer<HttpResponse> {
        let objects = self.objects(project, path).await?;
        let offers = [Offer::Alone(DICOM_JSON), Offer::Alone("application/json")];
        let Some(Offer::Alone(media)) = choose(&self.request, &offers) else {
            return Ok(not_acceptable(DICOM_JSON));
        };
        let sets = objects.stream().enumerate().map(|(place, made)| {
            let set = Value::Object(dicomweb::metadata(made?)).to_string();
            let separator = if place == 0 { "[" } else { "," };
            Outcome::Ok(Bytes::from(separator.to_owned() + &set))
        });
        let body = sets.chain(stream::iter([Ok(Bytes::from_static(b"]"))]));
        Ok(HttpResponse::Ok().content_type(media).streaming(body))
    }

    /// Native pixels, each frame a part, or one frame alone.
    async fn frames(&self, project: ProjectId, path: &[&str], list: &str) -> Answer<HttpResponse> {
        let made = self.objects(project, path).await?.only().await?;
        let numbers = listed(list, &made)?;
        let alone = Offer::Alone(OCTETS);
        let offers = [Offer::Parts(OCTETS), alone];
        let offers = &offers[..if numbers.len() == 1 { 2 } else { 1 }];
        let Some(chosen) = choose(&self.request, offers) else {
            return Ok(not_acceptable(
                "multipart/related; type=\"application/octet-stream\"",
            ));
        };
        if chosen == alone {
            let frame = dicomweb::frame(&self.hospital, &made, numbers[0]).await?;
            return Ok(HttpResponse::Ok()
                .content_type(OCTETS)
                .insert_header(ContentEncoding::Identity)
                .body(frame));
        }
        let at = address(&root(&self.request, project), &made);
        let context = std::sync::Arc::new((self.hospital.clone(), made));
        let parts = stream::iter(numbers).then(move |number| {
            let (context, location) = (context.clone(), format!("{at}/frames/{number}"));
            async move {
                let frame = dicomweb::frame(&context.0, &context.1, number).await?;
                let body = stream::iter([Ok(frame)]).boxed();
                Ok(Part { location, body })
            }
        });
        Ok(related::answer(OCTETS, parts.boxed()))
    }

    /// One frame as a reader first sees it.
    async fn rendered(
        &self,
        project: ProjectId,
        path: &[&str],
        list: &str,
    ) -> Answer<HttpResponse> {
        let made = self.objects(project, path).await?.only().await?;
        let offers = [Offer::Alone("image/png"), Offer::Alone("image/jpeg")];
        let Some(Offer::Alone(media)) = choose(&self.request, &offers) else {
            return Ok(not_acceptable("image/png or image/jpeg"));
        };
        let [number] = listed(list, &made)?[..] else {
            let reason = "one frame is rendered at a time: ask for them one by one";
            return Err(ServiceError::invalid("frames", reason).into());
        };
        let jpeg = media == "image/jpeg";
        let drawn = dicomweb::rendered(&self.hospital, &made, number, jpeg).await?;
        Ok(HttpResponse::Ok()
            .content_type(media)
            .insert_header(ContentEncoding::Identity)
            .body(drawn))
    }
}

/// The numbers of a list of frames, all of which there must be.
fn listed(list: &str, made: &Made) -> Result<Vec<usize>, Refusal> {
    let frames = made.frames()?;
    let number = |text: &str| {
        text.parse::<usize>()
            .ok()
            .filter(|n| (1..=frames).contains(n))
    };
    let numbers: Option<Vec<_>> = list.split(',').map(number).collect();
    // As many as there are is enough for any list.
    let numbers = numbers.filter(|numbers| numbers.len() <= frames);
    Ok(numbers.ok_or(ServiceError::NotFound("frame: they are numbered from 1"))?)
}

fn address(root: &str, made: &Made) -> String {
    let of = &made.instance;
    format!(
        "{root}/studies/{}/series/{}/instances/{}",
        of.study, of.series, of.uid
    )
}

/// The files of a study, each a part of its own, one after the other.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content_type = "multipart/related", body = Vec<u8>), (status = 404, body = ErrorBody), (status = 406, body = ErrorBody)))]
#[get("/api/projects/{project}/dicomweb/studies/{study}")]
async fn retrieve_study(caller: Caller, path: Path<(ProjectId, String)>) -> Answer<HttpResponse> {
    let (project, study) = path.into_inner();
    caller.files(project, &[&study]).await
}

/// The files of a series.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content_type = "multipart/related", body = Vec<u8>), (status = 404, body = ErrorBody), (status = 406, body = ErrorBody)))]
#[get("/api/projects/{project}/dicomweb/studies/{study}/series/{series}")]
async fn retrieve_series(
    caller: Caller,
    path: Path<(ProjectId, String, String)>,
) -> Answer<HttpResponse> {
    let (project, study, series) = path.into_inner();
    caller.files(project, &[&study, &series]).await
}

/// The file of an object.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content_type = "multipart/related", body = Vec<u8>), (status = 404, body = ErrorBody), (status = 406, body = ErrorBody)))]
#[get("/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}")]
async fn retrieve_instance(
    caller: Caller,
    path: Path<(ProjectId, String, String, String)>,
) -> Answer<HttpResponse> {
    let (project, study, series, instance) = path.into_inner();
    caller.files(project, &[&study, &series, &instance]).await
}

/// The attributes of a study's objects, without pixels.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content_type = "application/dicom+json", body = Vec<Value>), (status = 404, body = ErrorBody), (status = 406, body = ErrorBody)))]
#[get("/api/projects/{project}/dicomweb/studies/{study}/metadata")]
async fn study_metadata(caller: Caller, path: Path<(ProjectId, String)>) -> Answer<HttpResponse> {
    let (project, study) = path.into_inner();
    caller.metadata(project, &[&study]).await
}

/// The attributes of a series' objects.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content_type = "application/dicom+json", body = Vec<Value>), (status = 404, body = ErrorBody), (status = 406, body = ErrorBody)))]
#[get("/api/projects/{project}/dicomweb/studies/{study}/series/{series}/metadata")]
async fn series_metadata(
    caller: Caller,
    path: Path<(ProjectId, String, String)>,
) -> Answer<HttpResponse> {
    let (project, study, series) = path.into_inner();
    caller.metadata(project, &[&study, &series]).await
}

/// The attributes of an object.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content_type = "application/dicom+json", body = Vec<Value>), (status = 404, body = ErrorBody), (status = 406, body = ErrorBody)))]
#[get(
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/metadata"
)]
async fn instance_metadata(
    caller: Caller,
    path: Path<(ProjectId, String, String, String)>,
) -> Answer<HttpResponse> {
    let (project, study, series, instance) = path.into_inner();
    caller
        .metadata(project, &[&study, &series, &instance])
        .await
}

/// Native pixels of frames, which are numbered from 1: `1,3`.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content_type = "multipart/related", body = Vec<u8>), (status = 404, body = ErrorBody), (status = 406, body = ErrorBody)))]
#[get(
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/{frames}"
)]
async fn retrieve_frames(
    caller: Caller,
    path: Path<(ProjectId, String, String, String, String)>,
) -> Answer<HttpResponse> {
    let (project, study, series, instance, frames) = path.into_inner();
    caller
        .frames(project, &[&study, &series, &instance], &frames)
        .await
}

/// The first frame of an image as a reader first sees it.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"))), (status = 404, body = ErrorBody), (status = 406, body = ErrorBody)))]
#[get(
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/rendered"
)]
async fn rendered_instance(
    caller: Caller,
    path: Path<(ProjectId, String, String, String)>,
) -> Answer<HttpResponse> {
    let (project, study, series, instance) = path.into_inner();
    caller
        .rendered(project, &[&study, &series, &instance], "1")
        .await
}

/// One frame of an image as a reader first sees it.
#[utoipa::path(tag = "dicomweb", responses((status = 200, content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"))), (status = 404, body = ErrorBody), (status = 406, body = ErrorBody)))]
#[get(
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/{frames}/rendered"
)]
async fn rendered_frames(
    caller: Caller,
    path: Path<(ProjectId, String, String, String, String)>,
) -> Answer<HttpResponse> {
    let (project, study, series, instance, frames) = path.into_inner();
    caller
        .rendered(project, &[&study, &series, &instance], &frames)
        .await
}
