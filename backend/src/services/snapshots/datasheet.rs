//! A snapshot's datasheet.

use super::cases::Spooled;
use super::snapshot;
use crate::services::{Actor, Hospital, Outcome, ServiceError};
use medreg_datasets::datasheet::{Datasheet, Tally};
use medreg_datasets::ids::Digest;
use medreg_datasets::lang::LangPair;
use serde::Deserialize;
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
    let cases = Spooled::fetch(&hospital.objects, &manifest.cases).await?;
    let langs = manifest.langs.clone();
    let tally = tokio::task::spawn_blocking(move || tally(&cases, &langs))
        .await
        .map_err(|e| ServiceError::Internal(e.to_string()))??;
    let datasheet = Datasheet::new(id, &manifest, &tally);
    Ok(match format {
        DatasheetFormat::Html => datasheet.html(),
        DatasheetFormat::Markdown => datasheet.markdown(),
    })
}

fn tally(cases: &Spooled, langs: &LangPair) -> std::io::Result<Tally> {
    let mut tally = Tally::new(langs);
    for case in cases.cases()? {
        tally.add(&case?);
    }
    Ok(tally)
}
