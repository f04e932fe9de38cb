//! Models in an S3 bucket, kept in the cache with a record of which objects they are.
//!
//! ```text
//! models/s3/BUCKET-0123456789abcdef/     one folder per endpoint, bucket and prefix
//!   origin.json                          what each file is a copy of, and whether they are a whole model
//!   config.json, …                       the files
//!   NAME.0123456789abcdef.partial        a file that is not whole yet, and goes on from there
//! ```
//!
//! Every use asks the store whether the objects are still the same; where the store cannot be reached, a whole copy is used as
//! it is, with a warning.

use super::parts::{Shelf, bring_model};
use super::{Fetched, ModelOrigin, OriginError, StoreModel, Transfer, Watch, in_full};
use crate::checkpoint::write_atomically;
use crate::registry::{RegistryError, file, malformed};
use futures::TryStreamExt;
use medreg_datasets::ids::Digest;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{
    BackoffConfig, ClientOptions, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt,
    RetryConfig,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Which S3 server is asked, and in whose name: the settings that the medreg server reads too, but for the bucket.
#[derive(Clone)]
pub struct StoreAccess {
    /// The server's address where it is not AWS's own.
    pub endpoint: Option<String>,
    /// Its region.
    pub region: String,
    /// The key's id.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
}

impl std::fmt::Debug for StoreAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreAccess")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// How long a silent server is waited for. A whole file may take as long as it takes.
const SILENCE: Duration = Duration::from_secs(30);

/// How often and how patiently a request is tried.
fn patience() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            base: 2.0,
        },
        max_retries: 4,
        retry_timeout: Duration::from_secs(240),
    }
}

impl StoreAccess {
    /// Reads `MEDREG_S3_ENDPOINT`, `MEDREG_S3_REGION`, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` through `variable`.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, OriginError> {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let needed = |setting| {
            set(setting).ok_or_else(|| OriginError::Setting {
                setting,
                reason: "it is missing, and the object store asks who comes".to_owned(),
            })
        };
        let endpoint = set("MEDREG_S3_ENDPOINT");
        if let Some(other) = endpoint.as_deref().filter(|e| !is_web_address(e)) {
            return Err(OriginError::Setting {
                setting: "MEDREG_S3_ENDPOINT",
                reason: format!(
                    "`{other}` is no address; one such as https://s3.example.org is expected"
                ),
            });
        }
        Ok(Self {
            endpoint,
            region: set("MEDREG_S3_REGION").unwrap_or_else(|| "us-east-1".to_owned()),
            access_key_id: needed("AWS_ACCESS_KEY_ID")?,
            secret_access_key: needed("AWS_SECRET_ACCESS_KEY")?,
        })
    }

    /// A client for one bucket, whose name goes into the path: not every server has a host name per bucket.
    fn open(&self, bucket: &str) -> object_store::Result<AmazonS3> {
        let plain = self.endpoint.as_deref().unwrap_or_default();
        let options = ClientOptions::new()
            .with_timeout_disabled()
            .with_read_timeout(SILENCE)
            .with_allow_http(plain.starts_with("http://"));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(&self.region)
            .with_access_key_id(&self.access_key_id)
            .with_secret_access_key(&self.secret_access_key)
            .with_virtual_hosted_style_request(false)
            .with_client_options(options)
            .with_retry(patience());
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        builder.build()
    }
}

fn is_web_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

impl StoreModel {
    /// Brings the model into `cache`, as far as it is not there, and says where.
    pub async fn fetch(
        &self,
        access: &StoreAccess,
        cache: &Path,
        watch: &Watch,
    ) -> Result<Fetched, OriginError> {
        let folder = cache.join("models").join("s3").join(self.key(access));
        std::fs::create_dir_all(&folder).map_err(file(&folder))?;
        let _alone = lock(&folder).await?;
        let store = access
            .open(self.bucket())
            .map_err(|e| self.told(&e, "the bucket"))?;
        let record = Record::read(&folder)?;
        let fetched = Fetched {
            folder: folder.clone(),
            origin: ModelOrigin::Store(self.clone()),
        };
        let listed = match self.list(&store).await {
            Ok(listed) => listed,
            Err(OriginError::Unreachable { reason, .. }) if record.is_intact(&folder) => {
                tracing::warn!(model = %self, reason, "the object store cannot be reached: using the copy in the cache");
                return Ok(fetched);
            }
            Err(error) => return Err(error),
        };
        let mut objects = Objects {
            model: self,
            store,
            listed,
            folder: folder.clone(),
            record,
            watch: watch.clone(),
        };
        objects.forget_what_changed()?;
        bring_model(&mut objects).await?;
        objects.finish()?;
        Ok(fetched)
    }

    /// The name of its folder in the cache: readable, and another one for another endpoint or prefix.
    fn key(&self, access: &StoreAccess) -> String {
        let endpoint = access.endpoint.as_deref().unwrap_or_default();
        format!(
            "{}-{}",
            self.bucket(),
            short_digest(&format!("{endpoint}\n{self}"))
        )
    }

    /// The objects directly below the prefix, by their plain names.
    async fn list(&self, store: &AmazonS3) -> Result<BTreeMap<String, Stamp>, OriginError> {
        let below = (!self.prefix().is_root()).then(|| self.prefix());
        let found = match store.list_with_delimiter(below).await {
            Ok(found) => found,
            Err(error) => return Err(self.not_listed(store, &error).await),
        };
        if found.objects.is_empty() {
            return Err(OriginError::Absent {
                model: self.to_string(),
                reason: "there are no objects directly below this prefix".to_owned(),
            });
        }
        let named =
            |meta: &ObjectMeta| Some((meta.location.filename()?.to_owned(), Stamp::of(meta)));
        Ok(found.objects.iter().filter_map(named).collect())
    }

    /// The library tells every failure of a listing in the same way; a question for one object says of which kind it is.
    async fn not_listed(&self, store: &AmazonS3, error: &object_store::Error) -> OriginError {
        let config = self.prefix().clone().join("config.json");
        match store.head(&config).await {
            Err(kind) => self.told(&kind, "the bucket"),
            Ok(_) => OriginError::Closed {
                model: self.to_string(),
                advice: format!("its objects could not be listed ({})", in_full(error)),
            },
        }
    }

    fn told(&self, error: &object_store::Error, what: &str) -> OriginError {
        let model = self.to_string();
        match error {
            object_store::Error::NotFound { .. } => OriginError::Absent {
                model,
                reason: format!("{what} is not there"),
            },
            object_store::Error::PermissionDenied { .. }
            | object_store::Error::Unauthenticated { .. } => OriginError::Closed {
                model,
                advice: "the key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be one that may list and read it".to_owned(),
            },
            other => OriginError::Unreachable {
                model,
                reason: in_full(other),
            },
        }
    }
}

/// Sixteen hexadecimal digits that stand for a text.
fn short_digest(text: &str) -> String {
    Digest::of(text.as_bytes())
        .as_str()
        .chars()
        .take(16)
        .collect()
}

/// Keeps other processes out of a folder of the cache until it is dropped.
async fn lock(folder: &Path) -> Result<std::fs::File, OriginError> {
    let path = folder.join(LOCK);
    let locked = tokio::task::spawn_blocking(move || {
        let taken = std::fs::File::create(&path).and_then(|lock| lock.lock().map(|()| lock));
        taken.map_err(file(&path))
    });
    let gone = |e: tokio::task::JoinError| file(folder)(std::io::Error::other(e));
    Ok(locked.await.map_err(gone)??)
}

const LOCK: &str = ".lock";
const RECORD: &str = "origin.json";
const PARTIAL: &str = "partial";

/// What tells one version of an object from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    bytes: u64,
    /// The entity tag; where the store has none, the time of the last change.
    version: String,
    e_tag: Option<String>,
}

impl Stamp {
    fn of(meta: &ObjectMeta) -> Self {
        let changed = || meta.last_modified.to_rfc3339();
        Self {
            bytes: meta.size,
            version: meta.e_tag.clone().unwrap_or_else(changed),
            e_tag: meta.e_tag.clone(),
        }
    }

    /// Where a copy of this version waits until it is whole.
    fn partial(&self, folder: &Path, name: &str) -> PathBuf {
        let version = short_digest(&format!("{} {}", self.bytes, self.version));
        folder.join(format!("{name}.{version}.{PARTIAL}"))
    }
}

/// `origin.json`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    /// Whether the files are all that the model needs, of one listing.
    whole: bool,
    /// What each is a copy of.
    files: BTreeMap<String, Stamp>,
}

impl Record {
    fn read(folder: &Path) -> Result<Self, RegistryError> {
        let path = folder.join(RECORD);
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| {
                malformed(
                    &path,
                    format!("it is no record of a fetched model ({e}); delete its folder"),
                )
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(file(&path)(error)),
        }
    }

    fn write(&self, folder: &Path) -> Result<(), RegistryError> {
        let path = folder.join(RECORD);
        let failed = |e: String| file(&path)(std::io::Error::other(e));
        let text = serde_json::to_vec_pretty(self).map_err(|e| failed(e.to_string()))?;
        write_atomically(&path, &text).map_err(|e| failed(e.to_string()))
    }

    /// Whether the folder holds a whole model.
    fn is_intact(&self, folder: &Path) -> bool {
        self.whole
            && self
                .files
                .iter()
                .all(|(name, stamp)| has_length(&folder.join(name), stamp.bytes))
    }
}

fn has_length(path: &Path, bytes: u64) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.len() == bytes)
}

/// One model's objects and its folder.
struct Objects<'a> {
    model: &'a StoreModel,
    store: AmazonS3,
    listed: BTreeMap<String, Stamp>,
    folder: PathBuf,
    record: Record,
    watch: Watch,
}

impl Objects<'_> {
    /// Removes what is a copy of nothing that is there now, so that two versions are never mixed.
    fn forget_what_changed(&mut self) -> Result<(), RegistryError> {
        let before = self.record.files.len();
        let listed = &self.listed;
        self.record
            .files
            .retain(|name, stamp| listed.get(name) == Some(stamp));
        if self.record.files.len() != before {
            self.record.whole = false;
            self.record.write(&self.folder)?;
        }
        self.sweep(|name| name.ends_with(PARTIAL))
    }

    /// Removes every file that is neither recorded, nor the folder's own, nor to be spared.
    fn sweep(&self, spared: impl Fn(&str) -> bool) -> Result<(), RegistryError> {
        let failed = || file(&self.folder);
        for entry in std::fs::read_dir(&self.folder).map_err(failed())? {
            let path = entry.map_err(failed())?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if [LOCK, RECORD].contains(&&*name)
                || self.record.files.contains_key(&*name)
                || spared(&name)
            {
                continue;
            }
            std::fs::remove_file(&path).map_err(file(&path))?;
        }
        Ok(())
    }

    /// Notes that the model is whole.
    fn finish(&mut self) -> Result<(), RegistryError> {
        self.sweep(|_| false)?;
        if self.record.whole {
            return Ok(());
        }
        self.record.whole = true;
        self.record.write(&self.folder)
    }

    /// Streams an object behind what is there of it already, and gives it its name when all of it is there.
    async fn download(&self, name: &str, stamp: &Stamp) -> Result<(), OriginError> {
        let partial = stamp.partial(&self.folder, name);
        let failed = || file(&partial);
        let mut copy = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&partial)
            .map_err(failed())?;
        let mut done = copy.metadata().map_err(failed())?.len();
        if done > stamp.bytes {
            copy.set_len(0).map_err(failed())?;
            done = 0;
        }
        if done < stamp.bytes {
            done = self.stream(name, stamp, &mut copy, done).await?;
        }
        if done != stamp.bytes {
            let reason = format!("{done} of {} bytes", stamp.bytes);
            return Err(self.broken(name, reason));
        }
        copy.sync_all().map_err(failed())?;
        let path = self.folder.join(name);
        Ok(std::fs::rename(&partial, &path).map_err(file(&path))?)
    }

    async fn stream(
        &self,
        name: &str,
        stamp: &Stamp,
        copy: &mut std::fs::File,
        mut done: u64,
    ) -> Result<u64, OriginError> {
        let options = GetOptions {
            range: (done > 0).then_some(GetRange::Offset(done)),
            if_match: stamp.e_tag.clone(),
            ..GetOptions::default()
        };
        let broken = |e: object_store::Error| self.broken(name, in_full(&e));
        let key = self.model.prefix().clone().join(name);
        let found = self.store.get_opts(&key, options).await;
        let mut pieces = found
            .map_err(|e| match e {
                object_store::Error::Precondition { .. } => {
                    self.broken(name, "it was replaced meanwhile".to_owned())
                }
                object_store::Error::Generic { .. } => broken(e),
                other => self.model.told(&other, name),
            })?
            .into_stream();
        while let Some(piece) = pieces.try_next().await.map_err(broken)? {
            let path = || stamp.partial(&self.folder, name);
            copy.write_all(&piece).map_err(|e| file(&path())(e))?;
            done += piece.len() as u64;
            (self.watch)(Transfer {
                file: name,
                done,
                of: stamp.bytes,
            });
        }
        Ok(done)
    }

    fn broken(&self, name: &str, reason: String) -> OriginError {
        OriginError::Broken {
            model: self.model.to_string(),
            file: name.to_owned(),
            reason,
        }
    }
}

impl Shelf for Objects<'_> {
    fn model(&self) -> String {
        self.model.to_string()
    }

    fn has(&self, name: &str) -> bool {
        self.listed.contains_key(name)
    }

    async fn bring(&mut self, name: &str) -> Result<PathBuf, OriginError> {
        let path = self.folder.join(name);
        let Some(stamp) = self.listed.get(name).cloned() else {
            return Err(self.broken(name, "it is not there".to_owned()));
        };
        if self.record.files.get(name) == Some(&stamp) && has_length(&path, stamp.bytes) {
            return Ok(path);
        }
        self.record.whole = false;
        self.download(name, &stamp).await?;
        self.record.files.insert(name.to_owned(), stamp);
        self.record.write(&self.folder)?;
        Ok(path)
    }
}
