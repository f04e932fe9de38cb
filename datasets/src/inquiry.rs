//! A person's question to a model about one image: what server and worker say to each other of it, and what both hold it to.
//!
//! A question is read by a model and by nothing else: neither a tool, a file nor another case is in its reach, whatever it says.

use crate::geometry::PixelBox;
use crate::ids::{InquiryId, ModelId};
use crate::lang::{Lang, LangPair};
use crate::ontology::Concept;
use crate::protocol::PoolImage;
use serde::{Deserialize, Serialize};

/// The longest question, in characters.
pub const MAX_QUESTION_CHARS: usize = 500;
/// The longest answer that is kept, in characters.
pub const MAX_ANSWER_CHARS: usize = 4_000;
/// The most regions of an answer.
pub const MAX_REGIONS: usize = 50;

/// A region that an answer speaks of, or that was looked for before it was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SaidRegion {
    /// What the model calls it; empty where it gives it no name.
    pub name: String,
    /// Where.
    pub bbox: PixelBox,
}

/// What has been written of an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Words {
    /// The text without its tags.
    pub text: String,
    /// The regions that it names so far.
    pub regions: Vec<SaidRegion>,
    /// The regions that the model found first and answers by (Regional CoT, MedRegA section 3.3); none where it was not asked to.
    pub looked_at: Vec<SaidRegion>,
}

impl Words {
    /// Whether it may be kept.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        let regions = self.regions.len().max(self.looked_at.len());
        let names = self.regions.iter().chain(&self.looked_at);
        let mut texts = names.map(|region| &region.name).chain([&self.text]);
        self.text.chars().count() <= MAX_ANSWER_CHARS
            && regions <= MAX_REGIONS
            && !texts.any(|text| text.contains('\0'))
    }
}

/// `POST /api/worker/inquiries/claim`: waits for a question for so long.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClaimInquiry {
    /// The worker's name, for people to read.
    pub worker: String,
    /// How many seconds the worker waits for one, at most 20.
    #[serde(default)]
    pub wait_seconds: u32,
}

/// A question to be answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InquiryItem {
    /// The question.
    pub id: InquiryId,
    /// The hand-out's number; part of every message about it.
    pub attempt: i32,
    /// The model that was promoted when it was asked.
    pub model: ModelId,
    /// The language of question and answer.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub lang: Lang,
    /// What is asked, in a person's words.
    pub question: String,
    /// The box that it is about; the whole image where there is none.
    pub bbox: Option<PixelBox>,
    /// Whether regions are to be found first and the question answered by them.
    pub look_first: bool,
    /// The image; its picture is fetched from `GET /api/worker/inquiries/{id}/raster`.
    pub image: PoolImage,
    /// The project's concepts.
    pub ontology: Vec<Concept>,
    /// The project's languages.
    pub langs: LangPair,
    /// A claim without a message for this many seconds is lost.
    pub lease_seconds: u32,
}

/// `POST /api/worker/inquiries/{id}/words`: the answer as far as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Writing {
    /// The hand-out's number.
    pub attempt: i32,
    /// What is written so far.
    pub words: Words,
}

/// `POST /api/worker/inquiries/{id}/finish`: the whole answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FinishInquiry {
    /// The hand-out's number.
    pub attempt: i32,
    /// All that was written.
    pub words: Words,
    /// The probability of the answer's tokens, in 0..=1; not calibrated.
    pub confidence: f64,
    /// Whether the model came to an end by itself.
    pub finished: bool,
}
