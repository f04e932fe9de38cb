//! The bilingual checks on what readers write. They tell, and forbid nothing.

use super::access::{self, Permission};
use super::{Actor, Hospital, Outcome, ServiceError};
use crate::imaging::Facts;
use crate::store::images::Image;
use crate::store::projects::{self, Project};
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::ids::ImageId;
use medreg_datasets::lang::{Lang, LangPair};
use medreg_datasets::lint::{self, Across, Flag, Rule, SidedBox, Subject, files};
use medreg_datasets::ontology::{Concept, ConceptKey};
use medreg_datasets::region::{AnnotationContent, MAX_TEXT_CHARS, Presence};
use serde::Deserialize;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Something that is described: a region, or a sentence of a report.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Described {
    /// Its description in each language.
    #[schema(value_type = BTreeMap<String, String>)]
    pub texts: BTreeMap<Lang, String>,
    /// What it is, where it is a region that says so.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub concept: Option<ConceptKey>,
    /// Whether that is there.
    #[serde(default)]
    pub presence: Option<Presence>,
    /// Where it is, in image pixels.
    #[serde(default)]
    pub bbox: Option<PixelBox>,
}

/// What else is known where something is described.
struct Setting {
    langs: LangPair,
    ontology: Vec<Concept>,
    image: Image,
}

/// What there is to say about a description as it stands on somebody's page. Nothing of it is kept.
pub async fn check(
    hospital: &Hospital,
    actor: &Actor,
    image: ImageId,
    described: Described,
) -> Outcome<Vec<Flag>> {
    let mut conn = hospital.pool.acquire().await?;
    let (image, project) = access::image(&mut conn, actor, image, Permission::Annotate).await?;
    let long = |text: &String| text.chars().count() > MAX_TEXT_CHARS;
    if described.texts.values().any(long)
        || described.texts.keys().any(|l| !project.langs.contains(l))
    {
        return Err(ServiceError::invalid(
            "texts",
            format!(
                "texts in the project's two languages are expected, each of {MAX_TEXT_CHARS} characters at most"
            ),
        ));
    }
    let ontology = projects::concepts(&mut conn, project.id).await?;
    let setting = Setting {
        langs: project.langs,
        ontology,
        image,
    };
    flags(setting, vec![described]).await
}

/// How much there is to say about an annotation.
pub(super) async fn count(
    conn: &mut PgConnection,
    image: &Image,
    project: &Project,
    content: &AnnotationContent,
) -> Outcome<i32> {
    let setting = Setting {
        langs: project.langs.clone(),
        ontology: projects::concepts(conn, project.id).await?,
        image: image.clone(),
    };
    let found = flags(setting, described(content)).await?;
    Ok(i32::try_from(found.len()).unwrap_or(i32::MAX))
}

/// All that an annotation describes.
fn described(content: &AnnotationContent) -> Vec<Described> {
    let regions = content.regions.iter().map(|region| Described {
        texts: region.texts.clone(),
        concept: region.concept.clone(),
        presence: Some(region.presence),
        bbox: Some(region.bbox),
    });
    let sentences = content.whole.report.iter().map(|sentence| Described {
        texts: sentence.texts.clone(),
        concept: None,
        presence: None,
        bbox: None,
    });
    regions.chain(sentences).collect()
}

/// Five hundred regions with the longest texts take a while: elsewhere, so that others are answered meanwhile.
async fn flags(setting: Setting, all: Vec<Described>) -> Outcome<Vec<Flag>> {
    let of_all = move || all.iter().flat_map(|one| of_one(one, &setting)).collect();
    tokio::task::spawn_blocking(of_all)
        .await
        .map_err(|error| ServiceError::Internal(error.to_string()))
}

fn of_one(described: &Described, setting: &Setting) -> Vec<Flag> {
    let key = described.concept.as_ref();
    let subject = Subject {
        texts: files::said(setting.langs.both(), &described.texts),
        concept: key.and_then(|key| setting.ontology.iter().find(|c| c.key == *key)),
        ontology: &setting.ontology,
        presence: described.presence,
        bbox: described
            .bbox
            .and_then(|bbox| sided_box(bbox, &setting.image)),
    };
    lint::check(&subject, &Rule::ALL)
}

/// Where a box lies, on an image of which its file says where the patient's sides are.
fn sided_box(bbox: PixelBox, image: &Image) -> Option<SidedBox> {
    Some(SidedBox {
        across: across(image.facts.as_ref()?)?,
        bbox,
        size: image.size().ok()?,
    })
}

/// Where the rows of an image lead: by their direction (x leads to the patient's left), or the letter that the file gives them.
fn across(facts: &Facts) -> Option<Across> {
    // Steeper than 45 degrees, left and right are not what is mostly across.
    const MOSTLY: f64 = 0.7;
    if let Some([x, ..]) = facts.orientation {
        return match x {
            x if x >= MOSTLY => Some(Across::ToLeft),
            x if x <= -MOSTLY => Some(Across::ToRight),
            _ => None,
        };
    }
    match facts.directions.as_ref()?.first()?.chars().next()? {
        'L' => Some(Across::ToLeft),
        'R' => Some(Across::ToRight),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_tells_where_its_rows_lead() {
        let facts = |orientation, directions: Option<[&str; 2]>| Facts {
            orientation,
            directions: directions.map(|d| d.map(str::to_owned)),
            ..Facts::default()
        };
        let axial = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        let sagittal = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0];
        assert_eq!(across(&facts(Some(axial), None)), Some(Across::ToLeft));
        assert_eq!(
            across(&facts(Some(axial.map(|x| -x)), None)),
            Some(Across::ToRight)
        );
        assert_eq!(across(&facts(Some(sagittal), Some(["L", "F"]))), None);
        assert_eq!(across(&facts(None, Some(["L", "F"]))), Some(Across::ToLeft));
        assert_eq!(
            across(&facts(None, Some(["R", "F"]))),
            Some(Across::ToRight)
        );
        assert_eq!(across(&facts(None, Some(["A", "F"]))), None);
        assert_eq!(across(&facts(None, None)), None);
    }
}
