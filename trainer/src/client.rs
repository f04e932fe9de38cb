//! Typed calls to a medreg server's worker endpoints.
//!
//! Every call may be repeated: network errors, 5xx and 429 answers are tried again with growing pauses. A refused token and a
//! lost claim are errors of their own, because the worker ends on the first and drops its item on the second.

use bytes::Bytes;
use futures::StreamExt;
use medreg_datasets::ids::{AcquisitionId, Digest, ImageId, InquiryId, ModelId, RunId};
use medreg_datasets::inquiry::{ClaimInquiry, FinishInquiry, InquiryItem, Writing};
use medreg_datasets::protocol::{
    Claim, Fail, FinishAcquisition, FinishRun, Heartbeat, HeartbeatReply, HeldRun, Metrics,
    PoolPage, Predictions, RunStanding, WorkItem,
};
use medreg_datasets::snapshot::{Manifest, ObjectRef};
use rand::Rng;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// The longest answer that is kept in memory whole: JSON pages and rasters.
const MAX_IN_MEMORY: u64 = 256 << 20;

/// How often and how patiently a call is tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Patience {
    /// Tries in all.
    pub tries: u32,
    /// The pause after the first failure; it doubles with each further one.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
}

impl Default for Patience {
    /// About a minute in all: long enough for a server to be restarted.
    fn default() -> Self {
        Self {
            tries: 9,
            first: Duration::from_millis(250),
            longest: Duration::from_secs(15),
        }
    }
}

impl Patience {
    /// The pause after `failures` failures, up to a quarter shorter by chance, so that many workers do not call in step.
    fn pause(&self, failures: u32) -> Duration {
        let doubled = self.first.saturating_mul(
            1u32.checked_shl(failures.saturating_sub(1))
                .unwrap_or(u32::MAX),
        );
        doubled
            .min(self.longest)
            .mul_f64(rand::rng().random_range(0.75..=1.0))
    }
}

/// The part of a bearer token that must not appear in a log.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A token as `medreg token create` printed it; surrounding white space is taken away.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Why a call to the server did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is not one.
    #[error(
        "`{address}` is not the address of a server: {reason}; write for example http://127.0.0.1:8080"
    )]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The token is not accepted.
    #[error(
        "{url}: the token was refused: it may have been revoked; make a new one with `medreg token create --scope worker`"
    )]
    TokenRefused {
        /// What was called.
        url: String,
    },
    /// Another worker has the item now, or nobody wants it any more.
    #[error("{url}: the claim is lost: the server gave the work to somebody else or took it back")]
    ClaimLost {
        /// What was called.
        url: String,
    },
    /// The server says no, and would say so again.
    #[error("{method} {url}: the server answered {status} ({code}): {message}")]
    Refused {
        /// How it was called.
        method: Method,
        /// What was called.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The server's word for it.
        code: String,
        /// The server's explanation.
        message: String,
    },
    /// The server cannot be reached, or stopped in the middle, however often it was tried.
    #[error("{url}: no answer after {tries} tries: {reason}; is the server running there?")]
    Unreachable {
        /// What was called.
        url: String,
        /// How often.
        tries: u32,
        /// The last failure, with its causes.
        reason: String,
    },
    /// The server answered with something that this program does not understand.
    #[error(
        "{url}: the answer cannot be read: {reason}; are server and trainer of the same version?"
    )]
    Answer {
        /// What was called.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// The bytes are not those that their name promises.
    #[error(
        "{url}: the bytes have the digest {found}, {expected} is expected: they were damaged on the way or in the store"
    )]
    Damaged {
        /// What was fetched.
        url: String,
        /// The digest asked for.
        expected: Digest,
        /// The digest of what came.
        found: Digest,
    },
    /// A local file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

type Result<T> = std::result::Result<T, ClientError>;

/// A server's worker endpoints, called with one token.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Token,
    patience: Patience,
}

/// What a call sends.
#[derive(Clone, Debug)]
enum Payload {
    Nothing,
    Json(Bytes),
    /// Streamed from the disk, opened anew for every try.
    File(PathBuf),
}

/// One failed try.
enum Failure {
    /// Worth another try.
    Passing(String),
    Final(ClientError),
}

impl Client {
    /// For the server at `address`, such as `https://medreg.example.org`.
    pub fn new(address: &str, token: Token, patience: Patience) -> Result<Self> {
        let wrong = |reason: String| ClientError::Address {
            address: address.to_owned(),
            reason,
        };
        let base = Url::parse(&format!("{}/", address.trim_end_matches('/')))
            .map_err(|e| wrong(e.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(wrong(format!(
                "`{}` is neither http nor https",
                base.scheme()
            )));
        }
        let http = reqwest::Client::builder()
            .user_agent(concat!("medreg-trainer/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(60))
            // A token is for one server only, so it must not follow anybody elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| wrong(causes(&e)))?;
        Ok(Self {
            http,
            base,
            token,
            patience,
        })
    }

    /// The same with other patience.
    #[must_use]
    pub fn with_patience(&self, patience: Patience) -> Self {
        Self {
            patience,
            ..self.clone()
        }
    }

    /// Something to do, if there is anything, for a worker that keeps these checkpoints.
    pub async fn claim(&self, worker: &str, holds: Vec<HeldRun>) -> Result<Option<WorkItem>> {
        let claim = Claim {
            worker: worker.to_owned(),
            holds,
        };
        let (url, body) = self.call(Method::POST, "claim", self.json(&claim)?).await?;
        if body.is_empty() {
            return Ok(None);
        }
        parse(&url, &body).map(Some)
    }

    /// Says that a run is still worked on.
    pub async fn run_heartbeat(&self, run: RunId, beat: &Heartbeat) -> Result<HeartbeatReply> {
        self.post_for(&format!("runs/{run}/heartbeat"), beat).await
    }

    /// What became of a run.
    pub async fn run_standing(&self, run: RunId) -> Result<RunStanding> {
        let (url, body) = self.get(&format!("runs/{run}")).await?;
        parse(&url, &body)
    }

    /// Reports measured values.
    pub async fn metrics(&self, run: RunId, metrics: &Metrics) -> Result<()> {
        self.post(&format!("runs/{run}/metrics"), metrics).await
    }

    /// Uploads a file of a run under a name of its own.
    pub async fn put_artifact(
        &self,
        run: RunId,
        attempt: i32,
        name: &str,
        file: &Path,
    ) -> Result<ObjectRef> {
        let path = format!("runs/{run}/artifacts/{name}?attempt={attempt}");
        let (url, body) = self
            .call(Method::PUT, &path, Payload::File(file.to_owned()))
            .await?;
        parse(&url, &body)
    }

    /// Ends a run well and publishes its model.
    pub async fn finish_run(&self, run: RunId, finish: &FinishRun) -> Result<()> {
        self.post(&format!("runs/{run}/finish"), finish).await
    }

    /// Ends a run badly.
    pub async fn fail_run(&self, run: RunId, fail: &Fail) -> Result<()> {
        self.post(&format!("runs/{run}/fail"), fail).await
    }

    /// Says that a round is still worked on.
    pub async fn acquisition_heartbeat(
        &self,
        round: AcquisitionId,
        beat: &Heartbeat,
    ) -> Result<HeartbeatReply> {
        self.post_for(&format!("acquisitions/{round}/heartbeat"), beat)
            .await
    }

    /// One page of the pool, after the image `after`.
    pub async fn pool(
        &self,
        round: AcquisitionId,
        after: Option<ImageId>,
        limit: u32,
    ) -> Result<PoolPage> {
        let after = after
            .map(|image| format!("&after={image}"))
            .unwrap_or_default();
        let (url, body) = self
            .get(&format!("acquisitions/{round}/pool?limit={limit}{after}"))
            .await?;
        parse(&url, &body)
    }

    /// The raster of an image of the pool.
    pub async fn pool_object(&self, round: AcquisitionId, object: &ObjectRef) -> Result<Bytes> {
        let (url, body) = self
            .get(&format!("acquisitions/{round}/objects/{}", object.sha256))
            .await?;
        verified(url, body, &object.sha256)
    }

    /// Sends what a model proposes.
    pub async fn predictions(&self, round: AcquisitionId, predictions: &Predictions) -> Result<()> {
        self.post(&format!("acquisitions/{round}/predictions"), predictions)
            .await
    }

    /// Ends a round with its ranking.
    pub async fn finish_acquisition(
        &self,
        round: AcquisitionId,
        finish: &FinishAcquisition,
    ) -> Result<()> {
        self.post(&format!("acquisitions/{round}/finish"), finish)
            .await
    }

    /// Ends a round badly.
    pub async fn fail_acquisition(&self, round: AcquisitionId, fail: &Fail) -> Result<()> {
        self.post(&format!("acquisitions/{round}/fail"), fail).await
    }

    /// Waits for a person's question, and takes it.
    pub async fn claim_inquiry(&self, claim: &ClaimInquiry) -> Result<Option<InquiryItem>> {
        let call = self.call(Method::POST, "inquiries/claim", self.json(claim)?);
        let (url, body) = call.await?;
        if body.is_empty() {
            return Ok(None);
        }
        parse(&url, &body).map(Some)
    }

    /// The picture that a question is about.
    pub async fn inquiry_raster(&self, item: &InquiryItem) -> Result<Bytes> {
        let (id, attempt) = (item.id, item.attempt);
        let path = format!("inquiries/{id}/raster?attempt={attempt}");
        let (url, body) = self.get(&path).await?;
        verified(url, body, &item.image.raster.sha256)
    }

    /// Tells an answer as far as it is written.
    pub async fn inquiry_words(&self, inquiry: InquiryId, said: &Writing) -> Result<()> {
        self.post(&format!("inquiries/{inquiry}/words"), said).await
    }

    /// Tells the whole answer.
    pub async fn finish_inquiry(&self, inquiry: InquiryId, done: &FinishInquiry) -> Result<()> {
        self.post(&format!("inquiries/{inquiry}/finish"), done)
            .await
    }

    /// Says that a question cannot be answered.
    pub async fn fail_inquiry(&self, inquiry: InquiryId, why: &Fail) -> Result<()> {
        self.post(&format!("inquiries/{inquiry}/fail"), why).await
    }

    /// A snapshot's manifest with its bytes, which have the snapshot's id as their digest.
    pub async fn manifest(&self, snapshot: &Digest) -> Result<(Manifest, Bytes)> {
        let (url, body) = self.get(&format!("snapshots/{snapshot}/manifest")).await?;
        let body = verified(url.clone(), body, snapshot)?;
        Ok((parse(&url, &body)?, body))
    }

    /// Fetches an object of a snapshot into a file, which appears only whole and right.
    pub async fn snapshot_object(
        &self,
        snapshot: &Digest,
        object: &ObjectRef,
        into: &Path,
    ) -> Result<()> {
        self.download(
            &format!("snapshots/{snapshot}/objects/{}", object.sha256),
            Some(&object.sha256),
            into,
        )
        .await
    }

    /// Fetches a file of a published model, of which the digest is not known beforehand.
    pub async fn model_file(&self, model: ModelId, name: &str, into: &Path) -> Result<()> {
        self.download(&format!("models/{model}/files/{name}"), None, into)
            .await
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> Result<()> {
        self.call(Method::POST, path, self.json(body)?)
            .await
            .map(|_| ())
    }

    async fn post_for<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let (url, body) = self.call(Method::POST, path, self.json(body)?).await?;
        parse(&url, &body)
    }

    async fn get(&self, path: &str) -> Result<(String, Bytes)> {
        self.call(Method::GET, path, Payload::Nothing).await
    }

    fn json(&self, body: &impl Serialize) -> Result<Payload> {
        let unwritable = |e: serde_json::Error| ClientError::Answer {
            url: self.base.to_string(),
            reason: format!("the request has no JSON form: {e}"),
        };
        serde_json::to_vec(body)
            .map(|json| Payload::Json(json.into()))
            .map_err(unwritable)
    }

    fn url(&self, path: &str) -> Result<Url> {
        let address = format!("api/worker/{path}");
        self.base.join(&address).map_err(|e| ClientError::Address {
            address,
            reason: e.to_string(),
        })
    }

    /// Calls until there is an answer; gives the address and the whole body.
    async fn call(&self, method: Method, path: &str, payload: Payload) -> Result<(String, Bytes)> {
        let url = self.url(path)?;
        let body = self
            .patiently(&url, || self.try_call(&method, &url, &payload))
            .await?;
        Ok((url.to_string(), body))
    }

    async fn try_call(
        &self,
        method: &Method,
        url: &Url,
        payload: &Payload,
    ) -> std::result::Result<Bytes, Failure> {
        let response = self.send(method, url, payload).await?;
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|e| Failure::Passing(causes(&e)))?;
            if (body.len() + chunk.len()) as u64 > MAX_IN_MEMORY {
                let reason = format!("it is longer than {} MiB", MAX_IN_MEMORY >> 20);
                return Err(Failure::Final(ClientError::Answer {
                    url: url.to_string(),
                    reason,
                }));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.into())
    }

    /// Sends one request; anything but success is a failure.
    async fn send(
        &self,
        method: &Method,
        url: &Url,
        payload: &Payload,
    ) -> std::result::Result<Response, Failure> {
        let request = self
            .http
            .request(method.clone(), url.clone())
            .bearer_auth(&self.token.0);
        let request = with_payload(request, payload)
            .await
            .map_err(Failure::Final)?;
        let response = request
            .send()
            .await
            .map_err(|e| Failure::Passing(causes(&e)))?;
        match response.status() {
            status if status.is_success() => Ok(response),
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                Err(Failure::Passing(explained(response).await))
            }
            _ => Err(Failure::Final(refusal(method, url, response).await)),
        }
    }

    /// Tries until it works, fails for good, or patience ends.
    async fn patiently<T, F>(&self, url: &Url, mut attempt: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = std::result::Result<T, Failure>>,
    {
        let mut failures = 0;
        loop {
            let reason = match attempt().await {
                Ok(value) => return Ok(value),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(reason)) => reason,
            };
            failures += 1;
            if failures >= self.patience.tries {
                return Err(ClientError::Unreachable {
                    url: url.to_string(),
                    tries: failures,
                    reason,
                });
            }
            let pause = self.patience.pause(failures);
            tracing::debug!(url = %url, reason, pause_ms = pause.as_millis() as u64, "trying again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn download(&self, path: &str, expected: Option<&Digest>, into: &Path) -> Result<()> {
        let url = self.url(path)?;
        self.patiently(&url, || self.try_download(&url, expected, into))
            .await
    }

    /// Streams into a temporary file beside `into`, checks the digest, and only then gives the file its name.
    async fn try_download(
        &self,
        url: &Url,
        expected: Option<&Digest>,
        into: &Path,
    ) -> std::result::Result<(), Failure> {
        let response = self.send(&Method::GET, url, &Payload::Nothing).await?;
        let partial = partial_beside(into).map_err(Failure::Final)?;
        let found = stream_to(response, partial.path()).await?;
        if let Some(expected) = expected.filter(|expected| **expected != found) {
            return Err(Failure::Final(ClientError::Damaged {
                url: url.to_string(),
                expected: expected.clone(),
                found,
            }));
        }
        let kept = partial
            .persist(into)
            .map_err(|e| Failure::Final(file(into)(e.error)));
        kept.map(|_| ())
    }
}

async fn with_payload(request: RequestBuilder, payload: &Payload) -> Result<RequestBuilder> {
    Ok(match payload {
        Payload::Nothing => request,
        Payload::Json(json) => request
            .header("content-type", "application/json")
            .body(json.clone()),
        Payload::File(path) => {
            let opened = tokio::fs::File::open(path).await.map_err(file(path))?;
            let length = opened.metadata().await.map_err(file(path))?.len();
            request
                .header("content-type", "application/octet-stream")
                .header("content-length", length)
                .body(opened)
        }
    })
}

/// The server's `{"error": {"code", "message"}}`, or what else it said.
#[derive(serde::Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(serde::Deserialize)]
struct ErrorDetail {
    code: String,
    message: String,
}

async fn error_detail(response: Response) -> ErrorDetail {
    let status = response.status();
    let text = response.text().await.unwrap_or_default();
    serde_json::from_str::<ErrorBody>(&text)
        .map(|body| body.error)
        .unwrap_or_else(|_| ErrorDetail {
            code: "unknown".to_owned(),
            message: format!(
                "{status} without an explanation; does a medreg server answer at this address?"
            ),
        })
}

async fn explained(response: Response) -> String {
    let status = response.status().as_u16();
    let detail = error_detail(response).await;
    format!("{status} ({}): {}", detail.code, detail.message)
}

async fn refusal(method: &Method, url: &Url, response: Response) -> ClientError {
    let (url, status) = (url.to_string(), response.status());
    if status == StatusCode::UNAUTHORIZED {
        return ClientError::TokenRefused { url };
    }
    let detail = error_detail(response).await;
    if status == StatusCode::CONFLICT && detail.code == "claim_lost" {
        return ClientError::ClaimLost { url };
    }
    ClientError::Refused {
        method: method.clone(),
        url,
        status: status.as_u16(),
        code: detail.code,
        message: detail.message,
    }
}

fn parse<T: DeserializeOwned>(url: &str, body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|e| ClientError::Answer {
        url: url.to_owned(),
        reason: e.to_string(),
    })
}

fn verified(url: String, body: Bytes, expected: &Digest) -> Result<Bytes> {
    let found = Digest::of(&body);
    if found == *expected {
        Ok(body)
    } else {
        Err(ClientError::Damaged {
            url,
            expected: expected.clone(),
            found,
        })
    }
}

fn file(path: &Path) -> impl FnOnce(std::io::Error) -> ClientError {
    let path = path.to_owned();
    move |source| ClientError::File { path, source }
}

fn partial_beside(into: &Path) -> Result<tempfile::NamedTempFile> {
    let folder = into.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(file(folder))?;
    tempfile::NamedTempFile::new_in(folder).map_err(file(folder))
}

/// Writes an answer's body to a file and gives its digest.
async fn stream_to(response: Response, path: &Path) -> std::result::Result<Digest, Failure> {
    let broken = |e: std::io::Error| Failure::Final(file(path)(e));
    let mut out = tokio::fs::File::create(path).await.map_err(broken)?;
    let mut hash = Sha256::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|e| Failure::Passing(causes(&e)))?;
        hash.update(&chunk);
        out.write_all(&chunk).await.map_err(broken)?;
    }
    out.flush().await.map_err(broken)?;
    out.sync_all().await.map_err(broken)?;
    Ok(Digest::from_raw(&hash.finalize()))
}

/// An error with all its causes on one line: reqwest keeps the interesting part ("connection refused") deep down.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
