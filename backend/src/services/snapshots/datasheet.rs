//! A snapshot's datasheet.

use super::cases::Spooled;
use super::snapshot;
use crate::services::{Actor, Hospital, Outcome, ServiceError};
use crate::store::images;
use medreg_datasets::datasheet::{Compared, Datasheet, Tally};
use medreg_datasets::ids::{Digest, ImageId};
use medreg_datasets::lang::LangPair;
use medreg_datasets::likeness::{Likeness, alike};
use serde::Deserialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// How a datasheet is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DatasheetFormat {
    /// One page with bars beside its numbers.
    #[default]
    Html,
    /// Tables of numbers.
    Markdown,
}

/// What a snapshot holds and how that came about, counted from its cases.
pub async fn datasheet(
    hospital: &Hospital,
    actor: &Actor,
    id: &Digest,
    format: DatasheetFormat,
) -> Outcome<String> {
    let manifest = snapshot(hospital, actor, id).await?.manifest;
    let cases = Spooled::fetch(&hospital.objects, &manifest.cases.sha256).await?;
    let langs = manifest.langs.clone();
    let mut conn = hospital.pool.acquire().await?;
    let looks = images::likenesses(&mut conn, manifest.project).await?;
    drop(conn);
    let (tally, compared) = tokio::task::spawn_blocking(move || read(&cases, &langs, &looks))
        .await
        .map_err(|e| ServiceError::Internal(e.to_string()))??;
    let datasheet = Datasheet::new(id, &manifest, &tally, &compared);
    Ok(match format {
        DatasheetFormat::Html => datasheet.html(),
        DatasheetFormat::Markdown => datasheet.markdown(),
    })
}

fn read(
    cases: &Spooled,
    langs: &LangPair,
    looks: &HashMap<ImageId, Likeness>,
) -> std::io::Result<(Tally, Compared)> {
    let mut tally = Tally::new(langs);
    let (mut pictures, mut not_yet) = (Vec::new(), 0);
    for case in cases.cases()? {
        let case = case?;
        tally.add(&case);
        match looks.get(&case.image) {
            Some(look) => pictures.push((*look, case.split, case.image)),
            None => not_yet += 1,
        }
    }
    let alike = alike(&pictures);
    Ok((tally, Compared { alike, not_yet }))
}
