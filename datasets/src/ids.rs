//! Identifiers, one type per thing, so that an image's id can never be passed where a run's is meant.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = Uuid))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh, time-ordered id (UUID version 7).
            #[must_use]
            pub fn fresh() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

id!(
    /// A person or a program that signs in.
    UserId,
    /// A body of work: its images, readers, ontology and models.
    ProjectId,
    /// A pseudonymous patient.
    PatientId,
    /// One patient encounter.
    StudyId,
    /// One raster source.
    ImageId,
    /// What one reader made of one image, over all its revisions.
    AnnotationId,
    /// One region, stable across the revisions that keep it.
    RegionId,
    /// One sentence of a report, stable across the revisions that keep it.
    SentenceId,
    /// One question about an image, stable across the revisions that keep it.
    QuestionId,
    /// One region that a model proposed.
    SuggestionId,
    /// A reader's temporary hold on a case.
    LeaseId,
    /// One training run.
    RunId,
    /// A published model.
    ModelId,
    /// One active-learning round.
    AcquisitionId,
    /// A data set on its way into a project.
    ImportId,
    /// One question that a person asked a model.
    InquiryId,
    /// One API token.
    TokenId,
);

/// The lower-case hexadecimal SHA-256 of some bytes: the name of an object or of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a SHA-256 digest: 64 lower-case hexadecimal digits are expected")]
pub struct NotADigest(String);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::{Digest as _, Sha256};
        Self::from_raw(&Sha256::digest(bytes))
    }

    /// The digest with these 32 raw bytes, as a running hash yields them.
    #[must_use]
    pub fn from_raw(raw: &[u8]) -> Self {
        use std::fmt::Write as _;
        let mut hex = String::with_capacity(raw.len() * 2);
        for byte in raw {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        Self(hex)
    }

    /// A number in 0..100 drawn from the digest: the same for the same bytes, as good as uniform over others.
    #[must_use]
    pub fn percentile(&self) -> u32 {
        // Eight hexadecimal digits are a number below 2^32, so its remainder by 100 is hardly biased.
        self.0
            .get(..8)
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .unwrap_or(0)
            % 100
    }

    /// The hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Digest {
    type Error = NotADigest;
    fn try_from(text: String) -> Result<Self, NotADigest> {
        let hexadecimal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 64 && text.bytes().all(hexadecimal) {
            Ok(Self(text))
        } else {
            Err(NotADigest(text))
        }
    }
}

impl std::str::FromStr for Digest {
    type Err = NotADigest;
    fn from_str(text: &str) -> Result<Self, NotADigest> {
        Self::try_from(text.to_owned())
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_is_the_standard_sha_256() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            Digest::of(b"abc").as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_path_is_not_a_digest() {
        assert!("../../etc/passwd".parse::<Digest>().is_err());
        assert!("A".repeat(64).parse::<Digest>().is_err());
    }
}
