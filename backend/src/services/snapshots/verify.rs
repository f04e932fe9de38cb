//! Whether a snapshot is what it was when it was cut: every hash and count of it worked out again.

use super::cases::{Spooled, hashed};
use super::snapshot;
use crate::services::{Actor, Hospital, Outcome};
use crate::store::snapshots::{self, Snapshot};
use medreg_datasets::ids::Digest;
use medreg_datasets::snapshot::ObjectRef;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;

/// What a check found.
#[derive(Debug, Default, Serialize)]
pub struct Verified {
    /// Objects whose bytes were read and hashed.
    pub checked: usize,
    /// What is wrong; empty where the snapshot is whole.
    pub faults: Vec<String>,
}

/// Reads every object that a snapshot names and holds hashes, lengths and counts against what it says.
pub async fn verify(hospital: &Hospital, actor: &Actor, id: &Digest) -> Outcome<Verified> {
    let snapshot = snapshot(hospital, actor, id).await?;
    let mut report = Verified::default();
    let mut conn = hospital.pool.acquire().await?;
    let manifest = snapshots::canonical_manifest(&mut conn, id).await?;
    drop(conn);
    let found = Digest::of(manifest.unwrap_or_default().as_bytes());
    if found != *id {
        let fault = format!("the manifest's hash is {found}, not the snapshot's id");
        report.faults.push(fault);
    }
    match Spooled::fetch(&hospital.objects, &snapshot.manifest.cases.sha256).await {
        Err(error) => report.faults.push(format!("the cases: {error}")),
        Ok(cases) => {
            report.checked += 1;
            let expected = &snapshot.manifest.cases;
            if cases.bytes != expected.bytes {
                let found = ObjectRef {
                    bytes: cases.bytes,
                    ..expected.clone()
                };
                report
                    .faults
                    .push(format!("the cases: {}", differs(&found, expected)));
            }
            let pictures = report.count(&snapshot, &cases)?;
            report.check_pictures(hospital, pictures).await;
        }
    }
    Ok(report)
}

impl Verified {
    /// Holds the manifest's counts against the cases; the pictures that they name, each once, with their lengths.
    fn count(&mut self, snapshot: &Snapshot, cases: &Spooled) -> io::Result<BTreeMap<Digest, u64>> {
        let (mut images, mut regions, mut pictures) = (0, 0, BTreeMap::new());
        for case in cases.cases()? {
            match case {
                Ok(case) => {
                    images += 1;
                    regions += case.regions.len() as u64;
                    pictures.insert(case.raster.sha256, case.raster.bytes);
                }
                Err(error) => self.faults.push(error.to_string()),
            }
        }
        let told = snapshot.manifest.counts.all();
        if (told.images, told.regions) != (images, regions) {
            self.faults.push(format!(
                "the manifest counts {} images and {} regions, the cases hold {images} and {regions}",
                told.images, told.regions
            ));
        }
        Ok(pictures)
    }

    async fn check_pictures(&mut self, hospital: &Hospital, pictures: BTreeMap<Digest, u64>) {
        for (sha256, bytes) in pictures {
            self.checked += 1;
            let object = ObjectRef { sha256, bytes };
            if let Some(fault) = fault_of(hospital, &object).await {
                let fault = format!("the picture {}: {fault}", object.sha256);
                self.faults.push(fault);
            }
        }
    }
}

/// What is wrong with an object, if anything is.
async fn fault_of(hospital: &Hospital, object: &ObjectRef) -> Option<String> {
    match hashed(&hospital.objects, &object.sha256, |_| Ok(())).await {
        Err(error) => Some(error.to_string()),
        Ok(found) if found != *object => Some(differs(&found, object)),
        Ok(_) => None,
    }
}

fn differs(found: &ObjectRef, expected: &ObjectRef) -> String {
    format!(
        "{} bytes with hash {} are there, {} with {} are expected",
        found.bytes, found.sha256, expected.bytes, expected.sha256
    )
}
