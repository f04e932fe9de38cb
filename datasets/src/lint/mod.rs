//! Whether the two descriptions of a region say the same, and what its concept, its presence and its box say too.
//!
//! A description in another language goes wrong in few ways that matter: the side, a number, a negation, the thing itself. Each has
//! a rule in a file of its own. A rule reads both texts and tells what differs; it changes nothing and forbids nothing, because a
//! rule is never sure: of the laterality errors a rule-based checker reported in 10,000 reports, 64 % were none (JMIR Med Inform
//! 2025 e71137). So what it finds is shown to the reader, counted for the reviewer, and never in the way.
//!
//! English, Chinese (simplified and traditional) and Japanese are understood, in any pair. Of a text in another language only whether it is there, and its
//! digits and units, are compared.

pub mod corpus;
mod empty;
pub mod files;
mod laterality;
mod lexicon;
mod negation;
mod numbers;
mod placeholder;
mod side;
mod terms;
mod text;
mod traditional;
mod untranslated;

use crate::geometry::{ImageSize, PixelBox};
use crate::lang::Lang;
use crate::ontology::Concept;
use crate::region::Presence;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use text::{Text, Tongue};

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Left, right or both sides, in both texts and in the concept's name.
    Laterality,
    /// Numbers and measurements, in whatever unit and script.
    Numbers,
    /// What is said to be there, not there or possible, in both texts and by the region's presence.
    Negation,
    /// Organs and findings, in both texts and by the region's concept.
    Terms,
    /// A text in one language alone.
    Empty,
    /// Words in another language than the text's.
    Untranslated,
    /// The side that is named, and the half of the image in which the box lies.
    Side,
    /// What a template left open and nobody filled in.
    Placeholder,
}

impl Rule {
    /// All of them, the gravest first.
    pub const ALL: [Self; 8] = [
        Self::Laterality,
        Self::Side,
        Self::Negation,
        Self::Numbers,
        Self::Terms,
        Self::Placeholder,
        Self::Untranslated,
        Self::Empty,
    ];

    /// The name used in JSON and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Laterality => "laterality",
            Self::Numbers => "numbers",
            Self::Negation => "negation",
            Self::Terms => "terms",
            Self::Empty => "empty",
            Self::Untranslated => "untranslated",
            Self::Side => "side",
            Self::Placeholder => "placeholder",
        }
    }

    fn severity(self) -> Severity {
        match self {
            Self::Laterality | Self::Numbers | Self::Negation | Self::Side => Severity::Warning,
            Self::Terms | Self::Empty | Self::Untranslated | Self::Placeholder => Severity::Notice,
        }
    }

    fn check(self, read: &Read<'_>) -> Vec<Draft> {
        match self {
            Self::Laterality => laterality::check(read),
            Self::Numbers => numbers::check(read),
            Self::Negation => negation::check(read),
            Self::Terms => terms::check(read),
            Self::Empty => empty::check(read),
            Self::Untranslated => untranslated::check(read),
            Self::Side => side::check(read),
            Self::Placeholder => placeholder::check(read),
        }
    }
}

/// A name that is none of the rules.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not a rule: one of laterality, side, negation, numbers, terms, placeholder, untranslated, empty is expected"
)]
pub struct NotARule(String);

impl std::str::FromStr for Rule {
    type Err = NotARule;
    fn from_str(text: &str) -> Result<Self, NotARule> {
        Self::ALL
            .into_iter()
            .find(|rule| rule.as_str() == text)
            .ok_or_else(|| NotARule(text.to_owned()))
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How grave it is, if it is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look.
    Notice,
    /// Would mislead whoever reads one of the texts.
    Warning,
}

/// A text in a language.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The language.
    pub lang: &'a Lang,
    /// The text.
    pub text: &'a str,
}

/// From where a picture shows its patient, as far as left and right go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// From the front, or from behind and turned round as radiographs are: the patient's right is on the image's left.
    Frontal,
    /// An axial slice as radiologists look at it, from the feet: the same.
    Axial,
    /// From the side, or any other: nothing follows for left and right.
    #[serde(other)]
    Other,
}

impl View {
    /// Where its rows lead, as it is looked at by custom.
    #[must_use]
    pub fn across(self) -> Option<Across> {
        match self {
            Self::Frontal | Self::Axial => Some(Across::ToLeft),
            Self::Other => None,
        }
    }
}

/// Where a picture's rows lead, from its left edge to its right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Across {
    /// To the patient's left: the patient's right is on the image's left.
    ToLeft,
    /// To the patient's right.
    ToRight,
}

/// Where a region lies on a picture of which is known where the patient's sides are.
#[derive(Clone, Copy, Debug)]
pub struct SidedBox {
    /// Where the picture's rows lead.
    pub across: Across,
    /// The region's box.
    pub bbox: PixelBox,
    /// The picture's size.
    pub size: ImageSize,
}

/// A region, or a pair of sentences, as it is looked at. All but the texts may be unknown.
#[derive(Clone, Debug, Default)]
pub struct Subject<'a> {
    /// Its texts, one for each language; of more than two, the first two are compared.
    pub texts: Vec<Said<'a>>,
    /// What it is.
    pub concept: Option<&'a Concept>,
    /// What else it could be.
    pub ontology: &'a [Concept],
    /// Whether it is there.
    pub presence: Option<Presence>,
    /// Where it is.
    pub bbox: Option<SidedBox>,
}

/// A part of a text, in UTF-16 code units from its start, as a browser counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Span {
    /// Where it begins.
    pub start: usize,
    /// Where it ends, exclusive.
    pub end: usize,
}

/// A part of one of the texts that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Mark {
    /// The text's language.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub lang: Lang,
    /// Which part; absent where it is about the whole text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// What could stand there instead, so that this text agrees with the other one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// Something that does not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Flag {
    /// The rule that found it.
    pub rule: Rule,
    /// How grave it is.
    pub severity: Severity,
    /// What is wrong: a key for a sentence, which [`Flag::sentence`] gives in English.
    pub message: String,
    /// What the sentence speaks of, by name.
    pub arguments: BTreeMap<String, String>,
    /// Where.
    #[serde(flatten)]
    pub mark: Mark,
    /// The other text's part, where two texts disagree: which of them is right, only the reader knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<Mark>,
}

impl Flag {
    /// What is wrong, in English.
    #[must_use]
    pub fn sentence(&self) -> String {
        let pattern = SENTENCES
            .iter()
            .find(|(key, _)| *key == self.message)
            .map_or("", |(_, sentence)| *sentence);
        self.arguments
            .iter()
            .fold(pattern.to_owned(), |text, (name, value)| {
                text.replace(&format!("{{{name}}}"), value)
            })
    }
}

/// The keys of all messages.
pub fn messages() -> impl Iterator<Item = &'static str> {
    SENTENCES.iter().map(|(key, _)| *key)
}

/// Every message with its English sentence; the page has the same keys in its three languages.
const SENTENCES: [(&str, &str); 15] = [
    (
        "laterality_differs",
        "`{here}` here, but `{there}` in the other text",
    ),
    (
        "laterality_missing",
        "`{here}` here, but the other text names no side",
    ),
    (
        "laterality_swapped",
        "the sides are the other way round in the other text: `{here}` here, `{there}` there",
    ),
    (
        "laterality_concept",
        "`{here}`, but the region's concept is `{concept}`",
    ),
    (
        "numbers_differ",
        "`{here}` here, but `{there}` in the other text",
    ),
    ("numbers_missing", "`{here}` is not in the other text"),
    (
        "negation_differs",
        "`{here}` is there in one text and not there in the other",
    ),
    (
        "negation_certainty",
        "`{here}` leaves it open, but the other text does not",
    ),
    (
        "negation_presence",
        "the text speaks otherwise of `{here}` than the region, which says {presence}",
    ),
    (
        "terms_differ",
        "`{here}` here, but `{there}` in the other text",
    ),
    (
        "terms_concept",
        "`{here}`, but the region's concept is `{concept}`",
    ),
    (
        "empty_missing",
        "the description in this language is missing",
    ),
    (
        "untranslated_words",
        "`{here}` is in another language than this text",
    ),
    ("placeholder_left", "`{here}` is still to be filled in"),
    (
        "side_box",
        "`{here}`, but the box lies on the patient's {box}",
    ),
];

/// One text as the rules read it.
struct Page<'a> {
    lang: &'a Lang,
    tongue: Tongue,
    text: Text,
}

impl<'a> Page<'a> {
    fn of(lang: &'a Lang, text: &str) -> Self {
        let tongue = Tongue::of(lang);
        let text = Text::of(text, tongue);
        Self { lang, tongue, text }
    }

    /// The text as it was written between two characters.
    fn quote(&self, range: &Range<usize>) -> String {
        self.text.quote(range)
    }
}

/// A subject as the rules read it.
struct Read<'a> {
    pages: Vec<Page<'a>>,
    subject: &'a Subject<'a>,
}

impl<'a> Read<'a> {
    fn of(subject: &'a Subject<'a>) -> Self {
        let page = |said: &Said<'a>| Page::of(said.lang, said.text);
        Self {
            pages: subject.texts.iter().take(2).map(page).collect(),
            subject,
        }
    }

    /// Both texts, where both say something and all of it: what is still to be filled in may say what the other text does.
    fn both(&self) -> Option<(&Page<'a>, &Page<'a>)> {
        let says = |page: &Page<'a>| !page.text.is_blank() && page.text.placeholders().is_empty();
        match self.pages.as_slice() {
            [a, b] if says(a) && says(b) => Some((a, b)),
            _ => None,
        }
    }
}

/// A part of a text by its characters.
struct Spot {
    page: usize,
    range: Option<Range<usize>>,
    fix: Option<String>,
}

impl Spot {
    fn at(page: usize, range: &Range<usize>) -> Self {
        Self {
            page,
            range: Some(range.clone()),
            fix: None,
        }
    }

    fn fixed(page: usize, range: &Range<usize>, fix: Option<String>) -> Self {
        Self {
            fix,
            ..Self::at(page, range)
        }
    }
}

/// A finding whose places are still told by characters.
struct Draft {
    message: &'static str,
    arguments: Vec<(&'static str, String)>,
    at: Spot,
    against: Option<Spot>,
    severity: Option<Severity>,
}

impl Draft {
    fn new(message: &'static str, at: Spot) -> Self {
        Self {
            message,
            arguments: Vec::new(),
            at,
            against: None,
            severity: None,
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.arguments.push((name, value.into()));
        self
    }

    fn against(mut self, spot: Spot) -> Self {
        self.against = Some(spot);
        self
    }

    fn notice(mut self) -> Self {
        self.severity = Some(Severity::Notice);
        self
    }

    fn flag(self, rule: Rule, read: &Read<'_>) -> Option<Flag> {
        let named = |(name, value): (&str, String)| (name.to_owned(), value);
        let against = self.against.map(|spot| mark(spot, read));
        Some(Flag {
            rule,
            severity: self.severity.unwrap_or(rule.severity()),
            message: self.message.to_owned(),
            arguments: self.arguments.into_iter().map(named).collect(),
            mark: mark(self.at, read)?,
            against: against.flatten(),
        })
    }
}

fn mark(spot: Spot, read: &Read<'_>) -> Option<Mark> {
    let page = read.pages.get(spot.page)?;
    Some(Mark {
        lang: page.lang.clone(),
        span: spot.range.map(|range| page.text.utf16(&range)),
        fix: spot.fix,
    })
}

/// Whether a text says anything that a rule would compare: a side, a number, a negation. Of other rules every text does.
#[must_use]
pub fn speaks_of(said: &Said<'_>, rule: Rule) -> bool {
    let page = Page::of(said.lang, said.text);
    match rule {
        Rule::Laterality => !laterality::mentions(&page).is_empty(),
        Rule::Numbers => numbers::says_any(&page),
        Rule::Negation => !negation::negations(&page).is_empty(),
        _ => !page.text.is_blank(),
    }
}

/// Whether a text names one side of the patient, as the name of a structure that is there twice does.
#[must_use]
pub fn names_one_side(lang: &Lang, text: &str) -> bool {
    let mentions = laterality::mentions(&Page::of(lang, text));
    mentions
        .iter()
        .any(|said| said.side != laterality::Side::Both)
}

/// Everything that does not agree, the gravest first. Never fails, whatever the texts are.
///
/// ```
/// use medreg_datasets::lang::Lang;
/// use medreg_datasets::lint::{check, Rule, Said, Subject};
/// let (en, zh) = (Lang::en(), Lang::zh());
/// let texts = vec![Said { lang: &en, text: "A 3 cm cyst of the left kidney." }, Said { lang: &zh, text: "右肾囊肿，30毫米。" }];
/// let findings = check(&Subject { texts, ..Subject::default() }, &Rule::ALL);
/// assert_eq!(findings.len(), 1);
/// assert_eq!(findings[0].rule, Rule::Laterality);
/// assert_eq!(findings[0].against.as_ref().unwrap().fix.as_deref(), Some("左"));
/// ```
#[must_use]
pub fn check(subject: &Subject<'_>, rules: &[Rule]) -> Vec<Flag> {
    let read = Read::of(subject);
    let of_rule = |rule: &Rule| {
        let drafts = rule.check(&read);
        drafts
            .into_iter()
            .filter_map(|draft| draft.flag(*rule, &read))
            .collect::<Vec<_>>()
    };
    Rule::ALL
        .iter()
        .filter(|rule| rules.contains(rule))
        .flat_map(of_rule)
        .collect()
}
