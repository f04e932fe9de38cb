//! Languages of texts, and the pair of languages a project describes its regions in.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A language tag in the shape of BCP 47: `en`, `zh`, `zh-Hans`, `ja`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct Lang(String);

/// A text that is not shaped like a language tag.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a language tag: write a BCP 47 tag such as `en`, `zh`, `ja` or `pt-BR`")]
pub struct NotALang(String);

impl Lang {
    /// English.
    #[must_use]
    pub fn en() -> Self {
        Self("en".to_owned())
    }

    /// Chinese.
    #[must_use]
    pub fn zh() -> Self {
        Self("zh".to_owned())
    }

    /// The whole tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The primary language subtag: `zh` of `zh-Hans`.
    #[must_use]
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }
}

impl TryFrom<String> for Lang {
    type Error = NotALang;
    fn try_from(text: String) -> Result<Self, NotALang> {
        let mut subtags = text.split('-');
        let primary = subtags.next().unwrap_or_default();
        let primary_ok =
            (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_lowercase());
        let rest_ok = subtags
            .all(|s| (2..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric()));
        if primary_ok && rest_ok && text.len() <= 35 {
            Ok(Self(text))
        } else {
            Err(NotALang(text))
        }
    }
}

impl std::str::FromStr for Lang {
    type Err = NotALang;
    fn from_str(text: &str) -> Result<Self, NotALang> {
        Self::try_from(text.to_owned())
    }
}

impl From<Lang> for String {
    fn from(lang: Lang) -> Self {
        lang.0
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The two different languages in which a project describes every region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = Vec<String>))]
#[serde(try_from = "[Lang; 2]", into = "[Lang; 2]")]
pub struct LangPair([Lang; 2]);

/// A pair that names one language twice.
#[derive(Debug, thiserror::Error)]
#[error("a project needs two different languages, got `{0}` twice")]
pub struct SameLangTwice(Lang);

impl LangPair {
    /// Both languages, first and second.
    #[must_use]
    pub fn both(&self) -> &[Lang; 2] {
        &self.0
    }

    /// Whether `lang` is one of the two.
    #[must_use]
    pub fn contains(&self, lang: &Lang) -> bool {
        self.0.contains(lang)
    }
}

impl Default for LangPair {
    /// English and Chinese, as in the MedRegA paper.
    fn default() -> Self {
        Self([Lang::en(), Lang::zh()])
    }
}

impl TryFrom<[Lang; 2]> for LangPair {
    type Error = SameLangTwice;
    fn try_from(pair: [Lang; 2]) -> Result<Self, SameLangTwice> {
        if pair[0] == pair[1] {
            Err(SameLangTwice(pair[0].clone()))
        } else {
            Ok(Self(pair))
        }
    }
}

impl From<LangPair> for [Lang; 2] {
    fn from(pair: LangPair) -> Self {
        pair.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_checked_when_they_are_read() {
        for good in ["en", "zh", "zh-Hans", "ja", "pt-BR"] {
            assert!(good.parse::<Lang>().is_ok(), "{good}");
        }
        for bad in ["", "e", "EN", "english", "en_US", "en-", "../en"] {
            assert!(bad.parse::<Lang>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pair_of_one_language_is_refused() {
        assert!(serde_json::from_str::<LangPair>(r#"["en","en"]"#).is_err());
        assert!(serde_json::from_str::<LangPair>(r#"["ja","en"]"#).is_ok());
    }
}
