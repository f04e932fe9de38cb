//! A program that is killed while it cuts a snapshot leaves a whole one or none.

use crate::program::Shared;
use medreg::services::{Actor, snapshots};
use medreg_datasets::ids::Digest;
use rand::Rng;
use serde_json::json;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const CASES: i32 = 3_000;
const KILLS: usize = 20;

/// A copy of a table's one row for each row of `more`, but for what is said to be another, and for what is generated.
async fn copied(conn: &mut sqlx::PgConnection, table: &str, but: &str) {
    let columns = sqlx::query_scalar::<_, String>(
        "SELECT string_agg(column_name::text, ', ') FROM information_schema.columns WHERE table_name = $1 AND is_generated = 'NEVER'",
    );
    let columns = columns.bind(table).fetch_one(&mut *conn).await.unwrap();
    let copy = format!(
        "INSERT INTO {table} ({columns}) SELECT {columns} FROM (
             SELECT (jsonb_populate_record(one, jsonb_build_object({but}))).* FROM {table} one, more) AS copy"
    );
    let copy = sqlx::raw_sql(sqlx::AssertSqlSafe(copy));
    copy.execute(conn).await.unwrap();
}

/// Many cases like the one there is: what takes a while to cut.
async fn multiply(pool: &sqlx::PgPool) {
    let mut conn = pool.acquire().await.unwrap();
    let more = format!(
        "CREATE TEMP TABLE more AS SELECT n, gen_random_uuid() AS image, gen_random_uuid() AS study, gen_random_uuid() AS patient,
                gen_random_uuid() AS annotation FROM generate_series(1, {CASES}) AS n"
    );
    let more = sqlx::raw_sql(sqlx::AssertSqlSafe(more));
    more.execute(&mut *conn).await.unwrap();
    for (table, but) in [
        (
            "patients",
            "'id', more.patient, 'pseudonym', 'many' || more.n",
        ),
        ("studies", "'id', more.study, 'patient_id', more.patient"),
        ("images", "'id', more.image, 'study_id', more.study"),
        (
            "annotations",
            "'id', more.annotation, 'image_id', more.image",
        ),
        ("annotation_revisions", "'annotation_id', more.annotation"),
    ] {
        copied(&mut conn, table, but).await;
    }
    sqlx::raw_sql("DROP TABLE more")
        .execute(&mut *conn)
        .await
        .unwrap();
}

/// Other words in one description: another snapshot.
async fn reword(pool: &sqlx::PgPool, to: &str) {
    sqlx::query(
        "WITH one AS (SELECT id, submitted_revision AS before FROM annotations ORDER BY id LIMIT 1),
              said AS (INSERT INTO annotation_revisions (annotation_id, revision, content)
                       SELECT one.id, one.before + 1, jsonb_set(r.content, '{regions,0,texts,en}', to_jsonb($1::text))
                       FROM one JOIN annotation_revisions r ON r.annotation_id = one.id AND r.revision = one.before
                       RETURNING annotation_id, revision)
         UPDATE annotations a SET submitted_revision = said.revision FROM said WHERE a.id = said.annotation_id",
    )
    .bind(to)
    .execute(pool)
    .await
    .unwrap();
}

fn cutting(shared: &Shared) -> Command {
    let mut command = shared.medreg(&["snapshot", "create", "--project", "Kidneys"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Every object that is there is what its name says.
fn assert_no_half_object(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_no_half_object(&path);
        } else {
            let name = path.file_name().unwrap().to_str().unwrap();
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!(Digest::of(&bytes).as_str(), name, "{}", path.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_cut_leaves_a_whole_snapshot_or_none() {
    let shared = Shared::start(json!({ "val": 10, "test": 20 })).await;
    let world = &shared.world;
    world.finished(1).await;
    let hospital = &world.server.hospital;
    multiply(&hospital.pool).await;
    let begun = Instant::now();
    assert!(cutting(&shared).status().unwrap().success());
    let takes = begun.elapsed();

    let mut killed = 0;
    for number in 0..KILLS {
        reword(&hospital.pool, &format!("cyst, told anew {number}")).await;
        let mut program = cutting(&shared).spawn().unwrap();
        let moment = takes.mul_f64(rand::rng().random_range(0.05..1.0));
        let ended = tokio::task::spawn_blocking(move || {
            let until = Instant::now() + moment;
            while Instant::now() < until && program.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
            program.kill().unwrap();
            program.wait().unwrap()
        });
        killed += usize::from(ended.await.unwrap().code().is_none());
    }
    assert!(
        killed >= KILLS / 2,
        "only {killed} of {KILLS} were killed in time"
    );

    let actor = Actor {
        user: world.admin.id.parse().unwrap(),
        is_admin: true,
    };
    let project = world.project.parse().unwrap();
    let cut = snapshots::list(hospital, &actor, project).await.unwrap();
    for snapshot in &cut {
        let verified = snapshots::verify(hospital, &actor, &snapshot.id)
            .await
            .unwrap();
        assert!(verified.faults.is_empty(), "{:?}", verified.faults);
    }
    assert_no_half_object(&shared.data.path().join("objects/objects"));
    // What was left behind is in nobody's way.
    assert!(cutting(&shared).status().unwrap().success());
    let (last, fresh) = snapshots::cut(hospital, &actor, project, None, Default::default())
        .await
        .unwrap();
    assert!(!fresh, "{} was cut by the program before", last.id);
}
