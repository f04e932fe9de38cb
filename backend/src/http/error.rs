//! From what a use case refused to what the caller reads: a status, a stable code, a sentence.

use super::dto::ErrorBody;
use crate::services::ServiceError;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

/// A refusal on its way out.
#[derive(Debug)]
pub struct Refusal(ServiceError);

impl From<ServiceError> for Refusal {
    fn from(error: ServiceError) -> Self {
        Self(error)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a handler gives.
pub type Answer<T> = Result<T, Refusal>;

impl Refusal {
    /// The status and the stable code. There is no catch-all arm: a new refusal must be placed.
    fn kind(&self) -> (StatusCode, &'static str) {
        use ServiceError as E;
        match &self.0 {
            E::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            E::WrongCredentials => (StatusCode::UNAUTHORIZED, "wrong_credentials"),
            E::Throttled => (StatusCode::TOO_MANY_REQUESTS, "throttled"),
            E::WrongCsrfToken => (StatusCode::FORBIDDEN, "wrong_csrf_token"),
            E::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            E::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
            E::Invalid { .. } => (StatusCode::BAD_REQUEST, "invalid"),
            E::NameTaken { .. } => (StatusCode::CONFLICT, "name_taken"),
            E::Stale { .. } | E::StaleNotes { .. } => (StatusCode::CONFLICT, "stale_revision"),
            E::Leased { .. } => (StatusCode::CONFLICT, "leased"),
            E::NotYours => (StatusCode::CONFLICT, "not_leased"),
            E::ClaimLost => (StatusCode::CONFLICT, "claim_lost"),
            E::Content(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_content"),
            E::Config(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_config"),
            E::BadImage { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "bad_image"),
            E::NothingToSnapshot => (StatusCode::UNPROCESSABLE_ENTITY, "nothing_to_snapshot"),
            E::ConceptInUse(_) => (StatusCode::CONFLICT, "concept_in_use"),
            E::ImportBusy => (StatusCode::CONFLICT, "import_busy"),
            E::RunIsOver => (StatusCode::CONFLICT, "run_is_over"),
            E::NothingToResume => (StatusCode::CONFLICT, "nothing_to_resume"),
            E::ModelInUse => (StatusCode::CONFLICT, "model_in_use"),
            E::NotAsked(_) => (StatusCode::CONFLICT, "not_asked"),
            E::TooManyQuestions(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_questions"),
            E::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            E::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "database"),
            E::Objects(_) => (StatusCode::INTERNAL_SERVER_ERROR, "object_store"),
            E::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    fn details(&self) -> Option<serde_json::Value> {
        match &self.0 {
            ServiceError::Stale { based_on, current } => {
                Some(serde_json::json!({ "based_on": based_on, "current": current }))
            }
            ServiceError::StaleNotes { based_on, current } => {
                Some(serde_json::json!({ "based_on": based_on, "current": current }))
            }
            ServiceError::Config(bad) => {
                Some(serde_json::json!({ "field": bad.field, "expected": bad.expected }))
            }
            ServiceError::Invalid { field, .. } => Some(serde_json::json!({ "field": field })),
            ServiceError::Leased { by, until } => {
                Some(serde_json::json!({ "by": by, "until": until }))
            }
            _ => None,
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.kind().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code) = self.kind();
        let message = if status.is_server_error() {
            // What went wrong inside is for the log, not for whoever asks.
            tracing::error!(code, error = %self.0, "a request could not be answered");
            "the server could not answer; its log says why".to_owned()
        } else {
            self.0.to_string()
        };
        HttpResponse::build(status).json(ErrorBody::new(code, message, self.details()))
    }
}

fn refused(error: impl std::error::Error + 'static, service: ServiceError) -> actix_web::Error {
    let response = Refusal(service).error_response();
    actix_web::error::InternalError::from_response(error, response).into()
}

/// A body that is no JSON, not the expected one, or too large.
pub(super) fn of_json(error: actix_web::error::JsonPayloadError) -> actix_web::Error {
    use actix_web::error::JsonPayloadError as E;
    let service = match &error {
        E::Overflow { limit } | E::OverflowKnownLength { limit, .. } => ServiceError::TooLarge {
            limit: *limit as u64,
        },
        other => ServiceError::invalid("body", other),
    };
    refused(error, service)
}

/// A form that is broken or too large.
pub(in crate::http) fn of_multipart(error: actix_multipart::MultipartError) -> actix_web::Error {
    use actix_multipart::MultipartError as E;
    let service = match &error {
        E::Payload(PayloadError::Overflow) => ServiceError::TooLarge {
            limit: crate::imaging::slide::MAX_SLIDE_BYTES,
        },
        // The disk on which a file is kept meanwhile is full, say: no fault of the form.
        E::Field { source, .. } if source.as_response_error().status_code().is_server_error() => {
            ServiceError::Internal(source.to_string())
        }
        other => ServiceError::invalid("form", other),
    };
    let response = Refusal(service).error_response();
    actix_web::error::InternalError::from_response(error.to_string(), response).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_is_too_large_is_told_so() {
        let too_large = actix_multipart::MultipartError::Payload(PayloadError::Overflow);
        let broken = actix_multipart::MultipartError::Incomplete;
        let status = |error| of_multipart(error).as_response_error().status_code();
        assert_eq!(status(too_large), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(status(broken), StatusCode::BAD_REQUEST);
    }
}
