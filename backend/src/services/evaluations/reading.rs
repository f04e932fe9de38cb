//! Answers are judged and taken in when their run is over: all of a file or nothing of it, as often as a server begins.

use super::figures;
use super::lines::{BadLine, Lines, Numbered};
use crate::services::snapshots::Spooled;
use crate::services::{Hospital, Outcome, ServiceError};
use crate::store::StoreError;
use crate::store::evaluations::{self, Taken, ToRead};
use crate::store::images;
use crate::store::objects::ObjectError;
use crate::store::snapshots;
use medreg_datasets::ids::{ImageId, RunId};
use medreg_datasets::judging::{Ontology, judge_image};
use sqlx::PgConnection;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::Arc;

/// The run's artifact with one answer a line.
const FILE: &str = "predictions.jsonl";
/// The version of the rules that answers are judged by. A change of what is stored of an answer is another version.
const RULES: i32 = 1;
/// Answers that are judged and taken in at a time.
const AT_A_TIME: usize = 500;

/// Why a file of answers was not taken in.
#[derive(Debug, thiserror::Error)]
enum NotRead {
    /// It will never be: what is wrong with it.
    #[error("{0}")]
    Bad(String),
    /// It may be later.
    #[error(transparent)]
    Later(#[from] ServiceError),
}

impl From<BadLine> for NotRead {
    fn from(line: BadLine) -> Self {
        match line {
            BadLine::Io(error) => ServiceError::Internal(error.to_string()).into(),
            other => Self::Bad(other.to_string()),
        }
    }
}

impl From<StoreError> for NotRead {
    fn from(error: StoreError) -> Self {
        match error.refused_value() {
            Some(reason) => Self::Bad(reason),
            None => Self::Later(error.into()),
        }
    }
}

impl From<ObjectError> for NotRead {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::NotFound(_) | ObjectError::Damaged(..) => Self::Bad(error.to_string()),
            other => Self::Later(other.into()),
        }
    }
}

/// Judges the answers of the run that has waited longest; false where none waits.
pub async fn read_next(hospital: &Hospital) -> Outcome<bool> {
    let mut conn = hospital.pool.acquire().await?;
    evaluations::notice(&mut conn, FILE, RULES).await?;
    let Some(run) = evaluations::begin_next(&mut conn).await? else {
        return Ok(false);
    };
    drop(conn);
    match read(hospital, run).await {
        Ok(()) => Ok(true),
        Err(error) => {
            let mut conn = hospital.pool.acquire().await?;
            evaluations::postpone(&mut conn, run).await?;
            Err(error)
        }
    }
}

async fn read(hospital: &Hospital, run: RunId) -> Outcome<()> {
    let mut tx = hospital.pool.begin().await?;
    // The lock is the claim: it is gone with the server that had it.
    let Some(to_read) = evaluations::hold(&mut tx, run).await? else {
        return Ok(());
    };
    let mut whole = sqlx::Acquire::begin(&mut *tx).await?;
    match take_in(hospital, &mut whole, &to_read).await {
        Ok(figures) => {
            evaluations::end(&mut whole, run, Ok(&figures)).await?;
            whole.commit().await?;
        }
        Err(NotRead::Bad(reason)) => {
            whole.rollback().await?;
            tracing::warn!(%run, reason, "a run's answers were not judged");
            evaluations::end(&mut tx, run, Err(&reason)).await?;
        }
        Err(NotRead::Later(error)) => return Err(error),
    }
    Ok(tx.commit().await?)
}

async fn take_in(
    hospital: &Hospital,
    conn: &mut PgConnection,
    to_read: &ToRead,
) -> Result<serde_json::Value, NotRead> {
    let snapshot = snapshots::snapshot(conn, &to_read.snapshot).await?;
    let snapshot = snapshot.ok_or(ServiceError::NotFound("snapshot"))?;
    let ontology = Arc::new(Ontology::of(&snapshot.manifest.ontology));
    let file = Spooled::fetch(&hospital.objects, &to_read.digest).await?;
    let mut lines = Lines::of(std::io::BufReader::new(file.open().map_err(BadLine::Io)?));
    loop {
        let (read, images) = next_images(lines).await?;
        lines = read;
        if images.is_empty() {
            break;
        }
        let widths = widths(conn, to_read, &images).await?;
        let ontology = Arc::clone(&ontology);
        let taken = blocking(move || judged(images, &widths, &ontology)).await??;
        evaluations::put(conn, to_read.run, &taken).await?;
    }
    Ok(figures::of_run(conn, to_read.run).await?)
}

async fn next_images<R: BufRead + Send + 'static>(
    mut lines: Lines<R>,
) -> Result<(Lines<R>, Vec<Vec<Numbered>>), NotRead> {
    let (lines, images) = blocking(move || {
        let images = lines.next_images(AT_A_TIME);
        (lines, images)
    })
    .await?;
    Ok((lines, images?))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Outcome<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| ServiceError::Internal(e.to_string()))
}

/// How wide the images are. A worker's word for an image of another project is worth nothing.
async fn widths(
    conn: &mut PgConnection,
    to_read: &ToRead,
    images: &[Vec<Numbered>],
) -> Result<BTreeMap<ImageId, u32>, NotRead> {
    let firsts: Vec<(i32, ImageId)> = images
        .iter()
        .filter_map(|lines| lines.first().map(|(number, line)| (*number, line.image)))
        .collect();
    let ids: Vec<ImageId> = firsts.iter().map(|(_, image)| *image).collect();
    let widths = images::widths(conn, to_read.project, &ids).await?;
    match firsts.iter().find(|(_, image)| !widths.contains_key(image)) {
        Some(&(number, image)) => Err(BadLine::NoSuchImage { number, image }.into()),
        None => Ok(widths),
    }
}

fn judged(
    images: Vec<Vec<Numbered>>,
    widths: &BTreeMap<ImageId, u32>,
    ontology: &Ontology,
) -> Result<Vec<Taken>, BadLine> {
    let mut taken = Vec::new();
    for image in images {
        let (numbers, lines): (Vec<i32>, Vec<_>) = image.into_iter().unzip();
        let width = lines.first().and_then(|line| widths.get(&line.image));
        let judged = judge_image(&lines, ontology, width.copied().unwrap_or_default());
        let judged = judged.map_err(|(index, source)| BadLine::NotJudged {
            number: numbers[index],
            source,
        })?;
        for (index, (line, judged)) in lines.into_iter().zip(judged).enumerate() {
            let partner = judged.partner.map(|other| numbers[other]);
            taken.push(Taken {
                number: numbers[index],
                line,
                judged,
                partner,
            });
        }
    }
    Ok(taken)
}
