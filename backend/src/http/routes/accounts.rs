//! Health, signing in, users, tokens, the audit trail.

use crate::http::HttpSettings;
use crate::http::dto::{
    AuditPage, ErrorBody, IssuedToken, NewTokenBody, NewUserBody, SessionChange, SessionView,
    SignIn, Tokens, UserChangeBody, Users,
};
use crate::http::error::Answer;
use crate::http::gate::SESSION_COOKIE;
use crate::services::accounts::{self, AccountChange, NewAccount};
use crate::services::{Actor, Hospital, ServiceError, access};
use crate::store::accounts::{Settings, User};
use actix_web::cookie::{Cookie, SameSite};
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse, Responder, delete, get, patch, post, put};
use medreg_datasets::ids::{TokenId, UserId};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(get_health)
        .service(get_openapi)
        .service(sign_in)
        .service(get_session)
        .service(change_session)
        .service(keep_settings)
        .service(sign_out);
    config
        .service(list_users)
        .service(create_user)
        .service(change_user);
    config
        .service(list_tokens)
        .service(issue_token)
        .service(revoke_token)
        .service(list_audit);
}

/// Whether the server and its database live.
#[utoipa::path(tag = "accounts", responses((status = 200, description = "both live")))]
#[get("/api/health")]
async fn get_health(hospital: Data<Hospital>) -> Answer<impl Responder> {
    hospital.pool.acquire().await.map_err(ServiceError::from)?;
    Ok(Json(serde_json::json!({ "status": "ok" })))
}

/// This document.
#[utoipa::path(tag = "accounts", responses((status = 200, description = "OpenAPI 3.1")))]
#[get("/api/openapi.json")]
async fn get_openapi(document: Data<utoipa::openapi::OpenApi>) -> impl Responder {
    HttpResponse::Ok().json(document.get_ref())
}

/// Opens a session.
#[utoipa::path(tag = "accounts", responses((status = 200, body = SessionView), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody)))]
#[post("/api/session")]
async fn sign_in(
    request: HttpRequest,
    hospital: Data<Hospital>,
    settings: Data<HttpSettings>,
    body: Json<SignIn>,
) -> Answer<HttpResponse> {
    let address = request
        .peer_addr()
        .map_or_else(String::new, |a| a.ip().to_string());
    let signed_in = accounts::sign_in(&hospital, &body.username, &body.password, &address).await?;
    let own = accounts::settings(&hospital, signed_in.user.id).await?;
    let cookie = Cookie::build(SESSION_COOKIE, signed_in.secret)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(settings.secure_cookies)
        .finish();
    Ok(HttpResponse::Ok().cookie(cookie).json(SessionView {
        user: signed_in.user,
        csrf_token: signed_in.csrf_token,
        settings: own,
    }))
}

/// Who is signed in.
#[utoipa::path(tag = "accounts", responses((status = 200, body = SessionView)))]
#[get("/api/session")]
async fn get_session(
    request: HttpRequest,
    hospital: Data<Hospital>,
    _actor: Actor,
) -> Answer<Json<SessionView>> {
    let cookie = request
        .cookie(SESSION_COOKIE)
        .ok_or(ServiceError::Unauthenticated)?;
    let session = accounts::session(&hospital, cookie.value()).await?;
    Ok(Json(SessionView {
        settings: accounts::settings(&hospital, session.user.id).await?,
        user: session.user,
        csrf_token: session.csrf_token,
    }))
}

/// Chooses one's own interface language.
#[utoipa::path(tag = "accounts", responses((status = 200, body = User)))]
#[patch("/api/session")]
async fn change_session(
    hospital: Data<Hospital>,
    actor: Actor,
    body: Json<SessionChange>,
) -> Answer<Json<User>> {
    Ok(Json(
        accounts::choose_language(&hospital, &actor, &body.interface_lang).await?,
    ))
}

/// Keeps how one works with the page.
#[utoipa::path(tag = "accounts", responses((status = 204)))]
#[put("/api/session/settings")]
async fn keep_settings(
    hospital: Data<Hospital>,
    actor: Actor,
    body: Json<Settings>,
) -> Answer<HttpResponse> {
    accounts::keep_settings(&hospital, &actor, *body).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends the session.
#[utoipa::path(tag = "accounts", responses((status = 204)))]
#[delete("/api/session")]
async fn sign_out(
    request: HttpRequest,
    hospital: Data<Hospital>,
    _actor: Actor,
) -> Answer<HttpResponse> {
    let Some(mut cookie) = request.cookie(SESSION_COOKIE) else {
        return Ok(HttpResponse::NoContent().finish());
    };
    accounts::sign_out(&hospital, cookie.value()).await?;
    cookie.set_path("/");
    cookie.make_removal();
    Ok(HttpResponse::NoContent().cookie(cookie).finish())
}

/// All users.
#[utoipa::path(tag = "accounts", responses((status = 200, body = Users)))]
#[get("/api/users")]
async fn list_users(hospital: Data<Hospital>, actor: Actor) -> Answer<Json<Users>> {
    Ok(Json(Users {
        users: accounts::users(&hospital, &actor).await?,
    }))
}

/// Adds a user.
#[utoipa::path(tag = "accounts", responses((status = 201, body = User)))]
#[post("/api/users")]
async fn create_user(
    hospital: Data<Hospital>,
    actor: Actor,
    body: Json<NewUserBody>,
) -> Answer<HttpResponse> {
    let new = NewAccount {
        username: &body.username,
        display_name: &body.display_name,
        password: &body.password,
        is_admin: body.is_admin,
    };
    Ok(HttpResponse::Created().json(accounts::create_user(&hospital, &actor, &new).await?))
}

/// Changes a user.
#[utoipa::path(tag = "accounts", responses((status = 200, body = User)))]
#[patch("/api/users/{user}")]
async fn change_user(
    hospital: Data<Hospital>,
    actor: Actor,
    user: Path<UserId>,
    body: Json<UserChangeBody>,
) -> Answer<Json<User>> {
    let change = AccountChange {
        display_name: body.display_name.as_deref(),
        password: body.password.as_deref(),
        disabled: body.disabled,
        is_admin: body.is_admin,
    };
    Ok(Json(
        accounts::change_user(&hospital, &actor, *user, &change).await?,
    ))
}

/// The caller's tokens; an administrator sees all.
#[utoipa::path(tag = "accounts", responses((status = 200, body = Tokens)))]
#[get("/api/tokens")]
async fn list_tokens(hospital: Data<Hospital>, actor: Actor) -> Answer<Json<Tokens>> {
    Ok(Json(Tokens {
        tokens: accounts::tokens(&hospital, &actor).await?,
    }))
}

/// Makes a token; its secret is told this once.
#[utoipa::path(tag = "accounts", responses((status = 201, body = IssuedToken)))]
#[post("/api/tokens")]
async fn issue_token(
    hospital: Data<Hospital>,
    actor: Actor,
    body: Json<NewTokenBody>,
) -> Answer<HttpResponse> {
    let (id, token) = accounts::issue_token(&hospital, &actor, &body.name, body.scope).await?;
    Ok(HttpResponse::Created().json(IssuedToken { id, token }))
}

/// Revokes a token.
#[utoipa::path(tag = "accounts", responses((status = 204)))]
#[delete("/api/tokens/{token}")]
async fn revoke_token(
    hospital: Data<Hospital>,
    actor: Actor,
    token: Path<TokenId>,
) -> Answer<HttpResponse> {
    accounts::revoke_token(&hospital, &actor, *token).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// The entry after which the page begins.
    after: Option<i64>,
    /// Entries on the page, at most 500.
    limit: Option<i64>,
}

/// Who did what, when.
#[utoipa::path(tag = "accounts", params(AuditQuery), responses((status = 200, body = AuditPage)))]
#[get("/api/audit")]
async fn list_audit(
    hospital: Data<Hospital>,
    actor: Actor,
    query: Query<AuditQuery>,
) -> Answer<Json<AuditPage>> {
    access::admin(&actor)?;
    let mut conn = hospital.pool.acquire().await.map_err(ServiceError::from)?;
    let entries = crate::store::audit::page(
        &mut conn,
        query.after.unwrap_or(0),
        super::page_size(query.limit),
    )
    .await;
    Ok(Json(AuditPage {
        entries: entries.map_err(ServiceError::from)?,
    }))
}
