//! Who hears how a run stands.

use crate::journal::Standing;
use medreg_datasets::ids::RunId;
use std::sync::Arc;

type Hear = dyn Fn(RunId, &Standing) + Send + Sync;

/// Hears how a run stands after each of its steps, on the thread that trains.
#[derive(Clone)]
pub struct Show(Arc<Hear>);

impl Show {
    /// Tells this function.
    pub fn to(hear: impl Fn(RunId, &Standing) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    /// Tells how a run stands.
    pub fn run(&self, run: RunId, standing: &Standing) {
        (self.0)(run, standing);
    }
}

impl std::fmt::Debug for Show {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Show(…)")
    }
}
