//! STOW-RS, PS3.18 section 10.5.

use super::{DICOM_JSON, root};
use crate::http::dto::ErrorBody;
use crate::http::error::{Refusal, of_multipart};
use crate::imaging::MAX_BYTES;
use crate::services::dicomweb::{self, Failure, Stored};
use crate::services::{Actor, Hospital, Outcome, ServiceError, images};
use actix_multipart::{Field, Multipart};
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use futures::stream::StreamExt;
use medreg_datasets::ids::ProjectId;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Seek, Write};
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(store_instances).service(store_in_study);
}

/// Takes DICOM files in, each a part of the request. 200 where all were kept, 202 where some, 409 where none.
#[utoipa::path(tag = "dicomweb", request_body(content = Vec<u8>, content_type = "multipart/related"), responses(
    (status = 200, content_type = "application/dicom+json", body = Value), (status = 202), (status = 409), (status = 415, body = ErrorBody)))]
#[post("/api/projects/{project}/dicomweb/studies")]
async fn store_instances(
    request: HttpRequest,
    hospital: Data<Hospital>,
    actor: Actor,
    path: Path<ProjectId>,
    body: Payload,
) -> Result<HttpResponse, actix_web::Error> {
    receive(&request, &hospital, &actor, (*path, None), body).await
}

/// The same for files that are all of one study, by the UID that they name themselves.
#[utoipa::path(tag = "dicomweb", request_body(content = Vec<u8>, content_type = "multipart/related"), responses(
    (status = 200, content_type = "application/dicom+json", body = Value), (status = 202), (status = 409), (status = 415, body = ErrorBody)))]
#[post("/api/projects/{project}/dicomweb/studies/{study}")]
async fn store_in_study(
    request: HttpRequest,
    hospital: Data<Hospital>,
    actor: Actor,
    path: Path<(ProjectId, String)>,
    body: Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let (project, study) = path.into_inner();
    receive(&request, &hospital, &actor, (project, Some(&study)), body).await
}

/// Whoever may not bring images in is refused before a byte of the body is read.
async fn receive(
    request: &HttpRequest,
    hospital: &Hospital,
    actor: &Actor,
    (project, study): (ProjectId, Option<&str>),
    body: Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let allowed = images::may_take_in(hospital, actor, project).await;
    allowed.map_err(Refusal::from)?;
    if !is_related(request) {
        let message = "DICOM files are expected as multipart/related; type=\"application/dicom\"";
        let body = ErrorBody::new("unsupported_media_type", message.to_owned(), None);
        return Ok(HttpResponse::UnsupportedMediaType().json(body));
    }
    let mut parts = Multipart::new(request.headers(), body);
    let mut told = Told::new(root(request, project));
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(of_multipart)?;
        let Some(file) = kept_aside(&mut part).await? else {
            // What is left of the request is not read.
            told.failed(None, Failure::TooLarge);
            break;
        };
        match dicomweb::store(hospital, actor, project, study, file).await {
            Ok(stored) => told.add(stored),
            Err(error) => return Err(Refusal::from(error).into()),
        }
    }
    Ok(told.answer())
}

fn is_related(request: &HttpRequest) -> bool {
    let kind = request.headers().get(CONTENT_TYPE);
    let kind = kind
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    kind.starts_with("multipart/related") && kind.contains("application/dicom")
}

/// A part in a temporary file; `None` where it is larger than any that is taken.
async fn kept_aside(part: &mut Field) -> Result<Option<File>, actix_web::Error> {
    let refused = |error: std::io::Error| Refusal::from(ServiceError::from(error));
    let mut file = tempfile::tempfile().map_err(refused)?;
    let mut length = 0;
    while let Some(piece) = part.next().await {
        let piece = piece.map_err(of_multipart)?;
        length += piece.len() as u64;
        if length > MAX_BYTES {
            return Ok(None);
        }
        file = written(file, piece).await.map_err(Refusal::from)?;
    }
    file.rewind().map_err(refused)?;
    Ok(Some(file))
}

/// The disk is not written to by the threads that answer.
async fn written(mut file: File, piece: actix_web::web::Bytes) -> Outcome<File> {
    let write = move || file.write_all(&piece).map(|()| file);
    let written = actix_web::web::block(write).await;
    Ok(written.map_err(|e| ServiceError::Internal(e.to_string()))??)
}

/// What became of each file, PS3.18 section 10.5.3.
struct Told {
    root: String,
    studies: BTreeSet<String>,
    kept: Vec<Value>,
    failed: Vec<Value>,
    unnamed: Vec<Value>,
}

fn value(vr: &str, value: impl Into<Value>) -> Value {
    json!({ "vr": vr, "Value": [value.into()] })
}

impl Told {
    fn new(root: String) -> Self {
        Self {
            root,
            studies: BTreeSet::new(),
            kept: Vec::new(),
            failed: Vec::new(),
            unnamed: Vec::new(),
        }
    }

    fn add(&mut self, stored: Stored) {
        match stored {
            Stored::Kept(instance) => {
                let (study, series, uid) = (&instance.study, &instance.series, &instance.uid);
                let path = format!("studies/{study}/series/{series}/instances/{uid}");
                self.kept.push(json!({
                    "00081150": instance.attributes.get("00080016"),
                    "00081155": value("UI", uid.as_str()),
                    "00081190": value("UR", format!("{}/{path}", self.root)),
                }));
                self.studies.insert(study.clone());
            }
            Stored::Failed { identity, why } => self.failed(identity, why),
        }
    }

    fn failed(&mut self, identity: Option<crate::imaging::Identity>, why: Failure) {
        let reason = value("US", why.code());
        match identity {
            Some(identity) => self.failed.push(json!({
                "00081150": value("UI", identity.class),
                "00081155": value("UI", identity.instance),
                "00081197": reason,
            })),
            None => self.unnamed.push(json!({ "00081197": reason })),
        }
    }

    fn answer(self) -> HttpResponse {
        let status = match (self.kept.is_empty(), self.failed.len() + self.unnamed.len()) {
            (false, 0) => StatusCode::OK,
            (false, _) => StatusCode::ACCEPTED,
            (true, _) => StatusCode::CONFLICT,
        };
        let mut told = serde_json::Map::new();
        if let [study] = &self.studies.iter().collect::<Vec<_>>()[..] {
            let address = format!("{}/studies/{study}", self.root);
            told.insert("00081190".to_owned(), value("UR", address));
        }
        // ReferencedSOPSequence, FailedSOPSequence, and OtherFailuresSequence for what does not say what it is.
        for (tag, items) in [
            ("00081199", self.kept),
            ("00081198", self.failed),
            ("0008119A", self.unnamed),
        ] {
            if !items.is_empty() {
                told.insert(tag.to_owned(), json!({ "vr": "SQ", "Value": items }));
            }
        }
        HttpResponse::build(status)
            .content_type(DICOM_JSON)
            .body(Value::Object(told).to_string())
    }
}
