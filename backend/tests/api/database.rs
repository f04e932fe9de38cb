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
        static TEMPLATE: OnceCell<Template> = OnceCell::const_new();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let template = &TEMPLATE.get_or_init(template).await.name;
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
pub fn server() -> PgConnectOptions {
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

/// A migrated, empty database, and the connection that holds this process's claim on its databases.
struct Template {
    name: String,
    _claim: PgConnection,
}

async fn template() -> Template {
    let mut conn = administrator().await;
    let own = i64::from(std::process::id());
    assert!(claimed(&mut conn, own).await, "process ids are unique");
    remove_abandoned(&mut conn).await;
    let name = format!("{PREFIX}{own}_template");
    execute(&mut conn, format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    let pool = PgPool::connect_with(server().database(&name))
        .await
        .unwrap();
    app::migrate(&pool).await.unwrap();
    pool.close().await;
    Template { name, _claim: conn }
}

/// Removes what earlier test runs left behind; those of a run beside this one are claimed by it.
async fn remove_abandoned(conn: &mut PgConnection) {
    let found: Vec<String> = sqlx::query_scalar(
        "SELECT datname::text FROM pg_database WHERE starts_with(datname::text, $1)",
    )
    .bind(PREFIX)
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    for name in found {
        let process = name[PREFIX.len()..].split('_').next().unwrap();
        if claimed(conn, process.parse().unwrap()).await {
            execute(conn, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
                .await
                .unwrap();
        }
    }
}

/// Claims the databases of a process, unless another living one has done so.
async fn claimed(conn: &mut PgConnection, process: i64) -> bool {
    sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(process)
        .fetch_one(conn)
        .await
        .unwrap()
}
