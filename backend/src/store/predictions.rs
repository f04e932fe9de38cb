//! Judged answers: summed for figures, one by one for who looks at them, and of two runs side by side.

use super::{StoreError, Stored};
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::ids::{ImageId, RunId};
use medreg_datasets::judging::Fault;
use medreg_datasets::lang::Lang;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;

/// From this change of its worth on, an answer counts as better or worse: a box that moved a little is the same answer.
pub const CHANGED_FROM: f64 = 0.1;

/// What some answers add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    /// Regions whose name was asked for.
    pub asked: i64,
    /// Of those, named rightly.
    pub right: i64,
    /// True boxes.
    pub truths: i64,
    /// Boxes in answers.
    pub predicted: i64,
    /// Pairs of them that count as a hit.
    pub hits: i64,
    /// The sum of the IoU of all pairs.
    pub overlap: f64,
}

impl Sums {
    /// Adds what others add up to.
    pub fn add(&mut self, more: &Self) {
        self.asked += more.asked;
        self.right += more.right;
        self.truths += more.truths;
        self.predicted += more.predicted;
        self.hits += more.hits;
        self.overlap += more.overlap;
    }
}

/// What the answers about one patient add up to, in one language, about one concept, on one kind of picture.
#[derive(Clone, Debug)]
pub struct Part {
    /// The language.
    pub lang: Lang,
    /// The kind of picture.
    pub modality: String,
    /// The concept that is true.
    pub concept: String,
    /// The patient's pseudonym.
    pub patient: String,
    /// The answers.
    pub answers: i64,
    /// What they add up to.
    pub sums: Sums,
}

fn lang(of: &str) -> Stored<Lang> {
    of.parse()
        .map_err(StoreError::corrupt("predictions", "lang"))
}

/// A run's answers, summed as finely as its figures need.
pub async fn parts(conn: &mut PgConnection, run: RunId) -> Stored<Vec<Part>> {
    let rows = sqlx::query!(
        r#"SELECT p.lang, i.modality, p.concept, p.patient, count(*) AS "answers!", count(is_right) AS "asked!",
                  count(*) FILTER (WHERE is_right) AS "right!", sum(truths) AS "truths!", sum(predicted) AS "predicted!", sum(hits) AS "hits!",
                  sum(overlap) AS "overlap!"
           FROM predictions p JOIN images i ON i.id = p.image_id WHERE run_id = $1 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"#,
        run.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Part {
                lang: lang(&r.lang)?,
                modality: r.modality,
                concept: r.concept,
                patient: r.patient,
                answers: r.answers,
                sums: Sums {
                    asked: r.asked,
                    right: r.right,
                    truths: r.truths,
                    predicted: r.predicted,
                    hits: r.hits,
                    overlap: r.overlap,
                },
            })
        })
        .collect()
}

/// How often a concept was called by the name of another, or its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Confused {
    /// The language.
    #[schema(value_type = String)]
    pub lang: Lang,
    /// The concept that is true.
    pub truth: String,
    /// The concept whose name was given; absent where it was the name of none.
    pub named: Option<String>,
    /// How often.
    pub count: i64,
}

/// Which concept was taken for which; pairs that did not occur are left out.
pub async fn confusion(conn: &mut PgConnection, run: RunId) -> Stored<Vec<Confused>> {
    let rows = sqlx::query!(
        r#"SELECT lang, concept, named, count(*) AS "count!" FROM predictions WHERE run_id = $1 AND task = 'r2t'
           GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 NULLS LAST"#,
        run.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Confused {
                lang: lang(&r.lang)?,
                truth: r.concept,
                named: r.named,
                count: r.count,
            })
        })
        .collect()
}

/// How much was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Extent {
    /// Answers.
    pub answers: i64,
    /// Images that they are about.
    pub images: i64,
    /// Patients of those.
    pub patients: i64,
}

/// How much a run was asked.
pub async fn extent(conn: &mut PgConnection, run: RunId) -> Stored<Extent> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "answers!", count(DISTINCT image_id) AS "images!", count(DISTINCT patient) AS "patients!"
           FROM predictions WHERE run_id = $1"#,
        run.0
    )
    .fetch_one(conn)
    .await?;
    Ok(Extent {
        answers: row.answers,
        images: row.images,
        patients: row.patients,
    })
}

/// How many answers have each fault, on images that may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct FaultCount {
    /// The fault.
    pub fault: Fault,
    /// The answers.
    pub count: i64,
}

/// How many answers have each fault, on images that may be seen; and how many images may not.
pub async fn faults(conn: &mut PgConnection, run: RunId) -> Stored<(Vec<FaultCount>, i64)> {
    let rows = sqlx::query!(
        r#"SELECT fault AS "fault!", count(*) AS "count!" FROM predictions p JOIN images i ON i.id = p.image_id, unnest(p.faults) AS fault
           WHERE run_id = $1 AND NOT i.withheld GROUP BY 1"#,
        run.0
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut counts: Vec<FaultCount> = Fault::ALL
        .map(|fault| FaultCount { fault, count: 0 })
        .to_vec();
    for count in &mut counts {
        let found = rows.iter().find(|r| r.fault == count.fault.as_str());
        count.count = found.map_or(0, |r| r.count);
    }
    let withheld = sqlx::query_scalar!(
        r#"SELECT count(DISTINCT image_id) AS "withheld!" FROM predictions p JOIN images i ON i.id = p.image_id
           WHERE run_id = $1 AND i.withheld"#,
        run.0
    );
    Ok((counts, withheld.fetch_one(conn).await?))
}

/// Which answers are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'a> {
    /// Those with this fault.
    pub fault: Option<Fault>,
    /// Those about this concept.
    pub concept: Option<&'a str>,
    /// Those to which this concept was named; with `other`, those to which none was.
    pub named: Option<&'a str>,
    /// Those whose words are no concept's name.
    pub other: bool,
    /// Those on pictures of this kind.
    pub modality: Option<&'a str>,
    /// Those in this language.
    pub lang: Option<&'a str>,
    /// Those that come after this line.
    pub after: Option<i32>,
}

/// One answer as it is looked at.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JudgedAnswer {
    /// The number of its line in the run's `predictions.jsonl`.
    pub line: i32,
    /// The image.
    #[schema(value_type = Uuid)]
    pub image: ImageId,
    /// Its width in pixels, which boxes are in.
    pub width: i32,
    /// Its height in pixels.
    pub height: i32,
    /// The kind of picture.
    pub modality: String,
    /// The patient's pseudonym.
    pub patient: String,
    /// `r2t` or `t2r`.
    pub task: String,
    /// The language of question and answer.
    pub lang: String,
    /// The concept that is true.
    pub concept: String,
    /// The question as the model read it.
    pub question: String,
    /// The model's answer, tags kept.
    pub answer: String,
    /// The right answer.
    pub truth: String,
    /// The true boxes, or the one that was asked about.
    pub truth_boxes: Vec<PixelBox>,
    /// The boxes of the answer.
    pub boxes: Vec<PixelBox>,
    /// Whether the name is right (`r2t`).
    pub right: Option<bool>,
    /// The concept that was named.
    pub named: Option<String>,
    /// The mean IoU of the true boxes (`t2r`); absent where there are none.
    pub mean_iou: Option<f64>,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// The answer to the same question in the other language.
    pub other: Option<OtherAnswer>,
}

/// The answer in the other language.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct OtherAnswer {
    /// That language.
    pub lang: String,
    /// The answer, tags kept.
    pub answer: String,
    /// The right answer.
    pub truth: String,
    /// The boxes of the answer.
    pub boxes: Vec<PixelBox>,
}

/// A row of answers as [`JudgedAnswer`] shows them.
struct Row {
    line: i32,
    image_id: uuid::Uuid,
    width: i32,
    height: i32,
    modality: String,
    patient: String,
    task: String,
    lang: String,
    concept: String,
    question: String,
    answer: String,
    truth: String,
    truth_boxes: serde_json::Value,
    boxes: serde_json::Value,
    is_right: Option<bool>,
    named: Option<String>,
    truths: i32,
    overlap: f64,
    faults: Vec<String>,
    other: Option<serde_json::Value>,
}

fn read<T: serde::de::DeserializeOwned>(
    column: &'static str,
    value: serde_json::Value,
) -> Stored<T> {
    serde_json::from_value(value).map_err(StoreError::corrupt("predictions", column))
}

impl Row {
    fn case(self) -> Stored<JudgedAnswer> {
        let faults = self.faults.into_iter().map(serde_json::Value::String);
        Ok(JudgedAnswer {
            line: self.line,
            image: ImageId(self.image_id),
            width: self.width,
            height: self.height,
            modality: self.modality,
            patient: self.patient,
            task: self.task,
            lang: self.lang,
            concept: self.concept,
            question: self.question,
            answer: self.answer,
            truth: self.truth,
            truth_boxes: read("truth_boxes", self.truth_boxes)?,
            boxes: read("boxes", self.boxes)?,
            right: self.is_right,
            named: self.named,
            mean_iou: (self.truths > 0).then(|| self.overlap / f64::from(self.truths)),
            faults: faults.map(|f| read("faults", f)).collect::<Stored<_>>()?,
            other: self.other.map(|o| read("boxes", o)).transpose()?,
        })
    }
}

/// A page of those of a run's answers that are wanted, the worst first, on images that may be seen.
pub async fn cases(
    conn: &mut PgConnection,
    run: RunId,
    wanted: &Wanted<'_>,
    limit: i64,
) -> Stored<Vec<JudgedAnswer>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT p.line, p.image_id, i.width, i.height, i.modality, p.patient, p.task, p.lang, p.concept, p.question, p.answer, p.truth,
                  p.truth_boxes, p.boxes, p.is_right, p.named, p.truths, p.overlap, p.faults,
                  (SELECT jsonb_build_object('lang', o.lang, 'answer', o.answer, 'truth', o.truth, 'boxes', o.boxes)
                   FROM predictions o WHERE o.run_id = p.run_id AND o.line = p.partner) AS other
           FROM predictions p JOIN images i ON i.id = p.image_id
           WHERE p.run_id = $1 AND NOT i.withheld AND ($2::text IS NULL OR p.faults @> ARRAY[$2::text])
             AND ($3::text IS NULL OR p.concept = $3) AND ($4::text IS NULL OR p.named = $4)
             AND (NOT $5 OR (p.task = 'r2t' AND p.named IS NULL)) AND ($6::text IS NULL OR i.modality = $6)
             AND ($7::text IS NULL OR p.lang = $7)
             AND ($8::int IS NULL OR (p.worth, p.line) > (SELECT worth, line FROM predictions WHERE run_id = $1 AND line = $8))
           ORDER BY p.worth, p.line LIMIT $9"#,
        run.0, wanted.fault.map(Fault::as_str), wanted.concept, wanted.named, wanted.other, wanted.modality, wanted.lang, wanted.after, limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::case).collect()
}

/// Two runs.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// The first.
    pub a: RunId,
    /// The second, held against it.
    pub b: RunId,
}

/// What both runs' answers about one patient add up to, on the questions that both were asked.
#[derive(Clone, Debug)]
pub struct SharedPart {
    /// The language.
    pub lang: Lang,
    /// The first run's.
    pub a: Sums,
    /// The second run's.
    pub b: Sums,
}

/// Both runs' answers to the questions that both were asked, patient by patient and language by language.
pub async fn shared_parts(
    conn: &mut PgConnection,
    pair: Pair,
) -> Stored<Vec<(String, SharedPart)>> {
    let rows = sqlx::query!(
        r#"SELECT a.patient, a.lang, count(a.is_right) AS "asked!", count(*) FILTER (WHERE a.is_right) AS "right_a!",
                  count(*) FILTER (WHERE b.is_right) AS "right_b!", sum(a.truths) AS "truths!", sum(a.predicted) AS "predicted_a!",
                  sum(b.predicted) AS "predicted_b!", sum(a.hits) AS "hits_a!", sum(b.hits) AS "hits_b!", sum(a.overlap) AS "overlap_a!",
                  sum(b.overlap) AS "overlap_b!"
           FROM predictions a JOIN predictions b ON b.run_id = $2 AND b.asked = a.asked WHERE a.run_id = $1
           GROUP BY 1, 2 ORDER BY 1, 2"#,
        pair.a.0, pair.b.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let (asked, truths) = (r.asked, r.truths);
            let of = |right, predicted, hits, overlap| Sums {
                asked,
                right,
                truths,
                predicted,
                hits,
                overlap,
            };
            let part = SharedPart {
                lang: lang(&r.lang)?,
                a: of(r.right_a, r.predicted_a, r.hits_a, r.overlap_a),
                b: of(r.right_b, r.predicted_b, r.hits_b, r.overlap_b),
            };
            Ok((r.patient, part))
        })
        .collect()
}

/// How many answers of one task in one language became better, worse, or neither.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Changes {
    /// `r2t` or `t2r`.
    pub task: String,
    /// The language.
    pub lang: String,
    /// The second run's answer is worth more.
    pub better: i64,
    /// It is worth less.
    pub worse: i64,
    /// It is worth about the same.
    pub same: i64,
}

/// How many of the shared questions were answered better, worse, or neither.
pub async fn changes(conn: &mut PgConnection, pair: Pair) -> Stored<Vec<Changes>> {
    let rows = sqlx::query_as!(
        Changes,
        r#"SELECT a.task, a.lang, count(*) FILTER (WHERE b.worth - a.worth >= $3) AS "better!",
                  count(*) FILTER (WHERE a.worth - b.worth >= $3) AS "worse!",
                  count(*) FILTER (WHERE abs(a.worth - b.worth) < $3) AS "same!"
           FROM predictions a JOIN predictions b ON b.run_id = $2 AND b.asked = a.asked WHERE a.run_id = $1
           GROUP BY 1, 2 ORDER BY 1, 2"#,
        pair.a.0,
        pair.b.0,
        CHANGED_FROM
    );
    Ok(rows.fetch_all(conn).await?)
}

/// How much both runs were asked.
pub async fn shared_extent(conn: &mut PgConnection, pair: Pair) -> Stored<Extent> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "answers!", count(DISTINCT a.image_id) AS "images!", count(DISTINCT a.patient) AS "patients!"
           FROM predictions a JOIN predictions b ON b.run_id = $2 AND b.asked = a.asked WHERE a.run_id = $1"#,
        pair.a.0, pair.b.0
    )
    .fetch_one(conn)
    .await?;
    Ok(Extent {
        answers: row.answers,
        images: row.images,
        patients: row.patients,
    })
}

/// Which way an answer changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerChange {
    /// The second run's is worth more.
    Better,
    /// It is worth less.
    Worse,
}

/// A question that both runs were asked and answered differently.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChangedAnswer {
    /// The first run's answer.
    pub a: JudgedAnswer,
    /// The second run's, to the same question.
    pub b: JudgedAnswer,
}

/// The numbers of the lines, in both runs, of a page of the answers that changed, the largest change first; after the first run's line `after`.
pub async fn changed(
    conn: &mut PgConnection,
    pair: Pair,
    change: Option<AnswerChange>,
    after: Option<i32>,
    limit: i64,
) -> Stored<Vec<(i32, i32)>> {
    let sign = change.map(|change| match change {
        AnswerChange::Better => 1.0,
        AnswerChange::Worse => -1.0,
    });
    let rows = sqlx::query!(
        r#"WITH changed AS (
               SELECT a.line AS line_a, b.line AS line_b, b.worth - a.worth AS gain
               FROM predictions a JOIN predictions b ON b.run_id = $2 AND b.asked = a.asked JOIN images i ON i.id = a.image_id
               WHERE a.run_id = $1 AND NOT i.withheld AND abs(a.worth - b.worth) >= $3)
           SELECT line_a AS "line_a!", line_b AS "line_b!" FROM changed WHERE ($4::float8 IS NULL OR sign(gain) = $4)
             AND ($5::int IS NULL OR (-abs(gain), line_a) > (SELECT -abs(gain), line_a FROM changed WHERE line_a = $5))
           ORDER BY abs(gain) DESC, line_a LIMIT $6"#,
        pair.a.0, pair.b.0, CHANGED_FROM, sign, after, limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.line_a, r.line_b)).collect())
}

/// These lines of a run, on images that may be seen, in order of their numbers.
pub async fn lines(
    conn: &mut PgConnection,
    run: RunId,
    numbers: &[i32],
) -> Stored<Vec<JudgedAnswer>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT p.line, p.image_id, i.width, i.height, i.modality, p.patient, p.task, p.lang, p.concept, p.question, p.answer, p.truth,
                  p.truth_boxes, p.boxes, p.is_right, p.named, p.truths, p.overlap, p.faults, NULL::jsonb AS other
           FROM predictions p JOIN images i ON i.id = p.image_id
           WHERE p.run_id = $1 AND p.line = ANY($2) AND NOT i.withheld ORDER BY p.line"#,
        run.0, numbers
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::case).collect()
}
