//! The page, out of the program itself, so that a server is one file.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Page;

/// A file of the page; any other path outside `/api` is a place inside the page, so it gets the page itself.
pub(super) async fn serve(request: HttpRequest) -> HttpResponse {
    let path = request.path().trim_start_matches('/');
    if path.starts_with("api/") || path == "api" {
        let missing = super::dto::ErrorBody::new(
            "not_found",
            "there is no such route: GET /api/openapi.json lists them".to_owned(),
            None,
        );
        return HttpResponse::NotFound().json(missing);
    }
    match Page::get(path) {
        Some(file) => asset(path, file),
        None => match Page::get("index.html") {
            Some(file) => asset("index.html", file),
            None => HttpResponse::NotFound()
                .body("this server was built without its page: run ./dev up"),
        },
    }
}

fn asset(path: &str, file: rust_embed::EmbeddedFile) -> HttpResponse {
    // Names under assets/ hold a hash of their content.
    let caching = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    HttpResponse::Ok()
        .content_type(file.metadata.mimetype())
        .insert_header((header::CACHE_CONTROL, caching))
        .body(file.data.into_owned())
}
