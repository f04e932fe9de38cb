//! Projects, members, ontologies.

use crate::http::dto::{
    Concepts, ErrorBody, Members, NewProjectBody, ProjectChangeBody, ProjectView, Projects,
    RoleBody, RoutingBody, Templates,
};
use crate::http::error::Answer;
use crate::services::{Actor, Hospital, projects, routing};
use crate::store::cases::Progress;
use crate::store::projects::{NewProject, Project, ProjectChange, Role};
use crate::store::routes::RouteCounts;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, patch, post, put};
use medreg_datasets::ids::{ProjectId, UserId};
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_projects)
        .service(create_project)
        .service(get_project)
        .service(change_project)
        .service(get_progress);
    config
        .service(list_members)
        .service(set_member)
        .service(remove_member)
        .service(get_concepts)
        .service(put_concepts)
        .service(get_templates)
        .service(put_templates)
        .service(put_routing)
        .service(get_routes);
}

fn view((project, role): (Project, Role)) -> ProjectView {
    ProjectView { project, role }
}

/// The projects the caller may see.
#[utoipa::path(tag = "projects", responses((status = 200, body = Projects)))]
#[get("/api/projects")]
async fn list_projects(hospital: Data<Hospital>, actor: Actor) -> Answer<Json<Projects>> {
    let found = projects::list(&hospital, &actor).await?;
    Ok(Json(Projects {
        projects: found.into_iter().map(view).collect(),
    }))
}

/// Makes a project.
#[utoipa::path(tag = "projects", responses((status = 201, body = ProjectView)))]
#[post("/api/projects")]
async fn create_project(
    hospital: Data<Hospital>,
    actor: Actor,
    body: Json<NewProjectBody>,
) -> Answer<HttpResponse> {
    let new = NewProject {
        name: &body.name,
        langs: &body.langs,
        guideline: &body.guideline,
        synthetic: body.synthetic,
        shares: body.shares,
        blind_share: body.blind_share,
    };
    let project = projects::create(&hospital, &actor, &new).await?;
    Ok(HttpResponse::Created().json(view((project, Role::Admin))))
}

/// One project.
#[utoipa::path(tag = "projects", responses((status = 200, body = ProjectView)))]
#[get("/api/projects/{project}")]
async fn get_project(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
) -> Answer<Json<ProjectView>> {
    Ok(Json(view(
        projects::project(&hospital, &actor, *project).await?,
    )))
}

/// Changes a project.
#[utoipa::path(tag = "projects", responses((status = 200, body = ProjectView)))]
#[patch("/api/projects/{project}")]
async fn change_project(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    body: Json<ProjectChangeBody>,
) -> Answer<Json<ProjectView>> {
    let change = ProjectChange {
        name: body.name.as_deref(),
        guideline: body.guideline.as_deref(),
        shares: body.shares,
        blind_share: body.blind_share,
        keep_dates: body.keep_dates,
        keep_characteristics: body.keep_characteristics,
    };
    let changed = projects::change(&hospital, &actor, *project, &change).await?;
    Ok(Json(view(changed)))
}

/// How far a project is.
#[utoipa::path(tag = "projects", responses((status = 200, body = Progress)))]
#[get("/api/projects/{project}/progress")]
async fn get_progress(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
) -> Answer<Json<Progress>> {
    Ok(Json(projects::progress(&hospital, &actor, *project).await?))
}

/// Who works in it.
#[utoipa::path(tag = "projects", responses((status = 200, body = Members)))]
#[get("/api/projects/{project}/members")]
async fn list_members(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
) -> Answer<Json<Members>> {
    Ok(Json(Members {
        members: projects::members(&hospital, &actor, *project).await?,
    }))
}

/// Makes somebody a member, or changes what they are.
#[utoipa::path(tag = "projects", responses((status = 204)))]
#[put("/api/projects/{project}/members/{user}")]
async fn set_member(
    hospital: Data<Hospital>,
    actor: Actor,
    path: Path<(ProjectId, UserId)>,
    body: Json<RoleBody>,
) -> Answer<HttpResponse> {
    projects::set_member(&hospital, &actor, path.0, path.1, body.role).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends a membership.
#[utoipa::path(tag = "projects", responses((status = 204)))]
#[delete("/api/projects/{project}/members/{user}")]
async fn remove_member(
    hospital: Data<Hospital>,
    actor: Actor,
    path: Path<(ProjectId, UserId)>,
) -> Answer<HttpResponse> {
    projects::remove_member(&hospital, &actor, path.0, path.1).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The ontology.
#[utoipa::path(tag = "projects", responses((status = 200, body = Concepts)))]
#[get("/api/projects/{project}/concepts")]
async fn get_concepts(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
) -> Answer<Json<Concepts>> {
    Ok(Json(Concepts {
        concepts: projects::concepts(&hospital, &actor, *project).await?,
    }))
}

/// Replaces the ontology.
#[utoipa::path(tag = "projects", responses((status = 200, body = Concepts)))]
#[put("/api/projects/{project}/concepts")]
async fn put_concepts(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    body: Json<Concepts>,
) -> Answer<Json<Concepts>> {
    Ok(Json(Concepts {
        concepts: projects::put_concepts(&hospital, &actor, *project, &body.concepts).await?,
    }))
}

/// The templates that are offered to its readers.
#[utoipa::path(tag = "projects", responses((status = 200, body = Templates)))]
#[get("/api/projects/{project}/templates")]
async fn get_templates(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
) -> Answer<Json<Templates>> {
    Ok(Json(Templates {
        templates: projects::templates(&hospital, &actor, *project).await?,
    }))
}

/// Replaces the templates.
#[utoipa::path(tag = "projects", responses((status = 200, body = Templates)))]
#[put("/api/projects/{project}/templates")]
async fn put_templates(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    body: Json<Templates>,
) -> Answer<Json<Templates>> {
    Ok(Json(Templates {
        templates: projects::put_templates(&hospital, &actor, *project, &body.templates).await?,
    }))
}

/// Sets by which confidences cases go to whom, or, with null, has all go the same way again. Cases that nobody has read are routed anew.
#[utoipa::path(tag = "projects", responses((status = 200, body = ProjectView), (status = 400, body = ErrorBody)))]
#[put("/api/projects/{project}/routing")]
async fn put_routing(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    body: Json<RoutingBody>,
) -> Answer<Json<ProjectView>> {
    let changed = routing::set(&hospital, &actor, *project, body.routing.as_ref()).await?;
    Ok(Json(view(changed)))
}

/// How many cases went which way, and what second readers changed.
#[utoipa::path(tag = "projects", responses((status = 200, body = RouteCounts)))]
#[get("/api/projects/{project}/routes")]
async fn get_routes(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
) -> Answer<Json<RouteCounts>> {
    Ok(Json(routing::counts(&hospital, &actor, *project).await?))
}
