//! What handlers take from a request.

use super::error::Refusal;
use crate::services::{Actor, ServiceError};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use std::future::{Ready, ready};

/// The actor whom the gate let in. A route that asks for one cannot be reached without.
impl FromRequest for Actor {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            request
                .extensions()
                .get::<Self>()
                .cloned()
                .ok_or_else(|| ServiceError::Unauthenticated.into()),
        )
    }
}
