//! What a model's answer to one question says about how much its right answer would teach.

use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::protocol::QuestionSignals;

/// How sure a model was of its answer to one question; what was not measured, or is not a number, is unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// The concept asked for.
    pub concept: ConceptKey,
    /// The mean entropy of the answer's tokens, in nats; higher is less sure.
    pub entropy: Option<f64>,
    /// How much more probable each token was than the likeliest other one, in 0..=1, the mean over the answer; lower is less sure.
    pub margin: Option<f64>,
    /// How far several answers differ in where they draw, in 0..=1: one less the mean IoU of each two.
    pub disagreement: Option<f64>,
    /// How far several answers differ in what is probable: the mutual information of answer and model, in nats.
    pub information: Option<f64>,
    /// Which way, and how far, the model's last layer would move if its answer were taken for true.
    pub gradient: Option<Gradient>,
}

/// A gradient of a linear layer: the outer product of its errors and its input, which is never written out.
///
/// The inner product of two is the product of the inner products of their parts, so distances cost the sum of the widths rather than
/// their product. A sketch that is one vector already has one error of 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// Per class, the probability less what was answered.
    pub errors: Vec<f32>,
    /// The layer's input; the image's own features where there is none.
    pub state: Option<Vec<f32>>,
}

/// The kinds of uncertainty that an image can be ranked by; each is higher where the model is less sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Entropy,
    Margin,
    Disagreement,
    Information,
}

impl Signal {
    /// Of a concept that was asked for, and nothing is known yet.
    #[must_use]
    pub fn of(concept: ConceptKey) -> Self {
        Self {
            concept,
            entropy: None,
            margin: None,
            disagreement: None,
            information: None,
            gradient: None,
        }
    }

    /// The uncertainty of a kind, where it is known and a number.
    pub(super) fn uncertainty(&self, measure: Measure) -> Option<f64> {
        let value = match measure {
            Measure::Entropy => self.entropy,
            Measure::Margin => self.margin.map(|margin| 1.0 - margin),
            Measure::Disagreement => self.disagreement,
            Measure::Information => self.information,
        };
        value.filter(|value| value.is_finite())
    }
}

impl From<&QuestionSignals> for Signal {
    fn from(known: &QuestionSignals) -> Self {
        let gradient = known.gradient.as_ref().map(|sketch| Gradient {
            errors: vec![1.0],
            state: Some(sketch.clone()),
        });
        Self {
            concept: known.concept.clone(),
            entropy: known.answer.map(|answer| answer.entropy),
            margin: known.margin,
            disagreement: known.disagreement,
            information: known.information,
            gradient,
        }
    }
}
