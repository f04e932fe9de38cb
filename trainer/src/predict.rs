//! A loaded model put to use: what it makes of a picture, answers to questions, regions it proposes.

use crate::acquire::Signal;
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
use medreg_datasets::protocol::{ProposedRegion, RegionSignals, Signals};
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
}

/// What a model finds in a picture, and how sure it was of each answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// The regions it proposes.
    pub regions: Vec<ProposedRegion>,
    /// One per concept asked for.
    pub signals: Vec<Signal>,
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
        let answers = self.ask(look, &concepts.iter().map(ask).collect::<Vec<_>>())?;
        let mut found = Vec::new();
        let mut signals = Vec::new();
        for (concept, answer) in concepts.iter().zip(&answers) {
            let name = concept.name(first);
            signals.push(Signal {
                concept: concept.key.clone(),
                uncertainty: uncertainty(answer),
            });
            let reading = grammar::read(&answer.text);
            let (all, sure) = (reading.boxes(), box_signals(answer));
            let boxes = reading.boxes_of(name).into_iter();
            found.extend(boxes.take(MAX_BOXES_PER_ANSWER).map(|bbox| Found {
                bbox,
                concept,
                confidence: confidence(answer),
                signals: region_signals(answer, all.iter().position(|b| *b == bbox), &sure),
            }));
        }
        let regions = self.described(look, search, &found)?;
        Ok(Findings { regions, signals })
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

/// How sure the model was of an answer; `None` where it has no token, or a number that is none.
#[must_use]
pub fn signals(answer: &Answer) -> Option<Signals> {
    let all: Vec<usize> = (0..answer.tokens.len()).collect();
    signals_of(answer, &all)
}

/// How sure it was of the coordinates of each of its boxes, where these are as many as are read from its text; otherwise, as in an
/// answer that was not held to what a box can be, of the whole answer for each.
#[must_use]
pub fn box_signals(answer: &Answer) -> Vec<Signals> {
    let boxes = grammar::read(&answer.text).boxes().len();
    let own: Option<Vec<Signals>> = answer.boxes.iter().map(|b| signals_of(answer, b)).collect();
    match own {
        Some(own) if own.len() == boxes => own,
        _ => signals(answer).map_or(Vec::new(), |whole| vec![whole; boxes]),
    }
}

fn region_signals(
    answer: &Answer,
    place: Option<usize>,
    boxes: &[Signals],
) -> Option<RegionSignals> {
    Some(RegionSignals {
        answer: signals(answer)?,
        coordinates: *boxes.get(place?)?,
    })
}

fn signals_of(answer: &Answer, tokens: &[usize]) -> Option<Signals> {
    let of = |numbers: &[f32]| -> Option<Vec<f32>> {
        tokens.iter().map(|t| numbers.get(*t).copied()).collect()
    };
    let least = |numbers: Vec<f32>| {
        numbers
            .into_iter()
            .map(f64::from)
            .fold(f64::INFINITY, f64::min)
    };
    let found = Signals {
        mean: mean(&of(&answer.logprobs)?)?,
        least: least(of(&answer.logprobs)?),
        margin: least(of(&answer.margins)?),
        entropy: mean(&of(&answer.entropies)?)?,
    };
    let numbers = [found.mean, found.least, found.margin, found.entropy];
    numbers.iter().all(|n| n.is_finite()).then_some(found)
}

/// The geometric mean of the probabilities of an answer's tokens; not calibrated.
#[must_use]
pub fn confidence(answer: &Answer) -> f64 {
    let logprob = mean(&answer.logprobs).unwrap_or(f64::NEG_INFINITY);
    // NaN compares with nothing and becomes 0 as well.
    if logprob.is_finite() {
        logprob.exp().clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// The mean entropy of an answer's tokens, in nats; not a number where there is no token.
#[must_use]
pub fn uncertainty(answer: &Answer) -> f64 {
    mean(&answer.entropies).unwrap_or(f64::NAN)
}

fn mean(values: &[f32]) -> Option<f64> {
    let sum: f64 = values.iter().copied().map(f64::from).sum();
    (!values.is_empty()).then(|| sum / values.len() as f64)
}

/// Threads that work side by side unless somebody says otherwise: one per core.
#[must_use]
pub fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(logprobs: &[f32], entropies: &[f32]) -> Answer {
        Answer {
            text: String::new(),
            tokens: vec![0; logprobs.len()],
            logprobs: logprobs.to_vec(),
            entropies: entropies.to_vec(),
            margins: logprobs.iter().map(|l| -l).collect(),
            boxes: Vec::new(),
            finished: true,
        }
    }

    #[test]
    fn signals_are_of_all_tokens_and_of_each_box_alone() {
        let boxes = vec![vec![1], vec![2, 3]];
        let text = "<ref>a</ref><box>[[1, 2, 3, 4], [5, 6, 7, 8]]</box>".to_owned();
        let said = Answer {
            boxes,
            text,
            ..answer(&[-0.5, -0.25, -2.0, -1.0], &[0.0, 0.5, 0.25, 0.75])
        };
        let whole = signals(&said).unwrap();
        assert_eq!(
            (whole.mean, whole.least, whole.margin, whole.entropy),
            (-0.9375, -2.0, 0.25, 0.375)
        );
        let own = box_signals(&said);
        assert_eq!(
            (own[0].mean, own[1].mean, own[1].margin),
            (-0.25, -1.5, 1.0)
        );
        // Another number of boxes than was read: the whole answer's for each.
        let other = Answer {
            boxes: vec![vec![1]],
            ..said
        };
        assert_eq!(box_signals(&other), [whole; 2]);
        assert_eq!(signals(&answer(&[], &[])), None);
        assert_eq!(signals(&answer(&[f32::NAN], &[0.0])), None);
    }

    #[test]
    fn confidence_is_a_mean_probability_and_uncertainty_a_mean_entropy() {
        let said = answer(&[0.5f32.ln(), 0.125f32.ln()], &[0.2, 0.4]);
        assert!((confidence(&said) - 0.25).abs() < 1e-6);
        assert!((uncertainty(&said) - 0.3).abs() < 1e-6);
        assert_eq!(confidence(&answer(&[], &[])), 0.0);
        assert_eq!(confidence(&answer(&[f32::NAN], &[])), 0.0);
        assert!(uncertainty(&answer(&[], &[])).is_nan());
    }
}
