//! What a reader says about an image as a whole: its report, questions about it, labels, and a verdict where there is no region.

use crate::ids::{QuestionId, RegionId, SentenceId};
use crate::lang::Lang;
use crate::ontology::ConceptKey;
use crate::region::{
    ContentError, ContentRules, Place, Presence, check_concept, check_length, check_text,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most sentences of one report.
pub const MAX_SENTENCES: usize = 200;
/// The most questions about one image.
pub const MAX_QUESTIONS: usize = 200;
/// The most labels of one image.
pub const MAX_FINDINGS: usize = 500;

/// A text in each of the project's languages.
pub type Texts = BTreeMap<Lang, String>;

/// One sentence of a report, with the regions it speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sentence {
    /// Stable across the revisions that keep the sentence; chosen by whoever writes it.
    pub id: SentenceId,
    /// What it says, in each language.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub texts: Texts,
    /// The regions it speaks of, as in a grounded report (MedRegA, arXiv 2410.18387); none where it is about the whole image.
    #[serde(default)]
    pub regions: BTreeSet<RegionId>,
}

/// One question about the image with its answer, for visual question answering.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Question {
    /// Stable across the revisions that keep the question; chosen by whoever writes it.
    pub id: QuestionId,
    /// What is asked, in each language.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub question: Texts,
    /// What is answered, in each language.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub answer: Texts,
    /// The region it is about; `None` where it is about the whole image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionId>,
}

/// One label of the image, for classification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// What is looked for.
    pub concept: ConceptKey,
    /// Whether it is there.
    #[serde(default)]
    pub presence: Presence,
}

/// What a reader says of an image in which nothing is marked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// The reader looked and found nothing.
    NothingFound,
    /// The image cannot be judged; nothing may be learnt from it.
    NotAssessable {
        /// Why: motion, exposure, the wrong part of the body.
        #[serde(default)]
        reason: String,
    },
}

/// What a reader says about an image as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WholeImage {
    /// The report, sentence by sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub report: Vec<Sentence>,
    /// Questions and answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// Labels, each concept at most once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// That nothing was found, or that nothing can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

impl WholeImage {
    /// Whether it may be saved beside these regions.
    pub(crate) fn check(
        &self,
        regions: &BTreeSet<RegionId>,
        rules: &ContentRules<'_>,
    ) -> Result<(), ContentError> {
        self.check_counts()?;
        check_ids(self.report.iter().map(|s| s.id.0), Place::Sentence)?;
        check_ids(self.questions.iter().map(|q| q.id.0), Place::Question)?;
        for (index, sentence) in self.report.iter().enumerate() {
            sentence.check(Place::Sentence(index), regions, rules)?;
        }
        for (index, question) in self.questions.iter().enumerate() {
            question.check(Place::Question(index), regions, rules)?;
        }
        self.check_findings(rules)?;
        match &self.verdict {
            Some(Verdict::NotAssessable { reason }) => check_length(Place::Verdict, None, reason),
            _ => Ok(()),
        }
    }

    fn check_counts(&self) -> Result<(), ContentError> {
        let counts = [
            ("sentences", self.report.len(), MAX_SENTENCES),
            ("questions", self.questions.len(), MAX_QUESTIONS),
            ("labels", self.findings.len(), MAX_FINDINGS),
        ];
        match counts.into_iter().find(|(_, count, most)| count > most) {
            Some((what, count, most)) => Err(ContentError::TooManyOf { what, count, most }),
            None => Ok(()),
        }
    }

    fn check_findings(&self, rules: &ContentRules<'_>) -> Result<(), ContentError> {
        let mut seen = BTreeSet::new();
        for (index, finding) in self.findings.iter().enumerate() {
            let at = Place::Finding(index);
            check_concept(at, &finding.concept, rules)?;
            if !seen.insert(&finding.concept) {
                let concept = finding.concept.clone();
                return Err(ContentError::LabelledTwice { at, concept });
            }
        }
        Ok(())
    }

    /// Whether it is finished: no sentence, question or reason is still to be written.
    pub(crate) fn check_complete(&self) -> Result<(), ContentError> {
        let sentences = (self.report.iter().enumerate())
            .map(|(index, sentence)| (Place::Sentence(index), "text", is_blank(&sentence.texts)));
        let questions = (self.questions.iter().enumerate())
            .map(|(index, q)| (Place::Question(index), "question", is_blank(&q.question)));
        let answers = (self.questions.iter().enumerate())
            .map(|(index, q)| (Place::Question(index), "answer", is_blank(&q.answer)));
        let reason = match &self.verdict {
            Some(Verdict::NotAssessable { reason }) => Some((
                Place::Verdict,
                "reason why the image cannot be judged",
                reason.trim().is_empty(),
            )),
            _ => None,
        };
        let mut parts = sentences.chain(questions).chain(answers).chain(reason);
        match parts.find(|(_, _, blank)| *blank) {
            Some((at, what, _)) => Err(ContentError::Unwritten { at, what }),
            None => Ok(()),
        }
    }

    /// Whether it says nothing about what is in the image.
    pub(crate) fn says_nothing(&self) -> bool {
        self.report.is_empty() && self.findings.is_empty() && self.verdict.is_none()
    }

    /// The first label that says of something that it is, or may be, there.
    pub(crate) fn first_found(&self) -> Option<Place> {
        let found = |finding: &Finding| finding.presence != Presence::Absent;
        self.findings.iter().position(found).map(Place::Finding)
    }
}

fn is_blank(texts: &Texts) -> bool {
    texts.values().all(|text| text.trim().is_empty())
}

fn check_ids(
    ids: impl Iterator<Item = uuid::Uuid>,
    place: fn(usize) -> Place,
) -> Result<(), ContentError> {
    let mut seen = BTreeSet::new();
    for (index, id) in ids.enumerate() {
        if !seen.insert(id) {
            let at = place(index);
            return Err(ContentError::DuplicateId { at, id });
        }
    }
    Ok(())
}

fn check_region(
    at: Place,
    region: RegionId,
    regions: &BTreeSet<RegionId>,
) -> Result<(), ContentError> {
    match regions.contains(&region) {
        true => Ok(()),
        false => Err(ContentError::UnknownRegion { at, region }),
    }
}

fn check_texts(at: Place, texts: &Texts, rules: &ContentRules<'_>) -> Result<(), ContentError> {
    texts
        .iter()
        .try_for_each(|(lang, text)| check_text(at, lang, text, rules.langs))
}

impl Sentence {
    fn check(
        &self,
        at: Place,
        regions: &BTreeSet<RegionId>,
        rules: &ContentRules<'_>,
    ) -> Result<(), ContentError> {
        check_texts(at, &self.texts, rules)?;
        self.regions
            .iter()
            .try_for_each(|region| check_region(at, *region, regions))
    }
}

impl Question {
    fn check(
        &self,
        at: Place,
        regions: &BTreeSet<RegionId>,
        rules: &ContentRules<'_>,
    ) -> Result<(), ContentError> {
        check_texts(at, &self.question, rules)?;
        check_texts(at, &self.answer, rules)?;
        self.region
            .map_or(Ok(()), |region| check_region(at, region, regions))
    }
}
