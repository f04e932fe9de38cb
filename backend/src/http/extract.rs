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

/// The owner of the worker's token that the gate let in. Every worker's route asks for one, so that it refuses people even
/// where the gate took it for another route.
#[derive(Clone, Debug)]
pub struct Worker(pub Actor);

impl Worker {
    /// What somebody else is told.
    pub fn wanted() -> ServiceError {
        ServiceError::Forbidden("the worker's routes need a token of scope `worker`")
    }
}

impl FromRequest for Worker {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            request
                .extensions()
                .get::<Self>()
                .cloned()
                .ok_or_else(|| Self::wanted().into()),
        )
    }
}
