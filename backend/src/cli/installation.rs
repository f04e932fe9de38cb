//! The database and the object store that a tool works on: a server's, or those of a data directory.

use super::Place;
use crate::config::Config;
use crate::postgres::Cluster;
use crate::services::{Actor, Hospital, projects};
use crate::store;
use crate::store::objects::Objects;
use anyhow::Context;
use medreg_datasets::ids::ProjectId;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::path::Path;
use std::time::Duration;

/// What a tool asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Accounts and the audit trail: the database alone.
    Database,
    /// Images and snapshots: the objects and the pseudonyms' key too.
    Objects,
}

/// An opened installation. Call [`Installation::close`] when done.
pub(super) struct Installation {
    /// What use cases work with.
    pub(super) hospital: Hospital,
    /// The private cluster, where nobody ran it already.
    cluster: Option<Cluster>,
}

impl Installation {
    /// Opens what `place` names: `DATABASE_URL`, else the data directory's own cluster, started where it does not run.
    pub(super) async fn open(place: &Place, reach: Reach) -> anyhow::Result<Self> {
        let config = place.config()?;
        let (pool, cluster) = match &config.database_url {
            Some(url) => (connect(url.expose()).await?, None),
            None => open_embedded(&config.data).await?,
        };
        let hospital = match reach {
            // These commands neither read nor write objects or pseudonyms.
            Reach::Database => Hospital {
                pool,
                objects: Objects::memory(),
                pseudonym_key: [0; 32],
            },
            Reach::Objects => Hospital {
                pool,
                objects: existing_objects(&config)?,
                pseudonym_key: existing_key(&config)?,
            },
        };
        Ok(Self { hospital, cluster })
    }

    /// Lets go of the database, and stops it where this tool started it.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.hospital.pool.close().await;
        if let Some(cluster) = self.cluster {
            tokio::task::spawn_blocking(move || cluster.stop()).await??;
        }
        Ok(())
    }

    /// An administrator to act as: whoever can open the database may.
    pub(super) async fn administrator(&self) -> anyhow::Result<Actor> {
        let mut conn = self.hospital.pool.acquire().await?;
        let users = store::accounts::users(&mut conn).await?;
        let admin = users.into_iter().find(|u| u.is_admin && !u.disabled);
        let admin = admin.context("there is no administrator yet: start the server once")?;
        Ok(Actor {
            user: admin.id,
            is_admin: true,
        })
    }

    /// A project by its id or its name.
    pub(super) async fn project(&self, actor: &Actor, named: &str) -> anyhow::Result<ProjectId> {
        let projects = projects::list(&self.hospital, actor).await?;
        let mut found = projects
            .iter()
            .map(|(project, _)| project)
            .filter(|project| project.name == named || project.id.to_string() == named);
        match (found.next(), found.next()) {
            (Some(project), None) => Ok(project.id),
            (Some(_), Some(_)) => {
                anyhow::bail!("several projects are called `{named}`: name the one by its id")
            }
            (None, _) => {
                let names: Vec<_> = projects.iter().map(|(p, _)| p.name.as_str()).collect();
                anyhow::bail!(
                    "there is no project `{named}`; there are: {}",
                    names.join(", ")
                )
            }
        }
    }
}

/// Connects to a database.
pub(super) async fn connect(url: &str) -> anyhow::Result<PgPool> {
    let pool = PgPoolOptions::new()
        .max_connections(20)
        .acquire_timeout(Duration::from_secs(10))
        .connect(url)
        .await;
    pool.context("the database cannot be reached: is it running, and does DATABASE_URL name it?")
}

async fn open_embedded(data: &Path) -> anyhow::Result<(PgPool, Option<Cluster>)> {
    let folder = data.join("postgres");
    if !folder.join("data").exists() {
        anyhow::bail!(
            "{} holds no installation: name its directory with --data, give a DATABASE_URL, or start `medreg up` once",
            data.display()
        );
    }
    if let Some(url) = Cluster::url_of(&folder) {
        return Ok((connect(&url).await?, None));
    }
    let cluster = tokio::task::spawn_blocking(move || Cluster::start(&folder)).await??;
    let pool = connect(&cluster.url()).await?;
    crate::app::migrate(&pool).await?;
    Ok((pool, Some(cluster)))
}

/// Unlike a server, a tool does not make what is not there: it would look like an installation without images.
fn existing_objects(config: &Config) -> anyhow::Result<Objects> {
    let folder = config.data.join("objects");
    match &config.s3 {
        Some(s3) => Ok(Objects::s3(s3)?),
        None if folder.exists() => Ok(Objects::folder(&folder)?),
        None => anyhow::bail!(
            "there are no objects in {}: name the server's data directory with --data, or its bucket in MEDREG_S3_BUCKET",
            folder.display()
        ),
    }
}

fn existing_key(config: &Config) -> anyhow::Result<[u8; 32]> {
    // With another key, a known patient would become a new one.
    let own = config.data.join("pseudonym.key");
    if config.pseudonym_key_file.is_none() && !own.exists() {
        anyhow::bail!(
            "{} is not there: name the server's data directory with --data, or the key in MEDREG_PSEUDONYM_KEY_FILE",
            own.display()
        );
    }
    Ok(*config.pseudonym_key(&config.data)?.expose())
}
