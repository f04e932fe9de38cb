//! Heavy work off the threads that answer requests, a few pieces at a time.

use super::{Outcome, ServiceError};
use tokio::sync::Semaphore;

/// Lets so much work of one kind run at once, over all requests; the rest waits for its turn.
#[derive(Debug)]
pub(super) struct Turns(Semaphore);

impl Turns {
    pub(super) const fn new(at_once: usize) -> Self {
        Self(Semaphore::const_new(at_once))
    }

    /// Does the work when its turn comes. The turn is kept to the end of it, even where whoever asked has gone away.
    pub(super) async fn take<T: Send + 'static>(
        &'static self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Outcome<T> {
        let turn = self.0.acquire().await;
        let turn = turn.map_err(|e| ServiceError::Internal(e.to_string()))?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await
            .map_err(|e| ServiceError::Internal(e.to_string()))
    }
}
