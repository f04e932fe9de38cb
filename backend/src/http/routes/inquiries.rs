//! Questions to a model about an image, and what workers do about them.

use super::live::{Live, event, followed};
use super::work::body;
use crate::http::dto::{ErrorBody, Inquiries};
use crate::http::error::Answer;
use crate::http::extract::Worker;
use crate::services::accounts::{self, Credential};
use crate::services::inquiries::{self, Ask};
use crate::services::{Actor, Hospital};
use crate::store::inquiries::Inquiry;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, delete, get, post};
use medreg_datasets::ids::{ImageId, InquiryId};
use medreg_datasets::inquiry::{ClaimInquiry, FinishInquiry, InquiryItem, Writing};
use medreg_datasets::protocol::Fail;
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(ask_model)
        .service(inquiries_about)
        .service(get_inquiry)
        .service(inquiry_events)
        .service(withdraw_inquiry);
    config
        .service(claim_inquiry)
        .service(inquiry_raster)
        .service(put_words)
        .service(finish_inquiry)
        .service(fail_inquiry);
}

/// Asks the promoted model about an image. 409 where none is promoted, or where the case is to be read without one; 429 where three of
/// the caller's questions wait already.
#[utoipa::path(tag = "inquiries", responses((status = 201, body = Inquiry), (status = 409, body = ErrorBody), (status = 429, body = ErrorBody)))]
#[post("/api/images/{image}/inquiries")]
async fn ask_model(
    hospital: Data<Hospital>,
    actor: Actor,
    image: Path<ImageId>,
    wish: Json<Ask>,
) -> Answer<HttpResponse> {
    let inquiry = inquiries::ask(&hospital, &actor, *image, &wish).await?;
    Ok(HttpResponse::Created().json(inquiry))
}

/// The latest questions about an image, newest first: the caller's own, or everybody's for those who see what others wrote.
#[utoipa::path(tag = "inquiries", responses((status = 200, body = Inquiries)))]
#[get("/api/images/{image}/inquiries")]
async fn inquiries_about(
    hospital: Data<Hospital>,
    actor: Actor,
    image: Path<ImageId>,
) -> Answer<Json<Inquiries>> {
    let inquiries = inquiries::about(&hospital, &actor, *image).await?;
    Ok(Json(Inquiries { inquiries }))
}

/// One question with its answer, as far as it is written.
#[utoipa::path(tag = "inquiries", responses((status = 200, body = Inquiry)))]
#[get("/api/inquiries/{inquiry}")]
async fn get_inquiry(
    hospital: Data<Hospital>,
    actor: Actor,
    inquiry: Path<InquiryId>,
) -> Answer<Json<Inquiry>> {
    Ok(Json(inquiries::inquiry(&hospital, &actor, *inquiry).await?))
}

/// Takes one's own question back.
#[utoipa::path(tag = "inquiries", responses((status = 204)))]
#[delete("/api/inquiries/{inquiry}")]
async fn withdraw_inquiry(
    hospital: Data<Hospital>,
    actor: Actor,
    inquiry: Path<InquiryId>,
) -> Answer<HttpResponse> {
    inquiries::withdraw(&hospital, &actor, *inquiry).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A question, live: an `inquiry` event whenever something of it changes, until it is over.
#[utoipa::path(tag = "inquiries", responses((status = 200, content_type = "text/event-stream", body = String)))]
#[get("/api/inquiries/{inquiry}/events")]
async fn inquiry_events(
    hospital: Data<Hospital>,
    actor: Actor,
    shown: Credential,
    inquiry: Path<InquiryId>,
) -> Answer<HttpResponse> {
    inquiries::inquiry(&hospital, &actor, *inquiry).await?;
    Ok(followed(Following {
        hospital,
        shown,
        inquiry: *inquiry,
        last: String::new(),
        over: false,
    }))
}

struct Following {
    hospital: Data<Hospital>,
    shown: Credential,
    inquiry: InquiryId,
    last: String,
    over: bool,
}

impl Live for Following {
    /// Words come faster than people read them.
    const LOOK_EVERY: Duration = Duration::from_millis(150);

    async fn news(&mut self) -> Answer<String> {
        let actor = accounts::actor(&self.hospital, &self.shown).await?;
        let now = inquiries::inquiry(&self.hospital, &actor, self.inquiry).await?;
        self.over = now.state.is_over();
        let told = event("inquiry", &now);
        if told == self.last {
            return Ok(String::new());
        }
        self.last.clone_from(&told);
        Ok(told)
    }

    fn is_over(&self) -> bool {
        self.over
    }
}

/// Waits for a question and takes it; 204 where none came.
#[utoipa::path(tag = "worker", responses((status = 200, body = InquiryItem), (status = 204)))]
#[post("/api/worker/inquiries/claim")]
async fn claim_inquiry(
    hospital: Data<Hospital>,
    _worker: Worker,
    claim: Json<ClaimInquiry>,
) -> Answer<HttpResponse> {
    let item = inquiries::claim(&hospital, &claim).await?;
    Ok(item.map_or_else(
        || HttpResponse::NoContent().finish(),
        |item| HttpResponse::Ok().json(item),
    ))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct HandOut {
    /// The hand-out's number.
    attempt: i32,
}

/// The picture of the image that is asked about.
#[utoipa::path(tag = "worker", params(HandOut), responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>)))]
#[get("/api/worker/inquiries/{inquiry}/raster")]
async fn inquiry_raster(
    hospital: Data<Hospital>,
    _worker: Worker,
    inquiry: Path<InquiryId>,
    hand_out: Query<HandOut>,
) -> Answer<HttpResponse> {
    Ok(body(
        inquiries::raster(&hospital, *inquiry, hand_out.attempt).await?,
    ))
}

/// The answer as far as it is written; keeps the claim.
#[utoipa::path(tag = "worker", responses((status = 204)))]
#[post("/api/worker/inquiries/{inquiry}/words")]
async fn put_words(
    hospital: Data<Hospital>,
    _worker: Worker,
    inquiry: Path<InquiryId>,
    said: Json<Writing>,
) -> Answer<HttpResponse> {
    inquiries::write(&hospital, *inquiry, &said).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The whole answer.
#[utoipa::path(tag = "worker", responses((status = 204)))]
#[post("/api/worker/inquiries/{inquiry}/finish")]
async fn finish_inquiry(
    hospital: Data<Hospital>,
    _worker: Worker,
    inquiry: Path<InquiryId>,
    done: Json<FinishInquiry>,
) -> Answer<HttpResponse> {
    inquiries::finish(&hospital, *inquiry, &done).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Cannot be answered.
#[utoipa::path(tag = "worker", responses((status = 204)))]
#[post("/api/worker/inquiries/{inquiry}/fail")]
async fn fail_inquiry(
    hospital: Data<Hospital>,
    _worker: Worker,
    inquiry: Path<InquiryId>,
    why: Json<Fail>,
) -> Answer<HttpResponse> {
    inquiries::fail(&hospital, *inquiry, &why).await?;
    Ok(HttpResponse::NoContent().finish())
}
