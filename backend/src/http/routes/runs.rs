//! Runs, models, rounds of active learning.

use super::live::{Live, event, followed};
use crate::http::dto::{
    AcquisitionView, Acquisitions, Artifacts, ErrorBody, Models, NewRunBody, NotesBody,
    PromoteBody, Promoted, ResumeBody, RunLog, Runs, Series,
};
use crate::http::error::Answer;
use crate::services::accounts::{self, Credential};
use crate::services::acquisitions::{self, Wish};
use crate::services::runs::{self, Comparison, Launch, NotesChange};
use crate::services::{Actor, Hospital};
use crate::store::acquisitions::Acquisition;
use crate::store::runs::{Model, Run, RunState, Wanted};
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get, post, put};
use medreg_datasets::ids::{AcquisitionId, ModelId, ProjectId, RunId};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_runs)
        .service(compare_runs)
        .service(launch_run)
        .service(get_run)
        .service(stop_run)
        .service(resume_run)
        .service(annotate_run)
        .service(run_log)
        .service(run_metrics)
        .service(run_events)
        .service(run_artifacts)
        .service(run_artifact);
    config
        .service(list_models)
        .service(get_model)
        .service(promote_model);
    config
        .service(list_acquisitions)
        .service(ask_acquisition)
        .service(get_acquisition);
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RunsQuery {
    /// Only runs with this tag.
    tag: Option<String>,
    /// Only runs whose name, notes or tags hold this text.
    text: Option<String>,
    /// The run after which the page begins.
    #[param(value_type = Option<uuid::Uuid>)]
    after: Option<RunId>,
    /// Runs on the page, at most 500.
    limit: Option<i64>,
}

/// A page of a project's runs.
#[utoipa::path(tag = "runs", params(RunsQuery), responses((status = 200, body = Runs)))]
#[get("/api/projects/{project}/runs")]
async fn list_runs(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    query: Query<RunsQuery>,
) -> Answer<Json<Runs>> {
    let wanted = Wanted {
        tag: query.tag.as_deref(),
        text: query.text.as_deref(),
        after: query.after,
    };
    let limit = super::page_size(query.limit);
    let page = runs::list(&hospital, &actor, *project, wanted, limit).await?;
    Ok(Json(Runs {
        runs: page.runs,
        next: page.next,
        tags: page.tags,
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CompareQuery {
    /// The ids of 2 to 6 runs, with commas between them.
    #[serde(default)]
    runs: String,
}

/// Runs side by side: what they are made of, and where that differs.
#[utoipa::path(tag = "runs", params(CompareQuery), responses((status = 200, body = Comparison)))]
#[get("/api/projects/{project}/runs/compare")]
async fn compare_runs(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    query: Query<CompareQuery>,
) -> Answer<Json<Comparison>> {
    let ids = query.runs.split(',').map(str::parse::<RunId>);
    // What is no id is refused as too few ids are, by who may be told.
    let ids: Vec<RunId> = ids.collect::<Result<_, _>>().unwrap_or_default();
    Ok(Json(
        runs::compare(&hospital, &actor, *project, &ids).await?,
    ))
}

/// Puts a run into the queue.
#[utoipa::path(tag = "runs",
    responses((status = 201, body = Run), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
#[post("/api/projects/{project}/runs")]
async fn launch_run(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    body: Json<NewRunBody>,
) -> Answer<HttpResponse> {
    let launch = Launch {
        snapshot: &body.snapshot,
        base: &body.base,
        config: &body.config,
        name: body.name.as_deref(),
        cloned_from: body.cloned_from,
    };
    Ok(HttpResponse::Created().json(runs::launch(&hospital, &actor, *project, &launch).await?))
}

/// One run.
#[utoipa::path(tag = "runs", responses((status = 200, body = Run)))]
#[get("/api/runs/{run}")]
async fn get_run(hospital: Data<Hospital>, actor: Actor, run: Path<RunId>) -> Answer<Json<Run>> {
    Ok(Json(runs::run(&hospital, &actor, *run).await?))
}

/// Asks a run to stop.
#[utoipa::path(tag = "runs", responses((status = 200, body = Run), (status = 409, body = ErrorBody)))]
#[post("/api/runs/{run}/stop")]
async fn stop_run(hospital: Data<Hospital>, actor: Actor, run: Path<RunId>) -> Answer<Json<Run>> {
    Ok(Json(runs::stop(&hospital, &actor, *run).await?))
}

/// Hands a run out again that failed or was stopped; its worker goes on from the newest checkpoint it has, or from the one that is named. A
/// model that it gave when it was stopped is taken back, unless something was made with it.
#[utoipa::path(tag = "runs",
    responses((status = 200, body = Run), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
#[post("/api/runs/{run}/resume")]
async fn resume_run(
    hospital: Data<Hospital>,
    actor: Actor,
    run: Path<RunId>,
    body: Json<ResumeBody>,
) -> Answer<Json<Run>> {
    Ok(Json(
        runs::resume(&hospital, &actor, *run, body.step).await?,
    ))
}

/// Changes a run's notes and tags; refused with what is there now where that is not what they were made from.
#[utoipa::path(tag = "runs",
    responses((status = 200, body = Run), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
#[put("/api/runs/{run}/notes")]
async fn annotate_run(
    hospital: Data<Hospital>,
    actor: Actor,
    run: Path<RunId>,
    body: Json<NotesBody>,
) -> Answer<Json<Run>> {
    let change = NotesChange {
        based_on: body.based_on,
        notes: &body.notes,
        tags: &body.tags,
    };
    Ok(Json(
        runs::annotate(&hospital, &actor, *run, &change).await?,
    ))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LogQuery {
    /// Newest lines, at most 2000; 500 where it is absent.
    limit: Option<i64>,
}

/// What a run's workers said, newest last.
#[utoipa::path(tag = "runs", params(LogQuery), responses((status = 200, body = RunLog)))]
#[get("/api/runs/{run}/log")]
async fn run_log(
    hospital: Data<Hospital>,
    actor: Actor,
    run: Path<RunId>,
    query: Query<LogQuery>,
) -> Answer<Json<RunLog>> {
    let limit = query.limit.unwrap_or(500);
    Ok(Json(RunLog {
        lines: runs::log(&hospital, &actor, *run, limit).await?,
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MetricsQuery {
    /// Only values of later steps.
    after_step: Option<i32>,
}

/// A run's measured values.
#[utoipa::path(tag = "runs", params(MetricsQuery), responses((status = 200, body = Series)))]
#[get("/api/runs/{run}/metrics")]
async fn run_metrics(
    hospital: Data<Hospital>,
    actor: Actor,
    run: Path<RunId>,
    query: Query<MetricsQuery>,
) -> Answer<Json<Series>> {
    Ok(Json(Series {
        series: runs::metrics(&hospital, &actor, *run, query.after_step.unwrap_or(-1)).await?,
    }))
}

/// A run, live: `run` events whenever it changes, `metrics` events with new values, until it is over. A `run` event with another
/// `attempt` begins anew: the values of the hand-out before it are told again, where they still count.
#[utoipa::path(tag = "runs", responses((status = 200, content_type = "text/event-stream", body = String)))]
#[get("/api/runs/{run}/events")]
async fn run_events(
    hospital: Data<Hospital>,
    actor: Actor,
    shown: Credential,
    run: Path<RunId>,
) -> Answer<HttpResponse> {
    runs::run(&hospital, &actor, *run).await?;
    Ok(followed(Following {
        hospital,
        shown,
        run: *run,
        last_run: String::new(),
        attempt: None,
        told: BTreeMap::new(),
        over: false,
    }))
}

/// Measured values by name: step and value.
type Values = BTreeMap<String, Vec<(i32, f64)>>;

struct Following {
    hospital: Data<Hospital>,
    shown: Credential,
    run: RunId,
    last_run: String,
    /// The hand-out that was told of last.
    attempt: Option<i32>,
    /// The last step of each value that was told.
    told: BTreeMap<String, i32>,
    over: bool,
}

impl Live for Following {
    const LOOK_EVERY: Duration = Duration::from_millis(500);

    async fn news(&mut self) -> Answer<String> {
        let actor = accounts::actor(&self.hospital, &self.shown).await?;
        let run = runs::run(&self.hospital, &actor, self.run).await?;
        let mut news = String::new();
        let now = event("run", &run);
        if self.attempt.is_some_and(|told| told != run.attempt) {
            self.told.clear();
            news.push_str(&now);
            self.last_run.clone_from(&now);
        }
        self.attempt = Some(run.attempt);
        // Values of the latest step may come one after another: scores follow the loss they belong to.
        let latest = self.told.values().max().copied().unwrap_or(0);
        let series = runs::metrics(&self.hospital, &actor, self.run, latest - 1).await?;
        let series = self.untold(series);
        if !series.is_empty() {
            news.push_str(&event("metrics", &Series { series }));
        }
        if now != self.last_run {
            news.push_str(&now);
            self.last_run = now;
        }
        self.over = matches!(
            run.state,
            RunState::Finished | RunState::Stopped | RunState::Failed
        );
        Ok(news)
    }

    fn is_over(&self) -> bool {
        self.over
    }
}

impl Following {
    /// What of these values is new to the listener; they count as told from now on.
    fn untold(&mut self, mut series: Values) -> Values {
        series.retain(|name, values| {
            let told = self.told.get(name).copied().unwrap_or(-1);
            values.retain(|(step, _)| *step > told);
            values.last().is_some_and(|(step, _)| {
                self.told.insert(name.clone(), *step);
                true
            })
        });
        series
    }
}

/// A run's artifacts.
#[utoipa::path(tag = "runs", responses((status = 200, body = Artifacts)))]
#[get("/api/runs/{run}/artifacts")]
async fn run_artifacts(
    hospital: Data<Hospital>,
    actor: Actor,
    run: Path<RunId>,
) -> Answer<Json<Artifacts>> {
    Ok(Json(Artifacts {
        files: runs::artifacts(&hospital, &actor, *run).await?,
    }))
}

/// One artifact.
#[utoipa::path(tag = "runs", responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>)))]
#[get("/api/runs/{run}/artifacts/{name}")]
async fn run_artifact(
    hospital: Data<Hospital>,
    actor: Actor,
    path: Path<(RunId, String)>,
) -> Answer<HttpResponse> {
    Ok(super::work::body(
        runs::artifact(&hospital, &actor, path.0, &path.1).await?,
    ))
}

/// A project's models.
#[utoipa::path(tag = "models", responses((status = 200, body = Models)))]
#[get("/api/projects/{project}/models")]
async fn list_models(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
) -> Answer<Json<Models>> {
    Ok(Json(Models {
        models: acquisitions::models(&hospital, &actor, *project).await?,
    }))
}

/// One model.
#[utoipa::path(tag = "models", responses((status = 200, body = Model)))]
#[get("/api/models/{model}")]
async fn get_model(
    hospital: Data<Hospital>,
    actor: Actor,
    model: Path<ModelId>,
) -> Answer<Json<Model>> {
    Ok(Json(acquisitions::model(&hospital, &actor, *model).await?))
}

/// Lets a model suggest, and asks for a round with it.
#[utoipa::path(tag = "models", responses((status = 200, body = Promoted)))]
#[post("/api/models/{model}/promote")]
async fn promote_model(
    hospital: Data<Hospital>,
    actor: Actor,
    model: Path<ModelId>,
    body: Json<PromoteBody>,
) -> Answer<Json<Promoted>> {
    let (model, acquisition) =
        acquisitions::promote(&hospital, &actor, *model, &body.acquire).await?;
    Ok(Json(Promoted { model, acquisition }))
}

/// A project's rounds.
#[utoipa::path(tag = "acquisitions", responses((status = 200, body = Acquisitions)))]
#[get("/api/projects/{project}/acquisitions")]
async fn list_acquisitions(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
) -> Answer<Json<Acquisitions>> {
    Ok(Json(Acquisitions {
        acquisitions: acquisitions::list(&hospital, &actor, *project).await?,
    }))
}

/// Asks for a round.
#[utoipa::path(tag = "acquisitions", responses((status = 201, body = Acquisition)))]
#[post("/api/projects/{project}/acquisitions")]
async fn ask_acquisition(
    hospital: Data<Hospital>,
    actor: Actor,
    project: Path<ProjectId>,
    body: Json<Wish>,
) -> Answer<HttpResponse> {
    Ok(HttpResponse::Created().json(acquisitions::ask(&hospital, &actor, *project, &body).await?))
}

/// One round with the images it chose.
#[utoipa::path(tag = "acquisitions", responses((status = 200, body = AcquisitionView)))]
#[get("/api/acquisitions/{acquisition}")]
async fn get_acquisition(
    hospital: Data<Hospital>,
    actor: Actor,
    acquisition: Path<AcquisitionId>,
) -> Answer<Json<AcquisitionView>> {
    let (acquisition, ranking) = acquisitions::acquisition(&hospital, &actor, *acquisition).await?;
    Ok(Json(AcquisitionView {
        acquisition,
        ranking,
    }))
}
