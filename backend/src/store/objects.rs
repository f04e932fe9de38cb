//! Bytes, named by their hash, on S3, in a folder or in memory.

use bytes::Bytes;
use futures::stream::{BoxStream, Stream, StreamExt, TryStreamExt};
use medreg_datasets::ids::{Digest, ImportId};
use medreg_datasets::snapshot::ObjectRef;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt, PutMode, WriteMultipart};
use sha2::{Digest as _, Sha256};
use std::io;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// Where an S3 bucket is and who may use it.
#[derive(Clone)]
pub struct S3Settings {
    /// The bucket's name.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// The server's address where it is not AWS's own.
    pub endpoint: Option<String>,
    /// The key's id.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
    /// Whether plain HTTP may be spoken.
    pub allow_http: bool,
}

impl std::fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3Settings")
            .field("bucket", &self.bucket)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// Why an object could not be kept or brought.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// There is none of this hash.
    #[error("there is no object {0}")]
    NotFound(Digest),
    /// The bytes that came back are not those that were kept.
    #[error("object {0} is damaged: its bytes hash to {1}")]
    Damaged(Digest, Digest),
    /// More bytes than allowed.
    #[error("more than {limit} bytes were sent")]
    TooLarge {
        /// How many are allowed.
        limit: u64,
    },
    /// The sender broke off.
    #[error("the bytes stopped coming: {0}")]
    Interrupted(#[source] io::Error),
    /// The store refused or could not be reached.
    #[error("the object store could not answer: {0}")]
    Store(#[from] object_store::Error),
}

/// A content-addressed object store: what was put under a hash never changes. Beside its objects lie the files of data sets that are
/// on their way in, each under a name of its own, until they are taken over.
#[derive(Clone, Debug)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    /// The folder that it is, where it is one.
    folder: Option<PathBuf>,
}

/// A file of a data set that is on its way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staged {
    /// The data set.
    pub import: ImportId,
    /// Which of its files.
    pub file: Uuid,
}

impl Staged {
    fn path(self) -> ObjectPath {
        ObjectPath::from(format!("{STAGING}/{}/{}", self.import, self.file))
    }
}

/// Where bytes lie of which the hash, and so the name, is not known yet.
const INCOMING: &str = "incoming";
/// Where the files of data sets lie that are on their way in.
const STAGING: &str = "staging";

/// `objects/ab/abcdef…`: two digits of fan-out keep folders listable.
fn path_of(digest: &Digest) -> ObjectPath {
    let hex = digest.as_str();
    ObjectPath::from(format!("objects/{}/{hex}", &hex[..2]))
}

impl Objects {
    /// Objects in a folder, made where it is missing so that nobody else can look into it.
    pub fn folder(path: &Path) -> Result<Self, ObjectError> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(ObjectError::Interrupted)?;
        let store = LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            folder: Some(path.to_owned()),
        })
    }

    /// Objects that are gone with the process.
    #[must_use]
    pub fn memory() -> Self {
        Self {
            store: Arc::new(InMemory::new()),
            folder: None,
        }
    }

    /// Objects in an S3 bucket.
    pub fn s3(settings: &S3Settings) -> Result<Self, ObjectError> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_access_key_id(&settings.access_key_id)
            .with_secret_access_key(&settings.secret_access_key)
            .with_allow_http(settings.allow_http);
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        Ok(Self {
            store: Arc::new(builder.build()?),
            folder: None,
        })
    }

    /// Keeps `bytes` under their hash; keeping them again changes nothing.
    pub async fn put(&self, bytes: Bytes) -> Result<ObjectRef, ObjectError> {
        let object = ObjectRef {
            sha256: Digest::of(&bytes),
            bytes: bytes.len() as u64,
        };
        // Asking first spares the sending, and with it a server that hangs up on a body it will not take.
        if self.exists(&object.sha256).await? {
            return Ok(object);
        }
        match self
            .store
            .put_opts(
                &path_of(&object.sha256),
                bytes.into(),
                PutMode::Create.into(),
            )
            .await
        {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(object),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps what `stream` brings, up to `limit` bytes, without holding it in memory.
    ///
    /// The bytes go to a place of their own first: their hash, and so their name, is known only at the end.
    pub async fn put_stream<S>(&self, stream: S, limit: u64) -> Result<ObjectRef, ObjectError>
    where
        S: Stream<Item = Result<Bytes, io::Error>> + Unpin,
    {
        let incoming = ObjectPath::from(format!("{INCOMING}/{}", Uuid::now_v7()));
        let object = self.receive(&incoming, stream, limit).await?;
        let path = path_of(&object.sha256);
        self.store.rename(&incoming, &path).await?;
        Ok(object)
    }

    /// Keeps what `stream` brings in a place; nothing of it where it breaks off.
    async fn receive<S>(
        &self,
        place: &ObjectPath,
        mut stream: S,
        limit: u64,
    ) -> Result<ObjectRef, ObjectError>
    where
        S: Stream<Item = Result<Bytes, io::Error>> + Unpin,
    {
        let mut upload = WriteMultipart::new(self.store.put_multipart(place).await?);
        let (mut hash, mut length) = (Sha256::new(), 0);
        while let Some(chunk) = stream.next().await {
            let chunk = match chunk {
                Ok(chunk) if length + chunk.len() as u64 <= limit => chunk,
                Ok(_) => return abort(upload, ObjectError::TooLarge { limit }).await,
                Err(error) => return abort(upload, ObjectError::Interrupted(error)).await,
            };
            length += chunk.len() as u64;
            hash.update(&chunk);
            upload.wait_for_capacity(4).await?;
            upload.put(chunk);
        }
        upload.finish().await?;
        Ok(ObjectRef {
            sha256: Digest::from_raw(&hash.finalize()),
            bytes: length,
        })
    }

    /// Keeps a file of a data set that is on its way in; tells how long it is.
    pub async fn stage<S>(&self, at: Staged, stream: S, limit: u64) -> Result<u64, ObjectError>
    where
        S: Stream<Item = Result<Bytes, io::Error>> + Unpin,
    {
        Ok(self.receive(&at.path(), stream, limit).await?.bytes)
    }

    /// The bytes of such a file, piece by piece.
    pub async fn staged(
        &self,
        at: Staged,
    ) -> Result<BoxStream<'static, Result<Bytes, ObjectError>>, ObjectError> {
        let found = self.store.get(&at.path()).await?;
        Ok(found.into_stream().map_err(ObjectError::from).boxed())
    }

    /// Removes such a file; one that is not there is as good as removed.
    pub async fn unstage(&self, at: Staged) -> Result<(), ObjectError> {
        unless_gone(self.store.delete(&at.path()).await)
    }

    /// Removes all files of a data set that was on its way in.
    pub async fn unstage_all(&self, import: ImportId) -> Result<(), ObjectError> {
        if let Some(folder) = &self.folder {
            // With it what an upload left that broke off with its server, which the store itself does not list.
            let folder = folder.join(STAGING).join(import.to_string());
            return match tokio::fs::remove_dir_all(folder).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(ObjectError::Interrupted(error))
                }
                _ => Ok(()),
            };
        }
        let prefix = ObjectPath::from(format!("{STAGING}/{import}"));
        let mut found = self.store.list(Some(&prefix));
        while let Some(file) = found.next().await {
            unless_gone(self.store.delete(&file?.location).await)?;
        }
        Ok(())
    }

    /// The data sets of which files lie here.
    pub async fn staged_imports(&self) -> Result<Vec<ImportId>, ObjectError> {
        let prefix = ObjectPath::from(STAGING);
        let found = self.store.list_with_delimiter(Some(&prefix)).await?;
        let names = found.common_prefixes.iter();
        let ids = names.filter_map(|path| path.filename()?.parse().ok());
        Ok(ids.collect())
    }

    /// Removes an object. Only for what nothing refers to any more.
    pub async fn remove(&self, digest: &Digest) -> Result<(), ObjectError> {
        unless_gone(self.store.delete(&path_of(digest)).await)
    }

    /// Removes what a server that died left of bytes that came in, where it is at least that old; tells how much it was.
    pub async fn sweep_incoming(&self, age: Duration) -> Result<u64, ObjectError> {
        if let Some(folder) = &self.folder {
            let folder = folder.join(INCOMING);
            let swept = tokio::task::spawn_blocking(move || sweep_folder(&folder, age)).await;
            return swept
                .unwrap_or_else(|error| Err(io::Error::other(error)))
                .map_err(ObjectError::Interrupted);
        }
        let mut found = self.store.list(Some(&ObjectPath::from(INCOMING)));
        let mut swept = 0;
        while let Some(file) = found.next().await {
            let file = file?;
            if is_older(file.last_modified.into(), age) {
                unless_gone(self.store.delete(&file.location).await)?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    /// All bytes of an object, checked against its hash.
    pub async fn get(&self, digest: &Digest) -> Result<Bytes, ObjectError> {
        let bytes = self
            .store
            .get(&path_of(digest))
            .await
            .map_err(|e| named(e, digest))?
            .bytes()
            .await?;
        let found = Digest::of(&bytes);
        if found == *digest {
            Ok(bytes)
        } else {
            Err(ObjectError::Damaged(digest.clone(), found))
        }
    }

    /// An object's length and its bytes, piece by piece, unchecked.
    pub async fn stream(
        &self,
        digest: &Digest,
    ) -> Result<(u64, BoxStream<'static, Result<Bytes, ObjectError>>), ObjectError> {
        let found = self
            .store
            .get(&path_of(digest))
            .await
            .map_err(|e| named(e, digest))?;
        Ok((
            found.meta.size,
            found.into_stream().map_err(ObjectError::from).boxed(),
        ))
    }

    /// The length of a part of an object and its bytes, piece by piece, unchecked.
    pub async fn stream_part(
        &self,
        digest: &Digest,
        range: Range<u64>,
    ) -> Result<(u64, BoxStream<'static, Result<Bytes, ObjectError>>), ObjectError> {
        let length = range.end - range.start;
        let options = GetOptions {
            range: Some(range.into()),
            ..GetOptions::default()
        };
        let found = self.store.get_opts(&path_of(digest), options).await;
        let found = found.map_err(|e| named(e, digest))?;
        Ok((
            length,
            found.into_stream().map_err(ObjectError::from).boxed(),
        ))
    }

    /// A part of an object, unchecked.
    pub async fn part(&self, digest: &Digest, range: Range<u64>) -> Result<Bytes, ObjectError> {
        let found = self.store.get_range(&path_of(digest), range).await;
        found.map_err(|e| named(e, digest))
    }

    /// Whether there is such an object.
    pub async fn exists(&self, digest: &Digest) -> Result<bool, ObjectError> {
        match self.store.head(&path_of(digest)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// What was removed by somebody else meanwhile is removed.
fn unless_gone(removed: Result<(), object_store::Error>) -> Result<(), ObjectError> {
    match removed {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn is_older(written: SystemTime, age: Duration) -> bool {
    // A time in the future, by another machine's clock, is no age.
    written.elapsed().is_ok_and(|since| since >= age)
}

/// In a folder a file that is still being written has a name that the store does not list, and is what a killed server leaves.
fn sweep_folder(folder: &Path, age: Duration) -> io::Result<u64> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut swept = 0;
    for entry in entries {
        let entry = entry?;
        // Finished, or swept by another server, since the folder was listed.
        let Ok(found) = entry.metadata() else {
            continue;
        };
        if found.is_file() && is_older(found.modified()?, age) {
            swept += u64::from(std::fs::remove_file(entry.path()).is_ok());
        }
    }
    Ok(swept)
}

fn named(error: object_store::Error, digest: &Digest) -> ObjectError {
    match error {
        object_store::Error::NotFound { .. } => ObjectError::NotFound(digest.clone()),
        other => other.into(),
    }
}

/// Gives an upload up, so that nothing half stays; the reason for it counts more than a failure to clean up.
async fn abort<T>(upload: WriteMultipart, reason: ObjectError) -> Result<T, ObjectError> {
    if let Err(error) = upload.abort().await {
        tracing::warn!(%error, "an abandoned upload could not be removed");
    }
    Err(reason)
}
