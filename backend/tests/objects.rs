//! The object store keeps its word over a folder, in memory and on an S3 server that speaks the real protocol.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use medreg::store::objects::{ObjectError, Objects, S3Settings, Staged};
use medreg_datasets::ids::{Digest, ImportId};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const BUCKET: &str = "medreg";
const KEY_ID: &str = "reader";
const SECRET: &str = "a secret of the test server";
/// S3 takes parts of 5 MiB or more: this makes two.
const LARGE: usize = 11 << 20;

/// An S3 server on a free port, with the folder in which it keeps its buckets.
struct S3 {
    root: TempDir,
    endpoint: String,
}

impl S3 {
    async fn start() -> Self {
        let root = TempDir::new().unwrap();
        std::fs::create_dir(root.path().join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(root.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let service = service.build();
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(socket), service)
                        .await
                });
            }
        });
        Self { root, endpoint }
    }

    fn settings(&self) -> S3Settings {
        S3Settings {
            bucket: BUCKET.to_owned(),
            region: "us-east-1".to_owned(),
            endpoint: Some(self.endpoint.clone()),
            access_key_id: KEY_ID.to_owned(),
            secret_access_key: SECRET.to_owned(),
            allow_http: true,
        }
    }
}

/// Bytes without a pattern that a lost or doubled piece would leave as it is.
fn large() -> Bytes {
    (0_u32..)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
        .take(LARGE)
        .collect()
}

fn pieces(
    bytes: &Bytes,
    size: usize,
) -> impl futures::Stream<Item = io::Result<Bytes>> + Unpin + use<> {
    let pieces: Vec<_> = bytes
        .chunks(size)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    stream::iter(pieces)
}

/// The files under a folder, however deep.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// What every store must do.
async fn keeps_its_word(objects: &Objects) {
    keeps_bytes_once(objects).await;
    keeps_streams(objects).await;
    refuses_what_is_too_large_or_broken_off(objects).await;
    says_what_is_missing(objects).await;
}

async fn keeps_bytes_once(objects: &Objects) {
    let bytes = Bytes::from_static(b"pixels");
    let first = objects.put(bytes.clone()).await.unwrap();
    // As `printf pixels | sha256sum` has it.
    assert_eq!(
        first.sha256.as_str(),
        "6ec9c2b0eb14010746c8bce8939303b382344b296206612eb8a907a37b2b2f37"
    );
    assert_eq!(first.bytes, 6);
    assert_eq!(
        objects.put(bytes.clone()).await.unwrap(),
        first,
        "keeping them again is no error"
    );
    assert_eq!(objects.get(&first.sha256).await.unwrap(), bytes);
    assert!(objects.exists(&first.sha256).await.unwrap());
    let empty = objects.put(Bytes::new()).await.unwrap();
    assert_eq!(objects.get(&empty.sha256).await.unwrap(), Bytes::new());
}

async fn keeps_streams(objects: &Objects) {
    for (bytes, piece) in [
        (large(), 700_001),
        (Bytes::from_static(b"short"), 2),
        (Bytes::new(), 1),
    ] {
        for _ in 0..2 {
            let kept = objects
                .put_stream(pieces(&bytes, piece), LARGE as u64)
                .await
                .unwrap();
            assert_eq!(
                (&kept.sha256, kept.bytes),
                (&Digest::of(&bytes), bytes.len() as u64)
            );
            assert_eq!(
                objects.put(bytes.clone()).await.unwrap(),
                kept,
                "the same name whichever way they came"
            );
            let (length, back) = objects.stream(&kept.sha256).await.unwrap();
            assert_eq!(length, bytes.len() as u64);
            let back: Vec<Bytes> = back.try_collect().await.unwrap();
            assert!(
                back.concat() == bytes,
                "{} bytes came back changed",
                bytes.len()
            );
        }
    }
}

async fn refuses_what_is_too_large_or_broken_off(objects: &Objects) {
    let bytes = Bytes::from_static(b"one byte more than is allowed");
    let limit = bytes.len() as u64 - 1;
    let refused = objects.put_stream(pieces(&bytes, 4), limit).await;
    assert!(
        matches!(refused, Err(ObjectError::TooLarge { limit: named }) if named == limit),
        "{refused:?}"
    );
    let broken = pieces(&bytes, 4)
        .take(2)
        .chain(stream::iter([Err(io::Error::from(
            io::ErrorKind::ConnectionReset,
        ))]));
    let refused = objects.put_stream(broken, 1000).await;
    assert!(
        matches!(refused, Err(ObjectError::Interrupted(_))),
        "{refused:?}"
    );
    assert!(!objects.exists(&Digest::of(&bytes)).await.unwrap());
    assert!(
        !objects.exists(&Digest::of(&bytes[..8])).await.unwrap(),
        "half an upload is no object"
    );
}

async fn says_what_is_missing(objects: &Objects) {
    let unknown = Digest::of(b"never kept");
    assert!(!objects.exists(&unknown).await.unwrap());
    let got = objects.get(&unknown).await;
    assert!(
        matches!(&got, Err(ObjectError::NotFound(digest)) if *digest == unknown),
        "{got:?}"
    );
    let streamed = objects.stream(&unknown).await.err();
    assert!(
        matches!(&streamed, Some(ObjectError::NotFound(digest)) if *digest == unknown),
        "{streamed:?}"
    );
}

#[tokio::test]
async fn memory_keeps_its_word() {
    keeps_its_word(&Objects::memory()).await;
}

#[tokio::test]
async fn a_folder_keeps_its_word_and_the_next_process_finds_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("made/where/missing");
    keeps_its_word(&Objects::folder(&path).unwrap()).await;
    let again = Objects::folder(&path).unwrap();
    assert_eq!(
        again.get(&Digest::of(b"pixels")).await.unwrap(),
        Bytes::from_static(b"pixels")
    );
    let digest = Digest::of(b"pixels");
    assert!(
        path.join("objects")
            .join(&digest.as_str()[..2])
            .join(digest.as_str())
            .is_file()
    );
    let strays: Vec<_> = files(&path)
        .into_iter()
        .filter(|file| !file.starts_with(path.join("objects")))
        .collect();
    assert!(
        strays.is_empty(),
        "abandoned uploads stay behind: {strays:?}"
    );
}

#[tokio::test]
async fn damage_on_disk_is_noticed() {
    let folder = TempDir::new().unwrap();
    let objects = Objects::folder(folder.path()).unwrap();
    let kept = objects.put(Bytes::from_static(b"pixels")).await.unwrap();
    let digest = kept.sha256.as_str();
    std::fs::write(
        folder
            .path()
            .join("objects")
            .join(&digest[..2])
            .join(digest),
        b"pixelz",
    )
    .unwrap();
    let got = objects.get(&kept.sha256).await;
    assert!(
        matches!(&got, Err(ObjectError::Damaged(wanted, found)) if *wanted == kept.sha256 && *found == Digest::of(b"pixelz")),
        "{got:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_keeps_its_word() {
    let server = S3::start().await;
    let objects = Objects::s3(&server.settings()).unwrap();
    keeps_its_word(&objects).await;
    let digest = Digest::of(b"pixels");
    let on_disk = server
        .root
        .path()
        .join(BUCKET)
        .join("objects")
        .join(&digest.as_str()[..2])
        .join(digest.as_str());
    assert_eq!(
        std::fs::read(on_disk).unwrap(),
        b"pixels",
        "the bytes lie on the server, not in this process"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_refuses_a_wrong_secret() {
    let server = S3::start().await;
    let mut settings = server.settings();
    settings.secret_access_key = "another secret".to_owned();
    let refused = Objects::s3(&settings)
        .unwrap()
        .put(Bytes::from_static(b"pixels"))
        .await;
    assert!(
        matches!(&refused, Err(ObjectError::Store(_))),
        "{refused:?}"
    );
    let said = refused.unwrap_err().to_string();
    assert!(
        !said.contains("another secret") && !said.contains(SECRET),
        "{said}"
    );
    assert!(
        !Objects::s3(&server.settings())
            .unwrap()
            .exists(&Digest::of(b"pixels"))
            .await
            .unwrap()
    );
}

#[test]
fn settings_do_not_print_the_key() {
    let settings = S3Settings {
        bucket: BUCKET.to_owned(),
        region: "us-east-1".to_owned(),
        endpoint: None,
        access_key_id: KEY_ID.to_owned(),
        secret_access_key: SECRET.to_owned(),
        allow_http: false,
    };
    assert!(!format!("{settings:?}").contains(SECRET));
}

/// The names in a folder that are left.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_killed_servers_left_is_swept_after_a_day_and_nothing_younger() {
    let s3 = S3::start().await;
    let folder = TempDir::new().unwrap();
    let kept = [
        (
            Objects::folder(folder.path()).unwrap(),
            folder.path().to_owned(),
        ),
        (
            Objects::s3(&s3.settings()).unwrap(),
            s3.root.path().join(BUCKET),
        ),
    ];
    let day = std::time::Duration::from_secs(86_400);
    for (objects, root) in kept {
        assert_eq!(objects.sweep_incoming(day).await.unwrap(), 0);
        let object = objects.put(Bytes::from_static(b"kept")).await.unwrap();
        let incoming = root.join("incoming");
        std::fs::create_dir_all(&incoming).unwrap();
        for (name, hours) in [("old", 25), ("young", 23), ("new", 0)] {
            let file = std::fs::File::create(incoming.join(name)).unwrap();
            let age = std::time::Duration::from_secs(hours * 3600);
            file.set_modified(std::time::SystemTime::now() - age)
                .unwrap();
        }
        assert_eq!(objects.sweep_incoming(day).await.unwrap(), 1);
        assert_eq!(names(&incoming), ["new", "young"]);
        assert!(objects.exists(&object.sha256).await.unwrap());
        // And the files of data sets, of which one is given up.
        let staged = |import| Staged {
            import,
            file: uuid::Uuid::now_v7(),
        };
        let (one, other) = (ImportId::fresh(), ImportId::fresh());
        let (one, other) = (staged(one), staged(other));
        for at in [one, other] {
            let bytes = stream::iter([Ok(Bytes::from_static(b"a file"))]);
            assert_eq!(objects.stage(at, bytes, 100).await.unwrap(), 6);
        }
        assert_eq!(objects.staged_imports().await.unwrap().len(), 2);
        objects.unstage_all(one.import).await.unwrap();
        objects.unstage_all(one.import).await.unwrap();
        assert_eq!(objects.staged_imports().await.unwrap(), [other.import]);
        let read: Vec<Bytes> = objects
            .staged(other)
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        assert_eq!(read.concat(), b"a file");
        objects.unstage(other).await.unwrap();
        objects.unstage(other).await.unwrap();
        assert!(objects.staged(other).await.is_err());
    }
}
