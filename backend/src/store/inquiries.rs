//! What people ask models, and what they answer.

use super::{StoreError, Stored};
use crate::store::images::Image;
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::ids::{ImageId, InquiryId, ModelId, UserId};
use medreg_datasets::inquiry::{FinishInquiry, InquiryItem, Words};
use medreg_datasets::lang::Lang;
use medreg_datasets::protocol::PoolImage;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;

/// Seconds without a word after which a question is handed to another worker.
pub const LEASE_SECONDS: u32 = 20;
/// Hand-outs after which it is given up: it is the question that ends its workers.
const MAX_ATTEMPTS: i32 = 3;
/// Seconds after which a question that no worker took is given up: who asked has gone on long since.
const MAX_WAIT_SECONDS: i32 = 600;

/// Where a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InquiryState {
    /// Others come first, or no worker has taken it.
    Waiting,
    /// It is being answered.
    Answering,
    /// The answer is whole.
    Answered,
    /// There is no answer, and there will be none.
    Failed,
    /// Who asked took it back.
    Withdrawn,
}

impl InquiryState {
    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Answering)
    }
}

impl std::str::FromStr for InquiryState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "waiting" => Ok(Self::Waiting),
            "answering" => Ok(Self::Answering),
            "answered" => Ok(Self::Answered),
            "failed" => Ok(Self::Failed),
            "withdrawn" => Ok(Self::Withdrawn),
            _ => Err(format!("`{text}` is no state of a question")),
        }
    }
}

/// A question with its answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Inquiry {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: InquiryId,
    /// The image that it is about.
    #[schema(value_type = Uuid)]
    pub image: ImageId,
    /// The model that was promoted when it was asked.
    #[schema(value_type = Uuid)]
    pub model: ModelId,
    /// That model's name.
    pub model_name: String,
    /// Who asked.
    #[schema(value_type = Uuid)]
    pub asked_by: UserId,
    /// Their name.
    pub asked_by_name: String,
    /// The language of question and answer.
    pub lang: String,
    /// What was asked.
    pub question: String,
    /// The box that it is about, in pixels.
    #[schema(value_type = Option<[f64; 4]>)]
    pub bbox: Option<PixelBox>,
    /// Whether regions are found first, and the question answered by them.
    pub look_first: bool,
    /// Where it stands.
    pub state: InquiryState,
    /// How many questions come before it.
    pub before: i64,
    /// What is written so far.
    pub words: Words,
    /// The probability of the answer's tokens, in 0..=1; not calibrated.
    pub confidence: Option<f64>,
    /// False where the model did not come to an end.
    pub complete: Option<bool>,
    /// Why there is no answer.
    pub failure: Option<String>,
    /// When it was asked.
    pub asked_at: String,
    /// Seconds until the first words.
    pub first_words_seconds: Option<f64>,
    /// Seconds until the end.
    pub seconds: Option<f64>,
}

/// A question to be asked.
#[derive(Debug)]
pub struct NewInquiry<'a> {
    /// The image that it is about.
    pub image: ImageId,
    /// The model that is asked.
    pub model: ModelId,
    /// Who asks.
    pub by: UserId,
    /// The language of question and answer.
    pub lang: &'a Lang,
    /// What is asked.
    pub question: &'a str,
    /// The box that it is about.
    pub bbox: Option<PixelBox>,
    /// Whether regions are found first.
    pub look_first: bool,
}

/// Puts a question at the end of the queue.
pub async fn insert(conn: &mut PgConnection, new: &NewInquiry<'_>) -> Stored<InquiryId> {
    let id = InquiryId::fresh();
    let bbox = new.bbox.map(|bbox| bbox.corners().to_vec());
    sqlx::query!(
        "INSERT INTO inquiries (id, image_id, model_id, asked_by, lang, question, bbox, look_first) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id.0, new.image.0, new.model.0, new.by.0, new.lang.as_str(), new.question, bbox.as_deref(), new.look_first
    )
    .execute(conn)
    .await?;
    Ok(id)
}

/// How many of somebody's questions are not answered yet. Two at once are counted one after the other.
pub async fn open_of(conn: &mut PgConnection, user: UserId) -> Stored<i64> {
    sqlx::query!(
        "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE",
        user.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    let open = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM inquiries WHERE asked_by = $1 AND state IN ('waiting', 'answering')"#,
        user.0
    )
    .fetch_one(conn)
    .await?;
    Ok(open)
}

/// One question, or those about an image, the newest first; of one person, where one is named.
async fn select(
    conn: &mut PgConnection,
    id: Option<InquiryId>,
    image: Option<ImageId>,
    by: Option<UserId>,
) -> Stored<Vec<Inquiry>> {
    let rows = sqlx::query!(
        r#"SELECT q.id, q.image_id, q.model_id, m.name AS model_name, q.asked_by, u.display_name, q.lang, q.question, q.bbox, q.look_first,
                  q.state, q.words, q.confidence, q.complete, q.failure, rfc3339(q.asked_at) AS "asked_at!",
                  extract(epoch FROM q.first_words_at - q.asked_at)::float8 AS first_words_seconds,
                  extract(epoch FROM q.ended_at - q.asked_at)::float8 AS seconds,
                  CASE WHEN q.state = 'waiting' THEN
                      (SELECT count(*) FROM inquiries b WHERE b.state IN ('waiting', 'answering') AND b.id < q.id) ELSE 0 END AS "before!"
           FROM inquiries q JOIN models m ON m.id = q.model_id JOIN users u ON u.id = q.asked_by
           WHERE ($1::uuid IS NULL OR q.id = $1) AND ($2::uuid IS NULL OR q.image_id = $2) AND ($3::uuid IS NULL OR q.asked_by = $3)
           ORDER BY q.id DESC LIMIT 50"#,
        id.map(|i| i.0), image.map(|i| i.0), by.map(|u| u.0)
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Inquiry {
                id: InquiryId(r.id),
                image: ImageId(r.image_id),
                model: ModelId(r.model_id),
                model_name: r.model_name,
                asked_by: UserId(r.asked_by),
                asked_by_name: r.display_name,
                lang: r.lang,
                question: r.question,
                bbox: boxed(r.bbox)?,
                look_first: r.look_first,
                state: r
                    .state
                    .parse()
                    .map_err(StoreError::corrupt("inquiries", "state"))?,
                before: r.before,
                words: words(r.words)?,
                confidence: r.confidence,
                complete: r.complete,
                failure: r.failure,
                asked_at: r.asked_at,
                first_words_seconds: r.first_words_seconds,
                seconds: r.seconds,
            })
        })
        .collect()
}

fn words(kept: serde_json::Value) -> Stored<Words> {
    serde_json::from_value(kept).map_err(StoreError::corrupt("inquiries", "words"))
}

fn boxed(kept: Option<Vec<f64>>) -> Stored<Option<PixelBox>> {
    let Some(kept) = kept else { return Ok(None) };
    let [x1, y1, x2, y2] = kept[..] else {
        return Err(StoreError::corrupt("inquiries", "bbox")("not four numbers"));
    };
    let bbox = PixelBox::new(x1, y1, x2, y2);
    bbox.map(Some)
        .map_err(StoreError::corrupt("inquiries", "bbox"))
}

/// One question.
pub async fn inquiry(conn: &mut PgConnection, id: InquiryId) -> Stored<Option<Inquiry>> {
    Ok(select(conn, Some(id), None, None).await?.pop())
}

/// The latest questions about an image, newest first; of one person, where one is named.
pub async fn about(
    conn: &mut PgConnection,
    image: ImageId,
    by: Option<UserId>,
) -> Stored<Vec<Inquiry>> {
    select(conn, None, Some(image), by).await
}

/// Takes a question back; false where it is over already.
pub async fn withdraw(conn: &mut PgConnection, id: InquiryId) -> Stored<bool> {
    let done = sqlx::query!(
        "UPDATE inquiries SET state = 'withdrawn', until = NULL, ended_at = now()
         WHERE id = $1 AND state IN ('waiting', 'answering')",
        id.0
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends questions that no worker brings to an end, that none takes, or whose image may not be shown any more.
pub async fn give_up(conn: &mut PgConnection) -> Stored<u64> {
    let done = sqlx::query!(
        "UPDATE inquiries q SET state = 'failed', until = NULL, ended_at = now(), failure = CASE
             WHEN i.withheld THEN 'the image was withheld'
             WHEN q.state = 'answering' THEN 'its worker fell silent ' || q.attempt || ' times'
             ELSE 'no worker took it: is a trainer at work?' END
         FROM images i WHERE i.id = q.image_id AND q.state IN ('waiting', 'answering')
           AND (i.withheld OR (q.state = 'answering' AND q.until < now() AND q.attempt >= $1)
                OR (q.state = 'waiting' AND q.asked_at < now() - make_interval(secs => $2)))",
        MAX_ATTEMPTS,
        f64::from(MAX_WAIT_SECONDS)
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// What is handed to a worker, without what others know of it.
#[derive(Debug)]
pub struct Claimed {
    /// The question.
    pub id: InquiryId,
    /// The hand-out's number.
    pub attempt: i32,
    /// The model to ask.
    pub model: ModelId,
    /// The language of question and answer.
    pub lang: Lang,
    /// What is asked.
    pub question: String,
    /// The box that it is about.
    pub bbox: Option<PixelBox>,
    /// Whether regions are found first.
    pub look_first: bool,
    /// The image that it is about.
    pub image: ImageId,
}

impl Claimed {
    /// With the image and what the project says.
    pub fn item(
        self,
        image: &Image,
        project: crate::store::projects::Project,
        ontology: Vec<medreg_datasets::ontology::Concept>,
    ) -> Stored<InquiryItem> {
        Ok(InquiryItem {
            id: self.id,
            attempt: self.attempt,
            model: self.model,
            lang: self.lang,
            question: self.question,
            bbox: self.bbox,
            look_first: self.look_first,
            image: PoolImage {
                id: image.id,
                modality: image.modality,
                size: image.size()?,
                raster: image.raster.clone(),
                open: true,
                boxes: None,
                marked: Vec::new(),
            },
            ontology,
            langs: project.langs,
            lease_seconds: LEASE_SECONDS,
        })
    }
}

/// Hands the oldest question that waits, or whose worker fell silent, to a worker; none that [`give_up`] ends.
pub async fn claim(conn: &mut PgConnection, worker: &str) -> Stored<Option<Claimed>> {
    let row = sqlx::query!(
        "UPDATE inquiries SET state = 'answering', attempt = attempt + 1, worker = $1, until = now() + make_interval(secs => $2)
         WHERE id = (SELECT q.id FROM inquiries q WHERE (q.state = 'waiting' OR (q.state = 'answering' AND q.until < now() AND q.attempt < $3))
                       AND NOT EXISTS (SELECT FROM images i WHERE i.id = q.image_id AND i.withheld)
                     ORDER BY q.id LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, attempt, model_id, lang, question, bbox, look_first, image_id",
        worker, f64::from(LEASE_SECONDS), MAX_ATTEMPTS
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Claimed {
        id: InquiryId(row.id),
        attempt: row.attempt,
        model: ModelId(row.model_id),
        lang: row
            .lang
            .parse()
            .map_err(StoreError::corrupt("inquiries", "lang"))?,
        question: row.question,
        bbox: boxed(row.bbox)?,
        look_first: row.look_first,
        image: ImageId(row.image_id),
    }))
}

/// The image of a question that is being answered by that hand-out; `None` where it is another's by now, or nobody's.
pub async fn claimed_image(
    conn: &mut PgConnection,
    id: InquiryId,
    attempt: i32,
) -> Stored<Option<ImageId>> {
    let image = sqlx::query_scalar!(
        "SELECT image_id FROM inquiries WHERE id = $1 AND attempt = $2 AND state = 'answering'",
        id.0,
        attempt
    )
    .fetch_optional(conn)
    .await?;
    Ok(image.map(ImageId))
}

/// Keeps what is written so far, and the claim alive; false where it is lost.
pub async fn write(
    conn: &mut PgConnection,
    id: InquiryId,
    attempt: i32,
    words: &Words,
) -> Stored<bool> {
    let kept = serde_json::to_value(words).map_err(StoreError::corrupt("inquiries", "words"))?;
    let done = sqlx::query!(
        "UPDATE inquiries SET words = $3, until = now() + make_interval(secs => $4),
                first_words_at = coalesce(first_words_at, CASE WHEN $5 THEN now() END)
         WHERE id = $1 AND attempt = $2 AND state = 'answering'",
        id.0,
        attempt,
        kept,
        f64::from(LEASE_SECONDS),
        !words.text.is_empty()
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Keeps the whole answer; false where the claim is lost.
pub async fn finish(conn: &mut PgConnection, id: InquiryId, done: &FinishInquiry) -> Stored<bool> {
    let kept =
        serde_json::to_value(&done.words).map_err(StoreError::corrupt("inquiries", "words"))?;
    let done = sqlx::query!(
        "UPDATE inquiries SET state = 'answered', words = $3, confidence = $4, complete = $5, until = NULL, ended_at = now(),
                first_words_at = coalesce(first_words_at, now())
         WHERE id = $1 AND attempt = $2 AND state = 'answering'",
        id.0, done.attempt, kept, done.confidence, done.finished
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends a question that has no answer; false where the claim is lost.
pub async fn fail(
    conn: &mut PgConnection,
    id: InquiryId,
    attempt: i32,
    reason: &str,
) -> Stored<bool> {
    let done = sqlx::query!(
        "UPDATE inquiries SET state = 'failed', failure = $3, until = NULL, ended_at = now()
         WHERE id = $1 AND attempt = $2 AND state = 'answering'",
        id.0,
        attempt,
        reason
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}
