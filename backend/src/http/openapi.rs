//! The OpenAPI document of every route, read off the routes themselves.

use super::routes;
use medreg_datasets::protocol::{Limit, RunConfig, Tuning};
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Components, ObjectBuilder, RefOr, Required, Type};
use utoipa_actix_web::AppExt;

#[derive(OpenApi)]
#[openapi(
    // Types that appear in paths and queries alone.
    components(schemas(medreg_datasets::ids::UserId, medreg_datasets::ids::Digest, medreg_datasets::ids::ImportId, crate::http::dto::ListFormat, crate::store::predictions::AnswerChange, crate::services::snapshots::ExportFormat, crate::services::snapshots::DatasheetFormat)),
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
    if let Some(components) = &mut document.components {
        for limit in &RunConfig::LIMITS {
            add_limit(components, limit);
        }
        add_proposal(components);
    }
    document
}

/// Says what a number among a run's settings may be: the page checks what is typed by it.
fn add_limit(components: &mut Components, limit: &Limit) {
    let (schema, name) = match limit.field.split_once('.') {
        Some((_, name)) => ("Tuning", name),
        None => ("RunConfig", limit.field),
    };
    let Some(RefOr::T(schema)) = components.schemas.get_mut(schema) else {
        return;
    };
    let Some(Schema::Object(number)) = property(schema, name) else {
        return;
    };
    let (low, high) = (Some(limit.low.into()), Some(limit.high.into()));
    match limit.above {
        true => number.exclusive_minimum = low,
        false => number.minimum = low,
    }
    match limit.below {
        true => number.exclusive_maximum = high,
        false => number.maximum = high,
    }
}

/// Says which adapters are proposed, as the defaults of the settings say what a run has that nobody chose.
fn add_proposal(components: &mut Components) {
    let Some(RefOr::T(schema)) = components.schemas.get_mut("Tuning") else {
        return;
    };
    let proposed = serde_json::json!(Tuning::proposed());
    let parts = proposed.as_object().into_iter().flatten();
    for (name, value) in parts.filter(|(name, _)| *name != "kind") {
        match property(schema, name) {
            Some(Schema::Object(object)) => object.default = Some(value.clone()),
            Some(Schema::Array(array)) => array.default = Some(value.clone()),
            _ => {}
        }
    }
}

/// A property of an object, or of whichever of several has it.
fn property<'a>(schema: &'a mut Schema, name: &str) -> Option<&'a mut Schema> {
    let objects = match schema {
        Schema::Object(object) => vec![object],
        Schema::OneOf(kinds) => {
            let kinds = kinds.items.iter_mut();
            let objects = kinds.filter_map(|kind| match kind {
                RefOr::T(Schema::Object(object)) => Some(object),
                _ => None,
            });
            objects.collect()
        }
        _ => Vec::new(),
    };
    let mut found = objects
        .into_iter()
        .filter_map(|o| o.properties.get_mut(name));
    match found.next()? {
        RefOr::T(schema) => Some(schema),
        RefOr::Ref(_) => None,
    }
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
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    #[test]
    fn every_limit_is_told() {
        let told = serde_json::to_value(document()).unwrap();
        let schemas = &told["components"]["schemas"];
        let steps = &schemas["RunConfig"]["properties"]["steps"];
        let numbers = ["minimum", "maximum", "default"].map(|name| steps[name].as_f64());
        assert_eq!(numbers, [Some(1.0), Some(1e6), Some(600.0)]);
        // A whole number may be written with or without its decimal.
        let text = schemas["Tuning"].to_string();
        assert!(text.contains(r#""exclusiveMinimum":0"#), "{text}");
        assert!(text.contains(r#""exclusiveMaximum":1"#), "{text}");
        assert!(text.contains(r#""default":8"#), "{text}");
        assert!(
            text.contains(r#""default":["language_model.*.q_proj""#),
            "{text}"
        );
        let all = schemas["RunConfig"].to_string() + &text;
        let limits = all.matches(r#"aximum":"#).count();
        assert_eq!(limits, RunConfig::LIMITS.len(), "{all}");
    }

    /// Of two types of one name the document tells one alone, and says nothing.
    #[test]
    fn no_two_schemas_have_the_same_name() {
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut places: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for room in [here.join("src"), here.join("../datasets/src")] {
            for file in sources(&room) {
                for name in schemas_in(&std::fs::read_to_string(&file).unwrap()) {
                    places.entry(name).or_default().push(file.clone());
                }
            }
        }
        assert!(places.len() > 150, "{} types were found", places.len());
        places.retain(|_, files| files.len() > 1);
        assert_eq!(places, BTreeMap::new());
        assert_eq!(
            schemas_in("#[derive(Debug, ToSchema)]\n#[serde(default)]\npub struct One {}"),
            ["One"]
        );
        assert_eq!(
            schemas_in("#[cfg_attr(x, derive(utoipa::ToSchema))]\nenum Two {"),
            ["Two"]
        );
    }

    fn sources(folder: &std::path::Path) -> Vec<PathBuf> {
        let inside = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        inside
            .flat_map(|path| match path.is_dir() {
                true => sources(&path),
                false => vec![path],
            })
            .filter(|path| path.extension().is_some_and(|end| end == "rs"))
            .collect()
    }

    /// The names of the types that derive a schema.
    fn schemas_in(source: &str) -> Vec<String> {
        let lines: Vec<&str> = source.lines().collect();
        let derives = |line: &&str| line.contains("derive(") && line.contains("ToSchema");
        // A name that is told apart, else the type's own; none where a macro fills it in.
        let name = |at: usize| {
            lines[at..].iter().find_map(|line| {
                let line = line.trim();
                let item = line
                    .trim_start_matches("pub ")
                    .trim_start_matches("pub(super) ");
                let rest = line
                    .strip_prefix("#[schema(as = ")
                    .or(item.strip_prefix("struct "))
                    .or(item.strip_prefix("enum "))?;
                Some(
                    rest.split(|c: char| !c.is_alphanumeric())
                        .next()?
                        .to_owned(),
                )
            })
        };
        (0..lines.len())
            .filter(|at| derives(&lines[*at]))
            .filter_map(name)
            .filter(|name| !name.is_empty())
            .collect()
    }

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
