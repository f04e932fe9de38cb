//! Everything a use case can answer other than its result.

use crate::imaging::ImagingError;
use crate::store::StoreError;
use crate::store::annotations::Annotation;
use crate::store::objects::ObjectError;
use crate::store::runs::Run;
use medreg_datasets::protocol::BadConfig;
use medreg_datasets::region::ContentError;

/// Why a use case was not carried out. Each variant is one answer that a caller may act on.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// No session and no token, or none that is valid.
    #[error("sign in first, or send a valid token: it may have expired or been revoked")]
    Unauthenticated,
    /// The name or the password is wrong; which one is not told.
    #[error("no such user name with this password")]
    WrongCredentials,
    /// Too many failed sign-ins.
    #[error("too many failed sign-ins: wait a quarter of an hour, then try again")]
    Throttled,
    /// The token that protects a browser's session is missing or wrong.
    #[error("the request does not carry the session's X-CSRF-Token")]
    WrongCsrfToken,
    /// Known, but not allowed to do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// There is none, or none that the caller may know of.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A field of the request cannot be used.
    #[error("`{field}`: {reason}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A name is taken.
    #[error("{what} of this name exists already: choose another")]
    NameTaken {
        /// What has the name.
        what: &'static str,
    },
    /// Saved meanwhile from somewhere else.
    #[error("the annotation was saved from somewhere else meanwhile: revision {based_on} is not the latest, {} is", .current.revision)]
    Stale {
        /// The revision the refused save was based on.
        based_on: i64,
        /// What is there now.
        current: Box<Annotation>,
    },
    /// A run's notes and tags were changed meanwhile from somewhere else.
    #[error("the run's notes were changed from somewhere else meanwhile: revision {based_on} is not the latest, {} is", .current.notes_revision)]
    StaleNotes {
        /// The revision the refused change was based on.
        based_on: i64,
        /// What is there now.
        current: Box<Run>,
    },
    /// Somebody else has the case.
    #[error("{by} is reading this case until {until}")]
    Leased {
        /// Who.
        by: String,
        /// Until when.
        until: String,
    },
    /// Saving needs a hold on the case.
    #[error("open the case before saving: it is not yours to write")]
    NotYours,
    /// A worker speaks for a hand-out that is no longer valid.
    #[error(
        "this claim is no longer valid: the work was handed to another worker, stopped or finished"
    )]
    ClaimLost,
    /// The annotation cannot be saved as it is.
    #[error("{0}")]
    Content(#[from] ContentError),
    /// The run's settings cannot be used.
    #[error("{0}")]
    Config(#[from] BadConfig),
    /// The upload is not an image that can be used.
    #[error("{file}: {source}")]
    BadImage {
        /// The file's name as it was sent.
        file: String,
        /// What is wrong.
        source: ImagingError,
    },
    /// A model is not to be asked, or there is none to be asked.
    #[error("{0}")]
    NotAsked(&'static str),
    /// Somebody asks faster than a model answers.
    #[error("{0} of your questions are not answered yet: wait for one, or take it back")]
    TooManyQuestions(i64),
    /// Nothing was submitted yet.
    #[error("nothing to cut: no case of this project has been submitted yet")]
    NothingToSnapshot,
    /// A concept that regions mention cannot be dropped.
    #[error("the concepts {0} are used by regions and cannot be removed")]
    ConceptInUse(String),
    /// A data set stands where this cannot be done to it.
    #[error(
        "the data set is being worked on, was not checked yet, or is over: look at where it stands"
    )]
    ImportBusy,
    /// The run is over.
    #[error("the run is over: there is nothing to stop")]
    RunIsOver,
    /// The run did not end, or nobody keeps what it learnt.
    #[error(
        "only a run that failed, or was stopped within the last week, can be resumed: clone it, or launch a new one from its model"
    )]
    NothingToResume,
    /// A run's model would be taken back, and something was made with it.
    #[error(
        "the run gave a model that is in use: it suggests, or a round or another run is based on it; clone the run instead, or launch a new one from that model"
    )]
    ModelInUse,
    /// More bytes than allowed.
    #[error("more than {limit} bytes were sent")]
    TooLarge {
        /// How many are allowed.
        limit: u64,
    },
    /// The database could not answer.
    #[error(transparent)]
    Store(StoreError),
    /// The object store could not answer.
    #[error(transparent)]
    Objects(ObjectError),
    /// Something that should not happen.
    #[error("{0}")]
    Internal(String),
}

/// What a use case gives.
pub type Outcome<T> = Result<T, ServiceError>;

impl From<StoreError> for ServiceError {
    /// What only the database noticed to be wrong with the request is still the request's fault.
    fn from(error: StoreError) -> Self {
        match error.refused_value() {
            Some(reason) => Self::invalid("value", reason),
            None => Self::Store(error),
        }
    }
}

impl From<sqlx::Error> for ServiceError {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl From<std::io::Error> for ServiceError {
    fn from(error: std::io::Error) -> Self {
        Self::Internal(format!("a temporary file cannot be used: {error}"))
    }
}

impl From<ObjectError> for ServiceError {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::TooLarge { limit } => Self::TooLarge { limit },
            other => Self::Objects(other),
        }
    }
}

impl ServiceError {
    /// A field that cannot be used, and why.
    pub fn invalid(field: &'static str, reason: impl ToString) -> Self {
        Self::Invalid {
            field,
            reason: reason.to_string(),
        }
    }
}
