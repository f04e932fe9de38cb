//! One function per use case: check who asks, open the transaction, apply the rule, write the trail.

pub mod access;
pub mod accounts;
pub mod acquisitions;
pub mod annotations;
pub mod cases;
pub mod data_set;
pub mod dicomweb;
mod error;
pub mod evaluations;
pub mod exports;
pub mod feedback;
pub mod headers;
pub mod images;
pub mod imports;
pub mod inquiries;
pub mod likeness;
pub mod lint;
pub mod projects;
mod resampling;
pub mod rounds;
pub mod routing;
pub mod runs;
pub mod snapshots;
mod turns;
pub mod work;

pub use error::{Outcome, ServiceError};

use crate::store::accounts::User;
use crate::store::objects::Objects;
use medreg_datasets::ids::UserId;
use sqlx::{PgConnection, PgPool};

/// What every use case works with.
#[derive(Clone, Debug)]
pub struct Hospital {
    /// The database.
    pub pool: PgPool,
    /// The bytes.
    pub objects: Objects,
    /// The key under which identifiers from files become pseudonyms.
    pub pseudonym_key: [u8; 32],
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The account.
    pub user: UserId,
    /// Whether they run the installation.
    pub is_admin: bool,
}

impl From<&User> for Actor {
    fn from(user: &User) -> Self {
        Self {
            user: user.id,
            is_admin: user.is_admin,
        }
    }
}

/// Writes an action down; call it last in its transaction, for the chain is held until the end.
pub(crate) async fn audit(
    conn: &mut PgConnection,
    actor: &Actor,
    action: &str,
    subject: impl ToString,
    detail: serde_json::Value,
) -> Outcome<()> {
    let entry = crate::store::audit::NewEntry {
        user: Some(actor.user),
        action,
        subject: &subject.to_string(),
        detail,
    };
    Ok(crate::store::audit::append(conn, entry).await?)
}
