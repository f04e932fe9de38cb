//! What a server does beside answering: claims queued work and has the services do it. Several servers share one queue.

use crate::services::{Hospital, Outcome, evaluations, exports, imports, inquiries, likeness};
use std::time::Duration;

/// How often it is looked whether there is work.
const LOOK: Duration = Duration::from_secs(1);
/// How often it is looked what nobody needs any more.
const SWEEP: Duration = Duration::from_secs(60);

/// How old bytes must be that came in and were not kept, before nobody can be at them any more.
const LEFT_OVER: Duration = Duration::from_secs(24 * 60 * 60);

/// Works until it is dropped. Work that breaks off then is another server's, or this one's at its next start.
pub async fn work(hospital: Hospital) {
    // A data set may take hours, for which no export shall wait.
    tokio::join!(
        again(LOOK, || write(&hospital)),
        again(LOOK, || imports::work_next(&hospital)),
        again(LOOK, || evaluations::read_next(&hospital)),
        again(SWEEP, || sweep(&hospital)),
    );
}

/// Does work for ever, with a pause where there was none.
async fn again<F: Future<Output = Outcome<bool>>>(pause: Duration, work: impl Fn() -> F) {
    loop {
        match work().await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "queued work was not done"),
        }
        tokio::time::sleep(pause).await;
    }
}

/// What somebody waits for goes first; false where nothing is to be done.
async fn write(hospital: &Hospital) -> Outcome<bool> {
    Ok(exports::write_next(hospital).await? || likeness::look_at_next(hospital).await?)
}

async fn sweep(hospital: &Hospital) -> Outcome<bool> {
    inquiries::sweep(hospital).await?;
    imports::sweep(hospital).await?;
    exports::sweep(hospital).await?;
    let swept = hospital.objects.sweep_incoming(LEFT_OVER).await?;
    if swept > 0 {
        tracing::info!(
            swept,
            "what killed servers left of incoming bytes was removed"
        );
    }
    Ok(false)
}
