//! What a model is asked besides, so that a strategy can see how sure it is.

use super::reread::Rereading;
use super::{PredictError, Predictor, Search, signals};
use crate::data::Look;
use crate::generate::{self, Answer, Decoding, Inquiry};
use medreg_datasets::geometry::{GridBox, ImageSize, PixelBox};
use medreg_datasets::grammar;
use medreg_datasets::matching::match_boxes;
use medreg_datasets::ontology::Concept;
use medreg_datasets::protocol::{QuestionSignals, Strategy};
use medreg_datasets::task;

/// So many more answers are drawn to each question.
const DRAWN: usize = 3;
/// From the model's own distribution.
const TEMPERATURE: f32 = 1.0;
/// Of the boxes of an answer, so many are asked back about.
const ASKED_BACK: usize = 4;

/// Which further answers are wanted; each costs time, and a strategy asks for what it ranks by alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Probes {
    /// More answers: drawn, in the other language, and what the model calls the boxes it found.
    pub again: bool,
    /// The same answers with parts of the picture left out.
    pub thinned: bool,
    /// The answers' gradients.
    pub gradients: bool,
}

impl From<Strategy> for Probes {
    fn from(strategy: Strategy) -> Self {
        Self {
            again: strategy == Strategy::BoxDisagreement,
            thinned: strategy == Strategy::Bald,
            gradients: strategy == Strategy::Badge,
        }
    }
}

/// The questions about a picture, and the answers that were given first.
struct Asked<'a> {
    look: &'a Look,
    search: &'a Search<'a>,
    concepts: &'a [&'a Concept],
    questions: &'a [String],
    answers: &'a [Answer],
}

impl Predictor {
    /// What is known of each answer, after the further questions that are wanted.
    pub(super) fn probed(
        &self,
        look: &Look,
        search: &Search<'_>,
        concepts: &[&Concept],
        questions: &[String],
        answers: &[Answer],
    ) -> Result<Vec<QuestionSignals>, PredictError> {
        let of_answer = |(concept, answer): (&&Concept, &Answer)| told(concept, answer);
        let mut known: Vec<QuestionSignals> = concepts.iter().zip(answers).map(of_answer).collect();
        let asked = Asked {
            look,
            search,
            concepts,
            questions,
            answers,
        };
        if search.probes.again {
            self.ask_again(&asked, &mut known)?;
        }
        if search.probes.thinned || search.probes.gradients {
            self.reread(&asked, &mut known)?;
        }
        Ok(known)
    }

    fn reread(&self, asked: &Asked<'_>, known: &mut [QuestionSignals]) -> Result<(), PredictError> {
        let rereading = Rereading::of(self, asked.look, asked.questions, asked.answers)?;
        if asked.search.probes.thinned {
            let information = rereading.information(asked.search.seed)?;
            known
                .iter_mut()
                .zip(information)
                .for_each(|(k, i)| k.information = i);
        }
        if asked.search.probes.gradients {
            let gradients = rereading.gradients()?;
            known
                .iter_mut()
                .zip(gradients)
                .for_each(|(k, g)| k.gradient = g);
        }
        Ok(())
    }

    fn ask_again(
        &self,
        asked: &Asked<'_>,
        known: &mut [QuestionSignals],
    ) -> Result<(), PredictError> {
        if asked.questions.is_empty() {
            return Ok(());
        }
        let drawn = self.drawn(asked)?;
        let translated = self.translated(asked)?;
        let round_trips = self.round_trips(asked)?;
        let [first, _] = asked.search.langs.both();
        for (place, known) in known.iter_mut().enumerate() {
            let name = asked.concepts[place].name(first);
            let boxes_of = |answer: &Answer| grammar::read(&answer.text).boxes_of(name);
            let drawn: Vec<Vec<GridBox>> = drawn[place].iter().map(boxes_of).collect();
            let mut all = vec![boxes_of(&asked.answers[place]), translated[place].clone()];
            all.extend(drawn.iter().cloned());
            known.disagreement = disagreement(&all, asked.search.size);
            known.drawn = drawn.iter().map(|boxes| corners(boxes)).collect();
            known.translated = Some(corners(&translated[place]));
            known.round_trip = round_trips[place];
        }
        Ok(())
    }

    /// More answers to each question, drawn.
    fn drawn(&self, asked: &Asked<'_>) -> Result<Vec<Vec<Answer>>, PredictError> {
        let again = asked.questions.iter();
        let questions: Vec<String> = again
            .flat_map(|q| std::iter::repeat_n(q.clone(), DRAWN))
            .collect();
        let decoding = Decoding {
            temperature: TEMPERATURE,
            seed: asked.search.seed,
            ..self.decoding
        };
        let inquiry = Inquiry {
            look: asked.look,
            questions: &questions,
        };
        let mut answers = generate::answer(&self.model, &self.prompter, &[inquiry], decoding)?;
        let answers = answers.pop().unwrap_or_default();
        Ok(answers.chunks(DRAWN).map(<[Answer]>::to_vec).collect())
    }

    /// The boxes of the answers to the same questions in the other language.
    fn translated(&self, asked: &Asked<'_>) -> Result<Vec<Vec<GridBox>>, PredictError> {
        let [_, second] = asked.search.langs.both();
        let names = asked.concepts.iter().map(|concept| concept.name(second));
        let ask = |name: &str| task::text_to_region(second, asked.search.modality, name);
        let questions: Vec<String> = names.clone().map(ask).collect();
        let answers = self.ask(asked.look, &questions)?;
        let boxes = |(answer, name): (&Answer, &str)| grammar::read(&answer.text).boxes_of(name);
        Ok(answers.iter().zip(names).map(boxes).collect())
    }

    /// The share of each answer's boxes that the model, asked what they show, calls by the name that it had been asked for.
    fn round_trips(&self, asked: &Asked<'_>) -> Result<Vec<Option<f64>>, PredictError> {
        let [first, _] = asked.search.langs.both();
        let boxes = |(concept, answer): (&&Concept, &Answer)| -> Vec<GridBox> {
            let boxes = grammar::read(&answer.text).boxes_of(concept.name(first));
            boxes.into_iter().take(ASKED_BACK).collect()
        };
        let boxes: Vec<Vec<GridBox>> = asked
            .concepts
            .iter()
            .zip(asked.answers)
            .map(boxes)
            .collect();
        let ask = |bbox: &GridBox| task::region_to_text(first, asked.search.modality, *bbox);
        let questions: Vec<String> = boxes.iter().flatten().map(ask).collect();
        let names = match questions.is_empty() {
            true => Vec::new(),
            false => self.ask(asked.look, &questions)?,
        };
        let mut names = names.into_iter();
        let share = |(boxes, concept): (&Vec<GridBox>, &&Concept)| {
            let name = concept.name(first);
            let same = names.by_ref().take(boxes.len());
            let same = same
                .filter(|answer| grammar::same_name(&answer.text, name))
                .count();
            (!boxes.is_empty()).then(|| same as f64 / boxes.len() as f64)
        };
        Ok(boxes.iter().zip(asked.concepts).map(share).collect())
    }
}

fn told(concept: &Concept, answer: &Answer) -> QuestionSignals {
    let (words, coordinates) = signals::apart(answer);
    QuestionSignals {
        answer: super::signals(answer),
        words,
        coordinates,
        margin: signals::margin(answer),
        ..QuestionSignals::of(concept.key.clone())
    }
}

fn corners(boxes: &[GridBox]) -> Vec<[u16; 4]> {
    boxes.iter().map(GridBox::corners).collect()
}

/// One less the mean overlap of each two answers; `None` of fewer than two.
fn disagreement(answers: &[Vec<GridBox>], size: ImageSize) -> Option<f64> {
    let pixels = |boxes: &Vec<GridBox>| boxes.iter().map(|b| b.to_pixels(size)).collect();
    let answers: Vec<Vec<PixelBox>> = answers.iter().map(pixels).collect();
    let (mut sum, mut pairs) = (0.0, 0u32);
    for (place, one) in answers.iter().enumerate() {
        for other in &answers[place + 1..] {
            sum += overlap(one, other);
            pairs += 1;
        }
    }
    (pairs > 0).then(|| 1.0 - sum / f64::from(pairs))
}

/// The sum of IoU of boxes that are matched, over the number of boxes of the answer that has more; 1 where neither has any.
fn overlap(one: &[PixelBox], other: &[PixelBox]) -> f64 {
    let most = one.len().max(other.len());
    if most == 0 {
        return 1.0;
    }
    let sum: f64 = match_boxes(one, other).iter().map(|pair| pair.iou).sum();
    sum / most as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes(all: &[[i64; 4]]) -> Vec<GridBox> {
        all.iter()
            .map(|corners| GridBox::new(*corners).unwrap())
            .collect()
    }

    #[test]
    fn disagreement_is_worked_by_hand() {
        let size = ImageSize::new(999, 999).unwrap();
        let of = |answers: &[Vec<GridBox>]| disagreement(answers, size);
        let one = boxes(&[[0, 0, 10, 10]]);
        let half = boxes(&[[0, 0, 10, 5]]);
        let two = boxes(&[[100, 100, 110, 110], [0, 0, 10, 10]]);
        let close = |a: Option<f64>, b: f64| assert!((a.unwrap() - b).abs() < 1e-9, "{a:?} {b}");
        close(of(&[one.clone(), one.clone()]), 0.0);
        close(of(&[one.clone(), half.clone()]), 0.5);
        // One of two boxes is met.
        close(of(&[one.clone(), two]), 0.5);
        close(of(&[one.clone(), Vec::new()]), 1.0);
        close(of(&[Vec::new(), Vec::new()]), 0.0);
        // Pairs: 1, .5, .5.
        close(of(&[one.clone(), one.clone(), half]), 1.0 - 2.0 / 3.0);
        assert_eq!(of(&[one]), None);
    }

    #[test]
    fn a_strategy_asks_for_no_more_than_it_ranks_by() {
        let asks = |strategy| Probes::from(strategy) != Probes::default();
        let asking: Vec<Strategy> = Strategy::ALL.into_iter().filter(|s| asks(*s)).collect();
        assert_eq!(
            asking,
            [Strategy::BoxDisagreement, Strategy::Bald, Strategy::Badge]
        );
    }
}
