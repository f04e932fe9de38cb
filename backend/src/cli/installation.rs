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
use std::fs::{File, TryLockError};
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
    /// The data directory's own cluster, where that is what it works on.
    embedded: Option<Embedded>,
}

/// A use of a data directory's cluster, which several tools may have at once.
struct Embedded {
    /// The cluster, where this tool started it.
    cluster: Option<Cluster>,
    /// Shared by all who use the cluster.
    used: File,
}

impl Installation {
    /// Opens what `place` names: `DATABASE_URL`, else the data directory's own cluster, started where it does not run.
    pub(super) async fn open(place: &Place, reach: Reach) -> anyhow::Result<Self> {
        let config = place.config()?;
        let (pool, embedded) = match &config.database_url {
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
        Ok(Self { hospital, embedded })
    }

    /// Lets go of the database; where this tool started it, stops it once no other tool uses it.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.hospital.pool.close().await;
        if let Some(embedded) = self.embedded {
            tokio::task::spawn_blocking(move || embedded.close()).await??;
        }
        Ok(())
    }

    /// An administrator to act as: whoever can open the database may.
    pub(super) async fn administrator(&self) -> anyhow::Result<Actor> {
        let mut conn = self.hospital.pool.acquire().await?;
        let users = store::accounts::users(&mut conn).await?;
        let admin = users.into_iter().find(|u| u.is_admin && !u.disabled);
        let admin = admin.context("there is no administrator yet: start the server once")?;
        Ok(Actor::from(&admin))
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

impl Embedded {
    /// Uses the cluster in `folder`, started where it does not run.
    fn open(folder: &Path) -> anyhow::Result<(Self, String)> {
        let used = File::create(folder.join("used"))?;
        // Waits while a tool that started the cluster is stopping it.
        used.lock_shared()?;
        if let Some(url) = Cluster::url_of(folder) {
            let cluster = None;
            return Ok((Self { cluster, used }, url));
        }
        let cluster = Cluster::start(folder)?;
        let url = cluster.url();
        let cluster = Some(cluster);
        Ok((Self { cluster, used }, url))
    }

    fn close(self) -> anyhow::Result<()> {
        let Some(cluster) = self.cluster else {
            return Ok(());
        };
        if let Err(TryLockError::WouldBlock) = self.used.try_lock() {
            eprintln!("medreg: done; waiting for another medreg that uses this database");
            self.used.lock()?;
        }
        Ok(cluster.stop()?)
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

async fn open_embedded(data: &Path) -> anyhow::Result<(PgPool, Option<Embedded>)> {
    let folder = data.join("postgres");
    if !folder.join("data").exists() {
        anyhow::bail!(
            "{} holds no installation: name its directory with --data, give a DATABASE_URL, or start `medreg up` once",
            data.display()
        );
    }
    // Here and not on another thread, so that a tool that is told to stop knows what it started.
    let (embedded, url) = Embedded::open(&folder)
        .with_context(|| format!("the database in {} cannot be used", folder.display()))?;
    let pool = connect(&url).await?;
    if embedded.cluster.is_some() {
        crate::app::migrate(&pool).await?;
    }
    Ok((pool, Some(embedded)))
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
