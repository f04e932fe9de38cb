//! Answers people's questions, one after the other in the order in which they were asked, beside whatever else the worker does: somebody
//! waits before a screen.

use super::Worker;
use crate::checkpoint::Pretrained;
use crate::client::{Client, ClientError, Patience};
use crate::data::Look;
use crate::predict::{Predictor, Probes, Search, confidence};
use crate::regional;
use crate::registry::ModelFolder;
use anyhow::Context;
use medreg_datasets::geometry::GridBox;
use medreg_datasets::ids::ModelId;
use medreg_datasets::inquiry::{
    ClaimInquiry, FinishInquiry, InquiryItem, MAX_ANSWER_CHARS, MAX_REGIONS, SaidRegion, Words,
    Writing,
};
use medreg_datasets::protocol::Fail;
use medreg_datasets::{grammar, task};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long one call waits for a question.
const WAIT_SECONDS: u32 = 15;
/// The pause after the server could not be asked.
const PAUSE: Duration = Duration::from_secs(2);
/// How often words are told at most; people read no faster.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// How often the claim is kept where there are no new words.
const KEEP_EVERY: Duration = Duration::from_secs(5);
/// How long a model stays loaded that nobody asks anything.
const KEPT: Duration = Duration::from_secs(600);

/// The model that was asked last, ready to be asked again.
struct Kept {
    model: ModelId,
    predictor: Arc<Predictor>,
    used: Instant,
}

/// Ends the computation with whoever waits for it.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Worker {
    /// Answers until the token is refused.
    pub(super) async fn answer_questions(&self) -> ClientError {
        let mut kept: Option<Kept> = None;
        loop {
            kept = kept.filter(|kept| kept.used.elapsed() < KEPT);
            match self.next_question().await {
                Ok(None) => {}
                Ok(Some(item)) => {
                    if let Err(refused) = self.answer(&item, &mut kept).await {
                        return refused;
                    }
                }
                Err(refused @ ClientError::TokenRefused { .. }) => return refused,
                // A server of an earlier version has no questions.
                Err(ClientError::Refused { status: 404, .. }) => std::future::pending().await,
                Err(error) => {
                    tracing::debug!(%error, "no question could be asked for");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn next_question(&self) -> Result<Option<InquiryItem>, ClientError> {
        let once = Patience {
            tries: 1,
            ..Patience::default()
        };
        let claim = ClaimInquiry {
            worker: self.settings.name.clone(),
            wait_seconds: WAIT_SECONDS,
        };
        self.client.with_patience(once).claim_inquiry(&claim).await
    }

    /// Answers one question, or says why there is no answer. Neither question nor answer is written to a log.
    async fn answer(&self, item: &InquiryItem, kept: &mut Option<Kept>) -> Result<(), ClientError> {
        let begun = Instant::now();
        let told = match self.answered(item, kept).await {
            Ok(done) => match self.client.finish_inquiry(item.id, &done).await {
                Err(error @ ClientError::Refused { .. }) => self.failed(item, &error.into()).await,
                told => told,
            },
            Err(error) => match error.downcast::<ClientError>() {
                Ok(lost @ ClientError::ClaimLost { .. }) => Err(lost),
                Ok(error) => self.failed(item, &error.into()).await,
                Err(error) => self.failed(item, &error).await,
            },
        };
        let seconds = begun.elapsed().as_secs_f64();
        match told {
            Ok(()) => tracing::info!(inquiry.id = %item.id, seconds, "question answered"),
            Err(refused @ ClientError::TokenRefused { .. }) => return Err(refused),
            Err(error) => tracing::info!(inquiry.id = %item.id, %error, "question dropped"),
        }
        Ok(())
    }

    async fn failed(&self, item: &InquiryItem, error: &anyhow::Error) -> Result<(), ClientError> {
        let fail = Fail {
            attempt: item.attempt,
            reason: format!("{error:#}"),
        };
        self.client.fail_inquiry(item.id, &fail).await
    }

    async fn answered(
        &self,
        item: &InquiryItem,
        kept: &mut Option<Kept>,
    ) -> anyhow::Result<FinishInquiry> {
        let predictor = self.predictor(item.model, kept).await?;
        let raster = self.client.inquiry_raster(item).await?;
        let (told, hears) = watch::channel(Words::default());
        let stop = Stop(Arc::new(AtomicBool::new(false)));
        let (stopped, asked) = (stop.0.clone(), item.clone());
        let computed = tokio::task::spawn_blocking(move || {
            let mut tell = |words: Words| {
                told.send_replace(words);
                !stopped.load(Ordering::Relaxed)
            };
            answer(&predictor, &asked, &raster, &mut tell)
        });
        tell_until(&self.client, item, hears, computed).await
    }

    /// The model, loaded. A run on the same machine goes on meanwhile.
    async fn predictor(
        &self,
        model: ModelId,
        kept: &mut Option<Kept>,
    ) -> anyhow::Result<Arc<Predictor>> {
        if let Some(kept) = kept.as_mut().filter(|kept| kept.model == model) {
            kept.used = Instant::now();
            return Ok(kept.predictor.clone());
        }
        *kept = None;
        let folder = ModelFolder::fetch(&self.client, model, &self.settings.cache).await?;
        let device = self.settings.device.clone();
        let load = move || -> anyhow::Result<Predictor> {
            let pretrained = Pretrained::load(&folder.path)?.on(&device)?;
            Ok(Predictor::new(&pretrained)?)
        };
        let loaded = tokio::task::spawn_blocking(load).await;
        let loaded = loaded.context("the model could not be loaded")?;
        let predictor = Arc::new(loaded.context("the model could not be loaded")?);
        *kept = Some(Kept {
            model,
            predictor: predictor.clone(),
            used: Instant::now(),
        });
        Ok(predictor)
    }
}

/// Tells the words as they come, until the answer is whole or nobody wants it any more.
async fn tell_until(
    client: &Client,
    item: &InquiryItem,
    mut hears: watch::Receiver<Words>,
    mut computed: tokio::task::JoinHandle<anyhow::Result<FinishInquiry>>,
) -> anyhow::Result<FinishInquiry> {
    loop {
        tokio::select! {
            biased;
            done = &mut computed => return done.context("the trainer itself broke; this is a bug")?,
            () = news(&mut hears) => {}
        }
        let words = hears.borrow_and_update().clone();
        let said = Writing {
            attempt: item.attempt,
            words,
        };
        client.inquiry_words(item.id, &said).await?;
        tokio::time::sleep(TELL_EVERY).await;
    }
}

async fn news(hears: &mut watch::Receiver<Words>) {
    tokio::select! {
        changed = hears.changed() => {
            if changed.is_err() {
                // The answer is whole: that is seen beside this.
                std::future::pending::<()>().await;
            }
        }
        () = tokio::time::sleep(KEEP_EVERY) => {}
    }
}

/// The answer, told as it is written.
fn answer(
    predictor: &Predictor,
    item: &InquiryItem,
    raster: &[u8],
    tell: &mut dyn FnMut(Words) -> bool,
) -> anyhow::Result<FinishInquiry> {
    let look = predictor.look_at(raster)?;
    let found = match item.look_first {
        true => found_first(predictor, item, &look)?,
        false => Vec::new(),
    };
    let looked_at = said_regions(item, found.iter().map(|(name, boxes)| (&**name, &**boxes)));
    let words = |text: &str| words_of(item, text, &looked_at);
    if !tell(words("")) {
        anyhow::bail!("ended before the answer was written");
    }
    let about = item.bbox.map(|bbox| bbox.to_grid(item.image.size));
    let question = predictor.without_tags(&item.question);
    let question = task::asked(&item.lang, &question, about, &found);
    let mut hear = |tokens: &[u32]| match predictor.text_of(tokens) {
        Ok(text) => tell(words(&text)),
        // A character may be half written.
        Err(_) => true,
    };
    let said = predictor.ask_aloud(&look, question, &mut hear)?;
    Ok(FinishInquiry {
        attempt: item.attempt,
        words: words(&said.text),
        confidence: confidence(&said),
        finished: said.finished,
    })
}

/// What the text says, without its tags.
fn words_of(item: &InquiryItem, text: &str, looked_at: &[SaidRegion]) -> Words {
    let reading = grammar::read(text);
    let plain = grammar::without_tags(text);
    Words {
        text: printable(plain.trim()).take(MAX_ANSWER_CHARS).collect(),
        regions: said_regions(item, reading.regions()),
        looked_at: looked_at.to_vec(),
    }
}

/// A model may write any character, and a database keeps no NUL.
fn printable(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| !c.is_control() || *c == '\n')
}

fn said_regions<'a>(
    item: &InquiryItem,
    named: impl Iterator<Item = (&'a str, &'a [GridBox])>,
) -> Vec<SaidRegion> {
    let size = item.image.size;
    let region = |name: &str, bbox: &GridBox| SaidRegion {
        name: printable(name).collect(),
        bbox: bbox.to_pixels(size),
    };
    named
        .flat_map(|(name, boxes)| boxes.iter().map(move |bbox| region(name, bbox)))
        .take(MAX_REGIONS)
        .collect()
}

/// The regions that the model finds when it is asked for each concept, by their names in the language of the question.
fn found_first(
    predictor: &Predictor,
    item: &InquiryItem,
    look: &Look,
) -> anyhow::Result<regional::Named> {
    let search = Search {
        size: item.image.size,
        modality: item.image.modality,
        ontology: &item.ontology,
        langs: &item.langs,
        describe: false,
        calibration: None,
        probes: Probes::default(),
        seed: 0,
    };
    let regions = regional::find(predictor, look, &search)?;
    Ok(regional::named(&regions, &search, &item.lang))
}
