//! Projects, who works in them as what, and their ontologies.

use super::{StoreError, Stored};
use crate::imaging::deidentify::Dates;
use medreg_datasets::ids::{ProjectId, UserId};
use medreg_datasets::lang::LangPair;
use medreg_datasets::ontology::{Concept, ConceptKey};
use medreg_datasets::routing::Routing;
use medreg_datasets::snapshot::SplitShares;
use medreg_datasets::template::Template;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// What somebody is in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads cases.
    Annotator,
    /// Reads cases and sees what others made of them.
    Reviewer,
    /// Trains models.
    Engineer,
    /// Runs the project.
    Lead,
    /// Runs the installation.
    Admin,
}

impl Role {
    /// The name used in SQL; an admin is no member.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Annotator => "annotator",
            Self::Reviewer => "reviewer",
            Self::Engineer => "engineer",
            Self::Lead => "lead",
            Self::Admin => "admin",
        }
    }

    fn from_sql(text: &str) -> Stored<Self> {
        [Self::Annotator, Self::Reviewer, Self::Engineer, Self::Lead]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| StoreError::corrupt("memberships", "role")(text))
    }
}

/// A project, as its members see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Project {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// The two languages of every description.
    #[schema(value_type = Vec<String>)]
    pub langs: LangPair,
    /// How to annotate, Markdown.
    pub guideline: String,
    /// True where the images are generated.
    pub synthetic: bool,
    /// Percent of patients held out.
    pub shares: SplitShares,
    /// Percent of cases shown without suggestions.
    pub blind_share: u8,
    /// What becomes of the dates in headers of DICOM files that come.
    pub keep_dates: Dates,
    /// Whether those headers keep the patient's sex, age, size and the like.
    pub keep_characteristics: bool,
    /// Which way cases go; absent where all go the same.
    pub routing: Option<Routing>,
    /// When it was made.
    pub created_at: String,
}

/// What a project is made of.
#[derive(Debug)]
pub struct NewProject<'a> {
    /// Its name.
    pub name: &'a str,
    /// The two languages.
    pub langs: &'a LangPair,
    /// How to annotate.
    pub guideline: &'a str,
    /// True where the images are generated.
    pub synthetic: bool,
    /// Percent of patients held out.
    pub shares: SplitShares,
    /// Percent of cases shown without suggestions.
    pub blind_share: u8,
}

struct Row {
    id: Uuid,
    name: String,
    lang_first: String,
    lang_second: String,
    guideline: String,
    synthetic: bool,
    val_share: i16,
    test_share: i16,
    blind_share: i16,
    keep_dates: String,
    keep_characteristics: bool,
    accept_from: Option<f64>,
    guess_below: Option<f64>,
    audit_percent: Option<i16>,
    created_at: String,
}

impl Row {
    fn routing(&self) -> Stored<Option<Routing>> {
        let (Some(low), Some(high), Some(audit)) =
            (self.guess_below, self.accept_from, self.audit_percent)
        else {
            return Ok(None);
        };
        let audit =
            u8::try_from(audit).map_err(StoreError::corrupt("projects", "audit_percent"))?;
        let routing = Routing::new(low, high, audit);
        routing
            .map(Some)
            .map_err(StoreError::corrupt("projects", "accept_from"))
    }
}

impl TryFrom<Row> for Project {
    type Error = StoreError;
    fn try_from(row: Row) -> Stored<Self> {
        let routing = row.routing()?;
        let lang = |text: String, column| {
            text.parse()
                .map_err(StoreError::corrupt("projects", column))
        };
        let langs = [
            lang(row.lang_first, "lang_first")?,
            lang(row.lang_second, "lang_second")?,
        ];
        let percent = |share: i16, column| {
            u8::try_from(share).map_err(StoreError::corrupt("projects", column))
        };
        Ok(Self {
            id: ProjectId(row.id),
            routing,
            name: row.name,
            langs: langs
                .try_into()
                .map_err(StoreError::corrupt("projects", "lang_second"))?,
            guideline: row.guideline,
            synthetic: row.synthetic,
            shares: SplitShares {
                val: percent(row.val_share, "val_share")?,
                test: percent(row.test_share, "test_share")?,
            },
            blind_share: percent(row.blind_share, "blind_share")?,
            keep_dates: row
                .keep_dates
                .parse()
                .map_err(StoreError::corrupt("projects", "keep_dates"))?,
            keep_characteristics: row.keep_characteristics,
            created_at: row.created_at,
        })
    }
}

/// Adds a project.
pub async fn insert(conn: &mut PgConnection, new: &NewProject<'_>) -> Stored<ProjectId> {
    let id = ProjectId::fresh();
    let [first, second] = new.langs.both();
    sqlx::query!(
        "INSERT INTO projects (id, name, lang_first, lang_second, guideline, synthetic, val_share, test_share, blind_share)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id.0, new.name, first.as_str(), second.as_str(), new.guideline, new.synthetic,
        i16::from(new.shares.val), i16::from(new.shares.test), i16::from(new.blind_share),
    )
    .execute(conn)
    .await?;
    Ok(id)
}

/// What may change about a project; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct ProjectChange<'a> {
    /// Its name.
    pub name: Option<&'a str>,
    /// How to annotate.
    pub guideline: Option<&'a str>,
    /// Percent of patients held out; those who are there already stay where they are.
    pub shares: Option<SplitShares>,
    /// Percent of cases shown without suggestions.
    pub blind_share: Option<u8>,
    /// What becomes of the dates in headers that come from now on.
    pub keep_dates: Option<Dates>,
    /// Whether headers that come from now on keep the patient's characteristics.
    pub keep_characteristics: Option<bool>,
}

/// Changes a project.
pub async fn change(
    conn: &mut PgConnection,
    id: ProjectId,
    change: &ProjectChange<'_>,
) -> Stored<()> {
    sqlx::query!(
        "UPDATE projects SET name = coalesce($2, name), guideline = coalesce($3, guideline), val_share = coalesce($4, val_share),
                test_share = coalesce($5, test_share), blind_share = coalesce($6, blind_share),
                keep_dates = coalesce($7, keep_dates), keep_characteristics = coalesce($8, keep_characteristics) WHERE id = $1",
        id.0,
        change.name,
        change.guideline,
        change.shares.map(|s| i16::from(s.val)),
        change.shares.map(|s| i16::from(s.test)),
        change.blind_share.map(i16::from),
        change.keep_dates.map(Dates::as_str),
        change.keep_characteristics,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// One project.
pub async fn project(conn: &mut PgConnection, id: ProjectId) -> Stored<Option<Project>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, name, lang_first, lang_second, guideline, synthetic, val_share, test_share, blind_share,
                  keep_dates, keep_characteristics, accept_from, guess_below, audit_percent, rfc3339(created_at) AS "created_at!"
           FROM projects WHERE id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(Project::try_from).transpose()
}

/// The projects somebody is a member of, or all of them, by name.
pub async fn projects(conn: &mut PgConnection, member: Option<UserId>) -> Stored<Vec<Project>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, name, lang_first, lang_second, guideline, synthetic, val_share, test_share, blind_share,
                  keep_dates, keep_characteristics, accept_from, guess_below, audit_percent, rfc3339(created_at) AS "created_at!"
           FROM projects p
           WHERE $1::uuid IS NULL OR EXISTS (SELECT FROM memberships m WHERE m.project_id = p.id AND m.user_id = $1)
           ORDER BY name"#,
        member.map(|m| m.0)
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Project::try_from).collect()
}

/// What somebody is in a project; `None` for a stranger.
pub async fn role(
    conn: &mut PgConnection,
    project: ProjectId,
    user: UserId,
) -> Stored<Option<Role>> {
    let role = sqlx::query_scalar!(
        "SELECT role FROM memberships WHERE project_id = $1 AND user_id = $2",
        project.0,
        user.0
    )
    .fetch_optional(conn)
    .await?;
    role.as_deref().map(Role::from_sql).transpose()
}

/// Makes somebody a member, or changes what they are.
pub async fn set_member(
    conn: &mut PgConnection,
    project: ProjectId,
    user: UserId,
    role: Role,
) -> Stored<()> {
    sqlx::query!(
        "INSERT INTO memberships (project_id, user_id, role) VALUES ($1, $2, $3)
         ON CONFLICT (project_id, user_id) DO UPDATE SET role = excluded.role",
        project.0,
        user.0,
        role.as_str()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a membership; what the member wrote stays.
pub async fn remove_member(
    conn: &mut PgConnection,
    project: ProjectId,
    user: UserId,
) -> Stored<bool> {
    let done = sqlx::query!(
        "DELETE FROM memberships WHERE project_id = $1 AND user_id = $2",
        project.0,
        user.0
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A member with their role.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    /// The user's id.
    #[schema(value_type = Uuid)]
    pub id: UserId,
    /// What they sign in with.
    pub username: String,
    /// What others see.
    pub display_name: String,
    /// What they are in the project.
    pub role: Role,
}

/// The members of a project, by name.
pub async fn members(conn: &mut PgConnection, project: ProjectId) -> Stored<Vec<Member>> {
    let rows = sqlx::query!(
        "SELECT u.id, u.username, u.display_name, m.role FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.project_id = $1 ORDER BY u.username",
        project.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Member {
                id: UserId(r.id),
                username: r.username,
                display_name: r.display_name,
                role: Role::from_sql(&r.role)?,
            })
        })
        .collect()
}

/// The ontology, by key.
pub async fn concepts(conn: &mut PgConnection, project: ProjectId) -> Stored<Vec<Concept>> {
    let rows = sqlx::query!("SELECT key, kind, names, synonyms, codes, modalities FROM concepts WHERE project_id = $1 ORDER BY key COLLATE \"C\"", project.0)
        .fetch_all(conn)
        .await?;
    rows.into_iter()
        .map(|r| {
            let value = serde_json::json!({
                "key": r.key, "kind": r.kind, "names": r.names, "synonyms": r.synonyms, "codes": r.codes, "modalities": r.modalities,
            });
            serde_json::from_value(value).map_err(StoreError::corrupt("concepts", "names"))
        })
        .collect()
}

/// Adds or changes a concept.
pub async fn put_concept(
    conn: &mut PgConnection,
    project: ProjectId,
    concept: &Concept,
) -> Stored<()> {
    let column = StoreError::corrupt("concepts", "names");
    let names = serde_json::to_value(&concept.names).map_err(&column)?;
    let synonyms = serde_json::to_value(&concept.synonyms).map_err(&column)?;
    let codes = serde_json::to_value(&concept.codes).map_err(&column)?;
    let kind = serde_json::to_value(concept.kind).map_err(&column)?;
    let modalities: Vec<String> = concept
        .modalities
        .iter()
        .map(|m| m.as_str().to_owned())
        .collect();
    sqlx::query!(
        "INSERT INTO concepts (project_id, key, kind, names, modalities, synonyms, codes) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (project_id, key) DO UPDATE SET kind = excluded.kind, names = excluded.names, modalities = excluded.modalities,
             synonyms = excluded.synonyms, codes = excluded.codes",
        project.0, concept.key.as_str(), kind.as_str().unwrap_or_default(), names, &modalities, synonyms, codes
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a concept.
pub async fn remove_concept(
    conn: &mut PgConnection,
    project: ProjectId,
    key: &ConceptKey,
) -> Stored<()> {
    sqlx::query!(
        "DELETE FROM concepts WHERE project_id = $1 AND key = $2",
        project.0,
        key.as_str()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The concepts that any saved revision, in a region or a label, or any suggestion of the project mentions.
pub async fn concepts_in_use(
    conn: &mut PgConnection,
    project: ProjectId,
) -> Stored<BTreeSet<String>> {
    let keys = sqlx::query_scalar!(
        r#"SELECT DISTINCT named ->> 'concept' AS "key!" FROM images i
           JOIN annotations a ON a.image_id = i.id JOIN annotation_revisions r ON r.annotation_id = a.id
           CROSS JOIN LATERAL jsonb_array_elements((r.content -> 'regions') || coalesce(r.content -> 'findings', '[]')) AS named
           WHERE i.project_id = $1 AND named ->> 'concept' IS NOT NULL
           UNION SELECT s.concept FROM suggestions s JOIN images i ON i.id = s.image_id WHERE i.project_id = $1"#,
        project.0
    )
    .fetch_all(conn)
    .await?;
    Ok(keys.into_iter().collect())
}

/// The templates, in their lead's order.
pub async fn templates(conn: &mut PgConnection, project: ProjectId) -> Stored<Vec<Template>> {
    let rows = sqlx::query!(
        "SELECT name, concept, texts FROM templates WHERE project_id = $1 ORDER BY place",
        project.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let value =
                serde_json::json!({ "name": r.name, "concept": r.concept, "texts": r.texts });
            serde_json::from_value(value).map_err(StoreError::corrupt("templates", "texts"))
        })
        .collect()
}

/// Puts these in the place of a project's templates.
pub async fn replace_templates(
    conn: &mut PgConnection,
    project: ProjectId,
    templates: &[Template],
) -> Stored<()> {
    // Two leads at once follow one another, or both would write the same places.
    sqlx::query!(
        "SELECT id FROM projects WHERE id = $1 FOR NO KEY UPDATE",
        project.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM templates WHERE project_id = $1", project.0)
        .execute(&mut *conn)
        .await?;
    let names: Vec<String> = templates.iter().map(|t| t.name.trim().to_owned()).collect();
    let concept = |t: &Template| t.concept.as_ref().map(|key| key.as_str().to_owned());
    let concepts: Vec<Option<String>> = templates.iter().map(concept).collect();
    let texts = templates.iter().map(|t| serde_json::to_value(&t.texts));
    let texts: Vec<serde_json::Value> = texts
        .collect::<Result<_, _>>()
        .map_err(StoreError::corrupt("templates", "texts"))?;
    sqlx::query!(
        "INSERT INTO templates (project_id, place, name, concept, texts)
         SELECT $1, place::int, name, concept, texts
         FROM unnest($2::text[], $3::text[], $4::jsonb[]) WITH ORDINALITY AS wanted (name, concept, texts, place)",
        project.0, &names, &concepts as &[Option<String>], &texts
    )
    .execute(conn)
    .await?;
    Ok(())
}
