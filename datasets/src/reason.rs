//! Why an image was chosen, and why one waits for a person. As data, which a page says in its reader's language; as English in a shell.

use crate::lang::Lang;
use crate::modality::Modality;
use crate::ontology::ConceptKey;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Why a strategy chose an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChoiceReason {
    /// The model is unsure about something in it.
    Unsure {
        /// What.
        concept: ConceptKey,
    },
    /// It is one of the images that the model is least sure about.
    LeastSure {
        /// What it is least sure of there.
        concept: ConceptKey,
    },
    /// It is one of the images on which the model wavers between two answers.
    Wavers {
        /// About what most.
        concept: ConceptKey,
    },
    /// It is one of the images on which the model draws differently each time it is asked.
    BoxesDiffer {
        /// What it draws most differently.
        concept: ConceptKey,
    },
    /// It is one of the images on which versions of the model are each sure, and of different things.
    Contradicts {
        /// About what most.
        concept: ConceptKey,
    },
    /// The model would learn much from it, and something else than from the other images chosen.
    Teaches {
        /// About what most.
        concept: ConceptKey,
    },
    /// It looks like no other image.
    Unlike,
    /// Of all images it was the least like any that was read or chosen.
    LeastLike,
    /// It is typical of images that look alike, of which none was read yet.
    TypicalUnread {
        /// How many look alike.
        size: u64,
    },
    /// It is typical of images that look alike.
    Typical {
        /// How many look alike.
        size: u64,
        /// How many of them were read or chosen before.
        covered: u64,
    },
    /// By chance.
    Chance,
    /// By chance, because the model gave no answer about it.
    ChanceSilent,
    /// By chance, because it could not be compared with the others.
    ChanceIncomparable,
    /// By chance, with an equal share for every kind of picture.
    ChanceEqual {
        /// Its kind.
        modality: Modality,
    },
    /// In the words of a trainer of before there were kinds.
    Said {
        /// What it said, in English.
        text: String,
    },
}

impl ChoiceReason {
    /// The kinds that are draws by chance from all that was left, and so tell of it: the random control. What came by chance because a
    /// model was silent about it, or because nothing could be compared with it, tells of such images alone.
    pub const CONTROL_KINDS: [&'static str; 2] = ["chance", "chance_equal"];

    /// For a field that a trainer of before there were kinds fills with words.
    pub(crate) fn of_any_trainer<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Told {
            Kind(ChoiceReason),
            Words(String),
        }
        Ok(match Told::deserialize(from)? {
            Told::Kind(reason) => reason,
            Told::Words(text) => Self::Said { text },
        })
    }
}

impl fmt::Display for ChoiceReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |concept: &ConceptKey| concept.as_str().replace('_', " ");
        match self {
            Self::Unsure { concept } => {
                write!(f, "The model is unsure here about: {}.", name(concept))
            }
            Self::LeastSure { concept } => write!(
                f,
                "Among the images the model is least sure about, above all about: {}.",
                name(concept)
            ),
            Self::Wavers { concept } => write!(
                f,
                "Among the images where the model wavers between two answers, above all about: {}.",
                name(concept)
            ),
            Self::BoxesDiffer { concept } => write!(
                f,
                "Among the images where the model draws different boxes each time it is asked, above all for: {}.",
                name(concept)
            ),
            Self::Contradicts { concept } => write!(
                f,
                "Among the images where the model contradicts itself when it is asked again, above all about: {}.",
                name(concept)
            ),
            Self::Teaches { concept } => write!(
                f,
                "The model would learn from it what the other chosen images do not teach, above all about: {}.",
                name(concept)
            ),
            Self::Unlike => f.write_str("It looks like no other image here."),
            Self::LeastLike => {
                f.write_str("Of the images left, the least like any that was read or chosen.")
            }
            Self::TypicalUnread { size } => write!(
                f,
                "Typical of {size} images that look alike, none of which has been read yet."
            ),
            Self::Typical { size, covered } => write!(
                f,
                "Typical of {size} images that look alike; {covered} of them read or chosen so far."
            ),
            Self::Chance => f.write_str("Drawn by chance."),
            Self::ChanceSilent => {
                f.write_str("Drawn by chance: the model gave no answer about it.")
            }
            Self::ChanceIncomparable => {
                f.write_str("Drawn by chance: it could not be compared with the other images.")
            }
            Self::ChanceEqual { modality } => write!(
                f,
                "Drawn by chance, with an equal share for every kind of picture ({}).",
                modality.phrase(&Lang::en())
            ),
            Self::Said { text } => f.write_str(text),
        }
    }
}

/// Why a person must say of an image first that no patient data is burned in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AttestationReason {
    /// It is a picture of a screen or of paper.
    SecondaryCapture,
    /// Ultrasound machines write into their pictures.
    Ultrasound,
    /// Its header says that the patient may be known by what is seen, a face for one.
    Recognizable,
    /// Its header does not rule it out.
    Header,
    /// A picture file has no header that could.
    Picture,
    /// In the words of a server of before there were kinds.
    Said {
        /// What it said, in English.
        text: String,
    },
}

impl fmt::Display for AttestationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SecondaryCapture => "it is a secondary capture, which may show patient data",
            Self::Ultrasound => "ultrasound pictures often show patient data",
            Self::Recognizable => "its header says that the patient can be recognised in it",
            Self::Header => "its header does not say that no patient data is burned in",
            Self::Picture => "a picture file does not say whether patient data is burned into it",
            Self::Said { text } => text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::collections::BTreeSet;
    use std::path::Path;

    fn chosen() -> Vec<ChoiceReason> {
        let concept: ConceptKey = "left_lung".parse().unwrap();
        vec![
            ChoiceReason::Unsure {
                concept: concept.clone(),
            },
            ChoiceReason::LeastSure {
                concept: concept.clone(),
            },
            ChoiceReason::Wavers {
                concept: concept.clone(),
            },
            ChoiceReason::BoxesDiffer {
                concept: concept.clone(),
            },
            ChoiceReason::Contradicts {
                concept: concept.clone(),
            },
            ChoiceReason::Teaches { concept },
            ChoiceReason::Unlike,
            ChoiceReason::LeastLike,
            ChoiceReason::TypicalUnread { size: 9 },
            ChoiceReason::Typical {
                size: 9,
                covered: 4,
            },
            ChoiceReason::Chance,
            ChoiceReason::ChanceSilent,
            ChoiceReason::ChanceIncomparable,
            ChoiceReason::ChanceEqual {
                modality: Modality::Mr,
            },
        ]
    }

    #[test]
    fn the_page_has_words_for_every_kind_and_fills_in_what_it_holds() {
        let waiting = [
            AttestationReason::SecondaryCapture,
            AttestationReason::Ultrasound,
            AttestationReason::Recognizable,
            AttestationReason::Header,
            AttestationReason::Picture,
        ];
        let chosen = chosen();
        let values = chosen
            .iter()
            .map(|r| json!(r))
            .chain(waiting.iter().map(|r| json!(r)));
        let kinds: BTreeSet<String> = values
            .map(|value| value["kind"].as_str().unwrap().to_owned())
            .collect();
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/src/i18n/locales/en.json");
        let words: Value = serde_json::from_str(&std::fs::read_to_string(page).unwrap()).unwrap();
        let words = words["reason"].as_object().unwrap();
        let written: BTreeSet<String> = words.keys().cloned().collect();
        assert_eq!(written, kinds);
        let typical = words["typical"].as_str().unwrap();
        assert!(typical.contains("{{size}}") && typical.contains("{{covered}}"));
    }

    #[test]
    fn the_control_is_named_as_serde_names_it() {
        let drawn = [
            ChoiceReason::Chance,
            ChoiceReason::ChanceEqual {
                modality: Modality::Ct,
            },
        ];
        let kinds = drawn.map(|reason| json!(reason)["kind"].as_str().unwrap().to_owned());
        assert_eq!(kinds, ChoiceReason::CONTROL_KINDS);
    }

    #[test]
    fn a_reason_comes_back_as_it_went_and_words_of_before_stay_words() {
        #[derive(Deserialize)]
        struct Field(#[serde(deserialize_with = "ChoiceReason::of_any_trainer")] ChoiceReason);
        for reason in chosen() {
            let Field(read) = serde_json::from_value(json!(reason)).unwrap();
            assert_eq!(read, reason);
        }
        let Field(read) = serde_json::from_value(json!("drawn")).unwrap();
        assert_eq!(read.to_string(), "drawn");
        assert!(serde_json::from_value::<Field>(json!({ "kind": "whim" })).is_err());
        assert!(chosen()[0].to_string().ends_with("about: left lung."));
    }
}
