//! What handlers take from a request.

use super::error::Refusal;
use crate::services::accounts::Credential;
use crate::services::{Actor, ServiceError};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use std::future::{Ready, ready};

/// The actor whom the gate let in. A route that asks for one cannot be reached without.
impl FromRequest for Actor {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(left_by_the_gate(request).ok_or_else(|| ServiceError::Unauthenticated.into()))
    }
}

/// What the actor showed, for an answer that lasts: rights may go while it does.
impl FromRequest for Credential {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(left_by_the_gate(request).ok_or_else(|| ServiceError::Unauthenticated.into()))
    }
}

fn left_by_the_gate<T: Clone + 'static>(request: &HttpRequest) -> Option<T> {
    request.extensions().get::<T>().cloned()
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
        ready(left_by_the_gate(request).ok_or_else(|| Self::wanted().into()))
    }
}
