//! A database for each test, copied from one that was migrated once.

use medreg::app;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::OnceCell;

/// What names of databases of this kind of test begin with.
const PREFIX: &str = "medreg_api_";

/// A database that nobody else uses.
pub struct Database {
    name: String,
    pub pool: PgPool,
}

impl Database {
    pub async fn fresh() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let template = TEMPLATE.get_or_init(template).await;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}_{number}", std::process::id());
        let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
        execute(&mut administrator().await, create).await.unwrap();
        let pool = PgPoolOptions::new().max_connections(20);
        let pool = pool.connect_lazy_with(server().database(&name));
        Self { name, pool }
    }

    /// Removes it, whoever is still connected.
    pub async fn remove(self) -> Result<(), sqlx::Error> {
        let mut conn = PgConnection::connect_with(&server()).await?;
        execute(
            &mut conn,
            format!("DROP DATABASE {} WITH (FORCE)", self.name),
        )
        .await
    }
}

/// The server that DATABASE_URL names, in the environment or in the workspace's .env.
fn server() -> PgConnectOptions {
    let from_file = || {
        let file = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../.env")).ok()?;
        file.lines()
            .find_map(|line| line.strip_prefix("DATABASE_URL=").map(str::to_owned))
    };
    let url = std::env::var("DATABASE_URL").ok().or_else(from_file);
    url.expect("DATABASE_URL is missing: run `./dev test`, which starts a database")
        .parse()
        .unwrap()
}

async fn administrator() -> PgConnection {
    PgConnection::connect_with(&server()).await.unwrap()
}

async fn execute(conn: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(statement))
        .execute(conn)
        .await
        .map(|_| ())
}

/// A migrated, empty database; those that earlier test runs left behind are removed first.
async fn template() -> String {
    let mut conn = administrator().await;
    let old: Vec<String> =
        sqlx::query_scalar("SELECT datname::text FROM pg_database WHERE starts_with(datname, $1)")
            .bind(PREFIX)
            .fetch_all(&mut conn)
            .await
            .unwrap();
    for name in old {
        // One that is in use belongs to a test run beside this one.
        let _ = execute(&mut conn, format!("DROP DATABASE IF EXISTS {name}")).await;
    }
    let name = format!("{PREFIX}{}_template", std::process::id());
    execute(&mut conn, format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    let pool = PgPool::connect_with(server().database(&name))
        .await
        .unwrap();
    app::migrate(&pool).await.unwrap();
    pool.close().await;
    name
}
