//! The whole program from its parts; tests start the same thing on a free port.

use crate::http::{self, HttpSettings};
use crate::jobs;
use crate::services::Hospital;
use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use sqlx::PgPool;
use std::net::{SocketAddr, TcpListener};

/// The schema's history.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

/// Brings a database to today's schema. Safe where several servers start at once: one of them does it.
pub async fn migrate(pool: &PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    MIGRATIONS.run(pool).await
}

/// A server that listens.
pub struct Application {
    address: SocketAddr,
    server: actix_web::dev::Server,
    hospital: Hospital,
}

impl Application {
    /// Listens on `listen`, port 0 for any free one, and is ready to run.
    pub fn build(
        listen: SocketAddr,
        settings: HttpSettings,
        hospital: Hospital,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        let served = hospital.clone();
        let server = HttpServer::new(move || {
            App::new().configure(|config| http::configure(config, &served, settings))
        })
        .listen(listener)?
        .workers(4)
        .disable_signals()
        .shutdown_timeout(5)
        .run();
        Ok(Self {
            address,
            server,
            hospital,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// To stop it.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Answers, and does queued work, until it is stopped.
    pub async fn run(self) -> std::io::Result<()> {
        let work = tokio::spawn(jobs::work(self.hospital));
        let served = self.server.await;
        work.abort();
        served
    }
}
