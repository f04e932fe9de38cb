//! An S3 server on loopback that speaks the real protocol, behind a wire that notes what is asked and can be cut.

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use medreg_trainer::registry::StoreAccess;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub const BUCKET: &str = "models";
pub const KEY_ID: &str = "trainer";
pub const SECRET: &str = "a secret of the test server";

/// The server and the wire.
pub struct S3 {
    root: TempDir,
    pub endpoint: String,
    requests: Arc<Mutex<String>>,
    /// How many bytes an answer may have before the wire is cut.
    limit: Arc<AtomicU64>,
    wire: JoinHandle<()>,
}

impl S3 {
    pub async fn start() -> Self {
        let root = TempDir::new().unwrap();
        std::fs::create_dir(root.path().join(BUCKET)).unwrap();
        let server = serve(&root).await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(String::new()));
        let limit = Arc::new(AtomicU64::new(u64::MAX));
        let (heard, cut) = (requests.clone(), limit.clone());
        let wire = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (near_read, near_write) = near.into_split();
                let (far_read, far_write) = TcpStream::connect(server).await.unwrap().into_split();
                tokio::spawn(ask(near_read, far_write, heard.clone()));
                tokio::spawn(tell(far_read, near_write, cut.load(Ordering::SeqCst)));
            }
        });
        Self {
            root,
            endpoint,
            requests,
            limit,
            wire,
        }
    }

    /// The folder whose files are the objects below a prefix.
    pub fn folder(&self, prefix: &str) -> PathBuf {
        let folder = self.root.path().join(BUCKET).join(prefix);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    pub fn access(&self) -> StoreAccess {
        StoreAccess {
            endpoint: Some(self.endpoint.clone()),
            region: "us-east-1".to_owned(),
            access_key_id: KEY_ID.to_owned(),
            secret_access_key: SECRET.to_owned(),
        }
    }

    /// The heads of all requests since the last call of this.
    pub fn requests(&self) -> String {
        std::mem::take(&mut self.requests.lock().unwrap())
    }

    /// Connections made from now on end after so many bytes of answers.
    pub fn cut_after(&self, bytes: u64) {
        self.limit.store(bytes, Ordering::SeqCst);
    }

    /// From now on nobody answers.
    pub async fn stop(&mut self) {
        self.wire.abort();
        assert!((&mut self.wire).await.unwrap_err().is_cancelled());
    }
}

async fn serve(root: &TempDir) -> std::net::SocketAddr {
    let mut service = S3ServiceBuilder::new(FileSystem::new(root.path()).unwrap());
    service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
    let service = service.build();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
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
    address
}

async fn ask(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, heard: Arc<Mutex<String>>) {
    let mut piece = vec![0; 1 << 14];
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        let text = String::from_utf8_lossy(&piece[..read]);
        heard.lock().unwrap().push_str(&text);
        if to.write_all(&piece[..read]).await.is_err() {
            return;
        }
    }
}

async fn tell(from: OwnedReadHalf, mut to: OwnedWriteHalf, limit: u64) {
    // Either side may be gone by then.
    let _ = tokio::io::copy(&mut from.take(limit), &mut to).await;
    let _ = to.shutdown().await;
}
