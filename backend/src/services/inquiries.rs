//! Asking a model about an image. An answer is shown to who asked and kept beside the question; it never becomes an annotation by itself.

use super::access::{self, Permission};
use super::cases::shows_suggestions;
use super::images::visible;
use super::runs::Body;
use super::{Actor, Hospital, Outcome, ServiceError, audit};
use crate::store::inquiries::{self, Inquiry, NewInquiry};
use crate::store::{annotations, images, projects, runs};
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::ids::{ImageId, InquiryId};
use medreg_datasets::inquiry::{
    ClaimInquiry, FinishInquiry, InquiryItem, MAX_QUESTION_CHARS, Writing,
};
use medreg_datasets::lang::Lang;
use medreg_datasets::protocol::Fail;
use medreg_datasets::snapshot::Split;
use serde::Deserialize;
use sqlx::PgConnection;
use std::time::Duration;
use utoipa::ToSchema;

/// The most questions of one person that wait at once: others ask too.
const MAX_OPEN: i64 = 3;
/// How often a waiting worker is looked after.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The longest that one call waits.
const MAX_WAIT: u32 = 20;
/// The longest reason a worker may give.
const MAX_REASON_CHARS: usize = 400;

/// A question as somebody puts it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// One of the project's two languages.
    #[schema(value_type = String)]
    pub lang: Lang,
    /// What is asked: 1 to 500 characters.
    pub question: String,
    /// The box that it is about, in pixels; the whole image where it is left out.
    #[schema(value_type = Option<[f64; 4]>)]
    pub bbox: Option<PixelBox>,
    /// Whether regions are to be found first and the question answered by them.
    #[serde(default)]
    pub look_first: bool,
}

/// Puts a question to the project's promoted model.
pub async fn ask(
    hospital: &Hospital,
    actor: &Actor,
    image: ImageId,
    wish: &Ask,
) -> Outcome<Inquiry> {
    let mut tx = hospital.pool.begin().await?;
    let (found, project) = access::image(&mut tx, actor, image, Permission::Annotate).await?;
    visible(&mut tx, actor, image).await?;
    let question = checked(&wish.question)?;
    if !project.langs.both().contains(&wish.lang) {
        let [first, second] = project.langs.both();
        let reason = format!("{first} or {second} is expected, the project's languages");
        return Err(ServiceError::invalid("lang", reason));
    }
    if let Some(bbox) = wish.bbox {
        let inside = bbox.inside(found.size()?);
        inside.map_err(|error| ServiceError::invalid("bbox", error))?;
    }
    check_unbiased(&mut tx, actor, &project, &found).await?;
    let model = runs::promoted(&mut tx, project.id).await?;
    let model = model.ok_or(ServiceError::NotAsked(
        "no model of this project is promoted, so there is none to ask",
    ))?;
    let open = inquiries::open_of(&mut tx, actor.user).await?;
    if open >= MAX_OPEN {
        return Err(ServiceError::TooManyQuestions(open));
    }
    let new = NewInquiry {
        image,
        model,
        by: actor.user,
        lang: &wish.lang,
        question,
        bbox: wish.bbox,
        look_first: wish.look_first,
    };
    let id = inquiries::insert(&mut tx, &new).await?;
    let inquiry = found_inquiry(&mut tx, id).await?;
    let detail = serde_json::json!({ "image": image, "model": model });
    audit(&mut tx, actor, "inquiry.ask", id, detail).await?;
    tx.commit().await?;
    Ok(inquiry)
}

fn checked(question: &str) -> Outcome<&str> {
    let question = question.trim();
    let length = question.chars().count();
    match (1..=MAX_QUESTION_CHARS).contains(&length) && !question.contains('\0') {
        true => Ok(question),
        false => Err(ServiceError::invalid(
            "question",
            format!("{length} characters were sent, 1 to {MAX_QUESTION_CHARS} are expected"),
        )),
    }
}

/// What is held out to test models, or read without them to compare with, is not talked over with one: the former never, the latter
/// not before the reader has submitted.
async fn check_unbiased(
    conn: &mut PgConnection,
    actor: &Actor,
    project: &projects::Project,
    image: &images::Image,
) -> Outcome<()> {
    if image.split == Split::Test {
        return Err(ServiceError::NotAsked(
            "this image is held out to test models, so none is asked about it",
        ));
    }
    if shows_suggestions(project, image)
        || annotations::is_submitted(conn, image.id, actor.user).await?
    {
        return Ok(());
    }
    Err(ServiceError::NotAsked(
        "this case is read without a model, to compare with those that are not: ask once you have submitted it",
    ))
}

async fn found_inquiry(conn: &mut PgConnection, id: InquiryId) -> Outcome<Inquiry> {
    let found = inquiries::inquiry(conn, id).await?;
    found.ok_or(ServiceError::NotFound("question"))
}

/// One question: of one's own, or of anybody where the actor may see what others wrote.
pub async fn inquiry(hospital: &Hospital, actor: &Actor, id: InquiryId) -> Outcome<Inquiry> {
    let mut conn = hospital.pool.acquire().await?;
    shown(&mut conn, actor, id).await
}

async fn shown(conn: &mut PgConnection, actor: &Actor, id: InquiryId) -> Outcome<Inquiry> {
    let found = found_inquiry(conn, id).await?;
    let needs = match found.asked_by == actor.user {
        true => Permission::Read,
        false => Permission::ReadAnnotations,
    };
    match access::image(conn, actor, found.image, needs).await {
        Ok(_) => Ok(found),
        Err(ServiceError::NotFound(_)) => Err(ServiceError::NotFound("question")),
        Err(other) => Err(other),
    }
}

/// The latest questions about an image: one's own, or all where the actor may see what others wrote.
pub async fn about(hospital: &Hospital, actor: &Actor, image: ImageId) -> Outcome<Vec<Inquiry>> {
    let mut conn = hospital.pool.acquire().await?;
    let (_, project) = access::image(&mut conn, actor, image, Permission::Read).await?;
    let all = access::project(&mut conn, actor, project.id, Permission::ReadAnnotations).await;
    let by = match all {
        Ok(_) => None,
        Err(ServiceError::Forbidden(_)) => Some(actor.user),
        Err(other) => return Err(other),
    };
    Ok(inquiries::about(&mut conn, image, by).await?)
}

/// Takes one's own question back.
pub async fn withdraw(hospital: &Hospital, actor: &Actor, id: InquiryId) -> Outcome<()> {
    let mut conn = hospital.pool.acquire().await?;
    let found = shown(&mut conn, actor, id).await?;
    if found.asked_by != actor.user {
        return Err(ServiceError::Forbidden("only who asked takes it back"));
    }
    inquiries::withdraw(&mut conn, id).await?;
    Ok(())
}

/// Hands the oldest question to a worker; waits for one as long as the worker does.
pub async fn claim(hospital: &Hospital, claim: &ClaimInquiry) -> Outcome<Option<InquiryItem>> {
    let wait = Duration::from_secs(claim.wait_seconds.min(MAX_WAIT).into());
    let end = tokio::time::Instant::now() + wait;
    loop {
        if let Some(item) = claim_now(hospital, &claim.worker).await? {
            return Ok(Some(item));
        }
        if tokio::time::Instant::now() + LOOK_EVERY > end {
            return Ok(None);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn claim_now(hospital: &Hospital, worker: &str) -> Outcome<Option<InquiryItem>> {
    let mut tx = hospital.pool.begin().await?;
    let item = match inquiries::claim(&mut tx, worker).await? {
        None => None,
        Some(claimed) => {
            let image = images::image(&mut tx, claimed.image).await?;
            let image = image.ok_or(ServiceError::NotFound("image"))?;
            let project = projects::project(&mut tx, image.project_id).await?;
            let project = project.ok_or(ServiceError::NotFound("project"))?;
            let ontology = projects::concepts(&mut tx, project.id).await?;
            Some(claimed.item(&image, project, ontology)?)
        }
    };
    tx.commit().await?;
    Ok(item)
}

/// Ends the questions that nobody will answer; who listens is told then.
pub async fn sweep(hospital: &Hospital) -> Outcome<()> {
    let mut conn = hospital.pool.acquire().await?;
    inquiries::give_up(&mut conn).await?;
    Ok(())
}

/// The picture of the image that is asked about.
pub async fn raster(hospital: &Hospital, id: InquiryId, attempt: i32) -> Outcome<Body> {
    let mut conn = hospital.pool.acquire().await?;
    let image = inquiries::claimed_image(&mut conn, id, attempt).await?;
    let image = images::image(&mut conn, image.ok_or(ServiceError::ClaimLost)?).await?;
    let image = image
        .filter(|image| image.state != images::ImageState::Withheld)
        .ok_or(ServiceError::ClaimLost)?;
    drop(conn);
    Ok(hospital.objects.stream(&image.raster.sha256).await?)
}

/// Keeps what a worker has written so far.
pub async fn write(hospital: &Hospital, id: InquiryId, said: &Writing) -> Outcome<()> {
    check_words(said.words.is_kept())?;
    let mut conn = hospital.pool.acquire().await?;
    kept(inquiries::write(&mut conn, id, said.attempt, &said.words).await?)
}

/// Keeps the whole answer.
pub async fn finish(hospital: &Hospital, id: InquiryId, done: &FinishInquiry) -> Outcome<()> {
    check_words(done.words.is_kept())?;
    if !(0.0..=1.0).contains(&done.confidence) {
        return Err(ServiceError::invalid("confidence", "0 to 1 is expected"));
    }
    let mut conn = hospital.pool.acquire().await?;
    kept(inquiries::finish(&mut conn, id, done).await?)
}

/// Ends a question that the worker cannot answer.
pub async fn fail(hospital: &Hospital, id: InquiryId, fail: &Fail) -> Outcome<()> {
    let reason: String = fail.reason.chars().take(MAX_REASON_CHARS).collect();
    let mut conn = hospital.pool.acquire().await?;
    kept(inquiries::fail(&mut conn, id, fail.attempt, &reason).await?)
}

fn check_words(fit: bool) -> Outcome<()> {
    match fit {
        true => Ok(()),
        false => Err(ServiceError::invalid("words", "the answer is too long")),
    }
}

fn kept(held: bool) -> Outcome<()> {
    match held {
        true => Ok(()),
        false => Err(ServiceError::ClaimLost),
    }
}
