//! A project as a DICOMweb server, PS3.18: QIDO-RS, WADO-RS and STOW-RS.

mod retrieve;
mod search;
mod store;

use crate::http::dto::ErrorBody;
use actix_web::{HttpRequest, HttpResponse};
use medreg_datasets::ids::ProjectId;
use utoipa_actix_web::service_config::ServiceConfig;

/// Data sets in the DICOM JSON model.
const DICOM_JSON: &str = "application/dicom+json";

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    search::configure(config);
    retrieve::configure(config);
    store::configure(config);
}

/// The address of a project's DICOMweb service as the caller knows it.
fn root(request: &HttpRequest, project: ProjectId) -> String {
    let known = request.connection_info();
    let (scheme, host) = (known.scheme(), known.host());
    format!("{scheme}://{host}/api/projects/{project}/dicomweb")
}

/// None of the media types that the caller takes can be given.
fn not_acceptable(offered: &str) -> HttpResponse {
    let message = format!("none of the accepted media types can be given: accept {offered}");
    HttpResponse::NotAcceptable().json(ErrorBody::new("not_acceptable", message, None))
}
