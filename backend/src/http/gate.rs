//! The one gate before every route of the API: a session, or a token, or nothing at all.

use super::error::Refusal;
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
            if let Some(actor) = caller {
                request.extensions_mut().insert(actor);
            }
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(refused) => Ok(request.into_response(Refusal::from(refused).error_response())),
    }
}

async fn identify(request: &ServiceRequest) -> Result<Option<Actor>, ServiceError> {
    let path = request.path();
    if !path.starts_with("/api/") && path != "/api"
        || OPEN.contains(&(request.method().as_str(), path))
    {
        return Ok(None);
    }
    let hospital = request
        .app_data::<web::Data<Hospital>>()
        .ok_or(ServiceError::Unauthenticated)?
        .clone();
    let actor = match bearer(request) {
        Some(token) => by_token(&hospital, token, path).await?,
        None => by_session(&hospital, request).await?,
    };
    Ok(Some(actor))
}

fn bearer(request: &ServiceRequest) -> Option<&str> {
    request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

async fn by_token(hospital: &Hospital, token: &str, path: &str) -> Result<Actor, ServiceError> {
    let (user, scope) = accounts::token_owner(hospital, token).await?;
    let for_workers = path.starts_with("/api/worker/");
    match (scope, for_workers) {
        (TokenScope::Worker, true) | (TokenScope::User, false) => Ok(Actor {
            user: user.id,
            is_admin: user.is_admin,
        }),
        (TokenScope::Worker, false) => Err(ServiceError::Forbidden(
            "a worker's token reaches the worker's routes only",
        )),
        (TokenScope::User, true) => Err(ServiceError::Forbidden(
            "the worker's routes need a token of scope `worker`",
        )),
    }
}

async fn by_session(hospital: &Hospital, request: &ServiceRequest) -> Result<Actor, ServiceError> {
    let cookie = request
        .cookie(SESSION_COOKIE)
        .ok_or(ServiceError::Unauthenticated)?;
    let session = accounts::session(hospital, cookie.value()).await?;
    if request.path().starts_with("/api/worker/") {
        return Err(ServiceError::Forbidden(
            "the worker's routes need a token of scope `worker`",
        ));
    }
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let sent = request
        .headers()
        .get(CSRF_HEADER)
        .and_then(|value| value.to_str().ok());
    if !safe && sent != Some(session.csrf_token.as_str()) {
        return Err(ServiceError::WrongCsrfToken);
    }
    Ok(Actor {
        user: session.user.id,
        is_admin: session.user.is_admin,
    })
}
