//! What a server does beside answering: claims queued work and has the services do it. Several servers share one queue.

use crate::services::{Hospital, Outcome, exports, likeness};
use std::time::Duration;

/// How often it is looked whether there is work.
const LOOK: Duration = Duration::from_secs(1);

/// Works until it is dropped. Work that breaks off then is another server's, or this one's at its next start.
pub async fn work(hospital: Hospital) {
    loop {
        match work_once(&hospital).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "queued work was not done"),
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What somebody waits for goes first; false where nothing is to be done.
async fn work_once(hospital: &Hospital) -> Outcome<bool> {
    Ok(exports::write_next(hospital).await? || likeness::look_at_next(hospital).await?)
}
