//! The private Postgres: what was written stays, whatever ends the server.

#![allow(clippy::unwrap_used)]

use medreg::postgres::{Cluster, PostgresError};
use sqlx::{Connection, PgConnection};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

async fn write(url: &str, text: &str) {
    let mut conn = connect(url).await;
    sqlx::raw_sql("create table if not exists kept (text text not null)")
        .execute(&mut conn)
        .await
        .unwrap();
    sqlx::query("insert into kept (text) values ($1)")
        .bind(text)
        .execute(&mut conn)
        .await
        .unwrap();
}

async fn read(url: &str) -> Vec<String> {
    sqlx::query_scalar("select text from kept order by text")
        .fetch_all(&mut connect(url).await)
        .await
        .unwrap()
}

fn postmaster(folder: &Path) -> u32 {
    let file = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
    file.lines().next().unwrap().parse().unwrap()
}

/// Ends a process the hard way and waits until nothing runs under its number.
fn kill(pid: u32) {
    let status = Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(status.unwrap().success());
    let deadline = Instant::now() + Duration::from_secs(10);
    let command = format!("/proc/{pid}/cmdline");
    while fs::read(&command).is_ok_and(|bytes| !bytes.is_empty()) {
        assert!(Instant::now() < deadline, "{pid} does not die");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn what_was_written_is_there_after_a_stop_and_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(folder.path()).unwrap();
    write(&cluster.url(), "左肺上叶结节").await;
    cluster.stop().unwrap();
    assert!(!folder.path().join("data/postmaster.pid").exists());

    let cluster = Cluster::start(folder.path()).unwrap();
    assert_eq!(read(&cluster.url()).await, ["左肺上叶结节"]);
    cluster.stop().unwrap();
}

#[tokio::test]
async fn a_killed_postgres_starts_again_with_everything_committed() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(folder.path()).unwrap();
    write(&cluster.url(), "committed").await;
    kill(postmaster(folder.path()));
    drop(cluster);
    assert!(folder.path().join("data/postmaster.pid").exists());

    let cluster = Cluster::start(folder.path()).unwrap();
    assert_eq!(read(&cluster.url()).await, ["committed"]);
    cluster.stop().unwrap();
}

#[tokio::test]
async fn a_pid_file_that_names_a_stranger_does_not_stop_it() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(folder.path()).unwrap();
    write(&cluster.url(), "kept").await;
    let pid_file = folder.path().join("data/postmaster.pid");
    let text = fs::read_to_string(&pid_file).unwrap();
    cluster.stop().unwrap();
    // As in a restarted container, where small process numbers come again: here it is the test's own.
    let (_, rest) = text.split_once('\n').unwrap();
    fs::write(&pid_file, format!("{}\n{rest}", std::process::id())).unwrap();

    let cluster = Cluster::start(folder.path()).unwrap();
    assert_eq!(read(&cluster.url()).await, ["kept"]);
    cluster.stop().unwrap();
}

#[tokio::test]
async fn a_postgres_whose_medreg_was_killed_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(folder.path()).unwrap();
    write(&cluster.url(), "kept").await;
    let orphan = postmaster(folder.path());
    // A killed medreg lets go of its lock and stops nothing: so does this, as the lock is on the file that was there.
    fs::remove_file(folder.path().join("lock")).unwrap();

    let next = Cluster::start(folder.path()).unwrap();
    assert_ne!(postmaster(folder.path()), orphan);
    assert_eq!(read(&next.url()).await, ["kept"]);
    next.stop().unwrap();
    drop(cluster);
}

#[tokio::test]
async fn a_second_start_on_the_same_folder_is_refused_and_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(folder.path()).unwrap();
    let refused = Cluster::start(folder.path()).unwrap_err();
    assert!(matches!(refused, PostgresError::AlreadyRuns(_)));
    assert!(refused.to_string().contains("stop it first"), "{refused}");
    write(&cluster.url(), "still here").await;
    assert_eq!(Cluster::url_of(folder.path()).unwrap(), cluster.url());
    cluster.stop().unwrap();
}

#[tokio::test]
async fn a_long_path_with_spaces_gets_its_socket_elsewhere_and_nobody_else_gets_in() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder
        .path()
        .join("a folder, with & signs")
        .join("x".repeat(120));
    let cluster = Cluster::start(&deep).unwrap();
    write(&cluster.url(), "kept").await;
    let url = cluster.url();
    let socket = Path::new(url.split_once("host=").unwrap().1);
    let mode = fs::metadata(socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    cluster.stop().unwrap();
    fs::remove_dir_all(socket).unwrap();
}

/// `initdb` asks for the name of the user it runs as, and `nobody` has one everywhere.
#[tokio::test]
async fn for_root_it_runs_as_nobody() {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(folder.path()).unwrap();
    // As the server sees itself, in a user namespace too.
    let status: String = sqlx::query_scalar("select pg_read_file('/proc/self/status')")
        .fetch_one(&mut connect(&cluster.url()).await)
        .await
        .unwrap();
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    assert_eq!(user.unwrap().split_whitespace().next(), Some("65534"));
    cluster.stop().unwrap();
}
