//! Descriptions that a project's leads offer to its readers, with placeholders for what differs from case to case.

use crate::lang::{Lang, LangPair};
use crate::ontology::ConceptKey;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The most templates of a project.
pub const MAX_TEMPLATES: usize = 200;
/// The longest name, in characters.
pub const MAX_NAME_CHARS: usize = 100;
/// The longest text, in characters.
pub const MAX_TEMPLATE_CHARS: usize = 1_000;
/// The most characters between a placeholder's braces.
const MAX_PLACEHOLDER: usize = 40;

/// A description that is offered to readers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Template {
    /// What it is called where it is offered.
    pub name: String,
    /// The concept it is for; every concept where it names none.
    #[serde(default)]
    pub concept: Option<ConceptKey>,
    /// The description in each of the project's languages. `{size}` is a placeholder: the next thing that a reader types.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub texts: BTreeMap<Lang, String>,
}

/// Templates that a project cannot keep.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    /// More than a reader could choose from.
    #[error("{0} templates are too many: {MAX_TEMPLATES} are allowed")]
    TooMany(usize),
    /// A name that is missing or endless.
    #[error(
        "template {number}: the name has {chars} characters, 1 to {MAX_NAME_CHARS} are expected"
    )]
    Name {
        /// Its place in the list, from 1.
        number: usize,
        /// How long its name is.
        chars: usize,
    },
    /// A name that another template of the same concept has.
    #[error("`{0}` is the name of two templates of one concept: give one of them another")]
    Twice(String),
    /// A language that is none of the project's.
    #[error("template `{name}`: `{lang}` is not one of the project's languages")]
    Lang {
        /// The template.
        name: String,
        /// The language.
        lang: Lang,
    },
    /// A text that is missing or endless.
    #[error(
        "template `{name}`: the text in `{lang}` has {chars} characters, 1 to {MAX_TEMPLATE_CHARS} are expected"
    )]
    Text {
        /// The template.
        name: String,
        /// The text's language.
        lang: Lang,
        /// How long it is.
        chars: usize,
    },
    /// A brace that belongs to no placeholder.
    #[error(
        "template `{name}`: the text in `{lang}` has a brace that belongs to no placeholder: write {{size}}, with 1 to {MAX_PLACEHOLDER} characters between the braces"
    )]
    Brace {
        /// The template.
        name: String,
        /// The text's language.
        lang: Lang,
    },
}

/// Whether a project with these languages can keep these templates.
pub fn check(templates: &[Template], langs: &LangPair) -> Result<(), BadTemplate> {
    if templates.len() > MAX_TEMPLATES {
        return Err(BadTemplate::TooMany(templates.len()));
    }
    let mut names = BTreeSet::new();
    for (index, template) in templates.iter().enumerate() {
        let name = template.name.trim();
        let chars = name.chars().count();
        if !(1..=MAX_NAME_CHARS).contains(&chars) {
            let number = index + 1;
            return Err(BadTemplate::Name { number, chars });
        }
        if !names.insert((&template.concept, name)) {
            return Err(BadTemplate::Twice(name.to_owned()));
        }
        template.check_texts(langs)?;
    }
    Ok(())
}

impl Template {
    fn check_texts(&self, langs: &LangPair) -> Result<(), BadTemplate> {
        let name = || self.name.clone();
        if let Some(lang) = self.texts.keys().find(|lang| !langs.contains(lang)) {
            let lang = lang.clone();
            return Err(BadTemplate::Lang { name: name(), lang });
        }
        for lang in langs.both() {
            let text = self.texts.get(lang).map_or("", String::as_str);
            let (name, lang) = (name(), lang.clone());
            let chars: Vec<char> = text.chars().collect();
            if text.trim().is_empty() || chars.len() > MAX_TEMPLATE_CHARS {
                let chars = chars.len();
                return Err(BadTemplate::Text { name, lang, chars });
            }
            let braces = chars.iter().filter(|c| matches!(c, '{' | '}')).count();
            if braces != 2 * placeholders(&chars).len() {
                return Err(BadTemplate::Brace { name, lang });
            }
        }
        Ok(())
    }
}

/// The placeholders of a text, with their braces, in order.
///
/// ```
/// let text: Vec<char> = "{size} mm in {both} {".chars().collect();
/// assert_eq!(medreg_datasets::template::placeholders(&text), [0..6, 13..19]);
/// ```
#[must_use]
pub fn placeholders(text: &[char]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<usize> = None;
    for (place, c) in text.iter().enumerate() {
        match c {
            '{' => open = Some(place),
            '\n' => open = None,
            '}' => {
                let start = open.take();
                let whole = |start: &usize| (2..=MAX_PLACEHOLDER + 1).contains(&(place - start));
                found.extend(start.filter(whole).map(|start| start..place + 1));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(name: &str, en: &str, zh: &str) -> Template {
        let texts = [(Lang::en(), en), (Lang::zh(), zh)];
        Template {
            name: name.to_owned(),
            concept: None,
            texts: texts.map(|(lang, text)| (lang, text.to_owned())).into(),
        }
    }

    #[test]
    fn a_brace_is_half_a_placeholder_and_every_text_is_there() {
        let checked =
            |en: &str, zh: &str| check(&[template("Opacity", en, zh)], &LangPair::default());
        assert_eq!(
            checked("{side} lung, {size} mm.", "{侧}肺，{大小}毫米。"),
            Ok(())
        );
        for (en, zh) in [
            ("{size mm", "毫米"),
            ("size} mm", "毫米"),
            ("{} mm", "毫米"),
            ("mm", "{\n}毫米"),
        ] {
            let refused = checked(en, zh).unwrap_err();
            assert!(
                matches!(refused, BadTemplate::Brace { .. }),
                "{en}: {refused}"
            );
        }
        let long = format!("{{{}}}", "x".repeat(MAX_PLACEHOLDER + 1));
        assert!(checked(&long, "毫米").is_err());
        assert!(checked("mm", " ").is_err());
        let refused = checked("{size", "毫米").unwrap_err().to_string();
        assert!(refused.contains("write {size}, with 1 to 40"), "{refused}");
    }

    #[test]
    fn names_are_told_apart_within_a_concept() {
        let langs = LangPair::default();
        let one = template("Opacity", "mm", "毫米");
        let of_cyst = Template {
            concept: "cyst".parse().ok(),
            ..one.clone()
        };
        assert_eq!(check(&[one.clone(), of_cyst], &langs), Ok(()));
        let twice = check(&[one.clone(), one.clone()], &langs);
        assert_eq!(twice, Err(BadTemplate::Twice("Opacity".to_owned())));
        let many = vec![one; MAX_TEMPLATES + 1];
        assert!(matches!(check(&many, &langs), Err(BadTemplate::TooMany(_))));
    }
}
