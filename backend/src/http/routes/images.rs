//! Images in, their pixels out.

use crate::http::MAX_FORM;
use crate::http::dto::{Attestation, ErrorBody, Images};
use crate::http::error::{Answer, Refusal};
use crate::imaging::deidentify::Report;
use crate::imaging::slide::MAX_SLIDE_BYTES;
use crate::services::headers;
use crate::services::images::{self, Pixels, Place, Upload};
use crate::services::{Actor, Hospital, ServiceError};
use crate::store::images::{Filter, Image, ImageState};
use actix_multipart::form::{MultipartForm, tempfile::TempFile, text::Text};
use actix_web::dev::Payload;
use actix_web::http::header::{self, ContentEncoding};
use actix_web::web::{Bytes, Data, Json, Path, Query};
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, post};
use futures::future::LocalBoxFuture;
use medreg_datasets::ids::{Digest, ImageId, ProjectId};
use medreg_datasets::routing::Route;
use medreg_datasets::snapshot::Split;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(upload_image)
        .service(list_images)
        .service(get_image)
        .service(related_images)
        .service(attest_image)
        .service(get_deidentification)
        .service(get_pixels)
        .service(get_rendered)
        .service(get_tile);
}

#[derive(MultipartForm)]
struct UploadForm {
    // As MAX_SLIDE_BYTES says; the attribute takes no constant.
    #[multipart(limit = "4GiB")]
    file: TempFile,
    patient: Option<Text<String>>,
    study: Option<Text<String>>,
    modality: Option<Text<String>>,
    attested: Option<Text<bool>>,
}

/// The form of somebody who may bring images into the project. Its file goes to the disk, so whoever is refused is refused
/// before a byte of it is read.
struct PermittedForm(UploadForm);

impl FromRequest for PermittedForm {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            may_upload(&request).await?;
            let form = MultipartForm::<UploadForm>::from_request(&request, &mut payload).await?;
            Ok(Self(form.into_inner()))
        })
    }
}

async fn may_upload(request: &HttpRequest) -> Result<(), actix_web::Error> {
    let hospital = Data::<Hospital>::extract(request).await?;
    let actor = Actor::extract(request).await?;
    let project = Path::<ProjectId>::extract(request).await?;
    images::may_take_in(&hospital, &actor, *project)
        .await
        .map_err(Refusal::from)?;
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAX_FORM) {
        return Err(Refusal::from(ServiceError::TooLarge {
            limit: MAX_SLIDE_BYTES,
        })
        .into());
    }
    Ok(())
}

/// What an upload consists of.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the multipart form in the OpenAPI document"
)]
struct UploadFields {
    /// A DICOM, NIfTI, PNG or JPEG file of up to 256 MiB, or a slide as tiled TIFF, SVS or DICOM of up to 4 GiB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// The patient's pseudonym, where the sender chooses it.
    patient: Option<String>,
    /// The study's pseudonym, likewise.
    study: Option<String>,
    /// The kind of picture, where the file does not say.
    modality: Option<String>,
    /// True where the sender vouches that no patient data is burned in.
    attested: Option<bool>,
}

/// Takes an image in. 201 for a new one, 200 for one that was there already.
#[utoipa::path(tag = "images", request_body(content = UploadFields, content_type = "multipart/form-data"),
    responses((status = 201, body = Image), (status = 200, body = Image), (status = 422, body = ErrorBody)))]
#[post("/api/projects/{project}/images")]
async fn upload_image(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    PermittedForm(form): PermittedForm,
) -> Answer<HttpResponse> {
    let modality = form
        .modality
        .map(|m| m.parse())
        .transpose()
        .map_err(|e| ServiceError::invalid("modality", e))?;
    let upload = Upload {
        file_name: form.file.file_name.unwrap_or_else(|| "the file".to_owned()),
        file: form.file.file.into_file(),
        patient: form.patient.map(Text::into_inner),
        study: form.study.map(Text::into_inner),
        modality,
        attested: form.attested.is_some_and(|a| a.into_inner()),
        split: None,
    };
    let (image, fresh) = images::take_in(&hospital, &actor, *project, upload).await?;
    Ok(if fresh {
        HttpResponse::Created().json(image)
    } else {
        HttpResponse::Ok().json(image)
    })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only cases that stand there.
    state: Option<ImageState>,
    /// Only patients of this split.
    split: Option<Split>,
    /// Only cases that go this way.
    route: Option<Route>,
    /// The image after which the page begins.
    #[param(value_type = Option<uuid::Uuid>)]
    after: Option<ImageId>,
    /// Images on the page, at most 500.
    limit: Option<i64>,
}

/// A page of a project's images.
#[utoipa::path(tag = "images", params(ListQuery), responses((status = 200, body = Images)))]
#[get("/api/projects/{project}/images")]
async fn list_images(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    query: Query<ListQuery>,
) -> Answer<Json<Images>> {
    let limit = super::page_size(query.limit);
    let filter = Filter {
        state: query.state,
        split: query.split,
        route: query.route,
    };
    let images = images::list(&hospital, &actor, *project, filter, (query.after, limit)).await?;
    let full = images.len() as i64 == limit;
    let next = images.last().map(|image| image.id).filter(|_| full);
    Ok(Json(Images { images, next }))
}

/// One image.
#[utoipa::path(tag = "images", responses((status = 200, body = Image)))]
#[get("/api/images/{image}")]
async fn get_image(
    hospital: Data<Hospital>,
    actor: Actor,
    image: Path<ImageId>,
) -> Answer<Json<Image>> {
    Ok(Json(images::image(&hospital, &actor, *image).await?))
}

/// The images of the same patient that may be shown beside this one, itself among them: its own study's first.
#[utoipa::path(tag = "images", responses((status = 200, body = Images)))]
#[get("/api/images/{image}/related")]
async fn related_images(
    hospital: Data<Hospital>,
    actor: Actor,
    image: Path<ImageId>,
) -> Answer<Json<Images>> {
    let images = images::related(&hospital, &actor, *image).await?;
    Ok(Json(Images { images, next: None }))
}

/// Writes down a person's word on burned-in patient data.
#[utoipa::path(tag = "images", responses((status = 200, body = Image)))]
#[post("/api/images/{image}/attestation")]
async fn attest_image(
    hospital: Data<Hospital>,
    actor: Actor,
    image: Path<ImageId>,
    body: Json<Attestation>,
) -> Answer<Json<Image>> {
    Ok(Json(
        images::attest(&hospital, &actor, *image, body.burned_in).await?,
    ))
}

/// What was done to the header of a DICOM file so that it says nothing of its patient: which attributes, never their values.
#[utoipa::path(tag = "images", responses((status = 200, body = Report), (status = 404, body = ErrorBody)))]
#[get("/api/images/{image}/deidentification")]
async fn get_deidentification(
    hospital: Data<Hospital>,
    actor: Actor,
    image: Path<ImageId>,
) -> Answer<Json<Report>> {
    Ok(Json(headers::report(&hospital, &actor, *image).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FrameQuery {
    /// Which frame, from 0.
    frame: Option<u32>,
}

/// The canonical pixels of one frame: 8- or 16-bit grey, or RGB.
#[utoipa::path(tag = "images", params(FrameQuery), responses((status = 200, content_type = "image/png", body = Vec<u8>)))]
#[get("/api/images/{image}/pixels")]
async fn get_pixels(
    request: HttpRequest,
    hospital: Data<Hospital>,
    actor: Actor,
    image: Path<ImageId>,
    query: Query<FrameQuery>,
) -> Answer<HttpResponse> {
    let png = images::pixels(
        &hospital,
        &actor,
        *image,
        Pixels::Frame(query.frame.unwrap_or(0)),
    )
    .await?;
    Ok(picture(&request, png))
}

/// The 8-bit picture as a reader first sees it.
#[utoipa::path(tag = "images", responses((status = 200, content_type = "image/png", body = Vec<u8>)))]
#[get("/api/images/{image}/rendered")]
async fn get_rendered(
    request: HttpRequest,
    hospital: Data<Hospital>,
    actor: Actor,
    image: Path<ImageId>,
) -> Answer<HttpResponse> {
    let png = images::pixels(&hospital, &actor, *image, Pixels::Rendered).await?;
    Ok(picture(&request, png))
}

/// A tile of a whole-slide image, whose levels are the image's `facts.pyramid`: level 0 is the finest.
#[utoipa::path(tag = "images", responses(
    (status = 200, content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))), (status = 404, body = ErrorBody)))]
#[get("/api/images/{image}/tiles/{level}/{column}/{row}")]
async fn get_tile(
    hospital: Data<Hospital>,
    actor: Actor,
    path: Path<(ImageId, u32, u32, u32)>,
) -> Answer<HttpResponse> {
    let (image, level, column, row) = path.into_inner();
    let place = Place { level, column, row };
    let tile = images::tile(&hospital, &actor, image, place).await?;
    let kind = match tile.first() {
        Some(0xff) => "image/jpeg",
        _ => "image/png",
    };
    // While a slide is read, its tiles are asked for again and again. An hour after it was withheld no browser has one.
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, max-age=3600, immutable"))
        .insert_header(ContentEncoding::Identity)
        .content_type(kind)
        .body(tile))
}

/// A PNG of ours. It never changes, but it may be withheld one day, so the browser asks each time.
fn picture(request: &HttpRequest, (digest, png): (Digest, Bytes)) -> HttpResponse {
    let tag = format!("\"{digest}\"");
    let known = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .is_some_and(|sent| sent.as_bytes() == tag.as_bytes());
    let mut answer = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    answer
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"));
    if known {
        answer.finish()
    } else {
        answer
            .insert_header(ContentEncoding::Identity)
            .content_type("image/png")
            .body(png)
    }
}
