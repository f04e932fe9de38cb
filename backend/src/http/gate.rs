//! The one gate before every route of the API: a session, or a token, or nothing at all.

use super::error::Refusal;
use super::extract::Worker;
use crate::services::accounts::Credential;
use crate::services::{Actor, Hospital, ServiceError, accounts};
use crate::store::accounts::TokenScope;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, ResponseError, web};

/// The cookie that holds a session's secret.
pub const SESSION_COOKIE: &str = "medreg_session";
/// The header that protects a browser's session.
pub const CSRF_HEADER: &str = "X-CSRF-Token";
/// What answers without a session: whether the server lives, what it can do, and signing in.
const OPEN: [(&str, &str); 3] = [
    ("GET", "/api/health"),
    ("GET", "/api/openapi.json"),
    ("POST", "/api/session"),
];

/// Lets a request in, with its actor, or refuses it. Outside `/api` there is only the page itself.
pub async fn admit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match identify(&request).await {
        Ok(caller) => {
            caller.enter(&request);
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(refused) => Ok(request.into_response(Refusal::from(refused).error_response())),
    }
}

/// Who was let in. A worker is no person: handlers for one cannot be reached as the other.
enum Caller {
    Anybody,
    Person(Actor, Credential),
    Worker(Worker),
}

impl Caller {
    /// Leaves word of the caller where the handlers' extractors look.
    fn enter(self, request: &ServiceRequest) {
        let mut known = request.extensions_mut();
        match self {
            Self::Anybody => {}
            Self::Person(actor, shown) => {
                known.insert(actor);
                known.insert(shown);
            }
            Self::Worker(worker) => {
                known.insert(worker);
            }
        }
    }
}

async fn identify(request: &ServiceRequest) -> Result<Caller, ServiceError> {
    // The text that routes are matched against, percent-decoded, and not the raw one of `request.path()`: with two
    // readings of one path, `/api/%77orker/claim` would be a person's route here and the worker's at the router.
    let path = request.match_info().as_str();
    if !path.starts_with("/api/") && path != "/api"
        || OPEN.contains(&(request.method().as_str(), path))
    {
        return Ok(Caller::Anybody);
    }
    let hospital = request
        .app_data::<web::Data<Hospital>>()
        .ok_or(ServiceError::Unauthenticated)?
        .clone();
    let for_workers = path.starts_with("/api/worker/");
    match bearer(request) {
        Some(token) => by_token(&hospital, token, for_workers).await,
        None => by_session(&hospital, request, for_workers).await,
    }
}

fn bearer(request: &ServiceRequest) -> Option<&str> {
    request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

async fn by_token(
    hospital: &Hospital,
    token: &str,
    for_workers: bool,
) -> Result<Caller, ServiceError> {
    let (user, scope) = accounts::token_owner(hospital, token).await?;
    let actor = Actor::from(&user);
    match (scope, for_workers) {
        (TokenScope::Worker, true) => Ok(Caller::Worker(Worker(actor))),
        (TokenScope::User, false) => Ok(Caller::Person(actor, Credential::of_token(token))),
        (TokenScope::Worker, false) => Err(ServiceError::Forbidden(
            "a worker's token reaches the worker's routes only",
        )),
        (TokenScope::User, true) => Err(Worker::wanted()),
    }
}

async fn by_session(
    hospital: &Hospital,
    request: &ServiceRequest,
    for_workers: bool,
) -> Result<Caller, ServiceError> {
    let cookie = request
        .cookie(SESSION_COOKIE)
        .ok_or(ServiceError::Unauthenticated)?;
    let session = accounts::session(hospital, cookie.value()).await?;
    if for_workers {
        return Err(Worker::wanted());
    }
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let sent = request
        .headers()
        .get(CSRF_HEADER)
        .and_then(|value| value.to_str().ok());
    if !safe && sent != Some(session.csrf_token.as_str()) {
        return Err(ServiceError::WrongCsrfToken);
    }
    let shown = Credential::of_session(cookie.value());
    Ok(Caller::Person(Actor::from(&session.user), shown))
}
