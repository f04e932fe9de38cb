//! The routes, by subject. What is registered here is what the OpenAPI document lists.

mod accounts;
mod cases;
mod dicomweb;
mod exports;
mod images;
mod imports;
mod inquiries;
mod projects;
mod rounds;
mod runs;
mod snapshots;
mod work;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers every route of the API.
pub fn configure(config: &mut ServiceConfig<'_>) {
    accounts::configure(config);
    projects::configure(config);
    images::configure(config);
    imports::configure(config);
    cases::configure(config);
    inquiries::configure(config);
    dicomweb::configure(config);
    snapshots::configure(config);
    exports::configure(config);
    runs::configure(config);
    rounds::configure(config);
    work::configure(config);
}

/// A server-sent event.
fn event(name: &str, data: &impl serde::Serialize) -> String {
    // What is told holds only strings, numbers and maps with string keys, which always serialise.
    serde_json::to_string(data)
        .map(|json| format!("event: {name}\ndata: {json}\n\n"))
        .unwrap_or_default()
}

/// The number of rows on a page: what was asked for, within reason.
fn page_size(asked: Option<i64>) -> i64 {
    asked.unwrap_or(100).clamp(1, 500)
}
