//! Bytes, named by their hash, on S3, in a folder or in memory.

use bytes::Bytes;
use futures::stream::{BoxStream, Stream, StreamExt, TryStreamExt};
use medreg_datasets::ids::Digest;
use medreg_datasets::snapshot::ObjectRef;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt, PutMode, WriteMultipart};
use sha2::{Digest as _, Sha256};
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

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
    Interrupted(#[source] std::io::Error),
    /// The store refused or could not be reached.
    #[error("the object store could not answer: {0}")]
    Store(#[from] object_store::Error),
}

/// A content-addressed object store: what was put under a hash never changes.
#[derive(Clone, Debug)]
pub struct Objects(Arc<dyn ObjectStore>);

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
        Ok(Self(Arc::new(
            LocalFileSystem::new_with_prefix(path)?.with_fsync(true),
        )))
    }

    /// Objects that are gone with the process.
    #[must_use]
    pub fn memory() -> Self {
        Self(Arc::new(InMemory::new()))
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
        Ok(Self(Arc::new(builder.build()?)))
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
            .0
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
    pub async fn put_stream<S>(&self, mut stream: S, limit: u64) -> Result<ObjectRef, ObjectError>
    where
        S: Stream<Item = Result<Bytes, std::io::Error>> + Unpin,
    {
        let incoming = ObjectPath::from(format!("incoming/{}", uuid::Uuid::now_v7()));
        let mut upload = WriteMultipart::new(self.0.put_multipart(&incoming).await?);
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
        let object = ObjectRef {
            sha256: Digest::from_raw(&hash.finalize()),
            bytes: length,
        };
        self.0.rename(&incoming, &path_of(&object.sha256)).await?;
        Ok(object)
    }

    /// All bytes of an object, checked against its hash.
    pub async fn get(&self, digest: &Digest) -> Result<Bytes, ObjectError> {
        let bytes = self
            .0
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
            .0
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
        let found = self.0.get_opts(&path_of(digest), options).await;
        let found = found.map_err(|e| named(e, digest))?;
        Ok((
            length,
            found.into_stream().map_err(ObjectError::from).boxed(),
        ))
    }

    /// A part of an object, unchecked.
    pub async fn part(&self, digest: &Digest, range: Range<u64>) -> Result<Bytes, ObjectError> {
        let found = self.0.get_range(&path_of(digest), range).await;
        found.map_err(|e| named(e, digest))
    }

    /// Whether there is such an object.
    pub async fn exists(&self, digest: &Digest) -> Result<bool, ObjectError> {
        match self.0.head(&path_of(digest)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
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
