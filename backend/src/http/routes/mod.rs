//! The routes, by subject. What is registered here is what the OpenAPI document lists.

mod accounts;
mod cases;
mod dicomweb;
mod evaluations;
mod exports;
mod images;
mod imports;
mod inquiries;
mod live;
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
    evaluations::configure(config);
    work::configure(config);
}

/// The number of rows on a page: what was asked for, within reason.
fn page_size(asked: Option<i64>) -> i64 {
    asked.unwrap_or(100).clamp(1, 500)
}
