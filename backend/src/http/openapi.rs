//! The OpenAPI document of every route, read off the routes themselves.

use super::routes;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::{ObjectBuilder, RefOr, Required, Type};
use utoipa_actix_web::AppExt;

#[derive(OpenApi)]
#[openapi(
    // Types that appear in paths and queries alone.
    components(schemas(medreg_datasets::ids::UserId, medreg_datasets::ids::Digest, crate::services::snapshots::ExportFormat)),
    info(
        title = "medreg",
        description = "Annotation of medical images, and training on what was annotated. Sign in with POST /api/session (cookie and \
                       X-CSRF-Token), or send `Authorization: Bearer` with an API token."
    )
)]
struct Description;

/// The document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let app = actix_web::App::new()
        .into_utoipa_app()
        .openapi(Description::openapi());
    let (_, mut document) = app.configure(routes::configure).split_for_parts();
    for (path, item) in &mut document.paths.paths {
        let names = names_in(path);
        operations(item).for_each(|operation| describe_path(operation, &names));
    }
    document
}

/// The `{names}` in a path.
fn names_in(path: &str) -> Vec<String> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(str::to_owned)
        .collect()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ]
    .into_iter()
    .flatten()
}

/// Names the parameters of a path that the macros cannot see: an id of a type of its own is a single unnamed value to them.
fn describe_path(operation: &mut Operation, names: &[String]) {
    let parameters = operation.parameters.get_or_insert_default();
    for name in names {
        if !parameters.iter().any(|known| name_of(known) == Some(name)) {
            let text = ObjectBuilder::new().schema_type(Type::String);
            let parameter = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(text));
            parameters.push(RefOr::T(parameter.build()));
        }
    }
}

fn name_of(parameter: &RefOr<Parameter>) -> Option<&str> {
    match parameter {
        RefOr::T(parameter) => Some(&parameter.name),
        RefOr::Ref(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_a_path_is_a_parameter() {
        let mut document = document();
        assert!(document.paths.paths.len() > 40);
        for (path, item) in &mut document.paths.paths {
            let names = names_in(path);
            for operation in operations(item) {
                let known: Vec<_> = operation
                    .parameters
                    .iter()
                    .flatten()
                    .filter_map(name_of)
                    .collect();
                assert!(
                    names.iter().all(|name| known.contains(&name.as_str())),
                    "{path}: {known:?}"
                );
            }
        }
    }
}
