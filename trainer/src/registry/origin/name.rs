//! How a model is named in a command or a file.

use crate::base::SHIPPED;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelOrigin {
    /// It ships inside the program, under this name.
    Builtin(&'static str),
    /// A folder on this machine.
    Folder(PathBuf),
    /// Objects in an S3 bucket.
    Store(StoreModel),
    /// A repository of the model hub.
    Hub(HubModel),
}

/// `s3://BUCKET/PREFIX`: the objects directly below a prefix are the model's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreModel {
    bucket: String,
    prefix: object_store::path::Path,
}

/// `hub:OWNER/NAME@REVISION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubModel {
    owner: String,
    name: String,
    revision: String,
}

/// A text that names no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` names no model: {reason}; a built-in model (shapes), a folder, s3://BUCKET/PREFIX, hub:OWNER/NAME or hub:OWNER/NAME@REVISION is expected"
)]
pub struct Unnamed {
    text: String,
    reason: &'static str,
}

/// The revision where none is named.
const MAIN: &str = "main";

impl ModelOrigin {
    /// The same, a folder's path being meant relative to `folder`.
    #[must_use]
    pub fn beside(&self, folder: &Path) -> Self {
        match self {
            Self::Folder(path) => Self::Folder(folder.join(path)),
            other => other.clone(),
        }
    }
}

impl FromStr for ModelOrigin {
    type Err = Unnamed;

    /// A built-in model's name goes before a folder of that name, which is to be written `./shapes`.
    fn from_str(text: &str) -> Result<Self, Unnamed> {
        let unnamed = |reason| Unnamed {
            text: text.to_owned(),
            reason,
        };
        if let Some(name) = SHIPPED.iter().find(|name| **name == text) {
            return Ok(Self::Builtin(name));
        }
        if let Some(place) = text.strip_prefix("s3://") {
            return StoreModel::parse(place).map(Self::Store).map_err(unnamed);
        }
        if let Some(id) = text.strip_prefix("hub:") {
            return HubModel::parse(id).map(Self::Hub).map_err(unnamed);
        }
        if text.is_empty() || text.contains('\0') {
            return Err(unnamed("it is no path"));
        }
        if text.contains("://") || text.starts_with("s3:") {
            return Err(unnamed("it is no address that is known here"));
        }
        Ok(Self::Folder(text.into()))
    }
}

impl<'de> serde::Deserialize<'de> for ModelOrigin {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for ModelOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin(name) => f.write_str(name),
            Self::Folder(path) => path.display().fmt(f),
            Self::Store(model) => model.fmt(f),
            Self::Hub(model) => model.fmt(f),
        }
    }
}

impl StoreModel {
    fn parse(place: &str) -> Result<Self, &'static str> {
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b".-".contains(&c);
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(plain) {
            return Err("a bucket's name is 3 to 63 lower-case letters, digits, `.` and `-`");
        }
        const PREFIX: &str = "its prefix has a part that is empty, `.`, `..` or not plain text";
        // The library overlooks an empty part at the beginning and at the end.
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        if prefix.starts_with('/') || prefix.ends_with('/') {
            return Err(PREFIX);
        }
        let prefix = object_store::path::Path::parse(prefix).map_err(|_| PREFIX)?;
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix,
        })
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What the keys of its files begin with.
    #[must_use]
    pub fn prefix(&self) -> &object_store::path::Path {
        &self.prefix
    }
}

impl fmt::Display for StoreModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

impl HubModel {
    fn parse(id: &str) -> Result<Self, &'static str> {
        let (repository, revision) = id.split_once('@').unwrap_or((id, MAIN));
        let (owner, name) = repository
            .split_once('/')
            .ok_or("a model of the hub has an owner and a name")?;
        if ![owner, name].into_iter().all(is_hub_name) {
            return Err(
                "owner and name are 1 to 96 letters, digits, `-`, `_` and `.`, with no `--` or `..` in them and no `-` or `.` at their ends",
            );
        }
        if !is_revision(revision) {
            return Err("its revision is no branch, tag or commit");
        }
        Ok(Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
            revision: revision.to_owned(),
        })
    }

    /// Who keeps it.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A branch, a tag or a commit; `main` where none was named.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// Whether the revision is a commit, which always means the same files.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        is_commit(&self.revision)
    }

    /// The same model at a commit; none where the text is no commit.
    #[must_use]
    pub fn at(&self, commit: &str) -> Option<Self> {
        is_commit(commit).then(|| Self {
            revision: commit.to_owned(),
            ..self.clone()
        })
    }
}

impl fmt::Display for HubModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hub:{}/{}", self.owner, self.name)?;
        if self.revision == MAIN {
            return Ok(());
        }
        write!(f, "@{}", self.revision)
    }
}

/// The hub's own rule. It also keeps the folder that the name makes in a cache one of its own.
fn is_hub_name(name: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    (1..=96).contains(&name.len())
        && name.bytes().all(plain)
        && !name.contains("--")
        && !name.contains("..")
        && !name.starts_with(['-', '.'])
        && !name.ends_with(['-', '.'])
}

/// It becomes a part of addresses and of paths.
fn is_revision(revision: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    let is_part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(plain)
            && !part.starts_with(['-', '.'])
            && !part.contains("..")
    };
    revision.len() <= 255 && revision.split('/').all(is_part)
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|c| c.is_ascii_hexdigit())
}
