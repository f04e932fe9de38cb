//! Projects, their members and their ontologies.

use super::access::{self, Permission};
use super::{Actor, Hospital, Outcome, ServiceError, audit, routing};
use crate::store::StoreError;
use crate::store::accounts;
use crate::store::cases::{self, Progress};
use crate::store::projects::{self, Member, NewProject, Project, ProjectChange, Role};
use medreg_datasets::ids::{ProjectId, UserId};
use medreg_datasets::ontology::Concept;
use medreg_datasets::snapshot::SplitShares;
use medreg_datasets::template::{self, Template};
use std::collections::BTreeSet;

/// Makes a project.
pub async fn create(hospital: &Hospital, actor: &Actor, new: &NewProject<'_>) -> Outcome<Project> {
    access::admin(actor)?;
    check_name(new.name)?;
    check_shares(new.shares, new.blind_share)?;
    let mut tx = hospital.pool.begin().await?;
    let id = projects::insert(&mut tx, new).await.map_err(name_taken)?;
    let project = projects::project(&mut tx, id)
        .await?
        .ok_or(ServiceError::NotFound("project"))?;
    audit(&mut tx, actor, "project.add", id, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(project)
}

/// Changes a project.
pub async fn change(
    hospital: &Hospital,
    actor: &Actor,
    id: ProjectId,
    change: &ProjectChange<'_>,
) -> Outcome<(Project, Role)> {
    let mut tx = hospital.pool.begin().await?;
    let (old, _) = access::project(&mut tx, actor, id, Permission::Manage).await?;
    if let Some(name) = change.name {
        check_name(name)?;
    }
    check_shares(
        change.shares.unwrap_or(old.shares),
        change.blind_share.unwrap_or(old.blind_share),
    )?;
    projects::change(&mut tx, id, change)
        .await
        .map_err(name_taken)?;
    let changed = access::project(&mut tx, actor, id, Permission::Manage).await?;
    if changed.0.blind_share != old.blind_share {
        // Whose way is shown depends on who is read without suggestions.
        routing::route_all(&mut tx, &changed.0).await?;
    }
    let detail = serde_json::json!({
        "name": change.name.is_some(), "guideline": change.guideline.is_some(),
        "shares": change.shares, "blind_share": change.blind_share,
        "keep_dates": change.keep_dates, "keep_characteristics": change.keep_characteristics,
    });
    audit(&mut tx, actor, "project.change", id, detail).await?;
    tx.commit().await?;
    Ok(changed)
}

fn check_name(name: &str) -> Outcome<()> {
    if (1..=200).contains(&name.trim().chars().count()) {
        return Ok(());
    }
    Err(ServiceError::invalid(
        "name",
        "1 to 200 characters are expected",
    ))
}

fn check_shares(shares: SplitShares, blind_share: u8) -> Outcome<()> {
    if shares.val <= 50 && shares.test <= 50 && blind_share <= 100 {
        return Ok(());
    }
    Err(ServiceError::invalid(
        "shares",
        "at most 50 percent each for val and test, 100 for blind_share",
    ))
}

fn name_taken(error: StoreError) -> ServiceError {
    if error.is_duplicate() {
        ServiceError::NameTaken { what: "a project" }
    } else {
        error.into()
    }
}

/// The projects the actor may see, each with the actor's role.
pub async fn list(hospital: &Hospital, actor: &Actor) -> Outcome<Vec<(Project, Role)>> {
    let mut conn = hospital.pool.acquire().await?;
    let found = projects::projects(&mut conn, (!actor.is_admin).then_some(actor.user)).await?;
    let mut listed = Vec::with_capacity(found.len());
    for project in found {
        listed.push(access::project(&mut conn, actor, project.id, Permission::Read).await?);
    }
    Ok(listed)
}

/// One project with the actor's role.
pub async fn project(
    hospital: &Hospital,
    actor: &Actor,
    id: ProjectId,
) -> Outcome<(Project, Role)> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, id, Permission::Read).await
}

/// The members of a project.
pub async fn members(hospital: &Hospital, actor: &Actor, id: ProjectId) -> Outcome<Vec<Member>> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, id, Permission::Read).await?;
    Ok(projects::members(&mut conn, id).await?)
}

/// Makes somebody a member. Nobody grants more than they hold: a lead cannot make an admin.
pub async fn set_member(
    hospital: &Hospital,
    actor: &Actor,
    id: ProjectId,
    user: UserId,
    role: Role,
) -> Outcome<()> {
    let mut tx = hospital.pool.begin().await?;
    access::project(&mut tx, actor, id, Permission::Manage).await?;
    if role == Role::Admin {
        return Err(ServiceError::invalid(
            "role",
            "annotator, reviewer, engineer or lead is expected",
        ));
    }
    accounts::user(&mut tx, user)
        .await?
        .ok_or(ServiceError::NotFound("user"))?;
    projects::set_member(&mut tx, id, user, role).await?;
    audit(
        &mut tx,
        actor,
        "member.set",
        id,
        serde_json::json!({ "user": user, "role": role }),
    )
    .await?;
    Ok(tx.commit().await?)
}

/// Ends a membership.
pub async fn remove_member(
    hospital: &Hospital,
    actor: &Actor,
    id: ProjectId,
    user: UserId,
) -> Outcome<()> {
    let mut tx = hospital.pool.begin().await?;
    access::project(&mut tx, actor, id, Permission::Manage).await?;
    if !projects::remove_member(&mut tx, id, user).await? {
        return Err(ServiceError::NotFound("member"));
    }
    audit(
        &mut tx,
        actor,
        "member.remove",
        id,
        serde_json::json!({ "user": user }),
    )
    .await?;
    Ok(tx.commit().await?)
}

/// The ontology.
pub async fn concepts(hospital: &Hospital, actor: &Actor, id: ProjectId) -> Outcome<Vec<Concept>> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, id, Permission::Read).await?;
    Ok(projects::concepts(&mut conn, id).await?)
}

/// Replaces the ontology; refuses to drop a concept that a region mentions.
pub async fn put_concepts(
    hospital: &Hospital,
    actor: &Actor,
    id: ProjectId,
    wanted: &[Concept],
) -> Outcome<Vec<Concept>> {
    let mut tx = hospital.pool.begin().await?;
    let (project, _) = access::project(&mut tx, actor, id, Permission::Manage).await?;
    for concept in wanted {
        check_names(concept, &project)?;
        check_other_words(concept, &project)?;
    }
    let kept: BTreeSet<&str> = wanted.iter().map(|c| c.key.as_str()).collect();
    let used = projects::concepts_in_use(&mut tx, id).await?;
    let lost: Vec<&str> = used
        .iter()
        .map(String::as_str)
        .filter(|key| !kept.contains(key))
        .collect();
    if !lost.is_empty() {
        return Err(ServiceError::ConceptInUse(lost.join(", ")));
    }
    for old in projects::concepts(&mut tx, id)
        .await?
        .iter()
        .filter(|c| !kept.contains(c.key.as_str()))
    {
        projects::remove_concept(&mut tx, id, &old.key).await?;
    }
    for concept in wanted {
        projects::put_concept(&mut tx, id, concept).await?;
    }
    let now = projects::concepts(&mut tx, id).await?;
    audit(
        &mut tx,
        actor,
        "ontology.set",
        id,
        serde_json::json!({ "concepts": now.len() }),
    )
    .await?;
    tx.commit().await?;
    Ok(now)
}

/// A concept is named in both languages, and only in those.
fn check_names(concept: &Concept, project: &Project) -> Outcome<()> {
    let named = |lang| {
        concept
            .names
            .get(lang)
            .is_some_and(|name| (1..=200).contains(&name.trim().chars().count()))
    };
    if let Some(lang) = project.langs.both().iter().find(|lang| !named(lang)) {
        return Err(ServiceError::invalid(
            "names",
            format!(
                "concept `{}` has no name in `{lang}`, or one over 200 characters",
                concept.key
            ),
        ));
    }
    match concept
        .names
        .keys()
        .find(|lang| !project.langs.contains(lang))
    {
        Some(lang) => Err(ServiceError::invalid(
            "names",
            format!("`{lang}` is not one of the project's languages"),
        )),
        None => Ok(()),
    }
}

/// Other words for a concept are in the project's languages; neither they nor codes are empty or endless.
fn check_other_words(concept: &Concept, project: &Project) -> Outcome<()> {
    let refused = |field, what: &str| {
        let reason = format!("concept `{}`: {what}", concept.key);
        Err(ServiceError::invalid(field, reason))
    };
    let fits = |word: &str| (1..=200).contains(&word.trim().chars().count());
    let langs = &mut concept.synonyms.keys();
    if let Some(lang) = langs.find(|lang| !project.langs.contains(lang)) {
        return refused(
            "synonyms",
            &format!("`{lang}` is not one of the project's languages"),
        );
    }
    if concept
        .synonyms
        .values()
        .any(|words| words.len() > 50 || words.iter().any(|word| !fits(word)))
    {
        return refused(
            "synonyms",
            "at most 50 in a language, of 1 to 200 characters each, are expected",
        );
    }
    let codes = &concept.codes;
    if codes.len() > 20 || codes.iter().any(|(name, code)| !fits(name) || !fits(code)) {
        return refused(
            "codes",
            "at most 20, each a terminology and a code of 1 to 200 characters, are expected",
        );
    }
    Ok(())
}

/// The templates that are offered to the project's readers.
pub async fn templates(
    hospital: &Hospital,
    actor: &Actor,
    id: ProjectId,
) -> Outcome<Vec<Template>> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, id, Permission::Read).await?;
    Ok(projects::templates(&mut conn, id).await?)
}

/// Replaces the templates.
pub async fn put_templates(
    hospital: &Hospital,
    actor: &Actor,
    id: ProjectId,
    wanted: &[Template],
) -> Outcome<Vec<Template>> {
    let mut tx = hospital.pool.begin().await?;
    let (project, _) = access::project(&mut tx, actor, id, Permission::Manage).await?;
    template::check(wanted, &project.langs).map_err(|e| ServiceError::invalid("templates", e))?;
    let known = projects::concepts(&mut tx, id).await?;
    let mut named = wanted.iter().filter_map(|t| t.concept.as_ref());
    if let Some(key) = named.find(|key| known.iter().all(|c| c.key != **key)) {
        let reason = format!("the project has no concept `{key}`");
        return Err(ServiceError::invalid("templates", reason));
    }
    projects::replace_templates(&mut tx, id, wanted).await?;
    let now = projects::templates(&mut tx, id).await?;
    let detail = serde_json::json!({ "templates": now.len() });
    audit(&mut tx, actor, "templates.set", id, detail).await?;
    tx.commit().await?;
    Ok(now)
}

/// How far a project is.
pub async fn progress(hospital: &Hospital, actor: &Actor, id: ProjectId) -> Outcome<Progress> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, id, Permission::Read).await?;
    Ok(cases::progress(&mut conn, id).await?)
}
