//! Workers against the real server, with a real database and a real S3 store: killed, stopped, without room on the disk.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that cannot go on should say where.

mod asked;
#[path = "../../../backend/tests/api/database.rs"]
mod database;
mod killed;
mod left;
mod rounds;
#[path = "../origins/s3_server.rs"]
#[allow(dead_code)] // Another test cuts its wire.
mod s3_server;
#[path = "../small_disk/mod.rs"]
mod small_disk;
mod stage;
#[path = "../../../backend/tests/api/support.rs"]
#[allow(dead_code)] // The server's own tests need more of it.
mod support;
#[path = "../tiny_model/mod.rs"]
mod tiny_model;
