//! How far a round's model and the readers said the same of the round's images.
//!
//! A reader's region and a proposed one are the same where they name the same concept and overlap by at least [`SAME_FROM`], each with one
//! partner at most (`datasets::matching`). Over the images that were drawn by chance this is a running estimate of how good the model is on
//! what is still unread; it is no curve of a model that learnt from images drawn by chance, which only training one could give. Where readers
//! saw what the model said, they were drawn towards it: how many did is told beside the number.

use super::asked_model;
use crate::services::Outcome;
use crate::services::resampling::{Count, Estimate, estimate_ratio, ratio};
use crate::store::acquisitions::Acquisition;
use crate::store::rounds::{self, Answered};
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::matching::shared_regions;
use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::region::Presence;
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

/// From this overlap on, two boxes of one concept are the same region: what scores on the test split are counted by too.
const SAME_FROM: f64 = 0.5;
/// Cases that are read from the database at a time.
const PAGE: i64 = 200;

/// What was counted over one part of a round's cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Agreement {
    /// The cases.
    pub cases: usize,
    /// Those whose reader saw what the model said.
    pub shown: usize,
    /// Twice the regions that both gave, by the regions of both together: F1 of the model's regions against the readers'. Absent where
    /// neither gave any.
    pub f1: Option<f64>,
    /// The same with its interval over cases; absent where there are too few.
    pub estimate: Option<Estimate>,
}

/// What was counted over both parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Agreements {
    /// Over what the strategy chose.
    pub chosen: Agreement,
    /// Over what was drawn by chance.
    pub control: Agreement,
}

/// Counts a round's cases; `None` where the shipped model was asked, which proposes nothing.
pub(super) async fn of_round(
    conn: &mut PgConnection,
    round: &Acquisition,
) -> Outcome<Option<Agreements>> {
    let Some(model) = asked_model(&round.model) else {
        return Ok(None);
    };
    let (mut chosen, mut control) = (Counted::default(), Counted::default());
    let mut after = None;
    loop {
        let page = rounds::answered(conn, round.id, model, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.annotation);
        for case in &page {
            let part = if case.control {
                &mut control
            } else {
                &mut chosen
            };
            part.add(case);
        }
    }
    Ok(Some(Agreements {
        chosen: chosen.finish(),
        control: control.finish(),
    }))
}

#[derive(Default)]
struct Counted {
    shown: usize,
    cases: Vec<Count>,
}

impl Counted {
    fn add(&mut self, case: &Answered) {
        self.shown += usize::from(case.shown);
        self.cases.push(f1_of(case));
    }

    fn finish(self) -> Agreement {
        Agreement {
            cases: self.cases.len(),
            shown: self.shown,
            f1: ratio(self.cases.iter().copied()),
            estimate: estimate_ratio(&self.cases),
        }
    }
}

/// What a case adds to F1: twice the regions that both gave, by all that either gave.
fn f1_of(case: &Answered) -> Count {
    let seen = case
        .regions
        .iter()
        .filter(|r| r.presence != Presence::Absent);
    let seen: Vec<(&ConceptKey, PixelBox)> = seen
        .filter_map(|r| Some((r.concept.as_ref()?, r.bbox)))
        .collect();
    let told: Vec<(&ConceptKey, PixelBox)> =
        case.proposed.iter().map(|p| (&p.concept, p.bbox)).collect();
    let both = shared_regions(&seen, &told, SAME_FROM);
    Count {
        of: 2.0 * both as f64,
        per: (seen.len() + told.len()) as f64,
    }
}
