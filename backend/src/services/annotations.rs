//! Saving and submitting what readers write.

use super::access::{self, Permission};
use super::cases::{may_be_read, shows_suggestions};
use super::routing::Submitted;
use super::{Actor, Hospital, Outcome, ServiceError, audit, routing};
use crate::store::annotations::{self, Annotation, Fate, Person, Revision, Submission, Suggestion};
use crate::store::images::Image;
use crate::store::projects::{self, Project};
use crate::store::{accounts, cases};
use medreg_datasets::ids::{AnnotationId, ImageId};
use medreg_datasets::lang::Lang;
use medreg_datasets::region::{AnnotationContent, ContentRules, Presence, Region};
use medreg_datasets::whole::Texts;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};

/// A box that was moved by less than this overlap tells is counted as taken unchanged.
const SAME_BOX_IOU: f64 = 0.99;
/// A suggestion of the same concept that overlaps a drawn region by this much had pointed to it.
const POINTED_TO_IOU: f64 = 0.5;

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
        flags: None,
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
    let (_, role) = access::project(&mut tx, actor, project.id, Permission::Annotate).await?;
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
    let suggestions = annotations::suggestions(&mut tx, image).await?;
    let assisted = shows_suggestions(&project, &found);
    for suggestion in suggestions.iter().filter(|_| assisted) {
        let fate = fate(suggestion, &current.content);
        annotations::put_outcome(&mut tx, suggestion.id, id, &fate).await?;
    }
    let suggested = !suggestions.is_empty();
    let missed = missed(&suggestions, &current.content);
    let submission = Submission {
        revision,
        active_seconds: Some(active_seconds),
        assisted: suggested.then_some(assisted),
        missed: suggested.then_some(missed),
        flags: super::lint::count(&mut tx, &found, &project, &current.content).await?,
    };
    annotations::submit(&mut tx, id, &submission).await?;
    let read = Submitted {
        project: &project,
        role,
        image: &found,
        suggestions: &suggestions,
        content: &current.content,
        missed,
    };
    routing::after_reading(&mut tx, actor, &read).await?;
    cases::release(&mut tx, image, actor.user).await?;
    let submitted = latest_of(&mut tx, actor, image).await?;
    let detail = serde_json::json!({ "image": image, "revision": revision, "regions": submitted.content.regions.len() });
    audit(&mut tx, actor, "annotation.submit", id, detail).await?;
    tx.commit().await?;
    Ok(submitted)
}

/// Takes over what somebody said of an image elsewhere, as submitted by a reader of the project; `false` where they have said exactly that
/// already. Who may bring images in may do so.
pub async fn bring_in(
    hospital: &Hospital,
    actor: &Actor,
    reader: &Actor,
    image: ImageId,
    content: &AnnotationContent,
) -> Outcome<bool> {
    let mut tx = hospital.pool.begin().await?;
    access::image(&mut tx, actor, image, Permission::Upload).await?;
    let (found, project) = access::image(&mut tx, reader, image, Permission::Annotate).await?;
    may_be_read(&found)?;
    check(&mut tx, &found, &project, content, true).await?;
    let (id, latest) = annotations::lock(&mut tx, image, reader.user).await?;
    let current = latest_of(&mut tx, reader, image).await?;
    if latest > 0 && current.content == as_kept(content)? {
        return Ok(false);
    }
    if latest > 0 {
        return Err(ServiceError::invalid(
            "reader",
            "they have written something else of this image already",
        ));
    }
    annotations::insert_revision(&mut tx, id, 1, content).await?;
    let submission = Submission {
        revision: 1,
        // Nobody was watched reading.
        active_seconds: None,
        assisted: None,
        missed: None,
        flags: super::lint::count(&mut tx, &found, &project, content).await?,
    };
    annotations::submit(&mut tx, id, &submission).await?;
    let detail = serde_json::json!({ "image": image, "reader": reader.user, "regions": content.regions.len() });
    audit(&mut tx, actor, "annotation.import", id, detail).await?;
    tx.commit().await?;
    Ok(true)
}

/// As it comes back from where it is kept: reading a number may change its last digit.
fn as_kept(content: &AnnotationContent) -> Outcome<AnnotationContent> {
    let kept = serde_json::to_string(content).and_then(|text| serde_json::from_str(&text));
    kept.map_err(|e| ServiceError::Internal(e.to_string()))
}

/// What a reader did with a suggestion, how much of its box is left and how much of its texts was changed.
fn fate(suggestion: &Suggestion, content: &AnnotationContent) -> Fate {
    let grown = content
        .regions
        .iter()
        .find(|region| region.origin == Some(suggestion.id));
    let (outcome, iou) = match grown {
        Some(region) if is_unchanged(suggestion, region) => ("accepted", Some(1.0)),
        Some(region) => ("adjusted", Some(suggestion.bbox.iou(&region.bbox))),
        None if content.rejected.contains(&suggestion.id) => ("rejected", None),
        None => ("ignored", None),
    };
    Fate {
        outcome,
        iou,
        edits: grown.map(|region| edits(&suggestion.texts, &region.texts)),
    }
}

/// The characters that were inserted, deleted or replaced in each language.
fn edits(before: &Texts, after: &Texts) -> BTreeMap<Lang, usize> {
    let text = |texts: &Texts, lang: &Lang| texts.get(lang).cloned().unwrap_or_default();
    let langs: BTreeSet<&Lang> = before.keys().chain(after.keys()).collect();
    langs
        .into_iter()
        .map(|lang| {
            let edits = strsim::levenshtein(&text(before, lang), &text(after, lang));
            (lang.clone(), edits)
        })
        .collect()
}

/// How many regions the reader drew that no suggestion had pointed to.
fn missed(suggestions: &[Suggestion], content: &AnnotationContent) -> usize {
    let pointed_to = |region: &Region| {
        suggestions.iter().any(|suggestion| {
            region.concept.as_ref() == Some(&suggestion.concept)
                && suggestion.bbox.iou(&region.bbox) >= POINTED_TO_IOU
        })
    };
    let drawn = |region: &&Region| region.origin.is_none() && region.presence != Presence::Absent;
    let regions = content.regions.iter().filter(drawn);
    regions.filter(|region| !pointed_to(region)).count()
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

    fn suggestion() -> Suggestion {
        Suggestion {
            id: SuggestionId::fresh(),
            bbox: [10.0, 10.0, 20.0, 20.0].try_into().unwrap(),
            concept: "cyst".parse().unwrap(),
            confidence: 0.5,
            calibrated: false,
            outer: None,
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
            ..AnnotationContent::default()
        }
    }

    #[test]
    fn what_became_of_a_suggestion_is_read_from_the_regions() {
        let s = suggestion();
        let taken = fate(&s, &grown(&s, [10.0, 10.0, 20.0, 20.0]));
        assert_eq!(taken.outcome, "accepted");
        let moved = fate(&s, &grown(&s, [10.0, 10.0, 20.0, 15.0]));
        assert_eq!((moved.outcome, moved.iou), ("adjusted", Some(0.5)));
        let rejected = AnnotationContent {
            rejected: BTreeSet::from([s.id]),
            ..AnnotationContent::default()
        };
        assert_eq!(fate(&s, &rejected).outcome, "rejected");
        assert_eq!(fate(&s, &AnnotationContent::default()).outcome, "ignored");
    }

    #[test]
    fn edits_are_counted_in_characters_of_each_language() {
        let said = |en: &str, zh: &str| {
            Texts::from([(Lang::en(), en.to_owned()), (Lang::zh(), zh.to_owned())])
        };
        let counted = edits(&said("a cyst", "左肾囊肿"), &said("two cysts", "右肾囊肿"));
        assert_eq!(counted, BTreeMap::from([(Lang::en(), 4), (Lang::zh(), 1)]));
        assert_eq!(edits(&Texts::new(), &said("new", ""))[&Lang::en()], 3);
    }

    #[test]
    fn a_drawn_region_was_missed_unless_a_suggestion_had_pointed_to_it() {
        let s = suggestion();
        let drawn = |bbox| {
            let mut content = grown(&s, bbox);
            content.regions[0].origin = None;
            content
        };
        let shown = [s.clone()];
        assert_eq!(missed(&shown, &drawn([10.0, 10.0, 20.0, 16.0])), 0);
        assert_eq!(missed(&shown, &drawn([30.0, 10.0, 40.0, 20.0])), 1);
        assert_eq!(missed(&[], &grown(&s, [30.0, 10.0, 40.0, 20.0])), 0);
    }
}
