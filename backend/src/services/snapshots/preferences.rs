//! What readers changed of a model's suggestions, as pairs of a better and a worse answer.

use super::cases::Spooled;
use super::snapshot;
use crate::services::{Actor, Hospital, Outcome};
use crate::store::snapshots;
use bytes::Bytes;
use futures::{Stream, stream};
use medreg_datasets::ids::Digest;
use medreg_datasets::preference::pairs;
use medreg_datasets::snapshot::{Manifest, SnapshotCase};
use sqlx::PgPool;
use std::io;

/// Cases whose suggestions are read at a time.
const PAGE: usize = 200;

/// JSON lines, one for each pair, in the project's first language, which models are asked in. What has been withheld since is left out.
pub async fn preferences(
    hospital: &Hospital,
    actor: &Actor,
    id: &Digest,
) -> Outcome<impl Stream<Item = Result<Bytes, io::Error>> + use<>> {
    let manifest = snapshot(hospital, actor, id).await?.manifest;
    let spooled = Spooled::fetch(&hospital.objects, &manifest.cases.sha256).await?;
    let cases = spooled
        .cases()
        .map_err(crate::store::objects::ObjectError::Interrupted)?;
    let begun = (hospital.pool.clone(), manifest, cases);
    Ok(stream::try_unfold(
        begun,
        |(pool, manifest, mut cases)| async move {
            let page: Vec<SnapshotCase> = cases.by_ref().take(PAGE).collect::<io::Result<_>>()?;
            if page.is_empty() {
                return Ok(None);
            }
            let lines = lines(&pool, &manifest, &page).await?;
            Ok(Some((lines, (pool, manifest, cases))))
        },
    ))
}

async fn lines(pool: &PgPool, manifest: &Manifest, page: &[SnapshotCase]) -> io::Result<Bytes> {
    let annotations: Vec<_> = page.iter().map(|case| case.annotation).collect();
    let mut conn = pool.acquire().await.map_err(io::Error::other)?;
    let seen = snapshots::suggestions_seen(&mut conn, &annotations).await;
    let mut seen = seen.map_err(io::Error::other)?;
    let [first, _] = manifest.langs.both();
    let mut lines = Vec::new();
    for case in page {
        let proposed = seen.remove(&case.annotation).unwrap_or_default();
        for pair in pairs(case, &proposed, &manifest.ontology, first) {
            serde_json::to_writer(&mut lines, &pair)?;
            lines.push(b'\n');
        }
    }
    Ok(lines.into())
}
