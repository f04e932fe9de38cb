//! A loaded model put to use: what it makes of a picture, answers to questions, regions it proposes.

mod probes;
mod reread;
mod signals;
mod sketch;

pub use probes::Probes;
pub use signals::{box_signals, confidence, signals};

use crate::calibrate::Calibration;
use crate::checkpoint::Pretrained;
use crate::data::{Look, Prompter};
use crate::generate::{self, Answer, Decoding, GenerateError, Inquiry};
use crate::model::{InternVl, Weights};
use crate::tokenizer::TokenizerError;
use image::DynamicImage;
use medreg_datasets::geometry::{GridBox, ImageSize};
use medreg_datasets::grammar;
use medreg_datasets::lang::LangPair;
use medreg_datasets::modality::Modality;
use medreg_datasets::ontology::Concept;
use medreg_datasets::protocol::{ProposedRegion, QuestionSignals, RegionSignals};
use medreg_datasets::region::MAX_TEXT_CHARS;
use medreg_datasets::task;
use std::collections::BTreeMap;

/// The most boxes that are taken over from one answer: more than this is a model repeating itself.
const MAX_BOXES_PER_ANSWER: usize = 20;
/// Tokens enough for any answer worth reading; a model that ends its message is not held up by it.
const MAX_TOKENS: usize = 192;

/// Why a model cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    /// The weights do not make a model.
    #[error("the model cannot be built or run: {0}")]
    Model(#[from] candle_core::Error),
    /// Its prompts cannot be made.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// It gives no answer.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The picture is none.
    #[error("the picture cannot be read: {0}")]
    Image(#[from] image::ImageError),
}

/// A model ready to be asked; several threads may ask at once.
#[derive(Debug)]
pub struct Predictor {
    model: InternVl,
    prompter: Prompter,
    decoding: Decoding,
}

/// What to look for in a picture.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// The picture's size in pixels.
    pub size: ImageSize,
    /// Its kind.
    pub modality: Modality,
    /// The concepts; those of other modalities are passed over.
    pub ontology: &'a [Concept],
    /// The project's languages: questions are asked in the first, descriptions are written in both.
    pub langs: &'a LangPair,
    /// Whether the model has learnt to describe what it finds.
    pub describe: bool,
    /// What its confidences are worth, if that is known.
    pub calibration: Option<&'a Calibration>,
    /// What is asked besides, to see how sure the model is.
    pub probes: Probes,
    /// The seed of what is drawn.
    pub seed: u64,
}

/// What a model finds in a picture, and how sure it was of each answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// The regions it proposes.
    pub regions: Vec<ProposedRegion>,
    /// One per concept asked for.
    pub questions: Vec<QuestionSignals>,
}

impl Predictor {
    /// Builds the model of these weights.
    pub fn new(pretrained: &Pretrained) -> Result<Self, PredictError> {
        let weights = Weights::frozen(pretrained.tensors.clone());
        Ok(Self {
            model: InternVl::new(&pretrained.config, &weights)?,
            prompter: Prompter::new(&pretrained.tokenizer, &pretrained.config)?,
            decoding: Decoding {
                max_tokens: MAX_TOKENS,
                ..Decoding::default()
            },
        })
    }

    /// The picture of an image file's bytes.
    pub fn look_at(&self, file: &[u8]) -> Result<Look, PredictError> {
        Ok(self.look(&image::load_from_memory(file)?))
    }

    /// The picture as this model sees it.
    #[must_use]
    pub fn look(&self, picture: &DynamicImage) -> Look {
        Look::at(picture, self.model.config())
    }

    /// The mean of the vision tower's states over the whole picture, which is the last of its tiles or the only one.
    pub fn features(&self, look: &Look) -> Result<Vec<f32>, PredictError> {
        let patches = look.tensor(self.model.config())?;
        Ok(self
            .model
            .pooled_features(&patches)?
            .pop()
            .unwrap_or_default())
    }

    /// An answer to each question; the picture is read once for all of them.
    pub fn ask(&self, look: &Look, questions: &[String]) -> Result<Vec<Answer>, PredictError> {
        Ok(self
            .ask_about(&[Inquiry { look, questions }])?
            .pop()
            .unwrap_or_default())
    }

    /// The same about several pictures at once.
    pub fn ask_about(&self, inquiries: &[Inquiry<'_>]) -> Result<Vec<Vec<Answer>>, PredictError> {
        Ok(generate::answer(
            &self.model,
            &self.prompter,
            inquiries,
            self.decoding,
        )?)
    }

    /// An answer to one question; `hear` hears its tokens as they come and ends it by returning false.
    pub fn ask_aloud(
        &self,
        look: &Look,
        question: String,
        hear: &mut dyn FnMut(&[u32]) -> bool,
    ) -> Result<Answer, PredictError> {
        Ok(generate::answer_aloud(
            &self.model,
            &self.prompter,
            look,
            question,
            self.decoding,
            hear,
        )?)
    }

    /// The log-probability of given answers' tokens, one answer to each question.
    pub fn score(
        &self,
        look: &Look,
        given: &[(String, Vec<u32>)],
    ) -> Result<Vec<Vec<f32>>, PredictError> {
        Ok(generate::score(&self.model, &self.prompter, look, given)?)
    }

    /// The text of tokens that came so far.
    pub fn text_of(&self, tokens: &[u32]) -> Result<String, PredictError> {
        let end = self.prompter.tokenizer().im_end;
        let said = tokens.strip_suffix(&[end]).unwrap_or(tokens);
        Ok(self.prompter.tokenizer().decode(said)?)
    }

    /// A person's words as a model may read them: nothing in them is a tag.
    #[must_use]
    pub fn without_tags(&self, words: &str) -> String {
        self.prompter.tokenizer().without_tags(words)
    }

    /// The same model with other ways of choosing answers.
    #[must_use]
    pub fn decoding(self, decoding: Decoding) -> Self {
        Self { decoding, ..self }
    }

    /// Asks for every concept of the picture's modality and, where the model can, describes what was found.
    pub fn search(&self, look: &Look, search: &Search<'_>) -> Result<Findings, PredictError> {
        let concepts: Vec<&Concept> = search
            .ontology
            .iter()
            .filter(|c| c.applies_to(search.modality))
            .collect();
        let [first, _] = search.langs.both();
        let ask =
            |concept: &&Concept| task::text_to_region(first, search.modality, concept.name(first));
        let asked: Vec<String> = concepts.iter().map(ask).collect();
        let answers = self.ask(look, &asked)?;
        let questions = self.probed(look, search, &concepts, &asked, &answers)?;
        let mut found = Vec::new();
        for (concept, answer) in concepts.iter().zip(&answers) {
            let name = concept.name(first);
            let reading = grammar::read(&answer.text);
            let (all, sure) = (reading.boxes(), box_signals(answer));
            let boxes = reading.boxes_of(name).into_iter();
            found.extend(boxes.take(MAX_BOXES_PER_ANSWER).map(|bbox| Found {
                bbox,
                concept,
                confidence: confidence(answer),
                signals: signals::of_region(answer, all.iter().position(|b| *b == bbox), &sure),
            }));
        }
        let regions = self.described(look, search, &found)?;
        Ok(Findings { regions, questions })
    }

    /// The found boxes as regions, with the model's descriptions in both languages.
    fn described(
        &self,
        look: &Look,
        search: &Search<'_>,
        found: &[Found<'_>],
    ) -> Result<Vec<ProposedRegion>, PredictError> {
        let mut regions: Vec<ProposedRegion> =
            found.iter().map(|found| found.proposed(search)).collect();
        if !search.describe || found.is_empty() {
            return Ok(regions);
        }
        let langs = search.langs.both();
        let asked: Vec<String> = found
            .iter()
            .flat_map(|found| {
                langs
                    .iter()
                    .map(|lang| task::describe_region(lang, search.modality, found.bbox))
            })
            .collect();
        let answers = self.ask(look, &asked)?;
        for (region, texts) in regions.iter_mut().zip(answers.chunks(langs.len())) {
            for (lang, answer) in langs.iter().zip(texts) {
                let text: String = grammar::without_tags(&answer.text)
                    .trim()
                    .chars()
                    .take(MAX_TEXT_CHARS)
                    .collect();
                if answer.finished && !text.is_empty() {
                    region.texts.insert(lang.clone(), text);
                }
            }
        }
        Ok(regions)
    }
}

/// A box of an answer, with how sure the model was of it.
struct Found<'a> {
    bbox: GridBox,
    concept: &'a Concept,
    /// As it is where nothing is calibrated.
    confidence: f64,
    signals: Option<RegionSignals>,
}

impl Found<'_> {
    fn proposed(&self, search: &Search<'_>) -> ProposedRegion {
        let [lang, _] = search.langs.both();
        let bbox = self.bbox.to_pixels(search.size);
        let calibrated =
            (search.calibration.zip(self.signals)).and_then(|(c, s)| c.confidence(lang, &s));
        ProposedRegion {
            bbox,
            concept: self.concept.key.clone(),
            confidence: calibrated.unwrap_or(self.confidence),
            calibrated: calibrated.is_some(),
            signals: self.signals,
            outer: search
                .calibration
                .and_then(|c| c.outer(lang, &bbox, search.size)),
            texts: BTreeMap::new(),
        }
    }
}

/// Threads that work side by side unless somebody says otherwise: one per core.
#[must_use]
pub fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
