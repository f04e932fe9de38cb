//! Saving and submitting what readers write.

use super::access::{self, Permission};
use super::cases::{may_be_read, shows_suggestions};
use super::{Actor, Hospital, Outcome, ServiceError, audit};
use crate::store::annotations::{self, Annotation, Person, Revision, Suggestion};
use crate::store::images::Image;
use crate::store::projects::{self, Project};
use crate::store::{accounts, cases};
use medreg_datasets::ids::{AnnotationId, ImageId};
use medreg_datasets::region::{AnnotationContent, ContentRules, Region};
use sqlx::PgConnection;

/// A box that was moved by less than this overlap tells is counted as taken unchanged.
const SAME_BOX_IOU: f64 = 0.99;

/// What the actor made of an image so far; revision 0 where nothing was saved.
pub(super) async fn latest_of(
    conn: &mut PgConnection,
    actor: &Actor,
    image: ImageId,
) -> Outcome<Annotation> {
    if let Some(found) = annotations::of_image(conn, image, Some(actor.user))
        .await?
        .pop()
    {
        return Ok(found);
    }
    let user = accounts::user(conn, actor.user)
        .await?
        .ok_or(ServiceError::NotFound("user"))?;
    Ok(Annotation {
        id: None,
        image_id: image,
        reader: Person {
            id: user.id,
            display_name: user.display_name,
        },
        revision: 0,
        submitted: false,
        content: AnnotationContent::default(),
        saved_at: None,
    })
}

/// The actor's own annotation of an image.
pub async fn mine(hospital: &Hospital, actor: &Actor, image: ImageId) -> Outcome<Annotation> {
    let mut conn = hospital.pool.acquire().await?;
    access::image(&mut conn, actor, image, Permission::Annotate).await?;
    latest_of(&mut conn, actor, image).await
}

/// Everybody's annotations of an image.
pub async fn of_image(
    hospital: &Hospital,
    actor: &Actor,
    image: ImageId,
) -> Outcome<Vec<Annotation>> {
    let mut conn = hospital.pool.acquire().await?;
    access::image(&mut conn, actor, image, Permission::ReadAnnotations).await?;
    Ok(annotations::of_image(&mut conn, image, None).await?)
}

/// A page of an annotation's saved states, for its reader and for those who see what others wrote.
pub async fn revisions(
    hospital: &Hospital,
    actor: &Actor,
    id: AnnotationId,
    (after, limit): (i64, i64),
) -> Outcome<Vec<Revision>> {
    let mut conn = hospital.pool.acquire().await?;
    let image = annotations::image_of(&mut conn, id)
        .await?
        .ok_or(ServiceError::NotFound("annotation"))?;
    let own = annotations::of_image(&mut conn, image, Some(actor.user))
        .await?
        .iter()
        .any(|a| a.id == Some(id));
    let needs = if own {
        Permission::Read
    } else {
        Permission::ReadAnnotations
    };
    access::image(&mut conn, actor, image, needs).await?;
    Ok(annotations::revisions(&mut conn, id, after, limit).await?)
}

/// Saves a new revision. One that is based on an older revision than the latest is refused with the latest beside it;
/// the same content again is no new revision.
pub async fn save(
    hospital: &Hospital,
    actor: &Actor,
    image: ImageId,
    based_on: i64,
    content: &AnnotationContent,
) -> Outcome<Annotation> {
    let mut tx = hospital.pool.begin().await?;
    let (found, project) = access::image(&mut tx, actor, image, Permission::Annotate).await?;
    may_be_read(&found)?;
    check(&mut tx, &found, &project, content, false).await?;
    may_write(&mut tx, actor, image).await?;
    let (id, latest) = annotations::lock(&mut tx, image, actor.user).await?;
    let current = latest_of(&mut tx, actor, image).await?;
    if latest > 0 && current.content == *content {
        return Ok(current);
    }
    if latest != based_on {
        return Err(ServiceError::Stale {
            based_on,
            current: Box::new(current),
        });
    }
    annotations::insert_revision(&mut tx, id, latest + 1, content).await?;
    let saved = latest_of(&mut tx, actor, image).await?;
    tx.commit().await?;
    Ok(saved)
}

/// A reader writes while nobody else holds the case, or goes on with what they began: a lease that ran out loses nothing.
async fn may_write(conn: &mut PgConnection, actor: &Actor, image: ImageId) -> Outcome<()> {
    let begun = !annotations::of_image(conn, image, Some(actor.user))
        .await?
        .is_empty();
    match cases::holder(conn, image).await? {
        Some(holder) if holder.user == actor.user => Ok(()),
        _ if begun => Ok(()),
        Some(holder) => Err(ServiceError::Leased {
            by: holder.name,
            until: holder.until,
        }),
        None => Err(ServiceError::NotYours),
    }
}

async fn check(
    conn: &mut PgConnection,
    image: &Image,
    project: &Project,
    content: &AnnotationContent,
    complete: bool,
) -> Outcome<()> {
    let concepts = projects::concepts(conn, project.id)
        .await?
        .into_iter()
        .map(|c| c.key)
        .collect();
    let rules = ContentRules {
        size: image.size()?,
        frames: image.frames,
        langs: &project.langs,
        concepts: &concepts,
    };
    if complete {
        content.check_complete(&rules)?
    } else {
        content.check(&rules)?
    }
    Ok(())
}

/// Submits the latest revision as finished, writes down what became of the suggestions, and gives the case back.
pub async fn submit(
    hospital: &Hospital,
    actor: &Actor,
    image: ImageId,
    revision: i64,
    active_seconds: f64,
) -> Outcome<Annotation> {
    if !(0.0..=86_400.0).contains(&active_seconds) {
        return Err(ServiceError::invalid(
            "active_seconds",
            "0 to 86,400 seconds are expected",
        ));
    }
    let mut tx = hospital.pool.begin().await?;
    let (found, project) = access::image(&mut tx, actor, image, Permission::Annotate).await?;
    may_be_read(&found)?;
    may_write(&mut tx, actor, image).await?;
    let (id, latest) = annotations::lock(&mut tx, image, actor.user).await?;
    let current = latest_of(&mut tx, actor, image).await?;
    if latest != revision {
        return Err(ServiceError::Stale {
            based_on: revision,
            current: Box::new(current),
        });
    }
    if latest == 0 {
        return Err(ServiceError::invalid(
            "revision",
            "nothing was saved yet: save before submitting, even an empty annotation",
        ));
    }
    check(&mut tx, &found, &project, &current.content, true).await?;
    annotations::submit(&mut tx, id, revision, active_seconds).await?;
    let shown = match shows_suggestions(&project, &found) {
        true => annotations::suggestions(&mut tx, image).await?,
        false => Vec::new(),
    };
    for suggestion in shown {
        let (outcome, iou) = outcome(&suggestion, &current.content);
        annotations::put_outcome(&mut tx, suggestion.id, id, outcome, iou).await?;
    }
    cases::release(&mut tx, image, actor.user).await?;
    let submitted = latest_of(&mut tx, actor, image).await?;
    let detail = serde_json::json!({ "image": image, "revision": revision, "regions": submitted.content.regions.len() });
    audit(&mut tx, actor, "annotation.submit", id, detail).await?;
    tx.commit().await?;
    Ok(submitted)
}

/// What a reader did with a suggestion, and how much of its box is left.
fn outcome(suggestion: &Suggestion, content: &AnnotationContent) -> (&'static str, Option<f64>) {
    let grown = content
        .regions
        .iter()
        .find(|region| region.origin == Some(suggestion.id));
    match grown {
        Some(region) if is_unchanged(suggestion, region) => ("accepted", Some(1.0)),
        Some(region) => ("adjusted", Some(suggestion.bbox.iou(&region.bbox))),
        None if content.rejected.contains(&suggestion.id) => ("rejected", None),
        None => ("ignored", None),
    }
}

fn is_unchanged(suggestion: &Suggestion, region: &Region) -> bool {
    let same_texts = region
        .texts
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .eq(suggestion.texts.iter().filter(|(_, text)| !text.is_empty()));
    suggestion.bbox.iou(&region.bbox) >= SAME_BOX_IOU
        && region.concept.as_ref() == Some(&suggestion.concept)
        && same_texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use medreg_datasets::ids::{ModelId, RegionId, SuggestionId};
    use medreg_datasets::region::Presence;
    use std::collections::{BTreeMap, BTreeSet};

    fn suggestion() -> Suggestion {
        Suggestion {
            id: SuggestionId::fresh(),
            bbox: [10.0, 10.0, 20.0, 20.0].try_into().unwrap(),
            concept: "cyst".parse().unwrap(),
            confidence: 0.5,
            texts: BTreeMap::new(),
            model_id: ModelId::fresh(),
            model_name: "m".to_owned(),
        }
    }

    fn grown(from: &Suggestion, bbox: [f64; 4]) -> AnnotationContent {
        let region = Region {
            id: RegionId::fresh(),
            frame: 0,
            bbox: bbox.try_into().unwrap(),
            concept: Some(from.concept.clone()),
            presence: Presence::Present,
            texts: BTreeMap::new(),
            origin: Some(from.id),
        };
        AnnotationContent {
            regions: vec![region],
            rejected: BTreeSet::new(),
        }
    }

    #[test]
    fn what_became_of_a_suggestion_is_read_from_the_regions() {
        let s = suggestion();
        assert_eq!(
            outcome(&s, &grown(&s, [10.0, 10.0, 20.0, 20.0])).0,
            "accepted"
        );
        let (what, iou) = outcome(&s, &grown(&s, [10.0, 10.0, 20.0, 15.0]));
        assert_eq!((what, iou), ("adjusted", Some(0.5)));
        let rejected = AnnotationContent {
            regions: vec![],
            rejected: BTreeSet::from([s.id]),
        };
        assert_eq!(outcome(&s, &rejected).0, "rejected");
        assert_eq!(outcome(&s, &AnnotationContent::default()).0, "ignored");
    }
}
