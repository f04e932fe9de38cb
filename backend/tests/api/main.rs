//! The server as its callers meet it: every test starts the real one on a free port, with a database of its own.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod access;
mod accounts;
mod annotations;
mod audit;
mod cases;
mod corpus;
mod crash;
mod data_sets;
mod database;
mod deidentification;
mod dicom_slide_file;
mod dicom_slides;
mod dicomweb;
mod efficiency;
mod evaluations;
mod exports;
mod feedback;
mod hostile;
mod images;
mod import;
mod inquiries;
mod lint;
mod program;
mod projects;
mod rounds;
mod routing;
mod runs;
mod slide_file;
mod slides;
mod snapshots;
mod support;
