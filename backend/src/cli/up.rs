//! `medreg up` and `medreg serve`.

use super::WrongCall;
use super::installation::connect;
use super::told::Told;
use crate::app::{self, Application};
use crate::config::{self, Config};
use crate::http::HttpSettings;
use crate::postgres::Cluster;
use crate::services::{Actor, Hospital, accounts, projects};
use crate::store::accounts::{TokenScope, User};
use crate::store::objects::Objects;
use crate::store::projects::{NewProject, Role};
use crate::supervise::Worker;
use anyhow::Context;
use medreg_datasets::lang::{Lang, LangPair};
use medreg_datasets::ontology::{Concept, ConceptKind};
use medreg_datasets::snapshot::SplitShares;
use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Starts everything and keeps it running until Ctrl-C.
pub(super) async fn up(config: Config, with_worker: bool) -> anyhow::Result<ExitCode> {
    // From here on Ctrl-C is kept until everything runs, and then stops it: nothing is left half started.
    let told = Told::listen()?;
    let data = prepare_data(&config.data)?;
    let _lock = lock(&data)?;
    // What an earlier start left must not be mistaken for this one's.
    remove(&data.join("url"))?;
    let cluster = match &config.database_url {
        Some(_) => None,
        None => {
            eprintln!(
                "medreg: starting the database in {}",
                data.join("postgres").display()
            );
            let folder = data.join("postgres");
            Some(tokio::task::spawn_blocking(move || Cluster::start(&folder)).await??)
        }
    };
    let url = match (&config.database_url, &cluster) {
        (Some(url), _) => url.expose().clone(),
        (None, Some(cluster)) => cluster.url(),
        (None, None) => anyhow::bail!("there is no database"),
    };
    let hospital = open(&config, &data, &url).await?;
    let first_password = first_start(&hospital, &data).await?;
    let application = Application::build(config.listen, settings(&config), hospital.clone())
        .with_context(|| cannot_listen(&config))?;
    let address = local_address(application.address());
    let worker = match with_worker {
        true => Some(Worker::start(
            &address,
            &worker_token(&hospital, &data).await?,
            &data,
        )?),
        false => None,
    };
    let running = tokio::task::spawn_local(serve_until_told(application, told));
    config::write_private(&data.join("url"), address.as_bytes())?;
    greet(&address, first_password.as_deref(), &data);
    let served = running.await?;
    eprintln!("\nmedreg: stopping");
    remove(&data.join("url"))?;
    if let Some(worker) = worker {
        worker.stop().await;
    }
    hospital.pool.close().await;
    if let Some(cluster) = cluster {
        tokio::task::spawn_blocking(move || cluster.stop()).await??;
    }
    served?;
    Ok(ExitCode::SUCCESS)
}

/// Starts the server alone.
pub(super) async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    let told = Told::listen()?;
    let url = config.database_url.as_ref().ok_or_else(|| {
        WrongCall(
            "DATABASE_URL is missing: `medreg serve` needs a database; `medreg up` brings its own"
                .to_owned(),
        )
    })?;
    let data = prepare_data(&config.data)?;
    let hospital = open(&config, &data, url.expose()).await?;
    let first_password = first_start(&hospital, &data).await?;
    let application = Application::build(config.listen, settings(&config), hospital)
        .with_context(|| cannot_listen(&config))?;
    greet(
        &local_address(application.address()),
        first_password.as_deref(),
        &data,
    );
    serve_until_told(application, told).await?;
    Ok(ExitCode::SUCCESS)
}

fn settings(config: &Config) -> HttpSettings {
    HttpSettings {
        secure_cookies: config.secure_cookies,
    }
}

/// How a program on this machine reaches the server.
fn local_address(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{address}")
}

fn cannot_listen(config: &Config) -> String {
    format!(
        "cannot listen on {}: another program may have the port; choose another with --listen 127.0.0.1:0",
        config.listen
    )
}

fn prepare_data(data: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(data)
        .with_context(|| format!("the data directory {} cannot be made", data.display()))?;
    data.canonicalize()
        .with_context(|| format!("the data directory {} cannot be found", data.display()))
}

/// Held as long as this process lives; a second medreg on the same directory is told so.
fn lock(data: &Path) -> anyhow::Result<fs::File> {
    let file = fs::File::create(data.join("lock")).with_context(|| {
        format!(
            "nothing can be written in {}: give it to this user, or choose another --data",
            data.display()
        )
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => anyhow::bail!(
            "another medreg already runs on {}: stop it first, or choose another --data",
            data.display()
        ),
        Err(fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} cannot be locked", data.join("lock").display()))
        }
    }
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
    }
}

async fn open(config: &Config, data: &Path, url: &str) -> anyhow::Result<Hospital> {
    let pool = connect(url).await?;
    app::migrate(&pool)
        .await
        .context("the database's schema cannot be brought up to date")?;
    let objects = match &config.s3 {
        Some(s3) => Objects::s3(s3)?,
        None => Objects::folder(&data.join("objects"))?,
    };
    Ok(Hospital {
        pool,
        objects,
        pseudonym_key: *config.pseudonym_key(data)?.expose(),
    })
}

/// Makes the first administrator and a first project where there is nobody yet; tells the password, once.
async fn first_start(hospital: &Hospital, data: &Path) -> anyhow::Result<Option<String>> {
    let mut conn = hospital.pool.acquire().await?;
    if !crate::store::accounts::users(&mut conn).await?.is_empty() {
        return Ok(None);
    }
    drop(conn);
    let (password, file) = (random_password(), data.join("credentials"));
    // Before the account, so that a start that is cut short never leaves one whose password nobody knows.
    let lines = format!("username: admin\npassword: {password}\n");
    config::write_private(&file, lines.as_bytes())?;
    let Some(admin) = accounts::create_first_admin(hospital, "admin", &password).await? else {
        // Another server on the same database was faster, and has the password.
        remove(&file)?;
        return Ok(None);
    };
    first_project(hospital, &admin).await?;
    Ok(Some(password))
}

fn random_password() -> String {
    use rand::Rng;
    // No letters that look alike: it is typed off a terminal.
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut rng = rand::rng();
    (0..20)
        .map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())]))
        .collect()
}

/// Something to upload into and draw in at once.
async fn first_project(hospital: &Hospital, admin: &User) -> anyhow::Result<()> {
    let actor = Actor::from(admin);
    let new = NewProject {
        name: "My first project",
        langs: &LangPair::default(),
        guideline: "Mark every structure and finding, and describe each in both languages.",
        synthetic: false,
        shares: SplitShares::default(),
        blind_share: 10,
    };
    let project = projects::create(hospital, &actor, &new).await?;
    projects::set_member(hospital, &actor, project.id, admin.id, Role::Lead).await?;
    projects::put_concepts(hospital, &actor, project.id, &first_concepts()?).await?;
    Ok(())
}

fn first_concepts() -> anyhow::Result<Vec<Concept>> {
    use ConceptKind::{Lesion, Structure};
    let named = [
        ("left_lung", Structure, "left lung", "左肺"),
        ("right_lung", Structure, "right lung", "右肺"),
        ("heart", Structure, "heart", "心脏"),
        ("liver", Structure, "liver", "肝脏"),
        ("nodule", Lesion, "nodule", "结节"),
        ("mass", Lesion, "mass", "肿块"),
        ("effusion", Lesion, "effusion", "积液"),
        ("fracture", Lesion, "fracture", "骨折"),
    ];
    let concept = |(key, kind, en, zh): (&str, ConceptKind, &str, &str)| {
        let names = BTreeMap::from([(Lang::en(), en.to_owned()), (Lang::zh(), zh.to_owned())]);
        Ok(Concept {
            key: key.parse()?,
            kind,
            names,
            synonyms: BTreeMap::new(),
            codes: BTreeMap::new(),
            modalities: Vec::new(),
        })
    };
    named.into_iter().map(concept).collect()
}

/// The local trainer's token, kept in the data directory for the next start.
async fn worker_token(hospital: &Hospital, data: &Path) -> anyhow::Result<PathBuf> {
    let path = data.join("worker-token");
    if let Ok(kept) = fs::read_to_string(&path)
        && accounts::token_owner(hospital, kept.trim()).await.is_ok()
    {
        return Ok(path);
    }
    let mut conn = hospital.pool.acquire().await?;
    let users = crate::store::accounts::users(&mut conn).await?;
    drop(conn);
    let admin = users
        .iter()
        .find(|u| u.is_admin && !u.disabled)
        .context("there is no administrator to own the local trainer's token")?;
    let actor = Actor::from(admin);
    let (_, token) =
        accounts::issue_token(hospital, &actor, "local trainer", TokenScope::Worker).await?;
    config::write_private(&path, token.as_bytes())?;
    Ok(path)
}

fn greet(address: &str, first_password: Option<&str>, data: &Path) {
    println!("\nmedreg is ready:  {address}");
    match first_password {
        Some(password) => println!(
            "  user      admin\n  password  {password}\n  (shown this once; also in {})",
            data.join("credentials").display()
        ),
        None => println!(
            "  credentials of the first start are in {}",
            data.join("credentials").display()
        ),
    }
    println!("  data      {}\n  Ctrl-C stops it\n", data.display());
}

/// Answers until it is told to stop.
async fn serve_until_told(application: Application, told: Told) -> anyhow::Result<()> {
    let handle = application.handle();
    tokio::task::spawn_local(async move {
        told.wait().await;
        handle.stop(true).await;
    });
    Ok(application.run().await?)
}
