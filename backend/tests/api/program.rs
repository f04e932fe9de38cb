//! The program `medreg`, on the database and the objects of a test's own server.

use crate::database;
use crate::support::{Server, World};
use medreg::store::objects::Objects;
use serde_json::Value;
use sqlx::ConnectOptions;
use std::process::Command;

/// A server whose database and objects the program can open too.
pub struct Shared {
    pub world: World,
    pub data: tempfile::TempDir,
    url: String,
}

impl Shared {
    /// One with these shares of patients held out.
    pub async fn start(shares: Value) -> Self {
        let data = tempfile::tempdir().unwrap();
        let objects = Objects::folder(&data.path().join("objects")).unwrap();
        let world = World::on(Server::keeping(objects).await, shares).await;
        let key: Vec<u8> = (0..32).collect();
        std::fs::write(data.path().join("pseudonym.key"), key).unwrap();
        let name = sqlx::query_scalar::<_, String>("SELECT current_database()::text");
        let name = name.fetch_one(&world.server.hospital.pool).await.unwrap();
        let url = database::server().database(&name).to_url_lossy();
        let url = url.to_string();
        Self { world, data, url }
    }

    /// The program on it.
    pub fn medreg(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_medreg"));
        command
            .args(arguments)
            .arg("--data")
            .arg(self.data.path())
            .env("DATABASE_URL", &self.url)
            .env_remove("MEDREG_S3_BUCKET");
        command
    }
}
