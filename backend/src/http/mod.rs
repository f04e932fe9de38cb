//! Requests → service calls, outcomes → answers.

mod assets;
pub mod dto;
mod error;
mod extract;
mod gate;
mod openapi;
mod related;
pub mod routes;

pub use openapi::document;

use crate::services::Hospital;
use actix_web::middleware::{Compress, DefaultHeaders, from_fn};
use actix_web::web;

/// The largest JSON body: a full annotation in two languages fits many times over.
const MAX_JSON: usize = 8 << 20;
/// The largest form: a file of up to [`crate::imaging::slide::MAX_SLIDE_BYTES`], which goes to the disk, and a few words beside it.
const MAX_FORM: usize = (4 << 30) + MAX_WORDS;
/// The most of a form that is held in memory.
const MAX_WORDS: usize = 1 << 20;

/// How the server speaks HTTP.
#[derive(Clone, Copy, Debug)]
pub struct HttpSettings {
    /// Whether cookies may only travel over TLS; set behind an HTTPS proxy.
    pub secure_cookies: bool,
}

/// Everything the server answers.
pub fn configure(config: &mut web::ServiceConfig, hospital: &Hospital, settings: HttpSettings) {
    let openapi = web::Data::new(document());
    let refuse =
        |e: String| error::Refusal::from(crate::services::ServiceError::invalid("body", e));
    let mut api = web::scope("")
        .wrap(from_fn(gate::admit))
        .wrap(Compress::default())
        .wrap(security_headers())
        .app_data(web::Data::new(hospital.clone()))
        .app_data(web::Data::new(settings))
        .app_data(openapi)
        .app_data(
            web::JsonConfig::default()
                .limit(MAX_JSON)
                .error_handler(move |e, _| error::of_json(e)),
        )
        .app_data(
            web::QueryConfig::default().error_handler(move |e, _| refuse(e.to_string()).into()),
        )
        .app_data(web::PathConfig::default().error_handler(|_, _| {
            error::Refusal::from(crate::services::ServiceError::NotFound("resource")).into()
        }))
        .app_data(
            actix_multipart::form::MultipartFormConfig::default()
                .total_limit(MAX_FORM)
                .memory_limit(MAX_WORDS)
                .error_handler(|e, _| error::of_multipart(e)),
        );
    api = api.configure(|plain| {
        let mut described = utoipa_actix_web::service_config::ServiceConfig::new(plain);
        routes::configure(&mut described);
    });
    config.service(api.default_service(web::route().to(assets::serve)));
}

fn security_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("X-Frame-Options", "DENY"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add((
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; font-src 'self'; \
             connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ))
}
