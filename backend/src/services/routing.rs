//! Which way a project's cases go: decided anew when a model has suggested, when a lead sets thresholds, and when somebody has read a case.

use super::access::{self, Permission};
use super::cases::{is_blind, shows_suggestions};
use super::{Actor, Hospital, Outcome, audit};
use crate::store::annotations::{self, Suggestion};
use crate::store::images::Image;
use crate::store::projects::{Project, Role};
use crate::store::routes::{self, RouteCounts};
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::ids::{ImageId, ProjectId};
use medreg_datasets::matching::shared_regions;
use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::region::{AnnotationContent, Presence, Region};
use medreg_datasets::routing::{Reading, Routing, Sureness};
use sqlx::PgConnection;

/// Cases that are routed at a time.
const PAGE: i64 = 1_000;
/// From this overlap on a reader's box upholds a suggested one, as it does where confidences are held against outcomes.
const UPHELD_FROM: f64 = 0.5;

impl Role {
    /// Whether cases that need an expert are theirs to read.
    #[must_use]
    pub fn is_expert(self) -> bool {
        matches!(self, Self::Reviewer | Self::Lead | Self::Admin)
    }
}

/// Sets a project's thresholds, or takes them away; what nobody has read is routed anew.
pub async fn set(
    hospital: &Hospital,
    actor: &Actor,
    id: ProjectId,
    routing: Option<&Routing>,
) -> Outcome<(Project, Role)> {
    let mut tx = hospital.pool.begin().await?;
    access::project(&mut tx, actor, id, Permission::Manage).await?;
    routes::set(&mut tx, id, routing).await?;
    let (project, role) = access::project(&mut tx, actor, id, Permission::Manage).await?;
    routes::forget(&mut tx, id).await?;
    route_all(&mut tx, &project).await?;
    let detail = serde_json::json!({ "routing": routing });
    audit(&mut tx, actor, "project.routing", id, detail).await?;
    tx.commit().await?;
    Ok((project, role))
}

/// How many of a project's cases went which way.
pub async fn counts(hospital: &Hospital, actor: &Actor, id: ProjectId) -> Outcome<RouteCounts> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, id, Permission::Manage).await?;
    Ok(routes::counts(&mut conn, id).await?)
}

/// Routes every case of the project that nobody has read, page by page.
pub(super) async fn route_all(conn: &mut PgConnection, project: &Project) -> Outcome<()> {
    let mut after = None;
    loop {
        after = route_page(conn, project, None, after).await?;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Routes one case anew, unless somebody has read it.
pub(super) async fn route_one(
    conn: &mut PgConnection,
    project: &Project,
    image: ImageId,
) -> Outcome<()> {
    route_page(conn, project, Some(image), None).await?;
    Ok(())
}

async fn route_page(
    conn: &mut PgConnection,
    project: &Project,
    only: Option<ImageId>,
    after: Option<ImageId>,
) -> Outcome<Option<ImageId>> {
    let Some(routing) = &project.routing else {
        return Ok(None);
    };
    let page = routes::unread(conn, project.id, only, after, PAGE).await?;
    let routed: Vec<_> = page
        .iter()
        .map(|unread| {
            let route = routing.before_reading(&unread.suggestions);
            (unread.image, route, !is_blind(project, unread.image))
        })
        .collect();
    routes::put(conn, &routed).await?;
    Ok(page.last().map(|unread| unread.image))
}

/// A reading that was submitted.
pub(super) struct Submitted<'a> {
    /// Its project.
    pub project: &'a Project,
    /// What the reader is in it.
    pub role: Role,
    /// The image.
    pub image: &'a Image,
    /// The suggestions on it.
    pub suggestions: &'a [Suggestion],
    /// What the reader said.
    pub content: &'a AnnotationContent,
    /// Regions that no suggestion had pointed to.
    pub missed: usize,
}

/// Writes down what a submitted reading means for the way of its case. One that was read without suggestions has none.
pub(super) async fn after_reading(
    conn: &mut PgConnection,
    actor: &Actor,
    read: &Submitted<'_>,
) -> Outcome<()> {
    let Some(routing) =
        (read.project.routing.as_ref()).filter(|_| shows_suggestions(read.project, read.image))
    else {
        return Ok(());
    };
    let image = read.image.id;
    match routes::readers(conn, image).await? {
        Some(readers) if readers.first != actor.user => {
            let is_second = readers.second.unwrap_or(actor.user) == actor.user;
            if readers.is_second_due && is_second && read.role.is_expert() {
                let first = annotations::of_image(conn, image, Some(readers.first)).await?;
                let unchanged = first
                    .iter()
                    .any(|first| is_same(&first.content, read.content));
                routes::put_second(conn, image, actor.user, !unchanged).await?;
            }
        }
        // What was settled by a second reader stays so, whatever the first writes later.
        Some(readers) if readers.second.is_some() => {}
        _ => first_reading(conn, actor, routing, read).await?,
    }
    Ok(())
}

async fn first_reading(
    conn: &mut PgConnection,
    actor: &Actor,
    routing: &Routing,
    read: &Submitted<'_>,
) -> Outcome<()> {
    let answers: Vec<(Sureness, bool)> = read
        .suggestions
        .iter()
        .map(|suggestion| (sureness(suggestion), is_upheld(suggestion, read.content)))
        .collect();
    let told: Vec<Sureness> = answers.iter().map(|(told, _)| *told).collect();
    let seed = routes::audit_seed(conn, read.project.id).await?;
    let second = routing.after_reading(&Reading {
        answers: &answers,
        missed: read.missed,
        expert: read.role.is_expert(),
        drawn: routing.draws(seed, read.image.id),
    });
    let route = routing.before_reading(&told);
    Ok(routes::put_first(conn, read.image.id, route, actor.user, second).await?)
}

fn sureness(suggestion: &Suggestion) -> Sureness {
    Sureness {
        confidence: suggestion.confidence,
        calibrated: suggestion.calibrated,
    }
}

/// Whether a region grew from the suggestion that is the same thing at the same place.
fn is_upheld(suggestion: &Suggestion, content: &AnnotationContent) -> bool {
    content.regions.iter().any(|region| {
        region.origin == Some(suggestion.id)
            && region.presence != Presence::Absent
            && region.concept.as_ref() == Some(&suggestion.concept)
            && region.bbox.iou(&suggestion.bbox) >= UPHELD_FROM
    })
}

/// Whether two readers marked the same: every region of either has one of the same concept and place in the other, and both judged the
/// whole image alike. Texts may differ.
fn is_same(first: &AnnotationContent, second: &AnnotationContent) -> bool {
    let (a, b) = (marked(first), marked(second));
    a.len() == b.len()
        && shared_regions(&a, &b, UPHELD_FROM) == a.len()
        && first.whole.verdict == second.whole.verdict
}

fn marked(content: &AnnotationContent) -> Vec<(&ConceptKey, PixelBox)> {
    let there = |region: &&Region| region.presence != Presence::Absent;
    content
        .regions
        .iter()
        .filter(there)
        .filter_map(|region| Some((region.concept.as_ref()?, region.bbox)))
        .collect()
}
