//! An active-learning round: look at the pool page by page, send suggestions on the way, rank what is open.

use super::Worker;
use super::pulse::Progress;
use crate::acquire::{self, Budget, Candidate, Pool};
use crate::calibrate::Calibration;
use crate::model::kernels::side_by_side;
use crate::predict::{Findings, PredictError, Predictor, Search};
use crate::train::Control;
use anyhow::Context;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use medreg_datasets::protocol::{
    AcquisitionItem, FinishAcquisition, ImagePrediction, ModelRef, PoolImage, Predictions,
    RankedImage,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Images listed per call.
const PAGE: u32 = 200;
/// Images whose pixels are in memory at once; their features stay, their pixels go.
const BATCH: usize = 16;
/// Rasters fetched side by side.
const DOWNLOADS: usize = 8;

/// A round being carried out.
struct Round {
    item: AcquisitionItem,
    predictor: Predictor,
    describes: bool,
    calibration: Option<Calibration>,
    threads: usize,
    progress: Arc<Progress>,
}

impl Worker {
    /// Carries out a round: suggestions where a published model is asked, and the ranking.
    pub(super) async fn carry_out_round(
        &self,
        item: &AcquisitionItem,
        progress: &Arc<Progress>,
    ) -> anyhow::Result<()> {
        tracing::info!(acquisition.id = %item.id, attempt = item.attempt, strategy = item.strategy.as_str(), "round claimed");
        let loaded = self.load(&item.model).await.context("the round's model")?;
        let images = self.list_pool(item).await?;
        progress.enter("predicting", images.len() as u64);
        let round = Arc::new(Round {
            item: item.clone(),
            predictor: Predictor::new(&loaded.pretrained)?,
            describes: loaded.describes,
            calibration: loaded.calibration,
            threads: self.settings.threads,
            progress: progress.clone(),
        });
        let mut candidates = Vec::with_capacity(images.len());
        for batch in images.chunks(BATCH) {
            candidates.extend(self.look_at(&round, batch).await?);
            progress.done(candidates.len() as u64);
        }
        let ranking = self
            .compute(move || rank(&round.item, &Pool::new(candidates)))
            .await?;
        let chosen = ranking.len();
        // A short round may be over before its second beat.
        let beat = progress.beat(item.attempt);
        self.client.acquisition_heartbeat(item.id, &beat).await?;
        progress.close();
        self.client
            .finish_acquisition(
                item.id,
                &FinishAcquisition {
                    attempt: item.attempt,
                    ranking,
                },
            )
            .await?;
        tracing::info!(acquisition.id = %item.id, images = images.len(), chosen, "round finished");
        Ok(())
    }

    /// The whole pool, without pixels.
    async fn list_pool(&self, item: &AcquisitionItem) -> anyhow::Result<Vec<PoolImage>> {
        let (mut images, mut after) = (Vec::new(), None);
        loop {
            let page = self.client.pool(item.id, after, PAGE).await?;
            images.extend(page.images);
            match page.next {
                // A server that gives the same page for ever would keep us for ever.
                Some(next) if Some(next) != after => after = Some(next),
                _ => return Ok(images),
            }
        }
    }

    /// Looks at a few images and sends what the model proposes for them.
    async fn look_at(
        &self,
        round: &Arc<Round>,
        images: &[PoolImage],
    ) -> anyhow::Result<Vec<Candidate>> {
        let fetch = |image: PoolImage| async move {
            let raster = self
                .client
                .pool_object(round.item.id, &image.raster)
                .await?;
            Ok::<_, anyhow::Error>((image, raster))
        };
        let fetched: Vec<(PoolImage, Bytes)> = futures::stream::iter(images.iter().cloned())
            .map(fetch)
            .buffered(DOWNLOADS)
            .try_collect()
            .await?;
        let asked = round.clone();
        let seen = self.compute(move || asked.see_all(&fetched)).await?;
        let (candidates, predictions): (Vec<Candidate>, Vec<Option<ImagePrediction>>) =
            seen.into_iter().unzip();
        let predictions: Vec<ImagePrediction> = predictions.into_iter().flatten().collect();
        if !predictions.is_empty() {
            self.client
                .predictions(
                    round.item.id,
                    &Predictions {
                        attempt: round.item.attempt,
                        images: predictions,
                    },
                )
                .await?;
        }
        Ok(candidates)
    }
}

impl Round {
    fn see_all(
        &self,
        images: &[(PoolImage, Bytes)],
    ) -> anyhow::Result<Vec<(Candidate, Option<ImagePrediction>)>> {
        let see = |index: usize| match self.progress.control() {
            Control::Continue => self.see(&images[index].0, &images[index].1),
            Control::Stop => Err(super::pulse::Interrupted.into()),
        };
        side_by_side(images.len(), self.threads, see)
            .into_iter()
            .collect()
    }

    /// One image as a candidate, with what a published model proposes for it. A picture that cannot be read stays a candidate
    /// that nothing is known of: one bad file must not keep a project from its next images.
    fn see(
        &self,
        image: &PoolImage,
        raster: &[u8],
    ) -> anyhow::Result<(Candidate, Option<ImagePrediction>)> {
        let look = match self.predictor.look_at(raster) {
            Ok(look) => look,
            Err(PredictError::Image(error)) => {
                tracing::warn!(image.id = %image.id, %error, "the raster cannot be read");
                return Ok((candidate(image, Vec::new(), &Findings::default()), None));
            }
            Err(error) => return Err(error.into()),
        };
        let at = || format!("image {}", image.id);
        let features = self.predictor.features(&look).with_context(at)?;
        if !self.asks(image) {
            return Ok((candidate(image, features, &Findings::default()), None));
        }
        let search = Search {
            size: image.size,
            modality: image.modality,
            ontology: &self.item.ontology,
            langs: &self.item.langs,
            describe: self.describes,
            calibration: self.calibration.as_ref(),
        };
        let findings = self.predictor.search(&look, &search).with_context(at)?;
        let candidate = candidate(image, features, &findings);
        Ok((
            candidate,
            Some(ImagePrediction {
                image: image.id,
                regions: findings.regions,
            }),
        ))
    }

    /// Built-in models know none of a project's concepts, and annotated images need no suggestions.
    fn asks(&self, image: &PoolImage) -> bool {
        image.open && matches!(self.item.model, ModelRef::Published { .. })
    }
}

fn candidate(image: &PoolImage, features: Vec<f32>, findings: &Findings) -> Candidate {
    let found = (!findings.signals.is_empty()).then_some(findings.regions.len() as f64);
    Candidate {
        image: image.id,
        modality: image.modality,
        open: image.open,
        features,
        signals: findings.signals.clone(),
        boxes: image.boxes.or(found),
    }
}

fn rank(item: &AcquisitionItem, pool: &Pool) -> anyhow::Result<Vec<RankedImage>> {
    let mut rng = ChaCha8Rng::seed_from_u64(item.seed);
    let images = usize::try_from(item.budget).unwrap_or(usize::MAX);
    let budget = match item.boxes {
        Some(boxes) => Budget::of_boxes(boxes).at_most(images),
        None => Budget::of_images(images),
    };
    let ranked = acquire::strategy(item.strategy, item.round).rank(pool, budget, &mut rng);
    if let (true, Some((least, boxes))) = (ranked.is_empty(), pool.least_cost().zip(item.boxes)) {
        anyhow::bail!(
            "no image fits into {boxes} boxes: each is expected to have {least:.0} or more; ask for a round of more boxes"
        );
    }
    let named = |ranked: acquire::Ranked| RankedImage {
        image: pool.candidates()[ranked.index].image,
        score: ranked.score,
        reason: ranked.reason,
    };
    Ok(ranked.into_iter().map(named).collect())
}
