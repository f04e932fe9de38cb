//! Regional CoT (MedRegA section 3.3): the regions that a model finds when it is asked for each concept, as what a question is answered by.

use crate::data::Look;
use crate::predict::{PredictError, Predictor, Search};
use medreg_datasets::geometry::GridBox;
use medreg_datasets::lang::Lang;
use medreg_datasets::protocol::ProposedRegion;
use std::collections::BTreeMap;

/// The most regions that a question is given to be answered by.
const MOST_FOUND: usize = 20;

/// Names with their boxes, as [`medreg_datasets::task::asked`] puts them into a question.
pub type Named = Vec<(String, Vec<GridBox>)>;

/// The regions that the model finds, not described.
pub fn find(
    predictor: &Predictor,
    look: &Look,
    search: &Search<'_>,
) -> Result<Vec<ProposedRegion>, PredictError> {
    let search = Search {
        describe: false,
        calibration: None,
        ..*search
    };
    let mut regions = predictor.search(look, &search)?.regions;
    regions.truncate(MOST_FOUND);
    Ok(regions)
}

/// Their names in a language, with the boxes of each.
#[must_use]
pub fn named(regions: &[ProposedRegion], search: &Search<'_>, lang: &Lang) -> Named {
    let mut named: BTreeMap<String, Vec<GridBox>> = BTreeMap::new();
    for region in regions {
        let concept = search.ontology.iter().find(|c| c.key == region.concept);
        let name = concept.map_or("", |concept| concept.name(lang));
        let bbox = region.bbox.to_grid(search.size);
        named.entry(name.to_owned()).or_default().push(bbox);
    }
    named.into_iter().collect()
}
