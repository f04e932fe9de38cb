//! What is wrong with a row of a data set, and where.

use crate::geometry::GeometryError;
use crate::ids::ImageId;
use crate::lang::NotALang;
use std::io;

/// A row that cannot be taken over. All others can, unless the file itself can be read no further.
#[derive(Debug, thiserror::Error)]
#[error("{file}{at}: {fault}")]
pub struct Complaint {
    /// The file, as a path below the data set's folder.
    pub file: String,
    /// Where in it.
    pub at: At,
    /// What is wrong.
    pub fault: Fault,
}

/// A place in a file; all numbers count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// The file as a whole.
    Whole,
    /// A line.
    Line(u64),
    /// An entry of a table, `annotation 17` say, and the line on which it ends.
    Entry {
        /// What the entry is.
        what: &'static str,
        /// Which one of its table.
        number: u64,
        /// Its last line.
        line: u64,
    },
    /// The nth of a kind in a file where lines mean little.
    Nth(&'static str, u64),
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Line(line) => write!(f, ", line {line}"),
            Self::Entry { what, number, line } => write!(f, ", {what} {number} (line {line})"),
            Self::Nth(what, number) => write!(f, ", {what} {number}"),
        }
    }
}

/// What can be wrong with a row.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A failing disk, a closed pipe, a file that is not there. Nothing after it can be read.
    #[error("cannot be read: {0}")]
    Read(#[source] io::Error),
    /// The output cannot be written. Nothing after it can be.
    #[error("cannot be written: {0}")]
    Write(#[source] io::Error),
    /// The work was told to stop.
    #[error("was told to stop; nothing is written")]
    Stopped,
    /// Bytes that are no text.
    #[error("is not UTF-8 text; convert it first (`iconv -t UTF-8`)")]
    NotUtf8,
    /// Not in the format's syntax, or not with its fields.
    #[error("is not as {expected} has it: {why}")]
    Syntax {
        /// What was expected.
        expected: &'static str,
        /// What the parser said.
        why: String,
    },
    /// A box that is none.
    #[error("{0}")]
    Box(#[from] GeometryError),
    /// An image that is too large to be one, or has no area.
    #[error(
        "an image of {width}×{height} pixels is none: 1 to {} a side are expected",
        super::record::MAX_SIDE
    )]
    Size {
        /// Pixels across, as written.
        width: f64,
        /// Pixels down, as written.
        height: f64,
    },
    /// A row about an image whose size another row gives differently.
    #[error("its image is {this}, but {before} in an earlier row")]
    OtherSize {
        /// As this row has it.
        this: String,
        /// As the earlier one has it.
        before: String,
    },
    /// A field that must be there.
    #[error("has no `{0}`")]
    Missing(&'static str),
    /// A name that nothing has.
    #[error("there is no {what} `{id}`")]
    Unknown {
        /// Of what.
        what: &'static str,
        /// Its name or number.
        id: String,
    },
    /// A name that two have.
    #[error("the {what} `{id}` is there twice; this one is the second")]
    Twice {
        /// Of what.
        what: &'static str,
        /// Its name or number.
        id: String,
    },
    /// A path that leads out of the data set's folder.
    #[error(
        "the path `{0}` leaves the data set's folder: a relative path without `..` is expected"
    )]
    Path(String),
    /// Not a language.
    #[error("{0}")]
    Lang(#[from] NotALang),
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

impl Complaint {
    /// About a file as a whole.
    pub(super) fn whole(file: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self {
            file: file.into(),
            at: At::Whole,
            fault: fault.into(),
        }
    }

    /// About a case of a snapshot, which is damaged then.
    pub fn of_case(image: &ImageId, why: impl std::fmt::Display) -> Self {
        let why = io::Error::other(why.to_string());
        Self::whole(format!("image {image}"), Fault::Read(why))
    }

    /// The work was told to stop.
    pub(super) fn stopped() -> Self {
        Self::whole("the conversion", Fault::Stopped)
    }

    /// Whether nothing can be read or written any more after it.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(
            self.fault,
            Fault::Read(_) | Fault::Write(_) | Fault::Stopped
        )
    }
}

impl Fault {
    /// Not in the syntax of `expected`.
    pub(super) fn syntax(expected: &'static str, why: impl std::fmt::Display) -> Self {
        let why = why.to_string();
        Self::Syntax { expected, why }
    }

    /// Something else, in words.
    pub(super) fn other(why: impl Into<String>) -> Self {
        Self::Other(why.into())
    }

    /// What went wrong with JSON.
    pub(super) fn json(expected: &'static str, error: &serde_json::Error, bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Err(_) => Self::NotUtf8,
            Ok(text) if text.contains("NaN") || text.contains("Infinity") => {
                Self::other("has a number that is none (`NaN` or `Infinity`)")
            }
            Ok(_) => Self::syntax(expected, error),
        }
    }
}
