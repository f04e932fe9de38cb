//! Rounds of active learning, as people see them.

use super::access::{self, Permission};
use super::{Actor, Hospital, Outcome, ServiceError, audit};
use crate::store::acquisitions::{self, Acquisition, Chosen, NewAcquisition};
use crate::store::runs::{self, Model};
use medreg_datasets::ids::{AcquisitionId, ModelId, ProjectId};
use medreg_datasets::protocol::{ModelRef, Strategy};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;

/// The base model that ships with the trainer.
const BASE: &str = "shapes";
/// The most images that one round may rank.
const MAX_BUDGET: u32 = 100_000;
/// The most boxes that it may be asked for.
const MAX_BOXES: u32 = 1_000_000;
/// How many images a round ranks that nobody gave a limit.
const USUAL_BUDGET: u32 = 50;

/// What a round is asked to do; every field has a default.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wish {
    /// How to choose; hybrid unless told otherwise.
    pub strategy: Strategy,
    /// How many images to rank at most; 50 unless told otherwise, or as many as fit into `boxes`.
    pub budget: Option<u32>,
    /// How many boxes the images may be expected to have together: those that the model finds on each, or else the mean of what was read,
    /// and never less than one an image.
    pub boxes: Option<u32>,
    /// The seed of everything drawn by chance.
    pub seed: u64,
    /// The model to ask: the promoted one, or the shipped base, unless told otherwise.
    pub model: Option<ModelRef>,
}

impl Wish {
    /// How many images to rank at most; every image costs a box at least, so a limit in boxes is one in images too.
    fn images(&self) -> Outcome<u32> {
        if self
            .boxes
            .is_some_and(|boxes| !(1..=MAX_BOXES).contains(&boxes))
        {
            return Err(ServiceError::invalid(
                "boxes",
                format!("1 to {MAX_BOXES} boxes are expected"),
            ));
        }
        let most = self
            .boxes
            .map_or(USUAL_BUDGET, |boxes| boxes.min(MAX_BUDGET));
        match self.budget.unwrap_or(most) {
            images @ 1..=MAX_BUDGET => Ok(images),
            _ => Err(ServiceError::invalid(
                "budget",
                format!("1 to {MAX_BUDGET} images are expected"),
            )),
        }
    }
}

/// Asks for a round.
pub async fn ask(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    wish: &Wish,
) -> Outcome<Acquisition> {
    let mut tx = hospital.pool.begin().await?;
    access::project(&mut tx, actor, project, Permission::Train).await?;
    let acquisition = queue(&mut tx, actor, project, wish).await?;
    tx.commit().await?;
    Ok(acquisition)
}

async fn queue(
    conn: &mut PgConnection,
    actor: &Actor,
    project: ProjectId,
    wish: &Wish,
) -> Outcome<Acquisition> {
    let budget = wish.images()?;
    let model = match &wish.model {
        Some(model) => checked_model(conn, project, model).await?,
        None => match runs::promoted(conn, project).await? {
            Some(id) => ModelRef::Published { id },
            None => ModelRef::Builtin {
                name: BASE.to_owned(),
            },
        },
    };
    let new = NewAcquisition {
        project,
        model: &model,
        strategy: wish.strategy,
        budget,
        boxes: wish.boxes,
        seed: wish.seed,
        by: actor.user,
    };
    let id = acquisitions::insert(conn, &new).await?;
    let acquisition = acquisitions::acquisition(conn, id)
        .await?
        .ok_or(ServiceError::NotFound("acquisition"))?;
    audit(
        conn,
        actor,
        "acquisition.ask",
        id,
        serde_json::json!({ "strategy": wish.strategy, "budget": budget, "boxes": wish.boxes }),
    )
    .await?;
    Ok(acquisition)
}

/// A model that this project may use: one that ships, or one of its own.
pub(super) async fn checked_model(
    conn: &mut PgConnection,
    project: ProjectId,
    model: &ModelRef,
) -> Outcome<ModelRef> {
    match model {
        ModelRef::Builtin { name } if name == BASE => {}
        ModelRef::Builtin { name } => {
            return Err(ServiceError::invalid(
                "base",
                format!("no model `{name}` ships with the trainer: `{BASE}` does"),
            ));
        }
        ModelRef::Published { id } => {
            runs::keep_model(conn, *id).await?;
            let found = runs::model(conn, *id).await?;
            found
                .filter(|m| m.project_id == project)
                .ok_or(ServiceError::NotFound("model"))?;
        }
    }
    Ok(model.clone())
}

/// Lets a model suggest, and asks for a round with it.
pub async fn promote(
    hospital: &Hospital,
    actor: &Actor,
    id: ModelId,
    wish: &Wish,
) -> Outcome<(Model, Acquisition)> {
    let mut tx = hospital.pool.begin().await?;
    let model = runs::model(&mut tx, id)
        .await?
        .ok_or(ServiceError::NotFound("model"))?;
    permitted(&mut tx, actor, model.project_id, "model").await?;
    runs::promote(&mut tx, model.project_id, id).await?;
    let wish = Wish {
        model: Some(ModelRef::Published { id }),
        ..wish.clone()
    };
    let acquisition = queue(&mut tx, actor, model.project_id, &wish).await?;
    let promoted = runs::model(&mut tx, id)
        .await?
        .ok_or(ServiceError::NotFound("model"))?;
    audit(&mut tx, actor, "model.promote", id, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok((promoted, acquisition))
}

/// Whether the actor may train in a project; where they may not even know of it, `what` is not found.
async fn permitted(
    conn: &mut PgConnection,
    actor: &Actor,
    project: ProjectId,
    what: &'static str,
) -> Outcome<()> {
    match access::project(conn, actor, project, Permission::Train).await {
        Err(ServiceError::NotFound(_)) => Err(ServiceError::NotFound(what)),
        other => other.map(|_| ()),
    }
}

/// A project's rounds, newest first.
pub async fn list(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
) -> Outcome<Vec<Acquisition>> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, project, Permission::Read).await?;
    Ok(acquisitions::of_project(&mut conn, project).await?)
}

/// One round with the images it chose.
pub async fn acquisition(
    hospital: &Hospital,
    actor: &Actor,
    id: AcquisitionId,
) -> Outcome<(Acquisition, Vec<Chosen>)> {
    let mut conn = hospital.pool.acquire().await?;
    let found = acquisitions::acquisition(&mut conn, id)
        .await?
        .ok_or(ServiceError::NotFound("acquisition"))?;
    permitted(&mut conn, actor, found.project_id, "acquisition").await?;
    let ranking = acquisitions::ranking(&mut conn, id).await?;
    Ok((found, ranking))
}

/// A project's models, newest first.
pub async fn models(hospital: &Hospital, actor: &Actor, project: ProjectId) -> Outcome<Vec<Model>> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, project, Permission::Read).await?;
    Ok(runs::models(&mut conn, project).await?)
}

/// One model.
pub async fn model(hospital: &Hospital, actor: &Actor, id: ModelId) -> Outcome<Model> {
    let mut conn = hospital.pool.acquire().await?;
    let model = runs::model(&mut conn, id)
        .await?
        .ok_or(ServiceError::NotFound("model"))?;
    permitted(&mut conn, actor, model.project_id, "model").await?;
    Ok(model)
}
