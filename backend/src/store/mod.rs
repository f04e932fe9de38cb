//! Every SQL statement, one file per aggregate: rows in, domain types out. Bytes are kept by [`objects`].

pub mod accounts;
pub mod acquisitions;
pub mod annotations;
pub mod audit;
pub mod cases;
pub mod evaluations;
pub mod exports;
pub mod feedback;
pub mod headers;
pub mod images;
pub mod imports;
pub mod inquiries;
pub mod instances;
pub mod objects;
pub mod predictions;
pub mod projects;
pub mod rounds;
pub mod routes;
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

    /// Why Postgres refused a value itself, as opposed to not being able to answer: a text that it cannot keep, or a
    /// value that breaks one of the schema's checks.
    #[must_use]
    pub fn refused_value(&self) -> Option<String> {
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return None;
        };
        // https://www.postgresql.org/docs/current/errcodes-appendix.html
        match error.code()?.as_ref() {
            "22021" | "22P05" => Some("a text holds the NUL character: remove it".to_owned()),
            "23514" => {
                let name = error.constraint().unwrap_or("unnamed");
                Some(format!("a value breaks the rule {name}"))
            }
            _ => None,
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
