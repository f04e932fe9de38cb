//! Every SQL statement, one file per aggregate: rows in, domain types out. Bytes are kept by [`objects`].

pub mod accounts;
pub mod acquisitions;
pub mod annotations;
pub mod audit;
pub mod cases;
pub mod images;
pub mod objects;
pub mod projects;
pub mod runs;
pub mod snapshots;

/// Why the database could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Postgres refused or could not be reached.
    #[error("the database could not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// A row holds what no version of the program writes.
    #[error("{table}.{column} holds a value that cannot be read: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl StoreError {
    /// For `map_err` where a column is turned into its domain type.
    pub fn corrupt<E: std::fmt::Display>(
        table: &'static str,
        column: &'static str,
    ) -> impl Fn(E) -> Self {
        move |error| Self::Corrupt {
            table,
            column,
            reason: error.to_string(),
        }
    }

    /// Whether a unique constraint was in the way.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

/// What a statement gives.
pub type Stored<T> = Result<T, StoreError>;
