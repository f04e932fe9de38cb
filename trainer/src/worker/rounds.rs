//! An active-learning round: look at the pool page by page, send suggestions on the way, rank what is open.

use super::Worker;
use super::kept_features::KeptFeatures;
use super::pulse::Progress;
use crate::acquire::{self, Budget, Candidate, Pool, Signal};
use crate::calibrate::Calibration;
use crate::model::kernels::side_by_side;
use crate::predict::{Findings, PredictError, Predictor, Search};
use crate::train::Control;
use anyhow::Context;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use medreg_datasets::ids::ImageId;
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

/// An image that is looked at: its pixels if they are needed, its features if they are kept.
struct Fetched {
    image: PoolImage,
    raster: Option<Bytes>,
    features: Option<Vec<f32>>,
}

/// What was made of it.
struct Seen {
    candidate: Candidate,
    prediction: Option<ImagePrediction>,
    /// Whether the features were computed rather than kept.
    computed: bool,
}

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
        let (pretrained, cache) = (loaded.pretrained, self.settings.cache.clone());
        let (predictor, mut kept) = self
            .compute(move || {
                let kept = KeptFeatures::open(&cache, &pretrained.tower_digest()?);
                Ok((Predictor::new(&pretrained)?, kept))
            })
            .await?;
        let wanted = images.iter().map(|i| i.raster.sha256.clone()).collect();
        let round = Arc::new(Round {
            item: item.clone(),
            predictor,
            describes: loaded.describes,
            calibration: loaded.calibration,
            threads: self.settings.threads,
            progress: progress.clone(),
        });
        let mut candidates = Vec::with_capacity(images.len());
        let mut computed = 0;
        for batch in images.chunks(BATCH) {
            let seen = self.look_at(&round, batch, &kept).await?;
            for (seen, image) in seen.into_iter().zip(batch) {
                if seen.computed {
                    computed += 1;
                    kept.keep(&image.raster.sha256, &seen.candidate.features);
                }
                candidates.push(seen.candidate);
            }
            kept.write_much(&wanted);
            progress.done(candidates.len() as u64);
        }
        let ids: Vec<ImageId> = images.iter().map(|image| image.id).collect();
        let ranking = self
            .compute(move || {
                kept.write(&wanted);
                rank(&round.item, &Pool::new(candidates), &ids)
            })
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
        tracing::info!(acquisition.id = %item.id, images = images.len(), computed, chosen, "round finished");
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
        kept: &KeptFeatures,
    ) -> anyhow::Result<Vec<Seen>> {
        let fetch = |image: PoolImage| {
            let features = kept.of(&image.raster.sha256).map(<[f32]>::to_vec);
            async move {
                let raster = match features.is_none() || round.asks(&image) {
                    true => Some(
                        self.client
                            .pool_object(round.item.id, &image.raster)
                            .await?,
                    ),
                    false => None,
                };
                Ok::<_, anyhow::Error>(Fetched {
                    image,
                    raster,
                    features,
                })
            }
        };
        let fetched: Vec<Fetched> = futures::stream::iter(images.iter().cloned())
            .map(fetch)
            .buffered(DOWNLOADS)
            .try_collect()
            .await?;
        let asked = round.clone();
        let mut seen = self.compute(move || asked.see_all(&fetched)).await?;
        let predictions = seen.iter_mut().filter_map(|seen| seen.prediction.take());
        let predictions: Vec<ImagePrediction> = predictions.collect();
        if !predictions.is_empty() {
            let predictions = Predictions {
                attempt: round.item.attempt,
                images: predictions,
            };
            self.client.predictions(round.item.id, &predictions).await?;
        }
        Ok(seen)
    }
}

impl Round {
    fn see_all(&self, images: &[Fetched]) -> anyhow::Result<Vec<Seen>> {
        let see = |index: usize| match self.progress.control() {
            Control::Continue => self.see(&images[index]),
            Control::Stop => Err(super::pulse::Interrupted.into()),
        };
        side_by_side(images.len(), self.threads, see)
            .into_iter()
            .collect()
    }

    /// One image as a candidate, with what a published model proposes for it. A picture that cannot be read stays a candidate
    /// that nothing is known of: one bad file must not keep a project from its next images.
    fn see(&self, fetched: &Fetched) -> anyhow::Result<Seen> {
        let (image, kept) = (&fetched.image, fetched.features.clone());
        let Some(raster) = &fetched.raster else {
            return Ok(unasked(image, kept.unwrap_or_default(), false));
        };
        let look = match self.predictor.look_at(raster) {
            Ok(look) => look,
            Err(PredictError::Image(error)) => {
                tracing::warn!(image.id = %image.id, %error, "the raster cannot be read");
                return Ok(unasked(image, Vec::new(), false));
            }
            Err(error) => return Err(error.into()),
        };
        let at = || format!("image {}", image.id);
        let computed = kept.is_none();
        let features = match kept {
            Some(features) => features,
            None => self.predictor.features(&look).with_context(at)?,
        };
        if !self.asks(image) {
            return Ok(unasked(image, features, computed));
        }
        let search = Search {
            size: image.size,
            modality: image.modality,
            ontology: &self.item.ontology,
            langs: &self.item.langs,
            describe: self.describes,
            calibration: self.calibration.as_ref(),
            probes: self.item.strategy.into(),
            seed: self.item.seed,
        };
        let findings = self.predictor.search(&look, &search).with_context(at)?;
        let candidate = candidate(image, features, &findings);
        let prediction = Some(ImagePrediction {
            image: image.id,
            regions: findings.regions,
            questions: findings.questions,
        });
        Ok(Seen {
            candidate,
            prediction,
            computed,
        })
    }

    /// Built-in models know none of a project's concepts, and annotated images need no suggestions.
    fn asks(&self, image: &PoolImage) -> bool {
        image.open && matches!(self.item.model, ModelRef::Published { .. })
    }
}

fn unasked(image: &PoolImage, features: Vec<f32>, computed: bool) -> Seen {
    Seen {
        candidate: candidate(image, features, &Findings::default()),
        prediction: None,
        computed,
    }
}

fn candidate(image: &PoolImage, features: Vec<f32>, findings: &Findings) -> Candidate {
    let found = (!findings.questions.is_empty()).then_some(findings.regions.len() as f64);
    Candidate {
        modality: image.modality,
        open: image.open,
        features,
        signals: findings.questions.iter().map(Signal::from).collect(),
        boxes: image.boxes.or(found),
        marked: image.marked.clone(),
    }
}

/// `ids` are those of the pool's images, in the same order.
fn rank(item: &AcquisitionItem, pool: &Pool, ids: &[ImageId]) -> anyhow::Result<Vec<RankedImage>> {
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
        image: ids[ranked.index],
        score: ranked.score,
        reason: ranked.reason,
    };
    Ok(ranked.into_iter().map(named).collect())
}
